"""What the document store and the shelf of releases promise: the fakes and the adapters alike."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest

from chalicelib.directory.document_ids import fingerprint
from chalicelib.directory.errors import DocumentInvalid
from chalicelib.publishing.adapters.dynamo_documents import DynamoDocuments, table_definition
from chalicelib.publishing.adapters.s3_releases import S3Releases
from chalicelib.publishing.documents import Draft, Release, ThrownDraft, Version, check_text
from chalicelib.publishing.ports import DocumentStore, LiveRelease, ReleaseShelf
from chalicelib.publishing.recipient_changes import AddressCode, RecipientChange
from chalicelib.shared.aws.sdk import client
from chalicelib.shared.errors import StaleRecord, StoreUnavailable
from tests.conftest import REGION
from tests.support.fake_documents import FakeDocuments, FakeShelf

NOW = datetime(2026, 11, 25, 12, 30, 15, 250_000, tzinfo=UTC)
_numbers = count(1)


@pytest.fixture(params=["fake", "moto", "dynalite"])
def store(request: pytest.FixtureRequest) -> DocumentStore:
    if request.param == "fake":
        return FakeDocuments()
    if request.param == "moto":
        request.getfixturevalue("aws")
        dynamodb = client("dynamodb")
    else:
        dynamodb = request.getfixturevalue("dynalite_client")
    name = f"documents-{next(_numbers)}"
    dynamodb.create_table(**table_definition(name))
    dynamodb.get_waiter("table_exists").wait(TableName=name, WaiterConfig={"Delay": 1})
    return DynamoDocuments(lambda: dynamodb, name)


@pytest.fixture(params=["fake", "moto"])
def shelf(request: pytest.FixtureRequest) -> ReleaseShelf:
    if request.param == "fake":
        return FakeShelf()
    return S3Releases(lambda: bucket(request), "pages")


def bucket(request: pytest.FixtureRequest) -> Any:
    request.getfixturevalue("aws")
    s3 = client("s3")
    if not s3.list_buckets()["Buckets"]:
        s3.create_bucket(Bucket="pages", CreateBucketConfiguration={"LocationConstraint": REGION})
    return s3


def draft(revision: int = 1, text: str = "hello", document: str = "contacts") -> Draft:
    return Draft(document, text, revision, 0, "ana@example.org", NOW)


def version(number: int, document: str = "contacts") -> Version:
    return Version(document, number, f"text {number}", "ana@example.org", NOW, "a number changed", "abc")


def release(number: int) -> Release:
    return Release(number, {"contacts": number}, "ana@example.org", NOW, "a number changed", 0, "package")


def change(revision: int = 1) -> RecipientChange:
    return RecipientChange(
        "[]",
        revision,
        "ana@example.org",
        NOW,
        "a new office",
        {"desk@example.gov": AddressCode("digest", NOW + timedelta(hours=1), 2)},
        {"other@example.gov": NOW},
        "ben@example.org",
        NOW,
    )


def test_a_draft_comes_back_as_it_was_saved(store: DocumentStore) -> None:
    saved = draft(text="Línea uno\nਦੋ\n" + "x" * 100_000)
    store.put_draft(saved)
    assert store.draft("contacts") == saved
    assert list(store.drafts()) == [saved]
    assert store.draft("places") is None


def test_a_thousand_services_fit_into_one_draft_and_one_version(store: DocumentStore) -> None:
    services = [
        {"id": f"s-{number}", "name": f"Sérvice {number}", "what": "Help. " * 300} for number in range(1000)
    ]
    text = check_text(json.dumps({"services": services}, ensure_ascii=False), "services/town")
    assert len(text) > 1_500_000
    store.put_draft(draft(text=text, document="services/town"))
    found = store.draft("services/town")
    assert found is not None
    assert found.text == text
    assert [*store.drafts()] == [found]
    store.add_version(Version("services/town", 1, text, "ana@example.org", NOW, "why"))
    assert store.version("services/town", 1) == Version(
        "services/town", 1, text, "ana@example.org", NOW, "why"
    )
    store.keep_shipped("services/town", text)
    assert store.shipped_text("services/town", fingerprint(text)) == text


def test_services_that_no_item_can_hold_are_refused_in_words() -> None:
    many = "".join(hashlib.sha256(b"%d" % number).hexdigest() for number in range(15_000))
    with pytest.raises(DocumentInvalid, match="too many services for one place"):
        check_text(many, "services/town")
    with pytest.raises(DocumentInvalid, match="too long: 250 KB"):
        check_text(many, "contacts/town")


def test_a_draft_says_which_shipped_text_it_takes_account_of(store: DocumentStore) -> None:
    store.put_draft(replace(draft(), shipped="abc"))
    assert [one.shipped for one in store.drafts()] == ["abc"]


def test_a_draft_that_was_thrown_away_is_kept_until_it_is_dropped(store: DocumentStore) -> None:
    later = NOW + timedelta(seconds=1)
    one = ThrownDraft("20261125-aa", replace(draft(3), shipped="abc"), "ben@example.org", NOW)
    other = ThrownDraft("20261126-bb", draft(1, document="catalog/es"), "ana@example.org", later)
    store.keep_thrown(other)
    store.keep_thrown(one)
    with pytest.raises(StaleRecord):
        store.keep_thrown(one)
    assert list(store.thrown()) == [one, other]
    assert list(store.drafts()) == []
    for _ in range(2):
        store.drop_thrown(one.id)
    assert list(store.thrown()) == [other]


def test_a_shipped_text_is_kept_once_under_its_fingerprint(store: DocumentStore) -> None:
    assert store.shipped_text("contacts", fingerprint("old")) is None
    for _ in range(2):
        store.keep_shipped("contacts", "old")
    store.keep_shipped("contacts", "newer")
    assert store.shipped_text("contacts", fingerprint("old")) == "old"
    assert store.shipped_text("places", fingerprint("old")) is None
    assert list(store.drafts()) == []


def test_the_last_decision_against_a_shipped_text_counts(store: DocumentStore) -> None:
    assert store.settled() == {}
    store.settle("contacts", "one", "ana@example.org", NOW)
    store.settle("contacts", "two", "ben@example.org", NOW)
    store.settle("places", "three", "ben@example.org", NOW)
    assert store.settled() == {"contacts": "two", "places": "three"}


def test_of_two_who_save_over_the_same_revision_the_second_is_told(store: DocumentStore) -> None:
    store.put_draft(draft(1, "first"))
    store.put_draft(draft(2, "mine"))
    with pytest.raises(StaleRecord):
        store.put_draft(draft(2, "theirs"))
    with pytest.raises(StaleRecord):
        store.put_draft(draft(1, "begun when there was none"))
    kept = store.draft("contacts")
    assert kept is not None
    assert kept.text == "mine"


def test_a_draft_is_dropped_only_as_it_was_seen(store: DocumentStore) -> None:
    store.put_draft(draft(1))
    store.put_draft(draft(2))
    with pytest.raises(StaleRecord):
        store.drop_draft("contacts", 1)
    store.drop_draft("contacts", 2)
    assert store.draft("contacts") is None
    with pytest.raises(StaleRecord):
        store.drop_draft("contacts", 2)


def test_versions_are_listed_newest_first_and_never_replaced(store: DocumentStore) -> None:
    for number in (1, 2, 10):
        store.add_version(version(number))
    store.add_version(version(1, "places"))
    with pytest.raises(StaleRecord):
        store.add_version(version(2))
    assert list(store.versions("contacts")) == [version(10), version(2), version(1)]
    assert store.version("contacts", 2) == version(2)
    assert store.version("contacts", 3) is None


def test_releases_are_listed_newest_first_and_never_replaced(store: DocumentStore) -> None:
    for number in range(1, 13):
        store.add_release(release(number))
    with pytest.raises(StaleRecord):
        store.add_release(release(12))
    assert [one.number for one in store.releases(3)] == [12, 11, 10]
    assert store.release(7) == release(7)
    assert store.release(99) is None


def test_long_histories_are_read_to_their_end(store: DocumentStore) -> None:
    for number in range(1, 9):  # DynamoDB gives a megabyte at a time
        store.add_version(Version("contacts", number, "x" * 200_000, "ana@example.org", NOW))
    assert [one.number for one in store.versions("contacts")] == [8, 7, 6, 5, 4, 3, 2, 1]


def test_the_change_of_recipients_moves_step_by_step(store: DocumentStore) -> None:
    assert store.change() is None
    store.put_change(change(1))
    assert store.change() == change(1)
    with pytest.raises(StaleRecord):
        store.put_change(change(1))
    store.put_change(change(2))
    with pytest.raises(StaleRecord):
        store.drop_change(1)
    store.drop_change(2)
    assert store.change() is None


def test_nothing_is_live_at_first(shelf: ReleaseShelf) -> None:
    assert shelf.live() is None


def test_readers_get_what_was_moved_to_last(shelf: ReleaseShelf) -> None:
    shelf.put(1, {"en/a.b64": b"H4sI"})
    shelf.move(1, {"places": ["a"]}, None)
    first = shelf.live()
    assert first is not None
    assert first.number == 1
    shelf.move(2, {"places": ["a"]}, first)
    second = shelf.live()
    assert second is not None
    assert second.number == 2


def test_of_two_who_move_on_from_the_same_release_the_second_is_told(shelf: ReleaseShelf) -> None:
    with pytest.raises(StaleRecord):
        shelf.move(1, {}, LiveRelease(5, '"a mark of nothing"'))
    shelf.move(1, {}, None)
    with pytest.raises(StaleRecord):
        shelf.move(2, {}, None)
    seen = shelf.live()
    shelf.move(2, {}, seen)
    with pytest.raises(StaleRecord):
        shelf.move(3, {}, seen)
    live = shelf.live()
    assert live is not None
    assert live.number == 2


def test_a_release_lies_in_the_bucket_as_the_page_function_looks_for_it(
    request: pytest.FixtureRequest,
) -> None:
    s3 = bucket(request)
    shelf = S3Releases(lambda: s3, "pages")
    shelf.put(7, {"en/los-banos-ca.b64": b"H4sIpage", "index.json": b"{}", "documents.json": b"{}"})
    shelf.move(7, {"default_place": "los-banos-ca"}, None)
    keys = [entry["Key"] for entry in s3.list_objects_v2(Bucket="pages")["Contents"]]
    assert keys == [
        "current.json",
        "releases/7/documents.json",
        "releases/7/en/los-banos-ca.b64",
        "releases/7/index.json",
    ]
    current = json.loads(s3.get_object(Bucket="pages", Key="current.json")["Body"].read())
    assert current == {"release": 7, "index": {"default_place": "los-banos-ca"}}


class SecondTry:
    """S3's client when an answer was lost: what it did is done once more."""

    def __init__(self, s3: Any) -> None:
        self._s3 = s3

    def __getattr__(self, name: str) -> Any:
        return getattr(self._s3, name)

    def put_object(self, **arguments: Any) -> Any:
        self._s3.put_object(**arguments)
        return self._s3.put_object(**arguments)


