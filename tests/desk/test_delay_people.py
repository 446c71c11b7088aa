"""Deeds about people wait for a day: before it they do nothing, at it they are done, stopped ones never."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import count
from typing import Any

import pytest

from chalicelib.desk.delay_people import DelayPeople, Doing
from chalicelib.desk.delayed_changes import SETTLES_AFTER, TAKEN_UP_WITHIN, DelayedChange
from chalicelib.desk.errors import PersonKnown
from chalicelib.desk.grants import GrantsOfPeople
from chalicelib.desk.hold_changes import HoldChanges, Notices
from chalicelib.desk.manage_people import AddressWrong
from chalicelib.desk.people import EDITOR, PUBLISHER, Person
from chalicelib.shared.errors import EntryMissing, StoreUnavailable
from tests.support.fake_delayed_changes import FakeDelayedChanges
from tests.support.fakes import FakeAlarms, FakeMailer
from tests.support.staff import ANA, BEN, CAM, Staff

NEW, DEE, OPERATOR_AT = "new#1@desk.example", "dee@desk.example", "ops@desk.example"
MOMENT = timedelta(microseconds=1)
LONGER_THAN_A_REQUEST = timedelta(minutes=3)


class Waits(Staff):
    """The staff of a stage, which has delivered reports unless its first is `ahead`."""

    def __init__(self, ahead: bool = False) -> None:
        super().__init__()
        self.ahead, self.changes, self.mailer = ahead, FakeDelayedChanges(), FakeMailer()
        self.heard: dict[str, str] = {}  # whom the notice of a change went to, and the code in it
        self.done: list[tuple[str, str]] = []  # whom and what the log says was carried out
        self.told: list[tuple[str, tuple[str, ...], tuple[str, ...]]] = []
        notices = Notices(self.mailer, FakeAlarms(), "desk@porchlight.example", OPERATOR_AT, self._write)
        letters = count()
        self.hold = HoldChanges(
            self.changes, self.roles, GrantsOfPeople(), lambda place: self.roles.around()(place), self.book,
            self, self.clock, notices, lambda known: known[next(letters) * 7 % len(known)],
            self.roles.drop_note,
        )  # fmt: skip
        doing = Doing(self.manage, self.roles, self._record, self._told)
        self.delay = DelayPeople(self.hold, self.changes, doing, self.clock)

    def is_ahead(self) -> bool:
        return self.ahead

    def at(self, email: str) -> dict[str, str]:
        """Return somebody's roles at places."""
        return dict(self.roles._book.at(self.person(email).id))

    def wait(self, passes: timedelta = SETTLES_AFTER) -> None:
        """Let time pass, and somebody look at People."""
        self.clock.time += passes
        self.delay.carry_out()

    def invite(self, email: str = NEW, role: str = EDITOR, place: str = "") -> DelayedChange:
        return self.delay.invite(email, role, place, f"{email} is invited", self.person(ANA))

    def role(self, email: str, role: str, place: str = "") -> DelayedChange:
        return self.delay.role(email, role, place, f"{email} becomes {role}", self.person(ANA))

    def _write(self, to: str, lines: Sequence[str], at: datetime, code: str) -> bytes:
        self.heard[to] = code
        return b"notice"

    def _record(self, who: str, role: str, did: str, about: str = "", after: str = "", outcome: str = ""
    ) -> None:  # fmt: skip
        assert (who, role, did, outcome) == (ANA, "", "carry out what waited", "done")
        self.done.append((about, after))

    def _told(
        self, headline: str, lines: Sequence[str], also: Collection[str] = (), but: Collection[str] = ()
    ) -> None:
        self.told.append((headline, tuple(also), tuple(but)))


@pytest.fixture
def staff() -> Waits:
    return Waits()


Asked = Callable[[Waits], DelayedChange]
Seen = Callable[[Waits], object]
DEEDS: dict[str, tuple[Asked, Seen]] = {
    "an invitation": (lambda one: one.invite(), lambda one: sorted(one.people.accounts)),
    "a role of the site": (lambda one: one.role(CAM, PUBLISHER), lambda one: one.person(CAM).role),
    "a role at a place": (lambda one: one.role(CAM, PUBLISHER, "merced"), lambda one: one.at(CAM)),
    "a password": (
        lambda one: one.delay.password(CAM, "a password", one.person(ANA)),
        lambda one: [to for to, _, _ in one.mailed],
    ),
    "an authenticator": (
        lambda one: one.delay.authenticator(CAM, "an authenticator", one.person(ANA)),
        lambda one: one.person(CAM).second_factor,
    ),
}
each_deed = pytest.mark.parametrize(("ask", "see"), DEEDS.values(), ids=DEEDS)
_READ = "a role at a place"  # counts by being read, and has tests of its own below
_CARRIED_OUT = {name: deed for name, deed in DEEDS.items() if name != _READ}
each_carried_out = pytest.mark.parametrize(("ask", "see"), _CARRIED_OUT.values(), ids=_CARRIED_OUT)


