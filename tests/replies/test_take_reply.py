"""What offices write back is taken: once, whole, by the right reports, whatever stops it in the middle."""

from __future__ import annotations

import itertools
import random
from dataclasses import replace
from datetime import timedelta

import pytest

from chalicelib.delivery.fences import end_fence, top_fence
from chalicelib.delivery.reply_addresses import reply_token
from chalicelib.replies import take_reply
from chalicelib.replies.conversation import (
    DMARC_FAILED,
    EMPTY,
    ENCRYPTED,
    FROM_ELSEWHERE,
    HELD,
    HUMAN,
    NOT_CHECKED,
    NOT_TO_US,
    NOTED,
    SHOWN,
    THROWN,
    UNREADABLE,
)
from chalicelib.replies.mistyped import A_DAY, DIGEST, MISTYPED, OF_A_DOMAIN
from chalicelib.replies.mistyped import HELD as HELD_ROW
from chalicelib.replies.ports import ANSWER_ONE, LATE, NOT_SHOWN, ReplyAddress
from chalicelib.replies.take_reply import PIECE
from chalicelib.reporting.cases import case_number
from chalicelib.reporting.ports import SentMail
from chalicelib.shared.errors import SecretMissing, StoreUnavailable
from chalicelib.shared.mail import BATCH, REPORT, About
from tests.support.fakes import NOON
from tests.support.inbound import (
    DOMAIN,
    ONE,
    OTHER,
    SECRET,
    InboundBench,
    Killed,
    address,
    ends,
    raw_mail,
    token,
)
from tools.local.ses_inbound import Verdicts

SES_ID = "0101019a1b2c3d4e-11111111-2222-3333-4444-555555555555-000000"
AWAY = {"auto_submitted": "auto-replied", "subject": "Automatic reply: Report"}


@pytest.fixture
def bench() -> InboundBench:
    return InboundBench()


def texts(bench: InboundBench, report_id: str = ONE) -> list[str]:
    return [" ".join((reply.text or reply.whole).split()) for reply in bench.shown(report_id)]


# A person's reply


def test_a_reply_is_shown_and_proves_that_somebody_has_the_report(bench: InboundBench) -> None:
    bench.clock.forward(hours=2)
    bench.put(raw_mail("We sent somebody."), address())
    assert bench.take() == {SHOWN: 1}
    assert texts(bench) == ["We sent somebody."]
    delivery = bench.delivery()
    assert delivery.replied_at == delivery.spoke_at == NOON + timedelta(hours=2)
    assert bench.delivery(office="services").replied_at is None
    assert bench.shelf.raw == {}, "the raw mail goes as soon as the reply is shown"
    assert bench.inbound.mails == {}
    assert texts(bench, OTHER) == []


def test_the_first_reply_keeps_its_day_and_each_later_one_moves_the_end(bench: InboundBench) -> None:
    for days in (1, 5):
        bench.clock.time = NOON + timedelta(days=days)
        bench.put(raw_mail(f"Day {days}", message_id=f"<{days}@agency.example>"), address())
        bench.take()
    assert bench.delivery().replied_at == NOON + timedelta(days=1)
    assert bench.delivery().spoke_at == NOON + timedelta(days=5)
    assert bench.reports.reports[ONE].expires_at == NOON + timedelta(days=35)


def test_the_raw_mail_is_sealed_whole_before_anything_reads_it(bench: InboundBench) -> None:
    raw = raw_mail("x" * (2 * PIECE))
    bench.put(raw, address())
    seen: list[bytes] = []
    original = bench.shelf.keep_raw

    def keep_raw(report_id: str, reply_id: str, pieces: list[bytes], keep_until: object) -> None:
        assert bench.shelf.sealed == {}
        named = [piece.split(b"|", 2) for piece in pieces]
        assert [name for _, name, _ in named] == [
            f"{ONE}/{reply_id}/raw/{number}".encode() for number in range(3)
        ]
        assert {key for key, _, _ in named} == {(b"1" * 32).hex().encode()}
        seen.append(b"".join(content for _, _, content in named))
        original(report_id, reply_id, pieces, keep_until)  # type: ignore[arg-type]

    bench.shelf.keep_raw = keep_raw  # type: ignore[method-assign,assignment]
    bench.take()
    assert len(seen) == 1
    assert seen[0].endswith(raw)


