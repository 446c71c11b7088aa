"""States of stages as earlier releases left them (tests/upgrade/<release>), put into a stand-in for AWS."""

from __future__ import annotations

import base64
import json
import lzma
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from chalicelib.delivery.adapters import dynamo_wishes
from chalicelib.desk.adapters import dynamo_audit, dynamo_sign_ins, dynamo_standings
from chalicelib.publishing.adapters import dynamo_documents
from chalicelib.publishing.adapters.s3_releases import open_to_readers
from chalicelib.reporting.adapters import dynamo_reports
from chalicelib.settings import Settings
from chalicelib.shared.aws.sdk import client

KEPT = Path(__file__).resolve().parents[1] / "upgrade"
RELEASES = sorted(path.parent.name for path in KEPT.glob("*/state.json.xz"))
SENDER = "reports@porchlight.example"
_TABLES = {
    "reports": dynamo_reports.table_definition,
    "documents": dynamo_documents.table_definition,
    "door": dynamo_sign_ins.table_definition,
    "audit": dynamo_audit.table_definition,
}


@cache
def kept_state(release: str) -> Mapping[str, Any]:
    """Return what tools/upgrade/make_state.py wrote down of a release."""
    packed = (KEPT / release / "state.json.xz").read_bytes()
    state: Mapping[str, Any] = json.loads(lzma.decompress(packed))
    return state


def made_at(state: Mapping[str, Any]) -> datetime:
    """Return when the state was written down."""
    return datetime.fromisoformat(state["made_at"])


def items(state: Mapping[str, Any], table: str) -> list[dict[str, Any]]:
    """Return a table's items, as a client takes and gives them."""
    return [{name: _value(value) for name, value in item.items()} for item in state["tables"][table]]


def restore(state: Mapping[str, Any], base: str) -> Settings:
    """Put a state into moto, which answers at `base`; return the settings of functions that use it."""
    for definition in (
        dynamo_standings.table_definition("access"),
        dynamo_wishes.table_definition("wishes"),
        dynamo_sign_ins.table_definition("access-door"),
    ):
        client("dynamodb").create_table(**definition)  # made by the deploy of what came later
    for name, definition in _TABLES.items():
        client("dynamodb").create_table(**definition(name))
        put_items(state, name, name)
    for name, content in state["secrets"].items():
        client("secretsmanager").create_secret(Name=name, SecretString=content)
    client("s3").create_bucket(Bucket="pages", CreateBucketConfiguration={"LocationConstraint": "us-west-2"})
    client("s3").put_bucket_policy(Bucket="pages", Policy=open_to_readers("pages"))
    put_objects(state, "pages")
    client("sesv2").create_email_identity(EmailIdentity=SENDER)
    return Settings(
        stage="local",
        reports_table="reports",
        documents_table="documents",
        door_table="door",
        audit_table="audit",
        access_table="access",
        wishes_table="wishes",
        access_door_table="access-door",
        reporter_secret="reporter",
        desk_keys_secret="desk-keys",
        sender_address=SENDER,
        pages_bucket="pages",
        pages_url=f"{base}/pages",
    )


def put_items(state: Mapping[str, Any], kept: str, table: str) -> None:
    """Write a kept table's items into a table."""
    puts = [{"PutRequest": {"Item": item}} for item in items(state, kept)]
    for start in range(0, len(puts), 25):
        client("dynamodb").batch_write_item(RequestItems={table: puts[start : start + 25]})


def put_objects(state: Mapping[str, Any], bucket: str) -> None:
    """Write a kept bucket's objects into a bucket, without the pages."""
    for key, kept in state["bucket"].items():
        if not key.endswith(".json"):
            continue
        body = base64.b64decode(kept["body"])
        client("s3").put_object(
            Bucket=bucket, Key=key, Body=body, ContentType=kept["type"], CacheControl=kept["caching"]
        )


def _value(value: Any) -> Any:
    [(kind, content)] = value.items()
    if kind == "B":
        return {"B": base64.b64decode(content)}
    if kind == "M":
        return {"M": {name: _value(one) for name, one in content.items()}}
    return {"L": [_value(one) for one in content]} if kind == "L" else value
