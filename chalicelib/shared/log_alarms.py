"""Alarms as log lines, from where a metric filter and CloudWatch mail them to the operator."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping


class LogAlarms:
    """Writes one line of JSON an alarm. `write` is a logger's method."""

    def __init__(self, write: Callable[[str], None]) -> None:
        self._write = write

    def raise_alarm(self, kind: str, detail: Mapping[str, str]) -> bool:
        """Log the alarm: its kind, and our own ids and states."""
        self._write(json.dumps({"alarm": kind, **detail}, sort_keys=True))
        return True
