"""Verdicts of the mail service: from its own topmost headers, and from nothing that a sender can write."""

from __future__ import annotations

import pytest

from chalicelib.replies.parsed_mail import Verdicts
from chalicelib.replies.read_mail import envelope_recipients, read_mail
from tests.support.stored_mails import OFFICER, TOKEN, mail, stored

FORGED = (
    b"Authentication-Results: amazonses.com; spf=pass; dkim=pass header.i=@agency.example;"
    b" dmarc=pass header.from=agency.example;\r\n"
    b"X-SES-Spam-Verdict: PASS\r\nX-SES-Virus-Verdict: PASS\r\nX-SES-RECEIPT: AEFB\r\n"
)


def verdicts(raw: bytes) -> Verdicts:
    return read_mail(raw).verdicts


def test_what_the_service_wrote_is_read() -> None:
    assert verdicts(stored(mail(), dkim="agency.example")) == Verdicts(
        "pass", "pass", "pass", "pass", "agency.example", ("agency.example",)
    )


@pytest.mark.parametrize("word", ["none", "gray", "GRAY", ""])
def test_a_domain_without_a_policy_is_gray(word: str) -> None:
    assert verdicts(stored(mail(), dmarc=word)).dmarc == "gray"


@pytest.mark.parametrize("word", ["fail", "FAIL"])
def test_a_failure_is_a_failure(word: str) -> None:
    assert verdicts(stored(mail(), dmarc=word)).dmarc == "fail"


def test_forged_results_below_the_services_own_count_for_nothing() -> None:
    raw = stored(FORGED + mail(), dmarc="fail", spf="fail", spam="FAIL", virus="FAIL")
    assert verdicts(raw) == Verdicts("fail", "fail", "fail", "fail", "agency.example", ())


def test_forged_results_are_none_where_the_service_wrote_none() -> None:
    service = stored(b"")
    kept = [
        line for line in service.split(b"\r\n") if not line.startswith((b"Authentication", b" spf", b" d"))
    ]
    assert verdicts(b"\r\n".join(kept) + FORGED + mail()).dmarc == ""
    assert verdicts(FORGED + mail()) == Verdicts()
    assert verdicts(mail()) == Verdicts()


def test_results_of_another_service_are_none() -> None:
    raw = stored(mail()).replace(b"Results: amazonses.com;", b"Results: mx.example;")
    assert verdicts(raw).dmarc == ""
    beside = stored(mail()).replace(b"Results: amazonses.com;", b"Results: amazonses.com.evil.example;")
    assert verdicts(beside).dmarc == ""


@pytest.mark.parametrize(
    "envelope",
    [
        "x;dkim=pass header.i=@agency.example;a@evil.example",
        '"a;dmarc=pass header.from=agency.example;b"@evil.example',
        "a;helo=b;dmarc=pass@evil.example",
        "(a;dmarc=pass)b@evil.example",
    ],
)
def test_an_envelope_address_cannot_speak_for_the_service(envelope: str) -> None:
    found = verdicts(stored(mail(), sender=envelope, dmarc="none", spf="none"))
    assert found == Verdicts()


@pytest.mark.parametrize("helo", ["x;dkim=pass header.i=@agency.example", 'x"', "x;dmarc=pass", "x("])
def test_a_name_said_in_helo_cannot_either(helo: str) -> None:
    found = verdicts(stored(mail(), helo=helo, dmarc="none", spf="none"))
    assert found.dmarc == ""
    assert not found.dkim_domains


def test_a_second_result_of_a_kind_makes_all_of_them_doubtful() -> None:
    raw = stored(mail()).replace(b" dkim=none;", b" dmarc=pass;\r\n dkim=none;")
    assert verdicts(raw).dmarc == ""


def test_a_result_about_another_from_counts_for_nothing() -> None:
    assert verdicts(stored(mail(), about="evil.example")).dmarc == ""


def test_a_pass_that_does_not_say_of_which_from_counts_for_nothing() -> None:
    own = b" dmarc=pass header.from=agency.example;"
    for said in (
        b" dmarc=pass;",
        b' dmarc=pass header.from="agency.example";',
        b" dmarc=pass header.from=<>;",
    ):
        raw = stored(mail())
        assert own in raw
        assert verdicts(raw.replace(own, said)).dmarc == ""
    assert verdicts(stored(mail(From="a@agency.example, b@evil.example"))).dmarc == ""
    assert verdicts(stored(mail()).replace(own, b" dmarc=fail;")).dmarc == "fail"


def test_a_mail_with_more_header_lines_than_are_read_was_not_checked() -> None:
    """Its second From may stand below them."""
    many = b"X-A: b\r\n" * 3_000
    assert verdicts(stored(many[:7000] + mail())).dmarc == "pass"
    assert (
        verdicts(stored(b"From: o@agency.example\r\n" + many + b"From: e@evil.example\r\n\r\nx")).dmarc == ""
    )
    long = b"X-A: " + b"b" * 300_000 + b"\r\n"
    assert (
        verdicts(stored(b"From: o@agency.example\r\n" + long + b"From: e@evil.example\r\n\r\nx")).dmarc == ""
    )


@pytest.mark.parametrize(
    "hidden", [b"\rFrom: e@evil.example", b"\0From: e@evil.example", b"\r\r from : e@b.example"]
)
def test_a_second_from_that_only_some_programs_see_leaves_no_sender(hidden: bytes) -> None:
    for name in (b"X-A: b", b"X-A: " + b"b" * 20_000):
        parsed = read_mail(stored(name + hidden + b"\r\n" + mail()))
        assert parsed.sender == ""
        assert parsed.verdicts.dmarc == ""


def test_the_envelope_recipient_is_the_services_word() -> None:
    assert envelope_recipients(stored(mail())) == (TOKEN,)
    assert read_mail(stored(mail())).recipients == (TOKEN,)
    in_brackets = f"<{TOKEN.upper()}>"
    assert envelope_recipients(stored(mail(), to=in_brackets)) == (TOKEN,)


@pytest.mark.parametrize(
    "to", ["<Paul Grimshaw <r-other@reply.porchlight.example>", "'\"r-other\"' <r-x@y.example>"]
)
def test_a_malformed_to_is_never_looked_at(to: str) -> None:
    raw = stored(mail().replace(b"To: Porchlight", b"To: " + to.encode() + b"\r\nX-Was: "))
    assert envelope_recipients(raw) == (TOKEN,)
    assert envelope_recipients(mail()) == ()


def test_verdicts_in_words_hold_no_text_of_a_sender() -> None:
    words = verdicts(stored(mail(), dkim="agency.example")).words()
    assert words == ("dmarc=pass", "spf=pass", "spam=pass", "virus=pass", "dkim=pass")
    assert not any(OFFICER.partition("@")[2] in word for word in words)
    assert Verdicts().words()[0] == "dmarc=missing"


def test_a_verdict_that_is_no_known_word_is_not_repeated() -> None:
    words = verdicts(stored(mail(), spam="PASS my words", dmarc="pass-and-words")).words()
    assert "dmarc=other" in words
    assert "spam=other" in words
