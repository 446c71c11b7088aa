"""gettext catalogs from other programs: read as gettext does and kept whole, or refused with a reason."""

from __future__ import annotations

import gettext
import io
from pathlib import Path

import polib
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.pages.po_files import (
    PoInvalid,
    read_mo,
    read_po,
    replace_texts,
    set_aside,
    with_texts,
    write_mo,
    write_po,
)
from chalicelib.publishing.catalog_checks import check_syntax
from chalicelib.publishing.documents import STOPS

CATALOGS = sorted((Path(__file__).parent / "catalogs").glob("*.po"))
NOBODY = "Nobody will write back to you."
HEADER = 'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=utf-8\\n"\n\n'
ONE = 'msgid "a"\nmsgstr "b"\n'


def texts_of(text: str) -> dict[str, str]:
    """Return what readers get: the sure translations, as gettext reads the compiled catalog."""
    compiled = write_mo(read_po(text))
    catalog = gettext.GNUTranslations(io.BytesIO(compiled))
    texts = {source: said for source, said in read_mo(compiled).items() if source}
    assert all(catalog.gettext(source) == said for source, said in texts.items())
    return texts


@pytest.mark.parametrize("path", CATALOGS, ids=lambda path: path.stem)
def test_a_catalog_from_another_program_is_read_right_and_stops_nothing(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert not [problem for problem in check_syntax({"catalog/es": text}) if problem.weight == STOPS]
    texts = texts_of(text)
    if path.stem == "two-flag-lines":  # it is fuzzy, and wrong
        assert texts == {}
    elif path.stem == "ar-windows-1256":
        assert texts[NOBODY] == "لن يكتب إليك أحد ردًا."
    else:
        assert texts[NOBODY] == "Nadie le va a contestar."


@pytest.mark.parametrize(
    "lines",
    [
        "Content-Type: text/plain; charset=CHARSET",
        "Content-Type: text/plain; charset=utf-7",
        "Content-Type: text/plain; charset=idna",
        "Content-Type: text/plain; charset=",
        "Content-Type: text/plain",
        "Content-Type: multipart/mixed; boundary=x",
        "Content-Type: text/plain; charset=windows-1252\nContent-Type: text/plain; charset=hex",
        "Project-Id-Version: PACKAGE VERSION\nPlural-Forms: nplurals=INTEGER; plural=EXPRESSION;",
        "Plural-Forms: nplurals=2; plural=9**9**9**9;",
        f"Plural-Forms: nplurals=2; plural={'(' * 5000}n{')' * 5000};",
        "Plural-Forms: nplurals=2; plural=n/0;",
        f"Plural-Forms: nplurals={'9' * 5000}; plural=n;",
        "Plural-Forms: nplurals=-1",
        "Plural-Forms: plural",
        "no colon at all",
        ": nothing before it",
    ],
)
def test_no_header_decides_how_a_catalog_is_read(lines: str) -> None:
    header = "".join(f'"{line}\\n"\n' for line in lines.split("\n"))
    text = f'#, fuzzy\nmsgid ""\nmsgstr ""\n{header}\nmsgid "a"\nmsgstr "añ"\n'
    assert texts_of(text) == {"a": "añ"}
    assert read_mo(write_mo(read_po(text), "es"))[""] == (
        "Language: es\nContent-Type: text/plain; charset=utf-8\n"
    )
    assert not [problem for problem in check_syntax({"catalog/es": text}) if problem.weight == STOPS]


@pytest.mark.parametrize(
    ("above", "unsure", "flags"),
    [
        ("#, fuzzy\n#, python-format", True, ("python-format",)),
        ("#, python-format\n#, fuzzy\n#, no-wrap", True, ("python-format", "no-wrap")),
        ("#, python-format, fuzzy", True, ("python-format",)),
        ("#,fuzzy", True, ()),
        ("#, fuzzy python-format", True, ("python-format",)),
        ("#, fuzzy\n\n# a comment\n", True, ()),
        ("#, notfuzzy", False, ("notfuzzy",)),
        ("#, fuzzy-ish, no-fuzzy", False, ("fuzzy-ish", "no-fuzzy")),
        ("# fuzzy\n#. fuzzy\n#: fuzzy.html", False, ()),
        ("#| msgid fuzzy", False, ()),
        ('#, fuzzy\n#~ msgid "old"\n#~ msgstr "alt"\n', False, ()),
        ('#, fuzzy\n#~ msgid "old"\n#~ msgstr "alt"', False, ()),
        ('#, fuzzy\n#~| msgid "older"\n#~ msgid "old"\n#~ msgstr "alt"\n\n#, c-format', False, ("c-format",)),
        ('#~ msgid "old"\n#~ msgstr "alt"\n#, fuzzy', True, ()),
    ],
)
def test_flags_add_up_are_words_and_belong_to_the_entry_after_them(
    above: str, unsure: bool, flags: tuple[str, ...]
) -> None:
    (entry,) = read_po(f"{above}\n{ONE}")
    assert (entry.unsure, entry.flags) == (unsure, flags)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("\ufeff" + ONE, "b"),
        (ONE.replace("\n", "\r\n"), "b"),
        (ONE.replace("\n", "\r"), "b"),
        ('msgid "a"\nmsgstr "b"', "b"),
        ('msgid\t"a"\nmsgstr\t"b"\n', "b"),
        ('  msgid"a"\n  msgstr"b"\n', "b"),
        ('msgid "" "a"\nmsgstr "b" "c"\n"d"\n', "bcd"),
        ('msgid "a"\n# why\nmsgstr "b"\n', "b"),
        ('msgid "a"\n\nmsgstr ""\n\n"b"\n', "b"),
        ('msgid "a"\nmsgstr "x\u2028y\x85z\x0b"\n', "x\u2028y\x85z\x0b"),
        ('msgid "a"\nmsgstr "\\x41\\101 \\303\\261\\xc3\\xb1"\n', "AA ññ"),
        ('msgid "a"\nmsgstr "\\012\\x0a\\011"\n', "\n\n\t"),
        ('msgid "a"\nmsgstr "\\t\\"q\\"\\\\n\\n"\n', '\t"q"\\n\n'),
        ('msgid "a"\nmsgstr "ends with \\\\"\n', "ends with \\"),
    ],
)
def test_what_gettext_takes_is_read_as_gettext_reads_it(text: str, said: str) -> None:
    assert texts_of(text) == {"a": said}


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ('msgid "a"\nmsgstr "b\\"', 2, "quotes"),
        ('msgid "a"\nmsgstr "say "hi""', 2, "quote inside"),
        ('msgid "a"\nmsgstr "b" # so', 2, "nothing may stand"),
        ('msgid "a"\nmsgstr "\\q"', 2, "backslash"),
        ('msgid "a"\nmsgstr "\\0"', 2, "no letter"),
        ('msgid "a"\nmsgstr "\\x07"', 2, "no letter"),
        (f'msgid "a"\nmsgstr "\\x{"0" * 5000}"', 2, "no letter"),
        ('msgid "a"\nmsgstr "\\303"', 2, "UTF-8"),
        ('domain "x"', 1, "begins with"),
        ('msgid "a"\nmsgid_plural "b"\nmsgstr "c"', 3, "go together"),
        ('msgid "a"\nmsgstr[0] "c"', 2, "go together"),
        ('msgctxt "a"\nmsgstr "c"', 2, "no msgid"),
        ('msgctxt "a"\nmsgctxt "c"', 1, "no msgstr"),
        ('msgid "a"\nmsgid_plural "b"\nmsgstr[0] "c"\nmsgstr[0] "d"', 4, "twice"),
        ("<<<<<<< mine\n" + ONE, 1, "begins with"),
        ("/etc/passwd", 1, "begins with"),
        (f"{ONE}\n{ONE}", 4, "twice"),
        (f"{HEADER}{HEADER}", 5, "twice"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_line_and_a_reason(text: str, line: int, said: str) -> None:
    (problem,) = check_syntax({"catalog/es": text})
    assert (problem.document, problem.line, problem.weight) == ("catalog/es", line, STOPS)
    assert said in problem.sentence
    assert "polib" not in problem.sentence
    with pytest.raises(PoInvalid):
        replace_texts(text, {"a": "new"})


ALL_KINDS = """# Spanish of a shelter.
# A second line.
#, fuzzy
msgid ""
msgstr ""
"Content-Type: text/plain; charset=CHARSET\\n"

# by Ana
#. for the first button
#: a.html \u2068a file.html\u2069
#: b.html
#, fuzzy, python-format
#| msgid "A"
msgid "a"
msgstr "b"

#, fuzzy
#~ msgid "gone"
#~ msgstr "weg"

#~ msgctxt "menu"
#~ msgid "gone too"
#~ msgstr "auch"

msgctxt "menu"
msgid "a"
msgstr "im Menü"

#, c-format
msgid "%d report"
msgid_plural "%d reports"
msgstr[0] "ein Bericht"
msgstr[1] "%d Berichte"

msgid "z"
msgstr "y"

# at the end
#~ msgid "last"
#~ msgstr "letzte"
"""


def comparable(text: str) -> list[object]:
    entries: list[object] = [
        (
            entry.msgctxt, entry.msgid, entry.msgstr, entry.msgid_plural, entry.msgstr_plural,
            sorted(entry.flags), bool(entry.obsolete), entry.comment, entry.tcomment, entry.previous_msgid,
        )
        for entry in polib.pofile(text)
    ]  # fmt: skip
    return sorted(entries, key=repr)


def test_reading_and_writing_keeps_comments_flags_and_entries_that_no_page_asks_for() -> None:
    written = write_po(read_po(ALL_KINDS))
    assert comparable(written) == comparable(ALL_KINDS)
    assert write_po(read_po(written)) == written
    assert sorted(line for line in written.split("\n") if line) == sorted(
        line for line in ALL_KINDS.replace("#: a.html \u2068", "#: a.html\n#: \u2068").split("\n") if line
    )


def test_what_counts_or_has_a_context_is_kept_and_told_and_shown_to_nobody() -> None:
    assert texts_of(ALL_KINDS) == {"z": "y"}
    assert [source for _, source in set_aside(ALL_KINDS)] == ["a", "%d report"]
    problems, lines = check_syntax({"catalog/es": ALL_KINDS}), ALL_KINDS.split("\n")
    assert [lines[problem.line - 1] for problem in problems] == [
        'msgid "a"',
        'msgid "%d report"',
    ]
    assert not [problem for problem in problems if problem.weight == STOPS]


@pytest.mark.parametrize("change", [replace_texts, lambda text, new: with_texts(read_po(text), new)])
def test_a_sentence_that_is_translated_anew_loses_its_doubt_and_nothing_else_changes(change) -> None:
    text = change(ALL_KINDS, {"a": "new\nline", "added": "hinzu"})
    expected = ALL_KINDS.replace('#, fuzzy, python-format\n#| msgid "A"\n', "#, python-format\n").replace(
        'msgstr "b"', 'msgstr ""\n"new\\n"\n"line"'
    )
    assert comparable(text) == comparable(f'{expected}\nmsgid "added"\nmsgstr "hinzu"\n')
    assert texts_of(text) == {"a": "new\nline", "z": "y", "added": "hinzu"}


def test_an_obsolete_entry_right_above_keeps_its_flag() -> None:
    text = f'#, fuzzy\n#~ msgid "old"\n#~ msgstr "alt"\n{ONE}'
    assert replace_texts(text, {"a": "c"}) == text.replace('"b"', '"c"')


WORDS = st.text(st.sampled_from('ab ñ"\\\nم%()'), min_size=1, max_size=8)
FLAGS = st.lists(st.sampled_from(["fuzzy", "python-format", "no-wrap"]), max_size=3, unique=True)


@st.composite
def catalogs(draw: st.DrawFn) -> str:
    """Catalogs as polib writes them: flags, comments, obsolete, counted and contextual entries."""
    catalog = polib.POFile(wrapwidth=draw(st.sampled_from([0, 20, 78])))
    catalog.metadata = {"Content-Type": "text/plain; charset=utf-8"}
    for source in draw(st.lists(WORDS.filter(str.strip), max_size=6, unique=True)):
        entry = polib.POEntry(msgid=source, msgstr=draw(WORDS), flags=draw(FLAGS))
        entry.tcomment = draw(st.sampled_from(["", "by Ana", "two\nlines"]))
        entry.comment = draw(st.sampled_from(["", "extracted"]))
        entry.obsolete = draw(st.booleans())
        kind = draw(st.integers(0, 5))
        if kind == 0:
            entry.msgctxt = "menu"
        elif kind == 1:
            entry.msgstr, entry.msgid_plural, entry.msgstr_plural = "", "many", {0: "x", 1: "y"}
        elif kind == 2:
            entry.previous_msgid = "before"
        catalog.append(entry)
    return str(catalog)


@given(catalogs())
def test_another_reader_reads_the_same(text: str) -> None:
    theirs = [
        entry for entry in polib.pofile(text) if not (entry.obsolete or entry.msgctxt or entry.msgid_plural)
    ]
    ours = [entry for entry in read_po(text) if entry.source]
    assert [(entry.source, entry.text, entry.unsure) for entry in ours] == [
        (entry.msgid, entry.msgstr, entry.fuzzy) for entry in theirs
    ]
    assert comparable(write_po(read_po(text))) == comparable(text)


@given(st.text(st.sampled_from('msgidtrx_pluac#~|:,"\\ \n[0]é'), max_size=60) | st.text(max_size=40))
def test_any_text_is_read_or_refused_with_a_line(text: str) -> None:
    try:
        again = write_po(read_po(text))
    except PoInvalid:
        (problem,) = check_syntax({"catalog/es": text})
        assert problem.line
        return
    assert write_po(read_po(again)) == again
