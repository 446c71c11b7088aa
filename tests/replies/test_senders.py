"""Who wrote: the office's own list, and a proof of the very domain that stands in From."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from chalicelib.directory.recipients import Recipient
from chalicelib.replies.conversation import (
    DMARC_FAILED,
    DOUBTS,
    FROM_ELSEWHERE,
    NOT_ALIGNED,
    NOT_CHECKED,
    SPAM,
    VIRUS,
)
from chalicelib.replies.parsed_mail import ParsedMail
from chalicelib.replies.read_mail import read_mail
from chalicelib.replies.senders import senders_of, who_wrote
from tests.support.fakes import recipient
from tests.support.stored_mails import mail, stored

TOWN = replace(recipient("police"), email="tips@town.example")


def wrote(who: str, to: Recipient = TOWN, **checks: Any) -> tuple[str, ...]:
    """Return the doubts about a mail from this address, as the service stored it."""
    checks = {"sender": who, "about": who.rpartition("@")[2], **checks}
    return who_wrote(read_mail(stored(mail(From=who), **checks)), to)


def listed(*senders: str) -> Recipient:
    return replace(TOWN, reply_from=senders)


def test_the_inboxs_own_domain_may_answer() -> None:
    assert wrote("ana@town.example") == ()


@pytest.mark.parametrize(
    "sender", ["ana@sub.town.example", "ana@nottown.example", "ana@town.example.evil.example"]
)
def test_no_other_domain_may(sender: str) -> None:
    assert wrote(sender) == (FROM_ELSEWHERE,)


def test_a_list_takes_the_place_of_the_inboxs_domain() -> None:
    assert wrote("ana@county.example", listed("county.example")) == ()
    assert wrote("ana@town.example", listed("county.example")) == (FROM_ELSEWHERE,)


def test_a_star_means_all_below_and_not_the_domain_itself() -> None:
    assert wrote("ana@a.b.county.example", listed("*.county.example")) == ()
    assert wrote("ana@county.example", listed("*.county.example")) == (FROM_ELSEWHERE,)


def test_a_whole_address_is_nobody_else_of_its_domain() -> None:
    assert wrote("ana@county.example", listed("ana@county.example")) == ()
    assert wrote("bob@county.example", listed("ana@county.example")) == (FROM_ELSEWHERE,)


def test_at_a_freemail_host_an_office_is_its_whole_address() -> None:
    office = replace(TOWN, email="Shelter@gmail.com", fallback="shelter2@outlook.com")
    assert senders_of(office) == ("shelter@gmail.com", "shelter2@outlook.com")
    assert wrote("shelter@gmail.com", office) == ()
    assert wrote("shelter2@outlook.com", office) == ()
    assert wrote("somebody@gmail.com", office) == (FROM_ELSEWHERE,)
    assert wrote("somebody@gmail.com", listed("gmail.com", "*.gmail.com")) == (FROM_ELSEWHERE,)


def test_a_town_without_a_dmarc_record_is_proven_by_spf_of_its_domain() -> None:
    assert wrote("ana@town.example", dmarc="none", spf="pass") == ()
    assert wrote("ana@town.example", dmarc="", spf="pass") == ()


def test_or_by_a_signature_of_its_domain() -> None:
    assert wrote("ana@town.example", dmarc="none", spf="fail", dkim="town.example") == ()


@pytest.mark.parametrize(
    "checks",
    [
        {"spf": "fail"},
        {"spf": "softfail", "dkim": "tenant.onmicrosoft.com"},
        {"spf": "pass", "sender": "bounce@mailer.example"},
        {"spf": "none", "dkim": "mail.town.example"},
        {"spf": "none", "dkim": "example"},
    ],
)
def test_a_proof_of_another_domain_is_none(checks: dict[str, str]) -> None:
    assert wrote("ana@town.example", dmarc="none", **checks) == (NOT_ALIGNED,)


def test_a_proof_of_a_domain_on_the_list_is_one() -> None:
    office = listed("town.example", "*.mailer.example")
    assert wrote("ana@town.example", office, dmarc="none", spf="none", dkim="eu.mailer.example") == ()


def test_a_signature_of_a_freemail_host_proves_no_office() -> None:
    office = listed("town.example", "gmail.com")
    assert wrote("ana@town.example", office, dmarc="none", spf="none", dkim="gmail.com") == (NOT_ALIGNED,)


def test_a_dmarc_failure_is_a_doubt_of_its_own_whatever_else_passed() -> None:
    assert wrote("ana@town.example", dmarc="fail", spf="pass", dkim="town.example") == (DMARC_FAILED,)


@pytest.mark.parametrize("word", ["temperror", "processing_failed", "permerror"])
def test_a_check_that_did_not_work_is_a_doubt(word: str) -> None:
    assert wrote("ana@town.example", dmarc=word) == (NOT_CHECKED,)


def test_spam_and_viruses_are_doubts() -> None:
    assert wrote("ana@town.example", spam="FAIL") == (SPAM,)
    assert wrote("ana@town.example", virus="FAIL") == (VIRUS,)
    assert wrote("ana@town.example", virus="PROCESSING_FAILED") == (NOT_CHECKED,)
    assert wrote("ana@town.example", virus="GRAY") == (NOT_CHECKED,)
    assert wrote("ana@town.example", spam="GRAY") == ()


def test_a_mail_without_the_services_headers_is_not_checked() -> None:
    assert who_wrote(read_mail(mail(From="ana@town.example")), TOWN) == (NOT_CHECKED,)


def test_a_forged_block_below_the_services_own_is_held() -> None:
    forged = (
        b"Authentication-Results: amazonses.com; spf=pass envelope-from=ana@town.example;"
        b" dkim=pass header.i=@town.example; dmarc=pass header.from=town.example;\r\nX-SES-RECEIPT: AEFB\r\n"
    )
    raw = stored(
        forged + mail(From="ana@town.example"), sender="x@evil.example", dmarc="fail", about="town.example"
    )
    assert who_wrote(read_mail(raw), TOWN) == (DMARC_FAILED,)


def test_a_vendors_sender_is_held_until_it_is_on_the_list() -> None:
    vendor = "no-reply@town.vendor.example"
    raw = stored(mail(From=vendor, Reply_To="ana@town.example"), sender=vendor, about="town.vendor.example")
    assert who_wrote(read_mail(raw), TOWN) == (FROM_ELSEWHERE,)
    assert who_wrote(read_mail(raw), listed("town.example", vendor)) == ()


def test_a_person_who_answers_through_a_google_group_is_the_groups_domain() -> None:
    raw = stored(
        mail(
            From="'Ana Ruiz' via Tips <tips@town.example>",
            X_Original_From="Ana Ruiz <ana@elsewhere.example>",
            Precedence="list",
            List_Id="<tips.town.example>",
        ),
        sender="tips+bncBC@town.example",
        about="town.example",
    )
    assert who_wrote(read_mail(raw), TOWN) == ()


@pytest.mark.parametrize(
    "sender",
    [
        "ana@town.example, eve@evil.example",
        "ana@town.example <eve@evil.example>",
        "<ana@town.example> <eve@evil.example>",
        '"ana@town.example"',
        "ana@town.example (eve@evil.example",
        "undisclosed:;",
        "ana",
    ],
)
def test_a_from_that_is_not_exactly_one_address_is_nobody(sender: str) -> None:
    raw = stored(mail().replace(b"From: Officer <officer@agency.example>", b"From: " + sender.encode()))
    assert read_mail(raw).sender in ("", "eve@evil.example")
    assert FROM_ELSEWHERE in who_wrote(read_mail(raw), TOWN)


def test_a_mail_with_two_froms_is_nobodys() -> None:
    raw = stored(b"From: ana@town.example\r\n" + mail(From="ana@town.example"), about="town.example")
    assert read_mail(raw).sender == ""


def test_every_doubt_is_a_known_one() -> None:
    worst = stored(mail(From="x@y.example"), dmarc="fail", spam="FAIL", virus="FAIL", about="y.example")
    assert set(who_wrote(read_mail(worst), TOWN)) <= set(DOUBTS)
    assert set(who_wrote(ParsedMail("human"), TOWN)) == {FROM_ELSEWHERE, NOT_CHECKED}
