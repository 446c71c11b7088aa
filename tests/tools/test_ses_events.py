"""On this machine, too, something is heard of every mail: as its address decides, through the queue."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from chalicelib.delivery.adapters.ses_events import read_notice
from chalicelib.reporting.ports import SentMail
from chalicelib.shared.aws.sdk import client
from chalicelib.shared.aws.ses_mailer import SesMailer
from chalicelib.shared.mail import Mail
from chalicelib.wiring import operator
from tests.support.fakes import NOON
from tools.local.ses_events import LocalNotices, events_for

TAGS = {"about": "report-" + "0" * 32, "recipient": "police", "turn": "0"}


@pytest.mark.parametrize(
    ("to", "kinds"),
    [
        ("desk@police.example", ["delivered"]),
        ("bounce@police.example", ["bounced"]),
        ("complaint@police.example", ["delivered", "complained"]),
        ("delay@police.example", ["delayed"]),
        ("late-bounce@police.example", ["delivered", "bounced"]),
        ("ooto@police.example", ["delivered", "away"]),
        ("early-ooto@police.example", ["away", "delivered"]),
        ("silent-ooto@police.example", ["away"]),
        ("Reject@police.example", ["rejected"]),
    ],
)
def test_the_address_decides_what_becomes_of_a_mail(to: str, kinds: list[str]) -> None:
    notices = [read_notice(json.dumps(event)) for _, event in events_for("id-1", to, TAGS, NOON)]
    assert [notice.kind for notice in notices if notice] == kinds
    for notice in notices:
        assert notice is not None
        assert notice.mail == SentMail(TAGS["about"], "police", 0)
        assert (notice.message_id, notice.to, notice.sent_at) == ("id-1", (to,), NOON)


@pytest.fixture
def heard(aws: None) -> list[dict[str, Any]]:
    return []


@pytest.fixture
def local(heard: list[dict[str, Any]]) -> Callable[[set[str]], LocalNotices]:
    """Notices that arrive at `heard`; what is in `put_back` is wanted again."""

    def make(put_back: set[str]) -> LocalNotices:
        def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
            heard.extend(event["Records"])
            again = [record["messageId"] for record in event["Records"] if put_back]
            return {"batchItemFailures": [{"itemIdentifier": one} for one in again]}

        notices = LocalNotices(handler)
        events = operator.ses().meta.events
        events.register("before-call.sesv2.SendEmail", notices._about_to_send)
        events.register("after-call.sesv2.SendEmail", notices._sent)
        return notices

    return make


def send(to: str) -> str:
    client("sesv2").create_email_identity(EmailIdentity="reports@p.example")
    mail = Mail("reports@p.example", to, "police", 0, TAGS["about"], b"Subject: x\r\n\r\nx\r\n")
    return SesMailer(operator.ses, "").send(mail)


def test_a_mail_that_ses_took_is_heard_of_through_the_queue(
    local: Callable[[set[str]], LocalNotices], heard: list[dict[str, Any]]
) -> None:
    notices = local(set())
    message_id = send("desk@police.example")
    # However long the test was held up: not before its time.
    notices._coming = [(float("inf"), body) for _, body in notices._coming]
    notices.beat()
    assert heard == []
    notices._coming = [(0.0, body) for _, body in notices._coming]
    notices.beat()
    (record,) = heard
    notice = read_notice(record["body"])
    assert notice is not None
    assert (notice.kind, notice.message_id) == ("delivered", message_id)
    notices.beat()
    assert len(heard) == 1


def test_what_the_function_wants_again_stays_in_the_queue(
    local: Callable[[set[str]], LocalNotices], heard: list[dict[str, Any]]
) -> None:
    notices = local({"all"})
    send("desk@police.example")
    notices._coming = [(0.0, body) for _, body in notices._coming]
    notices.beat()
    queue = client("sqs")
    url = queue.get_queue_url(QueueName="porchlight-notices")["QueueUrl"]
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    left = queue.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
    assert sum(int(number) for number in left.values()) == 1