@each_deed
def test_a_deed_is_done_at_its_time_and_not_before_and_once(staff: Waits, ask: Asked, see: Seen) -> None:
    before = see(staff)
    change = ask(staff)
    assert change.settles_at == staff.clock.now() + SETTLES_AFTER
    staff.wait(timedelta())
    staff.wait(SETTLES_AFTER - MOMENT)
    assert (see(staff), staff.done, staff.mailed) == (before, [], [])
    staff.wait(MOMENT)
    after = see(staff)
    assert after != before
    assert len(staff.done) == len(staff.told) == 1
    staff.wait(timedelta(days=1))
    assert (see(staff), len(staff.done), staff.changes.all()) == (after, 1, [])


@each_deed
def test_a_deed_that_was_stopped_is_never_done(staff: Waits, ask: Asked, see: Seen) -> None:
    before, change = see(staff), ask(staff)
    staff.clock.time += SETTLES_AFTER - MOMENT
    staff.hold.stop_by_code(staff.heard[OPERATOR_AT])
    staff.wait(MOMENT)
    staff.wait(TAKEN_UP_WITHIN)
    assert (see(staff), staff.done) == (before, [])
    assert change.subject not in {one.subject for one in staff.changes.all()}, "nothing of them is kept"


@each_carried_out
def test_a_deed_that_nobody_came_for_in_a_week_is_dropped(staff: Waits, ask: Asked, see: Seen) -> None:
    before = see(staff)
    ask(staff)
    staff.wait(SETTLES_AFTER + TAKEN_UP_WITHIN)
    assert (see(staff), staff.done, staff.changes.all()) == (before, [], [])


@each_deed
def test_pressed_twice_it_is_one_deed_and_one_mail_each(staff: Waits, ask: Asked, see: Seen) -> None:
    first = ask(staff)
    staff.heard.clear()
    staff.clock.forward(seconds=60)
    assert ask(staff) == first
    assert not staff.heard


@each_deed
def test_whoever_is_stopped_in_the_middle_leaves_what_the_next_one_finishes(
    staff: Waits, ask: Asked, see: Seen
) -> None:
    ask(staff)
    staff.clock.time += SETTLES_AFTER
    staff.changes.fail(StoreUnavailable("away"), "forget")
    staff.delay.carry_out()
    after, claimed = see(staff), staff.changes.all()
    assert [one.taken_up_at for one in claimed] == [staff.clock.now()]
    staff.wait(timedelta(minutes=1))  # the one who claimed it may be at it still
    assert staff.changes.all() == claimed
    staff.changes.mend()
    staff.wait(LONGER_THAN_A_REQUEST)
    assert staff.changes.all() == []
    mailed = isinstance(after, list)
    assert see(staff) == after or (mailed and {*see(staff)} == {*after})  # type: ignore[misc]


@each_carried_out
def test_a_deed_that_the_pool_refused_is_tried_again(staff: Waits, ask: Asked, see: Seen) -> None:
    before = see(staff)
    ask(staff)
    for name in ("invite", "set_role", "set_first_password", "forget_authenticator"):
        staff.people.fail(StoreUnavailable("away"), name)
    staff.wait()
    assert (see(staff), staff.done) == (before, [])
    staff.people.mend()
    staff.wait(LONGER_THAN_A_REQUEST)
    assert see(staff) != before
    assert len(staff.done) == 1


@pytest.mark.parametrize("name", [name for name in DEEDS if name != "an invitation"])
def test_a_deed_about_an_account_that_is_gone_or_another_by_now_does_nothing(name: str) -> None:
    for again in (False, True):
        staff = Waits()
        DEEDS[name][0](staff)
        staff.people.remove(CAM)
        if again:
            staff.people.add(CAM, EDITOR, "another long password", "CAMC" * 8)
        staff.wait()
        assert (staff.done, staff.told, staff.mailed, staff.changes.all()) == ([], [], [], [])
        if again:
            assert (staff.person(CAM).role, staff.at(CAM), staff.person(CAM).second_factor) == (
                EDITOR,
                {},
                True,
            )


