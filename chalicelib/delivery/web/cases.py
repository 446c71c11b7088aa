"""The delivery desk's screens: cases by number, never a report's words."""

from __future__ import annotations

from collections.abc import Mapping

from chalicelib.delivery.errors import HandOverRefused
from chalicelib.delivery.hand_over_cases import HandOvers
from chalicelib.delivery.look_after_cases import CaseFile, LookAfterCases, read_case_number
from chalicelib.desk.errors import AgreementMissing
from chalicelib.desk.people import EDITOR, PUBLISHER
from chalicelib.desk.standings import Standings
from chalicelib.desk.web.guard import AdminRequest, Guard, Show
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
_HAND_OVER = "n recipient other"  # what the log names, whatever becomes of it


def routes(desk: Guard, cases: LookAfterCases, hand_overs: HandOvers, standings: Standings) -> None:
    """Register the list, the case, its buttons, and those around a hand-over."""
    screens = CaseScreens(desk.show, cases, hand_overs, standings)
    desk.screen(CASES, EDITOR)(screens.cases)
    desk.screen(CASE, EDITOR)(screens.case)
    desk.action("/admin/case/again", PUBLISHER, does="send a report again", about="n")(screens.send_again)
    desk.action("/admin/case/answer", PUBLISHER, does="answer for a case", about="n")(screens.answer)
    desk.action("/admin/case/hold", PUBLISHER, does="change a legal hold", about="n")(screens.hold)
    for path, does, press in (
        ("/admin/case/move", "propose to hand a report over", screens.propose_hand_over),
        ("/admin/case/agree", "agree to hand a report over", screens.agree_to_hand_over),
        ("/admin/case/decline", "decline to hand a report over", screens.decline_hand_over),
    ):
        desk.action(path, PUBLISHER, does, _HAND_OVER)(press)


class CaseScreens:
    """The screens of cases, a method each. A hand-over is logged with both offices."""

    def __init__(
        self, show: Show, cases: LookAfterCases, hand_overs: HandOvers, standings: Standings
    ) -> None:
        self._show = show
        self._cases = cases
        self._hand_overs = hand_overs
        self._standings = standings

    def cases(self, visit: AdminRequest) -> Screen:
        """List what is amiss, and the newest cases."""
        files = self._cases.newest()
        return self._show(
            visit,
            "deliveries.html",
            amiss=[file for file in reversed(files) if file.amiss],
            newest=files[:_SHOWN],
            away=self._cases.away(files),
            total=len(files),
            problems={},
            number="",
        )

    def case(self, visit: AdminRequest) -> Screen:
        """Show the case with a number."""
        case_number = visit.asked("n")
        try:
            file = self._cases.find(case_number)
        except EntryMissing as missing:
            return self._show(
                visit,
                "deliveries.html",
                404,
                amiss=[],
                newest=[],
                away=[],
                total=None,
                problems={"n": sentence_of(missing)},
                number=case_number,
            )
        return self._case(visit, file)

    def send_again(self, visit: AdminRequest) -> Screen:
        """Queue a copy once more."""
        recipient, address = visit.one("recipient"), visit.one("address")
        visit.deed.after = f"{recipient}, its {address} address"
        self._cases.send_again(visit.one("n"), recipient, address, _version(visit))
        return self._back(visit, "again")

    def answer(self, visit: AdminRequest) -> Screen:
        """Write down that somebody looks after a case."""
        self._cases.answer(visit.one("n"), _version(visit))
        return self._back(visit, "answered")

    def hold(self, visit: AdminRequest) -> Screen:
        """Keep a case for the law past its date, or no longer."""
        held = visit.one("hold") == "yes"
        visit.deed.after = "kept for the law" if held else "kept for the law no longer"
        self._cases.hold_by_law(visit.one("n"), held, _version(visit))
        return self._back(visit, "held")

    def propose_hand_over(self, visit: AdminRequest) -> Screen:
        """Propose to hand a copy to another office."""
        visit.deed.before, visit.deed.after = visit.one("recipient"), visit.one("other")
        typed = {field: visit.one(field) for field in ("recipient", "other", "why")}
        case_number = visit.one("n")
        try:
            self._hand_overs.propose(case_number, **typed, version=_version(visit), who=visit.who)
        except HandOverRefused as refused:
            return self._case(visit, self._cases.find(case_number), typed, refused.problems)
        return _done(visit, "hand_over_proposed")

    def agree_to_hand_over(self, visit: AdminRequest) -> Screen:
        """Agree to a hand-over, as the second publisher."""
        case_number, recipient = visit.one("n"), visit.one("recipient")
        try:
            self._hand_overs.agree(
                case_number,
                recipient,
                visit.one("shown"),
                lambda: self._standings.of(visit.who),
                lambda proposed: _name(visit, proposed),
            )
        except AgreementMissing as missing:
            return self._case(visit, self._cases.find(case_number), {}, {"": str(missing)})
        return _done(visit, "moved")

    def decline_hand_over(self, visit: AdminRequest) -> Screen:
        """Decline a hand-over."""
        case_number, recipient = visit.one("n"), visit.one("recipient")
        self._hand_overs.decline(
            case_number, recipient, visit.one("shown"), lambda proposed: _name(visit, proposed)
        )
        return _done(visit, "hand_over_declined")

    def _back(self, visit: AdminRequest, done: str) -> Screen:
        return go_to(f"{CASE}?n={self._cases.find(visit.one('n')).case.case_number}&done={done}")

    def _case(
        self,
        visit: AdminRequest,
        file: CaseFile,
        typed: Mapping[str, str] | None = None,
        problems: Mapping[str, str] | None = None,
    ) -> Screen:
        return self._show(
            visit,
            "case.html",
            422 if problems else 200,
            file=file,
            case=file.case,
            hand_overs=self._hand_overs.of(file.case),
            typed=typed or {},
            problems=problems or {},
        )


def _done(visit: AdminRequest, what: str) -> Screen:
    return go_to(f"{CASE}?n={read_case_number(visit.one('n'))}&done={what}")


def _name(visit: AdminRequest, proposed: HandOver) -> None:
    """Write down which offices a hand-over is between, and why."""
    visit.deed.before, visit.deed.after = visit.one("recipient"), proposed.to
    visit.deed.why = "; ".join(filter(None, (proposed.why, visit.one("declined_why"))))


def _version(visit: AdminRequest) -> int:
    return number(visit.one("version"), -1)
