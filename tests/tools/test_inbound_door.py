"""Mail that comes in on this machine: over HTTP, with SES's headers on top, and by the form of a mail."""

from __future__ import annotations

import http.client
import json
import threading
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any
from urllib.parse import urlencode

import pytest

from chalicelib.replies.read_mail import envelope_recipients
from chalicelib.shared.aws.sdk import client
from tests.support.fakes import NOON
from tools.local.local_replies import LocalReplies, seed_inbound
from tools.local.mailroom import Mail, Mailbox, Mailroom
from tools.local.quiet_server import reserve
from tools.local.ses_inbound import LONGEST, QUEUE, LocalInbound

pytestmark = pytest.mark.takes(10)

DOMAIN, BUCKET = "reply.porchlight.example", "inbound"
TO = f"r-0123456789abcdefg@{DOMAIN}"
FROM = "officer@agency.example"
RAW = b"From: An Officer <officer@agency.example>\r\nSubject: Re: x\r\n\r\nA\xc3\xb1o.\r\n"
ENVELOPE = {"X-Envelope-From": FROM, "X-Envelope-To": TO}


class Office:
    """A mailroom that takes mail, and what it stored."""

    def __init__(self) -> None:
        seed_inbound({"INBOUND_BUCKET": BUCKET})
        self.mailbox = Mailbox()
        inbound = LocalInbound(client, BUCKET, QUEUE, DOMAIN)
        self.mailroom = Mailroom(reserve(0), self.mailbox, inbound)
        threading.Thread(target=self.mailroom.serve_forever, args=(0.05,), daemon=True).start()

    def close(self) -> None:
        self.mailroom.shutdown()
        self.mailroom.server_close()

    def post(
        self, path: str, body: bytes = RAW, headers: dict[str, str] | list[tuple[str, str]] | None = None
    ) -> tuple[int, str]:
        """Return (status, body) of a POST; headers may be there many times."""
        port = self.mailroom.server_address[1]
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        connection.putrequest("POST", path)
        pairs = list(headers.items()) if isinstance(headers, dict) else headers or []
        for name, value in [*pairs, ("Content-Length", str(len(body)))]:
            connection.putheader(name, value)
        connection.endheaders(body)
        answer = connection.getresponse()
        content = answer.read().decode()
        connection.close()
        return answer.status, content if answer.status != 303 else answer.headers["Location"]

    def get(self, path: str) -> tuple[int, str]:
        connection = http.client.HTTPConnection("127.0.0.1", self.mailroom.server_address[1], timeout=20)
        connection.request("GET", path)
        answer = connection.getresponse()
        content = answer.read().decode()
        connection.close()
        return answer.status, content

    def stored(self) -> list[bytes]:
        """Return the objects that the queue tells of, in its order."""
        sqs, found = client("sqs"), []
        queue = sqs.get_queue_url(QueueName=QUEUE)["QueueUrl"]
        for message in sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages", []):
            [record] = json.loads(message["Body"])["Records"]
            where = record["s3"]
            asked = {"Bucket": where["bucket"]["name"], "Key": where["object"]["key"]}
            found.append(client("s3").get_object(**asked)["Body"].read())
            assert len(found[-1]) == where["object"]["size"]
        return found


@pytest.fixture
def office(aws: None) -> Iterator[Office]:
    office = Office()
    yield office
    office.close()


def test_a_raw_message_is_stored_as_ses_would_byte_for_byte_below_its_headers(office: Office) -> None:
    assert office.post("/inbound", RAW, ENVELOPE)[0] == 202
    [stored] = office.stored()
    assert stored.endswith(RAW)
    head = message_from_bytes(stored)
    assert head.keys()[:7] == [
        *("Return-Path", "Received", "X-SES-Spam-Verdict", "X-SES-Virus-Verdict", "Received-SPF"),
        *("Authentication-Results", "X-SES-RECEIPT"),
    ]
    assert (head["X-SES-Spam-Verdict"], head["X-SES-Virus-Verdict"]) == ("PASS", "PASS")
    results = head["Authentication-Results"]
    assert results.startswith("amazonses.com;")
    for said in ("spf=pass (", f"envelope-from={FROM};", "dkim=pass header.i=@agency.example;"):
        assert said in results
    assert "dmarc=pass header.from=agency.example;" in results
    assert envelope_recipients(stored) == (TO,)


def test_verdicts_are_what_the_headers_of_the_request_say(office: Office) -> None:
    told = {"X-Dmarc": "gray", "X-Spf": "FAIL", "X-Dkim": "GRAY", "X-Spam": "FAIL", "X-Virus": "GRAY"}
    assert office.post("/inbound", RAW, ENVELOPE | told)[0] == 202
    [stored] = office.stored()
    head = message_from_bytes(stored)
    assert (head["X-SES-Spam-Verdict"], head["X-SES-Virus-Verdict"]) == ("FAIL", "GRAY")
    for said in ("spf=fail (", "dkim=none;", "dmarc=none header.from="):
        assert said in head["Authentication-Results"]


def test_a_signature_is_the_signers_and_not_the_authors(office: Office) -> None:
    raw = b"DKIM-Signature: v=1; a=rsa-sha256; d=tenant.onmicrosoft.example; s=x; b=y\r\n" + RAW
    office.post("/inbound", raw, ENVELOPE)
    [stored] = office.stored()
    assert b"dkim=pass header.i=@tenant.onmicrosoft.example;" in stored


