"""gzip or brotli, and base64, of pages: what API Gateway takes, and what browsers open."""

from __future__ import annotations

import base64
import gzip

# Qualities of brotli: a package is built once; a publish packs 30,000 pages for 3,000 towns, in two fifths of
# the time for a fortieth more bytes (decision 106).
BUILT, PUBLISHED = 11, 10


def pack(html: str, level: int = 6) -> str:
    """Return base64 of the gzip of a page; the same page always gives the same text."""
    return base64.b64encode(gzip.compress(html.encode("utf-8"), level, mtime=0)).decode("ascii")


def pack_brotli(html: str, quality: int = BUILT) -> str:
    """Return base64 of the brotli of a page, for pages that lie ready: a fifth less than gzip, and slow."""
    import brotli  # none of the functions that answer visitors loads it

    # A window of 64 KiB is more than any page has, and spares the memory of a larger one.
    content = brotli.compress(html.encode("utf-8"), mode=brotli.MODE_TEXT, quality=quality, lgwin=16)
    return base64.b64encode(content).decode("ascii")


def unpack_brotli(packed: str) -> str:
    """Decompress what `pack_brotli` returned. Raises ValueError when it is not that."""
    import brotli

    try:
        return str(brotli.decompress(base64.b64decode(packed, validate=True)), "utf-8")
    except brotli.error as error:
        raise ValueError("this is no brotli") from error


def unpack(packed: str) -> str:
    """Decompress what `pack` returned: the page that it was given."""
    return gzip.decompress(base64.b64decode(packed)).decode("utf-8")
