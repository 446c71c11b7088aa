"""Each outcome of a delivery is one line of the log: case number, recipient, state, age, and nothing else."""

from __future__ import annotations

import json
import re
from dataclasses import fields
from datetime import timedelta
from pathlib import Path

import pytest

from chalicelib.delivery.adapters.log_outcomes import LogOutcomes
from chalicelib.delivery.outcomes import BY_STATE, OUTCOMES, Outcome
from chalicelib.delivery.sweep import Sweep
from chalicelib.directory.errors import KeyUnusable
from chalicelib.reporting.cases import STATES
from chalicelib.shared.errors import StaleRecord
from chalicelib.shared.mail import MailDelayed, MailRefused
from tests.support.delivery_fakes import Desk


class Gauges:
    def put(self, figures: object) -> None:
        pass


@pytest.fixture
def desk() -> Desk:
    return Desk()


def heard(desk: Desk) -> list[tuple[str, str, str]]:
    return [(one.outcome, one.recipient, one.state) for one in desk.outcomes]


def test_a_line_has_the_same_keys_always() -> None:
    lines: list[str] = []
    LogOutcomes(lines.append)(Outcome("sent", "PL-0000-0000", "police", "sent", 61))
    assert lines == [
        '{"age": 61, "case": "PL-0000-0000", "outcome": "sent", "recipient": "police", "state": "sent"}'
    ]
    assert {one.name for one in fields(Outcome)} == set(json.loads(lines[0]))


def test_every_state_has_its_word_and_every_word_is_in_the_guide() -> None:
    assert set(BY_STATE) == set(STATES)
    guide = (Path(__file__).parents[2] / "docs" / "operate.md").read_text(encoding="utf-8")
    section = guide.split("\n## What became of a case\n", 1)[1].split("\n## ", 1)[0]
    rows = re.findall(r"^\| (`.*?) \|", section, re.MULTILINE)
    assert {word for row in rows for word in re.findall(r"`(\w+)`", row)} == OUTCOMES
    assert "filter case =" in section


def test_what_goes_out_and_is_taken_is_two_lines(desk: Desk) -> None:
    report = desk.take("police")
    desk.clock.forward(minutes=1)
    desk.deliver()
    desk.clock.forward(minutes=1)
    desk.note("delivered")
    desk.note("delivered")
    desk.deliver()
    number = desk.record(report).case_number
    assert desk.outcomes == [
        Outcome("sent", number, "police", "sent", 60),
        Outcome("delivered", number, "police", "delivered", 120),
    ]


def test_each_way_has_its_word(desk: Desk) -> None:
    desk.take("police", "clinic")
    desk.mailer.fail_next("send", MailRefused("x"), MailDelayed("x"))
    desk.deliver()
    assert sorted(heard(desk)) == [
        ("fell_back", "police", "fallen_back"),
        ("put_off", "clinic", "queued"),
        ("sent", "police", "sent"),
    ]
    desk.outcomes.clear()
    desk.clock.forward(minutes=1)
    desk.mailer.fail_next("send", MailRefused("x"))
    desk.deliver()
    desk.note("delayed", 0)
    desk.note("complained", 0)
    assert heard(desk) == [
        ("refused", "clinic", "rejected"),
        ("delayed", "police", "delayed"),
        ("complained", "police", "complained"),
    ]


def test_what_is_held_is_said_once_and_each_of_a_digest_is_said(desk: Desk) -> None:
    desk.take("police")
    desk.renderer.fail_next("report", KeyUnusable("expired"))
    desk.deliver()
    assert heard(desk) == [("held", "police", "held")]
    desk.outcomes.clear()
    for _ in range(3):
        desk.take("clinic", held_until=desk.clock.now())
    desk.deliver()
    assert heard(desk) == [("sent", "clinic", "sent")] * 3
    assert len(desk.mailer.sent) == 1
    desk.outcomes.clear()
    desk.note("bounced")
    assert heard(desk) == [("bounced", "clinic", "bounced")] * 3


def test_an_automatic_answer_and_a_long_delay_have_their_words(desk: Desk) -> None:
    desk.take("clinic")
    desk.deliver()
    desk.note("delivered")
    desk.note("away")
    desk.take("clinic")
    desk.deliver()
    desk.note("delayed")
    desk.clock.forward(hours=6)
    desk.deliver()
    assert [one for one, *_ in heard(desk)] == [
        "sent", "delivered", "away", "sent", "delayed", "waited_long",
    ]  # fmt: skip


def test_a_notice_that_overtakes_its_record_is_told_once(desk: Desk) -> None:
    desk.take("clinic")
    desk.mailer.on_send = lambda mail: desk.store.fail_next("save", StaleRecord("x"))
    desk.deliver()
    assert heard(desk) == [("sent", "clinic", "sent")]


def test_what_is_deleted_and_what_a_clock_hid_is_told(desk: Desk) -> None:
    report = desk.take("police", "clinic")
    number = desk.record(report).case_number
    desk.deliver()
    for mail in range(2):
        desk.note("delivered", mail)
    desk.outcomes.clear()
    desk.clock.forward(days=30)
    desk.clock.time += timedelta(days=400)
    desk.take("clinic")
    desk.clock.time -= timedelta(days=400)
    sweep = Sweep(desk.store, desk.alarms, Gauges(), desk.clock, note=desk.outcomes.append)
    sweep(lambda: timedelta(seconds=100), desk.clock.now())
    day = 86_400
    assert desk.outcomes[:2] == [
        Outcome("deleted", number, "police", "delivered", 30 * day),
        Outcome("deleted", number, "clinic", "delivered", 30 * day),
    ]
    assert heard(desk)[2:] == [("set_due", "clinic", "queued")]
