"""Audit log in a clerk's words: names of texts, places, contacts and offices instead of their ids.

The log itself keeps the ids, which stay the same when something is called otherwise.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from chalicelib.directory.document_ids import CATALOG, MAIL_TEMPLATE, PUBLIC_TEMPLATE, name_of
from chalicelib.publishing.edit_text import EditText
from chalicelib.publishing.field_labels import with_names
from chalicelib.publishing.recipients_at_desk import RecipientsShown
from chalicelib.publishing.see_changes import SeeChanges

_PARTS = {"exit": "the exit", "hotline": "the hotline", "languages": "the languages"}
_MAILS = {"report": "The mail with a report", "digest": "The mail with many reports"}
_RELEASE = re.compile(r"\b(to )?release ([0-9]+)\b")
_MOVED = re.compile(r"(\S+) [0-9]+ to [0-9]+")
_CODED = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)+")
_DOCUMENT = re.compile(rf"(?:{CATALOG}|{PUBLIC_TEMPLATE}|{MAIL_TEMPLATE})[\w./-]+")
_OWN_ERROR = re.compile(r"[A-Z][a-z]+(?:[A-Z][a-z]+)+")


class LogWords:
    """What the log's screen says for what a line holds. A call reads the names as drafts have them now."""

    def __init__(self, edit: EditText, see: SeeChanges, recipients: RecipientsShown) -> None:
        self._edit = edit
        self._see = see
        self._recipients = recipients

    def __call__(self) -> Callable[[str], str]:
        """Return what puts the text of a line into words."""
        named = self._see.names()
        names = {
            **_PARTS,
            **_MAILS,
            **{one.recipient.id: one.recipient.name for one in self._recipients.list()},
            **named.contacts,
            **named.places,
            **{entry.id: name_of(entry.id) for entry in self._edit.list()},
        }
        # Contacts and places were one text each: lines of before, and publishes of before, name those.
        names |= {document: name_of(document) for document in ("recipients", "contacts", "places")}
        return lambda text: in_words(text, names)


def in_words(text: str, names: Mapping[str, str]) -> str:
    """Return a text of a log line with names for ids; other words stay as they are."""
    if _OWN_ERROR.fullmatch(text):
        return "the site could not do it"
    said = _RELEASE.sub(_release, text)
    head, colon, rest = said.partition(": ")
    if colon and head.startswith("publish no."):
        return f"{head}: {_list(rest, names)}"
    return _list(said, names)


def _release(match: re.Match[str]) -> str:
    if match[2] == "0":
        return f"{match[1] or ''}the site as it came"
    return f"{match[1] or ''}publish no. {match[2]}"


def _list(text: str, names: Mapping[str, str]) -> str:
    parts = text.split(", ")
    if len(parts) == 1 and all(one in names for one in text.split()):
        parts = text.split()
    return ", ".join(_called(part, names) for part in parts)


def _called(part: str, names: Mapping[str, str]) -> str:
    moved = _MOVED.fullmatch(part)
    part = moved[1] if moved else part
    if part in names:
        return names[part]
    if _CODED.fullmatch(part):  # gone since: its name is not known any more
        return part.replace("-", " ")
    return with_names(_DOCUMENT.sub(lambda match: name_of(match[0]), part), names)
