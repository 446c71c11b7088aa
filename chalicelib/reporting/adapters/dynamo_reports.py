"""Report store in one DynamoDB table, with an optimistic lock: one item a report with its deliveries.

A sparse index lists what is due.

An item is written whole or not at all, so that a report is never stored without its queue entry or the other
way round. That needs neither transactions nor streams, and runs alike on every DynamoDB we know.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from chalicelib.reporting.adapters.report_items import (
    REPORT,
    SHARDS,
    due_by,
    from_index,
    is_report,
    moment,
    place_in_queue,
    record_of,
    shard_name,
    to_item,
    update_of,
)
from chalicelib.reporting.cases import SealedReport
from chalicelib.reporting.errors import ReceiptTaken
from chalicelib.reporting.ports import Deleted, SentMail
from chalicelib.shared.aws.dynamo_values import read as _read
from chalicelib.shared.aws.dynamo_values import write as _write
from chalicelib.shared.aws.faults import ConditionFailed, Table, new_mark
from chalicelib.shared.errors import StaleRecord

DUE_INDEX = "due"
LISTED_INDEX = "listed"
CASES_INDEX = "desk"  # its physical name: another one would be another index
_COUNTER = "count#"
_BATCH = "batch#"
_MAIL = "mail#"

_SURVEYED = (
    "pk", "place", "taken_at", "deliveries", "held", "version", "expires_at", "leased_until", "watch_at",
    "answered_at", "legal_hold", "keep_days", "counted",
)  # fmt: skip
_WITHOUT_WORDS: dict[str, Any] = {
    "ProjectionExpression": ", ".join(f"#{name}" for name in _SURVEYED),
    "ExpressionAttributeNames": {f"#{name}": name for name in _SURVEYED},
}
_SURVEY: dict[str, Any] = {
    "ProjectionExpression": _WITHOUT_WORDS["ProjectionExpression"] + ", #due_at, #listed_in",
    "ExpressionAttributeNames": {
        **_WITHOUT_WORDS["ExpressionAttributeNames"],
        "#due_at": "due_at",
        "#listed_in": "listed_in",
    },
}
# What the index of cases holds beside its keys: how a delivery goes, and nothing of the report itself.
CASES_SEE = tuple(name for name in _SURVEYED if name != "pk")


def table_definition(name: str) -> dict[str, Any]:
    """Return CreateTable's arguments: for local runs and tests; the template says the same for AWS."""
    return {
        "TableName": name,
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [
            {"AttributeName": "pk", "AttributeType": "S"},
            {"AttributeName": "due_shard", "AttributeType": "S"},
            {"AttributeName": "due_at", "AttributeType": "N"},
            {"AttributeName": "case_number", "AttributeType": "S"},
            {"AttributeName": "listed_in", "AttributeType": "S"},
            {"AttributeName": "listed_at", "AttributeType": "N"},
        ],
        "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
        "GlobalSecondaryIndexes": [
            {
                "IndexName": DUE_INDEX,
                "KeySchema": [
                    {"AttributeName": "due_shard", "KeyType": "HASH"},
                    {"AttributeName": "due_at", "KeyType": "RANGE"},
                ],
                "Projection": {"ProjectionType": "KEYS_ONLY"},
            },
            {
                "IndexName": CASES_INDEX,
                "KeySchema": [{"AttributeName": "case_number", "KeyType": "HASH"}],
                "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": list(CASES_SEE)},
            },
            {
                "IndexName": LISTED_INDEX,
                "KeySchema": [
                    {"AttributeName": "listed_in", "KeyType": "HASH"},
                    {"AttributeName": "listed_at", "KeyType": "RANGE"},
                ],
                "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": [*CASES_SEE, "case_number"]},
            },
        ],
    }


