"""The page of a place: what it says, in which order, and what it may not say."""

import dataclasses
import re
from datetime import date
from urllib.parse import urlsplit

import pytest

from chalicelib.directory.adapters.shipped_content import TEMPLATES
from chalicelib.directory.contacts import Contacts, nearest_first
from chalicelib.directory.content import Locale
from chalicelib.directory.places import FOUNDING_PAPER, Places
from chalicelib.pages.render.catalogs import Catalogs
from chalicelib.reporting.render.form_pages import FormPages
from tests.support.trees import by_id, parse, text_of, with_class


@pytest.fixture(scope="module")
def english(site):
    return parse(site.page("en", "los-banos-ca"))


# Typed by hand from the sheet of facts, apart from contacts.json, so that one slip does not become two.
PUBLISHED = {
    "lbpd": ["+12098277070"],
    "vcc": ["+12097224357"],
    "merced-cws": ["+12093853104"],
    "merced-bhrs": ["+12097106100"],
    "cast": ["+18885392373"],
    "nhth": ["+18883737888", "233733", "711"],
    "cybertip": ["+18008435678"],
    "ndvh": ["+18007997233", "88788", "+18007873224"],
    "lifeline": ["988", "988"],
    "rainn": ["+18006564673"],
    "stronghearts": ["+18447628483", "+18447628483"],
    "nrs": ["+18007862929"],
    "childhelp": ["+18004224453", "+18004224453"],
    "dol-whd": ["+18664879243"],
}


def main_of(tree):
    return tree.find("body/main")


def part(tree, name):
    """Return the words behind a door."""
    return text_of(by_id(tree, name))


def folded(tree, summary):
    """Return the words that are folded away under a summary."""
    (found,) = (more for more in main_of(tree).iter("details") if text_of(more[0]) == summary)
    return text_of(found)


def outside_of_details(tree):
    """Return the elements that are seen while everything is folded."""
    inside = {child for more in tree.iter("details") for child in more.iter()}
    return [element for element in tree.iter() if element not in inside]


def with_contacts(content, change):
    changed = {contact.id: change(contact) for contact in content.contacts}
    return dataclasses.replace(content, contacts=Contacts(changed))


def test_danger_comes_before_people_and_people_before_the_form(english):
    hrefs = [link.get("href") for link in main_of(english).iter("a")]
    calls, doors = ["tel:911", "tel:+18883737888", "sms:233733"], ["#a", "#b", "#c"]
    assert hrefs[:3] == calls
    assert [href for href in hrefs if href.startswith("#")] == doors
    order = [*calls, *doors, "tel:+12097224357", "tel:+12098277070", "/en/los-banos-ca/note/"]
    places = [hrefs.index(href) for href in order]
    assert places == sorted(places), "advocates before the police, and these before the form"


def test_each_door_leads_to_a_part_of_the_page_with_a_neutral_name(english):
    for name, heading in (
        ("a", "If it is about you"),
        ("b", "If it is about someone you know"),
        ("c", "If it is about something you saw"),
    ):
        assert text_of(by_id(english, name).find("h2")) == heading


def test_who_is_concerned_meets_advocates_and_no_police(english):
    words = part(english, "a")
    assert words.index("Valley Crisis Center") < words.index("National Human Trafficking Hotline")
    assert "Los Banos Police" not in words
    assert "You are protected under US and California law." in words
    assert len(list(by_id(english, "a").iter("ol"))) == 1, "what happens when you call, in steps"


def test_californias_law_is_spoken_of_in_california_alone(site):
    said = {place: "California law" in part(parse(site.page("en", place)), "a") for place in site.places}
    assert said == {"los-banos-ca": True, "merced-county-ca": True, "california": True, "us": False}


def test_who_knows_the_person_is_asked_to_call_and_plan_first(english):
    words = part(english, "b")
    assert words.index("Call the hotline first, and plan with them.") < words.index("Do not confront")
    assert "Leaving can be the most dangerous time." in words
    assert {"tel:+18883737888", "tel:+12097224357"} <= {
        link.get("href") for link in by_id(english, "b").iter("a")
    }


def test_who_saw_something_reads_signs_and_the_polices_number_before_the_form(english):
    words = part(english, "c")
    said = ["Do not confront", "Signs", "What to note", "209-827-7070", "Write what you saw"]
    assert [words.index(one) for one in said] == sorted(words.index(one) for one in said)
    assert "The police get it only if the form names them." in words


