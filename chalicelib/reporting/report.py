"""Report, and form validation: a form becomes a Report once, at the door, or a list of what needs mending."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from chalicelib.reporting import form_fields
from chalicelib.reporting.choices import Choice
from chalicelib.reporting.errors import InvalidReport

STORY_LIMIT = 20_000  # characters
LINE_LIMIT = 500
KINDS = ("work", "sex", "child", "other", "unsure")
SELF = "self"  # the writer
CLOSE = "close"  # someone close to the writer
ABOUT = (SELF, CLOSE, "no")
YES = "yes"
DANGER_ANSWERS = (YES, "no")  # to "Could it put someone in danger if police came to the door?"
_SPARED = frozenset({SELF, CLOSE})
# What the form asked, and what was sealed, until there were three answers. A form may be open for a day.
_OLD_ANSWERS = {"yes": SELF}

_LATER = ("vehicle", "danger_if_police_come")  # asked since reports have version 2

_LINE_BREAK = re.compile("\r\n?")
# A picture pasted as text: a data: address, or base64 that begins as JPEG, PNG, GIF, WebP, PDF or ZIP data
# do, in one piece or in lines as mail programs break it.
_FILE_AS_TEXT = re.compile(
    r"data:[\w.+-]+/[\w.+-]+;base64,|(?:/9j/|iVBORw0KGgo|R0lGOD|UklGR|JVBERi|UEsDB)(?:\n?[A-Za-z0-9+/]){200}"
)


@dataclass(frozen=True, slots=True)
class Report:
    """One report as it was written. Only the sealer and the mails may see its words.

    `about_writer` is one of ABOUT, or "" when the question was left open, which counts as "no".
    `danger_if_police_come` is one of DANGER_ANSWERS, or "" when it was left open. `choice` is None in a
    report that was sealed before choices were. `answers` is of a message that its writer added later: by
    recipient, the Message-ID of the mail that it answers, and of those before it.
    """

    place: str
    locale: str
    story: str = field(repr=False)
    kind: str = field(default="", repr=False)
    where: str = field(default="", repr=False)
    when: str = field(default="", repr=False)
    about_writer: str = field(default="", repr=False)
    choice: Choice | None = field(default=None, repr=False, compare=False)  # the same words are the same
    vehicle: str = field(default="", repr=False)
    danger_if_police_come: str = field(default="", repr=False)
    answers: Mapping[str, tuple[str, ...]] = field(default_factory=dict, repr=False, compare=False)

    def to_bytes(self) -> bytes:
        """Serialize the report as UTF-8 JSON, as which it is sealed."""
        content: dict[str, object] = {
            "v": 2,
            "place": self.place,
            "locale": self.locale,
            "story": self.story,
            "kind": self.kind,
            "where": self.where,
            "when": self.when,
            "about_writer": self.about_writer,
        }
        # Only what was said: a worker of before these questions opens a report that leaves them open.
        for name in _LATER:
            if said := getattr(self, name):
                content[name] = said
        if self.choice is not None:
            content["choice"] = self.choice.to_data()
        if self.answers:
            content["answers"] = {recipient: list(ids) for recipient, ids in self.answers.items()}
        return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode("utf-8")

    @classmethod
    def from_bytes(cls, content: bytes) -> Report:
        """Deserialize what `to_bytes` wrote, now or in version 1. Raises ValueError for anything else."""
        read: Any = json.loads(content)
        if not isinstance(read, dict) or (version := read.pop("v", None)) not in (1, 2):
            raise ValueError("not a report of version 1 or 2")
        if version == 1:
            about_writer = answer_about(read.pop("about_writer", ""))
            return cls(**read, about_writer=about_writer, choice=None)
        choice, answers = read.pop("choice", None), read.pop("answers", {})
        return cls(
            **read,
            choice=None if choice is None else Choice.from_data(choice),
            answers={recipient: tuple(ids) for recipient, ids in answers.items()},
        )

    @property
    def spares(self) -> bool:
        """Say whether it concerns its writer or someone close: immigration enforcement is then left out."""
        return self.about_writer in _SPARED

    def may_concern_a_child(self) -> bool:
        """Say whether the writer chose the kind "child": the receipt then shows the child lines at once."""
        return self.kind == "child"


@dataclass(frozen=True, slots=True)
class SentForm:
    """A validated form: a report and its recipients. `consent` lets immigration enforcement read it."""

    report: Report
    recipients: tuple[str, ...]
    consent: bool = False

    def digest(self) -> bytes:
        """Return a digest (SHA-256) of all that was sent."""
        sent = self.report.to_bytes() + b"\0" + ",".join(self.recipients).encode()
        return hashlib.sha256(sent + (b"\0consent" if self.consent else b"")).digest()


def plain_lines(text: str) -> str:
    """Normalize line breaks to one newline each: forms send CRLF, whatever was typed."""
    return _LINE_BREAK.sub("\n", text)


def answer_about(text: str) -> str:
    """Return an answer to "Is it about you?" as it is kept: a form of before may still say "yes"."""
    return _OLD_ANSWERS.get(text, text)


def read_report(
    fields: Mapping[str, Sequence[str]],
    place: str,
    locale: str,
    offered: Collection[str],
    left_out: Collection[str],
) -> SentForm:
    """Validate the fields of a form; return a report and its recipients.

    `offered` are the ids of the recipients on the form, `left_out` those that get a report about its writer,
    or someone close, only when the writer asks for it (field x). Raises InvalidReport with every problem.
    """
    story = plain_lines(_first(fields, form_fields.STORY))
    where = plain_lines(_first(fields, form_fields.WHERE)).strip()
    when = plain_lines(_first(fields, form_fields.WHEN)).strip()
    kind = _first(fields, form_fields.KIND)
    vehicle = plain_lines(_first(fields, form_fields.VEHICLE)).strip()
    danger = _first(fields, form_fields.DANGER)
    about_writer = answer_about(_first(fields, form_fields.ABOUT))
    consent = bool(_first(fields, form_fields.CONSENT))
    problems = too_long(fields)
    if problem := problem_of_story(story):
        problems[form_fields.STORY] = problem
    for name, said, choices in (
        (form_fields.KIND, kind, KINDS),
        (form_fields.ABOUT, about_writer, ABOUT),
        (form_fields.DANGER, danger, DANGER_ANSWERS),
    ):
        if said not in ("", *choices):
            problems[name] = "unknown_choice"
    ticked = set(fields.get(form_fields.RECIPIENTS, ()))
    spared = set(left_out) if about_writer in _SPARED and not consent else set()
    chosen = tuple(recipient for recipient in offered if recipient in ticked - spared)
    if not ticked.issubset(offered):
        problems[form_fields.RECIPIENTS] = "unknown_choice"
    elif not chosen:
        problems[form_fields.RECIPIENTS] = "all_left_out" if ticked else "no_recipient"
    if problems:
        raise InvalidReport(problems)
    words = Report(place, locale, story, kind, where, when, about_writer, None, vehicle, danger)
    return SentForm(words, chosen, consent)


def problem_of_story(story: str) -> str:
    """Validate what somebody wrote, its line breaks normalized: return what is to be mended, or ""."""
    if not story.strip():
        return "story_missing"
    if len(story) > STORY_LIMIT:
        return "story_too_long"
    # Keeping a picture of abuse is itself a crime: facts §11.
    return "story_has_file" if _FILE_AS_TEXT.search(story) else ""


def too_long(fields: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """Validate lengths: return the problem of each field that has more letters than it may."""
    problems: dict[str, str] = {}
    if len(plain_lines(_first(fields, form_fields.STORY))) > STORY_LIMIT:
        problems[form_fields.STORY] = "story_too_long"
    for name, key in (
        (form_fields.WHERE, "where_too_long"),
        (form_fields.WHEN, "when_too_long"),
        (form_fields.VEHICLE, "vehicle_too_long"),
    ):
        if len(plain_lines(_first(fields, name)).strip()) > LINE_LIMIT:
            problems[name] = key
    return problems


def _first(fields: Mapping[str, Sequence[str]], name: str) -> str:
    values = fields.get(name, ())
    return values[0] if values else ""
