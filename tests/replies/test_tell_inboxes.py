"""An office's inbox is told once, at its configured address, and of nothing that anybody wrote."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest

from chalicelib.directory.adapters.shipped_content import CATALOGS
from chalicelib.directory.recipients import Recipient
from chalicelib.pages.render.catalogs import Catalogs
from chalicelib.replies.conversation import (
    EMPTY,
    ENCRYPTED,
    FILES_ONLY,
    HUMAN,
    KINDS,
    TNEF,
    UNREADABLE,
)
from chalicelib.replies.ports import (
    ANSWER_ONE,
    FILES,
    INBOX_NOTES,
    LATE,
    NOT_SHOWN,
    WEEKLY,
    InboxNote,
)
from chalicelib.replies.render.inbox_mails import InboxMails
from chalicelib.replies.tell_inboxes import TellInboxes
from chalicelib.shared.locales import ENDONYMS
from chalicelib.shared.mail import MailBusy, MailRefused, MailStopped, MailUncertain
from tests.support.fake_replies import FakeInboxNotes
from tests.support.fakes import NOON, FakeAlarms, FakeMailer, FakeRecipients, recipient
from tests.support.outlook import as_outlook_shows

CASE = "PL-1A2B-3C4D"
POLICE, CLINIC = recipient("police", fallback="chief@agency.example"), recipient("clinic")


def note(
    to: str = "police", kind: str = NOT_SHOWN, *about: str, why: str = ENCRYPTED, day: str = "2026-11-25"
) -> InboxNote:
    return InboxNote(to, kind, about or (CASE,), day, why)


class Telling:
    """Notes that wait, and who mails them."""

    def __init__(self, *notes: InboxNote, seconds: float = 100) -> None:
        self.notes, self.mailer, self.alarms = FakeInboxNotes(), FakeMailer(), FakeAlarms()
        for one in notes:
            self.notes.add(one, NOON)
        self.seconds = seconds

    def __call__(self) -> int:
        write = InboxMails(
            "desk@reply.example", lambda language: Catalogs(CATALOGS).sentences(language).plain
        )
        return TellInboxes(
            self.notes,
            FakeRecipients(POLICE, CLINIC),
            write,
            self.mailer,
            self.alarms,
            "desk@reply.example",
            lambda: timedelta(seconds=self.seconds),
        )()


def test_a_note_goes_to_the_configured_inbox_and_says_that_a_program_sent_it() -> None:
    telling = Telling(note(), note("clinic", LATE))
    assert telling() == 2
    assert [mail.to for mail in telling.mailer.sent] == ["police@agency.example", "clinic@agency.example"]
    assert [mail.about for mail in telling.mailer.sent] == ["inbox-not_shown", "inbox-late"]
    for sent in telling.mailer.sent:
        mail = read(sent.content)
        assert mail["Auto-Submitted"] == "auto-generated"
        assert mail["X-Auto-Response-Suppress"] == "OOF, AutoReply"
        assert mail["Reply-To"] is None


def test_a_note_is_mailed_once() -> None:
    telling = Telling(note())
    assert (telling(), telling()) == (1, 0)
    assert telling.notes.mailed == [note()]


def test_what_the_mail_service_does_not_take_now_waits_and_the_others_are_told() -> None:
    telling = Telling(note(), note("clinic"))
    telling.mailer.fail_next("send", MailBusy("slowly"))
    assert telling() == 1
    assert telling.notes.notes == [note()]
    assert telling() == 1


def test_a_stopped_mail_service_stops_and_loses_nothing() -> None:
    telling = Telling(note(), note("clinic"))
    telling.mailer.fail(MailStopped("stopped"), "send")
    assert telling() == 0
    assert len(telling.notes.notes) == 2
    assert telling.alarms.kinds() == []


@pytest.mark.parametrize(
    ("error", "alarms"), [(MailRefused("no"), ["inbox_not_told"]), (MailUncertain("?"), [])]
)
def test_what_is_refused_or_was_perhaps_taken_is_not_mailed_again(
    error: Exception, alarms: list[str]
) -> None:
    telling = Telling(note())
    telling.mailer.fail_next("send", error)
    assert (telling(), telling()) == (0, 0)
    assert telling.notes.notes == []
    assert telling.alarms.kinds() == alarms


def test_a_note_to_an_office_that_is_gone_goes_nowhere() -> None:
    telling = Telling(note("nobody"))
    assert telling() == 0
    assert telling.notes.notes == []


def test_with_little_time_left_notes_wait() -> None:
    telling = Telling(note(), seconds=10)
    assert telling() == 0
    assert telling.notes.notes == [note()]


def read(content: bytes) -> EmailMessage:
    message = message_from_bytes(content, policy=policy.default)
    assert isinstance(message, EmailMessage)
    return message


def written(one: InboxNote, office: Recipient = POLICE) -> EmailMessage:
    write = InboxMails("desk@reply.example", lambda language: Catalogs(CATALOGS).sentences(language).plain)
    return read(write(office, one))


def text_of(message: EmailMessage) -> str:
    return str(message.get_content()).replace("\r\n", "\n")


@pytest.mark.parametrize("language", ENDONYMS)
def test_each_note_is_in_the_offices_language_with_its_case_and_no_joined_lines(language: str) -> None:
    office = replace(POLICE, language=language)
    english = {kind: text_of(written(note(kind=kind))) for kind in INBOX_NOTES}
    for kind in INBOX_NOTES:
        message = written(note(kind=kind), office)
        text = text_of(message)
        assert message["Content-Language"] == language
        assert (text == english[kind]) is (language == "en")
        assert as_outlook_shows(text) == text.split("\n")
        assert kind == ANSWER_ONE or CASE in text


def test_each_kind_of_mail_that_cannot_be_shown_is_told_why() -> None:
    told = {why: text_of(written(note(why=why))).split("\n\n")[1] for why in KINDS}
    assert told[ENCRYPTED].startswith("It was encrypted")
    assert told[TNEF] == told[UNREADABLE] != told[ENCRYPTED]
    assert told[FILES_ONLY].startswith("It had files and no text.")
    assert told[EMPTY] == "We found no text above the first line of our mail. Please write above it."
    assert told[HUMAN].startswith("We could not make sure that it came from you.")


def test_files_beside_a_text_are_another_thing_than_files_alone() -> None:
    assert "had files with it" in text_of(written(note(kind=FILES, why=HUMAN)))
    assert "The writer cannot read" in text_of(written(note(kind=FILES, why=FILES_ONLY)))


def test_a_weekly_reminder_lists_its_cases_and_how_many_there_are_beside() -> None:
    message = written(note("police", WEEKLY, CASE, "PL-0000-0001", why="57"))
    lines = text_of(message).split("\n\n")
    assert lines[1:4] == [f"- {CASE}", "- PL-0000-0001", "All together: 57"]
    assert message["Subject"] == "Porchlight: cases without a reply"
    assert "All together" not in text_of(written(note(kind=WEEKLY, why="")))


def test_a_digests_answer_may_have_no_case_to_name() -> None:
    message = written(InboxNote("police", ANSWER_ONE, (), "2026-11-25"))
    assert message["Subject"] == "Porchlight: about your reply"


def test_a_case_number_writes_no_header() -> None:
    message = written(note("police", LATE, "PL-1\r\nBcc: spy@evil.example"))
    assert message["Bcc"] is None
