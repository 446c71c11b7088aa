"""Mail that waits for the desk, as the desk may know it: a row for each, with verdicts, and never a word.

Some of it did not find its case: its address was mistyped, or it answered a digest. The rest is held in a
case, whose number the row has.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Protocol

MISTYPED = "mistyped"  # its address has the shape of one of ours, and is none
DIGEST = "digest"  # it answered a mail with several reports, and says of none that it is meant
HELD = "held"  # it found its case, and waits there
REASONS = (MISTYPED, DIGEST, HELD)

LISTED_FOR = timedelta(days=14)
A_DAY = 100  # rows of a day; of held ones as many again
OF_A_DOMAIN = 5  # of those that found no case: whoever floods the list has a domain, or few


@dataclass(frozen=True, slots=True)
class MistypedMail:
    """What is known in clear of one mail. `id` are 32 hex digits: the same mail has the same id.

    `domain` is that of its From, `verdicts` are the mail service's own words ("dmarc=gray"). `case_number` is
    there for HELD alone.
    """

    id: str
    at: datetime
    domain: str
    verdicts: tuple[str, ...]
    why: str
    case_number: str = ""


class MistypedMails(Protocol):
    """Rows of mail that waits for the desk, by day. Any call may raise StoreUnavailable."""

    def add(self, mail: MistypedMail) -> bool:
        """Store a row for LISTED_FOR; False when it is there already, or its day has A_DAY rows.

        False too when it is not HELD and its day has OF_A_DOMAIN such rows of its sender's domain.
        """

    def listed(self, now: datetime) -> Sequence[MistypedMail]:
        """Return the rows of the last days, newest first."""


def fills_its_day(mail: MistypedMail, of_day: Sequence[MistypedMail]) -> bool:
    """Say whether the rows of its day have no place for one more of its sender's domain."""
    return mail.why != HELD and sum(one.domain == mail.domain for one in of_day) >= OF_A_DOMAIN


def days_listed(now: datetime) -> list[date]:
    """Return the days (UTC) whose rows are listed, newest first."""
    return [(now - timedelta(days=ago)).date() for ago in range(LISTED_FOR.days + 1)]
