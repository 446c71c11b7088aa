"""Published texts on their way back into the repository: what was changed at the desk, and no more."""

from __future__ import annotations

import io
import json
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from babel.messages.pofile import write_po

from chalicelib.directory.document_ids import fingerprint
from chalicelib.pages.po_files import read_po, replace_texts
from chalicelib.publishing.documents import Release, Version
from chalicelib.publishing.still_fits import is_marked, with_marks
from tests.support.fake_documents import FakeDocuments, FakeShelf
from tools.aws.pull_texts import pull, written_content
from tools.build.catalogs import CONTENT, LOCALES, read_catalog

ANA, NOW = "ana@desk.example", datetime(2026, 11, 28, tzinfo=UTC)
WAITS, DAY = "It waits to be sent.", "Show"


class Stage:
    """A repository, and a stage with what it published."""

    def __init__(self, folder: Path) -> None:
        self.locales, self.content = folder / "locale", folder / "content"
        shutil.copytree(LOCALES, self.locales, ignore=shutil.ignore_patterns("*.mo"))
        shutil.copytree(CONTENT, self.content)
        self.es = self.locales / "es" / "LC_MESSAGES" / "porchlight.po"
        self.contacts = self.content / "contacts.json"
        self.store, self.shelf = FakeDocuments(), FakeShelf()

    def publish(self, base: str = "", **texts: str) -> None:
        for document, text in texts.items():
            name = document.replace("_", "/")
            self.store.add_version(Version(name, 1, text, ANA, NOW, "why", fingerprint(base)))
            self.store.keep_shipped(name, base)
        names = {document.replace("_", "/"): 1 for document in texts}
        self.store.add_release(Release(1, names, ANA, NOW, "why"))
        self.shelf.move(1, {}, None)

    def pull(self) -> list[str]:
        return list(pull(self.store, self.shelf, self.locales, self.content))


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage(tmp_path)


def sentences(path: Path) -> dict[str, str]:
    return {entry.source: entry.text for entry in read_po(path.read_text(encoding="utf-8")) if entry.source}


def entry(text: str, name: str) -> dict[str, Any]:
    return next(one for one in json.loads(text)["contacts"] if one["id"] == name)


def changed(text: str, name: str, **fields: Any) -> str:
    document = json.loads(text)
    next(one for one in document["contacts"] if one["id"] == name).update(fields)
    return written_content(document)


def test_without_a_release_nothing_is_written(stage: Stage) -> None:
    assert stage.pull() == ["Nothing has been published there yet."]


def test_contacts_are_written_in_the_form_of_the_repository() -> None:
    shipped = (CONTENT / "contacts.json").read_text(encoding="utf-8")
    assert written_content(json.loads(shipped)) == shipped


def test_a_sentence_changed_at_the_desk_is_written_and_what_is_newer_here_stays(
    stage: Stage,
) -> None:
    base = stage.es.read_text(encoding="utf-8")
    stage.publish(base, catalog_es=replace_texts(base, {WAITS: "Espera su envío."}))
    newer = replace_texts(base, {DAY: "Enseñar"})  # in the repository, since that package was made
    stage.es.write_text(newer, encoding="utf-8")
    lines = stage.pull()
    assert "catalog/es: 1 sentences changed" in lines
    assert sentences(stage.es) == {**sentences(stage.es), WAITS: "Espera su envío.", DAY: "Enseñar"}
    assert stage.pull()[1] == "catalog/es: 0 sentences changed"


def test_a_sentence_that_both_changed_is_written_as_published_and_named(stage: Stage) -> None:
    base = stage.es.read_text(encoding="utf-8")
    stage.publish(base, catalog_es=replace_texts(base, {WAITS: "Espera su envío."}))
    stage.es.write_text(replace_texts(base, {WAITS: "Aún espera."}), encoding="utf-8")
    assert f"  changed here too, look at it: {WAITS}" in stage.pull()
    assert sentences(stage.es)[WAITS] == "Espera su envío."


def test_fields_of_contacts_are_written_one_by_one(stage: Stage) -> None:
    base = stage.contacts.read_text(encoding="utf-8")
    stage.publish(base, contacts=changed(base, "lbpd", checked_on="2026-11-28", checked_by="A clerk"))
    stage.contacts.write_text(changed(base, "lbpd-report", hours="Day and night"), encoding="utf-8")
    assert "contacts: written" in stage.pull()
    after = stage.contacts.read_text(encoding="utf-8")
    assert entry(after, "lbpd")["checked_by"] == "A clerk"
    assert entry(after, "lbpd-report")["hours"] == "Day and night"
    assert "contacts: nothing differs" in stage.pull()


def test_recipients_and_templates_are_named_and_left_there(stage: Stage) -> None:
    stage.publish(recipients="[]", **{"template/public/page.html": "page"})
    said = "\n".join(stage.pull())
    assert "recipients: left there; addresses are not for the repository" in said
    assert "template/public/page.html: left there" in said


def test_where_the_base_is_not_known_it_is_said(stage: Stage) -> None:
    text = replace_texts(stage.es.read_text(encoding="utf-8"), {WAITS: "Espera su envío."})
    stage.store.add_version(Version("catalog/es", 1, text, ANA, NOW, "why", "0" * 16))
    stage.store.add_release(Release(1, {"catalog/es": 1}, ANA, NOW, "why"))
    stage.shelf.move(1, {}, None)
    lines = stage.pull()
    assert "catalog/es: 1 sentences changed" in lines
    assert any("is not known" in line for line in lines)


def test_what_was_looked_at_again_at_the_desk_comes_along_and_outlives_an_update(stage: Stage) -> None:
    base = stage.es.read_text(encoding="utf-8")
    marked = with_marks(base, {DAY: "Show it"}, NOW.date())
    stage.publish(base, catalog_es=marked)
    stage.pull()
    here = stage.es.read_text(encoding="utf-8")
    assert sentences(stage.es) == {one.source: one.text for one in read_po(base) if one.source}
    content = io.BytesIO()
    write_po(content, read_catalog(stage.es), width=100)  # as `make translations` writes it
    for text in (here, content.getvalue().decode()):
        [entry] = [one for one in read_po(text) if one.source == DAY]
        assert is_marked(entry, "Show it")
