"""Mail port: one message to the mail service, and the errors by which it says when to try again."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from chalicelib.shared.errors import PorchlightError

# The kinds of mail: a report, a digest of several, an alarm; a note to an office's inbox; a notification of
# what was done at the desk, a confirmation code, a reminder of contacts.
REPORT, BATCH, ALARM = "report", "batch", "alarm"
INBOX = "inbox"
DESK, CODE, CONTACTS = "desk", "code", "contacts"


class About(str):
    """What a mail is about: its kind, and which of these ("report-<id>", "desk").

    It goes out and is stored as this text, which a mail service's notices bring back.
    """

    __slots__ = ()

    @classmethod
    def of(cls, kind: str, name: str = "") -> About:
        """Return it for a kind, and for the id of a report or batch or the kind of an alarm."""
        return cls(f"{kind}-{name}" if name else kind)

    @property
    def kind(self) -> str:
        """The kind of mail."""
        return self.partition("-")[0]

    @property
    def name(self) -> str:
        """Which report, batch or alarm, or nothing."""
        return self.partition("-")[2]


@dataclass(frozen=True, slots=True)
class Mail:
    """One message, ready to send.

    `about`, `recipient` and the delivery's `turn` come back in the mail service's notices; `content` is the
    whole message (RFC 5322).
    """

    sender: str
    to: str
    recipient: str
    turn: int
    about: About
    content: bytes = field(repr=False)


class Mailer(Protocol):
    """Port to the mail service, which sends."""

    def send(self, mail: Mail) -> str:
        """Send once, without a retry, and return the service's message id.

        Raises MailDelayed (try again later), MailBusy (and slow down), MailUncertain (perhaps taken),
        MailRefused (never this mail) or MailStopped (nothing at all now).
        """


class MailDelayed(PorchlightError):
    """The mail service may take this later: keep it queued."""


class MailBusy(MailDelayed):
    """The mail service throttles us (rate limit): keep this queued, and wait before sending anything else."""


class MailUncertain(MailDelayed):
    """No response came: the mail service may have taken this, or not. Keep it queued; it may arrive twice."""


class MailUnverified(MailDelayed):
    """The mail service takes nothing for this address yet: keep it queued, and tell the operator."""


class MailRefused(PorchlightError):
    """The mail service will never take this: fail it and raise an alarm."""


class MailStopped(PorchlightError):
    """The whole account may not send now: stop the queue, fail nothing, raise one alarm."""
