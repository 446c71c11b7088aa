"""Cache of items that never change, in a process: so many bytes at most, the one used longest ago goes."""

from __future__ import annotations

import sys
import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import Any

MOST_BYTES = 32 * 1024 * 1024  # 5,000 texts of places fit twice; the smallest function with it has 1,024 MB


class KeptItems:
    """Items by their key. Several threads may use it at once."""

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._most = most_bytes
        self._held = 0
        self._items: OrderedDict[tuple[str, str], tuple[Mapping[str, Any], int]] = OrderedDict()
        self._lock = threading.Lock()

    @property
    def held_bytes(self) -> int:
        """Return how many bytes all items take, about."""
        return self._held

    def get(self, key: tuple[str, str]) -> Mapping[str, Any] | None:
        """Return an item that is held."""
        with self._lock:
            if key not in self._items:
                return None
            self._items.move_to_end(key)
            return self._items[key][0]

    def put(self, key: tuple[str, str], item: Mapping[str, Any]) -> None:
        """Hold an item, and let go of others until there is room; one that is too large is not held."""
        size = size_of(item)
        with self._lock:
            if key in self._items or size > self._most:
                return
            self._items[key] = (item, size)
            self._held += size
            while self._held > self._most:
                self._held -= self._items.popitem(last=False)[1][1]


def size_of(value: Any) -> int:
    """Return about how many bytes a value takes in memory, with all that it holds."""
    size = sys.getsizeof(value)
    if isinstance(value, Mapping):
        return size + sum(size_of(name) + size_of(one) for name, one in value.items())
    if isinstance(value, Sequence) and not isinstance(value, (str, bytes)):
        return size + sum(map(size_of, value))
    return size
