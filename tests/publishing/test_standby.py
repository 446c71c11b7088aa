"""The pages that readers get while the functions fail."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Callable
from io import BytesIO
from itertools import count
from typing import Any

import pytest
from botocore.exceptions import ClientError

from chalicelib.pages.about import AboutSite
from chalicelib.publishing.adapters.s3_releases import S3Releases
from chalicelib.publishing.adapters.standby import in_batches, is_page, keys, names, paths, standby
from chalicelib.shared.errors import StaleRecord, StoreUnavailable

POLICY = "default-src 'none'; style-src 'sha256-abc='; frame-ancestors 'none'; base-uri 'none'"
INDEX: dict[str, Any] = {
    "locales": ["en", "es"],
    "places": ["los-banos-ca", "us"],
    "default_place": "los-banos-ca",
    "headers": {"Content-Security-Policy": POLICY},
}


def packed(words: str) -> bytes:
    page = f'<!DOCTYPE html><html><head><meta charset="utf-8"><style>a{{}}</style></head>{words}</html>'
    return base64.b64encode(gzip.compress(page.encode(), mtime=0))


FILES = {
    "index.json": json.dumps(INDEX).encode(),
    "documents.json": b"{}",
    "en/los-banos-ca.b64": packed("town"),
    "en/us.b64": packed("country"),
    "es/los-banos-ca.b64": packed("ciudad"),
    "es/us.b64": packed("pa\u00eds"),
    "en/error-404.b64": packed("gone"),
}


def test_the_page_of_other_languages_lies_under_its_path_when_the_release_has_one() -> None:
    index = {"locales": ["en", "es"], "places": ["us"], "default_place": "us", "other_pages": ["more"]}
    assert {"site/en/more/", "site/es/more/"} <= keys(index)
    assert all(is_page(key) for key in keys(index))
    assert "en/more.b64" in names(index)
    before = {**index, "other_pages": []}
    assert not [key for key in keys(before) if "more" in key]
    assert names(before) == ["en/us.b64", "es/us.b64"]


def test_thousands_of_places_are_copied_a_few_at_a_time_and_each_once() -> None:
    places = {f"town-{number}": f"hash-{number}" for number in range(120)}
    index = {**INDEX, "places": {"los-banos-ca": "h", **places}, "other_pages": ["more"], "shared": "s"}
    batches = list(in_batches(index))
    assert max(len(batch["places"]) + len(batch["other_pages"]) for batch in batches) < 30
    copied = [key for batch in batches for key in keys(batch)]
    assert sorted(copied) == sorted(keys(index))
    found = {name: path for batch in batches for name, path in paths(7, batch).items()}
    assert found == paths(7, index)
    assert list(in_batches(INDEX)) == [INDEX], "a release of before keeps its list of places"


def test_every_page_lies_under_its_path_and_no_error_page_does() -> None:
    pages = standby(INDEX, FILES)
    assert set(pages) == {
        "site/",
        "site/en",
        "site/en/",
        "site/en/los-banos-ca/",
        "site/en/us/",
        "site/es",
        "site/es/",
        "site/es/los-banos-ca/",
        "site/es/us/",
    }
    assert pages["site/"] == pages["site/en/"] == pages["site/en/los-banos-ca/"]
    assert "pa\u00eds" in pages["site/es/us/"].decode()


def test_a_page_carries_its_own_policy_before_anything_that_the_policy_is_about() -> None:
    page = standby(INDEX, FILES)["site/"].decode()
    meta = page.index('http-equiv="Content-Security-Policy"')
    assert page.index('<meta charset="utf-8">') < meta < page.index("<style>")
    assert "style-src &#x27;sha256-abc=&#x27;" in page
    assert "frame-ancestors" not in page


def test_a_page_that_does_not_say_its_charset_is_not_written() -> None:
    bad = base64.b64encode(gzip.compress(b"<html>"))
    with pytest.raises(ValueError, match="charset"):
        standby(INDEX, {**FILES, "en/us.b64": bad})


def test_a_release_that_lacks_a_page_gives_none() -> None:
    lacking = {name: content for name, content in FILES.items() if name != "es/us.b64"}
    with pytest.raises(KeyError):
        standby(INDEX, lacking)


class Gone(ClientError):
    def __init__(self, code: str) -> None:
        super().__init__({"Error": {"Code": code}}, "HeadObject")


class Bucket:
    """An S3 client with conditional writes. `before` is called with each key to be written."""

    def __init__(self) -> None:
        self.objects: dict[str, Any] = {}
        self.order: list[str] = []
        self.before: Callable[[str], None] = lambda _: None
        self._marks = count(1)

    def head_object(self, *, Bucket: str, Key: str) -> Any:
        if Key not in self.objects:
            raise Gone("404")
        return self.objects[Key]

    def get_object(self, *, Bucket: str, Key: str) -> Any:
        if Key not in self.objects:
            raise Gone("NoSuchKey")
        return {**self.objects[Key], "Body": BytesIO(self.objects[Key]["Body"])}

    def put_object(self, **told: Any) -> None:
        key = told["Key"]
        self.before(key)
        there = self.objects.get(key)
        fits = told.get("IfMatch") in (None, there and there["ETag"]) and not (
            "IfNoneMatch" in told and there
        )
        if not fits:
            raise Gone("PreconditionFailed")
        self.objects[key] = {**told, "ETag": f"mark {next(self._marks)}"}
        self.order.append(key)

    def site(self) -> dict[str, bytes]:
        return {key: one["Body"] for key, one in self.objects.items() if key.startswith("site/")}


def shelf_of(bucket: Bucket) -> S3Releases:
    return S3Releases(lambda: bucket, "pages")


def release(words: str) -> dict[str, bytes]:
    return {**FILES, **{name: packed(words) for name in FILES if name.endswith(".b64")}}


def test_standby_pages_are_written_after_the_switch_and_by_the_winner_alone() -> None:
    bucket = Bucket()
    winner, loser = shelf_of(bucket), shelf_of(bucket)
    winner.put(1, release("winner"))
    loser.put(2, release("loser"))
    assert not bucket.site()
    winner.move(1, INDEX, None)
    with pytest.raises(StaleRecord):
        loser.move(2, INDEX, None)
    loser.stand_by()
    winner.stand_by()
    assert bucket.site() == standby(INDEX, release("winner"))
    assert bucket.order.index("current.json") < min(bucket.order.index(key) for key in bucket.site())
    page = bucket.objects["site/es/us/"]
    assert page["ContentType"] == "text/html; charset=utf-8"
    written = len(bucket.order)
    winner.stand_by()
    shelf_of(bucket).stand_by()
    assert len(bucket.order) == written, "what is whole is not written again"


def test_standby_pages_that_a_winner_left_half_written_are_finished_by_whoever_comes_next() -> None:
    bucket = Bucket()
    first = shelf_of(bucket)
    first.put(1, release("first"))
    first.move(1, INDEX, None)
    first.stand_by()
    second = shelf_of(bucket)
    second.put(2, release("second"))
    second.move(2, INDEX, first.live())
    keys: list[str] = []

    def dies(key: str) -> None:
        keys.append(key)
        if len(keys) > 3:
            raise Gone("InternalError")

    bucket.before = dies
    with pytest.raises(StoreUnavailable):
        second.stand_by()
    assert bucket.site() != standby(INDEX, release("second"))
    bucket.before = lambda _: None
    shelf_of(bucket).stand_by()
    assert bucket.site() == standby(INDEX, release("second"))


def test_a_slow_winner_does_not_write_over_the_pages_of_the_next_one() -> None:
    """The first is stopped inside a write, the second publishes and ends, and then the first goes on."""
    bucket = Bucket()
    slow, quick = shelf_of(bucket), shelf_of(bucket)
    slow.put(1, release("slow"))
    slow.move(1, INDEX, None)
    quick.put(2, release("quick"))

    def meanwhile(key: str) -> None:
        if key.startswith("site/"):
            bucket.before = lambda _: None
            quick.move(2, INDEX, quick.live())
            quick.stand_by()

    bucket.before = meanwhile
    slow.stand_by()
    assert bucket.site() == standby(INDEX, release("quick"))
    assert json.loads(bucket.objects["standby.json"]["Body"]) == {"release": 2}


def test_pages_of_before_there_was_a_mark_are_replaced() -> None:
    bucket = Bucket()
    bucket.put_object(Key="site/en/", Body=b"old", Bucket="pages")
    shelf = shelf_of(bucket)
    shelf.put(4, FILES)
    shelf.move(4, INDEX, None)
    shelf.stand_by()
    assert bucket.site() == standby(INDEX, FILES)


def test_the_page_about_the_site_stands_by_with_its_operator() -> None:
    index = {**INDEX, "other_pages": ["about"]}
    files = {
        **FILES,
        "index.json": json.dumps(index).encode(),
        "en/about.b64": packed("by \ue010"),
        "es/about.b64": packed("de \ue010"),
    }
    pages = standby(index, files, AboutSite("A & B", "a@town.example", 30).fill)
    assert set(pages) - set(standby(INDEX, FILES)) == {"site/en/about/", "site/es/about/"}
    assert "by A &amp; B" in pages["site/en/about/"].decode()
    assert set(pages) == keys(index)
    assert all(is_page(key) for key in pages)
