"""A person's words go to the sealer and come out in the mail; a receipt code is shown once. Nowhere else.

A report with odd phrases goes the whole way on stand-ins, through the real wiring, with each logger at DEBUG.
Then all that was logged, raised, stored, queued, mailed and answered is searched, however a phrase may be
written.
"""

from __future__ import annotations

import base64
import json
import re
import urllib.parse
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from typing import Any

import pytest
from botocore.awsrequest import AWSResponse
from chalice.app import Chalice
from moto.core import DEFAULT_ACCOUNT_ID
from moto.ses.models import ses_backends

from chalicelib.delivery.adapters.delivery_keys import DeliveryKey, new_delivery_key
from chalicelib.delivery.ports import OpenedReport
from chalicelib.pages.web.quiet_log import HandlerFailed, quietly
from chalicelib.reporting.adapters.dynamo_reports import table_definition
from chalicelib.reporting.adapters.receipt_vault import SeededVault
from chalicelib.reporting.cases import case_number
from chalicelib.reporting.errors import InvalidReport
from chalicelib.reporting.form_tokens import make_token
from chalicelib.reporting.report import Report, read_report
from chalicelib.settings import Settings
from chalicelib.shared.aws.sdk import client, client_in_time
from chalicelib.shared.errors import PorchlightError
from chalicelib.shared.mail import Mail
from chalicelib.shared.system_clock import SystemClock
from chalicelib.wiring import deliver, http, note_delivery, sweep
from tests.conftest import REGION
from tests.support.settled_recipients import ACCESS, make_access_table
from tests.support.website import FORM, Answer, encoded, every_log_line, gateway_event

pytestmark = pytest.mark.takes(15)

SEED = "seed-of-the-privacy-tests-" + "s" * 40
STORY = "plaid-aardvark ñandú über"
WHERE = "zigzag-quokka lane"
WHEN = "octarine-wombat o'clock"
PHRASES = (STORY, WHERE, WHEN)
NOTE = "/en/los-banos-ca/note/"


def ways_to_write(phrase: str) -> set[bytes]:
    """Return each way in which a phrase, or the odd part of it, might be found."""
    ways: set[bytes] = set()
    for text in {phrase, phrase.split()[0]}:
        raw = text.encode("utf-8")
        ways |= {
            raw,
            text.encode("utf-16-le"),
            text.encode("latin-1"),
            raw.hex().encode(),
            repr(raw)[2:-1].encode(),
        }
        ways |= {json.dumps(text)[1:-1].encode(), ascii(text)[1:-1].encode()}
        ways |= {urllib.parse.quote(text).encode(), urllib.parse.quote_plus(text).encode()}
        for start in range(3):  # base64 of a text that holds it, wherever it begins in it
            inner = base64.b64encode(bytes(start) + raw)
            ways.add(inner[4 if start else 0 : len(inner) - 4])
    return {way for way in ways if len(way) >= 8}


def assert_hidden(where: str, content: str | bytes, *secrets: str) -> None:
    """Fail when one of these shows in some content."""
    found = content.encode("utf-8", "surrogatepass") if isinstance(content, str) else content
    shown = {secret for secret in secrets for way in ways_to_write(secret) if way in found}
    assert not shown, f"{shown} shows in {where}"


def test_the_search_finds_a_phrase_however_it_is_written() -> None:
    for written in (
        f"x {STORY} y".encode(),
        json.dumps({"a": STORY}).encode(),
        base64.b64encode(b"some" + STORY.encode()),
        base64.b64encode(b"some " + STORY.encode()),
        base64.b64encode(b"someth" + STORY.encode() + b"!"),
        urllib.parse.quote_plus(STORY).encode(),
        repr({"Data": STORY.encode()}).encode(),
    ):
        with pytest.raises(AssertionError):
            assert_hidden("itself", written, STORY)
    assert_hidden("another text", "plaid zebra", STORY)


