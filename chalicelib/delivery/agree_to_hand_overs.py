"""Dual control at the access screens: two publishers agree that a lost copy goes to another office.

This knows offices and places by the access function's own table, and no case: whoever delivers holds what was
agreed to against the case. What the desk links to is a proposal in words; a person types the number.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from chalicelib.delivery.agreed_hand_overs import (
    COUNTS_FOR,
    NEEDED,
    AgreedHandOver,
    AgreedHandOvers,
    Agreement,
    HandOverKey,
    fingerprint_of,
)
from chalicelib.delivery.errors import HandOverRefused
from chalicelib.delivery.look_after_cases import read_case_number
from chalicelib.desk.agreements import NEW_PUBLISHER, NO_PUBLISHER, SENTENCES, Standing, why_not
from chalicelib.desk.errors import AgreementMissing, NotAllowed
from chalicelib.desk.grants import DECIDE, Around, Grant, may, of_role
from chalicelib.desk.people import PUBLISHER, SHUT_OUT, Person
from chalicelib.desk.ports import GrantBook, People
from chalicelib.desk.standings import Standings
from chalicelib.directory.places import is_slug
from chalicelib.directory.recipient_rows import Recipients
from chalicelib.directory.recipients import Recipient, read_recipients
from chalicelib.shared.clock import Clock
from chalicelib.shared.errors import EntryMissing

_LONGEST = 100  # of a slug that the desk links with


@dataclass(frozen=True, slots=True)
class AskedFor:
    """A hand-over as somebody sees it: the offices by name, and whose agreement counts until when.

    `mine` says that the viewer's does, `enough` that it is carried out once the desk proposes it.
    """

    asked: HandOverKey
    before: str
    other: Recipient
    by: Sequence[tuple[str, datetime]]
    mine: bool
    enough: bool


class WhoDecides:
    """Who decides about hand-overs of a place: by roles that were given, not by those that were only noted.

    `held` gives the roles of an account at places.
    """

    def __init__(
        self,
        people: People,
        standings: Standings,
        held: Callable[[str], Mapping[str, str]],
        grants: GrantBook,
        around: Callable[[], Around],
    ) -> None:
        self._people = people
        self._standings = standings
        self._held = held
        self._grants = grants
        self._around = around

    def may(self, person: Person, place: str) -> bool:
        """Say whether somebody who is signed in decides at a place."""
        return may(self._grants.grants(person), DECIDE, place, self._around())

    def why_not(self, email: str, account: str, place: str, now: datetime) -> str:
        """Return the reason why an account may not agree, asked anew; "" when it may, as of today.

        Raises EntryMissing when nobody has this address.
        """
        person = self._people.find(email)
        if person.id != account or person.state == SHUT_OUT:
            return why_not(Standing("", person.email, PUBLISHER, None), (), now)
        standing = self._standings.of(person)
        grants = (*of_role(standing.role), *(Grant(role, at) for at, role in self._held(account).items()))
        decides = may(grants, DECIDE, place, self._around())
        return why_not(replace(standing, role=PUBLISHER if decides else ""), (), now)


class AgreeToHandOvers:
    """Agreements to hand-overs. `recipients` gives the rows of the access table."""

    def __init__(
        self,
        agreed: AgreedHandOvers,
        recipients: Callable[[], Recipients],
        who: WhoDecides,
        clock: Clock,
    ) -> None:
        self._agreed = agreed
        self._recipients = recipients
        self._who = who
        self._clock = clock

    def asked(self, case_number: str, place: str, recipient: str, other: str) -> HandOverKey:
        """Return the hand-over that an address or a form names. Raises EntryMissing."""
        slugs = (place, recipient, other)
        if not all(is_slug(slug) and len(slug) <= _LONGEST for slug in slugs) or recipient == other:
            raise EntryMissing("there is no such hand-over: open the case at the desk, and come from there")
        return HandOverKey(read_case_number(case_number), *slugs)

    def look(self, asked: HandOverKey, person: Person) -> AskedFor:
        """Return a hand-over as who decides at its place sees it. Raises EntryMissing, NotAllowed."""
        if not self._who.may(person, asked.place):
            raise NotAllowed("this belongs to another place")
        known = self._recipients()
        other = self._office(known, asked.other)
        if other is None:
            raise EntryMissing("the office that should get the report is not on the list of recipients")
        return self._seen(self._agreed.of(asked), known, other, person)

    def waiting(self, person: Person) -> Sequence[AskedFor]:
        """Return what somebody agreed to and that counts, of places at which this person decides."""
        rows = [row for row in self._agreed.all() if row.agreements]
        if not rows:
            return ()
        known, found = self._recipients(), []
        for row in rows:
            other = self._office(known, row.asked.other)
            if other is not None and self._who.may(person, row.asked.place):
                seen = self._seen(row, known, other, person)
                found += [seen] if seen.by else []
        return found

    def agree(self, asked: HandOverKey, typed: str, shown: str, person: Person) -> AskedFor:
        """Agree to a hand-over whose number was typed; return it as it is then.

        Whoever agreed before and could not do so now counts no more. `shown` is the fingerprint of the office
        as it was shown. Raises HandOverRefused, AgreementMissing, EntryMissing, NotAllowed.
        """
        seen, now = self.look(asked, person), self._clock.now()
        _check_number(typed, asked)
        if shown != fingerprint_of(seen.other):
            raise HandOverRefused({"": "This office was changed since you saw it. Read the page again."})
        reason = self._who.why_not(person.email, person.id, asked.place, now)
        if reason:  # whose role was noted and is not given yet has it since today
            raise AgreementMissing(SENTENCES[NEW_PUBLISHER if reason == NO_PUBLISHER else reason])
        for one in self._agreed.of(asked).agreements:
            if one.by != person.email and self._is_gone(one, asked.place, now):
                self._agreed.take_back(asked, one.by)
        self._agreed.agree(asked, Agreement(person.email, person.id, now, shown))
        return self.look(asked, person)

    def take_back(self, asked: HandOverKey, person: Person) -> None:
        """Take one's own agreement back; where there is none, nothing happens."""
        self._agreed.take_back(asked, person.email)

    def _is_gone(self, one: Agreement, place: str, now: datetime) -> bool:
        try:
            return bool(self._who.why_not(one.by, one.account, place, now))
        except EntryMissing:
            return True

    def _seen(self, row: AgreedHandOver, known: Recipients, other: Recipient, person: Person) -> AskedFor:
        now = self._clock.now()
        by = [(one.by, one.at + COUNTS_FOR) for one in row.counting(other, now)]
        names = {one.id: str(one.entry.get("name", one.id)) for one in known.rows}
        before = self._office(known, row.asked.recipient)
        return AskedFor(
            row.asked,
            before.name if before else names.get(row.asked.recipient, row.asked.recipient),
            other,
            by,
            any(address == person.email for address, _ in by),
            len(by) >= NEEDED,
        )

    def _office(self, known: Recipients, id_: str) -> Recipient | None:
        """Return an office as it is now, of whatever place, as who delivers reads it."""
        entries = [entry for entry in known.at(self._clock.now()) if entry.get("id") == id_]
        found = read_recipients(entries, {str(entry.get("serves")) for entry in entries})
        return found[0] if found else None


def _check_number(typed: str, asked: HandOverKey) -> None:
    """Check that somebody typed the number of the case that is meant. Raises HandOverRefused."""
    try:
        number = read_case_number(typed)
    except EntryMissing:
        wrong = "Type the number of the case. It looks like PL-1A2B-3C4D."
        raise HandOverRefused({"number": wrong}) from None
    if number != asked.case_number:
        wrong = "This page is about another case. Open yours at the desk, and come from there."
        raise HandOverRefused({"number": wrong})
