"""Time lock on accounts and roles: what makes somebody able to do more is done a day after it was decided.

A deed waits as a delayed change (desk/delayed_changes). A role at a place counts by being read, by a note
that lies beside the roles of the account. What counts is carried out at the next use of the access screens:
claimed by one conditional write, done, and dropped. Whoever is stopped in between leaves the claim, and the
next use finishes it. What takes something away never waits.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import timedelta
from typing import NamedTuple, Protocol

from chalicelib.desk.audit import DONE as CARRIED_OUT
from chalicelib.desk.delayed_changes import (
    DONE,
    EXPIRED,
    SETTLED,
    SETTLES_AFTER,
    STOPPED,
    TAKEN_UP_WITHIN,
    DelayedChange,
    DelayedChanges,
    TooLateToStop,
)
from chalicelib.desk.errors import LastPublisher, PersonKnown
from chalicelib.desk.grants import SITE
from chalicelib.desk.hold_changes import HoldChanges, draft_of
from chalicelib.desk.manage_people import AddressWrong, ManagePeople
from chalicelib.desk.manage_roles import PLACE, ROLE, ManageRoles, is_role_at_place
from chalicelib.desk.people import INVITED, ROLES, Person, allows
from chalicelib.shared.clock import Clock
from chalicelib.shared.email_addresses import is_address, plain_address
from chalicelib.shared.errors import EntryMissing, PorchlightError, StaleRecord

INVITATION, PASSWORD, AUTHENTICATOR = "invitation", "password", "authenticator"
_SUBJECT = "person"
NO_END = timedelta(days=3650)  # of what counts by being read, until it is carried out
FINISHED_WITHIN = timedelta(minutes=2)  # longer than a request takes: whoever claimed it was stopped


class Told(Protocol):
    """Tells publishers and the operator, and `also` whom it is about; nobody in `but`."""

    def __call__(
        self, headline: str, lines: Sequence[str], also: Sequence[str] = (), but: Sequence[str] = ()
    ) -> None: ...


class Doing(NamedTuple):
    """The use cases that carry a deed out. `record(who, role, did, about, after, outcome)` logs it."""

    manage: ManagePeople
    roles: ManageRoles
    record: Callable[..., None]
    tell: Told


class DelayPeople:
    """Deeds about people that wait for a day, and what carries them out then."""

    def __init__(self, hold: HoldChanges, changes: DelayedChanges, doing: Doing, clock: Clock) -> None:
        self._hold = hold
        self._changes = changes
        self._manage, self._roles, self._record, self._tell = doing
        self._clock = clock

    def needed(self) -> bool:
        """Say whether deeds wait: once the stage's first report may have been delivered."""
        return not self._hold.at_once()

    def invite(self, email: str, role: str, place: str, described: str, by: Person) -> DelayedChange:
        """Let an invitation wait. Raises AddressWrong, PersonKnown or EntryMissing for what is no role."""
        address = plain_address(email)
        if not is_address(address):
            raise AddressWrong
        if role not in ROLES:
            raise EntryMissing("no such role")
        with suppress(EntryMissing):
            self._manage.known(address)
            raise PersonKnown("has an account")
        return self._wait(INVITATION, address, (place, "", role), described, by)

    def role(self, email: str, role: str, place: str, described: str, by: Person) -> DelayedChange:
        """Let a role wait, of the site where there is no place. Raises EntryMissing."""
        if role not in ROLES or (place and place not in self._roles.places()):
            raise EntryMissing("no such role or place")
        person = self._manage.known(plain_address(email))
        return self._wait(ROLE, person.email, (place, person.id, role), described, by)

    def password(self, email: str, described: str, by: Person) -> DelayedChange:
        """Let a new first password wait. Raises EntryMissing."""
        return self._credential(PASSWORD, email, described, by)

    def authenticator(self, email: str, described: str, by: Person) -> DelayedChange:
        """Let it wait that somebody may set up a new authenticator. Raises EntryMissing."""
        return self._credential(AUTHENTICATOR, email, described, by)

    def gives(self, email: str, role: str, place: str) -> bool:
        """Say whether a role would be more than somebody has there. Raises EntryMissing."""
        person = self._manage.known(plain_address(email))
        return bool(role) and not allows(self._held(person, place), role)

    def waiting(self, person: Person) -> Sequence[DelayedChange]:
        """Return the deeds about people and places that wait, and that somebody may stop."""
        return [one for one in self._ours() if self._hold.may_stop(person, one)]

    def drop_role(self, email: str, place: str, by: str) -> None:
        """Stop a role that waits for somebody at a place, where another is taken at once."""
        self._stop([one for one in self._ours() if one.subject == _subject(ROLE, email, place)], by)

    def drop_all(self, email: str, by: str) -> None:
        """Stop all that waits for somebody who was removed, and all that they decided alone."""
        self._stop([one for one in self._ours() if _email_of(one) == email or [*one.by] == [email]], by)

    def carry_out(self) -> None:
        """Do what counts by now. A fault leaves the rest, and the next call goes on there; none is raised."""
        with suppress(PorchlightError):
            for change in self._changes.all():
                if _is_ours(change):
                    with suppress(PorchlightError):
                        self._carry_out(change)

    def _credential(self, kind: str, email: str, described: str, by: Person) -> DelayedChange:
        person = self._manage.known(email)
        places = self._roles.places_of_account(person.email)
        place = places[0] if len(places) == 1 else SITE
        return self._wait(kind, person.email, (place, person.id, ""), described, by, [person.email])

    def _wait(
        self,
        kind: str,
        email: str,
        what: tuple[str, str, str],
        described: str,
        by: Person,
        inboxes: Sequence[str] = (),
    ) -> DelayedChange:
        """Keep a deed: `what` is its place, the id of the account that is there, and a role."""
        place, account, role = what
        now = self._clock.now()
        at = place if kind in (INVITATION, ROLE) else ""
        subject = _subject(ROLE if kind == INVITATION else kind, email, at)
        known = self._hold.newest(subject)
        if known is not None and known.taken_up_at is not None:
            self._finish(known)
            known = None
        same = known is not None and (known.kind, known.before, known.after) == (kind, account, role)
        if known is not None and same and known.may_be_stopped(now):
            self._note(known)
            return known
        if known is not None:
            self._roles.drop_note(known)
        seen = json.dumps([subject, kind, account, role, now.isoformat()])
        draft = draft_of(
            hashlib.sha256(seen.encode()).hexdigest()[:16],
            subject,
            kind,
            place,
            (account, role),
            (described,),
            (by.email,),
            now,
            now + SETTLES_AFTER + (NO_END if kind == ROLE and place else TAKEN_UP_WITHIN),
        )
        held = self._hold.accept(draft, inboxes, over=known.id if known else "")
        self._note(held)
        return held

    def _note(self, change: DelayedChange) -> None:
        """Note a role at a place for readers, and take that back if somebody stopped it in between."""
        if is_role_at_place(change):
            self._roles.note(change)
            now = self._hold.newest(change.subject)
            if now is None or now.id != change.id or now.stopped_at is not None:
                self._roles.drop_note(change)

    def _carry_out(self, change: DelayedChange) -> None:
        now = self._clock.now()
        state = change.state(now)
        if state == SETTLED:
            self._changes.take_up(change, now)
            self._finish(change)
        elif state == DONE and change.taken_up_at and now - change.taken_up_at > FINISHED_WITHIN:
            self._finish(change, again=True)
        elif state in (STOPPED, EXPIRED) and now >= change.settles_at + TAKEN_UP_WITHIN:
            self._roles.drop_note(change)
            self._changes.forget(change)

    def _finish(self, change: DelayedChange, *, again: bool = False) -> None:
        """Do a deed that was claimed, and drop it; also one of an account that is another by now."""
        told: tuple[str, ...] = ()
        with suppress(EntryMissing, LastPublisher):
            told = self._do(change, again)
        if told:
            email = _email_of(change)
            headline, *lines = told
            self._record(
                ", ".join(change.by),
                "",
                "carry out what waited",
                about=email,
                after="; ".join(change.described),
                outcome=CARRIED_OUT,
            )
            by = f"Decided a day before by {', '.join(change.by)}:"
            mailed = change.kind in (INVITATION, PASSWORD)  # these have a mail of their own
            deciders = self._hold.publishers_of(change)
            also, but = (deciders, (email,)) if mailed else ((*deciders, email), ())
            self._tell(headline, (by, *change.described, *lines), also, but)
        self._roles.drop_note(change)
        self._changes.forget(change)

    def _do(self, change: DelayedChange, again: bool) -> tuple[str, ...]:
        """Do a deed; return the headline of what was done and more lines, or nothing where nothing was."""
        email = _email_of(change)
        if change.kind == INVITATION:
            self._invite(email, change.after, change.place, again)
            return "somebody was invited", _SEVEN_DAYS
        person = self._manage.known(email)
        if person.id != change.before:
            return ()
        if change.kind == ROLE:
            done = self._give(person, change.after, change.place)
            return ("a role was changed",) if done or again else ()
        if change.kind == PASSWORD:
            self._manage.send_first_password(email)
            return "a new first password was mailed", _SEVEN_DAYS
        self._manage.forget_authenticator(email)
        return "an authenticator was forgotten", _SEVEN_DAYS

    def _invite(self, email: str, role: str, place: str, again: bool) -> None:
        try:
            self._manage.invite(email, role, place)
        except PersonKnown:
            person = self._manage.known(email)
            self._give(person, role, place)
            if again and person.state == INVITED:
                self._manage.send_first_password(email)  # perhaps the first one was never mailed

    def _give(self, person: Person, role: str, place: str) -> bool:
        """Give a role that is more than what somebody has; say whether it is."""
        if allows(self._held(person, place), role):
            return False
        if place:
            self._roles.give(person.email, role, place)
        else:
            self._manage.change_role(person.email, role)
        return True

    def _held(self, person: Person, place: str) -> str:
        return self._roles.role_at(person, place) if place else person.role

    def _ours(self) -> list[DelayedChange]:
        return [one for one in self._hold.waiting() if _is_ours(one) or one.kind == PLACE]

    def _stop(self, changes: Sequence[DelayedChange], by: str) -> None:
        for change in changes:
            with suppress(EntryMissing, TooLateToStop, StaleRecord):
                self._hold.stop(change.subject, change.id, by)


_SEVEN_DAYS = (
    "Until seven days after this person next signs in at People,"
    " they can agree to nothing as the second publisher."
)


def _subject(kind: str, email: str, place: str) -> str:
    return f"{_SUBJECT}#{kind}#{email}#{place}"


def _is_ours(change: DelayedChange) -> bool:
    return change.subject.startswith(f"{_SUBJECT}#")


def _email_of(change: DelayedChange) -> str:
    """Return whom a change is about, "" for one of a place.

    An address may hold the sign between the parts, a place cannot.
    """
    if not _is_ours(change):
        return ""
    return change.subject.split("#", 2)[2].rpartition("#")[0]
