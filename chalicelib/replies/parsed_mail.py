"""A parsed mail (MIME): what was read of an inbound mail's raw source, before anybody decides about it.

Nothing of it stands in a log or an error: it holds what somebody wrote, and who they are.
"""

from __future__ import annotations

from dataclasses import dataclass, field

PASS, FAIL, GRAY, MISSING = "pass", "fail", "gray", ""
_WORDS = frozenset(
    {PASS, FAIL, GRAY, "softfail", "neutral", "none", "temperror", "permerror", "processing_failed"}
)


@dataclass(frozen=True, slots=True)
class Verdicts:
    """What the mail service says of a mail in its topmost headers, in small letters; "" what is missing.

    `dmarc` "gray" means that the From's domain has no DMARC policy. `spf_domain` is the envelope sender's,
    `dkim_domains` are those whose signatures passed.
    """

    spam: str = MISSING
    virus: str = MISSING
    dmarc: str = MISSING
    spf: str = MISSING
    spf_domain: str = ""
    dkim_domains: tuple[str, ...] = ()

    def words(self) -> tuple[str, ...]:
        """Return them as they may stand beside a reply: "dmarc=gray"; none of these is a sender's text."""
        named = {"dmarc": self.dmarc, "spf": self.spf, "spam": self.spam, "virus": self.virus}
        dkim = PASS if self.dkim_domains else "none"
        said = {name: word if word in _WORDS else "other" for name, word in named.items() if word}
        return (*(f"{name}={said.get(name, 'missing')}" for name in named), f"dkim={dkim}")


@dataclass(frozen=True, slots=True)
class ParsedMail:
    """One inbound mail, as far as it could be read. `kind` is one of conversation.KINDS.

    `sender` is the From address in small letters; "" unless it is exactly one. `recipients` are the
    envelope's, if the mail service wrote them down. `text` and `html` are its own words in either form,
    "" where it has none; `text_beside` and `html_beside` what stands in parts of their own below the one
    that names a case, which quotes us: a file without a name, or a list's last lines. `files` counts what
    else is in it. `body` are the bytes below the headers.
    `message_id`, `in_reply_to` and `references` are ids with their brackets. `generated` says of an
    automatic one or a bounce that a person may have written it all the same. `cut` says that it
    was longer than what was read.
    """

    kind: str
    sender: str = field(default="", repr=False)
    verdicts: Verdicts = field(default_factory=Verdicts)
    message_id: str = field(default="", repr=False)
    date: str = field(default="", repr=False)
    in_reply_to: tuple[str, ...] = field(default=(), repr=False)
    references: tuple[str, ...] = field(default=(), repr=False)
    recipients: tuple[str, ...] = field(default=(), repr=False)
    subject: str = field(default="", repr=False)
    text: str = field(default="", repr=False)
    html: str = field(default="", repr=False)
    text_beside: str = field(default="", repr=False)
    html_beside: str = field(default="", repr=False)
    body: bytes = field(default=b"", repr=False)
    files: int = 0
    generated: bool = False
    cut: bool = False
