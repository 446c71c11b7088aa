"""How every client of AWS's SDK is made: short waits and few tries."""

from __future__ import annotations

import logging
from functools import cache
from typing import Any

import boto3
from botocore.config import Config

# At DEBUG these write every request and answer down: mails, secrets, all. Lambda's log level is one click
# away from that, so they are kept from it here, whatever the level of the rest.
for _talkative in ("boto3", "botocore", "s3transfer", "urllib3"):
    logging.getLogger(_talkative).setLevel(logging.WARNING)


@cache
def client(service: str, attempts: int = 2, read_timeout: float = 3.0) -> Any:
    """Return this process's client for a service: 1 s to connect, `attempts` tries in all."""
    config = Config(
        connect_timeout=1.0,
        read_timeout=read_timeout,
        retries={"total_max_attempts": attempts, "mode": "standard"},
        account_id_endpoint_mode="disabled",
    )
    return boto3.client(service, config=config)
