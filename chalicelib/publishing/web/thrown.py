"""Admin screens of the recycle bin: drafts that were thrown away, what one would change, have it back."""

from __future__ import annotations

from typing import NamedTuple

from chalicelib.desk.errors import NotAllowed
from chalicelib.desk.grants import Sees, sees_all
from chalicelib.desk.people import EDITOR, PUBLISHER
from chalicelib.desk.tell_desk import TellPublishers
from chalicelib.desk.web.guard import AdminRequest, Guard, Show
from chalicelib.desk.web.paging import paged
from chalicelib.desk.web.screens import Screen, go_to, sentence_of
from chalicelib.directory.document_ids import RECIPIENTS, place_of
from chalicelib.directory.errors import DocumentInvalid
from chalicelib.publishing.change_recipients import ChangeRecipients
from chalicelib.publishing.documents import THROWN_FOR, DraftConflict, ThrownDraft
from chalicelib.publishing.errors import PublishUnderWay
from chalicelib.publishing.field_labels import is_built, title_of
from chalicelib.publishing.see_changes import MOST_OF_ONE, SeeChanges
from chalicelib.publishing.thrown_drafts import HaveBack, ThrownDrafts
from chalicelib.publishing.web.changes import CHANGES
from chalicelib.publishing.web.mend import form_of
from chalicelib.publishing.web.recipients import RECIPIENT_LIST, tell_of_proposal
from chalicelib.shared.errors import EntryMissing, StaleRecord

THROWN = "/admin/thrown"
LOOK = "/admin/thrown/look"
PROPOSE = "/admin/thrown/propose"
_MOVED_ON = "Something changed since you looked, so nothing was done. Look at it as it is now."


def routes(
    guard: Guard,
    thrown: ThrownDrafts,
    see: SeeChanges,
    recipients: ChangeRecipients | None = None,
    tell: TellPublishers | None = None,
    sees: Sees = sees_all,
) -> None:
    """Register the list, the look at one, and its buttons: a proposal comes back by a publisher."""
    proposing = Proposing(recipients, tell) if recipients and tell else None
    screens = ThrownScreens(guard.show, thrown, see, proposing, sees)
    guard.screen(THROWN, EDITOR, looks=True)(screens.thrown)
    guard.screen(LOOK, EDITOR)(screens.look)
    guard.action("/admin/thrown/back", EDITOR, does="have a draft back", about="d")(screens.have_back)
    guard.action(PROPOSE, PUBLISHER, does="propose recipients again", about="d")(screens.propose_back)


class Proposing(NamedTuple):
    """What a proposal that comes back is made with, and told to all publishers."""

    recipients: ChangeRecipients
    tell: TellPublishers


class ThrownScreens:
    """The screens, a method each."""

    def __init__(
        self,
        show: Show,
        thrown: ThrownDrafts,
        see: SeeChanges,
        proposing: Proposing | None = None,
        sees: Sees = sees_all,
    ) -> None:
        self._sees = sees
        self._proposing = proposing
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

    def propose_back(self, request: AdminRequest) -> Screen:
        """Propose a change of recipients again, and tell all publishers."""
        if self._proposing is None:
            raise EntryMissing("there are no proposals here")
        recipients, tell = self._proposing
        way, seen, before = request.field("way"), request.field("seen"), recipients.state()
        try:
            self._thrown.propose_back(request.field("t"), way, seen, request.who)
        except EntryMissing as gone:
            return self._list(request, 404, {"": sentence_of(gone)})
        except (StaleRecord, DraftConflict):
            return self._look(request, 409, {"": _MOVED_ON})
        except (DocumentInvalid, PublishUnderWay) as wrong:
            return self._look(request, 422, {"": sentence_of(wrong)})
        tell_of_proposal(request, recipients, tell, RECIPIENTS, before)
        return go_to(f"{RECIPIENT_LIST}?done=proposed")

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