class Stage:
    """The application wired as on AWS, on stand-ins."""

    def __init__(self) -> None:
        self.desk: DeliveryKey = new_delivery_key(datetime.now(UTC))
        environment = {
            "PORCHLIGHT_FUNCTION": "reporter",
            "PORCHLIGHT_PAGES": "live",
            "STAGE": "dev",
            "REPORTS_TABLE": "reports",
            "ACCESS_TABLE": ACCESS,
            "REPORTER_SECRET": "reporter",
            "DESK_KEYS_SECRET": "desk",
            "SENDER_ADDRESS": "desk@porchlight.example",
            "OPERATOR_ADDRESS": "operator@porchlight.example",
            "DIGEST_EVERY": "60",
        }
        self.settings = Settings.from_env(environment)
        client("dynamodb").create_table(**table_definition("reports"))
        make_access_table()
        manager = client("secretsmanager")
        public = {"kid": self.desk.kid, "public": self.desk.public}
        manager.create_secret(Name="reporter", SecretString=json.dumps({"seed": SEED, "desk_key": public}))
        manager.create_secret(
            Name="desk", SecretString=json.dumps({"keys": {self.desk.kid: self.desk.private}})
        )
        client("sesv2").create_email_identity(EmailIdentity="desk@porchlight.example")
        client("sqs").create_queue(QueueName="porchlight-notices")
        self.app = Chalice(app_name="porchlight")
        http.serve(self.app, self.settings)
        self.codes = Chalice(app_name="porchlight")
        http.serve(self.codes, Settings.from_env({**environment, "PORCHLIGHT_FUNCTION": "codes"}))

    def form(self, **changed: list[str]) -> dict[str, list[str]]:
        """Return a form that was opened a minute ago."""
        secret = SeededVault(lambda: SEED.encode()).form_secret()
        token = make_token(secret, datetime.now(UTC) - timedelta(minutes=1), SystemClock().nonce())
        recipients = ["dot-trafficking", "dhs-blue-campaign"]
        words = {"a": [STORY], "c": [WHERE], "d": [WHEN]}
        return {"t": [token], "b": ["work"], "r": recipients, "z": [""], **words, **changed}

    def post(self, path: str, fields: dict[str, list[str]]) -> Answer:
        """Send a form to the function that takes it: the code page has one of its own."""
        app = self.codes if path.endswith("/code/") else self.app
        headers = {"Content-Type": FORM, "User-Agent": "An odd browser/1.0", "X-Forwarded-For": "192.0.2.7"}
        return Answer(app(gateway_event(app, "POST", path, headers, encoded(fields)), None))

    def deliver(self) -> dict[str, Any]:
        """Run the outbox worker as its schedule does."""

        class Context:
            def get_remaining_time_in_millis(self) -> int:
                return 60_000

        return deliver.deliver(self.settings, Context())

    def note(self, event: dict[str, Any]) -> dict[str, Any]:
        """Bring a notice of the mail service, as the queue does."""
        return note_delivery.note_delivery(
            self.settings, {"Records": [{"messageId": "1", "body": json.dumps(event)}]}
        )

    def everything_kept(self) -> Iterator[tuple[str, bytes]]:
        """Return all that any store, secret or queue holds."""
        dynamodb, manager, queues = client("dynamodb"), client("secretsmanager"), client("sqs")
        for table in dynamodb.list_tables()["TableNames"]:
            for item in dynamodb.scan(TableName=table)["Items"]:
                yield f"table {table}, {item['pk']}", repr(item).encode()
                yield from ((f"{table}.{name}", value["B"]) for name, value in item.items() if "B" in value)
        for secret in manager.list_secrets()["SecretList"]:
            yield f"secret {secret['Name']}", repr(secret).encode()
            yield secret["Name"], manager.get_secret_value(SecretId=secret["Name"])["SecretString"].encode()
        for url in queues.list_queues().get("QueueUrls", []):
            yield url, repr(queues.receive_message(QueueUrl=url, MaxNumberOfMessages=10)).encode()
        yield "buckets", repr(client("s3").list_buckets()["Buckets"]).encode()

    def mails(self) -> list[Any]:
        """Return each mail that was sent."""
        sent = ses_backends[DEFAULT_ACCOUNT_ID][REGION].sent_messages
        return [message_from_bytes(one.raw_data.encode(), policy=policy.default) for one in sent]


