"""What is written down about people and their deeds: the fakes and the adapters on DynamoDB alike."""

from __future__ import annotations

from datetime import timedelta
from itertools import count

import pytest

from chalicelib.desk.adapters import dynamo_audit, dynamo_standings
from chalicelib.desk.adapters.dynamo_audit import DynamoAudit
from chalicelib.desk.adapters.dynamo_standings import DynamoStandings
from chalicelib.desk.agreements import AUTHENTICATOR_AT, NOT_USED_YET, PASSWORD_AT, PUBLISHER_SINCE
from chalicelib.desk.ports import AuditEntry, AuditLog, StandingBook
from chalicelib.publishing.adapters import dynamo_documents
from chalicelib.shared.aws.sdk import client
from tests.support.fake_sign_ins import FakeAudit, FakeStandings
from tests.support.fakes import NOON

_numbers = count(1)


@pytest.fixture(params=["fake", "moto"])
def standings(request: pytest.FixtureRequest) -> StandingBook:
    if request.param == "fake":
        return FakeStandings()
    request.getfixturevalue("aws")
    return on_dynamodb()[0]


def on_dynamodb() -> tuple[DynamoStandings, DynamoStandings]:
    """Return the adapter on a table of its own, and one on the table that it kept dates in before."""
    dynamodb, number = client("dynamodb"), next(_numbers)
    name, before = f"standings-{number}", f"standings-before-{number}"
    dynamodb.create_table(**dynamo_standings.table_definition(name))
    dynamodb.create_table(**dynamo_documents.table_definition(before))
    return DynamoStandings(lambda: dynamodb, name, before), DynamoStandings(lambda: dynamodb, before, before)


@pytest.fixture(params=["fake", "moto"])
def log(request: pytest.FixtureRequest) -> AuditLog:
    if request.param == "fake":
        return FakeAudit()
    request.getfixturevalue("aws")
    dynamodb, name = client("dynamodb"), f"audit-{next(_numbers)}"
    dynamodb.create_table(**dynamo_audit.table_definition(name))
    return DynamoAudit(lambda: dynamodb, name)


def test_nothing_is_written_down_about_somebody_unknown(standings: StandingBook) -> None:
    assert standings.dates("id-1") == {}


@pytest.mark.usefixtures("aws")
def test_dates_of_before_the_access_function_count_until_later_ones_do() -> None:
    standings, before = on_dynamodb()
    day = timedelta(days=1)
    before.record("id-1", PASSWORD_AT, NOON)
    before.record("id-1", AUTHENTICATOR_AT, NOON + day)
    standings.record("id-1", PASSWORD_AT, NOON + day)
    standings.record("id-1", AUTHENTICATOR_AT, NOON)
    assert standings.dates("id-1") == {PASSWORD_AT: NOON + day, AUTHENTICATOR_AT: NOON + day}
    assert before.dates("id-1")[PASSWORD_AT] == NOON


def test_what_was_handed_out_and_is_not_used_yet_is_kept_as_that(standings: StandingBook) -> None:
    standings.record("id-1", PASSWORD_AT, NOT_USED_YET)
    assert standings.dates("id-1") == {PASSWORD_AT: NOT_USED_YET}


def test_each_date_of_each_person_stands_by_itself_and_the_last_one_counts(standings: StandingBook) -> None:
    later = NOON + timedelta(days=3, microseconds=5)
    standings.record("id-1", PASSWORD_AT, NOON)
    standings.record("id-1", PUBLISHER_SINCE, NOON)
    standings.record("id-2", AUTHENTICATOR_AT, NOON)
    standings.record("id-1", PASSWORD_AT, later)
    assert standings.dates("id-1") == {PASSWORD_AT: later, PUBLISHER_SINCE: NOON}
    assert standings.dates("id-2") == {AUTHENTICATOR_AT: NOON}


@pytest.mark.parametrize(("person", "what"), [("", PASSWORD_AT), ("id-1", "invited_at"), ("id-1", "pk")])
def test_a_date_of_nobody_or_of_nothing_known_is_refused(
    standings: StandingBook, person: str, what: str
) -> None:
    with pytest.raises(ValueError, match="of whom"):
        standings.record(person, what, NOON)


def test_a_month_lists_its_own_lines_newest_first_and_whole(log: AuditLog) -> None:
    lines = [
        AuditEntry(NOON, "ana@desk.example", "publisher", "invite", "ben@desk.example", "he is new"),
        AuditEntry(NOON + timedelta(microseconds=1), "ana@desk.example", "publisher", "set role", "ben",
                   "", "editor", "publisher", "done", "nothing", "deed-1"),
        AuditEntry(NOON + timedelta(days=6), "somebody at the door", "", "sign in"),
    ]  # fmt: skip
    for line in lines:
        log.add(line)
    assert list(log.entries("2026-11")) == [lines[1], lines[0]]
    assert list(log.entries("2026-12")) == [lines[2]]
    assert list(log.entries("2026-10")) == []


def test_the_same_line_twice_is_two_lines(log: AuditLog) -> None:
    for _ in range(2):
        log.add(AuditEntry(NOON, "ana@desk.example", "publisher", "sign in"))
    assert len(log.entries("2026-11")) == 2
