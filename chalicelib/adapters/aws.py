"""How every AWS client of ours is made: short waits, few tries, and AWS's faults in our words."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError

from chalicelib.domain.errors import StoreBusy, StoreUnavailable

_BUSY = {
    "ProvisionedThroughputExceededException",
    "ThrottlingException",
    "RequestLimitExceeded",
    "TooManyRequestsException",
}
# At DEBUG these write every request and answer down: mails, secrets, all. Lambda's log level is one click
# away from that, so they are kept from it here, whatever the level of the rest.
for _talkative in ("boto3", "botocore", "s3transfer", "urllib3"):
    logging.getLogger(_talkative).setLevel(logging.WARNING)

# A fault of ours in these is a bug, and must be seen as one.
_OURS = {"ValidationException", "SerializationException", "InvalidParameterException"}


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


def code_of(error: ClientError) -> str:
    """Return AWS's name for what went wrong."""
    return str(error.response.get("Error", {}).get("Code", ""))


class ConditionFailed(Exception):
    """DynamoDB refused a conditional write."""


class Table:
    """One DynamoDB table's calls, with what goes wrong in our words."""

    def __init__(self, client: Callable[[], Any], name: str) -> None:
        self._client = client
        self._name = name

    def call(self, operation: str, **arguments: Any) -> Any:
        """Call an operation of the table. Raises ConditionFailed, StoreUnavailable or StoreBusy."""
        call = getattr(self._client(), operation)
        with store_faults():
            try:
                return call(TableName=self._name, **arguments)
            except ClientError as error:
                if code_of(error) == "ConditionalCheckFailedException":
                    raise ConditionFailed from error
                raise


@contextmanager
def store_faults() -> Iterator[None]:
    """Raise StoreUnavailable (or StoreBusy) for what a store's client raises when the store is away."""
    try:
        yield
    except ClientError as error:
        code = code_of(error)
        if code in _BUSY:
            raise StoreBusy(code) from error
        if code in _OURS:
            raise
        raise StoreUnavailable(code) from error
    except ParamValidationError:
        raise  # as above
    except BotoCoreError as error:
        raise StoreUnavailable(type(error).__name__) from error
