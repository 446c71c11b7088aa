"""The page of a place: what it says, in which order, and what it may not say."""

import dataclasses
import re
from datetime import date

import pytest

from chalicelib.directory.adapters.shipped_content import TEMPLATES
from chalicelib.directory.contacts import Contacts, nearest_first
from chalicelib.directory.content import Locale
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


def headings(tree):
    return [text_of(heading) for heading in main_of(tree).iter("h2")]


def under(tree, heading):
    """Return the words between a second-level heading and the next."""
    words, inside = [], False
    for element in main_of(tree):
        if element.tag in ("h2", "nav"):
            inside = element.tag == "h2" and text_of(element) == heading
        elif inside:
            words.append(text_of(element))
    assert words, f"nothing under {heading!r}"
    return " ".join(words)


def with_contacts(content, change):
    changed = {contact.id: change(contact) for contact in content.contacts}
    return dataclasses.replace(content, contacts=Contacts(changed))


def test_danger_comes_before_people_and_people_before_the_form(english):
    assert headings(english) == [
        "In danger right now: 911",
        "People you can call",
        "Tell what you saw",
        "Four ways printed in the newspaper",
        "Signs",
        "What to note",
        "What not to do",
        "Who reads a report",
        "What we keep, and what we cannot hide",
        "Good to know",
        "Other places",
    ]


def test_911_is_said_to_show_who_calls(english):
    words = under(english, "In danger right now: 911")
    assert "see the number you call from" in words
    assert "see your address" in words
    assert "It does not work everywhere" in words


def test_a_watched_phone_is_spoken_of_before_anything_to_read(english):
    care = text_of(with_class(english.find("body/header"), "care")[0])
    assert "A hidden app can show all that you read and type" in care
    assert "an empty history can be noticed" in care


@pytest.mark.parametrize("place", ["los-banos-ca", "merced-county-ca", "california", "us"])
def test_people_are_listed_nearest_first_with_hours_and_languages(site, content, place):
    main = main_of(parse(site.page("en", place)))
    near = nearest_first(content.contacts, content.places.chain(place))
    wanted = [contact.name for contact in near if contact.can_be_called() or contact.only_here]
    people = []
    for element in main[[e.get("id") for e in main].index("people") :]:
        if element.tag == "h2" and element.get("id") != "people":
            break
        if element.tag == "section":
            people.append(element)
    assert [text_of(section.find("h3")) for section in people] == wanted
    for section in people:
        assert re.search(r"Hours: .+\. Languages: .+\.", text_of(section))


@pytest.mark.parametrize("place", ["los-banos-ca", "merced-county-ca", "california", "us"])
@pytest.mark.parametrize("locale", ["en", "es"])
def test_the_four_ways_of_the_newspaper_are_always_there(site, locale, place):
    main = main_of(parse(site.page(locale, place)))
    hrefs = [link.get("href") for link in main.iter("a")]
    shown = [text_of(element) for element in main.iter("bdi")]
    assert "https://losbanos.org/report/" in hrefs
    assert "tel:+18883737888" in hrefs
    assert "trafficking@dot.gov" in shown
    assert "bluecampaign@hq.dhs.gov" in shown


def test_what_nobody_could_confirm_says_so(english, content):
    words = under(english, "Four ways printed in the newspaper")
    unconfirmed = [contact for contact in content.contacts if contact.is_unconfirmed()]
    assert [contact.id for contact in unconfirmed] == ["lbpd-report", "dot", "blue-campaign"]
    assert words.count("We have not been able to confirm this address.") == 3
    for contact in unconfirmed:
        assert contact.what in words
        assert contact.what_not in words


def test_the_awareness_campaign_is_not_shown_as_someone_who_acts(english):
    words = under(english, "Four ways printed in the newspaper")
    assert "Do not count on anyone there to act." in words
    assert "also enforces immigration law" in words


def test_what_is_read_in_one_place_says_so(site):
    words = under(parse(site.page("en", "merced-county-ca")), "People you can call")
    assert words.count("We found this in one place only.") == 2


def test_readers_are_told_not_to_step_in_and_that_a_guess_is_welcome(english):
    words = under(english, "What not to do")
    assert "Do not confront or follow anyone." in words
    assert "Do not talk about it with the person you worry about." in words
    assert "Report what you have seen even if you might be wrong." in text_of(main_of(english))


