"""The page of a job: how far it is without script, how it ended, and the way back to it."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.desk.people import EDITOR, Person
from chalicelib.desk.web.screens import Screen
from chalicelib.publishing import jobs
from chalicelib.publishing.documents import ASKS, Problem
from chalicelib.publishing.jobs import Job
from chalicelib.publishing.see_changes import SeeChanges
from chalicelib.publishing.web.jobs import JobScreens, publishing_now
from chalicelib.publishing.web.publish import PublishScreens
from chalicelib.shared.errors import EntryMissing, StoreUnavailable
from tests.publishing.test_change_screens import Browser, read, tree, words
from tests.publishing.test_jobs import Office
from tests.publishing.test_publish import BEN, CODE, PAGE

JOB = "/admin/job"


class At:
    """The desk's screens over an office, as somebody with a browser that follows Refresh meets them."""

    def __init__(self, office: Office, role: str = "publisher") -> None:
        self.office = office
        self.browser = Browser(role)
        see = SeeChanges(office.desk.store, office.desk.shipped, office.desk.shelf)
        show: Any = self.browser
        self.publishing = PublishScreens(show, office.desk.publish, see, office.ask, office.clock)
        self.jobs = JobScreens(show, office.ask, office.clock, self.publishing.refused)

    def look(self, **query: str) -> Screen:
        return self.publishing.publish(self.browser.get("/admin/publish", **query))

    def press(self, who: str = "", **fields: str) -> Screen:
        fields = {"seen": self.office.fingerprint(), "why": "A new page", "yes": "yes", **fields}
        request = self.browser.post(**fields)
        request.deed.number = "deed"
        if who:
            request = type(request)(*_with(request, Person(who, "publisher")))
        return self.publishing.publish_now(request)

    def at(self, address: str, **more: str) -> Screen:
        path, _, query = address.partition("?")
        assert path == JOB
        asked = dict(part.split("=") for part in query.split("&"))
        return self.jobs.job(self.browser.get(path, **asked, **more))


def _with(request: Any, person: Person) -> list[Any]:
    kept = (request.path, request.posted, request.query, request.csrf, request.secret, request.fields)
    return [*kept, person, request.deed]


@pytest.fixture
def office() -> Office:
    office = Office()
    office.desk.save(PAGE, "new page")
    return office


@pytest.fixture
def desk(office: Office) -> At:
    return At(office)


def leads_to(screen: Screen) -> str:
    assert screen.status_code == 303
    return str(screen.headers["Location"])


def reloads(screen: Screen) -> str:
    """Where the page goes by itself, without script; empty where it stays."""
    assert "http-equiv" not in screen.text, "a header can be left out for who wants to stay; axe flags meta"
    return str(screen.headers.get("Refresh", "")).partition("url=")[2]


def links(screen: Screen) -> dict[str, str]:
    main = next(tree(screen).iter("main"))
    return {words(link): link.get("href") for link in main.iter("a")}


def forms(screen: Screen) -> list[Any]:
    return [*next(tree(screen).iter("main")).iter("form")]


def middle(office: Office, phase: str = jobs.MADE, done: int = 120, of: int = 190) -> Job:
    """Take the newest job half way."""
    job = jobs.taken(office.store.jobs()[-1], "worker", office.clock.now())
    office.store.put_job(job)
    job = jobs.gone_on(job, office.clock.now(), phase, done, of)
    office.store.put_job(job)
    return job


def test_without_script_the_page_of_checks_leads_by_itself_to_what_they_found(
    office: Office, desk: At
) -> None:
    address = leads_to(desk.look())
    waiting = desk.at(address)
    assert reloads(waiting) == address
    assert "Checking every page" in read(waiting)
    assert "It begins in a moment." in read(waiting)
    assert "reloads by itself every 4 seconds" in read(waiting)
    middle(office)
    assert "120 of 190 pages made and checked" in read(desk.at(address))
    office.clock.wait(seconds=61)
    office.bring()
    assert leads_to(desk.at(reloads(waiting))) == "/admin/publish"
    found = desk.look()
    assert found.status_code == 200
    assert "Publish for everybody" in read(found)
    assert not reloads(found)


