"""What earlier releases left, read as documents of places: nothing is lost, and it can be gone back to."""

from __future__ import annotations

import json
from functools import cache

import pytest

from chalicelib.directory.content import Content, read_content
from chalicelib.directory.document_ids import CONTACTS, PLACES, SITE, place_of
from chalicelib.publishing.adapters import dynamo_documents
from chalicelib.publishing.adapters.shipped_documents import ShippedFiles
from chalicelib.publishing.edit_text import EditText, LiveTexts
from chalicelib.publishing.package_by_place import PackageByPlace
from chalicelib.publishing.store_by_place import StoreByPlace
from chalicelib.publishing.targets import Targets
from chalicelib.publishing.whole_texts import laid_out
from chalicelib.wiring.texts import SHIPPED
from tests.support.fake_documents import FakeDocuments, FakeShelf
from tests.support.fakes import FixedClock
from tests.support.kept_states import RELEASES, items, kept_state


@cache
def package() -> PackageByPlace:
    return PackageByPlace(ShippedFiles(SHIPPED, [], lambda _: {}, lambda: 0))


class Stage:
    """The documents that an earlier release left, under this code."""

    def __init__(self, release: str) -> None:
        self.raw, self.shelf = FakeDocuments(), FakeShelf()
        for item in items(kept_state(release), "documents"):
            plain = {name: dynamo_documents._read(value) for name, value in item.items()}
            kind, _, document = plain["pk"].partition("#")
            if kind == "version":
                self.raw.add_version(dynamo_documents._version(document, plain))
            elif kind == "release":
                self.raw.add_release(dynamo_documents._release(plain))
            elif kind == "shipped":
                self.raw.keep_shipped(document, plain["text"])
        for number in (1, 2):
            self.shelf.move(number, {}, self.shelf.live())
        self.store = StoreByPlace(self.raw, package(), self.shelf)
        self.live = LiveTexts(self.store, package())


@pytest.fixture(params=RELEASES)
def stage(request: pytest.FixtureRequest) -> Stage:
    return Stage(request.param)


def content(texts: dict[str, str]) -> Content:
    """Return the content that readers' functions make of texts laid over what ships."""
    places, contacts, site = (
        json.loads(texts.get(name) or package().whole(name)) for name in (PLACES, CONTACTS, SITE)
    )
    return read_content(places, contacts, site)


def test_what_readers_get_is_what_they_got(stage: Stage) -> None:
    version = stage.raw.version(CONTACTS, 1)
    assert version is not None
    before = content({CONTACTS: version.text})
    now = content(laid_out(package(), stage.live.changed(stage.shelf.live())))
    assert now.site == before.site
    assert list(now.places) == list(before.places)
    assert [*now.contacts.by_id.items()] == [*before.contacts.by_id.items()]


def test_what_was_edited_is_a_version_of_its_place_by_the_same_person(stage: Stage) -> None:
    numbers = stage.live.numbers(stage.shelf.live())
    assert CONTACTS not in numbers
    moved = [name for name in numbers if place_of(name)]
    assert moved
    edit = EditText(stage.store, package(), stage.shelf, FixedClock())
    old = stage.raw.version(CONTACTS, 1)
    assert old is not None
    for document in moved:
        [version] = [one for one in edit.history(document) if one.number]
        assert (version.who, version.when, version.why) == (old.who, old.when, old.why)
    assert [one.text for one in edit.history(CONTACTS)] == [old.text]


def test_each_release_of_before_can_be_gone_back_to(stage: Stage) -> None:
    targets = Targets(stage.store, package(), stage.shelf)
    assert not any(place_of(name) for name in targets.back_to(1).going.texts), "contacts were the same then"
    shipped = targets.back_to(0).going.texts
    changed = [name for name in shipped if place_of(name)]
    assert changed
    assert all(shipped[name] == package().text(name) for name in changed)


def test_what_a_newer_package_brings_is_merged_into_what_was_edited(stage: Stage) -> None:
    edit = EditText(stage.store, package(), stage.shelf, FixedClock())
    numbers = stage.live.numbers(stage.shelf.live())
    for document in (name for name in numbers if place_of(name)):
        newer = edit.newer(document)
        if newer is not None:
            assert newer.before is not None, document
            assert newer.merge is not None, document
