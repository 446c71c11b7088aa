"""Mails to the people of places: what was noted about their places, in one mail a person and run.

The operator has been told already, of each, and gets none of these.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import timedelta

from chalicelib.delivery.place_notes import MONTHLY, PlaceNote, PlaceNotes
from chalicelib.directory.people_to_tell import PeopleToTell
from chalicelib.shared.alarms import Alarms
from chalicelib.shared.clock import Clock
from chalicelib.shared.mail import DESK, About, Mail, Mailer

_FOR_A_MAIL = timedelta(seconds=20)
MOST = 60  # notes a run: with their people they fit into the time that a run has


class TellPlaces:
    """Tells the people of places. `people` reads whom; `write(to, notes)` makes the message.

    An address that takes no mail stops nothing: an alarm says so. Where no mail goes out at all, or the list
    cannot be read, what was noted waits for the next run.
    """

    def __init__(
        self,
        notes: PlaceNotes,
        people: Callable[[], PeopleToTell],
        write: Callable[[str, Sequence[PlaceNote]], bytes],
        mailer: Mailer,
        alarms: Alarms,
        clock: Clock,
        sender: str,
        left: Callable[[], timedelta] = lambda: timedelta.max,
    ) -> None:
        self._notes = notes
        self._people = people
        self._write = write
        self._mailer = mailer
        self._alarms = alarms
        self._clock = clock
        self._sender = sender
        self._left = left

    def __call__(self) -> int:
        """Mail what may be told now; return how many mails went out. Raises StoreUnavailable."""
        notes = self._notes.take(self._clock.now(), MOST)
        if not notes:
            return 0
        sent, missed = 0, 0
        waiting = self._by_address(notes)
        for address, theirs in sorted(waiting.items()):
            if self._left() < _FOR_A_MAIL:
                break  # whoever is not asked now has their notes for the next run
            try:
                content = self._write(address, theirs)
                self._mailer.send(Mail(self._sender, address, "desk", 0, About.of(DESK), content))
            except Exception:  # of one address: the others are told, and not told again
                missed += 1
            else:
                sent += 1
            del waiting[address]
        if missed:
            self._alarms.raise_alarm("place_not_told", {"addresses": str(missed)})
        if sent or not missed:
            later = {note for theirs in waiting.values() for note in theirs}
            self._notes.settle([note for note in notes if note not in later], self._clock.now())
        return sent

    def _by_address(self, notes: Sequence[PlaceNote]) -> dict[str, list[PlaceNote]]:
        people, found = self._people(), defaultdict(list)
        for note in sorted(notes):
            for person in people.of(note.place, editors=note.kind in MONTHLY):
                if "@" in person.email:
                    found[person.email].append(note)
        return found
