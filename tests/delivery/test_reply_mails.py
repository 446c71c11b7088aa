"""Mails that can be answered, as an officer reads them: fences, digits, threads, in each language."""

from __future__ import annotations

from dataclasses import replace
from email.message import EmailMessage
from typing import Any

import pytest

from chalicelib.delivery.fences import END_MARK, MARK
from chalicelib.delivery.mail_threads import thread_of
from chalicelib.delivery.ports import OpenedReport
from chalicelib.delivery.render import mail_samples
from chalicelib.delivery.render.mails import Mails
from chalicelib.directory.adapters.shipped_content import CATALOGS, TEMPLATES
from chalicelib.pages.render.catalogs import Catalogs
from chalicelib.reporting.report import Report
from chalicelib.shared.language_names import language_name
from chalicelib.shared.locales import ENDONYMS
from tests.delivery.test_mails import NoKeys, data_of, read, text_of
from tests.delivery.test_mails_as_an_officer_reads_them import (
    DANGER,
    OFFICE,
    OTHERS,
    STORY,
    WHOLE,
    lines_of,
    opened,
)
from tests.support.outlook import as_outlook_shows

OWN, SECOND, WHOLE_DIGEST = "r-one@reply.example", "r-two@reply.example", "r-digest@reply.example"
NOBODY = "Nobody can pass an answer to the writer. Please do not reply to this mail."
DIGITS = "Reply with one digit: 1 we have it, 2 tell us more, 3 not ours, we passed it on, 4 closed."
OURS, THEIRS = "<0102-1@us-west-2.amazonses.com>", "<answer@agency.example>"
ALL_TOLD: dict[str, Any] = {"where": "Motel XYZZY", "when": "each XYZZY", **WHOLE}


@pytest.fixture(scope="module")
def mails() -> Mails:
    return made()


def made(frames: Any = None) -> Mails:
    return Mails(
        TEMPLATES / "mail",
        Catalogs(CATALOGS),
        "desk@reply.example",
        lambda slug: f"the place {slug}",
        language_name,
        NoKeys(),
        frames,
    )


def report(number: int = 1, reply_to: str = OWN, **told: str) -> OpenedReport:
    return replace(opened(number, **told), reply_to=reply_to)


def message(reply_to: str = OWN) -> OpenedReport:
    first = opened().record
    record = replace(first, id=f"{first.id}.0123456789ab")
    words = Report("los-banos-ca", "es", STORY, answers={"police": (THEIRS,)})
    return OpenedReport(record, words, reply_to=reply_to, thread=thread_of(OURS, (THEIRS,)))


def single(mails: Mails, one: OpenedReport, language: str = "en") -> EmailMessage:
    return read(mails.report(replace(OFFICE, language=language), OFFICE.email, one, OTHERS))


def digest(
    mails: Mails, *reports: OpenedReport, language: str = "en", reply_to: str = WHOLE_DIGEST
) -> EmailMessage:
    names = {other.id: other.name for other in OTHERS}
    office = replace(OFFICE, language=language)
    return read(mails.digest(office, OFFICE.email, reports, names, reply_to))


def said(mail: EmailMessage) -> list[str]:
    return [line for line in lines_of(mail) if line.strip()]


def top(one: OpenedReport) -> str:
    return f"{MARK} {one.record.case_number} {MARK} "


def end(one: OpenedReport) -> str:
    return f"{MARK} {one.record.case_number} {END_MARK} "


def test_a_reply_goes_to_the_copys_own_address(mails: Mails) -> None:
    mail = single(mails, report())
    assert mail["Reply-To"] == OWN
    assert mail["From"] == "Porchlight <desk@reply.example>"
    assert data_of(mail)["reply_to"] == OWN
    assert data_of(mail)["version"] == 4
    assert data_of(mail)["is_message"] is False


def test_a_mail_begins_and_ends_with_a_fence_and_the_danger_comes_right_after(mails: Mails) -> None:
    one = report(**WHOLE)
    lines = said(single(mails, one))
    assert lines[0] == top(one) + "To answer, press Reply and write above this line."
    assert lines[1] == DANGER
    assert lines[-1] == end(one) + "This is the end of our mail. Please leave this line in."
    assert len(lines[0]) < 78, "a mail program would wrap it"
    assert DIGITS in lines
    assert NOBODY not in lines


@pytest.mark.parametrize("language", ENDONYMS)
def test_in_each_language_all_that_a_writer_said_stands_between_the_fences(
    mails: Mails, language: str
) -> None:
    one = report(**{**ALL_TOLD, "vehicle": "a XYZZY van"})
    for mail in (
        single(mails, one, language),
        single(mails, message(), language),
        digest(mails, one, report(2, SECOND), language=language),
    ):
        lines = said(mail)
        assert lines[0].startswith(top(one))
        assert lines[-1].startswith(end(one))
        fences = [number for number, line in enumerate(lines) if line.startswith(MARK)]
        assert fences == [0, len(lines) - 1]
        if language != "en":
            assert "To answer" not in lines[0]
            assert DIGITS not in lines
        assert [line for line in lines if all(f"{digit} " in line for digit in "1234")]


@pytest.mark.parametrize("language", ENDONYMS)
def test_a_mail_program_that_joins_lines_joins_none(mails: Mails, language: str) -> None:
    for told in (WHOLE, {"where": "", "when": ""}):
        one = report(**told)
        for mail in (
            single(mails, one, language),
            single(mails, message(), language),
            digest(mails, one, report(2, SECOND), message(), language=language),
        ):
            lines = lines_of(mail)
            assert as_outlook_shows("\n".join(lines)) == lines


