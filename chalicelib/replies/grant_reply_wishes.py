"""Granting of the desk's commands ("wishes") about held replies: one is shown to the writer, or thrown away.

The desk has seen office, sender and verdicts, and never a word. Each step may be done again.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from chalicelib.delivery.errors import WishRefused
from chalicelib.delivery.hand_overs import WHY_MOST
from chalicelib.delivery.wishes import LIVES, THROW_REPLY, Wish
from chalicelib.replies.conversation import KEPT, SHOWN, THROWN, Conversation, ReplyNote
from chalicelib.replies.note_messages import spoke
from chalicelib.replies.ports import ConversedReports, ReplyShelf
from chalicelib.replies.reply_wishes import may_be_shown, may_be_thrown, seen_of_note
from chalicelib.reporting.cases import SealedReport
from chalicelib.shared.errors import StaleRecord

_CHANGED = "the reply changed meanwhile"


class GrantReplyWishes:
    """Grants what the desk wished about a reply."""

    def __init__(self, shelf: ReplyShelf, reports: ConversedReports) -> None:
        self._shelf = shelf
        self._reports = reports

    def __call__(self, case: SealedReport, wish: Wish, now: datetime) -> bool:
        """Grant a wish; False when somebody else changes the same all the while: it waits.

        Raises WishRefused, which says why in words for the desk.
        """
        if now - wish.at > LIVES or wish.at - now > timedelta(minutes=5):
            raise WishRefused("it took too long")
        conversation = self._shelf.conversation(case.id)
        note = conversation.reply(wish.other)
        if note is None:
            raise WishRefused("there is no such reply any more")
        try:
            if wish.kind == THROW_REPLY:
                if case.legal_hold:
                    raise WishRefused("the case is under a legal hold: nothing of it is thrown away")
                self._throw(conversation, note, wish, now)
            else:
                self._show(conversation, note, wish, now)
        except StaleRecord:
            return False
        return True

    def _show(self, conversation: Conversation, note: ReplyNote, wish: Wish, now: datetime) -> None:
        """Show a reply to the writer, marked as unproven.

        It moves the report's end, as any message does. That nobody took the report is told as before: a
        reply that proves nothing does not prove that somebody there has it.
        """
        report_id = conversation.report_id
        if not (note.state == SHOWN and note.unproven):
            if wish.seen != seen_of_note(note):
                raise WishRefused(_CHANGED)
            if not may_be_shown(note):
                raise WishRefused("this reply may not be shown")
            if not wish.why.strip() or len(wish.why) > WHY_MOST:
                raise WishRefused("no reason was given")
            if not self._shelf.replies(report_id, [note.id]):
                raise WishRefused("nothing is kept of this reply that could be shown")
            self._save(conversation, replace(note, state=SHOWN, unproven=True), now)
        spoke(self._reports, report_id, (note.recipient,), now, now)
        self._shelf.drop_raw(report_id, note.id)

    def _throw(self, conversation: Conversation, note: ReplyNote, wish: Wish, now: datetime) -> None:
        report_id = conversation.report_id
        if note.state != THROWN:
            if wish.seen != seen_of_note(note):
                raise WishRefused(_CHANGED)
            if not may_be_thrown(note):
                raise WishRefused("only a reply that is held can be thrown away")
            self._save(conversation, replace(note, state=THROWN), now)
        self._shelf.drop_raw(report_id, note.id)
        self._shelf.drop_reply(report_id, note.id)

    def _save(self, conversation: Conversation, note: ReplyNote, now: datetime) -> None:
        changed, gone = conversation.with_reply(note)
        self._shelf.save(changed, now + KEPT)
        for other in gone:
            self._shelf.drop_raw(conversation.report_id, other.id)
            self._shelf.drop_reply(conversation.report_id, other.id)
