from datetime import date

import pytest

from chalicelib.directory.contacts import Channel, nearest_first, read_contacts
from chalicelib.directory.content import read_content
from chalicelib.directory.errors import ContentInvalid
from chalicelib.directory.places import read_places

PLACES = {
    "places": [
        {"slug": "us", "name": "United States", "parent": None, "kind": "nation"},
        {"slug": "california", "name": "California", "parent": "us", "kind": "state"},
        {"slug": "nevada", "name": "Nevada", "parent": "us", "kind": "state"},
    ]
}
HOSTS = {"example.org"}
CALL = {"kind": "call", "show": "1-888-373-7888", "value": "+18883737888"}
LINE = {
    "id": "line",
    "name": "A line",
    "name_lang": "en",
    "serves": "us",
    "audience": "anyone",
    "channels": [CALL],
    "hours": "",
    "languages": "",
    "what": "It listens.",
    "what_not": "",
    "mark": "CONFIRMED",
    "sources": ["https://example.org/"],
    "read_on": "2026-11-25",
    "checked_on": None,
    "checked_by": None,
}
SITE = {
    "exit_url": "https://example.org/",
    "default_place": "us",
    "locales": [{"tag": "en"}],
    "hotline": "line",
    "founding_channels": ["line"],
    "figures": [],
    "hosts": ["example.org"],
}


def read(*entries):
    return read_contacts({"contacts": list(entries)}, read_places(PLACES), HOSTS)


def with_channel(kind, show, value, **more):
    return {**LINE, "channels": [{"kind": kind, "show": show, "value": value, **more}]}


def test_a_contact_is_read_with_its_source_and_its_dates():
    line = read({**LINE, "checked_on": "2026-12-01", "checked_by": "A clerk"})["line"]
    assert line.read_on == date(2026, 11, 25)
    assert line.checked_on == date(2026, 12, 1)
    assert line.checked_by == "A clerk"
    assert line.sources == ("https://example.org/",)


@pytest.mark.parametrize(
    ("kind", "show", "value"),
    [
        ("call", "209-827-7070", "+12098277070"),
        ("call", "1-888-373-7888", "+18883737888"),
        ("call", "988", "988"),
        ("tty", "711", "711"),
        ("text", "233733", "233733"),
        ("chat", "", "https://example.org/chat"),
        ("email", "desk@example.org", "desk@example.org"),
    ],
)
def test_a_channel_whose_two_forms_agree_is_taken(kind, show, value):
    channel = read(with_channel(kind, show, value))["line"].channels[0]
    assert (channel.kind, channel.show, channel.value) == (kind, show, value)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (with_channel("call", "1-888-373-7889", "+18883737888"), "is not the number"),
        (with_channel("call", "888-373-7888", "+1888373788"), "wrong number of digits"),
        (with_channel("call", "2-888-373-7888", "+18883737888"), "is not the number"),
        (with_channel("call", "888-KEY-2-FREE", "+18885392373"), "has letters"),
        (with_channel("call", "1-888-373-7888", "1-888-373-7888"), "neither"),
        (with_channel("call", "55 5533 3000", "+525555333000"), "neither"),
        (with_channel("call", "12", "12"), "wrong number of digits"),
        (with_channel("call", "", ""), "neither"),
        (with_channel("form", "", "http://example.org/"), "plain https"),
        (with_channel("form", "", "https://user@example.org/"), "plain https"),
        (with_channel("form", "", "https://example.org:8443/"), "plain https"),
        (with_channel("form", "", "https://example.org.evil.test/"), "not on the list"),
        (with_channel("form", "", "javascript:alert(1)"), "plain https"),
        (with_channel("email", "desk@example.org", "other@example.org"), "is not shown as"),
        (with_channel("email", "desk", "desk"), "is not shown as"),
        (with_channel("text", "233733", "233733", body="HELP ME"), "one plain word"),
        (with_channel("call", "988", "988", body="HELP"), "only a text line"),
        (with_channel("pigeon", "1", "1"), "channel kind"),
        ({**LINE, "channels": []}, "no channel"),
        ({**LINE, "channels": ["988"]}, "a list of entries is missing"),
        ({**LINE, "mark": "CONFLICT"}, "sources disagree"),
        ({**LINE, "mark": None}, "mark is one of"),
        ({**LINE, "serves": "atlantis"}, "there is no place"),
        ({**LINE, "audience": "cats"}, "audience is one of"),
        ({**LINE, "what": ""}, "what is missing"),
        ({**LINE, "name": None}, "name is missing"),
        ({**LINE, "sources": []}, "names no source"),
        ({**LINE, "read_on": "November"}, "read_on is a day"),
        ({**LINE, "checked_on": "2026-12-01"}, "go together"),
        ({**LINE, "id": "A line"}, "an id has only"),
    ],
)
def test_a_contact_that_breaks_a_rule_is_refused_by_name(change, words):
    with pytest.raises(ContentInvalid, match=words) as refusal:
        read(change)
    assert str(change["id"]) in str(refusal.value)


