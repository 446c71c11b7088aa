"""Lines of our own mails in an answer: told by a case number, by marks of a fence, or by a label.

Where they stand, a program or a hand has put a part of a report among what an officer wrote.
"""

from __future__ import annotations

import re

from chalicelib.replies.fenced import CASE
from chalicelib.replies.our_labels import LABEL_ENDS, OUR_LABELS, plain_label

_NEAR = 140  # characters of a line before and behind a number
_RULES = ("---", "===", "###")
_COLONS = (":", "：", "៖")
_MARKS = re.compile(r"^[ \t>|*_]{0,20}(?:(?:\\?[#\uff03]){5}|(?:\\?[=\uff1d]){5})", re.MULTILINE)
# By other marks than ">": a program of another time, or a hand.
_QUOTED = re.compile(r"^[ \t]{0,8}(?:[|»%:]|[A-Za-z]{1,3}>)[ \t]+\S", re.MULTILINE)
_LABELLED = re.compile(rf"^[^{LABEL_ENDS}\n]{{2,100}}[{LABEL_ENDS}]", re.MULTILINE)


def is_of_a_report(text: str) -> bool:
    """Say whether a line stands in a text with which our mails begin, part or end a report.

    An officer may name a case; beside a rule, or alone behind a label, no officer does.
    """
    for case in CASE.finditer(text):
        start = text.rfind("\n", 0, case.start()) + 1
        end = text.find("\n", case.end())
        before = text[max(start, case.start() - _NEAR) : case.start()]
        behind = text[case.end() : min(len(text) if end < 0 else end, case.end() + _NEAR)]
        if any(rule in before or rule in behind for rule in _RULES):
            return True
        if before.rstrip(" *_").endswith(_COLONS) and not behind.strip(" *_"):
            return True
    return False


def may_be_of_a_report(text: str) -> bool:
    """Say whether any line in a text could be one of ours: of a mail that has lost its fences."""
    if CASE.search(text) or _MARKS.search(text) or _QUOTED.search(text):
        return True
    return any(plain_label(line[0]) in OUR_LABELS for line in _LABELLED.finditer(text))
