import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.shared.locales import ENDONYMS, direction, negotiate

ALL = tuple(ENDONYMS)


@pytest.mark.parametrize(
    ("header", "locale"),
    [
        ("", "en"),
        ("*", "en"),
        ("es", "es"),
        ("es-MX,es;q=0.9,en;q=0.8", "es"),
        ("en-US,en;q=0.9,es;q=0.8", "en"),
        ("fr,es;q=0.5", "es"),
        ("en;q=0.3, es;q=0.7", "es"),
        ("es;q=0, en;q=0.1", "en"),
        ("ES-mx", "es"),
        ("pt-BR", "pt"),
        ("zh", "zh-Hans"),
        ("zh-CN", "zh-Hans"),
        ("zh-SG", "zh-Hans"),
        ("zh-TW", "zh-Hant"),
        ("zh-HK", "zh-Hant"),
        ("zh-Hant-HK", "zh-Hant"),
        ("zh-Hans-HK", "zh-Hans"),
        ("yue-HK", "zh-Hant"),
        ("tl", "fil"),
        ("tl-PH", "fil"),
        ("fil-PH", "fil"),
        ("mww", "hmn"),
        ("hmn", "hmn"),
        ("pa", "pa"),
        ("pa-IN", "pa"),
        ("pa-Guru-IN", "pa"),
        ("pa-Guru-PK", "pa"),
        ("pa-PK,es;q=0.5", "es"),
        ("ar-EG", "ar"),
        ("km-KH", "km"),
        ("es_MX", "es"),
        ("zh_TW", "zh-Hant"),
        ("zh_Hant_HK", "zh-Hant"),
        ("zh-CHT", "zh-Hant"),
        ("zh-CHS", "zh-Hans"),
        ("zh-yue", "zh-Hant"),
        ("zh-yue-HK", "zh-Hant"),
        ("zh-yue-Hans", "zh-Hans"),
        ("yue-CN", "zh-Hans"),
        ("zh-min-nan", "zh-Hant"),
        ("nan", "zh-Hant"),
        ("nan-TW", "zh-Hant"),
        ("hak", "zh-Hant"),
        ("hak-Hans-CN", "zh-Hans"),
        ("wuu", "zh-Hans"),
        ("zh-Hant-CN", "zh-Hant"),
        ("ceb", "fil"),
        ("ceb-PH", "fil"),
        ("ilo,en;q=0.5", "fil"),
        ("arb", "ar"),
        ("en;q=.8,es;q=.9", "es"),
        ("fr, es;q=.9", "es"),
        ("en;q=.001, es;q=.01", "es"),
    ],
)
def test_a_browser_gets_the_language_it_wants_most(header, locale):
    assert negotiate(header, ALL) == locale


@pytest.mark.parametrize("tag", ["fa", "fa-IR", "prs", "prs-AF", "ur", "ur-PK", "ps", "pa-PK", "pa-Arab"])
def test_a_language_in_arabic_letters_is_answered_in_no_other(tag):
    assert negotiate(tag, ALL) == "en"


@pytest.mark.parametrize(
    "header",
    [
        ";;;",
        ",,,,",
        "es;q=nan",
        "es;q=inf",
        "es;q=1e9",
        "es;q=-1",
        "es;q=2",
        "es;q=0.9999",
        "es;q=",
        "es;q=.",
        "es;q=.x",
        "es;q=..9",
        "es;level=1",
        "\0",
    ],
)
def test_a_mangled_wish_is_passed_over(header):
    assert negotiate(header, ALL) == "en"


def test_of_two_equal_wishes_the_first_named_wins():
    assert negotiate("ar,es", ALL) == "ar"


def test_a_language_that_is_not_offered_is_never_answered():
    assert negotiate("es,ar;q=0.5", ("en", "ar")) == "ar"


def test_the_other_chinese_script_is_better_than_english():
    assert negotiate("zh-TW", ("en", "zh-Hans")) == "zh-Hans"


def test_only_the_beginning_of_a_huge_header_is_read():
    assert negotiate("xx," * 5000 + "es", ALL) == "en"


@given(st.text(max_size=3000))
def test_any_header_is_answered_in_a_language_on_offer(header):
    assert negotiate(header, ALL) in ALL


@given(st.lists(st.sampled_from(["es", "ar", "zh-TW", "fr", "q=1", ";q=0.5", ",", "-", " "]), max_size=40))
def test_any_string_of_tags_is_answered_in_a_language_on_offer(pieces):
    assert negotiate("".join(pieces), ("en", "es")) in ("en", "es")


def test_arabic_runs_from_right_to_left_and_the_rest_does_not():
    assert [locale for locale in ALL if direction(locale) == "rtl"] == ["ar"]
    assert direction("fa") == "rtl"
