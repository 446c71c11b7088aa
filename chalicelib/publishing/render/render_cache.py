"""Cache of looks at a site and of page checks, by the digest of all that they were made of.

A publisher looks, and then publishes the same; an editor changes one sentence, and nine pages in ten stay as
they were. What was rendered and looked over once is neither rendered nor looked over again.
"""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Generic, TypeVar

TYPE_CHECKING = False
if TYPE_CHECKING:
    from chalicelib.publishing.ports import SiteLook

_LOOKS = 2  # the draft, and what was live before it
_ANSWERS = 2000  # of about 15 KB each
_PREVIEWS = 64  # of about 150 KB each

T = TypeVar("T")


class Lru(Generic[T]):
    """Thread-safe LRU cache of at most so many values."""

    def __init__(self, most: int) -> None:
        self._kept: OrderedDict[str, T] = OrderedDict()
        self._most = most
        self._lock = threading.Lock()

    def get(self, digest: str) -> T | None:
        """Return what was kept under this digest, if it is still there."""
        with self._lock:
            if digest in self._kept:
                self._kept.move_to_end(digest)
            return self._kept.get(digest)

    def keep(self, digest: str, value: T) -> None:
        """Keep a value, and drop the one that nobody asked for the longest."""
        with self._lock:
            self._kept[digest] = value
            self._kept.move_to_end(digest)
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)


class RenderCache:
    """Caches of one process: looks at whole sites, what a process answered about one page, and previews.

    Only whole answers belong in it: what was stopped for its time may do better the next time.
    """

    def __init__(self, looks: int = _LOOKS, answers: int = _ANSWERS, previews: int = _PREVIEWS) -> None:
        self.looks: Lru[SiteLook] = Lru(looks)
        self.answers: Lru[Mapping[str, Any]] = Lru(answers)
        self.previews: Lru[dict[str, Any]] = Lru(previews)


def digest_of_folder(folder: Path) -> str:
    """Return the digest of all files of a folder, names and bytes: in hex, 64 letters."""
    parts = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        parts.update(_framed(str(path.relative_to(folder)).encode("utf-8"), path.read_bytes()))
    return parts.hexdigest()


def digest_of(*parts: str) -> str:
    """Return the digest of these texts in this order: in hex, 64 letters."""
    return hashlib.sha256(_framed(*(part.encode("utf-8", "surrogatepass") for part in parts))).hexdigest()


def _framed(*parts: bytes) -> bytes:
    # With their lengths: "ab", "c" must not read as "a", "bc".
    return b"".join(len(part).to_bytes(8, "big") + part for part in parts)
