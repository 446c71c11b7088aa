"""Screens of delayed changes: what waits, a publisher's button to stop it, and the page for a mailed code."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from chalicelib.desk.audit import DONE
from chalicelib.desk.delayed_changes import DelayedChange, TooLateToStop
from chalicelib.desk.errors import NotAllowed, TooManyTries, WrongCode
from chalicelib.desk.hold_changes import HoldChanges
from chalicelib.desk.people import PUBLISHER
from chalicelib.desk.web.guard import AdminRequest, Guard, Show
from chalicelib.desk.web.paging import paged
from chalicelib.desk.web.screens import Screen, go_to
from chalicelib.shared.errors import EntryMissing

WAITING = "/admin/access/waiting"
STOP_BY_CODE = "/admin/access/stop"
_TOO_LATE = "This counts already, or was stopped before. To undo it, propose it the other way round."
_WRONG = "This is not the code of a change that waits. Look whether a letter is missing, and type it again."
_TOO_MANY = "Too many wrong codes were typed. Wait an hour, or call whoever runs the site."

ON_A_PAGE = 25

Tell = Callable[[str, Sequence[str], Collection[str]], None]


def routes(guard: Guard, changes: HoldChanges, tell: Tell, after: Callable[[], None]) -> None:
    """Register the screens; `tell` mails publishers, the operator and those of the place what was stopped.

    `after` is called once something was stopped, and brings what readers get in line with it.
    """
    screens = HeldChangeScreens(guard.show, guard.record_of, changes, tell, after)
    guard.screen(WAITING, PUBLISHER, looks=True)(screens.waiting)
    guard.action(f"{WAITING}/stop", PUBLISHER, does="stop a change that waits", about="subject")(screens.stop)
    guard.sign_in_screen(STOP_BY_CODE)(screens.stop_by_code)


class HeldChangeScreens:
    """The screens of delayed changes, a method each. `record` writes a line of the log about anybody."""

    def __init__(
        self,
        show: Show,
        record: Callable[..., None],
        changes: HoldChanges,
        tell: Tell,
        after: Callable[[], None],
    ) -> None:
        self._after = after
        self._show = show
        self._record = record
        self._changes = changes
        self._tell = tell

    def waiting(self, request: AdminRequest) -> Screen:
        """List what waits for its day to be over."""
        return self._list(request)

    def stop(self, request: AdminRequest) -> Screen:
        """Stop one of them."""
        try:
            self._theirs(request)
            stopped = self._changes.stop(request.field("subject"), request.field("id"), request.who.email)
        except (TooLateToStop, EntryMissing):
            self._after()  # perhaps it was a try of this one's that stopped it, and got no further
            return self._list(request, 409, {"": _TOO_LATE})
        self._after()
        request.deed.before = "; ".join(stopped.described)
        self._tell_of(stopped, request.who.email)
        return go_to(f"{WAITING}?done=stopped")

    def stop_by_code(self, request: AdminRequest) -> Screen:
        """Take a code that was mailed to the operator or an inbox; nobody signs in for this."""
        if not request.posted:
            return self._code(request)
        try:
            stopped = self._changes.stop_by_code(request.field("code"))
        except WrongCode:
            return self._code(request, 422, {"code": _WRONG})
        except TooManyTries:
            return self._code(request, 429, {"": _TOO_MANY})
        except TooLateToStop:
            self._after()
            return self._code(request, 409, {"": _TOO_LATE})
        self._after()
        told = "; ".join(stopped.described)
        self._record(
            stopped.stopped_by,
            "",
            "stop a change that waits",
            about=stopped.subject,
            before=told,
            outcome=DONE,
        )
        self._tell_of(stopped, stopped.stopped_by)
        return go_to(f"{STOP_BY_CODE}?done=stopped")

    def _theirs(self, request: AdminRequest) -> None:
        """Raise NotAllowed unless the change is of a place that they decide for."""
        change = self._changes.newest(request.field("subject"))
        if change is not None and not self._changes.may_stop(request.who, change):
            raise NotAllowed("this belongs to another place")

    def _tell_of(self, stopped: DelayedChange, by: str) -> None:
        lines = (f"{by} stopped a change before it counted:", *stopped.described)
        self._tell("a change was stopped", lines, self._changes.publishers_of(stopped))

    def _list(
        self, request: AdminRequest, status: int = 200, problems: dict[str, str] | None = None
    ) -> Screen:
        waiting = [one for one in self._changes.waiting() if self._changes.may_stop(request.who, one)]
        list_ = paged(request, waiting, _words_of, ON_A_PAGE)
        return self._show(
            request, "waiting.html", status, list=list_, changes=list_.rows, problems=problems or {}
        )

    def _code(
        self, request: AdminRequest, status: int = 200, problems: dict[str, str] | None = None
    ) -> Screen:
        return self._show(request, "stop.html", status, problems=problems or {})


def _words_of(change: DelayedChange) -> str:
    """Return what one is found by: what it says, and who decided it."""
    return " ".join((*change.described, *change.by))
