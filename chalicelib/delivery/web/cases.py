"""Screens of cases and their deliveries, by case number, never with a report's words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from chalicelib.delivery.case_lists import MOST_PLACES, read_position
from chalicelib.delivery.case_steps import timeline
from chalicelib.delivery.errors import HandOverRefused
from chalicelib.delivery.hand_over_cases import HandOvers
from chalicelib.delivery.look_after_cases import CaseFile, LookAfterCases, read_case_number
from chalicelib.delivery.wish_for_cases import WishForCases
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
from chalicelib.reporting.cases import HandOver
from chalicelib.shared.errors import EntryMissing

CASES = "/admin/deliveries"
CASE = "/admin/case"
_SHOWN = 50
_AMISS_SHOWN = 20
_TOWNS_FOUND = 20
_HAND_OVER = "n recipient other"  # what the log names, whatever becomes of it


def routes(
    guard: Guard,
    cases: LookAfterCases,
    hand_overs: HandOvers,
    wishes: WishForCases,
    place_names: Callable[[], Mapping[str, str]] = dict,
    sees: Sees = sees_all,
) -> CaseScreens:
    """Register the routes of cases: the list, a case, its buttons, and those around a hand-over.

    `sees` says which places somebody looks after. Other rooms put their part on the screen of a case
    (CaseScreens.beside).
    """
    screens = CaseScreens(guard.show, cases, hand_overs, wishes, place_names, sees)
    guard.screen(CASES, EDITOR, looks=True)(screens.cases)
    guard.screen(CASE, EDITOR)(screens.case)
    guard.action("/admin/case/again", PUBLISHER, does="send a report again", about="n")(screens.send_again)
    guard.action("/admin/case/answer", PUBLISHER, does="acknowledge a case", about="n")(screens.acknowledge)
    guard.action("/admin/case/hold", PUBLISHER, does="change a legal hold", about="n")(screens.hold)
    for path, does, press in (
        ("/admin/case/move", "propose to hand a report over", screens.propose_hand_over),
        ("/admin/case/decline", "decline to hand a report over", screens.decline_hand_over),
    ):
        guard.action(path, PUBLISHER, does, _HAND_OVER)(press)
    return screens


class CaseScreens:
    """The screens of cases, a method each. A hand-over is logged with both offices.

    `beside` returns what another room shows of a case, by its name in the template.
    """

    def __init__(
        self,
        show: Show,
        cases: LookAfterCases,
        hand_overs: HandOvers,
        wishes: WishForCases,
        place_names: Callable[[], Mapping[str, str]] = dict,
        sees: Sees = sees_all,
    ) -> None:
        self.beside: Callable[[CaseFile], Mapping[str, Any]] = lambda file: {}
        self._sees = sees
        self._wishes = wishes
        self._show = show
        self._cases = cases
        self._hand_overs = hand_overs
        self._place_names = place_names

    def cases(self, request: AdminRequest) -> Screen:
        """List the cases that need somebody, and the newest."""
        theirs, names = self._sees(request.who), self._place_names()
        seen = [slug for slug in names if theirs(slug)]
        town = request.asked("town") if request.asked("town") in seen else ""
        shown = [town] if town else seen if len(seen) <= MOST_PLACES else []
        amiss = self._cases.amiss((lambda place: place == town) if town else theirs)
        newest = self._cases.newest(shown, read_position(request.query.get("from", "")), _SHOWN)
        found = paged(request, seen, names.__getitem__, _TOWNS_FOUND, "towns")
        return self._show(
            request,
            "deliveries.html",
            amiss=paged(request, amiss.files, size=_AMISS_SHOWN, name="look"),
            more=amiss.more,
            newest=newest,
            begins=not request.query.get("from"),
            away=self._cases.away(newest.files),
            listed=True,
            choose=len(seen) > MOST_PLACES,
            found=found,
            town=town,
            places=names,
            problems={},
            number="",
        )

    def case(self, request: AdminRequest) -> Screen:
        """Show the case with a number."""
        case_number = request.asked("n")
        try:
            file = self._cases.find(case_number)
        except EntryMissing as missing:
            return self._show(
                request,
                "deliveries.html",
                404,
                listed=False,
                problems={"n": sentence_of(missing)},
                number=case_number,
            )
        return self._case(request, file)

    def send_again(self, request: AdminRequest) -> Screen:
        """Retry a delivery: queue a copy once more."""
        recipient, address = request.field("recipient"), request.field("address")
        request.deed.after = f"{recipient}, its {address} address"
        self._wishes.send_again(request.field("n"), recipient, address, _version(request), request.who)
        return self._back(request, "again")

    def acknowledge(self, request: AdminRequest) -> Screen:
        """Acknowledge the alarms of a case: somebody looks after it."""
        self._wishes.acknowledge(request.field("n"), _version(request), request.who)
        return self._back(request, "answered")

    def hold(self, request: AdminRequest) -> Screen:
        """Set or lift a legal hold: a case is kept past its date."""
        held = request.field("hold") == "yes"
        request.deed.after = "kept for the law" if held else "kept for the law no longer"
        self._wishes.hold_by_law(request.field("n"), held, _version(request), request.who)
        return self._back(request, "held")

    def propose_hand_over(self, request: AdminRequest) -> Screen:
        """Propose to hand a copy to another office."""
        request.deed.before, request.deed.after = request.field("recipient"), request.field("other")
        typed = {field: request.field(field) for field in ("recipient", "other", "why")}
        try:
            self._wishes.propose(request.field("n"), **typed, version=_version(request), who=request.who)
        except HandOverRefused as refused:
            return self.again(request, typed, refused.problems)
        return _done(request, "hand_over_proposed")

    def decline_hand_over(self, request: AdminRequest) -> Screen:
        """Decline a hand-over."""
        case_number, recipient = request.field("n"), request.field("recipient")
        self._wishes.decline(
            case_number,
            recipient,
            request.field("shown"),
            request.who,
            lambda proposed: _name(request, proposed),
        )
        return _done(request, "hand_over_declined")

    def again(self, request: AdminRequest, typed: Mapping[str, str], problems: Mapping[str, str]) -> Screen:
        """Show the case of a form again, with what was typed and what is wrong. Raises EntryMissing."""
        return self._case(request, self._cases.find(request.field("n")), typed, problems)

    def _back(self, request: AdminRequest, done: str) -> Screen:
        return go_to(f"{CASE}?n={self._cases.find(request.field('n')).case.case_number}&done={done}")

    def _case(
        self,
        request: AdminRequest,
        file: CaseFile,
        typed: Mapping[str, str] | None = None,
        problems: Mapping[str, str] | None = None,
    ) -> Screen:
        place = self._place_names().get(file.case.place, file.case.place)
        return self._show(
            request,
            "case.html",
            422 if problems else 200,
            file=file,
            case=file.case,
            place=place,
            timeline=timeline(file, place),
            hand_overs=self._hand_overs.of(file.case),
            wished=self._wishes.waiting(file.case.case_number),
            refused=self._wishes.refused(file.case.case_number),
            names={line.delivery.recipient: line.name for line in file.lines},
            typed=typed or {},
            problems=problems or {},
            **self.beside(file),
        )


def _done(request: AdminRequest, what: str) -> Screen:
    return go_to(f"{CASE}?n={read_case_number(request.field('n'))}&done={what}")


def _name(request: AdminRequest, proposed: HandOver) -> None:
    """Write down which offices a hand-over is between, and why."""
    request.deed.before, request.deed.after = request.field("recipient"), proposed.to
    request.deed.why = "; ".join(filter(None, (proposed.why, request.field("declined_why"))))


def _version(request: AdminRequest) -> int:
    return number(request.field("version"), -1)
