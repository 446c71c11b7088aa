"""Cases in DynamoDB, through an index that holds no report's words and no keys.

The index is called `desk` since before it was called cases: renaming one rebuilds it.

The admin function's role may read this index and no item of the table, and writes none: what it cannot reach,
it cannot leak. Whoever grants its wishes writes no attribute but those that say how a delivery goes
(`WRITTEN`).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from chalicelib.reporting.adapters.dynamo_reports import CASES_INDEX, LISTED_INDEX
from chalicelib.reporting.adapters.report_items import (
    WRITTEN,
    from_index,
    is_report,
    moment,
    to_item,
    update_of,
)
from chalicelib.reporting.cases import SealedReport
from chalicelib.shared.aws.dynamo_values import read
from chalicelib.shared.aws.dynamo_values import write as _write
from chalicelib.shared.aws.faults import ConditionFailed, Table
from chalicelib.shared.errors import StaleRecord

_LOOKS, _PAUSE = 10, 0.1  # the index follows its table within a second


class DynamoCases:
    """The Cases port on the reports table."""

    def __init__(self, client: Callable[[], Any], table: str) -> None:
        self._table = Table(client, table)

    def find(self, case_number: str, now: datetime) -> SealedReport | None:
        """Look a case up in the index, which may lag a moment behind."""
        response = self._table.call(
            "query",
            IndexName=CASES_INDEX,
            KeyConditionExpression="case_number = :number",
            ExpressionAttributeValues={":number": _write(case_number)},
        )
        return next(_unexpired(response["Items"], now), None)

    def all(self, now: datetime) -> Iterable[SealedReport]:
        """Scan the whole index: it holds some hundred bytes a case."""
        start: dict[str, Any] = {}
        while True:
            response = self._table.call("scan", IndexName=CASES_INDEX, **start)
            yield from _unexpired(response["Items"], now)
            if "LastEvaluatedKey" not in response:
                return
            start = {"ExclusiveStartKey": response["LastEvaluatedKey"]}

    def listed(
        self,
        name: str,
        now: datetime,
        upto: datetime | None = None,
        chunk: int = 50,
        oldest_first: bool = False,
    ) -> Iterator[SealedReport]:
        """Query one list, a page of DynamoDB's at a time."""
        values: dict[str, Any] = {":list": _write(name)}
        condition = "listed_in = :list"
        if upto is not None:
            values[":upto"], condition = _write(moment(upto)), condition + " AND listed_at <= :upto"
        start: dict[str, Any] = {}
        while True:
            response = self._table.call(
                "query",
                IndexName=LISTED_INDEX,
                KeyConditionExpression=condition,
                ExpressionAttributeValues=values,
                ScanIndexForward=oldest_first,
                Limit=chunk,
                **start,
            )
            yield from _unexpired(response["Items"], now)
            if "LastEvaluatedKey" not in response:
                return
            start = {"ExclusiveStartKey": response["LastEvaluatedKey"]}

    def change(self, case: SealedReport) -> None:
        """Save what may be written, with optimistic locking: a worker's lease stays its own.

        A case that is there already as this call would write it was written by this call.
        """
        try:
            self._table.call("update_item", **update_of(case))
        except ConditionFailed as error:
            if not self._is_mine(replace(case, version=case.version + 1), error.retried):
                raise StaleRecord("changed by somebody else") from error

    def _is_mine(self, written: SealedReport, retried: bool) -> bool:
        """Say whether a first try, whose response was lost, wrote this.

        The item itself holds words, which this function must not be given: it looks in the index, which may
        lag a moment behind.
        """
        for _ in range(_LOOKS if retried else 1):
            response = self._table.call(
                "query",
                IndexName=CASES_INDEX,
                KeyConditionExpression="case_number = :number",
                ExpressionAttributeValues={":number": _write(written.case_number)},
            )
            there = next((from_index(item) for item in response["Items"]), None)
            if there is None or there.version >= written.version:
                return there is not None and _alike(there, written)
            time.sleep(_PAUSE)
        return False


def _alike(first: SealedReport, other: SealedReport) -> bool:
    return all(_stored(first).get(name) == _stored(other).get(name) for name in WRITTEN)


def _stored(case: SealedReport) -> dict[str, Any]:
    return {name: read(value) for name, value in to_item(case).items()}


def _unexpired(items: Iterable[Mapping[str, Any]], now: datetime) -> Iterator[SealedReport]:
    for item in items:
        if not is_report(item):
            continue  # a mark of the stage (delivery_marks)
        case = from_index(item)
        if case.expires_at is None or case.expires_at > now:
            yield case
