"""Pagination of lists at the desk: a page at a time, filtered by words.

A link to another page carries a position and nothing that somebody typed: where words were typed, the other
pages are asked for by a form that sends them along in its body.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from chalicelib.desk.web.guard import AdminRequest
from chalicelib.desk.web.screens import number

ON_A_PAGE = 50
_MOST_LETTERS = 200

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Paged(Generic[Row]):
    """The rows of one page. `total` are all that were found, of `of` in the list; `words` is what was typed.

    `name` is the field that holds the page's number.
    """

    rows: Sequence[Row]
    page: int
    pages: int
    total: int
    of: int
    words: str = ""
    size: int = ON_A_PAGE
    name: str = "page"

    @property
    def first(self) -> int:
        """Return the number of the first row in the whole list, from 1; 0 where there is none."""
        return (self.page - 1) * self.size + 1 if self.rows else 0

    @property
    def last(self) -> int:
        """Return the number of the last row of this page."""
        return (self.page - 1) * self.size + len(self.rows)


def typed_words(request: AdminRequest) -> str:
    """Return the words that somebody looks for, with single spaces."""
    return " ".join(request.asked("words").split())[:_MOST_LETTERS]


def fits(words: str, text: str) -> bool:
    """Say whether a text has each of these words, in any order, capitals or not."""
    plain = text.casefold()
    return all(word in plain for word in words.casefold().split())


def paged(
    request: AdminRequest,
    rows: Sequence[Row],
    text_of: Callable[[Row], str] | None = None,
    size: int = ON_A_PAGE,
    name: str = "page",
) -> Paged[Row]:
    """Return the page that is asked for, of the rows whose text has the typed words.

    A number that there is no page of is the nearest there is.
    """
    words = typed_words(request) if text_of else ""
    found = [row for row in rows if fits(words, text_of(row))] if words and text_of else rows
    pages = max(1, -(-len(found) // size))
    page = min(pages, max(1, number(request.asked(name), 1)))
    on_page = found[(page - 1) * size : page * size]
    return Paged(on_page, page, pages, len(found), len(rows), words, size, name)