@pytest.mark.parametrize("typed", ["upper", "o for 0", "l for 1"])
def test_an_address_typed_off_paper_is_understood(bench: InboundBench, typed: str) -> None:
    local = token().text
    changed = {"upper": local.upper(), "o for 0": local.replace("0", "o"), "l for 1": local.replace("1", "l")}
    bench.put(raw_mail(), f"{changed[typed]}@{DOMAIN.upper()}")
    assert bench.take() == {SHOWN: 1}


@pytest.mark.parametrize("to", ["<Paul Grimshaw <r-0@x.example>>", "\"'r-1'\" <r-2@x.example>", "nobody"])
def test_to_and_cc_place_nothing_the_envelope_says_it_all(bench: InboundBench, to: str) -> None:
    bench.put(raw_mail(to=to, cc=f"{address()}, {address(OTHER)}"), address())
    bench.take()
    assert texts(bench) == ["We sent somebody."]
    assert bench.states(OTHER) == []


def test_one_mail_to_three_addresses_of_two_reports_is_one_reply_to_each(bench: InboundBench) -> None:
    bench.put(raw_mail(), address(), address(ONE, "services"), address(OTHER))
    bench.take()
    assert sorted(bench.states()) == [("police", SHOWN), ("services", SHOWN)]
    assert bench.states(OTHER) == [("police", SHOWN)]
    for words in bench.shelf.sealed.values():
        assert b"r-" not in words


def test_the_same_mail_twice_is_one_reply_and_the_same_id_with_other_words_are_two(
    bench: InboundBench,
) -> None:
    for key in ("inbound/1", "inbound/2"):
        bench.put(raw_mail("The same."), address(), key=key)
    bench.put(raw_mail("Other words."), address(), key="inbound/3")
    assert [dict(bench.take(key)) for key in ("inbound/1", "inbound/2", "inbound/3")] == [
        {SHOWN: 1},
        {"again": 1},
        {SHOWN: 1},
    ]
    assert sorted(texts(bench)) == ["Other words.", "The same."]
    assert bench.inbound.mails == {}


def test_a_mail_without_an_id_that_comes_twice_is_one_reply(bench: InboundBench) -> None:
    for key in ("inbound/1", "inbound/2"):
        bench.put(raw_mail(message_id=""), address(), key=key)
        bench.take(key)
    assert len(bench.shown()) == 1


def test_a_reply_to_the_sender_alone_is_placed_by_the_mail_that_it_answers(bench: InboundBench) -> None:
    about = About.of(REPORT, ONE + ".0123456789ab")  # what the writer added, mailed in the same thread
    bench.reports.keep_mail(SES_ID, SentMail(about, "police", 0), NOON)
    for number, domain in enumerate(("email.amazonses.com", "us-west-2.amazonses.com")):
        named = f"<x@agency.example>\r\n <{SES_ID}@{domain}>"
        raw = raw_mail(f"Words {number}", references=named)
        bench.put(raw, f"desk@{DOMAIN}", key=f"inbound/{number}")
        assert bench.take(f"inbound/{number}") == {SHOWN: 1}
    assert sorted(texts(bench)) == ["Words 0", "Words 1"]


def test_an_id_that_a_program_encoded_since_it_is_long_is_read(bench: InboundBench) -> None:
    bench.reports.keep_mail(SES_ID, SentMail(About.of(REPORT, ONE), "police", 0), NOON)
    half = len(SES_ID) // 2
    encoded = f"=?utf-8?q?=3C{SES_ID[:half]}?=\r\n =?utf-8?q?{SES_ID[half:]}=40email=2Eamazonses=2Ecom=3E?="
    bench.put(raw_mail(in_reply_to=encoded), f"desk@{DOMAIN}")
    assert bench.take()[SHOWN] == 1


@pytest.mark.parametrize("domain", ["agency.example", "amazonses.com.evil.example", "evilamazonses.com"])
def test_an_id_of_ours_under_another_domain_places_nothing(bench: InboundBench, domain: str) -> None:
    bench.reports.keep_mail(SES_ID, SentMail(About.of(REPORT, ONE), "police", 0), NOON)
    bench.put(raw_mail(in_reply_to=f"<{SES_ID}@{domain}>"), f"info@{DOMAIN}")
    assert bench.take() == {"strange": 1}
    assert bench.states() == []


