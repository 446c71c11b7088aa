"""Alarms port: what the operator is told."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol


class Alarms(Protocol):
    """Port for alarms to the operator."""

    def raise_alarm(self, kind: str, detail: Mapping[str, str]) -> bool:
        """Raise an alarm; return False when it was left out: a duplicate of one a short time ago.

        The same is one kind about one recipient. `detail` holds our own ids, numbers and states only.
        """
