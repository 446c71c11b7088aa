"""gzip and base64 of pages, which is what API Gateway takes and any browser opens."""

from __future__ import annotations

import base64
import gzip


def pack(html: str, level: int = 6) -> str:
    """Return base64 of the gzip of a page; the same page always gives the same text."""
    return base64.b64encode(gzip.compress(html.encode("utf-8"), level, mtime=0)).decode("ascii")


def unpack(packed: str) -> str:
    """Decompress what `pack` returned: the page that it was given."""
    return gzip.decompress(base64.b64decode(packed)).decode("utf-8")
