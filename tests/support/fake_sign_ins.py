"""Fakes of what is written down about sign-ins and about people: they pass the contract of the adapters."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from chalicelib.desk.agreements import DATES
from chalicelib.desk.people import (
    BROWSER_KNOWN_FOR,
    ROLES,
    KnownBrowser,
    Session,
    Step,
    highest,
)
from chalicelib.desk.places_of_roles import PlaceOfRoles
from chalicelib.desk.ports import AuditEntry
from chalicelib.shared.clock import Clock
from tests.support.fakes import Failing, FixedClock


class FakeSignIns(Failing):
    """The SignInStore in memory. It counts in whole seconds, as DynamoDB's time to live does."""

    def __init__(self) -> None:
        super().__init__()
        self.tries: dict[str, tuple[int, datetime]] = {}
        self.sessions: dict[str, Session] = {}
        self._steps: dict[str, tuple[Step, datetime]] = {}
        self._browsers: dict[str, KnownBrowser] = {}
        self._forgotten: dict[str, datetime] = {}
        self._first: dict[str, tuple[str, datetime]] = {}
        self._lock = threading.Lock()

    def keep_step(self, sign_in_key: str, step: Step, until: datetime) -> None:
        self._about_to("keep_step")
        self._steps[sign_in_key] = (step, _whole(until))

    def step(self, sign_in_key: str, now: datetime) -> Step | None:
        self._about_to("step")
        step, until = self._steps.get(sign_in_key, (None, now))
        return step if until > now else None

    def forget_step(self, sign_in_key: str) -> None:
        self._about_to("forget_step")
        self._steps.pop(sign_in_key, None)

    def keep_session(self, token: str, session: Session) -> None:
        self._about_to("keep_session")
        self.sessions[token] = Session(session.email, _whole(session.until))

    def session(self, token: str, now: datetime) -> Session | None:
        self._about_to("session")
        session = self.sessions.get(token)
        return session if session and session.until > now else None

    def end_session(self, token: str) -> None:
        self._about_to("end_session")
        self.sessions.pop(token, None)

    def count_try(self, what: str, now: datetime, window: timedelta, most: int = 0) -> int:
        with self._lock:
            self._about_to("count_try")
            tries, until = self.tries.get(what, (0, now))
            if until <= _whole(now):
                tries, until = 0, _whole(now + window)
            elif tries < most:
                until = _whole(now + window)
            self.tries[what] = (tries + 1, until)
            return tries + 1

    def forget_tries(self, what: str) -> None:
        self._about_to("forget_tries")
        self.tries.pop(what, None)

    def keep_browser(self, browser: str, known: KnownBrowser) -> None:
        self._about_to("keep_browser")
        self._browsers[browser] = known

    def browser(self, browser: str, now: datetime) -> KnownBrowser | None:
        self._about_to("browser")
        known = self._browsers.get(browser)
        if known is None or _whole(known.since + BROWSER_KNOWN_FOR) <= now:
            return None
        forgotten = self._forgotten.get(known.email)
        return None if forgotten and known.since <= forgotten else known

    def forget_browser(self, browser: str) -> None:
        self._about_to("forget_browser")
        self._browsers.pop(browser, None)

    def forget_browsers_of(self, email: str, now: datetime) -> None:
        self._about_to("forget_browsers_of")
        self._forgotten[email] = now

    def keep_first_password(self, email: str, password: str, until: datetime) -> None:
        self._about_to("keep_first_password")
        self._first[email] = (password, _whole(until))

    def is_first_password(self, email: str, password: str, now: datetime) -> bool:
        self._about_to("is_first_password")
        first, until = self._first.get(email, ("", now))
        return first == password and until > now

    def forget_first_password(self, email: str) -> None:
        self._about_to("forget_first_password")
        self._first.pop(email, None)


class FakeStandings(Failing):
    """The StandingBook in memory."""

    def __init__(self) -> None:
        super().__init__()
        self._dates: dict[str, dict[str, datetime]] = {}

    def record(self, person: str, what: str, at: datetime) -> None:
        self._about_to("note")
        if not person or what not in DATES:
            raise ValueError("a date of whom?")
        self._dates.setdefault(person, {})[what] = at

    def dates(self, person: str) -> Mapping[str, datetime]:
        self._about_to("dates")
        return dict(self._dates.get(person, {}))


