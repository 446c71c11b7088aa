"""`make keys`: the desk's keys. List them, make a new one the current one, destroy an old one.

    make keys                              list
    make keys DO=rotate                    a new key; what was sealed before stays readable
    make keys DO=destroy KID=2026-11-4f3a  what was sealed to that key can never be read again

For the site on this machine, or for a stage: STAGE=prod. The private keys are in one secret, which only the
delivering function may read; the current public key is in another, for the function that seals.
"""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.adapters.hpke_sealer import kid_of, new_desk_key
from chalicelib.adapters.secrets_manager import JsonSecret
from chalicelib.domain.deliveries import DELIVERED
from chalicelib.domain.errors import PorchlightError, SealBroken
from tools.where import NoSite, Where, where


class Refused(Exception):
    """A key must not be destroyed now; the text says why."""


class DeskKeys:
    """The desk's keys of one site."""

    def __init__(self, site: Where) -> None:
        self._site = site
        self._private = JsonSecret(site.secrets, site.desk_keys_secret)
        self._public = JsonSecret(site.secrets, site.reporter_secret)

    def kids(self) -> list[str]:
        """Return the ids of all keys, oldest first."""
        return sorted(self._private.content().get("keys", {}))

    def current(self) -> str:
        """Return the id of the key that reports are sealed to now, or nothing."""
        return str(self._public.content().get("desk_key", {}).get("kid", ""))

    def rotate(self, now: datetime) -> str:
        """Make a new key and seal to it from now on; return its id.

        The private key is stored first: nothing is ever sealed to a key that nobody has.
        """
        key = new_desk_key(now)
        desk = dict(self._private.content())
        self._private.replace({**desk, "keys": {**desk.get("keys", {}), key.kid: key.private}})
        reporter = dict(self._public.content())
        self._public.replace({**reporter, "desk_key": {"kid": key.kid, "public": key.public}})
        return key.kid

    def destroy(self, kid: str, even_so: bool = False) -> None:
        """Destroy a private key, so that what was sealed to it is gone wherever copies of it lie.

        Raises Refused for the current key, and while reports are sealed to it that somebody has not got
        yet; with `even_so` those are given up.
        """
        desk = dict(self._private.content())
        keys = dict(desk.get("keys", {}))
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
        self._private.replace({**desk, "keys": keys})
        self._forget_older_versions()

    def sealed(self) -> tuple[Counter[str], Counter[str]]:
        """Count the stored reports by key: those that somebody has not got yet, and the others."""
        undelivered: Counter[str] = Counter()
        delivered: Counter[str] = Counter()
        for item in self._items():
            try:
                kid = kid_of(bytes(item["sealed"]["B"]))
            except SealBroken:
                kid = "(not sealed by us)"
            states = [one["M"]["state"]["S"] for one in item["deliveries"]["L"]]
            there = all(state == DELIVERED for state in states)
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

    def _forget_older_versions(self) -> None:
        """Take the label off the version before, so that Secrets Manager drops it."""
        client, secret = self._site.secrets(), self._site.desk_keys_secret
        versions = client.describe_secret(SecretId=secret)["VersionIdsToStages"]
        for version, labels in versions.items():
            if "AWSPREVIOUS" in labels:
                client.update_secret_version_stage(
                    SecretId=secret, VersionStage="AWSPREVIOUS", RemoveFromVersionId=version
                )


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
