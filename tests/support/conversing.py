"""A report behind a code to which offices wrote back, on a site among fakes."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from chalicelib.replies.conversation import HUMAN, SHOWN, MessageNote, ReplyNote
from chalicelib.replies.reply import Reply
from chalicelib.reporting.cases import DELIVERED, SENT, SealedReport, move
from chalicelib.reporting.report import Report
from tests.support.fake_replies import FakeReplySeal
from tests.support.website import Answer, Website

CODE_PAGE = "/en/code/"
NOTE = "/en/los-banos-ca/note/"
TEXT = "Thank you. We drove by.\n\nSee https://town.example/help or call 209-555-0100 <b>now</b>"
WHOLE = TEXT + "\n> an odd phrase that came back"


class Conversing:
    """One report of `website`, delivered to the police, withheld from the border office."""

    def __init__(self, website: Website) -> None:
        self.website = website
        self.code = website.post(NOTE, website.open_form(a=["odd phrase"])).code
        now = website.clock.now()
        for delivery in self.record.deliveries:
            sent = move(move(delivery, SENT, now), DELIVERED, now)
            website.store.save(self.record.with_delivery(sent))
        website.clock.forward(hours=2)

    @property
    def record(self) -> SealedReport:
        """The report as it is stored now."""
        (record,) = (one for one in self.website.stored() if not one.is_message)
        return record

    def messages(self) -> list[SealedReport]:
        """Return the stored messages, in order."""
        return [one for one in self.website.stored() if one.is_message]

    def words(self, message: SealedReport) -> Report:
        """Open a stored message, which is bound to its own id."""
        return self.website.words(message)

    def set_state(self, recipient: str, state: str) -> None:
        """Let one office's delivery have another state."""
        (before,) = (one for one in self.record.deliveries if one.recipient == recipient)
        self.website.store.save(self.record.with_delivery(replace(before, state=state)))

    def replied(
        self, number: int = 1, recipient: str = "police", reply: Reply | None = None, **known: object
    ) -> str:
        """Store a reply of an office as `take_reply` does; return its id."""
        site, reply_id = self.website, f"{number:032x}"
        note = ReplyNote(reply_id, recipient, site.clock.now(), HUMAN, SHOWN, **known)  # type: ignore[arg-type]
        report = self.record
        words = reply or Reply(TEXT, message_id=f"<{number}@town.example>")
        key = site.vault.keys_of(self.code.replace(" ", "")).public_key
        sealed = FakeReplySeal().seal(words.to_bytes(), key, f"{report.id}/{reply_id}")
        until = site.clock.now() + timedelta(days=30)
        site.shelf.keep_reply(report.id, reply_id, sealed, until)
        conversation, _ = site.shelf.conversation(report.id).with_reply(note)
        site.shelf.save(conversation, until)
        (before,) = (one for one in report.deliveries if one.recipient == recipient)
        site.store.save(
            report.with_delivery(replace(before, replied_at=site.clock.now(), spoke_at=site.clock.now()))
        )
        site.clock.forward(minutes=1)
        return reply_id

    def mailed(self, times: int) -> None:
        """Note messages in the conversation, as who mails them does."""
        report = self.record
        conversation = self.website.shelf.conversation(report.id)
        for number in range(times):
            note = MessageNote(f"{report.id}.{number:012x}", ("police",), self.website.clock.now())
            conversation = conversation.with_message(note)
        self.website.shelf.save(conversation, self.website.clock.now() + timedelta(days=30))

    def look(self, path: str = CODE_PAGE) -> Answer:
        """Use the code."""
        return self.website.post(path, {"k": [self.code]})

    def box(self, **changed: list[str]) -> dict[str, list[str]]:
        """Return what the box below the replies would send, with something written in it."""
        return {**self.look().fields(), "a": ["A blue van, too"], **changed}

    def send(self, path: str = CODE_PAGE, **changed: list[str]) -> Answer:
        """Write back."""
        return self.website.post(path, self.box(**changed))
