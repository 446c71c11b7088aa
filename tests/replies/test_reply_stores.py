"""What the ports of replies promise: on the fakes, on moto and on dynalite."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from chalicelib.replies.adapters.dynamo_inbox_notes import DynamoInboxNotes
from chalicelib.replies.adapters.dynamo_replies import DynamoReplies
from chalicelib.replies.adapters.dynamo_reply_addresses import DynamoReplyAddresses
from chalicelib.replies.adapters.hpke_reply_opener import HpkeReplyOpener
from chalicelib.replies.adapters.hpke_reply_sealer import HpkeReplySealer
from chalicelib.replies.conversation import (
    AUTOMATIC,
    FROM_ELSEWHERE,
    HELD,
    HUMAN,
    SHOWN,
    Conversation,
    MessageNote,
    ReplyNote,
)
from chalicelib.replies.errors import ReplySealBroken
from chalicelib.replies.ports import (
    LATE,
    NOT_SHOWN,
    InboxNote,
    InboxNotes,
    ReplyAddress,
    ReplyAddressBook,
    ReplyShelf,
)
from chalicelib.reporting.adapters.dynamo_reports import DynamoReports
from chalicelib.shared.aws.sdk import client
from chalicelib.shared.errors import StaleRecord
from tests.reporting.test_store_contract import report
from tests.support.fake_replies import FakeInboxNotes, FakeReplyAddressBook, FakeReplyShelf
from tests.support.fakes import NOON, FixedClock
from tests.support.store_fixtures import new_table

pytestmark = pytest.mark.takes(15)

REPORT = "a" * 32
LATER = NOON + timedelta(days=90)
NOTE = ReplyNote("1" * 32, "police", NOON, HUMAN, SHOWN)
HELD_NOTE = ReplyNote(
    "2" * 32,
    "county",
    NOON + timedelta(milliseconds=7),
    AUTOMATIC,
    HELD,
    "no-reply@vendor.example",
    ("dmarc=gray", "spf=pass"),
    (FROM_ELSEWHERE,),
    unproven=True,
)


@dataclass
class Stores:
    shelf: ReplyShelf
    addresses: ReplyAddressBook
    notes: InboxNotes


@pytest.fixture(params=["fake", "moto", "dynalite"])
def stores(request: pytest.FixtureRequest) -> Stores:
    """Empty stores: the fakes, then the adapters on each DynamoDB."""
    if request.param == "fake":
        return Stores(FakeReplyShelf(), FakeReplyAddressBook(), FakeInboxNotes())
    if request.param == "moto":
        request.getfixturevalue("aws")
        dynamodb = client("dynamodb")
    else:
        dynamodb = request.getfixturevalue("dynalite_client")
    table, clock = new_table(dynamodb), FixedClock()
    return Stores(
        DynamoReplies(lambda: dynamodb, table),
        DynamoReplyAddresses(lambda: dynamodb, table),
        DynamoInboxNotes(lambda: dynamodb, table, clock),
    )


def test_a_conversation_comes_back_as_it_was_saved(stores: Stores) -> None:
    assert stores.shelf.conversation(REPORT) == Conversation(REPORT)
    message = MessageNote(REPORT + ".0123456789ab", ("police", "county"), NOON + timedelta(hours=3))
    whole = Conversation(REPORT, (NOTE, HELD_NOTE), (message,))
    saved = stores.shelf.save(whole, LATER)
    assert saved == replace(whole, version=1)
    assert stores.shelf.conversation(REPORT) == saved


def test_of_two_who_save_the_same_version_one_is_told(stores: Stores) -> None:
    first = stores.shelf.conversation(REPORT)
    stores.shelf.save(first.with_reply(NOTE)[0], LATER)
    with pytest.raises(StaleRecord):
        stores.shelf.save(first.with_reply(HELD_NOTE)[0], LATER)
    again = stores.shelf.conversation(REPORT)
    stores.shelf.save(again.with_reply(HELD_NOTE)[0], LATER)
    assert stores.shelf.conversation(REPORT).replies == (NOTE, HELD_NOTE)


def test_sealed_replies_are_found_by_their_ids_and_no_others(stores: Stores) -> None:
    stores.shelf.keep_reply(REPORT, NOTE.id, b"\0sealed", LATER)
    stores.shelf.keep_reply("b" * 32, HELD_NOTE.id, b"another report's", LATER)
    assert stores.shelf.replies(REPORT, [NOTE.id, HELD_NOTE.id]) == {NOTE.id: b"\0sealed"}
    stores.shelf.keep_reply(REPORT, NOTE.id, b"again", LATER)
    assert stores.shelf.replies(REPORT, [NOTE.id]) == {NOTE.id: b"again"}
    stores.shelf.drop_reply(REPORT, NOTE.id)
    stores.shelf.drop_reply(REPORT, NOTE.id)
    assert stores.shelf.replies(REPORT, [NOTE.id]) == {}


def test_a_raw_mail_goes_whole_and_twice(stores: Stores) -> None:
    stores.shelf.keep_raw(REPORT, NOTE.id, [b"one", b"two", b"three"], LATER)
    stores.shelf.drop_raw(REPORT, NOTE.id)
    stores.shelf.drop_raw(REPORT, NOTE.id)


@pytest.mark.usefixtures("aws")
def test_a_conversation_leaves_with_all_that_belongs_to_it() -> None:
    dynamodb = client("dynamodb")
    table = new_table(dynamodb)
    shelf = DynamoReplies(lambda: dynamodb, table)
    shelf.keep_raw(REPORT, HELD_NOTE.id, [b"one", b"two"], LATER)
    shelf.keep_reply(REPORT, NOTE.id, b"sealed", LATER)
    shelf.save(Conversation(REPORT, (NOTE, HELD_NOTE)), LATER)
    assert len(dynamodb.scan(TableName=table)["Items"]) == 4
    shelf.drop(REPORT)
    shelf.drop(REPORT)
    assert dynamodb.scan(TableName=table)["Items"] == []


def test_an_address_leads_to_its_report_and_a_guess_to_none(stores: Stores) -> None:
    address = ReplyAddress("police", REPORT)
    stores.addresses.keep("0" * 64, address, LATER)
    stores.addresses.keep("0" * 64, address, LATER + timedelta(days=1))
    assert stores.addresses.find("0" * 64) == address
    assert stores.addresses.find("1" * 64) is None
    stores.addresses.keep("2" * 64, ReplyAddress("police", batch="b1"), LATER)
    assert stores.addresses.find("2" * 64) == ReplyAddress("police", batch="b1")


def test_an_inbox_is_told_of_a_case_once_a_day(stores: Stores) -> None:
    note = InboxNote("police", NOT_SHOWN, ("PL-1111-1111",), "2026-11-29", "encrypted")
    assert stores.notes.add(note, LATER)
    assert not stores.notes.add(replace(note, kind=LATE), LATER)
    assert list(stores.notes.waiting(10)) == [note]
    stores.notes.settle(note)
    assert list(stores.notes.waiting(10)) == []
    assert not stores.notes.add(note, LATER)
    assert stores.notes.add(replace(note, day="2026-11-30"), LATER)
    assert stores.notes.add(replace(note, about=("PL-2222-2222",)), LATER)


def test_every_conversation_is_found_when_nobody_knows_its_report(aws: None) -> None:
    dynamodb = client("dynamodb")
    shelf = DynamoReplies(lambda: dynamodb, new_table(dynamodb))
    for number in range(3):
        shelf.save(Conversation(f"{number:032x}", (NOTE,)), LATER)
        shelf.keep_reply(f"{number:032x}", NOTE.id, b"sealed", LATER)
    assert sorted(shelf.begun()) == [(f"{number:032x}", NOTE.at) for number in range(3)]
    shelf.drop(f"{0:032x}")
    assert len(list(shelf.begun())) == 2


def test_the_end_of_all_that_was_said_is_put_off_together(aws: None) -> None:
    dynamodb = client("dynamodb")
    table = new_table(dynamodb)
    shelf = DynamoReplies(lambda: dynamodb, table)
    shelf.keep_raw(REPORT, HELD_NOTE.id, [b"one", b"two"], LATER)
    shelf.keep_reply(REPORT, NOTE.id, b"sealed", LATER)
    shelf.save(Conversation(REPORT, (NOTE, HELD_NOTE)), LATER)
    shelf.lengthen(REPORT, LATER + timedelta(days=9))
    items = dynamodb.scan(TableName=table)["Items"]
    assert {int(item["expires_at"]["N"]) for item in items} == {int((LATER + timedelta(days=9)).timestamp())}
    assert len(items) == 4, "nothing came back that was gone"


@pytest.mark.parametrize(
    "forged",
    [
        {"about": {"L": [{"S": "PL-1: sign in again at https://evil.example/login"}]}},
        {"about": {"S": "PL-1111-1111"}},
        {"kind": {"S": "come to the station"}},
        {"why": {"S": "come to the station"}},
        {"why": None},
        {"recipient": {"N": "7"}},
    ],
)
def test_what_is_no_note_is_never_mailed_and_waits_in_nobodys_way(aws: None, forged: Any) -> None:
    dynamodb = client("dynamodb")
    table = new_table(dynamodb)
    notes = DynamoInboxNotes(lambda: dynamodb, table, FixedClock())
    assert notes.add(InboxNote("police", NOT_SHOWN, ("PL-1111-1111",), "2026-11-29"), LATER)
    (item,) = dynamodb.scan(TableName=table)["Items"]
    changed = {name: value for name, value in {**item, **forged}.items() if value is not None}
    dynamodb.put_item(TableName=table, Item=changed)
    assert list(notes.waiting(10)) == []
    assert "due_at" not in dynamodb.scan(TableName=table)["Items"][0]


@pytest.fixture
def reports(aws: None) -> DynamoReports:
    """A report store on moto."""
    dynamodb = client("dynamodb")
    table = new_table(dynamodb)
    return DynamoReports(lambda: dynamodb, table)


def test_the_reporters_key_is_read_without_the_words(reports: DynamoReports) -> None:
    reports.add(report())
    assert reports.reporter_key(report().id) == report().reporter_key
    assert reports.reporter_key("f" * 32) is None


def test_a_message_is_due_and_in_no_list_of_cases(reports: DynamoReports) -> None:
    message = replace(report(), id=report().id + ".0123456789ab")
    reports.add(report())
    reports.add(message)
    assert set(reports.due(NOON, 10)) == {report().id, message.id}
    (_, found) = sorted(reports.survey(NOON), key=lambda one: one.id)
    assert (found.id, found.unlisted, found.case_number) == (message.id, False, report().case_number)


def test_a_reply_opens_with_its_own_key_and_under_its_own_name() -> None:
    private = X25519PrivateKey.generate()
    public = private.public_key().public_bytes_raw()
    sealed = HpkeReplySealer().seal(b"we have it", public, "report/reply")
    assert b"we have it" not in sealed
    assert HpkeReplyOpener(private).open(sealed, "report/reply") == b"we have it"
    broken: list[Callable[[], bytes]] = [
        lambda: HpkeReplyOpener(private).open(sealed, "report/other"),
        lambda: HpkeReplyOpener(X25519PrivateKey.generate()).open(sealed, "report/reply"),
        lambda: HpkeReplyOpener(private).open(sealed[:-1], "report/reply"),
        lambda: HpkeReplyOpener(private).open(b"", "report/reply"),
    ]
    for attempt in broken:
        with pytest.raises(ReplySealBroken):
            attempt()
