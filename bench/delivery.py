"""The deliver function with much to do: how many mails a second, and in how much memory."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from bench import events
from bench.reports import STORY
from bench.runtime import Function
from bench.stub import Item, Stub, as_json
from bench.targets import Runtime, Target
from chalicelib.delivery.adapters.delivery_keys import DeliveryKey
from chalicelib.directory.adapters.dynamo_recipients import DynamoRecipients
from chalicelib.directory.adapters.shipped_content import CONTENT
from chalicelib.directory.recipient_rows import RecipientRow
from chalicelib.reporting.adapters.dynamo_reports import DynamoReports
from chalicelib.reporting.adapters.hpke_sealer import HpkeSealer
from chalicelib.reporting.cases import (
    HELD,
    QUEUED,
    Delivery,
    SealedReport,
)
from chalicelib.reporting.report import Report

RECIPIENTS = ("dot-trafficking", "dhs-blue-campaign")


def measure(
    porchlight: Target, runtime: Runtime, stub: Stub, desk: DeliveryKey, due: int, held: bool
) -> dict[str, float]:
    """Return what it took to deliver `due` reports to two recipients each."""
    stub.items.clear()
    stub.due.clear()
    put_due(stub, desk, due, held)
    mails, calls = stub.mails, sum(stub.calls.values())
    target = replace(
        porchlight,
        handler="app.deliver",
        environment={
            "PORCHLIGHT_FUNCTION": "deliver",
            "STAGE": "dev",
            "REPORTS_TABLE": "reports",
            "WISHES_TABLE": "wishes",
            "ACCESS_TABLE": "access",
            "DESK_KEYS_SECRET": "desk",
            "SENDER_ADDRESS": "desk@porchlight.example",
            **stub.environment(),
        },
    )
    with Function(target.folder, target.handler, target.environment, runtime.site_packages) as function:
        started, runs = time.perf_counter(), 0
        while True:
            done = function.invoke(events.schedule()).content
            runs += 1
            if not done.get("mails") or runs >= 100:
                break
        took = time.perf_counter() - started
        now = time.time() * 1000  # what is due later waits for an alarm, not for a mail
        left = sum(at <= now for shard in stub.due.values() for at in shard.values())
        assert left == 0, f"{left} of {due} are still due: {done}"
        return {
            "due": due,
            "held": held,
            "mails": stub.mails - mails,
            "calls": sum(stub.calls.values()) - calls,
            "runs": runs,
            "seconds": took,
            "reports_per_second": due / took,
            "cpu_ms_per_report": function.cpu_seconds() * 1000 / due,
            "memory_mb": function.memory_mb(peak=True),
        }


def put_due(stub: Stub, desk: DeliveryKey, due: int, held: bool) -> None:
    """Store reports that are due, held back for a digest or not."""
    capture = _Capture(stub)
    rows = DynamoRecipients(lambda: capture, "access")
    for number, entry in enumerate(json.loads((CONTENT / "recipients.json").read_text(encoding="utf-8"))):
        rows.put(RecipientRow(entry["id"], entry, str(number)))
    rows.mark_moved(datetime.now(UTC), "the bench")
    store = DynamoReports(lambda: capture, "reports")
    sealer = HpkeSealer(lambda: (desk.kid, desk.public))
    taken, state = datetime.now(UTC) - timedelta(hours=2), HELD if held else QUEUED
    for number in range(due):
        report_id, at = f"{number * 40503 % 65536:04x}{number:028x}", taken + timedelta(milliseconds=number)
        report = Report("los-banos-ca", "es", f"{number} {STORY}", "work", "Main Street")
        deliveries = tuple(
            Delivery(one, state, at, at + timedelta(hours=1), **({"digest": True} if held else {}))  # type: ignore[arg-type]
            for one in RECIPIENTS
        )
        store.add(
            SealedReport(
                id=report_id,
                sealed=sealer.seal(report.to_bytes(), report_id),
                reporter_key=bytes(32),
                place="los-banos-ca",
                taken_at=at,
                deliveries=deliveries,
                held="flood" if held else "",
                counted=held,
            )
        )


class _Capture:
    """A DynamoDB client that hands what it is given straight to the stub."""

    def __init__(self, stub: Stub) -> None:
        self._stub = stub

    def put_item(self, Item: Item, TableName: str, **other: Any) -> Item:
        """Take an item."""
        self._stub.put(as_json(Item))
        return {"ConsumedCapacity": {"TableName": TableName}}
