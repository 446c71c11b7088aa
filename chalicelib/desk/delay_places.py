"""Time lock on what a place lies in: who has a role around it gets rights there, so that waits for a day.

A move waits as a delayed change (desk/delayed_changes), and a note beside the place counts by being read. A
place that is added lies in nothing until then, so that nobody writes down a town of another county as theirs.
What gives nobody anything counts at once.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from contextlib import suppress

from chalicelib.desk.audit import DONE as CARRIED_OUT
from chalicelib.desk.delay_people import FINISHED_WITHIN, NO_END, Told
from chalicelib.desk.delayed_changes import (
    DONE,
    SETTLED,
    SETTLES_AFTER,
    STOPPED,
    TAKEN_UP_WITHIN,
    DelayedChange,
    DelayedChanges,
    TooLateToStop,
)
from chalicelib.desk.hold_changes import HoldChanges, draft_of
from chalicelib.desk.manage_roles import PLACE, ManageRoles, place_of_move
from chalicelib.desk.people import Person
from chalicelib.desk.places_of_roles import PlaceOfRoles
from chalicelib.shared.clock import Clock
from chalicelib.shared.errors import EntryMissing, PorchlightError, StaleRecord


class DelayPlaces:
    """Writes down places, and moves them a day later. `record` and `tell` are those of DelayPeople."""

    def __init__(
        self,
        hold: HoldChanges,
        changes: DelayedChanges,
        roles: ManageRoles,
        record: Callable[..., None],
        tell: Told,
        clock: Clock,
    ) -> None:
        self._hold = hold
        self._changes = changes
        self._roles = roles
        self._record = record
        self._tell = tell
        self._clock = clock

    def write_down(self, slug: str, name: str, parent: str, by: Person) -> tuple[PlaceOfRoles, bool]:
        """Write a place down; return it as it is now, and whether its move waits. Raises PlaceWrong."""
        place, known = self._roles.checked(slug, name, parent), self._hold.newest(f"{PLACE}#{slug}")
        if known is not None and known.taken_up_at is not None:
            self._finish(known)
            known = None
        places = self._roles.places()
        before = places.around(slug)[1:2]
        gains = set(places.around(parent)) - set(places.around(slug))
        if not gains or self._hold.at_once():
            if known is not None:
                self._stop(known, by.email)
            self._roles.put(place)
            return place, False
        now = PlaceOfRoles(slug, place.name, before[0] if before else "")
        self._roles.put(now)
        said = f"{places.label(slug) if before else place.name} will lie in {places.label(parent)}"
        described = f"{said}: who has a role there gets it here, too."
        self._wait(now, parent, described, by, known)
        return now, True

    def carry_out(self) -> None:
        """Write down what counts by now, so that its note can go. A fault leaves it to the next call."""
        with suppress(PorchlightError):
            for change in self._changes.all():
                if change.kind == PLACE:
                    with suppress(PorchlightError):
                        self._carry_out(change)

    def _wait(
        self, place: PlaceOfRoles, parent: str, described: str, by: Person, known: DelayedChange | None
    ) -> None:
        now, subject = self._clock.now(), f"{PLACE}#{place.slug}"
        if known is not None and known.after == parent and known.may_be_stopped(now):
            self._note(known)
            return
        if known is not None:
            self._roles.drop_note(known)
        seen = json.dumps([subject, place.parent, parent, now.isoformat()])
        draft = draft_of(
            hashlib.sha256(seen.encode()).hexdigest()[:16],
            subject,
            PLACE,
            # Told to who publishes it now; of a new place to who would, and to the site's.
            place.slug if place.parent else parent,
            (place.parent, parent),
            (described,),
            (by.email,),
            now,
            now + SETTLES_AFTER + NO_END,
        )
        self._note(self._hold.accept(draft, over=known.id if known else ""))

    def _note(self, change: DelayedChange) -> None:
        """Note a move for readers, and take that back if somebody stopped it in between."""
        self._roles.note(change)
        now = self._hold.newest(change.subject)
        if now is None or now.id != change.id or now.stopped_at is not None:
            self._roles.drop_note(change)

    def _carry_out(self, change: DelayedChange) -> None:
        now, state = self._clock.now(), change.state(self._clock.now())
        if state == SETTLED:
            self._changes.take_up(change, now)
            self._finish(change)
        elif state == DONE and change.taken_up_at and now - change.taken_up_at > FINISHED_WITHIN:
            self._finish(change)
        elif state == STOPPED and now >= change.settles_at + TAKEN_UP_WITHIN:
            self._roles.drop_note(change)
            self._changes.forget(change)

    def _finish(self, change: DelayedChange) -> None:
        """Write down where a place lies by now, drop the note, and say so."""
        slug, deciders = place_of_move(change), self._hold.publishers_of(change)
        places = self._roles.places()
        if slug in places:  # read with its note, which counts by now
            name = next(place.name for place in places if place.slug == slug)
            self._roles.put(PlaceOfRoles(slug, name, change.after))
            who, after = ", ".join(change.by), "; ".join(change.described)
            self._record(who, "", "carry out what waited", about=slug, after=after, outcome=CARRIED_OUT)
            lines = (f"Decided a day before by {who}:", *change.described)
            self._tell("a place lies in another one", lines, deciders)
        self._roles.drop_note(change)
        self._changes.forget(change)

    def _stop(self, change: DelayedChange, by: str) -> None:
        """Stop a move that waits, where another one counts at once."""
        with suppress(EntryMissing, TooLateToStop, StaleRecord):
            self._hold.stop(change.subject, change.id, by)
