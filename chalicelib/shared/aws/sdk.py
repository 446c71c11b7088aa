"""Clients of AWS's SDK (boto3), all with short timeouts and few retries."""

from __future__ import annotations

import logging
from functools import cache, partial
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError

from chalicelib.shared.request_time import THIS_REQUEST

# At DEBUG these write every request and response down: mails, secrets, all. Lambda's log level is one click
# away from that, so they are kept from it here, whatever the level of the rest.
for _talkative in ("boto3", "botocore", "s3transfer", "urllib3"):
    logging.getLogger(_talkative).setLevel(logging.WARNING)


CONNECT_SECONDS = 1.0


class NoTimeLeft(BotoCoreError):  # type: ignore[misc]
    """The request's deadline leaves no time for another try."""

    fmt = "the request has no time left for this"


@cache
def client(service: str, attempts: int = 2, read_timeout: float = 3.0) -> Any:
    """Return this process's client for a service: 1 s connect timeout, `attempts` tries in all.

    No try begins that could outlast the request it is made for; the client raises NoTimeLeft then.
    """
    config = Config(
        connect_timeout=CONNECT_SECONDS,
        read_timeout=read_timeout,
        retries={"total_max_attempts": attempts, "mode": "standard"},
        account_id_endpoint_mode="disabled",
    )
    made = boto3.client(service, config=config)
    made.meta.events.register("before-send", partial(_only_in_time, CONNECT_SECONDS + read_timeout))
    return made


def _only_in_time(takes: float, **_: Any) -> None:
    if THIS_REQUEST.left() < takes:
        raise NoTimeLeft
