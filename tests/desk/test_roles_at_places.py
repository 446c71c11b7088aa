"""Roles at places: the book they are kept in, who gives and takes them, and whom they let see whom."""

from __future__ import annotations

from datetime import timedelta
from itertools import count

import pytest

from chalicelib.desk.adapters import dynamo_standings
from chalicelib.desk.adapters.dynamo_roles import DynamoRoles
from chalicelib.desk.adapters.dynamo_standings import DynamoStandings
from chalicelib.desk.agreements import PASSWORD_AT, PUBLISHER_SINCE
from chalicelib.desk.errors import LastPublisher, NotAllowed
from chalicelib.desk.grants import Grant, GrantsOfPeople
from chalicelib.desk.manage_roles import PlaceWrong
from chalicelib.desk.people import EDITOR, PUBLISHER, Person
from chalicelib.desk.places_of_roles import PlaceOfRoles, PlacesOfRoles
from chalicelib.desk.ports import RoleBook
from chalicelib.desk.sign_in import Sessions
from chalicelib.shared.aws.sdk import client
from chalicelib.shared.errors import EntryMissing
from tests.support.fake_sign_ins import FakeRoles
from tests.support.fakes import NOON, FixedClock
from tests.support.staff import ANA, BEN, CAM, PLACES, Staff

_numbers = count(1)
DEE, EVE, FAY = "dee@desk.example", "eve@desk.example", "fay@desk.example"


@pytest.fixture(params=["fake", "moto"])
def book(request: pytest.FixtureRequest) -> RoleBook:
    if request.param == "fake":
        return FakeRoles(FixedClock())
    request.getfixturevalue("aws")
    dynamodb, name = client("dynamodb"), f"roles-{next(_numbers)}"
    dynamodb.create_table(**dynamo_standings.table_definition(name))
    dates = DynamoStandings(lambda: dynamodb, name, name)
    dates.record("id-1", PASSWORD_AT, NOON)  # lies beside the roles, and is none
    return DynamoRoles(lambda: dynamodb, name, FixedClock())


def test_each_role_at_each_place_stands_by_itself_and_the_last_one_counts(book: RoleBook) -> None:
    assert book.at("id-1") == {}
    book.give("id-1", "los-banos", EDITOR)
    book.give("id-1", "atwater", EDITOR)
    book.give("id-1", "los-banos", PUBLISHER)
    book.give("id-2", "pk", EDITOR)
    assert book.at("id-1") == {"los-banos": PUBLISHER, "atwater": EDITOR}
    for _ in range(2):  # none there is no fault
        book.take("id-1", "atwater")
    book.take("id-3", "atwater")
    held = {person: at for person, at in book.at_all(["id-1", "id-2", "id-3", "id-1"]).items() if at}
    assert held == {"id-1": {"los-banos": PUBLISHER}, "id-2": {"pk": EDITOR}}
    assert book.at_all([]) == {}


def test_a_noted_role_counts_from_its_moment_and_lowers_nothing(book: RoleBook) -> None:
    moment = timedelta(microseconds=1)
    book.note("id-1", "atwater", EDITOR, NOON, "one")
    book.note("id-1", "merced", PUBLISHER, NOON + moment, "two")
    book.give("id-1", "los-banos", PUBLISHER)
    book.note("id-1", "los-banos", EDITOR, NOON - moment, "three")
    assert book.at("id-1") == {"atwater": EDITOR, "los-banos": PUBLISHER}
    assert book.at("id-1", noted=False) == {"los-banos": PUBLISHER}
    assert book.at_all(["id-1"]) == {"id-1": {"atwater": EDITOR, "los-banos": PUBLISHER}}
    for id_ in ("two", "one", "one"):  # another's stays, and none there is no fault
        book.drop_note("id-1", "atwater", id_)
        book.drop_note("id-9", "atwater", id_)
        assert ("atwater" in book.at("id-1")) == (id_ == "two")
    book.take("id-1", "los-banos")
    assert book.at("id-1") == {}
    book.note("id-1", "merced", EDITOR, NOON, "four")  # in the place of the other
    assert book.at("id-1") == {"merced": EDITOR}
    book.give("id-1", "merced", PUBLISHER)
    book.drop_note("id-1", "merced", "four")
    assert book.at("id-1", noted=False) == {"merced": PUBLISHER}
    with pytest.raises(ValueError, match="of whom"):
        book.note("id-1", "", EDITOR, NOON, "five")


