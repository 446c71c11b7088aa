"""The headers of a thread: what a mail program needs, and nothing that a stranger's id could smuggle in."""

from __future__ import annotations

from email import message_from_bytes, policy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.delivery.mail_threads import REFERENCES_MOST, Thread, thread_of

OURS = "<0102018f-1@us-west-2.amazonses.com>"
THEIRS = "<CAF=x_1+9@mail.agency.example>"


def test_a_message_answers_their_mail_and_refers_to_ours_then_to_theirs() -> None:
    thread = thread_of(OURS, [THEIRS, OURS, "<first@agency.example>"])
    assert thread == Thread(THEIRS, (OURS, "<first@agency.example>", THEIRS))
    assert thread.headers().decode("ascii").split("\r\n") == [
        f"In-Reply-To: {THEIRS}",
        f"References: {OURS}",
        " <first@agency.example>",
        f" {THEIRS}",
        "",
    ]


def test_an_office_that_has_not_written_finds_a_message_under_our_own_mail() -> None:
    assert thread_of(OURS, ()) == Thread(OURS, (OURS,))


def test_without_any_id_there_is_no_thread_and_no_header() -> None:
    assert thread_of("", ()) == Thread()
    assert thread_of("", ()).headers() == b""


@pytest.mark.parametrize(
    "forged",
    [
        "<a@b>\r\nBcc: spy@evil.example",
        "a@b\nX: y",
        "<a@b> <c@d>",
        "a@b>, <c@d",
        "<é@b>",
        "<a b@c>",
        "<a\0@b>",
        "no-at-sign",
        "@b",
        "a@",
        "<" + "x" * 201 + "@b>",
        "",
    ],
)
def test_what_is_no_message_id_is_left_out(forged: str) -> None:
    assert thread_of(OURS, [forged, forged]) == Thread(OURS, (OURS,))
    assert thread_of(forged, [THEIRS, forged]) == Thread(THEIRS, (THEIRS,))


def test_an_id_without_its_brackets_gets_them() -> None:
    assert thread_of("", [THEIRS.strip("<>")]).in_reply_to == THEIRS


def test_of_a_long_thread_the_first_and_the_last_are_named() -> None:
    many = [f"<{number}@agency.example>" for number in range(100)]
    references = thread_of(OURS, [THEIRS, *many]).references
    assert len(references) == REFERENCES_MOST
    assert (references[0], references[-2:]) == (OURS, (many[-1], THEIRS))


@given(st.text(), st.lists(st.text(), max_size=30))
def test_whatever_the_ids_are_there_are_two_headers_at_most(ours: str, theirs: list[str]) -> None:
    read = message_from_bytes(
        thread_of(ours, theirs).headers() + b"Subject: x\r\n\r\nbody", policy=policy.SMTP
    )
    assert set(read.keys()) <= {"In-Reply-To", "References", "Subject"}
    assert read.get_payload() == "body"
