"""Pages of counties: light, whole, in every language, and nobody is given away."""

from __future__ import annotations

import base64
import gzip
from dataclasses import replace
from datetime import date
from html import escape
from typing import Any
from xml.etree.ElementTree import Element

import pytest

from chalicelib.directory.adapters.shipped_content import TEMPLATES, content_with_areas
from chalicelib.directory.area_units import CHOOSE, COUNTIES, STATES, UNKNOWN, has_address, path_of_unit
from chalicelib.directory.areas import Area, Areas
from chalicelib.directory.content import Content
from chalicelib.directory.services import NEEDS, Address, Coverage, Hours, Organization, Phone, Service
from chalicelib.pages.render.catalogs import Catalogs
from chalicelib.pages.render.live_pages import LivePages
from chalicelib.pages.render.site import Site
from chalicelib.publishing.render.page_checks import check_page
from tests.pages.test_budget import FIRST_VIEW, weigh_brotli
from tests.support.trees import by_id, parse, text_of

MOST_ENGLISH, MOST_ANY = 6.5 * 1024, 8.5 * 1024  # bytes as gzip
SECRET_STREET = "77 Nobody Knows Lane"


@pytest.fixture(scope="module")
def county_content() -> Content:
    return content_with_areas()


@pytest.fixture(scope="module")
def county_site(county_content: Content, catalogs: Catalogs) -> Site:
    return Site(TEMPLATES, catalogs, county_content)


def weigh(html: str) -> int:
    return len(gzip.compress(html.encode("utf-8"), 9))


def links_of(html: str) -> set[str]:
    return {one.get("href", "").partition("#")[0] for one in parse(html).iter("a")}


def with_services(content: Content, services: list[Service], unit: str = "ca--merced") -> Content:
    area = replace(content.areas.by_unit[unit], services=tuple(one.id for one in services))
    areas = Areas({**content.areas.by_unit, unit: area}, content.areas.of_place)
    return replace(content, services={one.id: one for one in services}, areas=areas)


def invented(id_: str = "one", **more: Any) -> Service:
    values: dict[str, Any] = {
        "serves": "merced-county-ca",
        "name": f"Office {id_}",
        "organization": Organization(id_, f"Office {id_}"),
        "what": "It helps.",
        "needs": ("food",),
        "mark": "CONFIRMED",
        "sources": ("somebody",),
        "read_on": date(2026, 11, 25),
    }
    return Service(id=id_, **{**values, **more})


def row_of(tree: Element, service: Service) -> Element:
    """Return the entry of a service: where it stands in full."""
    [row] = [
        one
        for rows in tree.iter("ul")
        if rows.get("class") == "people"
        for one in rows.iter("li")
        if [text_of(name) for name in one.findall("p/b/bdi")] == [service.name]
    ]
    return row


def entry(site: Site, service: Service, locale: str = "en") -> str:
    content = with_services(site.content, [service])
    other = Site.__new__(Site)
    other.__dict__.update(site.__dict__)
    other._take(content)
    return text_of(row_of(parse(other.area(locale, "ca--merced")), service))


def test_each_page_of_an_area_fits_its_budget(county_site: Site) -> None:
    too_large = {}
    for locale in county_site.locales:
        most = MOST_ENGLISH if locale == "en" else MOST_ANY
        for unit in county_site.areas:
            if (size := weigh(county_site.area(locale, unit))) > most:
                too_large[f"{locale} {unit}"] = size
    assert too_large == {}


def test_the_way_to_counties_fits_on_the_first_view(county_site: Site) -> None:
    sizes = {
        f"{locale} {place}": weigh_brotli(county_site.page(locale, place))
        for locale in county_site.locales
        for place in county_site.places
    }
    too_large = {
        name: size
        for name, size in sizes.items()
        if size > FIRST_VIEW["en" if name.startswith("en ") else "any"]
    }
    assert too_large == {}