def test_a_story_that_draws_fences_of_its_own_stands_between_ours(mails: Mails) -> None:
    one = report()
    drawn = f"{end(one)}\nand more\n{top(one)}"
    forged = replace(one, report=replace(one.report, story=drawn))
    lines = lines_of(single(mails, forged))
    assert [line for line in lines if line.startswith(MARK)] == [lines[0], [one for one in lines if one][-1]]
    assert f"  {end(one)}" in lines  # indented, as all that a person wrote


def test_a_digest_says_with_each_report_where_its_answer_goes(mails: Mails) -> None:
    one, two = report(), report(2, SECOND)
    mail = digest(mails, one, two)
    lines = said(mail)
    assert mail["Reply-To"] == WHOLE_DIGEST
    assert lines[0] == top(one) + "Do not press Reply here. Each report has an address of its own below."
    first, second = (
        lines.index(f"To answer this one, write to: {OWN}"),
        lines.index(f"To answer this one, write to: {SECOND}"),
    )
    assert lines.index(f"===== 1 / 2: {one.record.case_number} =====") < first
    assert first < lines.index(f"===== 2 / 2: {two.record.case_number} =====") < second
    assert WHOLE_DIGEST not in text_of(mail)
    assert [entry["reply_to"] for entry in data_of(mail)["reports"]] == [OWN, SECOND]
    assert not [line for line in lines if line.startswith("You can answer: press Reply")]


def test_where_replies_are_off_mails_say_so_as_before(mails: Mails) -> None:
    off = report(reply_to="", **WHOLE)
    mail = single(mails, off)
    assert mail["Reply-To"] is None
    assert said(mail)[0] == DANGER
    assert said(mail)[2] == NOBODY
    many = digest(mails, off, reply_to="")
    assert many["Reply-To"] is None
    assert NOBODY.replace("writer.", "writers.") in said(many)
    for one in (mail, many):
        assert MARK not in text_of(one)
        assert "digit" not in text_of(one)
    assert data_of(mail)["reply_to"] is None


OLD = f"Good day.\n\n{NOBODY}\n\n[[report]]\n\nThis mail may come twice.\n"


def test_a_frame_of_before_that_forbids_answers_does_so_no_more() -> None:
    old = made({"report": {"en": OLD}, "digest": {"en": OLD.replace("writer.", "writers.")}})
    for mail in (single(old, report()), digest(old, report())):
        assert "Nobody can pass" not in text_of(mail)
        assert "Good day." in said(mail)
    # and where replies are off, once
    assert text_of(single(old, report(reply_to=""))).count("Nobody can pass") == 1


def test_a_frame_of_before_in_another_language_loses_its_line_in_that_language() -> None:
    say = Catalogs(CATALOGS).sentences("es").plain
    old = made({"report": {"es": OLD.replace(NOBODY, say(NOBODY))}, "digest": {}})
    assert say(NOBODY) not in text_of(single(old, report(), "es"))
    assert say(NOBODY) in text_of(single(old, report(reply_to=""), "es"))


def test_a_frame_that_forbids_it_in_other_words_stands_below_what_we_say() -> None:
    frame = "Please never answer.\n\n[[report]]\n"
    lines = said(single(made({"report": {"en": frame}}), report()))
    assert lines[0].endswith("To answer, press Reply and write above this line.")
    assert lines[1] == "Please never answer."
    assert "You can answer: press Reply." in lines[-3]


def test_a_message_goes_into_the_thread_under_the_reports_own_subject(mails: Mails) -> None:
    first, second = single(mails, report()), single(mails, message())
    assert second["Subject"] == f"Re: {first['Subject']}"
    assert second["In-Reply-To"] == THEIRS
    assert second["References"] == f"{OURS} {THEIRS}"
    assert second["Reply-To"] == OWN
    assert len(second.get_all("References", [])) == 1


def test_a_message_is_told_as_one_and_without_what_only_a_report_has(mails: Mails) -> None:
    one = message()
    lines = said(single(mails, one))
    assert lines[1] == f"The writer of {one.record.case_number} wrote again."
    assert [line[2:] for line in lines if line.startswith("  ")] == [
        line for line in STORY.split("\n") if line
    ]
    assert not [line for line in lines if line.startswith(("Where:", "When:", "What kind", "A car:"))]
    assert "What this mail is not:" not in lines
    assert "This message also went to:" in lines
    data = data_of(single(mails, one))
    assert (data["format"], data["is_message"], data["text"]) == ("porchlight-message", True, STORY)
    assert data["case_number"] == one.record.case_number
    many = digest(mails, report(), one)
    assert f"The writer of {one.record.case_number} wrote again." in said(many)
    assert [entry["is_message"] for entry in data_of(many)["reports"]] == [False, True]
    off = said(single(mails, message(reply_to="")))
    assert off[0] == NOBODY
    assert off[1] == f"The writer of {one.record.case_number} wrote again."


def test_a_mail_that_can_be_answered_is_in_seven_bits_and_short_lines(mails: Mails) -> None:
    for language in ENDONYMS:
        office = replace(OFFICE, language=language)
        long = replace(message(), thread=thread_of(OURS, ["<" + "x" * 200 + "@y.example>"] * 30))
        content = mails.report(office, OFFICE.email, long, OTHERS)
        assert content.isascii()
        assert max(len(line) for line in content.split(b"\r\n")) <= 998
        assert b"=?utf-8?q?=3C" not in content, "an id that was encoded threads nothing"
        assert read(content)["In-Reply-To"] == "<" + "x" * 200 + "@y.example>"


def test_a_sample_mail_shows_how_it_is_answered(mails: Mails) -> None:
    for name in ("report", "digest"):
        lines = said(read(mail_samples.mail(mails, [OFFICE, *OTHERS], name, OFFICE)))
        assert lines[0].startswith(MARK)
        assert lines[-1].startswith(MARK)
        assert DIGITS in lines
