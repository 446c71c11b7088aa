"""Reply addresses in the reports table, by the hash of their token: who steals the table has none to use.

An address is no proof of who writes to it: it stands in whatever was forwarded.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from chalicelib.replies.ports import ReplyAddress
from chalicelib.shared.aws.dynamo_values import read, write
from chalicelib.shared.aws.faults import Table

ADDRESS = "address#"


class DynamoReplyAddresses:
    """The ReplyAddressBook on DynamoDB."""

    def __init__(self, client: Callable[[], Any], table: str) -> None:
        self._call = Table(client, table).call

    def keep(self, token_hash: str, address: ReplyAddress, keep_until: datetime) -> None:
        """Store what a token leads to; the same again only lengthens its time."""
        item = {
            "pk": write(ADDRESS + token_hash),
            "recipient": write(address.recipient),
            "report_id": write(address.report_id),
            "batch": write(address.batch),
            "expires_at": write(int(keep_until.timestamp())),
        }
        self._call("put_item", Item=item)

    def find(self, token_hash: str) -> ReplyAddress | None:
        """Return what a token leads to, or None for a guess."""
        response = self._call("get_item", Key={"pk": write(ADDRESS + token_hash)}, ConsistentRead=True)
        if "Item" not in response:
            return None
        stored = {name: read(value) for name, value in response["Item"].items()}
        return ReplyAddress(stored["recipient"], stored["report_id"], stored["batch"])
