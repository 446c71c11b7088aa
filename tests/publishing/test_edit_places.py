"""Towns in their form: an address from the name, the county's clock, and nobody left behind."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.directory.document_ids import CONTACTS, PLACES, SITE
from chalicelib.directory.errors import DocumentInvalid
from chalicelib.directory.places import read_places
from chalicelib.publishing.edit_places import EditPlaces
from chalicelib.publishing.edit_whole import seen_as
from chalicelib.publishing.forms import FormConflict, FormInvalid, Typed
from chalicelib.shared.errors import EntryMissing
from tests.support.editors_desk import ANA, BEN, EditorsDesk
from tests.support.fake_package import SHELTER, written

LOS_ANGELES = "America/Los_Angeles"
HERE = [
    {"slug": "los-banos-ca", "name": "Los Banos", "parent": "merced-county-ca", "kind": "city"},
    {"slug": "town", "name": "The Town", "parent": "merced-county-ca", "kind": "city"},
    {
        "slug": "merced-county-ca",
        "name": "Merced County",
        "parent": "california",
        "kind": "county",
        "zone": LOS_ANGELES,
    },
    {"slug": "california", "name": "California", "parent": "us", "kind": "state", "zone": LOS_ANGELES},
    {"slug": "us", "name": "United States", "parent": None, "kind": "nation", "zone": "America/New_York"},
]
TOWN = {"name": "Dos Palos", "kind": "city", "parent": "merced-county-ca"}


def typed(**fields: str) -> Typed:
    return Typed({name: [value] for name, value in {"zone": "", **TOWN, **fields}.items()})


class Placing(EditorsDesk):
    """The places in their form."""

    def __init__(self) -> None:
        super().__init__()
        self.places = EditPlaces(self.edit)
        self.publish({PLACES: written({"places": HERE})})

    def refused(self, **fields: str) -> dict[str, str]:
        with pytest.raises(FormInvalid) as refusal:
            self.places.add(typed(**fields), ANA)
        assert self.store.drafts() == []
        return refusal.value.problems

    def change(self, slug: str, who: str = ANA, seen: str = "", **fields: str) -> None:
        entry = self.places.open(slug)
        shown = {name: values[0] for name, values in self.places.typed(slug).fields.items()}
        self.places.save(slug, typed(**{**shown, **fields}), seen or seen_as(entry), who)


@pytest.fixture
def placing() -> Placing:
    return Placing()


def test_a_town_gets_its_address_from_its_name_and_state_and_its_clock_from_the_county(
    placing: Placing,
) -> None:
    assert placing.places.add(typed(), ANA) == "dos-palos-ca"
    document = placing.draft(PLACES)
    assert document["places"][-1] == {
        "slug": "dos-palos-ca",
        **{name: TOWN[name] for name in ("name", "parent", "kind")},
    }
    assert read_places(document).zone_of("dos-palos-ca") == LOS_ANGELES
    [line] = [line for line in placing.places.list() if line.place.slug == "dos-palos-ca"]
    assert (line.around, line.live, line.contacts) == ("Merced County", False, 0)


@pytest.mark.parametrize(
    ("fields", "slug"),
    [
        ({"name": "Fresno County", "kind": "county", "parent": "california"}, "fresno-county-ca"),
        ({"name": "Oregon", "kind": "state", "parent": "us", "zone": LOS_ANGELES}, "oregon"),
        ({"name": "Gustine, CA"}, "gustine-ca"),
        ({"name": "More"}, "more-ca"),
        ({"name": "Ciudad Nueva", "kind": "city", "parent": "california"}, "ciudad-nueva-ca"),
    ],
)
def test_every_kind_of_place_gets_an_address(placing: Placing, fields: dict[str, str], slug: str) -> None:
    assert placing.places.add(typed(**fields), ANA) == slug
    assert slug in read_places(placing.draft(PLACES))


def test_two_towns_of_one_name_are_told_apart_by_their_county(placing: Placing) -> None:
    placing.places.add(typed(name="Fresno County", kind="county", parent="california"), ANA)
    placing.places.add(typed(), ANA)
    assert placing.places.add(typed(parent="fresno-county-ca"), ANA) == "dos-palos-fresno-county-ca"


@pytest.mark.parametrize(
    ("fields", "field", "said"),
    [
        ({"name": " "}, "name", "Write the name"),
        ({"name": "los BANOS"}, "name", "there already, in Merced County"),
        ({"name": "安全"}, "name", "letter from a to z"),
        ({"name": "x" * 81}, "name", "81 letters"),
        ({"parent": ""}, "parent", "Choose where it lies"),
        ({"parent": "nowhere"}, "parent", "Choose one of those"),
        ({"parent": "los-banos-ca"}, "parent", "Choose one of those"),
        ({"parent": "us"}, "parent", "A town or city lies in a county or a state. United States is none."),
        ({"kind": "county", "parent": "merced-county-ca"}, "parent", "A county lies in a state"),
        ({"kind": "village"}, "kind", "Choose one of those"),
        ({"zone": "Mars/Olympus"}, "zone", "Choose one of those"),
        ({"name": "Oregon", "kind": "state", "parent": "us"}, "zone", "Choose the clocks"),
    ],
)
def test_what_breaks_a_rule_is_refused_beside_its_field(
    placing: Placing, fields: dict[str, str], field: str, said: str
) -> None:
    problems = placing.refused(**fields)
    assert problems.keys() == {field}
    assert said in problems[field]


def test_a_town_can_be_called_otherwise_and_keeps_its_address(placing: Placing) -> None:
    placing.change("los-banos-ca", name="Los Baños")
    assert placing.places.open("los-banos-ca")["name"] == "Los Baños"
    assert [one["slug"] for one in placing.draft(PLACES)["places"]] == [one["slug"] for one in HERE]


def test_a_form_that_was_only_sent_changes_nothing(placing: Placing) -> None:
    for slug in ("los-banos-ca", "merced-county-ca", "california"):
        placing.change(slug)
    assert placing.draft(PLACES) == {"places": HERE}


def test_a_newspaper_is_written_and_taken_away_again(placing: Placing) -> None:
    placing.change("town", paper=" The Local ")
    assert placing.places.open("town")["paper"] == "The Local"
    placing.change("town", paper="")
    assert placing.draft(PLACES) == {"places": HERE}
    with pytest.raises(FormInvalid) as refusal:
        placing.change("town", paper="a" * 81)
    assert [*refusal.value.problems] == ["paper"]


def test_a_clock_that_is_not_on_the_list_stays(placing: Placing) -> None:
    other = [{**one, "zone": "America/Boise"} if one["slug"] == "town" else one for one in HERE]
    placing.publish({PLACES: written({"places": other})})
    placing.change("town", name="A Town")
    assert placing.places.open("town")["zone"] == "America/Boise"


def test_a_form_keeps_the_number_of_a_county_which_it_does_not_show(placing: Placing) -> None:
    numbered = [{**one, "fips": "06047"} if one["kind"] == "county" else one for one in HERE]
    placing.publish({PLACES: written({"places": numbered})})
    placing.change("merced-county-ca", name="County of Merced")
    assert placing.places.open("merced-county-ca")["fips"] == "06047"


@pytest.mark.parametrize(
    ("slug", "fields", "field"),
    [
        ("merced-county-ca", {"kind": "city"}, "kind"),
        ("california", {"kind": "county", "parent": "california"}, "parent"),
        ("us", {"kind": "state", "parent": "us", "zone": LOS_ANGELES}, "parent"),
    ],
)
def test_a_place_stays_around_what_lies_in_it(
    placing: Placing, slug: str, fields: dict[str, str], field: str
) -> None:
    with pytest.raises(FormInvalid) as refusal:
        placing.change(slug, **fields)
    assert field in refusal.value.problems


def test_of_two_who_change_one_town_the_second_is_shown_the_first_s(placing: Placing) -> None:
    seen = seen_as(placing.places.open("town"))
    placing.change("town", BEN, name="Ben's Town")
    with pytest.raises(FormConflict) as conflict:
        placing.change("town", seen=seen, name="Ana's Town")
    assert conflict.value.theirs.text("name") == "Ben's Town"


def test_two_who_add_towns_at_once_both_keep_theirs(placing: Placing) -> None:
    placing.meanwhile.append(lambda: placing.places.add(typed(name="Gustine"), BEN))
    placing.places.add(typed(), ANA)
    assert [one["slug"] for one in placing.draft(PLACES)["places"]][-2:] == ["gustine-ca", "dos-palos-ca"]


def test_an_empty_town_is_taken_out(placing: Placing) -> None:
    placing.places.take_out("los-banos-ca", seen_as(placing.places.open("los-banos-ca")), ANA)
    assert "los-banos-ca" not in read_places(placing.draft(PLACES))
    with pytest.raises(EntryMissing, match="took it out meanwhile"):
        placing.places.open("los-banos-ca")


def test_everything_that_keeps_a_place_is_said_at_once(placing: Placing) -> None:
    site = {**placing.draft(SITE), "default_place": "town"}
    placing.publish({SITE: written(site)})
    with pytest.raises(FormInvalid) as refusal:
        placing.places.take_out("town", seen_as(placing.places.open("town")), ANA)
    said = refusal.value.problems[""]
    for part in (
        "The shelter serves The Town.",
        "Town police gets reports from The Town.",
        "people get who ask for no place",
    ):
        assert part in said
    with pytest.raises(FormInvalid, match="Los Banos lies in Merced County"):
        placing.places.take_out("merced-county-ca", seen_as(placing.places.open("merced-county-ca")), ANA)


@pytest.mark.parametrize(
    ("document", "text"),
    [
        (PLACES, "{}"),
        (PLACES, '{"places": [1]}'),
        (PLACES, '{"places": [{"slug": 3}]}'),
        (CONTACTS, '{"contacts": 1}'),
    ],
)
def test_a_draft_that_cannot_be_shown_is_said_to_be_amiss(placing: Placing, document: str, text: str) -> None:
    placing.save(document, text)
    with pytest.raises(DocumentInvalid):
        placing.places.list()


def test_a_contact_of_a_new_town_counts(placing: Placing) -> None:
    slug = placing.places.add(typed(), ANA)
    entries: list[Any] = [*placing.draft(CONTACTS)["contacts"], {**SHELTER, "id": "new", "serves": slug}]
    placing.save(CONTACTS, written({"contacts": entries}))
    assert {line.place.slug: line.contacts for line in placing.places.list()}[slug] == 1