@pytest.mark.parametrize("local", ["info", "desk", token().text[:-2]])
def test_an_id_of_ours_places_no_mail_of_somebody_elses(bench: InboundBench, local: str) -> None:
    bench.reports.keep_mail(SES_ID, SentMail(About.of(REPORT, ONE), "police", 0), NOON)
    raw = raw_mail(sender="x@elsewhere.example", in_reply_to=f"<{SES_ID}@email.amazonses.com>")
    bench.put(raw, f"{local}@{DOMAIN}", sender="x@elsewhere.example")
    assert bench.take()[MISTYPED] == 1
    assert bench.states() == []
    assert [row.domain for row in bench.rows.mails] == ["elsewhere.example"]


@pytest.mark.parametrize("local", ["desk", "Desk"])
def test_a_reply_to_the_address_that_our_mails_come_from_is_kept_for_the_desk(
    bench: InboundBench, local: str
) -> None:
    bench.put(raw_mail(), f"{local}@{DOMAIN}")
    assert bench.take() == {MISTYPED: 1}
    assert [row.why for row in bench.rows.mails] == [MISTYPED]


# An old mail of the office, signed by its server, that somebody sends again

OLD = {"to": "chief@agency.example", "subject": "Lunch"}


def test_an_old_mail_of_the_office_that_is_sent_again_is_shown_as_unproven(bench: InboundBench) -> None:
    bench.put(raw_mail("Nothing more to do here.", **OLD), address())
    assert bench.take() == {SHOWN: 1}
    [note] = bench.shelf.conversation(ONE).replies
    assert (note.doubts, note.unproven) == ((NOT_TO_US,), True)
    assert bench.shelf.raw == {}
    assert (bench.delivery().replied_at, bench.delivery().spoke_at) == (None, note.at)
    assert bench.notes.notes == []


def test_one_without_to_and_cc_is_a_blind_copy_and_no_old_mail(bench: InboundBench) -> None:
    bench.put(raw_mail(to="", subject="Lunch"), address())
    assert bench.take() == {SHOWN: 1}
    assert not bench.shelf.conversation(ONE).replies[0].unproven


@pytest.mark.parametrize(
    "headers",
    [
        {"to": f"desk@{DOMAIN}"},
        {"to": f"Porchlight <{address().upper()}>"},
        {"cc": f"=?utf-8?q?Report?= <'{address()}'>"},
        {"to": f"{address(OTHER)}, {address()}"},
        {"to": f"{address()[:5]}{address()[6:]}"},
        {"in_reply_to": f"<{SES_ID}@email.amazonses.com>"},
        {"references": f"<{SES_ID[:-1]}1@email.amazonses.com> <x@y.example>"},
        {"subject": f"RE: [EXTERNAL] Porchlight report {case_number(ONE).lower()}"},
    ],
    ids=["sender", "token", "cc", "both", "slip", "in reply to", "digest", "case number"],
)
def test_whatever_of_its_lines_says_that_it_answers_this_report_is_enough(
    bench: InboundBench, headers: dict[str, str]
) -> None:
    bench.reports.keep_mail(SES_ID, SentMail(About.of(REPORT, ONE), "police", 0), NOON)
    bench.reports.keep_mail(SES_ID[:-1] + "1", SentMail(About.of(BATCH, "b1"), "police", 0), NOON)
    bench.reports.keep_batch("b1", [OTHER, ONE], NOON)
    bench.put(raw_mail(**{**OLD, **headers}), address())
    assert bench.take() == {SHOWN: 1}


@pytest.mark.parametrize(
    "headers",
    [
        {"to": address(OTHER)},
        {"to": f"desk@{DOMAIN}, {address(OTHER)}"},
        {"to": f"chief@agency.example, {reply_token(b'x', 'y', 'z').text}@{DOMAIN}"},
        {"to": f"chief@agency.example\r\nTo: {address()}"},
        {"cc": f"desk@{DOMAIN}.example"},
        {"in_reply_to": f"<{SES_ID}@email.amazonses.com>"},
        {"subject": f"Re: {case_number(OTHER)}"},
    ],
    ids=["other", "sender and other", "guess", "second To", "domain", "thread of another", "case of another"],
)
def test_a_line_about_another_report_is_not(bench: InboundBench, headers: dict[str, str]) -> None:
    bench.reports.keep_mail(SES_ID, SentMail(About.of(REPORT, OTHER), "police", 0), NOON)
    bench.put(raw_mail(**{**OLD, **headers}), address())
    assert bench.take() == {SHOWN: 1}
    note = bench.shelf.conversation(ONE).replies[0]
    assert (note.doubts, note.unproven) == ((NOT_TO_US,), True)


# What is not shown


