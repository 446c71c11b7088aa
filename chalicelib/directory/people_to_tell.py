"""Distribution list of places: who has a role where, with the address at which they are told of it.

The access function alone writes it. Who mails what goes on at places reads it, and nothing else of people.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PersonToTell:
    """Somebody with roles at places. `id` is the pool's own; `publishes` and `edits` are slugs of places."""

    id: str
    email: str
    publishes: frozenset[str] = frozenset()
    edits: frozenset[str] = frozenset()


class PeopleToTell:
    """The whole list. `parents` gives the slug of what each place lies in, "" for nothing."""

    def __init__(self, people: Iterable[PersonToTell], parents: Mapping[str, str]) -> None:
        self._parents = parents
        self._publish: dict[str, list[PersonToTell]] = defaultdict(list)
        self._work: dict[str, list[PersonToTell]] = defaultdict(list)
        for person in people:
            for place in person.publishes:
                self._publish[place].append(person)
            for place in person.publishes | person.edits:
                self._work[place].append(person)

    def of(self, place: str, *, editors: bool = False) -> Sequence[PersonToTell]:
        """Return who publishes a place, or with `editors` who works there at all.

        Where nobody does, those of the nearest place around it that has any. None for a place that nobody
        knows.
        """
        lists = self._work if editors else self._publish
        return next((lists[one] for one in chain(place, self._parents) if one in lists), ())


def chain(place: str, parents: Mapping[str, str]) -> Sequence[str]:
    """Return a place and what it lies in, nearest first; none for one that nobody knows."""
    found: list[str] = []
    while place in parents and place not in found:
        found.append(place)
        place = parents[place]
    return found