def test_a_move_whose_answer_was_lost_is_no_conflict_with_itself(request: pytest.FixtureRequest) -> None:
    s3 = bucket(request)
    lossy = S3Releases(lambda: SecondTry(s3), "pages")
    lossy.move(1, {}, None)
    seen = lossy.live()
    assert seen is not None
    assert seen.number == 1
    lossy.move(2, {}, seen)
    with pytest.raises(StaleRecord):
        lossy.move(3, {}, seen)


def test_a_bucket_and_a_table_that_are_away_are_said_to_be_away(aws: None) -> None:
    s3, dynamodb = client("s3"), client("dynamodb")
    with pytest.raises(StoreUnavailable):
        S3Releases(lambda: s3, "no-such-bucket").live()
    with pytest.raises(StoreUnavailable):
        DynamoDocuments(lambda: dynamodb, "no-such-table").drafts()


def test_a_release_of_thousands_of_documents_fits_into_one_item(store: DocumentStore) -> None:
    versions = {f"contacts/a-town-with-a-long-name-{number:05}-ca": number for number in range(1, 12_001)}
    release = Release(1, versions, "ana@example.org", NOW, "many", 0, "package", 0)
    store.add_release(release)
    assert store.release(1) == release
    assert list(store.releases(1)) == [release]
