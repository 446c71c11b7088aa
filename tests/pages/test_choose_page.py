"""Routing and content negotiation: which page a path and a browser's languages ask for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.pages.choose_page import choose_locale, choose_page


class Pages:
    """Two languages and two places."""

    locales = ("en", "es")
    places = ("los-banos-ca", "us")
    default_place = "los-banos-ca"
    headers: dict[str, str] = {}  # noqa: RUF012

    def current(self) -> Pages:
        return self

    def page(self, locale: str, place: str) -> str:
        raise AssertionError("choosing a page does not fetch it")

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
        ("/ES/", "", ("en", None)),
        ("/favicon.ico", "es", ("es", None)),
    ],
)
def test_a_path_and_languages_choose_a_page(
    path: str, languages: str, chosen: tuple[str, str | None]
) -> None:
    assert choose_page(path, languages, Pages()) == chosen
    assert choose_locale(path, languages, Pages()) == chosen[0]


@given(st.text(), st.text())
def test_whatever_is_asked_for_the_answer_is_a_page_we_have_or_none(path: str, languages: str) -> None:
    locale, place = choose_page(path, languages, Pages())
    assert locale in Pages.locales
    assert place is None or place in Pages.places
