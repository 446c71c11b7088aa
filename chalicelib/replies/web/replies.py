"""Screens of replies at the desk: what is held in a case, and all mail that waits. Never a word of it."""

from __future__ import annotations

from chalicelib.delivery.look_after_cases import read_case_number
from chalicelib.delivery.web.cases import CASE, CaseScreens
from chalicelib.desk.grants import SITE, Sees, sees_all
from chalicelib.desk.people import EDITOR, PUBLISHER
from chalicelib.desk.web.guard import AdminRequest, Guard, Show
from chalicelib.desk.web.paging import paged
from chalicelib.desk.web.screens import Screen, go_to
from chalicelib.replies.conversation import ReplyNote
from chalicelib.replies.errors import ReplyWishRefused
from chalicelib.replies.look_after_replies import LookAfterReplies
from chalicelib.replies.reply_words import PLACELESS_WORDS

REPLIES = "/admin/replies"
_SHOWN = 30


def routes(guard: Guard, cases: CaseScreens, replies: LookAfterReplies, sees: Sees = sees_all) -> None:
    """Register the routes of replies, and put the conversation on the screen of each case."""
    screens = ReplyScreens(guard.show, cases, replies, sees)
    cases.beside = lambda file: {"spoken": replies.of(file)}
    guard.screen(REPLIES, EDITOR)(screens.replies)
    guard.action("/admin/case/reply/show", PUBLISHER, does="show a held reply", about="n")(screens.show_reply)
    guard.action("/admin/case/reply/throw", PUBLISHER, does="throw a held reply away", about="n")(
        screens.throw_reply
    )


class ReplyScreens:
    """The screens of replies, a method each."""

    def __init__(self, show: Show, cases: CaseScreens, replies: LookAfterReplies, sees: Sees) -> None:
        self._show = show
        self._cases = cases
        self._replies = replies
        self._sees = sees

    def replies(self, request: AdminRequest) -> Screen:
        """List the replies that are held, and the mail that did not find its case."""
        theirs = self._sees(request.who)
        waiting = self._replies.waiting(theirs, theirs(SITE))
        return self._show(
            request,
            "replies.html",
            held=paged(request, waiting.replies, size=_SHOWN, name="held"),
            placeless=paged(request, waiting.placeless, size=_SHOWN, name="placeless"),
            more=waiting.more,
            of_site=theirs(SITE),
            words=PLACELESS_WORDS,
        )

    def show_reply(self, request: AdminRequest) -> Screen:
        """Show a held reply to the writer, who is told that it is not proven who wrote it."""
        case_number, reply, why = request.field("n"), request.field("reply"), request.field("why")
        try:
            note = self._replies.show(case_number, reply, request.field("seen"), why, request.who)
        except ReplyWishRefused as refused:
            return self._cases.again(request, {"reply": reply, "why": why}, {"reply-why": str(refused)})
        _name(request, note, "shown to the writer, as unproven")
        return _back(case_number, "reply_shown")

    def throw_reply(self, request: AdminRequest) -> Screen:
        """Throw a held reply away."""
        case_number = request.field("n")
        reply = request.field("reply")
        try:
            note = self._replies.throw(case_number, reply, request.field("seen"), request.who)
        except ReplyWishRefused as refused:
            return self._cases.again(request, {"reply": reply}, {"reply-why": str(refused)})
        _name(request, note, "thrown away")
        return _back(case_number, "reply_thrown")


def _back(case_number: str, done: str) -> Screen:
    return go_to(f"{CASE}?n={read_case_number(case_number)}&done={done}")


def _name(request: AdminRequest, note: ReplyNote, after: str) -> None:
    """Write down which reply it was: whose address it came to, and the start of its id."""
    request.deed.before = f"reply {note.id[:8]} to the address of {note.recipient}, held"
    request.deed.after = after
