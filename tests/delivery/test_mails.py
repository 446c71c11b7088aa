"""What an agency gets: every word as it was written, in order, to the address that is really used."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.delivery.ports import KeyInfo, OpenedReport
from chalicelib.delivery.render.mails import Mails
from chalicelib.directory.adapters.shipped_content import CATALOGS, TEMPLATES
from chalicelib.pages.render.catalogs import Catalogs
from chalicelib.reporting.cases import (
    DELIVERED,
    FAILED,
    QUEUED,
    WITHHELD,
    Delivery,
    SealedReport,
)
from chalicelib.reporting.report import Report
from tests.support.fakes import recipient

pytestmark = pytest.mark.takes(20)

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
    deliveries = tuple(Delivery(recipient_id, QUEUED, NOON, NOON) for recipient_id in to or ("police",))
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
    """Return what stands between the two marks of a report, without the indent of each of its lines."""
    text = text_of(read(content)).replace("\r\n", "\n")
    start, end = (text.index(mark) for mark in ("What they wrote, word for word", "End of what they wrote"))
    between = text[start:end].partition(f"({number}) -----\n\n")[2]
    lines = between.rpartition("\n\n-----")[0].split("\n")
    assert all(line.startswith("  ") for line in lines if line)
    return "\n".join(line[2:] for line in lines)


def test_the_mail_names_the_address_that_it_goes_to(mails: Mails) -> None:
    report = opened("What I saw")
    assert read(mails.report(POLICE, POLICE.email, report, []))["To"] == "police@agency.example"
    assert read(mails.report(POLICE, POLICE.fallback, report, []))["To"] == "chief@agency.example"
    assert read(mails.digest(POLICE, POLICE.fallback, [report], {}))["To"] == "chief@agency.example"


def test_the_words_arrive_as_they_were_written(mails: Mails) -> None:
    report = opened(ODD)
    content = mails.report(POLICE, POLICE.email, report, [])
    assert told(content, report.record.case_number) == ODD
    assert data_of(read(content))["text"] == ODD


_signs = st.characters(exclude_categories=["Cs"], exclude_characters="\r\0")


@given(st.text(_signs, min_size=1, max_size=300))
def test_any_words_arrive_as_they_were_written(story: str) -> None:
    report = opened(story)
    content = made().report(POLICE, POLICE.email, report, [])
    assert told(content, report.record.case_number) == story
    assert data_of(read(content))["text"] == story


def test_the_longest_report_arrives_whole(mails: Mails) -> None:
    story = "😀" * 20_000
    content = mails.report(POLICE, POLICE.email, opened(story), [])
    assert data_of(read(content))["text"] == story
    assert len(content) < 400_000
    assert max(len(line) for line in content.split(b"\r\n")) <= 998


def test_subject_and_headers_hold_a_case_number_and_no_word_of_the_report(mails: Mails) -> None:
    report = opened("xylophone", kind="child", where="Xylophone Street", when="xylophone day")
    for content in (
        mails.report(POLICE, POLICE.email, report, []),
        mails.digest(POLICE, POLICE.email, [report], {}),
    ):
        message = read(content)
        headers = "\n".join(f"{name}: {value}" for name, value in message.items())
        assert "xylophone" not in headers.lower()
        subject = r"Porchlight (report|digest) PL-\w{4}-\w{4} \(the place town\)(, reports: 1)?"
        assert re.fullmatch(subject, str(message["Subject"]))
        assert message["Auto-Submitted"] == "auto-generated"
        assert message["Reply-To"] is None
        # The day is told and the minute is not: a minute could place the writer at a keyboard.
        assert "2026-11-25" in text_of(message)
        assert "12:3" not in content.decode("ascii") + text_of(message)


def test_a_report_that_tries_to_write_headers_writes_none(mails: Mails) -> None:
    report = opened("x\nBcc: spy@evil.example\n\n.\n", where="Main St", when="now")
    message = read(mails.report(POLICE, POLICE.email, report, []))
    assert message["Bcc"] is None
    assert len(message.get_all("To", [])) == 1


def test_who_else_got_it_is_said(mails: Mails) -> None:
    report = opened("What I saw", 1, "police", "clinic")
    content = mails.report(POLICE, POLICE.email, report, [CLINIC])
    assert "- The clinic office" in text_of(read(content))
    assert data_of(read(content))["also_sent_to"] == ["The clinic office"]
    digest = mails.digest(POLICE, POLICE.email, [report], {"clinic": "The clinic office"})
    assert "Also sent to: The clinic office" in text_of(read(digest))
    assert "This report went to nobody else" in text_of(
        read(mails.report(POLICE, POLICE.email, opened("x"), []))
    )


def test_a_digest_holds_every_report_in_order(mails: Mails) -> None:
    reports = [opened(f"story {number} {ODD}", number) for number in range(1, 301)]
    content = mails.digest(POLICE, POLICE.email, reports, {})
    data = data_of(read(content))
    assert [entry["text"] for entry in data["reports"]] == [report.report.story for report in reports]
    assert [entry["case_number"] for entry in data["reports"]] == [
        report.record.case_number for report in reports
    ]
    text = text_of(read(content))
    places = [text.index(f"story {number} First line") for number in range(1, 301)]
    assert places == sorted(places)
    assert "Reports in this mail: 300" in text


@pytest.mark.parametrize(
    ("count", "words"), [(1000, " word" * 900), (1000, " слово" * 400), (56, "😀" * 20_000)]
)
def test_a_full_digest_stays_below_what_inboxes_take(mails: Mails, count: int, words: str) -> None:
    reports = [opened(str(number) + words, number) for number in range(count)]
    raw = sum(len(report.report.story.encode()) for report in reports)
    assert 4_000_000 < raw < 5_000_000
    assert len(mails.digest(POLICE, POLICE.email, reports, {})) < 16_000_000


def test_a_mail_is_in_seven_bits_and_short_lines(mails: Mails) -> None:
    content = mails.digest(POLICE, POLICE.email, [opened(ODD, number) for number in (1, 2)], {})
    assert content.isascii()
    assert max(len(line) for line in content.split(b"\r\n")) <= 998


FRAME = "Good day.\n\n[[report]]\n\nThis mail may come twice.\n"
HOSTILE = [
    "",
    "No marker.",
    FRAME + "[[report]]",
    "{% if received_on %}[[report]]{% endif %}",
    "\n" * 400 + "[[report]]",
    "\u202e\n[[report]]",
    "----- End of what they wrote (PL-0000-0000) -----\n[[report]]",
    "See evil\n" * 5000 + "[[report]]",
]


def framed(frames: Mapping[str, Mapping[str, str]] | None) -> tuple[Mails, list[tuple[str, str]]]:
    faults: list[tuple[str, str]] = []
    mails = Mails(
        TEMPLATES / "mail",
        Catalogs(CATALOGS),
        "reports@porchlight.example",
        lambda slug: f"the place {slug}",
        lambda locale: f"the language {locale}",
        NoKeys(),
        frames,
        lambda mail, language, reason: faults.append((mail, language)),
    )
    return mails, faults


def test_a_published_frame_stands_around_the_block() -> None:
    mails, told_of = framed({"report": {"en": FRAME}, "digest": {"en": FRAME}})
    report = opened("What I saw")
    for content in (
        mails.report(POLICE, POLICE.email, report, []),
        mails.digest(POLICE, POLICE.email, [report], {}),
    ):
        text = text_of(read(content)).replace("\r\n", "\n")
        assert re.match(r"Nobody can pass an answer to the writers?\. [^\n]*\n\nGood day\.\n\n", text)
        assert text.endswith("This mail may come twice.\n")
        assert told(content, report.record.case_number) == "What I saw"
        assert "not checked" in text
    assert told_of == []


@pytest.mark.parametrize("frame", HOSTILE)
@pytest.mark.parametrize("name", ["report", "digest"])
def test_a_frame_that_could_hide_the_report_gives_way_to_the_shipped_one(name: str, frame: str) -> None:
    mails, told_of = framed({name: {"en": frame}})
    report = opened("What I saw")
    content = (
        mails.report(POLICE, POLICE.email, report, [])
        if name == "report"
        else mails.digest(POLICE, POLICE.email, [report], {})
    )
    shipped = made().report(POLICE, POLICE.email, report, []) if name == "report" else None
    assert told(content, report.record.case_number) == "What I saw"
    assert "Please do not reply to this mail." in text_of(read(content))
    assert shipped is None or text_of(read(content)) == text_of(read(shipped))
    assert told_of == [(name, "en")]


def test_a_frame_that_is_missing_in_a_language_is_told_and_while_nothing_is_published_none_is() -> None:
    report = opened("What I saw")
    mails, told_of = framed({"report": {"es": FRAME}})
    mails.report(POLICE, POLICE.email, report, [])
    mails.report(POLICE, POLICE.email, report, [])
    assert told_of == [("report", "en")]
    mails, told_of = framed(None)
    mails.report(POLICE, POLICE.email, report, [])
    assert told_of == []


def test_what_a_reporter_writes_forges_no_part_of_the_mail() -> None:
    story = (
        "x\n[[report]]\n{{ story }}\n%(case_number)s\nWhen: never\n"
        "----- End of what was written (PL-0000-0000) -----\n"
    )
    mails, _ = framed({"report": {"en": FRAME}})
    where = "in town\nIs the writer the person concerned? no\u2028Case number: none"
    report = opened(story, where=where)
    content = mails.report(POLICE, POLICE.email, report, [])
    text = text_of(read(content)).replace("\r\n", "\n")
    assert told(content, report.record.case_number) == story
    assert "\n[[report]]" not in text
    assert text.count("Good day.") == text.count("This mail may come twice.") == 1
    assert [line for line in text.splitlines() if line.startswith("Case number:")] == [
        f"Case number: {report.record.case_number}"
    ]
    assert sum(line.startswith("Is the writer") for line in text.splitlines()) == 1


def test_a_name_that_an_editor_wrote_is_one_plain_line() -> None:
    mails = Mails(
        TEMPLATES / "mail",
        Catalogs(CATALOGS),
        "reports@porchlight.example",
        lambda slug: "Town\n\n----- End -----\u202e" + "x" * 5000,
        str,
        NoKeys(),
    )
    text = text_of(read(mails.report(POLICE, POLICE.email, opened("What I saw"), [])))
    first = next(line for line in text.splitlines() if line.startswith("Somebody told this"))
    assert "Town ----- End -----" in first
    assert "\u202e" not in text
    assert len(first) < 400


def test_nothing_of_a_mail_needs_a_template_engine() -> None:
    script = "import sys; import chalicelib.wiring.deliver; print('jinja2' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_that_a_report_is_about_its_writer_stands_before_an_editors_text() -> None:
    mails, _ = framed({"report": {"en": FRAME}, "digest": {"en": FRAME}})
    report = opened("What I saw", about_writer="self")
    text = text_of(read(mails.report(POLICE, POLICE.email, report, [])))
    assert text.startswith("The writer says that this is about them.")
    assert "The writer says that this is about them." in text_of(
        read(mails.digest(POLICE, POLICE.email, [report], {}))
    )


@pytest.mark.parametrize(
    ("answer", "in_data"), [("self", "self"), ("close", "close"), ("no", "no"), ("", None)]
)
def test_only_a_report_about_its_writer_begins_with_that_and_the_data_keeps_the_answers_apart(
    mails: Mails, answer: str, in_data: str | None
) -> None:
    report = opened("What I saw", about_writer=answer)
    for content in (
        mails.report(POLICE, POLICE.email, report, []),
        mails.digest(POLICE, POLICE.email, [report, opened("Else", 2, about_writer="no")], {}),
    ):
        message = read(content)
        assert text_of(message).count("The writer says that this is about them.") == (answer == "self")
        data = data_of(message)
        assert (data.get("reports") or [data])[0]["about_writer"] == in_data
    first = text_of(read(mails.report(POLICE, POLICE.email, report, []))).splitlines()[0]
    assert first.startswith("The writer says that this is about them.") == (answer == "self")


def test_an_office_that_a_report_was_handed_over_to_is_told_so_and_who_really_has_it(mails: Mails) -> None:
    report = opened("What I saw", 1, "police")
    clinic = Delivery("clinic", QUEUED, NOON, NOON, instead_of="police")
    lost = Delivery("police", FAILED, NOON)
    refused = Delivery("border", WITHHELD, NOON)
    has_it = Delivery("desk", DELIVERED, NOON)
    record = replace(report.record, deliveries=(lost, refused, has_it, clinic))
    names = {"police": "The Police", "clinic": "The Clinic", "border": "The Border", "desk": "The Desk"}
    single = mails.report(
        CLINIC, CLINIC.email, replace(report, record=record, instead_of="The Police"), [recipient("desk")]
    )
    digest = mails.digest(CLINIC, CLINIC.email, [replace(report, record=record)], names)
    for content in (single, digest):
        text, data = text_of(read(content)), data_of(read(content))
        entry = (data.get("reports") or [data])[0]
        assert "The writer chose this office: The Police" in text
        assert entry["instead_of"] == "The Police"
        assert "The Border" not in text
        assert len(entry["also_sent_to"]) == 1
    assert "handed" not in text_of(read(mails.report(POLICE, POLICE.email, report, [])))
    assert data_of(read(mails.report(POLICE, POLICE.email, report, [])))["instead_of"] is None
