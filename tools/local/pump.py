"""What EventBridge does on AWS: calls the functions that have a schedule, each on its beat."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from tools.local.local_server import lambda_context
from tools.local.quiet_server import place_of

Handler = Callable[[dict[str, Any], Any], Any]


def schedule_event(rule: str, now: datetime) -> dict[str, Any]:
    """Return the event that EventBridge sends for a schedule."""
    return {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": "123456789012",
        "time": f"{now:%Y-%m-%dT%H:%M:%SZ}",
        "region": "us-west-2",
        "resources": [f"arn:aws:events:us-west-2:123456789012:rule/{rule}"],
        "detail": {},
    }


class Pump:
    """Calls one function on a beat, in a thread of its own.

    A beat that fails is said once, and the next one comes.
    """

    def __init__(
        self,
        name: str,
        handler: Handler,
        every: float,
        say: Callable[[str], None] = print,
        first_after: float = 0.0,
    ) -> None:
        self._name = name
        self._handler = handler
        self._every = every
        self._say = say
        self._first_after = first_after
        self._fault = ""
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> None:
        """Begin with a first beat, at once unless `first_after` seconds were asked for."""
        self._thread.start()

    def stop(self, patience: float = 1.0) -> None:
        """Begin no more beats, and wait a moment for one that runs."""
        self._stopped.set()
        self._thread.join(patience)

    def beat(self) -> None:
        """Call the function once. A failure is told by type and place, since its text may quote a report."""
        try:
            self._handler(schedule_event(self._name, datetime.now(UTC)), lambda_context(self._name))
        except Exception as error:
            self._tell(f"{self._name} failed: {place_of(error)}")
        else:
            self._tell("")

    def _run(self) -> None:
        self._stopped.wait(self._first_after)
        while not self._stopped.is_set():
            self.beat()
            self._stopped.wait(self._every)

    def _tell(self, fault: str) -> None:
        if fault != self._fault and not self._stopped.is_set():  # what ends misses the others that end
            self._say(fault or f"{self._name} works again")
        self._fault = fault
