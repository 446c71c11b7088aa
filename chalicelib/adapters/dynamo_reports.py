"""Reports in one DynamoDB table: one item a report, its deliveries inside it, a sparse index of what is due.

An item is written whole or not at all, so that a report is never stored without its queue entry or the other
way round. That needs neither transactions nor streams, and runs alike on every DynamoDB we know.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from chalicelib.adapters.aws_faults import ConditionFailed, Table
from chalicelib.adapters.dynamo_values import read as _read
from chalicelib.adapters.dynamo_values import write as _write
from chalicelib.domain.deliveries import KEEP_DAYS, Delivery, HandOver, SealedReport
from chalicelib.domain.errors import ReceiptTaken, StaleRecord
from chalicelib.ports import SentMail

SHARDS = 4
DUE_INDEX = "due"
DESK_INDEX = "desk"
_REPORT = "report#"
_COUNTER = "count#"
_BATCH = "batch#"
_MAIL = "mail#"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)

_NOTHING = {"B": b""}
_SURVEYED = (
    "pk", "place", "taken_at", "deliveries", "held", "version", "expires_at", "leased_until", "watch_at",
    "answered_at", "legal_hold", "keep_days", "counted",
)  # fmt: skip
_WITHOUT_WORDS: dict[str, Any] = {
    "ProjectionExpression": ", ".join(f"#{name}" for name in _SURVEYED),
    "ExpressionAttributeNames": {f"#{name}": name for name in _SURVEYED},
}
_TIMES = ("leased_until", "watch_at", "answered_at")
# What the desk's index holds beside its keys: how a delivery goes, and nothing of the report itself.
DESK_SEES = tuple(name for name in _SURVEYED if name != "pk")


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
                "IndexName": DESK_INDEX,
                "KeySchema": [{"AttributeName": "case_number", "KeyType": "HASH"}],
                "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": list(DESK_SEES)},
            },
        ],
    }


class DynamoReports:
    """The ReportStore on DynamoDB."""

    def __init__(self, client: Callable[[], Any], table: str) -> None:
        self._call = Table(client, table).call

    def add(self, report: SealedReport) -> None:
        """Store the report and queue its mails: one item, so both or neither."""
        try:
            self._call("put_item", Item=to_item(report), ConditionExpression="attribute_not_exists(pk)")
        except ConditionFailed as error:
            raise ReceiptTaken("stored already") from error

    def get(self, report_id: str, now: datetime) -> SealedReport | None:
        """Return a report; one whose time is over is gone, even while DynamoDB still holds it."""
        return self._get(report_id, now, _record)

    def look_up(self, report_id: str, now: datetime) -> SealedReport | None:
        """Return how a report goes, without its words and keys: those never leave DynamoDB for this."""
        return self._get(report_id, now, from_index, **_WITHOUT_WORDS)

    def _get(
        self,
        report_id: str,
        now: datetime,
        read: Callable[[Mapping[str, Any]], SealedReport],
        **wanted: Any,
    ) -> SealedReport | None:
        answer = self._call("get_item", Key=_key(_REPORT + report_id), ConsistentRead=True, **wanted)
        if "Item" not in answer:
            return None
        report = read(answer["Item"])
        return None if report.expires_at is not None and report.expires_at <= now else report

    def due(self, now: datetime, limit: int, digests: bool = False) -> list[str]:
        """Return due ids of all shards, longest waiting first. The index may lag behind the table."""
        shards = [self._due_in(_shard_name(shard, digests), now, limit) for shard in range(SHARDS)]
        return [pk.removeprefix(_REPORT) for _, pk in heapq.merge(*shards)][:limit]

    def claim(self, report_id: str, now: datetime, until: datetime) -> SealedReport | None:
        """Lease the report in one conditional write: of many workers exactly one gets it."""
        try:
            answer = self._call(
                "update_item",
                Key=_key(_REPORT + report_id),
                UpdateExpression="SET due_at = :until, leased_until = :until, version = version + :one",
                ConditionExpression="due_at <= :now"
                " AND (attribute_not_exists(expires_at) OR expires_at > :seconds)",
                ExpressionAttributeValues={
                    ":until": _write(_moment(until)),
                    ":now": _write(_due_by(now)),
                    ":seconds": _write(int(now.timestamp())),
                    ":one": _write(1),
                },
                ReturnValues="ALL_NEW",
            )
        except ConditionFailed:
            return None
        return _record(answer["Attributes"])

    def save(self, report: SealedReport) -> SealedReport:
        """Write the record if nobody else did since it was read.

        A lease is kept while there is something to send: a notice that is saved meanwhile must not let a
        second worker in beside the one that is sending.
        """
        lease = report.leased_until if report.due_at() is not None else None
        saved = replace(report, version=report.version + 1, leased_until=lease)
        try:
            self._call(
                "put_item",
                Item=to_item(saved),
                ConditionExpression="version = :read",
                ExpressionAttributeValues={":read": _write(report.version)},
            )
        except ConditionFailed as error:
            raise StaleRecord("changed by somebody else") from error
        return saved

    def count(self, counter: str, names: Sequence[str], keep_until: datetime) -> Mapping[str, int]:
        """Add one to each number in one write, exact under any number of writers."""
        numbered = {f"#n{index}": name for index, name in enumerate(names)}
        answer = self._call(
            "update_item",
            Key=_key(_COUNTER + counter),
            UpdateExpression="ADD "
            + ", ".join(f"{alias} :one" for alias in numbered)
            + " SET expires_at = :until",
            ExpressionAttributeNames=numbered,
            ExpressionAttributeValues={":one": _write(1), ":until": _write(int(keep_until.timestamp()))},
            ReturnValues="UPDATED_NEW",
        )
        return {name: int(_read(answer["Attributes"][name])) for name in names}

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
        answer = self._call("get_item", Key=_key(_BATCH + batch), ConsistentRead=True)
        return tuple(_read(answer["Item"]["reports"])) if "Item" in answer else ()

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
        answer = self._call("get_item", Key=_key(_MAIL + message_id), ConsistentRead=True)
        if "Item" not in answer:
            return None
        read = {name: _read(value) for name, value in answer["Item"].items()}
        return SentMail(read["about"], read["recipient"], int(read["turn"]))

    def survey(self, now: datetime) -> Iterable[SealedReport]:
        """Return every report without its words; this reads the whole table."""
        items = self._scan(
            FilterExpression="begins_with(pk, :report)"
            " AND (attribute_not_exists(expires_at) OR expires_at > :now)",
            **_WITHOUT_WORDS,
            ExpressionAttributeValues={":report": _write(_REPORT), ":now": _write(int(now.timestamp()))},
        )
        return (from_index(item) for item in items)

    def expired(self, now: datetime) -> Iterable[str]:
        """Return the keys of all items whose time is over; this reads the whole table, once an hour."""
        items = self._scan(
            FilterExpression="expires_at <= :now",
            ProjectionExpression="pk",
            ExpressionAttributeValues={":now": _write(int(now.timestamp()))},
        )
        return (str(_read(item["pk"])) for item in items)

    def delete(self, report_id: str, now: datetime) -> bool:
        """Delete an item by the key that `expired` gave, unless its time was extended meanwhile."""
        try:
            self._call(
                "delete_item",
                Key=_key(report_id),
                ConditionExpression="expires_at <= :now",
                ExpressionAttributeValues={":now": _write(int(now.timestamp()))},
            )
        except ConditionFailed:
            return False
        return True

    def _scan(self, **wanted: Any) -> Iterator[Mapping[str, Any]]:
        start: dict[str, Any] = {}
        while True:
            answer = self._call("scan", **wanted, **start)
            yield from answer.get("Items", ())
            if "LastEvaluatedKey" not in answer:
                return
            start = {"ExclusiveStartKey": answer["LastEvaluatedKey"]}

    def _due_in(self, shard: str, now: datetime, limit: int) -> list[tuple[Decimal, str]]:
        answer = self._call(
            "query",
            IndexName=DUE_INDEX,
            KeyConditionExpression="due_shard = :shard AND due_at <= :now",
            ExpressionAttributeValues={":shard": _write(shard), ":now": _write(_due_by(now))},
            Limit=limit,
        )
        return [(_read(item["due_at"]), _read(item["pk"])) for item in answer["Items"]]


def _key(pk: str) -> dict[str, Any]:
    return {"pk": {"S": pk}}


def _moment(when: datetime) -> int:
    """Return a time as whole milliseconds since 1970. Not by way of floats: from 2038 on they lose some."""
    return (when - _EPOCH) // _MILLISECOND


def _time(value: Any) -> datetime:
    return _EPOCH + int(value) * _MILLISECOND


def _due_number(due_at: datetime, taken_at: datetime) -> Decimal:
    # The fraction keeps reports that are due in the same moment (a digest) in the order in which they came.
    return Decimal(f"{_moment(due_at)}.{_moment(taken_at):013d}")


def _due_by(now: datetime) -> Decimal:
    """Return the greatest number that is due by now, whatever its fraction."""
    return Decimal(f"{_moment(now)}.{'9' * 13}")


def _shard_name(shard: int, digests: bool) -> str:
    return f"digest {shard}" if digests else str(shard)


def to_item(report: SealedReport) -> dict[str, Any]:
    """Return a report as it is stored."""
    item: dict[str, Any] = {
        "pk": _REPORT + report.id,
        "case_number": report.case_number,
        "sealed": report.sealed,
        "reporter_key": report.reporter_key,
        "place": report.place,
        "taken_at": _moment(report.taken_at),
        "deliveries": [_delivery_map(delivery) for delivery in report.deliveries],
        "held": report.held,
        "version": report.version,
        "legal_hold": report.legal_hold,
        "keep_days": report.keep_days,
        "counted": report.counted,
    }
    due_at = report.due_at()
    if due_at is not None:
        item["due_shard"] = _shard_name(int(report.id[:4], 16) % SHARDS, report.due_for_digest())
        item["due_at"] = _due_number(report.leased_until or due_at, report.taken_at)
    for name in _TIMES:
        if (time := getattr(report, name)) is not None:
            item[name] = _moment(time)
    if report.expires_at is not None:
        item["expires_at"] = int(report.expires_at.timestamp())
    if report.addressed:
        item["addressed"] = list(report.addressed)
    return {name: _write(value) for name, value in item.items()}


def is_report(item: Mapping[str, Any]) -> bool:
    """Say whether an item is a report's: counters and marks stand beside them."""
    return str(_read(item["pk"])).startswith(_REPORT)


