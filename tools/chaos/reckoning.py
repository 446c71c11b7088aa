"""The reckoning at the end of a chaos run: what the world knows, against what the site recorded."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from chalicelib.reporting.cases import (
    BOUNCED,
    DELAYED,
    DELIVERED,
    LOST,
    SENT,
    UNCLEAR,
    SealedReport,
)
from tools.chaos.marks import person
from tools.chaos.people import Filed
from tools.chaos.world import AGENCIES, AGENCY_IDS

_TELL_OF_A_RECIPIENT = {"not_taken", "mail_refused"}
TELL_OF_A_CASE = {"reached_nobody", "not_everybody"}
# By how much the clocks of two processes, one of which deleted, may differ.
CLOCKS_DIFFER = timedelta(seconds=30)

ADDRESSES = {one.id: tuple(to for to in (one.email, one.fallback) if to) for one in AGENCIES}
Mails = Sequence[Mapping[str, Any]]


@dataclass(slots=True)
class Reckoning:
    """What became of every report that somebody holds a receipt for.

    `lost`, `leaked`, `cut` and `unexplained` say in words what must not be. `mails_under_faults` is the share
    of the mails to agencies that left while anything could fail.
    """

    mails: int = 0
    mails_under_faults: float = 0.0
    doubled_after_timeout: int = 0
    doubled_after_kill: int = 0
    fell_back: int = 0
    told: int = 0
    held: int = 0
    deleted: int = 0
    longest_wait_s: float = 0.0
    lost: list[str] = field(default_factory=list)
    leaked: list[str] = field(default_factory=list)
    cut: list[str] = field(default_factory=list)
    unexplained: list[str] = field(default_factory=list)

    @property
    def doubled(self) -> int:
        """How many copies of a report came to a recipient that had it already."""
        return self.doubled_after_timeout + self.doubled_after_kill + len(self.unexplained)


@dataclass(frozen=True, slots=True)
class Deleted:
    """A record that is gone: as it was, and the time by the clock of whoever deleted it."""

    record: SealedReport
    at: datetime


def reckon(
    seed: int,
    filed: Iterable[Filed],
    records: Mapping[str, SealedReport],
    deleted: Mapping[str, Deleted],
    everything: Mapping[str, Any],
    killed: set[str],
) -> Reckoning:
    """Compare. `killed` are the processes that died of SIGKILL."""
    result = Reckoning(deleted=len(deleted))
    mails = [mail for mail in everything["mails"] if not mail["about"].startswith("alarm-")]
    result.mails = len({mail["number"] for mail in mails})
    in_chaos = {mail["number"] for mail in mails if mail["in_chaos"]}
    result.mails_under_faults = round(len(in_chaos) / result.mails, 3) if mails else 0.0
    copies = _copies(result, seed, everything["mails"])
    recorded = {(who, report): number for who, report, number in everything["recorded"]}
    for one in filed:
        record = records.get(one.report_id) or _deleted(result, one, deleted.get(one.report_id))
        if record is None:
            result.lost.append(f"{one.case_number}: there is a receipt and no record")
            continue
        result.held += bool(record.held)
        who = person(seed, one.number, one.attempt, AGENCY_IDS)
        for recipient in who.recipients:
            there = copies[who.mark, recipient]
            _judge(result, one, recipient, record, there, everything["alarms"])
            _doubles(result, one, recipient, there, killed, recorded)
            if there:
                first = min(datetime.fromisoformat(mail["at"]) for mail in there)
                result.longest_wait_s = max(result.longest_wait_s, (first - record.taken_at).total_seconds())
    return result


def _copies(result: Reckoning, seed: int, mails: Mails) -> dict[tuple[str, str], list[Mapping[str, Any]]]:
    """Sort the mails by story and by who can read them: the envelope's address says so, not a tag."""
    owner = {(to, number > 0): agency for agency, some in ADDRESSES.items() for number, to in enumerate(some)}
    copies: dict[tuple[str, str], list[Mapping[str, Any]]] = defaultdict(list)
    for mail in mails:
        reader = owner.get((mail["to"], mail["turn"] > 0), "")
        for copy in mail["copies"]:
            who = person(seed, copy["number"], copy["attempt"], AGENCY_IDS)
            what = f"the report of person {who.number}.{who.attempt} in mail {mail['number']}"
            if reader not in who.recipients:
                result.leaked.append(f"{what} to {mail['to']}, turn {mail['turn']}")
                continue
            if not copy["whole"]:
                result.cut.append(f"{what} to {mail['to']}")
            copies[who.mark, reader].append(mail)
    return copies


