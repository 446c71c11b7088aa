"""Frames of mails, the templates that an editor writes around the block with the report, which is code.

A frame is plain text. Each line is a sentence, translated as a whole; a line that holds nothing but MARKER
says where the block comes. What could hide the block, or look like it, is refused.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from chalicelib.delivery.errors import FrameInvalid
from chalicelib.directory.document_ids import MAIL_TEMPLATE

MARKER = "[[report]]"
MAILS = ("report", "digest")
DOCUMENTS = {f"{MAIL_TEMPLATE}{name}/body.txt": name for name in MAILS}

LINES_BEFORE = 10
LETTERS_BEFORE = 900  # a screen of a phone: the block must begin on the first one
LINES_MOST = 60
LETTERS_MOST = 6000
LETTERS_A_LINE = 500
BLANKS_MOST = 2

_COLON = re.compile("[:\uff1a\u17d6]")
IN_MAIL = "In the mail:"  # how a problem of a translation begins that a frame needs

_BULLETS = ("- ", "* ", "• ")
_SCRIPTS = ("LATIN ", "ARABIC ", "CJK UNIFIED", "GURMUKHI ", "KHMER ", "EXTENDED ARABIC-INDIC ", "DIGIT ")
_JOINERS = (
    "\u200b\u200c\u200d"  # Khmer parts its words by one of these, and Punjabi and Arabic join by others
)
_SPACES = " \u00a0\u202f\u3000"
_RUN = re.compile(r"(?:[-=_*#~+|<>^/\\\u2010-\u2015\u2017\u2022\u00b7\u2027]\s*){3}")
_AGAIN = re.compile(r"(?P<one>[^\d\s])(?:\s*(?P=one)){3}")
_CASE = re.compile(r"\bP\W{0,2}[LI1|]\W{1,3}\w{4}\W{0,3}\w{4}\b|\bP[LI1|](?=\w*\d)\w{8}\b")
_HOST = re.compile(r"(?<![\w.-])(?:[^\W_][\w-]*\.)+[^\W\d_]{2,}(?![\w-])|//")
_DATA = re.compile(r"\{[{%#]|[%#}]\}|%\(")
_OLD = "This is written the old way, with { } signs. Write it anew as plain lines around the marker line."
_PLACE = f"the line {MARKER}, on a line of its own, where the report comes"


@dataclass(frozen=True, slots=True)
class Frame:
    """A mail's frame: the text before the block and after it."""

    before: str
    after: str

    def without(self, lines: Collection[str]) -> Frame:
        """Return the frame without each line that is one of these, and nothing else."""
        return Frame(_without(self.before, lines), _without(self.after, lines))

    def around(self, block: str, first: str = "") -> str:
        """Return the text of a mail; `first` comes before all else.

        What stands in the block is not looked at: it can place nothing.
        """
        return "\n\n".join(part for part in (first, self.before, block, self.after) if part) + "\n"


def sentences(text: str) -> list[tuple[int, str]]:
    """Return the sentences of a frame to translate, each with its line's number."""
    numbered = [(number, _parts(line)[1]) for number, line in enumerate(text.split("\n"), 1)]
    return [(number, sentence) for number, sentence in numbered if sentence and sentence != MARKER]


def rendered(text: str, translate: Callable[[str], str]) -> str:
    """Return a frame translated, line by line; `translate` returns a sentence in the language."""
    lines = []
    for line in text.split("\n"):
        bullet, sentence = _parts(line)
        if sentence and sentence != MARKER:
            sentence = " ".join(translate(sentence).splitlines())
        lines.append(bullet + sentence)
    return "\n".join(lines).rstrip("\n")


def is_old(text: str) -> bool:
    """Return whether a text has the old format of before there were frames: a template with data in it."""
    return bool(_DATA.search(text))


