"""Dates (ISO 8601) that people write down: the day of a check, of a reading, of a consent."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta

EARLIEST = date(2020, 1, 1)  # nothing that is checked here is older than the site
# Where a day begins first it is fourteen hours ahead of UTC: until then no clerk anywhere writes it.
_FIRST_DAWN = timedelta(hours=14)
_WRITTEN = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def read_day(value: object) -> date:
    """Read a day as it is written in a document. Raises ValueError for anything but a text "2026-11-25"."""
    if not isinstance(value, str) or not _WRITTEN.fullmatch(value):
        raise ValueError("not a day")
    day = date.fromisoformat(value)
    if day < EARLIEST:
        raise ValueError("long before this site")
    return day


def latest_today(now: datetime) -> date:
    """Return the last day that has begun somewhere on Earth: what comes after it has not come for anybody."""
    return (now.astimezone(UTC) + _FIRST_DAWN).date()


def in_words(day: date) -> str:
    """Return a date as people write it: "November 25, 2026"."""
    return f"{day:%B} {day.day}, {day.year}"


def day_in_words(text: str) -> str:
    """Return a date of a document as people write it; a text that is none stays as it is."""
    try:
        return in_words(date.fromisoformat(text))
    except ValueError:
        return text
