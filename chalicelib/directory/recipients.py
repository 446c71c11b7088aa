"""Recipients: the agencies that get reports by mail, and which of them a place's form offers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from chalicelib.directory.errors import ContentInvalid
from chalicelib.directory.places import is_slug
from chalicelib.shared.days import read_day
from chalicelib.shared.email_addresses import is_address


@dataclass(frozen=True, slots=True)
class Recipient:
    """A recipient: an agency's inbox, what it is, and when it agreed to get reports.

    `id` and `serves` are slugs, its own and its place's; `language` is the language of the mails it gets;
    `nature` is "awareness" for the mailbox of a campaign, "police", "services" or "desk" otherwise. `key` is
    an OpenPGP or X.509 certificate in its armored form, maybe with words around it, or empty.

    `reply_from` are the senders whose replies are this office's: domains, "*.domain" for all below one, and
    whole addresses; without any it is the domain of its inbox. `answers` says that its consent says so: that
    it writes back.
    """

    id: str
    name: str
    serves: str
    email: str
    fallback: str
    language: str
    nature: str
    enforces_immigration: bool
    what: str
    what_not: str
    agreed_on: date | None = None
    key: str = ""
    reply_from: tuple[str, ...] = ()
    answers: bool = False

    def address(self, which: str) -> str:
        """Return the address called "first" or "fallback"."""
        return self.fallback if which == "fallback" else self.email


_NOBODY = "nobody@example.org"
NATURES = ("awareness", "police", "services", "desk")


def read_recipients(entries: Iterable[Mapping[str, object]], places: Iterable[str]) -> tuple[Recipient, ...]:
    """Read the recipients document. Raises ContentInvalid naming the entry and the rule it breaks."""
    known = set(places)
    recipients = tuple(_read_recipient(entry) for entry in entries)
    seen: set[str] = set()
    for recipient in recipients:
        # An id goes into log lines, mail tags and the names of counters.
        _require(is_slug(recipient.id), recipient.id, "id has only a-z, 0-9 and single dashes")
        _require(recipient.id not in seen, recipient.id, "is there twice")
        _require(recipient.serves in known, recipient.id, "serves a place that we do not know")
        _require(recipient.nature in NATURES, recipient.id, f"nature must be one of {', '.join(NATURES)}")
        _require(is_address(recipient.email), recipient.id, "email must be one address")
        fallback_fits = not recipient.fallback or is_address(recipient.fallback)
        _require(fallback_fits, recipient.id, "fallback must be one address or empty")
        same = recipient.fallback.casefold() == recipient.email.casefold()
        _require(not same, recipient.id, "fallback must differ from email")
        seen.add(recipient.id)
    return recipients


def read_offices(entries: Iterable[Mapping[str, object]], places: Iterable[str]) -> tuple[Recipient, ...]:
    """Read recipients as readers may know them: without addresses and keys, whatever the entries hold.

    One of a place that is not there (any more, or yet) is left out. Raises ContentInvalid as above.
    """
    known = set(places)
    kept = [one for one in entries if not isinstance(one.get("serves"), str) or one["serves"] in known]
    hidden: Mapping[str, object] = {
        "email": _NOBODY,
        "fallback": "",
        "key": "",
        "language": "en",
        "reply_from": [],
    }
    public = [{**entry, **hidden} for entry in kept]
    return tuple(replace(one, email="") for one in read_recipients(public, known))


def offered_at(
    recipients: Iterable[Recipient], chain: Sequence[str], agreed_only: bool
) -> tuple[Recipient, ...]:
    """Return the recipients a form offers, nearest first.

    `chain` holds the place's slug and those around it, nearest first. With `agreed_only` (production), an
    agency that has not agreed to get reports is not offered at all.
    """
    fitting = [r for r in recipients if r.serves in chain and (r.agreed_on is not None or not agreed_only)]
    return tuple(sorted(fitting, key=lambda recipient: chain.index(recipient.serves)))


def _read_recipient(entry: Mapping[str, object]) -> Recipient:
    name = str(entry.get("id", "(no id)"))
    fields = {field: entry.get(field, "") for field in Recipient.__dataclass_fields__}
    for field in ("id", "name", "serves", "email", "language", "nature", "what", "what_not"):
        _require(isinstance(fields[field], str) and bool(fields[field]), name, f"{field} must be a text")
    for field in ("fallback", "key"):
        fields[field] = fields[field] or ""
        _require(isinstance(fields[field], str), name, f"{field} must be a text or empty")
    _require(
        isinstance(fields["enforces_immigration"], bool), name, "enforces_immigration must be true or false"
    )
    fields["answers"] = fields["answers"] or False
    _require(isinstance(fields["answers"], bool), name, "answers must be true or false")
    fields["reply_from"] = _read_senders(fields["reply_from"] or (), name)
    unknown = set(entry) - set(fields) - {"mark", "source", "read_on"}
    _require(not unknown, name, f"unknown field {', '.join(sorted(unknown))}")
    agreed = fields["agreed_on"]
    try:
        fields["agreed_on"] = read_day(agreed) if agreed else None
    except ValueError as error:
        raise ContentInvalid(f"recipient {name}: agreed_on must be a date like 2026-11-25") from error
    return Recipient(**fields)  # type: ignore[arg-type]


def _read_senders(senders: object, name: str) -> tuple[str, ...]:
    rule = "reply_from must be a list of domains and addresses"
    if not isinstance(senders, list | tuple):
        raise ContentInvalid(f"recipient {name}: {rule}")
    for sender in senders:
        _require(isinstance(sender, str) and is_sender(sender), name, rule)
    return tuple(sender.casefold() for sender in senders)


def is_sender(text: str) -> bool:
    """Say whether a text is an address, a domain, or "*." and a domain."""
    plain = text.removeprefix("*.")
    return "*" not in plain and is_address(text if "@" in text else f"x@{plain}")


def _require(holds: bool, name: str, rule: str) -> None:
    if not holds:
        raise ContentInvalid(f"recipient {name}: {rule}")
