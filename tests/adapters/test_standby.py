"""The pages that readers get while the functions fail."""

from __future__ import annotations

import base64
import gzip
import json
from typing import Any

import pytest

from chalicelib.adapters.s3_releases import S3Releases
from chalicelib.adapters.standby import standby

POLICY = "default-src 'none'; style-src 'sha256-abc='; frame-ancestors 'none'; base-uri 'none'"
INDEX: dict[str, Any] = {
    "locales": ["en", "es"],
    "places": ["los-banos-ca", "us"],
    "default_place": "los-banos-ca",
    "headers": {"Content-Security-Policy": POLICY},
}


def packed(words: str) -> bytes:
    page = f'<!DOCTYPE html><html><head><meta charset="utf-8"><style>a{{}}</style></head>{words}</html>'
    return base64.b64encode(gzip.compress(page.encode()))


FILES = {
    "index.json": json.dumps(INDEX).encode(),
    "documents.json": b"{}",
    "en/los-banos-ca.b64": packed("town"),
    "en/us.b64": packed("country"),
    "es/los-banos-ca.b64": packed("ciudad"),
    "es/us.b64": packed("pa\u00eds"),
    "en/error-404.b64": packed("gone"),
}


def test_every_page_lies_under_its_path_and_no_error_page_does() -> None:
    pages = standby(FILES)
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
    page = standby(FILES)["site/"].decode()
    meta = page.index('http-equiv="Content-Security-Policy"')
    assert page.index('<meta charset="utf-8">') < meta < page.index("<style>")
    assert "style-src &#x27;sha256-abc=&#x27;" in page
    assert "frame-ancestors" not in page


def test_a_page_that_does_not_say_its_charset_is_not_written() -> None:
    bad = base64.b64encode(gzip.compress(b"<html>"))
    with pytest.raises(ValueError, match="charset"):
        standby({"index.json": FILES["index.json"], "en/us.b64": bad})


class Bucket:
    """An S3 client that takes objects in the order in which they come."""

    def __init__(self) -> None:
        self.objects: dict[str, Any] = {}

    def put_object(self, **told: Any) -> None:
        self.objects[told["Key"]] = told


def test_a_release_is_whole_before_its_standby_pages_are_written() -> None:
    bucket = Bucket()
    S3Releases(lambda: bucket, "pages").put(3, FILES)
    keys = list(bucket.objects)
    assert [key for key in keys if key.startswith("releases/3/")] == keys[: len(FILES)]
    assert set(keys[len(FILES) :]) == set(standby(FILES))
    page = bucket.objects["site/es/us/"]
    assert page["ContentType"] == "text/html; charset=utf-8"
    assert page["Body"] == standby(FILES)["site/es/us/"]
