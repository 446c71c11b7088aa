"""Documents: ids, texts, comparisons; catalogs as text and compiled; the rules of the style sheet."""

from __future__ import annotations

import gettext
import io

import pytest
from babel.messages.pofile import read_po as babel_reads
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.directory.document_ids import kind_of, path_of
from chalicelib.directory.errors import DocumentInvalid
from chalicelib.pages import po_files
from chalicelib.pages.po_files import (
    Entry,
    PoInvalid,
    read_mo,
    read_po,
    with_texts,
    write_mo,
    write_po,
)
from chalicelib.publishing import documents
from chalicelib.publishing.documents import (
    DiffLine,
    check_text,
    check_why,
    compare,
)
from chalicelib.publishing.style import checks


@pytest.mark.parametrize(
    ("document", "kind", "path"),
    [
        ("contacts", "contacts", "content/contacts.json"),
        ("site", "site", "content/site.json"),
        ("catalog/zh-Hant", "catalog", "locale/zh-Hant/LC_MESSAGES/porchlight.mo"),
        ("template/public/page.html", "page template", "templates/public/page.html"),
        ("template/public/page.css", "page template", "templates/public/page.css"),
        ("template/mail/report/body.txt", "mail template", "templates/mail/report/body.txt"),
    ],
)
def test_a_document_has_a_kind_and_a_file(document: str, kind: str, path: str) -> None:
    assert (kind_of(document), path_of(document)) == (kind, path)


@pytest.mark.parametrize(
    "document",
    [
        "",
        "settings",
        "contacts/",
        "catalog/",
        "catalog/xx",
        "catalog/../es",
        "template/public/",
        "template/public/page.js",
        "template/public/../page.html",
        "template/public/..html",
        "template/public/.html",
        "template/public/a/b.html",
        "template/mail/body.txt",
        "template/mail/../body.txt",
        "template/mail/report/../../public/page.html",
        "template/mail/report/body.html",
        "/etc/passwd",
        "template/public/\x00.html",
    ],
)
def test_what_is_no_document_leads_to_no_file(document: str) -> None:
    with pytest.raises(DocumentInvalid):
        path_of(document)


def test_a_text_is_kept_as_typed_with_plain_line_ends() -> None:
    assert check_text("a\r\nb\rc\tਪੰ\u200d\u200fع\u00a0") == "a\nb\nc\tਪੰ\u200d\u200fع\u00a0"


@pytest.mark.parametrize("text", ["a\x00b", "a\x1b[0m", "a\u202eb", "\x7f", "a\ud800", "x" * 250_001])
def test_a_text_that_cannot_be_kept_is_refused(text: str) -> None:
    with pytest.raises(DocumentInvalid):
        check_text(text)


def test_a_reason_is_one_short_line() -> None:
    assert check_why(" a number \n changed ") == "a number changed"
    for why in ("", " \n", "x" * 501):
        with pytest.raises(DocumentInvalid):
            check_why(why)


def test_a_comparison_shows_changes_with_their_surroundings_and_leaves_the_rest_out() -> None:
    old = "\n".join(f"line {number}" for number in range(1, 21))
    new = old.replace("line 10", "line ten")
    assert compare(old, new, around=1) == (
        DiffLine("skip", "", 9, 9),
        DiffLine("same", "line 9", 9, 9),
        DiffLine("gone", "line 10", old=10),
        DiffLine("new", "line ten", new=10),
        DiffLine("same", "line 11", 11, 11),
    )
    assert compare(old, old) == ()


_LINES = st.lists(st.sampled_from(["a", "b", "c", ""]), max_size=8).map("\n".join)


@given(_LINES, _LINES)
def test_a_comparison_holds_every_changed_line(old: str, new: str) -> None:
    lines = compare(old, new, around=100)
    if old == new:
        assert not lines
    else:
        assert [line.text for line in lines if line.kind in ("same", "gone")] == old.split("\n")
        assert [line.text for line in lines if line.kind in ("same", "new")] == new.split("\n")


def test_numbers_are_never_used_again() -> None:
    assert documents.next_number([]) == 1
    assert documents.next_number([1, 7, 3]) == 8


_TEXT = st.text(st.characters(blacklist_categories=("Cs",), blacklist_characters="\r\x00"), max_size=30)
_ENTRIES = st.dictionaries(_TEXT.filter(str.strip), _TEXT, max_size=8)


