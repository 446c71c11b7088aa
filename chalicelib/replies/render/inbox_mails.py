"""Mails to offices' inboxes about their replies: what became of one, and which cases wait for one.

They are in the office's language, quote nothing, and name case numbers and no place.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from email.message import EmailMessage
from email.policy import SMTP

from chalicelib.delivery.render.reply_lines import digit_line
from chalicelib.directory.recipients import Recipient
from chalicelib.replies.conversation import EMPTY, ENCRYPTED, FILES_ONLY, TNEF, UNREADABLE
from chalicelib.replies.ports import ANSWER_ONE, FILES, LATE, WEEKLY, InboxNote

Say = Callable[[str], str]


class InboxMails:
    """Writes them. `say_in` gives what translates into a language, from the catalogs of the package."""

    def __init__(self, sender: str, say_in: Callable[[str], Say]) -> None:
        self._sender = sender
        self._say_in = say_in

    def __call__(self, office: Recipient, note: InboxNote) -> bytes:
        """Return the message of one note."""
        say = self._say_in(office.language)
        message = EmailMessage(policy=SMTP.clone(cte_type="7bit"))
        message["From"] = f"Porchlight <{self._sender}>"
        message["To"] = office.email
        message["Subject"] = " ".join(_subject(note, say).split())
        message["Auto-Submitted"] = "auto-generated"
        message["X-Auto-Response-Suppress"] = "OOF, AutoReply"
        message.set_content("\n\n".join([*_told(note, say), _end(say)]) + "\n")
        message["Content-Language"] = office.language
        return message.as_bytes()


def _subject(note: InboxNote, _: Say) -> str:
    if note.kind == WEEKLY:
        return _("Porchlight: cases without a reply")
    if not note.about:
        return _("Porchlight: about your reply")
    return _("Porchlight: about your reply to %(case_number)s") % _case(note)


def _told(note: InboxNote, _: Say) -> Sequence[str]:
    if note.kind == WEEKLY:
        return _weekly(note, _)
    if note.kind == ANSWER_ONE:
        return [
            _(
                "You answered a mail with many reports. We cannot tell which report you mean, so nobody reads"
                " it."
            ),
            _("Each report in that mail has an address of its own. Please write to that one."),
        ]
    case = _case(note)
    if note.kind == LATE:
        return [
            _("Your reply to %(case_number)s came too late.") % case,
            _("The report and its code are gone. Nobody can read your reply, and we kept nothing of it."),
        ]
    if note.kind == FILES and note.why != FILES_ONLY:
        return [
            _("Your reply to %(case_number)s had files with it.") % case,
            _(
                "We do not keep files. The writer reads your text. If a file matters, please write what it"
                " says."
            ),
        ]
    return [_("The writer cannot read your mail about %(case_number)s.") % case, _why(note, _)]


def _why(note: InboxNote, _: Say) -> str:
    if note.why == ENCRYPTED:
        return _("It was encrypted, and we cannot open it. Please send it again as plain text.")
    if note.why in (TNEF, UNREADABLE):
        return _("It came in a form that we cannot read. Please send it again as plain text.")
    if note.why == FILES_ONLY or note.kind == FILES:
        return _("It had files and no text. We do not keep files. Please write what they say.")
    if note.why == EMPTY:
        return _("We found no text above the first line of our mail. Please write above it.")
    return _(
        "We could not make sure that it came from you. The people who look after this page look into it."
    )


def _weekly(note: InboxNote, _: Say) -> list[str]:
    more = [_("All together: %(number)s") % {"number": note.why}] if note.why.isdecimal() else []
    return [
        _("You got these reports, and their writers have no reply from you yet:"),
        *(f"- {number}" for number in note.about),
        *more,
        _("Find the mail with the number, press Reply and write above its first line."),
        digit_line(_),
        _("You get this mail once a week, because your office said that it writes back."),
    ]


def _case(note: InboxNote) -> dict[str, str]:
    return {"case_number": ", ".join(note.about)}


def _end(_: Say) -> str:
    return _("A program sent this mail. Please do not answer this one.")
