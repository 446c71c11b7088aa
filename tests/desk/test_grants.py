"""Roles by place: every verb, at every place, for every grant, against a table typed by hand."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

import pytest

from chalicelib.desk.grants import (
    DECIDE,
    DECIDE_SITE,
    DRAFT,
    DRAFT_SITE,
    LOOK,
    LOOK_AT_SITE,
    OWN,
    RULES,
    SITE,
    Grant,
    may,
    may_all,
    of_role,
    role_at,
    seen,
)
from chalicelib.desk.people import EDITOR, PUBLISHER, ROLES

AROUND = {
    "los-banos": ("los-banos", "merced", "california", "us"),
    "atwater": ("atwater", "merced", "california", "us"),
    "fresno-city": ("fresno-city", "fresno", "california", "us"),
    "merced": ("merced", "california", "us"),
    "fresno": ("fresno", "california", "us"),
    "california": ("california", "us"),
    "us": ("us",),
}
NOWHERE = "nowhere"
PLACES = (*AROUND, SITE, NOWHERE)
# The places that a grant at one covers, by hand.
BELOW = {
    "los-banos": {"los-banos"},
    "atwater": {"atwater"},
    "fresno-city": {"fresno-city"},
    "merced": {"merced", "los-banos", "atwater"},
    "fresno": {"fresno", "fresno-city"},
    "california": {"california", "merced", "fresno", "los-banos", "atwater", "fresno-city"},
    "us": {*AROUND},
    SITE: {*PLACES},
    NOWHERE: set(),
}
BY_PLACE = {EDITOR: {LOOK, DRAFT}, PUBLISHER: {LOOK, DRAFT, DECIDE}}
BY_SITE = {EDITOR: {DRAFT_SITE}, PUBLISHER: {DRAFT_SITE, DECIDE_SITE}}


def around(place: str) -> Sequence[str]:
    return AROUND.get(place, ())


def wanted(grant: Grant, verb: str, place: str) -> bool:
    if verb in (LOOK_AT_SITE, OWN):
        return grant.role in ROLES
    if verb in BY_SITE[PUBLISHER]:
        return grant.place == SITE and verb in BY_SITE.get(grant.role, set())
    return place in BELOW[grant.place] and verb in BY_PLACE.get(grant.role, set())


@pytest.mark.parametrize("role", [*ROLES, "", "root"])
def test_each_grant_covers_exactly_what_the_table_says(role: str) -> None:
    for held, verb, place in product(PLACES, RULES, PLACES):
        grant = Grant(role, held)
        assert may([grant], verb, place, around) == wanted(grant, verb, place), (grant, verb, place)


def test_grants_add_up_and_take_nothing_away() -> None:
    every = [Grant(role, place) for role, place in product(ROLES, PLACES)]
    for one, other in product(every, every):
        for verb, place in product(RULES, PLACES):
            both = may([one, other], verb, place, around)
            assert both == (may([one], verb, place, around) or may([other], verb, place, around))


def test_without_a_grant_nothing_may_be_done() -> None:
    assert not any(may([], verb, place, around) for verb, place in product(RULES, PLACES))


def test_an_unknown_verb_is_no_verb() -> None:
    with pytest.raises(KeyError):
        may([Grant(PUBLISHER)], "anything", "us", around)


def test_an_entry_that_moves_needs_both_places() -> None:
    grants = [Grant(EDITOR, "merced")]
    assert may_all(grants, DRAFT, ["los-banos", "atwater"], around)
    assert not may_all(grants, DRAFT, ["los-banos", "fresno-city"], around)
    assert not may_all(grants, DRAFT, [], around)


def test_a_list_shows_what_a_person_may_look_at() -> None:
    grants = [Grant(EDITOR, "merced"), Grant(PUBLISHER, "fresno-city")]
    assert seen(grants, LOOK, AROUND, around) == ["los-banos", "atwater", "fresno-city", "merced"]
    assert seen(grants, DECIDE, AROUND, around) == ["fresno-city"]


def test_of_two_roles_at_a_place_the_higher_counts() -> None:
    grants = [Grant(EDITOR, "merced"), Grant(PUBLISHER, "los-banos")]
    assert role_at(grants, "los-banos", around) == PUBLISHER
    assert role_at(grants, "atwater", around) == EDITOR
    assert role_at(grants, "fresno", around) == role_at(grants, SITE, around) == ""


def test_todays_groups_are_of_the_site() -> None:
    assert of_role(PUBLISHER) == (Grant(PUBLISHER, SITE),)
    assert of_role("") == of_role("root") == ()
