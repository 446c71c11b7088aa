"""What a person tells us: the form becomes a Report once, at the door, or a list of what needs mending."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from chalicelib.domain.errors import InvalidReport

STORY_LIMIT = 20_000  # characters
LINE_LIMIT = 500
KINDS = ("work", "sex", "child", "other", "unsure")
YES_NO = ("yes", "no")

_LINE_BREAK = re.compile("\r\n?")
# A picture pasted as text: a data: address, or base64 that begins as JPEG, PNG, GIF, WebP, PDF or ZIP data
# do, in one piece or in lines as mail programs break it.
_FILE_AS_TEXT = re.compile(
    r"data:[\w.+-]+/[\w.+-]+;base64,|(?:/9j/|iVBORw0KGgo|R0lGOD|UklGR|JVBERi|UEsDB)(?:\n?[A-Za-z0-9+/]){200}"
)


@dataclass(frozen=True, slots=True)
class Report:
    """One report as it was written. Only the sealer and the mails may see its words."""

    place: str
    locale: str
    story: str = field(repr=False)
    kind: str = field(default="", repr=False)
    where: str = field(default="", repr=False)
    when: str = field(default="", repr=False)
    about_writer: str = field(default="", repr=False)

    def to_bytes(self) -> bytes:
        """Return the report as UTF-8 JSON, the form in which it is sealed."""
        content = {
            "v": 1,
            "place": self.place,
            "locale": self.locale,
            "story": self.story,
            "kind": self.kind,
            "where": self.where,
            "when": self.when,
            "about_writer": self.about_writer,
        }
        return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode("utf-8")

    @classmethod
    def from_bytes(cls, content: bytes) -> Report:
        """Read what `to_bytes` wrote. Raises ValueError when it is something else."""
        read = json.loads(content)
        if not isinstance(read, dict) or read.pop("v", None) != 1:
            raise ValueError("not a report of version 1")
        return cls(**read)

    def may_concern_a_child(self) -> bool:
        """Say whether the writer chose the kind "child": the receipt then shows the child lines at once."""
        return self.kind == "child"


@dataclass(frozen=True, slots=True)
class SentForm:
    """A report with the recipients it was addressed to."""

    report: Report
    recipients: tuple[str, ...]

    def digest(self) -> bytes:
        """Return 32 bytes that change with anything that was sent."""
        return hashlib.sha256(self.report.to_bytes() + b"\0" + ",".join(self.recipients).encode()).digest()


def plain_lines(text: str) -> str:
    """Return `text` with every line break as one newline: forms send CRLF, whatever was typed."""
    return _LINE_BREAK.sub("\n", text)


def read_report(
    fields: Mapping[str, Sequence[str]],
    place: str,
    locale: str,
    offered: Collection[str],
    left_out: Collection[str],
) -> SentForm:
    """Turn the fields of a form into a report and its recipients.

    `offered` are the ids of the recipients on the form, `left_out` those that get a report about its own
    writer only when the writer asks for it (field x). Raises InvalidReport with every problem at once.
    """
    problems: dict[str, str] = {}
    story = plain_lines(_one(fields, "a"))
    where = plain_lines(_one(fields, "c")).strip()
    when = plain_lines(_one(fields, "d")).strip()
    kind = _one(fields, "b")
    about_writer = _one(fields, "e")
    if not story.strip():
        problems["a"] = "story_missing"
    elif len(story) > STORY_LIMIT:
        problems["a"] = "story_too_long"
    elif _FILE_AS_TEXT.search(story):
        problems["a"] = "story_has_file"  # keeping a picture of abuse is itself a crime: facts §11
    if len(where) > LINE_LIMIT:
        problems["c"] = "where_too_long"
    if len(when) > LINE_LIMIT:
        problems["d"] = "when_too_long"
    if kind not in ("", *KINDS):
        problems["b"] = "unknown_choice"
    if about_writer not in ("", *YES_NO):
        problems["e"] = "unknown_choice"
    chosen = _chosen(fields, offered, left_out, about_writer)
    if any(recipient not in offered for recipient in fields.get("r", ())):
        problems["r"] = "unknown_choice"
    elif not chosen:
        problems["r"] = "no_recipient"
    if problems:
        raise InvalidReport(problems)
    return SentForm(Report(place, locale, story, kind, where, when, about_writer), chosen)


def _chosen(
    fields: Mapping[str, Sequence[str]],
    offered: Collection[str],
    left_out: Collection[str],
    about_writer: str,
) -> tuple[str, ...]:
    ticked = set(fields.get("r", ()))
    keep_out = set(left_out) if about_writer == "yes" and not _one(fields, "x") else set()
    return tuple(recipient for recipient in offered if recipient in ticked and recipient not in keep_out)


def _one(fields: Mapping[str, Sequence[str]], name: str) -> str:
    values = fields.get(name, ())
    return values[0] if values else ""
