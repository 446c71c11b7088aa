"""Timeline of a case: what happened to it and to each office's copy, in order of time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from chalicelib.delivery.look_after_cases import CaseFile, CaseLine
from chalicelib.reporting.cases import (
    BOUNCED,
    COMPLAINED,
    DELAYED,
    DELIVERED,
    FAILED,
    FALLEN_BACK,
    HELD,
    LOST,
    QUEUED,
    REJECTED,
    SENT,
    UNCLEAR,
    WITHHELD,
)

STEPS = {
    QUEUED: "Put in line to be sent to {name}",
    HELD: "Held back: the copy for {name}",
    SENT: "Sent to {name}",
    DELIVERED: "Taken by the mail server of {name}",
    DELAYED: "Not taken yet by the mail server of {name}; it is tried again",
    UNCLEAR: "An automatic answer came from {name}; it is not clear if the mail was taken",
    BOUNCED: "Bounced: the mail server of {name} refused it",
    COMPLAINED: "Called unwanted by the inbox of {name}",
    REJECTED: "Not sent by our mail service: the copy for {name}",
    FALLEN_BACK: "Not taken at the first address of {name}; it goes to the second",
    FAILED: "Given up: the copy for {name}",
    WITHHELD: "Not sent to {name}: what the writer chose does not allow it",
}
GOOD, BAD, PLAIN = "good", "bad", ""


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a case: when, what, and whether it is good or bad news."""

    at: datetime
    words: str
    kind: str = PLAIN


@dataclass(frozen=True, slots=True)
class Timeline:
    """The steps of a case, oldest first. `has_gaps` says that some were before steps were kept."""

    steps: tuple[Step, ...]
    has_gaps: bool


def timeline(file: CaseFile, place: str) -> Timeline:
    """Return the steps of a case that came in on the page of a place, so called."""
    case = file.case
    steps = [Step(case.taken_at, f"Taken in, on the page of {place}")]
    for line in file.lines:
        steps += _steps_of(line, case.taken_at)
    if case.answered_at is not None:
        steps.append(Step(case.answered_at, "Acknowledged by a publisher"))
    gaps = any(line.delivery.state not in (QUEUED, HELD) and not line.delivery.past for line in file.lines)
    return Timeline(tuple(sorted(steps, key=lambda step: step.at)), gaps)


def _steps_of(line: CaseLine, taken_at: datetime) -> Iterator[Step]:
    copy = line.delivery
    for state, since in (*copy.past, (copy.state, copy.changed_at)):
        if state == QUEUED and since == taken_at:
            continue  # every copy begins so
        kind = GOOD if state == DELIVERED else BAD if state in LOST else PLAIN
        yield Step(since, STEPS[state].format(name=line.name), kind)
    if copy.away_at is not None:
        yield Step(copy.away_at, f"An automatic answer came from {line.name}, most likely “out of office”")
    if copy.proposed is not None:
        yield Step(copy.proposed.at, f"{copy.proposed.by} proposed to hand over the copy for {line.name}")