class FakeRoles(Failing):
    """The RoleBook in memory."""

    def __init__(self, clock: Clock | None = None) -> None:
        super().__init__()
        self._clock = clock or FixedClock()
        self._notes: dict[tuple[str, str], tuple[str, datetime, str]] = {}
        self._roles: dict[str, dict[str, str]] = {}
        self._places: dict[str, PlaceOfRoles] = {}
        self._moves: dict[str, tuple[str, datetime, str]] = {}

    def at(self, person: str, *, noted: bool = True) -> Mapping[str, str]:
        self._about_to("at")
        return self._all(person) if noted else dict(self._roles.get(person, {}))

    def at_all(self, people: Sequence[str]) -> Mapping[str, Mapping[str, str]]:
        self._about_to("at_all")
        return {person: held for person in people if (held := self._all(person))}

    def give(self, person: str, place: str, role: str) -> None:
        self._about_to("give")
        if not person or not place or role not in ROLES:
            raise ValueError("a role of whom, and where?")
        self._roles.setdefault(person, {})[place] = role
        self._notes.pop((person, place), None)

    def note(self, person: str, place: str, role: str, since: datetime, id_: str) -> None:
        self._about_to("note")
        if not person or not place or role not in ROLES:
            raise ValueError("a role of whom, and where?")
        self._notes[person, place] = (role, since, id_)

    def drop_note(self, person: str, place: str, id_: str) -> None:
        self._about_to("drop_note")
        if self._notes.get((person, place), ("", None, ""))[2] == id_:
            del self._notes[person, place]

    def _all(self, person: str) -> dict[str, str]:
        found = dict(self._roles.get(person, {}))
        for (who, place), (role, since, _) in self._notes.items():
            if who == person and since <= self._clock.now():
                found[place] = highest({found.get(place, ""), role})
        return found

    def take(self, person: str, place: str) -> None:
        self._about_to("take")
        self._notes.pop((person, place), None)
        self._roles.get(person, {}).pop(place, None)

    def places(self, *, noted: bool = False) -> Mapping[str, PlaceOfRoles]:
        self._about_to("places")
        found = dict(self._places)
        for slug, (parent, since, _) in self._moves.items():
            if slug in found and (noted or since <= self._clock.now()):
                found[slug] = PlaceOfRoles(slug, found[slug].name, parent)
        return found

    def note_move(self, slug: str, parent: str, since: datetime, id_: str) -> None:
        self._about_to("note_move")
        self._moves[slug] = (parent, since, id_)

    def drop_move(self, slug: str, id_: str) -> None:
        self._about_to("drop_move")
        if self._moves.get(slug, ("", None, ""))[2] == id_:
            del self._moves[slug]

    def put_place(self, place: PlaceOfRoles) -> None:
        self._about_to("put_place")
        self._places[place.slug] = place


class FakeAudit(Failing):
    """The AuditLog in memory."""

    def __init__(self) -> None:
        super().__init__()
        self._entries: list[AuditEntry] = []

    def add(self, entry: AuditEntry) -> None:
        self._about_to("add")
        self._entries.append(entry)

    def entries(self, month: str) -> Sequence[AuditEntry]:
        self._about_to("entries")
        found = [entry for entry in self._entries if f"{entry.at:%Y-%m}" == month]
        return sorted(found, key=lambda entry: entry.at, reverse=True)

    def lines(
        self, month: str, position: str = "", newest_first: bool = True
    ) -> Iterator[tuple[str, AuditEntry]]:
        self._about_to("lines")
        found = [
            (f"{entry.at:%Y-%m-%dT%H:%M:%S.%f}Z {number:08d}", entry)
            for number, entry in enumerate(self._entries)
            if f"{entry.at:%Y-%m}" == month
        ]
        for at, entry in sorted(found, key=lambda pair: pair[0], reverse=newest_first):
            if not position or (at < position if newest_first else at > position):
                yield at, entry


def _whole(time: datetime) -> datetime:
    return time.replace(microsecond=0)
