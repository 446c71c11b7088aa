"""Structured logs of delivery outcomes: one line of JSON each, to be searched by case."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict

from chalicelib.delivery.outcomes import Outcome


class LogOutcomes:
    """Logs one line an outcome. `write` is a logger's method."""

    def __init__(self, write: Callable[[str], None]) -> None:
        self._write = write

    def __call__(self, outcome: Outcome) -> None:
        """Log an outcome: the case number leads neither to the record nor to its code."""
        self._write(json.dumps(asdict(outcome), sort_keys=True))