class DynamoReports:
    """The ReportStore on DynamoDB."""

    def __init__(self, client: Callable[[], Any], table: str) -> None:
        self._table = Table(client, table)
        self._call = self._table.call

    def add(self, report: SealedReport) -> None:
        """Store the report and queue its mails: one item, so both or neither.

        A response that stores it names our table. A refusal names none, and leads to a receipt as well: so it
        counts only as the first response of a new connection, which no other call's can take the place of.
        """
        item, once = to_item(report), "attribute_not_exists(pk)"
        try:
            self._call("put_item", Item=item, ConditionExpression=once)
        except ConditionFailed:
            self._table.hang_up()
            try:
                self._call("put_item", Item=item, ConditionExpression=once)
            except ConditionFailed as error:
                raise ReceiptTaken("stored already") from error

    def get(self, report_id: str, now: datetime) -> SealedReport | None:
        """Return a report; one that expired is gone, even while DynamoDB still holds it."""
        return self._get(report_id, now, record_of)

    def look_up(self, report_id: str, now: datetime) -> SealedReport | None:
        """Return how a report goes, without its words and keys: those never leave DynamoDB for this."""
        return self._get(report_id, now, from_index, **_WITHOUT_WORDS)

    def reporter_key(self, report_id: str) -> bytes | None:
        """Return the public key to which a report's replies are sealed; nothing else of it is read."""
        key = _key(REPORT + report_id)
        response = self._call("get_item", Key=key, ConsistentRead=True, ProjectionExpression="reporter_key")
        return bytes(_read(response["Item"]["reporter_key"])) if response.get("Item") else None

    def _get(
        self,
        report_id: str,
        now: datetime,
        read: Callable[[Mapping[str, Any]], SealedReport],
        **wanted: Any,
    ) -> SealedReport | None:
        response = self._call("get_item", Key=_key(REPORT + report_id), ConsistentRead=True, **wanted)
        if "Item" not in response:
            return None
        report = read(response["Item"])
        return None if report.expires_at is not None and report.expires_at <= now else report

    def due(self, now: datetime, limit: int, digests: bool = False) -> list[str]:
        """Return due ids of all shards, longest waiting first. The index may lag behind the table."""
        shards = [self._due_in(shard_name(shard, digests), now, limit) for shard in range(SHARDS)]
        return [pk.removeprefix(REPORT) for _, pk in heapq.merge(*shards)][:limit]

    def claim(self, report_id: str, now: datetime, until: datetime) -> SealedReport | None:
        """Lease the report in one conditional write: of many workers exactly one gets it.

        The lease carries a mark of this call. A worker whose first try was done, and not answered, finds it,
        and does not take its own lease for another worker's.
        """
        mine = _write(new_mark())
        try:
            response = self._table.write(
                "update_item",
                lambda item: item.get("claimed_by") == mine,
                Key=_key(REPORT + report_id),
                UpdateExpression="SET due_at = :until, leased_until = :until, claimed_by = :mine,"
                " version = version + :one",
                ConditionExpression="due_at <= :now"
                " AND (attribute_not_exists(expires_at) OR expires_at > :seconds)",
                ExpressionAttributeValues={
                    ":until": _write(moment(until)),
                    ":now": _write(due_by(now)),
                    ":seconds": _write(int(now.timestamp())),
                    ":one": _write(1),
                    ":mine": mine,
                },
                ReturnValues="ALL_NEW",
            )
        except ConditionFailed:
            return None
        return record_of(response.get("Attributes") or response["Item"])

    def save(self, report: SealedReport) -> SealedReport:
        """Write the record under an optimistic lock: only if nobody else did since it was read.

        A lease is kept while there is something to send: a notice that is saved meanwhile must not let a
        second worker in beside the one that is sending. A record that is there already as this call would
        write it was written by this call.
        """
        lease = report.leased_until if report.due_at() is not None else None
        saved = replace(report, version=report.version + 1, leased_until=lease)
        item = to_item(saved)
        try:
            self._table.write(
                "put_item",
                lambda stored: _plain(stored) == _plain(item),
                Item=item,
                ConditionExpression="version = :read",
                ExpressionAttributeValues={":read": _write(report.version)},
            )
        except ConditionFailed as error:
            raise StaleRecord("changed by somebody else") from error
        return saved

    def change(self, report: SealedReport) -> None:
        """Write how deliveries go, under an optimistic lock, and leave the words where they are."""
        try:
            self._call("update_item", **update_of(report))
        except ConditionFailed as error:
            raise StaleRecord("changed by somebody else") from error

    def count(self, counter: str, names: Sequence[str], keep_until: datetime) -> Mapping[str, int]:
        """Add one to each number in one idempotent write, exact under any number of writers.

        The client's second try, after a response that was lost, finds the mark of the first and adds nothing.
        """
        numbered = {f"#n{index}": name for index, name in enumerate(names)}
        key, until = _key(_COUNTER + counter), _write(int(keep_until.timestamp()))
        try:
            response = self._call(
                "update_item",
                Key=key,
                UpdateExpression="ADD "
                + ", ".join(f"{alias} :one" for alias in numbered)
                + " SET expires_at = :until, counted_by = :mine",
                ConditionExpression="attribute_not_exists(counted_by) OR counted_by <> :mine",
                ExpressionAttributeNames=numbered,
                ExpressionAttributeValues={
                    ":one": _write(1),
                    ":until": until,
                    ":mine": _write(new_mark()),
                },
                ReturnValues="UPDATED_NEW",
            )
        except ConditionFailed:  # a write, because not everybody who counts may read
            response = self._call(
                "update_item",
                Key=key,
                UpdateExpression="SET expires_at = :until",
                ExpressionAttributeValues={":until": until},
                ReturnValues="ALL_NEW",
            )
        return {name: int(_read(response["Attributes"][name])) for name in names}

    def mark(self, name: str, keep_until: datetime) -> bool:
        """Set a mark where there is none, in one conditional write."""
        mine = _write(new_mark())
        try:
            self._table.write(
                "update_item",
                lambda item: item.get("marked_by") == mine,
                Key=_key(_COUNTER + name),
                UpdateExpression="SET marked_by = :mine, expires_at = :until",
                ConditionExpression="attribute_not_exists(pk)",
                ExpressionAttributeValues={":mine": mine, ":until": _write(int(keep_until.timestamp()))},
            )
        except ConditionFailed:
            return False
        return True

    def marked(self, name: str) -> bool:
        """Say whether a mark is set."""
        return "Item" in self._call("get_item", Key=_key(_COUNTER + name), ConsistentRead=True)

    def keep_batch(self, batch: str, reports: Sequence[str], keep_until: datetime) -> None:
        """Remember which reports a digest mail holds."""
        item = {
            **_key(_BATCH + batch),
            "reports": _write(list(reports)),
            "expires_at": _write(int(keep_until.timestamp())),
        }
        self._call("put_item", Item=item)

    def batch(self, batch: str) -> tuple[str, ...]:
        """Return the ids of the reports in a digest mail."""
        response = self._call("get_item", Key=_key(_BATCH + batch), ConsistentRead=True)
        return tuple(_read(response["Item"]["reports"])) if "Item" in response else ()

    def keep_mail(self, message_id: str, mail: SentMail, keep_until: datetime) -> None:
        """Remember what the mail service's id stands for."""
        item = {
            **_key(_MAIL + message_id),
            "about": _write(mail.about),
            "recipient": _write(mail.recipient),
            "turn": _write(mail.turn),
            "expires_at": _write(int(keep_until.timestamp())),
        }
        self._call("put_item", Item=item)

    def mail(self, message_id: str) -> SentMail | None:
        """Return what a mail was about."""
        response = self._call("get_item", Key=_key(_MAIL + message_id), ConsistentRead=True)
        if "Item" not in response:
            return None
        read = {name: _read(value) for name, value in response["Item"].items()}
        return SentMail(read["about"], read["recipient"], int(read["turn"]))

    def survey(self, now: datetime) -> Iterable[SealedReport]:
        """Return every report without its words; this reads the whole table."""
        items = self._scan(
            FilterExpression="begins_with(pk, :report)"
            " AND (attribute_not_exists(expires_at) OR expires_at > :now)",
            **_SURVEY,
            ExpressionAttributeValues={":report": _write(REPORT), ":now": _write(int(now.timestamp()))},
        )
        return (_as_it_waits(item) for item in items)

    def expired(self, now: datetime) -> Iterable[str]:
        """Return the keys of all expired items (past their TTL); this reads the whole table, once an hour."""
        items = self._scan(
            FilterExpression="expires_at <= :now",
            ProjectionExpression="pk",
            ExpressionAttributeValues={":now": _write(int(now.timestamp()))},
        )
        return (str(_read(item["pk"])) for item in items)

    def delete(self, report_id: str, now: datetime) -> Deleted | None:
        """Delete an item by the key that `expired` gave, unless its time was extended meanwhile."""
        try:
            response = self._table.remove(
                _key(report_id),
                may_read=False,
                ConditionExpression="expires_at <= :now",
                ExpressionAttributeValues={":now": _write(int(now.timestamp()))},
                ReturnValues="ALL_OLD",
            )
        except ConditionFailed:
            return None
        item = response.get("Attributes")
        return Deleted(from_index(item) if item and is_report(item) else None)

    def _scan(self, **wanted: Any) -> Iterator[Mapping[str, Any]]:
        start: dict[str, Any] = {}
        while True:
            response = self._call("scan", **wanted, **start)
            yield from response.get("Items", ())
            if "LastEvaluatedKey" not in response:
                return
            start = {"ExclusiveStartKey": response["LastEvaluatedKey"]}

    def _due_in(self, shard: str, now: datetime, limit: int) -> list[tuple[Decimal, str]]:
        response = self._call(
            "query",
            IndexName=DUE_INDEX,
            KeyConditionExpression="due_shard = :shard AND due_at <= :now",
            ExpressionAttributeValues={":shard": _write(shard), ":now": _write(due_by(now))},
            Limit=limit,
        )
        return [(_read(item["due_at"]), _read(item["pk"])) for item in response["Items"]]


def _plain(item: Mapping[str, Any]) -> dict[str, Any]:
    """Return an item's values, among which a number is the same however it is written."""
    return {name: _read(value) for name, value in item.items()}


def _key(pk: str) -> dict[str, Any]:
    return {"pk": {"S": pk}}


def _as_it_waits(item: Mapping[str, Any]) -> SealedReport:
    """Return a surveyed report. What hides it for longer than it says is a lease, whoever wrote it."""
    report, place = from_index(item), place_in_queue(item)
    due_at = report.leased_until or report.due_at()
    hidden = place is not None and due_at is not None and place > due_at
    report = replace(report, leased_until=place) if hidden else report
    return report if "listed_in" in item or report.is_message else replace(report, unlisted=True)