@pytest.fixture
def stage(aws: None) -> Stage:
    return Stage()


@contextmanager
def answering(service: str, operation: str, code: str, status: int, message: str) -> Iterator[None]:
    """Let every client of a service get this error, whose text quotes what it must not.

    The stand-in does what it is asked all the same: as when AWS does something and then fails to say so.
    """

    def answer(request: Any, **_: Any) -> AWSResponse:
        response = AWSResponse(request.url, status, {"x-amzn-ErrorType": code}, None)
        response._content = json.dumps({"__type": code, "message": message, "Message": message}).encode()
        return response

    clients = [client(service), client(service, 1, 10.0), client_in_time(service)]
    for one in clients:
        one.meta.events.register_first(f"before-send.{service}.{operation}", answer)
    try:
        yield
    finally:
        for one in clients:
            one.meta.events.unregister(f"before-send.{service}.{operation}", answer)


def test_words_are_in_the_mails_alone_and_the_code_on_the_receipt_alone(
    stage: Stage, capfd: pytest.CaptureFixture[str]
) -> None:
    with every_log_line() as log:
        receipt = stage.post(NOTE, stage.form())
        code = receipt.code
        digits = code.replace(" ", "")
        asked = stage.post("/en/code/", {"k": [code]})
        done = stage.deliver()
        known = stage.post("/en/code/", {"k": [code]})
        stage.note({"notificationType": "Bounce", "mail": {"messageId": "none"}, "bounce": {}})
        swept = sweep.sweep(stage.settings, type("C", (), {"get_remaining_time_in_millis": lambda _: 9000})())
    assert (receipt.status, asked.status, known.status) == (200, 200, 200)
    assert done["mails"] == 2
    assert swept == {"deleted": 0}

    for mail in stage.mails():
        if mail["To"] == stage.settings.operator_address:
            for part in mail.walk():
                assert_hidden(
                    "a mail to the operator", f"{part.items()} {part.get_payload(decode=True)!r}", *PHRASES
                )
    mails = [mail for mail in stage.mails() if mail["To"] != stage.settings.operator_address]
    assert len(mails) == 2
    for mail in mails:
        body = "".join(part.get_content() for part in mail.walk() if part.get_content_type() == "text/plain")
        assert all(phrase in body for phrase in PHRASES)
        assert_hidden("a mail's headers", repr(mail.items()), *PHRASES, code, digits)
        for part in mail.walk():
            assert_hidden("a part's headers", repr(part.items()), *PHRASES, code, digits)
        assert_hidden("a mail", mail.as_bytes(), code, digits)
        assert_hidden("a mail, decoded", body, code, digits)

    for where, content in stage.everything_kept():
        assert_hidden(where, content, *PHRASES, code, digits)
    printed = capfd.readouterr()
    for where, text in (("the log", "\n".join(log)), ("output", printed.out), ("output", printed.err)):
        assert_hidden(where, text, *PHRASES, code, digits, SEED, stage.desk.private)
        assert "192.0.2.7" not in text
        assert "An odd browser" not in text
    assert_hidden("the receipt", receipt.html, *PHRASES)
    for answer in (asked, known):
        assert_hidden("an answer about a code", answer.html, *PHRASES, code, digits)
    for answer in (receipt, asked, known):
        assert_hidden("headers", repr(answer.headers), *PHRASES, code, digits)


