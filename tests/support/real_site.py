"""A desk by place over the real renderer, which works in this process: ten places in two languages.

Put together as wiring/publishing.py does it, with a package, a store and a shelf of the test's own.
"""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

from chalicelib.directory.adapters.shipped_content import TEMPLATES
from chalicelib.directory.place_documents import Whole
from chalicelib.directory.recipient_rows import public
from chalicelib.pages.adapters.document_folders import Folders, ReleaseFiles
from chalicelib.publishing import edit_whole
from chalicelib.publishing.adapters.shipped_documents import ShippedFiles
from chalicelib.publishing.build_places import BuildPlaces, BuildProgress
from chalicelib.publishing.built_places import BuiltPlace, read_built
from chalicelib.publishing.check_documents import BuiltSite, CheckDocuments
from chalicelib.publishing.documents import CheckReport, Release
from chalicelib.publishing.edit_text import EditText
from chalicelib.publishing.errors import NothingToPublish
from chalicelib.publishing.keep_edition import KeepEdition
from chalicelib.publishing.package_by_place import PackageByPlace
from chalicelib.publishing.place_inputs import is_of_site
from chalicelib.publishing.ports import LiveRelease, PlaceInputs, ReleaseShelf, RenderedPlace
from chalicelib.publishing.publish import Publish
from chalicelib.publishing.render.render_cache import Lru, RenderCache, digest_of, digest_of_folder
from chalicelib.publishing.render.render_worker import Inside, answer
from chalicelib.publishing.render.sentences import of_texts
from chalicelib.publishing.render.site_renderer import WorkerSiteRenderer
from chalicelib.publishing.renderer_by_place import RendererByPlace
from chalicelib.publishing.store_by_place import StoreByPlace
from chalicelib.publishing.targets import Targets
from chalicelib.publishing.whole_texts import all_texts, whole_of
from chalicelib.publishing.without_recipients import (
    PackageWithOffices,
    RendererWithOffices,
    StoreWithoutRecipients,
)
from tests.support.fake_builds import FakeBuilds
from tests.support.fake_documents import FakeDocuments, FakeShelf
from tests.support.fakes import FixedClock
from tests.support.rendered import shipped_folders

ANA, BEN = "ana@desk.example", "ben@desk.example"
STYLE, PAGE, FORM = (f"template/public/{name}" for name in ("page.css", "page.html", "note.html"))
MERCED, FRESNO, NEVADA = "merced-county-ca", "fresno-county-ca", "nevada"
OF_MERCED = {MERCED, "los-banos-ca", "atwater-ca"}
_MORE = [
    ("atwater-ca", "Atwater", MERCED, "city"),
    ("fresno-ca", "Fresno", FRESNO, "city"),
    ("clovis-ca", "Clovis", FRESNO, "city"),
    (FRESNO, "Fresno County", "california", "county"),
    ("reno-nv", "Reno", NEVADA, "city"),
    (NEVADA, "Nevada", "us", "state"),
]


def contact(id_: str, serves: str, **more: Any) -> dict[str, Any]:
    """Return a contact with a number of its own."""
    number = f"209{sum(map(ord, id_)) % 900 + 100}{len(id_) * 37 % 9000 + 1000}"
    return {
        "id": id_,
        "name": f"Desk {id_}",
        "serves": serves,
        "audience": "anyone",
        "channels": [
            {"kind": "call", "show": f"{number[:3]}-{number[3:6]}-{number[6:]}", "value": f"+1{number}"}
        ],
        "hours": "Day and night.",
        "languages": "English.",
        "what": f"Help by phone at {id_}.",
        "what_not": "",
        "mark": "SINGLE",
        "sources": ["a page"],
        "read_on": "2026-11-20",
        "checked_on": None,
        "checked_by": None,
        **more,
    }


def folders_with_towns(work: Path, counties: Sequence[str] = ()) -> Folders:
    """Return the shipped folders in two languages, with more places, each with a contact.

    `counties` (FIPS) have pages with their services.
    """
    folders = Folders(work / "templates", *shipped_folders(work / "site", ("en", "es"), counties)[1:])
    shutil.copytree(TEMPLATES, folders.templates)
    places = _read(folders.content / "places.json")
    places["places"] += [dict(zip(("slug", "name", "parent", "kind"), one, strict=True)) for one in _MORE]
    contacts = _read(folders.content / "contacts.json")
    contacts["contacts"] += [contact(f"of-{slug}", slug) for slug, *_ in _MORE]
    site = {**_read(folders.content / "site.json"), "default_place": "us"}
    for name, content in (("places", places), ("contacts", contacts), ("site", site)):
        (folders.content / f"{name}.json").write_text(json.dumps(content, ensure_ascii=False), "utf-8")
    return folders


