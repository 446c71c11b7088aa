"""Recipients as rows: what is in effect at a moment, what readers may know of it, and what each inbox was."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from itertools import count

import pytest

from chalicelib.desk.adapters import dynamo_standings
from chalicelib.desk.adapters.dynamo_delayed_changes import DynamoDelayedChanges
from chalicelib.desk.delayed_changes import DelayedChange
from chalicelib.directory.adapters.dynamo_recipients import DynamoRecipients
from chalicelib.directory.recipient_rows import (
    KIND,
    STALE_FORM,
    SUBJECT,
    Coming,
    RecipientRow,
    Recipients,
    RecipientsMissing,
    offices_at,
    offices_text,
)
from chalicelib.directory.recipients import read_offices
from chalicelib.reporting.choices import read_choice
from chalicelib.shared.aws.sdk import client
from chalicelib.shared.errors import StaleRecord
from tests.support.fakes import NOON, recipient

_numbers = count(1)
DAY, MOMENT = timedelta(days=1), timedelta(microseconds=1)
POLICE = {
    "id": "police",
    "name": "Police",
    "serves": "us",
    "email": "a@police.example",
    "fallback": "b@police.example",
    "language": "en",
    "nature": "police",
    "enforces_immigration": False,
    "what": "An office.",
    "what_not": "No hotline.",
    "agreed_on": "2026-11-01",
    "key": "a key",
}
MOVED = {**POLICE, "email": "new@police.example"}
ROW = RecipientRow("police", POLICE, "0-1")
CHANGE = Coming("police", MOVED, "1-1", NOON + DAY)
SHELTER = Coming("shelter", {**POLICE, "id": "shelter", "email": "s@shelter.example"}, "1-2", NOON + 2 * DAY)


def test_a_change_counts_from_its_moment_on_and_a_stopped_one_never() -> None:
    known = Recipients([ROW], [CHANGE, SHELTER])
    assert known.at(NOON + DAY - MOMENT) == [POLICE]
    assert known.at(NOON + DAY) == [MOVED]
    assert [one["id"] for one in known.at(NOON + 2 * DAY)] == ["police", "shelter"]
    assert Recipients([ROW], [replace(CHANGE, stopped=True)]).at(NOON + 9 * DAY) == [POLICE]
    gone = Recipients([ROW], [replace(CHANGE, entry=None)])
    assert (gone.at(NOON), gone.at(NOON + DAY)) == ([POLICE], [])


def test_readers_know_what_each_office_is_and_from_when_on_and_no_address_or_key() -> None:
    known = Recipients([ROW], [CHANGE, SHELTER, replace(CHANGE, id="never", stopped=True)])
    text = offices_text(known, NOON)
    assert not [one for one in ("@", "a key", "never") if one in text]
    assert [one["id"] for one in json.loads(offices_at(text, NOON))] == ["police"]
    later = json.loads(offices_at(text, NOON + 2 * DAY))
    assert [one["id"] for one in later] == ["police", "shelter"]
    assert {"id", "name", "serves", "nature", "enforces_immigration"} <= later[0].keys()
    [police, _] = read_offices(later, ["us"])
    assert (police.email, police.fallback, police.key, police.name) == ("", "", "", "Police")
    assert read_offices(later, ["elsewhere"]) == ()


def test_readers_know_who_writes_back_and_never_where_replies_come_from() -> None:
    row = replace(ROW, entry={**POLICE, "answers": True, "reply_from": ["vendor.example"]})
    text = offices_text(Recipients([row], [SHELTER]), NOON)
    assert "vendor.example" not in text
    offices = read_offices(json.loads(offices_at(text, NOON + 2 * DAY)), ["us"])
    assert [(one.id, one.answers, one.reply_from) for one in offices] == [
        ("police", True, ()),
        ("shelter", False, ()),
    ]


def test_an_inbox_is_known_for_what_it_was_when_the_form_was_filled_in() -> None:
    moved = RecipientRow("police", MOVED, "0-1", 2, False, ((NOON, "a@police.example", "b@police.example"),))
    known = Recipients([replace(moved, gone=True)])
    assert "a@police.example" in known.addresses("police", NOON - MOMENT)
    assert "a@police.example" in known.addresses("police", NOON + STALE_FORM - MOMENT)
    assert "a@police.example" not in known.addresses("police", NOON + STALE_FORM)
    assert "new@police.example" in known.addresses("police", NOON + 30 * DAY), "also once it was taken out"
    assert known.addresses("nobody", NOON) == ()


@pytest.mark.parametrize(
    ("known", "agreed_only", "ever"),
    [
        (Recipients([]), True, False),
        (Recipients([replace(ROW, entry={**POLICE, "agreed_on": None})]), True, False),
        (Recipients([replace(ROW, entry={**POLICE, "agreed_on": None})]), False, True),
        (Recipients([replace(ROW, gone=True)]), True, True),
        (Recipients([], [replace(CHANGE, at=NOON)]), True, True),
        (Recipients([], [CHANGE]), True, False),
    ],
)
def test_whether_anybody_was_ever_mailed_outlives_who_was(
    known: Recipients, agreed_only: bool, ever: bool
) -> None:
    assert known.ever_mailed(NOON, agreed_only=agreed_only) is ever


def test_a_choice_from_a_form_without_inboxes_refuses_them_once_they_are_known() -> None:
    offered = (recipient("police"), recipient("clinic", nature="services"))
    on_form = tuple(replace(one, email="", fallback="") for one in offered)
    choice = read_choice({"r": ["clinic"]}, on_form, on_form)
    assert choice.lacks_marks
    whole = choice.with_marks(lambda office: [f"{office}@agency.example"])
    assert not whole.lacks_marks
    again = replace(recipient("clinic", nature="services"), email="police@agency.example")
    assert not whole.allows(again, again.email, False), "an office's inbox is refused under another name"
    assert whole.allows(offered[1], "clinic@agency.example", False)


@pytest.mark.usefixtures("aws")
def test_rows_and_changes_are_read_from_the_table_once_all_of_them_are_there() -> None:
    dynamodb, name = client("dynamodb"), f"recipients-{next(_numbers)}"
    dynamodb.create_table(**dynamo_standings.table_definition(name))
    table, changes = (one(lambda: dynamodb, name) for one in (DynamoRecipients, DynamoDelayedChanges))
    table.put(ROW)
    table.put(ROW)
    with pytest.raises(RecipientsMissing):
        table.read()
    assert table.rows() == [ROW]
    table.mark_moved(NOON, "the deploy")
    second = replace(ROW, version=2, gone=True, earlier=((NOON, "x@police.example", ""),))
    with pytest.raises(StaleRecord):
        table.put(replace(second, version=3))
    table.put(second)
    assert table.read() == Recipients([second], [])
    accepted = DelayedChange(
        "one", f"{SUBJECT}police", KIND, "us", json.dumps(POLICE), json.dumps(MOVED), (), (), NOON, NOON + DAY
    )
    changes.accept(accepted, "")
    changes.accept(replace(accepted, subject="person#1"), "")
    [coming] = table.read().coming
    assert (coming.id, coming.entry, coming.at, coming.stopped) == ("police", MOVED, NOON + DAY, False)
    for now in (NOON, NOON + DAY - MOMENT, NOON + DAY):
        assert coming.counts(now) == accepted.in_effect(now), "two readers of one thing"
    changes.stop(accepted, "ana", NOON)
    assert table.read().coming[0].stopped
