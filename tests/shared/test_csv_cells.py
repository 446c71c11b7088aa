"""Cells of CSV files: whatever an editor called a place, a spreadsheet takes it for no formula."""

from __future__ import annotations

import csv
import io

import pytest

from chalicelib.shared.csv_cells import csv_cell

FORMULAS = ("=1+1", "+1", "-1", "@SUM(A1)", '=HYPERLINK("https://evil.example")')
BEFORE = ("", " ", "\t", "\r\n", "\u00a0", "\u200b", "\ufeff", "\u200e\u2060 ", "\u3000")


@pytest.mark.parametrize("before", BEFORE)
@pytest.mark.parametrize(
    "formula", [*FORMULAS, "\uff1d1", "\uff0b1", "\ufe631", "\u22121", "\ufe6bSUM", "\ufe661"]
)
def test_no_cell_is_a_formula(before: str, formula: str) -> None:
    cell = csv_cell(f"{before}{formula}")
    assert cell == f"'{before}{formula}"
    file = io.StringIO()
    csv.writer(file).writerow([cell, "b"])
    assert next(csv.reader(io.StringIO(file.getvalue(), newline=""))) == [cell, "b"]


@pytest.mark.parametrize("text", ["", "Los Banos", "10 to 14", "1-888", "a=b", "<5", "\u200b", "中", "0"])
def test_other_cells_are_as_they_are(text: str) -> None:
    assert csv_cell(text) == text


@pytest.mark.parametrize("text", ["\tTown", "\rTown", "\nTown"])
def test_a_cell_that_begins_with_a_new_column_or_line_is_marked(text: str) -> None:
    assert csv_cell(text) == f"'{text}"
