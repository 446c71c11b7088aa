"""Follow up a report by its receipt code: what is known of each delivery, and what offices wrote back.

Replies are decrypted for one request, with a key that is derived from the code and kept nowhere.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from chalicelib.directory.ports import RecipientBook
from chalicelib.directory.recipients import Recipient
from chalicelib.replies.conversation import Conversation, ReplyNote
from chalicelib.replies.errors import ReplySealBroken
from chalicelib.replies.ports import CodeVault, ReplyOpener, ReplyShelf
from chalicelib.replies.reply import Reply
from chalicelib.reporting.cases import DELIVERED, SENT, UNCLEAR, Delivery, SealedReport
from chalicelib.reporting.ports import ReportShelf
from chalicelib.reporting.receipts import read_code
from chalicelib.reporting.report import plain_lines
from chalicelib.shared.clock import Clock
from chalicelib.shared.time_zones import ZoneOf, in_utc, local_time

OPENED_MOST = 20  # replies of a report that are opened for one page, the newest
NONE_YET = "none_yet"  # an office that says that it answers has not yet done so
NEVER = "never"  # an office that does not say so
_GONE_OUT = frozenset({SENT, UNCLEAR, DELIVERED})
_NO_CODE = "0" * 20  # derived like any other, so that a wrong code takes as long as a right one


@dataclass(frozen=True, slots=True)
class OpenedReply:
    """One reply as its writer may read it: the note in clear, and the words, decrypted."""

    note: ReplyNote
    reply: Reply = field(repr=False)


@dataclass(frozen=True, slots=True)
class ShownReply:
    """One reply as the page shows it. `hidden` says that more of it is shown after a second press.

    `text` and `whole` are empty as far as they may repeat words of the report and nobody pressed.
    """

    id: str
    at: datetime
    text: str = field(repr=False)
    whole: str = field(repr=False)
    status: int
    hidden: bool
    unfolded: bool
    files: int
    cut: bool
    unproven: bool


@dataclass(frozen=True, slots=True)
class DeliveryStatus:
    """Delivery status of one recipient's copy: its name, the state of its mail, and since when.

    `since` is the time in the place whose page the report came from, to the hour. `replied` says that
    somebody there wrote back, and `since` is then when they first did. `said` is NONE_YET, NEVER or "".
    `written` is when the writer last wrote to them.
    """

    name: str
    state: str
    since: datetime
    replied: bool = False
    said: str = ""
    replies: tuple[ShownReply, ...] = ()
    written: datetime | None = None


@dataclass(frozen=True, slots=True)
class OpenedCase:
    """What a receipt code led to, in one request: its report without words, its conversation, and replies.

    `replies` are the newest, newest first. `unopened` says that one could not be opened, `older` that there
    are more than are opened.
    """

    record: SealedReport
    public_key: bytes = field(repr=False)
    conversation: Conversation
    replies: tuple[OpenedReply, ...] = ()
    unopened: bool = False
    older: bool = False

    @property
    def has_replies(self) -> bool:
        """Say whether anything was written back that its writer may read."""
        return bool(self.replies) or self.unopened

    def newest_from(self, recipient: str) -> Reply | None:
        """Return the newest reply of one office, of those that could be opened."""
        return next((one.reply for one in self.replies if one.note.recipient == recipient), None)

    def who_wrote(self) -> tuple[str, ...]:
        """Return the offices that wrote back, whoever wrote last first; not where nobody can prove that."""
        proven = (note for note in self.conversation.shown() if not note.unproven)
        return tuple(dict.fromkeys(note.recipient for note in proven))

    def last_written(self, recipient: str) -> datetime | None:
        """Return when the writer last wrote to an office, as far as that is noted yet."""
        times = [note.at for note in self.conversation.messages if recipient in note.recipients]
        return max(times, default=None)


class FollowUp:
    """Use case of the code page: delivery status and replies by receipt code.

    `zone_of` gives a place's time zone. `replies` says whether offices can write back to this site.
    """

    def __init__(
        self,
        store: ReportShelf,
        shelf: ReplyShelf,
        vault: CodeVault,
        recipient_book: RecipientBook,
        clock: Clock,
        zone_of: ZoneOf = in_utc,
        *,
        replies: bool = False,
    ) -> None:
        self._store = store
        self._shelf = shelf
        self._vault = vault
        self._recipient_book = recipient_book
        self._clock = clock
        self._zone_of = zone_of
        self._replies = replies

    def __call__(self, typed: str) -> OpenedCase | None:
        """Return what a code leads to, or None for an unknown, mistyped or expired code alike.

        All three cost the same key derivation and the same read, so that time tells them apart no better than
        the response does; only a report with a conversation costs more. Nothing is written and nothing
        counted: the API's rate limit comes before this.
        """
        code = read_code(typed)
        keys = self._vault.keys_of(code or _NO_CODE)
        record = self._store.look_up(keys.report_id, self._clock.now())
        if record is None or code is None:
            return None
        if not any(delivery.replied_at or delivery.spoke_at for delivery in record.deliveries):
            return OpenedCase(record, keys.public_key, Conversation(record.id))
        conversation = self._shelf.conversation(record.id)
        newest = conversation.shown()[:OPENED_MOST]
        opened = self._opened(record.id, newest, keys.opener)
        return OpenedCase(
            record,
            keys.public_key,
            conversation,
            opened,
            unopened=len(opened) < len(newest),
            older=len(newest) < len(conversation.shown()),
        )

    def _opened(
        self, report_id: str, notes: tuple[ReplyNote, ...], opener: ReplyOpener
    ) -> tuple[OpenedReply, ...]:
        """Return those of the replies that this code opens: another one is said to be there, no more."""
        sealed = self._shelf.replies(report_id, [note.id for note in notes]) if notes else {}
        found = []
        for note in notes:
            try:
                content = opener.open(sealed[note.id], f"{report_id}/{note.id}")
                found.append(OpenedReply(note, Reply.from_bytes(content)))
            except (KeyError, ReplySealBroken, TypeError, ValueError):
                continue
        return tuple(found)

    def statuses(self, case: OpenedCase, unfold: str = "") -> tuple[DeliveryStatus, ...]:
        """Return how each office's copy goes and what it wrote. `unfold` is the reply that is shown whole."""
        offices = {recipient.id: recipient for recipient in self._recipient_book.recipients()}
        return tuple(
            self._status(case, delivery, offices.get(delivery.recipient), unfold)
            for delivery in case.record.deliveries
        )

    def _status(
        self, case: OpenedCase, delivery: Delivery, office: Recipient | None, unfold: str
    ) -> DeliveryStatus:
        replies = tuple(
            self._shown(case, one, unfold) for one in case.replies if one.note.recipient == delivery.recipient
        )
        said, written = "", case.last_written(delivery.recipient)
        if self._replies and has_it(delivery) and not delivery.replied_at and not replies:
            said = NONE_YET if office is not None and office.answers else NEVER
        return DeliveryStatus(
            delivery.recipient if office is None else office.name,
            # Fifteen minutes of our own waiting are no news, and published pages may not know the word.
            SENT if delivery.state == UNCLEAR else delivery.state,
            self.hour(case, delivery.replied_at or delivery.changed_at),
            replied=delivery.replied_at is not None,
            said=said,
            replies=replies,
            written=self.hour(case, written) if written else None,
        )

    def _shown(self, case: OpenedCase, opened: OpenedReply, unfold: str) -> ShownReply:
        note, reply = opened.note, opened.reply
        unfolded = note.id == unfold
        hidden = not unfolded and (reply.text_repeats or (reply.repeats and bool(reply.whole)))
        return ShownReply(
            note.id,
            self.hour(case, note.at),
            plain_lines(reply.text) if unfolded or not reply.text_repeats else "",
            plain_lines(reply.whole) if unfolded or not (reply.repeats or reply.text_repeats) else "",
            reply.status,
            hidden,
            unfolded,
            reply.files,
            reply.cut,
            note.unproven,
        )

    def kept_until(self, case: OpenedCase) -> datetime | None:
        """Return until when the code leads there, as far as that is settled and replies may change it."""
        ends = case.record.expires_at
        return self.hour(case, ends) if ends is not None and (self._replies or case.has_replies) else None

    def today(self, case: OpenedCase) -> datetime:
        """Return the time in the place that a report came from, to the hour."""
        return self.hour(case, self._clock.now())

    def hour(self, case: OpenedCase, moment: datetime) -> datetime:
        """Return a moment as clocks there show it, to the hour: a minute could place somebody at a desk."""
        local = local_time(moment, self._zone_of(case.record.place))
        return local.replace(minute=0, second=0, microsecond=0)


def has_it(delivery: Delivery) -> bool:
    """Say whether an office has a report, as far as is known: it was mailed, and did not come back."""
    return delivery.state in _GONE_OUT or delivery.replied_at is not None
