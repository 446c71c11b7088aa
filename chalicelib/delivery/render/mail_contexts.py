"""Template contexts of mails: what the block of each tells, one class a mail."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from chalicelib.delivery.mail_places import MailPlace


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportMail:
    """The context of a mail with one report.

    Everything but what is not shown in logs is short and ours; `story` is the writer's own.
    """

    case_number: str
    place_name: str
    place: MailPlace
    received_on: str  # the day in the place, ISO 8601
    zone: str  # the time zone of that day
    kind: str
    about_writer: str
    is_writer: bool  # the report is about its writer
    instead_of: str  # the recipient whose copy did not arrive, when it was handed over to this one
    language: str
    others: Sequence[str]
    not_said: str
    reply_to: str = ""  # the address at which this recipient may answer it, or "": then nobody can
    is_message: bool = False  # what its writer added to a report
    where: str = field(repr=False)
    when: str = field(repr=False)
    vehicle: str = field(repr=False)
    danger: str = field(repr=False)  # the answer about police at the door, or "" when it was left open
    is_danger: bool = field(repr=False)
    story: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestMail:
    """The context of a digest: many reports that were held, in the order in which they came."""

    digest_number: str
    reports: Sequence[ReportMail]
    nobody_else: str
    can_answer: bool = False
