"""Admin screen of one sentence: its English and one translation, reached from where it was seen."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from chalicelib.desk.people import EDITOR, PUBLISHER
from chalicelib.desk.web.guard import AdminRequest, Guard, Show
from chalicelib.desk.web.screens import Screen, go_to, sentence_of
from chalicelib.directory.document_ids import CATALOG, CONTACTS, JSON_DOCUMENTS, RECIPIENTS
from chalicelib.directory.errors import DocumentInvalid
from chalicelib.publishing.edit_sentences import (
    Catalog,
    EditSentences,
    Sentence,
    SentencesConflict,
    SentencesWrong,
    read_sentence,
)
from chalicelib.publishing.placeholders import shown
from chalicelib.publishing.sentence_history import SentenceHistory
from chalicelib.publishing.site_sentences import SaidNow, SiteSentences
from chalicelib.publishing.web.sentence_view import (
    CHANGED_MEANWHILE,
    SentenceView,
    still_fitting,
    typed_texts,
    view_of,
)
from chalicelib.publishing.web.spots import spot_of
from chalicelib.publishing.where_changed import WhereChanged
from chalicelib.shared.errors import EntryMissing
from chalicelib.shared.locales import DEFAULT, ENDONYMS

SENTENCE = "/admin/sentence"


@dataclass(frozen=True, slots=True)
class _Opened:
    """One sentence in the catalogs of its form: English first, if that is changed here, then the language."""

    said: SaidNow
    source: str
    catalogs: Sequence[Catalog]
    english_elsewhere: bool

    def in_catalog(self, catalog: Catalog) -> Sentence:
        return next(one for one in catalog.sentences if one.source == self.source)


def routes(
    guard: Guard,
    sentences: EditSentences,
    site: SiteSentences,
    history: Callable[[], SentenceHistory],
) -> None:
    """Register the screen."""
    screens = OneSentenceScreens(guard.show, sentences, site, history)
    guard.screen(SENTENCE, EDITOR, does="save a sentence")(screens.one_sentence)


class OneSentenceScreens:
    """The screen of one sentence, found by its key."""

    def __init__(
        self,
        show: Show,
        edit: EditSentences,
        site: SiteSentences,
        history: Callable[[], SentenceHistory],
    ) -> None:
        self._show = show
        self._edit = edit
        self._site = site
        self._history = history

    def one_sentence(self, request: AdminRequest) -> Screen:
        """Show a sentence in English and in a language, or save both."""
        key, opened = request.asked("k"), self._opened(request)
        if not request.posted:
            return self._form(request, opened, {}, {})
        typed, seen = typed_texts(request, "t-"), typed_texts(request, "seen-")
        sure = [key] if request.field("sure") else []
        offered = [one for one in opened.catalogs if one.locale in typed]
        problems = _faults(offered, typed, seen, opened)
        if problems:
            return self._form(request, opened, typed, problems, 422)
        for catalog in offered:
            text, seen_as, field = typed[catalog.locale], seen.get(catalog.locale, ""), f"t-{catalog.locale}"
            at_ease = sure if catalog.locale != DEFAULT else []
            ticked = {key: request.field("fits")} if request.field("fits") and at_ease is sure else {}
            try:
                fits, again = still_fitting(ticked, catalog, self._history())
                saved = self._edit.save(
                    catalog.document, {key: text} | again, {key: seen_as}, at_ease, request.who.email, fits
                )
            except SentencesConflict:
                problems[field] = CHANGED_MEANWHILE
            except SentencesWrong as error:
                problems[field] = " ".join(error.faults[key])
            except DocumentInvalid as error:
                problems[field] = sentence_of(error)
            else:
                request.deed.about += f" {catalog.document}" if saved else ""
                request.deed.done |= bool(saved)
        if problems:
            status = 409 if CHANGED_MEANWHILE in problems.values() else 422
            return self._form(request, self._opened(request), typed, problems, status)
        spot = spot_of(request)
        here = f"{SENTENCE}?{urlencode({'k': key, 'l': opened.catalogs[-1].locale, 'done': 'saved'})}"
        return go_to(spot.path("saved") if spot else here)

    def _opened(self, request: AdminRequest) -> _Opened:
        """Return the sentence. Raises EntryMissing when the site does not say it (any more)."""
        said = self._site.now()
        source = WhereChanged(said.sentences, "").source(request.asked("k"))
        if source is None:
            raise EntryMissing("this sentence stands on no page any more")
        english = self._edit.open(CATALOG + DEFAULT)
        others = [locale for locale in said.locales if locale != DEFAULT]
        wanted = request.asked("l") if request.asked("l") in others else next(iter(others), "")
        catalogs = [english, *([self._edit.open(CATALOG + wanted)] if wanted else [])]
        documents = {document for document, _ in said.sentences[source]}
        return _Opened(said, source, catalogs, documents <= set(JSON_DOCUMENTS))

    def _form(
        self,
        request: AdminRequest,
        opened: _Opened,
        typed: Mapping[str, str],
        problems: Mapping[str, str],
        status: int = 200,
    ) -> Screen:
        history, said = self._history(), list(opened.said.sentences)
        views: list[tuple[Catalog, SentenceView]] = []
        for catalog in opened.catalogs:
            sentence, words = opened.in_catalog(catalog), typed.get(catalog.locale)
            if words is None and catalog.locale == DEFAULT:
                words = shown(sentence.text or opened.source, opened.source)
            views.append((catalog, view_of(sentence, catalog, history, said, words)))
        whole = self._site.whole()
        where = WhereChanged(opened.said.sentences, whole[CONTACTS], whole[RECIPIENTS])
        spot = spot_of(request)
        return self._show(
            request,
            "sentence.html",
            status,
            key=request.asked("k"),
            views=views,
            source=opened.source,
            elsewhere=opened.english_elsewhere,
            contacts=where.contacts_saying(opened.source),
            recipients=where.recipients_saying(opened.source) if request.who.may(PUBLISHER) else (),
            languages=[(one, ENDONYMS[one]) for one in opened.said.locales if one != DEFAULT],
            language=opened.catalogs[-1].locale,
            spot=spot,
            problems=problems,
        )


def _faults(
    catalogs: Sequence[Catalog], typed: Mapping[str, str], seen: Mapping[str, str], opened: _Opened
) -> dict[str, str]:
    """Return what is wrong in any of the fields, so that nothing is saved before all of it is right."""
    problems = {}
    for catalog in catalogs:
        text, faults = read_sentence(typed[catalog.locale], opened.source)
        if faults and opened.in_catalog(catalog).text.strip() != text:
            problems[f"t-{catalog.locale}"] = " ".join(faults)
    return problems
