"""Inbound mail for tests: mails as SES stores them, and everything that takes them in memory."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from chalicelib.delivery.reply_addresses import ReplyToken, reply_token
from chalicelib.directory.recipients import Recipient
from chalicelib.replies.place_mail import PlaceMail
from chalicelib.replies.ports import InboundMail, ReplyAddress
from chalicelib.replies.read_mail import envelope_recipients
from chalicelib.replies.reply import Reply
from chalicelib.replies.take_reply import TakeReply
from chalicelib.reporting.cases import DELIVERED, Delivery, SealedReport
from tests.support.fake_replies import (
    FakeInboxNotes,
    FakeMistypedMails,
    FakeReplyAddressBook,
    FakeReplySeal,
    FakeReplyShelf,
)
from tests.support.fakes import NOON, FakeRecipients, FakeSealer, FakeStore, FixedClock, recipient
from tools.local.ses_inbound import Verdicts, as_ses_stores

DOMAIN = "reply.porchlight.example"
OFFICER = "officer@agency.example"
SECRET = b"s" * 32
ONE, OTHER = "1" * 32, "2" * 32


def token(report_id: str = ONE, office: str = "police") -> ReplyToken:
    """Return the token of one office's copy of a report."""
    return reply_token(SECRET, f"report-{report_id}", office)


def address(report_id: str = ONE, office: str = "police") -> str:
    """Return the reply address of one office's copy of a report."""
    return f"{token(report_id, office).text}@{DOMAIN}"


def raw_mail(text: str = "We sent somebody.", sender: str = OFFICER, **headers: str) -> bytes:
    """Return a mail as its sender's server brings it; a header named `in_reply_to` is In-Reply-To."""
    lines = {
        "From": f"An Officer <{sender}>",
        "To": f"desk@{DOMAIN}",
        "Subject": "Re: Report",
        "Date": "Wed, 25 Nov 2026 12:00:00 +0000",
        "Message-Id": "<one@agency.example>",
        "Mime-Version": "1.0",
        "Content-Type": "text/plain; charset=utf-8",
        **{"-".join(part.capitalize() for part in name.split("_")): value for name, value in headers.items()},
    }
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items() if value)
    return (head + "\r\n" + text.replace("\n", "\r\n") + "\r\n").encode()


@dataclass
class FakeInboundStore:
    """An InboundStore in a dictionary."""

    mails: dict[str, InboundMail] = field(default_factory=dict)

    def read(self, key: str) -> InboundMail | None:
        return self.mails.get(key)

    def delete(self, key: str) -> None:
        self.mails.pop(key, None)


@dataclass
class FakeMistypedShelf:
    """A MistypedShelf in a dictionary."""

    sealed: dict[str, bytes] = field(default_factory=dict)

    def keep(self, mail_id: str, sealed: bytes, keep_until: datetime) -> None:
        self.sealed[mail_id] = sealed

    def drop(self, mail_id: str) -> None:
        self.sealed.pop(mail_id, None)


class FakeReports(FakeStore):
    """The store, which also gives a report's public key."""

    def reporter_key(self, report_id: str) -> bytes | None:
        self._about_to("reporter_key")
        found = self.reports.get(report_id)
        return None if found is None else found.reporter_key


class Killed(BaseException):
    """The process ended here."""


@dataclass
class Calls:
    """Counts the calls of all ports together, and does something before or after one of them."""

    made: int = 0
    at: int = -1
    before: bool = True
    what: Callable[[], None] = lambda: None


class Watched:
    """A port whose calls are counted, so that a test can end the process at any of them."""

    def __init__(self, port: Any, calls: Calls) -> None:
        self._port = port
        self._calls = calls

    def __getattr__(self, name: str) -> Any:
        call = getattr(self._port, name)

        def watched(*args: Any, **more: Any) -> Any:
            number, calls = self._calls.made, self._calls
            calls.made += 1
            if number == calls.at and calls.before:
                calls.what()
            answer = call(*args, **more)
            if number == calls.at and not calls.before:
                calls.what()
            return answer

        return watched


class InboundBench:
    """Everything that takes inbound mail, in memory; two reports are there, for two offices each."""

    def __init__(self, *offices: Recipient) -> None:
        self.clock = FixedClock()
        self.offices = FakeRecipients(*(offices or (recipient("police"), recipient("services"))))
        self.reports = FakeReports()
        self.inbound = FakeInboundStore()
        self.addresses = FakeReplyAddressBook()
        self.shelf = FakeReplyShelf()
        self.notes = FakeInboxNotes()
        self.rows = FakeMistypedMails()
        self.mistyped = FakeMistypedShelf()
        self.delivery_key = FakeSealer()
        self.calls = Calls()
        for report_id in (ONE, OTHER):
            self.add(report_id)

    def add(self, report_id: str) -> None:
        """Add a report that both offices have, and its reply addresses."""
        offices = [one.id for one in self.offices.all]
        deliveries = tuple(Delivery(office, DELIVERED, NOON) for office in offices)
        key = report_id[:1].encode() * 32
        self.reports.reports[report_id] = SealedReport(report_id, b"", key, "town", NOON, deliveries)
        for office in offices:
            found = ReplyAddress(office, report_id)
            self.addresses.keep(token(report_id, office).hashed(), found, NOON)

    def put(
        self,
        raw: bytes,
        *to: str,
        sender: str = OFFICER,
        verdicts: Verdicts | None = None,
        key: str = "inbound/1",
    ) -> str:
        """Store a mail as SES would; of several recipients each is named. Return its key."""
        stored = as_ses_stores(raw, sender, to[0], verdicts or Verdicts(), "a" * 40, NOON)
        named = to if len(to) > 1 else envelope_recipients(stored)
        self.inbound.mails[key] = InboundMail(key, tuple(named), stored)
        return key

    def take(self, key: str = "inbound/1") -> Mapping[str, int]:
        """Take the mail under a key."""
        return self.taker()(key)

    def taker(self) -> TakeReply:
        """Return a new process that takes mail; its calls are counted in `calls`."""
        calls = self.calls

        def watched(port: Any) -> Any:
            return Watched(port, calls)

        reports = watched(self.reports)
        return TakeReply(
            watched(self.inbound),
            PlaceMail(watched(self.addresses), reports, DOMAIN, f"desk@{DOMAIN}"),
            reports,
            self.offices,
            watched(self.shelf),
            FakeReplySeal(),
            watched(self.notes),
            reports,
            watched(self.rows),
            watched(self.mistyped),
            watched(self.delivery_key),
            self.clock,
        )

    def shown(self, report_id: str = ONE) -> list[Reply]:
        """Return what the writer of a report reads, newest first."""
        ids = [note.id for note in self.shelf.conversation(report_id).shown()]
        sealed = self.shelf.replies(report_id, ids)
        opener = FakeReplySeal().opener(report_id[:1].encode() * 32)
        return [Reply.from_bytes(opener.open(sealed[one], f"{report_id}/{one}")) for one in ids]

    def states(self, report_id: str = ONE) -> list[tuple[str, str]]:
        """Return office and state of each note."""
        return [(note.recipient, note.state) for note in self.shelf.conversation(report_id).replies]

    def delivery(self, report_id: str = ONE, office: str = "police") -> Delivery:
        """Return an office's delivery."""
        found = self.reports.reports[report_id].delivery_to(office)
        assert found is not None
        return found


def ends(most: int) -> list[tuple[int, bool]]:
    """Return each place where a process may end: before and after each of its first calls."""
    return [(number, before) for number in range(most) for before in (True, False)]
