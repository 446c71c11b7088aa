"""SES's error codes as errors of ours: taken, later, perhaps, never, nothing at all now."""

from __future__ import annotations

import json
import re
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.awsrequest import AWSResponse
from botocore.config import Config
from botocore.exceptions import NoCredentialsError

from chalicelib.shared.aws.sdk import client
from chalicelib.shared.aws.ses_mailer import ANSWERS, SesMailer, about_of, mail_domain, tag_of
from chalicelib.shared.mail import (
    REPORT,
    About,
    Mail,
    MailBusy,
    MailDelayed,
    MailRefused,
    MailStopped,
    MailUncertain,
    MailUnverified,
)

MAIL = Mail(
    "reports@porchlight.example",
    "police@agency.example",
    "police",
    2,
    "report-" + "0" * 32,
    b"To: police@agency.example\r\nSubject: x\r\n\r\nquiet words\r\n",
)


class Answers:
    """Takes the place of the network: gives an answer, and counts how often it was asked."""

    def __init__(self, status: int, body: object, headers: dict[str, str] | None = None) -> None:
        self.asked: list[Any] = []
        self._status, self._body = status, body
        self._headers = headers or {}

    def __call__(self, request: Any, **_: Any) -> AWSResponse:
        self.asked.append(request)
        if isinstance(self._body, Exception):
            raise self._body

        class Raw:
            def stream(inner, *_: object, **__: object) -> Iterator[bytes]:
                yield json.dumps(self._body).encode()

        return AWSResponse(request.url, self._status, self._headers, Raw())


def fault(code: str, message: str = "") -> dict[str, str]:
    return {"__type": code, "message": message}


@pytest.fixture
def mailer() -> Callable[[Answers], SesMailer]:
    def make(answers: Answers) -> SesMailer:
        ses = boto3.client("sesv2", config=Config(retries={"total_max_attempts": 1, "mode": "standard"}))
        ses.meta.events.register_first("before-send.sesv2.SendEmail", answers)
        return SesMailer(lambda: ses, "porchlight")

    return make


def test_a_mail_is_handed_over_with_its_envelope_tags_and_rules(
    mailer: Callable[[Answers], SesMailer],
) -> None:
    answers = Answers(200, {"MessageId": "id-1"})
    assert mailer(answers).send(MAIL) == "id-1"
    sent = json.loads(answers.asked[0].body)
    assert sent["FromEmailAddress"] == MAIL.sender
    assert sent["Destination"] == {"ToAddresses": [MAIL.to]}
    assert sent["ConfigurationSetName"] == "porchlight"
    assert {tag["Name"]: tag["Value"] for tag in sent["EmailTags"]} == {
        "about": MAIL.about,
        "recipient": "police",
        "turn": "2",
    }


def test_a_tag_holds_only_signs_that_ses_allows_and_is_read_back(
    mailer: Callable[[Answers], SesMailer],
) -> None:
    about = About.of(REPORT, "0" * 32 + ".0123456789ab")
    answers = Answers(200, {"MessageId": "id-1"})
    mailer(answers).send(replace(MAIL, about=about))
    tags = {tag["Name"]: tag["Value"] for tag in json.loads(answers.asked[0].body)["EmailTags"]}
    assert re.fullmatch("[A-Za-z0-9_-]+", tags["about"])
    assert about_of(tags["about"]) == about
    for other in ("report-" + "0" * 32, "batch-00", "alarm-mail_stopped", "inbox-not_shown", "desk"):
        assert about_of(tag_of(About(other))) == other


@pytest.mark.parametrize(
    ("region", "domain"),
    [("us-east-1", "email.amazonses.com"), ("us-west-2", "us-west-2.amazonses.com")],
)
def test_a_mails_id_is_seen_with_the_domain_of_its_region(region: str, domain: str) -> None:
    assert mail_domain(region) == domain


