"""Releases and standby pages are deleted: only what nobody can want, whatever happens meanwhile."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from chalicelib.publishing.adapters.s3_releases import S3Releases
from chalicelib.publishing.adapters.standby import is_page, keys, standby
from chalicelib.shared.aws.sdk import client
from chalicelib.shared.errors import StoreUnavailable
from tests.conftest import REGION
from tests.publishing.test_standby import FILES, INDEX, packed

pytestmark = pytest.mark.takes(15)

BUCKET = "pages"
ONE_PLACE = {**INDEX, "places": ["los-banos-ca"]}


class Watched:
    """S3's client; `before` is called with each call's name and key, and may raise or do something else."""

    def __init__(self) -> None:
        self.before: Callable[[str, str], None] = lambda name, key: None

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def call(**told: Any) -> Any:
            objects = told.get("Delete", {}).get("Objects", [{"Key": ""}])
            self.before(name, told.get("Key") or told.get("Prefix") or objects[0]["Key"])
            return getattr(client("s3"), name)(**told)

        return call


@pytest.fixture
def s3() -> Iterator[Watched]:
    with mock_aws():
        client.cache_clear()
        client("s3").create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
        yield Watched()
    client.cache_clear()


def shelf_of(s3: Watched) -> S3Releases:
    return S3Releases(lambda: s3, BUCKET)


def there(prefix: str = "") -> set[str]:
    answer = client("s3").list_objects_v2(Bucket=BUCKET, Prefix=prefix)
    return {one["Key"] for one in answer.get("Contents", ())}


def files_of(index: dict[str, Any], words: str = "words") -> dict[str, bytes]:
    names = [f"{locale}/{place}.b64" for locale in index["locales"] for place in index["places"]]
    return {"index.json": json.dumps(index).encode(), **{name: packed(words) for name in names}}


def publish(s3: Watched, number: int, index: dict[str, Any] = INDEX, words: str = "words") -> None:
    shelf = shelf_of(s3)
    since = shelf.live()
    shelf.put(number, files_of(index, words))
    shelf.move(number, index, since)
    shelf.stand_by()


def failing(name: str, key: str = "", code: str = "InternalError") -> Callable[[str, str], None]:
    def fail(called: str, on: str) -> None:
        if called == name and on.startswith(key):
            raise ClientError({"Error": {"Code": code}}, name)

    return fail


def test_a_release_goes_whole_and_no_other_one_goes(s3: Watched) -> None:
    for number in (1, 2, 12):
        publish(s3, number)
    shelf = shelf_of(s3)
    assert shelf.numbers() == [1, 2, 12]
    before = there()
    shelf.delete(1)
    assert shelf.numbers() == [2, 12]
    assert before - there() == {key for key in before if key.startswith("releases/1/")}
    shelf.delete(1)
    shelf.delete(7)
    assert shelf.numbers() == [2, 12]


def test_what_is_live_or_may_go_live_is_never_deleted(s3: Watched) -> None:
    shelf = shelf_of(s3)
    shelf.put(1, files_of(INDEX))
    shelf.delete(1)
    assert shelf.numbers() == [1], "nothing is live: any may become so"
    publish(s3, 2)
    shelf.put(3, files_of(INDEX))
    for number in (2, 3):
        shelf.delete(number)
    assert shelf.numbers() == [1, 2, 3]


def test_a_release_of_thousands_of_files_goes_in_batches_with_a_look_before_each(s3: Watched) -> None:
    shelf = shelf_of(s3)
    shelf.put(1, {f"en/place-{number}.b64": b"x" for number in range(1100)} | files_of(INDEX))
    publish(s3, 2)
    looked: list[str] = []

    def before(name: str, key: str) -> None:
        if name in ("delete_objects", "get_object"):
            looked.append(name)

    s3.before = before
    shelf.delete(1)
    assert looked == ["get_object", "delete_objects"] * 2
    assert shelf.numbers() == [2]


@pytest.mark.parametrize("call", ["list_objects_v2", "get_object", "delete_objects"])
def test_where_anything_cannot_be_read_nothing_is_deleted_and_the_next_call_goes_on(
    s3: Watched, call: str
) -> None:
    publish(s3, 1)
    publish(s3, 2)
    before = there()
    s3.before = failing(call)
    with pytest.raises(StoreUnavailable):
        shelf_of(s3).delete(1)
    assert there() == before
    s3.before = lambda name, key: None
    shelf_of(s3).delete(1)
    assert shelf_of(s3).numbers() == [2]


def test_a_current_file_that_cannot_be_read_deletes_nothing(s3: Watched) -> None:
    publish(s3, 1)
    publish(s3, 2, ONE_PLACE)
    before = there()
    client("s3").put_object(Bucket=BUCKET, Key="current.json", Body=b"{cut off")
    for clear in (lambda: shelf_of(s3).delete(1), shelf_of(s3).clear_standby):
        with pytest.raises(ValueError, match=r"Expecting"):
            clear()
    client("s3").put_object(Bucket=BUCKET, Key="current.json", Body=b'{"release": 2}')
    shelf_of(s3).clear_standby()
    assert there() == before


def test_files_that_s3_would_not_delete_are_told_of(s3: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    publish(s3, 1)
    publish(s3, 2)
    refused = {"Errors": [{"Key": "releases/1/index.json", "Code": "InternalError"}]}
    monkeypatch.setattr(client("s3"), "delete_objects", lambda **told: refused)
    with pytest.raises(StoreUnavailable):
        shelf_of(s3).delete(1)


# Standby pages


def test_the_standby_pages_of_a_place_that_is_gone_go(s3: Watched) -> None:
    publish(s3, 1)
    assert there("site/") == keys(INDEX)
    publish(s3, 2, {**ONE_PLACE, "locales": ["en"]})
    assert there("site/") == keys(INDEX), "readers have the new site first"
    shelf_of(s3).clear_standby()
    assert there("site/") == {"site/", "site/en", "site/en/", "site/en/los-banos-ca/"}
    shelf_of(s3).clear_standby()
    assert there("site/") == {"site/", "site/en", "site/en/", "site/en/los-banos-ca/"}


def test_a_page_of_before_there_was_a_mark_goes_and_what_is_no_page_stays(s3: Watched) -> None:
    publish(s3, 1, ONE_PLACE)
    for key in ("site/en/us/", "site/robots.txt", "site/en/us/picture.png", "sites/en/us/"):
        client("s3").put_object(Bucket=BUCKET, Key=key, Body=b"x")
    shelf_of(s3).clear_standby()
    assert "site/en/us/" not in there()
    assert {"site/robots.txt", "site/en/us/picture.png", "sites/en/us/"} <= there()
    assert all(is_page(key) for key in keys(INDEX))


def test_nothing_goes_while_nothing_is_live_or_the_live_release_has_no_page(s3: Watched) -> None:
    client("s3").put_object(Bucket=BUCKET, Key="site/en/us/", Body=b"x")
    shelf_of(s3).clear_standby()
    shelf = shelf_of(s3)
    shelf.put(1, {})
    shelf.move(1, {}, None)
    shelf.clear_standby()
    assert "site/en/us/" in there()


@pytest.mark.parametrize("moment", ["head_object", "delete_object"])
@pytest.mark.parametrize("words", ["words", "other words"])
def test_a_place_that_comes_back_meanwhile_keeps_its_page(s3: Watched, moment: str, words: str) -> None:
    """Who clears is stopped; another publishes with the place again, perhaps the same to the letter."""
    publish(s3, 1)
    publish(s3, 2, ONE_PLACE)

    def meanwhile(name: str, key: str) -> None:
        if name == moment and key.startswith("site/"):
            s3.before = lambda name, key: None
            publish(s3, 3, INDEX, words)

    s3.before = meanwhile
    shelf_of(s3).clear_standby()
    assert there("site/") == keys(INDEX)
    pages = standby(INDEX, files_of(INDEX, words))
    for key in keys(INDEX):
        assert client("s3").get_object(Bucket=BUCKET, Key=key)["Body"].read() == pages[key]


def test_the_keys_are_those_of_the_pages() -> None:
    assert keys(INDEX) == set(standby(INDEX, FILES))
    assert keys({}) == set()