def _deleted(result: Reckoning, one: Filed, gone: Deleted | None) -> SealedReport | None:
    """Return a record that was deleted, and complain when it was not time."""
    if gone is None:
        return None
    ends = gone.record.expires_at
    if ends is None or ends > gone.at + CLOCKS_DIFFER or not gone.record.reached_all():
        result.lost.append(f"{one.case_number}: deleted before its time")
    return gone.record


def _judge(
    result: Reckoning,
    one: Filed,
    recipient: str,
    record: SealedReport,
    copies: Mails,
    alarms: Sequence[tuple[str, str]],
) -> None:
    delivery = record.delivery_to(recipient)
    if delivery is None:
        result.lost.append(f"{one.case_number} to {recipient}: not in the record")
        return
    result.fell_back += delivery.turn > 0
    # What an absence note made fall back, though its first address had taken it, is in a turn without a mail.
    turns = {delivery.turn, *(delivery.doubtful if delivery.state == DELIVERED else ())}
    this_turn = [mail for mail in copies if mail["turn"] in turns]
    if delivery.state in (SENT, DELIVERED, DELAYED, UNCLEAR) and not this_turn:
        result.lost.append(f"{one.case_number} to {recipient}: said to be {delivery.state}, and never sent")
    elif delivery.state == BOUNCED and this_turn and all(_known_to_be_taken(mail) for mail in this_turn):
        result.lost.append(f"{one.case_number} to {recipient}: taken, and said to be bounced")
    elif any(mail["reached"] for mail in copies) or _nobody_can_know(delivery.state, this_turn):
        return
    elif was_told(one.case_number, recipient, delivery.state, alarms):
        result.told += 1
    else:
        result.lost.append(f"{one.case_number} to {recipient}: {delivery.state}, and nobody was told")


def _known_to_be_taken(mail: Mapping[str, Any]) -> bool:
    return bool(mail["reached"] and not mail["notice_lost"])


def _nobody_can_know(state: str, mails: Mails) -> bool:
    """Say whether a mail was taken and given back later, and the notice about that was lost on its way."""
    return state == DELIVERED and any(mail["notice_lost"] and not mail["reached"] for mail in mails)


def was_told(case_number: str, recipient: str, state: str, alarms: Iterable[tuple[str, str]]) -> bool:
    """Say whether the operator was mailed that this recipient lacks this very report."""
    for kind, text in alarms:
        if case_number not in text:
            continue
        if kind in TELL_OF_A_CASE:
            return True
        if kind in _TELL_OF_A_RECIPIENT and state in LOST and f"recipient: {recipient}\n" in text:
            return True
    return False


def _doubles(
    result: Reckoning,
    one: Filed,
    recipient: str,
    copies: Mails,
    killed: Collection[str],
    recorded: Mapping[tuple[str, str], int],
) -> None:
    turns: dict[int, list[Mapping[str, Any]]] = defaultdict(list)
    for mail in copies:
        turns[mail["turn"]].append(mail)
    for some in turns.values():
        for mail in sorted(some, key=lambda mail: int(mail["number"]))[:-1]:
            sender = mail["caller"]
            if not mail["answered"]:
                result.doubled_after_timeout += 1
            elif sender in killed and recorded.get((sender, one.report_id), 0) <= mail["number"]:
                result.doubled_after_kill += 1
            else:
                result.unexplained.append(f"{one.case_number} to {recipient}: mail {mail['number']}")
