"""Symbol stripping of compiled libraries (ELF): the part that loading reads stays, debuggers' part goes.

A wheel brings its names of functions and lines of source along: of brotli's five megabytes that is four.
"""

from __future__ import annotations

import struct

_MAGIC = b"\x7fELF\x02\x01"  # 64 bits, little-endian: every machine that Lambda has
_HEADER = 64
_SECTIONS_AT = 40  # where the header says where the table of sections lies
_PROGRAM_AT = 32  # and the one of what is loaded
_SIZES_AT = 54  # of an entry and how many, for what is loaded; from 58 on for sections


class NotLoadable(ValueError):
    """A file that says it is a compiled library is cut off, or of another kind."""


def without_symbols(content: bytes) -> bytes:
    """Return a compiled library cut off behind all that is loaded; anything else as it is.

    The loader reads the program headers alone (System V ABI, "Program Loading"); the table of sections, which
    is for linkers and debuggers, lies behind them and is said to be empty. Raises NotLoadable.
    """
    if not content.startswith(_MAGIC):
        return content
    try:
        (table,) = struct.unpack_from("<Q", content, _PROGRAM_AT)
        size, count = struct.unpack_from("<HH", content, _SIZES_AT)
        ends = [_HEADER, table + size * count]
        for number in range(count):
            offset, _, _, length = struct.unpack_from("<4Q", content, table + number * size + 8)
            ends.append(offset + length)
    except struct.error as error:
        raise NotLoadable("a compiled library has no table of what is loaded") from error
    if not count or max(ends) > len(content):
        raise NotLoadable("a compiled library is cut off")
    left = bytearray(content[: max(ends)])
    struct.pack_into("<Q", left, _SECTIONS_AT, 0)
    struct.pack_into("<HHH", left, _SIZES_AT + 4, 0, 0, 0)
    return bytes(left)