def test_no_number_warning_or_door_is_only_folded_away(site):
    for place in site.places:
        tree = parse(site.page("en", place))
        seen = outside_of_details(tree)
        everything = {link.get("href") for link in tree.iter("a")}
        called = {href for href in everything if href.startswith(("tel:", "sms:", "#"))}
        assert called <= {element.get("href") for element in seen}, place
        assert f"/en/{place}/note/" in {element.get("href") for element in seen}
        hidden = " ".join(text_of(more) for more in tree.iter("details"))
        for warning in (
            "Do not confront",
            "A hidden app",
            "see the number you call from",
            "may show on the bill",
        ):
            assert warning not in hidden


def test_911_is_said_to_show_who_calls(english):
    words = part(english, "a")
    assert "see the number you call from" in words
    assert "see your address" in words
    assert "in English. It does not work everywhere" in words


def test_a_watched_phone_is_spoken_of_before_anything_to_read(english):
    main = text_of(main_of(english))
    said = ["Can someone check this phone?", "A hidden app can show", "If it is about you"]
    assert [main.index(one) for one in said] == sorted(main.index(one) for one in said)
    assert "an empty history can be noticed" in main


@pytest.mark.parametrize("place", ["los-banos-ca", "merced-county-ca", "california", "us"])
def test_people_are_listed_nearest_first_those_for_anyone_before_others(site, content, place):
    tree = parse(site.page("en", place))
    near = nearest_first(content.contacts, content.places.chain(place))
    helpers = [
        contact for contact in near if (contact.can_be_called() or contact.only_here) and contact.id != "lbpd"
    ]
    wanted = [contact.name for contact in helpers if contact.audience == "anyone"]
    wanted += [contact.name for contact in helpers if contact.audience != "anyone"]
    (people,) = with_class(by_id(tree, "a"), "people")
    assert [text_of(row.find("p/b")) for row in people] == wanted
    words = folded(tree, "More about these numbers")
    for contact in helpers:
        assert contact.hours in words
        assert contact.languages in words
        assert (contact.what in part(tree, "a")) or contact.id == content.site.hotline


@pytest.mark.parametrize("place", ["los-banos-ca", "merced-county-ca", "california", "us"])
@pytest.mark.parametrize("locale", ["en", "es"])
def test_the_ways_of_the_newspaper_are_there_wherever_they_serve(site, locale, place):
    main = main_of(parse(site.page(locale, place)))
    (ways,) = (more for more in main.iter("details") if "The Westside Express" in text_of(more[0]))
    hrefs = [link.get("href") for link in ways.iter("a")]
    shown = [text_of(element) for element in ways.iter("bdi")]
    assert ("https://losbanos.org/report/" in hrefs) == (place == "los-banos-ca")
    assert "tel:+18883737888" in hrefs
    assert "trafficking@dot.gov" in shown
    assert "bluecampaign@hq.dhs.gov" in shown


def test_the_newspaper_is_the_places_own_where_it_names_one(content, catalogs):
    by_slug = dict(content.places.by_slug)
    by_slug["los-banos-ca"] = dataclasses.replace(by_slug["los-banos-ca"], paper="The <b>Local</b> & Times")
    pages = FormPages(TEMPLATES, catalogs, dataclasses.replace(content, places=Places(by_slug)))
    for locale in ("en", "es"):
        cited = parse(pages.page(locale, "los-banos-ca")).findall(".//cite")
        assert [text_of(one) for one in cited] == ["The <b>Local</b> & Times"]
        assert [text_of(one) for one in parse(pages.page(locale, "us")).findall(".//cite")] == [
            FOUNDING_PAPER
        ]


def test_what_nobody_could_confirm_says_so(english, content):
    words = folded(english, "Printed in The Westside Express")
    unconfirmed = [contact for contact in content.contacts if contact.is_unconfirmed()]
    assert [contact.id for contact in unconfirmed] == ["lbpd-report", "dot", "blue-campaign"]
    assert words.count("We have not been able to confirm this address.") == 3
    for contact in unconfirmed:
        assert contact.what in words
        assert contact.what_not in words


