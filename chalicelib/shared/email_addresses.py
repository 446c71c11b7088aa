"""E-mail address validation: one rule for who signs in, for offices that get reports, and for pages.

SES sends to plain ASCII addresses only, so nothing else is taken.
"""

from __future__ import annotations

LONGEST = 254  # characters, what a mail server must be able to carry (RFC 5321)
# Where anybody may have an address (free mail): there a domain says nothing of who writes.
EVERYBODYS = frozenset([
    "aol.com", "att.net", "bellsouth.net", "comcast.net", "cox.net", "fastmail.com", "gmail.com",
    "gmx.com", "gmx.de", "gmx.net", "googlemail.com", "hotmail.com", "hushmail.com", "icloud.com",
    "live.com", "mac.com", "mail.com", "me.com", "msn.com", "outlook.com", "pm.me", "proton.me",
    "protonmail.com", "qq.com", "rocketmail.com", "sbcglobal.net", "tuta.com", "tutanota.com",
    "verizon.net", "web.de", "yahoo.com", "yahoo.com.mx", "yandex.com", "ymail.com", "zoho.com",
])  # fmt: skip
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


def is_everybodys(domain: str) -> bool:
    """Say whether anybody may have an address at a domain, or at one below it ("*.gmail.com")."""
    return domain.strip().casefold().removeprefix("*.") in EVERYBODYS
