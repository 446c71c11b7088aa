"""Place search in what people write around a name: an address, a country, "county of" in their language."""

import json

import pytest

from chalicelib.directory.adapters.shipped_content import CONTENT
from chalicelib.directory.zips import read_zips
from chalicelib.pages.find_place import PlaceSearch
from chalicelib.pages.pack_zips import pack_zips
from chalicelib.pages.zip_table import ZipTable

SEARCH = PlaceSearch(ZipTable(pack_zips(read_zips(json.loads((CONTENT / "zips.json").read_text("utf-8"))))))


@pytest.mark.parametrize(
    "typed",
    [
        "condado de Merced",
        "Condado de Merced, California",
        "ciudad de Merced",
        "estoy en Merced",
        "cerca de Los Baños",
        "em Merced",
        "sa Merced",
        "hauv Merced",
        "lub nroog Merced",
        "I live in Los Banos, Calif.",
        "1960 P Street, Merced CA",
        "500 W Main St, Merced",
        "500 W Main St Merced",
        "calle Main, Merced, Estados Unidos",
        "645 W Main St, Merced, CA, USA",
        "Merced, CA, USA",
        "Merced CA USA",
        "Merced, EE. UU.",
        "Merced United States",
    ],
)
def test_a_name_at_the_end_of_an_address_or_a_sentence_leads_to_its_county(typed):
    answer = SEARCH.find(typed)
    assert answer.only
    assert answer.only.path == "ca/merced"


def test_the_longest_name_at_the_end_counts():
    assert SEARCH.find("condado de Los Ángeles").only.path == "ca/los-angeles"
    assert SEARCH.find("500 Merced Street, Fresno").only.path == "ca/fresno"


@pytest.mark.parametrize(
    "typed",
    [
        "645 Orange St",  # a street's name, and no place
        "East Palo Alto",  # a town that the data lack, and not the one whose name it ends with
        "cerca de mí",
        "USA",
        "EE. UU.",
        "de",
        ", , ,",
        "x " * 100,
        "1, " * 66,
    ],
)
def test_where_no_place_is_named_all_are_offered(typed):
    assert not SEARCH.find(typed).known
