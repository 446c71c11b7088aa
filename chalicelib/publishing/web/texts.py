"""The screens of documents: list, edit, compare, history."""

from __future__ import annotations

from chalicelib.delivery import mail_frames
from chalicelib.desk.people import EDITOR
from chalicelib.desk.web.guard import AdminRequest, Guard, Show
from chalicelib.desk.web.screens import (
    Screen,
    go_to,
    number,
    sentence_of,
)
from chalicelib.directory.document_ids import (
    CATALOG,
    CONTACTS,
    RECIPIENTS,
    RETIRED,
    SITE,
    name_of,
)
from chalicelib.directory.errors import DocumentInvalid
from chalicelib.publishing.documents import DraftConflict, compare
from chalicelib.publishing.edit_text import EditText, OpenDocument, read_json

TEXTS = "/admin/documents"
TEXT = "/admin/text"
_SAVED_MEANWHILE = (
    "Somebody saved another draft meanwhile, so nothing was thrown away. Look at it as it is now."
)


def routes(desk: Guard, edit: EditText) -> None:
    """Register the screens."""
    screens = TextScreens(desk.show, edit)
    desk.screen(TEXTS, EDITOR)(screens.documents)
    desk.screen(TEXT, EDITOR, does="save a draft", about="d")(screens.text)
    desk.action("/admin/text/discard", EDITOR, does="discard a draft", about="d")(screens.discard)
    desk.screen("/admin/text/changes", EDITOR)(screens.changes)
    desk.screen("/admin/text/lines", EDITOR)(screens.lines)
    desk.screen("/admin/text/history", EDITOR)(screens.history)
    desk.screen("/admin/text/version", EDITOR)(screens.version)
    make_draft = "make a draft of an older text"
    desk.action("/admin/text/restore", EDITOR, does=make_draft, about="d")(screens.restore)


class TextScreens:
    """The screens of documents, a method each."""

    def __init__(self, show: Show, edit: EditText) -> None:
        self._show = show
        self._edit = edit

    def documents(self, visit: AdminRequest) -> Screen:
        """List the documents."""
        return self._show(visit, "documents.html", entries=self._edit.list(), name_of=name_of)

    def text(self, visit: AdminRequest) -> Screen:
        """Show the editor of a document, or save what was typed as its draft."""
        document = visit.asked("d")
        if not visit.posted:
            return self._editor(visit, document)
        revision = number(visit.one("revision"))
        try:
            self._edit.save_draft(document, visit.one("text"), revision, visit.who.email)
        except DraftConflict as error:
            return self._conflict(visit, error)
        except DocumentInvalid as error:
            return self._editor(visit, document, 422, {"text": sentence_of(error)})
        return go_to(f"{TEXT}?d={document}&done=saved")

    def discard(self, visit: AdminRequest) -> Screen:
        """Throw a draft away, unless somebody went on with it meanwhile."""
        try:
            self._edit.discard(visit.one("d"), number(visit.one("revision")))
        except DraftConflict:
            return self._editor(visit, visit.one("d"), 409, {"": _SAVED_MEANWHILE})
        return go_to(f"{TEXT}?d={visit.one('d')}&done=discarded")

    def changes(self, visit: AdminRequest) -> Screen:
        """Compare a draft with what is live."""
        document = visit.asked("d")
        opened = self._edit.open(document)
        lines = self._edit.diff(document)
        return self._show(visit, "changes.html", opened=opened, name=name_of(document), lines=lines)

    def lines(self, visit: AdminRequest) -> Screen:
        """Show a text with its lines numbered, and mark the one that is asked for."""
        document = visit.asked("d")
        opened = self._edit.open(document)
        bad = [number(visit.asked("line"))]
        return self._show(visit, "lines.html", opened=opened, name=name_of(document), bad=bad)

    def history(self, visit: AdminRequest) -> Screen:
        """List the versions of a document."""
        document = visit.asked("d")
        opened = self._edit.open(document)
        versions = self._edit.history(document)
        return self._show(visit, "history.html", opened=opened, name=name_of(document), versions=versions)

    def version(self, visit: AdminRequest) -> Screen:
        """Show a version, compared with the live one."""
        document, which = visit.asked("d"), number(visit.asked("n"))
        opened = self._edit.open(document)
        return self._show(
            visit,
            "version.html",
            opened=opened,
            name=name_of(document),
            version=self._edit.version(document, which),
            lines=self._edit.diff_versions(document, which, opened.live.number),
        )

    def restore(self, visit: AdminRequest) -> Screen:
        """Make a draft of a version."""
        document, revision = visit.one("d"), number(visit.one("revision"))
        try:
            self._edit.restore(document, number(visit.one("n")), revision, visit.who.email)
        except DraftConflict as error:
            return self._conflict(visit, error)
        return go_to(f"{TEXT}?d={document}&done=restored")

    def _editor(
        self, visit: AdminRequest, document: str, status: int = 200, problems: dict[str, str] | None = None
    ) -> Screen:
        opened = self._edit.open(document)
        text = _visible(visit.one("text")) if "text" in visit.fields else opened.text
        return self._show(
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
            **_of_frame(opened, text, self._hosts()),
        )

    def _conflict(self, visit: AdminRequest, error: DraftConflict) -> Screen:
        other = error.theirs.text if error.theirs else error.live
        return self._show(
            visit,
            "conflict.html",
            409,
            conflict=error,
            name=name_of(error.document),
            lines=compare(other, error.mine) if error.mine else (),
        )

    def _hosts(self) -> list[str] | None:
        """Return the hosts that may be named; None where the settings cannot be read: checks will say so."""
        try:
            return [str(host) for host in read_json(SITE, self._edit.open(SITE).text).get("hosts") or ()]
        except (DocumentInvalid, TypeError):
            return None


def _of_frame(opened: OpenDocument, text: str, hosts: list[str] | None) -> dict[str, object]:
    """Return what the editor of a mail's text says beside it."""
    is_frame = opened.id in mail_frames.DOCUMENTS
    live_faults = mail_frames.faults(opened.live.text) if is_frame and opened.live.number else []
    return {
        "is_frame": is_frame,
        "marker": mail_frames.MARKER,
        "most_before": mail_frames.LINES_BEFORE,
        "faults": mail_frames.faults(text, (), hosts) if is_frame else [],
        "unused": bool(live_faults),
    }


def _visible(text: str) -> str:
    """Return a text with a sign for each character that no page can show: it is one of them that is amiss."""
    return "".join(one if one.isprintable() or one in "\n\r\t" else "\ufffd" for one in text)
