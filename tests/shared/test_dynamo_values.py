"""DynamoDB's attribute values: what the stores rely on in AWS's serializer, which is the only one."""

from __future__ import annotations

import ast
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import chalicelib
from chalicelib.shared.aws import dynamo_values
from chalicelib.shared.aws.dynamo_values import read, write

simple = st.one_of(
    st.text(),
    st.booleans(),
    st.integers(-(10**37), 10**37),
    st.decimals(allow_nan=False, allow_infinity=False, places=3, min_value=-(10**20), max_value=10**20),
    st.binary(),
)
values = st.recursive(simple, lambda some: st.lists(some) | st.dictionaries(st.text(), some))


@given(values)
def test_what_is_read_is_what_was_written(value: object) -> None:
    assert read(write(value)) == value


def test_a_number_is_read_as_a_decimal_and_a_tuple_as_a_list() -> None:
    assert isinstance(read(write(1)), Decimal)
    assert read(write((1, 2))) == [1, 2]
    assert bytes(read(write(b"\0\xff"))) == b"\0\xff"


@pytest.mark.parametrize("value", [1.5, object()])
def test_what_would_lose_something_is_not_written(value: object) -> None:
    with pytest.raises(TypeError):
        write(value)


def test_there_is_one_serializer_of_items() -> None:
    package = Path(chalicelib.__file__).parent
    users = {
        file
        for file in package.rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("boto3.dynamodb")
    }
    assert users == {Path(dynamo_values.__file__)}
