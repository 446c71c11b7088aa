"""View of a page that is read and changed: its rows, with each thing a link to its field.

The desk draws it from words alone. An address is made here, of what the desk itself has under a mark.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from urllib.parse import urlencode

from chalicelib.desk.people import PUBLISHER, Person
from chalicelib.publishing.page_blocks import HEADINGS, LABEL, TITLE
from chalicelib.publishing.page_marks import Mark
from chalicelib.publishing.preview import ReadingPage
from chalicelib.publishing.side_by_side import Piece
from chalicelib.publishing.web.spots import Spot
from chalicelib.publishing.where_changed import Field, WhereChanged
from chalicelib.shared.locales import DEFAULT

_ABOUT = {TITLE: "Title of the page", LABEL: "Not seen here: read aloud, or shown when something happens"}


@dataclass(frozen=True, slots=True)
class Link:
    """Words of one thing: where they are changed, if anywhere, and a name by which one comes back to them."""

    pieces: Sequence[Piece]
    href: str = ""
    anchor: str = ""


@dataclass(frozen=True, slots=True)
class DrawnRow:
    """A row: `level` is 1 to 6 for a heading, else 0; `number` that of a difference, else 0.

    `about` says what words are that do not stand on the page themselves.
    """

    level: int
    draft: Sequence[Link]
    live: Sequence[Piece]
    number: int
    about: str = ""


def drawn(reading: ReadingPage, name: str, who: Person) -> list[DrawnRow]:
    """Return the rows of a page, by its name with the language. A recipient's form is a publisher's."""
    seen: set[str] = set()
    return [
        DrawnRow(
            HEADINGS.index(row.kind) + 1 if row.kind in HEADINGS else 0,
            [
                _link(mark, list(found), reading.where, name, seen, who)
                for mark, found in groupby(row.draft, _mark)
            ],
            row.live,
            row.number,
            _ABOUT.get(row.kind, ""),
        )
        for row in reading.rows
    ]


def _mark(piece: Piece) -> Mark | None:
    return piece.mark


def _link(
    mark: Mark | None, pieces: Sequence[Piece], where: WhereChanged, name: str, seen: set[str], who: Person
) -> Link:
    locale = name.partition("/")[0]
    field = where.field_of(mark, locale) if mark else None
    if mark is None or field is None:
        return Link(pieces)
    key = f"{mark.kind}{mark.key}"
    anchor = "" if key in seen else key
    seen.add(key)
    return Link(pieces, _href(field, locale, Spot(name, key), who), anchor)


def _href(field: Field, locale: str, spot: Spot, who: Person) -> str:
    if field.recipient:
        if not who.may(PUBLISHER):
            return "/admin/recipients"
        return f"/admin/recipient?{urlencode({'r': field.recipient})}{spot.query}#{field.field}"
    if field.contact:
        return f"/admin/contact?{urlencode({'c': field.contact})}{spot.query}#{field.field}"
    language = {"l": locale} if locale != DEFAULT else {}
    return f"/admin/sentence?{urlencode({'k': field.key, **language})}{spot.query}"
