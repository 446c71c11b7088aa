"""The sheets to hang up: what stands on them, and what they do not claim to be."""

from __future__ import annotations

import re

import html5lib
import pytest
import segno
from jinja2.ext import babel_extract

from chalicelib.directory.contacts import nearest_first
from chalicelib.shared.locales import direction
from tools.build.catalogs import source_catalog
from tools.look.poster import (
    PARTS,
    CannotPrint,
    Posters,
    checked_url,
    square,
)

URL = "https://information.example"


@pytest.fixture(scope="module")
def sheets(content, catalogs):
    posters = Posters(content, catalogs, URL)
    return {
        (locale, place): html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(html)
        for locale, place, html in posters.each()
    }


def text_of(element):
    return " ".join("".join(element.itertext()).split())


def test_there_is_a_sheet_for_each_place_in_each_language(sheets, content):
    assert len(sheets) == len(content.site.locales) * len(list(content.places))
    for (locale, _), tree in sheets.items():
        assert tree.get("lang").startswith(locale)
        assert tree.get("dir") == direction(locale)


def test_each_sheet_shows_911_the_hotline_and_every_number_near(sheets, content):
    for (locale, place), tree in sheets.items():
        shown = [text_of(element) for element in tree.iter("bdi") if element.get("dir") == "ltr"]
        assert {"911", "1-888-373-7888", "HELP", "233733"} <= set(shown), (locale, place)
        for contact in nearest_first(content.contacts, content.places.chain(place)):
            for channel in contact.channels:
                assert channel.kind != "call" or channel.show in shown, (locale, place, contact.id)


def test_the_square_leads_to_the_page_that_is_written_beside_it(sheets):
    for (locale, place), tree in sheets.items():
        address = f"{URL}/{locale}/{place}/"
        assert address.removeprefix("https://") in [text_of(element) for element in tree.iter("bdi")]
        (drawn,) = (element.get("d") for element in tree.iter("{http://www.w3.org/2000/svg}path"))
        assert f'd="{drawn}"' in square(address)


def test_the_square_is_lines_with_a_white_edge():
    svg = square(f"{URL}/en/us/")
    (size,) = re.findall(r'viewBox="0 0 (\d+) \d+"', svg)
    assert int(size) == segno.make(f"{URL}/en/us/", error="m", micro=False).symbol_size(border=4)[0]
    assert "<path" in svg
    assert "<image" not in svg


def test_a_sheet_says_that_it_is_not_the_notice_of_the_law_and_who_checked_what(sheets):
    for (locale, _), tree in sheets.items():
        (not_the_notice,) = (p for p in tree.iter("p") if p.get("lang") == "en")
        assert "is not the notice that California Civil Code 52.6" in text_of(not_the_notice)
        assert "2026" in text_of(next(tree.iter("footer"))), locale


def test_a_sheet_needs_no_sentence_that_the_pages_do_not_have():
    known = {str(message.id) for message in source_catalog()}
    with (PARTS / "poster.html").open("rb") as file:
        used = {
            sentence
            for _, _, sentence, _ in babel_extract(file, ["_", "plain", "gettext"], [], {"trimmed": "1"})
        }
    assert len(used) > 8
    assert used <= known


@pytest.mark.parametrize("url", ["", "http://a.example", "https://", "https://a.example/?x=1", "a.example"])
def test_without_a_clean_address_nothing_is_drawn(url):
    with pytest.raises(CannotPrint, match="PUBLIC_URL"):
        checked_url(url)


def test_an_address_may_have_a_path_and_a_slash_at_its_end():
    assert checked_url("https://a.example/api/") == "https://a.example/api"