def test_more_people_than_one_call_reads_are_all_read(book: RoleBook) -> None:
    everybody = [f"id-{number}" for number in range(130)]
    for person in everybody[::13]:
        book.give(person, "los-banos", EDITOR)
    assert {person for person, at in book.at_all(everybody).items() if at} == {*everybody[::13]}


def test_places_are_written_down_one_by_one(book: RoleBook) -> None:
    assert book.places() == {}
    for place in (
        PlaceOfRoles("pk", "Old", ""),
        PlaceOfRoles("sk", "Two", "pk"),
        PlaceOfRoles("pk", "New", "sk"),
    ):
        book.put_place(place)
    assert book.places() == {"pk": PlaceOfRoles("pk", "New", "sk"), "sk": PlaceOfRoles("sk", "Two", "pk")}


@pytest.mark.parametrize(
    ("person", "place", "role"), [("", "a", EDITOR), ("id-1", "", EDITOR), ("id-1", "a", "")]
)
def test_a_role_of_nobody_or_nowhere_is_refused(book: RoleBook, person: str, place: str, role: str) -> None:
    with pytest.raises(ValueError, match="of whom"):
        book.give(person, place, role)


def test_a_place_is_named_as_it_is_listed_and_two_of_one_name_by_what_they_lie_in() -> None:
    twins = {
        slug: PlaceOfRoles(slug, "Salem", parent)
        for slug, parent in (("salem", "merced"), ("salem-2", "fresno"))
    }
    places = PlacesOfRoles(PLACES, twins)
    for typed in ("los-banos", " Los  banos", "Los Banos, Merced County"):
        assert places.named(typed) == "los-banos"
    assert places.named("Salem, Fresno County") == "salem-2"
    assert places.named("salem") == "salem"  # the end of an address is one place's
    assert [places.named(typed) for typed in ("", "Los", "Nowhere")] == ["", "", ""]
    circle = PlacesOfRoles({"a": PlaceOfRoles("a", "A", "b"), "b": PlaceOfRoles("b", "B", "a")})
    assert circle.around("a") == ["a", "b"]


class Towns(Staff):
    """Dee publishes Merced County, Eve Los Banos, and Fay writes for Los Banos and for Fresno."""

    def __init__(self) -> None:
        super().__init__()
        for email, role, *places in (
            (DEE, PUBLISHER, "merced"),
            (EVE, PUBLISHER, "los-banos"),
            (FAY, EDITOR, "los-banos", "fresno-city"),
        ):
            self.manage.invite(email, role, places[0])
            for place in places[1:]:
                self.roles.give(email, role, place)

    def in_(self, email: str) -> Person:
        """Return somebody as a session knows them."""
        person = self.person(email)
        at = self.roles._book.at(person.id)
        return Person(
            person.email, person.role, id=person.id, at=tuple((role, place) for place, role in at.items())
        )

    def seen(self, by: str) -> dict[str, tuple[list[str], bool]]:
        lines = self.roles.lines(self.in_(by), self.roles.places())
        return {line.person.email: ([place for place, _ in line.roles], line.whole) for line in lines}


