"""The screen of a catalog: a translation sentence by sentence."""

from __future__ import annotations

from collections.abc import Callable

from chalicelib.desk.people import EDITOR
from chalicelib.desk.web.guard import AdminRequest, Guard, Show
from chalicelib.desk.web.screens import (
    Screen,
    go_to,
    number,
    sentence_of,
)
from chalicelib.directory.errors import DocumentInvalid
from chalicelib.publishing.edit_sentences import (
    Catalog,
    EditSentences,
    Sentence,
    SentencesConflict,
)

SENTENCES = "/admin/sentences"
_ON_A_PAGE = 25
_SHOWS = ("missing", "all")


def routes(desk: Guard, sentences: EditSentences) -> None:
    """Register the screen."""
    screens = SentenceScreens(desk.show, sentences)
    desk.screen(SENTENCES, EDITOR, does="save sentences", about="d")(screens.sentences)


class SentenceScreens:
    """The screen of a catalog: filtered, a page at a time, saved a page at a time."""

    def __init__(self, show: Show, edit: EditSentences) -> None:
        self._show = show
        self._edit = edit

    def sentences(self, visit: AdminRequest) -> Screen:
        """Show a catalog's sentences, or save those that were typed."""
        if not visit.posted:
            return self._catalog(visit)
        typed, seen, sure = (_prefixed(visit, prefix) for prefix in ("s-", "seen-", "sure-"))
        try:
            self._edit.save(visit.one("d"), typed, seen, sure, visit.who.email)
        except SentencesConflict as error:
            told = {
                f"s-{key}": "Somebody else changed this sentence meanwhile. Theirs is shown with yours."
                for key in error.keys
            }
            return self._catalog(visit, 409, typed, error.keys, told)
        except DocumentInvalid as error:
            return self._catalog(visit, 422, typed, (), {"": sentence_of(error)})
        show = visit.one("show") if visit.one("show") in _SHOWS else "all"
        page = number(visit.one("page"), 1)
        return go_to(f"{SENTENCES}?d={visit.one('d')}&show={show}&page={page}&done=saved")

    def _catalog(
        self,
        visit: AdminRequest,
        status: int = 200,
        typed: dict[str, str] | None = None,
        clashing: tuple[str, ...] = (),
        problems: dict[str, str] | None = None,
    ) -> Screen:
        catalog = self._edit.open(visit.asked("d"))
        shown = visit.asked("show") if visit.asked("show") in _SHOWS else "all"
        words = visit.asked("words")
        page = max(1, number(visit.asked("page"), 1))
        found = _found(catalog, shown, words)
        on_page = found[(page - 1) * _ON_A_PAGE : page * _ON_A_PAGE]
        if typed is not None:  # what was typed is shown again, whatever the filter now finds
            on_page = [one for one in catalog.sentences if one.key in typed]
        return self._show(
            visit,
            "sentences.html",
            status,
            catalog=catalog,
            found=len(found),
            on_page=on_page,
            page=page,
            pages=max(1, -(-len(found) // _ON_A_PAGE)),
            show=shown,
            words=words,
            typed=typed or {},
            clashing=clashing,
            problems=problems or {},
        )


def _found(catalog: Catalog, show: str, words: str) -> list[Sentence]:
    wanted = words.casefold().strip()
    keep: Callable[[Sentence], bool] = (lambda one: one.missing) if show == "missing" else (lambda _: True)
    return [
        one
        for one in catalog.sentences
        if keep(one) and (not wanted or wanted in one.source.casefold() or wanted in one.text.casefold())
    ]


def _prefixed(visit: AdminRequest, prefix: str) -> dict[str, str]:
    return {
        name.removeprefix(prefix): values[0].replace("\r\n", "\n")
        for name, values in visit.fields.items()
        if name.startswith(prefix)
    }
