"""Port of the HSDS API: which edition of the services is served now, and where its files lie."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from chalicelib.directory.hsds.edition import Edition


@dataclass(frozen=True, slots=True)
class Current:
    """What is served now. `file` returns one of its files; `away` is the address where they are published.

    An edition that shipped has no such address, a published one no files here.
    """

    edition: Edition
    file: Callable[[str], bytes]
    away: str = ""


class Editions(Protocol):
    """What gives the edition of this moment."""

    def current(self) -> Current:
        """Return what is served now."""
