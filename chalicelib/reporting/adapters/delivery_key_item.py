"""The public delivery key beside the reports, for who seals mail without a report and may read no secret.

It is {pk: "deliverykey", kid, public}. Whoever rotates the keys writes it, after the secret that reports are
sealed with.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from chalicelib.shared.aws.dynamo_values import read, write
from chalicelib.shared.aws.faults import Table
from chalicelib.shared.errors import SecretMissing

DELIVERY_KEY = "deliverykey"


class DeliveryKeyItem:
    """The current public delivery key (X25519), in the reports table."""

    def __init__(self, client: Callable[[], Any], table: str) -> None:
        self._call = Table(client, table).call

    def current(self) -> tuple[str, str]:
        """Return (kid, public key). Raises SecretMissing where nobody wrote it, or StoreUnavailable."""
        item = self._call("get_item", Key={"pk": write(DELIVERY_KEY)}, ConsistentRead=True).get("Item")
        if not item:
            raise SecretMissing("the public delivery key is not beside the reports: rotate the keys once")
        return str(read(item["kid"])), str(read(item["public"]))

    def put(self, kid: str, public: str) -> None:
        """Write which key is the current one."""
        item = {"pk": DELIVERY_KEY, "kid": kid, "public": public}
        self._call("put_item", Item={name: write(value) for name, value in item.items()})
