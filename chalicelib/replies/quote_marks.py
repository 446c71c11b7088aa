"""The marks before a quoted line: how many there are, and the line without them."""

from __future__ import annotations

import re

_MARKS = re.compile(r"[ \t]{0,8}(?:[>＞][ \t]{0,3}){1,60}")
_MAY_MARK = frozenset(">＞ \t")


def depth_of(line: str) -> int:
    """Return how many quote marks a line begins with."""
    if line[:1] not in _MAY_MARK:  # nearly every line
        return 0
    marks = _MARKS.match(line)
    return marks[0].count(">") + marks[0].count("＞") if marks else 0


def unquoted(line: str) -> str:
    """Return a line without its quote marks."""
    marks = _MARKS.match(line)
    return line[marks.end() :] if marks else line
