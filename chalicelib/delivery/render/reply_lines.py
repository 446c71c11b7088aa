"""The lines of a mail about answering it: the two fences, what to press, digits, or that nobody can answer.

They are code, as the block is (mail_block.py), and each is a paragraph of its own.
"""

from __future__ import annotations

from collections.abc import Callable

from chalicelib.delivery.fences import end_fence, top_fence

Say = Callable[[str], str]


def fenced(body: str, case_number: str, say: Say) -> str:
    """Return a mail's text between its two fences: all that a writer said stands between them."""
    _ = say
    top = top_fence(case_number, _("To answer, press Reply and write above this line."))
    return f"{top}\n\n{body.rstrip()}\n\n{_end(case_number, _)}\n"


def fenced_digest(body: str, number: str, say: Say) -> str:
    """Return a digest's text between its two fences. Its reports are answered one by one."""
    _ = say
    top = top_fence(number, _("Do not press Reply here. Each report has an address of its own below."))
    return f"{top}\n\n{body.rstrip()}\n\n{_end(number, _)}\n"


def answer_lines(say: Say) -> list[str]:
    """Return how an office answers one report: in words, or with one digit."""
    _ = say
    return [
        _(
            "You can answer: press Reply. The writer reads it on the page, by a code."
            " We never learn who they are."
        ),
        digit_line(_),
    ]


def answer_lines_of_digest(say: Say) -> list[str]:
    """Return how an office answers a digest: each of its reports at an address of its own."""
    _ = say
    return [
        _(
            "You can answer each report: write to the address that stands with it. The writer reads it on the"
            " page, by a code. We never learn who they are."
        ),
        digit_line(_),
    ]


def answer_one_line(reply_to: str, say: Say) -> str:
    """Return where to write to, to answer one report of a digest."""
    _ = say
    return f"{_('To answer this one, write to:')} {reply_to}"


def digit_line(say: Say) -> str:
    """Return what each digit of an answer means."""
    _ = say
    return _("Reply with one digit: 1 we have it, 2 tell us more, 3 not ours, we passed it on, 4 closed.")


def nobody_can_answer(mail: str, say: Say) -> str:
    """Return the line of a mail ("report", "digest") that nobody can answer."""
    _ = say
    if mail == "digest":
        return _("Nobody can pass an answer to the writers. Please do not reply to this mail.")
    return _("Nobody can pass an answer to the writer. Please do not reply to this mail.")


def _end(case_number: str, _: Say) -> str:
    return end_fence(case_number, _("This is the end of our mail. Please leave this line in."))