def test_the_awareness_campaign_is_not_shown_as_someone_who_acts(english):
    words = folded(english, "Printed in The Westside Express")
    assert "Do not count on anyone there to act." in words
    assert "also enforces immigration law" in words


def test_what_is_read_in_one_place_has_a_star_and_the_page_says_what_that_means(site, english):
    assert "* We found this in one place only." in text_of(main_of(english))
    for said in (
        "You can choose to leave the police out.*",
        "It cannot send help to where you are.*",
        "they also see your address.*",
        "When you call the hotline*",
        "Leaving can be the most dangerous time.*",
    ):
        assert said in text_of(main_of(english))
    county = part(parse(site.page("en", "merced-county-ca")), "a")
    assert (
        "County care for the mind and for trouble with drugs or alcohol.* Not for danger right now.*"
        in county
    )
    nation = part(parse(site.page("en", "us")), "a")
    assert "It cannot look into forced work itself. It sends you on.*" in nation
    assert "When a partner hurts you or controls you. It" in nation, "two sources say this"


def test_readers_are_told_not_to_step_in_and_that_a_guess_is_welcome(english):
    words = part(english, "c")
    assert "Do not confront or follow anyone." in words
    assert "Do not talk about it with the person you worry about." in words
    assert "Report what you have seen even if you might be wrong." in text_of(main_of(english))


def test_signs_come_with_what_they_do_not_prove(english):
    words = part(english, "c")
    assert "One sign is not proof" in words
    assert "Race, faith and gender are not signs." in words


def test_who_reads_a_report_and_what_they_may_do_is_told(english):
    words = text_of(main_of(english))
    for promise in (
        "It may do nothing.",
        "It may share the report with police",
        "Some of them enforce immigration law.",
        "We are not part of any office on this page.",
        "we cannot promise that anyone acts",
        "a report here is not enough",
        "does not protect anyone’s immigration status",
    ):
        assert promise in words


def test_what_is_kept_and_what_cannot_be_hidden_is_told(english):
    words = text_of(main_of(english))
    for fact in (
        "no cookies",
        "30 days",
        "phone company",
        "our computers",
        "browser’s history",
        "the bill",
    ):
        assert fact in words


def test_a_figure_links_to_the_page_that_holds_it_and_none_is_shown_without(english, content):
    assert all(urlsplit(figure.link).path.strip("/") for figure in content.site.figures)
    page = text_of(main_of(english))
    assert not re.search(r"\b(99|44|39|42|100)\b(?! ?(days|letters))", page)
    sources = [link for link in main_of(english).iter("a") if "Source:" in text_of(link)]
    assert len(sources) == len(content.site.figures)


def test_the_articles_signs_and_how_it_starts_are_said_in_our_words(english):
    words = text_of(main_of(english))
    for said in (
        "Not clean, or without the clothes they need",
        "Afraid of the person they are with",
        "It can start with money, care, food, or the promise of a new life.",
    ):
        assert said in words


@pytest.mark.parametrize("days", [7, 30, 90])
def test_the_days_that_a_report_is_kept_are_those_of_the_site(content, catalogs, days):
    site = dataclasses.replace(content.site, keep_days=days)
    pages = FormPages(TEMPLATES, catalogs, dataclasses.replace(content, site=site))
    for html in (
        pages.page("en", "us"),
        pages.form("en", "us", token="t", values={}, problems={}, recipients=()),
    ):
        assert f"We delete it {days} days after it was delivered" in text_of(parse(html))


def test_the_numbers_are_those_of_the_sheet_of_facts(content):
    dialled = {
        contact.id: [channel.value for channel in contact.channels if channel.kind in ("call", "text", "tty")]
        for contact in content.contacts
    }
    assert {name: numbers for name, numbers in dialled.items() if numbers} == PUBLISHED


def test_nobody_is_said_to_run_the_hotline(site, content):
    for place in site.places:
        assert "run by" not in site.page("en", place)
    assert "Polaris" not in " ".join(contact.what + contact.what_not for contact in content.contacts)


def test_numbers_nobody_has_called_are_said_to_be_read_and_not_checked(english):
    words = folded(english, "More about these numbers")
    assert (
        "We read these numbers on public pages on November 25, 2026. No person has called to check them yet."
        in words
    )


