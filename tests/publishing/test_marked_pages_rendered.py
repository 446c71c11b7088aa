"""The page with marks and the page that readers get are one rendering: without its marks it is the same."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from chalicelib.publishing import page_marks
from chalicelib.publishing.render.marked_site import MarkedSite
from chalicelib.publishing.render.render_worker import Inside
from chalicelib.reporting.render import samples
from tests.support.rendered import shipped_root

EN_PAGE = "en/los-banos-ca"


@pytest.fixture(scope="module")
def inside(tmp_path_factory: pytest.TempPathFactory) -> Inside:
    return Inside(shipped_root(tmp_path_factory.mktemp("site")))


def test_every_page_with_marks_is_what_readers_get_once_they_are_taken_away(inside: Inside) -> None:
    for locale in ("en", "ar", "zh-Hans"):
        for name in (name for name in samples.names(inside._site) if name.startswith(f"{locale}/")):
            page = inside.marked(name)
            assert page_marks.without(page["marked"]) == page["html"], name
            assert page["marked"].count(page_marks.OPEN) > 5, name


def test_what_readers_get_has_no_marks_and_is_the_same_before_and_after(inside: Inside) -> None:
    before = inside.page(EN_PAGE)["html"]
    inside.marked(EN_PAGE)
    after = inside.page(EN_PAGE)["html"]
    assert before == after
    assert not re.search("[\uf8e0-\uf8e2]", before)


def test_every_sentence_and_contact_of_a_page_has_its_mark(inside: Inside) -> None:
    marked = inside.marked(EN_PAGE)["marked"]
    assert page_marks.opening(page_marks.SENTENCE, "Where to begin") + "Where to begin" in marked
    for contact in inside._content.contacts:
        if contact.name in page_marks.without(marked):
            assert page_marks.marked(page_marks.NAME, contact.id, contact.name) in marked, contact.id


def test_only_the_title_and_attributes_with_words_have_marks_beside_words(inside: Inside) -> None:
    found = set()
    for name in (EN_PAGE, "es/los-banos-ca/note", "en/code"):
        marked = inside.marked(name)["marked"]
        found |= set(re.findall(rf'([a-z-]+)="[^"]*{page_marks.OPEN}', marked))
        assert page_marks.opening(page_marks.SENTENCE, "Information") in marked.partition("</title>")[0]
    assert found == {"aria-label", "data-say"}


def test_each_recipient_on_the_form_and_the_receipt_has_its_mark(inside: Inside) -> None:
    assert inside._recipients
    for ending in ("note", "receipt"):
        page = inside.marked(f"{EN_PAGE}/{ending}")
        assert page_marks.without(page["marked"]) == page["html"]
        for one in inside._recipients:
            name = one.name.replace("&", "&amp;")
            assert page_marks.marked(page_marks.RECIPIENT, one.id, name) in page["marked"], one.id


def test_a_receipt_has_its_marks(inside: Inside) -> None:
    site = MarkedSite(inside._site, inside._catalogs)
    assert page_marks.OPEN in samples.render(site, inside._recipients, f"{EN_PAGE}/receipt")


def test_marks_can_be_taken_apart_whatever_stands_around_them(tmp_path: Path) -> None:
    text = f"a{page_marks.marked('s', 'x', 'b')}c{page_marks.OPEN}d{page_marks.CLOSE}"
    assert page_marks.split(text) == [
        "a", page_marks.Mark("s", page_marks.fingerprint("x")), "b", None, f"c{page_marks.OPEN}d", None,
    ]  # fmt: skip
