"""Sealed mail that found no case, in the reports table, under keys that the desk's role cannot read."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from chalicelib.shared.aws.dynamo_values import write
from chalicelib.shared.aws.faults import Table

RAW_MISTYPED = "rawmistyped#"


class DynamoMistypedRaw:
    """The MistypedShelf on DynamoDB."""

    def __init__(self, client: Callable[[], Any], table: str) -> None:
        self._call = Table(client, table).call

    def keep(self, mail_id: str, sealed: bytes, keep_until: datetime) -> None:
        """Store one sealed mail, with a TTL."""
        item = {
            "pk": write(RAW_MISTYPED + mail_id),
            "sealed": write(sealed),
            "expires_at": write(int(keep_until.timestamp())),
        }
        self._call("put_item", Item=item)

    def drop(self, mail_id: str) -> None:
        """Delete one, if it is there."""
        self._call("delete_item", Key={"pk": write(RAW_MISTYPED + mail_id)})