def test_the_log_follows_a_case_without_a_word_a_code_an_address_or_the_records_id(
    stage: Stage, capfd: pytest.CaptureFixture[str]
) -> None:
    stage.post(NOTE, stage.form())
    with every_log_line() as log:
        stage.deliver()
        [report_id] = (
            item["pk"]["S"].removeprefix("report#")
            for item in client("dynamodb").scan(TableName="reports")["Items"]
            if item["pk"]["S"].startswith("report#")
        )
        for kind, more in (
            ("Delivery", {}),
            ("Bounce", {"bounceType": "Permanent", "bounceSubType": "General"}),
        ):
            mail = {
                "messageId": "m-1",
                "timestamp": datetime.now(UTC).isoformat(),
                "destination": ["x@y.example"],
                "tags": {"about": [f"report-{report_id}"], "recipient": ["dot-trafficking"], "turn": ["0"]},
            }
            stage.note({"eventType": kind, "mail": mail, kind.lower(): more})
    lines = [line for line in log if '"outcome"' in line]
    told = [json.loads(line[line.index("{") :]) for line in lines]
    number = case_number(report_id)
    assert [(one["case"], one["recipient"], one["outcome"], one["state"]) for one in told] == [
        (number, "dot-trafficking", "sent", "sent"),
        (number, "dhs-blue-campaign", "sent", "sent"),
        (number, "dot-trafficking", "delivered", "delivered"),
        (number, "dot-trafficking", "bounced", "bounced"),
    ]
    assert all(set(one) == {"age", "case", "outcome", "recipient", "state"} for one in told)
    assert all(type(one["age"]) is int for one in told)
    for line in lines:
        assert "@" not in line
        assert_hidden("a line of an outcome", line, *PHRASES, report_id, "los-banos-ca")
    assert_hidden("the log", "\n".join(log) + "".join(capfd.readouterr()), report_id)


def test_addresses_and_browsers_of_reporters_are_stored_nowhere(stage: Stage) -> None:
    stage.post(NOTE, stage.form())
    for where, content in stage.everything_kept():
        assert b"192.0.2.7" not in content, where
        assert b"odd browser" not in content, where


def test_words_are_sealed_before_anything_leaves_for_aws(stage: Stage) -> None:
    sent: list[bytes] = []

    def overhear(request: Any, **_: Any) -> None:
        sent.append(request.url.encode() + repr(request.headers.items()).encode() + request.body)

    for service in ("dynamodb", "secretsmanager"):
        client_in_time(service).meta.events.register_first("before-send", overhear)
    with every_log_line(forced=True) as log:
        receipt = stage.post(NOTE, stage.form())
        stage.post("/en/code/", {"k": [receipt.code]})
    assert [one for one in sent if b"PutItem" in one], "the report went that way"
    hidden = (*PHRASES, receipt.code, receipt.code.replace(" ", ""))
    assert_hidden("what left for AWS", b"\n".join(sent), *hidden)
    assert_hidden("what was forced out", "\n".join(log), *hidden)


def test_the_libraries_stay_silent_although_the_level_is_debug(stage: Stage) -> None:
    with every_log_line() as log:
        stage.post(NOTE, stage.form())
        stage.deliver()
    assert not [line for line in log if re.match("boto3|botocore|urllib3|s3transfer", line)]


def quoting() -> str:
    """Return an error text that quotes everything."""
    return " | ".join(PHRASES)