def from_index(item: Mapping[str, Any]) -> SealedReport:
    """Return a report without its words and keys: an index does not hold them."""
    return _record({"sealed": _NOTHING, "reporter_key": _NOTHING, **item})


def _record(item: Mapping[str, Any]) -> SealedReport:
    read = {name: _read(value) for name, value in item.items()}
    expires_at = read.get("expires_at")
    return SealedReport(
        id=read["pk"].removeprefix(_REPORT),
        sealed=bytes(read["sealed"]),
        reporter_key=bytes(read["reporter_key"]),
        place=read["place"],
        taken_at=_time(read["taken_at"]),
        deliveries=tuple(_delivery(one) for one in read["deliveries"]),
        held=read["held"],
        version=int(read["version"]),
        expires_at=None if expires_at is None else datetime.fromtimestamp(int(expires_at), UTC),
        legal_hold=read.get("legal_hold", False),
        keep_days=int(read.get("keep_days", KEEP_DAYS)),
        counted=read.get("counted", True),
        addressed=tuple(read.get("addressed", ())),
        **{name: _time(read[name]) for name in _TIMES if name in read},
    )


def _delivery_map(delivery: Delivery) -> dict[str, Any]:
    stored: dict[str, Any] = {
        "recipient": delivery.recipient,
        "state": delivery.state,
        "changed_at": _moment(delivery.changed_at),
        "attempts": delivery.attempts,
        "address": delivery.address,
        "message_id": delivery.message_id,
        "turn": delivery.turn,
        "digest": delivery.digest,
    }
    if delivery.next_try is not None:
        stored["next_try"] = _moment(delivery.next_try)
    if delivery.away_at is not None:
        stored["away_at"] = _moment(delivery.away_at)
        stored["away_mail"] = delivery.away_mail
    if delivery.doubtful:
        stored["doubtful"] = list(delivery.doubtful)
    if delivery.instead_of:
        stored["instead_of"] = delivery.instead_of
    if (proposed := delivery.proposed) is not None:
        stored["proposed"] = {**asdict(proposed), "at": _moment(proposed.at)}
    return stored


def _delivery(stored: Mapping[str, Any]) -> Delivery:
    return Delivery(
        recipient=stored["recipient"],
        state=stored["state"],
        changed_at=_time(stored["changed_at"]),
        next_try=_time(stored["next_try"]) if "next_try" in stored else None,
        attempts=int(stored["attempts"]),
        address=stored["address"],
        message_id=stored["message_id"],
        turn=int(stored.get("turn", 0)),
        digest=stored.get("digest", False),
        away_at=_time(stored["away_at"]) if "away_at" in stored else None,
        away_mail=stored.get("away_mail", ""),
        doubtful=tuple(int(turn) for turn in stored.get("doubtful", ())),
        instead_of=stored.get("instead_of", ""),
        proposed=_hand_over(stored["proposed"]) if "proposed" in stored else None,
    )


def _hand_over(stored: Mapping[str, Any]) -> HandOver:
    return HandOver(stored["to"], stored["by"], _time(stored["at"]), stored["why"])
