"""Texts of a release: the version of each document that readers get, else what shipped."""

from __future__ import annotations

from collections.abc import Mapping

from chalicelib.publishing.documents import SHIPPED, Version
from chalicelib.publishing.ports import DocumentStore, LiveRelease, ShippedDocuments
from chalicelib.publishing.whole_texts import all_texts, is_known
from chalicelib.shared.errors import EntryMissing


class LiveTexts:
    """The texts of a release; None stands for the site as it shipped."""

    def __init__(self, store: DocumentStore, shipped: ShippedDocuments) -> None:
        self._store = store
        self._shipped = shipped

    def numbers(self, live: LiveRelease | None) -> Mapping[str, int]:
        """Return the version's number, in that release, of each document that is not as it shipped."""
        if live is None:
            return {}
        release = self._store.release(live.number)
        if release is None:
            raise EntryMissing(f"release {live.number} is live, and nothing is written down about it")
        known = self._shipped.ids()  # a package may have dropped a document since
        return {name: number for name, number in release.versions.items() if is_known(name, known)}

    def version(self, document: str, number: int) -> Version:
        """Return a version; 0 is what shipped. Raises EntryMissing."""
        if number == SHIPPED:
            try:
                return Version(document, SHIPPED, self._shipped.text(document))
            except KeyError as error:
                raise EntryMissing("there is no such text") from error
        version = self._store.version(document, number)
        if version is None:
            raise EntryMissing(f"there is no text number {number} in this history")
        return version

    def changed(self, live: LiveRelease | None) -> dict[str, str]:
        """Return the text, in that release, of each document that is not as it shipped."""
        numbers = self.numbers(live)
        self._store.read_ahead(numbers)
        return {name: self.version(name, number).text for name, number in numbers.items()}

    def texts(self, live: LiveRelease | None) -> dict[str, str]:
        """Return the text of every document in that release."""
        return all_texts(self._shipped, self.changed(live))
