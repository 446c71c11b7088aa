"""Tables in files (CSV) as spreadsheets write them: whatever their encoding, delimiter and first lines."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence

from chalicelib.directory.hsds.columns import column_of
from chalicelib.directory.hsds.shapes import SHAPES
from chalicelib.shared.csv_cells import csv_cell, reads_as_formula

DELIMITERS = ",;\t|"
_FIRST_LINES = 12  # a title, a date and a logo's cell may stand above the names of columns
LONGEST_CELL = 100_000


# Of HSDS as several tables (tabular data package), none of which says all of a service.
OF_TABLES = (
    "HSDS as several tables is not read: bring HSDS JSON, or one flat sheet with Organization and Phone"
)
_OF_A_TABLE = {
    "organization_id", "service_id", "location_id", "program_id", "contact_id", "phone_id", "link_id",
    "resource_id", "service_at_location_id", "taxonomy_id", "parent_id", "character_set",
}  # fmt: skip


class NoTable(ValueError):
    """The file is no table that can be read; the text says why, and what to do."""


def decoded(data: bytes) -> str:
    """Return the text of a table: UTF-8 or UTF-16 with its mark, else what an older Excel writes."""
    if data[:4] == b"PK\x03\x04" or data[:4] == b"\xd0\xcf\x11\xe0":
        raise NoTable("it is a workbook or a packed file: save the sheet as CSV (UTF-8), and bring that file")
    is_wide = data[:2] in (b"\xff\xfe", b"\xfe\xff")
    for encoding in ("utf-16",) if is_wide else ("utf-8-sig", "cp1252"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" in text:
            break
        return text
    raise NoTable("it is no text: save the sheet as CSV (UTF-8)")


def rows_of(text: str) -> Iterator[tuple[int, list[str]]]:
    """Return the rows of a table with the numbers of their lines, from that with the names of columns on.

    Raises NoTable, naming the line.
    """
    first, _, rest = text.partition("\n")
    hint = first.strip().strip('"')
    if hint.lower().startswith("sep=") and len(hint) == 5:
        delimiter, text, skipped = hint[4], rest, 1
    else:
        delimiter, skipped = _delimiter(text), 0
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    titled = False
    number, line = 0, 1
    try:
        for number, row in enumerate(reader):
            at, line = line + skipped, reader.line_num + 1
            if not titled and (number >= _FIRST_LINES or is_head(row)):
                if number >= _FIRST_LINES:
                    break
                titled = True
                if _is_one_of_several(row):
                    raise NoTable(f"it is one of several tables; {OF_TABLES}")
            if titled:
                yield at, row
    except csv.Error as error:
        raise NoTable(
            f"line {line + skipped}: a quotation mark is missing, or one too many; or a cell is too long"
        ) from error
    if not titled:
        raise NoTable("it has no line with names of columns, such as Name, Organization, Phone, ZIP")


def is_head(row: Sequence[str]) -> bool:
    """Say whether a row has the names of columns: one that names a service, and one more."""
    known = {column_of(one) for one in row} - {""}
    return bool(known & {"name", "organization"}) and len(known) > 1


def _is_one_of_several(row: Sequence[str]) -> bool:
    """Say whether names of columns are those of one of HSDS's tables, and not of a row a service.

    Taken for such a sheet, a table of contacts would make services of people's names.
    """
    titles = {one.strip() for one in row} - {""}
    if "id" not in titles or "organization" in {column_of(one) for one in titles}:
        return False
    return bool(titles & _OF_A_TABLE) or any(titles <= shape.keys() for shape in SHAPES.values())


def cell(text: str) -> str:
    """Return what a cell means: without the signs by which a spreadsheet is told that it is a text."""
    if text.startswith('="') and text.endswith('"'):
        return text[2:-1]
    return text[1:] if _is_marked(text) else text


def safe_cell(text: str) -> str:
    """Return a text as a cell that no spreadsheet takes for a formula; `cell` gives the text back."""
    return f"'{text}" if _is_marked(text) else csv_cell(text)


def _is_marked(text: str) -> bool:
    """Say whether a cell begins with the apostrophe by which a spreadsheet knows a text."""
    return text.startswith("'") and (text[1:2] == "'" or (text[1:] != "" and reads_as_formula(text[1:])))


def _delimiter(text: str) -> str:
    """Return the sign between cells: that by which one of the first lines has the most names of columns."""
    best, most = ",", 0
    for one in DELIMITERS:
        for line in text.splitlines()[:_FIRST_LINES]:
            known = {column_of(title.strip().strip('"')) for title in line.split(one)} - {""}
            if len(known) > most:
                best, most = one, len(known)
    return best
