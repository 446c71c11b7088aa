"""Quotes in a plain text: which lines are its writer's own, and which a mail program put there.

A line is taken away only where its look is sure. Every search has a bound: lines are short pieces, candidates
are counted, and no pattern repeats inside a repetition.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from chalicelib.replies.html_text import QUOTE_BEGINS
from chalicelib.replies.quote_words import (
    BANNER,
    BANNER_SAYS,
    BEGINS,
    DEVICE,
    DIVIDES,
    FOOTER,
    LABELS,
    WROTE,
)

LINES_MOST = 20_000
_CANDIDATES_MOST = 400
_LINE_LOOKED_AT = 400  # characters
_SIGNATURE_MOST = 20  # lines
_MARKS = re.compile(r"[ \t]{0,8}(?:[>＞][ \t]{0,3}){1,60}")
_COLONS = (":", "：", "៖", ":*", ":>", ">:")
_DATED = re.compile(r"\d{1,2}[:.hh٫]\d{2}|\b(?:19|20)\d\d\b|\d年|[٠-٩۰-۹]{2,}|\d{1,2}[/.]\d{1,2}[/.]\d{2,4}")
_LABEL = re.compile(r"[*_\s>]{0,6}([^:：៖*\n]{1,28}?)\s{0,3}[*_]{0,2}\s?[:：៖]\s{0,9}[*_]{0,2}\s?(.*)")
_DIVIDER = re.compile(r"[\s*]{0,5}[-_=—–]{2,60}\s?>?\s?([^-_=—–\n][^\n]{2,60}?)\s?[-_=—–]{2,60}[\s*:]{0,5}\Z")
_RULE = re.compile(r"[-_=—–*─]{5,200}\Z")
_PLACEHOLDER = re.compile(
    r"\[(?:cid:[^\]\n]{1,200}|image: ?[^\]\n]{0,200}|inline image[^\]\n]{0,100})\]", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class OwnWords:
    """What is left of a text: its lines, and how sure it is.

    `cut` says that a quote was found and taken away, `quoted` that quoted lines are among those left, on
    purpose or because nothing says where they end.
    """

    lines: list[str]
    cut: bool = False
    quoted: bool = False


def depth_of(line: str) -> int:
    """Return how many quote marks a line begins with."""
    marks = _MARKS.match(line)
    return marks[0].count(">") + marks[0].count("＞") if marks else 0


def unquoted(line: str) -> str:
    """Return a line without its quote marks."""
    marks = _MARKS.match(line)
    return line[marks.end() :] if marks else line


def own_words(lines: list[str]) -> OwnWords:
    """Return what its writer wrote in a text that has no fence."""
    lines = without_banner(lines)
    end, cut, attributed = _where_quotes_begin(lines)
    lines = lines[:end]
    lines, quoted = _without_runs(lines, attributed)
    cut = cut or bool(attributed) or len(lines) < end
    lines, signature = without_footers(lines)
    return OwnWords(lines, cut or signature, quoted)


def without_banner(lines: list[str]) -> list[str]:
    """Return lines without a warning of a mail gateway at their top, where something stands below it."""
    start = next((at for at, line in enumerate(lines[:20]) if line.strip()), 0)
    end = start
    while end < min(len(lines), start + 8) and lines[end].strip():
        end += 1
    said = " ".join(lines[start:end])[:1200]
    if not BANNER.match(said) or not BANNER_SAYS.search(said):
        return lines
    return lines[end:] if any(line.strip() for line in lines[end:]) else lines


def without_footers(lines: list[str]) -> tuple[list[str], bool]:
    """Return lines without a signature below "-- ", a telephone's footer, and places of pictures.

    And whether any was there.
    """
    kept = [_PLACEHOLDER.sub("", line) if "[" in line else line for line in lines]
    length = len(kept)
    for at, line in enumerate(kept):
        if line in ("-- ", "--", "- --") and _is_signature(kept, at):
            kept = kept[:at]
            break
    kept = _stripped(kept)
    while len(kept) > 1 and _is_footer(kept[-1].strip()):
        kept = _stripped(kept[:-1])
    return kept, len(kept) < length and bool(_stripped(lines)[len(kept) :])


def without_intro(lines: list[str]) -> list[str]:
    """Return lines without what a mail program writes right above a quote, which follows below them.

    That is an attribution in any language, a block of headers, a divider, a gateway's banner, other quoted
    lines; any of these only where it looks like one.
    """
    kept = _stripped(lines)
    for _ in range(12):
        before = len(kept)
        while kept and (depth_of(kept[-1]) or kept[-1] == QUOTE_BEGINS or not kept[-1].strip()):
            kept = kept[:-1]
        kept = kept[: _last_intro(kept)]
        if len(kept) == before:
            break
    return kept


def _last_intro(lines: list[str]) -> int:
    """Return how many lines are left without the last paragraph, if that one introduces a quote."""
    if not lines:
        return 0
    top = len(lines)
    while top > 0 and lines[top - 1].strip() and len(lines) - top < 9:
        top -= 1
    last = lines[-1].strip()
    if _RULE.match(last) or _divides(lines, len(lines) - 1):
        return len(lines) - 1
    paragraph = lines[top:]
    said = " ".join(paragraph)[:1500]
    if BANNER.match(said) and BANNER_SAYS.search(said):
        return top
    for at in range(top, len(lines)):
        if _is_header_block(lines, at, 2):
            return at
    if last.endswith(_COLONS):
        start = _attribution_start(lines, len(lines) - 1, True)
        if start is not None:
            return start
    return len(lines)


def _where_quotes_begin(lines: list[str]) -> tuple[int, bool, list[tuple[int, int]]]:
    """Return the line from which on all is quoted, whether there is one, and attributions above ">" lines."""
    attributed: list[tuple[int, int]] = []
    left = _CANDIDATES_MOST
    for at, line in enumerate(lines):
        if not line or line[0] == ">":
            continue
        if line == QUOTE_BEGINS:
            return at, True, attributed
        if depth_of(line):
            continue
        short = line[:_LINE_LOOKED_AT].strip()
        is_rule = short[:1] in "-_=—–*" and bool(short)
        is_label = ":" in short[:32] or "：" in short[:32] or "៖" in short[:32]
        ends = short.endswith(_COLONS) and len(line) <= _LINE_LOOKED_AT
        if not (is_rule or is_label or ends):
            continue
        left -= 1
        if left < 0:
            break
        if is_rule and (_divides(lines, at) or (_RULE.match(short) and _block_below(lines, at))):
            return at, True, attributed
        if is_label and _is_header_block(lines, at, 3):
            return at, True, attributed
        if ends:
            follows = _quote_follows(lines, at)
            start = _attribution_start(lines, at, follows)
            if start is not None and follows:
                attributed.append((start, at))
            elif start is not None:
                return start, True, attributed
    return len(lines), False, attributed


def _quote_follows(lines: list[str], at: int) -> bool:
    below = next((line for line in lines[at + 1 : at + 4] if line.strip()), "")
    return bool(depth_of(below)) or below == QUOTE_BEGINS


def _attribution_start(lines: list[str], end: int, quote_follows: bool) -> int | None:
    """Return where an attribution begins that ends with this line; None when it is none.

    Above a quote any paragraph is one that names a day or an address and ends with a colon. Elsewhere it must
    also say "wrote", in a language that we know.
    """
    for start in range(end, max(end - 6, -1), -1):
        line = lines[start].strip()
        if not line or depth_of(lines[start]):
            return None
        said = " ".join(one.strip() for one in lines[start : end + 1])[:800]
        dated = bool(_DATED.search(said))
        named = "@" in said
        wrote = bool(WROTE.search(said[-200:]))
        enough = (dated or named) and (wrote or quote_follows) if (wrote or quote_follows) else False
        if enough and not wrote and not (dated and named) and not re.search(r"\d{1,2}:\d\d", said):
            enough = False
        if enough and (BEGINS.match(line) or (start == end and wrote)):
            above = lines[start - 1].strip() if start else ""
            goes_on = (
                above and BEGINS.match(above) and _DATED.search(above) and not above.endswith((".", "!", "?"))
            )
            return start - 1 if goes_on and not depth_of(lines[start - 1]) else start
        if enough and (start == 0 or not lines[start - 1].strip()) and end - start < 4:
            return start
    return None


def _divides(lines: list[str], at: int) -> bool:
    """Say whether a line is one like "-----Original Message-----"."""
    divider = _DIVIDER.match(lines[at][:200])
    if divider is None:
        return False
    return bool(DIVIDES.search(divider[1])) or _block_below(lines, at)


def _block_below(lines: list[str], at: int) -> bool:
    below = next((number for number in range(at + 1, min(at + 4, len(lines))) if lines[number].strip()), None)
    return below is not None and _is_header_block(lines, below, 2)


def _is_header_block(lines: list[str], at: int, least: int) -> bool:
    """Say whether the headers of a mail begin at this line: From, Sent, To, Subject in any known language.

    In an unknown one three labels in a row are that, of which one names an address and one a time.
    """
    kinds: list[str] = []
    labels = 0
    said: list[str] = []
    for line in lines[at : at + 12]:
        label = _LABEL.match(line[:_LINE_LOOKED_AT]) if line.strip() else None
        if not line.strip() and (not kinds or len(kinds) >= least or labels > len(kinds) + 2):
            break
        if label is None:
            if not kinds or len(said) > 10:
                break
            continue
        labels += 1
        said.append(label[2])
        kind = LABELS.get(" ".join(label[1].lower().split()))
        if kind is None and not kinds and labels > 1:
            break
        if kind is not None and kind not in kinds:
            kinds.append(kind)
    if not said or (LABELS.get(_first_label(lines[at])) is None and labels < 3):
        return False
    if "from" in kinds and len(kinds) >= least and _first_label(lines[at]) in LABELS:
        return True
    values = " ".join(said)
    timed = bool(re.search(r"\d{1,2}[:.]\d\d", values)) and bool(_DATED.search(values))
    return least == 2 and labels >= 3 and "@" in values and timed


def _first_label(line: str) -> str:
    label = _LABEL.match(line[:_LINE_LOOKED_AT])
    return " ".join(label[1].lower().split()) if label else ""


def _without_runs(lines: list[str], attributed: list[tuple[int, int]]) -> tuple[list[str], bool]:
    """Return lines without quoted ones, unless answers stand between these; and whether any are left."""
    runs = _runs(lines)
    gone = {at for start, end in attributed for at in range(start, end + 1)}
    if not runs:
        return [line for at, line in enumerate(lines) if at not in gone], False
    ends = [end for _, end in attributed]
    last = len(lines)
    answered = [run for run in runs if any(lines[at].strip() for at in range(run[1], _next(runs, run, last)))]
    bottom = len(answered) == 1 and any(
        not any(lines[at].strip() for at in range(end + 1, answered[0][0])) for end in ends
    )
    keep = [] if bottom else answered
    for run in runs:
        if run not in keep:
            gone |= set(range(*run))
    return [line for at, line in enumerate(lines) if at not in gone], bool(keep)


def _next(runs: list[tuple[int, int]], run: tuple[int, int], last: int) -> int:
    at = runs.index(run) + 1
    return runs[at][0] if at < len(runs) else last


def _runs(lines: list[str]) -> list[tuple[int, int]]:
    """Return where quoted lines begin and end; empty lines between two belong to the quote."""
    runs: list[tuple[int, int]] = []
    for at, line in enumerate(lines):
        if not depth_of(line):
            continue
        if runs and not any(lines[between].strip() for between in range(runs[-1][1], at)):
            runs[-1] = (runs[-1][0], at + 1)
        else:
            runs.append((at, at + 1))
    return runs


def _is_signature(lines: list[str], at: int) -> bool:
    below = [line for line in lines[at + 1 :] if line.strip()]
    return any(line.strip() for line in lines[:at]) and len(below) <= _SIGNATURE_MOST


def _is_footer(line: str) -> bool:
    plain = line.strip("*_ .")
    return len(line) <= 120 and bool(FOOTER.match(plain)) and bool(DEVICE.search(plain))


def _stripped(lines: list[str]) -> list[str]:
    start, end = 0, len(lines)
    while end > start and not lines[end - 1].strip():
        end -= 1
    while start < end and not lines[start].strip():
        start += 1
    return lines[start:end]
