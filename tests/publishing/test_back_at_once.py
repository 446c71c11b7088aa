"""A whole roll back that renders nothing is looked at at once, and names the places that it changes."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest

from chalicelib.desk.web.screens import Screen
from chalicelib.publishing import jobs
from chalicelib.publishing.ask_jobs import PublishWish
from chalicelib.publishing.documents import ASKS, Problem
from chalicelib.publishing.ports import RenderedPlace
from chalicelib.publishing.publish import NotYet
from chalicelib.publishing.see_changes import SeeChanges
from chalicelib.publishing.web.publish import PublishScreens
from chalicelib.shared.aws.sdk import client
from tests.publishing.test_change_screens import Browser, read, tree, words
from tests.publishing.test_publish import ANA, PAGE, packed
from tests.support.places_office import BUCKET, TOWNS, PlacesOffice

PLACES = "places"
CHANGED = [TOWNS[3], TOWNS[7]]


@pytest.fixture
def office(aws: object) -> PlacesOffice:
    """Return a desk at which two towns changed since the first publish."""
    office = PlacesOffice()
    office.save("<p>first</p>")
    office.work_off(office.press())
    rename(office, *CHANGED)
    office.work_off(office.press())
    office.renderer.made.clear()
    return office


def rename(office: PlacesOffice, *slugs: str) -> None:
    entries = json.loads(office.edit.open(PLACES).text)
    for entry in entries["places"]:
        if entry["slug"] in slugs:
            entry["name"] = f"New {entry['slug']}"
    office.save(json.dumps(entries, indent=1), PLACES)
    office.renderer.twist = with_names(slugs)


def with_names(slugs: Sequence[str]) -> Callable[[RenderedPlace], RenderedPlace]:
    """Return what puts a new name on the pages of these towns, which the renderer leaves out."""

    def twist(rendered: RenderedPlace) -> RenderedPlace:
        if rendered.place not in slugs:
            return rendered
        pages = [
            replace(page, html=html, packed=packed(html))
            for page in rendered.pages
            for html in [page.html.replace("<p>", f"<p>New {rendered.place} ")]
        ]
        return replace(rendered, pages=pages)

    return twist


def screen_of(office: PlacesOffice, release: int) -> Screen:
    browser: Any = Browser()
    see = SeeChanges(office.documents, office.shipped, office.shelf)
    screens = PublishScreens(browser, office.publish, see, office.ask, office.clock)
    return screens.before_rolling_back(browser.get("/admin/releases/look", release=str(release)))


def kinds(office: PlacesOffice) -> list[str]:
    items = client("dynamodb").scan(TableName="documents")["Items"]
    return sorted(item["kind"]["S"] for item in items if item["sk"]["S"] == "record")


def test_a_look_at_an_older_map_is_there_at_once_and_renders_nothing(office: PlacesOffice) -> None:
    before = kinds(office)
    look = office.ask.look(ANA, "publisher", 1)
    assert look.plan is not None
    assert look.plan == office.publish.plan_back(1)
    assert look.plan.changed_places == CHANGED
    assert (kinds(office), office.queue.ids, office.renderer.made) == (before, [], [])
    back = PublishWish(jobs.BACK, ANA, "publisher", "back", True, look.plan.fingerprint, "d2", 1)
    job = office.work_off(office.ask.publish(back))
    assert (job.state, job.number, office.renderer.made) == (jobs.DONE, 3, [])
    live = office.shelf.live()
    index = office.shelf.file(1, "index.json")
    assert live is not None
    assert index is not None
    assert live.index == json.loads(index)


def test_the_screen_names_the_places_whose_pages_change(office: PlacesOffice) -> None:
    told = read(screen_of(office, 1))
    assert "The pages of 2 places change: Town 03; Town 07." in told
    buttons = [words(button) for button in next(tree(screen_of(office, 1)).iter("main")).iter("button")]
    assert buttons == ["Roll back for everybody"]


def test_of_many_places_the_first_are_named_and_the_others_counted(office: PlacesOffice) -> None:
    office.save("<p>second</p>")
    office.work_off(office.press())
    assert "The pages of 14 places change: " in read(screen_of(office, 1))
    assert "; and 9 others." in read(screen_of(office, 1))
    assert "The pages of 14 places change: " in read(screen_of(office, 2))


def test_what_is_typed_is_there_and_a_yes_is_asked_for_before_there_is_a_job(aws: object) -> None:
    office = PlacesOffice()
    office.renderer.faults = {TOWNS[0]: [Problem(PAGE, 1, "Look at this.", ASKS)]}
    office.save("<p>first</p>")
    office.work_off(office.press())
    rename(office, TOWNS[3])
    office.work_off(office.press())
    look = office.ask.look(ANA, "publisher", 1, "A typed reason")
    assert look.plan is not None
    assert look.why == "A typed reason"
    assert [one.sentence for one in look.plan.report.problems] == ["Look at this."]
    before = kinds(office)
    wish = PublishWish(jobs.BACK, ANA, "publisher", "back", False, look.plan.fingerprint, "d2", 1)
    with pytest.raises(NotYet) as told:
        office.ask.publish(wish)
    assert told.value.plan == look.plan
    assert kinds(office) == before
    assert office.work_off(office.ask.publish(replace(wish, accept=True))).state == jobs.DONE


def test_what_has_to_be_rendered_is_checked_by_a_job_and_says_that_all_may_change(
    office: PlacesOffice,
) -> None:
    for release in (0, 1):
        client("s3").delete_object(Bucket=BUCKET, Key="releases/1/inputs.json")
        look = office.ask.look(ANA, "publisher", release)
        assert (look.plan, look.job.kind) == (None, jobs.CHECKS)
        office.work_off(look.job)
        assert "The pages of every place are made anew for this" in read(screen_of(office, release))
