"""Hostile mail: never an error, and no more steps than its length allows."""

from __future__ import annotations

import random
import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.delivery.fences import end_fence, top_fence
from chalicelib.replies import quotes
from chalicelib.replies.conversation import DOUBTS, KINDS
from chalicelib.replies.mail_parts import WORDS_MOST
from chalicelib.replies.read_mail import envelope_recipients, read_mail
from chalicelib.replies.reply import TEXT_MOST, Reply
from chalicelib.replies.senders import who_wrote
from chalicelib.replies.split_reply import split_reply
from tests.support.fakes import recipient
from tests.support.stored_mails import source, stored
from tools.hostile_mails import PAGE, SHAPES

CASE = "PL-7K2M-9QXR"
POLICE = recipient("police")
TOP, END = top_fence(CASE, "Write above."), end_fence(CASE, "Nothing below.")


def taken(raw: bytes) -> Reply:
    """Do with a mail all that is ever done with one."""
    parsed = read_mail(raw)
    assert parsed.kind in KINDS
    assert set(who_wrote(parsed, POLICE)) <= set(DOUBTS)
    assert isinstance(envelope_recipients(raw), tuple)
    reply = split_reply(parsed, CASE)
    assert len(reply.text.encode()) <= TEXT_MOST
    assert len(reply.whole.encode()) <= TEXT_MOST
    assert Reply.from_bytes(reply.to_bytes()) == reply
    return reply


HEADERS = st.sampled_from(
    [
        b"Content-Type: text/plain", b"Content-Type: text/html; charset=utf-16",
        b"Content-Type: multipart/x; boundary=b", b"Content-Type: multipart/mixed; boundary=\"b\"",
        b"Content-Type: application/pkcs7-mime", b"Content-Type: application/ms-tnef",
        b"Content-Type: message/rfc822", b"Content-Type: text/calendar",
        b"Content-Type: multipart/encrypted; boundary=b", b"Content-Type: ; ; =;=",
        b"Content-Transfer-Encoding: base64", b"Content-Transfer-Encoding: quoted-printable",
        b"Content-Disposition: attachment; filename*=utf-8''x", b"From: a@b.example",
        b"From: =?utf-8?b?!!?= <a", b"Subject: =?x?q?=ff?=", b"Auto-Submitted: no", b"X-SES-RECEIPT: x",
        b"Return-Path: <>", b"Authentication-Results: amazonses.com; dmarc=pass; dmarc=fail",
        b"Received: from", b": x", b" y",
    ]
)  # fmt: skip
LINES = st.sampled_from(
    [
        b"--b", b"--b--", b"", b"words", b"> words", TOP.encode(), END.encode(), b"begin 644 x", b"end",
        b"<p>", b"</p>", b"<blockquote type=cite>", b"On 1/1/2026 at 9:00 x@y.example wrote:", b"From: x",
        b"Sent: y", b"To: z", b"-- ", b"\xff\xfe\x00", b"4oCL", b"=E2=80=8B",
        b"\x30\x80\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02\xa0\x80", b"\x78\x9f\x3e\x22\x00\x00", b"2",
    ]
)  # fmt: skip


@given(st.lists(st.one_of(HEADERS, LINES, st.binary(max_size=40)), max_size=40))
def test_no_tree_of_parts_is_an_error(lines: list[bytes]) -> None:
    body = b"\r\n".join(lines)
    taken(body)
    taken(stored(b"From: a@b.example\r\nContent-Type: multipart/mixed; boundary=b\r\n" + body))


def test_no_damage_to_a_mail_is_an_error() -> None:
    whole = stored(source(f"We have it.\n\n> {TOP}\n> words\n> {END}\n".encode()))
    chance = random.Random(19)  # noqa: S311 - the same damage each time
    for _ in range(300):
        raw = bytearray(whole)
        for _ in range(chance.randrange(1, 12)):
            at = chance.randrange(len(raw))
            raw[at : at + chance.randrange(4)] = bytes(
                chance.randrange(256) for _ in range(chance.randrange(4))
            )
        taken(bytes(raw[: chance.randrange(len(raw) + 1)]))


