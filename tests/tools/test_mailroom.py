"""The mailroom: mail as it was handed to SES, for people and for programs."""

from __future__ import annotations

import http.client
import json
import socket
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email import policy
from email.message import EmailMessage
from typing import Any
from urllib.parse import urlsplit

import boto3
import html5lib
import pytest
from botocore.exceptions import ClientError

from tools.local import standins
from tools.local.mailroom import (
    Mailbox,
    Mailroom,
    decoded,
    parts_of,
)
from tools.local.quiet_server import reserve

SENDER = "reports@porchlight.example"
PLAIN = b"From: a@porchlight.example\r\nTo: desk@agency.example\r\nSubject: Report PL-1\r\n\r\nWords.\r\n"


class Office:
    """moto with a mailroom before it, as `make run` has them."""

    def __init__(self) -> None:
        self.mailbox = Mailbox()
        self.mailroom = Mailroom(reserve(0), self.mailbox)
        self.moto = standins.aws(self.mailbox)
        for server in (self.moto, self.mailroom):
            threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        self.ses = boto3.client(
            "sesv2",
            endpoint_url=f"http://127.0.0.1:{self.moto.server_port}",
            region_name="us-west-2",
            aws_access_key_id="test",
            aws_secret_access_key="test",
        )
        self.ses.create_email_identity(EmailIdentity=SENDER)

    def close(self) -> None:
        self.ses.close()
        for server in (self.moto, self.mailroom):
            server.shutdown()
            server.server_close()

    def send(self, raw: bytes, *to: str, sender: str = SENDER) -> str:
        answer = self.ses.send_email(
            FromEmailAddress=sender,
            Destination={"ToAddresses": list(to) or ["desk@agency.example"]},
            Content={"Raw": {"Data": raw}},
        )
        return str(answer["MessageId"])

    def get(self, path: str, method: str = "GET", **headers: str) -> tuple[http.client.HTTPResponse, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.mailroom.server_address[1], timeout=10)
        connection.request(method, path, headers=headers)
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        return answer, content

    def listed(self) -> list[dict[str, Any]]:
        listed: list[dict[str, Any]] = json.loads(self.get("/messages.json")[1])
        return listed


@pytest.fixture(scope="module")
def started() -> Iterator[Office]:
    """One office for all tests here: moto takes a second to start."""
    office = Office()
    yield office
    office.close()


@pytest.fixture
def office(started: Office) -> Office:
    """The office, with the mail of other tests in it."""
    return started


def report_mail(subject: str = "Report PL-7", text: str = "Palabras: año, 🙂\n") -> bytes:
    mail = EmailMessage(policy=policy.SMTP)
    mail["From"], mail["To"], mail["Subject"] = SENDER, "desk@agency.example", subject
    mail.set_content(text)
    mail.add_attachment(b'{"a": 1}', maintype="application", subtype="json", filename="report.json")
    return mail.as_bytes()


@pytest.mark.parametrize(
    "raw",
    [
        PLAIN,
        PLAIN.replace(b"\r\n", b"\n"),
        PLAIN + b"\r\n.\r\n..\r\n   trailing   \r\n\r\n\r\n",
        PLAIN + b"x" * 5000 + b"\r\n",
        PLAIN + "año 🙂 \u202e\r\n".encode(),
        PLAIN + b"Latin-1: a\xf1o \x80\xff\r\n",
        PLAIN + bytes(range(256)),
        report_mail(),
    ],
    ids=["crlf", "lf", "dots", "long line", "utf-8", "latin-1", "every byte", "with an attachment"],
)
def test_a_mail_is_kept_byte_for_byte(office: Office, raw: bytes) -> None:
    message_id = office.send(raw)
    last = office.listed()[-1]
    assert last["id"] == message_id
    answer, content = office.get(urlsplit(last["raw_url"]).path)
    assert answer.headers["Content-Type"] == "message/rfc822"
    assert content == raw


def test_programs_read_who_what_and_when_newest_last(office: Office) -> None:
    before = datetime.now(UTC) - timedelta(milliseconds=1)
    office.send(PLAIN, "one@agency.example", "two@agency.example")
    office.send(report_mail("Año nuevo: informe número 7, un asunto largo que se parte en dos"))
    *_, older, newer = office.listed()
    assert list(newer) == ["id", "to", "from", "subject", "sent_at", "raw_url"]
    assert older["to"] == ["one@agency.example", "two@agency.example"]
    assert newer["from"] == SENDER
    assert newer["subject"] == "Año nuevo: informe número 7, un asunto largo que se parte en dos"
    assert before <= datetime.fromisoformat(older["sent_at"]) <= datetime.fromisoformat(newer["sent_at"])
    assert older["sent_at"].endswith("Z")
    assert newer["raw_url"].startswith(f"{office.mailroom.base}/")


