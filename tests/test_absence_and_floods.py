"""Absence notes and floods as the deployed functions see them: deliver, note_delivery and sweep over moto."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from moto.core import DEFAULT_ACCOUNT_ID
from moto.ses.models import ses_backends

from chalicelib.delivery.adapters.delivery_keys import new_delivery_key
from chalicelib.reporting.adapters.dynamo_reports import DynamoReports, table_definition
from chalicelib.reporting.adapters.hpke_sealer import HpkeSealer
from chalicelib.reporting.cases import (
    BOUNCED,
    DELIVERED,
    HELD,
    QUEUED,
    SENT,
    UNCLEAR,
    Delivery,
    SealedReport,
)
from chalicelib.reporting.report import Report
from chalicelib.settings import Settings
from chalicelib.shared.aws.sdk import client
from chalicelib.wiring import deliver, note_delivery, sweep
from tests.conftest import REGION
from tests.support.fakes import FixedClock
from tests.support.settled_recipients import ACCESS, make_access_table

SENDER = "desk@porchlight.example"
DOT, DHS = "dot-trafficking", "dhs-blue-campaign"
TAKEN = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)


class Functions:
    """The functions around one table, at a time of the test's own."""

    def __init__(self) -> None:
        self.clock = FixedClock(TAKEN)
        self.settings = Settings(
            stage="dev",
            reports_table="reports",
            access_table=ACCESS,
            desk_keys_secret="desk",
            sender_address=SENDER,
        )
        key = new_delivery_key(TAKEN)
        self._sealer = HpkeSealer(lambda: (key.kid, key.public))
        client("dynamodb").create_table(**table_definition("reports"))
        make_access_table()
        client("secretsmanager").create_secret(
            Name="desk", SecretString=json.dumps({"keys": {key.kid: key.private}})
        )
        client("sesv2").create_email_identity(EmailIdentity=SENDER)
        self.store = DynamoReports(lambda: client("dynamodb"), "reports")
        self._taken = 0

    def take(self, *to: str, place: str = "los-banos-ca") -> str:
        self._taken += 1
        report_id, now = f"{self._taken:04x}{self._taken:028x}", self.clock.now()
        sealed = self._sealer.seal(Report(place, "en", f"Story {self._taken}").to_bytes(), report_id)
        deliveries = tuple(Delivery(one, QUEUED, now, now) for one in to)
        self.store.add(SealedReport(report_id, sealed, bytes(32), place, now, deliveries))
        return report_id

    def deliver(self) -> dict[str, Any]:
        return deliver.deliver(self.settings, _Minute(), self.clock)

    def note(self, report_id: str, kind: str, to: str = DOT, turn: int = 0) -> None:
        record = self.store.get(report_id, self.clock.now())
        assert record is not None
        delivery = record.delivery_to(to)
        assert delivery is not None
        told = {
            "eventType": kind,
            "bounce": {"bounceType": "Transient", "bounceSubType": "General"},
            "mail": {
                "messageId": delivery.message_id,
                "timestamp": f"{self.clock.now():%Y-%m-%dT%H:%M:%S.000Z}",
                "tags": {"about": [f"report-{report_id}"], "recipient": [to], "turn": [str(turn)]},
            },
        }
        envelope = json.dumps({"Type": "Notification", "Message": json.dumps(told)})
        batch = {"Records": [{"messageId": "1", "body": envelope}]}
        done = note_delivery.note_delivery(self.settings, batch, None, self.clock)
        assert done == {"batchItemFailures": []}

    def state(self, report_id: str, to: str = DOT) -> str:
        record = self.store.get(report_id, self.clock.now())
        delivery = None if record is None else record.delivery_to(to)
        return "deleted" if delivery is None else delivery.state

    def mails(self) -> int:
        return len(ses_backends[DEFAULT_ACCOUNT_ID][REGION].sent_messages)


class _Minute:
    def get_remaining_time_in_millis(self) -> int:
        return 60_000


@pytest.fixture
def functions(aws: None) -> Functions:
    deliver._delivery_keys.cache_clear()
    return Functions()


@pytest.mark.parametrize("order", [("Delivery", "Bounce"), ("Bounce", "Delivery")])
def test_a_report_to_an_inbox_that_answers_by_itself_is_deleted_on_time(
    functions: Functions, caplog: pytest.LogCaptureFixture, order: tuple[str, str]
) -> None:
    report = functions.take(DOT)
    functions.deliver()
    for kind in order:
        functions.note(report, kind)
    for _ in range(3):
        functions.clock.forward(hours=9)
        functions.deliver()
    assert functions.state(report) == DELIVERED
    assert functions.mails() == 1
    assert [json.loads(line)["alarm"] for line in caplog.messages if line.startswith('{"alarm"')] == [
        "answers_by_itself"
    ]
    functions.clock.forward(days=30)
    now = functions.clock.now()
    assert sweep.sweep(functions.settings, _Minute(), functions.clock, now)["deleted"] > 0
    assert "Item" not in client("dynamodb").get_item(
        TableName="reports", Key={"pk": {"S": f"report#{report}"}}
    )


def test_without_the_word_that_it_was_taken_a_person_is_told_and_a_late_word_still_mends_it(
    functions: Functions, caplog: pytest.LogCaptureFixture
) -> None:
    report = functions.take(DOT)
    functions.deliver()
    functions.note(report, "Bounce")
    assert functions.state(report) == UNCLEAR
    functions.clock.forward(minutes=15)
    functions.deliver()
    assert functions.state(report) == BOUNCED
    assert caplog.text.count("not_taken") == 1
    functions.clock.forward(hours=2)
    functions.note(report, "Delivery")
    assert functions.state(report) == DELIVERED
    record = functions.store.get(report, functions.clock.now())
    assert record is not None
    assert record.expires_at == functions.clock.now() + timedelta(days=30)


def test_a_flood_of_one_towns_form_holds_nothing_of_another_town(functions: Functions) -> None:
    loud = [functions.take(DOT, DHS) for _ in range(30)]
    quiet = functions.take(DOT, DHS, place="california")
    functions.deliver()
    assert [functions.state(report, DHS) for report in loud] == [SENT] * 20 + [HELD] * 10
    assert (functions.state(quiet, DOT), functions.state(quiet, DHS)) == (SENT, SENT)
