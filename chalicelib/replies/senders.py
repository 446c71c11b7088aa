"""Sender authentication (DMARC, SPF, DKIM): whether a mail is proven to be from the office it answers for."""

from __future__ import annotations

from chalicelib.directory.recipients import Recipient
from chalicelib.replies.conversation import NOT_CHECKED
from chalicelib.replies.parsed_mail import ParsedMail


def who_wrote(parsed: ParsedMail, recipient: Recipient) -> tuple[str, ...]:
    """Return the doubts (conversation.DOUBTS) that a mail is from this recipient; none when it is proven."""
    _ = parsed, recipient
    return (NOT_CHECKED,)
