"""The screens of figures over a table: what they say, in words, pictures and the file, and to whom."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime, timedelta

import pytest

from chalicelib.delivery.adapters.dynamo_month_sums import DynamoMonthSums
from chalicelib.delivery.month_tallies import MonthSum
from chalicelib.delivery.read_figures import months_to
from chalicelib.delivery.shown_figures import Counts
from chalicelib.reporting.adapters.dynamo_reports import DynamoReports
from chalicelib.reporting.cases import BOUNCED, DELIVERED, SENT, Delivery, SealedReport
from chalicelib.shared.aws.sdk import client
from chalicelib.shared.days import in_words
from chalicelib.shared.time_zones import local_time
from tests.support.desk_site import EDITOR_ONE, DeskSite, Page

pytestmark = pytest.mark.takes(15)

NOW = datetime.now(UTC).replace(microsecond=0)
SVG = "{http://www.w3.org/2000/svg}"
ZONE = "America/Los_Angeles"
THIS, LAST, BEFORE_LAST, *_ = months_to(f"{local_time(NOW, ZONE):%Y-%m}")


def report(number: int, *deliveries: Delivery) -> SealedReport:
    return SealedReport(f"{number:032x}", b"words", b"k" * 32, "los-banos-ca", NOW, deliveries)


def taken(number: int, minutes: int = 3) -> SealedReport:
    arrived = NOW + timedelta(minutes=minutes)
    return report(number, Delivery("dot-trafficking", DELIVERED, arrived, past=((SENT, NOW),)))


@pytest.fixture
def figures(desk: DeskSite) -> DeskSite:
    """Seven reports of this month, one of them lost; 23 of last month in the sums, three the month before."""
    name = desk.settings.reports_table
    store = DynamoReports(lambda: client("dynamodb"), name)
    for number in range(6):
        store.add(taken(number))
    store.add(report(7, Delivery("dot-trafficking", BOUNCED, NOW, past=((SENT, NOW),))))
    sums = DynamoMonthSums(lambda: client("dynamodb"), name)
    sums.begin(NOW)
    many = Counts(23, 21, 6, 2, 0, (9, 0, 0, 0, 0, 0, 0, 0))
    sums.save(MonthSum(LAST, "los-banos-ca", {"": many, "dot-trafficking": many}))
    sums.save(MonthSum(BEFORE_LAST, "los-banos-ca", {"": Counts(3, 3)}, partial=True))
    return desk


def rows(page: Page, caption: str) -> dict[str, list[str]]:
    table = next(
        one for one in page.tree.iter("table") if caption in "".join(next(one.iter("caption")).itertext())
    )
    return {
        "".join(row.find("th").itertext()): ["".join(cell.itertext()) for cell in row.iter("td")]
        for row in table.iter("tr")
        if list(row.iter("td"))
    }


def month_name(month: str) -> str:
    return f"{datetime.fromisoformat(month + '-01'):%B %Y}"


def test_a_town_has_its_months_from_sums_and_from_cases(figures: DeskSite) -> None:
    page = figures.signed_in(EDITOR_ONE).get("/admin/figures?town=los-banos-ca")
    months = rows(page, "Reports by month")
    assert len(months) == 13
    assert months[month_name(THIS)] == ["5 to 9", "5 to 9", "<5", "<5", "<5", "too few", "too few"]
    assert months[month_name(LAST)] == [
        "20 to 24",
        "20 to 24",
        "5 to 9",
        "<5",
        "<5",
        "up to 5 min",
        "over 5 min",
    ]
    assert months[month_name(BEFORE_LAST)][:2] == ["<5", "<5"]
    assert f"Counting began in {month_name(THIS)}." in page.words
    assert f"Some reports of {month_name(BEFORE_LAST)} came before" in page.words


def test_an_office_has_its_copies_and_a_total_only_what_is_shown(figures: DeskSite) -> None:
    page = figures.signed_in(EDITOR_ONE).get("/admin/figures?time=year")
    offices = rows(page, "Copies for each office")
    [dot] = [cells for name, cells in offices.items() if "Transportation" in name]
    assert dot[0] == "at least 20"
    assert {cells[0] for cells in offices.values()} == {"at least 20", "<5 each"}
    assert rows(page, "Reports by town")["Los Banos"][0] == "at least 20"


def test_an_office_has_its_replies_in_steps_and_half_of_them_in_days(figures: DeskSite) -> None:
    store = DynamoReports(lambda: client("dynamodb"), figures.settings.reports_table)

    def replied(number: int, office: str, days: float) -> SealedReport:
        arrived = NOW + timedelta(minutes=3)
        at = arrived + timedelta(days=days)
        return report(number, Delivery(office, DELIVERED, arrived, past=((SENT, NOW),), replied_at=at))

    for number in range(20, 40):
        store.add(replied(number, "dot-trafficking", 0.5 if number < 36 else 5))
    for number in range(40, 44):
        store.add(replied(number, "dhs-blue-campaign", 2))
    page = figures.signed_in(EDITOR_ONE).get("/admin/figures?town=los-banos-ca")
    offices = rows(page, "Copies for each office")
    told = {name.strip()[:4]: cells[7:] for name, cells in offices.items()}
    assert told["U.S."] == ["20 to 24", "up to 1 day"]
    assert told["Depa"] == ["<5", "too few"]


def test_a_picture_has_a_name_and_says_what_the_table_says(figures: DeskSite) -> None:
    page = figures.signed_in(EDITOR_ONE).get("/admin/figures?town=los-banos-ca")
    pictures = [svg for svg in page.tree.iter(f"{SVG}svg") if svg.get("role") == "img"]
    assert len(pictures) == 2
    months = rows(page, "Reports by month")
    for svg in pictures:
        named = [page.tree.find(f".//*[@id='{one}']") for one in svg.get("aria-labelledby").split()]
        assert all("".join(one.itertext()).strip() for one in named)
    told = "".join(pictures[0].find(f"{SVG}desc").itertext())
    assert all(f"{name}: {cells[0]}." in told for name, cells in months.items())


def test_the_file_has_the_same_in_the_same_steps(figures: DeskSite) -> None:
    answer = figures.signed_in(EDITOR_ONE).get("/admin/figures/file")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="figures.csv"'
    table = list(csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff"))))
    [last] = [
        row
        for row in table
        if (row["Month"], row["Town"], row["Office"]) == (LAST, "Los Banos", "all offices")
    ]
    assert [last["Reports"], last["Failed"]] == ["20 to 24", "<5"]
    heads = ("Reports", "Taken by every office, or by this one", "Failed")
    counts = {row[head] for row in table for head in heads}
    assert counts <= {"<5", "5 to 9", "20 to 24"}


def test_a_town_without_any_report_looks_like_one_with_four(desk: DeskSite) -> None:
    page = desk.signed_in(EDITOR_ONE).get("/admin/figures?town=los-banos-ca")
    empty = rows(page, "Reports by month")
    store = DynamoReports(lambda: client("dynamodb"), desk.settings.reports_table)
    for number in range(4):
        store.add(taken(number))
    again = desk.signed_in(EDITOR_ONE).get("/admin/figures?town=los-banos-ca")
    assert rows(again, "Reports by month") == empty


def test_a_case_is_a_line_of_time_in_the_towns_hours(figures: DeskSite) -> None:
    case = taken(3, minutes=2)
    page = figures.signed_in(EDITOR_ONE).get(f"/admin/case?n={case.case_number}")
    [line] = [one for one in page.tree.iter("ol") if one.get("class") == "when"]
    steps = [" ".join("".join(step.itertext()).split()) for step in line.iter("li")]
    assert "Taken in, on the page of Los Banos." in steps[0]
    assert "Sent to" in steps[1]
    assert "Taken by the mail server of" in steps[2]
    assert f"{in_words(local_time(NOW, ZONE))}, {local_time(NOW, ZONE):%H:%M}" in steps[0]
    assert "los-banos-ca" not in page.words
