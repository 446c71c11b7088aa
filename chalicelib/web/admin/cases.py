"""The delivery desk's screens: cases by number, never a report's words."""

from __future__ import annotations

from chalicelib.domain.errors import EntryMissing
from chalicelib.domain.people import EDITOR, PUBLISHER
from chalicelib.usecases.delivery_desk import DeliveryDesk
from chalicelib.web.admin.answers import Sheet, go_to
from chalicelib.web.admin.desk import Desk, Visit

CASES = "/admin/deliveries"
CASE = "/admin/case"
_SHOWN = 50


def routes(desk: Desk, cases: DeliveryDesk) -> None:
    """Register the list, the case, and its buttons."""

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
        return desk.show(visit, "case.html", file=file, case=file.case)

    def back(visit: Visit, done: str) -> Sheet:
        return go_to(f"{CASE}?n={cases.find(visit.one('n')).case.case_number}&done={done}")

    @desk.action("/admin/case/again", PUBLISHER, does="send a report again", about="n")
    def send_again(visit: Visit) -> Sheet:
        visit.deed.after = f"{visit.one('recipient')}, its {visit.one('address')} address"
        cases.send_again(visit.one("n"), visit.one("recipient"), visit.one("address"), _version(visit))
        return back(visit, "again")

    @desk.action("/admin/case/move", PUBLISHER, does="hand a report to another recipient", about="n")
    def hand_over(visit: Visit) -> Sheet:
        cases.hand_over(visit.one("n"), visit.one("recipient"), visit.one("other"), _version(visit))
        return back(visit, "moved")

    @desk.action("/admin/case/answer", PUBLISHER, does="answer for a case", about="n")
    def answer_case(visit: Visit) -> Sheet:
        cases.answer(visit.one("n"), _version(visit))
        return back(visit, "answered")

    @desk.action("/admin/case/hold", PUBLISHER, does="change a legal hold", about="n")
    def hold_case(visit: Visit) -> Sheet:
        visit.deed.after = "kept for the law" if visit.one("hold") == "yes" else "kept for the law no longer"
        cases.hold_by_law(visit.one("n"), visit.one("hold") == "yes", _version(visit))
        return back(visit, "held")


def _version(visit: Visit) -> int:
    text = visit.one("version")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 12 else -1