def test_what_somebody_waits_for_goes_with_their_account_and_so_does_what_they_decided(staff: Waits) -> None:
    staff.role(CAM, PUBLISHER)
    staff.role(CAM, EDITOR, "merced")
    staff.delay.invite(NEW, EDITOR, "", "new", staff.person(BEN))
    kept = staff.delay.password(BEN, "ben", staff.person(ANA))
    staff.delay.drop_all(CAM, ANA)
    assert len(staff.hold.waiting()) == 2
    staff.delay.drop_all("nobody@desk.example", ANA)
    staff.delay.drop_all(BEN, ANA)
    assert staff.hold.waiting() == []
    assert {one.stopped_by for one in staff.changes.all()} == {ANA}
    assert kept.subject in {one.subject for one in staff.changes.all()}


def test_two_deeds_about_one_person_stand_by_themselves_and_the_later_of_one_kind_counts(
    staff: Waits,
) -> None:
    staff.invite(NEW, EDITOR)
    staff.invite(NEW, EDITOR, "atwater")
    staff.clock.forward(seconds=60)
    staff.invite(NEW, PUBLISHER, "merced")
    staff.invite(NEW, EDITOR, "merced")
    staff.delay.password(CAM, "one", staff.person(ANA))
    staff.delay.authenticator(CAM, "two", staff.person(ANA))
    assert len(staff.hold.waiting()) == 5
    staff.wait()
    assert (staff.person(NEW).role, staff.at(NEW)) == (EDITOR, {"atwater": EDITOR, "merced": EDITOR})
    assert sorted(to for to, _, _ in staff.mailed) == [CAM, NEW], "one first password each"
    assert not staff.person(CAM).second_factor


def test_a_role_that_is_less_than_what_somebody_got_meanwhile_lowers_nothing(staff: Waits) -> None:
    staff.role(CAM, EDITOR, "merced")
    staff.roles.give(CAM, PUBLISHER, "merced")
    staff.wait()
    assert (staff.at(CAM), staff.done) == ({"merced": PUBLISHER}, [])


def test_a_role_that_is_taken_stops_the_one_that_waits_there_alone(staff: Waits) -> None:
    staff.role(CAM, PUBLISHER, "merced")
    staff.role(CAM, PUBLISHER, "fresno")
    staff.delay.drop_role(CAM, "merced", BEN)
    staff.wait()
    assert staff.at(CAM) == {"fresno": PUBLISHER}


def test_only_more_than_somebody_has_is_given_later(staff: Waits) -> None:
    assert staff.delay.gives(CAM, PUBLISHER, "")
    assert staff.delay.gives(CAM, EDITOR, "merced")
    for role in ("", EDITOR):
        assert not staff.delay.gives(CAM, role, "")
        assert not staff.delay.gives(ANA, role, "")
    with pytest.raises(EntryMissing):
        staff.delay.gives("nobody@desk.example", EDITOR, "")


def test_a_role_at_a_place_counts_to_the_moment_while_nobody_looks_at_people(staff: Waits) -> None:
    staff.role(CAM, PUBLISHER, "merced")
    staff.clock.time += SETTLES_AFTER - MOMENT
    assert staff.at(CAM) == {}
    staff.clock.time += MOMENT
    assert staff.at(CAM) == {"merced": PUBLISHER}
    assert staff.roles.role_at(staff.person(CAM), "merced") == "", "nobody has written it down yet"
    assert [one.email for one in staff.roles.publishers()] == [ANA, BEN, CAM]
    staff.wait(TAKEN_UP_WITHIN)  # long after
    assert staff.at(CAM) == {"merced": PUBLISHER}
    assert staff.done == [(CAM, f"{CAM} becomes {PUBLISHER}")]
    staff.roles.take(CAM, "merced", staff.person(ANA))
    assert staff.at(CAM) == {}


@pytest.mark.parametrize("late", [False, True])
def test_a_role_at_a_place_that_was_stopped_or_taken_counts_for_no_reader(staff: Waits, late: bool) -> None:
    staff.role(CAM, PUBLISHER, "merced")
    change = staff.role(CAM, PUBLISHER, "fresno")
    staff.clock.time += SETTLES_AFTER if late else SETTLES_AFTER - MOMENT
    staff.hold.stop(change.subject, change.id, BEN)
    staff.clock.time += MOMENT
    assert staff.at(CAM) == {"merced": PUBLISHER}
    staff.roles.take(CAM, "merced", staff.person(ANA))
    staff.delay.drop_role(CAM, "merced", ANA)
    assert staff.at(CAM) == {}
    staff.wait()
    assert staff.at(CAM) == {}


def test_a_stop_that_was_cut_off_has_taken_the_role_from_readers_and_can_be_made_again(staff: Waits) -> None:
    change = staff.role(CAM, PUBLISHER, "merced")
    staff.changes.fail(StoreUnavailable("away"), "stop")
    with pytest.raises(StoreUnavailable):
        staff.hold.stop(change.subject, change.id, BEN)
    staff.clock.time += SETTLES_AFTER
    assert staff.at(CAM) == {}
    staff.changes.mend()
    assert staff.hold.stop(change.subject, change.id, BEN).stopped_by == BEN


