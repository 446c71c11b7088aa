"""CloudWatch metrics in the embedded metric format (EMF): a line of the log becomes metrics."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from chalicelib.shared.clock import Clock

NAMESPACE = "Porchlight"
# CloudWatch asks for money for each metric. These are what alarms and a look at a graph need; the other
# figures stand in the same line of the log, where they can be searched.
METRICS = frozenset({"OldestDueSeconds", "Due", "Mails", "Held", "FailedUnanswered", "ReachedNobody"})


class EmbeddedMetrics:
    """The Metrics as lines of JSON (EMF). `write` must write a line as it is: CloudWatch takes no prefix."""

    def __init__(self, write: Callable[[str], None], clock: Clock, stage: str) -> None:
        self._write = write
        self._clock = clock
        self._stage = stage

    def put(self, figures: Mapping[str, float]) -> None:
        """Write the metrics under names in CamelCase; those in METRICS become metrics of the stage."""
        named = {_camel(name): value for name, value in figures.items()}
        metrics = [
            {"Name": name, "Unit": "Seconds" if name.endswith("Seconds") else "Count"}
            for name in named
            if name in METRICS
        ]
        metadata: dict[str, Any] = {
            "_aws": {
                "Timestamp": int(self._clock.now().timestamp() * 1000),
                "CloudWatchMetrics": [
                    {"Namespace": NAMESPACE, "Dimensions": [["Stage"]], "Metrics": metrics},
                ],
            }
        }
        line = {**(metadata if metrics else {}), "Stage": self._stage, **named}
        self._write(json.dumps(line))


def _camel(name: str) -> str:
    return "".join(part.capitalize() for part in name.split("_"))
