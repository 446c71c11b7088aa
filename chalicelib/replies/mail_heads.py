"""Message headers (RFC 5322) that are needed before a mail is sealed: its id, and what it answers.

A mail is sealed whole before anything takes it apart. To whose key, and under which id, is read here: from
header lines alone, without MIME, without a library, in time that grows with their length.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field

from chalicelib.replies.mail_headers import decoded

_HEAD_MOST = 256 * 1024
_BODY_HASHED = 1024 * 1024  # of a longer mail, of which only the first 2 MB are read, wherever its head ends
_WANTED = ("message-id", "date", "in-reply-to", "references")
_ID = re.compile(r"<([^<>\s@]{1,250})@([^<>\s@]{1,250})>")
_SERVICE = "amazonses.com"
_NEWEST = 4000  # characters of a thread's ids, which the newest end
_THREAD_MOST = 20  # ids that are looked up: a thread's oldest are left out


@dataclass(frozen=True, slots=True)
class MailHead:
    """What the header lines say. `answers` are ids of the mail service's that it answers, nearest first."""

    message_id: str = field(default="", repr=False)
    date: str = field(default="", repr=False)
    answers: tuple[str, ...] = field(default=(), repr=False)
    body: bytes = field(default=b"", repr=False)

    def reply_id(self, report_id: str, recipient: str) -> str:
        """Return the id (32 hex digits of SHA-256) of this mail as a reply to one office's copy of a report.

        The same mail, brought twice, has the same. Another body under the same Message-ID is another mail.
        """
        named = [report_id.encode(), recipient.encode(), self.message_id.encode(), self.date.encode()]
        content = b"\0".join([b"porchlight reply id", *named, self.body[:_BODY_HASHED]])
        return hashlib.sha256(content).hexdigest()[:32]


def read_head(raw: bytes) -> MailHead:
    """Return what a raw source's first header lines say; of what is there twice, the first. Never raises."""
    lines: dict[str, list[str]] = {}
    name, start, end = "", 0, len(raw)
    while start < min(len(raw), _HEAD_MOST):
        stop = raw.find(b"\n", start)
        stop = len(raw) if stop < 0 else stop
        line = raw[start:stop].rstrip(b"\r")
        start = stop + 1
        if not line:
            end = start
            break
        text = line.decode("utf-8", "replace")
        if line[:1] in b" \t":
            if name:
                lines[name].append(text)
            continue
        name = text.partition(":")[0].strip().lower()
        name = name if name in _WANTED and name not in lines else ""
        if name:
            lines[name] = [text.partition(":")[2]]
    found = {name: "".join(parts) for name, parts in lines.items()}
    return MailHead(
        message_id=found.get("message-id", "").strip(),
        date=found.get("date", "").strip(),
        answers=_answers(found.get("in-reply-to", ""), found.get("references", "")),
        body=raw[end:],
    )


def _answers(in_reply_to: str, references: str) -> tuple[str, ...]:
    """Return the mail service's ids among these, "<id@region.amazonses.com>" as clients see them."""
    # Python's email package, and what is written in it, encodes an id that is longer than a line.
    named = [*_ID.findall(decoded(in_reply_to)), *reversed(_ID.findall(decoded(references[-_NEWEST:])))]
    ours = [left for left, domain in named if domain.lower().endswith(f".{_SERVICE}")]
    return tuple(dict.fromkeys(ours))[:_THREAD_MOST]
