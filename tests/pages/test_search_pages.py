"""The place search on the pages that ship: the form on each of them, and what it is answered with."""

from __future__ import annotations

import json
from fnmatch import fnmatch
from functools import cache

import html5lib
import pytest

from chalicelib.directory import area_units
from chalicelib.directory.adapters.shipped_content import CATALOGS, CONTENT, TEMPLATES, content_with_areas
from chalicelib.directory.zips import read_zips
from chalicelib.pages import choices, choose_page
from chalicelib.pages.pack_zips import pack_zips
from chalicelib.pages.render.catalogs import Catalogs
from chalicelib.pages.render.live_pages import LivePages
from chalicelib.pages.render.packing import unpack
from chalicelib.pages.render.site import Site
from chalicelib.pages.web.gateway_answers import page_function
from chalicelib.pages.web.read_place import FIELD
from chalicelib.wiring.http import place_search
from tests.pages.test_search import ask, html_of, links, search
from tools.aws.template.edge import SEARCHES

ZIPS = read_zips(json.loads((CONTENT / "zips.json").read_text(encoding="utf-8")))
COUNTIES = {county.fips: county for county in ZIPS.counties()}


class KeptPages(LivePages):
    """The pages that ship, each rendered once."""

    def __init__(self) -> None:
        site, index = Site(TEMPLATES, Catalogs(CATALOGS), content_with_areas()), pack_zips(ZIPS)
        super().__init__(lambda: site, lambda: index)
        self.page = cache(super().page)  # type: ignore[method-assign]

    def current(self) -> KeptPages:
        """Return these."""
        return self


PAGES = KeptPages()
FUNCTION = page_function(PAGES, print, None, place_search)
LOCALES = PAGES.locales


def tree_of(html: str) -> html5lib.treebuilders.base.Node:
    """Return a page as browsers read it. Raises html5lib's ParseError where it is not well formed."""
    return html5lib.HTMLParser(namespaceHTMLElements=False, strict=True).parse(html)


def test_the_page_function_and_who_publishes_call_areas_by_the_same_names() -> None:
    assert choices.CHOICES == area_units.COUNTIES
    assert (choose_page.ALL_AREAS, choices.CHOOSE, choices.UNKNOWN) == (
        area_units.STATES,
        area_units.CHOOSE,
        area_units.UNKNOWN,
    )
    assert choose_page.AREAS == area_units.PLACES
    for unit in filter(area_units.has_address, PAGES.areas):
        path = area_units.path_of_unit(unit)
        assert choose_page.area_of(path.strip("/").split("/")[1:]) == unit
        assert choose_page.choose_page(f"/en/{path}", "", PAGES) == ("en", unit)


def test_every_county_and_every_state_of_the_zips_has_a_page() -> None:
    paths = [county.path for county in COUNTIES.values()] + [state.letters for state in ZIPS.states]
    assert {area_units.unit_for(path) for path in paths} <= {*PAGES.areas}


@pytest.mark.parametrize("page", ["us", "los-banos-ca", "--", "ca--merced", "--choose", "--unknown"])
@pytest.mark.parametrize("locale", LOCALES)
def test_the_field_is_sent_in_a_body_to_where_the_edge_passes_it_on(page: str, locale: str) -> None:
    forms = list(tree_of(unpack(PAGES.page(locale, page))).iter("form"))
    assert len(forms) == 1, page
    action, method = forms[0].get("action"), forms[0].get("method")
    assert (action, method.lower()) == (f"/{locale}/places/#f", "post")
    assert any(fnmatch(action.partition("#")[0], pattern) for pattern in SEARCHES)
    [field] = forms[0].iter("input")
    assert (field.get("name"), field.get("autocomplete"), field.get("value")) == (FIELD, "off", None)


def test_a_zip_of_each_county_gets_the_body_of_that_county_s_page() -> None:
    alone = {found[0]: code for code, found in ZIPS.counties_of.items() if len(found) == 1}
    assert len(alone) >= 57
    for fips, code in alone.items():
        answer = search(code, function=FUNCTION)
        assert answer["statusCode"] == 203
        assert answer["body"] == ask("GET", f"/en/places/{COUNTIES[fips].path}/", function=FUNCTION)["body"]


@pytest.mark.parametrize("locale", LOCALES)
def test_a_list_of_counties_is_a_well_formed_page_in_each_language(locale: str) -> None:
    code, found = next((code, found) for code, found in ZIPS.counties_of.items() if len(found) > 1)
    answer = search(code, f"/{locale}/places/", function=FUNCTION)
    html = html_of(answer)
    tree_of(html)
    assert choices.CHOICES not in html
    wanted = [f"/{locale}/places/{COUNTIES[fips].path}/" for fips in found]
    assert [link for link in links(answer) if link in wanted] == wanted


@pytest.mark.parametrize("locale", LOCALES)
def test_what_is_unknown_gets_the_states_in_each_language(locale: str) -> None:
    answer = search("99999", f"/{locale}/places/", function=FUNCTION)
    assert answer["statusCode"] == 203
    assert f"/{locale}/places/ca/" in links(answer)