@pytest.mark.parametrize(
    ("status", "code", "message", "error"),
    [
        (429, "TooManyRequestsException", "Maximum sending rate exceeded.", MailBusy),
        (400, "LimitExceededException", "Daily message quota exceeded.", MailBusy),
        (400, "ThrottlingException", "Rate exceeded", MailBusy),
        (500, "InternalServiceError", "", MailUncertain),
        (503, "ServiceUnavailable", "", MailUncertain),
        (502, "", "", MailUncertain),
        (400, "MessageRejected", "Email address is not verified.", MailStopped),
        (400, "MessageRejected", "Sending paused for this account.", MailStopped),
        (400, "AccountSuspendedException", "", MailStopped),
        (400, "SendingPausedException", "", MailStopped),
        (400, "MailFromDomainNotVerifiedException", "", MailStopped),
        (404, "NotFoundException", "Configuration set does not exist", MailStopped),
        (403, "AccessDeniedException", "", MailStopped),
        (403, "ExpiredTokenException", "", MailStopped),
        (403, "InvalidSignatureException", "", MailStopped),
        (403, "SomethingNew", "", MailStopped),
        (400, "MessageRejected", "Message contains a virus.", MailRefused),
        (400, "BadRequestException", "Invalid address", MailRefused),
        (413, "", "", MailRefused),
        (409, "ConflictException", "", MailDelayed),
    ],
)
def test_each_fault_says_what_to_do_next(
    mailer: Callable[[Answers], SesMailer], status: int, code: str, message: str, error: type[Exception]
) -> None:
    answers = Answers(status, fault(code, message), {"x-amzn-errortype": code} if code else {})
    with pytest.raises(error) as caught:
        mailer(answers).send(MAIL)
    assert type(caught.value) is error
    assert len(answers.asked) == 1


LISTED = "Email address is not verified. The following identities failed the check in region US-WEST-2: "
DENIED = (
    "User: arn:aws:sts::1:assumed-role/deliver/run is not authorized to perform: `ses:SendEmail' on resource"
    " `arn:aws:ses:us-west-2:1:"
)


@pytest.mark.parametrize(
    ("code", "message", "error"),
    [
        # The sender: its address or domain, alone or among others, however it is written.
        ("MessageRejected", LISTED + MAIL.sender, MailStopped),
        ("MessageRejected", LISTED + "Reports@Porchlight.EXAMPLE", MailStopped),
        ("MessageRejected", LISTED + "police@agency.example, reports@porchlight.example", MailStopped),
        (
            "MessageRejected",
            LISTED + "a@b.example,Desk <reports@porchlight.example>...",
            MailStopped,
        ),
        ("MessageRejected", LISTED + "porchlight.example", MailStopped),
        ("MessageRejected", LISTED + "  police@agency.example ,\n porchlight.example. ", MailStopped),
        ("BadRequestException", LISTED + MAIL.sender + " Request Id: 0-1", MailStopped),
        # The recipient, or an address that we do not know.
        ("MessageRejected", LISTED + MAIL.to, MailUnverified),
        ("MessageRejected", LISTED.replace("US-WEST-2", "eu.central.1") + MAIL.to.upper(), MailUnverified),
        ("MessageRejected", LISTED + "Police <police@agency.example>, police@agency.example", MailUnverified),
        ("MessageRejected", LISTED + "police@agency.example...", MailUnverified),
        ("MessageRejected", LISTED + "agency.example", MailUnverified),
        ("MessageRejected", LISTED + "bounce@elsewhere.example", MailUnverified),
        ("MessageRejected", LISTED + "police@porchlight.example", MailUnverified),
        ("MessageRejected", LISTED + "xreports@porchlight.example", MailUnverified),
        ("BadRequestException", LISTED + MAIL.to, MailUnverified),
        # It names nobody: then it may be the sender.
        ("MessageRejected", LISTED, MailStopped),
        ("MessageRejected", LISTED + "...", MailStopped),
        # What a role may not use, by its ARN.
        ("AccessDeniedException", DENIED + "identity/" + MAIL.to + "'", MailUnverified),
        ("AccessDeniedException", DENIED + "identity/porchlight.example'", MailStopped),
        ("AccessDeniedException", DENIED + "configuration-set/p'", MailStopped),
        # Other words of SES's first API.
        ("MessageRejected", "Sending paused for configuration set porchlight.", MailStopped),
        ("MessageRejected", "Configuration set porchlight does not exist.", MailStopped),
        ("BadRequestException", "The account's sending is suspended.", MailStopped),
        ("MessageRejected", "Address blacklisted.", MailRefused),
        ("MessageRejected", "Address is on the suppression list.", MailRefused),
        ("InvalidParameterValue", "Local address contains control or whitespace", MailRefused),
    ],
)
def test_a_text_says_whom_it_concerns(
    mailer: Callable[[Answers], SesMailer], code: str, message: str, error: type[Exception]
) -> None:
    answers = Answers(400, fault(code, message), {"x-amzn-errortype": code})
    with pytest.raises(error) as caught:
        mailer(answers).send(MAIL)
    assert type(caught.value) is error
    assert str(caught.value) == code, "and no address in it"


