"""The people of a chaos run: each files a report, and presses "send" again until there is a receipt."""

from __future__ import annotations

import hashlib
import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from chalicelib.domain.deliveries import case_number
from chalicelib.domain.errors import FormExpired, StoreUnavailable
from chalicelib.usecases.take_report import TakeReport
from tools.chaos.site import QuickVault
from tools.chaos.world import AGENCIES


@dataclass(frozen=True, slots=True)
class Filed:
    """A report that somebody holds a receipt for."""

    number: int
    report_id: str
    recipients: tuple[str, ...]
    story: str

    @property
    def case_number(self) -> str:
        """Return the number that agencies see."""
        return case_number(self.report_id)


def story(seed: int, number: int) -> str:
    """Return the mark by which a report is found again in a mail."""
    return f"story-{number:06d}-{hashlib.sha256(f'{seed} {number}'.encode()).hexdigest()[:16]}-end"


def file_reports(
    take: TakeReport, new_token: Callable[[], str], seed: int, numbers: range, pause: float
) -> Iterator[Filed]:
    """File these reports in turn. `new_token` gives the token of a form that was read for a while."""
    chance = random.Random(f"people {seed} {numbers.start}")  # noqa: S311
    ids = [agency.id for agency in AGENCIES]
    for number in numbers:
        recipients = sorted(chance.sample(ids, chance.choice((1, 1, 2))), key=ids.index)
        words = story(seed, number) + " " + "and what else I saw " * int(chance.expovariate(0.05))
        fields = {
            "a": [words],
            "r": recipients,
            "z": ["robot"] if chance.random() < 0.25 else [""],  # held for the digest
        }
        report_id = _pressed(take, new_token, fields)
        yield Filed(number, report_id, tuple(recipients), story(seed, number))
        time.sleep(chance.expovariate(1) * pause)


def _pressed(take: TakeReport, new_token: Callable[[], str], fields: dict[str, list[str]]) -> str:
    """Send a form until there is a receipt, as people do; return the report's id."""
    patience = time.monotonic() + 60
    fields["t"] = [new_token()]
    while True:
        try:
            taken = take(fields, "us", "en")
        except FormExpired:  # the clock jumped: the form came back with a new token
            fields["t"] = [new_token()]
        except StoreUnavailable:
            if time.monotonic() > patience:
                raise
            time.sleep(0.1)
        else:
            return QuickVault(lambda: b"").keys_of(taken.code).report_id
