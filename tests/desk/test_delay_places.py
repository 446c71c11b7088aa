"""What a place lies in decides who has rights there: whoever would gain some gets them a day later."""

from __future__ import annotations

from datetime import timedelta

import pytest

from chalicelib.desk.delay_places import DelayPlaces
from chalicelib.desk.delayed_changes import SETTLES_AFTER
from chalicelib.desk.grants import DRAFT, Grant, may
from chalicelib.desk.manage_roles import PlaceWrong
from chalicelib.desk.people import EDITOR
from chalicelib.desk.places_of_roles import PlaceOfRoles
from chalicelib.desk.ports import RoleBook
from chalicelib.directory.adapters.dynamo_people_to_tell import DynamoPeopleToTell
from chalicelib.shared.aws.sdk import client
from chalicelib.shared.errors import StoreUnavailable
from tests.desk.test_delay_people import LONGER_THAN_A_REQUEST, MOMENT, OPERATOR_AT, Waits
from tests.desk.test_roles_at_places import book  # noqa: F401 (a fixture)
from tests.support.fakes import NOON
from tests.support.staff import ANA, BEN, CAM


class Counties(Waits):
    """A stage that delivers. Cam edits Fresno County."""

    def __init__(self, ahead: bool = False) -> None:
        super().__init__(ahead)
        around = (self.hold, self.changes, self.roles)
        self.places = DelayPlaces(*around, self._record, self._told, self.clock)
        self.roles.give(CAM, EDITOR, "fresno")

    def move(self, slug: str = "los-banos", to: str = "fresno", name: str = "Los Banos") -> bool:
        """Write a place down; return whether that waits."""
        return self.places.write_down(slug, name, to, self.person(ANA))[1]

    def around(self, slug: str = "los-banos") -> list[str]:
        return list(self.roles.around()(slug))[1:2]

    def pass_time(self, time: timedelta = SETTLES_AFTER) -> None:
        self.clock.time += time
        self.places.carry_out()


@pytest.fixture
def site() -> Counties:
    return Counties()


def test_who_gains_a_place_by_a_move_has_no_right_there_for_a_day(site: Counties) -> None:
    assert site.move()
    fresnos = [Grant(EDITOR, "fresno")]
    site.clock.time += SETTLES_AFTER - MOMENT
    site.places.carry_out()
    assert site.around() == ["merced"]
    assert not may(fresnos, DRAFT, "los-banos", site.roles.around())
    site.clock.time += MOMENT
    assert site.around() == ["fresno"], "it counts by being read"
    assert may(fresnos, DRAFT, "los-banos", site.roles.around())
    site.places.carry_out()
    assert (site.around(), site.changes.all()) == (["fresno"], [])
    assert [about for about, _ in site.done] == ["los-banos"]
    assert len(site.told) == 1
    site.pass_time()
    assert len(site.told) == 1


def test_everybody_hears_of_a_move_and_may_stop_it(site: Counties) -> None:
    site.move()
    assert set(site.heard) == {ANA, BEN, OPERATOR_AT}
    [change] = site.delay.waiting(site.person(ANA))
    assert "Los Banos, Merced County will lie in Fresno County" in change.described[0]
    site.hold.stop(change.subject, change.id, BEN)
    site.pass_time()
    site.pass_time(timedelta(days=7))
    assert (site.around(), site.done, site.changes.all()) == (["merced"], [], [])


def test_a_county_does_not_take_a_town_by_writing_it_down(site: Counties) -> None:
    assert site.move("planada", "fresno", "Planada")
    assert ("planada" in site.roles.places(), site.around("planada")) == (True, [])
    assert site.roles.give(CAM, EDITOR, "planada")[1] == "", "its own people can be named at once"
    site.pass_time()
    assert site.around("planada") == ["fresno"]


@pytest.mark.parametrize(("to", "name"), [("merced", "Los Banos City"), ("california", "Los Banos")])
def test_what_gives_nobody_anything_counts_at_once(site: Counties, to: str, name: str) -> None:
    assert not site.move("los-banos", to, name)
    assert (site.around(), site.changes.all()) == ([to], [])
    assert site.roles.places().label("los-banos").startswith(name)


def test_before_the_first_report_a_move_counts_at_once() -> None:
    site = Counties(ahead=True)
    assert not site.move()
    assert site.around() == ["fresno"]


def test_a_newer_move_takes_the_place_of_one_that_waits(site: Counties) -> None:
    site.move()
    assert site.move(), "and the same again waits no longer than the first"
    assert len(site.changes.all()) == 1
    site.clock.time += timedelta(hours=12)
    assert site.move(to="fresno-city")
    site.clock.time += timedelta(hours=13)
    assert site.around() == ["merced"]
    assert not site.move(to="merced"), "it stays where it is"
    site.pass_time()
    assert (site.around(), site.done) == (["merced"], [])


def test_two_moves_that_wait_make_no_ring(site: Counties) -> None:
    assert site.move("merced", "fresno", "Merced County")
    with pytest.raises(PlaceWrong, match="around"):
        site.move("fresno", "los-banos", "Fresno County")


def test_who_was_cut_off_leaves_a_move_that_the_clock_finishes(site: Counties) -> None:
    site.move()
    site.roles._book.fail_next("put_place", StoreUnavailable("away"))  # type: ignore[attr-defined]
    site.pass_time()
    assert (site.done, site.around()) == ([], ["fresno"])
    site.pass_time(LONGER_THAN_A_REQUEST)
    assert ([about for about, _ in site.done], site.around()) == (["los-banos"], ["fresno"])


def test_what_a_removed_publisher_decided_alone_is_stopped(site: Counties) -> None:
    site.move()
    site.delay.drop_all(ANA, BEN)
    site.pass_time()
    assert site.around() == ["merced"]


def test_a_noted_move_counts_from_its_moment(book: RoleBook) -> None:  # noqa: F811
    moment = timedelta(microseconds=1)
    book.put_place(PlaceOfRoles("planada", "Planada", "merced"))
    book.note_move("planada", "fresno", NOON + moment, "one")
    assert book.places() == {"planada": PlaceOfRoles("planada", "Planada", "merced")}
    assert book.places(noted=True) == {"planada": PlaceOfRoles("planada", "Planada", "fresno")}
    book.note_move("planada", "us", NOON, "two")
    book.put_place(PlaceOfRoles("planada", "Planada Village", "merced"))
    assert book.places() == {"planada": PlaceOfRoles("planada", "Planada Village", "us")}
    book.drop_move("planada", "one")  # another's stays
    assert book.places()["planada"].parent == "us"
    for _ in range(2):  # and none there is no fault
        book.drop_move("planada", "two")
    assert book.places()["planada"].parent == "merced"


def test_who_mails_reads_a_noted_move_as_people_does(aws: None) -> None:
    from chalicelib.desk.adapters.dynamo_roles import DynamoRoles
    from chalicelib.shared.aws.dynamo_values import table_definition

    dynamodb = client("dynamodb")
    dynamodb.create_table(**table_definition("moves"))
    rows = DynamoRoles(lambda: dynamodb, "moves")
    rows.put_place(PlaceOfRoles("planada", "Planada", "merced"))
    rows.note_move("planada", "fresno", NOON, "one")
    told = DynamoPeopleToTell(lambda: dynamodb, "moves")
    assert told.parents(NOON - MOMENT) == {"planada": "merced"}
    assert told.parents(NOON) == {"planada": "fresno"}
