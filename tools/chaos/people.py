"""The people of a chaos run: each files a report, and presses "send" again until there is a receipt."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from chalicelib.reporting.cases import case_number
from chalicelib.reporting.errors import FormExpired
from chalicelib.reporting.take_report import TakeReport
from chalicelib.shared.errors import StoreUnavailable
from tools.chaos.marks import Person, person
from tools.chaos.site import QuickVault
from tools.chaos.world import AGENCY_IDS

PATIENCE = 240.0  # seconds for which somebody presses "send" again
# Whose press may have been taken, and whose form ran out before the next one, files another report: what was
# stored without a receipt stays where it is. It is another attempt, as after a kill, and far from those.
ANEW = 100


@dataclass(frozen=True, slots=True)
class Filed:
    """A report that somebody holds a receipt for."""

    number: int
    attempt: int
    report_id: str

    @property
    def case_number(self) -> str:
        """Return the number that agencies see."""
        return case_number(self.report_id)


def file_reports(
    take: TakeReport,
    new_token: Callable[[], str],
    seed: int,
    numbers: Iterable[int],
    attempt: int,
    pause: float,
) -> Iterator[Filed]:
    """File these reports in turn. `new_token` gives the token of a form that was read for a while."""
    chance = random.Random(f"people {seed} {attempt}")  # noqa: S311
    for number in numbers:
        tries = attempt
        while not (
            report_id := _pressed(take, new_token, fields_of(person(seed, number, tries, AGENCY_IDS)))
        ):
            tries += ANEW
        yield Filed(number, tries, report_id)
        time.sleep(chance.expovariate(1) * pause)


def fields_for(seed: int, number: int, attempt: int) -> dict[str, list[str]]:
    """Return what a person types and ticks at this attempt."""
    return fields_of(person(seed, number, attempt, AGENCY_IDS))


def fields_of(who: Person) -> dict[str, list[str]]:
    """Return what somebody types and ticks, by the names of the form's fields."""
    return {
        "a": [who.story],
        "c": [who.where],
        "d": [who.when],
        "r": list(who.recipients),
        "z": ["robot"] if who.robot else [""],  # held for the digest
    }


def report_id_of(code: str) -> str:
    """Return the id of the record that a receipt code leads to."""
    return QuickVault(lambda: b"").keys_of(code).report_id


def _pressed(take: TakeReport, new_token: Callable[[], str], fields: dict[str, list[str]]) -> str:
    """Send a form until there is a receipt, as people do; return the report's id, or "" to file another."""
    patience, doubtful = time.monotonic() + PATIENCE, False
    fields["t"] = [new_token()]
    while True:
        try:
            taken = take(fields, "us", "en")
        except FormExpired:  # the clock jumped: the form came back with a new token
            if doubtful:
                return ""
            fields["t"] = [new_token()]
        except StoreUnavailable:
            doubtful = True  # it may have been stored
            if time.monotonic() > patience:
                raise
            time.sleep(0.1)
        else:
            return report_id_of(taken.code)
