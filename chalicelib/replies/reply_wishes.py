"""Commands of the desk ("wishes") about held replies: what may be shown, and what was on the screen."""

from __future__ import annotations

import hashlib
import json

from chalicelib.replies.conversation import AUTOMATIC, HELD, HUMAN, MAY_BE_SHOWN, ReplyNote


def may_be_shown(note: ReplyNote) -> bool:
    """Say whether the desk may let the writer read a reply although it is not proven who wrote it.

    One that a program sent is held without any doubt, too: a help desk's agent may have written it.
    """
    why = bool(note.doubts) if note.kind == HUMAN else note.kind == AUTOMATIC
    return note.state == HELD and why and {*note.doubts} <= MAY_BE_SHOWN


def may_be_thrown(note: ReplyNote) -> bool:
    """Say whether the desk may throw a reply away: what the writer does not see yet."""
    return note.state == HELD


def seen_of_note(note: ReplyNote) -> str:
    """Return a fingerprint of a reply's note as it is on the screen: what a wish about it is about."""
    seen = [
        note.id, note.recipient, note.at.isoformat(), note.kind, note.state, note.sender,
        [*note.verdicts], [*note.doubts], note.unproven,
    ]  # fmt: skip
    return hashlib.sha256(json.dumps(seen).encode()).hexdigest()[:32]
