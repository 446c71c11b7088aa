"""Figures for CloudWatch, and alarms for a person: numbers and our own names, and no word of a report."""

from __future__ import annotations

import json
from email import message_from_bytes, policy
from typing import Any

import pytest

from chalicelib.delivery.adapters.metrics import EmbeddedMetrics
from chalicelib.delivery.adapters.operator_mail import EXPLAINED, OperatorMail
from chalicelib.shared.errors import StoreUnavailable
from chalicelib.shared.log_alarms import LogAlarms
from chalicelib.shared.mail import MailRefused, MailStopped, MailUncertain
from tests.support.fakes import NOON, FakeAlarms, FakeMailer, FakeStore, FixedClock


def test_figures_are_one_line_in_the_embedded_metric_format() -> None:
    lines: list[str] = []
    EmbeddedMetrics(lines.append, FixedClock(), "prod").put({"oldest_due_seconds": 12.5, "held": 3})
    (line,) = [json.loads(line) for line in lines]
    assert (line["OldestDueSeconds"], line["Held"], line["Stage"]) == (12.5, 3, "prod")
    (directive,) = line["_aws"]["CloudWatchMetrics"]
    assert line["_aws"]["Timestamp"] == int(NOON.timestamp() * 1000)
    assert directive["Dimensions"] == [["Stage"]]
    assert directive["Metrics"] == [
        {"Name": "OldestDueSeconds", "Unit": "Seconds"},
        {"Name": "Held", "Unit": "Count"},
    ]
    assert {metric["Name"] for metric in directive["Metrics"]} <= line.keys()


def test_only_what_somebody_watches_costs_a_metric_and_the_rest_can_be_searched() -> None:
    lines: list[str] = []
    figures = EmbeddedMetrics(lines.append, FixedClock(), "prod")
    figures.put({"mails": 2, "retried": 1})
    figures.put({"notices_delivered": 4})
    first, second = (json.loads(line) for line in lines)
    assert [metric["Name"] for metric in first["_aws"]["CloudWatchMetrics"][0]["Metrics"]] == ["Mails"]
    assert first["Retried"] == 1
    assert "_aws" not in second  # a directive without metrics would be none
    assert second["NoticesDelivered"] == 4


class Desk:
    """The operator's alarms among fakes."""

    def __init__(self) -> None:
        self.log, self.mailer, self.store, self.clock = FakeAlarms(), FakeMailer(), FakeStore(), FixedClock()
        self.alarms = OperatorMail(
            self.log, self.mailer, self.store, self.clock, "reports@p.example", "operator@p.example"
        )

    def message(self) -> Any:
        return message_from_bytes(self.mailer.sent[-1].content, policy=policy.default)


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_an_alarm_reaches_the_operator_with_what_to_do(desk: Desk) -> None:
    assert desk.alarms.raise_alarm("not_taken", {"case": "PL-0000-0000", "recipient": "police", "why": ""})
    (mail,) = desk.mailer.sent
    assert (mail.to, mail.about, mail.recipient) == ("operator@p.example", "alarm-not_taken", "operator")
    message = desk.message()
    assert message["To"] == "operator@p.example"
    assert message["Subject"] == "Porchlight alarm: A recipient did not take a report"
    assert "case: PL-0000-0000\r\nrecipient: police\r\n" in message.get_content()
    assert "why:" not in message.get_content()
    assert message["Auto-Submitted"] == "auto-generated"


def test_the_same_is_mailed_once_an_hour_and_logged_each_time(desk: Desk) -> None:
    mailed = [desk.alarms.raise_alarm("mail_stopped", {"error": "x"}) for _ in range(99)]
    assert mailed == [True] + [False] * 98
    assert len(desk.log.raised) == 99
    desk.clock.forward(hours=1)
    assert desk.alarms.raise_alarm("mail_stopped", {"error": "x"})
    assert len(desk.mailer.sent) == 2


def test_what_is_about_another_recipient_is_not_the_same(desk: Desk) -> None:
    for to in ("police", "clinic", "police"):
        desk.alarms.raise_alarm("fell_back", {"recipient": to})
    assert len(desk.mailer.sent) == 2


def test_a_storm_is_told_of_again_when_it_grew(desk: Desk) -> None:
    for _ in range(1000):
        desk.alarms.raise_alarm("not_taken", {"recipient": "police"})
    assert len(desk.mailer.sent) == 3
    assert "times this hour: 1000" in desk.message().get_content()


def test_several_functions_share_what_was_told(desk: Desk) -> None:
    other = OperatorMail(desk.log, desk.mailer, desk.store, desk.clock, "r@p.example", "o@p.example")
    assert desk.alarms.raise_alarm("mail_stopped", {})
    assert not other.raise_alarm("mail_stopped", {})


