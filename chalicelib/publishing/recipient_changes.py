"""Rules of the two-person change of recipients: proposal, address verification by code, agreement."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from hashlib import sha256
from hmac import compare_digest
from typing import Any

from chalicelib.desk.agreements import SENTENCES, Standing, why_not
from chalicelib.desk.errors import AgreementMissing
from chalicelib.desk.typed import typed_digits
from chalicelib.directory.document_ids import RECIPIENTS
from chalicelib.directory.errors import DocumentInvalid
from chalicelib.publishing.errors import CodeWrong
from chalicelib.publishing.field_labels import RECIPIENT_LABELS, Names, label_of, value_of
from chalicelib.publishing.json_documents import read
from chalicelib.shared.days import read_day

CODE_DIGITS = 8
CODE_TRIES = 5
CODE_LIVES = timedelta(hours=48)
HOLD = timedelta(minutes=2)  # longer than a publish can take from its hold to the move
_MOVES_WITHIN = timedelta(minutes=1)
OPERATOR_CODE_LIVES = timedelta(hours=24)
MOST_CODES = 5  # a day, to one address and to the operator
MOST_CODES_IN_ALL = 40

THE_LIST = ""  # stands for the order of the entries, where an entry's id stands otherwise
THE_OPERATOR = "the operator, by a mailed code"
UNKNOWN_PROPOSERS = "unknown_proposers"
UNKNOWN_SAID = (
    "This was proposed before it was kept who had a hand in it: propose it again, in your name, so that"
    " somebody else can agree, or withdraw it."
)

# What says where reports go, and who may write back, is told before all else.
_WHERE_TO = (
    "email", "fallback", "reply_from", "serves", "enforces_immigration", "nature", "key", "agreed_on",
    "answers",
)  # fmt: skip
_MOST_SAID = 80
_NO_NAMES = Names()


@dataclass(frozen=True, slots=True)
class AddressCode:
    """A code that was mailed to an address: only its hash is kept."""

    digest: str
    until: datetime
    tries: int = 0


@dataclass(frozen=True, slots=True)
class Agreement:
    """Somebody's agreement to one entry: who, when, and to exactly what (a digest of before and after)."""

    by: str
    at: datetime
    digest: str


