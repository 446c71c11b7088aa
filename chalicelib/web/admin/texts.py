"""The screens of documents: list, edit, compare, history; catalogs by sentence and contacts by form."""

from __future__ import annotations

from collections.abc import Callable

from chalicelib.domain import mail_frames
from chalicelib.domain.contacts import AUDIENCES, LINKED, MARKS
from chalicelib.domain.documents import CATALOG, CONTACTS, RECIPIENTS, RETIRED, SITE, compare, name_of
from chalicelib.domain.errors import DocumentInvalid, DraftConflict
from chalicelib.domain.people import EDITOR
from chalicelib.usecases.edit_contacts import (
    KINDS,
    ChannelFields,
    ContactConflict,
    ContactFields,
    ContactWrong,
    EditContacts,
    seen_as,
)
from chalicelib.usecases.edit_sentences import Catalog, EditSentences, Sentence, SentencesConflict
from chalicelib.usecases.edit_text import EditText, OpenDocument, read_json
from chalicelib.web.admin.answers import Sheet, go_to, number, sentence_of
from chalicelib.web.admin.desk import Desk, Visit

TEXTS = "/admin/documents"
TEXT = "/admin/text"
SENTENCES = "/admin/sentences"
CONTACT_LIST = "/admin/contacts"
CONTACT = "/admin/contact"
_ON_A_PAGE = 25
_SPARE_CHANNELS = 2
_SHOWS = ("missing", "all")
_SAVED_MEANWHILE = (
    "Somebody saved another draft meanwhile, so nothing was thrown away. Look at it as it is now."
)
_CONTACT_CHANGED = (
    "Somebody else changed this contact meanwhile. Their version is below."
    " Save again to put yours in its place."
)


def routes(desk: Desk, edit: EditText, sentences: EditSentences, contacts: EditContacts) -> None:
    """Register the screens."""
    _texts(desk, edit)
    _sentences(desk, sentences)
    _contacts(desk, contacts)


def _texts(desk: Desk, edit: EditText) -> None:
    @desk.screen(TEXTS, EDITOR)
    def documents_screen(visit: Visit) -> Sheet:
        return desk.show(visit, "documents.html", entries=edit.list(), name_of=name_of)

    def editor(
        visit: Visit, document: str, status: int = 200, problems: dict[str, str] | None = None
    ) -> Sheet:
        opened = edit.open(document)
        text = _visible(visit.one("text")) if "text" in visit.fields else opened.text
        return desk.show(
            visit,
            "text.html",
            status,
            opened=opened,
            name=name_of(document),
            text=text,
            problems=problems or {},
            sentences=document.startswith(CATALOG),
            contacts=document == CONTACTS,
            by_agreement=document == RECIPIENTS,
            retired=document in RETIRED,
            **_of_frame(opened, text, _hosts(edit)),
        )

    def conflict(visit: Visit, error: DraftConflict) -> Sheet:
        other = error.theirs.text if error.theirs else error.live
        return desk.show(
            visit,
            "conflict.html",
            409,
            conflict=error,
            name=name_of(error.document),
            lines=compare(other, error.mine) if error.mine else (),
        )

    @desk.screen(TEXT, EDITOR, does="save a draft", about="d")
    def text_screen(visit: Visit) -> Sheet:
        document = visit.asked("d")
        if not visit.posted:
            return editor(visit, document)
        try:
            edit.save_draft(document, visit.one("text"), number(visit.one("revision")), visit.who.email)
        except DraftConflict as error:
            return conflict(visit, error)
        except DocumentInvalid as error:
            return editor(visit, document, 422, {"text": sentence_of(error)})
        return go_to(f"{TEXT}?d={document}&done=saved")

    @desk.action("/admin/text/discard", EDITOR, does="discard a draft", about="d")
    def discard(visit: Visit) -> Sheet:
        try:
            edit.discard(visit.one("d"), number(visit.one("revision")))
        except DraftConflict:
            return editor(visit, visit.one("d"), 409, {"": _SAVED_MEANWHILE})
        return go_to(f"{TEXT}?d={visit.one('d')}&done=discarded")

    @desk.screen("/admin/text/changes", EDITOR)
    def changes_screen(visit: Visit) -> Sheet:
        document = visit.asked("d")
        opened = edit.open(document)
        return desk.show(
            visit, "changes.html", opened=opened, name=name_of(document), lines=edit.diff(document)
        )

    @desk.screen("/admin/text/lines", EDITOR)
    def lines_screen(visit: Visit) -> Sheet:
        document = visit.asked("d")
        opened = edit.open(document)
        bad = [number(visit.asked("line"))]
        return desk.show(visit, "lines.html", opened=opened, name=name_of(document), bad=bad)

    @desk.screen("/admin/text/history", EDITOR)
    def history_screen(visit: Visit) -> Sheet:
        document = visit.asked("d")
        opened = edit.open(document)
        return desk.show(
            visit, "history.html", opened=opened, name=name_of(document), versions=edit.history(document)
        )

    @desk.screen("/admin/text/version", EDITOR)
    def version_screen(visit: Visit) -> Sheet:
        document, which = visit.asked("d"), number(visit.asked("n"))
        opened = edit.open(document)
        return desk.show(
            visit,
            "version.html",
            opened=opened,
            name=name_of(document),
            version=edit.version(document, which),
            lines=edit.diff_versions(document, which, opened.live.number),
        )

    @desk.action("/admin/text/restore", EDITOR, does="make a draft of an older text", about="d")
    def restore(visit: Visit) -> Sheet:
        document = visit.one("d")
        try:
            edit.restore(document, number(visit.one("n")), number(visit.one("revision")), visit.who.email)
        except DraftConflict as error:
            return conflict(visit, error)
        return go_to(f"{TEXT}?d={document}&done=restored")