@pytest.mark.parametrize(
    ("service", "operation", "code", "status"),
    [
        ("dynamodb", "PutItem", "ValidationException", 400),
        ("dynamodb", "PutItem", "InternalServerError", 500),
        ("dynamodb", "UpdateItem", "ThrottlingException", 400),
        ("dynamodb", "GetItem", "AccessDeniedException", 400),
        ("secretsmanager", "GetSecretValue", "ValidationException", 400),
        ("secretsmanager", "GetSecretValue", "InternalServiceError", 500),
    ],
)
def test_a_store_that_fails_and_quotes_is_not_quoted(
    stage: Stage, service: str, operation: str, code: str, status: int, capfd: pytest.CaptureFixture[str]
) -> None:
    with every_log_line() as log, answering(service, operation, code, status, quoting()):
        answer = stage.post(NOTE, stage.form())
        asked = stage.post("/en/code/", {"k": ["1234 5678 9012 3456 7894"]})
    assert answer.status in (200, 500, 503)
    assert_hidden("the log", "\n".join(log), *PHRASES, "12345678901234567894", "1234 5678 9012")
    assert_hidden("output", "".join(capfd.readouterr()), *PHRASES)
    assert_hidden("headers", repr(answer.headers), *PHRASES)
    assert_hidden("an answer about a code", asked.html, *PHRASES, "12345678901234567894")


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("MessageRejected", 400),
        ("BadRequestException", 400),
        ("TooManyRequestsException", 429),
        ("InternalFailure", 500),
        ("AccountSuspendedException", 400),
        ("SomethingNew", 400),
    ],
)
def test_a_mail_service_that_fails_and_quotes_is_not_quoted(
    stage: Stage, code: str, status: int, capfd: pytest.CaptureFixture[str]
) -> None:
    stage.post(NOTE, stage.form())
    with every_log_line() as log, answering("sesv2", "SendEmail", code, status, quoting()):
        stage.deliver()
    final = code in ("MessageRejected", "BadRequestException", "AccountSuspendedException")
    assert any(code in line for line in log) or not final, "the operator learns what it was"
    assert_hidden("the log", "\n".join(log), *PHRASES)
    assert_hidden("output", "".join(capfd.readouterr()), *PHRASES)
    for where, content in stage.everything_kept():
        assert_hidden(where, content, *PHRASES)


def test_what_an_event_handler_raises_is_named_and_not_quoted() -> None:
    def fails(event: Any) -> None:
        raise ValueError(STORY)

    with pytest.raises(HandlerFailed, match=r"ValueError at test_privacy\.py") as failed:
        quietly({}, fails)
    assert STORY not in str(failed.value)
    assert failed.value.__cause__ is None
    assert failed.value.__context__ is None


def test_every_event_handler_is_made_quiet(stage: Stage) -> None:
    for app in (stage.app, stage.codes):
        for kind in ("scheduled", "sqs", "sns", "s3"):
            assert quietly in list(app._get_middleware_handlers(kind)), kind


def test_no_log_line_of_the_application_quotes_an_error(
    stage: Stage, capfd: pytest.CaptureFixture[str]
) -> None:
    with every_log_line() as log:
        try:
            raise ValueError(STORY)
        except ValueError as error:
            stage.app.log.error("Caught %s", error)
            stage.app.log.error(error)
            stage.app.log.exception("Caught exception for path %s", "/en/")
            stage.app.log.error("with a stack", stack_info=True)
    assert_hidden("the log", "\n".join(log), STORY)
    assert_hidden("output", "".join(capfd.readouterr()), STORY)
    assert sum("ValueError at test_privacy.py" in line for line in log) == 3


def test_nothing_shows_words_when_it_is_printed() -> None:
    report = Report("us", "en", STORY, "work", WHERE, WHEN, "yes")
    fields = {"a": [STORY], "b": ["work"], "c": [WHERE], "d": [WHEN], "r": ["dot"]}
    form = read_report(fields, "us", "en", ["dot"], [])
    mail = Mail("a@b.example", "c@d.example", "dot", 0, "report-1", STORY.encode())
    for shown in (report, form, mail, OpenedReport(_any_record(), report)):
        assert_hidden(type(shown).__name__, f"{shown!r} {shown}", *PHRASES)


def test_no_error_of_ours_quotes_a_form() -> None:
    with pytest.raises(InvalidReport) as invalid:
        read_report({"a": [STORY * 2000], "b": [WHERE], "r": [WHEN]}, "us", "en", ["dot"], [])
    assert isinstance(invalid.value, PorchlightError)
    assert_hidden(
        "an error", repr(invalid.value) + str(invalid.value.args) + str(invalid.value.problems), *PHRASES
    )


def test_a_case_number_does_not_lead_back_to_its_report() -> None:
    report_id = "0123456789abcdef0123456789abcdef"
    number = case_number(report_id)
    assert re.fullmatch("PL-[0-9A-Z]{4}-[0-9A-Z]{4}", number)
    assert not any(report_id[start : start + 6] in number.lower() for start in range(26))


def _any_record() -> Any:
    from tests.reporting.test_store_contract import report

    return report()
