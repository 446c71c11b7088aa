"""Editor of the frames of mails: the paragraphs before and after the block with the report, in a form."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from chalicelib.delivery import mail_frames
from chalicelib.delivery.mail_frames import LINES_BEFORE, MARKER
from chalicelib.directory.document_ids import SITE
from chalicelib.directory.errors import DocumentInvalid
from chalicelib.publishing.documents import SHIPPED, DraftConflict
from chalicelib.publishing.edit_text import EditText, OpenDocument, read_json
from chalicelib.publishing.forms import ROWS, WORDS, Field, Form, FormConflict, Group, Problems, Typed, refuse
from chalicelib.shared.errors import EntryMissing

BEFORE, AFTER = "before", "after"
_DOCUMENTS = {mail: document for document, mail in mail_frames.DOCUMENTS.items()}
_MOST = 2_000

FORM = Form(
    (
        Group("", (
            Field("paragraphs_before", "Before the report", ROWS,
                  f"Keep it short, {LINES_BEFORE} lines at most: the report must begin on the first screen of"
                  " a phone. Where a visit could put somebody in danger, the site says so above all else.",
                  columns=(Field(BEFORE, "Paragraph before", WORDS, most=_MOST),), spare=1),
        )),
        Group("", (
            Field("paragraphs_after", "After the report", ROWS,
                  columns=(Field(AFTER, "Paragraph after", WORDS, most=_MOST),)),
        )),
    )
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class OpenMail:
    """A mail's text as it stands in its form. `unused`: what is live is not sent, and is written anew."""

    document: str
    typed: Typed
    revision: int
    has_draft: bool
    unused: bool


class EditMailTexts:
    """The texts around the report, as the draft has them, else as they are live.

    `labels` returns the lines of the block in English, which nothing around it may look like.
    """

    def __init__(self, edit: EditText, labels: Callable[[], Collection[str]]) -> None:
        self._edit = edit
        self._labels = labels

    def open(self, mail: str) -> OpenMail:
        """Return the form of a mail's text ("report" or "digest"). Raises EntryMissing.

        Where there is none that a form can hold, it begins from the one that came with the package.
        """
        opened = self._opened(mail)
        unused = bool(opened.live.number) and bool(mail_frames.faults(opened.live.text))
        return OpenMail(opened.id, self._typed(opened), opened.revision, opened.draft is not None, unused)

    def save(self, mail: str, typed: Typed, revision: int, who: str) -> None:
        """Save the paragraphs over the revision that was opened, unless they are as they were.

        Raises FormInvalid with everything that is wrong, FormConflict, and what save_draft raises.
        """
        opened = self._opened(mail)
        problems = FORM.problems(typed)
        refuse(
            FORM, problems | {key: said for key, said in self._faults(typed).items() if key not in problems}
        )
        if opened.revision != revision:
            raise FormConflict(self._typed(opened))
        text = _text_of(typed)[0]
        if text == _text_of(self._typed(opened))[0] and not mail_frames.faults(opened.text):
            return
        try:
            self._edit.save_draft(opened.id, text, revision, who)
        except DraftConflict as error:
            raise FormConflict(self.open(mail).typed) from error

    def put_aside(self, mail: str, typed: Typed, who: str) -> None:
        """Keep what was typed for 30 days, since what somebody else saved stays. Raises as EditText does."""
        self._edit.put_aside(self._opened(mail).id, _text_of(typed)[0], who)

    def _opened(self, mail: str) -> OpenDocument:
        if mail not in _DOCUMENTS:
            raise EntryMissing("there is no such mail")
        return self._edit.open(_DOCUMENTS[mail])

    def _typed(self, opened: OpenDocument) -> Typed:
        text = opened.text
        if mail_frames.is_old(text) or text.split("\n").count(MARKER) != 1:
            text = self._edit.version(opened.id, SHIPPED).text
        before, _, after = f"\n{text}\n".partition(f"\n{MARKER}\n")
        return Typed({BEFORE: _paragraphs(before), AFTER: _paragraphs(after)})

    def _faults(self, typed: Typed) -> Problems:
        """Return what is wrong with the text that the paragraphs make, each at its paragraph."""
        text, fields = _text_of(typed)
        found = {
            f"{side}-{number}": wrong
            for side in (BEFORE, AFTER)
            for number, one in enumerate(typed.chosen(side), 1)
            if (wrong := _wrong_signs(one))
        }
        if not found:
            for at, sentence in mail_frames.faults(text, self._labels(), self._hosts()):
                key = fields[min(at, len(fields)) - 1] if at and fields else ""
                found.setdefault(key, sentence.replace(MARKER, "the report"))
        return found

    def _hosts(self) -> list[str] | None:
        try:
            return [str(host) for host in read_json(SITE, self._edit.open(SITE).text).get("hosts") or ()]
        except (DocumentInvalid, TypeError):  # the checks say what is wrong with the settings
            return None


def fields_of(text: str) -> Sequence[str]:
    """Return of each line of a frame the id of its field; nothing for one that no form can hold."""
    lines = text.split("\n")
    if mail_frames.is_old(text) or lines.count(MARKER) != 1:
        return ()
    fields: list[str] = []
    for side, part in ((BEFORE, lines[: lines.index(MARKER)]), (AFTER, lines[lines.index(MARKER) + 1 :])):
        number, inside = 0, False
        for line in part:
            number += bool(line.strip()) and not inside
            inside = bool(line.strip())
            fields.append(f"{side}-{max(1, number)}")
        if side == BEFORE:
            fields.append(fields[-1] if fields else f"{BEFORE}-1")
    return fields


def _wrong_signs(text: str) -> str:
    if "[[" in text or "]]" in text:
        return "The signs [[ and ]] cannot stand here: where the report comes is fixed."
    if mail_frames.is_old(text):
        return "Signs like { } and % ( cannot stand here. Write it in words."
    return ""


def _paragraphs(text: str) -> list[str]:
    return [
        part.strip("\n")
        for part in "\n".join(line.rstrip() for line in text.split("\n")).split("\n\n")
        if part.strip()
    ]


def _text_of(typed: Typed) -> tuple[str, Sequence[str]]:
    """Return the text that the paragraphs make, and of each of its lines the id of its field."""
    lines: list[str] = []
    fields: list[str] = []
    sides: Mapping[str, list[str]] = {side: typed.chosen(side) for side in (BEFORE, AFTER)}
    for side in (BEFORE, AFTER):
        for number, typed_text in enumerate(sides[side], 1):
            for part in _paragraphs(typed_text.replace("\r\n", "\n").replace("\r", "\n")):
                lines += [*part.split("\n"), ""]
                fields += [f"{side}-{number}"] * (part.count("\n") + 2)
        if side == BEFORE:
            lines += [MARKER, ""]
            fields += [fields[-1] if fields else f"{BEFORE}-1"] * 2
    return "\n".join(lines), fields
