"""English at grade 6 or lower, by Flesch and Kincaid, sentence by sentence and page by page."""

import re

import pytest
import textstat

from chalicelib.directory.adapters.shipped_content import TEMPLATES, shipped_content
from chalicelib.pages.render.catalogs import Catalogs
from chalicelib.reporting.render.form_pages import FormPages
from tests.support.trees import every_page, parse
from tools.build.catalogs import source_catalog

HIGHEST = 6.0
FEWEST_WORDS = 8  # the formula says nothing about a label of a few words

# Sentences that must stay as they are, each with its reason.
EXACT = {
    "A report here does not protect anyone’s immigration status.": "the legal term",
    "If it is about you or someone close to you (family, people you live with), offices that enforce"
    " immigration law do not get it, unless you tick the box for that.": "the legal term",
    "Send it to offices that enforce immigration law too.": "the legal term",
    "You are protected under US and California law.": "as the state's own notice has it",
    "It teaches the public to see the signs. It is part of Homeland Security, which also enforces immigration"
    " law.": "a name and the legal term",
    "Reply with one digit: 1 we have it, 2 tell us more, 3 not ours, we passed it on, 4 closed.": "a list",
}


def grade(text):
    return textstat.flesch_kincaid_grade(text)


def sentences():
    """Return what visitors read; mails go to offices."""
    return [str(message.id) for message in source_catalog() if message.id and shown_to_visitors(message)]


def shown_to_visitors(message):
    return any(not re.search(r"/mail/|mails\.py$", place) for place, _ in message.locations)


def spoken(sentence):
    return re.sub(r"%\(\w+\)s", "it", sentence)


@pytest.mark.parametrize("sentence", sentences())
def test_a_sentence_is_easy_unless_it_must_stay_exact(sentence):
    words = spoken(sentence)
    if len(words.split()) >= FEWEST_WORDS and sentence not in EXACT:
        assert grade(words) <= HIGHEST


def test_every_exception_is_still_said_and_still_needed():
    assert set(EXACT) <= set(sentences())
    assert [sentence for sentence in EXACT if grade(spoken(sentence)) <= HIGHEST] == []


def test_every_page_is_easy_as_a_whole(tmp_path):
    site = FormPages(TEMPLATES, Catalogs(tmp_path), shipped_content())
    for name, html in every_page(site):
        if name.startswith("en "):
            body = parse(html).find("body")
            lines = [
                " ".join("".join(element.itertext()).split()).rstrip(".:?!") + "."
                for element in body.iter()
                if element.tag in ("p", "li", "h1", "h2", "h3", "label", "legend")
            ]
            assert grade(" ".join(lines)) <= HIGHEST, name
