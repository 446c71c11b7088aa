"""What goes live is what a publisher saw, whole, and only that."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

import pytest

from chalicelib.directory.document_ids import RECIPIENTS
from chalicelib.publishing.documents import PublishRefused
from chalicelib.publishing.errors import ChangedSince, NothingToPublish, PublishUnderWay
from chalicelib.publishing.ports import RenderedPage, RenderedPlace, SiteLook
from chalicelib.shared.errors import StoreUnavailable
from tests.publishing.test_change_recipients import OFFICE, Changing
from tests.publishing.test_publish import (
    ANA,
    BEN,
    CODE,
    PAGE,
    Desk,
    packed,
)

EVE = "eve@example.org"


@pytest.fixture
def desk() -> Desk:
    desk = Desk()
    desk.save(PAGE, "a harmless page")
    return desk


def nothing_moved(desk: Desk, release: int = 0) -> bool:
    live = desk.shelf.live()
    return (live.number if live else 0) == release and desk.shelf.standing_by == release


# Whole


def without(name: str) -> Callable[[RenderedPlace], RenderedPlace]:
    return lambda rendered: replace(rendered, pages=[page for page in rendered.pages if page.name != name])


def with_page(name: str, page: RenderedPage) -> Callable[[RenderedPlace], RenderedPlace]:
    return lambda rendered: replace(
        rendered, pages=[page if one.name == name else one for one in rendered.pages]
    )


BARE = {"Content-Security-Policy": "default-src 'none'"}
SPANISH = '<!DOCTYPE html><html dir="ltr" lang="es"><p>a</p></html>'
TWISTS: dict[str, Callable[[RenderedPlace], RenderedPlace]] = {
    "no page": lambda rendered: replace(rendered, pages=[]),
    "half of it": lambda rendered: replace(rendered, pages=rendered.pages[:7]),
    "no page of a place": without("en/us"),
    "no error page": without("en/error-503"),
    "no form": without("en/us/note"),
    "another name": with_page("en/us", RenderedPage("en/elsewhere", SPANISH, packed(SPANISH))),
    "another language": with_page("en/us", RenderedPage("en/us", SPANISH, packed(SPANISH))),
    "twice one": lambda rendered: replace(rendered, pages=[*rendered.pages, rendered.pages[0]]),
    "one too many": lambda rendered: replace(
        rendered, pages=[*rendered.pages, replace(rendered.pages[0], name="en/more")]
    ),
    "empty bytes": with_page("en/us", RenderedPage("en/us", "", packed(""))),
    "nothing packed": with_page("en/us", RenderedPage("en/us", SPANISH.replace("es", "en"), "")),
    "another packed": with_page(
        "en/us", RenderedPage("en/us", '<html lang="en">a</html>', packed('<html lang="en">b</html>'))
    ),
    "cut off": with_page(
        "en/us", RenderedPage("en/us", '<html lang="en"><p>', packed('<html lang="en"><p>'))
    ),
}
LOOKS: dict[str, Callable[[SiteLook], SiteLook]] = {
    "no index": lambda look: replace(look, index={"headers": look.index["headers"]}),
    "an index of less": lambda look: replace(look, index={**look.index, "places": []}),
    "an index of another front": lambda look: replace(look, index={**look.index, "default_place": "x"}),
    "headers without one": lambda look: replace(look, index={**look.index, "headers": BARE}),
}


@pytest.mark.parametrize("what", [*TWISTS, *LOOKS])
def test_a_site_that_is_not_whole_never_goes_live(desk: Desk, what: str) -> None:
    desk.renderer.twist = TWISTS.get(what, desk.renderer.twist)
    desk.renderer.twist_look = LOOKS.get(what, desk.renderer.twist_look)
    plan = desk.publish.plan()
    assert not plan.report.can_be_published
    with pytest.raises(PublishRefused) as refused:
        desk.publish(ANA, "a page", accept=True, seen=plan.fingerprint)
    (problem,) = refused.value.report.stops
    assert "did not come out whole" in problem.sentence
    assert nothing_moved(desk)
    assert not desk.store.releases(9)
    assert not desk.store.versions(PAGE)
    assert len(desk.store.drafts()) == 1


@pytest.mark.parametrize("way", ["publish", "again", "roll back"])
def test_no_way_leads_to_a_site_that_is_not_whole(desk: Desk, way: str) -> None:
    desk.publish(ANA, "whole")
    desk.save(PAGE, "another")
    desk.publish(ANA, "whole again")
    desk.save(CODE, "a draft")
    desk.renderer.twist = without("en/us")
    desk.shipped.fingerprint = "package two"  # else nothing would be rendered
    do: dict[str, Callable[[], object]] = {
        "publish": lambda: desk.publish(ANA, "x", accept=True),
        "again": lambda: desk.publish.again(ANA, "x", accept=True),
        "roll back": lambda: desk.publish.roll_back(0, ANA, "x", accept=True),
    }
    with pytest.raises(PublishRefused):
        do[way]()
    assert nothing_moved(desk, 2)


# Only what was seen


def eve_changes_it(desk: Desk) -> None:
    desk.save(PAGE, "a false number", EVE)


def eve_adds_another(desk: Desk) -> None:
    desk.save(CODE, "a false code page", EVE)


def eve_takes_it_back(desk: Desk) -> None:
    desk.save(CODE, "something else", EVE)
    desk.edit.discard(PAGE, 1)


def ben_publishes(desk: Desk) -> None:
    desk.save(CODE, "ben's page", BEN)
    desk.publish(BEN, "mine first")
    desk.save(PAGE, "a harmless page", ANA)
    desk.save(CODE, "one more", EVE)


def a_deploy_comes(desk: Desk) -> None:
    desk.shipped.fingerprint = "package two"


MEANWHILE = {
    eve_changes_it: [(PAGE, f"by {EVE}")],
    eve_adds_another: [(CODE, f"new, by {EVE}")],
    eve_takes_it_back: [(CODE, f"new, by {EVE}"), (PAGE, "taken back, or live already")],
    ben_publishes: [
        (CODE, f"new, by {EVE}"),
        (PAGE, "taken back, or live already"),
    ],
    a_deploy_comes: [("package", "a deploy brought a new one")],
}


@pytest.mark.parametrize("meanwhile", MEANWHILE)
def test_what_changed_since_somebody_looked_is_refused_and_named(
    desk: Desk, meanwhile: Callable[[Desk], None]
) -> None:
    seen = desk.publish.plan().fingerprint
    meanwhile(desk)
    live = desk.shelf.live()
    with pytest.raises(ChangedSince) as changed:
        desk.publish(ANA, "a harmless page", accept=True, seen=seen)
    assert list(changed.value.changes) == MEANWHILE[meanwhile]
    assert desk.shelf.live() == live
    desk.publish(ANA, "I looked again", accept=True, seen=desk.publish.plan().fingerprint)
    assert not desk.store.drafts()


@pytest.mark.parametrize("seen", ["", "what=publish", "x", "a=b c=d", "what=again release=0"])
def test_a_form_that_does_not_say_what_was_seen_publishes_nothing(desk: Desk, seen: str) -> None:
    for do in (desk.publish, desk.publish.again):
        with pytest.raises(ChangedSince):
            do(ANA, "anything", accept=True, seen=seen)
    with pytest.raises(ChangedSince):
        desk.publish.roll_back(0, ANA, "anything", accept=True, seen=seen)
    assert nothing_moved(desk)


def test_the_plan_of_one_thing_does_not_serve_for_another(desk: Desk) -> None:
    desk.publish(ANA, "one")
    desk.save(PAGE, "two")
    desk.publish(ANA, "two")
    plan, back = desk.publish.plan().fingerprint, desk.publish.plan_back(1).fingerprint
    shipped = desk.publish.plan_back(0).fingerprint
    desk.save(CODE, "a draft nobody saw", EVE)
    drafted = desk.publish.plan().fingerprint
    for do in (
        lambda: desk.publish(ANA, "x", True, plan),
        lambda: desk.publish(ANA, "x", True, back),
        lambda: desk.publish.again(ANA, "x", True, plan),
        lambda: desk.publish.again(ANA, "x", True, drafted),
        lambda: desk.publish.roll_back(1, ANA, "x", True, shipped),
        lambda: desk.publish.roll_back(0, ANA, "x", True, back),
        lambda: desk.publish.roll_back(1, ANA, "x", True, drafted),
    ):
        with pytest.raises(ChangedSince):
            do()
    assert nothing_moved(desk, 2)
    assert desk.publish.roll_back(1, ANA, "x", True, back).number == 3


def test_the_text_that_was_seen_goes_live_although_another_is_saved_while_it_is_rendered(desk: Desk) -> None:
    seen = desk.publish.plan().fingerprint
    desk.renderer.before = lambda: desk.save(PAGE, "a false number", EVE)
    release = desk.publish(ANA, "a harmless page", seen=seen)
    assert desk.readers_see() == "a harmless page|old code"
    assert desk.publish.changed_by(release) == f"{PAGE} 0 to 1"
    assert [draft.text for draft in desk.store.drafts()] == ["a false number"]


def test_a_draft_that_is_taken_back_while_it_is_rendered_does_not_go_live(desk: Desk) -> None:
    seen = desk.publish.plan().fingerprint
    desk.renderer.before = lambda: desk.edit.discard(PAGE, 1)
    with pytest.raises(ChangedSince, match="taken back") as changed:
        desk.publish(ANA, "a harmless page", seen=seen)
    assert changed.value.late
    assert nothing_moved(desk)


def test_pressing_twice_publishes_once(desk: Desk) -> None:
    seen = desk.publish.plan().fingerprint
    desk.publish(ANA, "once", seen=seen)
    with pytest.raises(NothingToPublish):
        desk.publish(ANA, "once", seen=seen)
    assert nothing_moved(desk, 1)


def test_the_list_says_what_each_release_changed_and_which_was_never_live(desk: Desk) -> None:
    desk.publish(ANA, "one")
    desk.save(CODE, "two")

    def before(what: str) -> None:
        if what == "move":
            desk.shelf.before = lambda _: None
            desk.save(CODE, "three", BEN)
            desk.publish(BEN, "quicker")

    desk.shelf.before = before
    with pytest.raises(ChangedSince, match="another text of it is live now, published by ben"):
        desk.publish(ANA, "slower")
    desk.publish.roll_back(1, ANA, "back")
    told = [(one.release.number, one.live, one.reached, one.changed) for one in desk.publish.releases()]
    assert told == [
        (4, True, True, [(CODE, 2, 0)]),
        (3, False, True, [(CODE, 0, 2)]),
        (2, False, False, [(CODE, 0, 1)]),
        (1, False, True, [(PAGE, 0, 1)]),
    ]


# Recipients


@pytest.fixture
def changing() -> Changing:
    changing = Changing()
    changing.desk.save(PAGE, "a page")
    changing.propose(OFFICE)
    changing.confirm_all()
    changing.agree(BEN)
    return changing


def test_recipients_that_are_withdrawn_while_rendering_do_not_go_live(changing: Changing) -> None:
    desk = changing.desk
    desk.renderer.before = lambda: changing.change.withdraw(changing.revision)
    with pytest.raises(ChangedSince) as changed:
        desk.publish(ANA, "with a new office", seen=None)
    assert changed.value.changes == ((RECIPIENTS, "taken back while it was on its way"),)
    assert nothing_moved(desk)
    assert not desk.store.versions(RECIPIENTS)


def test_recipients_that_are_withdrawn_and_proposed_anew_are_another_change(changing: Changing) -> None:
    desk = changing.desk
    seen = desk.publish.plan().fingerprint
    changing.change.withdraw(changing.revision)
    changing.propose({**OFFICE, "email": "other@county.example"}, who=BEN)
    with pytest.raises(ChangedSince, match="recipients, taken back"):
        desk.publish(ANA, "with a new office", seen=seen)


@pytest.mark.parametrize("step", ["add_version", "add_release", "put index.json", "move"])
def test_from_the_first_write_to_the_move_nobody_withdraws_or_changes_recipients(
    changing: Changing, step: str
) -> None:
    desk = changing.desk
    refused: list[str] = []

    def before(what: str) -> None:
        if what != step or refused:
            return
        for do in (
            lambda: changing.change.withdraw(changing.revision),
            lambda: changing.agree(BEN),
            lambda: changing.propose({**OFFICE, "email": "other@county.example"}),
        ):
            with pytest.raises(PublishUnderWay):
                do()
            refused.append(what)

    desk.store.before = desk.shelf.before = before
    desk.publish(ANA, "with a new office")
    assert len(refused) == 3
    assert json.loads(desk.edit.version(RECIPIENTS, 1).text) == [OFFICE]
    assert changing.change.state() is None


def test_a_publish_that_fails_lets_go_of_the_recipients(changing: Changing) -> None:
    desk = changing.desk

    def away(what: str) -> None:
        if what == "move":
            raise StoreUnavailable("away")

    desk.shelf.before = away
    with pytest.raises(StoreUnavailable):
        desk.publish(ANA, "with a new office")
    desk.shelf.before = lambda _: None
    seen = desk.publish.plan().fingerprint
    state = changing.change.state()
    assert state is not None
    assert state.change.agreed
    desk.publish(ANA, "once more", seen=seen)
    assert changing.change.state() is None


def test_a_publish_that_was_killed_holds_the_recipients_for_two_minutes_and_no_longer(
    changing: Changing,
) -> None:
    desk = changing.desk

    class Killed(BaseException):
        pass

    def end(what: str) -> None:
        if what == "move":
            raise Killed

    desk.shelf.before = end
    with pytest.raises(Killed):
        desk.publish(ANA, "with a new office")
    desk.shelf.before = lambda _: None
    with pytest.raises(PublishUnderWay):
        changing.change.withdraw(changing.revision)
    desk.clock.time = desk.clock.time.replace(minute=desk.clock.time.minute + 3)
    changing.change.withdraw(changing.revision)
    assert nothing_moved(desk)


def test_a_publish_that_hangs_until_its_hold_is_over_moves_nothing(changing: Changing) -> None:
    desk = changing.desk

    def hang(what: str) -> None:
        if what == "put index.json":
            desk.clock.time = desk.clock.time.replace(minute=desk.clock.time.minute + 2)

    desk.shelf.before = hang
    with pytest.raises(ChangedSince, match="too long"):
        desk.publish(ANA, "with a new office")
    assert nothing_moved(desk)


# Roll back


def with_a_town_and_its_office() -> Desk:
    """Release 1 as it shipped but for a page, 2 with a town, 3 with an office there."""
    changing = Changing()
    desk = changing.desk
    desk.save(PAGE, "one")
    desk.publish(ANA, "one")
    places = json.loads(desk.shipped.texts["places"])
    places["places"].append({"slug": "ca", "name": "California", "parent": "us", "kind": "state"})
    places["places"].append({"slug": "town", "name": "Town", "parent": "ca", "kind": "city"})
    desk.save("places", json.dumps(places))
    desk.publish(ANA, "a town")
    changing.propose({**OFFICE, "serves": "town"})
    changing.confirm_all()
    changing.agree(BEN)
    desk.publish(ANA, "an office")
    return desk


@pytest.mark.parametrize("older", [0, 1])
def test_a_roll_back_keeps_the_places_that_offices_serve_and_says_so(older: int) -> None:
    desk = with_a_town_and_its_office()
    plan = desk.publish.plan_back(older)
    assert (list(plan.kept_places), plan.report.can_be_published) == (["ca", "town"], True)
    desk.publish.roll_back(older, BEN, "back", True, plan.fingerprint)
    texts = json.loads(desk.shelf.files["releases/4/documents.json"])
    assert [one["slug"] for one in json.loads(texts["places"])["places"]] == ["us", "ca", "town"]
    assert json.loads(texts[RECIPIENTS])[0]["serves"] == "town"
    assert desk.readers_see() == ("one|old code" if older else "old page|old code")


def test_a_roll_back_shows_what_it_changes_and_refuses_what_changed_since(desk: Desk) -> None:
    desk.publish(ANA, "one")
    plan = desk.publish.plan_back(0)
    assert list(plan.documents) == [PAGE]
    desk.save(CODE, "other")
    desk.publish(BEN, "other")
    with pytest.raises(ChangedSince) as changed:
        desk.publish.roll_back(0, ANA, "back", True, plan.fingerprint)
    assert changed.value.changes[0] == ("release", f"number 2 is live now, published by {BEN}")
    assert desk.publish.plan_back(0).fingerprint != plan.fingerprint
