"""Line of the audit log of a deed at the desk, with its copy in the function's own log.

Whoever does something for a person records it so: the guard for a button, a worker for what that began.
"""

from __future__ import annotations

from collections.abc import Callable

from chalicelib.desk.audit import plain_line
from chalicelib.desk.ports import AuditEntry, AuditLog
from chalicelib.directory.armor import without_private
from chalicelib.shared.clock import Clock


class RecordDeeds:
    """Appends lines. `tell` writes the copy, where the roles of our functions can change nothing."""

    def __init__(self, audit: AuditLog, clock: Clock, tell: Callable[[str], None]) -> None:
        self._audit = audit
        self._clock = clock
        self._tell = tell

    def __call__(self, who: str, role: str, did: str, /, **more: str) -> None:
        """Append a line about somebody; `more` are texts of an AuditEntry. Raises StoreUnavailable."""
        texts = {name: plain_line(without_private(text)) for name, text in more.items()}
        self._audit.add(AuditEntry(self._clock.now(), plain_line(who), role, did, **texts))
        about, outcome = texts.get("about", ""), texts.get("outcome", "")
        self._tell(f"desk: {plain_line(who)}, {role}: {did} {about}{f' ({outcome})' if outcome else ''}")
