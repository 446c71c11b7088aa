"""Fences: the two lines in a mail between which all stands that a writer wrote.

Mail programs quote, wrap and indent them. What they must keep is a short run of marks around the case number,
at the beginning of a line: whoever reads a reply looks for that, in any language.
"""

from __future__ import annotations

MARK = "#####"
END_MARK = "====="


def top_fence(case_number: str, sentence: str) -> str:
    """Return the line above a report; `sentence` asks, in the mail's language, to write above it."""
    return f"{MARK} {case_number} {MARK} {sentence}"


def end_fence(case_number: str, sentence: str) -> str:
    """Return the line below a report."""
    return f"{MARK} {case_number} {END_MARK} {sentence}"
