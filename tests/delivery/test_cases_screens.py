"""The delivery desk: cases by number, what is amiss, send again; never the words."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chalicelib.delivery.adapters.dynamo_cases import WRITTEN, DynamoCases
from chalicelib.delivery.look_after_cases import read_case_number
from chalicelib.reporting.adapters.dynamo_reports import DynamoReports, table_definition
from chalicelib.reporting.cases import (
    BOUNCED,
    DELIVERED,
    FALLBACK,
    HELD,
    QUEUED,
    Delivery,
    SealedReport,
)
from chalicelib.shared.aws.sdk import client
from chalicelib.shared.days import in_words
from chalicelib.shared.errors import EntryMissing, StaleRecord
from chalicelib.shared.time_zones import local_time
from tests.support.desk_site import EDITOR_ONE, PUBLISHER_ONE, DeskSite, Page

pytestmark = pytest.mark.takes(15)

WORDS = b"sealed words that nobody at the desk may see"
NOW = datetime.now(UTC).replace(microsecond=0)
EVENING = datetime(2026, 11, 28, 4, 10, tzinfo=UTC)  # ten past eight in Los Banos, the day before


def report(number: int, *deliveries: Delivery, **more: Any) -> SealedReport:
    return SealedReport(
        id=f"{number:032x}",
        sealed=WORDS,
        reporter_key=b"k" * 32,
        place="los-banos-ca",
        taken_at=NOW - timedelta(hours=number),
        deliveries=deliveries,
        **more,
    )


LOST = report(1, Delivery("dot-trafficking", BOUNCED, NOW), Delivery("dhs-blue-campaign", DELIVERED, NOW))
FINE = report(2, Delivery("dot-trafficking", DELIVERED, NOW))
KEPT_BACK = report(3, Delivery("dot-trafficking", HELD, NOW, next_try=NOW))


@pytest.fixture
def reports(desk: DeskSite) -> DynamoReports:
    store = DynamoReports(lambda: client("dynamodb"), desk.settings.reports_table)
    for case in (LOST, FINE, KEPT_BACK):
        store.add(case)
    return store


def buttons(page: Page, action: str, **wanted: str) -> dict[str, str]:
    return next(
        form for form in page.forms(action) if all(form.get(name) == value for name, value in wanted.items())
    )


def now_of(reports: DynamoReports, case: SealedReport) -> SealedReport:
    record = reports.get(case.id, NOW)
    assert record is not None
    return record


def test_a_case_of_an_evening_has_the_day_and_the_zone_of_its_place(desk, reports):
    evening = replace(report(9, Delivery("dot-trafficking", BOUNCED, NOW)), taken_at=EVENING)
    reports.add(evening)
    editor = desk.signed_in(EDITOR_ONE)
    assert "Taken in November 27, 2026, 20:10 PST" in editor.get(f"/admin/case?n={evening.case_number}").words
    assert "November 27, 2026, 20:10 PST" in editor.get("/admin/deliveries").words


def test_automatic_answers_are_counted_by_office_and_day(desk, reports):
    """A digest of two reports is one mail; a case says so too, and nothing is amiss."""
    yesterday = NOW - timedelta(days=1)

    def noted(number: int, at: datetime, mail: str, recipient: str = "dot-trafficking") -> SealedReport:
        return report(number, Delivery(recipient, DELIVERED, NOW, away_at=at, away_mail=mail))

    for case in (
        noted(10, yesterday, "m-1"),
        noted(11, yesterday, "m-1"),
        noted(12, yesterday, "m-2"),
        noted(13, NOW, "m-3"),
        noted(14, NOW, "m-4", "dhs-blue-campaign"),
    ):
        reports.add(case)
    browser = desk.signed_in(EDITOR_ONE)
    page = browser.get("/admin/deliveries")
    rows = [["".join(cell.itertext()) for cell in row.iter("td")] for row in page.tree.iter("tr")]
    today, before = (in_words(local_time(at, "America/Los_Angeles")) for at in (NOW, yesterday))
    assert [row for row in rows if len(row) == 3] == [
        ["Department of Homeland Security, Blue Campaign", today, "1"],
        ["U.S. Department of Transportation", today, "1"],
        ["U.S. Department of Transportation", before, "2"],
    ]
    assert noted(13, NOW, "m-3").case_number not in browser.get("/admin/").words
    case = browser.get(f"/admin/case?n={noted(13, NOW, 'm-3').case_number}")
    assert "An automatic answer came" in case.words
    assert "Their mail server took it" in case.words


def test_without_automatic_answers_the_list_says_nothing_of_them(desk, reports):
    assert "Automatic answers" not in desk.signed_in(EDITOR_ONE).get("/admin/deliveries").words


def test_the_list_shows_what_is_amiss_and_why(desk, reports):
    page = desk.signed_in(EDITOR_ONE).get("/admin/deliveries")
    boxes = ["".join(box.itertext()) for box in page.tree.iter("div") if "alarm" in (box.get("class") or "")]
    assert len(boxes) == 2
    assert LOST.case_number in boxes[1]
    assert "refused it" in boxes[1]
    assert KEPT_BACK.case_number in boxes[0]
    assert "key cannot be used" in boxes[0]
    table = next(one for one in page.tree.iter("table"))
    assert [case.case_number in "".join(table.itertext()) for case in (LOST, FINE, KEPT_BACK)] == [True] * 3
    home = desk.signed_in(EDITOR_ONE).get("/admin/")
    assert LOST.case_number in home.words
    assert FINE.case_number not in home.words


def test_a_case_is_found_by_its_number_however_it_is_typed(desk, reports):
    editor = desk.signed_in(EDITOR_ONE)
    number = LOST.case_number
    for typed in (number, number.lower(), number.replace("-", ""), number[3:].replace("-", "+")):
        page = editor.get(f"/admin/case?n={typed}")
        assert page.status == 200
        assert f"Case {number}" in page.words


def test_a_number_that_is_no_case_is_said_to_be_none(desk, reports):
    editor = desk.signed_in(EDITOR_ONE)
    for typed in ("PL-0000-0000", "nonsense", "", LOST.id):
        page = editor.get(f"/admin/case?n={typed}")
        assert page.status == 404
        assert page.forms("/admin/case/again") == []


def test_no_screen_of_the_desk_holds_the_words_or_the_id_that_a_receipt_leads_to(desk, reports):
    publisher = desk.signed_in(PUBLISHER_ONE)
    for path in ("/admin/", "/admin/deliveries", f"/admin/case?n={LOST.case_number}", "/admin/log/file"):
        page = publisher.get(path)
        assert page.status == 200
        for secret in (WORDS.decode(), LOST.id, "k" * 32):
            assert secret not in page.text


def test_what_the_desk_reads_holds_neither_words_nor_key(desk, reports):
    index = client("dynamodb").scan(TableName=desk.settings.reports_table, IndexName="desk")
    assert len(index["Items"]) == 3
    assert not {"sealed", "reporter_key"} & {name for item in index["Items"] for name in item}
    cases = DynamoCases(lambda: client("dynamodb"), desk.settings.reports_table)
    case = cases.find(LOST.case_number, NOW)
    assert case == replace(LOST, sealed=b"", reporter_key=b"")


def test_what_the_desk_may_write_does_not_touch_the_words():
    kept = {"sealed", "reporter_key", "place", "taken_at", "case_number", "pk"}
    assert not kept & set(WRITTEN)
    keys = {name["AttributeName"] for name in table_definition("x")["AttributeDefinitions"]} - {
        "pk",
        "case_number",
    }
    assert keys <= set(WRITTEN)


def test_sent_again_it_is_queued_and_due_and_its_words_are_still_there(desk, reports):
    publisher = desk.signed_in(PUBLISHER_ONE)
    page = publisher.get(f"/admin/case?n={LOST.case_number}")
    form = buttons(page, "/admin/case/again", recipient="dot-trafficking", address="first")
    response = publisher.post("/admin/case/again", form)
    assert response.location == f"/admin/case?n={LOST.case_number}&done=again"
    now = now_of(reports, LOST)
    again = now.delivery_to("dot-trafficking")
    assert (again.state, again.turn, again.address) == (QUEUED, 1, "first")
    assert (now.sealed, now.reporter_key, now.version) == (WORDS, b"k" * 32, 1)
    assert LOST.id in reports.due(datetime.now(UTC) + timedelta(seconds=5), 10)
    line = desk.log()[-1]
    assert (line["did"], line["about"]) == ("send a report again", LOST.case_number)
    assert line["after"] == "dot-trafficking, its first address"


def test_of_two_who_press_at_once_the_second_is_told(desk, reports):
    first, other = desk.signed_in(PUBLISHER_ONE), desk.signed_in(PUBLISHER_ONE)
    pages = [person.get(f"/admin/case?n={LOST.case_number}") for person in (first, other)]
    forms = [buttons(page, "/admin/case/again", address="first") for page in pages]
    assert first.post("/admin/case/again", forms[0]).status == 303
    assert other.post("/admin/case/again", forms[1]).status == 409
    assert now_of(reports, LOST).delivery_to("dot-trafficking").turn == 1


def test_a_notice_that_comes_between_is_not_overwritten(desk, reports):
    cases = DynamoCases(lambda: client("dynamodb"), desk.settings.reports_table)
    seen = cases.find(LOST.case_number, NOW)
    reports.save(now_of(reports, LOST))
    with pytest.raises(StaleRecord):
        cases.change(seen.acknowledged(NOW))
    assert now_of(reports, LOST).answered_at is None


def test_somebody_answers_for_a_case_and_it_is_amiss_no_more(desk, reports):
    publisher = desk.signed_in(PUBLISHER_ONE)
    page = publisher.get(f"/admin/case?n={LOST.case_number}")
    publisher.submit(page, "/admin/case/answer", why="called them")
    assert now_of(reports, LOST).answered_at is not None
    assert LOST.case_number not in publisher.get("/admin/").words


def test_a_legal_hold_keeps_a_case_beyond_its_date(desk, reports):
    publisher = desk.signed_in(PUBLISHER_ONE)
    page = publisher.get(f"/admin/case?n={FINE.case_number}")
    publisher.submit(page, "/admin/case/hold", why="court order")
    held = now_of(reports, FINE)
    assert (held.legal_hold, held.expires_at) == (True, None)
    page = publisher.get(f"/admin/case?n={FINE.case_number}")
    assert "legal hold" in page.words
    publisher.submit(page, "/admin/case/hold", why="it ended")
    assert now_of(reports, FINE).legal_hold is False


def test_an_editor_sees_a_case_and_has_no_buttons(desk, reports):
    page = desk.signed_in(EDITOR_ONE).get(f"/admin/case?n={LOST.case_number}")
    actions = {form.get("action") for form in page.tree.iter("form")}
    assert actions == {"/admin/search", "/admin/sign-out"}


def test_a_case_whose_time_is_over_is_gone_though_the_table_still_holds_it(desk, reports):
    over = report(4, Delivery("dot-trafficking", DELIVERED, NOW), expires_at=NOW - timedelta(seconds=1))
    reports.add(over)
    editor = desk.signed_in(EDITOR_ONE)
    assert editor.get(f"/admin/case?n={over.case_number}").status == 404
    assert over.case_number not in editor.get("/admin/deliveries").words


def test_a_recipient_that_nobody_knows_and_an_address_that_is_none_do_nothing(desk, reports):
    publisher = desk.signed_in(PUBLISHER_ONE)
    page = publisher.get(f"/admin/case?n={LOST.case_number}")
    form = buttons(page, "/admin/case/again", address="first")
    for wrong in ({"recipient": "nobody"}, {"address": "third"}, {"version": "x"}, {"n": "PL-0000-0000"}):
        assert publisher.post("/admin/case/again", {**form, **wrong}).status in (404, 409)
    assert now_of(reports, LOST).version == 0


def test_a_second_address_is_offered_only_where_there_is_one(desk, reports):
    page = desk.signed_in(PUBLISHER_ONE).get(f"/admin/case?n={LOST.case_number}")
    assert not [form for form in page.forms("/admin/case/again") if form["address"] == FALLBACK]


@pytest.mark.parametrize("typed", ["PL-OIL0-1111", "pl oil0 1111", "0110-1111"])
def test_letters_that_look_like_digits_are_read_as_digits(typed):
    assert read_case_number(typed) == "PL-0110-1111"


@pytest.mark.parametrize("typed", ["", "PL", "PL-1234", "PL-1234-56789", "PL-UUUU-UUUU", "😀" * 8])
def test_what_is_no_case_number_is_refused(typed):
    with pytest.raises(EntryMissing):
        read_case_number(typed)
