"""The recipients document is read strictly, and a form offers only who agreed, nearest first."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from chalicelib.directory.errors import ContentInvalid
from chalicelib.directory.recipients import offered_at, read_recipients
from tests.support.fakes import recipient

ENTRY: dict[str, Any] = {
    "id": "town-police",
    "name": "Town Police",
    "serves": "town",
    "email": "desk@police.example",
    "fallback": "",
    "language": "en",
    "nature": "police",
    "enforces_immigration": False,
    "what": "The police of the town.",
    "what_not": "It is not a hotline.",
    "agreed_on": "2026-11-25",
    "mark": "CONFIRMED",
    "source": "told us",
    "read_on": "2026-11-25",
}
PLACES = ("town", "county", "nation")


def test_an_entry_becomes_a_recipient() -> None:
    (police,) = read_recipients([ENTRY], PLACES)
    assert police.agreed_on == date(2026, 11, 25)
    assert police.address("first") == "desk@police.example"
    assert (police.fallback, police.key) == ("", "")


def test_a_recipient_has_a_second_address_when_it_gave_one() -> None:
    (police,) = read_recipients([{**ENTRY, "fallback": "chief@police.example"}], PLACES)
    assert police.address("fallback") == "chief@police.example"


@pytest.mark.parametrize(
    ("changed", "rule"),
    [
        ({"id": ""}, "id must be a text"),
        ({"id": "Town Police"}, "id has only"),
        ({"id": "a\r\nb"}, "id has only"),
        ({"name": 7}, "name must be a text"),
        ({"what": ""}, "what must be a text"),
        ({"serves": "elsewhere"}, "a place that we do not know"),
        ({"nature": "army"}, "nature must be one of"),
        ({"email": "desk"}, "email must be one address"),
        ({"email": "desk@police"}, "email must be one address"),
        ({"email": "a@b.example, c@d.example"}, "email must be one address"),
        ({"email": "a@b.example\r\nBcc: c@d.example"}, "email must be one address"),
        ({"email": "a@b.example\nBcc:c@d.example"}, "email must be one address"),
        ({"email": "Desk <desk@police.example>"}, "email must be one address"),
        ({"email": "dësk@police.example"}, "email must be one address"),
        ({"email": "a@b@c.example"}, "email must be one address"),
        ({"fallback": "desk"}, "fallback must be one address or empty"),
        ({"fallback": ["a@b.example"]}, "fallback must be a text or empty"),
        ({"fallback": "desk@police.example"}, "fallback must differ"),
        ({"fallback": "Desk@Police.example"}, "fallback must differ"),
        ({"key": 7}, "key must be a text or empty"),
        ({"enforces_immigration": "no"}, "must be true or false"),
        ({"enforces_immigration": None}, "must be true or false"),
        ({"agreed_on": "soon"}, "agreed_on must be a date"),
        ({"phone": "911"}, "unknown field phone"),
    ],
)
def test_an_entry_that_breaks_a_rule_is_named_with_the_rule(changed: dict[str, Any], rule: str) -> None:
    with pytest.raises(ContentInvalid, match=rule):
        read_recipients([{**ENTRY, **changed}], PLACES)


@pytest.mark.parametrize(
    "left_out", ["id", "name", "serves", "email", "nature", "enforces_immigration", "what_not"]
)
def test_an_entry_that_lacks_a_field_is_refused(left_out: str) -> None:
    with pytest.raises(ContentInvalid, match=left_out):
        read_recipients([{name: value for name, value in ENTRY.items() if name != left_out}], PLACES)


def test_no_recipient_is_there_twice() -> None:
    with pytest.raises(ContentInvalid, match="twice"):
        read_recipients([ENTRY, ENTRY], PLACES)


def test_a_form_offers_the_nearest_first() -> None:
    nation, county, town = recipient("n"), recipient("c", serves="county"), recipient("t", serves="town")
    everyone = [nation, town, county]
    assert offered_at(everyone, PLACES, agreed_only=True) == (town, county, nation)
    assert offered_at(everyone, PLACES[1:], agreed_only=True) == (county, nation)
    assert offered_at(everyone, (), agreed_only=True) == ()


def test_in_production_nobody_is_offered_who_has_not_agreed() -> None:
    agreed, not_yet = recipient("a"), recipient("b", agreed_on=None)
    assert offered_at([agreed, not_yet], PLACES, agreed_only=True) == (agreed,)
    assert offered_at([agreed, not_yet], PLACES, agreed_only=False) == (agreed, not_yet)


def test_the_senders_of_an_office_are_domains_and_addresses_in_small_letters() -> None:
    senders = ["Town.example", "*.county.example", "Chief@mail.example"]
    (read,) = read_recipients([{**ENTRY, "reply_from": senders, "answers": True}], {ENTRY["serves"]})
    assert read.reply_from == ("town.example", "*.county.example", "chief@mail.example")
    assert read.answers


@pytest.mark.parametrize("senders", ["town.example", ["not a domain"], ["*.*.example"], [7], ["@"]])
def test_what_is_no_list_of_senders_is_refused(senders: object) -> None:
    with pytest.raises(ContentInvalid, match="reply_from must be a list of domains and addresses"):
        read_recipients([{**ENTRY, "reply_from": senders}], {ENTRY["serves"]})
