"""Clients of AWS's SDK (boto3): short timeouts, few retries, deadlines for calls that visitors wait for."""

from __future__ import annotations

import json
import logging
import threading
import zlib
from collections.abc import Callable
from datetime import timedelta
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
ATTEMPTS = 2
# Of a client that a visitor waits for.
READ_SECONDS = 2.0
CALL_SECONDS = ATTEMPTS * (CONNECT_SECONDS + READ_SECONDS)
_CONNECTIONS = 32  # that are kept: a run on one machine answers many at once
_JSON_SERVICES = ("dynamodb", "secrets-manager")


class NoTimeLeft(BotoCoreError):  # type: ignore[misc]
    """The request's deadline leaves no time for this, or for another try."""

    fmt = "the request has no time left for this"


class Garbled(BotoCoreError):  # type: ignore[misc]
    """A response that the service never gives. Its connection is closed, and so are all that were idle."""

    fmt = "not a response of the service"


@cache
def client(service: str, attempts: int = ATTEMPTS, read_timeout: float = 3.0) -> Any:
    """Return this process's client for a service: 1 s connect timeout, `attempts` tries in all.

    No try begins that could outlast the request it is made for; the client raises NoTimeLeft then.
    """
    return _made(service, attempts, read_timeout, CONNECT_SECONDS + read_timeout)


@cache
def client_in_time(service: str) -> InTime:
    """Return this process's client for a service that a visitor waits for, its calls bounded by a deadline.

    1 s to connect, 2 s for a part of the response, two tries, and six seconds for all of a call or what the
    request has left, whichever is less.
    """
    return InTime(_made(service, ATTEMPTS, READ_SECONDS, 0.0), CALL_SECONDS)


class InTime:
    """A client whose every call ends by a deadline, however the other side hangs.

    The SDK's timeouts are for one address and one part of a response: a name that is looked up, further
    addresses, and a response that comes byte by byte have none. So a thread makes the call, and is left to
    itself when time is up: it begins no further try, and what it may have written is known by its key.
    """

    def __init__(self, sdk: Any, seconds: float) -> None:
        self._sdk = sdk
        self._seconds = seconds
        self.meta = sdk.meta

    def close(self) -> None:
        """Close the connections that are idle."""
        self._sdk.close()

    def __getattr__(self, operation: str) -> Callable[..., Any]:
        return partial(self._in_time, getattr(self._sdk, operation))

    def _in_time(self, call: Callable[..., Any], **arguments: Any) -> Any:
        seconds = min(self._seconds, THIS_REQUEST.left())
        outcomes: list[tuple[Any, BaseException | None]] = []

        def work() -> None:
            try:
                with THIS_REQUEST.counted(timedelta(seconds=seconds)):
                    outcomes.append((call(**arguments), None))
            except BaseException as error:
                outcomes.append((None, error))

        thread = threading.Thread(target=work, daemon=True)
        thread.start()
        thread.join(seconds)
        if not outcomes:
            raise NoTimeLeft
        response, error = outcomes[0]
        if error is not None:
            raise error
        return response


def _made(service: str, attempts: int, read_timeout: float, least: float) -> Any:
    """Make a client that begins no try with less than `least` seconds left, or none at all."""
    config = Config(
        connect_timeout=CONNECT_SECONDS,
        read_timeout=read_timeout,
        retries={"total_max_attempts": attempts, "mode": "standard"},
        account_id_endpoint_mode="disabled",
        max_pool_connections=_CONNECTIONS,
    )
    made = boto3.client(service, config=config)
    made.meta.events.register("before-send", partial(_only_in_time, least))
    for name in _JSON_SERVICES:
        made.meta.events.register(f"before-parse.{name}", partial(_only_json, made.close))
    return made


def _only_in_time(least: float, **_: Any) -> None:
    left = THIS_REQUEST.left()
    if left < least or left <= 0:
        raise NoTimeLeft


def _only_json(hang_up: Callable[[], None], response_dict: dict[str, Any], **_: Any) -> None:
    """Raise Garbled for what no JSON service of AWS gives as a success; empty an error of anybody else's.

    The SDK takes a page of HTML, half a response and "103 Early Hints" for a success without content, and
    looks at no checksum. After a hint, the next call on that connection would read this one's response.
    """
    status, body = response_dict["status_code"], response_dict["body"]
    try:
        content = json.loads(body)
    except ValueError:  # UnicodeDecodeError is one too
        content = None
    understood = isinstance(content, dict) and isinstance(content.get("__type", ""), str)
    checksum = str(response_dict["headers"].get("x-amz-crc32", ""))
    if status >= 300:
        response_dict["body"] = body if understood else b""  # or its text would be quoted in the error
    elif status != 200 or not understood or checksum not in ("", str(zlib.crc32(body))):
        hang_up()
        raise Garbled
