"""Template contexts: the names that the templates around a report may use, one class a template."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from chalicelib.directory.contacts import Contact
from chalicelib.pages.render.contexts import LayoutContext


@dataclass(frozen=True, slots=True)
class RecipientChoice:
    """An office that may get a report, as it stands in the form."""

    id: str
    name: str
    what: str
    what_not: str
    enforces_immigration: bool
    ticked: bool = True
    nature: str = ""  # as of a Recipient; nothing is said of one that is not known


@dataclass(frozen=True, slots=True)
class RecipientState:
    """What is known about one office's copy of a report."""

    name: str
    state_key: str
    at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FormContext(LayoutContext):
    """note.html: the form."""

    page_href: str
    action: str
    token: str
    mark: str  # of a form that came back while its token was young
    values: Mapping[str, str | list[str]]
    problems: Mapping[str, str]
    recipients: Sequence[RecipientChoice]
    notice: str | None
    kinds: Sequence[str]
    story_limit: str
    line_limit: str
    asks_immigration: bool
    shown: str  # the offices that this form shows, or showed before it came back
    child_lines: Sequence[Contact]
    police: Sequence[Contact]  # whom to call instead: the offices of the form are most often not the police
    keep_days: int
    most_bytes: int  # of the whole form, as it is sent


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptContext(LayoutContext):
    """receipt.html: the answer to a report that was taken."""

    page_href: str
    code_groups: Sequence[str]
    code_href: str
    recipients: Sequence[str]
    mentions_child: bool
    child_lines: Sequence[Contact]


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeContext(LayoutContext):
    """code.html: asks for a receipt code."""

    page_href: str
    action: str
    problem: str | None
    code: str  # as far as it is typed, when only the language changes


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerContext(LayoutContext):
    """answer.html: where a report is."""

    page_href: str
    states: Sequence[RecipientState]
    code_href: str
