"""The delivery desk's screens: cases by number, never a report's words."""

from __future__ import annotations

from collections.abc import Mapping

from chalicelib.domain.deliveries import HandOver
from chalicelib.domain.errors import AgreementMissing, EntryMissing, HandOverRefused
from chalicelib.domain.people import EDITOR, PUBLISHER
from chalicelib.usecases.delivery_desk import CaseFile, DeliveryDesk, read_case_number
from chalicelib.usecases.hand_overs import HandOvers
from chalicelib.usecases.standings import Standings
from chalicelib.web.admin.answers import Sheet, go_to
from chalicelib.web.admin.desk import Desk, Visit

CASES = "/admin/deliveries"
CASE = "/admin/case"
_SHOWN = 50
_HAND_OVER = "n recipient other"  # what the log names, whatever becomes of it


def routes(desk: Desk, cases: DeliveryDesk, hand_overs: HandOvers, standings: Standings) -> None:
    """Register the list, the case, and its buttons."""
    hand_over_routes(desk, cases, hand_overs, standings)

    @desk.screen(CASES, EDITOR)
    def deliveries_screen(visit: Visit) -> Sheet:
        files = cases.newest()
        return desk.show(
            visit,
            "deliveries.html",
            amiss=[file for file in reversed(files) if file.amiss],
            newest=files[:_SHOWN],
            away=cases.away(files),
            total=len(files),
            problems={},
            number="",
        )

    @desk.screen(CASE, EDITOR)
    def case_screen(visit: Visit) -> Sheet:
        number = visit.asked("n")
        try:
            file = cases.find(number)
        except EntryMissing as missing:
            return desk.show(
                visit,
                "deliveries.html",
                404,
                amiss=[],
                newest=[],
                away=[],
                total=None,
                problems={"n": f"{str(missing)[:1].upper()}{str(missing)[1:]}."},
                number=number,
            )
        return _show(desk, visit, file, hand_overs)

    def back(visit: Visit, done: str) -> Sheet:
        return go_to(f"{CASE}?n={cases.find(visit.one('n')).case.case_number}&done={done}")

    @desk.action("/admin/case/again", PUBLISHER, does="send a report again", about="n")
    def send_again(visit: Visit) -> Sheet:
        visit.deed.after = f"{visit.one('recipient')}, its {visit.one('address')} address"
        cases.send_again(visit.one("n"), visit.one("recipient"), visit.one("address"), _version(visit))
        return back(visit, "again")

    @desk.action("/admin/case/answer", PUBLISHER, does="answer for a case", about="n")
    def answer_case(visit: Visit) -> Sheet:
        cases.answer(visit.one("n"), _version(visit))
        return back(visit, "answered")

    @desk.action("/admin/case/hold", PUBLISHER, does="change a legal hold", about="n")
    def hold_case(visit: Visit) -> Sheet:
        visit.deed.after = "kept for the law" if visit.one("hold") == "yes" else "kept for the law no longer"
        cases.hold_by_law(visit.one("n"), visit.one("hold") == "yes", _version(visit))
        return back(visit, "held")


def hand_over_routes(desk: Desk, cases: DeliveryDesk, hand_overs: HandOvers, standings: Standings) -> None:
    """Register the buttons around a hand-over: propose, agree, decline. Each is logged with both offices."""

    def done(visit: Visit, what: str) -> Sheet:
        return go_to(f"{CASE}?n={read_case_number(visit.one('n'))}&done={what}")

    def name(visit: Visit, proposed: HandOver) -> None:
        visit.deed.before, visit.deed.after = visit.one("recipient"), proposed.to
        visit.deed.why = "; ".join(filter(None, (proposed.why, visit.one("declined_why"))))

    @desk.action("/admin/case/move", PUBLISHER, does="propose to hand a report over", about=_HAND_OVER)
    def propose_hand_over(visit: Visit) -> Sheet:
        visit.deed.before, visit.deed.after = visit.one("recipient"), visit.one("other")
        typed = {field: visit.one(field) for field in ("recipient", "other", "why")}
        number = visit.one("n")
        try:
            hand_overs.propose(number, **typed, version=_version(visit), who=visit.who)
        except HandOverRefused as refused:
            return _show(desk, visit, cases.find(number), hand_overs, typed, refused.problems)
        return done(visit, "hand_over_proposed")

    @desk.action("/admin/case/agree", PUBLISHER, does="agree to hand a report over", about=_HAND_OVER)
    def agree_to_hand_over(visit: Visit) -> Sheet:
        number, recipient = visit.one("n"), visit.one("recipient")
        try:
            hand_overs.agree(
                number,
                recipient,
                visit.one("shown"),
                lambda: standings.of(visit.who),
                lambda proposed: name(visit, proposed),
            )
        except AgreementMissing as missing:
            return _show(desk, visit, cases.find(number), hand_overs, {}, {"": str(missing)})
        return done(visit, "moved")

    @desk.action("/admin/case/decline", PUBLISHER, does="decline to hand a report over", about=_HAND_OVER)
    def decline_to_hand_over(visit: Visit) -> Sheet:
        hand_overs.decline(
            visit.one("n"), visit.one("recipient"), visit.one("shown"), lambda proposed: name(visit, proposed)
        )
        return done(visit, "hand_over_declined")


def _show(
    desk: Desk,
    visit: Visit,
    file: CaseFile,
    hand_overs: HandOvers,
    typed: Mapping[str, str] | None = None,
    problems: Mapping[str, str] | None = None,
) -> Sheet:
    return desk.show(
        visit,
        "case.html",
        422 if problems else 200,
        file=file,
        case=file.case,
        hand_overs=hand_overs.of(file.case),
        typed=typed or {},
        problems=problems or {},
    )


def _version(visit: Visit) -> int:
    text = visit.one("version")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 12 else -1
