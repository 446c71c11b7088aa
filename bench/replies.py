"""The code page with and without replies, argon2id apart: `python -m bench.replies` prints the figures.

Everything but argon2id and the network is real: HPKE, templates, gzip. DynamoDB is a dictionary, so that what
is measured is our own work. The baseline is the same page of a report without a conversation.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

from chalicelib.directory.adapters.shipped_content import CATALOGS, TEMPLATES, shipped_content
from chalicelib.pages.render.catalogs import Catalogs
from chalicelib.replies.adapters.code_key_vault import CodeKeyVault
from chalicelib.replies.adapters.hpke_reply_sealer import HpkeReplySealer
from chalicelib.replies.conversation import HUMAN, SHOWN, ReplyNote
from chalicelib.replies.follow_up import OPENED_MOST, FollowUp
from chalicelib.replies.reply import TEXT_MOST, Reply
from chalicelib.replies.web.code_page import CodePage
from chalicelib.replies.write_back import WriteBack
from chalicelib.reporting.adapters import receipt_vault
from chalicelib.reporting.adapters.receipt_vault import SeededVault
from chalicelib.reporting.cases import DELIVERED, Delivery, SealedReport
from chalicelib.reporting.receipts import check_digit
from chalicelib.reporting.render.form_pages import FormPages
from tests.support.fake_replies import FakeReplyShelf
from tests.support.fakes import NOON, FakeRecipients, FakeSealer, FakeStore, FixedClock, recipient

TIMES = 301
MOST_RATIO, MOST_MS = 1.3, 100.0
_CODES = [f"{digit}" * 19 for digit in "123"]
NONE, ONE, MANY = (code + check_digit(code) for code in _CODES)
SHORT = Reply("Thank you. We drove by on Tuesday. Which road was it?", message_id="<1@town.example>")
LONG = Reply("A line of the longest reply.\n" * (TEXT_MOST // 29))
_EVENT = {
    "httpMethod": "POST",
    "path": "/es/code/",
    "headers": {"Content-Type": "application/x-www-form-urlencoded", "Accept-Encoding": "gzip"},
}


class World:
    """Three reports: nobody wrote back, one office did once, and twenty times at length."""

    def __init__(self) -> None:
        self.seeded = SeededVault(lambda: b"a seed of the bench, long enough for anybody")
        self.store, self.shelf, clock = FakeStore(), FakeReplyShelf(), FixedClock(NOON)
        self._add(NONE, [])
        self._add(ONE, [SHORT])
        self._add(MANY, [LONG] * OPENED_MOST)
        book, vault = FakeRecipients(recipient("police"), recipient("other")), CodeKeyVault(self.seeded)
        self.follow_up = FollowUp(self.store, self.shelf, vault, book, clock, replies=True)
        back = WriteBack(self.store, FakeSealer(), vault, book, clock, self.follow_up)
        site = FormPages(TEMPLATES, Catalogs(CATALOGS), shipped_content())
        self._code = NONE
        pages: Any = site
        self.page = CodePage(pages, lambda: site, self.follow_up, back, self._request, print, replies=True)

    def show(self, code: str) -> None:
        """Respond to a code, as the function does."""
        self._code = code
        self.page.code("es").to_dict()

    def open(self, code: str) -> None:
        """Look a code up and open what was written back, without a page."""
        self.follow_up(code)

    def _request(self) -> Any:
        body = f"k={self._code}".encode()
        return SimpleNamespace(method="POST", raw_body=body, to_original_event=lambda: _EVENT)

    def _add(self, code: str, replies: list[Reply]) -> None:
        keys = self.seeded.keys_of(code)
        spoke = NOON if replies else None
        deliveries = tuple(
            Delivery(one, DELIVERED, NOON, replied_at=spoke, spoke_at=spoke) for one in ("police", "other")
        )
        self.store.add(SealedReport(keys.report_id, b"", b"", "us", NOON, deliveries))
        for number, reply in enumerate(replies):
            reply_id, report_id = f"{number:032x}", keys.report_id
            note = ReplyNote(reply_id, "police", NOON + timedelta(minutes=number), HUMAN, SHOWN)
            conversation, _ = self.shelf.conversation(report_id).with_reply(note)
            self.shelf.save(conversation, NOON)
            sealed = HpkeReplySealer().seal(reply.to_bytes(), keys.public_key, f"{report_id}/{reply_id}")
            self.shelf.keep_reply(report_id, reply_id, sealed, NOON)


def milliseconds(do: Callable[[], None], times: int = TIMES) -> float:
    """Return the median of the processor time that something takes."""
    spent = []
    for _ in range(times):
        before = time.process_time_ns()
        do()
        spent.append((time.process_time_ns() - before) / 1e6)
    return statistics.median(spent)


def main() -> int:
    """Print the figures; 1 when one is past its bound."""
    slow = receipt_vault.argon2id
    roots: dict[bytes, bytes] = {}
    # Apart: each code's root is worked out once, and then stands for argon2id.
    receipt_vault.argon2id = lambda code, salt, pepper: (  # type: ignore[assignment]
        roots.get(code) or roots.setdefault(code, slow(code, salt, pepper))
    )
    try:
        world = World()
        for code in (NONE, ONE, MANY):
            world.show(code)
        none, one = (milliseconds(lambda code=code: world.show(code)) for code in (NONE, ONE))  # type: ignore[misc]
        many, opened = milliseconds(lambda: world.show(MANY), 21), milliseconds(lambda: world.open(MANY), 21)
    finally:
        receipt_vault.argon2id = slow
    derived = milliseconds(lambda: void(world.seeded.keys_of(NONE)), 9)
    print(f"argon2id of a code                                {derived:8.2f} ms")
    print(f"code page, nobody wrote back                      {none:8.2f} ms")
    print(f"code page, one reply and the box                  {one:8.2f} ms")
    print(f"{OPENED_MOST} replies of 64 KB, opened                      {opened:8.2f} ms")
    print(f"code page with them                               {many:8.2f} ms")
    print(f"with a reply against without, argon2id apart      {one / none:8.2f}")
    return int(one / none > MOST_RATIO or opened > MOST_MS)


def void(_: object) -> None:
    """Drop a value."""


if __name__ == "__main__":
    sys.exit(main())
