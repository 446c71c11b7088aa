"""Time zones (IANA names such as America/Los_Angeles): what day and hour it is in a place, for its readers.

Amazon Linux has no zones of its own, so the package carries them (tzdata).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, tzinfo
from functools import lru_cache

UTC_ZONE = "UTC"  # of a place that says none
ZoneOf = Callable[[str], str]  # a place's slug, its zone

_NAME = re.compile(r"[A-Z][A-Za-z_]+(?:/[A-Za-z0-9_+-]+){1,2}")


def is_zone_name(text: object) -> bool:
    """Say whether a text looks like the name of a time zone: continent and city."""
    return isinstance(text, str) and bool(_NAME.fullmatch(text))


def is_known_zone(name: str) -> bool:
    """Say whether there are data of a time zone."""
    return _zone(name) is not None


def in_utc(place: str) -> str:
    """Return the zone of a place where no places are known: UTC."""
    return UTC_ZONE


def local_time(moment: datetime, zone: str) -> datetime:
    """Return a moment as clocks show it in a time zone; in UTC when there are no data of that zone.

    A mail or a page must go out all the same, and says which zone it means.
    """
    return moment.astimezone(_zone(zone) or UTC)


def name_of_zone(moment: datetime) -> str:
    """Return the name of the zone that `local_time` used: a zone without data gives UTC."""
    return getattr(moment.tzinfo, "key", None) or UTC_ZONE


@lru_cache(maxsize=1024)  # as many as there are, so that a sandbox keeps what it has read
def _zone(name: str) -> tzinfo | None:
    if name == UTC_ZONE:
        return UTC
    if not is_zone_name(name):
        return None
    # Rare at a cold start: most functions load this module, and few are asked for a day.
    from zoneinfo import ZoneInfo

    try:
        return ZoneInfo(name)
    except (ValueError, KeyError, OSError):  # KeyError: ZoneInfoNotFoundError; OSError: a folder's name
        return None
