"""Mails of notes to offices' inboxes: to the configured address alone, never to whoever wrote.

They quote nothing, so that an inbox that answers by itself is told nothing, and no loop begins.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from chalicelib.directory.ports import RecipientBook
from chalicelib.directory.recipients import Recipient
from chalicelib.replies.ports import InboxNote, InboxNotes
from chalicelib.shared.alarms import Alarms
from chalicelib.shared.mail import (
    INBOX,
    About,
    Mail,
    MailDelayed,
    Mailer,
    MailStopped,
    MailUncertain,
)

_FOR_A_MAIL = timedelta(seconds=20)
MOST = 60  # notes a run: they fit into the time that a run has


class TellInboxes:
    """Tells offices what waits to be told. `write(office, note)` makes the message.

    Each note is mailed once at most: what is refused, or may have been taken, is not tried again. Where the
    mail service takes nothing now, a note waits for the next run.
    """

    def __init__(
        self,
        notes: InboxNotes,
        directory: RecipientBook,
        write: Callable[[Recipient, InboxNote], bytes],
        mailer: Mailer,
        alarms: Alarms,
        sender: str,
        left: Callable[[], timedelta] = lambda: timedelta.max,
    ) -> None:
        self._notes = notes
        self._directory = directory
        self._write = write
        self._mailer = mailer
        self._alarms = alarms
        self._sender = sender
        self._left = left

    def __call__(self) -> int:
        """Mail what waits; return how many mails went out. Raises StoreUnavailable."""
        notes = list(self._notes.waiting(MOST))
        offices = {one.id: one for one in self._directory.recipients()} if notes else {}
        sent = 0
        for note in notes:
            if self._left() < _FOR_A_MAIL:
                break
            office = offices.get(note.recipient)
            try:
                if office is not None:
                    sent += self._mailed(office, note)
            except MailStopped:
                break
            except MailDelayed:
                continue
            self._notes.settle(note)
        return sent

    def _mailed(self, office: Recipient, note: InboxNote) -> bool:
        """Mail one note; say whether that was done. Raises MailStopped, MailDelayed: then it waits."""
        try:
            content = self._write(office, note)
            about = About.of(INBOX, note.kind)
            self._mailer.send(Mail(self._sender, office.email, office.id, 0, about, content))
        except MailUncertain:
            return False
        except (MailStopped, MailDelayed):
            raise
        except Exception as error:  # of one office: the others are told
            named = {"recipient": office.id, "note": note.kind, "error": type(error).__name__}
            self._alarms.raise_alarm("inbox_not_told", named)
            return False
        return True
