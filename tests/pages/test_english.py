"""Language markup: English that stays in a translated sentence says that it is English (WCAG 3.1.2)."""

import re

import pytest

from chalicelib.pages.render.catalogs import Sentences
from chalicelib.pages.render.english import marked
from tests.support.trees import every_page, parse, text_of

FULL_WIDTH = "。，、：；！？）」"


@pytest.fixture(scope="module")
def pages(site):
    return {name: (html, parse(html)) for name, html in every_page(site)}


@pytest.mark.parametrize(
    ("sentence", "shown"),
    [
        ("الأمن (Homeland Security)، نعم", 'الأمن (<bdi lang="en">Homeland Security</bdi>)، نعم'),
        ("名称是 Mandarin", '名称是 <bdi lang="en">Mandarin</bdi>'),
        ("Seguridad (Homeland Security) hoy", 'Seguridad (<bdi lang="en">Homeland Security</bdi>) hoy'),
        ("txoj cai (immigration status)", 'txoj cai (<bdi lang="en">immigration status</bdi>)'),
    ],
)
def test_english_in_a_sentence_is_marked(sentence, shown):
    assert marked(sentence) == shown


@pytest.mark.parametrize("sentence", ["Llame, por favor", "按 Esc 或 Shift", "ਸਰੋਤ (ILO, 2022)", "911 ਉੱਤੇ"])
def test_what_is_not_english_or_the_same_everywhere_is_left_alone(sentence):
    assert marked(sentence) == sentence


def test_a_placeholder_is_filled_and_only_its_value_may_be_markup():
    sentences = Sentences(lambda _: "اتصل %(number)s <b> & Help", "ar")
    shown = sentences.gettext("any", number="<9>")
    assert shown == 'اتصل &lt;9&gt; &lt;<bdi lang="en">b</bdi>&gt; &amp; <bdi lang="en">Help</bdi>'


def test_english_in_an_english_sentence_and_in_plain_text_has_no_mark():
    assert Sentences(str).gettext("Homeland Security") == "Homeland Security"
    assert Sentences(lambda _: "الأمن Homeland Security", "ar").plain("any") == "الأمن Homeland Security"


def test_homeland_security_is_marked_wherever_a_translation_names_it(pages):
    seen = set()
    for name, (_, tree) in pages.items():
        if name.startswith("en "):
            continue
        parents = {child: parent for parent in tree.iter() for child in parent}
        for node in tree.iter():
            for near, text in ((node, node.text), (parents.get(node), node.tail)):
                if text and "Homeland Security" in text:
                    seen.add(name.split()[0])
                    assert near.get("lang") == "en", name
    assert seen == {"es", "hmn", "pa", "pt", "ar", "zh-Hans", "zh-Hant", "fil", "km"}


def test_chinese_sentences_follow_each_other_without_a_space(pages):
    for name, (_, tree) in pages.items():
        if name.startswith("zh-"):
            paragraphs = [text_of(node) for node in tree.iter() if node.tag in ("p", "a", "h2", "label")]
            assert not [text for text in paragraphs if re.search(f"[{FULL_WIDTH}] ", text)], name


def test_other_languages_keep_the_space_between_sentences(pages):
    for locale in ("en", "es", "hmn", "pa", "pt", "ar", "fil", "km"):
        (small, *_) = pages[f"{locale} us"][1].find("body/main/header")
        assert re.search(r"[.។।] \w", text_of(small)), locale


def test_a_name_stands_on_its_own_line_under_its_number(pages):
    """Beside the number, a long English name on a right-to-left page went on at the wrong side."""
    for locale in ("en", "ar"):
        tree = pages[f"{locale} error 404"][1]
        rows = [
            node for node in tree.iter("li") if node.find("a") is not None and node.find("br") is not None
        ]
        assert len(rows) == 5, locale
        (numbers,) = (block for block in tree.iter("ul") if rows[0] in list(block))
        assert numbers.get("class") is None, "only its bullet tells which name belongs to which number"
        for row in rows:
            assert [child.tag for child in row] == ["a", "br", "bdi"], locale
