"""Time lock on what the access function accepts: who hears of it, and who may stop it until it counts.

Every publisher of the place hears of a change, the operator, and the inbox that it is about. Publishers stop
it by a button; the operator and the old inbox by a code that stands in their mail and is typed on a page.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import NamedTuple, Protocol

from chalicelib.desk.delayed_changes import (
    DelayedChange,
    DelayedChanges,
    StopCode,
    TooLateToStop,
    handle_of,
    kept,
    new_code,
    settles_at,
    stopped,
    whose_code,
)
from chalicelib.desk.errors import TooManyTries, WrongCode
from chalicelib.desk.grants import DECIDE, Around, may
from chalicelib.desk.people import SHUT_OUT, Person
from chalicelib.desk.ports import Counts, GrantBook
from chalicelib.shared.alarms import Alarms
from chalicelib.shared.clock import Clock
from chalicelib.shared.errors import EntryMissing, PorchlightError, StaleRecord
from chalicelib.shared.mail import DESK, About, Mail, Mailer

OPERATOR = "the operator, by a mailed code"
OLD_INBOX = "the inbox that it is about, by a mailed code"
MOST_GUESSES = 10  # an hour and mailed code: only who has read the mail can use them up
MOST_STRAY = 300  # an hour in all, of what is found nowhere
_HOUR = timedelta(hours=1)


class KnowsFirst(Protocol):
    """Knows whether a report was delivered yet."""

    def is_ahead(self) -> bool:
        """Say whether it is certain that none was."""


class Publishers(Protocol):
    """Knows who publishes the site or a place."""

    def publishers(self) -> Sequence[Person]:
        """Return them with their roles at places, by address. Raises StoreUnavailable."""


class Notices(NamedTuple):
    """How changes are told. `write(to, lines, settles_at, code)` makes a message; `code` may be empty."""

    mailer: Mailer
    alarms: Alarms
    sender: str
    operator: str
    write: Callable[[str, Sequence[str], datetime, str], bytes]


class HoldChanges:
    """Accepts changes under a delay, tells of them, and stops them. `pick` draws a letter of a stop code.

    `around` gives the places around one, nearest first, as this function knows them by itself.
    """

    def __init__(
        self,
        changes: DelayedChanges,
        people: Publishers,
        grants: GrantBook,
        around: Around,
        counts: Counts,
        first: KnowsFirst,
        clock: Clock,
        notices: Notices,
        pick: Callable[[Sequence[str]], str],
        undo: Callable[[DelayedChange], None] = lambda change: None,
    ) -> None:
        """With `undo`, what readers reckon with beside a change is taken back before it is stopped."""
        self._undo = undo
        self._changes = changes
        self._people = people
        self._grants = grants
        self._around = around
        self._counts = counts
        self._first = first
        self._clock = clock
        self._notices = notices
        self._pick = pick

    def accept(
        self,
        change: DelayedChange,
        old_inboxes: Collection[str] = (),
        *,
        ends_something: bool = False,
        over: str = "",
    ) -> DelayedChange:
        """Keep a change, which counts from when it may, and tell everybody; return it as it was kept.

        `accepted_at` of the change begins its day; its other times, codes and whatever was stopped are set
        here. `over` is the id of the subject's change before. Accepting the same id again changes nothing
        and mails nothing. Raises StaleRecord when another change of the same came between.
        """
        known = self._changes.of(change.subject)
        if known is not None and known.id == change.id:
            return known
        first = not ends_something and self._first.is_ahead()
        at = settles_at(change.accepted_at, ends_something=ends_something, first_ahead=first)
        mailed = self._codes(old_inboxes) if at > self._clock.now() else {}
        codes = tuple(code for _, code in mailed.values())
        held = replace(change, settles_at=at, codes=codes, stopped_at=None, stopped_by="", taken_up_at=None)
        self._changes.accept(held, over)
        self._tell(held, {to: code for to, (code, _) in mailed.items()}, old_inboxes)
        return held

    def at_once(self) -> bool:
        """Say whether what is accepted now counts at once: the stage's first report is certainly ahead."""
        return self._first.is_ahead()

    def may_stop(self, person: Person, change: DelayedChange) -> bool:
        """Say whether somebody decides at the place of a change, and so sees it and stops it."""
        return may(self._grants.grants(person), DECIDE, change.place, self._around)

    def publishers_of(self, change: DelayedChange) -> Sequence[str]:
        """Return the addresses of who publishes the place of a change, or what it lies in.

        None, and an alarm, when they cannot be read.
        """
        try:
            publishers = self._people.publishers()
        except PorchlightError:
            what = {"what": "the list of people could not be read"}
            self._notices.alarms.raise_alarm("desk_not_told", what)
            return ()
        told = (one for one in publishers if one.state != SHUT_OUT and self.may_stop(one, change))
        return [person.email for person in told]

    def newest(self, subject: str) -> DelayedChange | None:
        """Return the newest change of a subject, whatever became of it."""
        return self._changes.of(subject)

    def waiting(self) -> Sequence[DelayedChange]:
        """Return what does not count yet and was not stopped, the next to count first."""
        now = self._clock.now()
        found = [one for one in self._changes.all() if one.may_be_stopped(now)]
        return sorted(found, key=lambda one: (one.settles_at, one.subject))

    def stop(self, subject: str, id_: str, by: str) -> DelayedChange:
        """Stop a change by a publisher's button. Raises EntryMissing, TooLateToStop."""
        change = self._changes.of(subject)
        if change is None or change.id != id_:
            raise EntryMissing("there is no such change: another one took its place, or it counts already")
        return self._stop(change, by)

    def stop_by_code(self, typed: str) -> DelayedChange:
        """Stop a change by a code that was mailed. Raises WrongCode, TooManyTries, TooLateToStop.

        A guess counts with the code whose first half it has, so that nobody who has not read that mail can
        lock it; what is found nowhere counts apart, and locks nothing.
        """
        handle, now = handle_of(typed), self._clock.now()
        found = next((one for one in self._changes.all() if _has(one, handle)), None) if handle else None
        if found is None:
            if self._counts.count_try("stop codes found nowhere", now, _HOUR) > MOST_STRAY:
                raise TooManyTries("stop codes")
            raise WrongCode("no change has this code")
        if self._counts.count_try(f"stop code {handle}", now, _HOUR) > MOST_GUESSES:
            raise TooManyTries("stop codes")
        whose = whose_code(found, typed)
        if not whose:
            raise WrongCode("no change has this code")
        return self._stop(found, whose)

    def _stop(self, change: DelayedChange, by: str) -> DelayedChange:
        now = self._clock.now()
        done = stopped(change, by, now)
        self._undo(change)
        try:
            self._changes.stop(change, by, now)
        except StaleRecord as error:
            raise TooLateToStop("this change is in effect already, or was stopped before") from error
        return done

    def _codes(self, old_inboxes: Collection[str]) -> dict[str, tuple[str, StopCode]]:
        """Return a code for the operator and one for each old inbox, by address: as mailed, and as kept."""
        operator = self._notices.operator
        whose = dict.fromkeys(old_inboxes, OLD_INBOX) | ({operator: OPERATOR} if operator else {})
        made = {to: new_code(self._pick) for to in whose}
        return {to: (code, kept(code, whose[to])) for to, code in made.items()}

    def _tell(self, change: DelayedChange, codes: dict[str, str], old_inboxes: Collection[str]) -> None:
        missed = 0
        for address in self._addresses(change, old_inboxes):
            code = codes.get(address, "")
            content = self._notices.write(address, change.described, change.settles_at, code)
            mail = Mail(self._notices.sender, address, "desk", 0, About.of(DESK), content)
            try:
                self._notices.mailer.send(mail)
            except PorchlightError:
                missed += 1
        if missed:
            detail = {"what": "a change that waits for a day", "addresses": str(missed)}
            self._notices.alarms.raise_alarm("desk_not_told", detail)

    def _addresses(self, change: DelayedChange, old_inboxes: Collection[str]) -> list[str]:
        """Return the old inboxes, who publishes the place or what it lies in, and the operator."""
        addresses = dict.fromkeys((*old_inboxes, *self.publishers_of(change)))
        if self._notices.operator:
            addresses[self._notices.operator] = None
        return [address for address in addresses if "@" in address]


def draft_of(
    id_: str,
    subject: str,
    kind: str,
    place: str,
    values: tuple[str, str],
    described: Sequence[str],
    by: Sequence[str],
    accepted_at: datetime,
    expires_at: datetime | None = None,
) -> DelayedChange:
    """Return a change as HoldChanges accepts it: `values` are what it is before and after."""
    before, after = values
    return DelayedChange(
        id_, subject, kind, place, before, after, described, by, accepted_at, accepted_at, expires_at
    )


def _has(change: DelayedChange, handle: str) -> bool:
    return any(code.handle == handle for code in change.codes)
