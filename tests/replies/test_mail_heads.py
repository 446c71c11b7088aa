"""What is read of a mail before it is sealed: its id and what it answers, of whatever a stranger sends."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as some

from chalicelib.replies.mail_heads import read_head

SES = "0101019a1b2c3d4e-11111111-2222-3333-4444-555555555555-00000"


def test_the_head_ends_at_the_first_empty_line_however_lines_end() -> None:
    for end in ("\r\n", "\n"):
        raw = end.join(["Message-ID:", " <a@b>", "Date: now", "X: y", "", "Message-ID: <c@d>", "", "more"])
        head = read_head(raw.encode())
        assert (head.message_id, head.date) == ("<a@b>", "now")
        assert head.body == end.join(["Message-ID: <c@d>", "", "more"]).encode()


def test_the_nearest_mail_of_ours_comes_first_and_others_ids_are_left_out() -> None:
    ids = [f"{SES}{number}" for number in range(4)]
    references = " ".join(f"<{one}@eu-west-1.amazonses.com>" for one in ids[:3])
    raw = (
        f"References: {references} <x@agency.example>\r\nIn-Reply-To: <{ids[3]}@email.amazonses.com>\r\n\r\n"
    )
    assert read_head(raw.encode()).answers == (ids[3], ids[2], ids[1], ids[0])


def test_of_a_long_thread_the_newest_are_looked_up() -> None:
    ids = " ".join(f"<{SES}{number}@email.amazonses.com>" for number in range(500))
    answers = read_head(f"References: {ids}\r\n\r\n".encode()).answers
    assert answers == tuple(f"{SES}{number}" for number in range(499, 479, -1))


def test_a_header_that_is_there_twice_counts_once() -> None:
    raw = b"Message-ID: <a@b>\r\nMessage-ID: <c@d>\r\n e\r\n\r\n"
    assert read_head(raw).message_id == "<a@b>"


@pytest.mark.parametrize("changed", ["report", "office", "message_id", "date", "body"])
def test_mails_of_which_anything_differs_have_different_ids(changed: str) -> None:
    def reply_id(**what: str) -> str:
        of = {"report": "r", "office": "o", "message_id": "<a@b>", "date": "d", "body": "b"} | what
        raw = f"Received: x\r\nMessage-ID: {of['message_id']}\r\nDate: {of['date']}\r\n\r\n{of['body']}"
        return read_head(raw.encode()).reply_id(of["report"], of["office"])

    assert reply_id() == reply_id()
    assert reply_id() != reply_id(**{changed: "other"})
    assert len(reply_id()) == 32


def test_the_same_mail_by_another_way_has_the_same_id() -> None:
    raw = b"Message-ID: <a@b>\r\nDate: d\r\n\r\nbody"
    for top in (b"Received: one\r\n", b"Received: one\r\n two\r\nX: y\r\n"):
        assert read_head(top + raw).reply_id("r", "o") == read_head(raw).reply_id("r", "o")


@given(
    some.lists(
        some.sampled_from(
            [
                b"\r\n",
                b"\n",
                b"\r",
                b" ",
                b"\t",
                b":",
                b"Message-ID:",
                b"References: <",
                b"@",
                b">",
                b"=?utf-8?q?",
                b"\xff",
            ]
        )
        | some.binary(max_size=8)
    )
)
def test_whatever_comes_is_read(parts: list[bytes]) -> None:
    raw = b"".join(parts)
    head = read_head(raw)
    assert raw.endswith(head.body)
    assert len(head.reply_id("r", "o")) == 32


@pytest.mark.parametrize("piece", [b" \n", b"<", b"<a@b.amazonses.com> ", b"=?", b"=?utf-8?q?a?= \n "])
def test_a_head_of_any_length_is_read(piece: bytes) -> None:
    raw = b"References: " + piece * 200_000
    assert len(read_head(raw).answers) <= 20
