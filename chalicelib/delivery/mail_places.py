"""Places as a mail tells of them: their time zone, what they lie in, the nearest lines for a report."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from chalicelib.directory.contacts import Contact, nearest_first
from chalicelib.directory.content import Content
from chalicelib.shared.time_zones import UTC_ZONE

_LINES_MOST = 5
_DAY_AND_NIGHT = "Day and night, every day."


@dataclass(frozen=True, slots=True)
class PassOnLine:
    """A line that a report may be passed to: an office's name and its numbers as they are read."""

    name: str
    numbers: tuple[str, ...]
    for_children: bool
    day_and_night: bool


@dataclass(frozen=True, slots=True)
class MailPlace:
    """What a mail tells of a place beside its name: the names of those around it, nearest first."""

    within: tuple[str, ...] = ()
    zone: str = UTC_ZONE
    lines: tuple[PassOnLine, ...] = ()


PlaceOf = Callable[[str], MailPlace]


def nothing_known(place: str) -> MailPlace:
    """Return what is known of a place where no places are."""
    return MailPlace()


def mail_place(content: Content, slug: str) -> MailPlace:
    """Return what a mail tells of a place; of one that is gone, nothing.

    Lines to pass a report to are those that two publishers name, and that a place shows beyond its own page:
    those for children, those for anyone of a place narrower than the nation, and the hotline.
    """
    if slug not in content.places:
        return MailPlace()
    chain = content.places.chain(slug)
    narrow = {place.slug for place in chain if place.parent is not None}
    near = [
        contact
        for contact in nearest_first(content.contacts, chain)
        if contact.can_be_called() and contact.has_agreed_sources() and not contact.only_here
        if _takes_reports(contact, narrow, content.site.hotline)
    ]
    return MailPlace(
        tuple(place.name for place in chain[1:]),
        content.places.zone_of(slug),
        tuple(_line(contact) for contact in near[:_LINES_MOST]),
    )


def _takes_reports(contact: Contact, narrow: set[str], hotline: str) -> bool:
    if contact.audience == "children" or contact.id == hotline:
        return True
    return contact.audience == "anyone" and contact.serves in narrow


def _line(contact: Contact) -> PassOnLine:
    return PassOnLine(
        contact.name,
        tuple(channel.show for channel in contact.channels if channel.kind == "call"),
        contact.audience == "children",
        contact.hours == _DAY_AND_NIGHT,
    )
