"""How each place stands (overview), worst first: what waits there that somebody has to do.

Open cases that nobody has, mails that fail, reports held by a flood, contacts that are overdue for a check,
and no office that reports could go to.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from chalicelib.reporting.cases import (
    DELAYED,
    FALLEN_BACK,
    HELD,
    LOST,
    WAITING,
    WATCH_AFTER,
    WITHHELD,
    Delivery,
    SealedReport,
)


@dataclass(frozen=True, slots=True)
class PlaceStanding:
    """A place, and how much waits there.

    `nobody` counts cases that no office has and nobody answered for, `failing` copies that are lost or keep
    failing, `held` those that a cap holds, `overdue` contacts to check; `offices` could get reports.
    """

    slug: str
    name: str
    around: str
    nobody: int = 0
    failing: int = 0
    held: int = 0
    overdue: int = 0
    offices: int = 0

    @property
    def amiss(self) -> bool:
        """Say whether anything waits there."""
        return bool(self.nobody or self.failing or self.held or self.overdue or not self.offices)


def order(standing: PlaceStanding) -> tuple[int, int, int, int, bool, str, str]:
    """Return what puts the worst place first: of two alike in one thing, the next one decides, then the name.

    Reports that nobody has come before all mails that fail, however many; those before what a flood holds,
    before contacts, and before a place without an office, where no report can have been written.
    """
    more = standing.nobody, standing.failing, standing.held, standing.overdue
    nobody, failing, held, overdue = (-count for count in more)
    return nobody, failing, held, overdue, bool(standing.offices), standing.name.casefold(), standing.slug


def standings(
    places: Mapping[str, tuple[str, str]],
    cases: Iterable[SealedReport],
    overdue: Mapping[str, int],
    offices: Mapping[str, int],
    now: datetime,
) -> list[PlaceStanding]:
    """Return the standing of every place, worst first.

    A case that no office has counts once all its copies are given up, or after eight hours. `places` names
    each place and the one around it, by slug; `cases` are those that are not done; `overdue` and `offices`
    count contacts and offices. A case of a place that is gone has a row of its own.
    """
    nobody, failing, held = Counter[str](), Counter[str](), Counter[str]()
    for case in cases:
        nobody[case.place] += _has_nobody(case, now)
        failing[case.place] += sum(_fails(case, one) for one in case.deliveries)
        held[case.place] += bool(case.held) and any(one.state == HELD for one in case.deliveries)
    gone = {slug: (slug, "not in the list any more") for slug in {*nobody} - {*places}}
    return sorted(
        (
            PlaceStanding(
                slug,
                name,
                around,
                nobody[slug],
                failing[slug],
                held[slug],
                overdue.get(slug, 0),
                offices.get(slug, 0),
            )
            for slug, (name, around) in {**places, **gone}.items()
        ),
        key=order,
    )


def _has_nobody(case: SealedReport, now: datetime) -> bool:
    if case.answered_at is not None or not case.reached_nobody():
        return False
    given_up = all(one.state in LOST or one.state == WITHHELD for one in case.deliveries)
    return given_up or now - case.taken_at >= WATCH_AFTER


def _fails(case: SealedReport, one: Delivery) -> bool:
    if one.replied_at is not None:
        return False
    lost = one.state in LOST and case.answered_at is None
    return lost or one.state in (DELAYED, FALLEN_BACK) or (one.state in WAITING and one.attempts > 0)
