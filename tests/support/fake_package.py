"""Fakes of the documents that ship and of the renderer: they pass the contract of the adapters."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from chalicelib.delivery.mail_frames import MARKER
from chalicelib.directory.document_ids import (
    CATALOG,
    CONTACTS,
    PLACES,
    RECIPIENTS,
    SITE,
    fingerprint_of_all,
)
from chalicelib.directory.errors import DocumentInvalid
from chalicelib.pages.page_headers import ERROR_STATUSES
from chalicelib.publishing.catalog_checks import sentences_of
from chalicelib.publishing.page_blocks import blocks_of
from chalicelib.publishing.page_marks import CLOSE, SENTENCE, opening
from chalicelib.publishing.ports import MarkedPage, PlaceInputs, RenderedPage, RenderedPlace, SiteLook
from tests.support.fakes import Failing

PAGE = "template/public/page.html"
REPORT_MAIL, DIGEST_MAIL = "template/mail/report/body.txt", "template/mail/digest/body.txt"
ES, PA, EN = f"{CATALOG}es", f"{CATALOG}pa", f"{CATALOG}en"

LINE = {
    "id": "line",
    "name": "The line",
    "serves": "us",
    "audience": "anyone",
    "channels": [{"kind": "call", "show": "888-373-7888", "value": "+18883737888"}],
    "hours": "Day and night.",
    "languages": "English.",
    "what": "Help by phone.",
    "what_not": "Not the police.",
    "mark": "CONFIRMED",
    "sources": ["https://line.example/about", "https://paper.example/lines"],
    "read_on": "2026-11-20",
    "checked_on": "2026-11-20",
    "checked_by": "shelter desk",
}
SHELTER = {
    **LINE,
    "id": "shelter",
    "name": "The shelter",
    "serves": "town",
    "mark": "SINGLE",
    "sources": ["https://shelter.example/"],
    "checked_on": None,
    "checked_by": None,
}
_PLACES = [
    {"slug": "town", "name": "The Town", "parent": "us", "kind": "city"},
    {"slug": "us", "name": "United States", "parent": None, "kind": "nation"},
]
_SITE = {
    "exit_url": "https://weather.example/",
    "default_place": "us",
    "locales": [{"tag": "en"}, {"tag": "es", "checked_on": None}],
    "hosts": ["weather.example", "line.example"],
    "hotline": "line",
    "founding_channels": ["line"],
    "figures": [],
}
POLICE = {
    "id": "police",
    "name": "Town police",
    "serves": "town",
    "email": "police@town.example",
    "fallback": "chief@town.example",
    "language": "en",
    "nature": "police",
    "enforces_immigration": False,
    "what": "An office.",
    "what_not": "Not a hotline.",
    "agreed_on": "2026-11-01",
}
CLINIC = {**POLICE, "id": "clinic", "name": "The clinic", "email": "clinic@town.example", "fallback": ""}
_FRAME = f"Please read this.\n\n{MARKER}\n\nThank you."
_CATALOG = """msgid ""
msgstr "Language: {0}\\n"

#: template/public/page.html
msgid "Call now"
msgstr "Call now in {0}"

#: template/public/page.html
#, fuzzy
msgid "You are not alone"
msgstr "Not alone in {0}"