def test_another_role_in_the_place_of_one_that_waits_counts_at_its_own_time(staff: Waits) -> None:
    staff.role(CAM, PUBLISHER, "merced")
    staff.clock.time += timedelta(hours=1)
    staff.role(CAM, EDITOR, "merced")
    staff.clock.time += SETTLES_AFTER - MOMENT
    assert staff.at(CAM) == {}
    staff.clock.time += MOMENT
    assert staff.at(CAM) == {"merced": EDITOR}


def test_a_role_that_was_stopped_while_it_was_being_kept_leaves_no_note(staff: Waits) -> None:
    book = staff.roles._book
    kept_note = book.note

    def stopped_first(*what: Any) -> None:
        change = staff.hold.waiting()[0]
        staff.hold.stop(change.subject, change.id, BEN)
        kept_note(*what)

    book.note = stopped_first  # type: ignore[method-assign]
    staff.role(CAM, PUBLISHER, "merced")
    staff.wait()
    assert staff.at(CAM) == {}


def test_what_is_amiss_is_refused_at_once(staff: Waits) -> None:
    with pytest.raises(AddressWrong):
        staff.invite("nobody")
    with pytest.raises(PersonKnown):
        staff.invite(CAM)
    for ask in (
        lambda: staff.invite(NEW, "owner"),
        lambda: staff.role(CAM, "owner"),
        lambda: staff.role(CAM, EDITOR, "nowhere"),
        lambda: staff.role(NEW, EDITOR),
        lambda: staff.delay.password(NEW, "", staff.person(ANA)),
        lambda: staff.delay.authenticator(NEW, "", staff.person(ANA)),
    ):
        with pytest.raises(EntryMissing):
            ask()
    assert staff.changes.all() == []


def test_whose_password_or_authenticator_it_is_can_stop_it_by_a_code(staff: Waits) -> None:
    staff.delay.password(CAM, "a password", staff.person(ANA))
    assert {to for to, code in staff.heard.items() if code} == {CAM, OPERATOR_AT}
    assert {*staff.heard} == {ANA, BEN, CAM, OPERATOR_AT}
    staff.hold.stop_by_code(staff.heard[CAM])
    staff.wait()
    assert staff.mailed == []


def test_publishers_of_the_place_hear_of_it_and_stop_it_and_those_of_another_do_not(staff: Waits) -> None:
    staff.manage.invite(DEE, PUBLISHER, "merced")
    staff.manage.invite("eve@desk.example", PUBLISHER, "fresno")
    staff.manage.invite("fay@desk.example", EDITOR, "merced")
    staff.invite(NEW, EDITOR, "los-banos")
    assert {*staff.heard} == {ANA, BEN, DEE, OPERATOR_AT}
    staff.heard.clear()
    staff.role(CAM, PUBLISHER)
    assert {*staff.heard} == {ANA, BEN, OPERATOR_AT}
    by_email = {person.email: person for person in staff.roles.publishers()}
    assert [one.place for one in staff.delay.waiting(by_email[DEE])] == ["los-banos"]
    assert staff.delay.waiting(by_email["eve@desk.example"]) == []
    assert len(staff.delay.waiting(by_email[ANA])) == 2
    assert staff.delay.waiting(Person("x@desk.example", "", at=((EDITOR, "merced"),))) == []
    staff.wait()
    told = {headline: ({*also}, {*but}) for headline, also, but in staff.told}
    assert told["somebody was invited"] == ({ANA, BEN, CAM, DEE}, {NEW})  # Cam publishes by then
    assert told["a role was changed"] == ({ANA, BEN, CAM}, set())


def test_a_new_publisher_is_dated_when_the_role_counts(staff: Waits) -> None:
    staff.role(CAM, PUBLISHER)
    assert staff.dated(CAM) == set()
    staff.wait()
    dates = staff.dates.dates(staff.person(CAM).id)
    assert [*dates.values()] == [staff.clock.now()]


def test_before_the_first_report_nothing_waits() -> None:
    assert not Waits(ahead=True).delay.needed()
    assert Waits().delay.needed()


def test_a_change_of_a_recipient_is_left_to_those_who_read_it(staff: Waits) -> None:
    other = replace(staff.role(CAM, PUBLISHER), subject="recipient#a", id="a", expires_at=None)
    staff.changes.accept(other, "")
    staff.wait(TAKEN_UP_WITHIN * 2)
    assert [one.subject for one in staff.changes.all()] == ["recipient#a"]