def counted(work: Callable[[], Any]) -> int:
    """Return how many lines of our replies' code a piece of work runs."""
    steps = 0

    def on_line(frame: FrameType, event: str, _: object) -> Any:
        nonlocal steps
        steps += event == "line"
        return on_line

    def on_call(frame: FrameType, event: str, _: object) -> Any:
        return on_line if "/replies/" in frame.f_code.co_filename else None

    before = sys.gettrace()
    sys.settrace(on_call)
    try:
        work()
    finally:
        sys.settrace(before)
    return steps


SIZE = 64 * 1024


@pytest.mark.parametrize("name", SHAPES)
def test_twice_as_long_a_mail_takes_at_most_about_twice_the_steps(name: str) -> None:
    shape, kind = SHAPES[name]

    def of(size: int) -> int:
        raw = source(shape(size), kind or "text/plain; charset=utf-8")
        return counted(lambda: split_reply(read_mail(raw), CASE))

    half, whole = of(SIZE // 2), of(SIZE)
    assert whole <= 2.3 * half + 500
    assert whole < 8 * SIZE


def test_only_so_many_places_of_a_mail_are_looked_at_closely(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each look may cost as much as its paragraph is long."""
    looked: list[int] = []

    def is_banner(said: str) -> bool:
        looked.append(len(said))
        return False

    monkeypatch.setattr(quotes, "is_banner", is_banner)
    pair = f"We have it.\n\n{TOP}\n{END}\n\n"
    pairs = [pair.replace(CASE, f"PL-{number:04}-0000") for number in range(500)]
    reply = taken(source("".join(pairs).encode()))
    assert reply.text.split() == ("We have it. " * 500).split()
    assert reply.text_repeats
    assert 0 < len(looked) < 60


def test_all_parts_of_a_mail_share_one_bound() -> None:
    words = b"We have it and go there. " * 400
    for kind in (b"text/plain", b"text/html"):
        part = b"--b\r\nContent-Type: " + kind + b"\r\n\r\n" + words + b"\r\n"
        parsed = read_mail(source(part * 100, "multipart/mixed; boundary=b"))
        assert len(parsed.text) + len(parsed.html) < WORDS_MOST + 1_000
        assert parsed.cut
    lines = b"--b\r\n" + b"X-A: b\r\n" * 1_000 + b"\r\nx\r\n"
    parsed = read_mail(source(lines * 9, "multipart/mixed; boundary=b"))
    assert parsed.cut
    assert parsed.text.split() == ["x"] * 3


def test_a_hundred_nested_quotes_are_one_quote() -> None:
    page = "<blockquote type=cite>" * 100 + "their words" + "</blockquote>" * 100
    assert taken(source(f"<p>We have it.</p>{page}".encode(), PAGE)).text == "We have it."


def test_a_reply_above_twenty_thousand_quoted_lines_is_found() -> None:
    lines = "> words\n" * 20_000
    reply = taken(source(f"We have it.\n\n> {TOP}\n{lines}> {END}\n\nThanks.\n".encode()))
    assert reply.text.startswith("We have it.")
    assert "words" not in reply.whole


def test_thirty_megabytes_beside_a_text_leave_the_text() -> None:
    """What is read of a mail is its first 2 MB."""
    start = b"--b\r\n\r\nWe have it.\r\n--b\r\nContent-Type: image/tiff\r\n"
    start += b"Content-Transfer-Encoding: base64\r\n\r\n"
    raw = source(start + b"QUJD" * (2 * 1024 * 1024 // 4), "multipart/mixed; boundary=b")[: 2 * 1024 * 1024]
    reply = taken(raw)
    assert (reply.text, reply.files) == ("We have it.", 1)
