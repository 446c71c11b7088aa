"""The official files of HSDS, and strict validators made of them, as their own checks are."""

from __future__ import annotations

import gzip
import json
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker

HERE = Path(__file__).parent / "official"
VERSIONS = ("3.0", "3.1")
EXAMPLES = HERE / "3.0" / "examples"


def example(name: str) -> Any:
    return json.loads((EXAMPLES / f"{name}.json").read_text(encoding="utf-8"))


def example_bytes(name: str) -> bytes:
    return (EXAMPLES / f"{name}.json").read_bytes()


def schema(version: str, name: str) -> Any:
    """Return a schema: a kind ("phone"), or a compiled one ("compiled/service")."""
    if not name.startswith("compiled/"):
        name = f"schema/{name}"
    path = HERE / version / f"{name}.json"
    if path.exists():
        return json.loads(path.read_text(encoding="utf-8"))
    return json.loads(gzip.decompress(path.with_suffix(".json.gz").read_bytes()))


@cache
def strict(version: str, name: str) -> Draft202012Validator:
    return Draft202012Validator(_closed(schema(version, name)), format_checker=FormatChecker())


def problems(name: str, record: Any) -> list[str]:
    """Return what both versions have against a record of a compiled kind."""
    return [
        f"{version} {error.json_path}: {error.message[:200]}"
        for version in VERSIONS
        for error in strict(version, f"compiled/{name}").iter_errors(record)
    ]


def _closed(value: Any) -> Any:
    if isinstance(value, dict):
        if isinstance(value.get("properties"), dict):
            value["additionalProperties"] = False
        for one in value.values():
            _closed(one)
    elif isinstance(value, list):
        for one in value:
            _closed(one)
    return value
