"""What becomes of deliveries, into the log: one line of JSON each, to be searched by case."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict

from chalicelib.delivery.outcomes import Outcome


class LogOutcomes:
    """Writes one line an outcome. `write` is a logger's method."""

    def __init__(self, write: Callable[[str], None]) -> None:
        self._write = write

    def __call__(self, outcome: Outcome) -> None:
        """Log it: the case number leads neither to the record nor to its code."""
        self._write(json.dumps(asdict(outcome), sort_keys=True))
