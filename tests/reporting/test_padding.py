"""Padding hides all of a length but its size class."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from chalicelib.reporting.padding import SIZES, pad, unpad


@given(st.binary(max_size=5000))
@example(bytes(1020))
@example(bytes(1021))
@example(bytes(SIZES[-1] - 4))
def test_what_was_padded_comes_back(content: bytes) -> None:
    padded = pad(content)
    assert unpad(padded) == content
    assert len(padded) in SIZES
    assert len(padded) < 2 * (len(content) + 4) or len(padded) == SIZES[0]


def test_sizes_double_from_one_to_128_kibibytes() -> None:
    assert list(SIZES) == [1024 * 2**power for power in range(9)]
    for size in SIZES:
        assert len(pad(bytes(size - 4))) == size
    for smaller, larger in pairwise(SIZES):
        assert len(pad(bytes(smaller - 3))) == larger


def test_what_fits_in_no_size_is_refused() -> None:
    with pytest.raises(ValueError, match="do not fit"):
        pad(bytes(SIZES[-1] - 3))


@pytest.mark.parametrize(
    "padded", [b"", bytes(1023), b"\xff" * 1024, (1021).to_bytes(4, "big") + bytes(1020)]
)
def test_what_was_not_padded_by_us_is_refused(padded: bytes) -> None:
    with pytest.raises(ValueError, match="not padded"):
        unpad(padded)
