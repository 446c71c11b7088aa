"""Each fence in a reply: the places where our own mail begins and ends in what a mail program quoted.

Found by their marks and a case number, whatever quote signs, indents or line ends stand between these; so in
any language, and for any case.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from dataclasses import dataclass
from itertools import islice

from chalicelib.delivery.fences import END_MARK, MARK

# Signs that nobody sees; mail programs put them around what runs from left to right, and into long words.
_UNSEEN = "\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe0e\ufe0f\ufeff"
_GAP = rf"[\s>|{_UNSEEN}]{{0,8}}"
_DASH = rf"{_GAP}[-\u2010-\u2015\u2043\u2212\ufe58\ufe63\uff0d]{_GAP}"
_FOUR = rf"((?:\w[{_UNSEEN}]{{0,3}}){{4}})"
# In any digits and in letters of another script that look alike: a translator at work writes these.
CASE = re.compile(
    rf"[PpРрΡρＰｐ][{_UNSEEN}]{{0,3}}[LlЛлＬｌ]{_DASH}{_FOUR}{_DASH}{_FOUR}(?![0-9A-Za-z])",
)
_TWINS = str.maketrans("АВСЕНКМОРТХУЗЛΑΒΕΖΗΙΚΜΝΟΡΤΥΧIOL", "ABCEHKM0PTXY3LABEZH1KMN0PTYX101")
_NOT_SEEN = re.compile(f"[{_UNSEEN}]")
# Mail programs may take marks away (a heading's, a rule's), part them, or put a backslash before each.
_TOPS, _ENDS = f"{MARK[0]}\uff03", f"{END_MARK[0]}\uff1d"
_BETWEEN = " \t\n>|*_\\\u200b\u200c\u200d\u200e\u200f\u2060\u2066\u2067\u2068\u2069"
_WINDOW = 60  # characters on each side of a number
_MARKS_LEAST = 3
_AFTER = re.compile(
    rf"[\s>|*_{_UNSEEN}]{{0,20}}"
    rf"(?:((?:\\?[{_TOPS}][ {_UNSEEN}]?){{3,9}})|(?:\\?[{_ENDS}][ {_UNSEEN}]?){{3,9}})"
)
_LEAD = re.compile(rf"[\s>|*_{_UNSEEN}]*\Z")
FENCES_MOST = 2_500  # of a digest of a thousand reports there are two thousand
_NUMBERS_MOST = 8_000  # of cases: each of its reports names its own five times
_SENTENCE_MOST = 400  # characters of an end fence's line


@dataclass(frozen=True, slots=True)
class Fence:
    """One fence in a text: of which case, whether it is the upper one, and where it begins and ends.

    `leads` says that nothing but quote marks stands before it in its line: so our mails have it.
    """

    case_number: str
    top: bool
    start: int
    end: int
    leads: bool = True


@dataclass(frozen=True, slots=True)
class Fenced:
    """A stretch of a text that is ours, from the line of its top fence to that of its end fence."""

    start: int
    end: int


def find_fences(text: str) -> list[Fence]:
    """Return the fences of a text in order."""
    found: list[Fence] = []
    for case in islice(CASE.finditer(text), _NUMBERS_MOST):
        if len(found) >= FENCES_MOST:
            break
        before = _marks_before(text, case.start())
        after = _AFTER.match(text, case.end(), case.end() + _WINDOW) if before >= 0 else None
        if after is None:
            continue
        line = text.rfind("\n", 0, before) + 1
        lead = text[max(line, before - 200) : before]
        begins = bool(_LEAD.match(lead)) and len(lead) < 200
        stop = text.find("\n", after.end())
        end = min(len(text) if stop < 0 else stop, after.end() + _SENTENCE_MOST)
        top = after[1] is not None
        number = number_of(case)
        found.append(Fence(number, top, line if begins else before, after.end() if top else end, begins))
    return found


def _marks_before(text: str, at: int) -> int:
    """Return where the marks begin that stand before a number; -1 when there are too few."""
    window = text[max(0, at - _WINDOW) : at]
    marks = window[len(window.rstrip(_TOPS + _BETWEEN)) :]
    first = next((place for place, sign in enumerate(marks) if sign in _TOPS), len(marks))
    count = sum(marks.count(sign) for sign in _TOPS)
    first -= first > 0 and marks[first - 1] == "\\"
    return at - len(marks) + first if count >= _MARKS_LEAST else -1


def number_of(case: re.Match[str]) -> str:
    """Return what CASE found, as a case's number is written."""
    return f"PL-{_plain(case[1])}-{_plain(case[2])}"


def _plain(four: str) -> str:
    """Return a part of a case number in its own letters, whatever it was written in."""
    seen = unicodedata.normalize("NFKC", _NOT_SEEN.sub("", four)).upper().translate(_TWINS)
    return "".join(str(unicodedata.digit(sign, sign)) for sign in seen)


def pair_fences(fences: list[Fence]) -> tuple[list[Fenced], list[Fence]]:
    """Return what stands between fences of the same case, in order, and the fences without their other one.

    It goes on to the last end fence of that case: a writer who wrote some into their report would else put
    the rest of it outside. A top fence in the middle of a line, with one of its case at the beginning of a
    line below it, is somebody's own words: it begins nothing, and counts as one without its other.
    """
    single = _typed(fences)
    tops: dict[str, Fence] = {}
    ends: dict[str, Fence] = {}
    for fence in fences:
        if fence in single:
            continue
        if fence.top:
            tops.setdefault(fence.case_number, fence)
        elif fence.case_number in tops:
            ends[fence.case_number] = fence
    stretches = [Fenced(tops[case].start, end.end) for case, end in ends.items()]
    covered = _merged(stretches)
    starts = [one.start for one in covered]
    alone = []
    for fence in fences:
        at = bisect_right(starts, fence.start) - 1
        if at < 0 or fence.start >= covered[at].end:
            alone.append(fence)
    return covered, alone


def _typed(fences: list[Fence]) -> set[Fence]:
    """Return the top fences in the middle of a line that are no program's: one at a line's begin follows."""
    typed: set[Fence] = set()
    parted: dict[str, list[Fence]] = {}
    for fence in fences:
        if not fence.top:
            parted[fence.case_number] = []  # an end: those before it began what it ends
        elif not fence.leads and fence.case_number not in parted:
            parted[fence.case_number] = [fence]
        elif not fence.leads:
            parted[fence.case_number].append(fence)
        else:
            typed.update(parted.get(fence.case_number, ()))
            parted[fence.case_number] = []
    return typed


def _merged(stretches: list[Fenced]) -> list[Fenced]:
    merged: list[Fenced] = []
    for one in sorted(stretches, key=lambda stretch: stretch.start):
        if merged and one.start <= merged[-1].end:
            merged[-1] = Fenced(merged[-1].start, max(merged[-1].end, one.end))
        else:
            merged.append(one)
    return merged
