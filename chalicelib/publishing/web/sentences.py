"""Admin screen of a PO catalog: a translation sentence by sentence."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from urllib.parse import quote

from chalicelib.desk.people import EDITOR
from chalicelib.desk.web.guard import AdminRequest, Guard, Show
from chalicelib.desk.web.screens import (
    Screen,
    go_to,
    number,
    sentence_of,
)
from chalicelib.directory.document_ids import CATALOG
from chalicelib.directory.errors import DocumentInvalid
from chalicelib.publishing.edit_sentences import (
    Catalog,
    EditSentences,
    Sentence,
    SentencesConflict,
    SentencesWrong,
)
from chalicelib.publishing.see_changes import SeeChanges
from chalicelib.publishing.seen_words import asked, fit
from chalicelib.publishing.sentence_history import SentenceHistory
from chalicelib.publishing.web.sentence_view import (
    CHANGED_MEANWHILE,
    SentenceView,
    still_fitting,
    told_of,
    typed_texts,
    view_of,
)
from chalicelib.shared.locales import DEFAULT

SENTENCES = "/admin/sentences"
_ON_A_PAGE = 25
_SHOWN_AFTER_A_SAVE = 10  # of what the draft changes
_SHOWS = ("missing", "again", "all")


def routes(
    guard: Guard, sentences: EditSentences, history: Callable[[], SentenceHistory], see: SeeChanges
) -> None:
    """Register the screen."""
    screens = SentenceScreens(guard.show, sentences, history, see)
    guard.screen(SENTENCES, EDITOR, does="save sentences", about="d")(screens.sentences)


class SentenceScreens:
    """The screen of a catalog: filtered, a page at a time, saved a page at a time."""

    def __init__(
        self, show: Show, edit: EditSentences, history: Callable[[], SentenceHistory], see: SeeChanges
    ) -> None:
        self._show = show
        self._edit = edit
        self._history = history
        self._see = see

    def sentences(self, request: AdminRequest) -> Screen:
        """Show a catalog's sentences, or save those that were typed."""
        if not request.posted:
            return self._catalog(request)
        typed, seen, sure, fits = (typed_texts(request, f"{name}-") for name in ("s", "seen", "sure", "fits"))
        try:
            fits, again = still_fitting(fits, self._edit.open(request.field("d")), self._history())
            self._edit.save(request.field("d"), typed | again, seen, sure, request.who.email, fits)
        except SentencesConflict as error:
            told = dict.fromkeys((f"s-{key}" for key in error.keys), CHANGED_MEANWHILE)
            return self._catalog(request, 409, typed, told)
        except SentencesWrong as error:
            return self._catalog(request, 422, typed, told_of(error.faults, "s-"))
        except DocumentInvalid as error:
            return self._catalog(request, 422, typed, {"": sentence_of(error)})
        page = number(request.field("page"), 1)
        words = quote(request.field("words")[:200])
        found = f"d={request.field('d')}&show={_show_of(request)}&words={words}&page={page}"
        return go_to(f"{SENTENCES}?{found}&done=saved")

    def _catalog(
        self,
        request: AdminRequest,
        status: int = 200,
        typed: Mapping[str, str] | None = None,
        problems: Mapping[str, str] | None = None,
    ) -> Screen:
        catalog = self._edit.open(request.asked("d") or f"{CATALOG}{request.asked('l')}")
        history, shown = self._history(), _show_of(request)
        words = request.asked("words")
        sentences = self._found(catalog, history, shown, words)
        pages = max(1, -(-len(sentences) // _ON_A_PAGE))
        # What was saved may have left the list: there may be fewer pages than there were.
        page = min(pages, max(1, number(request.asked("page"), 1)))
        on_page: Sequence[Sentence] = sentences[(page - 1) * _ON_A_PAGE : page * _ON_A_PAGE]
        if typed is not None:  # what was typed is shown again, whatever the filter now finds
            on_page = [one for one in catalog.sentences if one.key in typed]
        return self._show(
            request,
            "sentences.html",
            status,
            catalog=catalog,
            found=len(sentences),
            again=len(self._found(catalog, history, "again", "")),
            on_page=self._views(on_page, catalog, history, typed or {}),
            page=page,
            pages=pages,
            show=shown,
            words=words,
            saved_changes=self._see.of_draft(catalog.document, _SHOWN_AFTER_A_SAVE)
            if request.query.get("done") == "saved"
            else None,
            problems=problems or {},
        )

    def _views(
        self,
        sentences: Sequence[Sentence],
        catalog: Catalog,
        history: SentenceHistory,
        typed: Mapping[str, str],
    ) -> list[SentenceView]:
        said = [one.source for one in catalog.sentences]
        return [view_of(one, catalog, history, said, typed.get(one.key)) for one in sentences]

    def _found(self, catalog: Catalog, history: SentenceHistory, show: str, words: str) -> list[Sentence]:
        wanted = asked(words)
        found = [one for one in catalog.sentences if not wanted or _fits(wanted, one)]
        if show == "missing":
            return [one for one in found if one.missing and catalog.locale != DEFAULT]
        if show == "again":
            return [one for one in found if one.text and history.behind(catalog.document, one.source)]
        return found


def _fits(wanted: str, sentence: Sentence) -> bool:
    texts = (sentence.source, sentence.reworded, sentence.text)
    return any(fit(wanted, text, sentence.source) for text in texts if text)


def _show_of(request: AdminRequest) -> str:
    return request.asked("show") if request.asked("show") in _SHOWS else "all"
