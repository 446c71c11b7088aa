"""Admin screens of documents: list, edit a draft, two drafts that met."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from chalicelib.delivery import mail_frames
from chalicelib.desk.grants import Sees, sees_all
from chalicelib.desk.people import EDITOR, PUBLISHER
from chalicelib.desk.web.guard import AdminRequest, Guard, Show
from chalicelib.desk.web.paging import paged
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
    base_of,
    name_of,
    place_of,
)
from chalicelib.directory.errors import DocumentInvalid
from chalicelib.publishing import edit_whole
from chalicelib.publishing.documents import DraftConflict
from chalicelib.publishing.edit_text import DocumentEntry, EditText, OpenDocument
from chalicelib.publishing.field_labels import title_of
from chalicelib.publishing.see_changes import SeeChanges
from chalicelib.publishing.web.changes import CHANGES
from chalicelib.publishing.web.mend import form_of

TEXTS = "/admin/documents"
TEXT = "/admin/text"
_IN_ADVANCED = 100
_ONLY: Mapping[str, Callable[[DocumentEntry], bool]] = {
    "": lambda entry: bool(place_of(entry.id)),
    "drafts": lambda entry: entry.draft is not None,
    "newer": lambda entry: entry.shipped_anew,
}


def routes(guard: Guard, edit: EditText, see: SeeChanges, sees: Sees = sees_all) -> None:
    """Register the screens; `sees` says which places somebody looks after."""
    screens = TextScreens(guard.show, edit, see, sees)
    guard.screen(TEXTS, EDITOR, looks=True)(screens.documents)
    # Raw text is for who asks for it: nothing but publishers' folds named Advanced leads here.
    guard.screen(TEXT, PUBLISHER, does="save a draft", about="d")(screens.text)
    guard.screen("/admin/text/lines", PUBLISHER)(screens.lines)


class TextScreens:
    """The screens of documents, a method each."""

    def __init__(self, show: Show, edit: EditText, see: SeeChanges, sees: Sees = sees_all) -> None:
        self._sees = sees
        self._show = show
        self._edit = edit
        self._see = see

    def documents(self, request: AdminRequest) -> Screen:
        """List the documents of the site, and of the places that somebody looks after."""
        theirs = self._sees(request.who)
        entries = [one for one in self._edit.list() if not place_of(one.id) or theirs(place_of(one.id))]
        show = request.asked("show") if request.asked("show") in _ONLY else ""
        of_places = [entry for entry in entries if _has_work(entry)]
        wanted = [entry for entry in (entries if show else of_places) if _ONLY[show](entry)]
        return self._show(
            request,
            "documents.html",
            entries=[entry for entry in entries if not place_of(entry.id)],
            places=paged(request, wanted, lambda entry: name_of(entry.id)),
            all=paged(request, entries, size=_IN_ADVANCED, name="all"),
            show=show,
            name_of=name_of,
            form_of=form_of,
        )

    def text(self, request: AdminRequest) -> Screen:
        """Show the editor of a document, or save what was typed as its draft."""
        document = request.asked("d")
        if not request.posted:
            return self._editor(request, document)
        if request.field("leave"):
            return self._left(request, document)
        revision = number(request.field("revision"))
        # Whoever puts theirs in the place of another draft has seen both: the other one is kept aside.
        save = self._edit.save_instead if request.field("instead") else self._edit.save_draft
        try:
            save(document, request.field("text"), revision, request.who.email)
        except DraftConflict as error:
            return self._conflict(request, error)
        except DocumentInvalid as error:
            return self._editor(request, document, 422, {"text": sentence_of(error)})
        return go_to(f"{CHANGES}?d={document}&done=saved")

    def _left(self, request: AdminRequest, document: str) -> Screen:
        """Leave somebody else's text as it is, and keep the one that was typed for 30 days."""
        try:
            self._edit.put_aside(document, request.field("text"), request.who.email)
        except DocumentInvalid as error:
            return self._editor(request, document, 422, {"text": sentence_of(error)})
        request.deed.after = "put aside; what somebody else saved stays"
        return go_to("/admin/thrown?done=put_aside")

    def lines(self, request: AdminRequest) -> Screen:
        """Show a text with its lines numbered, and mark the one that is asked for."""
        document = request.asked("d")
        opened = self._edit.open(document)
        bad = [number(request.asked("line"))]
        return self._show(request, "lines.html", opened=opened, name=name_of(document), bad=bad)

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
            contacts=base_of(document) == CONTACTS,
            by_agreement=document == RECIPIENTS,
            retired=self._edit.is_retired(document),
            **_of_frame(opened, text, self._hosts()),
        )

    def _conflict(self, request: AdminRequest, error: DraftConflict) -> Screen:
        other = error.theirs.text if error.theirs else error.live
        differs = self._see.between(error.document, other, error.mine) if error.mine else None
        shows_lines = differs and (differs.built or differs.unreadable)
        return self._show(
            request,
            "conflict.html",
            409,
            conflict=error,
            name=title_of(error.document),
            differs=differs,
            lines=self._see.lines(error.document, other, error.mine) if shows_lines else (),
        )

    def _hosts(self) -> list[str] | None:
        """Return the hosts that may be named; None where the settings cannot be read: checks will say so."""
        try:
            return [str(host) for host in edit_whole.now(self._edit).site.get("hosts") or ()]
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


def _has_work(entry: DocumentEntry) -> bool:
    """Say whether a text of a place is listed: it has a draft, or was changed here."""
    return bool(entry.draft or entry.live or entry.unused)
