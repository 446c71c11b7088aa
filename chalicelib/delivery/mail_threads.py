"""Threads of mails: the headers by which a mail program puts a writer's message beside what it answers.

The ids in them came in mails of others. What has not the form of a message id is left out, so that none can
write a header of its own.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

REFERENCES_MOST = 20  # the first one and the last ones: programs look for the thread's beginning and its end
_MESSAGE_ID = re.compile(r"[!-;=?-~]{1,200}@[!-;=?-~]{1,200}", re.ASCII)  # visible, without < >


@dataclass(frozen=True, slots=True)
class Thread:
    """A mail's place in a thread: what it answers, and all that came before, oldest first."""

    in_reply_to: str = ""
    references: tuple[str, ...] = ()

    def headers(self) -> bytes:
        """Return the header lines (RFC 5322), folded already: one id a line."""
        lines = [f"In-Reply-To: {self.in_reply_to}"] if self.in_reply_to else []
        if self.references:
            lines.append("References: " + "\r\n ".join(self.references))
        return "".join(f"{line}\r\n" for line in lines).encode("ascii")


def thread_of(ours: str, theirs: Sequence[str]) -> Thread:
    """Return the thread of a message: `ours` is the id of our last mail, `theirs` what it answers.

    Of `theirs` the first is the id of their last mail, the others are its references. Without any, our own
    mail is what it answers.
    """
    answered = _message_id(theirs[0]) if theirs else ""
    known = [_message_id(ours), *map(_message_id, theirs[1:]), answered]
    references = list(dict.fromkeys(one for one in known if one and one != answered))
    references += [answered] if answered else []
    if len(references) > REFERENCES_MOST:
        references[1:] = references[1 - REFERENCES_MOST :]
    return Thread(answered or (references[-1] if references else ""), tuple(references))


def _message_id(text: object) -> str:
    """Return a message id with its brackets, or "" for what is none: whoever sealed it may have lied."""
    if not isinstance(text, str):
        return ""
    bare = text.strip().removeprefix("<").removesuffix(">")
    return f"<{bare}>" if _MESSAGE_ID.fullmatch(bare) else ""
