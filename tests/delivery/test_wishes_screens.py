"""On AWS the desk writes no case: a button leaves a wish, which the screen shows until it is done."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from chalicelib.delivery.adapters.dynamo_wishes import DynamoWishes
from chalicelib.delivery.wishes import AGREE, HOLD, Wish
from chalicelib.reporting.adapters.dynamo_reports import DynamoReports
from chalicelib.reporting.cases import BOUNCED, DELIVERED, QUEUED, Delivery, SealedReport
from chalicelib.shared.aws.sdk import client
from chalicelib.shared.system_clock import SystemClock
from chalicelib.wiring import sweep as sweeping
from chalicelib.wiring.grant_hand_overs import grant_hand_overs
from chalicelib.wiring.wishes import grant_wishes
from tests.support.desk_site import PUBLISHER_ONE, PUBLISHER_TWO, DeskSite, Page, Person
from tests.support.fakes import FakeRecipients, recipient

pytestmark = pytest.mark.takes(30)

NOW = datetime.now(UTC).replace(microsecond=0)
PD, SHERIFF = recipient("pd", serves="town"), recipient("sheriff", serves="elsewhere")
LOST = SealedReport(
    "1" * 32, b"sealed", b"k" * 32, "town", NOW - timedelta(hours=2), (Delivery("pd", BOUNCED, NOW),)
)
DIRECTORY = FakeRecipients(PD, SHERIFF)


@pytest.fixture
def desk(make_desk: Any) -> DeskSite:
    """The desk as on AWS, where another function grants what it wishes."""
    site: DeskSite = make_desk(stage="dev", directory=DIRECTORY)
    reports(site).add(LOST)
    return site


def reports(desk: DeskSite) -> DynamoReports:
    return DynamoReports(lambda: client("dynamodb"), desk.settings.reports_table)


def stored(desk: DeskSite) -> SealedReport:
    record = reports(desk).get(LOST.id, NOW)
    assert record is not None
    return record


def case_page(person: Person) -> Page:
    return person.get(f"/admin/case?n={LOST.case_number}")


def granted(desk: DeskSite) -> int:
    """Do what the deliver function does each minute."""
    return grant_wishes(desk.settings, SystemClock(), DIRECTORY)()


def test_a_button_leaves_a_wish_that_is_shown_until_it_is_done(desk: DeskSite) -> None:
    publisher = desk.signed_in(PUBLISHER_ONE)
    before = stored(desk)
    page = publisher.submit(case_page(publisher), "/admin/case/again", recipient="pd", address="first")
    assert page.location == f"/admin/case?n={LOST.case_number}&done=again"
    assert stored(desk) == before
    words = case_page(publisher).words
    assert f"Send it again ({PD.name}): wished by {PUBLISHER_ONE} at " in words
    assert "will be done within a minute" in words
    assert (desk.log()[-1]["who"], desk.log()[-1]["did"]) == (PUBLISHER_ONE, "send a report again")
    assert granted(desk) == 1
    again = stored(desk).delivery_to("pd")
    assert again is not None
    assert (again.state, again.turn) == (QUEUED, 1)
    assert "wished by" not in case_page(publisher).words
    assert granted(desk) == 0


def test_what_does_not_fit_any_more_is_said_with_its_reason(desk: DeskSite) -> None:
    publisher = desk.signed_in(PUBLISHER_ONE)
    publisher.submit(case_page(publisher), "/admin/case/again", recipient="pd", address="first")
    late = Delivery("pd", DELIVERED, NOW)  # their server took it after all
    reports(desk).change(stored(desk).with_delivery(late))
    assert granted(desk) == 0
    assert stored(desk).deliveries == (late,)
    words = case_page(publisher).words
    assert "and not done, because the case changed meanwhile" in words


def test_two_wishes_hand_no_copy_over(desk: DeskSite) -> None:
    first = desk.signed_in(PUBLISHER_ONE)
    page = first.submit(case_page(first), "/admin/case/move", other="sheriff", why="a dead inbox")
    assert page.status == 303
    assert granted(desk) == 1
    waiting = case_page(desk.signed_in(PUBLISHER_TWO))
    assert "a dead inbox" in waiting.words
    [shown] = [form["shown"] for form in waiting.forms("/admin/case/decline")]
    wishes = DynamoWishes(lambda: client("dynamodb"), desk.settings.wishes_table)
    for number, by in enumerate((PUBLISHER_ONE, PUBLISHER_TWO)):
        now = datetime.now(UTC)
        wishes.add(Wish(f"2 {number}", LOST.case_number, AGREE, by, now, "pd", seen=shown))
    assert granted(desk) == 0
    assert grant_hand_overs(desk.settings, SystemClock(), DIRECTORY)() == 0
    assert [one.recipient for one in stored(desk).deliveries] == ["pd"]
    assert "because two publishers have to agree to it at People" in case_page(first).words


def test_locally_it_is_done_at_once(make_desk: Any) -> None:
    site: DeskSite = make_desk(directory=DIRECTORY)
    reports(site).add(LOST)
    publisher = site.signed_in(PUBLISHER_ONE)
    publisher.submit(case_page(publisher), "/admin/case/hold", why="a court asked")
    assert stored(site).legal_hold
    assert "wished by" not in case_page(publisher).words


def test_the_sweep_grants_a_legal_hold_before_it_deletes(desk: DeskSite, monkeypatch: Any) -> None:
    over = SealedReport(
        "2" * 32, b"sealed", b"k" * 32, "town", NOW, (Delivery("pd", DELIVERED, NOW),),
        expires_at=NOW - timedelta(seconds=20),
    )  # fmt: skip
    reports(desk).add(over)
    wished = NOW - timedelta(seconds=40)
    wishes = DynamoWishes(lambda: client("dynamodb"), desk.settings.wishes_table)
    wishes.add(Wish("1", over.case_number, HOLD, PUBLISHER_ONE, wished))
    monkeypatch.setattr(sweeping, "delivery_recipients", lambda *_: DIRECTORY)
    monkeypatch.setattr(sweeping, "remind_of_contacts", lambda *_: None)
    context = SimpleNamespace(get_remaining_time_in_millis=lambda: 100_000)
    sweeping.sweep(desk.settings, context, scheduled_at=datetime.now(UTC))
    kept = reports(desk).get(over.id, NOW)
    assert kept is not None
    assert (kept.legal_hold, kept.expires_at) == (True, None)