def test_a_store_that_is_away_is_told_of_once_an_hour_all_the_same(desk: Desk) -> None:
    desk.store.fail(StoreUnavailable("away"))
    mailed = [desk.alarms.raise_alarm("store_away", {}) for _ in range(5)]
    desk.clock.forward(hours=1)
    mailed.append(desk.alarms.raise_alarm("store_away", {}))
    assert mailed == [True, False, False, False, False, True]


def test_an_alarm_that_cannot_be_mailed_stays_in_the_log(desk: Desk) -> None:
    desk.mailer.fail(MailStopped("AccountSuspendedException"), "send")
    assert not desk.alarms.raise_alarm("mail_stopped", {"error": "AccountSuspendedException"})
    assert desk.log.kinds() == ["mail_stopped", "alarm_not_mailed"]


def test_an_operator_who_cannot_be_reached_is_not_mailed_about_it(desk: Desk) -> None:
    desk.alarms.raise_alarm("operator_unreachable", {"why": "Permanent"})
    assert desk.mailer.sent == []
    assert desk.log.kinds() == ["operator_unreachable"]


def test_every_alarm_that_the_code_raises_is_explained() -> None:
    import re
    from pathlib import Path

    code = Path(__file__).parents[2] / "chalicelib"
    texts = [path.read_text(encoding="utf-8") for path in sorted(code.rglob("*.py"))]
    raised = {kind for text in texts for kind in re.findall(r'raise_alarm\(\s*"(\w+)"', text)}
    raised |= {"fell_back", "not_taken", "reached_nobody", "not_everybody"}
    assert raised - set(EXPLAINED) == {"alarm_not_mailed"}


def test_the_log_has_one_line_an_alarm() -> None:
    lines: list[str] = []
    assert LogAlarms(lines.append).raise_alarm("held", {"recipient": "police"})
    assert json.loads(lines[0]) == {"alarm": "held", "recipient": "police"}


def test_an_alarm_whose_mail_was_refused_is_mailed_with_the_next(desk: Desk) -> None:
    desk.mailer.fail_next("send", MailRefused("MessageRejected"), MailStopped("SendingPausedException"))
    mailed = [desk.alarms.raise_alarm("not_taken", {"recipient": "police"}) for _ in range(5)]
    assert mailed == [False, False, True, False, False]
    assert len(desk.mailer.sent) == 1


def test_a_count_that_skips_a_number_silences_nothing(desk: Desk) -> None:
    desk.store.count(f"alarm {NOON:%Y-%m-%dT%H} not_taken police", ["all"], NOON)
    assert desk.alarms.raise_alarm("not_taken", {"recipient": "police"})
    for _ in range(97):
        desk.alarms.raise_alarm("not_taken", {"recipient": "police"})
    desk.store.count(f"alarm {NOON:%Y-%m-%dT%H} not_taken police", ["all"], NOON)
    assert desk.alarms.raise_alarm("not_taken", {"recipient": "police"})
    assert "times this hour: 101" in desk.message().get_content()


@pytest.mark.parametrize("operation", ["count", "marked", "mark"])
def test_a_store_that_fails_in_the_middle_silences_no_alarm(desk: Desk, operation: str) -> None:
    desk.store.fail_next(operation, StoreUnavailable("away"))
    assert desk.alarms.raise_alarm("not_taken", {"recipient": "police"})
    assert not (operation == "mark" and desk.alarms.raise_alarm("not_taken", {"recipient": "police"}))


def test_a_mail_service_that_says_nothing_is_asked_once_a_minute(desk: Desk) -> None:
    desk.mailer.fail(MailUncertain("ReadTimeoutError"), "send")
    for _ in range(5):
        assert not desk.alarms.raise_alarm("not_taken", {"recipient": "police"})
    assert desk.mailer.calls == ["send"]
    desk.mailer.mend()
    desk.clock.forward(minutes=1)
    assert desk.alarms.raise_alarm("not_taken", {"recipient": "police"})


def test_two_at_once_may_mail_twice_and_never_not_at_all(desk: Desk) -> None:
    other = OperatorMail(desk.log, FakeMailer(), desk.store, desk.clock, "r@p.example", "o@p.example")
    mailed: list[bool] = []
    desk.mailer.on_send = lambda mail: mailed.append(other.raise_alarm("mail_stopped", {}))
    mailed.append(desk.alarms.raise_alarm("mail_stopped", {}))
    assert mailed == [True, True]
    assert not other.raise_alarm("mail_stopped", {})