def faults(
    text: str, labels: Collection[str] = (), hosts: Collection[str] | None = None
) -> list[tuple[int, str]]:
    """Validate a frame; return what is wrong with it, each with its line.

    `labels` are the lines of the block in the frame's language; `hosts` the web hosts that may be named, or
    None when that is not looked at.
    """
    if is_old(text):
        return [(next(at for at, line in enumerate(text.split("\n"), 1) if _DATA.search(line)), _OLD)]
    lines = text.split("\n")
    problems = _size_faults(lines)
    if problems:
        return sorted(problems)  # what is so long is not looked at any closer
    problems = _marker_faults(lines)
    for number, line in enumerate(lines, 1):
        if line.strip() != MARKER:
            problems += [(number, sentence) for sentence in _line_faults(line, labels, hosts)]
    return sorted(problems)


def read_frame(text: str, labels: Collection[str] = ()) -> Frame:
    """Parse a frame that may be sent. Raises FrameInvalid with the first thing that is wrong."""
    for number, sentence in faults(text, labels):
        raise FrameInvalid(f"line {number}: {sentence}")
    lines = [line.rstrip() for line in text.split("\n")]
    at = next(number for number, line in enumerate(lines) if line.strip() == MARKER)
    return Frame("\n".join(lines[:at]).strip("\n"), "\n".join(lines[at + 1 :]).strip("\n"))


def read_published(content: object) -> dict[str, dict[str, str]]:
    """Parse a release's frames, by mail and language. Raises FrameInvalid."""
    if not isinstance(content, Mapping) or content.get("format") != 1:
        raise FrameInvalid("the frames of this release are written in another way")
    mails = content.get("mails")
    if not isinstance(mails, Mapping) or not all(isinstance(frames, Mapping) for frames in mails.values()):
        raise FrameInvalid("the frames of this release cannot be read")
    return {
        str(name): {str(language): text for language, text in frames.items() if isinstance(text, str)}
        for name, frames in mails.items()
    }


def _without(text: str, lines: Collection[str]) -> str:
    kept = [line for line in text.split("\n") if line.strip() not in lines]
    if len(kept) == text.count("\n") + 1:
        return text
    while any(kept[at : at + 2] == ["", ""] for at in range(len(kept))):
        kept = [line for at, line in enumerate(kept) if line or at == 0 or kept[at - 1]]
    return "\n".join(kept).strip("\n")


def _parts(line: str) -> tuple[str, str]:
    line = line.strip()
    bullet = next((sign for sign in _BULLETS if line.startswith(sign)), "")
    return bullet, line.removeprefix(bullet).strip()


def _marker_faults(lines: list[str]) -> list[tuple[int, str]]:
    at = [number for number, line in enumerate(lines, 1) if line.strip() == MARKER]
    if not at:
        return [(0, f"This needs {_PLACE}.")]
    return [(number, f"There is a second one of {_PLACE}: one is enough.") for number in at[1:]]


def _size_faults(lines: list[str]) -> list[tuple[int, str]]:
    at = next((number for number, line in enumerate(lines) if line.strip() == MARKER), 0)
    before, problems = "\n".join(lines[:at]), []
    if at > LINES_BEFORE:
        problems.append((at, f"At most {LINES_BEFORE} lines may stand before {MARKER}; there are {at}."))
    if len(before) > LETTERS_BEFORE:
        sentence = f"At most {LETTERS_BEFORE} letters may stand before {MARKER}; there are {len(before)}."
        problems.append((at, sentence))
    if len(lines) > LINES_MOST:
        problems.append((len(lines), f"This has {len(lines)} lines; at most it may have {LINES_MOST}."))
    letters = sum(len(line) + 1 for line in lines)
    if letters > LETTERS_MOST:
        problems.append((0, f"This has {letters:,} letters; at most it may have {LETTERS_MOST:,}."))
    for number, line in enumerate(lines, 1):
        if len(line) > LETTERS_A_LINE:
            sentence = f"This line has {len(line):,} letters; at most it may have {LETTERS_A_LINE}."
            problems.append((number, sentence))
    blanks = 0
    for number, line in enumerate(lines, 1):
        blanks = 0 if line.strip() else blanks + 1
        if blanks > BLANKS_MOST:
            problems.append((number, f"At most {BLANKS_MOST} empty lines may follow each other."))
            break
    return problems


