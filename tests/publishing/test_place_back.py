"""A publisher of a place rolls that place back, and nothing else; the whole site's roll back all of it."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from chalicelib.desk.errors import NotAllowed
from chalicelib.desk.people import EDITOR, PUBLISHER, Person
from chalicelib.publishing import jobs
from chalicelib.publishing.ask_jobs import PublishWish
from chalicelib.publishing.documents import STOPS, Problem
from chalicelib.publishing.forms import Typed
from chalicelib.shared.errors import EntryMissing
from tests.publishing.test_change_screens import Browser, read, tree, words
from tests.support.desk_by_place import NEW_TOWN
from tests.support.editors_desk import typed
from tests.support.fake_package import PAGE, SHELTER
from tests.support.towns_office import SITES, SITES_EDITOR, TownsOffice, at

TOWN, STATES, NATION = at("town"), at("state"), at("us")
TOWNS, STATE_OWN = "contacts/town", "contacts/state"
OF_TOWN = ("contacts/town", "places/town", "services/town")


@pytest.fixture
def office() -> TownsOffice:
    """Return a desk where the town published twice (1 and 3), and the state in between (2)."""
    office = TownsOffice()
    office.desk.change("shelter", TOWN.email, hours="By day.")
    publish(office, TOWN)
    new = {**SHELTER, "name": "The state desk", "serves": "state", "hours": "At night."}
    office.desk.contacts.add(typed(new), STATES.email)
    publish(office, STATES)
    office.desk.change("shelter", TOWN.email, hours="At noon.")
    publish(office, TOWN)
    return office


def publish(office: TownsOffice, who: Person) -> None:
    screen = office.press(who)
    assert screen.status_code == 303, screen.text
    office.bring()


def rolled_back(office: TownsOffice, who: Person, release: int, place: str = "") -> dict[str, int]:
    screen = office.press_back(who, release, place)
    assert screen.status_code == 303, read(screen)
    office.bring()
    assert office.store.jobs()[-1].state == jobs.DONE, office.store.jobs()[-1]
    return office.live()


def hours(office: TownsOffice, document: str = TOWNS) -> str:
    entry: dict[str, str] = json.loads(office.desk.edit.open(document).live.text)["contacts"][0]
    return entry["hours"]


def buttons(screen: Any) -> list[str]:
    return [words(button) for button in next(tree(screen).iter("main")).iter("button")]


def ways_back(screen: Any) -> list[tuple[str, ...]]:
    """The release and the place that each form of a list leads to, "" for all of it."""
    forms = [one for one in tree(screen).iter("form") if one.get("action") == "/admin/releases/look"]
    fields = [{field.get("name"): field.get("value") for field in form.iter("input")} for form in forms]
    return [(one["release"], one.get("place", "")) for one in fields]


def test_the_list_leads_a_place_s_publisher_back_to_what_was_theirs(office: TownsOffice) -> None:
    listed = office.listed(TOWN)
    assert ways_back(listed) == [("1", "town"), ("0", "town")], "what is live is no way back"
    assert "Roll back Town to this, November 25, 2026, 04:00 PST" in buttons(listed)
    assert "Rolling back gives readers a place as it was then" in read(listed)
    assert ways_back(office.listed(STATES)) == [("0", "state")], "the state is as it was published"
    assert ways_back(office.listed(NATION)) == [("1", "town"), ("0", "state"), ("0", "town")]
    for nobody in (at("town", EDITOR), SITES_EDITOR, at("elsewhere")):
        assert ways_back(office.listed(nobody)) == []


def test_the_whole_site_s_publishers_get_both(office: TownsOffice) -> None:
    ways = [("2", ""), ("1", ""), ("1", "town"), ("0", ""), ("0", "state"), ("0", "town")]
    assert ways_back(office.listed(SITES)) == ways


def test_many_places_of_one_publish_are_chosen_from_a_list(office: TownsOffice) -> None:
    slugs = [
        office.desk.places.add(Typed({**NEW_TOWN.fields, "name": [name]}), SITES.email)
        for name in ("Aaa", "Bbb", "Ccc", "Ddd", "Eee")
    ]
    publish(office, SITES)
    [choice] = tree(office.listed(SITES)).iter("select")
    chosen = [option.get("value") for option in choice.iter("option")]
    assert chosen == [*slugs[3:], "state", "town"]
    label = next(
        one for one in tree(office.listed(SITES)).iter("label") if one.get("for") == choice.get("id")
    )
    assert words(label) == "Another place"


def test_a_place_is_rolled_back_in_as_many_presses_as_all_of_it(office: TownsOffice) -> None:
    looked = office.look_back(TOWN, 1, "town")
    assert buttons(looked) == ["Roll back for everybody"]
    told = read(looked)
    assert "Roll back Town to what was published November 25, 2026, 04:00 PST" in told
    assert "Hours before: At noon. → now: By day." in told
    assert "Only this place goes back: all else stays as it is." in told
    assert "The state desk" not in told
    [form] = [one for one in tree(looked).iter("form") if one.get("action") == "/admin/releases/back"]
    sent = {field.get("name"): field.get("value") for field in form.iter("input")}
    assert (sent["release"], sent["place"]) == ("1", "town")
    assert sent["why"].startswith("Town back to what was published ")
    request = replace(Browser().post(**sent), person=TOWN)
    assert office.screens.roll_back(request).status_code == 303
    office.bring()
    assert hours(office) == "By day."
    assert office.live() == {TOWNS: 1, STATE_OWN: 1}, "what the state published since stays"


def test_the_job_is_of_the_place_and_the_log_names_it_with_the_release(office: TownsOffice) -> None:
    rolled_back(office, TOWN, 1, "town")
    job = office.store.jobs()[-1]
    assert (job.kind, job.release, job.place, job.scope) == (jobs.BACK, 1, "town", OF_TOWN)
    who, did, line = office.lines[-1]
    assert (who, did, line["about"], line["before"], line["after"]) == (
        TOWN.email,
        "roll back",
        "town, to release 1",
        "release 3",
        f"release 4: {TOWNS} 2 to 1",
    )
    assert "Readers see the older pages of Town within a minute." in read(office.at_job(TOWN, job))
    for nobody in (STATES, at("elsewhere")):
        with pytest.raises(EntryMissing):
            office.at_job(nobody, job)


@pytest.mark.parametrize(
    ("who", "place"),
    [
        (TOWN, "state"),
        (TOWN, ""),
        (TOWN, "us"),
        (STATES, "town"),
        (STATES, ""),
        (NATION, ""),
        (at("town", EDITOR), "town"),
        (SITES_EDITOR, "town"),
        (SITES_EDITOR, ""),
        (Person("both@desk.example", EDITOR, at=((PUBLISHER, "town"),)), "state"),
        (Person("both@desk.example", EDITOR, at=((PUBLISHER, "town"),)), ""),
    ],
)
def test_nobody_rolls_back_what_is_not_theirs(office: TownsOffice, who: Person, place: str) -> None:
    before = office.live()
    with pytest.raises(NotAllowed):
        office.look_back(who, 1, place)
    with pytest.raises(NotAllowed):
        office.press_back(who, 1, place)
    assert not [job for job in office.store.jobs() if job.kind in (jobs.BACK, jobs.CHECKS)]
    assert office.live() == before


def test_an_editor_of_the_site_rolls_back_the_town_that_they_publish(office: TownsOffice) -> None:
    both = Person("both@desk.example", EDITOR, at=((PUBLISHER, "town"),))
    assert rolled_back(office, both, 1, "town")[TOWNS] == 1


def test_a_scope_in_the_wish_makes_no_roll_back_of_a_place(office: TownsOffice) -> None:
    wish = PublishWish(
        jobs.BACK, TOWN.email, PUBLISHER, "why", True, "", "d", 1, scope=(TOWNS,), place="town"
    )
    for one in (wish, replace(wish, kind=jobs.PUBLISH), replace(wish, kind=jobs.AGAIN, scope=None)):
        with pytest.raises(NotAllowed):
            office.ask.publish(one)


def test_a_place_that_would_lie_in_something_else_needs_the_word_of_both(office: TownsOffice) -> None:
    slug = office.desk.places.add(NEW_TOWN, STATES.email)
    new = f"places/{slug}"
    publish(office, STATES)
    entry = json.loads(office.desk.edit.open(new).live.text)["places"][0]
    moved = json.dumps({"places": [{**entry, "parent": "us"}]})
    office.desk.edit.save_draft(new, moved, 0, SITES.email)
    publish(office, SITES)
    for place in (at(slug), STATES):  # a state does not take a town by its own word, nor the town its leave
        for release in (4, 0):
            with pytest.raises(NotAllowed):
                office.press_back(place, release, slug)
    assert "Roll back for everybody" in office.look_back(SITES, 4, slug).text
    assert office.press_back(NATION, 4, slug).status_code == 303
    job = office.store.jobs()[-1]
    for _ in range(jobs.MOST_TRIES):
        job = jobs.interrupted(jobs.taken(job, "w", office.clock.now()))
        office.store._jobs[job.id] = job
    assert not buttons(office.at_job(at(slug), job))
    with pytest.raises(NotAllowed):
        office.let_go_on(at(slug), job)
    with pytest.raises(NotAllowed):
        office.stop(at(slug), job)
    assert office.let_go_on(NATION, job).status_code == 303
    office.bring()
    assert json.loads(office.desk.edit.open(new).live.text)["places"][0]["parent"] == "state"


def test_what_others_published_meanwhile_keeps_no_place_from_going_back(office: TownsOffice) -> None:
    seen = office.publish.target(1, place="town").going.fingerprint()
    office.desk.change("the-state-desk", STATES.email, hours="At noon.")
    publish(office, STATES)
    assert office.press_back(TOWN, 1, "town", seen=seen).status_code == 303
    office.bring()
    assert (hours(office), hours(office, STATE_OWN)) == ("By day.", "At noon.")


def test_of_two_at_one_place_the_second_is_told_with_what_was_typed(office: TownsOffice) -> None:
    seen = office.publish.target(1, place="town").going.fingerprint()
    office.desk.change("shelter", TOWN.email, hours="Never.")
    publish(office, TOWN)
    told = office.press_back(TOWN, 1, "town", seen=seen, why="Noon was wrong")
    assert told.status_code == 409
    assert "Changed since you looked" in read(told)
    fields = {field.get("name"): field.get("value") for field in tree(told).iter("input")}
    assert (fields["why"], fields["release"], fields["place"]) == ("Noon was wrong", "1", "town")
    assert hours(office) == "Never."


def test_what_is_refused_on_its_way_is_shown_for_the_place(office: TownsOffice) -> None:
    office.press_back(TOWN, 1, "town", why="Noon was wrong")
    office.problems = [
        Problem(TOWNS, 3, "A rule of today is broken.", STOPS),
        Problem(PAGE, 0, "A foreign sentence.", STOPS),
    ]
    office.bring()
    job = office.store.jobs()[-1]
    assert job.state == jobs.REFUSED
    for who in (TOWN, SITES):
        told = read(office.at_job(who, job))
        assert "A rule of today is broken." in told
        assert ("A foreign sentence." in told) == (who is SITES)
        assert "Roll back Town to what was published" in told
        assert buttons(office.at_job(who, job)) == []
    assert "Something else of the site stands in the way" in read(office.at_job(TOWN, job))
    history = {link.get("href") for link in tree(office.at_job(TOWN, job)).iter("a")}
    assert f"/admin/text/history?d={TOWNS}" in history


def test_a_place_that_is_as_it_was_has_no_button_and_no_checks(office: TownsOffice) -> None:
    count = len(office.store.jobs())
    for place in ("us", "no-such-place"):
        looked = office.look_back(SITES, 1, place)
        assert "no text of this place differs from what is live" in read(looked)
        assert buttons(looked) == []
    pressed = office.press_back(SITES, 1, "us")
    assert pressed.status_code == 422
    assert len(office.store.jobs()) == count


@pytest.mark.parametrize("place", ["../../x", "A Town", "town ", "contacts/town", "-"])
def test_what_is_no_place_or_no_publish_leads_to_the_list(office: TownsOffice, place: str) -> None:
    for screen in (office.look_back(SITES, 1, place), office.look_back(TOWN, 77, "town")):
        assert screen.status_code == 404
        assert "is not kept any more" in read(screen)
    request = replace(Browser().post(release="1", place=place, why="x"), person=SITES)
    assert office.screens.roll_back(request).status_code == 404
    assert request.deed.about == "to release 1"


def test_drafts_of_the_place_are_kept(office: TownsOffice) -> None:
    office.desk.change("shelter", TOWN.email, hours="Never.")
    rolled_back(office, TOWN, 1, "town")
    assert office.desk.drafted() == [TOWNS]
    assert json.loads(office.desk.edit.open(TOWNS).text)["contacts"][0]["hours"] == "Never."


def test_looking_back_at_a_place_is_a_job_of_that_place(office: TownsOffice) -> None:
    office.look_back(TOWN, 1, "town")
    job = office.store.jobs()[-1]
    assert (job.kind, job.release, job.place, job.scope) == (jobs.CHECKS, 1, "town", OF_TOWN)
    leads = office.at_job(TOWN, job).headers["Location"]
    assert leads == "/admin/releases/look?release=1&place=town"
    with pytest.raises(EntryMissing):
        office.at_job(STATES, job)
