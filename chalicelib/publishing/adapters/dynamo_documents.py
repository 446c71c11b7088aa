"""Drafts, versions, releases and the change of recipients in one DynamoDB table, by conditional writes.

Optimistic locking: every write says which revision it expects, so that of two people who save at once one
is told. The key has two parts.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from typing import Any

from chalicelib.directory.document_ids import fingerprint
from chalicelib.publishing.adapters.kept_items import KeptItems
from chalicelib.publishing.documents import (
    LONGEST_TEXT,
    UNKNOWN,
    Draft,
    Release,
    ThrownDraft,
    Version,
)
from chalicelib.publishing.recipient_changes import AddressCode, Agreement, RecipientChange
from chalicelib.shared.aws.dynamo_values import read as _read
from chalicelib.shared.aws.dynamo_values import table_definition as table_definition
from chalicelib.shared.aws.dynamo_values import write as _write
from chalicelib.shared.aws.faults import ConditionFailed, Table, new_mark
from chalicelib.shared.errors import StaleRecord
from chalicelib.shared.request_time import THIS_REQUEST

_DRAFTS = "draft"
_RELEASES = "release"
_CHANGE = ("change", "recipients")
_VERSIONS = "version#"
_SHIPPED = "shipped#"
_SETTLED = "settled"
_THROWN = "thrown"
_MOST_PLAIN = 500  # documents of a release, 16 KB: more are packed


class DynamoDocuments:
    """The DocumentStore on DynamoDB."""

    def __init__(self, client: Callable[[], Any], table: str) -> None:
        self._table = Table(client, table, "pk", "sk")
        self._drafts = ("drafts", table)
        self._kept = KeptItems()  # versions and releases: they never change

    def drafts(self) -> Sequence[Draft]:
        """Return every draft, by document: read once a request, and again once one was changed in it."""
        return THIS_REQUEST.once(self._drafts, lambda: tuple(_draft(one) for one in self._query(_DRAFTS)))

    def draft(self, document: str) -> Draft | None:
        """Return a document's draft, if it has one."""
        item = self._get(_DRAFTS, document)
        return _draft(item) if item else None

    def put_draft(self, draft: Draft) -> None:
        """Save a draft over the revision before it."""
        THIS_REQUEST.forget(self._drafts)
        self._put((_DRAFTS, draft.document), _draft_item(draft), draft.revision - 1)

    def drop_draft(self, document: str, revision: int) -> None:
        """Delete a draft, if it still is this revision."""
        THIS_REQUEST.forget(self._drafts)
        self._delete((_DRAFTS, document), revision)

    def keep_thrown(self, thrown: ThrownDraft) -> None:
        """Keep a draft that was thrown away."""
        item = {"document": thrown.draft.document, "by": thrown.by, "at": thrown.at.isoformat()}
        self._put((_THROWN, thrown.id), {**_draft_item(thrown.draft), **item}, 0)

    def thrown(self) -> Sequence[ThrownDraft]:
        """Return the drafts that were thrown away, oldest first."""
        return [_thrown(item) for item in self._query(_THROWN)]

    def drop_thrown(self, id_: str) -> None:
        """Delete one of them, if it is there."""
        self._table.call("delete_item", Key=_key(_THROWN, id_))

    def keep_shipped(self, document: str, text: str) -> None:
        """Keep a shipped text under its fingerprint; another writer's is the same."""
        with suppress(StaleRecord):
            self._put((_SHIPPED + document, fingerprint(text)), _packed_text(text), 0)

    def shipped_text(self, document: str, fingerprint: str) -> str | None:
        """Return a shipped text that was kept."""
        item = self._get(_SHIPPED + document, fingerprint)
        return _text_in(item) if item else None

    def settle(self, document: str, fingerprint: str, who: str, when: datetime) -> None:
        """Keep a decision for the edited text; of two the later one stays."""
        item = {"shipped": fingerprint, "who": who, "moment": when.isoformat()}
        values = {name: _write(value) for name, value in item.items()}
        self._table.call("put_item", Item={**_key(_SETTLED, document), **values})

    def settled(self) -> Mapping[str, str]:
        """Return the decisions, by document."""
        return {item["sk"]: str(item["shipped"]) for item in self._query(_SETTLED)}

    def versions(self, document: str) -> Sequence[Version]:
        """Return a document's published versions, newest first."""
        return [_version(document, item) for item in self._query(_VERSIONS + document, newest_first=True)]

    def version(self, document: str, number: int) -> Version | None:
        """Return one version."""
        item = self._for_good(_VERSIONS + document, _number(number))
        return _version(document, item) if item else None

    def read_ahead(self, versions: Mapping[str, int]) -> None:
        """Read these versions together and keep them; what cannot be kept is read when it is asked for."""
        keys = [(_VERSIONS + document, _number(number)) for document, number in versions.items() if number]
        unknown = [key for key in keys if self._kept.get(key) is None]
        for item in self._table.items([_key(*key) for key in unknown]):
            self._kept.put((item["pk"]["S"], item["sk"]["S"]), _plain(item))

    def add_version(self, version: Version) -> None:
        """Keep a version for good."""
        self._put(
            (_VERSIONS + version.document, _number(version.number)),
            {
                **_packed_text(version.text),
                "who": version.who,
                "moment": version.when.isoformat() if version.when else "",
                "why": version.why,
                "shipped": version.shipped,
            },
            0,
        )

    def releases(self, limit: int) -> Sequence[Release]:
        """Return the newest releases, newest first."""
        return [_release(item) for item in self._query(_RELEASES, newest_first=True, limit=limit)]

    def release(self, number: int) -> Release | None:
        """Return one release."""
        item = self._for_good(_RELEASES, _number(number))
        return _release(item) if item else None

    def add_release(self, release: Release) -> None:
        """Keep a release for good."""
        self._put(
            (_RELEASES, _number(release.number)),
            {
                **_packed(release.versions),
                "who": release.who,
                "moment": release.when.isoformat(),
                "why": release.why,
                "again": release.again,
                "package": release.package,
                "since": release.since,
            },
            0,
        )

    def change(self) -> RecipientChange | None:
        """Return the change of recipients that waits, if there is one."""
        item = self._get(*_CHANGE)
        return _change(item) if item else None

    def put_change(self, change: RecipientChange) -> None:
        """Save the change over the revision before it."""
        codes = {address: _code_item(code) for address, code in change.codes.items()}
        self._put(
            _CHANGE,
            {
                "text": change.text,
                "revision": change.revision,
                "proposed_by": change.proposed_by,
                "proposed_at": change.proposed_at.isoformat(),
                "why": change.why,
                "codes": codes,
                "confirmed": {address: when.isoformat() for address, when in change.confirmed.items()},
                "agreed_by": change.agreed_by,
                "agreed_at": change.agreed_at.isoformat() if change.agreed_at else "",
                "held_until": change.held_until.isoformat() if change.held_until else "",
                "proposers": {entry: list(names) for entry, names in change.proposers.items()},
                "agreements": {
                    entry: {"by": one.by, "at": one.at.isoformat(), "digest": one.digest}
                    for entry, one in change.agreements.items()
                },
                "operator_code": _code_item(change.operator_code) if change.operator_code else {},
            },
            change.revision - 1,
        )

    def drop_change(self, revision: int) -> None:
        """Delete the change, if it still is this revision."""
        self._delete(_CHANGE, revision)

    def _for_good(self, pk: str, sk: str) -> Mapping[str, Any] | None:
        """Return an item that is written once: it is read once by a process that has room for it."""
        item = self._kept.get((pk, sk))
        if item is None and (item := self._get(pk, sk)):
            self._kept.put((pk, sk), item)
        return item

    def _get(self, pk: str, sk: str) -> Mapping[str, Any] | None:
        answer = self._table.call("get_item", Key=_key(pk, sk), ConsistentRead=True)
        return _plain(answer["Item"]) if "Item" in answer else None

    def _query(self, pk: str, newest_first: bool = False, limit: int = 0) -> list[Mapping[str, Any]]:
        wanted: dict[str, Any] = {
            "KeyConditionExpression": "pk = :pk",
            "ExpressionAttributeValues": {":pk": _write(pk)},
            "ScanIndexForward": not newest_first,
            "ConsistentRead": True,
        }
        items: list[Mapping[str, Any]] = []
        start: dict[str, Any] = {}
        while True:
            if limit:
                wanted["Limit"] = limit - len(items)
            answer = self._table.call("query", **wanted, **start)
            items += [_plain(item) for item in answer["Items"]]
            if "LastEvaluatedKey" not in answer or (limit and len(items) >= limit):
                return items
            start = {"ExclusiveStartKey": answer["LastEvaluatedKey"]}

    def _put(self, key: tuple[str, str], values: Mapping[str, Any], replacing: int) -> None:
        mine = _write(new_mark())
        item = {**_key(*key), **{name: _write(value) for name, value in values.items()}, "written_by": mine}
        if replacing:
            condition: dict[str, Any] = {
                "ConditionExpression": "revision = :before",
                "ExpressionAttributeValues": {":before": _write(replacing)},
            }
        else:
            condition = {"ConditionExpression": "attribute_not_exists(pk)"}

        with _conflicts():
            self._table.write(
                "put_item", lambda item_there: item_there.get("written_by") == mine, Item=item, **condition
            )

    def _delete(self, key: tuple[str, str], revision: int) -> None:
        with _conflicts():
            self._table.remove(
                _key(*key),
                ConditionExpression="revision = :seen",
                ExpressionAttributeValues={":seen": _write(revision)},
            )


