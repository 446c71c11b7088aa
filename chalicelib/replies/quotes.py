"""A quote and the attribution above it: which lines are the writer's own, and which a program put there.

A line is taken away only where its look is sure. Every search has a bound: lines are short pieces, candidates
are counted, and no pattern repeats inside a repetition.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from chalicelib.replies.html_text import QUOTE_BEGINS
from chalicelib.replies.quote_heads import (
    LINE_LOOKED_AT,
    attribution_start,
    block_below,
    divider_words,
    divides,
    is_header_block,
    labelled,
    says_wrote,
)
from chalicelib.replies.quote_marks import depth_of
from chalicelib.replies.quote_words import DEVICE, FOOTER, FORWARDS, is_banner

LINES_MOST = 25_000
_LOOKS_MOST = 150
_SIGNATURE_MOST = 20  # lines
_FOOTERS_MOST = 4
_COLONS = (":", "：", "៖", ":*", ":>")
_RULE = re.compile(r"[-_=—–*─]{10,200}\Z")
# An attribution behind the last words of an answer, on the same line.
_BEHIND = re.compile(r"On (?:(?:mon|tue|wed|thu|fri|sat|sun)\w{0,6},? |\d)", re.IGNORECASE)
_ADDRESS_BELOW = re.compile(r"[<(]https?://[^\s>)]{1,300}[>)]\s{0,3}\Z")
_PLACEHOLDER = re.compile(
    r"\[(?:cid:[^\]\n]{1,99}|image: ?[^\]\n]{0,99}|inline image[^\]\n]{0,100})\]", re.IGNORECASE
)


@dataclass(slots=True)
class Looks:
    """How often one mail is still looked at closely, wherever in it. `spent` says that it was not enough."""

    left: int = _LOOKS_MOST
    spent: bool = False

    def take(self) -> bool:
        """Say whether one more look is allowed, and count it."""
        self.left -= 1
        self.spent = self.spent or self.left < 0
        return self.left >= 0


@dataclass(frozen=True, slots=True)
class OwnWords:
    """What is left of a text: its lines, and how sure it is.

    `cut` says that a quote was found and taken away, `quoted` that quoted lines are among those left, on
    purpose or because nothing says where they end.
    """

    lines: list[str]
    cut: bool = False
    quoted: bool = False


def own_words(lines: list[str], looks: Looks) -> OwnWords:
    """Return what its writer wrote in a text that has no fence."""
    lines = without_banner(_parted(lines))
    end, cut, attributed, forwarded = _where_quotes_begin(lines, looks)
    lines = lines[:end]
    lines, quoted = _without_runs(lines, attributed)
    cut = cut or bool(attributed) or len(lines) < end
    lines, signature = without_footers(lines)
    return OwnWords(lines, cut or signature, quoted or forwarded)


def without_banner(lines: list[str]) -> list[str]:
    """Return lines without a warning of a mail gateway at their top, where something stands below it."""
    start = next((at for at, line in enumerate(lines[:20]) if line.strip()), 0)
    end = start
    while end < min(len(lines), start + 8) and lines[end].strip():
        end += 1
    said = " ".join(lines[start:end])[:1200]
    if not is_banner(said):
        return lines
    return lines[end:] if any(line.strip() for line in lines[end:]) else lines


def without_footers(lines: list[str]) -> tuple[list[str], bool]:
    """Return lines without a signature below "-- ", a telephone's footer, and places of pictures.

    And whether any was there.
    """
    whole = _stripped(lines)
    kept = [_PLACEHOLDER.sub("", line) if "[" in line[:LINE_LOOKED_AT] else line for line in whole]
    at = _signature(kept)
    kept = _stripped(kept[:at])
    for _ in range(_FOOTERS_MOST):
        if len(kept) < 2 or not _is_footer(kept[-1].strip()):
            break
        kept = _stripped(kept[:-1])
    return kept, len(kept) < len(whole)


def without_intro(lines: list[str], looks: Looks) -> list[str]:
    """Return lines without what a mail program writes right above a quote, which follows below them.

    That is an attribution in any language, a block of headers, a divider, a gateway's banner, other quoted
    lines; any of these only where it looks like one.
    """
    kept = _stripped(_parted(lines))
    for number in range(12):
        before = end = len(kept)
        while end and (not kept[end - 1].strip() or depth_of(kept[end - 1]) or kept[end - 1] == QUOTE_BEGINS):
            end -= 1
        kept = kept[:end]
        kept = kept[: _last_intro(kept, number > 0, looks)]
        if len(kept) == before:
            break
    return kept


def _last_intro(lines: list[str], goes_on: bool, looks: Looks) -> int:
    """Return how many lines are left without the last paragraph, if that one introduces a quote.

    `goes_on` says that something below it did.
    """
    if not lines or not looks.take():
        return len(lines)
    top = len(lines)
    while top > 0 and lines[top - 1].strip() and len(lines) - top < 9:
        top -= 1
    last = lines[-1].strip()
    if _RULE.match(last) or divides(lines, len(lines) - 1) or (goes_on and divider_words(last)):
        return len(lines) - 1
    paragraph = lines[top:]
    said = " ".join(paragraph)[:1500]
    if is_banner(said):
        return top
    for at in range(top, len(lines)):
        if labelled(lines[at]) and looks.take() and is_header_block(lines, at, 2):
            return at
    if last.endswith(_COLONS):
        start = attribution_start(lines, len(lines) - 1, True)
        if start is not None:
            return start
    return len(lines)


def _where_quotes_begin(lines: list[str], looks: Looks) -> tuple[int, bool, list[tuple[int, int]], bool]:
    """Return the line from which on all is quoted, whether there is one, and attributions above ">" lines.

    And whether a mail follows that somebody forwarded: that is no quote, they wanted it to be read.
    """
    attributed: list[tuple[int, int]] = []
    for at, line in enumerate(lines):
        if not line or line[0] == ">":
            continue
        if line == QUOTE_BEGINS:
            return at, True, attributed, False
        if line[0] in " \t＞" and depth_of(line):
            continue
        short = line[:LINE_LOOKED_AT].strip()
        is_rule = short[:1] in "-_=—–*" and bool(short)
        is_label = ":" in short[:32] or "：" in short[:32] or "៖" in short[:32]
        ends = short.endswith((*_COLONS, "wrote")) and len(line) <= LINE_LOOKED_AT
        if not (is_rule or is_label or ends):
            continue
        if not looks.take():
            break
        if is_rule and FORWARDS.search(short):
            return len(lines), False, attributed, True
        if is_rule and (divides(lines, at) or (_RULE.match(short) and block_below(lines, at))):
            return at, True, attributed, False
        if is_label and is_header_block(lines, at, 3):
            return at, True, attributed, False
        if ends:
            follows = _quote_follows(lines, at)
            start = attribution_start(lines, at, follows)
            if start is not None and follows:
                attributed.append((start, at))
            elif start is not None:
                return start, True, attributed, False
    return len(lines), False, attributed, False


def _quote_follows(lines: list[str], at: int) -> bool:
    below = next((line for line in lines[at + 1 : at + 4] if line.strip()), "")
    return bool(depth_of(below)) or below == QUOTE_BEGINS


def _parted(lines: list[str]) -> list[str]:
    """Return lines with an attribution that stands behind an answer on a line of its own."""
    if "On " not in "\n".join(lines):
        return lines
    parted: list[str] = []
    for line in lines:
        behind = None
        if len(line) <= LINE_LOOKED_AT and line.rstrip().endswith(":") and "On " in line:
            behind = _behind(line) if says_wrote(line) and not depth_of(line) else None
        parted += behind or [line]
    return parted


def _behind(line: str) -> list[str] | None:
    """Return a line in two before an attribution, which stands behind a space or dashes."""
    for found in _BEHIND.finditer(line):
        above = line[: found.start()]
        own = above.rstrip()
        own = own.rstrip("-").rstrip() if own.endswith("--") else own
        if own and len(own) < len(above):
            return [own, line[found.start() :]]
    return None


def _without_runs(lines: list[str], attributed: list[tuple[int, int]]) -> tuple[list[str], bool]:
    """Return lines without quoted ones, unless answers stand between these; and whether any are left."""
    runs = _runs(lines)
    gone = {at for start, end in attributed for at in range(start, end + 1)}
    if not runs:
        return [line for at, line in enumerate(lines) if at not in gone], False
    ends = [*(start for start, _ in runs[1:]), len(lines)]
    answered = [run for run, end in zip(runs, ends, strict=True) if any(map(str.strip, lines[run[1] : end]))]
    # One block right below an attribution, and text below it: an answer at the bottom.
    bottom = len(answered) == 1 and any(
        end < answered[0][0] and not any(map(str.strip, lines[end + 1 : answered[0][0]]))
        for _, end in attributed
    )
    keep = set() if bottom else set(answered)
    for run in runs:
        if run not in keep:
            gone.update(range(*run))
    # Right below it, without an empty line between, may be the end of its last line.
    touched = bottom and bool(lines[answered[0][1]].strip())
    return [line for at, line in enumerate(lines) if at not in gone], bool(keep) or touched


def _runs(lines: list[str]) -> list[tuple[int, int]]:
    """Return where quoted lines begin and end; empty lines between two belong to the quote."""
    runs: list[tuple[int, int]] = []
    answered = True
    for at, line in enumerate(lines):
        if line[:1] == ">" or depth_of(line):
            runs.append((at, at + 1) if answered else (runs.pop()[0], at + 1))
            answered = False
        elif line and not line.isspace():
            answered = True
    return runs


def _signature(lines: list[str]) -> int:
    """Return where a signature begins that is marked as one and short; the end when there is none."""
    filled, found = 0, len(lines)
    for at in range(len(lines) - 1, 0, -1):
        if lines[at].rstrip() in ("--", "- --"):
            found = at
        elif lines[at].strip():
            filled += 1
        if filled > _SIGNATURE_MOST:
            break
    return found


def _is_footer(line: str) -> bool:
    plain = _ADDRESS_BELOW.sub("", line).strip("*_ .")
    return len(line) <= 120 and bool(FOOTER.match(plain)) and bool(DEVICE.search(plain))


def _stripped(lines: list[str]) -> list[str]:
    start, end = 0, len(lines)
    while end > start and not lines[end - 1].strip():
        end -= 1
    while start < end and not lines[start].strip():
        start += 1
    return lines[start:end]
