"""Monthly sums in DynamoDB, beside the reports that they were counted from, under an optimistic lock.

The desk's function may read the index of cases and no item of the table. So a record stands in that index as
well, under a name that no case has, and what is in it lies in the attributes that the index takes along.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from chalicelib.delivery.month_tallies import KEPT, TOWN, MonthSum
from chalicelib.delivery.shown_figures import SHOWN_COUNTS, Band, Counts, Shown
from chalicelib.reporting.adapters.dynamo_reports import CASES_INDEX
from chalicelib.shared.aws.dynamo_values import read, write
from chalicelib.shared.aws.faults import ConditionFailed, Table
from chalicelib.shared.errors import StaleRecord

_PREFIX = "figures "
_SINCE = "figures since"  # sorts behind every month, and begins like them
_KEY = "count#"
_SUMS, _AT = "deliveries", "taken_at"  # of what the index takes along, those that hold the sums and a date
_TOWN = "*"  # DynamoDB takes no empty name


class DynamoMonthSums:
    """The MonthSums on the reports table. `by_index` is for who may read the index of cases and no item."""

    def __init__(self, client: Callable[[], Any], table: str, by_index: bool = False) -> None:
        self._call = Table(client, table).call
        self._where: dict[str, Any] = {"IndexName": CASES_INDEX} if by_index else {"ConsistentRead": True}

    def all(self) -> Iterator[MonthSum]:
        """Return every record: one scan, of the table by consistent reads."""
        for item in self._items(_PREFIX):
            if item["case_number"] != _SINCE:
                yield _month_sum(item)

    def of(self, places: Sequence[str], months: Sequence[str]) -> Iterator[MonthSum]:
        """Query the index of cases for each record by its name."""
        for place in places:
            for month in months:
                for item in self._named(f"{_PREFIX}{month} {place}"):
                    yield _month_sum(item)

    def save(self, changed: MonthSum) -> None:
        """Write a record whole, if its version is still the one that was read. Raises StaleRecord."""
        name = f"{_PREFIX}{changed.month} {changed.place}"
        first = datetime.fromisoformat(f"{changed.month}-01").replace(tzinfo=UTC)
        values = {
            ":name": name,
            ":place": changed.place,
            ":sums": _sums(changed),
            ":until": int((first + KEPT).timestamp()),
            ":next": changed.version + 1,
            **({":read": changed.version} if changed.version else {}),
        }
        try:
            self._call(
                "update_item",
                Key={"pk": write(_KEY + name)},
                UpdateExpression="SET case_number = :name, place = :place, #sums = :sums, version = :next,"
                " expires_at = :until",
                ConditionExpression="version = :read" if changed.version else "attribute_not_exists(pk)",
                ExpressionAttributeNames={"#sums": _SUMS},
                ExpressionAttributeValues={key: write(value) for key, value in values.items()},
            )
        except ConditionFailed as error:
            raise StaleRecord("summed by somebody else") from error

    def begin(self, now: datetime) -> None:
        """Record since when months are summed, where nothing is recorded."""
        self._call(
            "update_item",
            Key={"pk": write(_KEY + _SINCE)},
            UpdateExpression="SET case_number = :name, #at = if_not_exists(#at, :now)",
            ExpressionAttributeNames={"#at": _AT},
            ExpressionAttributeValues={":name": write(_SINCE), ":now": write(now.isoformat())},
        )

    def since(self) -> datetime | None:
        """Return since when months are summed, or None."""
        item = next(iter(self._named(_SINCE)), None)
        return None if item is None else datetime.fromisoformat(item[_AT])

    def _named(self, name: str) -> list[Mapping[str, Any]]:
        response = self._call(
            "query",
            IndexName=CASES_INDEX,
            KeyConditionExpression="case_number = :name",
            ExpressionAttributeValues={":name": write(name)},
        )
        return [{key: read(value) for key, value in item.items()} for item in response["Items"]]

    def _items(self, prefix: str) -> Iterator[Mapping[str, Any]]:
        start: dict[str, Any] = {}
        while True:
            response = self._call(
                "scan",
                FilterExpression="begins_with(pk, :prefix)",
                ExpressionAttributeValues={":prefix": write(_KEY + prefix)},
                **self._where,
                **start,
            )
            for item in response.get("Items", ()):
                yield {name: read(value) for name, value in item.items()}
            if "LastEvaluatedKey" not in response:
                return
            start = {"ExclusiveStartKey": response["LastEvaluatedKey"]}


def _sums(one: MonthSum) -> dict[str, Any]:
    return {
        "month": one.month,
        "raw": {
            office or _TOWN: [*(getattr(counts, name) for name in SHOWN_COUNTS), *counts.slower]
            for office, counts in one.raw.items()
        },
        "settled": {
            office or _TOWN: [[band.low, band.high] for band in _bands(shown)]
            for office, shown in one.settled.items()
        },
        # Beside the lists, whose order and length an earlier package knows: it leaves these alone.
        "replied": {
            office or _TOWN: [counts.replied, *counts.replied_slower]
            for office, counts in one.raw.items()
            if counts.replied
        },
        "replied_settled": {
            office or _TOWN: [[band.low, band.high] for band in (shown.replied, *shown.replied_slower)]
            for office, shown in one.settled.items()
            if shown.replied != Shown().replied
        },
        "marks": {mark: int(until.timestamp()) for mark, until in one.marks.items()},
        "partial": one.partial,
    }


def _bands(shown: Shown) -> list[Band]:
    return [*(getattr(shown, name) for name in SHOWN_COUNTS), *shown.slower]


def _month_sum(item: Mapping[str, Any]) -> MonthSum:
    sums, few = item[_SUMS], len(SHOWN_COUNTS)
    raw, settled = {}, {}
    for office, numbers in sums["raw"].items():
        counts = [int(number) for number in numbers]
        named: dict[str, Any] = dict(zip(SHOWN_COUNTS, counts, strict=False))
        named |= _replied([int(number) for number in sums.get("replied", {}).get(office, ())])
        raw[TOWN if office == _TOWN else office] = Counts(**named, slower=tuple(counts[few:]))
    for office, pairs in sums["settled"].items():
        bands = [Band(int(low), int(high)) for low, high in pairs]
        shown: dict[str, Any] = dict(zip(SHOWN_COUNTS, bands, strict=False))
        pairs = sums.get("replied_settled", {}).get(office, ())
        shown |= _replied([Band(int(low), int(high)) for low, high in pairs])
        settled[TOWN if office == _TOWN else office] = Shown(**shown, slower=tuple(bands[few:]))
    marks = {mark: datetime.fromtimestamp(int(until), UTC) for mark, until in sums["marks"].items()}
    partial = bool(sums["partial"])
    return MonthSum(sums["month"], item["place"], raw, settled, marks, partial, int(item["version"]))


def _replied(stored: Sequence[Any]) -> dict[str, Any]:
    """Return what is stored of replies; nothing in a record of an earlier package."""
    return {"replied": stored[0], "replied_slower": tuple(stored[1:])} if stored else {}
