"""What would go live now, with what the checks found: shown before a publish, or with its refusal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from chalicelib.publishing.documents import SHIPPED, CheckReport, PublishRefused
from chalicelib.publishing.targets import Target


@dataclass(frozen=True, slots=True)
class PublishPlan:
    """What would go live now: the documents that it changes, who wrote them, and what the checks say.

    `recipients_proposed_by` names who proposed the agreed change of recipients that goes with it, if any.
    `fingerprint` is handed back in order to publish exactly this. `kept_places` are those that a roll
    back keeps, because offices there get reports, `versions` the texts of it that are kept already.
    `changed_places` are those whose pages a roll back changes; None where nobody knows before they are made.
    """

    documents: Sequence[str]
    report: CheckReport
    recipients_proposed_by: str = ""
    fingerprint: str = ""
    by: Mapping[str, str] = field(default_factory=dict)
    kept_places: Sequence[str] = ()
    versions: Mapping[str, int] = field(default_factory=dict)
    texts: Mapping[str, str] = field(default_factory=dict)  # of the documents, as they would go live
    release: int = SHIPPED  # the release that readers get now
    changed_places: Sequence[str] | None = None


class NotYet(PublishRefused):
    """Nothing was published, for what the checks found; `plan` is what was to go live."""

    def __init__(self, plan: PublishPlan) -> None:
        super().__init__(plan.report)
        self.plan = plan


def planned(target: Target, report: CheckReport, changed_places: Sequence[str] | None = None) -> PublishPlan:
    """Return the plan of a target, with what the checks said of exactly that."""
    going = target.going
    proposed_by = target.change.proposed_by if target.change else ""
    return PublishPlan(
        tuple(going.texts),
        report,
        proposed_by,
        going.fingerprint(),
        going.by,
        target.kept_places,
        target.versions,
        going.texts,
        going.release,
        changed_places,
    )
