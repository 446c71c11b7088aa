"""A desk by place over fakes: two counties, towns, and the nation; pages say what is in them.

Each page shows its package, the text of a template, its place with what serves it, and the places around:
what is of one release and what of another can be read off it. The shelf may be another one, such as S3's.
"""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from chalicelib.directory.document_ids import CONTACTS, PLACES, SITE
from chalicelib.directory.place_documents import Whole
from chalicelib.pages.page_files import hashes_in, path_of
from chalicelib.pages.page_headers import page_headers
from chalicelib.publishing import edit_whole
from chalicelib.publishing.build_places import BuildPlaces, BuildProgress
from chalicelib.publishing.built_places import BuiltPlace, read_built
from chalicelib.publishing.check_documents import CheckDocuments
from chalicelib.publishing.documents import Problem, Release
from chalicelib.publishing.edit_text import EditText
from chalicelib.publishing.package_by_place import PackageByPlace
from chalicelib.publishing.ports import (
    BuildStore,
    LiveRelease,
    PlaceInputs,
    ReleaseShelf,
    RenderedPage,
    RenderedPlace,
    SiteLook,
)
from chalicelib.publishing.publish import Publish
from chalicelib.publishing.release_pages import names_of
from chalicelib.publishing.renderer_by_place import RendererByPlace
from chalicelib.publishing.store_by_place import StoreByPlace
from tests.publishing.test_publish import PAGE, FakeRenderer, SetClock, Shipped
from tests.support.fake_builds import FakeBuilds
from tests.support.fake_documents import FakeDocuments, FakeShelf

ANA, BEN, EVE = "ana@desk.example", "ben@desk.example", "eve@desk.example"
COUNTY, ALDER, BIRCH, OTHER, NATION = "a-county", "alder", "birch", "other-county", "us"
AROUND = {ALDER: COUNTY, BIRCH: COUNTY, COUNTY: NATION, OTHER: NATION}
EVERY = {COUNTY, ALDER, BIRCH, OTHER, NATION, ""}
OF_COUNTY = {COUNTY, ALDER, BIRCH}


class TownsPackage(Shipped):
    """A package with these places, each with a contact `of-<slug>`, and no office."""

    def __init__(self) -> None:
        super().__init__()
        places, contacts = (json.loads(self.texts[name]) for name in (PLACES, CONTACTS))
        kinds = {slug: "city" if around == COUNTY else "county" for slug, around in AROUND.items()}
        places[PLACES][:0] = [
            {"slug": slug, "name": slug.title(), "parent": around, "kind": kinds[slug]}
            for slug, around in AROUND.items()
        ]
        line = {**contacts[CONTACTS][0], "checked_on": None, "checked_by": None}
        contacts[CONTACTS] = [line, *({**line, "id": f"of-{slug}", "serves": slug} for slug in AROUND)]
        self.texts |= {PLACES: json.dumps(places, indent=1), CONTACTS: json.dumps(contacts, indent=1)}


class TownsRenderer(FakeRenderer):
    """Renders places of their inputs alone. `may_render` is taken away where nothing may be rendered."""

    def __init__(self, shipped: Shipped) -> None:
        super().__init__(shipped)
        self.may_render = True
        self.found: dict[str, list[Problem]] = {}

    def look(self, texts: Mapping[str, str]) -> SiteLook:
        assert self.may_render
        whole = {**self._shipped.texts, **texts}
        settings = json.loads(whole[SITE])
        policy = f"default-src 'none'; style-src '{self._shipped.fingerprint}'"
        index = {
            "locales": ["en"],
            "places": [one["slug"] for one in json.loads(whole[PLACES])[PLACES]],
            "default_place": settings["default_place"],
            "other_pages": ["about"],
            "headers": page_headers(policy),
        }
        return SiteLook(index, {}, self.problems)

    def places(self, texts: Mapping[str, str], inputs: Sequence[PlaceInputs]) -> Sequence[RenderedPlace]:
        assert self.may_render
        self.before()
        template = {**self._shipped.texts, **texts}[PAGE]
        rendered = []
        for one in inputs:
            self.asked.append(one.place)
            parts = json.loads(one.content)
            words = {
                "package": self._shipped.fingerprint,
                "template": template,
                "contacts": {each["id"]: each["what"] for each in parts[CONTACTS][CONTACTS]},
                "places": {each["slug"]: each["name"] for each in parts[PLACES][PLACES]},
            }
            html = f'<!DOCTYPE html><html lang="en"><meta charset="utf-8"><p>{json.dumps(words)}</p></html>'
            packed = base64.b64encode(gzip.compress(html.encode(), mtime=0)).decode()
            pages = [RenderedPage(name, html, packed) for name in names_of(one)]
            rendered.append(RenderedPlace(one.place, pages, self.found.get(one.place, [])))
        return rendered


