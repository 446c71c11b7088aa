"""Linter of phone numbers in a page's words: whatever looks like one to call must be a contact's."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from functools import cache
from xml.etree.ElementTree import Element as Node

from chalicelib.directory.contacts import Contacts
from chalicelib.publishing.render.offered import offered_hosts, offered_numbers
from chalicelib.publishing.render.page_parts import Finding, Page, of_these_contacts

EMERGENCY = "911"
# What stands in one line with the words around it.
INLINE = frozenset(
    [
        "a",
        "abbr",
        "b",
        "bdi",
        "cite",
        "code",
        "em",
        "i",
        "kbd",
        "mark",
        "q",
        "s",
        "samp",
        "small",
        "span",
        "strong",
        "sub",
        "sup",
        "time",
        "u",
        "var",
        "wbr",
        "label",
    ]
)
_SPOKEN = (
    "aria-label",
    "aria-description",
    "aria-roledescription",
    "title",
    "alt",
    "placeholder",
    "label",
)
_DATE = re.compile(r"\b(?:19|20)\d\d-\d\d-\d\d\b")
_NUMBER = re.compile(
    r"(?<![\w.,])\+?\(?\d(?:[\s().\-\u2010-\u2015\u00b7/\u200e\u200f\u2066-\u2069]*\d){6,}(?!\d)"
)
_LETTERS = re.compile(
    r"(?<!\w)(?:1[-. ])?[2-9]\d\d[-. ](?=[A-Z0-9-]*[A-Z])[A-Z0-9]{3}[-. ]?[A-Z0-9]{4}(?!\w)"
)
_LETTERS_OR_DIGITS = re.compile(
    r"(?<!\w)(?:1[-. ]?)?(?:8(?:00|33|44|55|66|77|88)|900)[-. ]?(?=[\d.-]*[A-Z])"
    r"(?:[A-Z0-9][-.]?){6,11}[A-Z0-9](?!\w)"
)
# As numbers are grouped here, whatever stands between the groups.
_GROUPS = re.compile(r"(?<!\d)(?:\+?1[\W_]{0,3})?\d{3}[\W_]{1,12}\d{3}[\W_]{1,12}\d{4}(?!\d)")
_ABROAD = ("011", "00")  # dialled before the number of another country
_SITES = re.compile(r"(?:https?://|\bwww\.)[^\s/?#\u2068\u2069]+", re.IGNORECASE)
# What no number is written with; digits are 0 to 9 by then.
_OTHER_LETTERS = re.compile(r"[^\W\dA-Z_]+")
_DIGIT = re.compile("[0-9]")
_BUTTONS = ("submit", "button", "reset", "image")
_KEYPAD = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "22233344455566677778889999")


def said_numbers(page: Page) -> Iterator[Finding]:
    """Say which numbers stand in the words of a page and are no contact's."""
    known = _known(page.content.contacts) | _offered(page)
    words = _words(page.body)
    for text in dict.fromkeys([words, *_spoken(page.all)]):
        for said in _like_numbers(text):
            digits = national(digits_in(said.translate(_KEYPAD)))
            if _could_be_called(digits, said) and digits not in known:
                yield Finding(
                    f"“{' '.join(said.split())}” looks like a number to call, and is none of a contact.",
                    said.strip(),
                )
    names_sites = "://" in words or "www." in words.lower()
    for site in _SITES.findall(words) if names_sites else ():
        host = _host_said(site)
        if host not in page.content.site.hosts and host not in offered_hosts(page.content):
            yield Finding(
                f"“{short(site)}” is not on the site's list of hosts; add it to “site” first.", site
            )


def _words(node: Node) -> str:
    """Return the words of an element as they are read: what stands in one line is not torn apart."""
    if node.tag in ("script", "style"):
        return ""
    parts = [node.text or ""]
    for inner in node:
        if not isinstance(inner.tag, str):
            parts.append(inner.tail or "")
            continue
        edge = "" if inner.tag in INLINE else " \n|\n "
        parts += [edge, _words(inner), edge, inner.tail or ""]
    return "".join(parts)


@of_these_contacts
def _known(contacts: Contacts) -> frozenset[str]:
    """Return the numbers of all contacts, and 911."""
    numbers = [
        digits_in(channel.value)
        for contact in contacts
        for channel in contact.channels
        if channel.kind in ("call", "text", "tty")
    ]
    return frozenset([EMERGENCY, *map(national, numbers)])


def _offered(page: Page) -> frozenset[str]:
    """Return the numbers of the services of a page."""
    return frozenset(national(digits_in(value)) for value in offered_numbers(page.content))


def _could_be_called(digits: str, said: str) -> bool:
    """Say whether somebody would dial this: ten digits, seven as 555-0199, or what begins with a plus."""
    if said.lstrip().startswith("+"):
        return 7 <= len(digits) <= 15
    if digits.startswith(_ABROAD) and 10 < len(digits) < 18:
        return True
    if re.search("[A-Z]", said):  # whoever dials a word stops where the number is whole
        digits = national(digits[: 11 if digits.startswith("1") else 10])
    return len(digits) == 10 or (len(digits) == 7 and bool(re.fullmatch(r"\s*\d{3}\D+\d{4}\s*", said)))


def _spoken(elements: Sequence[Node]) -> Iterator[str]:
    """Return what is read out loud, shown by a field or a button, or could be shown by style."""
    for one in elements:
        for name, value in one.attrib.items():
            named = name in _SPOKEN or str(name).startswith(("aria-", "data-"))
            if named or (one.tag == "input" and name == "value" and one.get("type") in _BUTTONS):
                yield value


def _like_numbers(text: str) -> list[str]:
    plain = _near_digits(_DATE.sub(" ", western(text)))
    if not _DIGIT.search(plain):
        return []
    patterns = (_NUMBER, _GROUPS, _LETTERS, _LETTERS_OR_DIGITS)
    return list(dict.fromkeys(found for pattern in patterns for found in pattern.findall(plain)))


def _near_digits(text: str) -> str:
    """Return what stands around the digits of a text; each x is for words that no number reaches into.

    Most of a page is words, and looking at each of their letters for a number takes long.
    """
    first, *others = _OTHER_LETTERS.split(text)
    if not others:
        return first
    return "x".join([first, *(part for part in others[:-1] if _DIGIT.search(part)), others[-1]])


def _host_said(site: str) -> str:
    return site.lower().partition("//")[2].rstrip(".,;:)»”\"'") or site.lower().rstrip(".,;:)»”\"'")


def western(text: str) -> str:
    """Return a text with every digit as 0 to 9, and without what nobody sees between them."""
    return text if text.isascii() else text.translate(_western_digits())


class _Western(dict[int, int | str | None]):
    """A table for str.translate that grows with the letters that it meets."""

    def __missing__(self, code: int) -> int | str | None:
        letter = chr(code)
        value = None if letter.isascii() else unicodedata.digit(letter, None)
        unseen = unicodedata.category(letter) == "Cf"
        self[code] = None if unseen else code if value is None else str(value)
        return self[code]


@cache
def _western_digits() -> _Western:
    return _Western()


def digits_in(text: str) -> str:
    """Return the digits 0 to 9 of a text."""
    return "".join(letter for letter in text if "0" <= letter <= "9")


def national(digits: str) -> str:
    """Return a number without the 1 of this country before it."""
    return digits[1:] if len(digits) == 11 and digits.startswith("1") else digits


def short(text: str) -> str:
    """Return a text as a sentence quotes it."""
    return text if len(text) <= 80 else f"{text[:77]}…"
