"""The reckoning at the end of a chaos run: what the world knows, against what the site recorded."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from chalicelib.domain.deliveries import BOUNCED, DELAYED, DELIVERED, LOST, SENT, UNCLEAR, SealedReport
from tools.chaos.people import Filed

_TELL_OF_A_RECIPIENT = {"not_taken", "mail_refused"}
_TELL_OF_A_CASE = {"reached_nobody", "not_everybody"}


@dataclass(slots=True)
class Reckoning:
    """What became of every report that somebody holds a receipt for.

    `lost` and `unexplained` say in words what must not be.
    """

    mails: int = 0
    doubled_after_timeout: int = 0
    doubled_after_kill: int = 0
    fell_back: int = 0
    told: int = 0
    held: int = 0
    longest_wait_s: float = 0.0
    lost: list[str] = field(default_factory=list)
    unexplained: list[str] = field(default_factory=list)

    @property
    def doubled(self) -> int:
        """How many copies of a report came to a recipient that had it already."""
        return self.doubled_after_timeout + self.doubled_after_kill + len(self.unexplained)


def reckon(
    filed: Iterable[Filed],
    records: Mapping[str, SealedReport],
    everything: Mapping[str, Any],
    killed: set[str],
) -> Reckoning:
    """Compare. `killed` are the processes that died of SIGKILL."""
    result = Reckoning()
    mails = [mail for mail in everything["mails"] if not mail["about"].startswith("alarm-")]
    result.mails = len(mails)
    copies: dict[tuple[str, str], list[Mapping[str, Any]]] = defaultdict(list)
    for mail in mails:
        for story in mail["stories"]:
            copies[story, mail["recipient"]].append(mail)
    recorded = {(who, report): number for who, report, number in everything["recorded"]}
    for one in filed:
        record = records.get(one.report_id)
        if record is None:
            result.lost.append(f"{one.case_number}: there is a receipt and no record")
            continue
        result.held += bool(record.held)
        for recipient in one.recipients:
            there = copies[one.story, recipient]
            _judge(result, one, recipient, record, there, everything["alarms"])
            _doubles(result, one, recipient, there, killed, recorded)
            if there:
                first = min(datetime.fromisoformat(mail["at"]) for mail in there)
                result.longest_wait_s = max(result.longest_wait_s, (first - record.taken_at).total_seconds())
    return result


def _judge(
    result: Reckoning,
    one: Filed,
    recipient: str,
    record: SealedReport,
    copies: Sequence[Mapping[str, Any]],
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
    elif delivery.state == BOUNCED and this_turn and all(mail["reached"] for mail in this_turn):
        result.lost.append(f"{one.case_number} to {recipient}: taken, and said to be bounced")
    elif any(mail["reached"] for mail in copies):
        return
    elif _was_told(one, recipient, delivery.state, alarms):
        result.told += 1
    else:
        result.lost.append(f"{one.case_number} to {recipient}: {delivery.state}, and nobody was told")


def _was_told(one: Filed, recipient: str, state: str, alarms: Sequence[tuple[str, str]]) -> bool:
    """Say whether the operator was mailed that this recipient lacks a report."""
    about = {kind for kind, text in alarms if f"recipient: {recipient}" in text}
    named = {kind for kind, text in alarms if one.case_number in text}
    return bool((state in LOST and about & _TELL_OF_A_RECIPIENT) or named & _TELL_OF_A_CASE)


def _doubles(
    result: Reckoning,
    one: Filed,
    recipient: str,
    copies: Sequence[Mapping[str, Any]],
    killed: set[str],
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