class TownsDesk:
    """The use cases. `shelf` and `builds` are in memory unless others are given."""

    def __init__(self, shelf: ReleaseShelf | None = None, builds: BuildStore | None = None) -> None:
        self.clock, self.package = SetClock(), TownsPackage()
        self.shipped = PackageByPlace(self.package)
        self.documents = FakeDocuments()
        self.shelf: Any = shelf or FakeShelf()
        self.builds: Any = builds or FakeBuilds()
        self.renderer = TownsRenderer(self.package)
        self.store = StoreByPlace(self.documents, self.shipped, self.shelf)
        self.edit = EditText(self.store, self.shipped, self.shelf, self.clock)
        self.publish = self.publisher()
        self.writes: list[str] = []

    def publisher(self, shelf: ReleaseShelf | None = None, renderer: TownsRenderer | None = None) -> Publish:
        """Return a publisher in a process of its own."""
        at, by_place = shelf or self.shelf, RendererByPlace(renderer or self.renderer, self.shipped)
        build = BuildPlaces(by_place, self.builds, at, BuildProgress(lambda phase, done, of: None))
        check = CheckDocuments(by_place, build, self.shipped, self.clock)
        return Publish(self.store, self.shipped, at, check, self.clock)

    def watch(self, before: Callable[[str], None]) -> None:
        """Have this called before each write of documents, pages and built places, if they are in memory."""
        for port in (self.documents, self.shelf, self.builds):
            port.before = before

    def deploy(self, fingerprint: str) -> None:
        """Put another package in the place of this one: it renders otherwise, with another style."""
        self.package.fingerprint = fingerprint

    # Texts

    def says(self, contact: str, what: str, who: str = ANA) -> list[str]:
        """Draft what a contact says; return the documents that are drafted for it."""

        def do(whole: Whole) -> None:
            entries = whole.contacts[CONTACTS]
            next(one for one in entries if one["id"] == contact)["what"] = what

        return self.change(do, who)

    def change(self, do: Callable[[Whole], None], who: str = ANA) -> list[str]:
        """Draft what `do` changes."""
        documents = [*edit_whole.texts_with(self.edit, do)]
        edit_whole.change(self.edit, do, who)
        return documents

    def template(self, text: str, who: str = ANA) -> None:
        """Draft the template."""
        self.edit.save_draft(PAGE, text, self.edit.open(PAGE).revision, who)

    def bring(self, documents: Sequence[str] | None = None, who: str = ANA) -> Release:
        """Publish, alone or all; `writes` are then those that it took, if they are in memory."""
        self.renderer.asked.clear()
        self.writes.clear()
        return self.publish(who, "why", accept=True, scope=documents)

    # What readers get

    def live(self) -> LiveRelease:
        live = self.shelf.live()
        assert live is not None
        return live

    def entries(self, number: int = 0) -> dict[str, BuiltPlace]:
        return read_built(self.shelf.file(number or self.live().number, "inputs.json"))[0]

    def page(self, place: str, read: Callable[[str], bytes] | None = None) -> dict[str, Any]:
        """Return what the page of a place says to readers; fails where it is not there."""
        live = self.live()
        path = path_of(live.number, *hashes_in(live.index), "en", place or "about") + ".b64"
        content = read(path) if read else self.shelf.files[path]
        html = gzip.decompress(base64.b64decode(content)).decode()
        said: dict[str, Any] = json.loads(html.partition("<p>")[2].partition("</p>")[0])
        return said

    def said(self, contact: str, place: str = "") -> str:
        """Return what a contact says on the page of its own place, or of another."""
        slug = place or contact.removeprefix("of-")
        return str(self.page(slug)["contacts"][contact])
