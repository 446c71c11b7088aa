"""Preview of every page and every mail, from the drafts and as it is live."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from html import unescape
from typing import cast

from chalicelib.delivery import mail_frames
from chalicelib.delivery.mail_frames import MAILS
from chalicelib.directory import document_ids
from chalicelib.directory.document_ids import CONTACTS, RECIPIENTS
from chalicelib.directory.errors import DocumentInvalid
from chalicelib.pages.about import AboutSite
from chalicelib.pages.choose_page import ABOUT
from chalicelib.publishing import catalog_checks, document_checks, page_marks, preview_services
from chalicelib.publishing.documents import STOPS
from chalicelib.publishing.edit_text import LiveTexts
from chalicelib.publishing.field_labels import plain, title_of
from chalicelib.publishing.json_documents import read
from chalicelib.publishing.page_blocks import Block, Run
from chalicelib.publishing.place_inputs import place_inputs
from chalicelib.publishing.ports import (
    DocumentStore,
    ReleaseShelf,
    ShippedDocuments,
    SiteRenderer,
)
from chalicelib.publishing.side_by_side import Row, rows
from chalicelib.publishing.site_areas import areas_of_texts, services_in
from chalicelib.publishing.site_sentences import SiteSentences
from chalicelib.publishing.where_changed import WhereChanged
from chalicelib.publishing.whole_texts import all_texts, whole_of, whole_texts

_OF_A_PLACE = {"": "the page", "/note": "the form", "/receipt": "the receipt"}
_ERRORS = (400, 403, 404, 405, 413, 415, 500, 503)


@dataclass(frozen=True, slots=True)
class PreviewPage:
    """A page in its real markup, with the headers it is answered with: its style runs under no others."""

    html: str
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class ReadingPage:
    """A page to be read and changed: its rows, and the lookup of where each thing on it is changed.

    `is_new` says that readers do not have it yet.
    """

    rows: Sequence[Row]
    where: WhereChanged
    is_new: bool

    @property
    def differences(self) -> int:
        """Return how many rows differ from what is live."""
        return max((row.number for row in self.rows), default=0)


@dataclass(frozen=True, slots=True)
class PreviewChoices:
    """What can be looked at. `pages` are names for `page`, without the language they begin with.

    `words` says in words what each page and each recipient is.
    """

    locales: Sequence[str]
    places: Sequence[str]
    pages: Sequence[str]
    recipients: Sequence[str]
    words: Mapping[str, str]
    mails: Sequence[str] = MAILS


class Preview:
    """Preview of one page or mail, rendered in the sandbox like a whole publish."""

    def __init__(
        self,
        renderer: SiteRenderer,
        store: DocumentStore,
        shipped: ShippedDocuments,
        shelf: ReleaseShelf,
        about: AboutSite | None = None,
        site: SiteSentences | None = None,
    ) -> None:
        """`about` says who runs the site, on the page that tells it; `site` what it says."""
        self._renderer = renderer
        self._store = store
        self._shipped = shipped
        self._shelf = shelf
        self._about = about
        self._site = site or SiteSentences(renderer, store, shipped, shelf)
        self._live = LiveTexts(store, shipped)

    def choices(self) -> PreviewChoices:
        """Return what can be looked at with the drafts as they are. Raises DocumentInvalid."""
        texts = self._drafts()
        self._check(texts)
        every = all_texts(self._shipped, texts)
        whole = whole_of(every)
        places = {str(one["slug"]): str(one["name"]) for one in whole.places["places"]}
        locales = [str(locale["tag"]) for locale in whole.site["locales"]]
        recipients = {
            str(entry["id"]): str(entry["name"]) for entry in read(RECIPIENTS, self._text(texts, RECIPIENTS))
        }
        pages = {
            f"{place}{ending}": f"{name}: {what}"
            for place, name in places.items()
            for ending, what in _OF_A_PLACE.items()
        }
        pages |= preview_services.pages(areas_of_texts(self._shipped, every), whole.places["places"])
        pages |= {"code": "The page that asks for a code", "answer": "The answer to a code"}
        pages |= {ABOUT: "The page about the site"}
        pages |= {f"error-{status}": f"Error {status}" for status in _ERRORS}
        return PreviewChoices(locales, list(places), list(pages), list(recipients), {**recipients, **pages})

    def page(self, name: str) -> PreviewPage:
        """Render a page ("es/los-banos-ca", "en/los-banos-ca/note", "es/error-404") from the drafts.

        Raises DocumentInvalid, with a sentence for the editor, when the drafts do not allow it.
        """
        texts = self._drafts()
        self._check(texts)
        return self._render(texts, name)

    def live_page(self, name: str) -> PreviewPage:
        """Render a page as readers get it now, to lay beside it. Raises DocumentInvalid."""
        return self._render(self._live.changed(self._shelf.live()), name)

    def reading(self, name: str) -> ReadingPage:
        """Return a page's words from the drafts, beside those that are live.

        The drafts are not looked over once more: `choices` has done that. Raises DocumentInvalid.
        """
        if preview_services.is_one(name):
            raise DocumentInvalid("services are changed in their own forms, under “Services”")
        texts = self._drafts()
        draft = self._blocks(texts, name)
        live_texts = self._live.changed(self._shelf.live())
        try:
            live = draft if live_texts == texts else self._blocks(live_texts, name)
        except DocumentInvalid:
            live = []
        contacts = whole_texts(all_texts(self._shipped, texts))[CONTACTS]
        where = WhereChanged(self._site.now().sentences, contacts, self._text(texts, RECIPIENTS))
        return ReadingPage(rows(draft, live), where, not live)

    def mail(self, name: str, recipient: str, sample: int = 0) -> bytes:
        """Render a mail ("report" or "digest") from the drafts, with an invented report.

        Another `sample` is another report. Raises DocumentInvalid.
        """
        if name not in MAILS:
            raise DocumentInvalid(f"there is no mail {name!r}")
        texts = self._drafts()
        self._check(texts)
        return self._renderer.mail(texts, name, recipient, sample)

    def block(self, name: str, recipient: str, sample: int = 0) -> bytes:
        """Render a mail with nothing around its block, to be shown between the paragraphs. Raises as mail."""
        documents = {mail: document for document, mail in mail_frames.DOCUMENTS.items()}
        if name not in documents:
            raise DocumentInvalid(f"there is no mail {name!r}")
        texts = {**self._drafts(), documents[name]: f"{mail_frames.MARKER}\n"}
        return self._renderer.mail(texts, name, recipient, sample)

    def live_mail(self, name: str, recipient: str, sample: int = 0) -> bytes:
        """Render a mail as recipients get it now, with an invented report. Raises DocumentInvalid.

        A live text that is no frame is not sent: the one that shipped is.
        """
        if name not in MAILS:
            raise DocumentInvalid(f"there is no mail {name!r}")
        texts = self._live.changed(self._shelf.live())
        sent = {
            document: text
            for document, text in texts.items()
            if document not in mail_frames.DOCUMENTS or not mail_frames.faults(text)
        }
        return self._renderer.mail(sent, name, recipient, sample)

    def _check(self, texts: Mapping[str, str]) -> None:
        """Say in one sentence why nothing can be rendered. Raises DocumentInvalid."""
        shipped, whole = all_texts(self._shipped, {}), all_texts(self._shipped, texts)
        problems = [*document_checks.check(whole, shipped), *catalog_checks.check_syntax(whole)]
        for problem in problems:
            if problem.weight == STOPS:
                line = f", line {problem.line}" if problem.line else ""
                where = f"the draft of “{title_of(problem.document)}”{line}"
                raise DocumentInvalid(f"{where}: {plain(problem.sentence)}")

    def _render(self, texts: Mapping[str, str], name: str) -> PreviewPage:
        if preview_services.is_one(name):
            return self._services(texts, name)
        page = self._renderer.page(texts, name)
        html = self._about.fill(page.html) if self._about and name.endswith(f"/{ABOUT}") else page.html
        return PreviewPage(html, page.headers)

    def _services(self, texts: Mapping[str, str], name: str) -> PreviewPage:
        """Render a page of a county's services as it is built for readers. Raises DocumentInvalid."""
        every = all_texts(self._shipped, texts)
        areas = areas_of_texts(self._shipped, every)
        locale, _, page = name.partition("/")
        unit = preview_services.unit_of(areas, page)
        only = replace(areas, by_unit={unit: areas.by_unit[unit]})
        inputs = place_inputs(whole_of(every), areas=only, services=services_in(every))
        [made] = self._renderer.places(texts, [one for one in inputs if one.place == unit])
        for found in made.pages:
            if found.name == f"{locale}/{unit}":
                headers = cast("Mapping[str, str]", self._renderer.look(texts).index.get("headers", {}))
                return PreviewPage(found.html, headers)
        raise DocumentInvalid(made.problems[0].sentence if made.problems else "there is no such page")

    def _blocks(self, texts: Mapping[str, str], name: str) -> Sequence[Block]:
        """Return a page's words with their marks. Raises DocumentInvalid when these change what it says."""
        page = self._renderer.marked(texts, name)
        if page_marks.without(page.marked) != page_marks.without(page.html):
            raise DocumentInvalid(
                "this page cannot be shown sentence by sentence, since its words depend on it"
            )
        if self._about is None or not name.endswith(f"/{ABOUT}"):
            return page.blocks
        return [replace(block, runs=tuple(self._filled(run) for run in block.runs)) for block in page.blocks]

    def _filled(self, run: Run) -> Run:
        """Return words with who runs the site in their place."""
        filled = self._about.fill(run.text) if self._about else run.text
        return run if filled == run.text else run._replace(text=unescape(filled))

    def _drafts(self) -> dict[str, str]:
        change = self._store.change()
        proposed = {RECIPIENTS: change.text} if change else {}
        drafts = {draft.document: draft.text for draft in self._store.drafts()}
        return {**self._live.changed(self._shelf.live()), **drafts, **proposed}

    def _text(self, texts: Mapping[str, str], document: str) -> str:
        document_ids.kind_of(document)
        return texts.get(document) or self._shipped.text(document)
