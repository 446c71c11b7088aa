"""The function of inbound mail, as the queue calls it, with the stores that it has on AWS."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from chalicelib.delivery.adapters.delivery_keys import new_delivery_key
from chalicelib.delivery.adapters.hpke_opener import HpkeOpener
from chalicelib.delivery.reply_addresses import ReplyToken, reply_token
from chalicelib.replies.adapters.dynamo_inbox_notes import DynamoInboxNotes
from chalicelib.replies.adapters.dynamo_mistyped import DynamoMistypedMails
from chalicelib.replies.adapters.dynamo_replies import DynamoReplies
from chalicelib.replies.adapters.dynamo_reply_addresses import DynamoReplyAddresses
from chalicelib.replies.adapters.hpke_reply_opener import HpkeReplyOpener
from chalicelib.replies.adapters.s3_inbound import PREFIX, READ_MOST, S3Inbound, keys_in
from chalicelib.replies.conversation import HELD, SHOWN
from chalicelib.replies.ports import LATE, ReplyAddress
from chalicelib.replies.reply import Reply
from chalicelib.reporting.adapters.delivery_key_item import DeliveryKeyItem
from chalicelib.reporting.adapters.dynamo_reports import DynamoReports, table_definition
from chalicelib.reporting.cases import DELIVERED, Delivery, SealedReport
from chalicelib.settings import Settings
from chalicelib.shared.aws.dynamo_values import read
from chalicelib.shared.aws.sdk import client
from chalicelib.wiring.take_reply import take_reply
from tests.support.fakes import FixedClock
from tests.support.inbound import DOMAIN, raw_mail
from tests.support.settled_recipients import ACCESS, make_access_table
from tools.local import ses_inbound
from tools.local.ses_inbound import LocalInbound, Verdicts

pytestmark = pytest.mark.takes(15)

BUCKET, QUEUE, TABLE = "inbound", "replies", "reports"
SETTINGS = Settings(
    porchlight_function="take_reply",
    stage="dev",
    reports_table=TABLE,
    access_table=ACCESS,
    inbound_bucket=BUCKET,
    reply_domain=DOMAIN,
    sender_address=f"desk@{DOMAIN}",
)
OFFICE = "dot-trafficking"
THERE = "officer@dot.gov"
REPORT = "a" * 32
ODD = "zxqv ñandú 😀 phrase"


class Site:
    """The table, the bucket and the queue, with one report in them."""

    def __init__(self) -> None:
        self.key = X25519PrivateKey.generate()
        self.delivery_key = new_delivery_key(datetime.now(UTC))
        self.dynamodb, self.s3, self.sqs = (client(one) for one in ("dynamodb", "s3", "sqs"))
        self.dynamodb.create_table(**table_definition(TABLE))
        make_access_table()
        self.s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "us-west-2"})
        self.queue = self.sqs.create_queue(QueueName=QUEUE)["QueueUrl"]
        self.reports = DynamoReports(lambda: self.dynamodb, TABLE)
        self.shelf = DynamoReplies(lambda: self.dynamodb, TABLE)
        self.mail = LocalInbound(client, BUCKET, QUEUE, DOMAIN)
        now = datetime.now(UTC)
        public = self.key.public_key().public_bytes_raw()
        delivery = Delivery(OFFICE, DELIVERED, now)
        self.reports.add(SealedReport(REPORT, b"s", public, "us", now, (delivery,)))
        addresses = DynamoReplyAddresses(lambda: self.dynamodb, TABLE)
        addresses.keep(token().hashed(), ReplyAddress(OFFICE, REPORT), now)
        keep = DeliveryKeyItem(lambda: self.dynamodb, TABLE)
        keep.put(self.delivery_key.kid, self.delivery_key.public)

    def send(self, raw: bytes, to: str = "", verdicts: Verdicts = Verdicts()) -> str:  # noqa: B008
        """Send a mail to the report's address; return its key."""
        [key] = self.mail(raw, THERE, [to or f"{token().text}@{DOMAIN}"], verdicts)
        return key

    def bring(self, clock: FixedClock | None = None) -> list[str]:
        """Bring what waits in the queue to the function; return the ids that must come again."""
        asked = {"QueueUrl": self.queue, "MaxNumberOfMessages": 10}
        messages = self.sqs.receive_message(**asked).get("Messages", [])
        records = [{"messageId": one["MessageId"], "body": one["Body"]} for one in messages]
        answer = take_reply(SETTINGS, {"Records": records}, clock=clock)
        return [one["itemIdentifier"] for one in answer["batchItemFailures"]]

    def replies(self) -> list[Reply]:
        """Return what the report's writer reads."""
        opener = HpkeReplyOpener(self.key)
        ids = [note.id for note in self.shelf.conversation(REPORT).shown()]
        sealed = self.shelf.replies(REPORT, ids)
        return [Reply.from_bytes(opener.open(sealed[one], f"{REPORT}/{one}")) for one in ids]

    def items(self) -> list[dict[str, Any]]:
        """Return every item of the table."""
        found: list[dict[str, Any]] = self.dynamodb.scan(TableName=TABLE)["Items"]
        return found

    def objects(self) -> list[str]:
        """Return the keys of the mails that are in the bucket."""
        return [one["Key"] for one in self.s3.list_objects_v2(Bucket=BUCKET).get("Contents", ())]