#: template/public/note.html
msgid "Write to us"
msgstr ""
"""


def written(document: Any) -> str:
    """Return a document as it is written."""
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


class FakePackage:
    """The ShippedDocuments in memory; `texts` may be changed, as a new package changes them."""

    def __init__(self) -> None:
        self.releases: list[dict[str, str]] = []  # earlier ones, of which the package knows the texts
        self.texts = {
            CONTACTS: written({"contacts": [LINE, SHELTER]}),
            PLACES: written({"places": _PLACES}),
            RECIPIENTS: written([POLICE, CLINIC]),
            SITE: written(_SITE),
            PAGE: "<p>shipped page</p>",
            DIGEST_MAIL: _FRAME,
            REPORT_MAIL: _FRAME,
            EN: _CATALOG.partition("\n\n")[0].format("en") + "\n",
            ES: _CATALOG.format("es"),
            PA: _CATALOG.format("pa") + '\nmsgid "In Punjabi alone"\nmsgstr ""\n',
        }

    def ids(self) -> Sequence[str]:
        return list(self.texts)

    def text(self, document: str) -> str:
        return self.texts[document]

    def earlier(self, document: str) -> Sequence[str]:
        return [text for texts in self.releases for name, text in texts.items() if name == document]

    def package(self) -> str:
        return fingerprint_of_all(self.texts)


class FakeRenderer(Failing):
    """The Press with pages that a test can read: each shows the place's name and every text handed in."""

    def __init__(self, shipped: FakePackage) -> None:
        super().__init__()
        self._shipped = shipped

    def look(self, texts: Mapping[str, str]) -> SiteLook:
        raise NotImplementedError("this renderer renders what is looked at, one at a time")

    def places(self, texts: Mapping[str, str], inputs: Sequence[PlaceInputs]) -> Sequence[RenderedPlace]:
        raise NotImplementedError("this renderer renders what is looked at, one at a time")

    def page(self, texts: Mapping[str, str], name: str) -> RenderedPage:
        self._about_to("page")
        locale, _, rest = name.partition("/")
        if locale not in [one["tag"] for one in self._read(texts, SITE)["locales"]]:
            raise DocumentInvalid(f"there is no page {name!r}")
        html = f'<html lang="{locale}"><h1>{self._title(texts, rest)}</h1>{self._shown(texts)}</html>'
        return RenderedPage(name, html, "", {"Content-Security-Policy": "default-src 'none'"})

    def mail(self, texts: Mapping[str, str], name: str, recipient: str, sample: int = 0) -> bytes:
        self._about_to("mail")
        if recipient not in {one["id"] for one in self._read(texts, RECIPIENTS)}:
            raise DocumentInvalid(f"there is no recipient {recipient!r}")
        to = "the-office@example.org"
        frame = self._text(texts, f"template/mail/{name}/body.txt")
        return f"To: {to}\n\n{frame.replace(MARKER, f'report {sample}')}\n".encode()

    def marked(self, texts: Mapping[str, str], name: str) -> MarkedPage:
        html = self.page(texts, name).html
        marked = html.replace("<h1>", f"<h1>{opening(SENTENCE, 'Town')}", 1)
        marked = marked.replace("</h1>", f"{CLOSE}</h1>", 1)
        return MarkedPage(name, html, marked, blocks_of(marked))

    def sentences(self, texts: Mapping[str, str]) -> Mapping[str, Sequence[tuple[str, int]]]:
        self._about_to("sentences")
        said: dict[str, list[tuple[str, int]]] = {}
        for document in (CONTACTS, PLACES, RECIPIENTS, SITE):
            try:
                content = json.loads(self._text(texts, document))
            except ValueError as error:
                raise DocumentInvalid(f"{document} cannot be read") from error
            keys = (
                "what",
                "what_not",
                "hours",
                "languages",
                "text",
                *(["name"] if document == PLACES else []),
            )
            for sentence in sentences_of(content, keys):
                said.setdefault(sentence, []).append((document, 0))
        return said

    def _title(self, texts: Mapping[str, str], rest: str) -> str:
        if rest in ("about", "code", "answer", *(f"error-{status}" for status in ERROR_STATUSES)):
            return rest
        slug, _, kind = rest.partition("/")
        places = {one["slug"]: one["name"] for one in self._read(texts, PLACES)["places"]}
        if slug not in places or kind not in ("", "note", "receipt"):
            raise DocumentInvalid(f"there is no page {rest!r}")
        return f"{places[slug]} {kind}".strip()

    def _shown(self, texts: Mapping[str, str]) -> str:
        return "".join(f"<pre>{document}: {text}</pre>" for document, text in sorted(texts.items()))

    def _text(self, texts: Mapping[str, str], document: str) -> str:
        return texts.get(document) or self._shipped.text(document)

    def _read(self, texts: Mapping[str, str], document: str) -> Any:
        return json.loads(self._text(texts, document))
