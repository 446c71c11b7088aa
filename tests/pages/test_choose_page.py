"""Routing and content negotiation: which page a path and a browser's languages ask for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.pages.choose_page import choose_locale, choose_page


class Pages:
    """Two languages, two places, and the areas of a state with one county."""

    locales = ("en", "es")
    places = ("los-banos-ca", "us")
    areas = ("--", "ca--", "ca--merced", "ca--merced--3", "--choose", "--unknown")
    default_place = "los-banos-ca"
    headers: dict[str, str] = {}  # noqa: RUF012

    def current(self) -> Pages:
        return self

    def page(self, locale: str, place: str) -> str:
        raise AssertionError("choosing a page does not fetch it")

    def zips(self) -> bytes:
        raise AssertionError("choosing a page needs no index")

    def error(self, locale: str, status: int) -> str:
        raise AssertionError("choosing a page does not fetch it")


@pytest.mark.parametrize(
    ("path", "languages", "chosen"),
    [
        ("/", "", ("en", "los-banos-ca")),
        ("", "es", ("es", "los-banos-ca")),
        ("/", "es-MX,en;q=0.5", ("es", "los-banos-ca")),
        ("/", "fr", ("en", "los-banos-ca")),
        ("/es/", "en", ("es", "los-banos-ca")),
        ("/es", "en", ("es", "los-banos-ca")),
        ("/en/us/", "es", ("en", "us")),
        ("//en//us", "es", ("en", "us")),
        ("/en/atlantis/", "es", ("en", None)),
        ("/es/us/more/", "en", ("es", None)),
        ("/us/", "es", ("es", None)),
        ("/fr/us/", "es", ("es", None)),
        ("/ES/", "", ("es", "los-banos-ca")),
        ("/Es/Los-Banos-CA", "", ("es", "los-banos-ca")),
        ("/es.", "", ("es", "los-banos-ca")),
        ("/ES).", "", ("es", "los-banos-ca")),
        ("/es/us,", "en", ("es", "us")),
        ("/es/us/).", "en", ("es", "us")),
        ("/es/us/]", "en", ("es", "us")),
        ("/es/us/\u201d", "en", ("es", "us")),
        ("/es/us\u060c", "en", ("es", "us")),
        ("/es/us/\u3002", "en", ("es", "us")),
        ("/es/us\uff0c\u8bf7\u770b", "en", ("es", "us")),
        ("/es/us/%E3%80%82", "en", ("es", "us")),
        ("/es/us%29", "en", ("es", "us")),
        ("/es/us%2E%20", "en", ("es", "us")),
        ("/.", "es", ("es", "los-banos-ca")),
        ("/es-MX/us/", "en", ("es", "us")),
        ("/es_mx", "en", ("es", "los-banos-ca")),
        ("/es/us/note.", "en", ("es", "us")),
        ("/es/us/Note/", "en", ("es", "us")),
        ("/es/code)", "en", ("es", "los-banos-ca")),
        ("/es/us/note/more", "en", ("es", None)),
        ("/es/us.html", "en", ("es", None)),
        ("/es/usa", "en", ("es", None)),
        ("/es/us/%FF%2E", "en", ("es", None)),
        ("/es/us\u00e9", "en", ("es", None)),
        ("/essay/us", "en", ("en", None)),
        ("/favicon.ico", "es", ("es", None)),
        ("/es/places/", "en", ("es", "--")),
        ("/es/places/all/", "en", ("es", "--")),
        ("/ES/Places/All", "en", ("es", "--")),
        ("/es/places/all/merced/", "en", ("es", None)),
        ("/es/places", "en", ("es", "--")),
        ("/es/places/ca/", "en", ("es", "ca--")),
        ("/es/places/ca/merced/", "en", ("es", "ca--merced")),
        ("/es/places/ca/merced/3/", "en", ("es", "ca--merced--3")),
        ("/ES/Places/CA/Merced.", "en", ("es", "ca--merced")),
        ("/es/places/ca/merced/).", "en", ("es", "ca--merced")),
        ("/es-MX/places/ca/merced\u3002", "en", ("es", "ca--merced")),
        ("/es/PLACES.", "en", ("es", "--")),
        ("/es/places/ca/merced/4/", "en", ("es", None)),
        ("/es/places/ca/merced/3/more/", "en", ("es", None)),
        ("/es/places/tx/", "en", ("es", None)),
        ("/es/places/ca--/", "en", ("es", "ca--")),
        ("/es/places/ca--merced/", "en", ("es", None)),
        ("/es/places/ca/merced--3/", "en", ("es", None)),
        ("/es/places/--/", "en", ("es", "--")),
        ("/es/places/--choose/", "en", ("es", None)),
        ("/es/--choose/", "en", ("es", None)),
        ("/es/ca--merced/", "en", ("es", None)),
        ("/places/", "es", ("es", None)),
    ],
)
def test_a_path_and_languages_choose_a_page(
    path: str, languages: str, chosen: tuple[str, str | None]
) -> None:
    assert choose_page(path, languages, Pages()) == chosen
    assert choose_locale(path, languages, Pages()) == chosen[0]


@pytest.mark.parametrize(
    "path", ["/zh-hant/", "/ZH-HANT", "/zh-hant/us/", "/Zh-Hant.", "/zh_TW/", "/zh-HK/us"]
)
def test_a_script_in_an_address_needs_no_capital(path: str) -> None:
    class Chinese(Pages):
        locales = ("en", "zh-Hans", "zh-Hant")

    locale, place = choose_page(path, "zh-Hans", Chinese())
    assert locale == "zh-Hant"
    assert place in Pages.places


@given(
    st.sampled_from(["/es", "/es/", "/ES/us", "/es/us/"]), st.text(".,;:!?)]}>*_'\"\u3002\uff09\u060c\u0964 ")
)
def test_no_sign_of_a_sentence_behind_an_address_leads_away_from_the_page(path: str, signs: str) -> None:
    plain = choose_page(path.lower(), "", Pages())
    assert plain[1] is not None
    assert choose_page(path + signs, "", Pages()) == plain


@pytest.mark.parametrize("path", ["/es/places/", "/es/places/ca/merced/", "/ES/Places"])
def test_a_site_without_areas_has_no_page_of_one(path: str) -> None:
    class Before(Pages):
        areas = ()

    assert choose_page(path, "en", Before()) == ("es", None)


@given(st.text(), st.text())
def test_whatever_is_asked_for_the_answer_is_a_page_we_have_or_none(path: str, languages: str) -> None:
    locale, place = choose_page(path, languages, Pages())
    assert locale in Pages.locales
    assert place is None or place in (*Pages.places, *Pages.areas)
