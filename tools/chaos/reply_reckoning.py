"""The reckoning of replies: what officers wrote, against what each code opens at the end."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from chalicelib.replies.adapters.hpke_reply_opener import HpkeReplyOpener
from chalicelib.replies.conversation import Conversation
from chalicelib.replies.reply import Reply
from chalicelib.reporting.cases import SealedReport
from tools.chaos.marks import marks_in

_REPLY = re.compile(r"reply-\d{6}-[0-9a-f]{16}")


class Shelf(Protocol):
    """What is kept of replies."""

    def conversation(self, report_id: str) -> Conversation:
        """Return a report's conversation."""

    def replies(self, report_id: str, reply_ids: list[str]) -> Mapping[str, bytes]:
        """Return sealed replies."""


@dataclass(slots=True)
class ReplyReckoning:
    """What became of every reply. All but `replies`, `shown` and `too_late` must stay empty.

    `lost` are those that their code does not open, `misplaced` those that another code opens, `twice` those
    that a code opens twice, `repeated` words of a report that a reply would show, `left` what was never
    deleted.
    """

    replies: int = 0
    shown: int = 0
    too_late: int = 0
    lost: list[str] = field(default_factory=list)
    misplaced: list[str] = field(default_factory=list)
    twice: list[str] = field(default_factory=list)
    repeated: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)


def reply_key(report_id: str) -> X25519PrivateKey:
    """Return the key to which a run's replies are sealed. A code leads to it as quickly as to its report."""
    return X25519PrivateKey.from_private_bytes(hashlib.sha256(b"reply " + report_id.encode()).digest())


def reckon_replies(
    written: Mapping[str, Any], records: Mapping[str, SealedReport], deleted: Collection[str], shelf: Shelf
) -> ReplyReckoning:
    """Compare. `deleted` are the case numbers of reports that are gone, of which a reply came too late."""
    result = ReplyReckoning(left=[f"object {key}" for key in written["objects"]])
    opened = {record.case_number: _opened(record, shelf, result) for record in records.values()}
    by_case = {record.case_number: record for record in records.values()}
    cases_of = {one["mark"]: one["cases"] for one in written["replied"]}
    for case, marks in opened.items():
        for (mark, _), times in marks.items():
            if case not in cases_of.get(mark, ()):
                result.misplaced.append(f"{mark} at {case}")
            if times > 1:
                result.twice.append(f"{mark} at {case}, {times} times")
    for one in written["replied"]:
        for case in one["cases"]:
            result.replies += 1
            record = by_case.get(case)
            if record is None:
                result.too_late += case in deleted
                if case not in deleted:
                    result.lost.append(f"{one['mark']}: there is no case {case}")
                continue
            copy = record.delivery_to(one["agency"])
            if opened[case][one["mark"], one["agency"]] and copy is not None and copy.replied_at:
                result.shown += 1
            else:
                result.lost.append(f"{one['mark']} of {one['agency']} at {case}")
    return result


def _opened(record: SealedReport, shelf: Shelf, result: ReplyReckoning) -> Counter[tuple[str, str]]:
    """Return how often a code opens each reply, of each agency."""
    notes = {note.id: note for note in shelf.conversation(record.id).shown()}
    sealed = shelf.replies(record.id, list(notes))
    opener = HpkeReplyOpener(reply_key(record.id))
    found: Counter[tuple[str, str]] = Counter()
    for reply_id, content in sealed.items():
        reply = Reply.from_bytes(opener.open(content, f"{record.id}/{reply_id}"))
        found[" ".join(_REPLY.findall(reply.text)), notes[reply_id].recipient] += 1
        if list(marks_in(reply.text + reply.whole)):
            result.repeated.append(f"words of a report in a reply at {record.case_number}")
    return found
