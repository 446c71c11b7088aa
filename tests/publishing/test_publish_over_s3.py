"""A publish over S3, whatever it answers to any write: readers get old or new, and the same call ends it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from moto import mock_aws

from chalicelib.publishing.adapters.s3_builds import S3Builds
from chalicelib.publishing.adapters.s3_releases import S3Releases
from chalicelib.publishing.errors import NothingToPublish
from chalicelib.publishing.going_live import KEPT
from chalicelib.publishing.page_units import page_paths
from chalicelib.shared.aws.sdk import client
from chalicelib.shared.errors import StoreUnavailable
from tests.conftest import REGION
from tests.publishing.test_publishers_side_by_side import as_built_anew, led_back_to, publishing
from tests.support.towns_desk import ALDER, ANA, BEN, OTHER, TownsDesk

pytestmark = pytest.mark.takes(60)

BUCKET = "pages"


class Faulty:
    """S3's client; the write of some number fails, before it is done or once it is."""

    def __init__(self) -> None:
        self.written: list[str] = []
        self.fail_at = 0
        self.error: Exception | None = None
        self.after = False

    def begin(self, at: int = 0, error: Exception | None = None, *, after: bool = False) -> None:
        """Count from here."""
        self.written.clear()
        self.fail_at, self.error, self.after = at, error, after

    def __getattr__(self, name: str) -> Any:
        call = getattr(client("s3"), name)
        if name != "put_object":
            return call

        def put(**told: Any) -> Any:
            self.written.append(told["Key"])
            fails = len(self.written) == self.fail_at and self.error is not None
            if fails and not self.after:
                raise self.error  # type: ignore[misc]
            answer = call(**told)
            if fails:
                raise self.error  # type: ignore[misc]
            return answer

        return put


class Bucket:
    """A desk over S3."""

    def __init__(self) -> None:
        self.s3 = Faulty()
        client("s3").create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
        self.desk = TownsDesk(S3Releases(lambda: self.s3, BUCKET), S3Builds(lambda: self.s3, BUCKET))
        self.desk.template("first page")
        self.desk.bring()

    def read(self, key: str) -> bytes:
        return bytes(client("s3").get_object(Bucket=BUCKET, Key=key)["Body"].read())

    def keys(self) -> set[str]:
        pages = client("s3").get_paginator("list_objects_v2").paginate(Bucket=BUCKET)
        return {one["Key"] for page in pages for one in page.get("Contents", ())}

    def words(self) -> str:
        """Return what readers get of Alder; fails where anything that is named is not there."""
        index = self.desk.live().index
        assert {path for _, path in page_paths(index)} <= self.keys()
        assert {slug: one.digest for slug, one in self.desk.entries().items()} == {
            **index["places"],
            "": index["shared"],
        }
        page = self.desk.page(ALDER, self.read)
        assert page["template"] == self.desk.page(OTHER, self.read)["template"]
        return str(page["contacts"][f"of-{ALDER}"])

    def standby(self) -> str:
        """Return the page of Alder that stands by, and fail where it is not of the live release."""
        assert json.loads(self.read("standby.json"))["release"] == self.desk.live().number
        return self.read(f"site/en/{ALDER}/").decode()


@pytest.fixture
def bucket() -> Iterator[Bucket]:
    with mock_aws():
        client.cache_clear()
        yield Bucket()
    client.cache_clear()