def newer(folders: Folders, work: Path, style: str = "\n.newer { margin: 0 }\n", **texts: str) -> Folders:
    """Return the folders of a newer package: with more style, and other texts of templates."""
    templates = work / "templates"
    shutil.copytree(folders.templates, templates)
    (templates / "public" / "page.css").write_text(
        (templates / "public" / "page.css").read_text("utf-8") + style, "utf-8"
    )
    for name, text in texts.items():
        (templates / "public" / f"{name}.html").write_text(text, "utf-8")
    return folders._replace(templates=templates)


class _Package:
    """The ShippedDocuments of whichever folders were deployed last."""

    def __init__(self, folders: Folders) -> None:
        self.deploy(folders)

    def deploy(self, folders: Folders) -> None:
        self.shipped = ShippedFiles(folders, [], of_texts, lambda: 0)
        self.files = ReleaseFiles(folders, lambda: 0)

    def ids(self) -> Sequence[str]:
        return self.shipped.ids()

    def text(self, document: str) -> str:
        return self.shipped.text(document)

    def earlier(self, document: str) -> Sequence[str]:
        return ()

    def package(self) -> str:
        return self.shipped.package()


class _Process:
    """A render process in this one. Who is given the inputs of places first shares a worker with others.

    Templates that are the same are read once: half of the time of a look goes there.
    """

    def __init__(self, folder: Path, workers: dict[Path, Inside], read: dict[str, dict[str, Any]]) -> None:
        self._folder = folder
        self._workers = workers
        self._read = read
        self._inside: Inside | None = None

    def ask(self, job: Mapping[str, Any]) -> dict[str, Any]:
        if job["do"] != "read":
            return self._ask(job)
        digest = digest_of(job["name"], digest_of_folder(self._folder / "templates"))
        if digest not in self._read:
            self._read[digest] = self._ask(job)
        return self._read[digest]

    def _ask(self, job: Mapping[str, Any]) -> dict[str, Any]:
        if self._inside is None:
            if job["do"] == "take":
                if self._folder not in self._workers:
                    self._workers[self._folder] = Inside(self._folder)
                self._inside = self._workers[self._folder]
            else:
                self._inside = Inside(self._folder)
        an_hour = time.monotonic() + 3600
        done: dict[str, Any] = json.loads(json.dumps(answer(self._inside, {**job, "until": an_hour})))
        return done


class Rendering(RendererByPlace):
    """The real renderer in this process; `asked` names the places that were rendered."""

    def __init__(
        self, package: _Package, shipped: PackageByPlace, offices: Callable[[], str], cache: RenderCache
    ) -> None:
        self.asked: list[str] = []
        self.may_render = True
        workers: dict[Path, Inside] = {}
        read: dict[str, dict[str, Any]] = {}

        @contextmanager
        def start(folder: Path) -> Iterator[_Process]:
            yield _Process(folder, workers, read)

        def folder_of(texts: Mapping[str, str]) -> Path:
            return package.files(texts).content.parent

        worker = WorkerSiteRenderer(folder_of, start, 1, cache)
        super().__init__(RendererWithOffices(worker, offices), shipped)

    def places(self, texts: Mapping[str, str], inputs: Sequence[PlaceInputs]) -> Sequence[RenderedPlace]:
        """Render places, and remember which."""
        assert self.may_render
        self.asked += [one.place for one in inputs]
        return super().places(texts, inputs)


class Anew(NamedTuple):
    """A whole site as it comes out when nothing of it is known."""

    site: BuiltSite
    report: CheckReport
    files: Mapping[str, bytes]


