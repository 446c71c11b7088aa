"""Admin screens of documents: list, edit a draft, diff, version history."""

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


def routes(guard: Guard, edit: EditText) -> None:
    """Register the screens."""
    screens = TextScreens(guard.show, edit)
    guard.screen(TEXTS, EDITOR)(screens.documents)
    guard.screen(TEXT, EDITOR, does="save a draft", about="d")(screens.text)
    guard.action("/admin/text/discard", EDITOR, does="discard a draft", about="d")(screens.discard)
    guard.screen("/admin/text/changes", EDITOR)(screens.changes)
    guard.screen("/admin/text/lines", EDITOR)(screens.lines)
    guard.screen("/admin/text/history", EDITOR)(screens.history)
    guard.screen("/admin/text/version", EDITOR)(screens.version)
    make_draft = "make a draft of an older text"
    guard.action("/admin/text/restore", EDITOR, does=make_draft, about="d")(screens.restore)


class TextScreens:
    """The screens of documents, a method each."""

    def __init__(self, show: Show, edit: EditText) -> None:
        self._show = show
        self._edit = edit

    def documents(self, request: AdminRequest) -> Screen:
        """List the documents."""
        return self._show(request, "documents.html", entries=self._edit.list(), name_of=name_of)

    def text(self, request: AdminRequest) -> Screen:
        """Show the editor of a document, or save what was typed as its draft."""
        document = request.asked("d")
        if not request.posted:
            return self._editor(request, document)
        revision = number(request.field("revision"))
        try:
            self._edit.save_draft(document, request.field("text"), revision, request.who.email)
        except DraftConflict as error:
            return self._conflict(request, error)
        except DocumentInvalid as error:
            return self._editor(request, document, 422, {"text": sentence_of(error)})
        return go_to(f"{TEXT}?d={document}&done=saved")

    def discard(self, request: AdminRequest) -> Screen:
        """Throw a draft away, unless somebody went on with it meanwhile."""
        try:
            self._edit.discard(request.field("d"), number(request.field("revision")))
        except DraftConflict:
            return self._editor(request, request.field("d"), 409, {"": _SAVED_MEANWHILE})
        return go_to(f"{TEXT}?d={request.field('d')}&done=discarded")

    def changes(self, request: AdminRequest) -> Screen:
        """Show the diff of a draft to what is live."""
        document = request.asked("d")
        opened = self._edit.open(document)
        lines = self._edit.diff(document)
        return self._show(request, "changes.html", opened=opened, name=name_of(document), lines=lines)

    def lines(self, request: AdminRequest) -> Screen:
        """Show a text with its lines numbered, and mark the one that is asked for."""
        document = request.asked("d")
        opened = self._edit.open(document)
        bad = [number(request.asked("line"))]
        return self._show(request, "lines.html", opened=opened, name=name_of(document), bad=bad)

    def history(self, request: AdminRequest) -> Screen:
        """List the versions of a document."""
        document = request.asked("d")
        opened = self._edit.open(document)
        versions = self._edit.history(document)
        return self._show(request, "history.html", opened=opened, name=name_of(document), versions=versions)

    def version(self, request: AdminRequest) -> Screen:
        """Show a version, compared with the live one."""
        document, which = request.asked("d"), number(request.asked("n"))
        opened = self._edit.open(document)
        return self._show(
            request,
            "version.html",
            opened=opened,
            name=name_of(document),
            version=self._edit.version(document, which),
            lines=self._edit.diff_versions(document, which, opened.live.number),
        )

    def restore(self, request: AdminRequest) -> Screen:
        """Make a draft of a version."""
        document, revision = request.field("d"), number(request.field("revision"))
        try:
            self._edit.restore(document, number(request.field("n")), revision, request.who.email)
        except DraftConflict as error:
            return self._conflict(request, error)
        return go_to(f"{TEXT}?d={document}&done=restored")

    def _editor(
        self, request: AdminRequest, document: str, status: int = 200, problems: dict[str, str] | None = None
    ) -> Screen:
        opened = self._edit.open(document)
        text = _visible(request.field("text")) if "text" in request.fields else opened.text
        return self._show(
            request,
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

    def _conflict(self, request: AdminRequest, error: DraftConflict) -> Screen:
        other = error.theirs.text if error.theirs else error.live
        return self._show(
            request,
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
