"""Delayed changes (a time lock): what the access function accepts counts a day later, and can be stopped.

Nothing has to be done for a change to take effect: who reads it reckons whether its time has come. A change
that needs a hand, such as a password that is mailed, is taken up by somebody after that time, or expires.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from hmac import compare_digest
from typing import Protocol

from chalicelib.desk.typed import FIRST_GROUP, FIRST_GROUPS, FIRST_LETTERS
from chalicelib.shared.errors import PorchlightError

SETTLES_AFTER = timedelta(hours=24)
TAKEN_UP_WITHIN = timedelta(days=7)

WAITING = "waiting"
SETTLED = "settled"  # in effect; of one that has to be taken up: it may be
STOPPED = "stopped"
EXPIRED = "expired"
DONE = "done"  # taken up

_LONGEST = 200  # of what is typed
_HANDLE = 2 * FIRST_GROUP  # letters of a stop code by which it is found; the rest proves it


class TooLateToStop(PorchlightError):
    """A stop of what is in effect already, or was stopped or taken up before: change it anew."""


@dataclass(frozen=True, slots=True)
class StopCode:
    """A stop code as it is kept: by digests of its two halves, and of whom it was mailed to."""

    handle: str
    digest: str
    whose: str


@dataclass(frozen=True, slots=True)
class DelayedChange:
    """One accepted change: of what (`subject`, like "recipient#merced-police"), how, and from when.

    A subject has one change at a time. `kind`, `before` and `after` mean something to whoever accepted it;
    `described` says it in a line each, for mails and screens. `by` are the addresses of those who decided.
    `expires_at` is None for a change that takes effect by itself.
    """

    id: str
    subject: str
    kind: str
    place: str
    before: str
    after: str
    described: Sequence[str]
    by: Sequence[str]
    accepted_at: datetime
    settles_at: datetime
    expires_at: datetime | None = None
    stopped_at: datetime | None = None
    stopped_by: str = ""
    taken_up_at: datetime | None = None
    codes: Sequence[StopCode] = field(default=(), repr=False)

    def state(self, now: datetime) -> str:
        """Return WAITING, SETTLED, STOPPED, EXPIRED or DONE."""
        if self.stopped_at is not None:
            return STOPPED
        if self.taken_up_at is not None:
            return DONE
        if now < self.settles_at:
            return WAITING
        return EXPIRED if self.expires_at is not None and now >= self.expires_at else SETTLED

    def in_effect(self, now: datetime) -> bool:
        """Say whether what is read now is `after`: its time has come, and it was not stopped."""
        return self.state(now) == (SETTLED if self.expires_at is None else DONE)

    def may_be_stopped(self, now: datetime) -> bool:
        """Say whether it can be stopped: it is not in effect, and was not stopped before."""
        return self.state(now) == WAITING or (self.expires_at is not None and self.state(now) == SETTLED)


class DelayedChanges(Protocol):
    """Port to the delayed changes. Each write is conditional; any call may raise StoreUnavailable."""

    def all(self) -> Sequence[DelayedChange]:
        """Return the newest change of each subject, whatever its state, by subject."""

    def of(self, subject: str) -> DelayedChange | None:
        """Return the newest change of a subject."""

    def accept(self, change: DelayedChange, over: str) -> None:
        """Keep a change in the place of its subject's change with the id `over`, "" for none.

        A second try with the same id does nothing. Raises StaleRecord when another one came between.
        """

    def stop(self, change: DelayedChange, by: str, now: datetime) -> None:
        """Stop a change for good. Raises StaleRecord when it counts already, was stopped or replaced."""

    def take_up(self, change: DelayedChange, now: datetime) -> None:
        """Mark a change with an end as taken up, once. Raises StaleRecord unless its time is now."""

    def forget(self, change: DelayedChange) -> None:
        """Drop a change that counts for nothing any more, unless another has its place."""


def settles_at(now: datetime, *, ends_something: bool, first_ahead: bool) -> datetime:
    """Return from when a change counts that is accepted now.

    At once while the stage's first delivered report is certainly ahead, and always for what ends something:
    mail to a recipient, somebody's sessions or role. A day later otherwise.
    """
    return now if ends_something or first_ahead else now + SETTLES_AFTER


def new_code(pick: Callable[[Sequence[str]], str]) -> str:
    """Make a stop code, in groups of letters that can be read out; `pick` draws a letter."""
    letters = [[pick(FIRST_LETTERS) for _ in range(FIRST_GROUP)] for _ in range(FIRST_GROUPS)]
    return "-".join("".join(group) for group in letters)


def kept(code: str, whose: str) -> StopCode:
    """Return a code as it is kept."""
    handle, secret = _halves(code)
    return StopCode(_digest("handle", handle), _digest(handle, secret), whose)


def handle_of(typed: str) -> str:
    """Return the digest by which a typed code is found, or "" for what is none."""
    handle, secret = _halves(typed)
    return _digest("handle", handle) if secret else ""


def whose_code(change: DelayedChange, typed: str) -> str:
    """Return to whom the code that was typed had been mailed, or "" when it is none of this change's."""
    handle, secret = _halves(typed)
    found = ""
    for code in change.codes:
        if secret and compare_digest(code.digest, _digest(handle, secret)):
            found = code.whose
    return found


def stopped(change: DelayedChange, by: str, now: datetime) -> DelayedChange:
    """Return a change as stopped. Raises TooLateToStop."""
    if not change.may_be_stopped(now):
        raise TooLateToStop("this change is in effect already, or was stopped before")
    return replace(change, stopped_at=now, stopped_by=by)


def _halves(typed: str) -> tuple[str, str]:
    """Return a code's halves without what stands between its groups, or nothing for what is none."""
    plain = unicodedata.normalize("NFKC", typed[:_LONGEST]).lower()
    letters = "".join(sign for sign in plain if sign.isalnum())
    whole = len(letters) == FIRST_GROUP * FIRST_GROUPS and set(letters) <= set(FIRST_LETTERS)
    return (letters[:_HANDLE], letters[_HANDLE:]) if whole else ("", "")


def _digest(of: str, text: str) -> str:
    return hashlib.sha256(f"porchlight stop {of}\n{text}".encode()).hexdigest()