class RealSite:
    """The site of these folders. `answers` are what others were told of the same pages."""

    def __init__(self, folders: Folders, answers: Lru[Mapping[str, Any]]) -> None:
        self.offices = [public(one) for one in _read(folders.content / "recipients.json")]
        self.clock = FixedClock()
        self.package = _Package(folders)
        self.shipped = PackageByPlace(PackageWithOffices(self.package, self._offices))
        self.documents, self.shelf, self.builds = FakeDocuments(), FakeShelf(), FakeBuilds()
        self.store = StoreByPlace(StoreWithoutRecipients(self.documents), self.shipped, self.shelf)
        # Each renders for itself. To look over and pack the same HTML for the same inputs takes most of the
        # time, and gives the same: that is done once.
        one, other = RenderCache(), RenderCache()
        one.answers = other.answers = answers
        self.rendering = Rendering(self.package, self.shipped, self._offices, one)
        self.rendering_anew = Rendering(self.package, self.shipped, self._offices, other)
        self.edit = EditText(self.store, self.shipped, self.shelf, self.clock)
        self.publish = self.publisher(self.shelf)
        self._pieces: dict[Path, Inside] = {}
        self.writes: list[str] = []
        for port in (self.documents, self.shelf, self.builds):
            port.before = self.writes.append

    def publisher(self, shelf: ReleaseShelf, keep_edition: KeepEdition | None = None) -> Publish:
        """Return another publisher over the same store."""
        check = self._check(self.rendering, self.builds, shelf)
        return Publish(self.store, self.shipped, shelf, check, self.clock, keep_edition=keep_edition)

    def change(self, do: Callable[[Whole], None], who: str = ANA) -> list[str]:
        """Save drafts of what `do` changes in contacts, places and settings; return their documents."""
        changed = edit_whole.texts_with(self.edit, do)
        edit_whole.change(self.edit, do, who)
        return [*changed]

    def save(self, document: str, text: str, who: str = ANA) -> None:
        self.edit.save_draft(document, text, self.edit.open(document).revision, who)

    def bring(self, scope: Collection[str] | None = None) -> set[str]:
        """Publish; return the places that were rendered for it."""
        self.rendering.asked.clear()
        self.writes.clear()
        self.publish(ANA, "why", accept=True, scope=scope)
        return {*self.rendering.asked}

    def bring_again(self) -> set[str]:
        """Publish once more what is live, where anything of it comes out otherwise; return as `bring`."""
        self.rendering.asked.clear()
        self.writes.clear()
        with suppress(NothingToPublish):
            self.publish.again(ANA, "why", accept=True)
        return {*self.rendering.asked}

    @property
    def live(self) -> LiveRelease:
        live = self.shelf.live()
        assert live is not None
        return live

    @property
    def release(self) -> Release:
        release = self.store.release(self.live.number)
        assert release is not None
        return release

    @property
    def entries(self) -> dict[str, BuiltPlace]:
        """The entries of the live release, by place."""
        return read_built(self.shelf.file(self.live.number, "inputs.json"))[0]

    def written_pages(self) -> set[str]:
        """Return the places of which pages were written since the last publish began."""
        paths = [one.removeprefix("put ") for one in self.writes if one.startswith("put releases/")]
        return {one.split("/")[2] if one.startswith("releases/places/") else "" for one in paths}

    def texts(self) -> dict[str, str]:
        """Return the text of each document that is live and not as it shipped."""
        targets = Targets(self.store, self.shipped, self.shelf)
        return targets.text_of(targets.drafts(()))

    def anew(self) -> Anew:
        """Build what is live once more, by a renderer that shares nothing, from nothing that was kept."""
        shelf = FakeShelf()
        check = self._check(self.rendering_anew, FakeBuilds(), shelf)
        checked = check(self.texts(), {}, to_publish=True)
        report, site = checked.report, checked.built
        assert site is not None, report
        return Anew(site, report, shelf.files)

    def of_one_piece(self, names: Sequence[str]) -> dict[str, str]:
        """Render pages of what is live out of all documents at once, as if nobody had cut out inputs."""
        texts = self.texts()
        folder = self.package.files(
            {name: text for name, text in texts.items() if is_of_site(name)}
        ).content.parent
        if folder not in self._pieces:
            self._pieces[folder] = Inside(folder)
        whole = whole_of(all_texts(self.shipped, texts))
        parts = {
            "contacts": whole.contacts,
            "places": whole.places,
            "site": whole.site,
            "recipients": self.offices,
        }
        self._pieces[folder].take(json.dumps(parts))
        return {name: str(self._pieces[folder].page(name)["html"]) for name in names}

    def _check(self, rendering: Rendering, builds: FakeBuilds, shelf: ReleaseShelf) -> CheckDocuments:
        build = BuildPlaces(rendering, builds, shelf, BuildProgress(lambda phase, done, of: None))
        return CheckDocuments(rendering, build, self.shipped, self.clock)

    def _offices(self) -> str:
        return json.dumps(self.offices)


def _read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))
