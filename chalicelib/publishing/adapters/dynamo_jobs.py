"""Background jobs in the table of documents, by conditional writes; DynamoDB deletes them by their TTL.

`job#<id>` holds a job's `record`, small because it is written every few seconds, its `report`, packed, and a
row for each of its chunks, `chunk#000012`. `job#lane` holds who is in which lane.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, fields
from datetime import UTC, datetime
from typing import Any

from chalicelib.publishing.chunks import Chunk
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
_CHUNK, _LAST_CHUNK = "chunk#", "chunk#~"
_MOST_PACKED = 350_000  # an item of DynamoDB holds 400 KB
_MOST_PLAIN = 10_000  # letters of what was looked at
_MOST_SENTENCES = 20  # missing ones of a language, where all would be too many
_COUNTS = ("version", "release", "done", "of", "tries", "number", "chunks", "first", "rounds")
_MOMENTS = ("begun_at", "sent_at", "leased_until", "ended_at")
_MOMENTS_OF_CHUNK = ("sent_at", "taken_at", "done_at")
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

    def chunks(self, job: str, first: int) -> Sequence[Chunk]:
        """Return a job's chunks from a number on."""
        return [_chunk(job, item) for item in self._from(_JOB + job, _chunk_key(first), _LAST_CHUNK)]

    def chunk(self, job: str, number: int) -> Chunk | None:
        """Return one chunk."""
        item = self._get(_JOB + job, _chunk_key(number))
        return _chunk(job, item) if item else None

    def add_chunk(self, chunk: Chunk) -> None:
        """Keep a new chunk, whatever was there."""
        values = {**_chunk_item(chunk), "expires_at": int(chunk.keep_until.timestamp())}
        item = {name: _write(value) for name, value in values.items()}
        self._table.call("put_item", Item={**_key(_JOB + chunk.job, _chunk_key(chunk.number)), **item})

    def put_chunk(self, chunk: Chunk) -> None:
        """Save a chunk over the version before it."""
        where = (_JOB + chunk.job, _chunk_key(chunk.number))
        self._put(*where, _chunk_item(chunk), "version", chunk.version, chunk.keep_until)

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

    def _from(self, pk: str, first: str, last: str) -> Iterator[Mapping[str, Any]]:
        more: dict[str, Any] = {}
        while True:
            answer = self._table.call(
                "query",
                KeyConditionExpression="pk = :where AND sk BETWEEN :first AND :last",
                ExpressionAttributeValues={":where": {"S": pk}, ":first": {"S": first}, ":last": {"S": last}},
                ConsistentRead=True,  # of two who do the last chunks, one must see that all are done
                **more,
            )
            for item in answer["Items"]:
                yield {name: _read(value) for name, value in item.items()}
            if not answer.get("LastEvaluatedKey"):
                return
            more = {"ExclusiveStartKey": answer["LastEvaluatedKey"]}

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


def _chunk_key(number: int) -> str:
    return f"{_CHUNK}{number:06}"


def _chunk_item(chunk: Chunk) -> dict[str, Any]:
    values = asdict(chunk)
    moments = {name: values[name].isoformat() if values[name] else "" for name in _MOMENTS_OF_CHUNK}
    counts = {name: values[name] for name in ("version", "tries", "named", "put")}
    return {**counts, "places": list(chunk.places), **moments}


def _chunk(job: str, item: Mapping[str, Any]) -> Chunk:
    return Chunk(
        job,
        int(str(item["sk"]).removeprefix(_CHUNK)),
        tuple(str(place) for place in item["places"]),
        str(item["named"]),
        datetime.fromtimestamp(int(item["expires_at"]), UTC),
        int(item["version"]),
        int(item["tries"]),
        put=bool(item["put"]),
        **{name: _moment(str(item[name])) for name in _MOMENTS_OF_CHUNK},
    )


def _job_item(job: Job) -> dict[str, Any]:
    values = asdict(job)
    moments = {name: values[name].isoformat() if values[name] else "" for name in _MOMENTS}
    others = {name: values[name] for name in _NAMES if values[name] is not None}
    if job.scope is not None:  # one without documents is not the whole site
        others["scope"] = list(job.scope)
    if len(job.seen) > _MOST_PLAIN:  # it names each document, and an item holds 400 KB
        others["seen"] = zlib.compress(job.seen.encode("ascii"), 1)
    return {**others, "numbers": list(job.numbers), **moments}


def _job(id_: str, item: Mapping[str, Any]) -> Job:
    known: dict[str, Any] = {name: item[name] for name in _NAMES if name in item}
    for name in _COUNTS:
        if name in known:
            known[name] = int(known[name])
    known["numbers"] = tuple(int(number) for number in item.get("numbers", ()))
    if not isinstance(known.get("seen", ""), str):
        known["seen"] = zlib.decompress(bytes(known["seen"])).decode("ascii")
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
