"""Nobody agrees to what they proposed, and nobody who has only just become who they are."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from chalicelib.desk import agreements
from chalicelib.desk.agreements import (
    SENTENCES,
    SETTLED_AFTER,
    Standing,
    why_not,
)
from chalicelib.desk.people import EDITOR, PUBLISHER

NOW = datetime(2026, 11, 25, 10, 0, tzinfo=UTC)
LONG_AGO = NOW - timedelta(days=400)
BEN = Standing("0b1e-ben", "ben@example.org", PUBLISHER, LONG_AGO)

DATES = {
    "invited_at": agreements.NEWLY_INVITED,
    "publisher_since": agreements.NEW_PUBLISHER,
    "password_at": agreements.NEW_PASSWORD,
    "authenticator_at": agreements.NEW_AUTHENTICATOR,
}


def test_somebody_settled_may_agree_to_what_others_proposed() -> None:
    assert why_not(BEN, {"0a11-ana", "ana@example.org"}, NOW) == ""
    assert why_not(BEN, (), NOW) == ""


@pytest.mark.parametrize(
    "proposers", [{"0b1e-ben"}, {"ben@example.org"}, {" Ben@Example.ORG "}, ["0a11-ana", "0b1e-ben"]]
)
def test_nobody_agrees_to_what_they_had_a_hand_in(proposers: set[str]) -> None:
    assert why_not(BEN, proposers, NOW) == agreements.PROPOSED_IT


def test_an_address_given_to_somebody_new_still_counts_as_the_proposer() -> None:
    again = replace(BEN, id="0c2f-new", invited_at=LONG_AGO)

    assert why_not(again, {"0b1e-ben", "ben@example.org"}, NOW) == agreements.PROPOSED_IT


@pytest.mark.parametrize(("date", "reason"), DATES.items())
def test_each_date_counts_for_seven_days(date: str, reason: str) -> None:
    for ago in (timedelta(0), SETTLED_AFTER - timedelta(seconds=1), -timedelta(days=3000)):
        assert why_not(replace(BEN, **{date: NOW - ago}), (), NOW) == reason
    assert why_not(replace(BEN, **{date: NOW - SETTLED_AFTER}), (), NOW) == ""


@pytest.mark.parametrize("date", ["password_at", "authenticator_at"])
def test_what_was_handed_out_and_never_used_where_it_counts_makes_nobody_settled(date: str) -> None:
    person = replace(BEN, **{date: agreements.NOT_USED_YET})
    assert why_not(person, (), NOW) == agreements.NOT_USED
    assert why_not(person, (), NOW + timedelta(days=3000)) == agreements.NOT_USED


def test_somebody_of_whom_the_pool_says_too_little_agrees_to_nothing() -> None:
    assert why_not(replace(BEN, id=""), (), NOW) == agreements.NOT_KNOWN
    assert why_not(replace(BEN, invited_at=None), (), NOW) == agreements.NOT_KNOWN


@pytest.mark.parametrize("role", ["", EDITOR, "owner"])
def test_only_publishers_agree(role: str) -> None:
    assert why_not(replace(BEN, role=role), (), NOW) == agreements.NO_PUBLISHER


def test_each_reason_has_a_sentence() -> None:
    others = {agreements.PROPOSED_IT, agreements.NO_PUBLISHER, agreements.NOT_KNOWN, agreements.NOT_USED}
    reasons = {*DATES.values(), *others}

    assert reasons == set(SENTENCES)
