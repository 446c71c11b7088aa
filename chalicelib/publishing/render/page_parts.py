"""Parsed page (HTML elements, gathered once) and findings, for the linters of a page."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import TypeVar
from xml.etree.ElementTree import Element

from chalicelib.directory.contacts import Contacts
from chalicelib.directory.content import Content
from chalicelib.publishing.documents import STOPS

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault of a page.

    `near` is a piece of text by which its place in a template can be found, or empty.
    """

    sentence: str
    near: str = ""
    weight: str = STOPS
    home: str = ""  # the template to mend when that piece is in none


class Page:
    """A page's elements, gathered once."""

    def __init__(self, tree: Element, locale: str, rest: str, content: Content) -> None:
        self.tree = tree
        self.locale = locale
        self.rest = rest
        self.content = content
        self.all = [one for one in tree.iter() if isinstance(one.tag, str)]
        self.body = next(one for one in self.all if one.tag == "body")
        self.links = [one for one in self.all if one.tag == "a"]
        self.parents = {inner: one for one in self.all for inner in one}
        self._veiled = {folded: self._out_of_sight(folded) for folded in (True, False)}
        # What a browser with scripts leaves out does not count as shown.
        self.hrefs = [one.get("href") or "" for one in self.links if not self.veiled(one)]

    def of(self, tag: str) -> list[Element]:
        """Return the elements of a tag."""
        return [one for one in self.all if one.tag == tag]

    def veiled(self, element: Element, folded: bool = True) -> bool:
        """Say whether an element is out of sight until the script shows it, or for those who have one.

        What is folded away counts as out of sight too, unless `folded` is False.
        """
        return element in self._veiled[folded]

    def _out_of_sight(self, folded: bool) -> set[Element]:
        veiled: set[Element] = set()
        for one in self.all:  # what an element stands in comes before it
            around = self.parents.get(one)
            closed = folded and around is not None and around.tag == "details" and around.get("open") is None
            if (
                one.tag == "noscript"
                or one.get("hidden") is not None
                or around in veiled
                or (closed and one.tag != "summary")
            ):
                veiled.add(one)
        return veiled

    def around(self, element: Element) -> list[Element]:
        """Return what an element stands in, nearest first."""
        found, one = [], self.parents.get(element)
        while one is not None:
            found.append(one)
            one = self.parents.get(one)
        return found

    def texts(self, tag: str) -> list[str]:
        """Return what the elements of a tag say."""
        return [text_of(one) for one in self.of(tag)]


def text_of(element: Element) -> str:
    """Return all words in an element, with single spaces."""
    return " ".join("".join(element.itertext()).split())


def of_these_contacts(reckoned: Callable[[Contacts], T]) -> Callable[[Contacts], T]:
    """Cache what is reckoned from all contacts for the last ones: a site has thousands, and so many pages."""
    last: list[tuple[Contacts, T]] = []

    @wraps(reckoned)
    def known(contacts: Contacts) -> T:
        if not last or last[0][0] is not contacts:
            last[:] = [(contacts, reckoned(contacts))]
        return last[0][1]

    return known