@given(_ENTRIES)
def test_a_catalog_that_was_written_reads_back_the_same(texts: dict[str, str]) -> None:
    entries = [Entry(source, text) for source, text in texts.items()]
    found = read_po(write_po(entries))
    assert {entry.source: entry.text for entry in found} == texts


@given(_ENTRIES)
def test_a_compiled_catalog_says_what_gettext_says(texts: dict[str, str]) -> None:
    compiled = write_mo(Entry(source, text) for source, text in texts.items())
    catalog = gettext.GNUTranslations(io.BytesIO(compiled))
    for source, text in texts.items():
        assert catalog.gettext(source) == (text or source)
        assert read_mo(compiled).get(source, "") == text


@given(
    st.dictionaries(
        st.text('abcé "\\\n%()s', min_size=1, max_size=20).filter(str.strip),
        st.text('xyzñ"\\\n', max_size=20),
        max_size=6,
    )
)
def test_babel_reads_what_we_write(texts: dict[str, str]) -> None:
    written = write_po(
        [Entry("", "Content-Type: text/plain; charset=utf-8\n"), *(Entry(*pair) for pair in texts.items())]
    )
    found = {
        str(message.id): str(message.string)
        for message in babel_reads(io.BytesIO(written.encode()))
        if message.id
    }
    assert found == texts


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ('msgid "a"\nmsgstr b', 2, "quotes"),
        ('msgid "a"\nmsgid "b"', 1, "no msgstr"),
        ('msgid "a"', 1, "no msgstr"),
        ('msgstr "a"', 1, "no msgid"),
        ('"a"', 1, "no sentence"),
        ('msgid "a"\nmsgstr "b"\n\nmsgid "a"\nmsgstr "c"', 4, "twice"),
        ("hello", 1, "begins with"),
        ('msgid "a"\nmsgstr "b"c"', 2, "quote"),
        ('msgid "a"\nmsgstr "b\\x"', 2, "backslash"),
        ('msgid_plural "a"', 1, "begins with"),
    ],
)
def test_what_is_wrong_with_a_catalog_is_told_with_its_line(text: str, line: int, said: str) -> None:
    with pytest.raises(PoInvalid, match=said) as told:
        read_po(text)
    assert told.value.line == line


def test_unsure_translations_are_not_shown_and_a_new_one_is_sure() -> None:
    entries = read_po('#, fuzzy\nmsgid "a"\nmsgstr "b"\n')
    assert read_mo(write_mo(entries)).get("a") is None
    (again,) = read_po(with_texts(entries, {"a": "c"}))
    assert (again.text, again.unsure) == ("c", False)


def test_no_nonsense_is_taken_for_a_compiled_catalog() -> None:
    for content in (b"", b"x" * 40):
        with pytest.raises(ValueError, match="not a compiled"):
            read_mo(content)


@pytest.mark.parametrize(
    ("one", "other", "ratio"),
    [("#fff", "#000", 21.0), ("#767676", "#ffffff", 4.54), ("#595959", "#fff", 7.0)],
)
def test_contrast_is_that_of_the_standard(one: str, other: str, ratio: float) -> None:
    assert checks.contrast(one, other) == pytest.approx(ratio, abs=0.01)
    assert checks.contrast(other, one) == pytest.approx(ratio, abs=0.01)


def test_a_catalog_with_its_places_keeps_them() -> None:
    text = '#: contacts\n#: places\nmsgid "a"\nmsgstr "b"\n'
    assert po_files.write_po(read_po(text)) == text


STYLE_PARTS = "#exit { background: #14395f; color: #fff }\n"


def told_of_edges(rule: str) -> list[int]:
    found = checks.check_style(STYLE_PARTS + rule)
    return [problem.line for problem in found if "cannot be seen well" in problem.sentence]


def test_an_edge_may_stand_on_a_background_that_another_rule_gives():
    assert told_of_edges("#exit { border: 2px solid #fff }") == []


@pytest.mark.parametrize("selector", [".said", "#exit, .said", "#exit .said"])
def test_an_edge_on_the_pages_own_background_must_be_seen_on_dark_and_on_light(selector: str):
    assert told_of_edges(f"{selector} {{ border: 2px solid #fff }}") == [2]