def test_reloading_can_be_stopped_and_begun_again(office: Office, desk: At) -> None:
    address = leads_to(desk.look())
    stop = links(desk.at(address))["Stop reloading"]
    stays = desk.at(stop)
    assert not reloads(stays)
    assert "does not reload by itself" in read(stays)
    assert links(stays) == {"Look now": stop, "let it reload by itself": address}
    assert reloads(desk.at(address)) == address


def test_a_publish_says_how_far_it_is_and_what_is_live_at_its_end(office: Office, desk: At) -> None:
    address = leads_to(desk.press())
    assert PAGE not in address
    middle(office, jobs.WRITTEN, 7, 12)
    page = desk.at(address)
    assert "7 of 12 files put in place" in read(page)
    assert "7 of 12 files put in place" in words(next(tree(page).iter("title")))
    (bar,) = tree(page).iter("progress")
    assert (bar.get("value"), bar.get("max"), bar.get("aria-labelledby")) == ("7", "12", "far")
    steps = [(words(step), step.get("aria-current")) for step in tree(page).iter("li") if step.get("class")]
    assert [step for step, _ in steps] == ["Make and check every page that changes done"]
    (now,) = [step for step in tree(page).iter("li") if step.get("aria-current") == "step"]
    assert words(now) == "Put them in place now"
    office.clock.wait(seconds=61)
    office.bring()
    done = desk.at(address)
    assert not reloads(done)
    assert "Published. Readers see it within a minute." in read(done)
    assert links(done)["See the site as readers do"] == "/"
    assert links(done)["What it changed"] == "/admin/releases/what?release=1"


def test_a_job_that_was_left_is_found_again(office: Office, desk: At) -> None:
    address = leads_to(desk.press())
    middle(office)
    line = publishing_now(office.ask, office.clock, "ana@desk.example")
    assert line is not None
    assert (line.doing, line.address) == ("Publishing", address)
    assert line.progress == "120 of 190 pages made and checked"
    leads_to(desk.look())
    office.bring()
    page = desk.look()
    assert "Publishing since November 25, 2026, 04:00 PST" in read(page)
    assert "120 of 190 pages made and checked. See it" in read(page)
    assert links(page)["See it"] == address
    office.clock.wait(seconds=61)
    assert office.ask.see(address.partition("=")[2]).state == jobs.WAITING
    office.bring()
    assert publishing_now(office.ask, office.clock, "ana@desk.example") is None


def test_the_second_who_publishes_is_told_and_sees_the_first(office: Office, desk: At) -> None:
    first = leads_to(desk.press(BEN, why="Mine"))
    second = desk.press(why="And mine")
    assert second.status_code == 409
    assert f"{BEN} is publishing already" in read(second)
    assert "what you typed is kept" in read(second)
    assert reloads(second) == first
    assert leads_to(desk.press(BEN, why="Pressed twice")) == first
    assert len(office.queue.ids) == 1


def test_what_was_typed_comes_back_when_something_changed(office: Office, desk: At) -> None:
    seen = office.fingerprint()
    office.desk.save(CODE, "unseen", BEN)
    refused = desk.press(seen=seen)
    assert refused.status_code == 409
    assert f"Changed since you looked: The page to type a code, new, by {BEN}" in read(refused)
    (form,) = [one for one in tree(refused).iter("form") if one.get("action") == "/admin/publish"]
    typed = {field.get("name"): field.get("value") for field in form.iter("input")}
    assert typed["why"] == "A new page"
    address = leads_to(desk.publishing.publish(desk.browser.post(**typed)))
    office.bring()
    assert leads_to(desk.at(address)) == "/admin/publish"
    (why,) = [field for field in tree(desk.look()).iter("input") if field.get("name") == "why"]
    assert why.get("value") == "A new page"


def test_a_publish_that_was_refused_on_its_way_shows_why_and_what_was_typed(office: Office, desk: At) -> None:
    address = leads_to(desk.press(yes=""))
    office.desk.renderer.problems = [Problem(PAGE, 1, "Look at this.", ASKS)]
    office.bring()
    page = desk.at(address)
    assert "Nothing was published: this needs your yes." in read(page)
    assert "Look at this." in read(page)
    assert not reloads(page)
    fields = {field.get("name"): field for field in tree(page).iter("input")}
    assert fields["why"].get("value") == "A new page"
    assert fields["yes"].get("aria-invalid") == "true"
    editor = At(office, EDITOR).at(address)
    assert "Nothing was published: this needs your yes." in read(editor)
    assert not forms(editor)
    office.desk.save(CODE, "more", BEN)
    again = desk.at(address)
    assert "Show it as it is now" in read(again)
    assert {field.get("value") for field in tree(again).iter("input")} >= {"A new page"}


