"""E-mail address validation: one rule for who signs in, for offices that get reports, and for pages.

SES sends to plain ASCII addresses only, so nothing else is taken.
"""

from __future__ import annotations

LONGEST = 254  # characters, what a mail server must be able to carry (RFC 5321)
_NEVER = frozenset(' \t,;:<>()[]"\\')


def is_address(text: str) -> bool:
    """Say whether a text can be an e-mail address: only a mail to it proves that it is one."""
    local, at, host = text.partition("@")
    plain = text.isascii() and text.isprintable() and not _NEVER & set(text)
    return bool(
        local and at and "." in host.strip(".") and "@" not in host and plain and len(text) <= LONGEST
    )


def plain_address(text: str) -> str:
    """Normalize an e-mail address, as we compare and keep it: without spaces around it, in small letters."""
    return text.strip().lower()
