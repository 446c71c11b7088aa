"""Alarms port: what the operator is told."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol


class Alarms(Protocol):
    """The operator's attention."""

    def raise_alarm(self, kind: str, detail: Mapping[str, str]) -> bool:
        """Tell the operator; return False when this was left out, because the same was told a short time ago.

        The same is one kind about one recipient. `detail` holds our own ids, numbers and states only.
        """