def test_people_of_a_place_see_those_of_it_and_below_and_nobody_of_a_foreign_one() -> None:
    towns = Towns()
    assert towns.seen(EVE) == {EVE: (["los-banos"], True), FAY: (["los-banos"], False)}
    assert towns.seen(DEE) == {
        DEE: (["merced"], True),
        EVE: (["los-banos"], True),
        FAY: (["los-banos"], False),
    }
    towns.roles.give(CAM, EDITOR, "los-banos")  # of the site as well: their account is the site's
    assert towns.seen(EVE)[CAM] == (["los-banos"], False)
    assert towns.seen(ANA)[FAY] == (["fresno-city", "los-banos"], True)
    assert {*towns.seen(ANA)} == {ANA, BEN, CAM, DEE, EVE, FAY}


def test_who_is_invited_to_a_place_has_no_role_of_the_site() -> None:
    towns = Towns()
    assert (towns.person(EVE).role, towns.in_(EVE).highest_role) == ("", PUBLISHER)
    assert GrantsOfPeople().grants(towns.in_(EVE)) == (Grant(PUBLISHER, "los-banos"),)
    assert [line for line in towns.mailed if line[0] == EVE]
    assert towns.dates.dates(towns.person(EVE).id)[PUBLISHER_SINCE]
    towns.manage.change_role(ANA, EDITOR)
    with pytest.raises(LastPublisher):  # nobody of a place stands for the site's last
        towns.manage.change_role(BEN, EDITOR)


def test_a_role_is_taken_where_it_was_given_and_with_the_account() -> None:
    towns = Towns()
    towns.roles.take(FAY, "fresno-city", towns.in_(ANA))
    assert towns.seen(EVE)[FAY] == (["los-banos"], True)
    with pytest.raises(EntryMissing):
        towns.roles.take(FAY, "fresno-city", towns.in_(ANA))
    with pytest.raises(NotAllowed):
        towns.roles.take(EVE, "los-banos", towns.in_(EVE))
    gone = towns.manage.remove(FAY, towns.in_(ANA))
    assert towns.roles._book.at(gone.id) == {}
    with pytest.raises(EntryMissing):
        towns.roles.give(BEN, PUBLISHER, "nowhere")


def test_a_role_of_the_site_can_be_left_for_those_at_places() -> None:
    towns = Towns()
    towns.roles.give(CAM, EDITOR, "atwater")
    assert towns.manage.change_role(CAM, "").role == EDITOR
    assert (towns.person(CAM).role, towns.in_(CAM).at) == ("", ((EDITOR, "atwater"),))


@pytest.mark.parametrize(
    ("slug", "name", "around", "wrong"),
    [
        ("planada", " ", "merced", "name"),
        ("Planada", "Planada", "merced", "p"),
        ("about", "About", "merced", "p"),
        ("planada", "Planada", "nowhere", "around"),
        ("merced", "Merced", "los-banos", "around"),
    ],
)
def test_a_place_that_cannot_be_is_refused_by_its_field(
    slug: str, name: str, around: str, wrong: str
) -> None:
    with pytest.raises(PlaceWrong, match=wrong):
        Towns().roles.checked(slug, name, around)


def test_a_place_that_is_new_lies_in_its_county_and_may_be_moved() -> None:
    towns = Towns()
    towns.roles.put(towns.roles.checked("planada", "Planada", "fresno"))
    towns.roles.put(towns.roles.checked("planada", " Planada  Village", "merced"))
    assert towns.roles.places().label("planada") == "Planada Village, Merced County"
    assert "planada" in towns.roles.looked_after(towns.in_(DEE), towns.roles.places())


def test_a_session_knows_roles_at_places_anew_at_each_request() -> None:
    towns = Towns()
    towns.roles.give(CAM, PUBLISHER, "atwater")
    sessions = Sessions(
        towns.people, towns.tokens, towns.book, towns.clock, *towns._parts, roles=towns.roles._book
    )
    token = towns.come_in(CAM).handle
    assert sessions.who(token).at == ((PUBLISHER, "atwater"),)
    towns.roles.take(CAM, "atwater", towns.in_(ANA))
    assert (sessions.who(token).at, sessions.who(token).role) == ((), EDITOR)
    assert sessions.who(towns.come_in(ANA).handle).at == ()
