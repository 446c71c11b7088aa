"""Pages of areas, as the page function fetches them, found in the index of ZIPs that shipped."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlencode

import pytest

from chalicelib.directory.zips import read_zips
from chalicelib.pages.adapters.published_pages import LOOK_EVERY, PublishedPages
from chalicelib.pages.adapters.shipped_pages import ShippedPages
from chalicelib.pages.choices import CHOOSE, UNKNOWN
from chalicelib.pages.pack_zips import pack_zips
from chalicelib.pages.page_files import areas_in, path_of
from chalicelib.pages.web.gateway_answers import page_function
from chalicelib.shared.errors import StoreUnavailable
from chalicelib.wiring.http import place_search
from tests.pages.test_find_place import TWO as TWO_STATES
from tests.pages.test_published_pages import Bucket, Ticks, packed, unpacked
from tests.support.area_pages import page_of

INDEX = pack_zips(read_zips(TWO_STATES))
AREAS = ("--", CHOOSE, UNKNOWN, "nm--", "va--", "nm--dona-ana", "va--fairfax")
HEADERS = {"X-Style": "one", "Cache-Control": "no-store"}


@pytest.fixture
def bucket() -> Iterator[Bucket]:
    bucket = Bucket()
    yield bucket
    bucket.stop()


def shipped_in(folder: Path, areas: tuple[str, ...] = (), index: bytes = b"") -> ShippedPages:
    folder.mkdir(exist_ok=True)
    content = {"locales": ["en"], "places": ["a"], "default_place": "a", "headers": {"X-Style": "shipped"}}
    (folder / "index.json").write_text(json.dumps({**content, "areas": areas} if areas else content))
    (folder / "en").mkdir()
    for name in ("a", "error-404", "error-405", "error-503", *areas):
        (folder / "en" / f"{name}.b64").write_text(packed(page_of("en", f"shipped {name}")))
    if index:
        (folder / "zips").write_bytes(index)
    return ShippedPages(str(folder))


def publish(bucket: Bucket, release: int, digest: str, missing: str = "") -> None:
    """Publish a release whose areas all have this hash."""
    for name in ("a", *AREAS):
        if name != missing:
            content = packed(page_of("en", f"{digest} {name}")).encode()
            bucket.files[f"releases/places/{name}/{digest}/en.b64"] = content
    index = {
        "locales": ["en"],
        "places": {"a": digest},
        "areas": dict.fromkeys(AREAS, digest),
        "shared": "s",
        "default_place": "a",
        "headers": HEADERS,
    }
    bucket.files["current.json"] = json.dumps({"release": release, "index": index}).encode()


def heading(html: str) -> str:
    return html.partition("<h1>")[2].partition("</h1>")[0]


def searching(pages: PublishedPages | ShippedPages) -> Callable[[str], tuple[int, str]]:
    """Return what searches by the page function: the status, and the heading of the page."""
    handle = page_function(pages, print, None, place_search)

    def search(typed: str) -> tuple[int, str]:
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept-Encoding": "gzip"}
        body = urlencode({"place": typed})
        answer = handle({"path": "/en/places/", "httpMethod": "POST", "headers": headers, "body": body}, None)
        return answer["statusCode"], heading(unpacked(answer["body"]))

    return search


def test_an_area_lies_as_a_place_does_under_the_hash_of_its_bytes() -> None:
    areas = {"ca--merced": "h"}
    assert path_of(1, {"a": "x"}, "s", "es", "ca--merced", areas) == "releases/places/ca--merced/h/es"
    assert path_of(1, {"a": "x"}, "s", "es", "a", areas) == "releases/places/a/x/es"
    assert path_of(1, {"a": "x"}, "s", "es", "about", areas) == "releases/shared/s/es/about"
    assert areas_in({"areas": areas}) == areas
    assert areas_in({"places": ["a"]}) == areas_in({"areas": ["--"]}) == {}


def test_the_pages_of_areas_that_shipped_are_shown_by_the_package(tmp_path: Path) -> None:
    pages = shipped_in(tmp_path / "package", AREAS, INDEX)
    assert heading(unpacked(pages.page("en", "va--fairfax"))) == "shipped va--fairfax"
    assert searching(pages)("22150") == (203, "shipped va--fairfax")
    assert pages.zips() is pages.in_brotli().zips() is pages.zips()  # read once
    with pytest.raises(KeyError):
        pages.page("en", "tx--")


def test_a_package_of_before_has_neither(tmp_path: Path) -> None:
    pages = shipped_in(tmp_path / "package")
    assert (list(pages.areas), pages.zips()) == ([], b"")
    assert searching(pages)("22150") == (405, "shipped error-405")


def test_a_search_fetches_the_page_that_it_means_and_nothing_else(bucket: Bucket, tmp_path: Path) -> None:
    publish(bucket, 1, "h1")
    search = searching(PublishedPages(bucket.base, shipped_in(tmp_path / "package", index=INDEX), Ticks()))
    assert search("22150") == (203, "h1 va--fairfax")
    fetched = ["current.json", "releases/places/va--fairfax/h1/en.b64"]
    assert bucket.asked == fetched
    assert search("Fairfax, VA") == (203, "h1 va--fairfax")
    assert bucket.asked == fetched


def test_no_address_that_is_fetched_says_what_was_typed(bucket: Bucket, tmp_path: Path) -> None:
    publish(bucket, 1, "h1")
    search = searching(PublishedPages(bucket.base, shipped_in(tmp_path / "package", index=INDEX), Ticks()))
    for typed in ("22150", "22030", "88001", "99999", "xyzzy", "Sprinfield"):
        assert search(typed)[0] == 203
    assert not [path for path in bucket.asked if "2215" in path or "xyzzy" in path or "prin" in path]


def test_pages_of_areas_are_read_without_the_index(bucket: Bucket, tmp_path: Path) -> None:
    publish(bucket, 1, "h1")
    pages = PublishedPages(bucket.base, shipped_in(tmp_path / "package"), Ticks())
    assert "va--fairfax" in pages.areas
    assert heading(unpacked(pages.page("en", "va--fairfax"))) == "h1 va--fairfax"
    assert bucket.asked == ["current.json", "releases/places/va--fairfax/h1/en.b64"]


def test_zips_of_a_newer_package_count_at_once_and_lead_to_pages_that_there_are(
    bucket: Bucket, tmp_path: Path
) -> None:
    publish(bucket, 1, "h1")
    other = json.loads(json.dumps(TWO_STATES))
    other["zips"] |= {"22150": "35013", "22199": "51107"}
    other["towns"] = other["towns"][2:]
    newer = shipped_in(tmp_path / "package", index=pack_zips(read_zips(other)))
    search = searching(PublishedPages(bucket.base, newer, Ticks()))
    assert search("22150") == (203, "h1 nm--dona-ana")
    assert search("22199") == (203, f"h1 {UNKNOWN}")  # a county without a page, until the next publish


def test_a_release_of_before_has_no_areas_whatever_shipped(bucket: Bucket, tmp_path: Path) -> None:
    bucket.publish_by_place(1, {"a": "x", "b": "y"}, "s")
    bucket.files["releases/shared/s/en/error-405.b64"] = packed(page_of("en", "error 405")).encode()
    pages = PublishedPages(bucket.base, shipped_in(tmp_path / "package", AREAS, INDEX), Ticks())
    assert not pages.areas
    with pytest.raises(KeyError):
        pages.page("en", "--")
    assert searching(pages)("22150") == (405, "error 405")


def test_an_area_that_cannot_be_had_comes_from_the_release_before_else_from_the_package(
    bucket: Bucket, tmp_path: Path
) -> None:
    publish(bucket, 1, "h1")
    ticks = Ticks()
    pages = PublishedPages(bucket.base, shipped_in(tmp_path / "package", AREAS, INDEX), ticks)
    assert searching(pages)("22150") == (203, "h1 va--fairfax")
    publish(bucket, 2, "h2", missing="va--fairfax")
    ticks.now += LOOK_EVERY
    assert searching(pages)("22150") == (203, "h1 va--fairfax")
    assert searching(pages)("88001") == (203, "shipped nm--dona-ana")


def test_an_area_that_nobody_has_now_is_a_small_page_with_numbers(bucket: Bucket, tmp_path: Path) -> None:
    publish(bucket, 1, "h1", missing="va--fairfax")
    pages = PublishedPages(bucket.base, shipped_in(tmp_path / "package", index=INDEX), Ticks())
    with pytest.raises(StoreUnavailable):
        pages.page("en", "va--fairfax")
    assert searching(pages)("22150")[0] == 503
