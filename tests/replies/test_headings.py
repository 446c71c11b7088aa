"""A mail's heading says to whom it went, whatever stands there."""

from __future__ import annotations

import random

import pytest

from chalicelib.replies.headings import Heading, read_heading
from tests.support.stored_mails import mail, source, stored


def test_it_names_who_wrote_to_whom_about_what() -> None:
    raw = mail(From="Ana <Ana@town.example>", To='"Desk, our" <a@b.example>, c@d.example', Cc="<e@f.example>")
    heading = read_heading(stored(raw))
    assert heading.sender == "ana@town.example"
    assert heading.addressed == ("a@b.example", "c@d.example", "e@f.example")
    assert heading.subject == "Re: Porchlight report PL-7K2M-9QXR"


def test_what_is_there_twice_counts_for_nothing() -> None:
    added = b"From: x@y.example\r\nTo: a@b.example\r\nSubject: PL-1A2B-3C4D\r\n"
    assert read_heading(stored(added + mail())) == Heading()


@pytest.mark.parametrize("seed", range(20))
def test_nothing_that_a_stranger_sends_stops_it(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311
    signs = [
        b"To: ",
        b"\r\n",
        b" ",
        b"=?utf-7?b?",
        b"?=",
        b"<",
        b">",
        b'"',
        b"(",
        b"@",
        b"\x00",
        b"\xff",
        b",",
    ]
    noise = b"".join(chance.choices(signs, k=3000))
    for raw in (noise, b"To: " + noise, source(b"", To="a@b.example") + noise):
        assert isinstance(read_heading(raw), Heading)


def test_it_shows_none_of_it() -> None:
    assert repr(read_heading(stored(mail()))) == "Heading(is_addressed=True)"
