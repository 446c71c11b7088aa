"""Kinds of mail: only what a person wrote is a reply."""

from __future__ import annotations

import pytest

from chalicelib.replies.conversation import (
    AUTOMATIC,
    BOUNCE,
    CALENDAR,
    HUMAN,
    KINDS,
    LIST,
    READ_RECEIPT,
    RECALL,
)
from chalicelib.replies.mail_kinds import HELD_KINDS, is_held
from chalicelib.replies.read_mail import read_mail
from tests.support.stored_mails import mail, source, stored


def kind(raw: bytes, **how: str) -> str:
    return read_mail(stored(raw, **how)).kind  # type: ignore[arg-type]


def report(about: str) -> bytes:
    body = f"--b\r\n\r\nWords\r\n--b\r\nContent-Type: message/{about}\r\n\r\nx: y\r\n--b--\r\n".encode()
    return source(body, f"multipart/report; report-type={about}; boundary=b")


@pytest.mark.parametrize(
    "raw",
    [
        report("delivery-status"),
        source(
            b"--b\r\n\r\nThis user is unknown.\r\n--b--\r\n",
            "multipart/mixed; boundary=b",
            From="Mailer-Daemon@agency.example",
            Auto_Submitted="auto-generated",
            Cc="r-0123456789abcdefg@reply.porchlight.example",
        ),
        mail(X_Failed_Recipients="x@y.example"),
        mail(From="postmaster@agency.example", Subject="Undeliverable: Porchlight report"),
    ],
)
def test_a_bounce_is_no_answer(raw: bytes) -> None:
    assert kind(raw) == BOUNCE


def test_a_mail_with_a_null_path_is_a_bounce_unless_it_says_what_else_it_is() -> None:
    assert read_mail(stored(mail(), sender=None)).kind == BOUNCE
    assert read_mail(stored(mail(Subject="Automatic reply: report"), sender=None)).kind == AUTOMATIC
    assert read_mail(stored(report("disposition-notification"), sender=None)).kind == READ_RECEIPT


def test_an_officer_at_postmaster_is_a_person() -> None:
    assert kind(mail(From="postmaster@agency.example")) == HUMAN


def test_a_read_receipt_is_one() -> None:
    assert kind(report("disposition-notification")) == READ_RECEIPT


def test_an_accepted_invitation_is_calendar_and_a_file_is_not() -> None:
    part = (
        "--b\r\n\r\nAccepted\r\n--b\r\nContent-Type: text/calendar; method=REPLY{}"
        "\r\n\r\nBEGIN:VCALENDAR\r\n--b--\r\n"
    )
    whole = "multipart/mixed; boundary=b"
    assert kind(source(part.format("").encode(), whole)) == CALENDAR
    attached = "\r\nContent-Disposition: attachment; filename=a.ics"
    assert kind(source(part.format(attached).encode(), whole)) == HUMAN


def test_a_recall_is_one_and_a_sentence_about_one_is_not() -> None:
    said = 'Fox, Dana would like to recall the message, "Porchlight report".'
    assert kind(mail(said, Subject="Recall: Porchlight report")) == RECALL
    assert kind(mail(said)) == HUMAN


@pytest.mark.parametrize(
    "headers",
    [
        {"Auto_Submitted": "auto-replied"},
        {"Auto_Submitted": "auto-generated; owner-email=x"},
        {"Precedence": "bulk", "X_Autoreply": "yes"},  # how Gmail marks a vacation
        {"Precedence": "auto_reply"},
        {"X_Autorespond": "x"},
        {"X_POST_MessageClass": "9; Autoresponder"},
        {"Subject": "Automatic reply: Porchlight report"},
        {"Subject": "Re: Out of office: Porchlight report"},
        {"Subject": "Respuesta automática: Porchlight report"},
        {"Subject": "=?utf-8?B?6Ieq5Yqo5Zue5aSNOiByZXBvcnQ=?="},
        {"Subject": "رد تلقائي: Porchlight report"},
        {"Subject": "Resposta automática: Porchlight report"},
    ],
)
def test_an_absence_note_is_no_answer(headers: dict[str, str]) -> None:
    assert kind(mail("I am away until Monday.", **headers)) == AUTOMATIC


def test_an_absence_note_is_not_kept_and_a_help_desks_answer_is() -> None:
    away = read_mail(mail("I am away.", Auto_Submitted="auto-replied"))
    subject = read_mail(mail("I am away.", Auto_Submitted="auto-generated", Subject="Out of office"))
    ticket = read_mail(mail("We have it. Ana", Auto_Submitted="auto-generated"))
    told = read_mail(mail("A ticket was made.", Auto_Submitted="auto-generated", In_Reply_To=""))
    assert [one.kind for one in (away, subject, ticket, told)] == [AUTOMATIC] * 4
    assert [is_held(one) for one in (away, subject, ticket, told)] == [False, False, True, False]


@pytest.mark.parametrize(
    ("headers", "kind_of_it"),
    [
        ({"From": "bounce-team@agency.example"}, BOUNCE),
        ({"Subject": "Away from the window, as you asked"}, AUTOMATIC),
        ({"Subject": "Re: Vacation house on Elm Street"}, AUTOMATIC),
    ],
)
def test_a_name_alone_makes_no_programs_mail_of_a_proven_senders_words(
    headers: dict[str, str], kind_of_it: str
) -> None:
    proven = read_mail(stored(mail(**headers)))
    assert (proven.kind, is_held(proven)) == (kind_of_it, True)
    for other in (
        stored(mail(**headers), dmarc="none"),
        stored(mail(**headers), sender=None),
        stored(mail(" ", **headers)),
        stored(mail(Auto_Submitted="auto-replied", **headers)),
        stored(mail(Precedence="junk", In_Reply_To="", **headers)),
    ):
        assert not is_held(read_mail(other))
    daemon = read_mail(stored(mail(From="mailer-daemon@agency.example")))
    assert (daemon.kind, is_held(daemon)) == (BOUNCE, False)


def test_auto_submitted_no_is_a_person() -> None:
    assert kind(mail(Auto_Submitted="no")) == HUMAN


def test_a_persons_answer_through_a_group_is_shown() -> None:
    assert (
        kind(mail(Precedence="list", List_Id="<tips.agency.example>", List_Unsubscribe="<mailto:x>")) == HUMAN
    )


def test_a_newsletter_to_a_reply_address_is_a_lists() -> None:
    raw = mail("News!", List_Unsubscribe="<mailto:x@y.example>", In_Reply_To="", Subject="News of June")
    assert kind(raw) == LIST
    assert is_held(read_mail(raw))


def test_a_subject_that_only_speaks_of_an_office_is_a_persons() -> None:
    assert kind(mail(Subject="Re: the office is out of paper")) == HUMAN


def test_what_is_held_is_of_known_kinds_and_no_persons_mail() -> None:
    assert set(KINDS) > HELD_KINDS
    assert not is_held(read_mail(mail()))