def test_signs_come_with_what_they_do_not_prove(english):
    words = under(english, "Signs")
    assert "One sign is not proof" in words
    assert "Race, faith and gender are not signs." in words


def test_who_reads_a_report_and_what_they_may_do_is_told(english):
    words = under(english, "Who reads a report")
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
    words = under(english, "What we keep, and what we cannot hide")
    for fact in (
        "no cookies",
        "30 days",
        "phone company",
        "our computers",
        "browser’s history",
        "the bill",
    ):
        assert fact in words


def test_figures_are_said_only_as_the_sources_let_them_be_said(english):
    words = under(english, "Good to know")
    assert (
        "In calls to the national hotline in 2020 where it was known how sex trafficking began, about four "
        "in ten people were brought in by a family member and about four in ten by an intimate partner "
        "(Polaris)."
    ) in words
    assert (
        "Worldwide, almost four in five people in forced commercial sexual exploitation are women and girls "
        "(ILO, 2022)."
    ) in words
    assert "do not show how common it is" in words
    page = text_of(main_of(english))
    assert not re.search(r"\b(99|44|39|100)\b(?! ?(days|letters))", page)
    sources = [link.get("href") for link in main_of(english).iter("a") if "Source:" in text_of(link)]
    assert sources == ["https://www.ilo.org/", "https://polarisproject.org/"]


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
    words = under(english, "People you can call")
    assert (
        "We read these numbers on public pages on November 25, 2026. No person has called to check them yet."
        in words
    )


def test_a_first_check_changes_the_words_and_a_last_one_gives_its_day(content, catalogs):
    def check(contact):
        return dataclasses.replace(contact, checked_on=date(2026, 12, 3), checked_by="a clerk")

    some = with_contacts(content, lambda contact: check(contact) if contact.id == "vcc" else contact)
    page = FormPages(TEMPLATES, catalogs, some).page("en", "los-banos-ca")
    assert "Some have not been checked by a call yet." in under(parse(page), "People you can call")
    page = FormPages(TEMPLATES, catalogs, with_contacts(content, check)).page("en", "los-banos-ca")
    words = under(parse(page), "People you can call")
    assert "A person has checked each of these numbers. The oldest check was on December 3, 2026." in words
    page = FormPages(TEMPLATES, catalogs, with_contacts(content, check)).page("es", "los-banos-ca")
    assert "3 de diciembre de 2026" in text_of(parse(page))


def test_another_language_says_what_the_phone_can_do_and_a_text_cannot(site, english):
    spanish = text_of(main_of(parse(site.page("es", "los-banos-ca"))))
    assert "Por texto y chat responden solo en inglés y español." in spanish
    assert "English and Spanish only" not in text_of(by_id(english, "people"))


def test_a_text_line_keeps_its_word_in_every_language(site):
    for locale in site.locales:
        tree = parse(site.page(locale, "us"))
        (link,) = (link for link in tree.iter("a") if link.get("href") == "sms:233733?body=HELP")
        assert [text_of(element) for element in link.iter("bdi")] == ["HELP", "233733"]


def test_the_form_is_one_step_away_under_a_neutral_path(english):
    (button,) = with_class(main_of(english), "button")
    assert button.get("href") == "/en/los-banos-ca/note/"


def test_wider_places_and_those_within_are_linked(site):
    def linked(place):
        nav = main_of(parse(site.page("en", place))).find("nav")
        return [link.get("href") for link in nav.iter("a")]

    assert linked("los-banos-ca") == ["/en/merced-county-ca/", "/en/california/", "/en/us/"]
    assert linked("us") == ["/en/california/"]
    assert linked("california") == ["/en/us/", "/en/merced-county-ca/"]


def test_a_name_in_another_language_says_which(site, english):
    spanish = parse(site.page("es", "los-banos-ca"))
    names = [heading[0] for heading in main_of(spanish).iter("h3")]
    assert {name.get("lang") for name in names} == {"en"}
    assert {heading[0].get("lang") for heading in main_of(english).iter("h3")} == {None}


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
    inside = {child for element in marked for child in element.iter()}
    for element in main_of(tree).iter():
        if re.search("[A-Za-z]{3}", element.text or "") and element not in inside:
            assert (element.tag, element.get("dir")) == ("bdi", "ltr"), element.text


def test_a_language_without_a_catalog_still_gives_every_page(mirrored):
    assert parse(mirrored.page("es", "us")).get("lang") == "es"
    assert "Information" in mirrored.error("ar", 404)