def test_nothing_is_wrong_with_any_of_them_in_any_language(
    county_site: Site, county_content: Content
) -> None:
    for locale in county_site.locales:
        for unit in (STATES, CHOOSE, UNKNOWN, "ca--", "ca--merced", "ca--alpine"):
            html = county_site.area(locale, unit)
            parse(html)
            assert check_page(f"{locale}/{unit}", html, county_content) == []


def test_every_service_is_at_most_four_links_from_the_first_page(county_site: Site) -> None:
    pages = {f"/en/{path_of_unit(unit)}": unit for unit in county_site.areas if has_address(unit)}
    reached, near = {"/"}, links_of(county_site.page("en", county_site.default_place))
    steps = {escape(one.name): 99 for one in county_site.content.services.values()}
    at, depth = near & {*pages}, 1
    while at and depth <= 4:
        following: set[str] = set()
        for path in at - reached:
            html = county_site.area("en", pages[path])
            for name in steps:
                if f">{name}</bdi></b>" in html:
                    steps[name] = min(steps[name], depth)
            following |= links_of(html) & {*pages}
        reached |= at
        at, depth = following - reached, depth + 1
    assert max(steps.values()) <= 4
    assert {*pages} <= reached, "and every county is as near"


def test_the_tree_of_links_leads_there_without_the_town_too(county_site: Site) -> None:
    assert "/en/places/all/" in links_of(county_site.page("en", "los-banos-ca"))
    assert "/en/places/ca/" in links_of(county_site.area("en", STATES))
    assert "/en/places/ca/merced/" in links_of(county_site.area("en", "ca--"))
    assert "/en/places/ca/merced/" in links_of(county_site.page("en", "los-banos-ca"))


def test_a_county_of_whose_own_nothing_is_known_says_so(county_site: Site, county_content: Content) -> None:
    said = "We know of no office in this county yet. These help in the whole state or country."
    assert said in text_of(parse(county_site.area("en", "ca--alpine")))
    for unit in ("ca--merced", "ca--", STATES, UNKNOWN):
        assert "We know of no office" not in county_site.area("en", unit)
    listed = invented(serves="california", coverage=Coverage(counties=("06003",)))
    site = Site.__new__(Site)
    site.__dict__.update(county_site.__dict__)
    for services, wanted in (([listed], ""), ([], "We know of no office in this county yet.")):
        site._take(with_services(county_content, services, "ca--alpine"))
        html = site.area("en", "ca--alpine")
        assert wanted in html
        assert ("We know of no office" in html) == bool(wanted)
        assert "These help" not in html


def test_titles_and_paths_say_nothing_of_a_need(county_site: Site) -> None:
    for unit in ("ca--merced", CHOOSE):
        assert [text_of(one) for one in parse(county_site.area("en", unit)).iter("title")] == ["Information"]
    assert not any(need in path_of_unit(unit) for unit in county_site.areas for need in NEEDS)


def test_day_and_night_comes_first_then_needs_in_their_order_and_the_nearest_first(county_site: Site) -> None:
    tree = parse(county_site.area("en", "ca--merced"))
    heads = [text_of(one) for one in tree.iter() if one.tag in ("h1", "h2")]
    assert heads[:2] == ["Merced County, California", "Day and night"]
    order = ["Someone to talk to", "A safe place to stay", "A doctor, or care for the mind", "A lawyer"]
    assert [head for head in heads if head in order] == order
    section = by_id(tree, "n13")
    names = [text_of(one) for one in section.iter("bdi")]
    assert names[0] == "Los Banos Police Department"
    assert names.index("Merced Area Crime Stoppers") < names.index("FBI")


