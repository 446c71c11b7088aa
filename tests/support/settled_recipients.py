"""The access table as a deploy leaves it: the recipients that ship, as its first rows."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict
from datetime import UTC, datetime

from chalicelib.desk.adapters.dynamo_standings import table_definition
from chalicelib.directory.adapters.dynamo_recipients import DynamoRecipients
from chalicelib.directory.adapters.shipped_content import CONTENT
from chalicelib.directory.recipient_rows import RecipientRow
from chalicelib.directory.recipients import Recipient
from chalicelib.shared.aws.sdk import client

ACCESS = "access"


def make_access_table(name: str = ACCESS) -> str:
    """Make the table, with who gets reports in it; return its name."""
    client("dynamodb").create_table(**table_definition(name))
    rows = DynamoRecipients(lambda: client("dynamodb"), name)
    for number, entry in enumerate(json.loads((CONTENT / "recipients.json").read_text(encoding="utf-8"))):
        rows.put(RecipientRow(entry["id"], entry, f"0-{number}"))
    rows.mark_moved(datetime.now(UTC), "the deploy")
    return name


def put_offices(table: str, offices: Iterable[Recipient]) -> None:
    """Write these offices into an access table, over those of their ids."""
    rows = DynamoRecipients(lambda: client("dynamodb"), table)
    known = {row.id: row.version for row in rows.rows()}
    for office in offices:
        agreed_on = office.agreed_on.isoformat() if office.agreed_on else None
        entry = {**asdict(office), "agreed_on": agreed_on}
        rows.put(RecipientRow(office.id, entry, "9", known.get(office.id, 0) + 1))