def test_what_fails_dmarc_is_held_and_nothing_is_there_that_could_be_shown(bench: InboundBench) -> None:
    bench.put(raw_mail(), address(), verdicts=Verdicts(dmarc="FAIL"))
    assert bench.take() == {HELD: 1}
    [note] = bench.shelf.conversation(ONE).replies
    assert DMARC_FAILED in note.doubts
    assert note.sender == "officer@agency.example"
    assert bench.shelf.sealed == {}
    assert list(bench.shelf.raw) == [(ONE, note.id)]
    assert bench.delivery().replied_at is None
    assert bench.notes.notes == []


def test_headers_that_a_sender_forged_below_sess_prove_nothing_and_place_nothing(bench: InboundBench) -> None:
    forged = (
        "Received: from mail.agency.example by inbound-smtp.us-west-2.amazonaws.com with SMTP id x\r\n"
        f" for {address(OTHER)}; Wed, 25 Nov 2026 12:00:00 +0000\r\n"
        "X-SES-Spam-Verdict: PASS\r\nX-SES-Virus-Verdict: PASS\r\n"
        "Authentication-Results: amazonses.com; spf=pass; dkim=pass header.i=@agency.example;\r\n"
        " dmarc=pass header.from=agency.example;\r\nX-SES-RECEIPT: AEFBQUFB\r\n"
    )
    bench.put(forged.encode() + raw_mail(), address(), verdicts=Verdicts(dmarc="FAIL", dkim="FAIL"))
    assert bench.take() == {HELD: 1}
    assert DMARC_FAILED in bench.shelf.conversation(ONE).replies[0].doubts
    assert bench.states(OTHER) == []


def test_a_town_without_dmarc_is_believed_when_spf_says_who_it_is(bench: InboundBench) -> None:
    bench.put(raw_mail(), address(), verdicts=Verdicts(dmarc="GRAY", dkim="GRAY"))
    assert bench.take() == {SHOWN: 1}


def test_what_comes_from_elsewhere_is_held_with_its_words_and_the_desk_sees_a_row(
    bench: InboundBench,
) -> None:
    bench.put(raw_mail(sender="no-reply@vendor.example"), address(), sender="no-reply@vendor.example")
    bench.take()
    [note] = bench.shelf.conversation(ONE).replies
    assert note.state == HELD
    assert list(bench.shelf.sealed) == list(bench.shelf.raw) == [(ONE, note.id)]
    [row] = bench.rows.mails
    assert (row.id, row.why, row.domain) == (note.id, HELD_ROW, "vendor.example")
    assert row.case_number == case_number(ONE)


@pytest.mark.parametrize(
    "headers",
    [
        AWAY,
        {"content_type": 'text/calendar; method="REPLY"'},
        {"content_type": "multipart/report; report-type=disposition-notification; boundary=x"},
    ],
    ids=["absence", "calendar", "receipt"],
)
def test_what_no_person_wrote_is_noted_and_nothing_of_it_is_kept(
    bench: InboundBench, headers: dict[str, str]
) -> None:
    bench.put(raw_mail("Away until Monday", **headers), address())
    assert bench.take() == {NOTED: 1}
    assert bench.shelf.raw == bench.shelf.sealed == {}
    assert bench.delivery().replied_at is None
    assert bench.notes.notes == [], "an absence note starts no loop"


def test_a_bounce_is_noted_and_moves_nothing(bench: InboundBench) -> None:
    raw = raw_mail("Undelivered", "mailer-daemon@agency.example", auto_submitted="auto-generated")
    bench.put(raw, address(), sender="")
    assert bench.take() == {NOTED: 1}
    assert bench.delivery().state == "delivered"
    assert bench.shelf.raw == {}


def test_what_is_encrypted_is_held_and_the_inbox_is_told_once_a_day(bench: InboundBench) -> None:
    kind = 'multipart/encrypted; protocol="application/pgp-encrypted"; boundary=x'
    for number in range(3):
        raw = raw_mail("--x--", content_type=kind, message_id=f"<{number}@agency.example>")
        bench.put(raw, address(), key=f"inbound/{number}")
        bench.take(f"inbound/{number}")
    assert [note.kind for note in bench.shelf.conversation(ONE).replies] == [ENCRYPTED] * 3
    assert len(bench.shelf.raw) == 3
    assert bench.shelf.sealed == {}
    [told] = bench.notes.notes
    assert (told.recipient, told.kind, told.about, told.why) == (
        "police",
        NOT_SHOWN,
        (case_number(ONE),),
        ENCRYPTED,
    )