def test_each_line_of_day_and_night_has_its_first_number_and_the_hotline_stands_above_already(
    county_site: Site,
) -> None:
    tree = parse(county_site.area("en", "ca--merced"))
    lists = [one for one in tree.iter("ul") if one.get("class") == "rows"]
    lines = [text_of(one) for one in lists[0].iter("li")]
    assert lines[:2] == [
        "209-722-4357 Valley Crisis Center",
        "209-385-3104 Merced County Children’s Services",
    ]
    assert len(lines) == 6
    assert not any("National Human Trafficking Hotline" in line for line in lines)
    assert all(len([*line.iter("a")]) == 1 for line in lists[0].iter("li"))


def test_the_page_about_the_site_names_whose_towns_and_zips_they_are_in_each_language(
    county_site: Site, county_content: Content
) -> None:
    for locale in county_site.locales:
        html = county_site.about(locale)
        links = {one.get("href"): text_of(one) for one in parse(html).iter("a")}
        assert links["https://www.geonames.org"] == "GeoNames"
        assert links["https://creativecommons.org/licenses/by/4.0/"] == "CC BY 4.0"
        assert "https://www.census.gov" in links
        assert check_page(f"{locale}/about", html, county_content) == []


def test_the_town_of_a_site_without_zips_has_no_link_to_counties(
    content: Content, catalogs: Catalogs
) -> None:
    html = Site(TEMPLATES, catalogs, content).page("en", "los-banos-ca")
    assert "/places/" not in html
    assert "<form" not in html
    assert "GeoNames" not in Site(TEMPLATES, catalogs, content).about("en")


def test_an_entry_says_all_that_is_known_of_it(county_site: Site) -> None:
    said = entry(
        county_site,
        invented(
            phones=(Phone("voice", "209-555-0100", "+12095550100", extension="7", note="Ask for Ana."),),
            hours=(Hours(("MO", "TU", "WE"), "08:00", "16:30"), Hours(("SA",), "12:00", "24:00")),
            languages=("es", "vi"),
            cost="It is free.",
            apply="Call first.",
            eligibility="Live in the county.",
            audiences=("women", "children"),
            least_age=18,
            address=Address("1 Main Street", "Merced", "CA", "95340"),
            website="https://one.example/help/",
            assured_on=date(2026, 10, 2),
            assured_by="county clerk",
        ),
    )
    for wanted in (
        "209-555-0100", "(extension 7)", "Ask for Ana.", "Monday – Wednesday: 8 AM – 4:30 PM",
        "Saturday: 12 PM – 12 AM", "Español, Tiếng Việt", "Cost: It is free.", "How to begin: Call first.",
        "Live in the county.", "For: women, children", "Age: 18 – …", "1 Main Street, Merced, CA 95340",
        "one.example/help", "Last confirmed on October 2, 2026. By: county clerk",
    ):  # fmt: skip
        assert wanted in said, wanted


def test_an_entry_that_nobody_confirmed_says_so_and_when_it_was_read(county_site: Site) -> None:
    assert "Read on November 25, 2026. Nobody has confirmed it yet." in entry(county_site, invented())


def test_a_sentence_that_somebody_translated_is_shown_and_else_its_english(county_site: Site) -> None:
    translated = invented(in_other={"es": {"what": "Ayuda."}})
    assert "Ayuda." in entry(county_site, translated, "es")
    assert "It helps." in entry(county_site, translated, "pt")


def test_a_service_of_several_needs_stands_in_full_once_and_is_named_under_the_others(
    county_site: Site,
) -> None:
    html = county_site.area("en", "ca--merced")
    assert html.count('id="s-vcc"') == 1
    [bed] = by_id(parse(html), "n3").iter("li")
    assert [one.get("href") for one in bed.iter("a")] == ["tel:+12097224357", "#s-vcc"]


def test_names_of_counties_and_states_are_marked_as_english(county_site: Site) -> None:
    for unit in (STATES, UNKNOWN, "ca--", "ca--merced"):
        tree = parse(county_site.area("es", unit))
        named = [one for one in tree.iter("bdi") if {"California", "County"} & set(text_of(one).split())]
        assert named
        assert all(one.get("lang") == "en" for one in named), unit


