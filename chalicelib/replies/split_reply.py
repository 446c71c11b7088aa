"""Splitting a reply: what the officer wrote, apart from what their mail program quoted of ours.

Losing an officer's word is worse than showing a quote. What stands between our two fences is a report's
words: it leaves here, before anything is kept.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field

from chalicelib.replies.fenced import CASE, Fence, Fenced, find_fences, pair_fences
from chalicelib.replies.html_text import QUOTE_BEGINS, html_to_text
from chalicelib.replies.parsed_mail import ParsedMail
from chalicelib.replies.quotes import (
    LINES_MOST,
    depth_of,
    own_words,
    unquoted,
    without_banner,
    without_intro,
)
from chalicelib.replies.reply import STATUSES, TEXT_MOST, Reply

_WRAPPED_AT = 60  # characters: from here on a mail program may have wrapped a line
# Lines of our own mails, in any language: the rule around what was written, a digest's, a label with a case.
_NUMBERED = CASE.pattern
_OURS = re.compile(
    rf"^.{{0,20}}(?:-{{3,9}}|={{3,9}}|#{{3,9}}) ?.{{0,90}}{_NUMBERED}"
    rf"|^[^:：៖\n]{{2,60}}[:：៖] ?{_NUMBERED}\s*$",
    re.IGNORECASE | re.MULTILINE,
)


@dataclass
class _Split:
    """A text taken apart: lines of the answer, lines of the whole, and what is in doubt."""

    own: list[str] = field(default_factory=list)
    whole: list[str] = field(default_factory=list)
    fenced: bool = False  # every fence had its other one
    cut: bool = False
    doubtful: bool = False  # quoted lines may be among the own ones


def split_reply(parsed: ParsedMail, case_number: str) -> Reply:
    """Return the reply of a person's mail. `case_number` is the number of the report that it answers."""
    _ = case_number  # a fence of any case is ours: an officer may answer an older thread
    text, cut = _bounded(_source(parsed))
    split = _split(text)
    whole = _joined(split.whole)
    status, own = _status(split.own)
    answer = _joined(own)
    if _says_too_little(answer, whole, status, split):
        status, answer = 0, whole
        split.doubtful = split.doubtful or split.cut
    answer, answer_cut = _shortened(answer)
    whole, whole_cut = _shortened("" if _words(whole) == _words(answer) else whole)
    return Reply(
        text=answer,
        whole=whole,
        status=status,
        repeats=bool(whole) and not split.fenced,
        text_repeats=bool(answer) and (split.doubtful or bool(_OURS.search(answer))),
        files=parsed.files,
        cut=cut or answer_cut or whole_cut or parsed.cut,
        message_id=parsed.message_id,
        references=parsed.references,
    )


def _source(parsed: ParsedMail) -> str:
    """Return the text to split: the plain one, unless it has no words, hardly any, or has lost a fence."""
    plain = parsed.text
    if not parsed.html.strip():
        return plain
    size = len("".join(plain.split()))
    if size and len(find_fences(plain)) and not pair_fences(find_fences(plain))[1]:
        return plain
    page = html_to_text(parsed.html)
    if not size or size * 10 < len("".join(page.split())):
        return page
    fences = find_fences(page)
    return page if fences and not pair_fences(fences)[1] and not find_fences(plain) else plain


def _bounded(text: str) -> tuple[str, bool]:
    lines = text.split("\n", LINES_MOST)
    if len(lines) <= LINES_MOST:
        return text, False
    return "\n".join(lines[:LINES_MOST]), True


def _split(text: str) -> _Split:
    fences = find_fences(text)
    if not fences:
        lines = text.split("\n")
        own = own_words(lines)
        return _Split(own.lines, [line for line in lines if line != QUOTE_BEGINS], False, own.cut, own.quoted)
    stretches, single = pair_fences(fences)
    stretches = stretches + [_open_stretch(text, fence, stretches) for fence in single if fence.top][:1]
    stretches.sort(key=lambda one: one.start)
    return _around(text, stretches, single)


