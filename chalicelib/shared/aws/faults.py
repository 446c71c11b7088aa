"""AWS error codes as errors of ours, idempotent conditional writes, responses proven to be the table's."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from secrets import token_hex
from typing import Any

from botocore.exceptions import BotoCoreError, HTTPClientError, ParamValidationError
from botocore.parsers import ResponseParserError

from chalicelib.shared.errors import StoreBusy, StoreUnavailable

BUSY = {
    "ProvisionedThroughputExceededException",
    "ThrottlingException",
    "RequestLimitExceeded",
    "TooManyRequestsException",
}
# A fault of ours in these is a bug, and must be seen as one.
_OURS = {"ValidationException", "SerializationException", "InvalidParameterException"}


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


# What must say in its response which table was used: the SDK takes any JSON with status 200, such as one of a
# machine between, for a success without content. Of UpdateItem moto does not say it.
_KEYS_IN_ONE = 100  # keys that BatchGetItem takes; 16 MB is the most that it returns
_NAMES_ITS_TABLE = ("put_item", "get_item", "delete_item", "query", "scan")


class Table:
    """One DynamoDB table's calls, with its error codes as errors of ours."""

    def __init__(self, client: Callable[[], Any], name: str, *key: str) -> None:
        self._client = client
        self._name = name
        self._key = key or ("pk",)

    def call(self, operation: str, **arguments: Any) -> Any:
        """Call an operation of the table. Raises ConditionFailed, StoreUnavailable or StoreBusy.

        A response that does not name the table counts as none: StoreUnavailable.
        """
        client = self._client()
        if proves := operation in _NAMES_ITS_TABLE:
            arguments["ReturnConsumedCapacity"] = "TOTAL"
        with store_faults():
            try:
                response = getattr(client, operation)(TableName=self._name, **arguments)
            except Exception as error:
                if code_of(error) == "ConditionalCheckFailedException":
                    refusal: Any = getattr(error, "response", {})
                    again = refusal.get("ResponseMetadata", {}).get("RetryAttempts", 0)
                    raise ConditionFailed(bool(again)) from error
                raise
        if proves and response.get("ConsumedCapacity", {}).get("TableName") != self._name:
            client.close()
            raise StoreUnavailable("not a response about this table")
        return response

    def items(self, keys: Sequence[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
        """Read items by their keys, a hundred in a call, as they are now, in no order.

        Those that are not there are left out, and so are those that DynamoDB had no capacity for just then.
        """
        client = self._client()
        for start in range(0, len(keys), _KEYS_IN_ONE):
            asked = {"Keys": list(keys[start : start + _KEYS_IN_ONE]), "ConsistentRead": True}
            with store_faults():
                response = client.batch_get_item(
                    RequestItems={self._name: asked}, ReturnConsumedCapacity="TOTAL"
                )
            if self._name not in (one.get("TableName") for one in response.get("ConsumedCapacity", ())):
                client.close()
                raise StoreUnavailable("not a response about this table")
            yield from response.get("Responses", {}).get(self._name, ())

    def partition(self, pk: str) -> Iterator[Mapping[str, Any]]:
        """Query one partition of a table with the keys pk and sk: each item as it is now, by its sort key."""
        more: dict[str, Any] = {}
        while True:
            response = self.call(
                "query",
                KeyConditionExpression="pk = :where",
                ExpressionAttributeValues={":where": {"S": pk}},
                ConsistentRead=True,
                **more,
            )
            yield from response["Items"]
            if not response.get("LastEvaluatedKey"):
                return
            more = {"ExclusiveStartKey": response["LastEvaluatedKey"]}

    def hang_up(self) -> None:
        """Close the idle connections: what comes on the next one is the response to what it is asked."""
        self._client().close()

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
    # A call that is wrong in itself is a bug of ours.
    kinds = (BotoCoreError, HTTPClientError, ResponseParserError)
    return isinstance(error, kinds) and not isinstance(error, ParamValidationError)