def _line_faults(line: str, labels: Collection[str], hosts: Collection[str] | None) -> list[str]:
    problems = []
    meant = unicodedata.normalize("NFKC", line)  # a full-width sign passes for the one that it means
    if "[[" in meant or "]]" in meant:
        problems.append(f"[[ and ]] are for {_PLACE}.")
    hidden = next((sign for number, sign in enumerate(line) if not _is_plain(line, number)), None)
    if hidden is not None:
        name = unicodedata.name(hidden, f"U+{ord(hidden):04X}").lower()
        problems.append(f"There is a sign that mail programs hide, or that passes for another: {name}.")
    if _RUN.search(line) or _AGAIN.search(line):
        problems.append("A row of equal signs looks like the lines around the report. Leave it out.")
    if _CASE.search(_bare(line)):
        problems.append("This looks like a case number. The report's own is in the block.")
    if _says(line, labels):
        problems.append("This says what the block says by itself. Leave it out.")
    others = (host[0] for host in _HOST.finditer(meant) if hosts is not None and host[0].lower() not in hosts)
    other = next(others, None)
    if other is not None:
        problems.append(f"“{other}” is not on the list of hosts that may be named (Settings of the site).")
    return problems


def _is_plain(line: str, at: int) -> bool:
    """Say whether a sign is seen, and is what it looks like. Letters are those of the languages we write."""
    sign = line[at]
    kind = unicodedata.category(sign)
    if sign.isascii():
        return sign.isprintable()
    if sign in _JOINERS:
        return 0 < at < len(line) - 1 and all(
            _is_joined(neighbour) for neighbour in (line[at - 1], line[at + 1])
        )
    if kind[0] == "L" or kind == "Nd":
        return unicodedata.name(sign, "").startswith(_SCRIPTS) and _is_usual(sign)
    if kind in ("Mn", "Mc"):
        before = line[:at].rstrip("".join(_JOINERS))
        marks = len(before) - len(before.rstrip("".join(mark for mark in set(before) if _is_mark(mark))))
        return _is_joined(sign) and marks < 4 and at > 0 and not line[at - 1].isspace()
    if kind[0] == "P":
        return _is_usual_stop(sign)
    return sign in _SPACES


def _is_mark(sign: str) -> bool:
    return unicodedata.category(sign) in ("Mn", "Mc")


def _is_joined(sign: str) -> bool:
    return unicodedata.name(sign, "").startswith(("ARABIC ", "GURMUKHI ", "KHMER "))


def _is_usual(sign: str) -> bool:
    if unicodedata.name(sign).startswith("LATIN "):
        return ord(sign) < 0x250 or 0x1E00 <= ord(sign) < 0x1F00
    return unicodedata.normalize("NFKC", sign) == sign


def _is_usual_stop(sign: str) -> bool:
    code = ord(sign)
    return (
        code < 0x100
        or 0x2010 <= code < 0x2028
        or 0x2030 <= code < 0x2048
        or 0x3001 <= code < 0x3012
        or 0x3014 <= code < 0x3020
        or 0xFF01 <= code < 0xFF5F
        or 0x0964 <= code <= 0x0965
        or _is_joined(sign)
    )


def _bare(line: str) -> str:
    """Return a line in capitals without accents, so that an accented case number looks like one too."""
    parts = unicodedata.normalize("NFKD", line.upper())
    plain = "".join(sign for sign in parts if unicodedata.category(sign) != "Mn")
    return plain.translate({ord("Ł"): "L", ord("Ƚ"): "L", ord("Ŀ"): "L", ord("Ƥ"): "P"})


def _says(line: str, labels: Collection[str]) -> bool:
    said = _letters(_COLON.split(line)[0])
    whole = _letters(line)
    for label in labels:
        letters = _letters(label)
        if said == letters if _COLON.search(label) else letters and letters in whole:
            return True
    return False


def _letters(text: str) -> str:
    plain = unicodedata.normalize("NFKC", text).casefold()
    return "".join(sign for sign in plain if unicodedata.category(sign)[0] in "LMN")
