"""What the renderer and the shipped documents promise: the fakes, and the real ones with their processes."""

from __future__ import annotations

import json
from dataclasses import dataclass
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest

from chalicelib.delivery.mail_frames import MARKER
from chalicelib.directory.document_ids import CONTACTS, PLACES, RECIPIENTS, kind_of
from chalicelib.directory.errors import DocumentInvalid
from chalicelib.pages.adapters.document_folders import ReleaseFiles
from chalicelib.pages.render.packing import PUBLISHED, pack_brotli
from chalicelib.publishing import page_marks
from chalicelib.publishing.ports import ShippedDocuments, SiteRenderer
from chalicelib.reporting.render.samples import MADE_ON_REQUEST
from tests.support.fake_lambda import renderer_in_a_function
from tests.support.fake_package import REPORT_MAIL, FakePackage, FakeRenderer, written
from tests.support.rendered import render_site, shipped_files, shipped_folders, site_renderer


@dataclass
class Package:
    """A package's documents, and the renderer that renders them."""

    shipped: ShippedDocuments
    renderer: SiteRenderer

    def read(self, document: str) -> Any:
        return json.loads(self.shipped.text(document))

    def mail(self, recipient: str, texts: dict[str, str] | None = None, sample: int = 0) -> EmailMessage:
        content = self.renderer.mail(texts or {}, "report", recipient, sample)
        message = message_from_bytes(content, policy=SMTP)
        assert isinstance(message, EmailMessage)
        return message


def body(message: EmailMessage) -> str:
    plain = message.get_body(("plain",))
    assert plain is not None
    return str(plain.get_content())


@pytest.fixture(scope="module", params=["fake", "processes", "function"])
def package(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Package:
    if request.param == "fake":
        shipped = FakePackage()
        return Package(shipped, FakeRenderer(shipped))
    folders = shipped_folders(tmp_path_factory.mktemp("package"), locales=("en", "es"))
    if request.param == "function":
        return Package(shipped_files(folders), renderer_in_a_function(folders))
    return Package(shipped_files(folders), site_renderer(folders))


def test_every_document_has_a_kind_and_a_text_and_kinds_stand_together(package: Package) -> None:
    ids = package.shipped.ids()
    assert [kind for kind, _ in groupby(ids, kind_of)] == [
        "contacts", "places", "recipients", "site", "page template", "mail template", "catalog",
    ]  # fmt: skip
    assert all(package.shipped.text(document) for document in ids)


def test_what_did_not_ship_has_no_text(package: Package) -> None:
    for document in ("", "contact", "catalog/xx", "template/public/../page.html"):
        with pytest.raises(KeyError):
            package.shipped.text(document)


def test_a_package_has_one_fingerprint(package: Package) -> None:
    assert package.shipped.package()
    assert package.shipped.package() == package.shipped.package()


def test_a_page_is_of_the_texts_handed_in_and_has_its_headers(package: Package) -> None:
    places = package.read(PLACES)
    slug = places["places"][0]["slug"]
    places["places"][0]["name"] = "Nowhere Springs"
    page = package.renderer.page({PLACES: written(places)}, f"es/{slug}")
    assert page.name == f"es/{slug}"
    assert "Nowhere Springs" in page.html
    assert "Content-Security-Policy" in page.headers
    assert "Nowhere Springs" not in package.renderer.page({}, f"es/{slug}").html


@pytest.mark.parametrize("name", ["en/nowhere-at-all", "xx/us", "en/us/nothing"])
def test_a_page_that_there_is_not_is_refused(package: Package, name: str) -> None:
    with pytest.raises(DocumentInvalid):
        package.renderer.page({}, name)


def test_a_mail_goes_to_its_recipient_in_the_frame_handed_in(package: Package) -> None:
    recipient = package.read(RECIPIENTS)[0]
    mail = package.mail(recipient["id"], {REPORT_MAIL: f"Read this first.\n\n{MARKER}"})
    assert mail["To"] == "the-office@example.org", "who renders knows no inbox"
    paragraphs = body(mail).replace("\r\n", "\n").split("\n\n")
    assert "Read this first." in paragraphs[:2], "a fence may stand above"
    assert MARKER not in body(mail)


def test_another_sample_is_another_report(package: Package) -> None:
    recipient = package.read(RECIPIENTS)[0]["id"]
    first, second = (body(package.mail(recipient, sample=sample)) for sample in (0, 1))
    assert first != second


def test_a_mail_to_nobody_is_refused(package: Package) -> None:
    with pytest.raises(DocumentInvalid):
        package.renderer.mail({}, "report", "nobody")


def test_the_sentences_are_those_that_the_documents_say(package: Package) -> None:
    before = package.renderer.sentences({})
    contacts = package.read(CONTACTS)
    new = "Open on weekdays, and on no other day."
    contacts["contacts"][0]["hours"] = new
    after = package.renderer.sentences({CONTACTS: written(contacts)})
    assert new not in before
    assert [document for document, _ in after[new]] == [CONTACTS]
    assert contacts["contacts"][0]["what"] in before


def test_what_cannot_be_read_says_no_sentences(package: Package) -> None:
    with pytest.raises(DocumentInvalid):
        package.renderer.sentences({CONTACTS: "{"})


def test_a_page_with_marks_is_the_page_without_them(package: Package) -> None:
    slug = package.read(PLACES)["places"][0]["slug"]
    page = package.renderer.marked({}, f"es/{slug}")
    assert page.html == package.renderer.page({}, f"es/{slug}").html
    assert page_marks.without(page.marked) == page.html != page.marked
    with pytest.raises(DocumentInvalid):
        package.renderer.marked({}, "es/nowhere-at-all")


def test_a_publish_packs_brotli_at_its_own_quality_and_none_of_what_is_made_on_request(
    tmp_path: Path,
) -> None:
    folders = shipped_folders(tmp_path, locales=("en",))
    pages = render_site(site_renderer(folders), ReleaseFiles(folders)({}).content.parent, {}).pages
    assert {page.name for page in pages if not page.brotli} == {
        name for name in (page.name for page in pages) if name.endswith(MADE_ON_REQUEST)
    }
    assert [
        page.name for page in pages if page.brotli and page.brotli != pack_brotli(page.html, PUBLISHED)
    ] == []
