import pytest

from chalicelib.directory.adapters.shipped_content import shipped_content
from chalicelib.directory.errors import ContentInvalid
from chalicelib.directory.places import FOUNDING_PAPER, read_places
from chalicelib.shared.time_zones import is_known_zone

NATION = {"slug": "us", "name": "United States", "parent": None, "kind": "nation"}
STATE = {"slug": "california", "name": "California", "parent": "us", "kind": "state"}
TOWN = {"slug": "los-banos-ca", "name": "Los Banos", "parent": "california", "kind": "city"}


def read(*entries):
    return read_places({"places": list(entries)})


def test_a_chain_leads_from_a_place_to_its_nation():
    assert [place.slug for place in read(NATION, STATE, TOWN).chain("los-banos-ca")] == [
        "los-banos-ca",
        "california",
        "us",
    ]


def test_a_place_knows_what_lies_directly_in_it():
    places = read(NATION, STATE, TOWN)
    assert [place.slug for place in places.within("us")] == ["california"]
    assert places.within("los-banos-ca") == ()


def test_an_unknown_place_has_no_chain():
    with pytest.raises(KeyError):
        read(NATION).chain("atlantis")


def test_a_place_has_its_own_time_zone_else_that_of_the_place_around_it():
    nation, state = {**NATION, "zone": "America/New_York"}, {**STATE, "zone": "America/Los_Angeles"}
    places = read(nation, state, TOWN)
    assert places.zone_of("los-banos-ca") == places.zone_of("california") == "America/Los_Angeles"
    assert places.zone_of("us") == "America/New_York"


def test_a_place_without_a_zone_around_it_and_one_that_is_gone_have_utc():
    places = read(NATION, STATE, {**TOWN, "zone": None})
    assert places.zone_of("los-banos-ca") == places.zone_of("atlantis") == "UTC"


def test_every_place_that_ships_has_a_zone_there_is():
    places = shipped_content().places
    assert all(is_known_zone(places.zone_of(place.slug)) for place in places)
    assert "UTC" not in {places.zone_of(place.slug) for place in places}


def test_a_place_has_its_own_newspaper_else_that_of_the_place_around_it_else_the_founding_one():
    places = read(NATION, {**STATE, "paper": "The State Paper"}, {**TOWN, "paper": "The Local"})
    papers = [places.paper_of(slug) for slug in ("los-banos-ca", "california", "us", "atlantis")]
    assert papers == ["The Local", "The State Paper", FOUNDING_PAPER, FOUNDING_PAPER]
    assert read(NATION, STATE, {**TOWN, "paper": None}).paper_of("los-banos-ca") == FOUNDING_PAPER


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ({**TOWN, "slug": "Los Banos"}, "slug"),
        ({**TOWN, "slug": "los--banos"}, "slug"),
        ({**TOWN, "slug": "-los-banos"}, "slug"),
        ({**TOWN, "slug": ""}, "slug"),
        ({**TOWN, "slug": "los-baños"}, "slug"),
        ({**TOWN, "name": " "}, "name is missing"),
        ({**TOWN, "kind": "village"}, "kind is one of"),
        ({**TOWN, "zone": "Pacific time"}, "zone is a name like"),
        ({**TOWN, "zone": "../America/Los_Angeles"}, "zone is a name like"),
        ({**TOWN, "zone": 8}, "zone is a name like"),
        ({**TOWN, "paper": 8}, "paper is the name"),
        ({**TOWN, "paper": "The\nLocal"}, "paper is the name"),
        ({**TOWN, "paper": "The \u202elacoL"}, "paper is the name"),
        ({**TOWN, "paper": " "}, "paper is the name"),
        ({**TOWN, "paper": "a" * 81}, "paper is the name"),
        ({**TOWN, "parent": "oregon"}, "there is no place 'oregon'"),
        ({**TOWN, "parent": None}, "only a nation"),
        ({**TOWN, "parent": "los-banos-ca"}, "is not wider"),
        ({**STATE, "name": "California again"}, "listed twice"),
    ],
)
def test_a_place_that_breaks_a_rule_is_refused_by_name(entry, words):
    with pytest.raises(ContentInvalid, match=words):
        read(NATION, STATE, entry)
