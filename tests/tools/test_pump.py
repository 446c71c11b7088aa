"""The pump: EventBridge's beat on this machine."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from typing import Any

from chalice.app import Chalice

from tools.local.pump import Pump, schedule_event


def test_the_event_is_read_by_chalice_as_a_schedule_of_aws() -> None:
    app = Chalice("beat")
    seen: list[Any] = []

    @app.schedule("rate(1 minute)", name="deliver")
    def deliver(event: Any) -> None:
        seen.append(
            (event.source, event.detail_type, event.time, event.context.get_remaining_time_in_millis())
        )

    event = schedule_event("deliver", datetime(2026, 11, 25, 1, 2, 3, tzinfo=UTC))
    assert event["time"] == "2026-11-25T01:02:03Z"
    Pump("deliver", deliver, 5).beat()
    [(source, kind, _, remaining)] = seen
    assert (source, kind) == ("aws.events", "Scheduled Event")
    assert 50_000 < remaining <= 60_000


def test_a_beat_comes_at_once_and_then_again_and_again() -> None:
    three = threading.Event()
    beats: list[int] = []

    def handler(event: Any, context: Any) -> None:
        beats.append(1)
        if len(beats) == 3:
            three.set()

    pump = Pump("deliver", handler, 0.01)
    pump.start()
    assert three.wait(5)
    pump.stop()
    assert not pump._thread.is_alive()


def test_a_first_beat_can_be_asked_for_later_and_a_stop_does_not_wait_for_it() -> None:
    beats: list[int] = []
    pump = Pump("sweep", lambda event, context: beats.append(1), 60, first_after=60)
    pump.start()
    pump.stop()
    assert not pump._thread.is_alive()
    assert beats == []


def test_a_failing_beat_is_said_once_without_its_text_and_the_pump_goes_on() -> None:
    said: list[str] = []
    faults: list[Exception | None] = [
        ValueError("odd words"),
        ValueError("odd words"),
        None,
        KeyError("other"),
    ]

    def handler(event: Any, context: Any) -> None:
        fault = faults.pop(0)
        if fault is not None:
            raise fault

    pump = Pump("deliver", handler, 5, said.append)
    for _ in range(4):
        pump.beat()
    assert [line.split(" at ")[0] for line in said] == [
        "deliver failed: ValueError",
        "deliver works again",
        "deliver failed: KeyError",
    ]
    assert "odd words" not in "".join(said)
