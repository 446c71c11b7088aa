"""DynamoDB's attribute values, serialized by AWS's SDK: {"S": "text"}, {"N": "1"}, and so on.

The one serializer of every store's items.
"""

from __future__ import annotations

from typing import Any

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer

_SERIALIZER, _DESERIALIZER = TypeSerializer(), TypeDeserializer()


def write(value: Any) -> dict[str, Any]:
    """Serialize a text, number, truth, bytes, list or map of these for DynamoDB. Raises TypeError."""
    written: dict[str, Any] = _SERIALIZER.serialize(value)
    return written


def read(written: dict[str, Any]) -> Any:
    """Deserialize what `write` was given: numbers as Decimal, bytes as the SDK's Binary, tuples as lists."""
    return _DESERIALIZER.deserialize(written)


def table_definition(name: str) -> dict[str, Any]:
    """Return CreateTable's arguments for a table with the keys pk and sk: for local runs and tests.

    The template says the same for AWS.
    """
    return {
        "TableName": name,
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [
            {"AttributeName": "pk", "AttributeType": "S"},
            {"AttributeName": "sk", "AttributeType": "S"},
        ],
        "KeySchema": [
            {"AttributeName": "pk", "KeyType": "HASH"},
            {"AttributeName": "sk", "KeyType": "RANGE"},
        ],
    }
