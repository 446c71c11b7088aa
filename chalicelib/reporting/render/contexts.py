"""Template contexts: the names that the templates around a report may use, one class a template."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from chalicelib.directory.contacts import Contact
from chalicelib.pages.body_limits import FORM_BYTES
from chalicelib.pages.render.contexts import LayoutContext
from chalicelib.shared.retention import KEEP_DAYS, KEEP_DAYS_MOST


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
class ReplyText:
    """What an office wrote back, as far as it is shown. `status` is a digit that stands for a sentence, or 0.

    A template has `text` and `whole` as paragraphs of HTML, with all that somebody wrote escaped. `hidden`
    says that a second press shows more of it, which may repeat words of the report; `unfolded` that somebody
    pressed.
    """

    id: str
    at: datetime
    text: str = field(repr=False)
    whole: str = field(default="", repr=False)
    status: int = 0
    hidden: bool = False
    unfolded: bool = False
    files: int = 0
    cut: bool = False
    unproven: bool = False


@dataclass(frozen=True, slots=True)
class RecipientState:
    """What is known about one office's copy of a report.

    `replied` says that somebody there wrote back; `said` is "none_yet" of an office that answers and has not
    yet, "never" of one that does not say that it does, and "" where nothing is said of it. `written` is when
    the writer last wrote to it.
    """

    name: str
    state_key: str
    at: datetime | None = None
    replied: bool = False
    said: str = ""
    replies: Sequence[ReplyText] = ()
    written: datetime | None = None


@dataclass(frozen=True, slots=True)
class Keeping:
    """How long a report is kept that people write about to and fro: after the last message, and in all."""

    days: int = KEEP_DAYS
    most: int = KEEP_DAYS_MOST


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteBox:
    """The form below what offices wrote back. It has no field to write in when `closed` says why.

    `code` is in a hidden field: what is sent finds its report by that, and nothing else keeps it.
    """

    action: str
    code: str = field(repr=False)
    token: str
    text: str = field(default="", repr=False)
    offices: Sequence[RecipientChoice] = ()
    problems: Mapping[str, str] = field(default_factory=dict)
    notice: str | None = None
    closed: str = ""
    unfolded: bool = False  # a reply is shown whole, and is what the page begins to be read at
    letters: str = ""  # that a message may have
    most_bytes: int = FORM_BYTES  # of the whole form, as it is sent
    a_day: int = 0


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
    keeping: Keeping | None  # where offices can write back
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
    keeping: Keeping | None  # where offices can write back


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeContext(LayoutContext):
    """code.html: asks for a receipt code."""

    page_href: str
    action: str
    problem: str | None
    code: str  # as far as it is typed, when only the language changes


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerContext(LayoutContext):
    """answer.html: where a report is and what was written back, or to whom a message goes on."""

    page_href: str
    states: Sequence[RecipientState]
    code_href: str
    today: datetime | None
    kept_until: datetime | None
    keeping: Keeping | None  # where offices can write back
    unopened: bool  # a reply that is there could not be opened
    older: bool  # there are more replies than are shown
    box: WriteBox | None
    sent_to: Sequence[str]
