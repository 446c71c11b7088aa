"""Whom a place's news are mailed to: in line with roles given, taken and settled, and with who is gone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from chalicelib.desk.keep_people_to_tell import KeepPeopleToTell
from chalicelib.desk.people import EDITOR, PUBLISHER, SHUT_OUT, Person
from chalicelib.directory.people_to_tell import PersonToTell
from chalicelib.shared.errors import StoreUnavailable
from tests.desk.test_delay_people import NEW, Waits
from tests.support.fakes import Failing
from tests.support.staff import ANA, BEN, CAM


class Told(Failing):
    """The ToldBook in memory. `meanwhile` happens once before a row is written."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: dict[str, PersonToTell] = {}
        self.meanwhile: Callable[[], object] = lambda: None

    def read(self) -> Sequence[PersonToTell]:
        self._about_to("read")
        return list(self.rows.values())

    def put(self, person: PersonToTell) -> None:
        self._about_to("put")
        meanwhile, self.meanwhile = self.meanwhile, lambda: None
        meanwhile()
        self.rows[person.id] = person

    def drop(self, id_: str) -> None:
        self._about_to("drop")
        self.rows.pop(id_, None)


class Desk(Waits):
    """A stage that delivers, with the list in memory."""

    def __init__(self) -> None:
        super().__init__()
        self.told_rows = Told()
        self.keep = KeepPeopleToTell(self.people, self.roles._book, self.told_rows)
        self.roles._changed = self.keep.anew

    def listed(self) -> dict[str, tuple[set[str], set[str]]]:
        """Return where each address publishes and edits."""
        rows = self.told_rows.rows.values()
        return {row.email: (set(row.publishes), set(row.edits)) for row in rows}


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_who_is_given_a_role_is_in_it_and_whose_role_ended_is_not(desk: Desk) -> None:
    desk.roles.give(CAM, EDITOR, "los-banos")
    desk.roles.give(CAM, PUBLISHER, "atwater")
    assert desk.listed() == {CAM: ({"atwater"}, {"los-banos"})}
    desk.roles.give(CAM, PUBLISHER, "los-banos")
    desk.roles.take(CAM, "atwater", desk.person(ANA))
    assert desk.listed() == {CAM: ({"los-banos"}, set())}
    desk.roles.take(CAM, "los-banos", desk.person(ANA))
    assert desk.listed() == {}


def test_a_role_that_waits_is_in_it_once_its_day_is_over_and_a_stopped_one_never(desk: Desk) -> None:
    desk.role(CAM, PUBLISHER, "los-banos")
    stopped = desk.role(BEN, PUBLISHER, "los-banos")
    desk.invite(NEW, EDITOR, "atwater")
    desk.hold.stop(stopped.subject, stopped.id, ANA)
    assert desk.listed() == {}
    desk.wait()
    assert desk.listed() == {CAM: ({"los-banos"}, set()), NEW: (set(), {"atwater"})}


def test_who_is_removed_is_gone_from_it(desk: Desk) -> None:
    desk.roles.give(CAM, EDITOR, "los-banos")
    desk.manage.remove(CAM, desk.person(ANA))
    assert desk.listed() == {}


def test_the_clock_mends_what_was_cut_off_and_what_was_done_in_the_pool(desk: Desk) -> None:
    for email in (BEN, CAM):
        desk.roles._book.give(desk.person(email).id, "merced", EDITOR)  # by a package of before
    desk.told_rows.rows["gone"] = PersonToTell("gone", "gone@desk.example", frozenset({"merced"}))
    desk.keep.all()
    assert desk.listed() == {BEN: (set(), {"merced"}), CAM: (set(), {"merced"})}
    shut: Callable[[], Sequence[Person]] = desk.people.listed
    desk.people.listed = lambda: [  # type: ignore[method-assign]
        replace(one, state=SHUT_OUT) if one.email == BEN else one for one in shut()
    ]
    desk.roles._book.take(desk.person(CAM).id, "merced")
    desk.keep.all()
    assert desk.listed() == {}


def test_of_two_changes_at_once_the_last_one_looks_again(desk: Desk) -> None:
    cam = desk.person(CAM)
    desk.told_rows.meanwhile = lambda: desk.roles._book.take(cam.id, "los-banos")
    desk.roles.give(CAM, PUBLISHER, "los-banos")
    assert desk.listed() == {}


def test_a_list_that_is_away_is_the_callers_to_hear_of(desk: Desk) -> None:
    desk.told_rows.fail(StoreUnavailable("away"))
    with pytest.raises(StoreUnavailable):
        desk.keep.anew(desk.person(CAM))
    desk.keep.anew(replace(desk.person(CAM), id=""))  # of nobody there is no row