@pytest.mark.parametrize("sender", ["reports@mail.porchlight.example", "Desk <reports@porchlight.example>"])
def test_a_domain_above_the_senders_is_the_senders(
    mailer: Callable[[Answers], SesMailer], sender: str
) -> None:
    answers = Answers(400, fault("MessageRejected", LISTED + "porchlight.example"))
    with pytest.raises(MailStopped):
        mailer(answers).send(replace(MAIL, sender=sender))


def test_every_fault_that_the_sdk_knows_of_has_its_meaning() -> None:
    shape = client("sesv2", 1).meta.service_model.operation_model("SendEmail")
    assert {error.name for error in shape.error_shapes} <= ANSWERS.keys()


def test_the_document_says_of_each_code_what_the_code_does() -> None:
    words: dict[type[Exception], str] = {
        MailStopped: "stops",
        MailRefused: "refused",
        MailBusy: "slower",
        MailDelayed: "later",
        MailUncertain: "perhaps",
    }
    text = (Path(__file__).parents[2] / "docs" / "deliveries.md").read_text(encoding="utf-8")
    section = text.split("\n### SES's codes\n", 1)[1].split("\n## ", 1)[0]
    documented = {
        code: meaning
        for meaning, codes in re.findall(r"^\| `(\w+)` \| (.*?) \|", section, re.MULTILINE)
        for code in re.findall(r"`(\w+)`", codes)
    }
    assert documented == {code: words[meaning] for code, meaning in ANSWERS.items()}


def test_no_credentials_stop_the_queue(mailer: Callable[[Answers], SesMailer]) -> None:
    with pytest.raises(MailStopped):
        mailer(Answers(0, NoCredentialsError())).send(MAIL)


def test_an_answer_without_an_id_may_mean_that_it_was_taken(mailer: Callable[[Answers], SesMailer]) -> None:
    with pytest.raises(MailUncertain):
        mailer(Answers(200, {})).send(MAIL)


def test_an_address_that_the_sdk_refuses_is_refused_without_quoting_the_mail() -> None:
    mailer = SesMailer(partial(client, "sesv2", 1), "")
    odd = Mail(MAIL.sender, None, "police", 0, "report-x", MAIL.content)  # type: ignore[arg-type]
    with pytest.raises(MailRefused) as caught:
        mailer.send(odd)
    assert "quiet words" not in repr(caught.value) + repr(caught.value.__cause__)


class Server(threading.Thread):
    """A server that takes a request and then does as it is told."""

    def __init__(self, then: Callable[[socket.socket], None]) -> None:
        super().__init__(daemon=True)
        self._then = then
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.taken = 0

    def run(self) -> None:
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            with connection:
                connection.recv(65536)
                self.taken += 1
                self._then(connection)


@pytest.mark.parametrize(
    "then",
    [
        lambda connection: None,
        lambda connection: connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 400\r\n\r\n{"),
        lambda connection: threading.Event().wait(1.5),
        lambda connection: connection.sendall(b"not http at all\r\n\r\n"),
    ],
    ids=["hangs up", "breaks off", "says nothing", "talks nonsense"],
)
def test_no_whole_answer_means_that_it_may_have_been_taken_and_is_not_asked_twice(
    then: Callable[[socket.socket], None],
) -> None:
    server = Server(then)
    server.start()
    ses = boto3.client(
        "sesv2",
        endpoint_url=f"http://127.0.0.1:{server.listener.getsockname()[1]}",
        config=Config(read_timeout=0.5, retries={"total_max_attempts": 1}),
    )
    with pytest.raises(MailUncertain):
        SesMailer(lambda: ses, "").send(MAIL)
    assert server.taken == 1
    server.listener.close()
    ses.close()


def test_a_service_that_cannot_be_reached_took_nothing() -> None:
    free = socket.create_server(("127.0.0.1", 0))
    port = free.getsockname()[1]
    free.close()
    ses = boto3.client(
        "sesv2", endpoint_url=f"http://127.0.0.1:{port}", config=Config(retries={"total_max_attempts": 1})
    )
    with pytest.raises(MailDelayed) as caught:
        SesMailer(lambda: ses, "").send(MAIL)
    assert not isinstance(caught.value, MailUncertain)


def test_moto_takes_the_mail_byte_for_byte(aws: Any) -> None:
    from moto.core import DEFAULT_ACCOUNT_ID
    from moto.ses.models import ses_backends

    ses = client("sesv2", 1)
    ses.create_email_identity(EmailIdentity=MAIL.sender)
    assert SesMailer(lambda: ses, "").send(MAIL)
    (taken,) = ses_backends[DEFAULT_ACCOUNT_ID]["us-west-2"].sent_messages
    assert taken.raw_data.encode() == MAIL.content
