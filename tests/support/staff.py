"""The people of an admin site among fakes: they sign in, are invited, and get locked out."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import count

from chalicelib.desk.agreements import NOT_USED_YET
from chalicelib.desk.manage_people import ManagePeople
from chalicelib.desk.manage_roles import ManageRoles
from chalicelib.desk.people import (
    EDITOR,
    PUBLISHER,
    SIGNED_IN,
    Person,
    Step,
)
from chalicelib.desk.places_of_roles import PlaceOfRoles
from chalicelib.desk.sign_in import Sessions, SignIn
from chalicelib.desk.sign_in_watch import SignInWatch
from chalicelib.desk.standings import Standings
from tests.support.fake_people import FakePeople, FakeTokens
from tests.support.fake_sign_ins import FakeRoles, FakeSignIns, FakeStandings
from tests.support.fakes import FixedClock

ANA, BEN, CAM = "ana@desk.example", "ben@desk.example", "cam@desk.example"
STRANGER = "nobody@elsewhere.example"
PASSWORD = "correct horse battery"
PLACES = {
    slug: PlaceOfRoles(slug, name, parent)
    for slug, name, parent in (
        ("california", "California", ""),
        ("merced", "Merced County", "california"),
        ("los-banos", "Los Banos", "merced"),
        ("atwater", "Atwater", "merced"),
        ("fresno", "Fresno County", "california"),
        ("fresno-city", "Fresno", "fresno"),
    )
}
SECRETS = {ANA: "ANAA" * 8, BEN: "BENB" * 8, CAM: "CAMC" * 8}


@dataclass(frozen=True)
class Line:
    """A line of the audit log."""

    who: str
    did: str
    about: str
    outcome: str
    told: str


@dataclass(frozen=True)
class Notice:
    """A notice to the publishers, and to `also`."""

    headline: str
    lines: tuple[str, ...]
    also: tuple[str, ...]


class Staff:
    """Two publishers and an editor, each with an authenticator, and the use cases around them.

    `must` is what the pool asks of everybody, `needed` what the site asks for.
    """

    def __init__(self, must: bool = True, needed: bool = True) -> None:
        self.clock = FixedClock()
        self.people = FakePeople(self.clock, must)
        self.tokens = FakeTokens(self.people)
        self.book, self.dates = FakeSignIns(), FakeStandings()
        self.log: list[Line] = []
        self.notices: list[Notice] = []
        self.mailed: list[tuple[str, str, bool]] = []  # first passwords
        self._picked = count()
        for email, role in ((ANA, PUBLISHER), (BEN, PUBLISHER), (CAM, EDITOR)):
            self.people.add(email, role, PASSWORD, SECRETS[email] if must else "")
        standings = Standings(self.people, self.dates, self.clock)
        watch = SignInWatch(self.people, self.book, self.clock, self._write_down, self._tell)
        self.sign_in = SignIn(self.people, self.tokens, self.book, self.clock, needed, standings, watch)
        self._parts = (standings, watch)
        self.sessions = Sessions(self.people, self.tokens, self.book, self.clock, standings, watch)
        self.roles = ManageRoles(self.people, FakeRoles(self.clock), standings, PLACES)
        self.manage = ManagePeople(
            self.people,
            standings,
            [self.book],
            self.clock,
            lambda to, password, new: self.mailed.append((to, password, new)),
            lambda letters: letters[next(self._picked) * 7 % len(letters)],
            self.roles,
        )

    def with_short_sessions(self, unused: timedelta) -> tuple[SignIn, Sessions]:
        """Return sign-in and sessions that end when nothing was asked for."""
        around = (self.people, self.tokens, self.book, self.clock)
        standings, watch = self._parts
        return SignIn(*around, True, standings, watch, unused), Sessions(*around, standings, watch, unused)

    def person(self, email: str) -> Person:
        """Return somebody as the pool knows them now."""
        return self.people.find(email)

    def code(self, email: str = ANA) -> str:
        """Return what somebody's authenticator shows now."""
        return self.people.code(SECRETS[email])

    def come_in(self, email: str = ANA, browsers: Sequence[str] = (), sign_in_key: str = "sign-in") -> Step:
        """Sign in whole, with a code that was not used before."""
        self.clock.forward(seconds=61)
        self.sign_in.begin(sign_in_key, email, PASSWORD, browsers)
        step = self.sign_in.give_code(sign_in_key, self.code(email), browsers)
        assert step.kind == SIGNED_IN
        return step

    def know_browser(self, email: str = ANA) -> str:
        """Return the secret of a browser in which somebody has signed in."""
        return self.sign_in.remember(email, ())[0]

    def invited(self, email: str = "new@desk.example", role: str = EDITOR) -> str:
        """Invite somebody; return the first password that was mailed."""
        self.manage.invite(email, role)
        return self.mailed[-1][1]

    def dated(self, email: str) -> set[str]:
        """Return which dates are written down about somebody, of what they have used since."""
        dates = self.dates.dates(self.person(email).id)
        return {what for what, at in dates.items() if at != NOT_USED_YET}

    def handed_out(self, email: str) -> set[str]:
        """Return which credentials somebody was given and has not used yet."""
        dates = self.dates.dates(self.person(email).id)
        return {what for what, at in dates.items() if at == NOT_USED_YET}

    def _write_down(
        self, who: str, role: str, did: str, about: str = "", outcome: str = "", told: str = ""
    ) -> None:
        assert role == ""
        self.log.append(Line(who, did, about, outcome, told))

    def _tell(self, headline: str, lines: Sequence[str], also: Collection[str]) -> None:
        self.notices.append(Notice(headline, tuple(lines), tuple(also)))