def test_a_first_check_changes_the_words_and_a_last_one_gives_its_day(content, catalogs):
    def check(contact):
        return dataclasses.replace(contact, checked_on=date(2026, 12, 3), checked_by="a clerk")

    some = with_contacts(content, lambda contact: check(contact) if contact.id == "vcc" else contact)
    page = FormPages(TEMPLATES, catalogs, some).page("en", "los-banos-ca")
    assert "Some have not been checked by a call yet." in folded(parse(page), "More about these numbers")
    page = FormPages(TEMPLATES, catalogs, with_contacts(content, check)).page("en", "los-banos-ca")
    words = folded(parse(page), "More about these numbers")
    assert "A person has checked each of these numbers. The oldest check was on December 3, 2026." in words
    page = FormPages(TEMPLATES, catalogs, with_contacts(content, check)).page("es", "los-banos-ca")
    assert "3 de diciembre de 2026" in text_of(parse(page))


def test_another_language_says_what_the_phone_can_do_and_a_text_cannot(site, english):
    spanish = text_of(main_of(parse(site.page("es", "los-banos-ca"))))
    assert "Por texto y chat responden solo en inglés y español." in spanish
    assert "English and Spanish only" not in part(english, "a")
    assert "pida un intérprete" in part(parse(site.page("es", "los-banos-ca")), "a")


def test_a_text_line_keeps_its_word_in_every_language(site):
    for locale in site.locales:
        tree = parse(site.page(locale, "us"))
        (link,) = (link for link in tree.iter("a") if link.get("href") == "sms:233733")
        assert [text_of(element) for element in link.iter("bdi")] == ["HELP", "233733"]
        assert {element.get("translate") for element in link.iter("bdi")} == {"no"}


def test_the_form_is_one_step_away_under_a_neutral_path(english):
    (button,) = with_class(main_of(english), "button")
    assert button.get("href") == "/en/los-banos-ca/note/"


def test_wider_places_and_those_within_are_linked(site):
    def linked(place):
        *_, nav = main_of(parse(site.page("en", place))).iter("nav")
        ours = ("/en/code/", "/en/about/")
        return [link.get("href") for link in nav.iter("a") if link.get("href") not in ours]

    assert linked("los-banos-ca") == ["/en/merced-county-ca/", "/en/california/", "/en/us/"]
    assert linked("us") == ["/en/california/"]
    assert linked("california") == ["/en/us/", "/en/merced-county-ca/"]


def test_a_name_in_another_language_says_which(site, english):
    spanish = parse(site.page("es", "los-banos-ca"))

    def names(tree):
        return [row.find("p/b/bdi") for row in with_class(by_id(tree, "a"), "people")[0]]

    assert {name.get("lang") for name in names(spanish)} == {"en"}
    assert {name.get("lang") for name in names(english)} == {None}
    assert {name.get("translate") for name in names(english)} == {"no"}


@pytest.fixture(scope="module")
def mirrored(content, tmp_path_factory):
    """The site with Arabic on offer and no Arabic sentence yet."""
    locales = (*content.site.locales, Locale("ar", None))
    changed = dataclasses.replace(content, site=dataclasses.replace(content.site, locales=locales))
    return FormPages(TEMPLATES, Catalogs(tmp_path_factory.mktemp("empty")), changed)


def test_a_right_to_left_page_is_mirrored_and_its_english_says_so(mirrored):
    tree = parse(mirrored.page("ar", "los-banos-ca"))
    assert (tree.get("lang"), tree.get("dir")) == ("ar", "rtl")
    marked = {
        element for element in tree.iter() if element.get("lang") == "en" and element.get("dir") == "ltr"
    }
    # The line of other languages is in none of them: its names lie in a direction of their own each.
    marked |= {element for element in tree.iter() if element.get("lang") == "mul"}
    inside = {child for element in marked for child in element.iter()}
    for element in main_of(tree).iter():
        if re.search("[A-Za-z]{3}", element.text or "") and element not in inside:
            assert element.tag in ("bdi", "a"), element.text  # a language's own name, or a number
            assert element.get("dir") == "ltr", element.text


def test_a_language_without_a_catalog_still_gives_every_page(mirrored):
    assert parse(mirrored.page("es", "us")).get("lang") == "es"
    assert "Information" in mirrored.error("ar", 404)
