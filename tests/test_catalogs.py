"""Catalogs keep step with what they translate, and the tool that says so can tell when they do not."""

import io
import re

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.pofile import read_po, write_po

from chalicelib.pages.render.catalogs import Catalogs
from chalicelib.publishing.render.sentences import of_template
from tools.build import catalogs as tool

GREETING = "Call %(number)s"


def source_of(*sentences):
    catalog = Catalog()
    for sentence in sentences:
        catalog.add(sentence)
    return catalog


def translated(**strings):
    catalog = Catalog(locale="es")
    for sentence, string in strings.items():
        catalog.add(sentence, string)
    return catalog


@pytest.fixture
def locales(tmp_path):
    """A copy of the catalogs that a test may spoil."""
    for locale, path in tool.catalog_paths().items():
        copy = tmp_path / locale / "LC_MESSAGES" / path.name
        copy.parent.mkdir(parents=True)
        copy.write_bytes(path.read_bytes())
    template = tool.LOCALES / "porchlight.pot"
    (tmp_path / template.name).write_bytes(template.read_bytes())
    return tmp_path


def spoil(locales, change):
    path = locales / "es" / "LC_MESSAGES" / "porchlight.po"
    catalog = tool.read_catalog(path)
    change(catalog)
    content = io.BytesIO()
    write_po(content, catalog)
    path.write_bytes(content.getvalue())
    return path


def test_every_sentence_of_every_page_is_in_every_catalog():
    assert tool.check() == []


def test_the_poster_says_only_what_the_catalogs_have():
    poster = tool.ROOT / "tools" / "look" / "posters" / "poster.html"
    said = set(re.findall(r'(?:_|plain)\("([^"]+)"\)', poster.read_text(encoding="utf-8")))
    assert len(said) > 5
    assert said <= {str(message.id) for message in tool.source_catalog()}


def test_the_source_holds_sentences_of_templates_contacts_recipients_and_places():
    sentences = {str(message.id) for message in tool.source_catalog()}
    assert "Leave this page" in sentences
    assert "When a partner hurts you or controls you." in sentences
    assert "Merced County" in sentences
    assert "Call %(number)s" in sentences
    assert not [sentence for sentence in sentences if sentence.startswith("National Human Trafficking")]


@pytest.mark.parametrize(
    ("string", "fault"),
    [
        ("", "not translated"),
        ("  ", "not translated"),
        ("Llame", "lost its placeholder %(number)s"),
        ("Llame al %(numero)s", "has a placeholder %(numero)s that nothing fills"),
        ("Llame al %(number)s al 100%", "per cent sign"),
        ("Llame al <b>%(number)s</b>", "markup"),
        ("Llame al %(number)s &amp; espere", "markup"),
    ],
)
def test_a_faulty_translation_is_named(string, fault):
    found = list(tool.problems_of("es", translated(**{GREETING: string}), source_of(GREETING)))
    assert any(fault in problem and GREETING in problem for problem in found)


def test_a_sound_translation_has_no_problem():
    assert (
        list(tool.problems_of("es", translated(**{GREETING: "Llame al %(number)s"}), source_of(GREETING)))
        == []
    )


def test_a_sentence_marked_as_unsure_is_not_taken():
    catalog = Catalog(locale="es")
    catalog.add(GREETING, "Llame al %(number)s", flags=["fuzzy"])
    (problem,) = tool.problems_of("es", catalog, source_of(GREETING))
    assert "still marked as unsure" in problem


def test_a_new_sentence_and_a_dead_one_both_count_as_lagging():
    found = list(tool.problems_of("es", translated(Old="Viejo"), source_of("New")))
    assert found == ["es: not in the catalog yet: 'New'", "es: no page says this any more: 'Old'"]


def test_english_may_not_hold_markup_or_a_stray_per_cent_sign():
    assert len(list(tool.source_problems(source_of("Read <b>this</b>", "100% sure", "Call %(number)s")))) == 2


def test_a_lost_sentence_fails_the_check_and_update_leaves_it_empty(locales):
    path = spoil(locales, lambda catalog: catalog.delete("Leave this page"))
    assert tool.check(locales) == ["es: not in the catalog yet: 'Leave this page'"]
    tool.update_catalogs(locales)
    assert tool.check(locales) == ["es: not translated: 'Leave this page'"]
    assert tool.read_catalog(path).get("Leave this page").string == ""


def test_an_update_drops_dead_sentences_and_guesses_nothing(locales):
    path = spoil(locales, lambda catalog: catalog.add("Leave this pages", "Salir"))
    tool.update_catalogs(locales)
    assert tool.check(locales) == []
    assert "Leave this pages" not in path.read_text(encoding="utf-8")


def test_an_update_keeps_the_note_on_who_has_checked_the_catalog(locales):
    path = spoil(locales, lambda catalog: catalog.delete("Leave this page"))
    tool.update_catalogs(locales)
    assert tool.NOT_CHECKED in tool.read_catalog(path).header_comment


