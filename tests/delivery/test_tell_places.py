"""What goes on at a place is told its own people, the operator first; what cannot be told waits."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from email import message_from_bytes
from email.policy import default
from itertools import count

import pytest

from chalicelib.delivery.adapters.dynamo_place_notes import KEPT, DynamoPlaceNotes
from chalicelib.delivery.adapters.operator_mail import EXPLAINED
from chalicelib.delivery.place_notes import CONTACTS_DUE, MONTHLY, TOLD, AlarmsOfPlaces, PlaceNote
from chalicelib.delivery.render.place_mails import PlaceMails
from chalicelib.delivery.tell_places import MOST, TellPlaces
from chalicelib.directory.adapters.dynamo_people_to_tell import DynamoPeopleToTell
from chalicelib.directory.people_to_tell import PeopleToTell, PersonToTell
from chalicelib.reporting.adapters.dynamo_reports import DynamoReports, table_definition
from chalicelib.shared.aws.dynamo_values import table_definition as access_table
from chalicelib.shared.aws.sdk import client
from chalicelib.shared.errors import StoreUnavailable
from chalicelib.shared.mail import MailRefused
from tests.support.fakes import FakeAlarms, FakeMailer, FixedClock

PARENTS = {"ca": "", "merced": "ca", "los-banos": "merced", "atwater": "merced", "fresno": "ca"}
LEE = PersonToTell("1", "lee@town.example", frozenset({"los-banos"}))
MAY = PersonToTell("2", "may@town.example", frozenset(), frozenset({"los-banos"}))
KAY = PersonToTell("3", "kay@county.example", frozenset({"merced"}))
_numbers = count(1)


@pytest.mark.parametrize(
    ("place", "editors", "told"),
    [
        ("los-banos", False, [LEE]),
        ("los-banos", True, [LEE, MAY]),
        ("atwater", False, [KAY]),  # nobody there: the nearest place above
        ("fresno", False, []),  # nobody of another county
        ("gone", True, []),
    ],
)
def test_a_place_has_its_own_people_or_those_of_the_nearest_place_around(
    place: str, editors: bool, told: list[PersonToTell]
) -> None:
    assert list(PeopleToTell([LEE, MAY, KAY], PARENTS).of(place, editors=editors)) == told
    assert list(PeopleToTell([LEE], {"los-banos": "los-banos"}).of("los-banos")) == [LEE]
    assert list(PeopleToTell([], {"a": "b", "b": "a"}).of("a")) == []


class Bench:
    """Notes on moto, the rest fakes."""

    def __init__(self) -> None:
        self.clock, self.alarms, self.mailer = FixedClock(), FakeAlarms(), FakeMailer()
        self.dynamodb, self.table = client("dynamodb"), f"notes-{next(_numbers)}"
        self.dynamodb.create_table(**table_definition(self.table))
        self.notes = DynamoPlaceNotes(lambda: self.dynamodb, self.table)
        self.raises = AlarmsOfPlaces(self.alarms, self.notes, self.clock)
        self.people: Collection[PersonToTell] = [LEE, MAY, KAY]
        self.away = False
        names = {"los-banos": "Los Banos", "atwater": "Atwater\nCity"}
        write = PlaceMails("desk@porchlight.example", "https://x.example", lambda slug: names.get(slug, slug))
        self.tell = TellPlaces(
            self.notes, self._read, write, self.mailer, self.alarms, self.clock, "desk@porchlight.example"
        )

    def _read(self) -> PeopleToTell:
        if self.away:
            raise StoreUnavailable("away")
        return PeopleToTell(self.people, PARENTS)

    def mailed(self) -> dict[str, str]:
        """Return what was mailed since the last time, by address: one mail each."""
        found = {mail.to: mail.content.decode() for mail in self.mailer.sent}
        assert len(found) == len(self.mailer.sent)
        self.mailer.sent.clear()
        return {to: str(message_from_bytes(text.encode(), policy=default)) for to, text in found.items()}


@pytest.fixture
def bench(aws: None) -> Bench:
    return Bench()


def test_each_gets_one_mail_a_run_with_all_their_places(bench: Bench) -> None:
    detail = {"reports": "2", "cases": "PL-1, PL-2", "places": "atwater, los-banos"}
    assert bench.raises.raise_alarm("reached_nobody", detail)
    bench.raises.raise_alarm("flood", {"recipient": "police", "place": "atwater"})
    bench.raises.raise_alarm("mail_stopped", {"error": "x"})  # the operator's alone
    bench.raises.raise_alarm("seal_broken", {"case": "PL-1", "places": "atwater"})
    assert bench.alarms.kinds() == ["reached_nobody", "flood", "mail_stopped", "seal_broken"]
    assert bench.tell() == 2
    mailed = bench.mailed()
    assert set(mailed) == {LEE.email, KAY.email}
    assert "Los Banos\n" in mailed[LEE.email]
    assert "Atwater" not in mailed[LEE.email]
    assert "Atwater City\n" in mailed[KAY.email]
    assert "Los Banos" not in mailed[KAY.email]
    assert "https://x.example/admin/deliveries" in mailed[KAY.email]
    assert mailed[KAY.email].count("- ") == 2
    for text in mailed.values():
        assert "PL-" not in text
        assert "police" not in text.casefold()


def test_editors_hear_of_contacts_and_of_nothing_else(bench: Bench) -> None:
    bench.notes.note([PlaceNote("los-banos", CONTACTS_DUE, 3)], bench.clock.now())
    bench.raises.raise_alarm("not_taken", {"places": "los-banos"})
    assert bench.tell() == 2
    mailed = bench.mailed()
    assert "There are 3." in mailed[MAY.email]
    assert "https://x.example/admin/contacts" in mailed[MAY.email]
    assert "An office did not take" not in mailed[MAY.email]
    assert "An office did not take" in mailed[LEE.email]


def test_a_flood_of_alarms_is_no_flood_of_mails_and_nothing_is_lost(bench: Bench) -> None:
    for minute in range(61):
        bench.raises.raise_alarm("fell_back", {"places": "los-banos"})
        if minute == 1:
            bench.raises.raise_alarm("flood", {"place": "los-banos"})
        bench.tell()
        bench.clock.forward(minutes=1)
    kinds = ["first address" in mail.content.decode() for mail in bench.mailer.sent]
    # at once, the other kind a quarter of an hour later, and the same again after an hour
    assert kinds == [True, False, True]
    assert {mail.to for mail in bench.mailer.sent} == {LEE.email}
    bench.clock.forward(hours=2)
    assert bench.tell() == 0  # all of it is told


def test_when_the_list_cannot_be_read_the_operator_has_been_told_and_the_place_is_told_later(
    bench: Bench,
) -> None:
    bench.away = True
    bench.raises.raise_alarm("reached_nobody", {"places": "los-banos"})
    assert bench.alarms.kinds() == ["reached_nobody"]
    with pytest.raises(StoreUnavailable):
        bench.tell()
    bench.away = False
    bench.clock.forward(minutes=15)
    assert (bench.tell(), set(bench.mailed())) == (1, {LEE.email})


def test_a_note_that_cannot_be_kept_changes_nothing_for_the_operator(bench: Bench) -> None:
    def away(notes: Collection[PlaceNote], now: datetime) -> None:
        raise StoreUnavailable("away")

    bench.notes.note = away  # type: ignore[method-assign]
    bench.alarms.told = False
    assert not bench.raises.raise_alarm("not_taken", {"places": "los-banos"})
    assert bench.alarms.kinds() == ["not_taken"]


def test_whose_role_ended_gets_nothing(bench: Bench) -> None:
    bench.raises.raise_alarm("not_taken", {"places": "los-banos"})
    bench.people = [KAY]
    assert (bench.tell(), set(bench.mailed())) == (1, {KAY.email})


def test_an_address_that_takes_no_mail_stops_nothing_and_mail_that_is_away_waits(bench: Bench) -> None:
    bench.people = [KAY, PersonToTell("4", "jo@town.example", frozenset({"atwater"})), LEE]
    bench.raises.raise_alarm("not_taken", {"places": "atwater, los-banos"})
    bench.mailer.fail_next("send", MailRefused("no"))
    assert (bench.tell(), set(bench.mailed())) == (1, {LEE.email})
    assert bench.alarms.raised[-1] == ("place_not_told", {"addresses": "1"})
    bench.clock.forward(hours=2)
    assert bench.tell() == 0
    bench.raises.raise_alarm("not_taken", {"places": "los-banos"})
    bench.mailer.fail_next("send", MailRefused("no"))
    assert bench.tell() == 0
    bench.clock.forward(minutes=15)
    assert (bench.tell(), set(bench.mailed())) == (1, {LEE.email})


def test_of_two_runs_at_once_one_tells_and_more_than_a_run_has_time_for_is_told_next(bench: Bench) -> None:
    now = bench.clock.now()
    bench.notes.note([PlaceNote(f"town-{at}", "flood", 1) for at in range(MOST + 5)], now)
    taken = bench.notes.take(now, MOST)
    assert (len(taken), bench.notes.take(now, MOST)) == (MOST, ())
    bench.notes.settle(taken, now)
    later = now + timedelta(minutes=15)
    rest = bench.notes.take(later, MOST)
    assert len({note.place for note in (*taken, *rest)}) == MOST + 5
    store = DynamoReports(lambda: bench.dynamodb, bench.table)
    assert list(store.expired(now + KEPT + timedelta(seconds=1))) != []


def test_a_mail_that_cannot_be_written_stops_no_other_and_is_not_tried_for_ever(bench: Bench) -> None:
    def write(address: str, notes: object) -> bytes:
        if address == KAY.email:
            raise KeyError("a name")
        return b"Subject: x\n\ny"

    bench.tell._write = write
    bench.raises.raise_alarm("not_taken", {"places": "atwater, los-banos"})
    assert (bench.tell(), set(bench.mailed())) == (1, {LEE.email})
    bench.clock.forward(hours=2)
    assert bench.tell() == 0


def test_who_was_not_asked_for_want_of_time_is_told_by_the_next_run_and_nobody_twice(bench: Bench) -> None:
    left = iter([timedelta(seconds=60), timedelta(seconds=19)])
    bench.tell._left = lambda: next(left)
    bench.raises.raise_alarm("not_taken", {"places": "atwater, los-banos"})
    assert (bench.tell(), set(bench.mailed())) == (1, {KAY.email})
    bench.tell._left = lambda: timedelta.max
    bench.clock.forward(minutes=15)
    assert (bench.tell(), set(bench.mailed())) == (1, {LEE.email})


def test_what_a_report_waits_for_is_told_before_what_is_told_once_a_month(bench: Bench) -> None:
    now = bench.clock.now()
    bench.notes.note([PlaceNote(f"a-{at}", CONTACTS_DUE, 1) for at in range(MOST)], now)
    bench.notes.note([PlaceNote("z", "reached_nobody", 1)], now)
    assert PlaceNote("z", "reached_nobody", 1) in bench.notes.take(now, MOST)


def test_the_item_holds_what_waits_and_what_was_told_within_the_hour_and_no_more(bench: Bench) -> None:
    def attributes() -> list[str]:
        [item] = bench.dynamodb.scan(TableName=bench.table)["Items"]
        return sorted(name for name in item if " " in name)

    now = bench.clock.now()
    bench.notes.note([PlaceNote("los-banos", "flood", 2)], now)
    taken = bench.notes.take(now, MOST)
    bench.notes.note([PlaceNote("los-banos", "flood", 1)], now)  # meanwhile
    bench.notes.settle(taken, now)
    assert attributes() == ["due flood los-banos", "settled flood los-banos"]
    hour = now + timedelta(hours=1)
    assert bench.notes.take(hour, MOST) == [PlaceNote("los-banos", "flood", 1)]
    bench.notes.settle([PlaceNote("los-banos", "flood", 1)], hour)
    assert attributes() == ["settled flood los-banos"]
    bench.notes.note([PlaceNote("atwater", "flood", 1)], hour + timedelta(hours=1))
    bench.notes.take(hour + timedelta(hours=1), MOST)
    assert attributes() == ["due flood atwater"]


def test_whatever_keeps_a_note_from_being_kept_what_raised_the_alarm_goes_on(bench: Bench) -> None:
    def full(notes: Collection[PlaceNote], now: datetime) -> None:
        raise ValueError("Item size to update has exceeded the maximum allowed size")

    bench.notes.note = full  # type: ignore[method-assign]
    assert bench.raises.raise_alarm("not_taken", {"places": "los-banos"})


def test_every_kind_says_what_to_do_and_leads_to_a_screen() -> None:
    from chalicelib.delivery.web.cases import CASES
    from chalicelib.publishing.web.contacts import CONTACT_LIST
    from chalicelib.publishing.web.service_files import DUE

    for kind, told in TOLD.items():
        assert kind in EXPLAINED or kind in MONTHLY
        assert told.do.endswith((".", "?"))
        assert told.what.endswith(".")
        assert f"/admin/{told.screen}" in (CASES, CONTACT_LIST, DUE, "/admin/recipients")


def test_the_list_is_a_row_a_person_and_places_lie_where_people_has_them(aws: None) -> None:
    dynamodb, name = client("dynamodb"), f"access-{next(_numbers)}"
    dynamodb.create_table(**access_table(name))
    rows = DynamoPeopleToTell(lambda: dynamodb, name)
    assert (rows.read(), rows.parents(FixedClock().now())) == ([], {})
    for person in (LEE, MAY, KAY, LEE):
        rows.put(person)
    rows.drop(MAY.id)
    rows.drop("9")
    assert rows.read() == [LEE, KAY]