def test_each_recipient_of_the_envelope_gets_a_mail_that_names_no_other(office: Office) -> None:
    others = [f"r-{number}@{DOMAIN}" for number in range(3)]
    headers = [("X-Envelope-From", "<>"), *(("X-Envelope-To", f"<{one}>") for one in others)]
    assert office.post("/inbound", RAW, headers)[0] == 202
    stored = office.stored()
    assert sorted(envelope_recipients(one) for one in stored) == [(one,) for one in others]
    assert all(b"Return-Path: <>\r\n" in one for one in stored)
    assert all(one.count(b"@reply.porchlight.example") == 1 for one in stored)


@pytest.mark.parametrize(
    ("body", "changed", "why"),
    [
        (b"", {}, "raw message"),
        (RAW, {"X-Envelope-From": ""}, "X-Envelope-From"),
        (RAW, {"X-Envelope-From": "not an address"}, "X-Envelope-From"),
        (RAW, {"X-Envelope-To": ""}, "X-Envelope-To"),
        (RAW, {"X-Envelope-To": "r-1"}, "X-Envelope-To"),
        (RAW, {"X-Envelope-To": "r-1@elsewhere.example"}, "only mail for @reply.porchlight.example"),
        (RAW, {"X-Dmarc": "MAYBE"}, "X-Dmarc must be one of PASS, FAIL, GRAY, PROCESSING_FAILED"),
    ],
)
def test_what_ses_would_not_take_is_refused_in_words(
    office: Office, body: bytes, changed: dict[str, str], why: str
) -> None:
    headers = {name: value for name, value in (ENVELOPE | changed).items() if value}
    status, said = office.post("/inbound", body, headers)
    assert status == 400
    assert why in said
    assert office.stored() == []


def test_more_than_ses_takes_is_refused(office: Office) -> None:
    port = office.mailroom.server_address[1]
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    connection.request("POST", "/inbound", headers=ENVELOPE | {"Content-Length": str(LONGEST + 1)})
    assert connection.getresponse().status == 413
    connection.close()


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example:8025"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:1"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
    ids=lambda headers: "-".join(headers.values()),
)
@pytest.mark.parametrize("path", ["/inbound", "/mail/1/reply"])
def test_a_page_of_another_site_sends_nothing(office: Office, headers: dict[str, str], path: str) -> None:
    office.mailbox.add(sent_mail())
    body = RAW if path == "/inbound" else urlencode({"text": "Words"}).encode()
    port = office.mailroom.server_address[1]
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    connection.request("POST", path, body, ENVELOPE | (form if path != "/inbound" else {}) | headers)
    assert connection.getresponse().status == 404
    connection.close()
    assert office.stored() == []


def sent_mail() -> Mail:
    message = EmailMessage(policy=policy.SMTP)
    message["From"] = f"Porchlight <desk@{DOMAIN}>"
    message["Reply-To"] = TO
    message["To"] = "police@agency.example"
    message["Subject"] = "Report PL-1A2B-3C4D año"
    message.set_content("##### PL-1A2B-3C4D ##### Write above this line.\n\nWhat they saw.\n")
    raw = message.as_bytes()
    return Mail("1", f"desk@{DOMAIN}", ("police@agency.example",), NOON, raw)


def test_the_form_of_a_mail_sends_a_reply_as_a_mail_program_writes_it(office: Office) -> None:
    office.mailbox.add(sent_mail())
    assert 'action="/mail/1/reply"' in office.get("/mail/1/")[1]
    form = {"Content-Type": "application/x-www-form-urlencoded", "Sec-Fetch-Site": "same-origin"}
    form["Origin"] = office.mailroom.base
    body = urlencode({"text": "We have it. Ñandú\r\nTomorrow."}).encode()
    assert office.post("/mail/1/reply", body, form) == (303, "/mail/1/?sent")
    assert "Sent." in office.get("/mail/1/?sent")[1]
    [stored] = office.stored()
    reply: Any = message_from_bytes(stored, policy=policy.default)
    assert envelope_recipients(stored) == (TO,)
    assert (reply["From"].addresses[0].addr_spec, reply["To"]) == ("police@agency.example", TO)
    assert reply["Subject"] == "Re: Report PL-1A2B-3C4D año"
    assert b"In-Reply-To: <1@us-west-2.amazonses.com>\r\n" in stored
    assert reply["In-Reply-To"] == reply["References"] == "<1@us-west-2.amazonses.com>"
    text = reply.get_content().replace("\r\n", "\n")
    assert text.startswith("We have it. Ñandú\nTomorrow.\n\nOn ")
    assert "> ##### PL-1A2B-3C4D ##### Write above this line.\n>\n> What they saw." in text


def test_an_empty_reply_is_not_sent(office: Office) -> None:
    office.mailbox.add(sent_mail())
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    assert office.post("/mail/1/reply", b"text=+", form)[0] == 400
    assert office.post("/mail/2/reply", b"text=a", form)[0] == 405
    assert office.stored() == []


@pytest.mark.parametrize("taken", [True, False])
def test_a_mail_is_brought_to_the_function_until_it_takes_it(office: Office, taken: bool) -> None:
    brought: list[dict[str, Any]] = []

    def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
        brought.append(event["Records"][0])
        return {"batchItemFailures": [] if taken else [{"itemIdentifier": brought[-1]["messageId"]}]}

    replies = LocalReplies(handler)
    assert not replies.beat()
    office.post("/inbound", RAW, ENVELOPE)
    assert replies.beat() is taken
    assert len(brought) == 1
    sqs = client("sqs")
    asked = {"QueueUrl": sqs.get_queue_url(QueueName=QUEUE)["QueueUrl"], "AttributeNames": ["All"]}
    hidden = sqs.get_queue_attributes(**asked)["Attributes"]["ApproximateNumberOfMessagesNotVisible"]
    assert hidden == ("0" if taken else "1")