def test_a_whole_catalog_is_left_as_it_is(locales):
    path = locales / "es" / "LC_MESSAGES" / "porchlight.po"
    before = path.read_bytes()
    tool.update_catalogs(locales)
    tool.write_template(locales)
    assert path.read_bytes() == before
    assert (locales / "porchlight.pot").read_bytes() == (tool.LOCALES / "porchlight.pot").read_bytes()


def test_a_template_for_new_languages_that_lags_fails_the_check(locales):
    (locales / "porchlight.pot").unlink()
    assert tool.check(locales) == ["porchlight.pot lags the templates and the content: run `extract`"]
    tool.write_template(locales)
    assert tool.check(locales) == []


def test_header_and_site_settings_must_agree_on_who_has_checked_a_language(locales):
    def checked(catalog):
        catalog.header_comment = "# Checked by a person on 2026-12-01"

    spoil(locales, checked)
    (problem,) = tool.check(locales)
    assert "disagree on whether a person has checked it" in problem


def test_the_same_catalog_compiles_to_the_same_bytes(tmp_path):
    first = [path.read_bytes() for path in tool.compile_catalogs(target=tmp_path / "one")]
    second = [path.read_bytes() for path in tool.compile_catalogs(target=tmp_path / "two")]
    assert first == second
    assert first[0][:4] == b"\xde\x12\x04\x95"


def compiled(tmp_path, **strings):
    path = tmp_path / "po" / "es" / "LC_MESSAGES" / "porchlight.po"
    path.parent.mkdir(parents=True)
    content = io.BytesIO()
    write_po(content, translated(**strings))
    path.write_bytes(content.getvalue())
    tool.compile_catalogs(tmp_path / "po", tmp_path / "mo")
    return Catalogs(tmp_path / "mo").sentences("es")


def test_a_sentence_is_filled_with_values_that_are_escaped(tmp_path):
    sentences = compiled(tmp_path, **{GREETING: "Llame al %(number)s"})
    assert sentences.gettext(GREETING, number="<9>") == "Llame al &lt;9&gt;"


def test_a_missing_sentence_is_english_that_says_so(tmp_path):
    sentences = compiled(tmp_path, Yes="Sí")
    assert sentences.gettext("A & B %(x)s", x="<1>") == '<span lang="en" dir="ltr">A &amp; B &lt;1&gt;</span>'
    assert sentences.plain("Information") == "Information"


def test_a_translation_that_equals_its_source_is_not_missing(tmp_path):
    assert compiled(tmp_path, No="No").gettext("No") == "No"


def test_markup_that_slips_into_a_translation_is_shown_and_not_run(tmp_path):
    assert "<script>" not in compiled(tmp_path, Yes="<script>alert(1)</script>").gettext("Yes")


def test_the_commands_work_from_the_command_line(capsys):
    assert tool.main(["check"]) == 0
    assert "every sentence is there" in capsys.readouterr().out


def test_a_translator_finds_the_catalog_readable_by_any_tool():
    for path in tool.catalog_paths().values():
        with path.open("rb") as file:
            assert len(read_po(file, abort_invalid=True)) > 100


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b'msgid "a"\nmsgstr "\xf1"\n', "line 2: this is not UTF-8"),
        (b'msgid "a"\nmsgstr "b\n', "line 2: the text is not between two quotes"),
        (b'msgid "a"\nmsgstr "\\x41"\n', ""),
    ],
)
def test_a_catalog_that_cannot_be_read_is_told_with_its_line(tmp_path, content, said):
    path = tmp_path / "porchlight.po"
    path.write_bytes(content)
    if said:
        with pytest.raises(tool.CatalogUnreadable, match=said):
            tool.read_catalog(path)
    else:
        assert tool.read_catalog(path).get("a").string == "A"


def test_a_catalog_is_compiled_as_it_is_read_at_the_desk_whatever_its_header_says(locales):
    path = locales / "es" / "LC_MESSAGES" / "porchlight.po"
    odd = path.read_text(encoding="utf-8").replace("charset=utf-8", "charset=windows-1252")
    path.write_text(odd.replace("nplurals=2; plural=(n != 1);", "nplurals=INTEGER; plural=EXPRESSION;"))
    tool.compile_catalogs(locales)
    assert Catalogs(locales).sentences("es").plain("Information") == "Información"
    assert not [problem for problem in tool.check(locales) if problem.startswith("es:")]


@pytest.mark.parametrize(
    "path", sorted((tool.TEMPLATES / "public").glob("*.html")), ids=lambda path: path.name
)
def test_our_extractor_finds_in_a_template_what_babel_finds(path):
    options = {"newstyle_gettext": "true", "trimmed": "true", "trim_blocks": "true", "lstrip_blocks": "true"}
    keywords = {"_": None, "gettext": None, "plain": None}
    with path.open("rb") as file:
        found = list(extract("jinja2.ext:babel_extract", file, keywords=keywords, options=options))
    theirs = [message if isinstance(message, str) else message[0] for _, message, _, _ in found]
    assert [sentence for _, sentence in of_template(path.read_text(encoding="utf-8"))] == theirs
