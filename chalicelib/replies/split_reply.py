"""Splitting a reply: what the officer wrote, apart from what their mail program quoted of ours.

Losing an officer's word is worse than showing a quote. What stands between our two fences is a report's
words: it leaves here, before anything is kept.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field

from chalicelib.replies.fenced import CASE, Fence, Fenced, find_fences, number_of, pair_fences
from chalicelib.replies.html_text import QUOTE_BEGINS, html_to_text
from chalicelib.replies.our_lines import is_of_a_report, may_be_of_a_report
from chalicelib.replies.parsed_mail import ParsedMail
from chalicelib.replies.quote_marks import depth_of, unquoted
from chalicelib.replies.quotes import LINES_MOST, Looks, own_words, without_banner, without_intro
from chalicelib.replies.reply import STATUSES, TEXT_MOST, Reply

_CASES_MOST = 100
_OUTSIDES_MOST = 12  # places around our fences that are looked at closely: threads have fewer


@dataclass
class _Split:
    """A text taken apart: lines of the answer from each place, lines of the whole, and what is in doubt."""

    above: list[str] = field(default_factory=list)  # the first fence, or all where there is none
    inside: list[str] = field(default_factory=list)  # between ours, and between two of our mails
    below: list[str] = field(default_factory=list)  # the last fence
    whole: list[str] = field(default_factory=list)
    fenced: bool = False  # every fence had its other one
    paired: bool = False  # and there were some
    cut: bool = False
    doubtful: bool = False  # quoted lines may be among the own ones
    cut_off: bool = False  # what may be of another report

    def own(self) -> list[str]:
        """Return all lines of the answer."""
        places = [place for place in (self.above, self.inside, self.below) if any(map(str.strip, place))]
        return [line for place in places for line in ("", *place)]


def split_reply(parsed: ParsedMail, case_number: str) -> Reply:
    """Return the reply of a person's mail. `case_number` is the number of the report that it answers.

    Where both our fences are and nothing of theirs stands outside them, it has no text: see `is_nothing`.
    """
    source, beside = _source(parsed)
    text, cut = _bounded(source)
    split = _split(text)
    if beside.strip():
        split.fenced, split.whole = False, [*split.whole, "", *beside.split("\n")]
    whole = _joined(split.whole)
    _doubt(split, whole)
    status = _take_status(split)
    answer = _joined(split.own())
    if _says_too_little(answer, whole, status, split) and not (split.paired and not beside.strip()):
        answer = whole
        split.doubtful = split.doubtful or split.cut
    # A fence of any case is ours, since an officer may answer an older thread. What may be of another report
    # is for no eyes but that one's writer's: a digest holds many.
    if split.doubtful and is_of_a_report(answer) and _names_another(answer, case_number):
        answer, split.cut_off = "", True
    if (not split.fenced or split.doubtful) and _names_another(whole, case_number):
        whole, split.cut_off = "", True
    answer, answer_cut = _shortened(answer)
    whole, whole_cut = _shortened("" if _words(whole) == _words(answer) else whole)
    return Reply(
        text=answer,
        whole=whole,
        status=status,
        repeats=bool(whole) and (not split.fenced or (split.doubtful and not answer)),
        text_repeats=bool(answer) and split.doubtful,
        files=parsed.files,
        cut=cut or answer_cut or whole_cut or parsed.cut or split.cut_off,
        message_id=parsed.message_id,
        references=parsed.references,
    )


def _names_another(text: str, case_number: str) -> bool:
    """Say whether a text names a case that is not this one, or so many that it is no answer to one."""
    found = enumerate(CASE.finditer(text))
    return any(count > _CASES_MOST or number_of(case) != case_number for count, case in found)


def is_nothing(reply: Reply) -> bool:
    """Say whether a reply has neither a word nor a digit of its writer: there was none outside our fences.

    They may have written between these, where no quote marks tell their lines from ours.
    """
    return not reply.text.strip() and not reply.status


def _doubt(split: _Split, whole: str) -> None:
    """Take for doubtful an answer in which a line may be one of a report."""
    if not split.paired:
        split.doubtful = split.doubtful or may_be_of_a_report(_joined(split.own()))
    elif is_of_a_report(whole):  # there was another one, and its fences are lost
        split.paired = split.fenced = False
        split.doubtful = True


def _source(parsed: ParsedMail) -> tuple[str, str]:
    """Return the text to split, and what stands in parts below it.

    It is the plain one, unless that has no words, hardly any, or has lost a fence.
    """
    plain = parsed.text
    if not parsed.html.strip():
        return plain, parsed.text_beside
    size = len("".join(plain.split()))
    known = find_fences(plain)
    if size and known and not pair_fences(known)[1]:
        return plain, parsed.text_beside
    page = html_to_text(parsed.html)
    if size and size * 10 >= len("".join(page.split())):
        fences = [] if known else find_fences(page)
        if not fences or pair_fences(fences)[1]:
            return plain, parsed.text_beside
    return page, html_to_text(parsed.html_beside) if parsed.html_beside else ""


def _bounded(text: str) -> tuple[str, bool]:
    lines = text.split("\n", LINES_MOST)
    if len(lines) <= LINES_MOST:
        return text, False
    return "\n".join(lines[:LINES_MOST]), True


def _split(text: str) -> _Split:
    looks = Looks()
    fences = find_fences(text)
    if not fences:
        lines = text.split("\n")
        own = own_words(lines, looks)
        whole = [line for line in lines if line != QUOTE_BEGINS]
        return _Split(own.lines, whole=whole, cut=own.cut, doubtful=own.quoted or looks.spent)
    stretches, single = pair_fences(fences)
    opening = [fence for fence in single if fence.top and (fence.leads or not stretches)]
    opened = [_open_stretch(text, fence, stretches) for fence in opening[:1]]
    split = _around(text, sorted([*stretches, *opened], key=lambda one: one.start), single, looks)
    split.paired = bool(stretches) and not single
    split.doubtful = split.doubtful or looks.spent or any(fence.top and not fence.leads for fence in single)
    return split


def _open_stretch(text: str, fence: Fence, others: list[Fenced]) -> Fenced:
    """Return what a top fence without its other one begins: up to the next stretch, or to the end."""
    return Fenced(
        fence.start, min((one.start for one in others if one.start > fence.start), default=len(text))
    )


def _around(text: str, stretches: list[Fenced], single: list[Fence], looks: Looks) -> _Split:
    """Take apart a text with stretches of ours in it."""
    split = _Split(fenced=not single, cut=True)
    alone = {fence.start for fence in single}
    at = seen = 0
    for number, stretch in enumerate([*stretches, None]):
        outside = text[at : stretch.start if stretch else len(text)].split("\n")
        if number:
            outside = _after_fence(outside)
        split.whole += [line for line in outside if line != QUOTE_BEGINS]
        if any(unquoted(line).strip() for line in outside):
            seen += 1
            place = split.inside if number else split.above
            place = place if stretch else split.below
            _add_outside(
                split, place, outside, stretch is not None, looks if seen <= _OUTSIDES_MOST else None
            )
        if stretch is None:
            break
        inside = text[stretch.start : stretch.end].split("\n")
        answers, doubtful = _between(inside)
        split.whole += inside if stretch.start in alone else answers  # nobody can say where ours ends
        split.inside += ["", *answers] if split.inside else answers
        split.doubtful = split.doubtful or doubtful
        at = stretch.end
    return split


def _add_outside(
    split: _Split, place: list[str], lines: list[str], above_a_fence: bool, looks: Looks | None
) -> None:
    """Add what is the writer's own of lines outside our fences; all of it, in doubt, where nobody looks."""
    if looks is None:
        split.doubtful = True
        place += ["", *(line for line in lines if line != QUOTE_BEGINS)]
        return
    if above_a_fence:
        lines = without_intro(without_banner(lines), looks)
    own = own_words(lines, looks)
    place += ["", *own.lines] if place else own.lines
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

    They are those without a quote mark where the rest has one. A line right below a quoted one may be that
    one's end, wrapped: at how many columns, nobody knows.
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
            doubtful = doubtful or bool(depth_of(above) and unquoted(above).strip())
            answers.append(line)
        elif answers and answers[-1]:
            answers.append("")
        above = line
    return answers, doubtful


def _take_status(split: _Split) -> int:
    """Return the digit in the answer's first line, and take it out of there.

    It counts where no line of a report can stand: above the first fence, or below the last.
    """
    sure = split.paired or not split.doubtful
    place = split.above
    if not any(map(str.strip, place)):
        sure, place = not split.doubtful and not any(map(str.strip, split.inside)), split.below
    for at, line in enumerate(place):
        plain = "".join(sign for sign in line[:80] if sign.isalnum())
        if not plain:
            continue
        digit = unicodedata.digit(plain, 0) if len(plain) == 1 else 0
        if digit not in STATUSES or not sure:
            break
        del place[: at + 1]
        return digit
    return 0


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