def test_what_is_refused_at_once_is_no_job(office: Office, desk: At) -> None:
    leads_to(desk.look())
    office.bring()
    page = desk.press(why=" ")
    assert page.status_code == 422
    assert "Please say why" in read(page)
    assert {job.kind for job in office.store.jobs()} == {jobs.CHECKS}


def test_an_interrupted_job_says_so_and_goes_on_by_itself(office: Office, desk: At) -> None:
    address = leads_to(desk.press())
    middle(office)
    office.queue.ids = []
    office.clock.wait(seconds=61)
    page = desk.at(address)
    assert office.queue.ids, "who looks in sends it once more"
    assert reloads(page) == address
    office.bring()
    assert "Published." in read(desk.at(address))


def test_while_the_queue_is_away_the_page_says_that_nothing_is_lost(office: Office, desk: At) -> None:
    office.queue.away = True
    page = desk.at(leads_to(desk.press()))
    assert "Publishing: interrupted" in read(page)
    assert "This was interrupted. Nothing is lost" in read(page)
    assert reloads(page)


def test_after_several_tries_a_publisher_lets_it_go_on(office: Office, desk: At) -> None:
    address = leads_to(desk.press())
    office.desk.renderer.before = away
    for _ in range(jobs.MOST_TRIES):
        office.bring()
    office.desk.renderer.before = lambda: None
    page = desk.at(address)
    assert not reloads(page)
    assert "does not go on by itself. Readers get what they got before" in read(page)
    assert not forms(At(office, EDITOR).at(address))
    form, stop = forms(page)
    fields = {field.get("name"): field.get("value") for field in form.iter("input")}
    assert (form.get("action"), stop.get("action")) == ("/admin/job/go-on", "/admin/job/stop")
    request = desk.browser.post(**fields)
    request.deed.number = "another deed"
    office.queue.ids = []
    assert leads_to(desk.jobs.go_on(request)) == address
    assert request.deed.goes_on, "the worker writes what came of it into the log"
    office.bring()
    assert "Published." in read(desk.at(address))


def away() -> None:
    raise StoreUnavailable("away")


def test_what_is_broken_says_that_it_is_no_fault_of_a_text(office: Office, desk: At) -> None:
    address = leads_to(desk.press())

    def broken() -> None:
        raise ZeroDivisionError

    office.desk.renderer.before = broken
    office.bring()
    page = desk.at(address)
    assert "the operator has been told. This is no fault of a text." in read(page)
    assert not reloads(page)


def test_a_job_that_is_not_kept_is_not_there(desk: At) -> None:
    for id_ in ("", "0" * 32, "lane", "../" * 20, "0" * 3000):
        with pytest.raises(EntryMissing):
            desk.at(f"{JOB}?j={id_}")


def test_a_look_back_leads_back_to_that_release(office: Office, desk: At) -> None:
    leads_to(desk.press())
    office.bring()
    office.clock.wait(seconds=1)
    asked = desk.browser.get("/admin/releases/look", release="0")
    address = leads_to(desk.publishing.before_rolling_back(asked))
    office.bring()
    assert leads_to(desk.at(address)) == "/admin/releases/look?release=0"
    assert "Roll back for everybody" in read(desk.publishing.before_rolling_back(asked))


@pytest.mark.parametrize("kind", jobs.KINDS)
@pytest.mark.parametrize("state", jobs.MOVES)
def test_every_state_of_every_kind_has_a_page(office: Office, desk: At, kind: str, state: str) -> None:
    now = office.clock.now()
    release = 0 if kind == jobs.BACK else None
    job = Job("a" * 32, kind, BEN, "publisher", now, now, state=state, release=release, why="<b>", told="So.")
    office.store.put_job(job)
    page = desk.at(f"{JOB}?j={job.id}")
    if page.status_code != 303:
        assert "<b>" not in page.text
        assert read(page)
