"""Replies, sealed and opened for real: they open by the code of their report, and by nothing else."""

from __future__ import annotations

from datetime import timedelta

import pytest

from chalicelib.replies.adapters import code_key_vault
from chalicelib.replies.adapters.code_key_vault import CodeKeyVault
from chalicelib.replies.adapters.hpke_reply_sealer import HpkeReplySealer
from chalicelib.replies.conversation import HUMAN, SHOWN, Conversation, ReplyNote
from chalicelib.replies.follow_up import FollowUp
from chalicelib.replies.reply import TEXT_MOST, Reply
from chalicelib.reporting.adapters import receipt_vault
from chalicelib.reporting.adapters.receipt_vault import SeededVault
from chalicelib.reporting.cases import DELIVERED, Delivery, SealedReport
from chalicelib.reporting.receipts import check_digit
from tests.support.fake_replies import FakeReplyShelf
from tests.support.fakes import NOON, FakeRecipients, FakeStore, FixedClock, recipient

CODE = "1234567890123456789" + check_digit("1234567890123456789")
OTHER = "9876543210987654321" + check_digit("9876543210987654321")
SEEDED = SeededVault(lambda: b"a seed of the tests, long enough for anybody")
LONG = Reply("é" * (TEXT_MOST // 2), "x" * TEXT_MOST, 1, True)


class Shelf:
    """Two reports and their replies, sealed as `take_reply` seals them."""

    def __init__(self) -> None:
        self.store, self.shelf, self.clock = FakeStore(), FakeReplyShelf(), FixedClock(NOON)
        vault = CodeKeyVault(SEEDED)
        book = FakeRecipients(recipient("police"))
        self.follow_up = FollowUp(self.store, self.shelf, vault, book, self.clock)
        self.ids = {code: self._report(code) for code in (CODE, OTHER)}

    def _report(self, code: str) -> str:
        keys = SEEDED.keys_of(code)
        delivery = Delivery("police", DELIVERED, NOON, replied_at=NOON, spoke_at=NOON)
        self.store.add(SealedReport(keys.report_id, b"", keys.public_key, "town", NOON, (delivery,)))
        return keys.report_id

    def replied(self, code: str, number: int, reply: Reply) -> bytes:
        report_id, reply_id = self.ids[code], f"{number:032x}"
        public_key = SEEDED.keys_of(code).public_key
        sealed = HpkeReplySealer().seal(reply.to_bytes(), public_key, f"{report_id}/{reply_id}")
        note = ReplyNote(reply_id, "police", NOON + timedelta(minutes=number), HUMAN, SHOWN)
        conversation, _ = self.shelf.conversation(report_id).with_reply(note)
        self.shelf.save(conversation, NOON)
        self.shelf.keep_reply(report_id, reply_id, sealed, NOON)
        return sealed

    def texts(self, code: str) -> list[str]:
        case = self.follow_up(code)
        assert case is not None
        return [one.reply.text for one in case.replies]


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


def test_a_code_opens_the_replies_to_its_report_up_to_the_longest(shelf: Shelf) -> None:
    shelf.replied(CODE, 1, Reply("Thank you"))
    shelf.replied(CODE, 2, LONG)
    assert shelf.texts(CODE) == [LONG.text, "Thank you"]
    assert shelf.texts(OTHER) == []


def test_a_reply_moved_to_another_report_or_another_reply_opens_for_nobody(shelf: Shelf) -> None:
    sealed = shelf.replied(CODE, 1, Reply("Thank you"))
    shelf.replied(CODE, 2, Reply("And this"))
    shelf.replied(OTHER, 1, Reply("Of the other one"))
    shelf.shelf.sealed[shelf.ids[OTHER], f"{1:032x}"] = sealed
    shelf.shelf.sealed[shelf.ids[CODE], f"{2:032x}"] = sealed
    assert shelf.texts(OTHER) == []
    assert shelf.texts(CODE) == ["Thank you"]
    case = shelf.follow_up(OTHER)
    assert case is not None
    assert case.unopened


def test_opening_replies_takes_one_argon2id(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(3):
        shelf.replied(CODE, number, Reply(f"{number}"))
    asked: list[bytes] = []
    slow = receipt_vault.argon2id

    def counted(code: bytes, salt: bytes, pepper: bytes) -> bytes:
        asked.append(code)
        return slow(code, salt, pepper)

    monkeypatch.setattr(receipt_vault, "argon2id", counted)
    assert shelf.texts(CODE) == ["2", "1", "0"]
    assert asked == [CODE.encode()]


def test_the_key_that_opens_is_kept_nowhere_and_stands_in_no_text(shelf: Shelf) -> None:
    shelf.replied(CODE, 1, Reply("An odd phrase"))
    keys = CodeKeyVault(SEEDED).keys_of(CODE)
    _, private_key = SEEDED.key_pair_of(CODE)
    secret = private_key.private_bytes_raw()
    case = shelf.follow_up(CODE)
    for said in (repr(keys), repr(case), repr(keys.opener)):
        assert secret.hex() not in said
        assert repr(secret) not in said
        assert "odd phrase" not in said
    assert not [name for name, value in vars(code_key_vault).items() if hasattr(value, "cache_info")]
    assert CodeKeyVault(SEEDED).keys_of(CODE).opener is not keys.opener


def test_a_report_without_a_conversation_has_an_empty_one(shelf: Shelf) -> None:
    case = shelf.follow_up(CODE)
    assert case is not None
    assert case.conversation == Conversation(shelf.ids[CODE])
    assert not case.has_replies
