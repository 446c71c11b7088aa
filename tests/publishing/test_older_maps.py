"""Rolling back moves an older map: nothing is rendered, and nothing that others published gets lost."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from chalicelib.directory.document_ids import CONTACTS, PLACES, RECIPIENTS
from chalicelib.directory.place_documents import Whole
from chalicelib.publishing.built_places import one_policy
from chalicelib.publishing.check_documents import POLICY
from chalicelib.publishing.errors import ChangedSince, NothingToPublish
from chalicelib.publishing.going_live import KEPT
from chalicelib.publishing.recipient_changes import RecipientChange
from chalicelib.shared.errors import EntryMissing
from tests.publishing.test_publish import NOW
from tests.support.towns_desk import ALDER, ANA, BEN, COUNTY, EVERY, OF_COUNTY, OTHER, TownsDesk

FILES = ["documents.json", "index.json", "inputs.json", "texts.json"]
OFFICE = {
    "id": "office",
    "name": "Office",
    "serves": "cedar",
    "email": "office@town.example",
    "fallback": "",
    "language": "en",
    "nature": "police",
    "enforces_immigration": False,
    "what": "An office.",
    "what_not": "Not a hotline.",
    "agreed_on": "2026-11-01",
}


@pytest.fixture
def desk() -> TownsDesk:
    """A desk after two publishes, which may render no more."""
    desk = TownsDesk()
    desk.says(f"of-{COUNTY}", "The county, one")
    desk.says(f"of-{ALDER}", "Alder, one")
    desk.bring()
    desk.says(f"of-{COUNTY}", "The county, two")
    desk.says(f"of-{ALDER}", "Alder, two")
    desk.bring()
    desk.renderer.may_render = False
    desk.watch(desk.writes.append)
    return desk


# The whole site


def test_a_whole_roll_back_renders_nothing_and_writes_the_files_of_its_release_alone(desk: TownsDesk) -> None:
    first = {slug: desk.entries(1)[slug] for slug in EVERY}
    plan = desk.publish.plan_back(1)
    assert desk.writes == []
    release = desk.publish.roll_back(1, BEN, "the second was wrong", seen=plan.fingerprint)
    assert desk.writes == ["add_release", *(f"put {name}" for name in FILES), "move", "stand_by"]
    assert desk.entries() == first
    assert desk.live().index == json.loads(desk.shelf.files["releases/1/index.json"])
    assert (desk.said(f"of-{COUNTY}"), desk.said(f"of-{ALDER}")) == ("The county, one", "Alder, one")
    assert release.versions == desk.store.release(1).versions  # type: ignore[union-attr]
    assert (release.number, release.again, release.since) == (3, 1, 2)
    for name in ("documents.json", "texts.json"):
        assert desk.shelf.files[f"releases/3/{name}"] == desk.shelf.files[f"releases/1/{name}"]
    desk.renderer.may_render = True
    desk.says(f"of-{OTHER}", "Another")
    desk.bring()
    assert {*desk.renderer.asked} == {OTHER}, "who publishes next goes on from it"


def test_after_a_deploy_pages_of_the_older_package_come_back_as_they_were(desk: TownsDesk) -> None:
    desk.deploy("package two")
    desk.publish.roll_back(1, BEN, "the second was wrong")
    assert {desk.page(slug)["package"] for slug in EVERY} == {"package one"}
    assert desk.publish.status().package_is_newer
    desk.renderer.may_render = True
    desk.publish.again(ANA, "with the new package", accept=True)
    assert {desk.page(slug)["package"] for slug in EVERY} == {"package two"}
    assert not desk.publish.status().package_is_newer


def test_a_map_of_two_packages_is_one_of_an_older_package_for_who_rolls_back_to_it(desk: TownsDesk) -> None:
    desk.renderer.may_render = True
    desk.deploy("package two")
    desk.bring(desk.says(f"of-{OTHER}", "Other, one"))
    assert desk.page(OTHER)["package"] == "package two"
    desk.publish.again(ANA, "with the new package", accept=True)
    desk.renderer.may_render = False
    desk.publish.roll_back(3, BEN, "back")
    assert {desk.page(slug)["package"] for slug in EVERY} == {"package one", "package two"}
    assert desk.publish.status().package_is_newer
    policies = {one.policy for one in desk.entries().values()}
    assert desk.live().index["headers"][POLICY] == one_policy(sorted(policies)) not in policies


def test_what_others_published_meanwhile_is_not_rolled_back_unseen(desk: TownsDesk) -> None:
    seen = desk.publish.plan_back(1).fingerprint
    desk.renderer.may_render = True
    desk.bring(desk.says(f"of-{OTHER}", "Other, one"), BEN)
    desk.renderer.may_render = False
    with pytest.raises(ChangedSince, match=f"number 3 is live now, published by {BEN}"):
        desk.publish.roll_back(1, ANA, "back", seen=seen)
    assert desk.said(f"of-{OTHER}") == "Other, one"


@pytest.mark.parametrize("at", range(5))
def test_nor_is_what_goes_live_between_two_of_its_writes(desk: TownsDesk, at: int) -> None:
    documents = desk.says(f"of-{OTHER}", "Other, one")
    desk.writes.clear()
    left = [at]

    def meanwhile(write: str) -> None:
        left[0] -= 1
        if left[0] == -1:
            desk.watch(lambda write: None)
            desk.renderer.may_render = True
            desk.publisher()(BEN, "Other", accept=True, scope=documents)

    desk.watch(meanwhile)
    with pytest.raises(ChangedSince):
        desk.publish.roll_back(1, ANA, "back")
    assert (desk.said(f"of-{OTHER}"), desk.said(f"of-{ALDER}")) == ("Other, one", "Alder, two")


def test_who_only_begins_a_publish_meanwhile_stops_no_roll_back(desk: TownsDesk) -> None:
    """Both draw the same number; the other one is killed before it is live."""
    documents = desk.says(f"of-{OTHER}", "Other, one")

    class Killed(BaseException):
        pass

    def killed(write: str) -> None:
        if write == "move":
            raise Killed

    def meanwhile(write: str) -> None:
        if write == "add_release":
            desk.watch(killed)
            desk.renderer.may_render = True
            with pytest.raises(Killed):
                desk.publisher()(BEN, "Other", accept=True, scope=documents)
            desk.watch(lambda write: None)
            desk.renderer.may_render = False

    desk.watch(meanwhile)
    release = desk.publish.roll_back(1, ANA, "back")
    assert (release.number, release.since) == (4, 2)
    assert desk.said(f"of-{ALDER}") == "Alder, one"


def test_places_that_offices_are_served_from_stay_as_they_are_live(desk: TownsDesk) -> None:
    desk.renderer.may_render = True

    def do(whole: Whole) -> None:
        whole.places[PLACES].append({"slug": "cedar", "name": "Cedar", "parent": COUNTY, "kind": "city"})
        line = next(one for one in whole.contacts[CONTACTS] if one["serves"] == ALDER)
        whole.contacts[CONTACTS].append({**line, "id": "of-cedar", "serves": "cedar"})

    desk.change(do)
    change = RecipientChange(
        json.dumps([OFFICE]), 1, ANA, NOW, "w", agreed_by=BEN, agreed_at=desk.clock.now()
    )
    desk.documents.put_change(change)
    desk.bring()
    desk.renderer.asked.clear()
    plan = desk.publish.plan_back(1)
    assert plan.kept_places == ("cedar",)
    desk.publish.roll_back(1, BEN, "back", seen=plan.fingerprint)
    assert desk.page("cedar")["places"]["cedar"] == "Cedar"
    assert "of-cedar" in json.dumps(desk.page("cedar")), "with whom people there can call"
    around = {*desk.renderer.asked}
    assert around <= {"cedar", COUNTY, ""}, "what lies around it, and the sample of a form; nothing else"
    others = {slug: one for slug, one in desk.entries().items() if slug not in ("cedar", COUNTY, "")}
    assert others == {slug: one for slug, one in desk.entries(1).items() if slug not in (COUNTY, "")}
    assert "Cedar" in json.dumps(desk.page(COUNTY))
    assert desk.store.release(4).versions[RECIPIENTS] == 1  # type: ignore[union-attr]
    kept_texts = json.loads(desk.shelf.files["releases/4/documents.json"])
    assert "Cedar" in kept_texts[PLACES]
    assert json.loads(kept_texts[RECIPIENTS])[0]["id"] == "office"


@pytest.mark.parametrize("damage", ["no inputs", "inputs of another format", "pages under its number"])
def test_a_release_of_before_is_rendered_as_it_was(desk: TownsDesk, damage: str) -> None:
    inputs, index = "releases/1/inputs.json", "releases/1/index.json"
    if damage == "no inputs":
        del desk.shelf.files[inputs]
    elif damage == "inputs of another format":
        desk.shelf.files[inputs] = b'{"format": 0}'
    else:
        of_before = json.loads(desk.shelf.files[index])
        desk.shelf.files[index] = json.dumps(
            {
                name: one
                for name, one in {**of_before, "places": [*of_before["places"]]}.items()
                if name != "shared"
            }
        ).encode()
    desk.renderer.may_render = True
    desk.renderer.asked.clear()
    desk.builds.kept.clear()
    desk.publish.roll_back(1, BEN, "back")
    assert {*desk.renderer.asked} == OF_COUNTY
    assert (desk.said(f"of-{COUNTY}"), desk.said(f"of-{ALDER}")) == ("The county, one", "Alder, one")


def test_the_same_map_is_not_moved_onto_itself(desk: TownsDesk) -> None:
    with pytest.raises(NothingToPublish):
        desk.publish.roll_back(2, ANA, "back")
    assert desk.writes == []
    with pytest.raises(EntryMissing):
        desk.publish.roll_back(9, ANA, "back")


# A place


def test_a_place_s_earlier_entry_goes_into_today_s_map_and_nothing_is_rendered(desk: TownsDesk) -> None:
    desk.renderer.may_render = True
    desk.bring(desk.says(f"of-{ALDER}", "Alder, three"))
    desk.bring(desk.says(f"of-{OTHER}", "Other, one"))
    today = desk.entries()
    desk.deploy("package two")
    desk.renderer.asked.clear()
    desk.writes.clear()
    release = desk.publish.roll_back(2, BEN, "Alder was wrong", place=ALDER)
    assert desk.renderer.asked == []
    assert not [one for one in desk.writes if one.startswith(("put releases/", "keep "))]
    assert desk.entries() == {**today, ALDER: desk.entries(2)[ALDER]}
    assert (desk.said(f"of-{ALDER}"), desk.said(f"of-{OTHER}")) == ("Alder, two", "Other, one")
    assert (release.number, release.since) == (5, 4)
    assert desk.publish.status().package_is_newer


def test_where_its_county_changed_a_place_is_built_anew_so_that_no_old_number_comes_back(
    desk: TownsDesk,
) -> None:
    desk.renderer.may_render = True
    desk.renderer.asked.clear()
    before = desk.entries()
    desk.publish.roll_back(1, BEN, "Alder was wrong", place=ALDER)
    assert {*desk.renderer.asked} == {ALDER}
    assert desk.said(f"of-{ALDER}") == "Alder, one"
    assert desk.said(f"of-{COUNTY}", ALDER) == desk.said(f"of-{COUNTY}") == "The county, two"
    after = desk.entries()
    assert {slug for slug in after if after[slug] != before[slug]} == {ALDER}


def test_a_place_is_rolled_back_beside_what_others_publish_of_other_places(desk: TownsDesk) -> None:
    desk.renderer.may_render = True
    plan = desk.publish.plan_back(1, ALDER)
    desk.bring(desk.says(f"of-{OTHER}", "Other, one"), BEN)
    desk.publish.roll_back(1, ANA, "Alder was wrong", seen=plan.fingerprint, place=ALDER)
    assert (desk.said(f"of-{ALDER}"), desk.said(f"of-{OTHER}")) == ("Alder, one", "Other, one")


def test_who_published_the_same_place_meanwhile_is_not_rolled_back(desk: TownsDesk) -> None:
    desk.renderer.may_render = True
    plan = desk.publish.plan_back(1, ALDER)
    desk.bring(desk.says(f"of-{ALDER}", "Alder, three"), BEN)
    with pytest.raises(ChangedSince) as told:
        desk.publish.roll_back(1, ANA, "Alder was wrong", seen=plan.fingerprint, place=ALDER)
    assert BEN not in str(told.value)
    assert desk.said(f"of-{ALDER}") == "Alder, three"


def test_a_place_that_was_not_there_yet_goes_away_with_its_name_on_the_page_around_it(
    desk: TownsDesk,
) -> None:
    desk.renderer.may_render = True

    def do(whole: Whole) -> None:
        whole.places[PLACES].append({"slug": "cedar", "name": "Cedar", "parent": COUNTY, "kind": "city"})

    desk.bring(desk.change(do))
    assert "cedar" in desk.page(COUNTY)["places"]
    desk.publish.roll_back(2, BEN, "there is no Cedar", place="cedar")
    assert "cedar" not in desk.live().index["places"]
    assert desk.entries() == desk.entries(2)


def test_after_unused_pages_were_cleared_the_last_twenty_are_there_whole() -> None:
    """The real deletion over S3 is tested in test_unused_pages.py; this says which releases stay."""
    desk = TownsDesk()
    for number in range(1, 31):
        desk.says(f"of-{ALDER}", f"Alder, {number}")
        desk.bring()
    desk.clock.time += timedelta(days=200)
    for _ in range(3):
        desk.publish.clear_away()
    assert desk.shelf.numbers() == [*range(30 - KEPT + 1, 31)]
    desk.renderer.may_render = False
    for number in range(30 - KEPT + 1, 30):
        desk.publish.roll_back(number, BEN, "back")
        assert desk.said(f"of-{ALDER}") == f"Alder, {number}"
