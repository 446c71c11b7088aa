"""Sender authentication (DMARC, SPF, DKIM): whether a mail is proven to be from the office it answers for."""

from __future__ import annotations

from chalicelib.directory.recipients import Recipient
from chalicelib.replies.conversation import (
    DMARC_FAILED,
    FROM_ELSEWHERE,
    NOT_ALIGNED,
    NOT_CHECKED,
    SPAM,
    VIRUS,
)
from chalicelib.replies.parsed_mail import FAIL, GRAY, PASS, ParsedMail, Verdicts
from chalicelib.shared.email_addresses import is_everybodys


def who_wrote(parsed: ParsedMail, recipient: Recipient | None) -> tuple[str, ...]:
    """Return the doubts (conversation.DOUBTS) that a mail is from this recipient; none when it is proven.

    None is an office that is on no list any more, or not known: nobody writes for it.
    """
    verdicts, senders = parsed.verdicts, senders_of(recipient) if recipient is not None else ()
    doubts = []
    if not _is_sender(parsed.sender, senders):
        doubts.append(FROM_ELSEWHERE)
    if verdicts.dmarc == FAIL:
        doubts.append(DMARC_FAILED)
    elif verdicts.dmarc == GRAY and not _is_aligned(parsed.sender, verdicts, senders):
        doubts.append(NOT_ALIGNED)
    if verdicts.dmarc not in (PASS, FAIL, GRAY) or not _was_scanned(verdicts):
        doubts.append(NOT_CHECKED)
    if verdicts.spam == FAIL:
        doubts.append(SPAM)
    if verdicts.virus == FAIL:
        doubts.append(VIRUS)
    return tuple(doubts)


def may_write_for(address: str, recipient: Recipient | None) -> bool:
    """Say whether an address is one of those that write for a recipient; nothing is proven by it."""
    return recipient is not None and _is_sender(address, senders_of(recipient))


def senders_of(recipient: Recipient) -> tuple[str, ...]:
    """Return who may answer for a recipient: domains, "*.domain", and whole addresses, in small letters.

    Without a list of its own that is the domain of its inbox, or the inbox itself where anybody gets an
    address; and the fallback address. A bare host of freemail on a list counts for nothing.
    """
    if recipient.reply_from:
        listed = tuple(sender.lower() for sender in recipient.reply_from)
        return tuple(sender for sender in listed if not is_everybodys(sender))
    inbox, fallback = recipient.email.lower(), recipient.fallback.lower()
    host = inbox.rpartition("@")[2]
    first = inbox if is_everybodys(host) else host
    return (first, fallback) if fallback else (first,)


def _is_sender(address: str, senders: tuple[str, ...]) -> bool:
    return bool(address) and (address in senders or _is_listed(address.rpartition("@")[2], senders))


def _is_listed(domain: str, senders: tuple[str, ...]) -> bool:
    """Say whether a domain is itself an entry, or stands below one that begins with "*."."""
    parents = domain.split(".")
    below = any("*." + ".".join(parents[at:]) in senders for at in range(1, len(parents)))
    return bool(domain) and (domain in senders or below)


def _is_aligned(address: str, verdicts: Verdicts, senders: tuple[str, ...]) -> bool:
    """Say whether SPF or DKIM proved the very domain of the From, or one on this office's list.

    No parent is guessed at: below ca.gov there are a thousand owners.
    """
    proven = {*verdicts.dkim_domains, *([verdicts.spf_domain] if verdicts.spf == PASS else [])}
    own = address.rpartition("@")[2]
    return any(domain and (domain == own or _is_listed(domain, senders)) for domain in proven)


def _was_scanned(verdicts: Verdicts) -> bool:
    return verdicts.spam in (PASS, FAIL, GRAY) and verdicts.virus in (PASS, FAIL)
