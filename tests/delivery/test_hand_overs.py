"""A copy that did not arrive is handed over by two publishers, with a reason, to an office of its kind."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from chalicelib.reporting.adapters.dynamo_reports import DynamoReports
from chalicelib.reporting.cases import (
    BOUNCED,
    COMPLAINED,
    DELAYED,
    DELIVERED,
    FAILED,
    FALLEN_BACK,
    HELD,
    QUEUED,
    REJECTED,
    SENT,
    UNCLEAR,
    WITHHELD,
    Delivery,
    SealedReport,
)
from chalicelib.shared.aws.sdk import client
from chalicelib.shared.system_clock import SystemClock
from chalicelib.wiring.grant_hand_overs import grant_hand_overs
from tests.support.desk_site import EDITOR_ONE, PUBLISHER_ONE, PUBLISHER_TWO, DeskSite, Page
from tests.support.fakes import FakeRecipients, recipient
from tests.support.settled_recipients import put_offices

pytestmark = pytest.mark.takes(180)

NOW = datetime.now(UTC).replace(microsecond=0)
BEFORE = date(2026, 1, 1)
PD = recipient("los-banos-pd", serves="los-banos-ca", agreed_on=BEFORE)
SHERIFF = recipient("sheriff", serves="merced-county-ca", agreed_on=BEFORE)
BORDER = recipient("border", serves="us", enforces_immigration=True, agreed_on=BEFORE)
FRESNO = recipient("fresno-pd", serves="fresno-ca", agreed_on=BEFORE)
FRESNO_CLINIC = recipient("fresno-clinic", serves="fresno-ca", nature="services", agreed_on=BEFORE)
FRESNO_BORDER = recipient("fresno-border", serves="fresno-ca", enforces_immigration=True, agreed_on=BEFORE)
NEW_PD = recipient("new-pd", serves="los-banos-ca", agreed_on=NOW.date() + timedelta(days=1))
SAME_INBOX = recipient("old-sheriff", serves="fresno-ca", email=SHERIFF.email.upper(), agreed_on=BEFORE)
NOT_YET = recipient("not-yet", serves="fresno-ca", agreed_on=None)
EVERYBODY = (PD, SHERIFF, BORDER, FRESNO, FRESNO_CLINIC, FRESNO_BORDER, NEW_PD, SAME_INBOX, NOT_YET)
MOVE, AGREE, DECLINE = "/admin/case/move", "/admin/access/hand-over", "/admin/case/decline"


def report(number: int, *deliveries: Delivery, **more: Any) -> SealedReport:
    return SealedReport(
        id=f"{number:032x}",
        sealed=b"sealed",
        reporter_key=b"k" * 32,
        place="los-banos-ca",
        taken_at=NOW - timedelta(hours=1),
        deliveries=deliveries,
        **more,
    )


LOST = report(1, Delivery("los-banos-pd", BOUNCED, NOW))


@pytest.fixture
def directory() -> FakeRecipients:
    return FakeRecipients(*EVERYBODY, chain=("los-banos-ca", "merced-county-ca", "us"))


@pytest.fixture
def desk(make_desk, directory) -> DeskSite:
    site = make_desk(directory=directory)
    put_offices(site.settings.access_table, EVERYBODY)
    return site


@pytest.fixture
def reports(desk) -> DynamoReports:
    store = DynamoReports(lambda: client("dynamodb"), desk.settings.reports_table)
    store.add(LOST)
    return store


def now_of(reports: DynamoReports, case: SealedReport = LOST) -> SealedReport:
    record = reports.get(case.id, NOW)
    assert record is not None
    return record


def case_page(person, case: SealedReport = LOST) -> Page:
    return person.get(f"/admin/case?n={case.case_number}")


def offered(page: Page) -> list[str]:
    return [option.get("value") for option in page.tree.iter("option")]


def link_to_agree(page: Page) -> str:
    """Return where the case leads to agree to a hand-over."""
    [link] = [
        one.get("href") for one in page.tree.iter("a") if (one.get("href") or "").startswith(AGREE + "?")
    ]
    return str(link)


def handed_over(desk: DeskSite, directory: FakeRecipients) -> int:
    """Do what the deliver function does each minute; return how many copies were handed over."""
    return grant_hand_overs(desk.settings, SystemClock(), directory)()


def proposed(desk: DeskSite, other: str = "fresno-pd", why: str = "their inbox is dead", who=PUBLISHER_ONE):
    person = desk.signed_in(who)
    response = person.submit(case_page(person), MOVE, other=other, why=why)
    assert response.status == 303, response.words
    return person


def test_two_publishers_hand_a_lost_copy_over_and_the_log_names_both_offices_and_why(
    desk, reports, directory
):
    proposed(desk)
    waiting = now_of(reports)
    assert [delivery.recipient for delivery in waiting.deliveries] == ["los-banos-pd"]
    assert waiting.due_at() == LOST.due_at()
    for email in (PUBLISHER_ONE, PUBLISHER_TWO):
        person = desk.signed_in(email)
        page = case_page(person)
        for words in (PUBLISHER_ONE, PD.name, FRESNO.name, "their inbox is dead"):
            assert words in page.words
        assert handed_over(desk, directory) == 0
        at_people = person.at_access().get(link_to_agree(page))
        assert FRESNO.name in at_people.words
        agreed = person.submit(at_people, f"{AGREE}/agree", number=LOST.case_number)
        assert agreed.status == 303, agreed.words
    assert handed_over(desk, directory) == 1
    now = now_of(reports)
    assert now.delivery_to("los-banos-pd").state == FAILED
    there = now.delivery_to("fresno-pd")
    assert (there.state, there.instead_of) == (QUEUED, "los-banos-pd")
    assert "instead of" not in case_page(person).words
    assert f"because the copy for {PD.name} did not arrive" in case_page(person).words
    lines = [line for line in desk.log() if "hand" in line["did"]]
    for line, did in zip(lines, ("propose to hand", "agree to hand", "agree to hand"), strict=True):
        assert line["did"].startswith(did)
        assert line["about"].startswith(LOST.case_number)
        assert (line["before"], line["after"], line["outcome"]) == ("los-banos-pd", "fresno-pd", "done")
    assert lines[0]["why"] == "their inbox is dead"


def test_the_desk_offers_what_deliveries_and_todays_form_let_it_know(desk, reports):
    page = case_page(desk.signed_in(PUBLISHER_ONE))
    # Not who stood on the form unticked, nor its inbox; not another nature, nor immigration enforcement.
    assert offered(page) == ["fresno-pd", "new-pd", "not-yet"]


def test_in_production_nobody_is_offered_who_has_not_agreed_to_get_reports(directory):
    from chalicelib.delivery.hand_over_cases import HandOvers
    from tests.support.fakes import FixedClock

    hand_overs = HandOvers(None, directory, FixedClock(NOW), agreed_only=True)  # type: ignore[arg-type]
    others = hand_overs.of(LOST)["los-banos-pd"].others
    assert [other.id for other in others] == ["fresno-pd", "new-pd"]


def test_immigration_enforcement_is_offered_only_where_such_an_office_was_ticked(desk, reports):
    both = report(2, Delivery("los-banos-pd", BOUNCED, NOW), Delivery("border", DELIVERED, NOW))
    reports.add(both)
    assert "fresno-border" in offered(case_page(desk.signed_in(PUBLISHER_ONE), both))


@pytest.mark.parametrize("other", ["sheriff", "border", "fresno-clinic", "fresno-border", "old-sheriff", "x"])
def test_what_is_not_offered_is_refused_and_the_log_says_so(desk, reports, other):
    person = desk.signed_in(PUBLISHER_ONE)
    form = {**case_page(person).forms(MOVE)[0], "why": "because I say so", "other": other}
    response = person.post(MOVE, form)
    assert response.status == 422
    assert "cannot be handed to this office" in response.words
    assert now_of(reports) == LOST
    line = desk.log()[-1]
    assert line["outcome"] == "refused"
    assert (line["before"], line["after"], line["why"]) == ("los-banos-pd", other, "because I say so")
    assert "cannot be handed" in line["told"]


@pytest.mark.parametrize("why", ["", "   ", "\u200e\u202e", "x" * 301])
def test_a_reason_is_required_and_what_was_typed_is_kept(desk, reports, why):
    person = desk.signed_in(PUBLISHER_ONE)
    response = person.submit(case_page(person), MOVE, other="new-pd", why=why)
    assert response.status == 422
    assert "Please say why" in response.words
    (form,) = response.forms(MOVE)
    assert form["other"] == "new-pd"
    assert form["why"] == why
    link = next(
        anchor for anchor in response.tree.iter("a") if "Please say why" in "".join(anchor.itertext())
    )
    assert [field for field in response.tree.iter("input") if f"#{field.get('id')}" == link.get("href")]
    assert now_of(reports).deliveries[0].proposed is None


@pytest.mark.parametrize(
    ("state", "may"),
    [
        *((state, True) for state in (BOUNCED, REJECTED, FAILED, WITHHELD)),
        *(
            (state, False)
            for state in (QUEUED, HELD, SENT, DELAYED, UNCLEAR, DELIVERED, FALLEN_BACK, COMPLAINED)
        ),
    ],
)
def test_only_a_copy_that_did_not_arrive_and_is_not_on_its_way_can_be_handed_over(desk, reports, state, may):
    when = NOW + timedelta(hours=1) if state in (QUEUED, HELD, FALLEN_BACK, DELAYED) else None
    case = report(3, Delivery("los-banos-pd", state, NOW, when))
    reports.add(case)
    person = desk.signed_in(PUBLISHER_ONE)
    page = case_page(person, case)
    assert bool(page.forms(MOVE)) == may
    form = {
        **case_page(person).forms(MOVE)[0],
        "n": case.case_number,
        "recipient": "los-banos-pd",
        "other": "fresno-pd",
        "why": "please",
        "version": "0",
    }
    assert person.post(MOVE, form).status == (303 if may else 422)


def test_who_proposed_can_take_it_back(desk, reports):
    person = proposed(desk)
    page = case_page(person)
    assert "You can be one of them, although you proposed it" in page.words
    (form,) = page.forms(DECLINE)
    assert person.post(DECLINE, form).location.endswith("done=hand_over_declined")
    assert now_of(reports).deliveries[0].proposed is None


def test_what_can_be_handed_to_this_office_no_more_is_said_and_leads_nowhere(desk, reports, directory):
    proposed(desk)
    directory.all = tuple(one for one in EVERYBODY if one != FRESNO)
    page = case_page(desk.signed_in(PUBLISHER_TWO))
    assert "cannot be handed to this office any more" in page.words
    assert AGREE + "?" not in page.text
    assert page.forms(DECLINE)


def test_an_editor_sees_what_waits_and_decides_nothing(desk, reports):
    proposed(desk)
    editor = desk.signed_in(EDITOR_ONE)
    page = case_page(editor)
    assert "their inbox is dead" in page.words
    assert not [form for address in (MOVE, DECLINE) for form in page.forms(address)]
    assert AGREE + "?" not in page.text
    form = case_page(desk.signed_in(PUBLISHER_TWO)).forms(DECLINE)[0]
    (own,) = page.forms("/admin/sign-out")
    assert editor.post(DECLINE, {**form, "csrf": own["csrf"]}).status == 403
    line = desk.log()[-1]
    assert line["outcome"] == "refused"
    for word in (LOST.case_number, "los-banos-pd", "fresno-pd"):
        assert word in line["about"]
    assert len(now_of(reports).deliveries) == 1


@pytest.mark.parametrize("what", ["target", "reason", "name", "nature"])
def test_what_changed_since_it_was_shown_cannot_be_declined(desk, reports, directory, what):
    first = proposed(desk)
    second = desk.signed_in(PUBLISHER_TWO)
    seen = case_page(second).forms(DECLINE)[0]
    if what in ("target", "reason"):
        first.submit(case_page(first), DECLINE)
        how = {"other": "new-pd"} if what == "target" else {"why": "another reason"}
        proposed(desk, **how)
    else:
        changed = {"name": "Fresno ICE"} if what == "name" else {"nature": "desk"}
        directory.all = tuple(
            replace(office, **changed) if office == FRESNO else office for office in EVERYBODY
        )
    assert second.post(DECLINE, seen).status == 409
    assert [delivery.recipient for delivery in now_of(reports).deliveries] == ["los-banos-pd"]
    assert now_of(reports).deliveries[0].proposed is not None


def test_what_is_declined_is_not_sent_and_the_log_says_why(desk, reports):
    proposed(desk)
    second = desk.signed_in(PUBLISHER_TWO)
    second.submit(case_page(second), DECLINE, declined_why="wrong town")
    assert now_of(reports).deliveries[0].proposed is None
    assert desk.log()[-1]["why"] == "their inbox is dead; wrong town"
    assert offered(case_page(second))


def test_a_copy_that_is_sent_again_forgets_its_proposal(desk, reports):
    first = proposed(desk)
    page = case_page(first)
    again = next(form for form in page.forms("/admin/case/again") if form["address"] == "first")
    assert first.post("/admin/case/again", again).status == 303
    assert now_of(reports).deliveries[0].proposed is None


def test_a_second_proposal_does_not_take_the_first_ones_place(desk, reports):
    first = desk.signed_in(PUBLISHER_ONE)
    form = case_page(first).forms(MOVE)[0]
    proposed(desk, who=PUBLISHER_TWO)
    response = first.post(MOVE, {**form, "other": "new-pd", "why": "mine", "version": "1"})
    assert response.status == 422
    assert "waits already" in response.words
    assert now_of(reports).deliveries[0].proposed.by == PUBLISHER_TWO


def test_what_was_withheld_says_so_and_asks_for_a_person_only_if_nobody_has_the_report(desk, reports):
    held_back = report(4, Delivery("border", WITHHELD, NOW), Delivery("los-banos-pd", DELIVERED, NOW))
    nobody = report(5, Delivery("border", WITHHELD, NOW))
    for case in (held_back, nobody):
        reports.add(case)
    person = desk.signed_in(EDITOR_ONE)
    assert "what the writer chose on the form does not allow it" in case_page(person, held_back).words
    home = person.get("/admin/deliveries").words
    boxes = [
        "".join(box.itertext())
        for box in person.get("/admin/deliveries").tree.iter("div")
        if "alarm" in (box.get("class") or "")
    ]
    assert [box for box in boxes if nobody.case_number in box]
    assert not [box for box in boxes if held_back.case_number in box]
    assert held_back.case_number in home


def test_a_reason_is_text_and_nothing_else(desk, reports):
    proposed(desk, why="<script>alert(1)</script> \u202e & 'so'")
    page = case_page(desk.signed_in(PUBLISHER_TWO))
    assert "<script>alert" not in page.text
    assert "<script>alert(1)</script> & 'so'" in page.words
