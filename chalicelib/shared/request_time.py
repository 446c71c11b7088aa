"""Deadline of a request's calls, and what it has read: a request sees one state of what it asks for."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import TypeVar

_Read = TypeVar("_Read")


class RequestTime:
    """The deadline of the request that a thread works on. Outside of any, there is none."""

    def __init__(self, ticks: Callable[[], float] = time.monotonic) -> None:
        self._ticks = ticks
        self._here = threading.local()

    @contextmanager
    def counted(self, time_for_all: timedelta) -> Iterator[None]:
        """Set the deadline of this thread's calls, all together, from now on until this is left."""
        before = getattr(self._here, "end", None), getattr(self._here, "read", None)
        self._here.end, self._here.read = self._ticks() + time_for_all.total_seconds(), {}
        try:
            yield
        finally:
            self._here.end, self._here.read = before

    @contextmanager
    def stopped(self) -> Iterator[None]:
        """Stop the clock: what this thread does until this is left has no deadline, and costs no time."""
        end, began = getattr(self._here, "end", None), self._ticks()
        self._here.end = None
        try:
            yield
        finally:
            self._here.end = None if end is None else end + self._ticks() - began

    def once(self, name: Hashable, read: Callable[[], _Read]) -> _Read:
        """Return what `read` returns: it is called once a request for each name, and each time outside."""
        kept = getattr(self._here, "read", None)
        if kept is None:
            return read()
        if name not in kept:
            kept[name] = read()
        return kept[name]  # type: ignore[no-any-return]

    def forget(self, name: Hashable) -> None:
        """Let what this request has read be read again: it has changed it."""
        (getattr(self._here, "read", None) or {}).pop(name, None)

    def left(self) -> float:
        """Return the seconds until the deadline: 0 when it is over, infinitely many outside of a request."""
        end = getattr(self._here, "end", None)
        return float("inf") if end is None else max(0.0, end - self._ticks())


THIS_REQUEST = RequestTime()
