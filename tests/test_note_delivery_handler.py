"""The function of notices, as the queue calls it: some noted, some wanted again, and none of them lost."""

from __future__ import annotations

import importlib
import json
import logging
import sys
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chalicelib.reporting.adapters.dynamo_reports import DynamoReports, table_definition
from chalicelib.reporting.cases import (
    BOUNCED,
    DELIVERED,
    SENT,
    UNCLEAR,
    Delivery,
    SealedReport,
)
from chalicelib.reporting.ports import SentMail
from chalicelib.settings import Settings
from chalicelib.shared.aws.sdk import client
from chalicelib.wiring import note_delivery
from tests.support.fakes import NOON
from tests.support.settled_recipients import ACCESS, make_access_table

pytestmark = pytest.mark.takes(10)

SETTINGS = Settings(
    porchlight_function="note_delivery", stage="dev", reports_table="reports", access_table=ACCESS
)
RECIPIENT = "dot-trafficking"


@pytest.fixture
def store(aws: None) -> DynamoReports:
    client("dynamodb").create_table(**table_definition("reports"))
    make_access_table()
    return DynamoReports(lambda: client("dynamodb"), "reports")


def sent(store: DynamoReports, number: int) -> str:
    report_id = f"{number:032x}"
    delivery = Delivery(RECIPIENT, SENT, NOON, message_id=f"message-{number}")
    store.add(SealedReport(report_id, b"s", b"k", "us", NOON, (delivery,)))
    return report_id


OUT_OF_OFFICE = {
    "bounceType": "Transient",
    "bounceSubType": "General",
    "bouncedRecipients": [{"emailAddress": "trafficking@dot.example"}],
    "feedbackId": "0101-example-000000",
}


def message(name: str, report_id: str, kind: str = "Delivery", **parts: Any) -> dict[str, Any]:
    event = {
        "eventType": kind,
        "mail": {
            "messageId": name,
            "timestamp": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.000Z}",
            "destination": ["trafficking@dot.example"],
            "tags": {"about": [f"report-{report_id}"], "recipient": [RECIPIENT], "turn": ["0"]},
        },
        **parts,
    }
    return {"messageId": name, "body": json.dumps(event)}


def note(*messages: dict[str, Any]) -> list[str]:
    answer = note_delivery.note_delivery(SETTINGS, {"Records": list(messages)})
    return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]


def state(store: DynamoReports, report_id: str) -> str:
    record = store.get(report_id, NOON)
    assert record is not None
    return record.deliveries[0].state


def test_one_that_cannot_be_read_is_wanted_again_and_the_others_are_noted(store: DynamoReports) -> None:
    first, second = sent(store, 1), sent(store, 2)
    odd = {"messageId": "odd", "body": "not json"}
    assert note(message("a", first), odd, message("b", second)) == ["odd"]
    assert (state(store, first), state(store, second)) == (DELIVERED, DELIVERED)


def away(name: str, report_id: str) -> dict[str, Any]:
    return message(name, report_id, "Bounce", bounce=OUT_OF_OFFICE)


def by_identity(told: dict[str, Any]) -> dict[str, Any]:
    """Return the same as an identity tells it: under another name, and without tags."""
    event = json.loads(told["body"])
    event["notificationType"] = event.pop("eventType")
    del event["mail"]["tags"]
    return told | {"body": json.dumps(event)}


def by_sns(told: dict[str, Any]) -> dict[str, Any]:
    return told | {"body": json.dumps({"Type": "Notification", "Message": told["body"]})}


def as_it_is(told: dict[str, Any]) -> dict[str, Any]:
    return told


@pytest.mark.parametrize("order", ["DA", "AD", "AAD", "DAA", "DADA", "ADAD"])
@pytest.mark.parametrize("shape", [as_it_is, by_sns, by_identity])
@pytest.mark.parametrize("at_once", [True, False])
def test_an_automatic_answer_undoes_no_delivery(
    store: DynamoReports, caplog: pytest.LogCaptureFixture, order: str, shape: Any, at_once: bool
) -> None:
    report = sent(store, 1)
    store.keep_mail("m", SentMail(f"report-{report}", RECIPIENT, 0), NOON + timedelta(days=9))
    told = [shape((message if kind == "D" else away)("m", report)) for kind in order]
    for batch in [told] if at_once else [[one] for one in told]:
        assert note(*batch) == []
    record = store.get(report, NOON)
    assert record is not None
    assert [one.state for one in record.deliveries] == [DELIVERED]
    assert record.expires_at is not None
    assert (record.watch_at, record.due_at()) == (None, None)
    assert record.deliveries[0].away_at is not None
    alarms = [json.loads(line) for line in caplog.messages if line.startswith('{"alarm"')]
    assert [one["alarm"] for one in alarms] == ["answers_by_itself"]