@contextmanager
def _conflicts() -> Iterator[None]:
    try:
        yield
    except ConditionFailed as error:
        raise StaleRecord("changed by somebody else") from error


def _key(pk: str, sk: str) -> dict[str, Any]:
    return {"pk": {"S": pk}, "sk": {"S": sk}}


def _number(number: int) -> str:
    """Return a number as a zero-padded sort key: a text that sorts like it."""
    return f"{number:08d}"


def _plain(item: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _read(value) for name, value in item.items()}


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def _draft_item(draft: Draft) -> dict[str, Any]:
    return {
        **_packed_text(draft.text),
        "revision": draft.revision,
        "base": draft.base,
        "who": draft.who,
        "moment": draft.when.isoformat(),
        "shipped": draft.shipped,
    }


def _thrown(item: Mapping[str, Any]) -> ThrownDraft:
    return ThrownDraft(item["sk"], _draft(item, item["document"]), item["by"], _moment(item["at"]))


def _draft(item: Mapping[str, Any], document: str = "") -> Draft:
    return Draft(
        document or item["sk"],
        _text_in(item),
        int(item["revision"]),
        int(item["base"]),
        item["who"],
        _moment(item["moment"]),
        item.get("shipped", ""),
    )


def _version(document: str, item: Mapping[str, Any]) -> Version:
    return Version(
        document,
        int(item["sk"]),
        _text_in(item),
        item["who"],
        _moment(item["moment"]) if item["moment"] else None,
        item["why"],
        item["shipped"],
    )


