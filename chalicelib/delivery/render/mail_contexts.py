"""Template contexts of mails: what the block of each tells, one class a mail."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportMail:
    """The context of a mail with one report.

    Everything but the last four is short and ours; `story` is the writer's own.
    """

    case_number: str
    place_name: str
    received_on: str
    kind: str
    about_writer: str
    is_writer: bool  # the report is about its writer
    danger: bool  # police at the door could put someone in danger, its writer says
    instead_of: str  # the recipient whose copy did not arrive, when it was handed over to this one
    language: str
    others: Sequence[str]
    not_said: str
    where: str = field(repr=False)
    when: str = field(repr=False)
    car: str = field(repr=False)
    story: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestMail:
    """The context of a digest: many reports that were held, in the order in which they came."""

    digest_number: str
    reports: Sequence[ReportMail]
    not_said: str
    nobody_else: str
