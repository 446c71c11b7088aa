import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.directory.places import is_slug
from chalicelib.shared.place_names import county_slug, fold, without_kind


@pytest.mark.parametrize(
    ("typed", "folded"),
    [
        ("Los Baños", "los banos"),
        ("LOS-BANOS", "los banos"),
        ("  los\tbanos ", "los banos"),
        ("Ｌｏｓ　Ｂａｎｏｓ", "los banos"),
        ("St. Helena", "saint helena"),
        ("Saint Helena", "saint helena"),
        ("Mt. Shasta", "mount shasta"),
        ("O’Neals", "oneals"),
        ("Coeur d'Alene", "coeur dalene"),
        ("L.A.", "la"),
        ("L. A.", "la"),
        ("N Y C", "nyc"),
        ("29 Palms", "29 palms"),
        ("洛杉矶", ""),
        ("\x00\u202e😀", ""),
        ("\ud800 merced", "merced"),
    ],
)
def test_a_name_is_one_however_it_is_written(typed, folded):
    assert fold(typed) == folded


@given(st.text(max_size=300))
def test_what_is_folded_has_plain_letters_and_single_gaps_and_stays_as_it_is(text):
    folded = fold(text)
    assert set(folded) <= set("abcdefghijklmnopqrstuvwxyz0123456789 ")
    assert folded == " ".join(folded.split())


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Merced County", "merced"),
        ("Orleans Parish", "orleans"),
        ("Fairfax County", "fairfax"),
        ("Fairfax city", "fairfax-city"),
        ("Carson City", "carson-city"),
        ("James City County", "james-city"),
        ("Aleutians West Census Area", "aleutians-west"),
        ("Juneau City and Borough", "juneau"),
        ("Anchorage Municipality", "anchorage"),
        ("Mayagüez Municipio", "mayaguez"),
        ("District of Columbia", "district-of-columbia"),
        ("Prince George's County", "prince-georges"),
        ("St. Louis city", "saint-louis-city"),
    ],
)
def test_a_county_has_a_slug_without_what_kind_it_is_unless_it_is_a_city_of_its_own(name, slug):
    assert county_slug(name) == slug
    assert is_slug(slug)


def test_a_kind_alone_stays_a_name():
    assert without_kind("county") == "county"
