"""Pages that no release names go after 90 days and two looks, and never from under somebody who publishes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from bench.page_units import page_units
from chalicelib.publishing.adapters.s3_releases import S3Releases
from chalicelib.publishing.adapters.s3_unused_pages import KEY, S3UnusedPages
from chalicelib.publishing.page_units import folders_in
from chalicelib.publishing.ports import RenderedPage
from chalicelib.publishing.unused_pages import LASTS, LOOKS_EVERY, UnusedPages, read_unused
from chalicelib.shared.aws.sdk import client
from chalicelib.shared.errors import StoreBusy, StoreUnavailable
from tests.conftest import REGION
from tests.publishing.test_clearing_away import BUCKET, Watched, failing, shelf_of, there
from tests.publishing.test_standby import packed

pytestmark = pytest.mark.takes(10)

NOW = datetime(2026, 11, 29, tzinfo=UTC)
OLD, NEW = NOW - timedelta(days=91), NOW - timedelta(days=89)
INDEX: dict[str, Any] = {
    "locales": ["en"],
    "places": ["a"],
    "default_place": "a",
    "headers": {"Content-Security-Policy": "default-src 'none'"},
}


def test_a_folder_goes_when_two_looks_a_day_apart_found_it_old_and_unnamed() -> None:
    written = {"old/": OLD, "new/": NEW, "named/": OLD}
    first = UnusedPages().looked_at(written, {"named/"}, NOW)
    assert (dict(first.marked), first.going) == ({"old/": NOW}, ())
    assert not first.is_due(NOW + LOOKS_EVERY - timedelta(seconds=1))
    later = NOW + LOOKS_EVERY
    assert first.is_due(later)
    second = first.looked_at(written, {"named/"}, later)
    assert second.going == ("old/",)
    assert second.gone().going == ()


def test_what_was_named_in_between_begins_anew() -> None:
    written = {"old/": OLD}
    first = UnusedPages().looked_at(written, (), NOW)
    named = first.looked_at(written, {"old/"}, NOW + LOOKS_EVERY)
    assert (dict(named.marked), named.going) == ({}, ())
    again = named.looked_at(written, (), NOW + 2 * LOOKS_EVERY)
    assert (list(again.marked), again.going) == (["old/"], ())


def test_who_deletes_is_left_alone_while_they_may_be_at_it_and_followed_once_they_were_stopped() -> None:
    deleting = UnusedPages(NOW, {}, ("old/", "gone/", "named/"))
    soon, later = NOW + LASTS - timedelta(seconds=1), NOW + LASTS
    assert not deleting.is_due(soon)
    assert deleting.is_held({"old/"}, soon)
    assert not deleting.is_held({"other/"}, soon)
    assert deleting.is_due(later)
    assert not deleting.is_held({"old/"}, later)
    assert deleting.looked_at({"old/": OLD, "named/": OLD}, {"named/"}, later).going == ("old/",)
    assert deleting.without({"old/"}).going == ("gone/", "named/")


def test_the_list_is_read_back_as_it_was_written() -> None:
    for pages in (UnusedPages(), UnusedPages(NOW, {"old/": OLD}, ("gone/",))):
        assert read_unused(json.loads(json.dumps(pages.written()))) == pages


# Over S3


@pytest.fixture
def s3() -> Iterator[Watched]:
    with mock_aws():
        client.cache_clear()
        client("s3").create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
        yield Watched()
    client.cache_clear()


def publish(s3: Watched, number: int, words: str, places: str = "a") -> dict[str, Any]:
    """Publish a site of which each page says the same, and return its index."""
    shelf = shelf_of(s3)
    pages = [RenderedPage(f"en/{name}", "", packed(words).decode()) for name in (*places, "error-404")]
    units, since = page_units({**INDEX, "places": list(places)}, pages), shelf.live()
    files = {"index.json": json.dumps(units.index).encode()}
    shelf.put(number, files)
    shelf.put_pages(units.without(since.index if since else {}))
    shelf.move(number, units.index, since)
    shelf.stand_by()
    return dict(units.index)


def pages_there() -> set[str]:
    return {key.rpartition("/")[0] + "/" for key in there("releases/places/")}


def of_places(*indexes: dict[str, Any]) -> set[str]:
    return {one for index in indexes for one in folders_in(index) if one.startswith("releases/places/")}


def later(days: float) -> datetime:
    return datetime.now(UTC) + timedelta(days=days)


def test_pages_stay_while_a_release_names_them_and_go_after_it(s3: Watched) -> None:
    first, second = publish(s3, 1, "first"), publish(s3, 2, "second")
    shelf = shelf_of(s3)
    for days in (100, 102):
        shelf.clear_pages(later(days))
    assert pages_there() == of_places(first, second)
    shelf.delete(1)
    shelf.clear_pages(later(103.5))
    assert pages_there() == of_places(first, second), "one look is not enough"
    shelf.clear_pages(later(104))
    assert pages_there() == of_places(first, second), "nor are two on one day"
    shelf.clear_pages(later(105))
    assert pages_there() == of_places(second)
    assert set(there("releases/shared/")) == {
        f"{one}en/error-404.b64" for one in folders_in(second) if "shared" in one
    }


def test_the_last_twenty_can_be_gone_back_to_after_everything_else_went(s3: Watched) -> None:
    indexes = [publish(s3, number, f"words {number % 25}") for number in range(1, 31)]
    shelf = shelf_of(s3)
    for number in range(1, 11):
        shelf.delete(number)
    for days in (100, 102):
        shelf.clear_pages(later(days))
    assert pages_there() == of_places(*indexes[10:])
    assert len(pages_there()) == 20


@pytest.mark.parametrize("call", ["list_objects_v2", "get_object"])
def test_where_anything_cannot_be_read_no_page_goes(s3: Watched, call: str) -> None:
    publish(s3, 1, "first")
    publish(s3, 2, "second")
    shelf = shelf_of(s3)
    shelf.delete(1)
    shelf.clear_pages(later(100))
    before = there()
    s3.before = failing(call)
    with pytest.raises(StoreUnavailable):
        shelf_of(s3).clear_pages(later(102))
    assert there() == before


def marked(s3: Watched) -> S3Releases:
    """Return a shelf whose next look would delete the pages of the first release."""
    publish(s3, 1, "first")
    publish(s3, 2, "second")
    shelf = shelf_of(s3)
    shelf.delete(1)
    shelf.clear_pages(later(100))
    return shelf


@pytest.mark.parametrize("moment", ["list_objects_v2", "put_object"])
def test_who_publishes_marked_pages_again_while_they_are_looked_at_keeps_them(
    s3: Watched, moment: str
) -> None:
    shelf = marked(s3)

    def meanwhile(name: str, key: str) -> None:
        if name == moment and key.startswith(("releases/shared/", KEY)):
            s3.before = lambda name, key: None
            publish(s3, 3, "first")

    s3.before = meanwhile
    shelf.clear_pages(later(102))
    [page] = [one for one in pages_there() if one in of_places(dict(shelf_of(s3).live().index))]  # type: ignore[union-attr]
    assert client("s3").get_object(Bucket=BUCKET, Key=f"{page}en.b64")["Body"].read() == packed("first")


def test_who_publishes_pages_that_are_being_deleted_waits_and_then_writes_them(s3: Watched) -> None:
    shelf = marked(s3)
    told: list[type[Exception]] = []

    def meanwhile(name: str, key: str) -> None:
        if name == "delete_objects":
            s3.before = lambda name, key: None
            try:
                publish(s3, 3, "first")
            except StoreBusy as busy:
                told.append(type(busy))

    s3.before = meanwhile
    shelf.clear_pages(later(102))
    assert told == [StoreBusy]
    third = publish(s3, 4, "first")
    assert of_places(third) <= pages_there()


def test_a_deletion_that_was_stopped_is_finished_by_whoever_looks_next(s3: Watched) -> None:
    shelf = marked(s3)
    s3.before = failing("delete_objects")
    with pytest.raises(StoreUnavailable):
        shelf.clear_pages(later(102))
    s3.before = lambda name, key: None
    shelf_of(s3).clear_pages(later(102))
    assert len(pages_there()) == 2, "they may be at it still"
    shelf_of(s3).clear_pages(later(102) + LASTS)
    assert len(pages_there()) == 1


def test_pages_of_a_deletion_that_was_stopped_can_be_published_after_a_while(s3: Watched) -> None:
    shelf = marked(s3)
    s3.before = failing("delete_objects")
    with pytest.raises(StoreUnavailable):
        shelf.clear_pages(later(102))
    s3.before = lambda name, key: None
    going = sorted(pages_there())
    unused = S3UnusedPages(lambda: s3, BUCKET)
    with pytest.raises(StoreBusy):
        unused.take_back([f"{one}en.b64" for one in going], later(102))
    unused.take_back([f"{one}en.b64" for one in going], later(102) + LASTS)
    shelf_of(s3).clear_pages(later(102) + 2 * LASTS)
    assert sorted(pages_there()) == going


def test_pages_that_somebody_takes_back_while_others_are_deleted_end_no_run(s3: Watched) -> None:
    shelf = marked(s3)

    def meanwhile(name: str, key: str) -> None:
        if name == "delete_objects":
            s3.before = lambda name, key: None
            listed = json.loads(client("s3").get_object(Bucket=BUCKET, Key=KEY)["Body"].read())
            client("s3").put_object(Bucket=BUCKET, Key=KEY, Body=json.dumps(listed | {"marked": {}}).encode())

    s3.before = meanwhile
    shelf.clear_pages(later(102))
    assert len(pages_there()) == 1


def test_an_index_that_cannot_be_read_is_a_store_that_is_away(s3: Watched) -> None:
    """A publish that is live has its standby pages to write: that they wait must not make it fail."""
    publish(s3, 1, "first")
    shelf, units = shelf_of(s3), page_units(INDEX, [])
    shelf.put(2, {"index.json": json.dumps(units.index).encode()})
    shelf.move(2, units.index, shelf.live())
    s3.before = failing("get_object", "releases/1/", "SlowDown")
    with pytest.raises(StoreUnavailable):
        shelf.stand_by()


@pytest.mark.parametrize("times", [1, 4])
def test_a_page_that_another_write_ran_beside_is_written_again(s3: Watched, times: int) -> None:
    asked: list[str] = []

    def beside(name: str, key: str) -> None:
        if name == "put_object" and key.startswith("releases/places/"):
            asked.append(key)
            if len(asked) <= times:
                raise ClientError({"Error": {"Code": "ConditionalRequestConflict"}}, name)

    s3.before = beside
    if times == 4:
        with pytest.raises(StoreUnavailable):
            publish(s3, 1, "first")
        return
    first = publish(s3, 1, "first")
    assert pages_there() == of_places(first)


def test_pages_that_are_gone_are_written_again_when_the_same_is_published_once_more(s3: Watched) -> None:
    publish(s3, 1, "first", "ab")
    pages = [RenderedPage(f"en/{name}", "", packed("first").decode()) for name in ("a", "b", "error-404")]
    units = page_units({**INDEX, "places": ["a", "b"]}, pages)
    files = units.without({})
    [lost] = [path for path in files if path.startswith("releases/places/b/")]
    client("s3").delete_object(Bucket=BUCKET, Key=lost)
    assert "b" in shelf_of(s3).lost(units.index)
    shelf_of(s3).put_pages(files)
    assert "b" not in shelf_of(s3).lost(units.index)
    assert client("s3").get_object(Bucket=BUCKET, Key=lost)["Body"].read() == files[lost]


# Standby pages


def written_by(number: int) -> set[str]:
    s3 = client("s3")
    return {
        key
        for key in there("site/")
        if s3.head_object(Bucket=BUCKET, Key=key)["Metadata"]["release"] == str(number)
    }


def test_standby_pages_are_written_for_places_that_changed(s3: Watched) -> None:
    shelf = shelf_of(s3)

    def publish_two(number: int, of_b: str) -> None:
        words = {"a": "same", "b": of_b, "error-404": "same"}
        pages = [RenderedPage(f"en/{name}", "", packed(one).decode()) for name, one in words.items()]
        units, since = page_units({**INDEX, "places": ["a", "b"]}, pages), shelf.live()
        shelf.put(number, {"index.json": json.dumps(units.index).encode()})
        shelf.put_pages(units.without({}))
        shelf.move(number, units.index, since)

    publish_two(1, "one")
    shelf.stand_by()
    assert written_by(1) == {"site/", "site/en", "site/en/", "site/en/a/", "site/en/b/"}
    publish_two(2, "two")
    publish_two(3, "one")  # as it was, but copies of the second may still be on their way
    shelf_of(s3).stand_by()
    assert written_by(3) == {"site/en/b/"}


@pytest.mark.parametrize(
    "other", [{"headers": {"Content-Security-Policy": "default-src 'self'"}}, {"default_place": "b"}]
)
def test_what_all_standby_pages_depend_on_has_them_all_written(s3: Watched, other: dict[str, Any]) -> None:
    shelf = shelf_of(s3)
    for number, more in ((1, {}), (2, other)):
        pages = [RenderedPage(f"en/{name}", "", packed("same").decode()) for name in ("a", "b")]
        units, since = page_units({**INDEX, **more, "places": ["a", "b"]}, pages), shelf.live()
        shelf.put(number, {"index.json": json.dumps(units.index).encode()})
        shelf.put_pages(units.without({}))
        shelf.move(number, units.index, since)
        shelf.stand_by()
    assert written_by(2) == there("site/")
