"""Sentences of the site (gettext), as its documents say them now: what each language has to translate.

Pages, mails and content say them, drafts included; no catalog is asked. So the form offers what the checks
call missing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from chalicelib.directory.document_ids import CATALOG, SITE, fingerprint_of_all
from chalicelib.directory.errors import DocumentInvalid
from chalicelib.publishing import catalog_checks
from chalicelib.publishing.errors import RenderStopped
from chalicelib.publishing.ports import (
    DocumentStore,
    ReleaseShelf,
    ShippedDocuments,
    SiteRenderer,
)
from chalicelib.publishing.targets import Targets
from chalicelib.publishing.whole_texts import all_texts

Said = Mapping[str, Sequence[tuple[str, int]]]


@dataclass(frozen=True, slots=True)
class SaidNow:
    """What the site says: each English sentence, in order, with the documents and lines that say it.

    `locales` are the languages that it offers. `unread` says why drafts are left out, if they are.
    """

    sentences: Said
    locales: Sequence[str]
    unread: str = ""


class SiteSentences:
    """Reads what the site says. The last answer is kept for as long as no text but a catalog changes."""

    def __init__(
        self,
        renderer: SiteRenderer,
        store: DocumentStore,
        shipped: ShippedDocuments,
        shelf: ReleaseShelf,
    ) -> None:
        self._renderer = renderer
        self._shipped = shipped
        self._shelf = shelf
        self._targets = Targets(store, shipped, shelf)
        self._kept: tuple[str, Said] = ("", {})

    def texts(self) -> dict[str, str]:
        """Return the text of each document that is not as it shipped, as the next publish has it."""
        return self._targets.text_of(self._targets.drafts())

    def whole(self) -> dict[str, str]:
        """Return the text of every document, as the next publish has it."""
        return all_texts(self._shipped, self.texts())

    def now(self) -> SaidNow:
        """Return what the site says with its drafts; where a draft cannot be read, what it says live."""
        drafts = self.texts()
        try:
            return SaidNow(self._said(drafts), self._offered(drafts))
        except (DocumentInvalid, RenderStopped) as unread:
            live = self._targets.live.changed(self._shelf.live())
            return SaidNow(self._said(live), self._offered(live), str(unread))

    def _said(self, texts: Mapping[str, str]) -> Said:
        saying = {name: text for name, text in texts.items() if not name.startswith(CATALOG)}
        key = f"{self._shipped.package()} {fingerprint_of_all(saying)}"
        if self._kept[0] != key:
            self._kept = (key, self._renderer.sentences(saying))
        return self._kept[1]

    def _offered(self, texts: Mapping[str, str]) -> Sequence[str]:
        return catalog_checks.offered({SITE: texts.get(SITE) or self._shipped.text(SITE)})
