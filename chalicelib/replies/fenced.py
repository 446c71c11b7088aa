"""Each fence in a reply: the places where our own mail begins and ends in what a mail program quoted.

Found by their marks and a case number, whatever quote signs, indents or line ends stand between these; so in
any language, and for any case.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass

from chalicelib.delivery.fences import END_MARK, MARK

_DASH = r"[-\u2010-\u2015\u2212\ufe63\uff0d]"
_LETTERS = "0-9A-HJKMNP-TV-Z"
CASE = re.compile(
    rf"PL{_DASH}[\s>|]{{0,6}}([{_LETTERS}]{{4}}){_DASH}[\s>|]{{0,6}}([{_LETTERS}]{{4}})(?![0-9A-Za-z])",
    re.IGNORECASE,
)
# Mail programs may take marks away (a heading's, a rule's) or put a backslash before each.
_BEFORE = re.compile(rf"(?:\\?{MARK[0]}){{3,9}}[\s>|*_]{{0,20}}\Z")
_AFTER = re.compile(rf"[\s>|*_]{{0,20}}(?:(\\?{MARK[0]}){{3,9}}|(?:\\?{END_MARK[0]}){{3,9}})")
_LEAD = re.compile(r"[\s>|*_]*\Z")
FENCES_MOST = 2_500  # of a digest of a thousand reports there are two thousand
_SENTENCE_MOST = 400  # characters of an end fence's line


@dataclass(frozen=True, slots=True)
class Fence:
    """One fence in a text: of which case, whether it is the upper one, and where it begins and ends."""

    case_number: str
    top: bool
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Fenced:
    """A stretch of a text that is ours, from the line of its top fence to that of its end fence."""

    start: int
    end: int


def find_fences(text: str) -> list[Fence]:
    """Return the fences of a text in order."""
    found: list[Fence] = []
    for case in CASE.finditer(text):
        if len(found) >= FENCES_MOST:
            break
        before = _BEFORE.search(text, max(0, case.start() - 48), case.start())
        after = _AFTER.match(text, case.end(), case.end() + 48)
        if before is None or after is None:
            continue
        line = text.rfind("\n", 0, before.start()) + 1
        lead = text[max(line, before.start() - 200) : before.start()]
        start = line if _LEAD.match(lead) and len(lead) < 200 else before.start()
        stop = text.find("\n", after.end())
        end = min(len(text) if stop < 0 else stop, after.end() + _SENTENCE_MOST)
        number = f"PL-{case[1]}-{case[2]}".upper()
        found.append(Fence(number, after[1] is not None, start, after.end() if after[1] else end))
    return found


def pair_fences(fences: list[Fence]) -> tuple[list[Fenced], list[Fence]]:
    """Return what stands between fences of the same case, in order, and the fences without their other one.

    A second end fence of the same case makes the stretch longer: a writer who wrote one into their report
    would else put the rest of it outside.
    """
    stretches: list[tuple[int, int, str]] = []
    waiting: list[Fence] = []
    first: dict[str, Fence] = {}  # of those that wait, by case
    single: list[Fence] = []
    for fence in fences:
        if fence.top:
            waiting.append(fence)
            first.setdefault(fence.case_number, fence)
            continue
        top = first.get(fence.case_number)
        if top is not None:
            stretches.append((top.start, fence.end, fence.case_number))
            single += [one for one in waiting if one.start < top.start]
            waiting, first = [], {}
        elif stretches and stretches[-1][2] == fence.case_number:
            stretches[-1] = (stretches[-1][0], fence.end, fence.case_number)
            waiting, first = [], {}
        else:
            single.append(fence)
    covered = _merged([Fenced(start, end) for start, end, _ in stretches])
    starts = [one.start for one in covered]
    alone = []
    for fence in sorted((*single, *waiting), key=lambda one: one.start):
        at = bisect_right(starts, fence.start) - 1
        if at < 0 or fence.start >= covered[at].end:
            alone.append(fence)
    return covered, alone


def _merged(stretches: list[Fenced]) -> list[Fenced]:
    merged: list[Fenced] = []
    for one in sorted(stretches, key=lambda stretch: stretch.start):
        if merged and one.start <= merged[-1].end:
            merged[-1] = Fenced(merged[-1].start, max(merged[-1].end, one.end))
        else:
            merged.append(one)
    return merged
