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
from tests.support.delivery_fakes import DeliveryBench


class Gauges:
    def put(self, figures: object) -> None:
        pass


@pytest.fixture
def bench() -> DeliveryBench:
    return DeliveryBench()


def heard(bench: DeliveryBench) -> list[tuple[str, str, str]]:
    return [(outcome.outcome, outcome.recipient, outcome.state) for outcome in bench.outcomes]


def test_a_line_has_the_same_keys_always() -> None:
    lines: list[str] = []
    LogOutcomes(lines.append)(Outcome("sent", "PL-0000-0000", "police", "sent", 61))
    assert lines == [
        '{"age": 61, "case": "PL-0000-0000", "outcome": "sent", "recipient": "police", "state": "sent"}'
    ]
    assert {column.name for column in fields(Outcome)} == set(json.loads(lines[0]))


def test_every_state_has_its_word_and_every_word_is_in_the_guide() -> None:
    assert set(BY_STATE) == set(STATES)
    guide = (Path(__file__).parents[2] / "docs" / "operate.md").read_text(encoding="utf-8")
    section = guide.split("\n## What became of a case\n", 1)[1].split("\n## ", 1)[0]
    rows = re.findall(r"^\| (`.*?) \|", section, re.MULTILINE)
    assert {word for row in rows for word in re.findall(r"`(\w+)`", row)} == OUTCOMES
    assert "filter case =" in section


def test_what_goes_out_and_is_taken_is_two_lines(bench: DeliveryBench) -> None:
    report = bench.take("police")
    bench.clock.forward(minutes=1)
    bench.deliver()
    bench.clock.forward(minutes=1)
    bench.note("delivered")
    bench.note("delivered")
    bench.deliver()
    number = bench.record(report).case_number
    assert bench.outcomes == [
        Outcome("sent", number, "police", "sent", 60),
        Outcome("delivered", number, "police", "delivered", 120),
    ]


def test_each_way_has_its_word(bench: DeliveryBench) -> None:
    bench.take("police", "clinic")
    bench.mailer.fail_next("send", MailRefused("x"), MailDelayed("x"))
    bench.deliver()
    assert sorted(heard(bench)) == [
        ("fell_back", "police", "fallen_back"),
        ("put_off", "clinic", "queued"),
        ("sent", "police", "sent"),
    ]
    bench.outcomes.clear()
    bench.clock.forward(minutes=1)
    bench.mailer.fail_next("send", MailRefused("x"))
    bench.deliver()
    bench.note("delayed", 0)
    bench.note("complained", 0)
    assert heard(bench) == [
        ("refused", "clinic", "rejected"),
        ("delayed", "police", "delayed"),
        ("complained", "police", "complained"),
    ]


def test_what_is_held_is_said_once_and_each_of_a_digest_is_said(bench: DeliveryBench) -> None:
    bench.take("police")
    bench.renderer.fail_next("report", KeyUnusable("expired"))
    bench.deliver()
    assert heard(bench) == [("held", "police", "held")]
    bench.outcomes.clear()
    for _ in range(3):
        bench.take("clinic", held_until=bench.clock.now())
    bench.deliver()
    assert heard(bench) == [("sent", "clinic", "sent")] * 3
    assert len(bench.mailer.sent) == 1
    bench.outcomes.clear()
    bench.note("bounced")
    assert heard(bench) == [("bounced", "clinic", "bounced")] * 3


def test_an_automatic_answer_and_a_long_delay_have_their_words(bench: DeliveryBench) -> None:
    bench.take("clinic")
    bench.deliver()
    bench.note("delivered")
    bench.note("away")
    bench.take("clinic")
    bench.deliver()
    bench.note("delayed")
    bench.clock.forward(hours=6)
    bench.deliver()
    assert [word for word, *_ in heard(bench)] == [
        "sent", "delivered", "away", "sent", "delayed", "waited_long",
    ]  # fmt: skip


def test_a_notice_that_overtakes_its_record_is_told_once(bench: DeliveryBench) -> None:
    bench.take("clinic")
    bench.mailer.on_send = lambda mail: bench.store.fail_next("save", StaleRecord("x"))
    bench.deliver()
    assert heard(bench) == [("sent", "clinic", "sent")]


def test_what_is_deleted_and_what_a_clock_hid_is_told(bench: DeliveryBench) -> None:
    report = bench.take("police", "clinic")
    number = bench.record(report).case_number
    bench.deliver()
    for mail in range(2):
        bench.note("delivered", mail)
    bench.outcomes.clear()
    bench.clock.forward(days=30)
    bench.clock.time += timedelta(days=400)
    bench.take("clinic")
    bench.clock.time -= timedelta(days=400)
    sweep = Sweep(bench.store, bench.alarms, Gauges(), bench.clock, log_outcome=bench.outcomes.append)
    sweep(lambda: timedelta(seconds=100), bench.clock.now())
    day = 86_400
    assert bench.outcomes[:2] == [
        Outcome("deleted", number, "police", "delivered", 30 * day),
        Outcome("deleted", number, "clinic", "delivered", 30 * day),
    ]
    assert heard(bench)[2:] == [("set_due", "clinic", "queued")]
