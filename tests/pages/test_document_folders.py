"""Published texts laid over shipped files, and files saved on disk showing where nothing was published."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from chalicelib.directory.adapters.shipped_content import TEMPLATES
from chalicelib.directory.errors import DocumentInvalid
from chalicelib.pages.adapters.document_folders import Folders, ReleaseFiles, newest
from chalicelib.pages.po_files import PoInvalid, read_po
from chalicelib.pages.render.catalogs import Catalogs
from tests.support.rendered import shipped_files, shipped_folders
from tools.build.catalogs import source_catalog

PAGE, CODE = "template/public/page.html", "template/public/code.html"


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    """Folders of the test's own, to save into."""
    made = shipped_folders(tmp_path, locales=("en", "es"))
    templates = tmp_path / "templates"
    shutil.copytree(TEMPLATES, templates)
    return Folders(templates, made.catalogs, made.content)


def public(folders: Folders, name: str) -> str:
    return (folders.templates / "public" / name).read_text(encoding="utf-8")


def test_a_published_text_wins_and_all_else_is_as_shipped(folders: Folders) -> None:
    laid = ReleaseFiles(folders)({PAGE: "published", "contacts": "{}"})
    assert public(laid, "page.html") == "published"
    assert public(laid, "code.html") == public(folders, "code.html")
    assert (laid.content / "contacts.json").read_text() == "{}"
    assert (laid.content / "site.json").read_bytes() == (folders.content / "site.json").read_bytes()
    assert public(folders, "page.html") != "published"


def test_a_file_saved_on_disk_shows_for_every_document_that_has_no_published_version(
    folders: Folders,
) -> None:
    files = ReleaseFiles(folders)
    before = files({PAGE: "published"})
    for name in ("page.html", "code.html"):
        (folders.templates / "public" / name).write_text("saved just now")
    after = files({PAGE: "published"})
    assert (public(after, "page.html"), public(after, "code.html")) == ("published", "saved just now")
    assert public(before, "code.html") != "saved just now"


def test_the_same_state_gives_the_same_folders_and_old_ones_go(folders: Folders) -> None:
    files = ReleaseFiles(folders)
    first = files({PAGE: "0"})
    assert files({PAGE: "0"}) == first
    for number in range(1, 6):
        files({PAGE: str(number)})
    assert not first.templates.exists()
    assert public(files({PAGE: "0"}), "page.html") == "0"


def test_folders_that_somebody_tidied_away_are_made_again(folders: Folders) -> None:
    files = ReleaseFiles(folders)
    shutil.rmtree(files({PAGE: "published"}).content.parent.parent)
    assert public(files({PAGE: "published"}), "page.html") == "published"


def test_a_published_catalog_is_compiled_and_an_english_one_words_a_sentence_anew(folders: Folders) -> None:
    laid = ReleaseFiles(folders)(
        {
            "catalog/es": 'msgid "Send it"\nmsgstr "Enviar ya"\n',
            "catalog/en": 'msgid "Send it"\nmsgstr "Send this now"\n',
        }
    )
    catalogs = Catalogs(laid.catalogs)
    assert catalogs.sentences("es").plain("Send it") == "Enviar ya"
    assert catalogs.sentences("en").plain("Send it") == "Send this now"
    assert catalogs.sentences("en").plain("Language") == "Language"
    # A sentence that the published catalog lacks is the package's; one that nobody has translated is English.
    assert str(catalogs.sentences("es").gettext("Language")) == "Idioma"
    assert str(catalogs.sentences("es").gettext("Unheard")) == '<span lang="en" dir="ltr">Unheard</span>'


def test_what_is_no_document_or_no_catalog_is_laid_nowhere(folders: Folders) -> None:
    files = ReleaseFiles(folders)
    with pytest.raises(DocumentInvalid):
        files({"template/public/../../../evil.html": "x"})
    with pytest.raises(PoInvalid):
        files({"catalog/es": "nonsense"})


def test_the_shipped_documents_are_all_there_with_every_sentence_in_each_catalog(folders: Folders) -> None:
    shipped = shipped_files(folders)
    assert {
        "contacts",
        "recipients",
        PAGE,
        "template/mail/report/body.txt",
        "catalog/en",
        "catalog/es",
    } <= set(shipped.ids())
    assert "template/public/page.js" not in shipped.ids()
    # What a mail's block says comes with the package alone: an edited "not checked" would say anything.
    of_block = {"mail_block.py", "mails.py", "reply_lines.py", "inbox_mails.py", "terms.py"}
    wanted = {
        str(message.id)
        for message in source_catalog()
        if message.id and {Path(place).name for place, _ in message.locations} - of_block
    }
    for catalog in ("catalog/en", "catalog/es"):
        assert {entry.source for entry in read_po(shipped.text(catalog)) if entry.source} == wanted
    assert all(entry.text for entry in read_po(shipped.text("catalog/es")))
    assert not any(entry.text for entry in read_po(shipped.text("catalog/en")) if entry.source)


@pytest.mark.parametrize("name", ["page.js", "form.js"])
def test_another_script_is_another_package(folders: Folders, name: str) -> None:
    shipped, state = shipped_files(folders), newest(folders)
    before = shipped.package()
    (folders.templates / "public" / name).write_text("// another script\n")
    assert newest(folders) != state
    assert shipped.package() != before
