"""Padding, so that the length of a sealed report tells almost nothing about the report."""

from __future__ import annotations

_PREFIX = 4
SIZES = tuple(1024 * 2**power for power in range(9))  # 1 KiB to 256 KiB


def pad(content: bytes) -> bytes:
    """Pad `content`, behind its length, with zeros to the next of 1, 2, 4 ... 256 KiB.

    Raises ValueError when it does not fit in the largest.
    """
    needed = len(content) + _PREFIX
    for size in SIZES:
        if needed <= size:
            return len(content).to_bytes(_PREFIX, "big") + content + bytes(size - needed)
    raise ValueError(f"{len(content)} bytes do not fit in {SIZES[-1]}")


def unpad(padded: bytes) -> bytes:
    """Remove the padding: return what `pad` was given. Raises ValueError when this is not its output."""
    length = int.from_bytes(padded[:_PREFIX], "big")
    if len(padded) not in SIZES or length > len(padded) - _PREFIX:
        raise ValueError("this was not padded by us")
    return padded[_PREFIX : _PREFIX + length]
