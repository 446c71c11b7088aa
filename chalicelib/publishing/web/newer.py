"""Admin screen of a merge: a document that was edited here, and that a newer package ships anew."""

from __future__ import annotations

from chalicelib.desk.people import EDITOR, PUBLISHER
from chalicelib.desk.web.guard import AdminRequest, Guard, Show
from chalicelib.desk.web.screens import Screen, go_to
from chalicelib.directory.document_ids import RECIPIENTS, locale_of, name_of
from chalicelib.publishing.documents import DraftConflict
from chalicelib.publishing.edit_text import EditText
from chalicelib.publishing.field_labels import is_built
from chalicelib.publishing.merge import NEW, YOURS
from chalicelib.publishing.newer_texts import ALL, NewerText
from chalicelib.shared.errors import EntryMissing, StaleRecord
from chalicelib.shared.locales import DEFAULT, direction

NEWER = "/admin/text/newer"
TAKE = "/admin/text/newer/take"
KEEP = "/admin/text/newer/keep"
_CHOICE = "choice-"
_CHANGED = "One of the texts changed since you looked, so nothing was done. Look at them as they are now."


def routes(guard: Guard, edit: EditText) -> None:
    """Register the screen and its two buttons."""
    screens = NewerScreens(guard.show, edit)
    guard.screen(NEWER, EDITOR)(screens.newer)
    guard.action(TAKE, EDITOR, does="merge a text with the package's", about="d")(screens.take)
    guard.action(KEEP, PUBLISHER, does="keep a text beside the package's", about="d")(screens.keep)


class NewerScreens:
    """The three texts of each place that both changed, and what is done about them."""

    def __init__(self, show: Show, edit: EditText) -> None:
        self._show = show
        self._edit = edit

    def newer(self, request: AdminRequest) -> Screen:
        """Show what the package brought, and ask where both changed."""
        document = request.asked("d")
        newer = self._edit.newer(document)
        if newer is None:
            raise EntryMissing("There is nothing newer for this text.")
        return self._screen(request, newer)

    def take(self, request: AdminRequest) -> Screen:
        """Save the merged text as a draft, once there is a choice for each place that both changed."""
        document, seen = request.field("d"), request.field("seen")
        choices = {
            name.removeprefix(_CHOICE): values[0]
            for name, values in request.fields.items()
            if name.startswith(_CHOICE)
        }
        newer = self._edit.newer(document)
        if newer is None or newer.fingerprint != seen:
            return self._changed(request, document, newer)
        asked = [place.key for place in newer.merge.clashes] if newer.merge else [ALL]
        problems = {
            f"{_CHOICE}{key}": "Please choose one of the two."
            for key in asked
            if choices.get(key) not in (YOURS, NEW)
        }
        if problems:
            return self._screen(request, newer, 422, problems, choices)
        try:
            draft = self._edit.take_newer(document, choices, seen, request.who.email)
        except (StaleRecord, DraftConflict):
            return self._changed(request, document, self._edit.newer(document))
        return go_to(
            f"/admin/text/changes?d={document}&done=merged" if draft else "/admin/documents?done=kept"
        )

    def keep(self, request: AdminRequest) -> Screen:
        """Leave the text as it was edited here."""
        document = request.field("d")
        try:
            self._edit.keep_edited(document, request.field("seen"), request.who.email)
        except StaleRecord:
            return self._changed(request, document, self._edit.newer(document))
        return go_to("/admin/documents?done=kept")

    def _changed(self, request: AdminRequest, document: str, newer: NewerText | None) -> Screen:
        if newer is None:  # somebody else has settled it meanwhile
            return go_to("/admin/documents?done=settled")
        return self._screen(request, newer, 409, {"": _CHANGED})

    def _screen(
        self,
        request: AdminRequest,
        newer: NewerText,
        status: int = 200,
        problems: dict[str, str] | None = None,
        choices: dict[str, str] | None = None,
    ) -> Screen:
        document = newer.document
        return self._show(
            request,
            "newer.html",
            status,
            newer=newer,
            name=name_of(document),
            by_agreement=document == RECIPIENTS,
            built=is_built(document),
            lang=locale_of(document),
            direction=direction(locale_of(document) or DEFAULT),
            drafted=self._edit.open(document).draft,
            problems=problems or {},
            choices=choices or {},
        )
