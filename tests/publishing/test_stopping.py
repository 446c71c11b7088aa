"""A job is stopped: then nothing of it reaches readers, or it says that they have it already."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from moto import mock_aws

from chalicelib.desk.errors import NotAllowed
from chalicelib.desk.people import EDITOR
from chalicelib.desk.web.screens import Screen
from chalicelib.publishing import jobs
from chalicelib.publishing.chunks import Chunk, done
from chalicelib.publishing.jobs import TooLateToStop
from chalicelib.shared.aws.sdk import client
from chalicelib.shared.errors import EntryMissing, StoreBusy
from tests.publishing.test_change_screens import read, tree, words
from tests.publishing.test_job_screens import At, forms, leads_to, links, middle, reloads
from tests.publishing.test_jobs import WRITES, Office
from tests.publishing.test_publish import ANA, BEN, PAGE, Killed
from tests.support.places_office import PlacesOffice
from tests.support.towns_office import SITES, SITES_EDITOR, TownsOffice, at

STOP = "/admin/job/stop"


@pytest.fixture
def office() -> Office:
    office = Office()
    office.desk.save(PAGE, "new page")
    return office


@pytest.fixture
def desk(office: Office) -> At:
    return At(office)


def watched(office: Office, before: Any) -> None:
    office.store.before = office.desk.store.before = office.desk.shelf.before = before


# Rules


def test_a_job_that_waits_is_stopped_and_its_message_does_nothing(office: Office) -> None:
    job = office.ask.publish(office.wish(why="A new page"))
    stopped = office.ask.stop(job.id, BEN)
    assert (stopped.state, stopped.told, stopped.open) == (jobs.STOPPED, f"{BEN} stopped this.", False)
    assert office.bring() == [True]
    assert office.desk.readers_see() == "what shipped"
    assert [draft.document for draft in office.desk.store.drafts()] == [PAGE]
    [(who, did, line)] = office.lines
    assert (who, did, line["outcome"], line["deed"]) == (ANA, "publish: not done", "refused", "d1")
    assert (line["told"], line["why"]) == (f"{BEN} stopped this.", "A new page")
    assert office.ask.publishing(ANA) is None
    office.ask.publish(office.wish(who=BEN))
    office.bring()
    assert office.desk.readers_see() == "new page|old code"


@pytest.mark.parametrize("number", range(len(WRITES)), ids=lambda number: f"{number} {WRITES[number]}")
def test_stopped_before_any_write_of_its_worker_it_is_not_live_or_says_that_it_is(
    office: Office, number: int
) -> None:
    job = office.ask.publish(office.wish())
    written: list[str] = []
    late: list[bool] = []

    def write(what: str) -> None:
        if len(written) == number:
            watched(office, lambda _: None)
            try:
                late.append(office.ask.stop(job.id, BEN).state == jobs.DONE)
            except TooLateToStop:
                late.append(True)
        written.append(what)

    watched(office, write)
    assert office.bring() == [True]
    ended = office.job(job)
    assert ended.state == (jobs.DONE if late == [True] else jobs.STOPPED)
    assert office.desk.readers_see() == ("new page|old code" if late == [True] else "what shipped")
    assert bool(office.desk.store.drafts()) == (late == [False]), "a draft stays until it is live"
    assert len(office.lines) == 1
    office.clock.wait(minutes=1, seconds=1)
    office.ask.see(job.id)
    assert not office.queue.ids


def test_both_come_up_among_those_writes() -> None:
    """The last moment is a write of the job itself, right before the one that readers see."""
    move = WRITES.index("move")
    assert WRITES[move - 1] == "put_job running"
    assert 0 < move < len(WRITES) - 1


def test_killed_in_that_moment_it_is_stopped_by_nobody_before_it_is_known_what_readers_have(
    office: Office,
) -> None:
    job = office.ask.publish(office.wish())

    def killed(what: str) -> None:
        if what == "move":
            raise Killed

    watched(office, killed)
    [message] = office.queue.ids
    with pytest.raises(Killed):
        office.bring()
    watched(office, lambda _: None)
    office.clock.wait(seconds=61)
    with pytest.raises(TooLateToStop):
        office.ask.stop(job.id, BEN)
    stopped: list[str] = []

    def later() -> None:
        office.desk.renderer.before = lambda: None
        stopped.append(office.ask.stop(job.id, BEN).state)

    office.desk.renderer.before = later
    office.queue.ids = [message]
    assert office.bring() == [True]
    assert stopped == [jobs.STOPPED], "the next worker began anew"
    assert office.desk.readers_see() == "what shipped"


def test_who_has_to_begin_with_another_number_can_be_stopped_again(office: Office) -> None:
    now = office.clock.now()
    job = jobs.taken(office.ask.publish(office.wish()), "worker", now)
    told = []
    for number in (5, 5, 6, 6):
        job = jobs.numbered(job, number, now)
        told.append((job.numbers, job.going))
    assert told == [((5,), False), ((5,), True), ((5, 6), False), ((5, 6), True)]
    taken = jobs.taken(jobs.sent(job, now), "the next", now)
    assert taken.going, "readers may have it"
    assert not jobs.not_going(taken, now).going


def test_a_job_that_never_stands_still_says_that_it_is_busy(office: Office) -> None:
    job = office.ask.publish(office.wish())

    def quicker(what: str) -> None:
        if what == "put_job stopped":
            office.store.before = lambda _: None
            there = office.job(job)
            office.store.put_job(jobs.sent(there, office.clock.now()))
            office.store.before = quicker

    office.store.before = quicker
    with pytest.raises(StoreBusy):
        office.ask.stop(job.id, BEN)
    assert office.job(job).open


def test_stopped_checks_are_nobodys_answer(office: Office) -> None:
    look = office.look()
    assert office.ask.stop(look.job.id, BEN).state == jobs.STOPPED
    assert not office.lines, "a look changes nothing, and the log says nothing of it"
    again = office.look()
    assert again.job.id != look.job.id
    office.bring()
    assert office.look().plan


def test_what_has_ended_stays_as_it_ended(office: Office) -> None:
    job = office.ask.publish(office.wish())
    office.bring()
    assert office.ask.stop(job.id, BEN) == office.job(job)
    assert len(office.lines) == 1
    with pytest.raises(EntryMissing):
        office.ask.stop("0" * 32, BEN)


@pytest.fixture
def places() -> Iterator[PlacesOffice]:
    with mock_aws():
        client.cache_clear()
        office = PlacesOffice()
        office.save("new page")
        yield office
    client.cache_clear()


def test_chunks_of_a_stopped_job_do_nothing(places: PlacesOffice) -> None:
    job = places.press()
    for _ in range(2):
        places.bring_next()
    places.renderer.made.clear()
    assert places.ask.stop(job.id, BEN).state == jobs.STOPPED
    while places.queue.ids:
        places.bring_next()
    assert not places.renderer.made
    assert "current.json" not in places.files()
    assert not places.later


def test_stopped_while_a_chunk_is_made_nothing_comes_after_it(places: PlacesOffice) -> None:
    job = places.press()
    places.bring_next()

    def stop() -> None:
        places.renderer.before = lambda: None
        places.ask.stop(job.id, BEN)

    places.renderer.before = stop
    while places.queue.ids:
        places.bring_next()
    assert len(places.renderer.made) == 2
    assert places.job(job).state == jobs.STOPPED
    assert "current.json" not in places.files()


# Screens


def press_stop(desk: At, page: Screen) -> Any:
    """Press the button as a browser without script does; return the request and the answer."""
    [form] = [one for one in forms(page) if one.get("action") == STOP]
    fields = {field.get("name"): field.get("value") for field in form.iter("input")}
    request = desk.browser.post(**fields)
    request.deed.number = "another deed"
    return request, desk.jobs.stop(request)


def test_one_press_stops_a_publish_and_the_page_says_what_readers_have(office: Office, desk: At) -> None:
    address = leads_to(desk.press())
    middle(office)
    page = desk.at(address)
    assert "Stop publishing" in read(page)
    assert "Nothing of it reaches readers then, and every draft stays." in read(page)
    request, answer = press_stop(desk, page)
    assert leads_to(answer) == address
    assert (request.deed.about, request.deed.why, request.deed.goes_on) == (PAGE, "A new page", False)
    office.clock.wait(seconds=61)
    office.bring()
    stopped = desk.at(address)
    assert not reloads(stopped)
    assert "stopped this. Readers get what they got before, and no draft is lost." in read(stopped)
    assert links(stopped)["Back to what would be published"] == "/admin/publish"
    assert not forms(stopped)
    assert office.desk.readers_see() == "what shipped"


def test_who_comes_too_late_is_told_that_it_is_live(office: Office, desk: At) -> None:
    address = leads_to(desk.press())
    page = desk.at(address)
    office.bring()
    _, answer = press_stop(desk, page)
    assert answer.status_code == 409
    assert "It was too late to stop this: it is live already." in read(answer)
    assert "Published. Readers see it within a minute." in read(answer)


def test_in_the_last_moment_there_is_no_button_and_who_pressed_it_is_told(office: Office, desk: At) -> None:
    address = leads_to(desk.press())
    page = desk.at(address)
    job = middle(office)
    for _ in range(2):
        job = jobs.numbered(job, 1, office.clock.now())
        office.store.put_job(job)
    assert not forms(desk.at(address))
    _, answer = press_stop(desk, page)
    assert answer.status_code == 409
    assert "It was too late to stop this: readers get it in this moment." in read(answer)


def test_checks_are_stopped_too_and_can_be_had_again(office: Office, desk: At) -> None:
    address = leads_to(desk.look())
    page = desk.at(address)
    assert "Stop checking" in read(page)
    assert leads_to(press_stop(desk, page)[1]) == address
    stopped = desk.at(address)
    assert "Checks change nothing." in read(stopped)
    assert leads_to(desk.look()) != address
    assert words(next(one for one in [*forms(desk.at(leads_to(desk.look())))])) == "Stop checking"


def test_what_was_tried_often_can_go_on_or_be_stopped(office: Office, desk: At) -> None:
    address = leads_to(desk.press())
    job = office.store.jobs()[-1]
    for _ in range(jobs.MOST_TRIES):
        job = jobs.taken(job, "worker", office.clock.now())
        office.store.put_job(job)
    office.clock.wait(seconds=61)
    page = desk.at(address)
    assert [words(form) for form in forms(page)] == ["Go on", "Stop publishing"]
    press_stop(desk, page)
    assert "stopped this" in read(desk.at(address))


def test_who_may_not_let_it_go_on_does_not_stop_it(office: Office, desk: At) -> None:
    address = leads_to(desk.press())
    editor = At(office, EDITOR)
    page = editor.at(address)
    assert not forms(page)
    with pytest.raises(NotAllowed):
        editor.jobs.stop(editor.browser.post(j=address.partition("=")[2]))
    assert office.store.jobs()[-1].open


def test_a_publisher_of_a_place_stops_what_is_of_their_places_and_nothing_else() -> None:
    office = TownsOffice()
    town, state = at("town"), at("state")
    office.desk.change("shelter", town.email, hours="By day.")
    office.draft_of_site()
    office.press(town)
    [own] = office.store.jobs()
    with pytest.raises(NotAllowed):
        office.stop(SITES_EDITOR, own)
    with pytest.raises(NotAllowed):
        office.stop(at("town", EDITOR), own)
    office.stop(town, own)
    office.bring()
    assert not office.live()
    office.press(SITES)
    site = office.store.jobs()[-1]
    for who in (town, state):
        with pytest.raises((NotAllowed, EntryMissing)):
            office.stop(who, site)
    office.stop(SITES, site)
    assert [job.told for job in office.store.jobs()] == [
        f"{who.email} stopped this." for who in (town, SITES)
    ]


def test_a_failed_job_says_which_places_could_not_be_made(office: Office, desk: At) -> None:
    address = leads_to(desk.press())
    job = middle(office)
    told = "The pages of Merced and Atwater could not be made: it was tried 5 times."
    office.store.put_job(jobs.ended(job, jobs.FAILED, office.clock.now(), told))
    assert f"{told} Something on our side is broken" in read(desk.at(address))


def test_places_that_are_being_made_are_counted_and_named_as_one_step(office: Office, desk: At) -> None:
    address = leads_to(desk.press())
    job = jobs.taken(office.store.jobs()[-1], "worker", office.clock.now())
    office.store.put_job(job)
    for number in range(4):
        places = tuple(f"town-{number}-{one}" for one in range(750))
        row = Chunk(job.id, number, places, "Towns", job.keep_until)
        office.store.add_chunk(done(row, office.clock.now()) if number == 0 else row)
    office.store.put_job(jobs.building(job, 4, 3000, office.clock.now()))
    page = desk.at(address)
    assert "750 of 3,000 places made" in read(page)
    assert reloads(page) == address
    assert "interrupted" not in read(page)
    steps = [words(step) for step in _steps(page)]
    assert steps[0] == "Make and check the pages of every place that changes now"
    assert len(steps) == 3
    office.clock.wait(seconds=61)
    desk.at(address)
    assert len(office.queue.ids) == 4, "the job's own message, and three chunks of which nothing was heard"


def _steps(page: Screen) -> list[Any]:
    [steps] = [one for one in tree(page).iter("ol") if one.get("class") == "when"]
    return list(steps.iter("li"))


def test_what_is_live_already_is_not_stopped_while_its_spare_pages_are_copied(office: Office) -> None:
    job = office.ask.publish(office.wish())

    def dies(what: str) -> None:
        if what == "stand_by":
            raise Killed

    office.desk.shelf.before = dies
    with pytest.raises(Killed):
        office.bring()
    assert office.desk.readers_see() == "new page|old code"
    told: list[str] = []

    def late(what: str) -> None:
        if what == "stand_by":
            with pytest.raises(TooLateToStop):
                office.ask.stop(job.id, BEN)
            told.append(office.job(job).state)

    office.desk.shelf.before = late
    office.clock.wait(seconds=61)
    office.queue.ids = [job.id]
    office.bring()
    assert told == [jobs.RUNNING]
    assert (office.job(job).state, office.job(job).number) == (jobs.DONE, 1)
    assert [line["outcome"] for _, _, line in office.lines] == ["done"]


def test_a_publish_that_ended_before_readers_had_it_can_be_stopped_again(office: Office) -> None:
    job = office.ask.publish(office.wish())
    stopped: list[str] = []

    def dies(what: str) -> None:
        if what == "move":
            raise Killed

    office.desk.shelf.before = dies
    with pytest.raises(Killed):
        office.bring()
    assert office.job(job).going

    def again(what: str) -> None:
        if what.startswith("put ") and not stopped:
            stopped.append(office.ask.stop(job.id, BEN).state)

    office.desk.shelf.before = again
    office.clock.wait(seconds=61)
    office.queue.ids = [job.id]
    office.bring()
    assert stopped == [jobs.STOPPED]
    assert office.desk.readers_see() == "what shipped"
