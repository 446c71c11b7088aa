"""A hand-over of a copy that did not arrive: to whom the desk may offer it, and what two people look at.

The desk cannot read what a writer chose. It offers what it can know from the deliveries and from today's
form; whoever opens the report decides (reporting/choices.py), and withholds what the writer did not allow.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Sequence

from chalicelib.directory.recipients import Recipient
from chalicelib.reporting.cases import (
    NOT_ARRIVED,
    Delivery,
    HandOver,
    SealedReport,
)
from chalicelib.reporting.choices import marks_of

WHY_MOST = 300


def may_be_handed_over(delivery: Delivery) -> bool:
    """Return whether a copy may be handed over: it did not arrive and is not on its way."""
    return delivery.state in NOT_ARRIVED


def offered_instead(
    case: SealedReport, known: Sequence[Recipient], on_form: Collection[Recipient]
) -> tuple[Recipient, ...]:
    """Return the recipients to whom a copy of this case could be handed over.

    `known` are those who may get reports at all, `on_form` those whom the place's form offers today. Who
    stands there and has no copy was unticked, as far as the desk can know, unless it came after the report.
    """
    has_copy = {copy.recipient for copy in case.deliveries}
    chosen_ids = {copy.recipient for copy in case.deliveries if not copy.instead_of}
    chosen = [recipient for recipient in known if recipient.id in chosen_ids]
    refused = [
        recipient
        for recipient in on_form
        if recipient.id not in has_copy and not _came_after(recipient, case)
    ]
    refused_ids = {recipient.id for recipient in refused}
    refused_marks = {mark for recipient in refused for mark in marks_of(recipient)}
    natures = {recipient.nature for recipient in chosen}
    enforced = any(recipient.enforces_immigration for recipient in chosen)
    return tuple(
        recipient
        for recipient in known
        if recipient.id not in has_copy | refused_ids
        and not refused_marks & set(marks_of(recipient))
        and recipient.nature in natures
        and (enforced or not recipient.enforces_immigration)
    )


def as_shown(case_number: str, before: Recipient | None, other: Recipient | None, copy: Delivery) -> str:
    """Return a fingerprint of a waiting hand-over as somebody sees it: a changed one has another."""
    proposed = copy.proposed
    seen = [
        case_number,
        copy.recipient,
        _identity(before),
        _identity(other),
        proposed and _proposal(proposed),
    ]
    return hashlib.sha256(json.dumps(seen).encode()).hexdigest()[:32]


def _came_after(recipient: Recipient, case: SealedReport) -> bool:
    return recipient.agreed_on is not None and recipient.agreed_on >= case.taken_at.date()


def _identity(recipient: Recipient | None) -> list[str]:
    if recipient is None:
        return []
    return [
        recipient.id,
        recipient.name,
        recipient.nature,
        str(recipient.enforces_immigration),
        recipient.email,
    ]


def _proposal(proposed: HandOver) -> list[str]:
    return [proposed.to, proposed.by, proposed.at.isoformat(), proposed.why]
