"""Catalogs on their way through translators' programs: exported, rewritten, and brought back."""

from __future__ import annotations

import shutil
from pathlib import Path

import polib
import pytest

from chalicelib.pages.po_files import read_po
from tools.build import take_translations
from tools.build.catalogs import catalog_paths
from tools.build.take_translations import take

ES = catalog_paths()["es"]


@pytest.fixture
def catalog(tmp_path: Path) -> Path:
    return Path(shutil.copy(ES, tmp_path / "porchlight.po"))


def exported(catalog: Path, target: Path, wrap: int = 40) -> polib.POFile:
    """The catalog as Poedit and Weblate keep it: wrapped lines, a header of their own, what is obsolete."""
    po = polib.pofile(str(catalog), wrapwidth=wrap)
    po.metadata["X-Generator"] = "Poedit 3.4"
    po.metadata["Last-Translator"] = "Ana <ana@example.org>"
    po.header = "Translators: Ana"
    po.append(polib.POEntry(msgid="Nobody says this any more", msgstr="Ya nadie dice esto", obsolete=True))
    for entry in po:
        entry.flags.append("no-wrap")
        entry.comment = "seen"
        entry.previous_msgid = None
    po.sort(key=lambda entry: entry.msgid)
    po.save(str(target))
    return po


def brought_back(catalog: Path, file: Path) -> take_translations.Outcome:
    return take(catalog, read_po(file.read_text(encoding="utf-8")))


@pytest.mark.parametrize("wrap", [20, 78, 0])
def test_a_file_that_a_program_rewrote_and_nobody_translated_changes_no_byte(
    catalog: Path, tmp_path: Path, wrap: int
) -> None:
    before = catalog.read_bytes()
    exported(catalog, tmp_path / "es.po", wrap or 10_000)
    assert brought_back(catalog, tmp_path / "es.po").taken == ()
    assert catalog.read_bytes() == before


def test_what_a_translator_changed_comes_back_and_nothing_else(catalog: Path, tmp_path: Path) -> None:
    before = {entry.source: entry.text for entry in read_po(catalog.read_text(encoding="utf-8"))}
    po = exported(catalog, tmp_path / "es.po")
    changed, unsure, emptied = [entry for entry in po if not entry.obsolete and "%(" not in entry.msgid][:3]
    changed.msgstr = "Una frase nueva, más larga que todas las otras: con “comillas”, y\nuna línea más."
    unsure.msgstr, unsure.flags = "No sé", [*unsure.flags, "fuzzy"]
    emptied.msgstr = ""
    po.append(polib.POEntry(msgid="Said by nobody", msgstr="Nadie"))
    po.save(str(tmp_path / "es.po"))
    outcome = brought_back(catalog, tmp_path / "es.po")
    assert outcome.taken == (changed.msgid,)
    assert outcome.unsure == (unsure.msgid,)
    assert outcome.unknown == ("Said by nobody",)
    after = {entry.source: entry.text for entry in read_po(catalog.read_text(encoding="utf-8"))}
    assert after == {**before, changed.msgid: changed.msgstr, "": after[""]}
    # Who checked it is not what a program says.
    assert "Drafted, not yet checked by a person" in catalog.read_text(encoding="utf-8")


def test_only_the_lines_of_a_changed_sentence_differ(catalog: Path, tmp_path: Path) -> None:
    before = catalog.read_text(encoding="utf-8").split("\n")
    po = exported(catalog, tmp_path / "es.po")
    entry = next(one for one in po if one.msgid == "It waits to be sent.")
    entry.msgstr = "Espera su envío."
    po.save(str(tmp_path / "es.po"))
    brought_back(catalog, tmp_path / "es.po")
    after = catalog.read_text(encoding="utf-8").split("\n")
    differing = [new for old, new in zip(before, after, strict=True) if old != new]
    assert differing == ['msgstr "Espera su envío."']


def test_the_command_says_what_came_of_it(
    catalog: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(take_translations, "catalog_paths", lambda: {"es": catalog})
    exported(catalog, tmp_path / "es.po")
    assert take_translations.main(["es", str(tmp_path / "es.po")]) == 0
    assert capsys.readouterr().out == "0 sentences changed\n"
    (tmp_path / "bad.po").write_text("msgid", encoding="utf-8")
    assert take_translations.main(["es", str(tmp_path / "bad.po")]) == 1
    assert take_translations.main(["es", str(tmp_path / "none.po")]) == 1
