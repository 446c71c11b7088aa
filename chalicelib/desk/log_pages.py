"""Pages of the audit log: so many deeds from a position on, and no more lines read than that takes."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from chalicelib.desk.audit import BEGUN, deeds
from chalicelib.desk.ports import AuditEntry, AuditLog

ON_A_PAGE = 50
MOST_READ = 1_000  # lines looked through for words, before somebody asks to look further back
_POSITION = frozenset("0123456789abcdef-:.TZ ")  # a moment and a number: nothing that somebody wrote


@dataclass(frozen=True, slots=True)
class LogPage:
    """The deeds of a page, newest first, and the position of the next one ("" at the end).

    `looked_back_to` is the moment of the last line that was read for words, if that is why the page ends.
    """

    entries: list[AuditEntry]
    rest: str
    looked_back_to: datetime | None = None


def is_position(text: str) -> bool:
    """Say whether a text can be a position in the log."""
    return len(text) <= 50 and _POSITION.issuperset(text)


def page_of(
    log: AuditLog, month: str, position: str = "", wanted: Callable[[AuditEntry], bool] | None = None
) -> LogPage:
    """Return a page of a month's deeds, of those that are wanted. Raises StoreUnavailable.

    A deed that was begun on this page and ended on an earlier one is shown there.
    """
    found: list[AuditEntry] = []
    last, read = "", 0
    for at, entry in log.lines(month, position):
        if len(found) == ON_A_PAGE:
            return LogPage(_of_deeds(log, month, position, found), last)
        last, read = at, read + 1
        if wanted is None or wanted(entry):
            found.append(entry)
        if read == MOST_READ:
            return LogPage(_of_deeds(log, month, position, found), last, entry.at)
    return LogPage(_of_deeds(log, month, position, found), "")


def _of_deeds(log: AuditLog, month: str, position: str, found: list[AuditEntry]) -> list[AuditEntry]:
    left = deeds(found)
    open_ = {entry.deed for entry in left if entry.outcome == BEGUN}
    ended = _ended(log, month, position, open_) if position and open_ else set()
    return [entry for entry in left if entry.outcome != BEGUN or entry.deed not in ended]


def _ended(log: AuditLog, month: str, position: str, open_: Collection[str]) -> set[str]:
    """Return which of these deeds ended in the lines that came after a position."""
    newer = islice(log.lines(month, position, newest_first=False), MOST_READ)
    ended: set[str] = set()
    for _, entry in newer:
        if entry.outcome != BEGUN and entry.deed in open_:
            ended.add(entry.deed)
            if len(ended) == len(open_):
                break
    return ended
