"""DynamoDB item format of a report: one item a report, its deliveries inside it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from chalicelib.reporting.cases import (
    Delivery,
    HandOver,
    SealedReport,
)
from chalicelib.shared.aws.dynamo_values import read as _read
from chalicelib.shared.aws.dynamo_values import write as _write
from chalicelib.shared.retention import KEEP_DAYS

SHARDS = 4
REPORT = "report#"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_NOTHING = {"B": b""}
# What is written of a report whose words are not at hand. The policy of the sweep names the same, and no
# other.
WRITTEN = (
    "deliveries",
    "version",
    "due_shard",
    "due_at",
    "leased_until",
    "watch_at",
    "answered_at",
    "legal_hold",
    "expires_at",
    "listed_in",
    "listed_at",
)
_TIMES = ("leased_until", "watch_at", "answered_at")
_DELIVERY_TIMES = ("replied_at", "spoke_at")


def moment(when: datetime) -> int:
    """Serialize a time as whole milliseconds since 1970. Not through floats: from 2038 on they lose some."""
    return (when - _EPOCH) // _MILLISECOND


def _time(value: Any) -> datetime:
    return _EPOCH + int(value) * _MILLISECOND


def _due_number(due_at: datetime, taken_at: datetime) -> Decimal:
    # The fraction keeps reports that are due in the same moment (a digest) in the order in which they came.
    return Decimal(f"{moment(due_at)}.{moment(taken_at):013d}")


def due_by(now: datetime) -> Decimal:
    """Return the greatest number that is due by now, whatever its fraction."""
    return Decimal(f"{moment(now)}.{'9' * 13}")


def shard_name(shard: int, digests: bool) -> str:
    """Return a shard's key in the index of what is due."""
    return f"digest {shard}" if digests else str(shard)


def to_item(report: SealedReport) -> dict[str, Any]:
    """Serialize a report as its DynamoDB item."""
    item: dict[str, Any] = {
        "pk": REPORT + report.id,
        "sealed": report.sealed,
        "reporter_key": report.reporter_key,
        "place": report.place,
        "taken_at": moment(report.taken_at),
        "deliveries": [_delivery_map(delivery) for delivery in report.deliveries],
        "held": report.held,
        "version": report.version,
        "legal_hold": report.legal_hold,
        "keep_days": report.keep_days,
        "counted": report.counted,
    }
    if not report.is_message:  # the desk lists and finds reports: a message is seen with the one it adds to
        item["case_number"] = report.case_number
        item["listed_in"] = report.listed_in()
        # Of its own: marks hold dates of another type in taken_at.
        item["listed_at"] = moment(report.taken_at)
    due_at = report.due_at()
    if due_at is not None:
        item["due_shard"] = shard_name(int(report.id[:4], 16) % SHARDS, report.due_for_digest())
        item["due_at"] = _due_number(report.leased_until or due_at, report.taken_at)
    for name in _TIMES:
        if (time := getattr(report, name)) is not None:
            item[name] = moment(time)
    if report.expires_at is not None:
        item["expires_at"] = int(report.expires_at.timestamp())
    if report.addressed:
        item["addressed"] = list(report.addressed)
    return {name: _write(value) for name, value in item.items()}


def update_of(report: SealedReport) -> dict[str, Any]:
    """Return UpdateItem's arguments to write WRITTEN, if the version is still the one that was read."""
    item = {**to_item(report), "version": _write(report.version + 1)}
    present = [name for name in WRITTEN if name in item]
    gone = [name for name in WRITTEN if name not in item]
    expression = "SET " + ", ".join(f"#{name} = :{name}" for name in present)
    if gone:
        expression += " REMOVE " + ", ".join(f"#{name}" for name in gone)
    return {
        "Key": {"pk": item["pk"]},
        "UpdateExpression": expression,
        "ConditionExpression": "#version = :read",
        "ExpressionAttributeNames": {f"#{name}": name for name in WRITTEN},
        "ExpressionAttributeValues": {
            ":read": _write(report.version),
            **{f":{name}": item[name] for name in present},
        },
    }


def place_in_queue(item: Mapping[str, Any]) -> datetime | None:
    """Return when the index of what is due will show an item."""
    return _time(_read(item["due_at"])) if "due_at" in item else None


def is_report(item: Mapping[str, Any]) -> bool:
    """Say whether an item is a report's: counters and marks stand beside them."""
    return str(_read(item["pk"])).startswith(REPORT)


def from_index(item: Mapping[str, Any]) -> SealedReport:
    """Return a report without its words and keys: an index does not hold them."""
    return record_of({**item, "sealed": _NOTHING, "reporter_key": _NOTHING})


def record_of(item: Mapping[str, Any]) -> SealedReport:
    """Deserialize a report from its DynamoDB item."""
    read = {name: _read(value) for name, value in item.items()}
    expires_at = read.get("expires_at")
    return SealedReport(
        id=read["pk"].removeprefix(REPORT),
        sealed=bytes(read["sealed"]),
        reporter_key=bytes(read["reporter_key"]),
        place=read["place"],
        taken_at=_time(read["taken_at"]),
        deliveries=tuple(_delivery(delivery) for delivery in read["deliveries"]),
        held=read["held"],
        version=int(read["version"]),
        expires_at=None if expires_at is None else datetime.fromtimestamp(int(expires_at), UTC),
        legal_hold=read.get("legal_hold", False),
        keep_days=int(read.get("keep_days", KEEP_DAYS)),
        counted=read.get("counted", True),
        addressed=tuple(read.get("addressed", ())),
        leased_until=_time_of(read, "leased_until"),
        watch_at=_time_of(read, "watch_at"),
        answered_at=_time_of(read, "answered_at"),
    )


def _time_of(read: Mapping[str, Any], name: str) -> datetime | None:
    return _time(read[name]) if name in read else None


def _delivery_map(delivery: Delivery) -> dict[str, Any]:
    stored: dict[str, Any] = {
        "recipient": delivery.recipient,
        "state": delivery.state,
        "changed_at": moment(delivery.changed_at),
        "attempts": delivery.attempts,
        "address": delivery.address,
        "message_id": delivery.message_id,
        "turn": delivery.turn,
        "digest": delivery.digest,
    }
    if delivery.next_try is not None:
        stored["next_try"] = moment(delivery.next_try)
    if delivery.away_at is not None:
        stored["away_at"] = moment(delivery.away_at)
        stored["away_mail"] = delivery.away_mail
    if delivery.doubtful:
        stored["doubtful"] = list(delivery.doubtful)
    if delivery.instead_of:
        stored["instead_of"] = delivery.instead_of
    if delivery.past:
        stored["past"] = [[state, moment(since)] for state, since in delivery.past]
    for name in _DELIVERY_TIMES:
        if (time := getattr(delivery, name)) is not None:
            stored[name] = moment(time)
    if (proposed := delivery.proposed) is not None:
        stored["proposed"] = {**asdict(proposed), "at": moment(proposed.at)}
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
        past=tuple((state, _time(since)) for state, since in stored.get("past", ())),
        replied_at=_time_of(stored, "replied_at"),
        spoke_at=_time_of(stored, "spoke_at"),
    )


def _hand_over(stored: Mapping[str, Any]) -> HandOver:
    return HandOver(stored["to"], stored["by"], _time(stored["at"]), stored["why"])
