"""`make keys`: the delivery keys. List them, make a new one the current one, destroy an old one.

    make keys                              list
    make keys DO=rotate                    a new key; what was sealed before stays readable
    make keys DO=destroy KID=2026-11-4f3a  what was sealed to that key can never be read again

For the site on this machine, or for a stage: STAGE=prod. The current public key is in one secret, for the
function that seals. The private keys are in another, which only the delivering function may read; the stack's
secret of delivery keys says which it is. Secrets Manager deletes whole secrets only, and keeps some hundred
older versions of each: so whoever destroys a key moves the others to a new secret.
"""

from __future__ import annotations

import json
import os
import secrets
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.delivery.adapters.delivery_keys import KEPT_IN, DeliveryKeys, new_delivery_key
from chalicelib.delivery.adapters.hpke_opener import kid_of
from chalicelib.delivery.errors import SealBroken
from chalicelib.reporting.adapters.delivery_key_item import DeliveryKeyItem
from chalicelib.reporting.cases import DELIVERED
from chalicelib.shared.aws.secrets import JsonSecret
from chalicelib.shared.errors import PorchlightError
from tools.local.where import NoSite, Where, where

_LEAVING = "leaving"  # secrets that hold keys and must go, noted before they are made or left


class Refused(Exception):
    """A key must not be destroyed now; the text says why."""


class DeskKeys:
    """The delivery keys of one site."""

    def __init__(self, site: Where) -> None:
        self._site = site
        self._index = JsonSecret(site.secrets, site.desk_keys_secret)
        self._public = JsonSecret(site.secrets, site.reporter_secret)

    def kids(self) -> list[str]:
        """Return the ids of all keys, oldest first."""
        return sorted(self._private())

    def current(self) -> str:
        """Return the id of the key that reports are sealed to now, or nothing."""
        return str(self._public.content().get("desk_key", {}).get("kid", ""))

    def rotate(self, now: datetime) -> str:
        """Make a new key and seal to it from now on; return its id.

        The private key is stored first: nothing is ever sealed to a key that nobody has.
        """
        self._finish(self._index.content())
        key = new_delivery_key(now)
        keys = {**self._private(), key.kid: key.private}
        if name := self._index.content().get(KEPT_IN):
            self._index.beside(name).replace({"keys": keys})
        else:
            self._move(keys)
        reporter = dict(self._public.content())
        self._public.replace({**reporter, "desk_key": {"kid": key.kid, "public": key.public}})
        DeliveryKeyItem(self._site.dynamodb, self._site.reports_table).put(key.kid, key.public)
        return key.kid

    def destroy(self, kid: str, even_so: bool = False) -> None:
        """Destroy a private key, so that what was sealed to it is gone wherever copies of it lie.

        Raises Refused for the current key, and while reports are sealed to it that somebody has not got
        yet; with `even_so` those are given up.
        """
        self._finish(self._index.content())
        keys = self._private()
        if kid not in keys:
            raise Refused(f"there is no key {kid}")
        if kid == self.current():
            raise Refused(f"{kid} is the current key: rotate first")
        undelivered = self.sealed()[0][kid]
        if undelivered and not even_so:
            raise Refused(
                f"{undelivered} reports that somebody has not got yet are sealed to {kid};"
                " EVEN_SO=1 gives them up for good"
            )
        del keys[kid]
        self._move(keys)

    def sealed(self) -> tuple[Counter[str], Counter[str]]:
        """Count the stored reports by key: those that somebody has not got yet, and the others.

        What a writer added to a report counts as one: its words would be lost as well.
        """
        undelivered: Counter[str] = Counter()
        delivered: Counter[str] = Counter()
        for item in self._items():
            try:
                kid = kid_of(bytes(item["sealed"]["B"]))
            except SealBroken:
                kid = "(not sealed by us)"
            copies = [one["M"] for one in item["deliveries"]["L"]]
            there = all(copy["state"]["S"] == DELIVERED or "replied_at" in copy for copy in copies)
            (delivered if there else undelivered)[kid] += 1
        return undelivered, delivered

    def _items(self) -> Iterator[dict[str, Any]]:
        pages = (
            self._site.dynamodb()
            .get_paginator("scan")
            .paginate(
                TableName=self._site.reports_table,
                FilterExpression="begins_with(pk, :report)",
                ProjectionExpression="sealed, deliveries",
                ExpressionAttributeValues={":report": {"S": "report#"}},
            )
        )
        for page in pages:
            yield from page["Items"]

    def _private(self) -> dict[str, str]:
        return dict(DeliveryKeys(self._index).private_keys())

    def _move(self, keys: dict[str, str]) -> None:
        """Keep the keys in a new secret from now on, and destroy the one before with all its versions.

        Each secret is noted as leaving while it is not the one in force: whatever stops this in the middle,
        the next call finds what is left to destroy, and none is forgotten with a key in it.
        """
        before = dict(self._index.content())
        name = f"{self._site.holders}{secrets.token_hex(4)}"
        self._index.replace({**before, _LEAVING: name})
        self._site.secrets().create_secret(Name=name, SecretString=json.dumps({"keys": keys}))
        now = {KEPT_IN: name}
        if KEPT_IN in before:
            now[_LEAVING] = before[KEPT_IN]
        self._index.replace(now)
        self._finish(now)

    def _finish(self, content: Mapping[str, Any]) -> None:
        """Destroy what is noted as leaving.

        The index is handed in: read again a moment after it was written, it could still be the one before.
        """
        if leaving := content.get(_LEAVING):
            client = self._site.secrets()
            with suppress(client.exceptions.ResourceNotFoundException):  # noted, and then not made
                client.delete_secret(SecretId=leaving, ForceDeleteWithoutRecovery=True)
            self._index.replace({name: value for name, value in content.items() if name != _LEAVING})


def _list(keys: DeskKeys) -> None:
    undelivered, delivered = keys.sealed()
    current = keys.current()
    for kid in keys.kids():
        now = "  current" if kid == current else ""
        print(f"{kid}  {undelivered[kid]} undelivered reports, {delivered[kid]} delivered ones{now}")
    for kid in sorted((undelivered + delivered).keys() - set(keys.kids())):
        print(f"{kid}  destroyed; {undelivered[kid] + delivered[kid]} reports can never be read again")


def main(environ: Any = os.environ) -> int:
    """Do what DO says; return the exit code."""
    do, kid = environ.get("DO") or "list", environ.get("KID", "")
    try:
        keys = DeskKeys(where())
        acts: dict[str, Callable[[], None]] = {
            "list": partial(_list, keys),
            "rotate": lambda: print(f"{keys.rotate(datetime.now(UTC))} is the current key now"),
            "destroy": lambda: keys.destroy(kid, even_so=bool(environ.get("EVEN_SO"))),
        }
        if do not in acts:
            raise Refused(f"DO must be one of {', '.join(acts)}, and is {do!r}")
        acts[do]()
        if do == "destroy":
            print(f"{kid} is destroyed")
    except (NoSite, Refused, PorchlightError, BotoCoreError, ClientError) as error:
        print(f"{error}.", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
