"""What a publish keeps for machines: an edition where a service changed, and nothing where none did."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import boto3
import pytest
from moto import mock_aws

from chalicelib.directory.hsds.edition import CHANGES, CSV, JSON, READ, SNAPSHOT, read_edition
from chalicelib.pages.page_files import HSDS
from chalicelib.publishing.adapters.s3_editions import S3Editions
from chalicelib.publishing.adapters.s3_unused_pages import KEY
from chalicelib.publishing.keep_edition import Given, KeepEdition
from chalicelib.publishing.page_units import folder_in, folders_in
from tests.directory.hsds.samples import KITCHEN, LINE
from tests.pages.hsds_site import NOW, PLACES, WORDS, ZIPS
from tests.support.towns_desk import TownsPackage

GIVEN = Given(ZIPS, WORDS, (LINE, KITCHEN), "package-1")
CHANGED = replace(KITCHEN, what="A warm meal, and tea.")


class Clock:
    at = NOW

    def now(self) -> datetime:
        return self.at


class Shelf:
    """The EditionShelf in memory, which counts what is written."""

    def __init__(self) -> None:
        self.there: dict[str, dict[str, bytes]] = {}
        self.writes = 0

    def file(self, mark, name):
        return self.there.get(mark, {}).get(name)

    def put(self, mark, files):
        self.writes += 1
        self.there.setdefault(mark, {}).update(
            {name: self.there.get(mark, {}).get(name, one) for name, one in files.items()}
        )


class Office:
    def __init__(self, shelf=None, given=GIVEN) -> None:
        self.shelf, self.clock = shelf or Shelf(), Clock()
        self.index: dict[str, str] = {}
        self.given = given

    def publish(self, services, places=PLACES):
        keep = KeepEdition(self.shelf, lambda: self.given, self.clock)  # type: ignore[arg-type]
        mark = keep(services, places, self.index)
        self.index = {"hsds": mark}
        self.clock.at += timedelta(days=1)
        return mark

    def changed(self, name):
        files = {one: self.shelf.file(self.index["hsds"], one) for one in READ}
        snapshot = read_edition(files).snapshot
        rows = [row for row in range(len(snapshot)) if snapshot.record(row)["name"] == name]
        return snapshot.record(rows[0])["last_modified"]


def test_the_first_publish_keeps_an_edition_with_each_day_as_it_was_read():
    office = Office()
    office.publish([LINE, KITCHEN])
    assert office.changed("Kitchen") == "2026-11-25T00:00:00Z"
    assert office.shelf.writes == 1


def test_nothing_is_written_where_no_service_changed():
    office = Office()
    first = office.publish([LINE, KITCHEN])
    assert office.publish([LINE, KITCHEN]) == first
    assert office.publish((KITCHEN, LINE)) == first, "in whatever order they stand"
    assert office.shelf.writes == 1


def test_a_changed_service_changed_now_and_the_others_did_not():
    office = Office()
    first = office.publish([LINE, KITCHEN])
    assert office.publish([LINE, CHANGED]) != first
    assert office.changed("Kitchen") == "2026-11-26T12:00:00Z"
    assert office.changed("A Line") == "2026-11-25T00:00:00Z"


def test_a_change_before_the_first_edition_is_one_against_what_shipped():
    office = Office()
    office.publish([LINE, CHANGED])
    assert office.changed("Kitchen") == "2026-11-25T12:00:00Z"


def test_a_service_that_is_as_it_was_once_has_changed_since():
    office = Office()
    first = office.publish([LINE, KITCHEN])
    office.publish([LINE, CHANGED])
    assert office.publish([LINE, KITCHEN]) != first
    assert office.changed("Kitchen") == "2026-11-27T12:00:00Z"


def test_an_older_release_keeps_the_live_edition_where_no_service_and_no_place_is_another():
    keep = KeepEdition(Shelf(), lambda: GIVEN, Clock())
    live, of_then = {"hsds": "now"}, {"hsds": "then", "a": 1}
    assert keep.of_older(of_then, ["catalog/en", "contacts/us"], dict, live) == {"hsds": "now", "a": 1}


@pytest.mark.parametrize(
    ("changed", "live"),
    [(["services/us"], {"hsds": "now"}), (["places"], {"hsds": "now"}), ([], {}), ([], {"hsds": ""})],
)
def test_an_older_release_with_other_services_names_an_edition_of_now(changed, live):
    shelf = Shelf()
    keep = KeepEdition(shelf, lambda: GIVEN, Clock())
    whole = TownsPackage().texts
    index = keep.of_older({"hsds": "then"}, changed, lambda: whole, live)
    assert [index["hsds"]] == [*shelf.there]


@pytest.mark.parametrize(
    "given", [GIVEN._replace(package="package-2"), GIVEN._replace(words={"es": {"Food": "Alimentos"}})]
)
def test_another_package_makes_another_edition_with_the_same_days(given):
    office = Office()
    first = office.publish([LINE, KITCHEN])
    office.given = given
    assert office.publish([LINE, KITCHEN]) != first
    assert office.changed("Kitchen") == "2026-11-25T00:00:00Z"


def test_another_name_of_a_place_makes_another_edition():
    office = Office()
    first = office.publish([LINE, KITCHEN])
    others = {one.slug: replace(one, name=f"{one.name}!") for one in PLACES}
    assert office.publish([LINE, KITCHEN], replace(PLACES, by_slug=others)) != first


def test_an_edition_whose_moments_are_lost_is_told_from_what_shipped():
    office = Office()
    mark = office.publish([LINE, KITCHEN])
    del office.shelf.there[mark][CHANGES]
    assert office.publish([LINE, KITCHEN]) == mark


# In the bucket


@pytest.fixture
def bucket():
    with mock_aws():
        s3 = boto3.client("s3", region_name="us-west-2")
        s3.create_bucket(Bucket="pages", CreateBucketConfiguration={"LocationConstraint": "us-west-2"})
        yield s3


def test_an_edition_lies_in_the_bucket_as_readers_want_it(bucket):
    office = Office(S3Editions(lambda: bucket, "pages", lambda: datetime.now(UTC)))
    mark = office.publish([LINE, KITCHEN])
    heads = {
        name: bucket.head_object(Bucket="pages", Key=f"{HSDS}{mark}/{name}") for name in (*READ, JSON, CSV)
    }
    kinds = {name: (one["ContentType"], one.get("ContentEncoding", "")) for name, one in heads.items()}
    assert kinds[SNAPSHOT] == ("application/octet-stream", "")
    assert kinds[JSON] == ("application/json", "gzip")
    assert kinds[CSV] == ("text/csv; charset=utf-8", "gzip")
    assert "immutable" in heads[SNAPSHOT]["CacheControl"]
    called = {name: one.get("ContentDisposition", "") for name, one in heads.items()}
    assert called[JSON] == 'attachment; filename="services-2026-11-25.json"'
    assert called[CSV] == 'attachment; filename="services-2026-11-25.csv"'
    assert called[SNAPSHOT] == ""
    assert office.publish([LINE, KITCHEN]) == mark
    assert office.changed("Kitchen") == "2026-11-25T00:00:00Z"


def test_an_edition_that_no_release_names_can_be_cleared_away_and_a_named_one_is_not(bucket):
    office = Office(S3Editions(lambda: bucket, "pages", lambda: datetime.now(UTC)))
    mark = office.publish([LINE, KITCHEN])
    folder = folder_in(f"{HSDS}{mark}/{SNAPSHOT}")
    assert folder == f"{HSDS}{mark}/"
    assert folders_in({"hsds": mark}) == {folder}
    assert folders_in({}) == set()
    assert KEY not in [one["Key"] for one in bucket.list_objects_v2(Bucket="pages")["Contents"]]