def _open_stretch(text: str, fence: Fence, others: list[Fenced]) -> Fenced:
    """Return what a top fence without its other one begins: up to the next stretch, or to the end."""
    return Fenced(
        fence.start, min((one.start for one in others if one.start > fence.start), default=len(text))
    )


def _around(text: str, stretches: list[Fenced], single: list[Fence]) -> _Split:
    """Take apart a text with stretches of ours in it."""
    split = _Split(fenced=not single, cut=True)
    at = 0
    for number, stretch in enumerate([*stretches, None]):
        outside = text[at : stretch.start if stretch else len(text)].split("\n")
        if number:
            outside = _after_fence(outside)
        split.whole += [line for line in outside if line != QUOTE_BEGINS]
        _add_outside(split, outside, stretch is not None)
        if stretch is None:
            break
        inside = text[stretch.start : stretch.end].split("\n")
        answers, doubtful = _between(inside)
        is_open = any(fence.start == stretch.start for fence in single)
        split.whole += inside if is_open else answers  # nobody can say where ours ends
        split.own += answers
        split.doubtful = split.doubtful or doubtful
        at = stretch.end
    return split


def _add_outside(split: _Split, lines: list[str], above_a_fence: bool) -> None:
    if above_a_fence:
        lines = without_intro(without_banner(lines))
    own = own_words(lines)
    split.own += ["", *own.lines] if split.own else own.lines
    if own.quoted and not split.fenced:
        split.doubtful = True


def _after_fence(lines: list[str]) -> list[str]:
    """Return what follows an end fence, without the rest of its sentence if that was wrapped in a quote."""
    at = 1
    while at < len(lines) and lines[0] == "" and depth_of(lines[at]) and unquoted(lines[at]).strip():
        at += 1
    return lines[at:] if at > 1 else lines


def _between(lines: list[str]) -> tuple[list[str], bool]:
    """Return the lines inside our fences that an officer wrote there, and whether some may be ours after all.

    They are those without a quote mark where the rest has one. A line right below a long quoted one may be
    that one's end, wrapped.
    """
    marked = sum(bool(depth_of(line)) for line in lines if line.strip())
    filled = sum(bool(line.strip()) for line in lines)
    if not depth_of(lines[0]) or marked * 2 < filled:
        return [], False
    answers: list[str] = []
    doubtful = False
    above = ""
    for line in lines:
        if line.strip() and not depth_of(line) and line != QUOTE_BEGINS:
            if len(above) >= _WRAPPED_AT and depth_of(above):
                doubtful = True
            answers.append(line)
        elif answers and answers[-1]:
            answers.append("")
        above = line
    return answers, doubtful


def _status(lines: list[str]) -> tuple[int, list[str]]:
    """Return the digit that stands in the first line, and the lines below it."""
    for at, line in enumerate(lines):
        plain = "".join(sign for sign in line[:80] if sign.isalnum())
        if not plain:
            continue
        digit = unicodedata.digit(plain, 0) if len(plain) == 1 else 0
        return (digit, lines[at + 1 :]) if digit in STATUSES else (0, lines)
    return 0, lines


def _says_too_little(answer: str, whole: str, status: int, split: _Split) -> bool:
    """Say whether so little is left that something may have been lost."""
    if status or not whole:
        return False
    words = len(answer.split())
    return words == 0 or (words == 1 and not split.fenced and not split.cut and len(whole.split()) > 1)


def _joined(lines: list[str]) -> str:
    text = "\n".join(line.rstrip() for line in lines)
    return re.sub(r"\n{3,}", "\n\n", text).strip("\n").strip()


def _words(text: str) -> list[str]:
    return text.split()


def _shortened(text: str) -> tuple[str, bool]:
    content = text.encode("utf-8", "replace")
    if len(content) <= TEXT_MOST:
        return text, False
    return content[:TEXT_MOST].decode("utf-8", "ignore"), True
