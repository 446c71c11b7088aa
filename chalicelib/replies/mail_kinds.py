"""Kinds of mail (bounce, absence note, receipt, calendar and others): which of them are kept for a look."""

from __future__ import annotations

from chalicelib.replies.conversation import AUTOMATIC, ENCRYPTED, LIST, TNEF, UNREADABLE
from chalicelib.replies.parsed_mail import ParsedMail

# Not shown, and not thrown away: somebody may have written in them. All other kinds but HUMAN are only noted.
HELD_KINDS = frozenset({LIST, ENCRYPTED, TNEF, UNREADABLE})


def is_held(parsed: ParsedMail) -> bool:
    """Say whether a mail that is not HUMAN is to be kept for a look instead of noted.

    So is an automatic one that a program sent and a person may have written: help desks answer like that.
    """
    return parsed.kind in HELD_KINDS or (parsed.kind == AUTOMATIC and parsed.generated)
