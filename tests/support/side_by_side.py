"""Parallel running: `make test` starts pytest-xdist's workers, and each takes one file after the other.

A file that takes long says so (`pytestmark = pytest.mark.takes(seconds)`) and starts early, so that no
worker is left with it at the end. A test that measures time is marked `alone`: the other workers wait
meanwhile.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

BUILD = Path(__file__).resolve().parent.parent.parent / "build"


def in_order(items: list[pytest.Item]) -> list[pytest.Item]:
    """Return the tests, those of the longest files first; within a file all stay as they are."""
    return sorted(items, key=lambda item: -_seconds(item))


def _seconds(item: pytest.Item) -> float:
    takes = item.get_closest_marker("takes")
    return float(takes.args[0]) if takes else 0.0


@contextmanager
def turn(item: pytest.Item, room: str = "tests") -> Iterator[None]:
    """Wait until this test may run: beside others, or alone if it is marked so.

    Who waits to be alone holds the gate meanwhile: flock is not fair, and others would always be there.
    """
    if "PYTEST_XDIST_WORKER" not in os.environ:
        yield
        return
    alone = item.get_closest_marker("alone") is not None
    with ExitStack() as held:
        with _locked(f"{room}-gate", fcntl.LOCK_EX):
            held.enter_context(_locked(room, fcntl.LOCK_EX if alone else fcntl.LOCK_SH))
        yield


@contextmanager
def _locked(name: str, how: int) -> Iterator[None]:
    BUILD.mkdir(exist_ok=True)
    with (BUILD / f"{name}.lock").open("w") as file:
        fcntl.flock(file, how)
        try:
            yield
        finally:
            fcntl.flock(file, fcntl.LOCK_UN)  # closing is not enough where a child was forked meanwhile
