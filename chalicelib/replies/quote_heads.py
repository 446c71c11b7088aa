"""What mail programs write above a quote: an attribution, a block of headers, a divider.

Each is told by its look, in the languages that are known and, where it is sure, in others.
"""

from __future__ import annotations

import re

from chalicelib.replies.quote_marks import depth_of
from chalicelib.replies.quote_words import BEGINS, DIVIDES, LABELS, WROTE

LINE_LOOKED_AT = 300  # characters
# All of it begins with a digit, and says so first: most of a line has none, and is passed over at once.
_DATED = re.compile(
    r"\d(?:\d?[:.hh٫]\d{2}|年|\d?[/.]\d{1,2}[/.]\d{2,4}"
    r"|(?<=(?<!\w)1)9\d\d\b|(?<=(?<!\w)2)0\d\d\b|(?<=[٠-٩۰-۹])[٠-٩۰-۹])"
)
_TIMED = re.compile(r"\d{1,2}:\d\d")
_LABEL_MOST = 45  # characters of a line, up to the colon
_COLON = re.compile("[:：៖]")
_DASHES = "-_=—–"
_SIGNED = re.compile(r"<[^<>\s@]{1,64}@[^<>\s@]{1,120}>:\s{0,3}\Z")


def attribution_start(lines: list[str], end: int, quote_follows: bool) -> int | None:
    """Return where an attribution begins that ends with this line; None when it is none.

    Above a quote any paragraph is one that names a day or an address and ends with a colon. Elsewhere it must
    also say "wrote", in a language that we know.
    """
    wrote, signed = says_wrote(lines[end]), bool(_SIGNED.search(lines[end][-200:]))
    if not (wrote or signed or quote_follows or (end and says_wrote(lines[end - 1]))):
        return None
    dated = named = timed = False
    for start in range(end, max(end - 6, -1), -1):
        line = lines[start].strip()[:LINE_LOOKED_AT]
        if not line or depth_of(lines[start]):
            return None
        dated, named = dated or bool(_DATED.search(line)), named or "@" in line
        timed = timed or bool(_TIMED.search(line))
        wrote = wrote or says_wrote(line)
        if quote_follows:
            sure = (dated or named) if wrote else dated and (named or timed)
        else:
            sure = (wrote and (named or (dated and timed))) or (signed and dated and timed)
        if sure and (BEGINS.match(line) or (start == end and (wrote or (named and timed)))):
            return _wrapped_above(lines, start)
        if sure and (start == 0 or not lines[start - 1].strip()) and end - start < 4:
            return start
    return None


def says_wrote(text: str) -> bool:
    tail = text[-120:].casefold()
    return any(word in tail for word in WROTE)


def _wrapped_above(lines: list[str], start: int) -> int:
    """Return where an attribution begins of which this line may be the second one."""
    above = lines[start - 1].strip()[:LINE_LOOKED_AT] if start else ""
    goes_on = BEGINS.match(above) and _DATED.search(above) and not above.endswith((".", "!", "?"))
    return start - 1 if goes_on and not depth_of(lines[start - 1]) else start


def divides(lines: list[str], at: int) -> bool:
    """Say whether a line is one like "-----Original Message-----"."""
    said = divider_words(lines[at])
    return bool(said) and (bool(DIVIDES.search(said)) or says_wrote(said) or block_below(lines, at))


def divider_words(line: str) -> str:
    """Return what stands between dashes in a line that begins and ends with some; else ""."""
    plain = line[:300].lstrip(" \t*").rstrip(" \t*:")
    behind = plain.lstrip(_DASHES)
    inner = behind.rstrip(_DASHES)
    dashed = len(plain) - len(behind) >= 2 and len(behind) - len(inner) >= 2
    said = inner.strip().removeprefix(">").strip()
    return said if dashed and len(line) <= 300 and 3 <= len(said) <= 62 else ""


def block_below(lines: list[str], at: int) -> bool:
    below = next((number for number in range(at + 1, min(at + 4, len(lines))) if lines[number].strip()), None)
    return below is not None and is_header_block(lines, below, 2)


def is_header_block(lines: list[str], at: int, least: int) -> bool:
    """Say whether the headers of a mail begin at this line: From, Sent, To, Subject in any known language.

    In an unknown one three labels in a row are that, of which one names an address and one a time.
    """
    kinds: list[str] = []
    labels = 0
    said: list[str] = []
    for line in lines[at : at + 12]:
        label = labelled(line)
        if not line.strip() and (not kinds or len(kinds) >= least or labels > len(kinds) + 2):
            break
        if label is None:
            if not kinds or len(said) > 10:
                break
            continue
        labels += 1
        said.append(label[1])
        kind = LABELS.get(label[0])
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
    label = labelled(line)
    return label[0] if label else ""


def labelled(line: str) -> tuple[str, str] | None:
    """Return a line's label, before its colon, in small letters, and what stands behind; None without one."""
    colon = _COLON.search(line, 0, _LABEL_MOST)
    if colon is None:
        return None
    label = line[: colon.start()].lstrip("*_> \t").rstrip("*_ \t")
    if not label or len(label) > 28 or "*" in label:
        return None
    return " ".join(label.lower().split()), line[colon.end() : LINE_LOOKED_AT].lstrip("*_ \t")
