"""E-mail address validation: one rule for who signs in, for offices that get reports, and for pages.

SES sends to plain ASCII addresses only, so nothing else is taken.
"""

from __future__ import annotations

LONGEST = 254  # characters, what a mail server must be able to carry (RFC 5321)
# Where anybody may have an address (free mail): there a domain says nothing of who writes.
EVERYBODYS = frozenset([
    "126.com", "163.com", "aim.com", "alice.it", "arcor.de", "att.net", "bellsouth.net", "bigpond.com",
    "bk.ru", "bol.com.br", "btinternet.com", "centurylink.net", "charter.net", "comcast.net", "cox.net",
    "daum.net", "disroot.org", "duck.com", "earthlink.net", "fastmail.com", "fastmail.fm", "foxmail.com",
    "free.fr", "freenet.de", "frontier.com", "frontiernet.net", "gmail.com", "googlegroups.com",
    "googlemail.com", "groups.io", "hanmail.net", "hey.com", "hushmail.com", "inbox.lv", "inbox.ru",
    "interia.pl", "juno.com", "laposte.net", "libero.it", "list.ru", "mac.com", "mail.com", "mail.ru",
    "mailbox.org", "me.com", "nate.com", "naver.com", "netzero.net", "o2.pl", "onet.pl", "onmicrosoft.com",
    "optonline.net", "orange.fr", "passport.com", "pm.me", "posteo.de", "posteo.net", "prodigy.net",
    "prodigy.net.mx", "proton.me", "protonmail.ch", "protonmail.com", "qq.com", "rambler.ru",
    "rediffmail.com", "riseup.net", "roadrunner.com", "rocketmail.com", "rogers.com", "rr.com",
    "sapo.pt", "sbcglobal.net", "seznam.cz", "sfr.fr", "shaw.ca", "sina.cn", "sina.com", "sohu.com",
    "spectrum.net", "sympatico.ca", "t-online.de", "telus.net", "terra.com.br", "tuta.com", "tuta.io",
    "tutanota.com", "uol.com.br", "ukr.net", "verizon.net", "vk.com", "wanadoo.fr", "web.de",
    "windstream.net", "wp.pl", "ya.ru", "yeah.net", "zoho.com", "zohomail.com",
])  # fmt: skip
# And these under any ending: hotmail.de, yahoo.co.jp, icloud.com.cn.
_UNDER_ANY_ENDING = frozenset(
    ["aol", "gmx", "hotmail", "icloud", "live", "msn", "outlook", "yahoo", "yandex", "ymail"]
)
_IN_AN_ENDING = frozenset(["co", "com", "ne", "net", "or", "org"])  # "co.jp", "com.br"
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
    plain = domain.strip().casefold().removeprefix("*.").rstrip(".")
    name, _, ending = plain.partition(".")
    return plain in EVERYBODYS or (name in _UNDER_ANY_ENDING and _is_ending(ending))


def _is_ending(text: str) -> bool:
    """Say whether a text may be all of an ending under which names are sold: "de", "co.jp", "com.cn".

    Of "live.county.gov" the first label is no name of free mail.
    """
    first, dot, last = text.partition(".")
    return bool(text) and (not dot or (first in _IN_AN_ENDING and bool(last) and "." not in last))