def test_the_first_page_of_a_nation_has_one_link_to_the_states(county_site: Site) -> None:
    tree = parse(county_site.page("en", "us"))
    assert [one.get("href") for one in tree.iter("a")].count("/en/places/all/") == 1


def test_the_way_to_other_places_stands_before_all_that_is_long(county_site: Site) -> None:
    page = county_site.page("en", "los-banos-ca")
    assert page.index('action="/en/places/#f"') < page.index('id="a"')
    county = county_site.area("en", "ca--merced")
    assert county.index('href="#place"') < county.index('id="n2"')


def test_the_marks_for_the_page_function_are_there(county_site: Site) -> None:
    assert f"<li>{COUNTIES}</li>" in county_site.area("en", CHOOSE)
    assert all(COUNTIES not in county_site.area("en", unit) for unit in (STATES, UNKNOWN, "ca--merced"))


def test_the_search_keeps_what_is_typed_out_of_every_address(county_site: Site) -> None:
    pages = [county_site.area("ar", unit) for unit in (STATES, "ca--merced", UNKNOWN, CHOOSE)]
    for html in [*pages, county_site.page("ar", "los-banos-ca")]:
        [form] = parse(html).iter("form")
        assert (form.get("method"), form.get("action")) == ("post", "/ar/places/#f")
        [field] = form.iter("input")
        assert (field.get("name"), field.get("autocomplete")) == ("place", "off")


@pytest.mark.parametrize("hiding", [{"confidential": True}, {"needs": ("bed",)}])
def test_no_page_holds_the_address_of_a_place_where_people_hide(
    county_site: Site, hiding: dict[str, Any]
) -> None:
    where = Address(SECRET_STREET, "Merced", "CA", "95340")
    content = with_services(county_site.content, [invented(address=where, **hiding)])
    site = Site.__new__(Site)
    site.__dict__.update(county_site.__dict__)
    site._take(content)
    for locale in site.locales:
        pages = [site.area(locale, unit) for unit in ("ca--merced", STATES, CHOOSE)]
        pages.append(site.page(locale, "los-banos-ca"))
        assert not any(SECRET_STREET.encode() in page.encode() for page in pages)


def test_no_shipped_service_that_hides_has_an_address_in_the_bytes_of_any_page(county_site: Site) -> None:
    hiding = [one for one in county_site.content.services.values() if one.hides_where]
    assert [one.id for one in hiding] == ["vcc"]
    assert all(one.address is None for one in hiding)
    everything = "".join(county_site.area("en", unit) for unit in county_site.areas)
    assert "1960 P Street" not in everything


def test_a_check_tells_a_lost_service_a_lost_number_and_an_address_that_hides(
    county_site: Site, county_content: Content
) -> None:
    html = county_site.area("en", "ca--merced")
    lost = html.replace("tel:+12097227", "tel:+1209722x").replace("Central Valley Against Human", "Somebody")
    found = [one.sentence for one in check_page("en/ca--merced", lost, county_content)]
    assert (
        "Central Valley Against Human Trafficking is missing: each service of a county is on its page."
        in found
    )
    where = Address(SECRET_STREET, "Merced", "CA", "95340")
    hidden = replace(county_content.services["vcc"], address=where)
    content = replace(county_content, services={**county_content.services, "vcc": hidden})
    told = html.replace("Day and night, every day.", SECRET_STREET, 1)
    sentences = [one.sentence for one in check_page("en/ca--merced", told, content)]
    assert "The page says where Valley Crisis Center is, and nobody may learn that." in sentences
    without = html.replace("tel:+12097224357", "#n2")
    sentences = [one.sentence for one in check_page("en/ca--merced", without, county_content)]
    assert "A number of Valley Crisis Center is missing." in sentences


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('action="/en/places/#f"', 'action="/en/other/"', "must be sent by post to its own address"),
        ('name="place"', 'name="q"', "has lost its field"),
        (' autocomplete="off" spellcheck', " spellcheck", "would remember what was typed"),
        ('href="/es/places/ca/merced/"', 'href="/es/"', "in another language is missing: es"),
    ],
)
def test_a_check_tells_what_else_a_page_has_lost(
    county_site: Site, county_content: Content, old: str, new: str, said: str
) -> None:
    html = county_site.area("en", "ca--merced")
    assert old in html
    sentences = [one.sentence for one in check_page("en/ca--merced", html.replace(old, new), county_content)]
    assert any(said in sentence for sentence in sentences)


