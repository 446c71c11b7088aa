"""The texts of the site among fakes: drafts are saved, two people meet, and a release goes live."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from chalicelib.directory.document_ids import CONTACTS
from chalicelib.directory.place_documents import Whole
from chalicelib.publishing import edit_whole
from chalicelib.publishing.contact_form import as_typed
from chalicelib.publishing.documents import Draft, Release, Version
from chalicelib.publishing.edit_text import EditText
from chalicelib.publishing.forms import Typed
from tests.support.fake_documents import FakeDocuments, FakeShelf
from tests.support.fake_package import FakePackage
from tests.support.fakes import FixedClock

ANA, BEN = "ana@desk.example", "ben@desk.example"


class EditorsDesk:
    """The editor's use case over fakes. What is `meanwhile` is done by somebody else just before a save."""

    def __init__(self) -> None:
        self.clock = FixedClock()
        self.shipped = FakePackage()
        self.store = FakeDocuments(self._before)
        self.shelf = FakeShelf()
        self.edit = EditText(self.store, self.shipped, self.shelf, self.clock)
        self.meanwhile: list[Callable[[], object]] = []

    def save(self, document: str, text: str, who: str = BEN) -> Draft:
        """Save a draft over what is there, or drafts of the places that a text of all of them changes."""
        if self.edit.is_retired(document):
            parsed = json.loads(text)

            def put(whole: Whole) -> None:
                (whole.contacts if document == CONTACTS else whole.places).update(parsed)

            saved = edit_whole.change(self.edit, put, who)
            assert saved is not None
            return saved
        return self.edit.save_draft(document, text, self.edit.open(document).revision, who)

    def draft(self, document: str) -> Any:
        """Return what the draft of a document made of entries holds, or of all places together."""
        if self.edit.is_retired(document):
            contacts, places, _ = edit_whole.now(self.edit)
            return contacts if document == CONTACTS else places
        return json.loads(self.edit.open(document).text)

    def publish(self, texts: Mapping[str, str]) -> None:
        """Publish texts as the next release: no check is asked."""
        live = self.shelf.live()
        before = self.store.release(live.number) if live else None
        number = live.number + 1 if live else 1
        versions = dict(before.versions) if before else {}
        for document, text in texts.items():
            self.store.add_version(Version(document, number, text, BEN, self.clock.now(), "why"))
            versions[document] = number
        self.store.add_release(Release(number, versions, BEN, self.clock.now(), "why"))
        self.shelf.move(number, {}, live)

    def _before(self, write: str) -> None:
        if write == "put_draft" and self.meanwhile:
            self.meanwhile.pop(0)()


def typed(entry: Mapping[str, Any], **changed: Any) -> Typed:
    """Return a contact as its form sends it when only `changed` was typed; a way is (kind, show, body)."""
    fields = dict(as_typed(entry).fields)
    for name, value in changed.items():
        if name == "ways":
            for column, at in (("kind", 0), ("show", 1), ("body", 2)):
                fields[column] = [(*way, "", "")[at] for way in value]
        else:
            fields[name] = [value]
    return Typed(fields)
