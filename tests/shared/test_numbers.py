"""Number formatting: large numbers are written as each language does."""

from __future__ import annotations

import pytest
from babel.numbers import format_decimal

from chalicelib.shared.locales import ENDONYMS
from chalicelib.shared.numbers import grouped

# Where Babel knows the language as it is written here. Hmong it does not know.
KNOWN = {"es": "es_US", "pt": "pt_PT", "zh-Hans": "zh_Hans", "zh-Hant": "zh_Hant"}


@pytest.mark.parametrize("locale", [locale for locale in ENDONYMS if locale != "hmn"])
@pytest.mark.parametrize("number", [500, 20_000])
def test_a_number_is_grouped_as_babel_groups_it(locale: str, number: int) -> None:
    theirs = format_decimal(number, locale=KNOWN.get(locale, locale), numbering_system="latn")
    assert grouped(number, locale) == theirs


def test_hmong_uses_a_comma() -> None:
    assert grouped(20_000, "hmn") == "20,000"