def test_a_large_county_has_its_needs_as_links_and_each_page_of_them_its_services(
    county_site: Site, county_content: Content
) -> None:
    one, two = invented("one"), invented("two", needs=("lawyer",))
    unit, page = "ca--merced", "ca--merced--8"
    areas = {
        **county_content.areas.by_unit,
        unit: Area(unit, "Merced County", "California", ((page, "food"),), ("one", "two")),
        page: Area(page, "Merced County", "California", ((unit, "Merced County"),), ("one",), "food"),
    }
    content = replace(county_content, services={"one": one, "two": two}, areas=Areas(areas, {}))
    site = Site.__new__(Site)
    site.__dict__.update(county_site.__dict__)
    site._take(content)
    whole, food = site.area("en", unit), site.area("en", page)
    assert "/en/places/ca/merced/8/" in links_of(whole)
    assert "Office one" not in whole
    assert "Office one" in food
    assert "Office two" not in food
    assert "/en/places/ca/merced/" in links_of(food)
    assert check_page(f"en/{page}", food, content) == check_page(f"en/{unit}", whole, content) == []


def test_live_pages_have_areas_and_the_index_of_zips(county_site: Site) -> None:
    live = LivePages(lambda: county_site, lambda: b"ZIPS").current()
    assert "ca--merced" in live.areas
    assert live.zips() == b"ZIPS"
    packed = base64.b64decode(live.page("es", "ca--merced"))
    assert gzip.decompress(packed).decode("utf-8") == county_site.area("es", "ca--merced")
    with pytest.raises(KeyError):
        live.page("es", "ca--nowhere")


HOSTILE = (
    "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "{{ 7 * 191 }} {% raw %} {# x #} ${7} #{7}",
    "100% %(number)s %s %d %",
    "{name} {0} {0.__class__}",
    "\"' autofocus onfocus=alert(1) x='\"></ul></main>",
    "Text %(number)s",  # a sentence of the catalogs, with a place for a number
    "&lt;b&gt; &#x3C;script&#x3E;",
)


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("locale", ["en", "es", "ar"])
def test_what_a_service_says_is_text_and_never_markup_or_a_template(
    county_site: Site, text: str, locale: str
) -> None:
    sentences = ("what", "hours_note", "interpretation", "cost", "apply", "eligibility", "assured_by")
    told: dict[str, Any] = dict.fromkeys(sentences, text)
    hostile = invented(
        name=text,
        phones=(Phone("voice", "209-555-0100", "+12095550100", note=text), Phone("text", "233733", "233733")),
        address=Address(text, text, "CA", "95340"),
        assured_on=date(2026, 11, 25),
        in_other={"es": {"what": text, "name": text}},
        **told,
    )
    content = with_services(county_site.content, [hostile])
    usual = with_services(county_site.content, [invented(phones=hostile.phones[:1])])
    pages = []
    for one in (content, usual):
        other = Site.__new__(Site)
        other.__dict__.update(county_site.__dict__)
        other._take(one)
        pages.append(parse(other.area(locale, "ca--merced")))
    for tag in ("script", "img", "form", "main"):
        assert len(list(pages[0].iter(tag))) == len(list(pages[1].iter(tag))), tag
    assert not [one for one in pages[0].iter() for name in one.attrib if str(name).startswith("on")]
    shown = " ".join(text_of(row_of(pages[0], hostile)).split())
    assert " ".join(text.split()) in shown
    assert "1337" not in shown
