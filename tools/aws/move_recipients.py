"""`make deploy`'s last step: who gets reports becomes rows of the access table, and no inbox stays published.

    python -m tools.aws.move_recipients prod us-west-2

Can be done again at any time: what is there stays. A local run does the same when it starts.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from secrets import token_hex
from typing import Any

import boto3

from chalicelib.desk.adapters.dynamo_audit import DynamoAudit
from chalicelib.desk.audit import DONE
from chalicelib.desk.ports import AuditEntry
from chalicelib.directory.adapters.dynamo_recipients import DynamoRecipients
from chalicelib.directory.adapters.shipped_content import CONTENT
from chalicelib.publishing.adapters.dynamo_documents import DynamoDocuments
from chalicelib.publishing.adapters.s3_offices import S3Offices
from chalicelib.publishing.adapters.s3_released import S3Released
from chalicelib.publishing.adapters.s3_releases import S3Releases
from chalicelib.publishing.move_recipients import MOVED_BY, Moved, MoveRecipients

Clients = Callable[[str], Any]


def move(
    clients: Clients,
    tables: Mapping[str, str],
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
    shipped: str = "",
) -> Moved:
    """Move the recipients of a stage.

    `tables` names Access, Documents, the bucket Pages and, where it is to be logged, Audit.
    """
    dynamodb, s3 = (lambda: clients("dynamodb")), (lambda: clients("s3"))

    def log(lines: Sequence[str]) -> None:
        entry = AuditEntry(
            now(),
            MOVED_BY,
            "",
            "put in who gets reports",
            after="; ".join(lines),
            outcome=DONE,
            deed=token_hex(4),
        )
        if "Audit" in tables:
            DynamoAudit(dynamodb, tables["Audit"]).add(entry)

    return MoveRecipients(
        DynamoRecipients(dynamodb, tables["Access"]),
        DynamoDocuments(dynamodb, tables["Access"]),
        S3Offices(s3, tables["Pages"]),
        S3Released(s3, tables["Pages"]),
        DynamoDocuments(dynamodb, tables["Documents"]),
        S3Releases(s3, tables["Pages"]),
        shipped or (CONTENT / "recipients.json").read_text(encoding="utf-8"),
        now,
        log,
    )()


def main(arguments: Sequence[str]) -> int:
    """Move the recipients of a stage on AWS; return the exit code."""
    stage, region = arguments

    def clients(service: str) -> Any:
        return boto3.client(service, region_name=region)

    found = clients("cloudformation").describe_stack_resources(StackName=f"porchlight-{stage}")
    names = {one["LogicalResourceId"]: one["PhysicalResourceId"] for one in found["StackResources"]}
    moved = move(clients, names)
    print("Reports go to:")
    for entry in moved.entries:
        print(f"  {entry['name']}: {entry['email']}, second address {entry.get('fallback') or 'none'}")
    if moved.cleaned:
        print(f"Inboxes were taken out of {len(moved.cleaned)} releases that anybody could read.")
        clients("cloudfront").create_invalidation(
            DistributionId=names["Published"],
            InvalidationBatch={
                "Paths": {"Quantity": 1, "Items": ["/releases/*"]},
                "CallerReference": token_hex(8),
            },
        )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
