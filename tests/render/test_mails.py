"""What an agency gets: every word as it was written, in order, to the address that is really used."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.adapters.shipped_content import CATALOGS, TEMPLATES
from chalicelib.domain.deliveries import QUEUED, Delivery, SealedReport
from chalicelib.domain.reports import Report
from chalicelib.ports import KeyInfo, OpenedReport
from chalicelib.render.catalogs import Catalogs
from chalicelib.render.mails import Mails
from tests.support.fakes import recipient

NOON = datetime(2026, 11, 25, 12, 34, 56, tzinfo=UTC)
POLICE = recipient("police", fallback="chief@agency.example")
CLINIC = recipient("clinic")
ODD = (
    "First line\n\n  indented\ttabbed\n.\nFrom here on\n> quoted\n"
    "\x85\u2028\x0b\x0c ñ العربية 中文 😀 \u202e\n" + "x" * 2000
)


class NoKeys:
    """There is nobody with a key in these tests."""

    def encrypt(self, entity: bytes, key: str, headers: Mapping[str, str]) -> bytes:
        raise AssertionError

    def describe(self, key: str) -> KeyInfo:
        raise AssertionError


@pytest.fixture(scope="module")
def mails() -> Mails:
    return made()


def made() -> Mails:
    return Mails(
        TEMPLATES / "mail",
        Catalogs(CATALOGS),
        "reports@porchlight.example",
        lambda slug: f"the place {slug}",
        lambda locale: f"the language {locale}",
        NoKeys(),
    )


def opened(story: str, number: int = 1, *to: str, **more: str) -> OpenedReport:
    deliveries = tuple(Delivery(one, QUEUED, NOON, NOON) for one in to or ("police",))
    taken_at = NOON + timedelta(seconds=number)
    record = SealedReport(f"{number:032x}", b"", b"", "town", taken_at, deliveries)
    return OpenedReport(record, Report("town", "es", story, **more))


def read(content: bytes) -> EmailMessage:
    message = message_from_bytes(content, policy=policy.default)
    assert isinstance(message, EmailMessage)
    return message


def text_of(message: EmailMessage) -> str:
    body = message.get_body(("plain",))
    assert body is not None
    text: str = body.get_content()
    return text


def data_of(message: EmailMessage) -> Any:
    (attachment,) = message.iter_attachments()
    return json.loads(attachment.get_payload(decode=True))  # type: ignore[arg-type]


def told(content: bytes, number: str) -> str:
    """Return what stands between the two marks of a report, in a mail's own line ends."""
    text = text_of(read(content)).replace("\r\n", "\n")
    start, end = (text.index(mark) for mark in ("What they wrote, word for word", "End of what they wrote"))
    between = text[start:end].partition(f"({number}) -----\n\n")[2]
    return between.rpartition("\n\n-----")[0]


def test_the_mail_names_the_address_that_it_goes_to(mails: Mails) -> None:
    one = opened("What I saw")
    assert read(mails.report(POLICE, POLICE.email, one, []))["To"] == "police@agency.example"
    assert read(mails.report(POLICE, POLICE.fallback, one, []))["To"] == "chief@agency.example"
    assert read(mails.digest(POLICE, POLICE.fallback, [one], {}))["To"] == "chief@agency.example"


def test_the_words_arrive_as_they_were_written(mails: Mails) -> None:
    one = opened(ODD)
    content = mails.report(POLICE, POLICE.email, one, [])
    assert told(content, one.record.case_number) == ODD
    assert data_of(read(content))["text"] == ODD


_signs = st.characters(exclude_categories=["Cs"], exclude_characters="\r\0")


@given(st.text(_signs, min_size=1, max_size=300))
def test_any_words_arrive_as_they_were_written(story: str) -> None:
    one = opened(story)
    content = made().report(POLICE, POLICE.email, one, [])
    assert told(content, one.record.case_number) == story
    assert data_of(read(content))["text"] == story


def test_the_longest_report_arrives_whole(mails: Mails) -> None:
    story = "😀" * 20_000
    content = mails.report(POLICE, POLICE.email, opened(story), [])
    assert data_of(read(content))["text"] == story
    assert len(content) < 400_000
    assert max(len(line) for line in content.split(b"\r\n")) <= 998


def test_subject_and_headers_hold_a_case_number_and_no_word_of_the_report(mails: Mails) -> None:
    one = opened("xylophone", kind="child", where="Xylophone Street", when="xylophone day")
    for content in (
        mails.report(POLICE, POLICE.email, one, []),
        mails.digest(POLICE, POLICE.email, [one], {}),
    ):
        message = read(content)
        headers = "\n".join(f"{name}: {value}" for name, value in message.items())
        assert "xylophone" not in headers.lower()
        assert re.fullmatch(r"Porchlight (report|digest) PL-\w{4}-\w{4}", str(message["Subject"]))
        assert message["Auto-Submitted"] == "auto-generated"
        assert message["Reply-To"] is None
        # The day is told and the minute is not: a minute could place the writer at a keyboard.
        assert "2026-11-25" in text_of(message)
        assert "12:3" not in content.decode("ascii") + text_of(message)


def test_a_report_that_tries_to_write_headers_writes_none(mails: Mails) -> None:
    one = opened("x\nBcc: spy@evil.example\n\n.\n", where="Main St", when="now")
    message = read(mails.report(POLICE, POLICE.email, one, []))
    assert message["Bcc"] is None
    assert len(message.get_all("To", [])) == 1


def test_who_else_got_it_is_said(mails: Mails) -> None:
    one = opened("What I saw", 1, "police", "clinic")
    content = mails.report(POLICE, POLICE.email, one, [CLINIC])
    assert "- The clinic office" in text_of(read(content))
    assert data_of(read(content))["also_sent_to"] == ["The clinic office"]
    digest = mails.digest(POLICE, POLICE.email, [one], {"clinic": "The clinic office"})
    assert "Also sent to: The clinic office" in text_of(read(digest))
    assert "This report went to nobody else" in text_of(
        read(mails.report(POLICE, POLICE.email, opened("x"), []))
    )


def test_a_digest_holds_every_report_in_order(mails: Mails) -> None:
    reports = [opened(f"story {number} {ODD}", number) for number in range(1, 301)]
    content = mails.digest(POLICE, POLICE.email, reports, {})
    data = data_of(read(content))
    assert [one["text"] for one in data["reports"]] == [one.report.story for one in reports]
    assert [one["case_number"] for one in data["reports"]] == [one.record.case_number for one in reports]
    text = text_of(read(content))
    places = [text.index(f"story {number} First line") for number in range(1, 301)]
    assert places == sorted(places)
    assert "Reports in this mail: 300" in text


@pytest.mark.parametrize(
    ("count", "words"), [(1000, " word" * 900), (1000, " слово" * 400), (56, "😀" * 20_000)]
)
def test_a_full_digest_stays_below_what_inboxes_take(mails: Mails, count: int, words: str) -> None:
    reports = [opened(str(number) + words, number) for number in range(count)]
    raw = sum(len(one.report.story.encode()) for one in reports)
    assert 4_000_000 < raw < 5_000_000
    assert len(mails.digest(POLICE, POLICE.email, reports, {})) < 16_000_000


def test_a_mail_is_in_seven_bits_and_short_lines(mails: Mails) -> None:
    content = mails.digest(POLICE, POLICE.email, [opened(ODD, number) for number in (1, 2)], {})
    assert content.isascii()
    assert max(len(line) for line in content.split(b"\r\n")) <= 998
