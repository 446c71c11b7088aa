"""The page of other languages: one line in each language that has no pages."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from chalicelib.directory.adapters.shipped_content import CATALOGS, CONTENT, TEMPLATES, shipped_content
from chalicelib.directory.content import Content, read_content
from chalicelib.directory.errors import ContentInvalid
from chalicelib.pages.adapters.shipped_pages import ShippedPages
from chalicelib.pages.render.catalogs import Catalogs
from chalicelib.pages.render.live_pages import LivePages
from chalicelib.pages.render.site import Site
from chalicelib.pages.web.gateway_answers import PageRequest, page_for
from chalicelib.publishing.render.page_checks import check_page
from chalicelib.shared.locales import ENDONYMS
from tests.support.trees import parse, text_of

ASKED = ("vi", "ko", "ru", "th", "lo", "fr", "ht", "hi", "ur", "fa", "ti", "so", "uk")
HOTLINE = "tel:+18883737888"


def lines_of(html: str) -> dict[str, Any]:
    """Return the line of each language."""
    rows = (item for item in parse(html).iter("li") if item.get("lang"))
    return {str(row.get("lang")): row for row in rows}


@pytest.fixture(scope="module")
def without() -> Site:
    """A site as documents of before make it."""
    content = shipped_content()
    return Site(
        TEMPLATES, Catalogs(CATALOGS), replace(content, site=replace(content.site, other_languages=()))
    )


@pytest.mark.parametrize("locale", ENDONYMS)
def test_each_line_is_in_its_language_and_leads_to_the_hotline(site: Site, locale: str) -> None:
    lines = lines_of(site.more(locale))
    assert tuple(lines) == ASKED
    for other in site.content.site.other_languages:
        row = lines[other.tag]
        assert row.get("dir") == ("rtl" if other.tag in ("ur", "fa") else "ltr")
        assert [link.get("href") for link in row.iter("a")] == [HOTLINE]
        said = text_of(row)
        assert other.own_name in said
        assert f"{other.before}{other.say}{other.after}" in said
        [name] = [part for part in row.iter("bdi") if part.get("lang") == "en"]
        assert (name.text, name.get("dir")) == (other.say, "ltr")


@pytest.mark.parametrize("locale", ENDONYMS)
def test_the_page_stands_all_checks_and_says_that_it_is_a_draft(
    site: Site, catalogs: Catalogs, locale: str
) -> None:
    html = site.more(locale)
    assert check_page(f"{locale}/more", html, site.content) == []
    say = catalogs.sentences(locale).plain
    assert say("These lines are drafts. No person has checked them yet.") in text_of(parse(html))


def test_nothing_is_promised_that_the_hotline_does_not_say(site: Site) -> None:
    assert "we cannot promise yours" in text_of(parse(site.more("en")))


def test_a_line_that_lost_its_number_or_its_language_is_found(site: Site) -> None:
    html = site.more("en")
    for broken in (
        html.replace('lang="fa" dir="rtl"', 'lang="fa" dir="ltr"'),
        html.replace(">Vietnamese<", "><"),
        html.replace(HOTLINE, "tel:+18773737888"),
    ):
        assert broken != html
        assert check_page("en/more", broken, site.content)


@pytest.mark.parametrize("locale", ENDONYMS)
def test_every_page_leads_there_by_the_names_of_those_languages(site: Site, locale: str) -> None:
    for html in (site.page(locale, "los-banos-ca"), site.error(locale, 404)):
        [link] = [link for link in parse(html).iter("a") if link.get("href") == f"/{locale}/more/"]
        first, second, *_ = (other.own_name for other in site.content.site.other_languages)
        assert text_of(link) == f"{first} · {second} · …"
        assert link.get("lang") == "mul"


def test_it_does_not_lead_to_itself(site: Site) -> None:
    links = [link.get("href") for link in parse(site.more("en")).iter("a")]
    assert "/en/more/" not in [href for href in links if links.count(href) > 1]
    assert links.count("/en/more/") == 1  # the switcher, which says that it is this page


def asked(pages: Any, path: str) -> int:
    return page_for(pages, PageRequest("GET", path, "en", gzip=True))[1]


def test_it_has_a_neutral_address_in_each_language(site: Site, without: Site) -> None:
    for path in ("/en/more/", "/es/more", "/ES/More.", "/zh-hant/more/"):
        assert asked(LivePages(lambda: site), path) == 200
        assert asked(LivePages(lambda: without), path) == 404
    assert asked(LivePages(lambda: site), "/xx/more/") == 404


def test_pages_of_before_have_none_and_no_link_to_it(without: Site, tmp_path: Any) -> None:
    assert "/en/more/" not in without.page("en", "us")
    index = {"locales": ["en"], "places": ["us"], "default_place": "us", "headers": {}}
    (tmp_path / "index.json").write_text(json.dumps(index))
    with pytest.raises(KeyError):
        ShippedPages(str(tmp_path)).page("en", "more")


def test_shipped_pages_have_it_when_their_index_says_so(tmp_path: Any) -> None:
    index = {
        "locales": ["en"],
        "places": ["us"],
        "default_place": "us",
        "headers": {},
        "other_pages": ["more"],
    }
    (tmp_path / "index.json").write_text(json.dumps(index))
    (tmp_path / "en").mkdir()
    (tmp_path / "en" / "more.b64").write_text("H4sI")
    assert ShippedPages(str(tmp_path)).page("en", "more") == "H4sI"


def read(*others: dict[str, Any]) -> Content:
    site = json.loads((CONTENT / "site.json").read_text(encoding="utf-8"))
    places = json.loads((CONTENT / "places.json").read_text(encoding="utf-8"))
    contacts = json.loads((CONTENT / "contacts.json").read_text(encoding="utf-8"))
    return read_content(places, contacts, {**site, "other_languages": list(others)})


LINE = {"tag": "vi", "own_name": "Tiếng Việt", "say": "Vietnamese", "line": "Nói {word}.", "checked_on": None}


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"tag": "es"}, "has its pages or one line"),
        ({"tag": "Vietnamese"}, "not the tag of a language"),
        ({"own_name": ""}, "own_name and say"),
        ({"say": "Tiếng Việt"}, "own_name and say"),
        ({"line": "Nói Vietnamese."}, "a sentence with"),
        ({"line": "{word} {word}"}, "a sentence with"),
        ({"line": "{word}"}, "a sentence with"),
        ({"checked_on": "soon"}, "checked_on is a day"),
    ],
)
def test_a_line_that_breaks_a_rule_is_refused_by_name(changed: dict[str, Any], words: str) -> None:
    with pytest.raises(ContentInvalid, match=words):
        read({**LINE, **changed})


def test_a_line_that_a_person_checked_is_no_draft() -> None:
    content = read({**LINE, "checked_on": "2026-11-25"})
    assert "draft" not in text_of(parse(Site(TEMPLATES, Catalogs(CATALOGS), content).more("en")))
    both = read({**LINE, "checked_on": "2026-11-25"}, {**LINE, "tag": "ko"})
    assert "Some of these lines" in text_of(parse(Site(TEMPLATES, Catalogs(CATALOGS), both).more("en")))
