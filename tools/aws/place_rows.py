"""How places stand, worst first, for `make status`: by the rule of the desk's page of all places."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime

from chalicelib.directory.content import Content
from chalicelib.directory.recipients import Recipient, offered_at
from chalicelib.publishing.check_documents import STALE_AFTER
from chalicelib.publishing.place_standings import PlaceStanding, standings
from chalicelib.reporting.cases import SealedReport

WORST = 20  # lines for people; the JSON has all


def rows_of(
    content: Content,
    recipients: Sequence[Recipient],
    cases: Iterable[SealedReport],
    now: datetime,
    agreed_only: bool,
) -> list[PlaceStanding]:
    """Return the standing of every place, worst first."""
    places = {
        one.slug: (one.name, content.places[one.parent].name if one.parent else "") for one in content.places
    }
    overdue = Counter(
        contact.serves
        for contact in content.contacts
        if contact.checked_on is None or now.date() - contact.checked_on > STALE_AFTER
    )
    offices = {
        slug: len(
            offered_at(recipients, [one.slug for one in content.places.chain(slug)], agreed_only=agreed_only)
        )
        for slug in places
    }
    return standings(places, [case for case in cases if case.is_open()], overdue, offices, now)


def lines_of(rows: Sequence[PlaceStanding]) -> list[str]:
    """Return the worst of them for people."""
    amiss = [row for row in rows if row.amiss]
    if not amiss:
        return ["", f"Nothing waits in any of {len(rows)} places."]
    told = [
        f"{row.nobody:>6} {row.failing:>6} {row.held:>6} {row.overdue:>6} {row.offices:>6}  {row.name}"
        for row in amiss[:WORST]
    ]
    more = [f"and {len(amiss) - WORST} more places"] if len(amiss) > WORST else []
    return ["", "By place, worst first:", "nobody  fails   held  check offices", *told, *more]