@pytest.mark.parametrize(
    ("verdicts", "sender"),
    [
        (Verdicts(virus="PROCESSING_FAILED"), "officer@agency.example"),
        (Verdicts(virus="GRAY"), "officer@agency.example"),
        (Verdicts(dmarc="GRAY", spf="FAIL", dkim="GRAY"), "officer@agency.example"),
        (Verdicts(), "officer@vendor.example"),
    ],
    ids=["not checked", "not scanned", "not aligned", "from elsewhere"],
)
def test_of_what_is_held_its_office_hears_that_the_writer_cannot_read_it(
    bench: InboundBench, verdicts: Verdicts, sender: str
) -> None:
    bench.put(raw_mail(sender=sender), address(), sender=sender, verdicts=verdicts)
    assert bench.take() == {HELD: 1}
    assert [(told.kind, told.why) for told in bench.notes.notes] == [(NOT_SHOWN, HUMAN)]


@pytest.mark.parametrize(
    "verdicts", [Verdicts(dmarc="FAIL"), Verdicts(spam="FAIL"), Verdicts(virus="FAIL", spam="GRAY")]
)
def test_of_what_somebody_else_sent_in_its_name_it_does_not(bench: InboundBench, verdicts: Verdicts) -> None:
    bench.put(raw_mail(), address(), verdicts=verdicts)
    assert bench.take() == {HELD: 1}
    assert bench.notes.notes == []


@pytest.mark.parametrize("first", [Verdicts(virus="PROCESSING_FAILED"), Verdicts(dmarc="FAIL")])
def test_the_same_mail_once_more_with_checks_that_worked_is_shown(
    bench: InboundBench, first: Verdicts
) -> None:
    bench.put(raw_mail("Come at ten."), address(), verdicts=first)
    assert bench.take() == {HELD: 1}
    bench.put(raw_mail("Come at ten."), address())
    assert bench.take() == {SHOWN: 1}
    assert texts(bench) == ["Come at ten."]
    assert bench.shelf.raw == {}
    assert bench.delivery().replied_at is not None
    bench.put(raw_mail("Come at ten."), address(), verdicts=first)
    assert bench.take() == {"again": 1}
    assert bench.states() == [("police", SHOWN)]


def test_the_same_held_mail_once_more_changes_nothing(bench: InboundBench) -> None:
    for verdicts in (Verdicts(virus="GRAY"), Verdicts(dmarc="FAIL"), Verdicts(virus="GRAY")):
        bench.put(raw_mail(), address(), verdicts=verdicts)
        bench.take()
    [note] = bench.shelf.conversation(ONE).replies
    assert note.doubts == (NOT_CHECKED,)
    assert list(bench.shelf.raw) == [(ONE, note.id)]


def test_what_was_written_where_nobody_finds_it_is_held_and_the_inbox_told(bench: InboundBench) -> None:
    number = case_number(ONE)
    top, end = top_fence(number, "Please write above."), end_fence(number, "Here it ends.")
    ours = f"{top}\n\nWords of the report\n\n{end}"
    bench.put(raw_mail(ours.replace("Words", "We are on our way.\n\nWords")), address())
    assert bench.take() == {HELD: 1}
    [note] = bench.shelf.conversation(ONE).replies
    assert note.kind == EMPTY
    assert list(bench.shelf.raw) == [(ONE, note.id)]
    assert bench.shelf.sealed == {}
    assert bench.delivery().replied_at is None
    assert [(told.kind, told.why) for told in bench.notes.notes] == [(NOT_SHOWN, EMPTY)]
    for key, said in enumerate(("1", "We are on our way.")):
        bench.put(raw_mail(f"{said}\n\n{ours}"), address(), key=f"inbound/{key}")
        assert bench.take(f"inbound/{key}") == {SHOWN: 1}, said


class Broken:
    """An office of which nothing can be read but its id."""

    id = "police"


def test_what_cannot_be_taken_apart_is_held_as_it_is(bench: InboundBench) -> None:
    bench.offices.all = (Broken(),)  # type: ignore[assignment]
    bench.put(raw_mail(), address())
    assert bench.take() == {HELD: 1}
    [note] = bench.shelf.conversation(ONE).replies
    assert note.kind == UNREADABLE
    assert len(bench.shelf.raw) == 1


