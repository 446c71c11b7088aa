"""What the first view costs on the wire, and which part of it has grown when it costs more."""

from __future__ import annotations

import gzip
import re

import brotli
import pytest

from chalicelib.pages.render.packing import BUILT, PUBLISHED
from tests.support.trees import every_page

# Everything a reader waits for, status and headers included: it fits the first flight of a connection.
MOST_BYTES = {"gzip": 10 * 1024, "br": 8.5 * 1024}
MOST_BYTES_ENGLISH = 6.6 * 1024  # as brotli

# Bytes of gzip -9 for each part of a place's page, in the dearest language. A change that needs more says why
# in its message and raises the figure here; one that needs less lowers it.
PARTS = {"style": 1_460, "script": 920, "markup": 1_385, "words": 5_305}
FIRST_VIEW = {"en": 5_900, "any": 7_660}  # bytes of brotli, without the headers


def weigh(text: str) -> int:
    return len(gzip.compress(text.encode("utf-8"), 9))


def weigh_brotli(text: str, quality: int = BUILT) -> int:
    return len(brotli.compress(text.encode("utf-8"), quality=quality))


def parts_of(html: str) -> dict[str, int]:
    """Return what each part weighs by itself, and what the tags add to the words."""
    rest = html
    inline = {}
    for name in ("style", "script"):
        match = re.search(f"<{name}>(.*?)</{name}>", rest, re.DOTALL)
        assert match is not None
        inline[name] = weigh(match[1])
        rest = rest.replace(match[0], "")
    words = weigh(re.sub("<[^>]*>", "", rest))
    return {**inline, "words": words, "markup": weigh(rest) - words}


@pytest.fixture(scope="module")
def pages(site):
    return dict(every_page(site))


@pytest.fixture(scope="module")
def around(site):
    """The bytes of a response's head."""
    named = {
        "Content-Type": "text/html; charset=utf-8",
        "Vary": "Accept-Encoding, Accept-Language",
        "Content-Encoding": "gzip",
        **site.headers(),
    }
    lines = "".join(f"{name}: {value}\r\n" for name, value in named.items())
    return len(f"HTTP/1.1 200 OK\r\n{lines}\r\n".encode())


def test_every_answer_fits_one_flight_with_its_headers(pages, around):
    too_large = {
        name: {"headers": around, **parts_of(html)}
        for name, html in pages.items()
        if around + weigh(html) > MOST_BYTES["gzip"]
    }
    assert too_large == {}


@pytest.mark.parametrize("quality", [BUILT, PUBLISHED])
def test_a_first_view_fits_its_brotli_budget_and_english_a_smaller_one(pages, site, around, quality):
    too_large = {}
    for locale in site.locales:
        most = MOST_BYTES_ENGLISH if locale == "en" else MOST_BYTES["br"]
        for place in site.places:
            html = pages[f"{locale} {place}"]
            if around + weigh_brotli(html, quality) > most:
                too_large[f"{locale}/{place}"] = {"headers": around, **parts_of(html)}
    assert too_large == {}


def test_no_part_of_the_first_view_has_grown(pages, site):
    grown = []
    for locale in site.locales:
        for place in site.places:
            for part, bytes_now in parts_of(pages[f"{locale} {place}"]).items():
                if bytes_now > PARTS[part]:
                    grown.append(f"{part} of {locale}/{place}: {bytes_now}, was {PARTS[part]} at most")
    assert grown == []


def test_the_first_view_stays_near_its_aim(pages, site):
    larger = {}
    for locale in site.locales:
        most = FIRST_VIEW.get(locale, FIRST_VIEW["any"])
        for place in site.places:
            if weigh_brotli(pages[f"{locale} {place}"]) > most:
                larger[f"{locale}/{place}"] = parts_of(pages[f"{locale} {place}"])
    assert larger == {}


def test_a_heavier_part_is_named():
    page = "<style>a{}</style><p>Some words</p><script>1</script>"
    heavier = page.replace("a{}", "".join(f"#i{number}{{top:{number * 7919}px}}" for number in range(300)))
    now, before = parts_of(heavier), parts_of(page)
    assert [part for part in now if now[part] > before[part]] == ["style"]
