"""A change of who gets reports: one publisher proposes it, the addresses prove themselves, another agrees."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from hashlib import sha256
from hmac import compare_digest
from typing import Any

from chalicelib.domain.days import read_day
from chalicelib.domain.documents import RECIPIENTS
from chalicelib.domain.errors import AgreementMissing, CodeWrong, DocumentInvalid
from chalicelib.domain.json_documents import read

CODE_DIGITS = 8
CODE_TRIES = 5
CODE_LIVES = timedelta(hours=48)
HOLD = timedelta(minutes=2)  # longer than a publish can take from its hold to the move
_MOVES_WITHIN = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class AddressCode:
    """A code that was mailed to an address: only its hash is kept."""

    digest: str
    until: datetime
    tries: int = 0


@dataclass(frozen=True, slots=True)
class RecipientChange:
    """The recipients document as it shall be, and how far it has come. `revision` grows at each step.

    `confirmed` holds the addresses that have shown, by a mailed code, that somebody reads them.
    """

    text: str
    revision: int
    proposed_by: str
    proposed_at: datetime
    why: str
    codes: Mapping[str, AddressCode] = field(default_factory=dict)
    confirmed: Mapping[str, datetime] = field(default_factory=dict)
    agreed_by: str = ""
    agreed_at: datetime | None = None
    held_until: datetime | None = None  # a publish that takes it along is on its way until then

    @property
    def agreed(self) -> bool:
        """Say whether a second publisher has agreed to exactly this text."""
        return bool(self.agreed_by)


def with_hold(change: RecipientChange, now: datetime) -> RecipientChange:
    """Return the change as held by a publish: nobody changes or withdraws it before that has ended."""
    return replace(change, revision=change.revision + 1, held_until=now + HOLD)


def without_hold(change: RecipientChange) -> RecipientChange:
    """Return the change as it is when the publish that held it came to nothing."""
    return replace(change, revision=change.revision + 1, held_until=None)


def is_held(change: RecipientChange, now: datetime) -> bool:
    """Say whether a publish may take it live at any moment."""
    return change.held_until is not None and now < change.held_until


def may_still_move(change: RecipientChange, now: datetime) -> bool:
    """Say whether a publish has so much of its hold left that its move ends within it."""
    return change.held_until is not None and now + _MOVES_WITHIN < change.held_until


def entries_of(text: str) -> list[dict[str, Any]]:
    """Read a recipients document as plain entries. Raises DocumentInvalid, naming the line."""
    entries = read(RECIPIENTS, text)
    if not all(isinstance(entry, dict) for entry in entries):
        raise DocumentInvalid("the recipients are a list of entries in { }")
    return list(entries)


def changed_entries(live: str, proposed: str) -> list[dict[str, Any]]:
    """Return the entries that are new or not as they are live."""
    known = {str(entry.get("id")): entry for entry in entries_of(live)}
    return [entry for entry in entries_of(proposed) if entry != known.get(str(entry.get("id")))]


def unconfirmed(change: RecipientChange, live: str) -> tuple[str, ...]:
    """Return the addresses that are new with this change and have not shown yet that somebody reads them."""
    known = {address for entry in entries_of(live) for address in _addresses(entry)}
    asked = {address for entry in changed_entries(live, change.text) for address in _addresses(entry)}
    return tuple(sorted(asked - known - set(change.confirmed)))


def lacking(change: RecipientChange, live: str) -> tuple[str, ...]:
    """Return, as sentences, what a changed recipient lacks: the date of its consent, a second address."""
    found = []
    for entry in changed_entries(live, change.text):
        if not entry.get("agreed_on"):
            found.append(
                f"{entry.get('name')}: write down the day on which this office agreed to get reports."
            )
        if not entry.get("fallback"):
            found.append(f"{entry.get('name')}: a second address is needed, for the day the first one fails.")
    return tuple(found)


def check_consents(text: str, latest: date) -> None:
    """Raise DocumentInvalid when a consent is of a day later than `latest`: nobody has given it yet."""
    for entry in entries_of(text):
        if entry.get("agreed_on") and read_day(entry["agreed_on"]) > latest:
            raise DocumentInvalid(
                f"{entry.get('name')}: {entry['agreed_on']} has not come yet; write the day on which the"
                " office agreed to get reports"
            )


def new_code(chance: bytes) -> str:
    """Spell 16 random bytes as a code that can be read out on the phone."""
    return f"{int.from_bytes(chance, 'big') % 10**CODE_DIGITS:0{CODE_DIGITS}d}"


def with_code(change: RecipientChange, address: str, code: str, now: datetime) -> RecipientChange:
    """Return the change with a fresh code for an address; an older code for it is void."""
    codes = {**change.codes, address: AddressCode(_digest(address, code), now + CODE_LIVES)}
    return replace(change, revision=change.revision + 1, codes=codes)


def with_answer(
    change: RecipientChange, address: str, code: str, now: datetime
) -> tuple[RecipientChange, bool]:
    """Return the change after somebody typed a code for an address, and whether it was the right one.

    A wrong one counts too. Raises CodeWrong when there is no code to compare with any more.
    """
    sent = change.codes.get(address)
    if sent is None or sent.until <= now or sent.tries >= CODE_TRIES:
        raise CodeWrong("this code is used up or too old")
    typed = "".join(character for character in code if character.isdigit())
    if compare_digest(sent.digest, _digest(address, typed)):
        codes = {one: kept for one, kept in change.codes.items() if one != address}
        confirmed = {**change.confirmed, address: now}
        return replace(change, revision=change.revision + 1, codes=codes, confirmed=confirmed), True
    codes = {**change.codes, address: replace(sent, tries=sent.tries + 1)}
    return replace(change, revision=change.revision + 1, codes=codes), False


def with_agreement(change: RecipientChange, who: str, now: datetime, live: str) -> RecipientChange:
    """Return the change as agreed to by `who`. Raises AgreementMissing, saying what is missing."""
    if _same_person(who, change.proposed_by):
        raise AgreementMissing("somebody else than the one who proposed this has to agree")
    open_points: Sequence[str] = lacking(change, live)
    if open_points:
        raise AgreementMissing(" ".join(open_points))
    waiting = unconfirmed(change, live)
    if waiting:
        raise AgreementMissing(f"these addresses have not been confirmed yet: {', '.join(waiting)}")
    return replace(change, revision=change.revision + 1, agreed_by=who, agreed_at=now)


def _addresses(entry: Mapping[str, Any]) -> list[str]:
    return [str(entry[name]) for name in ("email", "fallback") if entry.get(name)]


def _same_person(one: str, other: str) -> bool:
    return one.strip().casefold() == other.strip().casefold()


def _digest(address: str, code: str) -> str:
    return sha256(f"{address}\n{code}".encode()).hexdigest()
