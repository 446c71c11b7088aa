"""Links that the response to a search is filled with: escaped names of areas, in place of a mark.

The page around them is rendered ahead. This is the only place where the page function joins strings of HTML,
and none of them is what somebody typed: names and paths come from the index of ZIPs.
"""

from __future__ import annotations

import binascii
import zlib

from chalicelib.pages.choose_page import AREAS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

# A character of Unicode's private use, as in pages/about.py, inside one item of a list.
CHOICES = "\ue013"
# The response with several areas to choose from, and the one with none: pages that have no address.
CHOOSE, UNKNOWN = "--choose", "--unknown"
_ESCAPED = (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ('"', "&quot;"), ("'", "&#39;"))
_GZIP = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\xff"  # the head of a gzip file, of no name and no time


class ChoicePage:
    """A packed page with a mark, taken apart once: what stands around the mark need not be packed again.

    To pack a page whole takes three times as long as all else that a request does.
    """

    def __init__(self, packed: str) -> None:
        """Take base64 of a page's gzip. Raises ValueError where it is none, or the page has not one mark."""
        before, after = zlib.decompress(binascii.a2b_base64(packed), 31).split(CHOICES.encode())
        self._head = _GZIP + _deflated(before, zlib.Z_FULL_FLUSH, -15, 8)
        self._checksum, self._size = zlib.crc32(before), len(before) + len(after)
        self._after, self._tail = after, _deflated(after, zlib.Z_FINISH, -15, 8)

    def fill(self, locale: str, choices: Iterable[tuple[str, str]]) -> str:
        """Return base64 of the gzip of the page with these links in it."""
        rows = links(locale, choices).encode()
        checksum = zlib.crc32(self._after, zlib.crc32(rows, self._checksum))
        ends = checksum.to_bytes(4, "little") + (self._size + len(rows)).to_bytes(4, "little")
        whole = b"".join((self._head, _deflated(rows, zlib.Z_FULL_FLUSH), self._tail, ends))
        return binascii.b2a_base64(whole, newline=False).decode("ascii")


def links(locale: str, choices: Iterable[tuple[str, str]]) -> str:
    """Return items of a list, a link for each (path, name): "ca/merced", "Merced County, California"."""
    language = "" if locale == "en" else ' lang="en"'  # names are as the post has them
    rows = (
        f'<a class="line" href="/{locale}/{AREAS}/{_escape(path)}/"><bdi{language}>{_escape(name)}</bdi></a>'
        for path, name in choices
    )
    return "</li>\n<li>".join(rows)


def _escape(text: str) -> str:
    """Escape a text as `html.escape` does, which takes a page function longer to load than to answer."""
    for sign, written in _ESCAPED:
        text = text.replace(sign, written)
    return text


def _deflated(content: bytes, end: int, window: int = -12, memory: int = 5) -> bytes:
    """Compress a piece that others may stand before and behind: it refers to nothing outside itself.

    To make room for the usual window takes ten times as long as to pack some rows in a small one.
    """
    packer = zlib.compressobj(9, zlib.DEFLATED, window, memory)
    return packer.compress(content) + packer.flush(end)
