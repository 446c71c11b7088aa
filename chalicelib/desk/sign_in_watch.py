"""Audit of sign-ins: failed tries and lockouts into the log, and lockouts by mail."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import timedelta

from chalicelib.desk.audit import DONE, REFUSED
from chalicelib.desk.people import MOST_MAILED_LOCKS, MOST_TRIES, Person
from chalicelib.desk.ports import People, SignInStore
from chalicelib.shared.clock import Clock
from chalicelib.shared.errors import EntryMissing

STRANGER = "somebody at the door"
_DAY = timedelta(days=1)
_TRIED = {"password": "wrong password", "code": "wrong authenticator code"}


class SignInWatch:
    """Logs and mails failed sign-ins, lockouts and new credentials.

    Only addresses of the desk are written down: others would be a stranger's words in its log.

    `record` writes a line of the log; `tell` mails the publishers and the operator.
    """

    def __init__(
        self,
        people: People,
        book: SignInStore,
        clock: Clock,
        record: Callable[..., None],
        tell: Callable[[str, Sequence[str], Collection[str]], None],
    ) -> None:
        self._people = people
        self._book = book
        self._clock = clock
        self._record = record
        self._tell = tell

    def wrong(self, address: str, tried: str) -> None:
        """Log a wrong password or code."""
        person = self._known(address)
        if person:
            self._record(
                STRANGER, "", "sign in: not done", about=person.email, outcome=REFUSED, told=_TRIED[tried]
            )

    def locked(self, address: str, tried: str, known_browser: bool) -> None:
        """Log a lockout and mail it: once for each, and a few times a day for an address."""
        person = self._known(address)
        if person is None:
            return
        where = "one browser that was known" if known_browser else "every browser that is not known"
        lock = f"locked for a quarter of an hour, for {where}: {MOST_TRIES} times {_TRIED[tried]}"
        self._record(STRANGER, "", "sign in: not done", about=person.email, outcome=REFUSED, told=lock)
        mailed = self._book.count_try(f"mailed lock {person.email}", self._clock.now(), _DAY)
        if mailed <= MOST_MAILED_LOCKS:
            self._tell("somebody was locked out", _lines(person.email, lock, mailed), (person.email,))

    def renewed(self, address: str, what: str) -> None:
        """Log and mail a new credential: a password or an authenticator of somebody's own making."""
        self._record(address, "", f"choose a new {what}", outcome=DONE)
        lines = (f"{address} has chosen a new {what} just now, at the sign-in or inside.",)
        self._tell(f"somebody has a new {what}", lines, (address,))

    def _known(self, address: str) -> Person | None:
        try:
            return self._people.find(address)
        except EntryMissing:
            return None


def _lines(email: str, lock: str, mailed: int) -> Sequence[str]:
    lines = [
        f"The sign-in of {email} is {lock}.",
        "Browsers in which this person has signed in before are counted apart and still get in."
        " In any other one, a new first password opens at once: any publisher can send one, under People.",
        "If that was not this person, somebody is trying to get in, or to keep them out.",
    ]
    if mailed == MOST_MAILED_LOCKS:
        lines.append("No more mails about this address today. The log has every lock.")
    return lines
