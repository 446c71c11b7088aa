"""Who agrees to a hand-over at the access screens, and to what: settled publishers of the report's place."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, replace
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.delivery.agree_to_hand_overs import AgreeToHandOvers, AskedFor, WhoDecides
from chalicelib.delivery.agreed_hand_overs import COUNTS_FOR, HandOverKey, fingerprint_of
from chalicelib.delivery.errors import HandOverRefused
from chalicelib.desk.agreements import (
    AUTHENTICATOR_AT,
    NOT_USED_YET,
    PASSWORD_AT,
    PUBLISHER_SINCE,
    SETTLED_AFTER,
)
from chalicelib.desk.errors import AgreementMissing, NotAllowed
from chalicelib.desk.grants import GrantsOfPeople
from chalicelib.desk.people import EDITOR, PUBLISHER, Person
from chalicelib.desk.standings import Standings
from chalicelib.directory.recipient_rows import RecipientRow, Recipients
from chalicelib.directory.recipients import Recipient
from chalicelib.shared.errors import EntryMissing
from tests.support.fake_hand_overs import FakeHandOvers
from tests.support.fake_sign_ins import FakeRoles
from tests.support.fakes import recipient
from tests.support.staff import ANA, BEN, CAM, PASSWORD, Staff

NUMBER = "PL-1A2B-3C4D"
ASKED = HandOverKey(NUMBER, "los-banos", "police", "sheriff")
DEE, EVE = "dee@desk.example", "eve@desk.example"


def row(office: Recipient, **more: Any) -> RecipientRow:
    agreed_on = office.agreed_on.isoformat() if office.agreed_on else None
    return RecipientRow(office.id, {**asdict(office), "agreed_on": agreed_on}, "1", **more)


class Agreeing(Staff):
    """The people of a desk, and the hand-overs that they agree to."""

    def __init__(self) -> None:
        super().__init__()
        self.at, self.agreed = FakeRoles(self.clock), FakeHandOvers()
        self.sheriff = recipient("sheriff", serves="merced")
        self.rows = [row(recipient("police")), row(self.sheriff), row(recipient("old"), gone=True)]
        standings = Standings(self.people, self.dates, self.clock)
        who = WhoDecides(
            self.people,
            standings,
            lambda account: self.at.at(account, noted=False),
            GrantsOfPeople(),
            self.roles.around,
        )
        self.hand_overs = AgreeToHandOvers(self.agreed, lambda: Recipients(self.rows), who, self.clock)

    def publishes(self, email: str, place: str) -> None:
        """Add somebody who has published a place for long."""
        person = self.people.add(email, "", PASSWORD)
        self.at.give(person.id, place, PUBLISHER)

    def signed_in(self, email: str) -> Person:
        """Return somebody as a session carries them, with what is noted."""
        person = self.people.find(email)
        return replace(person, at=tuple((role, place) for place, role in self.at.at(person.id).items()))

    def agree(self, email: str, asked: HandOverKey = ASKED, typed: str = "", shown: str = "") -> AskedFor:
        shown = shown or fingerprint_of(self.sheriff)
        return self.hand_overs.agree(asked, typed or asked.case_number, shown, self.signed_in(email))

    def counts(self, asked: HandOverKey = ASKED) -> list[str]:
        return [one.by for one in self.agreed.of(asked).counting(self.sheriff, self.clock.now())]


@pytest.fixture
def agreeing() -> Agreeing:
    return Agreeing()


def test_two_publishers_agree_and_each_sees_who_did_before(agreeing: Agreeing) -> None:
    first = agreeing.agree(ANA, typed=" pl 1a2b 3c4d ")
    until = agreeing.clock.now() + COUNTS_FOR
    assert (first.before, first.other, first.by, first.mine, first.enough) == (
        *("The police office", agreeing.sheriff, [(ANA, until)], True, False),
    )
    seen = agreeing.hand_overs.look(ASKED, agreeing.signed_in(BEN))
    assert ([who for who, _ in seen.by], seen.mine) == ([ANA], False)
    assert agreeing.agree(BEN).enough
    assert agreeing.counts() == [ANA, BEN]


def test_one_person_is_not_two(agreeing: Agreeing) -> None:
    agreeing.agree(ANA)
    assert not agreeing.agree(ANA).enough
    assert agreeing.counts() == [ANA]


def test_publishers_of_the_place_and_of_what_it_lies_in_agree_with_each_other(agreeing: Agreeing) -> None:
    agreeing.publishes(DEE, "los-banos")
    agreeing.publishes(EVE, "merced")
    agreeing.agree(DEE)
    assert agreeing.agree(EVE).enough


@pytest.mark.parametrize("place", ["atwater", "fresno", "fresno-city"])
def test_publishers_of_another_place_see_nothing_of_it_and_do_not_agree(
    agreeing: Agreeing, place: str
) -> None:
    agreeing.publishes(DEE, place)
    agreeing.agree(ANA)
    dee = agreeing.signed_in(DEE)
    with pytest.raises(NotAllowed):
        agreeing.hand_overs.look(ASKED, dee)
    with pytest.raises(NotAllowed):
        agreeing.agree(DEE)
    assert agreeing.hand_overs.waiting(dee) == []
    assert [one.asked for one in agreeing.hand_overs.waiting(agreeing.signed_in(BEN))] == [ASKED]
    assert agreeing.counts() == [ANA]


def test_a_place_that_people_does_not_know_is_the_sites(agreeing: Agreeing) -> None:
    agreeing.publishes(DEE, "california")
    asked = ASKED._replace(place="a-town-of-the-desks-own")
    with pytest.raises(NotAllowed):
        agreeing.agree(DEE, asked)
    agreeing.agree(ANA, asked)
    assert agreeing.counts(asked) == [ANA]


@pytest.mark.parametrize("where", ["", "los-banos"])
def test_an_editor_does_not_agree(agreeing: Agreeing, where: str) -> None:
    if where:
        agreeing.at.give(agreeing.person(CAM).id, where, EDITOR)
    with pytest.raises(NotAllowed):
        agreeing.agree(CAM)


@pytest.mark.parametrize("what", [PUBLISHER_SINCE, PASSWORD_AT, AUTHENTICATOR_AT, "not used", "invited"])
@pytest.mark.parametrize("where", ["", "los-banos"])
def test_nobody_agrees_who_is_new_at_what_they_are(agreeing: Agreeing, what: str, where: str) -> None:
    email = DEE if where else ANA
    if where:
        agreeing.publishes(DEE, where)
    account, now = agreeing.person(email).id, agreeing.clock.now()
    if what == "invited":
        held = agreeing.people.accounts[email]
        held.person = replace(held.person, invited_at=now - SETTLED_AFTER + timedelta(seconds=1))
    elif what == "not used":
        agreeing.dates.record(account, PASSWORD_AT, NOT_USED_YET)
    else:
        agreeing.dates.record(account, what, now - SETTLED_AFTER + timedelta(seconds=1))
    with pytest.raises(AgreementMissing, match="even days"):
        agreeing.agree(email)
    if what != "not used":
        agreeing.clock.forward(seconds=1)
        assert agreeing.agree(email).mine


def test_a_role_that_counts_since_a_moment_and_is_not_given_yet_is_new(agreeing: Agreeing) -> None:
    person = agreeing.people.add(DEE, "", PASSWORD)
    agreeing.at.note(person.id, "los-banos", PUBLISHER, agreeing.clock.now(), "change")
    with pytest.raises(AgreementMissing, match="became a publisher less than seven days ago"):
        agreeing.agree(DEE)


def _removed(desk: Agreeing) -> None:
    del desk.people.accounts[ANA]


def _is_somebody_else(desk: Agreeing) -> None:
    del desk.people.accounts[ANA]
    desk.people.add(ANA, PUBLISHER, PASSWORD)


def _shut_out(desk: Agreeing) -> None:
    desk.people.shut_out(ANA)


def _no_publisher_any_more(desk: Agreeing) -> None:
    desk.people.set_role(ANA, EDITOR)


def _got_a_new_password(desk: Agreeing) -> None:
    desk.dates.record(desk.person(ANA).id, PASSWORD_AT, desk.clock.now())


@pytest.mark.parametrize(
    "happens", [_removed, _is_somebody_else, _shut_out, _no_publisher_any_more, _got_a_new_password]
)
def test_who_agreed_and_could_not_now_does_not_stand_for_the_first(
    agreeing: Agreeing, happens: Callable[[Agreeing], None]
) -> None:
    agreeing.agree(ANA)
    happens(agreeing)
    assert not agreeing.agree(BEN).enough
    assert agreeing.counts() == [BEN]


@pytest.mark.parametrize("typed", ["", "PL-1A2B", "PL-2222-2222", "1A2B3C4D5E", "<b>"])
def test_the_number_is_typed_and_is_the_one_that_the_page_is_about(agreeing: Agreeing, typed: str) -> None:
    with pytest.raises(HandOverRefused) as refused:
        agreeing.hand_overs.agree(ASKED, typed, fingerprint_of(agreeing.sheriff), agreeing.signed_in(ANA))
    assert {*refused.value.problems} == {"number"}
    assert agreeing.counts() == []


def test_an_office_that_changed_since_it_was_shown_is_not_agreed_to(agreeing: Agreeing) -> None:
    shown = fingerprint_of(agreeing.sheriff)
    agreeing.agree(BEN)
    agreeing.sheriff = replace(agreeing.sheriff, email="elsewhere@agency.example")
    agreeing.rows[1] = row(agreeing.sheriff)
    with pytest.raises(HandOverRefused, match="changed since you saw it"):
        agreeing.agree(ANA, shown=shown)
    assert agreeing.hand_overs.look(ASKED, agreeing.signed_in(ANA)).by == []
    assert not agreeing.agree(ANA).enough


def test_an_agreement_is_taken_back_and_counts_for_a_week_and_no_longer(agreeing: Agreeing) -> None:
    agreeing.agree(ANA)
    agreeing.hand_overs.take_back(ASKED, agreeing.signed_in(BEN))
    assert agreeing.counts() == [ANA]
    agreeing.hand_overs.take_back(ASKED, agreeing.signed_in(ANA))
    assert agreeing.counts() == []
    agreeing.agree(ANA)
    agreeing.clock.forward(seconds=COUNTS_FOR.total_seconds())
    assert agreeing.hand_overs.waiting(agreeing.signed_in(BEN)) == []
    assert not agreeing.agree(BEN).enough


def test_an_office_that_is_gone_can_be_handed_from_and_not_to(agreeing: Agreeing) -> None:
    ana = agreeing.signed_in(ANA)
    for gone, name in (("old", "The old office"), ("older", "older")):
        assert agreeing.hand_overs.look(ASKED._replace(recipient=gone), ana).before == name
        with pytest.raises(EntryMissing):
            agreeing.hand_overs.look(ASKED._replace(other=gone), ana)


@pytest.mark.parametrize(
    "fields",
    [
        ("PL-1A2B", "los-banos", "police", "sheriff"),
        (NUMBER, "los banos", "police", "sheriff"),
        (NUMBER, "", "police", "sheriff"),
        (NUMBER, "los-banos", "police#sheriff", "sheriff"),
        (NUMBER, "los-banos", "police", "a" * 101),
        (NUMBER, "los-banos", "sheriff", "sheriff"),
    ],
)
def test_what_is_no_hand_over_is_not_there(agreeing: Agreeing, fields: tuple[str, str, str, str]) -> None:
    with pytest.raises(EntryMissing):
        agreeing.hand_overs.asked(*fields)
