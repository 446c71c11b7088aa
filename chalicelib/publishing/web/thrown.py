"""Admin screens of the recycle bin: drafts that were thrown away, what one would change, have it back."""

from __future__ import annotations

from chalicelib.desk.errors import NotAllowed
from chalicelib.desk.grants import Sees, sees_all
from chalicelib.desk.people import EDITOR
from chalicelib.desk.web.guard import AdminRequest, Guard, Show
from chalicelib.desk.web.paging import paged
from chalicelib.desk.web.screens import Screen, go_to, sentence_of
from chalicelib.directory.document_ids import place_of
from chalicelib.directory.errors import DocumentInvalid
from chalicelib.publishing.documents import THROWN_FOR, DraftConflict, ThrownDraft
from chalicelib.publishing.field_labels import is_built, title_of
from chalicelib.publishing.see_changes import MOST_OF_ONE, SeeChanges
from chalicelib.publishing.thrown_drafts import HaveBack, ThrownDrafts
from chalicelib.publishing.web.changes import CHANGES
from chalicelib.publishing.web.mend import form_of
from chalicelib.shared.errors import EntryMissing, StaleRecord

THROWN = "/admin/thrown"
LOOK = "/admin/thrown/look"
_MOVED_ON = "Something changed since you looked, so nothing was done. Look at it as it is now."


def routes(
    guard: Guard,
    thrown: ThrownDrafts,
    see: SeeChanges,
    sees: Sees = sees_all,
) -> None:
    """Register the list, the look at one, and its button."""
    screens = ThrownScreens(guard.show, thrown, see, sees)
    guard.screen(THROWN, EDITOR, looks=True)(screens.thrown)
    guard.screen(LOOK, EDITOR)(screens.look)
    guard.action("/admin/thrown/back", EDITOR, does="have a draft back", about="d")(screens.have_back)


class ThrownScreens:
    """The screens, a method each."""

    def __init__(
        self,
        show: Show,
        thrown: ThrownDrafts,
        see: SeeChanges,
        sees: Sees = sees_all,
    ) -> None:
        self._sees = sees
        self._show = show
        self._thrown = thrown
        self._see = see

    def thrown(self, request: AdminRequest) -> Screen:
        """List the drafts that can be had back."""
        return self._list(request)

    def look(self, request: AdminRequest) -> Screen:
        """Show what a draft would change now."""
        try:
            return self._look(request)
        except EntryMissing as gone:
            return self._list(request, 404, {"": sentence_of(gone)})

    def have_back(self, request: AdminRequest) -> Screen:
        """Make a draft of it again."""
        way, seen = request.field("way"), request.field("seen")
        try:
            self._open(request, request.field("t"))
            draft = self._thrown.have_back(request.field("t"), way, seen, request.who.email)
        except EntryMissing as gone:
            return self._list(request, 404, {"": sentence_of(gone)})
        except (StaleRecord, DraftConflict):
            return self._look(request, 409, {"": _MOVED_ON})
        except DocumentInvalid as wrong:
            return self._look(request, 422, {"": sentence_of(wrong)})
        request.deed.about = draft.document  # not what the form says it is about
        return go_to(f"{CHANGES}?d={draft.document}&done=had_back")

    def _open(self, request: AdminRequest, id_: str) -> HaveBack:
        """Return a draft that was thrown away, of one's own place or, for people of the site, of the site."""
        back = self._thrown.open(id_)
        if not self._sees(request.who)(place_of(back.thrown.draft.document)):
            raise NotAllowed("this belongs to another place")
        return back

    def _list(
        self, request: AdminRequest, status: int = 200, problems: dict[str, str] | None = None
    ) -> Screen:
        theirs = self._sees(request.who)
        thrown = [one for one in self._thrown.list() if theirs(place_of(one.draft.document))]
        list_ = paged(request, thrown, _words_of)
        return self._show(
            request,
            "thrown.html",
            status,
            list=list_,
            drafts=list_.rows,
            days=THROWN_FOR.days,
            until=THROWN_FOR,
            title_of=title_of,
            problems=problems or {},
        )

    def _look(
        self, request: AdminRequest, status: int = 200, problems: dict[str, str] | None = None
    ) -> Screen:
        back = self._open(request, request.asked("t"))
        document, draft = back.thrown.draft.document, back.thrown.draft
        return self._show(
            request,
            "thrown_look.html",
            status,
            back=back,
            draft=draft,
            name=title_of(document),
            form=form_of(document),
            ways=[
                (way, self._see.between(document, back.now.live.text, text, MOST_OF_ONE))
                for way, text in back.ways.items()
            ],
            beside=self._see.between(document, back.now.text, draft.text, MOST_OF_ONE)
            if back.now.draft
            else None,
            lines=self._see.lines(document, back.now.text, draft.text) if is_built(document) else (),
            problems=problems or {},
        )


def _words_of(thrown: ThrownDraft) -> str:
    """Return what one is found by: which text it is, and who saved it or threw it away."""
    return f"{title_of(thrown.draft.document)} {thrown.draft.who} {thrown.by}"
