"""Admin screen of a PO catalog: a translation sentence by sentence."""

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
from chalicelib.publishing.see_changes import SeeChanges

SENTENCES = "/admin/sentences"
_ON_A_PAGE = 25
_SHOWN_AFTER_A_SAVE = 10  # of what the draft changes
_SHOWS = ("missing", "all")


def routes(guard: Guard, sentences: EditSentences, see: SeeChanges) -> None:
    """Register the screen."""
    screens = SentenceScreens(guard.show, sentences, see)
    guard.screen(SENTENCES, EDITOR, does="save sentences", about="d")(screens.sentences)


class SentenceScreens:
    """The screen of a catalog: filtered, a page at a time, saved a page at a time."""

    def __init__(self, show: Show, edit: EditSentences, see: SeeChanges) -> None:
        self._show = show
        self._edit = edit
        self._see = see

    def sentences(self, request: AdminRequest) -> Screen:
        """Show a catalog's sentences, or save those that were typed."""
        if not request.posted:
            return self._catalog(request)
        typed, seen, sure = (_prefixed(request, prefix) for prefix in ("s-", "seen-", "sure-"))
        try:
            self._edit.save(request.field("d"), typed, seen, sure, request.who.email)
        except SentencesConflict as error:
            told = {
                f"s-{key}": "Somebody else changed this sentence meanwhile. Theirs is shown with yours."
                for key in error.keys
            }
            return self._catalog(request, 409, typed, error.keys, told)
        except DocumentInvalid as error:
            return self._catalog(request, 422, typed, (), {"": sentence_of(error)})
        show = request.field("show") if request.field("show") in _SHOWS else "all"
        page = number(request.field("page"), 1)
        return go_to(f"{SENTENCES}?d={request.field('d')}&show={show}&page={page}&done=saved")

    def _catalog(
        self,
        request: AdminRequest,
        status: int = 200,
        typed: dict[str, str] | None = None,
        clashing: tuple[str, ...] = (),
        problems: dict[str, str] | None = None,
    ) -> Screen:
        catalog = self._edit.open(request.asked("d"))
        shown = request.asked("show") if request.asked("show") in _SHOWS else "all"
        words = request.asked("words")
        page = max(1, number(request.asked("page"), 1))
        sentences = _found(catalog, shown, words)
        on_page = sentences[(page - 1) * _ON_A_PAGE : page * _ON_A_PAGE]
        if typed is not None:  # what was typed is shown again, whatever the filter now finds
            on_page = [one for one in catalog.sentences if one.key in typed]
        return self._show(
            request,
            "sentences.html",
            status,
            catalog=catalog,
            found=len(sentences),
            on_page=on_page,
            page=page,
            pages=max(1, -(-len(sentences) // _ON_A_PAGE)),
            show=shown,
            words=words,
            typed=typed or {},
            clashing=clashing,
            saved_changes=self._see.of_draft(catalog.document, _SHOWN_AFTER_A_SAVE)
            if request.query.get("done") == "saved"
            else None,
            problems=problems or {},
        )


def _found(catalog: Catalog, show: str, words: str) -> list[Sentence]:
    wanted = words.casefold().strip()
    keep: Callable[[Sentence], bool] = (
        (lambda sentence: sentence.missing) if show == "missing" else (lambda _: True)
    )
    return [
        sentence
        for sentence in catalog.sentences
        if keep(sentence)
        and (not wanted or wanted in sentence.source.casefold() or wanted in sentence.text.casefold())
    ]


def _prefixed(request: AdminRequest, prefix: str) -> dict[str, str]:
    return {
        name.removeprefix(prefix): values[0].replace("\r\n", "\n")
        for name, values in request.fields.items()
        if name.startswith(prefix)
    }
