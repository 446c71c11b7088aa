"""A mail program that joins lines: "remove extra line breaks" in plain text, on by default in Outlook.

A fake, by rules that people measured. Lines of a paragraph are taken for one that was wrapped, from a line of
40 letters or more on, unless a line ends a sentence or says by its spaces that it stands for itself.
"""

from __future__ import annotations

LONG = 40
_ENDS = (".", "?", "!", ":")
_APART_BEFORE = ("\t", "  ")
_APART_AFTER = ("\t", "   ")


def as_outlook_shows(text: str) -> list[str]:
    """Return the lines that a reader sees."""
    shown: list[str] = []
    joins = False  # whether the next line is taken for the rest of this one
    for line in text.split("\n"):
        if not line.strip():
            shown.append(line)
            joins = False
            continue
        apart = line.startswith(_APART_BEFORE)
        if joins and not apart:
            shown[-1] += " " + line
        else:
            shown.append(line)
        if apart or line.endswith(_APART_AFTER) or line.rstrip().endswith(_ENDS):
            joins = False
        elif len(line) >= LONG:
            joins = True
    return shown
