"""Background jobs in the table of documents, by conditional writes; DynamoDB deletes them by their TTL.

`job#<id>` holds a job's `record`, small because it is written every few seconds, and its `report`, packed.
Chunks of a job would be further rows of it. `job#lane` holds who is in which lane.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Mapping
from dataclasses import asdict, fields
from datetime import UTC, datetime
from typing import Any

from chalicelib.publishing.documents import CheckReport, Problem
from chalicelib.publishing.jobs import Job, Lane
from chalicelib.shared.aws.dynamo_values import read as _read
from chalicelib.shared.aws.dynamo_values import write as _write
from chalicelib.shared.aws.faults import ConditionFailed, Table, new_mark
from chalicelib.shared.errors import StaleRecord

_JOB = "job#"
_LANES = "job#lane"
_RECORD = "record"
_REPORT = "report"
_MOST_PACKED = 350_000  # an item of DynamoDB holds 400 KB
_MOST_SENTENCES = 20  # missing ones of a language, where all would be too many
_MOMENTS = ("begun_at", "sent_at", "leased_until", "ended_at")
_NAMES = tuple(field.name for field in fields(Job) if field.name not in ("id", *_MOMENTS))


class DynamoJobs:
    """The JobStore on DynamoDB."""

    def __init__(self, client: Callable[[], Any], table: str) -> None:
        self._table = Table(client, table, "pk", "sk")

    def job(self, id_: str) -> Job | None:
        """Return a job, if it is still kept."""
        item = self._get(_JOB + id_, _RECORD)
        return _job(id_, item) if item else None

    def put_job(self, job: Job) -> None:
        """Save a job over the version before it."""
        self._put(_JOB + job.id, _RECORD, _job_item(job), "version", job.version, job.keep_until)

    def report(self, id_: str) -> CheckReport | None:
        """Return what the checks of a job found."""
        item = self._get(_JOB + id_, _REPORT)
        return _report(bytes(item["packed"])) if item else None

    def put_report(self, job: Job, report: CheckReport) -> None:
        """Keep what the checks found: of very much, the beginning."""
        packed = _packed(report)
        if len(packed) > _MOST_PACKED:
            few = {locale: sentences[:_MOST_SENTENCES] for locale, sentences in report.missing.items()}
            packed = _packed(
                CheckReport(report.problems[:_MOST_SENTENCES], few, report.pages, report.largest)
            )
        values = {"packed": packed, "expires_at": int(job.keep_until.timestamp())}
        item = {name: _write(value) for name, value in values.items()}
        self._table.call("put_item", Item={**_key(_JOB + job.id, _REPORT), **item})

    def lane(self, name: str) -> Lane | None:
        """Return a lane."""
        item = self._get(_LANES, name)
        if not item:
            return None
        until = datetime.fromtimestamp(int(item["expires_at"]), UTC)
        return Lane(name, item["job"], until, int(item["revision"]), item["why"])

    def put_lane(self, lane: Lane) -> None:
        """Save a lane over the revision before it."""
        values = {"job": lane.job, "why": lane.why, "revision": lane.revision}
        self._put(_LANES, lane.name, values, "revision", lane.revision, lane.keep_until)

    def _get(self, pk: str, sk: str) -> Mapping[str, Any] | None:
        answer = self._table.call("get_item", Key=_key(pk, sk), ConsistentRead=True)
        return {name: _read(value) for name, value in answer["Item"].items()} if "Item" in answer else None

    def _put(
        self, pk: str, sk: str, values: Mapping[str, Any], counter: str, number: int, until: datetime
    ) -> None:
        mine = new_mark()
        whole = {**values, "written_by": mine, "expires_at": int(until.timestamp())}
        item = {**_key(pk, sk), **{name: _write(value) for name, value in whole.items()}}
        condition: dict[str, Any] = {"ConditionExpression": "attribute_not_exists(pk)"}
        if number > 1:
            condition = {
                "ConditionExpression": "#counter = :before",
                "ExpressionAttributeNames": {"#counter": counter},
                "ExpressionAttributeValues": {":before": _write(number - 1)},
            }
        try:
            self._table.write(
                "put_item", lambda there: there.get("written_by") == _write(mine), Item=item, **condition
            )
        except ConditionFailed as error:
            raise StaleRecord("changed by somebody else") from error


def _key(pk: str, sk: str) -> dict[str, Any]:
    return {"pk": {"S": pk}, "sk": {"S": sk}}


def _job_item(job: Job) -> dict[str, Any]:
    values = asdict(job)
    moments = {name: values[name].isoformat() if values[name] else "" for name in _MOMENTS}
    others = {name: values[name] for name in _NAMES if values[name] is not None}
    if job.scope is not None:  # one without documents is not the whole site
        others["scope"] = list(job.scope)
    return {**others, "numbers": list(job.numbers), **moments}


def _job(id_: str, item: Mapping[str, Any]) -> Job:
    known: dict[str, Any] = {name: item[name] for name in _NAMES if name in item}
    for name in ("version", "release", "done", "of", "tries", "number"):
        if name in known:
            known[name] = int(known[name])
    known["numbers"] = tuple(int(number) for number in item.get("numbers", ()))
    if "scope" in known:
        known["scope"] = tuple(str(document) for document in known["scope"])
    known |= {name: _moment(str(item.get(name, ""))) for name in _MOMENTS}
    return Job(id_, **known)


def _moment(text: str) -> datetime | None:
    return datetime.fromisoformat(text).astimezone(UTC) if text else None


def _packed(report: CheckReport) -> bytes:
    return zlib.compress(json.dumps(asdict(report)).encode("ascii"), 9)


def _report(packed: bytes) -> CheckReport:
    values = json.loads(zlib.decompress(packed))
    return CheckReport(
        tuple(Problem(**problem) for problem in values["problems"]),
        {locale: tuple(sentences) for locale, sentences in values["missing"].items()},
        values["pages"],
        values["largest"],
    )
