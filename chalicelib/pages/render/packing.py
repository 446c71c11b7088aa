"""Pages as they travel: base64 of gzip, which is what API Gateway takes and any browser opens."""

from __future__ import annotations

import base64
import gzip


def pack(html: str, level: int = 6) -> str:
    """Return base64 of the gzip of a page; the same page always gives the same text."""
    return base64.b64encode(gzip.compress(html.encode("utf-8"), level, mtime=0)).decode("ascii")


def unpack(packed: str) -> str:
    """Return the page that `pack` was given."""
    return gzip.decompress(base64.b64decode(packed)).decode("utf-8")
