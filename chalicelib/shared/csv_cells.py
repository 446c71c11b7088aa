"""Cells of CSV files (formula injection): whatever somebody typed, a spreadsheet takes it for no formula."""

from __future__ import annotations

import unicodedata

_FORMULA = ("=", "+", "-", "@", "\u2212")  # wide and small ones are read as these (NFKC)
_SPLITS = ("\t", "\r", "\n")
# What a spreadsheet may drop before a formula: spaces, and signs that nobody sees.
_BEFORE_A_FORMULA = " \t\r\n\v\f\u00a0\u200b\u200c\u200d\u200e\u200f\u2060\ufeff\u3000"


def reads_as_formula(text: str) -> bool:
    """Say whether a spreadsheet may take a cell for a formula, or for more than one cell."""
    begins = unicodedata.normalize("NFKC", text[:200]).lstrip(_BEFORE_A_FORMULA)
    return begins.startswith(_FORMULA) or text[:1] in _SPLITS


def csv_cell(text: str) -> str:
    """Return a text as a cell of a CSV file that a spreadsheet takes for no formula."""
    return f"'{text}" if text and reads_as_formula(text) else text
