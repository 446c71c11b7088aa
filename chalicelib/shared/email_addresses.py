"""E-mail address validation: one rule for who signs in, for offices that get reports, and for pages.

SES sends to plain ASCII addresses only, so nothing else is taken.
"""

from __future__ import annotations

LONGEST = 254  # characters, what a mail server must be able to carry (RFC 5321)
# Where anybody may have an address (free mail): there a domain says nothing of who writes.
EVERYBODYS = frozenset([
    "126.com", "163.com", "aol.com", "att.net", "bellsouth.net", "bol.com.br", "charter.net", "comcast.net",
    "cox.net", "daum.net", "duck.com", "earthlink.net", "fastmail.com", "foxmail.com", "free.fr",
    "gmail.com", "gmx.com", "gmx.de", "gmx.net", "googlemail.com", "hey.com", "hotmail.co.uk",
    "hotmail.com", "hotmail.com.br", "hotmail.com.mx", "hotmail.es", "hotmail.fr", "hushmail.com",
    "icloud.com", "laposte.net", "libero.it", "live.co.uk", "live.com", "mac.com", "mail.com", "mail.ru",
    "me.com", "msn.com", "naver.com", "onmicrosoft.com", "orange.fr", "outlook.com", "outlook.com.br",
    "outlook.es", "pm.me", "proton.me", "protonmail.com", "qq.com", "rediffmail.com", "rocketmail.com",
    "sbcglobal.net", "sina.com", "t-online.de", "terra.com.br", "tuta.com", "tuta.io", "tutanota.com",
    "uol.com.br", "verizon.net", "web.de", "yahoo.co.in", "yahoo.co.uk", "yahoo.com", "yahoo.com.br",
    "yahoo.com.mx", "yahoo.com.ph", "yahoo.es", "yahoo.fr", "yandex.com", "yandex.ru", "ymail.com",
    "zoho.com", "zohomail.com",
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
