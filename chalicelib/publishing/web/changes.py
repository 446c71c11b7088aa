"""Admin screens of field diffs: what a draft, a version or a publish changes, and the history of a text."""

from __future__ import annotations

from chalicelib.desk.people import EDITOR, PUBLISHER
from chalicelib.desk.web.guard import AdminRequest, Guard, Show
from chalicelib.desk.web.screens import Screen, go_to, number, sentence_of
from chalicelib.directory.document_ids import CONTACTS, RETIRED
from chalicelib.directory.errors import DocumentInvalid
from chalicelib.publishing.documents import SHIPPED, DraftConflict
from chalicelib.publishing.drafts_of_release import DraftsOfRelease
from chalicelib.publishing.edit_text import EditText
from chalicelib.publishing.field_labels import is_language, title_of
from chalicelib.publishing.see_changes import SeeChanges
from chalicelib.shared.errors import EntryMissing

CHANGES = "/admin/text/changes"
OF_RELEASE = "/admin/releases/what"
AS_DRAFTS = "/admin/releases/drafts"
_SAVED_MEANWHILE = (
    "Somebody saved another draft meanwhile, so nothing was thrown away. Look at it as it is now."
)
_WENT_ON = "Somebody saved one of these drafts in the same moment. Look at it as it is now, then try again."


def routes(guard: Guard, edit: EditText, see: SeeChanges, drafts_of: DraftsOfRelease) -> None:
    """Register the screens and their buttons."""
    screens = ChangeScreens(guard.show, edit, see, drafts_of)
    guard.screen(CHANGES, EDITOR)(screens.changes)
    guard.action("/admin/text/discard", EDITOR, does="discard a draft", about="d")(screens.discard)
    guard.screen("/admin/text/history", EDITOR)(screens.history)
    guard.screen("/admin/text/version", EDITOR)(screens.version)
    make_draft = "make a draft of an older text"
    guard.action("/admin/text/restore", EDITOR, does=make_draft, about="d")(screens.restore)
    guard.screen(OF_RELEASE, EDITOR)(screens.release)
    guard.action(AS_DRAFTS, PUBLISHER, does="make drafts of an older publish", about="release")(
        screens.as_drafts
    )


class ChangeScreens:
    """The screens, a method each."""

    def __init__(self, show: Show, edit: EditText, see: SeeChanges, drafts_of: DraftsOfRelease) -> None:
        self._show = show
        self._edit = edit
        self._see = see
        self._drafts_of = drafts_of

    def changes(self, request: AdminRequest) -> Screen:
        """Show what a draft changes for readers."""
        return self._changes(request, request.asked("d"))

    def discard(self, request: AdminRequest) -> Screen:
        """Throw a draft away, unless somebody went on with it meanwhile."""
        document = request.field("d")
        try:
            self._edit.discard(document, number(request.field("revision")), request.who.email)
        except DraftConflict:
            return self._changes(request, document, 409, {"": _SAVED_MEANWHILE})
        return go_to("/admin/thrown?done=discarded")

    def history(self, request: AdminRequest) -> Screen:
        """List the versions of a document, with what each changed."""
        document = request.asked("d")
        opened = self._edit.open(document)
        entries = self._see.history(document)
        return self._show(
            request,
            "history.html",
            opened=opened,
            name=title_of(document),
            entries=entries,
            form=form_of(document),
        )

    def version(self, request: AdminRequest) -> Screen:
        """Show what a version changed, and what it would change now."""
        document, which = request.asked("d"), number(request.asked("n"))
        opened = self._edit.open(document)
        entry = next((one for one in self._see.history(document) if one.version.number == which), None)
        if entry is None:
            raise EntryMissing(f"there is no text number {which} in this history")
        text, live = entry.version.text, opened.live.text
        changed = self._see.between(document, live, text)
        return self._show(
            request,
            "version.html",
            opened=opened,
            name=title_of(document),
            form=form_of(document),
            entry=entry,
            version=entry.version,
            waits=self._see.waiting_revision(),
            changed=changed,
            lines=self._see.lines(document, live, text) if changed.built or changed.unreadable else (),
        )

    def restore(self, request: AdminRequest) -> Screen:
        """Make a draft of a version."""
        document, revision = request.field("d"), number(request.field("revision"))
        try:
            self._edit.restore(document, number(request.field("n")), revision, request.who.email)
        except DraftConflict:
            return self._changes(request, document, 409, {"": _WENT_ON})
        return go_to(f"{CHANGES}?d={document}&done=restored")

    def release(self, request: AdminRequest) -> Screen:
        """Show what a publish changed for readers."""
        release, changed = self._see.of_release(number(request.asked("release"), -1))
        return self._show(request, "release.html", release=release, all_changes=changed, title_of=title_of)

    def as_drafts(self, request: AdminRequest) -> Screen:
        """Make drafts of the texts of an older publish, to be mended and published."""
        older = number(request.field("release"), -1)
        try:
            documents = self._drafts_of(older, request.who.email)
        except (DraftConflict, DocumentInvalid) as error:
            told = _WENT_ON if isinstance(error, DraftConflict) else sentence_of(error)
            return self._show(request, "no_way_back.html", 422, release=older, problems={"": told})
        request.deed.about, request.deed.after = f"release {older}", ", ".join(documents)
        return go_to("/admin/publish?done=as_drafts")

    def _changes(
        self, request: AdminRequest, document: str, status: int = 200, problems: dict[str, str] | None = None
    ) -> Screen:
        opened = self._edit.open(document)
        changed = self._see.between(document, opened.live.text, opened.text)
        shows_lines = changed.built or changed.unreadable
        return self._show(
            request,
            "changes.html",
            status,
            opened=opened,
            name=title_of(document),
            form=form_of(document),
            retired=document in RETIRED,
            changed=changed,
            lines=self._see.lines(document, opened.live.text, opened.text) if shows_lines else (),
            shipped=opened.live.number == SHIPPED,
            problems=problems or {},
        )


def form_of(document: str) -> str:
    """Return the address of the screen on which a document is changed."""
    if document == CONTACTS:
        return "/admin/contacts"
    return f"/admin/sentences?d={document}" if is_language(document) else f"/admin/text?d={document}"