def test_a_contact_listed_twice_is_refused():
    with pytest.raises(ContentInvalid, match="listed twice"):
        read(LINE, LINE)


def test_the_nearest_contacts_come_first_and_keep_their_order():
    contacts = read(
        {**LINE, "id": "nation-1"},
        {**LINE, "id": "nation-2"},
        {**LINE, "id": "state", "serves": "california"},
        {**LINE, "id": "other-state", "serves": "nevada"},
    )
    chain = read_places(PLACES).chain("california")
    assert [contact.id for contact in nearest_first(contacts, chain)] == ["state", "nation-1", "nation-2"]


def test_what_a_wide_place_keeps_to_itself_is_not_shown_in_a_narrow_one():
    contacts = read({**LINE, "id": "everywhere"}, {**LINE, "id": "nation-page", "only_here": True})
    places = read_places(PLACES)
    assert [contact.id for contact in nearest_first(contacts, places.chain("california"))] == ["everywhere"]
    assert [contact.id for contact in nearest_first(contacts, places.chain("us"))] == [
        "everywhere",
        "nation-page",
    ]


def test_a_text_line_is_opened_without_its_word_which_some_phones_would_dial():
    assert Channel("text", "233733", "233733", "HELP").href == "sms:233733"
    assert Channel("text", "988", "988").href == "sms:988"


def test_mail_is_shown_and_never_linked():
    assert Channel("email", "desk@example.org", "desk@example.org").href == ""


def content(**site):
    return read_content(PLACES, {"contacts": [LINE]}, {**SITE, **site})


def test_content_that_fits_together_is_taken():
    assert content().site.exit_url == "https://example.org/"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"exit_url": "http://example.org/"}, "plain https"),
        ({"exit_url": "https://elsewhere.test/"}, "not on the list"),
        ({"default_place": "atlantis"}, "there is no place"),
        ({"hotline": "gone"}, "there is no contact"),
        ({"founding_channels": ["gone"]}, "there is no contact"),
        ({"founding_channels": []}, "must be shown"),
        ({"exit_url": ""}, "exit_url is missing"),
        ({"hosts": None}, "hosts is missing"),
        ({"locales": []}, "English among them"),
        ({"locales": None}, "a list of entries is missing"),
        ({"locales": [{"tag": "en"}, {"tag": "es", "checked_on": "soon"}]}, "a day like"),
        ({"figures": [{"text": "t", "link": "https://example.org/"}]}, "a text and a source"),
        ({"locales": [{"tag": "en"}, {"tag": "es"}, {"tag": "es"}]}, "offered once"),
        ({"locales": [{"tag": "en"}, {"tag": "tlh"}]}, "no name of its own"),
        ({"figures": [{"text": "t", "source": "s", "link": "https://elsewhere.test/"}]}, "not on the list"),
    ],
)
def test_site_settings_that_break_a_rule_are_refused(change, words):
    with pytest.raises(ContentInvalid, match=words):
        content(**change)


def test_a_language_is_a_draft_until_a_person_has_checked_it():
    english, spanish = content(locales=[{"tag": "en"}, {"tag": "es", "checked_on": None}]).site.locales
    assert not english.drafted
    assert spanish.drafted
    assert (
        not content(locales=[{"tag": "en"}, {"tag": "es", "checked_on": "2026-12-01"}])
        .site.locales[1]
        .drafted
    )