def test_a_mail_that_ends_whoever_reads_it_is_held_as_it_is(
    bench: InboundBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(raw: bytes) -> None:
        raise Killed

    bench.put(raw_mail(), address())
    with monkeypatch.context() as patched:
        patched.setattr(take_reply, "read_mail", killed)
        for rows in (0, 1, 1):
            with pytest.raises(Killed):
                bench.take()
            [note] = bench.shelf.conversation(ONE).replies
            assert (note.kind, note.state) == (UNREADABLE, HELD)
            assert list(bench.shelf.raw) == [(ONE, note.id)]
            assert len(bench.rows.mails) == rows, "the desk hears of it when it comes again"
    assert bench.take() == {SHOWN: 1}
    settled(bench)


def test_nothing_is_left_of_what_a_full_conversation_does_not_take(bench: InboundBench) -> None:
    for number in range(45):
        good = number < 40
        raw = raw_mail(sender="a@vendor.example", message_id=f"<{number}@v.example>")
        verdicts = Verdicts() if good else Verdicts(dmarc="FAIL")
        bench.clock.forward(minutes=1)
        bench.put(raw, address(), key=f"inbound/{number}", sender="a@vendor.example", verdicts=verdicts)
        assert bench.take(f"inbound/{number}") == {HELD if good else NOTED: 1}
    kept = {note.id for note in bench.shelf.conversation(ONE).replies}
    assert {note.doubts for note in bench.shelf.conversation(ONE).replies} == {(FROM_ELSEWHERE,)}
    assert {one for _, one in bench.shelf.raw} == {one for _, one in bench.shelf.sealed} == kept
    assert len(bench.rows.mails) == len(kept) == 40


def test_what_leaves_a_full_conversation_leaves_with_its_words(bench: InboundBench) -> None:
    for number in range(60):
        raw = raw_mail(sender="a@vendor.example", message_id=f"<{number}@v.example>")
        bench.clock.forward(minutes=1)
        bench.put(raw, address(), key=f"inbound/{number}", sender="a@vendor.example")
        bench.take(f"inbound/{number}")
    kept = {note.id for note in bench.shelf.conversation(ONE).replies}
    assert len(kept) == 40
    assert {one for _, one in bench.shelf.raw} == {one for _, one in bench.shelf.sealed} == kept


def test_what_somebody_threw_away_stays_away_when_it_comes_again(bench: InboundBench) -> None:
    bench.put(raw_mail(sender="a@vendor.example"), address(), sender="a@vendor.example")
    bench.take()
    conversation = bench.shelf.conversation(ONE)
    thrown = tuple(replace(note, state=THROWN) for note in conversation.replies)
    bench.shelf.save(replace(conversation, replies=thrown), NOON)
    bench.put(raw_mail(sender="a@vendor.example"), address(), sender="a@vendor.example")
    assert bench.take() == {"again": 1}
    assert bench.states() == [("police", THROWN)]
    assert bench.shelf.raw == bench.shelf.sealed == {}


# What belongs to no report


def mistype(local: str) -> str:
    return local[:5] + local[6:]  # a character is missing


def test_an_address_with_a_slip_is_kept_sealed_for_the_desk(bench: InboundBench) -> None:
    bench.put(raw_mail("Odd phrase."), f"{mistype(token().text)}@{DOMAIN}")
    assert bench.take() == {MISTYPED: 1}
    [row] = bench.rows.mails
    assert (row.why, row.domain, row.case_number) == (MISTYPED, "agency.example", "")
    assert b"Odd phrase." in bench.delivery_key.open(bench.mistyped.sealed[row.id], row.id)
    assert bench.states() == []
    assert bench.inbound.mails == {}


def test_a_slip_that_the_thread_explains_is_none(bench: InboundBench) -> None:
    bench.reports.keep_mail(SES_ID, SentMail(About.of(REPORT, ONE), "police", 0), NOON)
    raw = raw_mail(in_reply_to=f"<{SES_ID}@email.amazonses.com>")
    bench.put(raw, f"{mistype(token().text)}@{DOMAIN}")
    assert bench.take() == {SHOWN: 1}


def test_a_mail_that_ses_names_no_recipient_of_is_kept_and_not_dropped(bench: InboundBench) -> None:
    key = bench.put(raw_mail(), address())
    bench.inbound.mails[key] = replace(bench.inbound.mails[key], recipients=())
    assert bench.take() == {MISTYPED: 1}


def test_a_guess_is_counted_and_nothing_of_it_is_kept(bench: InboundBench) -> None:
    guess = reply_token(b"another secret", "report-x", "police").text
    bench.put(raw_mail(), f"{guess}@{DOMAIN}")
    assert bench.take() == {"guesses": 1}
    assert bench.rows.mails == []
    assert bench.mistyped.sealed == {}
    assert bench.inbound.mails == {}


def test_a_day_keeps_so_many_mistyped_mails_and_counts_the_rest(bench: InboundBench) -> None:
    became = []
    for number in range(A_DAY + 3):
        raw = raw_mail(sender=f"a@{number}.example", message_id=f"<{number}@agency.example>")
        bench.put(raw, f"{mistype(token().text)}@{DOMAIN}", key=f"inbound/{number}")
        became += list(bench.take(f"inbound/{number}"))
    assert became == [MISTYPED] * A_DAY + ["mistyped_not_kept"] * 3
    assert len(bench.mistyped.sealed) == A_DAY


@pytest.mark.parametrize("verdicts", [Verdicts(dmarc="FAIL"), Verdicts(spam="FAIL"), Verdicts(virus="FAIL")])
def test_what_is_forged_or_harmful_takes_no_place_on_the_desks_list(
    bench: InboundBench, verdicts: Verdicts
) -> None:
    bench.put(raw_mail(), f"{mistype(token().text)}@{DOMAIN}", verdicts=verdicts)
    assert bench.take() == {"mistyped_not_kept": 1}
    assert (bench.rows.mails, bench.mistyped.sealed) == ([], {})


def test_one_senders_domain_fills_no_day(bench: InboundBench) -> None:
    for number, domain in enumerate([*["many.example"] * (OF_A_DOMAIN + 3), "town.example"]):
        raw = raw_mail(sender=f"{number}@{domain}", message_id=f"<{number}@{domain}>")
        to = f"{mistype(token().text)}@{DOMAIN}"
        bench.put(raw, to, key=f"inbound/{number}", sender=f"{number}@{domain}")
        bench.take(f"inbound/{number}")
    assert [row.domain for row in bench.rows.mails] == ["many.example"] * OF_A_DOMAIN + ["town.example"]
    assert len(bench.mistyped.sealed) == OF_A_DOMAIN + 1


def test_without_a_delivery_key_a_mistyped_mail_is_counted_alone(bench: InboundBench) -> None:
    bench.delivery_key.fail(SecretMissing("none"), "seal")
    bench.put(raw_mail(), f"{mistype(token().text)}@{DOMAIN}")
    assert bench.take() == {"mistyped_not_kept": 1}
    assert bench.rows.mails == []
    assert bench.inbound.mails == {}


def test_a_late_reply_is_told_of_once_and_nothing_of_it_is_kept(bench: InboundBench) -> None:
    del bench.reports.reports[ONE]
    for number in range(3):
        bench.clock.forward(days=1)
        raw = raw_mail(message_id=f"<{number}@agency.example>")
        bench.put(raw, address(), key=f"inbound/{number}")
        assert bench.take(f"inbound/{number}") == {"late": 1}
    assert [(note.kind, note.about) for note in bench.notes.notes] == [(LATE, (case_number(ONE),))]
    assert bench.shelf.raw == bench.shelf.sealed == {}
    assert bench.inbound.mails == {}


@pytest.mark.parametrize("verdicts", [Verdicts(dmarc="FAIL"), Verdicts(spam="FAIL"), Verdicts(virus="FAIL")])
def test_a_late_mail_that_is_forged_does_not_use_up_that_once(
    bench: InboundBench, verdicts: Verdicts
) -> None:
    del bench.reports.reports[ONE]
    bench.put(raw_mail(), address(), verdicts=verdicts)
    assert bench.take() == {"late_noted": 1}
    assert bench.notes.notes == []
    bench.put(raw_mail(), address())
    assert bench.take() == {"late": 1}


def test_a_late_absence_note_tells_nobody(bench: InboundBench) -> None:
    del bench.reports.reports[ONE]
    bench.put(raw_mail(**AWAY), address())
    assert bench.take() == {"late_noted": 1}
    assert bench.notes.notes == []


@pytest.mark.parametrize("by_thread", [False, True])
def test_an_answer_to_a_digest_is_held_and_its_inbox_told_how_to_answer_one(
    bench: InboundBench, by_thread: bool
) -> None:
    bench.reports.keep_batch("b1", [ONE, OTHER], NOON)
    bench.reports.keep_mail(SES_ID, SentMail(About.of(BATCH, "b1"), "police", 0), NOON)
    digest = reply_token(SECRET, "batch-b1", "police")
    bench.addresses.keep(digest.hashed(), ReplyAddress("police", batch="b1"), NOON)
    raw = raw_mail(in_reply_to=f"<{SES_ID}@email.amazonses.com>")
    bench.put(raw, f"desk@{DOMAIN}" if by_thread else f"{digest.text}@{DOMAIN}")
    assert bench.take()[DIGEST] == 1
    assert [(note.recipient, note.kind, note.about) for note in bench.notes.notes] == [
        ("police", ANSWER_ONE, ())
    ]
    assert [row.why for row in bench.rows.mails] == [DIGEST]
    assert bench.states() == bench.states(OTHER) == []


def test_an_answer_to_a_digest_of_one_report_is_that_reports(bench: InboundBench) -> None:
    bench.reports.keep_batch("b1", [ONE], NOON)
    digest = reply_token(SECRET, "batch-b1", "police")
    bench.addresses.keep(digest.hashed(), ReplyAddress("police", batch="b1"), NOON)
    bench.put(raw_mail(), f"{digest.text}@{DOMAIN}")
    assert bench.take() == {SHOWN: 1}


# Whatever stops it


def settled(bench: InboundBench) -> None:
    assert len(bench.shown()) == 1
    assert bench.states() == [("police", SHOWN)]
    assert bench.shelf.raw == {}
    assert bench.inbound.mails == {}
    assert bench.delivery().replied_at is not None
    assert len(bench.reports.reports) == 2


def end() -> None:
    raise Killed


@pytest.mark.parametrize(("number", "before"), ends(15))
def test_a_process_that_ends_at_any_call_loses_nothing_and_shows_it_once(number: int, before: bool) -> None:
    bench = InboundBench()
    bench.put(raw_mail(), address())
    bench.calls.at, bench.calls.before, bench.calls.what = number, before, end
    try:
        bench.take()
    except Killed:
        bench.clock.forward(seconds=30)
        bench.take()
    settled(bench)


def test_every_call_is_among_those_at_which_a_process_was_ended(bench: InboundBench) -> None:
    bench.put(raw_mail(), address())
    bench.take()
    assert bench.calls.made == 15


@pytest.mark.parametrize("seed", range(30))
def test_a_process_that_ends_again_and_again_loses_nothing(seed: int) -> None:
    chance, bench = random.Random(seed), InboundBench()  # noqa: S311
    bench.put(raw_mail(), address())
    for _ in range(chance.randrange(3, 25)):
        bench.calls.made, bench.calls.at = 0, chance.randrange(15)
        bench.calls.before, bench.calls.what = chance.random() < 0.5, end
        bench.clock.forward(seconds=1)
        try:
            bench.take()
        except Killed:
            continue
    bench.calls.at = -1
    bench.take()
    settled(bench)


@pytest.mark.parametrize(("number", "before"), ends(15))
def test_another_process_that_takes_the_same_mail_meanwhile_shows_it_once(number: int, before: bool) -> None:
    bench = InboundBench()
    bench.put(raw_mail(), address())
    bench.put(raw_mail(), address(), key="inbound/2")
    meanwhile = InboundBench.taker(bench)

    def other() -> None:
        bench.calls.at = -1
        for key in ("inbound/1", "inbound/2"):
            meanwhile(key)

    bench.calls.at, bench.calls.before, bench.calls.what = number, before, other
    bench.take()
    assert bench.calls.at == -1
    settled(bench)


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_replies_that_come_in_any_order_are_all_there(bench: InboundBench, order: tuple[int, ...]) -> None:
    for number in (*order, *order):
        raw = raw_mail(f"Words {number}", message_id=f"<{number}@agency.example>")
        bench.put(raw, address(), key=f"inbound/{number}")
        bench.take(f"inbound/{number}")
    assert sorted(texts(bench)) == ["Words 0", "Words 1", "Words 2"]


def test_the_trouble_of_one_report_holds_up_no_other(bench: InboundBench) -> None:
    bench.put(raw_mail(), address(), address(OTHER))
    bench.reports.fail_next("reporter_key", StoreUnavailable("away"))
    with pytest.raises(StoreUnavailable):
        bench.take()
    assert (bench.states(), bench.states(OTHER)) == ([], [("police", SHOWN)])
    assert list(bench.inbound.mails) == ["inbound/1"], "it is deleted when all is done"
    assert bench.take() == {SHOWN: 1, "again": 1}
    assert bench.inbound.mails == {}


def test_a_mail_that_is_gone_was_taken(bench: InboundBench) -> None:
    assert bench.take() == {"gone": 1}
