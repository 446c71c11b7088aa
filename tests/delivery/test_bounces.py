"""What a bounce means by SES's names for it, and what an absence note leaves as it was."""

from __future__ import annotations

import itertools
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from chalicelib.delivery.bounces import (
    AWAY,
    AWAY_WAIT,
    BOUNCES,
    REFUSED,
    away,
    given_up,
    meaning,
    not_taken,
    taken,
)
from chalicelib.reporting.cases import (
    BOUNCED,
    COMPLAINED,
    DELIVERED,
    FAILED,
    FALLBACK,
    FALLEN_BACK,
    FIRST,
    HELD,
    QUEUED,
    SENT,
    UNCLEAR,
    WAITING,
    Delivery,
    move,
    sent_again,
)

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
LATER = NOON + timedelta(minutes=5)
TABLE = Path(__file__).parents[2] / "docs" / "deliveries.md"


def delivery(state: str = SENT, **changed: object) -> Delivery:
    return Delivery("police", state, NOON, NOON if state in WAITING else None, **changed)  # type: ignore[arg-type]


def test_the_table_in_the_docs_is_the_table_in_the_code() -> None:
    section = TABLE.read_text(encoding="utf-8").split("\n## What a bounce means\n")[1].split("\n## ")[0]
    rows = re.findall(r"^\| (\w+) \| (\w+) \| .+ \| `(\w+)` \|$", section, re.MULTILINE)
    assert {(kind, sub): meant for kind, sub, meant in rows} == BOUNCES
    assert len(rows) == len(BOUNCES)


@pytest.mark.parametrize(
    ("kind", "sub", "meant"),
    [
        ("Transient", "General", AWAY),
        ("TRANSIENT", "general", AWAY),
        ("Transient", "MailboxFull", REFUSED),
        ("Transient", "SomethingNew", REFUSED),
        ("Transient", "", REFUSED),
        ("Permanent", "General", REFUSED),
        ("Undetermined", "Undetermined", REFUSED),
        ("", "General", REFUSED),
    ],
)
def test_only_transient_general_is_an_absence_note(kind: str, sub: str, meant: str) -> None:
    assert meaning(kind, sub) == meant


def test_a_note_after_the_delivery_changes_nothing_but_that_it_is_noted() -> None:
    there = delivery(DELIVERED, message_id="m")
    noted = away(there, 0, "m", LATER)
    assert (noted.away_at, noted.away_mail) == (LATER, "m")
    assert (noted.state, noted.changed_at, noted.turn, noted.next_try) == (DELIVERED, NOON, 0, None)
    assert away(noted, 0, "m", LATER + timedelta(hours=1)) == noted


@pytest.mark.parametrize("state", [QUEUED, HELD, SENT, "delayed"])
def test_a_note_before_the_delivery_waits_for_it(state: str) -> None:
    unclear = away(delivery(state), 0, "m", LATER)
    assert (unclear.state, unclear.next_try, unclear.message_id) == (UNCLEAR, LATER + AWAY_WAIT, "m")
    assert away(unclear, 0, "m", LATER + timedelta(minutes=1)) == unclear
    there = taken(unclear, 0, "m", LATER)
    assert (there.state, there.next_try, there.doubtful) == (DELIVERED, None, ())


@pytest.mark.parametrize("state", [BOUNCED, COMPLAINED, "rejected", FAILED])
def test_a_note_softens_no_bad_news(state: str) -> None:
    noted = away(delivery(state), 0, "m", LATER)
    assert noted.state == state
    assert taken(noted, 0, "m", LATER).state == state


def test_what_nobody_took_is_given_up_and_a_late_word_mends_it() -> None:
    over = given_up(away(delivery(), 0, "m", NOON), LATER, has_fallback=False)
    assert over.state == BOUNCED
    assert taken(over, 0, "m", LATER).state == DELIVERED
    certain = not_taken(over, 0, BOUNCED, LATER, False)
    assert certain.state == BOUNCED
    assert taken(certain, 0, "m", LATER).state == BOUNCED


@pytest.mark.parametrize("since", [FALLEN_BACK, SENT, BOUNCED, UNCLEAR])
def test_a_late_word_mends_what_fell_back_wherever_the_fallbacks_mail_is(since: str) -> None:
    fallen = given_up(away(delivery(), 0, "m", NOON), LATER, has_fallback=True)
    assert (fallen.state, fallen.address, fallen.turn) == (FALLEN_BACK, FALLBACK, 1)
    if since == UNCLEAR:
        fallen = away(fallen, 1, "m2", LATER)
    elif since != FALLEN_BACK:
        fallen = move(fallen, since, LATER)
    there = taken(fallen, 0, "m", LATER)
    assert (there.state, there.address, there.next_try) == (DELIVERED, FIRST, None)
    # The fallback's mail is old news now, whatever is told of it.
    assert there.turn not in (0, 1)
    assert not_taken(there, 1, BOUNCED, LATER, True) == there
    assert taken(there, 1, "m2", LATER) == there
    # And what is told of the first is not.
    again = not_taken(there, 0, COMPLAINED, LATER, True)
    assert (again.state, again.address, again.turn) == (FALLEN_BACK, FALLBACK, 3)
    assert taken(again, 0, "m", LATER) == again


def test_certain_bad_news_of_the_first_address_takes_the_late_word_away() -> None:
    fallen = given_up(away(delivery(), 0, "m", NOON), LATER, has_fallback=True)
    certain = not_taken(fallen, 0, BOUNCED, LATER, True)
    assert (certain.state, certain.turn, certain.doubtful) == (FALLEN_BACK, 1, ())
    assert taken(certain, 0, "m", LATER) == certain


def test_a_person_who_sends_again_is_not_overruled_by_a_late_word() -> None:
    over = given_up(away(delivery(), 0, "m", NOON), LATER, has_fallback=False)
    again = sent_again(over, LATER)
    assert taken(again, 0, "m", LATER) == again


def test_the_reports_of_a_digest_that_are_given_up_one_by_one_fall_back_together() -> None:
    unclear = away(delivery(digest=True), 0, "m", NOON)
    due = NOON + AWAY_WAIT
    ends = [given_up(unclear, due + timedelta(seconds=late), True).next_try for late in (0, 10, 20)]
    assert set(ends) == {due + timedelta(minutes=1)}


_NEWS = {
    "delivered": lambda current: taken(current, 0, "m", LATER),
    "away": lambda current: away(current, 0, "m", LATER),
    "waited": lambda current: given_up(current, LATER, True) if current.state == UNCLEAR else current,
    "sent": lambda current: move(current, SENT, LATER, message_id="m2"),
    "refused": lambda current: not_taken(current, 0, BOUNCED, LATER, True),
}


@pytest.mark.parametrize(
    "order", list(itertools.permutations(["delivered", "away", "away", "waited", "sent"]))
)
def test_in_whatever_order_and_after_whatever_waiting_it_ends_delivered(order: tuple[str, ...]) -> None:
    current = delivery()
    for name in order:
        current = _NEWS[name](current)
    assert current.state == DELIVERED


@pytest.mark.parametrize("order", list(itertools.permutations(["delivered", "away", "waited", "refused"])))
def test_in_whatever_order_certain_bad_news_is_never_forgotten(order: tuple[str, ...]) -> None:
    current = delivery()
    for name in order:
        current = _NEWS[name](current)
    assert (current.state, current.address) == (FALLEN_BACK, FALLBACK)
