"""The recipients of published or shipped documents, without addresses, and the places around each place."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from chalicelib.directory.content import Content
from chalicelib.directory.recipients import Recipient, read_offices


class ShippedRecipients:
    """The RecipientBook over documents: forms show these, and no mail goes by them.

    Raises ContentInvalid when they break a rule.
    """

    def __init__(self, folder: Path, content: Content) -> None:
        entries = json.loads((folder / "recipients.json").read_text(encoding="utf-8"))
        self._places = content.places
        self._default_place = content.site.default_place
        self._recipients = read_offices(entries, [place.slug for place in content.places])

    def recipients(self) -> tuple[Recipient, ...]:
        """Return every recipient."""
        return self._recipients

    def chain(self, place: str) -> tuple[str, ...]:
        """Return the slugs of a place and those around it, nearest first; empty when we do not know it."""
        if place not in self._places:
            return ()
        return tuple(around.slug for around in self._places.chain(place))

    def zone(self, place: str) -> str:
        """Return the time zone of a place, of the default place for ""; "UTC" when we do not know it."""
        return self._places.zone_of(place or self._default_place)

    def places(self) -> Mapping[str, str]:
        """Return the names of all places by slug, in the order of their document."""
        return {place.slug: place.name for place in self._places}