def _packed_text(text: str) -> dict[str, Any]:
    """Return a text as an item holds it: packed where it is one of many services."""
    written = text.encode("utf-8")
    return {"text": text} if len(written) <= LONGEST_TEXT else {"packed_text": zlib.compress(written)}


def _text_in(item: Mapping[str, Any]) -> str:
    if "packed_text" in item:
        return zlib.decompress(bytes(item["packed_text"])).decode("utf-8")
    return str(item["text"])


def _packed(versions: Mapping[str, int]) -> dict[str, Any]:
    """Return the versions of a release as an item holds them: packed where there are thousands of documents.

    An item holds 400 KB, which 5,000 places would fill.
    """
    if len(versions) <= _MOST_PLAIN:
        return {"versions": dict(versions)}
    return {"packed": zlib.compress(json.dumps(dict(versions)).encode("ascii"), 9)}


def _versions_in(item: Mapping[str, Any]) -> Mapping[str, Any]:
    if "packed" not in item:
        return dict(item["versions"])
    return dict(json.loads(zlib.decompress(bytes(item["packed"]))))


def _release(item: Mapping[str, Any]) -> Release:
    return Release(
        int(item["sk"]),
        {document: int(number) for document, number in _versions_in(item).items()},
        item["who"],
        _moment(item["moment"]),
        item["why"],
        int(item["again"]),
        item["package"],
        int(item.get("since", UNKNOWN)),
    )


def _change(item: Mapping[str, Any]) -> RecipientChange:
    # Before proposers were kept, one person could get round the agreement of two: such a one does not count.
    counts = "proposers" in item
    agreements = {
        entry: Agreement(one["by"], _moment(one["at"]), one["digest"])
        for entry, one in item.get("agreements", {}).items()
    }
    code = item.get("operator_code")
    return RecipientChange(
        item["text"],
        int(item["revision"]),
        item["proposed_by"],
        _moment(item["proposed_at"]),
        item["why"],
        {address: _code(code) for address, code in item["codes"].items()},
        {address: _moment(when) for address, when in item["confirmed"].items()},
        item["agreed_by"] if counts else "",
        _moment(item["agreed_at"]) if counts and item["agreed_at"] else None,
        _moment(item["held_until"]) if item.get("held_until") else None,
        {entry: tuple(names) for entry, names in item.get("proposers", {}).items()},
        agreements,
        _code(code) if code else None,
    )


def _code_item(code: AddressCode) -> dict[str, Any]:
    return {"digest": code.digest, "until": code.until.isoformat(), "tries": code.tries}


def _code(item: Mapping[str, Any]) -> AddressCode:
    return AddressCode(item["digest"], _moment(item["until"]), int(item["tries"]))
