"""Notes of what the people of a place are to be told: alarms about its reports, contacts that are due there.

Whatever raises an alarm notes it; the outbox worker alone knows the people, and mails them.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, Protocol

from chalicelib.shared.alarms import Alarms
from chalicelib.shared.clock import Clock

CONTACTS_DUE, SERVICES_DUE = "contacts_due", "services_due"
MONTHLY = frozenset((CONTACTS_DUE, SERVICES_DUE))  # go to editors as well: they look after both
_CASES, _CONTACTS, _RECIPIENTS = "deliveries", "contacts", "recipients"


class Told(NamedTuple):
    """What the people of a place are told: what happened, what to do, and the desk's screen for it."""

    what: str
    do: str
    screen: str


# The alarms that concern a place, as its people are told of them. The others are the operator's alone.
TOLD: Mapping[str, Told] = {
    "reached_nobody": Told(
        "Reports have reached nobody within eight hours.",
        "See which office did not take them, and call it. Then send them again, or hand them over.",
        _CASES,
    ),
    "not_everybody": Told(
        "Reports have not reached every office within eight hours.",
        "See which office did not take them, and call it. Then send them again, or hand them over.",
        _CASES,
    ),
    "not_taken": Told(
        "An office did not take a report, and there is no other address to try.",
        "Call the office. Then send the report again, or hand it over.",
        _CASES,
    ),
    "mail_refused": Told(
        "A mail to an office was refused.",
        "If the office has a second address, the report goes there. If not, send it again, or hand it over.",
        _CASES,
    ),
    "fell_back": Told(
        "The first address of an office did not take a report, which went on to the second one.",
        "Call the office, and ask what is wrong with the first.",
        _CASES,
    ),
    "delayed_long": Told(
        "A mail to an office was delayed for six hours.",
        "Call the office, and ask whether its mail works.",
        _CASES,
    ),
    "withheld": Told(
        "A report was kept back from an office: whoever wrote it did not allow that.",
        "It stays unsent there. If nobody of you queued it, look at the log.",
        _CASES,
    ),
    "recipient_gone": Told(
        "A report is addressed to an office that is not in the list any more.",
        "Hand it over to another office.",
        _CASES,
    ),
    "key_unusable": Told(
        "An office’s key cannot be used, so reports to it wait.",
        "Ask the office for a new key. Nothing is sent in clear text.",
        _RECIPIENTS,
    ),
    "answers_by_itself": Told(
        "An office’s inbox answers by itself, such as “out of office”.",
        "What it took, it has. Call the office: is anybody there?",
        _RECIPIENTS,
    ),
    "flood": Told(
        "So many reports come that the rest of this hour’s wait for one mail on the hour.",
        "Nothing is lost. Ask the office whether what it gets is real.",
        _CASES,
    ),
    CONTACTS_DUE: Told(
        "Contacts on the public page have not been checked by a person within 90 days.",
        "Call each, see that number and hours are right, and say “checked today”.",
        _CONTACTS,
    ),
    SERVICES_DUE: Told(
        "Services have not been confirmed by a person for a year, or for 90 days on a first page.",
        "Call or look, see that all of it is right, and say “confirmed today”.",
        "services/due",
    ),
}


@dataclass(frozen=True, slots=True, order=True)
class PlaceNote:
    """A note: at which place, of what kind, and how often it was noted, or of how many contacts."""

    place: str
    kind: str
    number: int


class PlaceNotes(Protocol):
    """Port to the notes. Any call may raise StoreUnavailable."""

    def note(self, notes: Collection[PlaceNote], now: datetime) -> None:
        """Add to what waits to be told."""

    def take(self, now: datetime, most: int) -> Sequence[PlaceNote]:
        """Return what may be told now, and keep it; nothing when somebody took it a short time ago.

        The same about a place is not returned again within an hour after it was settled: it waits.
        """

    def settle(self, notes: Sequence[PlaceNote], now: datetime) -> None:
        """Drop what was told. What was added meanwhile waits on."""


class AlarmsOfPlaces:
    """The Alarms that also note what concerns places: those that the detail names as "place" or "places".

    The operator is told first, and as before; that the note cannot be kept changes nothing for them.
    """

    def __init__(self, operator: Alarms, notes: PlaceNotes, clock: Clock) -> None:
        self._operator = operator
        self._notes = notes
        self._clock = clock

    def raise_alarm(self, kind: str, detail: Mapping[str, str]) -> bool:
        """Raise the alarm, and note it for its places; return what the operator's alarms return."""
        raised = self._operator.raise_alarm(kind, detail)
        named = (*detail.get("places", "").split(", "), detail.get("place", ""))
        places = sorted(set(filter(None, named))) if kind in TOLD else ()
        if places:
            with suppress(Exception):  # whatever it is: what raised the alarm has more to do
                self._notes.note([PlaceNote(place, kind, 1) for place in places], self._clock.now())
        return raised


def places_of(places: Collection[str]) -> Mapping[str, str]:
    """Return what an alarm's detail says of the places that it is about."""
    named = ", ".join(sorted(set(filter(None, places))))
    return {"places": named} if named else {}