def test_a_mail_that_ses_refuses_is_not_kept(office: Office) -> None:
    office.send(PLAIN)
    before = len(office.listed())
    with pytest.raises(ClientError):
        office.send(PLAIN, sender="somebody@elsewhere.example")
    assert len(office.listed()) == before


def test_people_see_the_newest_first_and_then_one_mail_with_its_parts(office: Office) -> None:
    office.send(PLAIN)
    message_id = office.send(report_mail("Report PL-8"))
    page = office.get("/")[1].decode()
    assert page.index("Report PL-8") < page.index("Report PL-1")
    one = office.get(f"/mail/{message_id}/")[1].decode()
    for shown in (SENDER, "desk@agency.example", "Palabras: año, 🙂", "application/json", "report.json"):
        assert shown in one
    assert f'href="/mail/{message_id}/raw"' in one
    answer, content = office.get(f"/mail/{message_id}/part/1")
    assert content == b'{"a": 1}'
    assert answer.headers["Content-Disposition"] == "attachment; filename*=UTF-8''report.json"
    assert answer.headers["Content-Type"] == "application/octet-stream"


def test_what_a_mail_holds_cannot_act_on_the_page(office: Office) -> None:
    attack = "<script>alert(1)</script><img src=http://198.51.100.7/x>"
    mail = EmailMessage(policy=policy.SMTP)
    mail["From"], mail["To"], mail["Subject"] = SENDER, "desk@agency.example", f"{attack} \u202e"
    mail["X-Odd"] = attack
    mail.set_content(attack)
    mail.add_attachment(attack.encode(), maintype="text", subtype="html", filename=f'"{attack}\r\n.html'[:40])
    message_id = office.send(mail.as_bytes())
    for path in ("/", f"/mail/{message_id}/"):
        answer, content = office.get(path)
        tree = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(content)
        assert not list(tree.iter("script"))
        assert not list(tree.iter("img"))
        assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'; style-src 'sha256-")
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_the_mailroom_can_only_be_read(office: Office) -> None:
    office.send(PLAIN)
    kept = office.listed()
    for method in ("POST", "PUT", "PATCH", "DELETE", "OPTIONS"):
        answer, _ = office.get("/", method)
        assert (answer.status, answer.headers["Allow"]) == (405, "GET, HEAD")
    assert office.listed() == kept


def test_what_is_not_there_is_a_small_page(office: Office) -> None:
    for path in ("/mail/unknown/", "/mail/", "/x", f"/mail/{office.send(PLAIN)}/part/9", "/../etc/passwd"):
        assert office.get(path)[0].status == 404


def test_another_sites_page_cannot_read_the_mail_under_its_own_name(office: Office) -> None:
    office.send(PLAIN)
    assert office.get("/messages.json", Host="evil.example:8025")[0].status == 404
    assert office.get("/messages.json", Host="localhost:8025")[0].status == 200


def test_head_has_no_body(office: Office) -> None:
    answer, content = office.get("/messages.json", "HEAD")
    assert (answer.status, content) == (200, b"")


def test_a_subject_that_cannot_be_read_is_shown_as_it_is() -> None:
    assert decoded("=?utf-8?q?a=C3=B1o?=") == "año"
    assert decoded("=?no-such-charset?q?abc?=") == "=?no-such-charset?q?abc?="
    assert decoded("=?utf-8?b?%%%?=") == "=?utf-8?b?%%%?="


def test_an_encrypted_mail_shows_its_parts_and_no_text() -> None:
    mail = EmailMessage(policy=policy.SMTP)
    mail["Subject"] = "Report PL-9"
    mail.set_type("multipart/encrypted")
    mail.set_param("protocol", "application/pgp-encrypted")
    for kind, content in (
        ("pgp-encrypted", b"Version: 1\r\n"),
        ("octet-stream", b"-----BEGIN PGP MESSAGE-----\r\n"),
    ):
        part = EmailMessage()
        part.set_content(content, maintype="application", subtype=kind)
        mail.attach(part)
    parts = parts_of(mail)
    assert [part.kind for part in parts] == ["application/pgp-encrypted", "application/octet-stream"]
    assert [part.text for part in parts] == [None, None]
    assert parts[1].content == b"-----BEGIN PGP MESSAGE-----\r\n"


def test_a_browser_that_hangs_up_ends_nothing(office: Office) -> None:
    with socket.create_connection(("127.0.0.1", office.mailroom.server_address[1])) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n")
    assert office.get("/")[0].status == 200
