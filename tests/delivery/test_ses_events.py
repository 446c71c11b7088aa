"""SES's notices as its queue brings them: two shapes, in an envelope or not, and much that says nothing."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.delivery.adapters.ses_events import read_notice
from chalicelib.delivery.errors import NoticeUnreadable
from chalicelib.delivery.ports import Notice
from chalicelib.reporting.ports import SentMail

ABOUT = SentMail("report-" + "0" * 32, "police", 1)
TAGS = {
    "about": [ABOUT.about],
    "recipient": [ABOUT.recipient],
    "turn": ["1"],
    "ses:configuration-set": ["porchlight"],
    "ses:source-ip": ["192.0.2.0"],
    "ses:caller-identity": ["deliver"],
}


def mail(tags: dict[str, list[str]] | None = TAGS, to: tuple[str, ...] = ("desk@police.example",)) -> Any:
    message: dict[str, Any] = {
        "timestamp": "2026-11-25T12:00:01.234Z",
        "source": "reports@porchlight.example",
        "sourceArn": "arn:aws:ses:us-west-2:123456789012:identity/porchlight.example",
        "sendingAccountId": "123456789012",
        "messageId": "0101019-example-000000",
        "destination": list(to),
        "headersTruncated": False,
        "headers": [{"name": "Subject", "value": "Porchlight report PL-0000-0000"}],
        "commonHeaders": {"to": list(to), "subject": "Porchlight report PL-0000-0000"},
    }
    return message if tags is None else message | {"tags": tags}


DETAILS: dict[str, tuple[str, Any, str, str]] = {
    "Delivery": (
        "delivery",
        {
            "timestamp": "2026-11-25T12:00:03.000Z",
            "processingTimeMillis": 1766,
            "recipients": ["desk@police.example"],
            "smtpResponse": "250 ok",
            "reportingMTA": "a8-70.smtp-out.amazonses.com",
        },
        "delivered",
        "",
    ),
    "DeliveryDelay": (
        "deliveryDelay",
        {
            "timestamp": "2026-11-25T12:10:00.000Z",
            "delayType": "TransientCommunicationFailure",
            "expirationTime": "2026-11-25T18:00:00.000Z",
            "delayedRecipients": [
                {"emailAddress": "desk@police.example", "status": "4.4.1", "diagnosticCode": "smtp; 421 busy"}
            ],
        },
        "delayed",
        "TransientCommunicationFailure",
    ),
    "Bounce": (
        "bounce",
        {
            "bounceType": "Permanent",
            "bounceSubType": "General",
            "bouncedRecipients": [
                {
                    "emailAddress": "desk@police.example",
                    "action": "failed",
                    "status": "5.1.1",
                    "diagnosticCode": "smtp; 550 5.1.1 user unknown",
                }
            ],
            "timestamp": "2026-11-25T12:00:02.000Z",
            "feedbackId": "0101-example-000000",
            "reportingMTA": "dsn; mta.example.com",
        },
        "bounced",
        "Permanent General",
    ),
    "Complaint": (
        "complaint",
        {
            "userAgent": "a mail service",
            "complainedRecipients": [{"emailAddress": "desk@police.example"}],
            "complaintSubType": None,
            "complaintFeedbackType": "abuse",
            "arrivalDate": "2026-11-25T12:30:00.000Z",
            "timestamp": "2026-11-25T12:30:01.000Z",
            "feedbackId": "0101-example-000000",
        },
        "complained",
        "abuse",
    ),
    "Reject": ("reject", {"reason": "Bad content"}, "rejected", "Bad content"),
    "Rendering Failure": (
        "failure",
        {"errorMessage": "Attribute 'x' is not present.", "templateName": "t"},
        "rejected",
        "Rendering Failure",
    ),
}


def event(name: str, shape: str = "eventType", **parts: Any) -> dict[str, Any]:
    member, detail, _, _ = DETAILS[name]
    return {shape: name, member: detail, "mail": mail(), **parts}


def envelope(message: Any, **parts: Any) -> str:
    return json.dumps(
        {
            "Type": "Notification",
            "MessageId": "c4a6e0b5-0000-0000-0000-000000000000",
            "TopicArn": "arn:aws:sns:us-west-2:123456789012:notices",
            "Subject": "Amazon SES Email Event Notification",
            "Message": message,
            "Timestamp": "2026-11-25T12:00:04.000Z",
            "SignatureVersion": "1",
            **parts,
        }
    )


@pytest.mark.parametrize("shape", ["eventType", "notificationType"])
@pytest.mark.parametrize("name", DETAILS)
@pytest.mark.parametrize("wrap", [json.dumps, lambda message: envelope(json.dumps(message)), envelope])
def test_each_kind_is_read_in_each_shape(name: str, shape: str, wrap: Any) -> None:
    _, _, kind, why = DETAILS[name]
    notice = read_notice(wrap(event(name, shape)))
    assert notice is not None
    assert (notice.kind, notice.mail, notice.why) == (kind, ABOUT, why)
    assert notice.message_id == "0101019-example-000000"
    assert notice.sent_at == datetime(2026, 11, 25, 12, 0, 1, 234000, UTC)
    assert notice.to == ("desk@police.example",)
    assert notice.addresses in (("desk@police.example",), ())


def test_a_notice_that_eventbridge_brings_is_read_too() -> None:
    message = {"detail-type": "Email Bounced", "source": "aws.ses", "detail": event("Bounce")}
    notice = read_notice(json.dumps(message))
    assert notice is not None
    assert notice.kind == "bounced"


def test_an_identity_notification_carries_no_tags() -> None:
    notice = read_notice(json.dumps(event("Bounce", "notificationType", mail=mail(tags=None))))
    assert notice is not None
    assert notice.mail is None


@pytest.mark.parametrize(
    "tags",
    [
        {},
        {"about": ["x"]},
        {**TAGS, "turn": ["one"]},
        {**TAGS, "turn": []},
        {**TAGS, "recipient": [""]},
    ],
)
def test_tags_that_are_not_ours_are_none(tags: dict[str, list[str]]) -> None:
    notice = read_notice(json.dumps(event("Delivery", mail=mail(tags))))
    assert notice is not None
    assert notice.mail is None


def test_several_recipients_are_all_told_of() -> None:
    both = [{"emailAddress": "Desk <desk@police.example>"}, {"emailAddress": "second@police.example"}]
    detail = DETAILS["Bounce"][1] | {"bouncedRecipients": both}
    to = ("desk@police.example", "second@police.example", "third@police.example")
    notice = read_notice(json.dumps(event("Bounce", bounce=detail, mail=mail(to=to))))
    assert notice is not None
    assert notice.addresses == ("desk@police.example", "second@police.example")
    assert notice.to == to


@pytest.mark.parametrize("name", ["Send", "Open", "Click", "Subscription"])
def test_what_says_nothing_about_delivery_is_of_no_concern(name: str) -> None:
    assert read_notice(json.dumps({"eventType": name, "mail": mail()})) is None


@pytest.mark.parametrize(
    "body",
    [
        "Successfully validated SNS topic for Amazon SES event publishing.",
        envelope("Successfully validated SNS topic for Amazon SES event publishing."),
        envelope(json.dumps({"notificationType": "AmazonSnsSubscriptionSucceeded", "message": "You have"})),
        envelope("You have chosen to subscribe", Type="SubscriptionConfirmation", SubscribeURL="https://x"),
        envelope("You have chosen", Type="UnsubscribeConfirmation"),
    ],
)
def test_what_sns_and_ses_say_when_they_are_set_up_is_of_no_concern(body: str) -> None:
    assert read_notice(body) is None


def test_a_complaint_that_it_is_no_spam_is_no_complaint() -> None:
    detail = DETAILS["Complaint"][1] | {"complaintFeedbackType": "not-spam"}
    assert read_notice(json.dumps(event("Complaint", complaint=detail))) is None


@pytest.mark.parametrize(
    "body",
    [
        "",
        "not json",
        "[]",
        "null",
        "7",
        "{}",
        json.dumps({"eventType": "Something new", "mail": mail()}),
        json.dumps({"eventType": "Bounce"}),
        json.dumps({"eventType": "Bounce", "mail": "desk@police.example"}),
        json.dumps({"eventType": "Bounce", "mail": {"messageId": ""}}),
        envelope("not json"),
        envelope(None),
        envelope(7),
        "[" * 100_000,
    ],
)
def test_what_cannot_be_read_is_said_so_and_not_quoted(body: str) -> None:
    with pytest.raises(NoticeUnreadable) as caught:
        read_notice(body)
    assert "police" not in str(caught.value)


@pytest.mark.parametrize("part", ["bounce", "mail"])
@pytest.mark.parametrize("odd", [None, 7, "x", [], [7], {"bouncedRecipients": 7}])
def test_odd_parts_never_crash_it(part: str, odd: Any) -> None:
    try:
        notice = read_notice(json.dumps(event("Bounce", **{part: odd})))
    except NoticeUnreadable:
        return
    assert isinstance(notice, Notice)


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(
    st.sampled_from([*DETAILS, "x", ""]),
    st.dictionaries(
        st.sampled_from(
            ["mail", "bounce", "delivery", "complaint", "Message", "Type", "detail", "detail-type"]
        ),
        _json | st.fixed_dictionaries({"messageId": st.text(), "tags": _json, "timestamp": _json}),
    ),
)
def test_whatever_comes_is_read_or_refused(name: str, parts: dict[str, Any]) -> None:
    try:
        notice = read_notice(json.dumps({"eventType": name, **parts}))
    except NoticeUnreadable:
        return
    assert notice is None or isinstance(notice, Notice)


WORDS = "She said he keeps her passport in the desk."


@pytest.mark.parametrize(
    ("name", "member", "detail", "why"),
    [
        ("Reject", "reject", {"reason": "bad content"}, "Bad content"),
        ("Reject", "reject", {"reason": WORDS}, "a reason that SES does not document"),
        ("Reject", "reject", {"reason": "x" * 100_000}, "a reason that SES does not document"),
        ("Reject", "reject", {"reason": ["Bad content"]}, "a reason that SES does not document"),
        ("Reject", "reject", {"reason": None}, ""),
        ("Reject", "reject", None, ""),
        ("Rendering Failure", "failure", {"errorMessage": WORDS}, "Rendering Failure"),
        ("Bounce", "bounce", {"bounceType": "Permanent", "bounceSubType": WORDS}, "Permanent"),
        ("Bounce", "bounce", {"bounceType": "Permanent", "bounceSubType": "x" * 41}, "Permanent"),
        ("Bounce", "bounce", {"bounceType": ["Permanent"], "bounceSubType": "NewKind"}, "NewKind"),
        ("Complaint", "complaint", {"complaintFeedbackType": "auth-failure"}, "auth-failure"),
        ("Complaint", "complaint", {"complaintFeedbackType": WORDS}, ""),
        ("DeliveryDelay", "deliveryDelay", {"delayType": "MailboxFull"}, "MailboxFull"),
        (
            "DeliveryDelay",
            "deliveryDelay",
            {"delayType": "General\nalarm: none", "delayedRecipients": [{"diagnosticCode": WORDS}]},
            "",
        ),
    ],
)
def test_why_is_told_in_words_of_ses_alone(name: str, member: str, detail: Any, why: str) -> None:
    for kind in ("eventType", "notificationType"):
        notice = read_notice(json.dumps(event(name, kind, **{member: detail})))
        assert notice is not None
        assert notice.why == why


@pytest.mark.parametrize("name", DETAILS)
def test_what_a_mail_server_said_is_told_to_nobody(name: str) -> None:
    detail = DETAILS[name][1] | {
        "diagnosticCode": WORDS,
        "bouncedRecipients": [{"emailAddress": "desk@police.example", "diagnosticCode": WORDS}],
        "errorMessage": WORDS,
    }
    notice = read_notice(json.dumps(event(name, **{DETAILS[name][0]: detail})))
    assert notice is not None
    assert "passport" not in repr(notice)
