"""A quote and the attribution above it: which lines are the writer's own, and which a program put there.

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
    FORWARDS,
    LABELS,
    WROTE,
)

LINES_MOST = 25_000
_CANDIDATES_MOST = 150
_LINE_LOOKED_AT = 400  # characters
_SIGNATURE_MOST = 20  # lines
_FOOTERS_MOST = 4
_MARKS = re.compile(r"[ \t]{0,8}(?:[>＞][ \t]{0,3}){1,60}")
_MAY_MARK = frozenset(">＞ \t")
_COLONS = (":", "：", "៖", ":*", ":>")
_DATED = re.compile(r"\d{1,2}[:.hh٫]\d{2}|\b(?:19|20)\d\d\b|\d年|[٠-٩۰-۹]{2,}|\d{1,2}[/.]\d{1,2}[/.]\d{2,4}")
_TIMED = re.compile(r"\d{1,2}:\d\d")
_LABEL = re.compile(r"[*_\s>]{0,6}([^:：៖*\n]{1,28}?)\s{0,3}[*_]{0,2}\s?[:：៖]\s{0,9}[*_]{0,2}\s?(.*)")
_DIVIDER = re.compile(r"[\s*]{0,5}[-_=—–]{2,60}\s?>?\s?([^-_=—–\n][^\n]{2,60}?)\s?[-_=—–]{2,60}[\s*:]{0,5}\Z")
_RULE = re.compile(r"[-_=—–*─]{10,200}\Z")
_SIGNED = re.compile(r"<[^<>\s@]{1,64}@[^<>\s@]{1,120}>:\s{0,3}\Z")
# An attribution behind the last words of an answer, on the same line.
_BEHIND = re.compile(
    r"(?:\s{1,9}|\s{0,9}-{2,9}\s{0,9})(?=On (?:(?:mon|tue|wed|thu|fri|sat|sun)\w{0,6},? |\d))", re.I
)
_ADDRESS_BELOW = re.compile(r"[<(]https?://[^\s>)]{1,300}[>)]\s{0,3}\Z")
_PLACEHOLDER = re.compile(
    r"\[(?:cid:[^\]\n]{1,99}|image: ?[^\]\n]{0,99}|inline image[^\]\n]{0,100})\]", re.IGNORECASE
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
    if line[:1] not in _MAY_MARK:  # nearly every line
        return 0
    marks = _MARKS.match(line)
    return marks[0].count(">") + marks[0].count("＞") if marks else 0


def unquoted(line: str) -> str:
    """Return a line without its quote marks."""
    marks = _MARKS.match(line)
    return line[marks.end() :] if marks else line


def own_words(lines: list[str]) -> OwnWords:
    """Return what its writer wrote in a text that has no fence."""
    lines = without_banner(_parted(lines))
    end, cut, attributed, forwarded = _where_quotes_begin(lines)
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
    if not BANNER.match(said) or not BANNER_SAYS.search(said):
        return lines
    return lines[end:] if any(line.strip() for line in lines[end:]) else lines


def without_footers(lines: list[str]) -> tuple[list[str], bool]:
    """Return lines without a signature below "-- ", a telephone's footer, and places of pictures.

    And whether any was there.
    """
    whole = _stripped(lines)
    kept = [_PLACEHOLDER.sub("", line) if "[" in line[:_LINE_LOOKED_AT] else line for line in whole]
    at = _signature(kept)
    kept = _stripped(kept[:at])
    for _ in range(_FOOTERS_MOST):
        if len(kept) < 2 or not _is_footer(kept[-1].strip()):
            break
        kept = _stripped(kept[:-1])
    return kept, len(kept) < len(whole)


def without_intro(lines: list[str]) -> list[str]:
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
        kept = kept[: _last_intro(kept, number > 0)]
        if len(kept) == before:
            break
    return kept


def _last_intro(lines: list[str], goes_on: bool) -> int:
    """Return how many lines are left without the last paragraph, if that one introduces a quote.

    `goes_on` says that something below it did.
    """
    if not lines:
        return 0
    top = len(lines)
    while top > 0 and lines[top - 1].strip() and len(lines) - top < 9:
        top -= 1
    last = lines[-1].strip()
    if _RULE.match(last) or _divides(lines, len(lines) - 1) or (goes_on and _DIVIDER.match(last[:200])):
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


def _where_quotes_begin(lines: list[str]) -> tuple[int, bool, list[tuple[int, int]], bool]:
    """Return the line from which on all is quoted, whether there is one, and attributions above ">" lines.

    And whether a mail follows that somebody forwarded: that is no quote, they wanted it to be read.
    """
    attributed: list[tuple[int, int]] = []
    left = _CANDIDATES_MOST
    for at, line in enumerate(lines):
        if not line or line[0] == ">":
            continue
        if line == QUOTE_BEGINS:
            return at, True, attributed, False
        if depth_of(line):
            continue
        short = line[:_LINE_LOOKED_AT].strip()
        is_rule = short[:1] in "-_=—–*" and bool(short)
        is_label = ":" in short[:32] or "：" in short[:32] or "៖" in short[:32]
        ends = short.endswith((*_COLONS, "wrote")) and len(line) <= _LINE_LOOKED_AT
        if not (is_rule or is_label or ends):
            continue
        left -= 1
        if left < 0:
            break
        if is_rule and FORWARDS.search(short):
            return len(lines), False, attributed, True
        if is_rule and (_divides(lines, at) or (_RULE.match(short) and _block_below(lines, at))):
            return at, True, attributed, False
        if is_label and _is_header_block(lines, at, 3):
            return at, True, attributed, False
        if ends:
            follows = _quote_follows(lines, at)
            start = _attribution_start(lines, at, follows)
            if start is not None and follows:
                attributed.append((start, at))
            elif start is not None:
                return start, True, attributed, False
    return len(lines), False, attributed, False


def _quote_follows(lines: list[str], at: int) -> bool:
    below = next((line for line in lines[at + 1 : at + 4] if line.strip()), "")
    return bool(depth_of(below)) or below == QUOTE_BEGINS


def _attribution_start(lines: list[str], end: int, quote_follows: bool) -> int | None:
    """Return where an attribution begins that ends with this line; None when it is none.

    Above a quote any paragraph is one that names a day or an address and ends with a colon. Elsewhere it must
    also say "wrote", in a language that we know.
    """
    wrote, signed = _says_wrote(lines[end]), bool(_SIGNED.search(lines[end][-200:]))
    if not (wrote or signed or quote_follows or (end and _says_wrote(lines[end - 1]))):
        return None
    dated = named = timed = False
    for start in range(end, max(end - 6, -1), -1):
        line = lines[start].strip()[:_LINE_LOOKED_AT]
        if not line or depth_of(lines[start]):
            return None
        dated, named = dated or bool(_DATED.search(line)), named or "@" in line
        timed = timed or bool(_TIMED.search(line))
        wrote = wrote or _says_wrote(line)
        if quote_follows:
            sure = (dated or named) if wrote else dated and (named or timed)
        else:
            sure = (wrote and (named or (dated and timed))) or (signed and dated and timed)
        if sure and (BEGINS.match(line) or (start == end and (wrote or (named and timed)))):
            return _wrapped_above(lines, start)
        if sure and (start == 0 or not lines[start - 1].strip()) and end - start < 4:
            return start
    return None


def _parted(lines: list[str]) -> list[str]:
    """Return lines with an attribution that stands behind an answer on a line of its own."""
    if "On " not in "\n".join(lines):
        return lines
    parted: list[str] = []
    for line in lines:
        behind = None
        if len(line) <= _LINE_LOOKED_AT and line.rstrip().endswith(":") and "On " in line:
            behind = _BEHIND.search(line) if _says_wrote(line) and not depth_of(line) else None
        own = line[: behind.start()] if behind else ""
        parted += [own, line[behind.end() :]] if behind and own.strip() else [line]
    return parted


def _says_wrote(text: str) -> bool:
    tail = text[-120:].casefold()
    return any(word in tail for word in WROTE)


def _wrapped_above(lines: list[str], start: int) -> int:
    """Return where an attribution begins of which this line may be the second one."""
    above = lines[start - 1].strip()[:_LINE_LOOKED_AT] if start else ""
    goes_on = BEGINS.match(above) and _DATED.search(above) and not above.endswith((".", "!", "?"))
    return start - 1 if goes_on and not depth_of(lines[start - 1]) else start


def _divides(lines: list[str], at: int) -> bool:
    """Say whether a line is one like "-----Original Message-----"."""
    divider = _DIVIDER.match(lines[at][:200])
    if divider is None:
        return False
    said = divider[1]
    return bool(DIVIDES.search(said)) or _says_wrote(said) or _block_below(lines, at)


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
    values = " ".join(said)
    timed = bool(re.search(r"\d{1,2}[:.]\d\d", values)) and bool(_DATED.search(values))
    if "from" in kinds and len(kinds) >= least and _first_label(lines[at]) in LABELS:
        return len(kinds) > 2 or "@" in values or timed
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
    return [line for at, line in enumerate(lines) if at not in gone], bool(keep)


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
