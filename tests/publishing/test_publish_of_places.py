"""A publisher of a place publishes the drafts of that place and of all below it, and nothing else."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from chalicelib.desk.errors import NotAllowed
from chalicelib.desk.people import EDITOR, PUBLISHER, Person
from chalicelib.publishing import jobs
from chalicelib.publishing.ask_jobs import PublishWish
from chalicelib.publishing.documents import ASKS, SHIPPED, STOPS, Draft, Problem
from chalicelib.publishing.recipient_changes import RecipientChange
from chalicelib.shared.errors import EntryMissing
from tests.publishing.test_change_screens import Browser, read
from tests.support.desk_by_place import NEW_TOWN, THEN
from tests.support.editors_desk import typed
from tests.support.fake_package import PAGE, SHELTER
from tests.support.towns_office import SITES, SITES_EDITOR, TownsOffice, at

TOWN, STATES = at("town"), at("state")
TOWNS, STATE_OWN = "contacts/town", "contacts/state"


@pytest.fixture
def office() -> TownsOffice:
    """Return a desk where the town, the state and the site have a draft each."""
    office = TownsOffice()
    office.desk.change("shelter", TOWN.email, hours="By day.")
    new = {**SHELTER, "name": "The state desk", "serves": "state", "hours": "At night."}
    office.desk.contacts.add(typed(new), STATES.email)
    office.draft_of_site()
    return office


def published(office: TownsOffice, who: Person, **fields: str) -> dict[str, int]:
    screen = office.press(who, **fields)
    assert screen.status_code == 303, screen.text
    office.bring()
    return office.live()


def test_a_town_s_publisher_looks_at_the_drafts_of_the_town_and_no_others(office: TownsOffice) -> None:
    found = office.look(TOWN)
    assert "Publish for everybody" in read(found)
    assert "By day." in found.text
    for foreign in ("At night.", "new page", STATE_OWN, PAGE, "The state desk"):
        assert foreign not in found.text
    [job] = office.store.jobs()
    assert (job.scope, job.kind) == ((TOWNS,), jobs.CHECKS)


def test_a_town_s_publisher_publishes_it_and_everything_else_stays_a_draft(office: TownsOffice) -> None:
    assert list(published(office, TOWN)) == [TOWNS]
    assert office.desk.drafted() == [STATE_OWN, PAGE]
    [(who, did, line)] = office.lines
    assert (who, did, line["about"], line["after"]) == (
        TOWN.email,
        "publish",
        TOWNS,
        f"release 1: {TOWNS} 0 to 1",
    )
    assert set(published(office, SITES)) == {TOWNS, STATE_OWN, PAGE}, (
        "the site's publisher takes what there is"
    )


def test_publishers_of_two_places_both_get_theirs_live_one_after_the_other(office: TownsOffice) -> None:
    looked = office.seen(STATES)
    assert set(published(office, TOWN)) == {TOWNS}
    # What they looked at is as it was: that another place's is live now is no reason to look again.
    assert set(published(office, STATES, seen=looked)) == {TOWNS, STATE_OWN}
    assert office.desk.drafted() == [PAGE]
    entries = json.loads(office.desk.edit.open(TOWNS).live.text)["contacts"]
    assert entries[0]["hours"] == "By day."


def test_of_two_at_one_place_the_second_is_told_and_others_learn_nothing(office: TownsOffice) -> None:
    office.press(TOWN)
    later = office.press(replace(TOWN, email="colleague@desk.example"), why="Night hours")
    assert later.status_code == 409
    assert "publishing already" in later.text, "who looks after the same place is told whose it is"
    assert office.press(TOWN).status_code == 303, "and who began it is led there"
    assert "Publishing since" not in office.look(STATES).text
    assert len([job for job in office.store.jobs() if job.publishes]) == 1


def test_publishers_of_other_places_and_of_the_site_wait_for_nobody(office: TownsOffice) -> None:
    began = [office.press(who).headers["Location"] for who in (TOWN, STATES, SITES)]
    assert len({*began}) == 3
    assert "publishing already" in office.press(replace(SITES, email="second@desk.example")).text
    office.bring()
    states = {job.who: job.state for job in office.store.jobs() if job.publishes}
    assert states == {TOWN.email: jobs.DONE, STATES.email: jobs.DONE, SITES.email: jobs.REFUSED}
    assert set(office.live()) == {TOWNS, STATE_OWN}, "the site's is told that these are live"
    assert set(published(office, SITES)) == {TOWNS, STATE_OWN, PAGE}


def test_a_town_s_publisher_is_not_told_who_published_for_others_meanwhile(office: TownsOffice) -> None:
    seen = office.seen(TOWN)
    published(office, SITES)
    office.desk.change("shelter", TOWN.email, hours="By night.")
    screen = office.press(TOWN, seen=seen)
    assert screen.status_code == 409
    assert "Changed since you looked" in read(screen)
    assert SITES.email not in screen.text


def test_nothing_that_a_form_says_widens_what_is_published(office: TownsOffice) -> None:
    whole, nations = office.seen(SITES), office.seen(STATES)
    for seen in ("", "what=publish", whole, nations):
        refused = office.press(TOWN, seen=seen, scope=STATE_OWN, d=STATE_OWN, release="0", place="us")
        assert refused.status_code == (409 if seen else 422)
        assert "At night." not in refused.text
    assert not [job for job in office.store.jobs() if job.publishes]
    assert list(published(office, TOWN, again="yes", scope=STATE_OWN, d=STATE_OWN, release="0", p="us")) == [
        TOWNS
    ]
    nothing = office.press(TOWN, again="yes")
    assert "no draft differs from what is live" in read(nothing)
    assert list(office.live()) == [TOWNS]
    for kind in (jobs.AGAIN, jobs.BACK):
        wish = PublishWish(kind, TOWN.email, PUBLISHER, "why", True, "", "d", 0, scope=(TOWNS,))
        with pytest.raises(NotAllowed):
            office.ask.publish(wish)


def test_a_draft_that_is_saved_once_the_button_is_pressed_does_not_go_along(office: TownsOffice) -> None:
    office.press(TOWN)
    office.desk.change("shelter", TOWN.email, hours="At noon.")
    office.bring()
    assert office.live() == {}
    assert office.store.jobs()[-1].state == jobs.REFUSED
    office.press(TOWN)
    slug = office.desk.places.add(NEW_TOWN, STATES.email)
    office.bring()
    assert list(office.live()) == [TOWNS]
    assert f"places/{slug}" in office.desk.drafted()


def test_a_job_of_others_is_not_there_for_who_may_not_see_what_it_is_about(office: TownsOffice) -> None:
    office.look(STATES)
    office.press(STATES)
    for job in office.store.jobs():
        for nobody in (TOWN, at("town", EDITOR)):
            with pytest.raises(EntryMissing):
                office.at_job(nobody, job)
            with pytest.raises(EntryMissing):
                office.let_go_on(nobody, job)
    publish = office.store.jobs()[-1]
    for somebody in (STATES, SITES, SITES_EDITOR, at("state", EDITOR)):
        assert office.at_job(somebody, publish).status_code == 200
    for editor in (SITES_EDITOR, at("state", EDITOR)):
        with pytest.raises(NotAllowed):
            office.let_go_on(editor, publish)


def test_a_job_of_the_whole_site_is_shown_and_let_go_on_by_the_site_s_alone(office: TownsOffice) -> None:
    office.press(SITES)
    job = office.store.jobs()[-1]
    assert job.scope is None
    for place in (TOWN, STATES):
        with pytest.raises(EntryMissing):
            office.at_job(place, job)
    office.desk.edit.discard(STATE_OWN, office.desk.edit.open(STATE_OWN).revision, SITES.email)
    office.desk.edit.discard(PAGE, office.desk.edit.open(PAGE).revision, SITES.email)
    office.store = office.ask._store = office.ask._lanes._store = type(office.store)()
    office.press(SITES)
    own = office.store.jobs()[-1]  # of the whole site, and nothing but the town's draft in it
    assert office.at_job(TOWN, own).status_code == 200
    with pytest.raises(NotAllowed):
        office.let_go_on(TOWN, own)


def test_an_interrupted_publish_goes_on_with_what_it_was_about(office: TownsOffice) -> None:
    office.press(TOWN)
    job = office.store.jobs()[-1]
    for _ in range(jobs.MOST_TRIES):
        job = jobs.interrupted(jobs.taken(job, "w", office.clock.now()))
        office.store._jobs[job.id] = job
    office.queue.ids.clear()
    assert "It can go on from here" in read(office.at_job(TOWN, job))
    assert office.let_go_on(TOWN, job).status_code == 303
    office.bring()
    assert list(office.live()) == [TOWNS]


def test_who_takes_a_place_out_is_led_to_the_end(office: TownsOffice) -> None:
    slug = office.desk.places.add(NEW_TOWN, STATES.email)
    published(office, STATES)
    office.desk.edit.save_draft(f"places/{slug}", '{"places": []}', 0, STATES.email)
    published(office, STATES)
    job = office.store.jobs()[-1]
    assert (job.state, job.scope) == (jobs.DONE, (f"places/{slug}",))
    assert "Published" in read(office.at_job(STATES, job))
    with pytest.raises(EntryMissing):
        office.at_job(at("us"), job)


def test_an_editor_of_a_place_looks_and_does_not_publish(office: TownsOffice) -> None:
    editor = at("town", EDITOR)
    found = office.look(editor)
    assert "By day." in found.text
    assert "At night." not in found.text
    assert "A publisher of the place, or of the whole site, can publish this." in read(found)
    assert "Publish for everybody" not in found.text
    with pytest.raises(NotAllowed):
        office.press(editor)


def test_an_editor_of_the_site_who_publishes_a_town_publishes_the_town_alone(office: TownsOffice) -> None:
    both = Person("both@desk.example", EDITOR, at=((PUBLISHER, "town"), (EDITOR, "state")))
    found = read(office.look(both))
    assert "These drafts wait for somebody else" in found
    assert list(published(office, both)) == [TOWNS]
    mixed = Person("mixed@desk.example", "", at=((PUBLISHER, "town"), (EDITOR, "state")))
    assert office.shares(mixed).scope == ()
    assert list(office.shares(mixed).others) == [STATE_OWN]


def test_who_has_no_draft_waits_for_no_checks(office: TownsOffice) -> None:
    office.desk.edit.discard(TOWNS, 1, TOWN.email)
    assert "no draft of yours differs from what is live" in read(office.look(TOWN))
    assert not office.store.jobs()


def test_a_place_is_added_moved_and_taken_out_with_the_word_of_what_it_lies_in(office: TownsOffice) -> None:
    slug = office.desk.places.add(NEW_TOWN, SITES.email)
    new = f"places/{slug}"
    office.desk.edit.discard(STATE_OWN, 1, STATES.email)
    assert office.shares(STATES).scope == (new,)
    town = at(slug)
    assert (office.shares(town).scope, list(office.shares(town).others)) == ((), [new])
    assert set(published(office, STATES)) == {new}
    before = json.loads(office.desk.edit.open(new).text)["places"][0]
    for places in ([{**before, "parent": "us"}], []):
        draft = Draft(new, json.dumps({"places": places}), 1, SHIPPED, town.email, THEN)
        office.desk.raw.drop_draft(new, 1) if new in office.desk.drafted() else None
        office.desk.raw.put_draft(draft)
        assert office.shares(town).scope == (), "a county does not lose a town by the town's word"
        assert office.shares(STATES).scope == (() if places else (new,))
        assert office.shares(SITES).scope is None
    office.desk.raw.drop_draft(new, 1)
    office.desk.raw.put_draft(
        Draft(new, json.dumps({"places": [{**before, "name": "Gus"}]}), 1, SHIPPED, town.email, THEN)
    )
    assert office.shares(town).scope == (new,)


def test_a_change_of_recipients_goes_with_the_whole_site_alone(office: TownsOffice) -> None:
    text = office.desk.shipped.text("recipients").replace("The clinic", "The new clinic")
    change = RecipientChange(text, 1, SITES.email, THEN, "why", agreed_by="b@desk.example", agreed_at=THEN)
    office.desk.raw.put_change(change)
    assert "recipients" in office.publish.target(None).drafted
    assert list(office.publish.target(None, (TOWNS, "recipients")).drafted) == [TOWNS]


def test_findings_of_others_are_told_in_one_sentence_and_not_quoted(office: TownsOffice) -> None:
    office.problems = [
        Problem(STATE_OWN, 3, "A foreign sentence.", STOPS),
        Problem(PAGE, 0, "A page of theirs.", ASKS, page="en/us"),
        Problem(TOWNS, 2, "A sentence of their own.", ASKS),
        Problem(PAGE, 0, "Their page is too long.", ASKS, page="en/town"),
    ]
    found = read(office.look(TOWN))
    assert "A sentence of their own." in found
    assert "Their page is too long." in found
    assert "Something else of the site stands in the way" in found
    assert "A foreign sentence." not in found
    assert "A page of theirs." not in found
    assert "Publish for everybody" not in found
    refused = office.press(TOWN)
    assert refused.status_code == 422
    assert "A foreign sentence." not in refused.text
    whole = read(office.look(SITES))
    assert "A foreign sentence." in whole
    assert "Something else" not in whole


def test_of_missing_sentences_they_read_those_that_their_drafts_say(office: TownsOffice) -> None:
    office.missing = {"es": ("By day.", "At night.")}
    found = read(office.look(TOWN))
    assert "1 sentence is missing" in found
    assert "At night." not in found
    assert "Elsewhere on the site something is open as well" in found
    assert "Yes, publish although some of this is open" in found
    assert office.press(TOWN, yes="").status_code == 422
    assert list(published(office, TOWN)) == [TOWNS]


def test_what_was_published_shows_a_place_s_people_what_was_theirs(office: TownsOffice) -> None:
    published(office, TOWN, why="Town hours")
    office.desk.change("shelter", TOWN.email, hours="At noon.")
    published(office, SITES, why="A reason of the site")
    office.desk.change("the-state-desk", STATES.email, hours="At noon.")
    published(office, STATES, why="State hours")
    for number in (1, 2, 3):
        office.desk.shelf.files[f"releases/{number}/index.json"] = b""
    page = office.screens.releases(replace(Browser().get("/admin/releases"), person=TOWN))
    assert "Town hours" in page.text
    assert "together with what is not yours" in page.text
    for foreign in (
        "A reason of the site",
        "State hours",
        STATES.email,
        "Contacts of STATE_OWN",
        "Roll back<",
        "Roll back State",
        PAGE,
    ):
        assert foreign not in page.text, foreign
    whole = office.screens.releases(replace(Browser().get("/admin/releases"), person=SITES)).text
    assert "State hours" in whole
    assert "Roll back" in whole
