"""AWS's faults in our words, whichever client met them: the SDK's, or the reporter's own.

Nothing here loads the SDK: the reporter has none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from chalicelib.domain.errors import StoreBusy, StoreUnavailable

BUSY = {
    "ProvisionedThroughputExceededException",
    "ThrottlingException",
    "RequestLimitExceeded",
    "TooManyRequestsException",
}
# A fault of ours in these is a bug, and must be seen as one.
_OURS = {"ValidationException", "SerializationException", "InvalidParameterException"}


class Refused(Exception):
    """AWS answered with an error. `response` names it as in the SDK's ClientError."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.response = {"Error": {"Code": code}}


class Unreachable(Exception):
    """AWS did not answer, or not in a way that can be read."""


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
            except Exception as error:
                if code_of(error) == "ConditionalCheckFailedException":
                    raise ConditionFailed from error
                raise


def code_of(error: Exception) -> str:
    """Return AWS's name for what went wrong, "" when AWS did not answer with an error."""
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
        if code or _is_no_answer(error):
            raise StoreUnavailable(code or type(error).__name__) from error
        raise


def _is_no_answer(error: Exception) -> bool:
    # The SDK's errors by name, since to name their class would load the SDK. A call that is wrong in itself
    # is a bug of ours.
    kinds = {kind.__name__ for kind in type(error).__mro__}
    if "BotoCoreError" in kinds:
        return "ParamValidationError" not in kinds
    return isinstance(error, Unreachable)
