import pytest

from chalicelib.directory.errors import ContentInvalid
from chalicelib.directory.places import read_places

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
        ({**TOWN, "parent": "oregon"}, "there is no place 'oregon'"),
        ({**TOWN, "parent": None}, "only a nation"),
        ({**TOWN, "parent": "los-banos-ca"}, "is not wider"),
        ({**STATE, "name": "California again"}, "listed twice"),
    ],
)
def test_a_place_that_breaks_a_rule_is_refused_by_name(entry, words):
    with pytest.raises(ContentInvalid, match=words):
        read(NATION, STATE, entry)
