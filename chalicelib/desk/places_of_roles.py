"""Places that roles are given at, and what each lies in, as the access screens know them.

They do not come from what is published: whoever takes the desk over writes that, and could put a town into
a county of their own. A place that shipped is known; each other is written down at the access screens.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PlaceOfRoles:
    """A place by its slug and name, and the slug of the place that it lies in, or ""."""

    slug: str
    name: str
    parent: str = ""


class PlacesOfRoles:
    """All places that roles can be given at."""

    def __init__(self, *known: Mapping[str, PlaceOfRoles]) -> None:
        """Take what is known of places; of two that have one slug the later counts."""
        self._places = {slug: place for places in known for slug, place in places.items()}

    def __iter__(self) -> Iterator[PlaceOfRoles]:
        return iter(sorted(self._places.values(), key=lambda place: (place.name.casefold(), place.slug)))

    def __contains__(self, slug: object) -> bool:
        return slug in self._places

    def around(self, slug: str) -> Sequence[str]:
        """Return a place and what it lies in, nearest first; none for one that nobody knows."""
        chain: list[str] = []
        while slug in self._places and slug not in chain:
            chain.append(slug)
            slug = self._places[slug].parent
        return chain

    def label(self, slug: str) -> str:
        """Return what a place is called in lists: its name, and that of the place around it."""
        around = self.around(slug)
        return ", ".join(self._places[one].name for one in around[:2]) if around else slug

    def named(self, typed: str) -> str:
        """Return the slug of the place that was typed or chosen; "" for none, or a name of two."""
        wanted = " ".join(typed.split()).casefold()
        if wanted in self._places:
            return wanted
        found = [
            slug
            for slug, place in self._places.items()
            if wanted in (place.name.casefold(), self.label(slug).casefold())
        ]
        return found[0] if len(found) == 1 else ""