@dataclass(frozen=True, slots=True)
class RecipientChange:
    """The recipients document as it shall be, and how far it has come. `revision` grows at each step.

    `confirmed` holds the addresses that have shown, by a mailed code, that somebody reads them. `proposers`
    holds, for each entry, the ids and addresses of everybody who had a hand in it while the change waits; an
    entry without any is from before they were kept, and nobody can agree to it. `agreements` are by entry,
    too; `agreed_by` is written when there is one for each entry that changes.
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
    proposers: Mapping[str, Sequence[str]] = field(default_factory=dict)
    agreements: Mapping[str, Agreement] = field(default_factory=dict)
    operator_code: AddressCode | None = None

    @property
    def agreed(self) -> bool:
        """Say whether second publishers have agreed to every entry of exactly this text."""
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


def touched(before: str, after: str) -> tuple[str, ...]:
    """Return the ids of the entries that are new, changed or gone, and THE_LIST when the order is another."""
    old = {str(entry.get("id")): entry for entry in entries_of(before)}
    new = {str(entry.get("id")): entry for entry in entries_of(after)}
    found = [one for one in (*new, *(one for one in old if one not in new)) if old.get(one) != new.get(one)]
    in_both = [[one for one in side if one in old and one in new] for side in (old, new)]
    return (*found, *([THE_LIST] if in_both[0] != in_both[1] else ()))


def with_proposers(
    before: RecipientChange | None, live: str, text: str, names: Collection[str]
) -> Mapping[str, Sequence[str]]:
    """Return who had a hand in each entry, once somebody with these names proposes `text`.

    Only the entries that they change become theirs too; what others proposed stays the others'.
    """
    proposers = dict(before.proposers) if before else {}
    for one in touched(before.text if before else live, text):
        proposers[one] = tuple(sorted({*proposers.get(one, ()), *names}))
    return proposers


def agreements_left(before: RecipientChange | None, text: str) -> Mapping[str, Agreement]:
    """Return the agreements of a change that stay when `text` is proposed over it.

    What is edited is agreed to by nobody any more, even if it is put back later to what somebody agreed to.
    """
    if before is None:
        return {}
    edited = touched(before.text, text)
    return {one: agreement for one, agreement in before.agreements.items() if one not in edited}


def digest_of(live: str, text: str, entry: str) -> str:
    """Return a digest of one entry as it is live and as it shall be: what an agreement is to."""
    return sha256(json.dumps([_entry(live, entry), _entry(text, entry)], sort_keys=True).encode()).hexdigest()


def open_entries(change: RecipientChange, live: str) -> tuple[str, ...]:
    """Return the entries that change and that nobody has agreed to as they stand there now."""
    return tuple(one for one in touched(live, change.text) if not agreed_to(change, live, one))


def agreed_to(change: RecipientChange, live: str, entry: str) -> str:
    """Return who agreed to an entry exactly as it is live and as it shall be, or nothing."""
    agreement = change.agreements.get(entry)
    return agreement.by if agreement and agreement.digest == digest_of(live, change.text, entry) else ""


def fingerprint(change: RecipientChange, live: str) -> str:
    """Return the fingerprint of all that somebody saw who agrees: before, after, and whose it is."""
    seen = [live, change.text, sorted((one, sorted(names)) for one, names in change.proposers.items())]
    return sha256(json.dumps(seen).encode()).hexdigest()[:32]


def described(live: str, text: str) -> tuple[str, ...]:
    """Return the diff in words, a line for each entry that changes: its name, old value, new value."""
    lines = []
    for entry in touched(live, text):
        old, new = _entry(live, entry), _entry(text, entry)
        if entry == THE_LIST:
            lines.append("the order of the list changes")
        elif isinstance(old, dict) and isinstance(new, dict):
            names = [name for name in {**old, **new} if old.get(name) != new.get(name)]
            names.sort(key=lambda name: name not in _WHERE_TO)
            told = ", ".join(_from_to(name, old.get(name), new.get(name)) for name in names)
            lines.append(f"{_short(new.get('name'))} ({entry}): {told}")
        elif isinstance(new, dict):
            addresses = f"mail to {new.get('email')}, second address {new.get('fallback') or 'none'}"
            lines.append(f"{_short(new.get('name'))} ({entry}) is new: {addresses}, for {new.get('serves')}")
        elif isinstance(old, dict):
            lines.append(f"{_short(old.get('name'))} ({entry}) is dropped: it had {old.get('email')}")
    return tuple(lines)


def unconfirmed(change: RecipientChange, live: str) -> tuple[str, ...]:
    """Return the addresses that are new with this change and have not shown yet that somebody reads them."""
    known = {address for entry in entries_of(live) for address in _addresses(entry)}
    asked = {address for entry in changed_entries(live, change.text) for address in _addresses(entry)}
    return tuple(sorted(asked - known - set(change.confirmed)))


def lacking(change: RecipientChange, live: str) -> tuple[str, ...]:
    """Return, as sentences, what a changed recipient lacks: the date of its consent, a second address."""
    sentences = []
    for entry in changed_entries(live, change.text):
        if not entry.get("agreed_on"):
            sentences.append(
                f"{entry.get('name')}: write down the day on which this office agreed to get reports."
            )
        if not entry.get("fallback"):
            sentences.append(
                f"{entry.get('name')}: a second address is needed, for the day the first one fails."
            )
    return tuple(sentences)


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
    typed = typed_digits(code, CODE_DIGITS)
    if compare_digest(sent.digest, _digest(address, typed)):
        codes = {one: kept for one, kept in change.codes.items() if one != address}
        confirmed = {**change.confirmed, address: now}
        return replace(change, revision=change.revision + 1, codes=codes, confirmed=confirmed), True
    codes = {**change.codes, address: replace(sent, tries=sent.tries + 1)}
    return replace(change, revision=change.revision + 1, codes=codes), False


def why_not_entries(change: RecipientChange, person: Standing, now: datetime, live: str) -> Mapping[str, str]:
    """Return, for each entry that nobody has agreed to, why this person may not ("" when they may)."""
    return {
        one: why_not(person, change.proposers[one], now) if change.proposers.get(one) else UNKNOWN_PROPOSERS
        for one in open_entries(change, live)
    }


def with_agreement(change: RecipientChange, person: Standing, now: datetime, live: str) -> RecipientChange:
    """Return the change with a person's agreement to each entry that they may agree to.

    Raises AgreementMissing, saying what is missing, or why they may agree to none.
    """
    reasons = why_not_entries(change, person, now, live)
    theirs = [one for one, reason in reasons.items() if not reason]
    if reasons and not theirs:
        reason = next(iter(reasons.values()))
        said = SENTENCES.get(reason, UNKNOWN_SAID)
        raise AgreementMissing(f"{said[:1].lower()}{said[1:]}")
    check_ready(change, live)
    return _agreed(change, person.email, theirs, now, live)


def check_ready(change: RecipientChange, live: str) -> None:
    """Raise AgreementMissing when something besides an agreement is missing."""
    open_points: Sequence[str] = lacking(change, live)
    if open_points:
        raise AgreementMissing(" ".join(open_points))
    waiting = unconfirmed(change, live)
    if waiting:
        raise AgreementMissing(f"these addresses have not been confirmed yet: {', '.join(waiting)}")


def with_operator_code(change: RecipientChange, code: str, now: datetime, live: str) -> RecipientChange:
    """Return the change with a fresh code for the operator, good for exactly what stands there now."""
    check_ready(change, live)
    if not all(change.proposers.get(one) for one in touched(live, change.text)):
        raise AgreementMissing(UNKNOWN_SAID)
    kept = AddressCode(_digest(fingerprint(change, live), code), now + OPERATOR_CODE_LIVES)
    return replace(change, revision=change.revision + 1, operator_code=kept)


def with_operator_answer(
    change: RecipientChange, code: str, now: datetime, live: str
) -> tuple[RecipientChange, bool]:
    """Return the change after somebody typed the operator's code, and whether it was the right one.

    A right one is used up; a wrong one counts. Raises CodeWrong when there is none to compare with any more.
    """
    sent = change.operator_code
    if sent is None or sent.until <= now or sent.tries >= CODE_TRIES:
        raise CodeWrong("this code is used up or too old")
    check_ready(change, live)
    typed = typed_digits(code, CODE_DIGITS)
    if not compare_digest(sent.digest, _digest(fingerprint(change, live), typed)):
        tried = replace(sent, tries=sent.tries + 1)
        return replace(change, revision=change.revision + 1, operator_code=tried), False
    used = replace(change, operator_code=None)
    return _agreed(used, THE_OPERATOR, open_entries(change, live), now, live), True


def _agreed(
    change: RecipientChange, by: str, entries: Sequence[str], now: datetime, live: str
) -> RecipientChange:
    fresh = {entry: Agreement(by, now, digest_of(live, change.text, entry)) for entry in entries}
    change = replace(
        change, revision=change.revision + 1, agreements={**change.agreements, **fresh}, operator_code=None
    )
    if open_entries(change, live):
        return change
    everybody = sorted({change.agreements[entry].by for entry in touched(live, change.text)}) or [by]
    return replace(change, agreed_by=", ".join(everybody), agreed_at=now)


def _entry(text: str, entry: str) -> object:
    """Return an entry as it is, or None; of THE_LIST, the order."""
    entries = {str(one.get("id")): one for one in entries_of(text)}
    return list(entries) if entry == THE_LIST else entries.get(entry)


def _from_to(name: str, old: object, new: object) -> str:
    if name == "key":
        return "another key for its mail" if new else "no key for its mail any more"
    before, after = (value_of(name, one, _NO_NAMES) or "nothing" for one in (old, new))
    if name == "reply_from":
        before, after = (one.replace("\n", ", ") for one in (before, after))
        return f"replies come from {after}, before it was {before}"
    label = label_of(RECIPIENT_LABELS, name).lower()
    if name in _WHERE_TO:
        return f"{label} from {before} to {after}"
    differs = (at for at, (one, other) in enumerate(zip(before, after, strict=False)) if one != other)
    same = next(differs, min(len(before), len(after)))
    if max(len(before), len(after)) <= _MOST_SAID:
        same = 0
    skipped = max(0, same - _MOST_SAID // 4)  # a long text is told from where it differs
    return f"{label} from {_short(before, skipped)} to {_short(after, skipped)}"


def _short(value: object, skipped: int = 0) -> str:
    """Return a value as a line of the log holds it: no long text may push another out of the line."""
    text = f"{'…' if skipped else ''}{str(value)[skipped:]}"
    return text if len(text) <= _MOST_SAID else f"{text[: _MOST_SAID - 1]}…"


def _addresses(entry: Mapping[str, Any]) -> list[str]:
    return [str(entry[name]) for name in ("email", "fallback") if entry.get(name)]


def _digest(address: str, code: str) -> str:
    return sha256(f"{address}\n{code}".encode()).hexdigest()