def test_automatic_answers_of_a_whole_day_are_one_alarm(
    store: DynamoReports, caplog: pytest.LogCaptureFixture
) -> None:
    for number in range(1, 8):
        report = sent(store, number)
        note(message(f"m-{number}", report), away(f"m-{number}", report))
    assert caplog.text.count("answers_by_itself") == 1


def test_an_automatic_answer_alone_waits_for_the_word_that_it_was_taken(store: DynamoReports) -> None:
    report = sent(store, 1)
    note(away("m", report))
    record = store.get(report, NOON)
    assert record is not None
    assert record.deliveries[0].state == UNCLEAR
    assert record.due_at() is not None
    assert store.due(datetime.now(UTC) + timedelta(minutes=16), 10) == [report]


@pytest.mark.parametrize("sub_type", ["MailboxFull", "ContentRejected", "MessageTooLarge"])
def test_what_is_given_back_after_the_delivery_is_a_bounce(store: DynamoReports, sub_type: str) -> None:
    report = sent(store, 1)
    given_back = {"bounceType": "Transient", "bounceSubType": sub_type}
    note(message("m", report), message("m", report, "Bounce", bounce=given_back))
    assert state(store, report) == BOUNCED


def test_what_there_is_no_time_for_is_wanted_again(store: DynamoReports) -> None:
    first, second = sent(store, 1), sent(store, 2)

    class Context:
        """A function that has 12 seconds left, then 11."""

        left = 13_000

        def get_remaining_time_in_millis(self) -> int:
            self.left -= 1000
            return self.left

    batch = {"Records": [message("a", first), message("b", second)]}
    answer = note_delivery.note_delivery(SETTINGS, batch, Context())
    assert answer == {"batchItemFailures": [{"itemIdentifier": "b"}]}
    assert (state(store, first), state(store, second)) == (DELIVERED, SENT)


def test_while_the_table_is_away_all_are_wanted_again(store: DynamoReports) -> None:
    report = sent(store, 1)
    client("dynamodb").delete_table(TableName="reports")
    assert note(message("a", report), message("b", report)) == ["a", "b"]


def test_a_notice_without_tags_comes_again_until_its_mail_is_recorded(store: DynamoReports) -> None:
    report = sent(store, 1)
    untagged = message("early", report)
    event = json.loads(untagged["body"])
    del event["mail"]["tags"]
    untagged["body"] = json.dumps(event)
    assert note(untagged) == ["early"]


def test_the_figures_of_a_batch_go_to_the_log(
    store: DynamoReports, capsys: pytest.CaptureFixture[str]
) -> None:
    report = sent(store, 1)
    note(message("a", report), message("a", report), {"messageId": "odd", "body": "[]"})
    line = json.loads(capsys.readouterr().out)
    assert (line["NoticesDelivered"], line["NoticesOld"], line["NoticesPutBack"]) == (1, 1, 1)


def test_nothing_of_a_notice_is_logged(store: DynamoReports, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    report = sent(store, 1)
    note(message("a", report, "Bounce"), {"messageId": "odd", "body": '{"x": "trafficking@dot.example"'})
    assert "trafficking@dot.example" not in caplog.text
    assert report not in caplog.text


def test_the_application_answers_the_queue_as_lambda_wants_it(
    store: DynamoReports, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REPORTS_TABLE", "reports")
    monkeypatch.setenv("ACCESS_TABLE", ACCESS)
    monkeypatch.setenv("PORCHLIGHT_FUNCTION", "note_delivery")
    monkeypatch.delitem(sys.modules, "app", raising=False)
    app = importlib.import_module("app")
    monkeypatch.delitem(sys.modules, "app")  # another test may want it as another function
    report = sent(store, 1)
    answer = app.note_delivery({"Records": [message("a", report)]}, None)
    assert answer == {"batchItemFailures": []}
    assert state(store, report) == DELIVERED