def refused(code: str, status: int) -> ClientError:
    more: Any = {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(more, "PutObject")


FAULTS = {
    "412": (refused("PreconditionFailed", 412), False),
    "412, since an earlier try of it was done": (refused("PreconditionFailed", 412), True),
    "409": (refused("ConditionalRequestConflict", 409), False),
    "409, and it was done": (refused("ConditionalRequestConflict", 409), True),
    "503": (refused("SlowDown", 503), False),
    "503, and it was done": (refused("ServiceUnavailable", 503), True),
    "throttled": (refused("RequestLimitExceeded", 503), False),
    "no answer, and it was done": (EndpointConnectionError(endpoint_url="https://s3"), True),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_whatever_s3_answers_to_any_write_readers_get_old_or_new_and_the_same_call_ends_it(
    bucket: Bucket, fault: str
) -> None:
    desk, (error, after) = bucket.desk, FAULTS[fault]
    documents = desk.says(f"of-{ALDER}", "Alder 0")
    bucket.s3.begin()
    desk.bring(documents)
    writes = [*bucket.s3.written]
    assert {"built", "releases", "current.json", "site", "standby.json"} == {
        one.split("/")[0] for one in writes
    }
    for at in range(1, len(writes) + 1):
        old, new = f"Alder {at - 1}", f"Alder {at}"
        documents = desk.says(f"of-{ALDER}", new)
        bucket.s3.begin(at, error, after=after)
        try:
            desk.bring(documents)
            assert bucket.words() == new, writes[at - 1]
        except StoreUnavailable:
            moved = at > writes.index("current.json") + (0 if after else 1)
            assert bucket.words() == (new if moved else old), writes[at - 1]
        assert len(bucket.s3.written) >= at
        bucket.s3.begin()
        try:
            desk.bring(documents)
        except NothingToPublish:
            desk.publish.finish()
        assert bucket.words() == new, writes[at - 1]
        assert new in bucket.standby(), writes[at - 1]
        assert not desk.store.drafts(), writes[at - 1]
        assert as_built_anew(desk)


@pytest.mark.parametrize("fault", ["412", "409", "503", "503, and it was done"])
def test_nor_do_readers_of_a_roll_back_get_half_of_it(bucket: Bucket, fault: str) -> None:
    desk, (error, after) = bucket.desk, FAULTS[fault]
    for words in ("one", "two"):
        desk.bring(desk.says(f"of-{ALDER}", words))
    desk.renderer.may_render = False
    bucket.s3.begin()
    desk.publish.roll_back(2, ANA, "back")
    count, number = len(bucket.s3.written), 3
    for at in range(1, count + 1):
        before, now = bucket.words(), "two" if number == 3 else "one"
        bucket.s3.begin(at, error, after=after)
        try:
            desk.publish.roll_back(number, ANA, "back")
            assert bucket.words() == now
        except StoreUnavailable:
            assert bucket.words() in (before, now)
        bucket.s3.begin()
        try:
            desk.publish.roll_back(number, ANA, "back")
        except NothingToPublish:
            desk.publish.finish()
        assert bucket.words() == now
        assert now in bucket.standby()
        number = 5 - number


def test_of_two_at_once_over_s3_both_are_live(bucket: Bucket) -> None:
    desk = bucket.desk
    first = publishing(desk, f"of-{ALDER}", "Alder, new", ANA)
    second = publishing(desk, f"of-{OTHER}", "Other, new", BEN)
    move = desk.shelf.move

    def late(number: int, index: Any, since: Any) -> None:
        desk.shelf.move = move
        second()
        move(number, index, since)

    desk.shelf.move = late
    first()
    assert bucket.words() == "Alder, new"
    assert desk.page(OTHER, bucket.read)["contacts"][f"of-{OTHER}"] == "Other, new"
    assert led_back_to(desk) == [ANA, BEN, ANA]


def test_deleted_is_what_no_release_names_and_then_the_last_twenty_are_rolled_back_to(bucket: Bucket) -> None:
    desk = bucket.desk
    for number in range(2, 31):
        desk.bring(desk.says(f"of-{ALDER}", f"Alder {number}"))
    before = bucket.keys()
    desk.clock.time += timedelta(days=200)
    for _ in range(3):
        desk.publish.clear_away()
    now = datetime.now(UTC)
    for days in (100, 102):
        desk.shelf.clear_pages(now + timedelta(days=days))
    gone = before - bucket.keys()
    assert len({one for one in gone if one.startswith(f"releases/places/{ALDER}/")}) == 30 - KEPT
    desk.renderer.may_render = False
    for number in range(30 - KEPT + 1, 30):
        desk.publish.roll_back(number, BEN, "back")
        assert bucket.words() == f"Alder {number}"
