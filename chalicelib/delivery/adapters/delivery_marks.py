"""Marks of a stage in DynamoDB, beside its reports: since when deliveries are watched, and the first.

They outlive the reports, which are deleted. The functions deliver and note_delivery write them; the desk's
function reads them in the index that it reads cases in, where they stand under a name that no case has.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from chalicelib.reporting.adapters.dynamo_reports import CASES_INDEX
from chalicelib.shared.aws.faults import Table

_WATCHED = "stage watched"
_DELIVERED = "stage delivered"
# The index takes along what it knows of a case: these of its attributes hold a mark's two dates.
_MARKED_AT, _MADE_AT = "taken_at", "answered_at"


class DeliveryMarks:
    """The StageMarks on the reports table. One that writes remembers what it wrote: no mark is taken away."""

    def __init__(self, client: Callable[[], Any], table: str) -> None:
        self._call = Table(client, table).call
        self._written: set[str] = set()

    def begin_to_watch(self, now: datetime) -> None:
        """Record since when deliveries leave a mark, and when the table was made, unless it is recorded."""
        if _WATCHED not in self._written:
            made: datetime = self._call("describe_table")["Table"]["CreationDateTime"]
            self._write(_WATCHED, now, made.astimezone(UTC))

    def record_delivered(self, now: datetime) -> None:
        """Record that a report was delivered, unless it is recorded."""
        if _DELIVERED not in self._written:
            self._write(_DELIVERED, now, now)

    def watched_since(self) -> datetime | None:
        """Return since when deliveries leave a mark, or None."""
        return _moment(self._read(_WATCHED), _MARKED_AT)

    def made_at(self) -> datetime | None:
        """Return when the table of reports was made, or None while nothing is watched."""
        return _moment(self._read(_WATCHED), _MADE_AT)

    def delivered_at(self) -> datetime | None:
        """Return when the first delivered report was recorded, or None."""
        return _moment(self._read(_DELIVERED), _MARKED_AT)

    def _write(self, mark: str, now: datetime, made: datetime) -> None:
        self._call(
            "update_item",
            Key={"pk": {"S": f"count#{mark}"}},
            UpdateExpression="SET case_number = :mark, #at = if_not_exists(#at, :now),"
            " #made = if_not_exists(#made, :made)",
            ExpressionAttributeNames={"#at": _MARKED_AT, "#made": _MADE_AT},
            ExpressionAttributeValues={
                ":mark": {"S": mark},
                ":now": {"S": now.isoformat()},
                ":made": {"S": made.isoformat()},
            },
        )
        self._written.add(mark)

    def _read(self, mark: str) -> Mapping[str, Any]:
        response = self._call(
            "query",
            IndexName=CASES_INDEX,
            KeyConditionExpression="case_number = :mark",
            ExpressionAttributeValues={":mark": {"S": mark}},
        )
        return next(iter(response["Items"]), {})


def _moment(item: Mapping[str, Any], name: str) -> datetime | None:
    return datetime.fromisoformat(item[name]["S"]).astimezone(UTC) if item else None
