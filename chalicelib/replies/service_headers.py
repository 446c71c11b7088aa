"""The mail service's own headers (SES): its verdicts (SPF, DKIM, DMARC, spam, virus) and to whom a mail went.

It writes them on top of what the sender sent: Return-Path, one Received, verdicts, Authentication-Results,
X-SES-RECEIPT. What stands below that is the sender's, and may say anything. Even inside, two texts are the
sender's: the envelope address and the name said in HELO. Where one of them could be read as a verdict, none
is believed.
"""

from __future__ import annotations

import re

from chalicelib.replies.mail_headers import UNCLOSED, Headers, read_headers, without_comments
from chalicelib.replies.parsed_mail import GRAY, MISSING, PASS, Verdicts

_HEAD = 64 * 1024  # bytes: the service's own headers are far less
_RECEIVED = re.compile(
    r"from\s+(\S{1,255})\s[^;]{0,600}?\bby\s+inbound-smtp\.[a-z0-9-]{1,30}\.amazonaws\.com\b"
)
_FOR = re.compile(r"\bwith\s+\S{1,20}\s+id\s+\S{1,80}\s+for\s+([^;]{3,2000});")
_HELO = re.compile(r"[A-Za-z0-9._:\[\]-]{1,255}\Z")
_ENVELOPE = re.compile(r"<?([^\s<>()\"';,:\\]{1,64}@[A-Za-z0-9.-]{1,255})?>?\Z")
_RESULT = re.compile(r"\s*(spf|envelope-from|helo|client-ip|dkim|dmarc)\s*=\s*(\S*)(.*)\Z", re.DOTALL)
_SIGNED_BY = re.compile(r"\bheader\.(?:i|d)=[^\s@;]{0,64}@?([A-Za-z0-9.-]{1,255})(?:\s|\Z)")
_FROM = re.compile(r"\bheader\.from=([A-Za-z0-9.-]{1,255})(?:\s|\Z)")
# In which order the service writes them; each at most once but for DKIM.
_ORDER = {"spf": 0, "client-ip": 1, "envelope-from": 2, "helo": 3, "dkim": 4, "dmarc": 5}
_NO_POLICY = frozenset({"none", "gray", "bestguesspass"})


def service_headers(headers: Headers) -> Headers:
    """Return the headers that the mail service wrote; none when they are not as it writes them."""
    names = [name for name, _ in headers.fields]
    if "x-ses-receipt" not in names:
        return Headers(())
    own = Headers(headers.fields[: names.index("x-ses-receipt")])
    received = own.all("received")
    hop = _RECEIVED.match(received[0]) if len(received) == 1 else None
    path = own.all("return-path")
    if hop is None or not _HELO.match(hop[1]) or len(path) > 1:
        return Headers(())
    return own if all(_ENVELOPE.match(one.strip()) for one in path) else Headers(())


def envelope_sender(own: Headers) -> str | None:
    """Return the envelope's sender, "" for the null one; None when the service does not say."""
    path = own.first("return-path").strip()
    return path.strip("<>").lower() if path else None


def read_verdicts(headers: Headers, sender: str) -> Verdicts:
    """Return what the service says of a mail whose From is `sender`; nothing when it cannot be told apart."""
    own = service_headers(headers)
    spam, virus = _verdict(own, "x-ses-spam-verdict"), _verdict(own, "x-ses-virus-verdict")
    checked = own.first("authentication-results")  # the first, which is the service's own
    results = _results(checked) if checked else None
    if results is None or headers.cut:  # there may be a second From below what is read
        return Verdicts(spam, virus)
    found = {name: (word, rest) for name, word, rest in results}
    dmarc, about = found.get("dmarc", (GRAY, ""))  # it says nothing of a domain that has no DMARC record
    about_domain = _FROM.search(about)
    named = about_domain[1].lower() if about_domain else ""
    own_domain = sender.rpartition("@")[2]
    # It speaks of another From than the one that we read, or does not say of which it speaks.
    if (named and sender and named != own_domain) or (dmarc == PASS and (not named or named != own_domain)):
        return Verdicts(spam, virus)
    envelope = _ENVELOPE.match(found.get("envelope-from", ("", ""))[0])
    return Verdicts(
        spam,
        virus,
        GRAY if dmarc in _NO_POLICY else dmarc,
        found.get("spf", (MISSING, ""))[0],
        (envelope[1] or "").rpartition("@")[2].lower() if envelope else "",
        tuple(
            dict.fromkeys(
                signed[1].lower()
                for name, word, rest in results
                if name == "dkim" and word == "pass" and (signed := _SIGNED_BY.search(rest))
            )
        ),
    )


def envelope_recipients(raw: bytes) -> tuple[str, ...]:
    """Return the addresses to which the mail service says that it took this mail; none if it does not say.

    They are read from the service's own topmost Received header alone, and never from To or Cc. Of a mail to
    many it may name only one.
    """
    return recipients_of(read_headers(raw[:_HEAD])[0])


def recipients_of(headers: Headers) -> tuple[str, ...]:
    """Return the envelope recipients that the service's own Received header names."""
    received = service_headers(headers).first("received")
    named = _FOR.search(received)
    found = re.findall(r"[^\s<>,;\"()]{1,64}@[A-Za-z0-9.-]{1,255}", named[1]) if named else []
    return tuple(dict.fromkeys(address.lower() for address in found))


def _verdict(own: Headers, name: str) -> str:
    said = own.all(name)
    return said[0].strip().lower() if len(said) == 1 and said[0].strip().isascii() else MISSING


def _results(header: str) -> list[tuple[str, str, str]] | None:
    """Return the results of an Authentication-Results header: (name, word, rest); None if it has odd ones."""
    plain = without_comments(header)
    service, *parts = plain.split(";")
    if UNCLOSED in plain or service.split() not in (["amazonses.com"], ["amazonses.com", "1"]):
        return None
    results: list[tuple[str, str, str]] = []
    last = -1
    for part in parts:
        if not part.strip():
            continue
        shaped = _RESULT.match(part)
        if shaped is None:
            return None
        place = _ORDER[shaped[1]]
        if place < last or (place == last and shaped[1] != "dkim"):
            return None  # a second one, or one out of its place: somebody wrote it into a name
        last = place
        results.append((shaped[1], shaped[2].lower(), shaped[3]))
    return results
