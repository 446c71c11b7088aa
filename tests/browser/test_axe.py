"""Nothing that axe knows of bars anybody from any kind of page, in any writing, with scripts and without."""

from __future__ import annotations

import pytest

from tests.browser.conftest import OpenReader
from tests.browser.reader import KINDS, locales_on_offer

# They share a site and a browser: one number keeps them together.
pytestmark = pytest.mark.takes(100)


# What stands there for those without scripts is alike in all languages: two of them, one from right to left.
BARE = ("es", "ar")


@pytest.mark.parametrize(
    ("locale", "script"),
    [*((locale, True) for locale in locales_on_offer()), *((locale, False) for locale in BARE)],
)
def test_axe_finds_nothing_on_any_page_in_light_and_in_dark(
    reader_of: OpenReader, locale: str, script: bool
) -> None:
    reader = reader_of(script=script)
    found = {}
    for kind in reader.journey(locale):
        assert reader.ask("document.documentElement.lang").startswith(locale)
        found[kind] = reader.axe()
    assert found == {kind: [] for kind in KINDS}


def test_axe_does_find_what_bars_people(reader_of: OpenReader) -> None:
    reader = reader_of(script=False)
    reader.open("form")
    reader.ask("document.querySelector('label').remove(); document.body.style.color = '#999'")
    found = " ".join(reader.axe())
    assert "light: label" in found
    assert "light: color-contrast" in found
