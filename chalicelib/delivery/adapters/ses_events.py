"""SES events (elsewhere a webhook, here a message of a queue): deliveries, bounces, complaints.

SES has two shapes for it: event publishing (`eventType`) and the notifications of an identity
(`notificationType`). Either comes bare, when SNS delivers it raw, or inside SNS's envelope.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from chalicelib.delivery.bounces import meaning
from chalicelib.delivery.errors import NoticeUnreadable
from chalicelib.delivery.ports import Notice
from chalicelib.reporting.ports import SentMail
from chalicelib.shared.aws.ses_mailer import about_of

Json = Mapping[str, Any]

# The kind of each event, the member that holds its details, and the member in there that lists addresses.
_KINDS = {
    "delivery": ("delivered", "delivery", "recipients"),
    "deliverydelay": ("delayed", "deliveryDelay", "delayedRecipients"),
    "bounce": ("bounced", "bounce", "bouncedRecipients"),
    "complaint": ("complained", "complaint", "complainedRecipients"),
    "reject": ("rejected", "reject", ""),
    "rendering failure": ("rejected", "failure", ""),
    "renderingfailure": ("rejected", "failure", ""),
}
_SAY_NOTHING = {"send", "open", "click", "subscription", "received", "amazonsnssubscriptionsucceeded"}
# Why, as SES lists it: words of its own alone. What a mail server said (diagnosticCode) and what a template
# lacked (errorMessage) may quote a mail, so they are never repeated.
_WHY = ("bounceType", "bounceSubType", "complaintFeedbackType", "complaintSubType", "delayType")
_ONE_WORD = re.compile(r"[A-Za-z][A-Za-z-]{0,39}", re.ASCII)
_REASONS = {"bad content": "Bad content"}  # the only one that SES documents: it found a virus
_OTHER_REASON = "a reason that SES does not document"
_ENVELOPES = {"SubscriptionConfirmation", "UnsubscribeConfirmation"}


def read_notice(body: str) -> Notice | None:
    """Parse a queue message into a notice, or return None when it is of no concern.

    Raises NoticeUnreadable, whose text quotes nothing: an event holds addresses.
    """
    try:
        return _read(body)
    except (TypeError, LookupError, AttributeError):
        raise NoticeUnreadable("a part of it is not what it should be") from None


def _read(body: str) -> Notice | None:
    event = _event(body)
    if event is None:
        return None
    name = str(event.get("eventType") or event.get("notificationType") or "").casefold()
    if name in _SAY_NOTHING:
        return None
    if name not in _KINDS:
        raise NoticeUnreadable("neither eventType nor notificationType is one we know")
    kind, member, listed = _KINDS[name]
    detail = _mapping(event.get(member))
    if kind == "complained" and detail.get("complaintFeedbackType") == "not-spam":
        return None  # the opposite of a complaint
    if kind == "bounced":
        kind = meaning(str(detail.get("bounceType")), str(detail.get("bounceSubType")))
    mail = event.get("mail")
    if not isinstance(mail, Mapping) or not mail.get("messageId"):
        raise NoticeUnreadable("there is no mail.messageId")
    return Notice(
        kind=kind,
        message_id=str(mail["messageId"]),
        mail=_tagged(mail),
        sent_at=_time(mail.get("timestamp")),
        to=tuple(_addresses(mail.get("destination"))),
        addresses=tuple(_addresses(detail.get(listed))),
        why=_why(name, detail),
    )


def _why(name: str, detail: Json) -> str:
    if name == "reject":
        reason = str(detail.get("reason") or "").strip().casefold()
        return _REASONS.get(reason, _OTHER_REASON) if reason else ""
    if name.startswith("rendering"):
        return "Rendering Failure"
    words = (detail.get(member) for member in _WHY)
    return " ".join(word for word in words if isinstance(word, str) and _ONE_WORD.fullmatch(word))


def _event(body: str) -> Json | None:
    if body.startswith("Successfully validated SNS topic"):
        return None
    try:
        event = json.loads(body)
        if isinstance(event, Mapping) and event.get("Type") in _ENVELOPES:
            return None
        if isinstance(event, Mapping) and "Message" in event and "mail" not in event:
            message = event["Message"]
            return _event(message) if isinstance(message, str) else _mapping(message)
        if isinstance(event, Mapping) and "detail-type" in event:
            return _mapping(event.get("detail"))
    except (ValueError, RecursionError):
        raise NoticeUnreadable("not JSON") from None
    if not isinstance(event, Mapping):
        raise NoticeUnreadable("not an object")
    return event


def _tagged(mail: Json) -> SentMail | None:
    """Return what the mail's tags say it is about; identity notifications carry none."""
    tags = {name: values[0] for name, values in _mapping(mail.get("tags")).items() if values}
    about, recipient, turn = tags.get("about"), tags.get("recipient"), str(tags.get("turn", ""))
    if not about or not recipient or not turn.isdecimal():
        return None
    return SentMail(about_of(str(about)), str(recipient), int(turn))


def _addresses(listed: Any) -> Iterable[str]:
    for entry in listed if isinstance(listed, list) else ():
        address = entry.get("emailAddress") if isinstance(entry, Mapping) else entry
        if address:
            yield str(address).rpartition("<")[2].rstrip("> ")


def _time(text: Any) -> datetime | None:
    try:
        time = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return time if time.tzinfo else time.replace(tzinfo=UTC)


def _mapping(value: Any) -> Json:
    return value if isinstance(value, Mapping) else {}
