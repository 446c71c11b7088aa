"""Lines of the audit log: what one may hold, and which of them belong to one deed."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

TYPE_CHECKING = False
if TYPE_CHECKING:
    from chalicelib.desk.ports import AuditEntry

BEGUN = "begun"  # nothing is known yet; where it stays the last word, the desk was stopped on its way
DONE = "done"
REFUSED = "refused"  # nothing was done, and `told` says why
FAILED = "failed"  # something of ours broke, or the store did not answer: it may have been done in part
OUTCOMES = (BEGUN, DONE, REFUSED, FAILED)

LONGEST = 500
_JOINERS = frozenset("\u200b\u200c\u200d")  # they have work to do inside words of Arabic, Punjabi and Khmer


def plain_line(text: str, longest: int = LONGEST) -> str:
    """Return a text sanitized, as one line of visible characters.

    No signs are left that turn or hide what stands beside them.
    """
    shown = "".join(sign for sign in " ".join(text.split()) if sign in _JOINERS or _shows(sign))
    line = " ".join(shown.split())
    return line if len(line) <= longest else f"{line[: longest - 1]}…"


def deeds(entries: Sequence[AuditEntry]) -> list[AuditEntry]:
    """Return one line for each deed, in the order they stand in: what came of it, where that is known."""
    ended = {entry.deed for entry in entries if entry.deed and entry.outcome != BEGUN}
    return [entry for entry in entries if entry.outcome != BEGUN or entry.deed not in ended]


def _shows(character: str) -> bool:
    return unicodedata.category(character) not in ("Cc", "Cf", "Cs", "Co", "Cn")
