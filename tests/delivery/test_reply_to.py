"""Reply addresses are there before their mail is, and a writer's message goes into the officer's thread."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from chalicelib.delivery.adapters.hpke_opener import kid_of
from chalicelib.delivery.adapters.reply_tokens import KeyedReplyTokens
from chalicelib.delivery.flood_caps import Caps
from chalicelib.delivery.mail_threads import Thread
from chalicelib.delivery.reply_addresses import read_token
from chalicelib.delivery.reply_to import ADDRESS_KEPT
from chalicelib.reporting.adapters.hpke_sealer import HpkeSealer
from chalicelib.reporting.cases import DELIVERED, HELD, QUEUED, SENT, SealedReport
from chalicelib.reporting.report import Report
from chalicelib.shared.errors import SecretMissing, StoreUnavailable
from tests.support.delivery_fakes import DeliveryBench

DOMAIN = "reply.porchlight.example"
THEIRS = "<answer@agency.example>"


@pytest.fixture
def bench() -> DeliveryBench:
    bench = DeliveryBench()
    bench.reply_domain = DOMAIN
    return bench


def leads_to(bench: DeliveryBench, address: str) -> tuple[str, str, str]:
    """Return what an address leads to: the recipient, the report, the digest."""
    local, _, domain = address.partition("@")
    token = read_token(local)
    assert domain == DOMAIN
    assert token is not None
    assert not token.mistyped
    return bench.reply_addresses.kept[token.hashed()]


def test_each_copy_of_a_report_has_an_address_of_its_own(bench: DeliveryBench) -> None:
    report = bench.take("police", "clinic")
    bench.deliver()
    addresses = [opened.reply_to for opened in bench.renderer.told]
    assert [leads_to(bench, one) for one in addresses] == [("police", report, ""), ("clinic", report, "")]
    until = bench.clock.now() + ADDRESS_KEPT
    assert set(bench.reply_addresses.until.values()) == {until}
    assert timedelta(days=180) == ADDRESS_KEPT


def test_a_report_that_is_sent_again_has_the_same_address(bench: DeliveryBench) -> None:
    bench.take("police")
    bench.deliver()
    bench.note("bounced")
    bench.deliver()
    first, second = bench.renderer.told
    assert first.reply_to == second.reply_to != ""
    assert bench.addresses() == ["police@agency.example", "chief@agency.example"]


def test_where_replies_are_off_no_mail_has_an_address_and_none_is_kept() -> None:
    bench = DeliveryBench()
    bench.take("police")
    bench.take("police", held_until=bench.clock.now())
    bench.deliver()
    assert [opened.reply_to for opened in bench.renderer.told] == ["", ""]
    assert bench.renderer.reply_to == [""]
    assert bench.reply_addresses.kept == {}


def test_a_mail_whose_address_cannot_be_kept_waits(bench: DeliveryBench) -> None:
    report = bench.take("police")
    bench.reply_addresses.fail_next("keep", StoreUnavailable("away"))
    bench.deliver()
    assert bench.mailer.sent == []
    assert bench.alarms.kinds() == ["store_away"]
    assert bench.state(report) == QUEUED
    bench.clock.forward(minutes=6)  # its lease ends
    bench.deliver()
    assert bench.state(report) == SENT
    assert len(bench.mailer.sent) == 1


def test_a_digest_waits_like_that_too(bench: DeliveryBench) -> None:
    reports = [bench.take("police", held_until=bench.clock.now()) for _ in range(3)]
    bench.reply_addresses.fail_next("keep", None, StoreUnavailable("away"))
    bench.deliver()
    assert bench.mailer.sent == []
    bench.clock.forward(minutes=6)
    bench.deliver()
    assert [bench.state(one) for one in reports] == [SENT] * 3


def test_each_report_of_a_digest_has_its_own_address_and_the_digest_another(bench: DeliveryBench) -> None:
    reports = [bench.take("police", held_until=bench.clock.now()) for _ in range(3)]
    bench.deliver()
    assert [leads_to(bench, opened.reply_to) for opened in bench.renderer.told] == [
        ("police", one, "") for one in reports
    ]
    [address] = bench.renderer.reply_to
    batch = bench.mailer.sent[0].about.name
    assert leads_to(bench, address) == ("police", "", batch)
    assert len(bench.reply_addresses.kept) == 4


def test_a_message_goes_into_the_thread_of_their_last_mail(bench: DeliveryBench) -> None:
    report = bench.take("police", "clinic")
    bench.deliver()
    bench.take_message(report, "police", "clinic", answers={"police": [THEIRS, "<older@agency.example>"]})
    bench.deliver()
    to_police, to_clinic = bench.renderer.told[2:]
    ours = "<message-1@us-west-2.amazonses.com>"
    assert to_police.thread == Thread(THEIRS, (ours, "<older@agency.example>", THEIRS))
    other = "<message-2@us-west-2.amazonses.com>"
    assert to_clinic.thread == Thread(other, (other,))
    # Whatever they answer, it comes to the report.
    assert to_police.reply_to == bench.renderer.told[0].reply_to
    assert to_clinic.reply_to == bench.renderer.told[1].reply_to
    assert {leads_to(bench, one.reply_to)[1] for one in bench.renderer.told} == {report}


def test_a_message_is_mailed_after_its_report_is_gone_and_begins_a_thread(bench: DeliveryBench) -> None:
    message = bench.take_message("f" * 32)
    bench.deliver()
    [told] = bench.renderer.told
    assert told.thread == Thread()
    assert leads_to(bench, told.reply_to) == ("police", "f" * 32, "")
    assert bench.state(message) == SENT


def test_a_message_is_noted_when_it_is_first_opened_and_once_a_claim(bench: DeliveryBench) -> None:
    noted: list[str] = []
    bench.note_message = lambda message: noted.append(message.id)
    report = bench.take("police", "clinic")
    message = bench.take_message(report, "police", "clinic")
    held = bench.take_message(report, "clinic", held_until=bench.clock.now())
    bench.deliver()
    assert sorted(noted) == sorted([message, held])


def test_a_message_that_cannot_be_noted_is_mailed_and_told_by_its_reports_number(
    bench: DeliveryBench,
) -> None:
    def fails(message: SealedReport) -> None:
        raise StoreUnavailable("a word of nobody's")

    bench.note_message = fails
    report = bench.take("police")
    message = bench.take_message(report)
    bench.deliver()
    assert bench.state(message) == SENT
    assert bench.alarms.raised == [
        ("message_not_noted", {"case": bench.record(report).case_number, "error": "StoreUnavailable"})
    ]


def test_what_becomes_of_a_messages_mail_is_noted_with_the_message(bench: DeliveryBench) -> None:
    report = bench.take("police")
    bench.deliver()
    bench.note("delivered")
    message = bench.take_message(report)
    bench.deliver()
    assert bench.mailer.sent[-1].about == f"report-{message}"
    bench.note("bounced")
    assert bench.state(report) == DELIVERED
    assert bench.delivery(message).address == "fallback"
    assert bench.alarms.raised[-1][1]["case"] == bench.record(report).case_number


def test_caps_hold_messages_as_they_hold_reports(bench: DeliveryBench) -> None:
    bench.caps = Caps(per_minute=2)
    report = bench.take("police")
    messages = [bench.take_message(report) for _ in range(3)]
    for message in messages:
        bench.store.reports[message] = replace(bench.record(message), counted=False)
    bench.deliver()
    assert sorted(bench.state(one) for one in messages) == [HELD, HELD, SENT]  # the report was the first
    bench.clock.forward(hours=1)
    bench.deliver()
    assert {bench.state(one) for one in messages} == {SENT}
    assert bench.mailer.sent[-1].about.kind == "batch"


def keys(*kids: str) -> Mapping[str, str]:
    return {
        kid: base64.urlsafe_b64encode(bytes([number]) * 32).decode() for number, kid in enumerate(kids, 1)
    }


def sealed_to(kid: str, keys: Mapping[str, str]) -> bytes:
    private = X25519PrivateKey.from_private_bytes(base64.urlsafe_b64decode(keys[kid]))
    public = base64.urlsafe_b64encode(private.public_key().public_bytes_raw()).decode()
    return HpkeSealer(lambda: (kid, public)).seal(b"words", "1" * 32)


def test_a_token_stays_the_same_after_a_rotation_and_changes_only_with_its_key() -> None:
    both = keys("2026-10-aaa", "2026-11-bbb")
    sealed, about = sealed_to("2026-10-aaa", both), "report-" + "1" * 32
    old = KeyedReplyTokens(lambda: {"2026-10-aaa": both["2026-10-aaa"]}, kid_of)
    rotated = KeyedReplyTokens(lambda: both, kid_of)
    assert old.token(sealed, about, "police") == rotated.token(sealed, about, "police")
    newest = KeyedReplyTokens(lambda: {"2026-11-bbb": both["2026-11-bbb"]}, kid_of)
    assert newest.token(sealed, about, "police") != old.token(sealed, about, "police")
    assert newest.token(sealed, about, "police") == newest.token(b"", about, "police")
    assert rotated.token(b"", about, "police") == newest.token(b"", about, "police")


def test_another_report_another_office_or_another_key_is_another_token() -> None:
    one = keys("2026-11-aaa")
    tokens = KeyedReplyTokens(lambda: one, kid_of)
    sealed = sealed_to("2026-11-aaa", one)
    made = {
        tokens.token(sealed, about, recipient).text
        for about in ("report-1", "report-2", "batch-1")
        for recipient in ("police", "clinic")
    }
    assert len(made) == 6
    assert all(read_token(text) is not None for text in made)


def test_without_a_key_there_is_no_token() -> None:
    with pytest.raises(SecretMissing):
        KeyedReplyTokens(dict, kid_of).token(b"", "report-1", "police")


@pytest.mark.parametrize("answers", ["3", '"x"', '{"police":3}', '{"police":[3,null]}', '{"police":"x"}'])
@pytest.mark.parametrize("in_digest", [True, False])
def test_a_seal_that_names_nonsense_as_answered_stops_nothing_behind_it(
    bench: DeliveryBench, answers: str, in_digest: bool
) -> None:
    held_until = bench.clock.now() if in_digest else None
    odd = bench.take("police", held_until=held_until)
    message = f"{odd}.0123456789ab"
    content = Report("town", "en", "again").to_bytes()[:-1] + b',"answers":' + answers.encode() + b"}"
    record = replace(bench.record(odd), id=message, sealed=bench.sealer.seal(content, message))
    bench.store.add(record)
    other = bench.take("police", held_until=held_until)
    bench.deliver()
    assert (bench.state(odd), bench.state(other)) == (SENT, SENT)
    assert set(bench.alarms.kinds()) <= {"delivery_fault"}
