"""Access screens of hand-overs (dual control): what waits, and the page on which a publisher agrees."""

from __future__ import annotations

from collections.abc import Callable

from chalicelib.delivery.agree_to_hand_overs import AgreeToHandOvers, AskedFor
from chalicelib.delivery.agreed_hand_overs import NEEDED, HandOverKey, fingerprint_of
from chalicelib.delivery.errors import HandOverRefused
from chalicelib.desk.errors import AgreementMissing
from chalicelib.desk.people import EDITOR, PUBLISHER
from chalicelib.desk.web.guard import AdminRequest, Guard, Show
from chalicelib.desk.web.screens import Screen, go_to

HAND_OVER = "/admin/access/hand-over"
_FIELDS = "n place recipient other"

Tell = Callable[[AskedFor, str], None]
Label = Callable[[str], str]


def routes(guard: Guard, agree: AgreeToHandOvers, label: Callable[[], Label], tell: Tell) -> None:
    """Register the screens. `label` gives what places are called; `tell` mails who agreed to what."""
    screens = AgreedHandOverScreens(guard.show, agree, label, tell)
    guard.screen(HAND_OVER, EDITOR)(screens.hand_over)
    guard.action(f"{HAND_OVER}/agree", PUBLISHER, "agree to hand a report over", _FIELDS)(screens.agree)
    guard.action(f"{HAND_OVER}/back", PUBLISHER, "take an agreement back", _FIELDS)(screens.take_back)


class AgreedHandOverScreens:
    """The screens of agreements to hand-overs, a method each. A line of the log names both offices."""

    def __init__(self, show: Show, agree: AgreeToHandOvers, label: Callable[[], Label], tell: Tell) -> None:
        self._show = show
        self._agree = agree
        self._label = label
        self._tell = tell

    def hand_over(self, request: AdminRequest) -> Screen:
        """Show what somebody agreed to, and the one hand-over that a case leads to."""
        return self._page(request, self._asked(request) if request.asked("n") else None)

    def agree(self, request: AdminRequest) -> Screen:
        """Agree to a hand-over."""
        asked = self._asked(request)
        request.deed.before, request.deed.after = asked.recipient, asked.other
        try:
            typed, shown = request.field("number"), request.field("shown")
            agreed = self._agree.agree(asked, typed, shown, request.who)
        except HandOverRefused as refused:
            return self._page(request, asked, refused.problems)
        except AgreementMissing as missing:
            return self._page(request, asked, {"": str(missing)})
        self._tell(agreed, request.who.email)
        return go_to(f"{_address(asked)}&done=hand_over_agreed")

    def take_back(self, request: AdminRequest) -> Screen:
        """Take one's own agreement back."""
        asked = self._asked(request)
        request.deed.before, request.deed.after = asked.recipient, asked.other
        self._agree.take_back(asked, request.who)
        return go_to(f"{_address(asked)}&done=hand_over_back")

    def _asked(self, request: AdminRequest) -> HandOverKey:
        return self._agree.asked(*(request.asked(name) for name in _FIELDS.split()))

    def _page(
        self, request: AdminRequest, asked: HandOverKey | None, problems: dict[str, str] | None = None
    ) -> Screen:
        one = self._agree.look(asked, request.who) if asked else None
        waiting = self._agree.waiting(request.who)
        return self._show(
            request,
            "hand_over.html",
            422 if problems else 200,
            one=one,
            shown=fingerprint_of(one.other) if one else "",
            waiting=[found for found in waiting if found.asked != asked],
            label=self._label(),
            needed=NEEDED,
            address=_address,
            typed=request.field("number"),
            problems=problems or {},
        )


def _address(asked: HandOverKey) -> str:
    number, place, recipient, other = asked
    return f"{HAND_OVER}?n={number}&place={place}&recipient={recipient}&other={other}"
