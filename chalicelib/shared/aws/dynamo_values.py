"""DynamoDB's attribute values, serialized: {"S": "text"}, {"N": "1"}, and so on."""

from __future__ import annotations

from decimal import Decimal
from typing import Any


def write(value: Any) -> dict[str, Any]:
    """Serialize a text, number, truth, bytes, list or map of these for DynamoDB. Raises TypeError."""
    if isinstance(value, str):
        return {"S": value}
    if isinstance(value, bool):
        return {"BOOL": value}
    if isinstance(value, int | Decimal):
        return {"N": str(value)}
    if isinstance(value, bytes):
        return {"B": value}
    if isinstance(value, list | tuple):
        return {"L": [write(member) for member in value]}
    if isinstance(value, dict):
        return {"M": {name: write(member) for name, member in value.items()}}
    raise TypeError(f"DynamoDB is not given a {type(value).__name__}")


def read(written: dict[str, Any]) -> Any:
    """Deserialize what `write` was given: numbers as Decimal, tuples as lists. Raises TypeError."""
    ((kind, value),) = written.items()
    if kind in ("S", "BOOL"):
        return value
    if kind == "N":
        return Decimal(value)
    if kind == "B":
        return bytes(value)
    if kind == "L":
        return [read(member) for member in value]
    if kind == "M":
        return {name: read(member) for name, member in value.items()}
    raise TypeError(f"DynamoDB gave a {kind}")
