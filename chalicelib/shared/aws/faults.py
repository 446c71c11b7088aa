"""AWS error codes as errors of ours, and conditional writes made idempotent, whichever client makes them.

Nothing here loads the SDK: the reporter has none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from secrets import token_hex
from typing import Any

from chalicelib.shared.errors import StoreBusy, StoreUnavailable

BUSY = {
    "ProvisionedThroughputExceededException",
    "ThrottlingException",
    "RequestLimitExceeded",
    "TooManyRequestsException",
}
# What the SDK's standard mode tries again too. In some services a few of these are no throttling, so they are
# busy to nobody.
TRY_AGAIN = BUSY | {
    "BandwidthLimitExceeded",
    "EC2ThrottledException",
    "LimitExceededException",
    "PriorRequestNotComplete",
    "RequestThrottled",
    "RequestThrottledException",
    "RequestTimeout",
    "RequestTimeoutException",
    "SlowDown",
    "Throttling",
    "ThrottledException",
    "TransactionInProgressException",
    "status 429",  # one without a code
}
# A fault of ours in these is a bug, and must be seen as one.
_OURS = {"ValidationException", "SerializationException", "InvalidParameterException"}


class Refused(Exception):
    """An error response of AWS. `response` names its code as in the SDK's ClientError."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.response = {"Error": {"Code": code}}


class Unreachable(Exception):
    """No response of AWS, or none that can be read."""


class ConditionFailed(Exception):
    """DynamoDB refused a conditional write.

    `retried`: an earlier try of the same call had no response, and may have been done.
    """

    def __init__(self, retried: bool = False) -> None:
        super().__init__("a condition was not met")
        self.retried = retried


def new_mark() -> str:
    """Return an idempotency token for a write: its second try finds it in what its first one wrote."""
    return token_hex(8)


class Table:
    """One DynamoDB table's calls, with its error codes as errors of ours."""

    def __init__(self, client: Callable[[], Any], name: str, *key: str) -> None:
        self._client = client
        self._name = name
        self._key = key or ("pk",)

    def call(self, operation: str, **arguments: Any) -> Any:
        """Call an operation of the table. Raises ConditionFailed, StoreUnavailable or StoreBusy."""
        call = getattr(self._client(), operation)
        with store_faults():
            try:
                return call(TableName=self._name, **arguments)
            except Exception as error:
                if code_of(error) == "ConditionalCheckFailedException":
                    response: Any = getattr(error, "response", {})
                    again = response.get("ResponseMetadata", {}).get("RetryAttempts", 0)
                    raise ConditionFailed(bool(again)) from error
                raise

    def write(self, operation: str, is_mine: Callable[[Mapping[str, Any]], bool], **arguments: Any) -> Any:
        """Write conditionally and idempotently: a first try of ours whose response was lost is known.

        The client then tries once more, and finds what it wrote itself. `is_mine` says of an item whether
        this call wrote it; then the item is returned as "Item". Raises ConditionFailed when it was another.
        """
        key = {name: arguments.get("Item", arguments.get("Key", {}))[name] for name in self._key}
        try:
            return self.call(operation, **arguments)
        except ConditionFailed:
            # DynamoDB could say in its refusal what it found. IAM has no condition for that, and what a role
            # may read is not to be got round: so this asks.
            item = self.call("get_item", Key=key, ConsistentRead=True).get("Item")
            if not item or not is_mine(item):
                raise
            return {"Item": item}

    def remove(self, key: Mapping[str, Any], may_read: bool = True, **arguments: Any) -> Any:
        """Delete an item conditionally and idempotently: what a first try of ours deleted already is deleted.

        `may_read` is False for a function whose role reads no items. Raises ConditionFailed.
        """
        try:
            return self.call("delete_item", Key=key, **arguments)
        except ConditionFailed as error:
            if not error.retried:
                raise
            if may_read and self.call("get_item", Key=key, ConsistentRead=True).get("Item"):
                raise
            return {}


def code_of(error: Exception) -> str:
    """Return AWS's error code, "" when AWS did not respond with an error."""
    response = getattr(error, "response", None)
    return str(response.get("Error", {}).get("Code", "")) if isinstance(response, dict) else ""


@contextmanager
def store_faults() -> Iterator[None]:
    """Raise StoreUnavailable (or StoreBusy) for what a store's client raises when the store is away."""
    try:
        yield
    except Exception as error:
        code = code_of(error)
        if code in BUSY:
            raise StoreBusy(code) from error
        if code in _OURS:
            raise
        if code or _is_no_response(error):
            raise StoreUnavailable(code or type(error).__name__) from error
        raise


def _is_no_response(error: Exception) -> bool:
    # The SDK's errors by name, since to name their class would load the SDK. A call that is wrong in itself
    # is a bug of ours.
    kinds = {kind.__name__ for kind in type(error).__mro__}
    if "BotoCoreError" in kinds:
        return "ParamValidationError" not in kinds
    return isinstance(error, Unreachable)
