"""A desk by place over fakes, and what an earlier package leaves in its store."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from chalicelib.directory.document_ids import PLACES, SITE, fingerprint
from chalicelib.publishing import edit_whole
from chalicelib.publishing.documents import SHIPPED, Draft, Release, Version
from chalicelib.publishing.edit_contacts import EditContacts
from chalicelib.publishing.edit_places import EditPlaces
from chalicelib.publishing.edit_text import EditText
from chalicelib.publishing.forms import Typed
from chalicelib.publishing.package_by_place import PackageByPlace
from chalicelib.publishing.store_by_place import StoreByPlace
from tests.support.editors_desk import typed
from tests.support.fake_documents import FakeDocuments, FakeShelf
from tests.support.fake_package import LINE, SHELTER, FakePackage, written
from tests.support.fakes import FixedClock

ANA, BEN = "ana@desk.example", "ben@desk.example"
THEN = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
NEW_TOWN = Typed({"name": ["Gustine"], "kind": ["county"], "parent": ["state"], "zone": [""]})
STATE = {"slug": "state", "name": "The State", "parent": "us", "kind": "state", "zone": "America/Chicago"}
OLD_TOWN = {"slug": "old-town", "name": "Aldtown", "parent": "us", "kind": "city"}


class Killed(BaseException):
    """The process ends here."""


class Desk:
    """A desk by place over fakes; `raw` is the store that an earlier package may have written."""

    def __init__(self) -> None:
        self.clock, self.package, self.shelf = FixedClock(), FakePackage(), FakeShelf()
        places = json.loads(self.package.texts[PLACES])["places"]
        site = {**json.loads(self.package.texts[SITE]), "police": ["shelter"]}
        self.package.texts |= {
            PLACES: written({"places": [places[0], STATE, places[1]]}),
            SITE: written(site),
        }
        self.writes: list[str] = []
        self.kill_at = 0
        self.raw = FakeDocuments(self._before)
        self.start()

    def start(self) -> None:
        """Start a process anew."""
        self.shipped = PackageByPlace(self.package)
        self.store = StoreByPlace(self.raw, self.shipped, self.shelf)
        self.edit = EditText(self.store, self.shipped, self.shelf, self.clock)
        self.contacts = EditContacts(self.edit, self.clock)
        self.places = EditPlaces(self.edit)

    def change(self, contact: str, who: str = ANA, **changed: Any) -> None:
        entry = self.contacts.open(contact)
        self.contacts.save(contact, typed(entry, **changed), edit_whole.seen_as(entry), who)

    def drafted(self) -> list[str]:
        return [draft.document for draft in self.store.drafts()]

    def live(self, texts: Mapping[str, str], number: int = 1, **how: Any) -> None:
        """Publish whole texts as an earlier package did."""
        for document, text in texts.items():
            shipped = fingerprint(self.package.texts[document])
            self.raw.add_version(Version(document, number, text, BEN, THEN, "of before", shipped))
        versions = {**how.get("kept", {}), **dict.fromkeys(texts, number)}
        self.raw.add_release(Release(number, versions, BEN, THEN, "of before", since=number - 1))
        self.shelf.move(number, {}, self.shelf.live())

    def before(self, document: str, text: str, who: str = BEN) -> None:
        """Leave a draft as an earlier package did."""
        shipped = fingerprint(self.package.texts[document])
        self.raw.put_draft(Draft(document, text, 1, SHIPPED, who, THEN, shipped))

    def _before(self, write: str) -> None:
        self.writes.append(write)
        if self.kill_at and len(self.writes) == self.kill_at:
            raise Killed


def of_before(**changed: Any) -> str:
    return written({"contacts": [{**LINE, **changed}, SHELTER]})
