"""Rendered places as they are kept: by the fingerprint of their inputs, whole or not at all, for nobody."""

from __future__ import annotations

import json
from collections.abc import Iterator
from fnmatch import fnmatch
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from moto import mock_aws

from chalicelib.pages.render.packing import pack
from chalicelib.publishing.adapters.s3_builds import S3Builds
from chalicelib.publishing.adapters.s3_releases import open_to_readers
from chalicelib.publishing.documents import ASKS, Problem
from chalicelib.publishing.ports import RenderedPage, RenderedPlace
from chalicelib.shared.aws.sdk import client
from chalicelib.shared.errors import StoreBusy, StoreUnavailable
from tests.conftest import REGION

BUCKET = "pages"
ONE, TWO = "1" * 64, "2" * 64


def page(name: str, words: str, brotli: str = "YnI=") -> RenderedPage:
    html = f'<!DOCTYPE html><meta charset="utf-8"><p>{words}</p>'
    return RenderedPage(name, html, pack(html), {}, brotli)


TOWN = RenderedPlace(
    "los-banos-ca",
    [page("en/los-banos-ca", "Größe 好 ਪੰਜਾਬੀ"), page("en/los-banos-ca/note", "Write", brotli="")],
    [Problem("contacts/los-banos-ca", 3, "“Ñandú” has no source.", ASKS, "en/los-banos-ca")],
)
NOWHERE = RenderedPlace("", [page("es/error-404", "No hay nada")], [])


@pytest.fixture
def builds() -> Iterator[S3Builds]:
    with mock_aws():
        client.cache_clear()
        client("s3").create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
        yield S3Builds(lambda: client("s3"), BUCKET)
    client.cache_clear()


def keys() -> list[str]:
    return [one["Key"] for one in client("s3").list_objects_v2(Bucket=BUCKET).get("Contents", ())]


@pytest.mark.parametrize("place", [TOWN, NOWHERE], ids=["a place", "the pages of no place"])
def test_a_place_comes_back_as_it_was_rendered(builds: S3Builds, place: RenderedPlace) -> None:
    assert builds.rendered(place.place, ONE) is None
    builds.keep(place, ONE)
    assert builds.rendered(place.place, ONE) == place
    assert builds.rendered(place.place, TWO) is None, "of other inputs there is nothing"
    builds.keep(place, ONE)
    assert keys() == [f"built/{place.place or '-'}/{ONE}.json"]


def test_the_same_place_is_the_same_bytes(builds: S3Builds) -> None:
    [key] = [builds.keep(TOWN, ONE), keys()][1]
    before = client("s3").get_object(Bucket=BUCKET, Key=key)["Body"].read()
    builds.keep(TOWN, ONE)
    assert client("s3").get_object(Bucket=BUCKET, Key=key)["Body"].read() == before


@pytest.mark.parametrize("damage", ["cut", "empty", "changed", "of another place", "of other inputs"])
def test_what_is_not_whole_is_not_there_and_can_be_kept_again(builds: S3Builds, damage: str) -> None:
    builds.keep(TOWN, ONE)
    key = f"built/{TOWN.place}/{ONE}.json"
    whole = client("s3").get_object(Bucket=BUCKET, Key=key)["Body"].read()
    if damage == "of another place":
        key = key.replace(TOWN.place, "atwater-ca")
    elif damage == "of other inputs":
        key = key.replace(ONE, TWO)
    broken = {"cut": whole[:-9], "empty": b"", "changed": whole[:-9] + bytes(9)}.get(damage, whole)
    client("s3").put_object(Bucket=BUCKET, Key=key, Body=broken)
    _, place, name = key.split("/")
    fingerprint = name.removesuffix(".json")
    assert builds.rendered(place, fingerprint) is None
    mended = RenderedPlace(place, TOWN.pages, TOWN.problems)
    builds.keep(mended, fingerprint)
    assert builds.rendered(place, fingerprint) == mended


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (ClientError({"Error": {"Code": "InternalError"}}, "call"), StoreUnavailable),
        (ClientError({"Error": {"Code": "ThrottlingException"}}, "call"), StoreBusy),
        (EndpointConnectionError(endpoint_url="https://s3"), StoreUnavailable),
    ],
)
def test_a_store_that_is_away_is_told_from_one_that_has_nothing(
    builds: S3Builds, fault: Exception, error: type[Exception]
) -> None:
    class Away:
        def __getattr__(self, name: str) -> Any:
            def call(**_: Any) -> None:
                raise fault

            return call

    away = S3Builds(Away, BUCKET)
    with pytest.raises(error):
        away.rendered("us", ONE)
    with pytest.raises(error):
        away.keep(TOWN, ONE)


def test_a_stand_in_shows_readers_what_is_theirs_and_nothing_that_was_only_rendered() -> None:
    [statement] = json.loads(open_to_readers(BUCKET))["Statement"]
    assert statement["Action"] == "s3:GetObject"

    def is_shown(key: str) -> bool:
        return any(fnmatch(f"arn:aws:s3:::{BUCKET}/{key}", one) for one in statement["Resource"])

    theirs = ("current.json", "offices.json", "releases/1/index.json", "releases/places/us/0a/en", "site/en/")
    assert all(is_shown(key) for key in theirs)
    assert not any(is_shown(key) for key in (f"built/us/{ONE}.json", "built/jobs/a/0.json", "standby.json"))