def token(report_id: str = REPORT) -> ReplyToken:
    return reply_token(b"s" * 32, f"report-{report_id}", OFFICE)


@pytest.fixture
def site(aws: None) -> Site:
    return Site()


def test_a_reply_is_opened_by_the_code_and_by_nothing_else(
    site: Site,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    caplog.set_level(logging.INFO)
    monkeypatch.setattr(logging.getLogger("porchlight"), "propagate", True)
    site.send(raw_mail(ODD, THERE))
    assert site.bring() == []
    [reply] = site.replies()
    assert ODD in (reply.text or reply.whole)
    record = site.reports.look_up(REPORT, datetime.now(UTC))
    assert record is not None
    assert record.deliveries[0].replied_at is not None
    assert site.objects() == []
    seen = f"{site.items()!r}{caplog.text}{capsys.readouterr().out}"
    for said in (ODD, "ñandú", THERE, "one@agency.example"):
        assert said not in seen
    assert [item["pk"]["S"] for item in site.items() if item["pk"]["S"].startswith("rawreply#")] == []


def test_what_is_held_keeps_its_raw_mail_in_pieces_that_the_code_opens(site: Site) -> None:
    raw = raw_mail(ODD + "x" * 600_000, THERE)
    site.send(raw, verdicts=Verdicts(dmarc="FAIL"))
    assert site.bring() == []
    [note] = site.shelf.conversation(REPORT).replies
    assert note.state == HELD
    opener = HpkeReplyOpener(site.key)
    pieces = {
        item["pk"]["S"]: bytes(read(item["sealed"]))
        for item in site.items()
        if item["pk"]["S"].startswith("rawreply#")
    }
    opened = [
        opener.open(pieces[f"rawreply#{REPORT}#{note.id}#{number}"], f"{REPORT}/{note.id}/raw/{number}")
        for number in range(len(pieces))
    ]
    assert b"".join(opened).endswith(raw)
    assert len(pieces) == 3


def test_of_a_mail_of_many_megabytes_the_beginning_is_read(site: Site) -> None:
    head, boundary = raw_mail("", THERE, content_type='multipart/mixed; boundary="b"'), b"--b\r\n"
    text = b"Content-Type: text/plain\r\n\r\nPlease see the scan.\r\n"
    scan = b"Content-Type: application/pdf\r\nContent-Disposition: attachment; filename=a.pdf\r\n\r\n"
    site.send(head + boundary + text + boundary + scan + b"JVBERi0x" * 500_000 + b"\r\n--b--\r\n")
    assert site.bring() == []
    [reply] = site.replies()
    assert "Please see the scan." in (reply.text or reply.whole)
    assert not reply.cut
    assert site.objects() == []


def test_a_slip_in_the_address_is_opened_by_the_delivery_key_alone(site: Site) -> None:
    site.send(raw_mail(ODD, THERE), to=f"{token().text[:-1]}@{DOMAIN}")
    assert site.bring() == []
    [row] = DynamoMistypedMails(lambda: site.dynamodb, TABLE).listed(datetime.now(UTC))
    [sealed] = [item["sealed"] for item in site.items() if item["pk"]["S"] == f"rawmistyped#{row.id}"]
    opener = HpkeOpener(lambda: {site.delivery_key.kid: site.delivery_key.private})
    assert ODD.encode() in opener.open(bytes(read(sealed)), row.id)
    assert site.shelf.conversation(REPORT).replies == ()


def test_a_late_reply_leaves_a_note_for_the_inbox(site: Site) -> None:
    gone = "b" * 32
    addresses = DynamoReplyAddresses(lambda: site.dynamodb, TABLE)
    addresses.keep(token(gone).hashed(), ReplyAddress(OFFICE, gone), datetime.now(UTC))
    for number in range(2):
        raw = raw_mail(f"{ODD} {number}", THERE)
        site.send(raw, to=f"{token(gone).text}@{DOMAIN}")
    assert site.bring() == []
    notes = DynamoInboxNotes(lambda: site.dynamodb, TABLE, FixedClock(datetime.now(UTC)))
    assert [(note.kind, note.recipient) for note in notes.waiting(9)] == [(LATE, OFFICE)]
    assert site.objects() == []


def test_what_the_queue_brings_again_is_taken_once(site: Site) -> None:
    key = site.send(raw_mail(ODD, THERE))
    body = json.dumps(ses_inbound.s3_event(BUCKET, key, 1, datetime.now(UTC)))
    twice = [{"messageId": str(number), "body": body} for number in range(3)]
    assert take_reply(SETTINGS, {"Records": twice}) == {"batchItemFailures": []}
    assert len(site.replies()) == 1
    assert [note.state for note in site.shelf.conversation(REPORT).replies] == [SHOWN]


@pytest.mark.parametrize(
    "body",
    [
        "not json",
        "[]",
        "{}",
        json.dumps(ses_inbound.s3_event("another-bucket", f"{PREFIX}x", 1, datetime.now(UTC))),
        json.dumps(ses_inbound.s3_event(BUCKET, "elsewhere/x", 1, datetime.now(UTC))),
    ],
)
def test_what_is_not_s3s_word_of_inbound_mail_comes_again_until_a_person_looks(
    site: Site, body: str, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logging.getLogger("porchlight"), "propagate", True)  # Chalice keeps it to itself
    answer = take_reply(SETTINGS, {"Records": [{"messageId": "1", "body": body}]})
    assert answer == {"batchItemFailures": [{"itemIdentifier": "1"}]}
    assert "mail comes again: " in caplog.text


def test_with_no_time_left_a_mail_is_not_begun(site: Site) -> None:
    class Context:
        def get_remaining_time_in_millis(self) -> int:
            return 1000

    key = site.send(raw_mail(ODD, THERE))
    body = json.dumps(ses_inbound.s3_event(BUCKET, key, 1, datetime.now(UTC)))
    answer = take_reply(SETTINGS, {"Records": [{"messageId": "1", "body": body}]}, Context())
    assert answer == {"batchItemFailures": [{"itemIdentifier": "1"}]}
    assert site.objects() == [key]


# The bucket


def test_a_mail_is_read_deleted_and_then_gone(site: Site) -> None:
    store = S3Inbound(lambda: site.s3, BUCKET)
    key = site.send(raw_mail(ODD, THERE))
    mail = store.read(key)
    assert mail is not None
    assert mail.recipients == (f"{token().text}@{DOMAIN}",)
    assert mail.raw.endswith(raw_mail(ODD, THERE))
    assert not mail.truncated
    assert ODD not in repr(mail)
    for _ in range(2):
        store.delete(key)
        assert store.read(key) is None


@pytest.mark.parametrize(("size", "truncated"), [(0, False), (READ_MOST, False), (READ_MOST + 1, True)])
def test_two_megabytes_of_a_mail_are_read(site: Site, size: int, truncated: bool) -> None:
    site.s3.put_object(Bucket=BUCKET, Key=f"{PREFIX}x", Body=b"a" * size)
    mail = S3Inbound(lambda: site.s3, BUCKET).read(f"{PREFIX}x")
    assert mail is not None
    assert (len(mail.raw), mail.truncated) == (min(size, READ_MOST), truncated)


def test_what_ses_and_s3_try_out_a_new_rule_with_is_no_mail(site: Site) -> None:
    site.s3.put_object(Bucket=BUCKET, Key=f"{PREFIX}AMAZON_SES_SETUP_NOTIFICATION", Body=b"Hello")
    assert S3Inbound(lambda: site.s3, BUCKET).read(f"{PREFIX}AMAZON_SES_SETUP_NOTIFICATION") is None
    assert site.objects() == []
    assert (
        keys_in(json.dumps({"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": BUCKET}), BUCKET) == []
    )


def test_a_key_is_read_as_s3_writes_it(site: Site) -> None:
    event = ses_inbound.s3_event(BUCKET, f"{PREFIX}a%2Bb+c", 1, datetime.now(UTC))
    assert keys_in(json.dumps(event), BUCKET) == [f"{PREFIX}a+b c"]
    assert ses_inbound.PREFIX == PREFIX
