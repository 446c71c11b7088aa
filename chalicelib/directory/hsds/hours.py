"""Opening hours (RFC 5545): out as weekly schedules of HSDS, in from those and from a clerk's cell."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from chalicelib.directory.services import DAYS, Hours

ROUND_THE_CLOCK = "24 hours a day, 7 days a week"
_END_OF_DAY = "23:59"  # HSDS has no 24:00
_DAY_WORDS = {word: day for day, words in zip(DAYS, (
    "mo mon monday mondays m", "tu tue tues tuesday tuesdays", "we wed weds wednesday wednesdays w",
    "th thu thur thurs thursday thursdays", "fr fri friday fridays f", "sa sat saturday saturdays",
    "su sun sunday sundays",
), strict=True) for word in words.split()}  # fmt: skip
_GROUPS = {
    "daily": DAYS,
    "every day": DAYS,
    "everyday": DAYS,
    "7 days": DAYS,
    "weekdays": DAYS[:5],
    "weekends": DAYS[5:],
}
_ALWAYS = re.compile(
    r"24/7|24-7|24x7|24 ?(hours?|hrs?)([,.]? ?(a day|per day|daily|every day|7 days( a week)?|/? ?7 days"
    r"(,? 7 days a week)?))?([, ]+7 days a week)?|day and night(, every day)?|always|always open|"
    r"open 24 hours",
    re.IGNORECASE,
)
_TIME = re.compile(
    r"(\d{1,2})(?::(\d{2}))?(?::\d{2}(?:\.\d+)?)? ?(am|pm|a\.m\.?|p\.m\.?|a|p)?(?:z|[+-]\d{2}:?\d{2})?",
    re.IGNORECASE,
)
_TIMES = re.compile(
    r"^(.*?)[,:]?\s*(\S+(?:\s?[ap]\.?m\.?)?)\s*(?:-|–|—|to|until)\s*(\S+(?:\s?[ap]\.?m\.?)?)$", re.IGNORECASE
)
_NOON, _MIDNIGHT = (re.compile(rf"\b(?:12 ?)?{one}\b", re.IGNORECASE) for one in ("noon", "midnight"))
# Between hours: behind a time, what begins with a day says the next ones.
_APART = re.compile(
    r"[;\n]|(?:(?<=[0-9])|(?<=[ap]m)|(?<=[ap]\.m\.)) ?(?:,|&|\band\b) ?(?=(?:mon|tue|wed|thu|fri|sat|sun))",
    re.IGNORECASE,
)
_PLAIN_FIELDS = {
    "id", "service_id", "location_id", "service_at_location_id", "freq", "byday", "opens_at", "closes_at",
    "description", "notes", "timezone", "wkst", "interval", "attributes", "metadata",
}  # fmt: skip


def schedules_of(hours: Sequence[Hours], always: bool) -> list[dict[str, Any]]:
    """Return hours as weekly schedules without ids; day and night as the one that HSDS tells to write."""
    if always:
        return [_weekly(DAYS, "00:00", _END_OF_DAY) | {"description": ROUND_THE_CLOCK}]
    return [
        _weekly(one.days, one.opens, _END_OF_DAY if one.closes == "24:00" else one.closes) for one in hours
    ]


def hours_of(schedule: Mapping[str, Any]) -> list[Hours] | None:
    """Return a weekly schedule as hours; None for one that says more than days and times.

    Raises ValueError, naming the field, for a time or a day that is none.
    """
    opens, closes = (
        read_time("opens_at", schedule.get("opens_at")),
        read_time("closes_at", schedule.get("closes_at")),
    )
    if any(name not in _PLAIN_FIELDS for name in schedule) or schedule.get("interval", 1) != 1:
        return None
    if schedule.get("freq", "WEEKLY") != "WEEKLY" or not opens or not closes:
        return None
    named = [one.strip() for one in str(schedule.get("byday", "")).split(",") if one.strip()]
    if any(re.fullmatch(r"[+-]?\d+(MO|TU|WE|TH|FR|SA|SU)", one) for one in named):
        return None  # the second Tuesday of a month, say
    if unknown := [one for one in named if one not in DAYS]:
        raise ValueError(f"byday: {unknown[0]!r} is none of {', '.join(DAYS)}")
    return spans([day for day in DAYS if day in named], opens, closes) if named else None


def spans(days: Sequence[str], opens: str, closes: str) -> list[Hours]:
    """Return hours from one time to another; a night that ends on the next day becomes two."""
    if closes in (_END_OF_DAY, "00:00") or closes == opens == "00:00":
        closes = "24:00"
    if opens < closes:
        return [Hours(tuple(days), opens, closes)]
    after = [DAYS[(DAYS.index(day) + 1) % 7] for day in days]
    return [
        Hours(tuple(days), opens, "24:00"),
        Hours(tuple(day for day in DAYS if day in after), "00:00", closes),
    ]


def is_always(hours: Iterable[Hours]) -> bool:
    """Say whether these hours are day and night, every day."""
    return Hours(DAYS, "00:00", "24:00") in hours


def read_time(name: str, value: object) -> str:
    """Return a time as 08:00, or nothing where there is none. Raises ValueError, naming the field."""
    if value in (None, ""):
        return ""
    found = _TIME.fullmatch(str(value).strip())
    hour, minute, half = (
        (int(found[1]), int(found[2] or 0), (found[3] or "").lower()[:1]) if found else (99, 0, "")
    )
    if half and 1 <= hour <= 12:
        hour = hour % 12 + (12 if half == "p" else 0)
    elif half or not found or (found[2] is None):
        raise ValueError(f"{name} is a time such as 08:00")
    if hour == 24 and minute == 0:
        return "24:00"
    if hour > 23 or minute > 59:
        raise ValueError(f"{name} is a time such as 08:00")
    return f"{hour:02}:{minute:02}"


def text_of_hours(hours: Sequence[Hours], always: bool) -> str:
    """Return hours as they stand in a cell: a line each."""
    return "24/7" if always else "\n".join(f"{','.join(one.days)} {one.opens}-{one.closes}" for one in hours)


def read_hours(cell: str) -> tuple[bool, tuple[Hours, ...]] | None:
    """Return whether a cell says day and night, and its hours; None when it says neither."""
    text = re.sub(r"[ \t\u00a0\u202f]+", " ", cell).strip().rstrip(".")
    if _ALWAYS.fullmatch(text):
        return True, ()
    text = _MIDNIGHT.sub("12am", _NOON.sub("12pm", text))
    found: list[Hours] = []
    try:
        for part in _APART.split(text):
            if part.strip():
                found += _part(part.strip())
    except ValueError:
        return None
    if not found:
        return None
    return (True, ()) if is_always(found) else (False, tuple(found))


def _part(text: str) -> list[Hours]:
    """Return the hours of one part, "Mon-Fri 8:00am - 5pm". Raises ValueError."""
    found = _TIMES.match(text)
    if not found:
        raise ValueError(text)
    return spans(_days(found[1]), read_time("opens", found[2]), read_time("closes", found[3]))


def _days(text: str) -> Sequence[str]:
    words = text.strip().strip(",:").casefold()
    if words in _GROUPS:
        return _GROUPS[words]
    days: set[str] = set()
    for part in re.split(r"\s*(?:,|&|\band\b|/)\s*", words):
        first, *last = re.split(r"\s*(?:-|–|\bto\b|\bthrough\b|\bthru\b)\s*", part)
        ends = [_DAY_WORDS.get(one.strip(" .")) for one in (first, *last)]
        if None in ends or len(ends) > 2:
            raise ValueError(text)
        start, end = DAYS.index(str(ends[0])), DAYS.index(str(ends[-1]))
        days.update(DAYS[(start + step) % 7] for step in range((end - start) % 7 + 1))
    return [day for day in DAYS if day in days]


def _weekly(days: Sequence[str], opens: str, closes: str) -> dict[str, Any]:
    return {"freq": "WEEKLY", "byday": ",".join(days), "opens_at": opens, "closes_at": closes}
