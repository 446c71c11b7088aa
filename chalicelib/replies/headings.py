"""A mail's heading: From, To, Cc and Subject, as its sender wrote them. It places no mail; it may cast doubt.

A mail that an office once signed stays signed: whoever has it can send it again, unchanged, to any address.
Its own lines then still say to whom it went.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from chalicelib.replies.charsets import cleaned
from chalicelib.replies.mail_headers import address_of, decoded, read_headers

_ADDRESSES_MOST = 200
_APART = str.maketrans(dict.fromkeys('<>,;:"()[]\\\t', " "))


@dataclass(frozen=True, slots=True)
class Heading:
    """What stands there. `sender` is the From in small letters, "" unless it is exactly one address.

    `addressed` is everything like an address in To and Cc, also in a name. A To or Cc that is there twice
    counts for nothing: a signature holds for one of them, and anybody may add the other.
    """

    sender: str = field(default="", repr=False)
    addressed: tuple[str, ...] = field(default=(), repr=False)
    subject: str = field(default="", repr=False)
    is_addressed: bool = True  # it has a To or a Cc at all: a blind copy of somebody's may have none


def read_heading(raw: bytes) -> Heading:
    """Return the heading of a raw source. Never raises: what cannot be read is as if it were not there."""
    try:
        headers, _ = read_headers(raw)
        lines = [headers.all(name) for name in ("to", "cc")]
        addressed = [one for line in lines if len(line) == 1 for one in _addresses(line[0])]
        subjects = headers.all("subject")
        subject = cleaned(decoded(subjects[0])) if len(subjects) == 1 else ""
        return Heading(address_of(headers.all("from")), tuple(addressed), subject, any(lines))
    except Exception:  # whatever a stranger sends
        return Heading()


def _addresses(value: str) -> list[str]:
    found = (word.strip("'.") for word in value.translate(_APART).split())
    return [word for word in found if "@" in word][:_ADDRESSES_MOST]
