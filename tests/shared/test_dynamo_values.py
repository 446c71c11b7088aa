"""DynamoDB's attribute values are serialized as AWS's SDK does it."""

from __future__ import annotations

from decimal import Decimal

import pytest
from boto3.dynamodb.types import TypeDeserializer, TypeSerializer
from hypothesis import given
from hypothesis import strategies as st

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
def test_what_is_written_is_what_the_sdk_writes(value: object) -> None:
    assert write(value) == TypeSerializer().serialize(value)


@given(values)
def test_what_is_read_is_what_the_sdk_reads_and_what_was_written(value: object) -> None:
    written = write(value)
    assert read(written) == TypeDeserializer().deserialize(written)
    assert read(written) == value


def test_a_number_is_read_as_a_decimal_and_bytes_as_bytes() -> None:
    assert isinstance(read({"N": "1"}), Decimal)
    assert type(read(TypeSerializer().serialize(b"\0"))) is bytes


@pytest.mark.parametrize("value", [None, 1.5, {1}, object()])
def test_what_we_never_store_is_not_written(value: object) -> None:
    with pytest.raises(TypeError):
        write(value)


def test_what_we_never_store_is_not_read() -> None:
    with pytest.raises(TypeError):
        read({"NULL": True})
