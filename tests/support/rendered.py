"""The real renderer over the shipped documents, for tests: catalogs compiled into a folder of their own."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from chalicelib.directory.adapters.shipped_content import CONTENT, TEMPLATES
from chalicelib.directory.document_ids import path_of
from chalicelib.directory.place_documents import Whole
from chalicelib.pages.adapters.document_folders import Folders, ReleaseFiles
from chalicelib.publishing.adapters.render_process import Limits, RenderProcess
from chalicelib.publishing.adapters.shipped_documents import ShippedFiles
from chalicelib.publishing.documents import Problem
from chalicelib.publishing.place_inputs import place_inputs
from chalicelib.publishing.ports import RenderedPage, RenderedPlace, SiteLook, SiteRenderer
from chalicelib.publishing.render.sentences import of_texts
from chalicelib.publishing.render.site_renderer import WorkerSiteRenderer
from chalicelib.publishing.whole_texts import WHOLE
from chalicelib.wiring.publishing import RENDERERS, render_cache
from tools.build.catalogs import compile_catalogs

PATIENT = Limits(patience=20.0)  # a busy machine is no reason to fail


def shipped_folders(work: Path, locales: Sequence[str] = (), counties: Sequence[str] = ()) -> Folders:
    """Return the shipped folders with catalogs compiled: all that are offered, or some languages.

    `counties` (FIPS) are those that have pages: to render those of a whole state takes long.
    """
    content, catalogs = work / "content", work / "locale"
    shutil.copytree(CONTENT, content)
    only_counties(content, counties)
    compile_catalogs(target=catalogs)
    if locales:
        site = json.loads((content / "site.json").read_text(encoding="utf-8"))
        site["locales"] = [one for one in site["locales"] if one["tag"] in locales]
        (content / "site.json").write_text(json.dumps(site, indent=2), encoding="utf-8")
        for folder in catalogs.iterdir():
            if folder.name not in locales:
                shutil.rmtree(folder)
    return Folders(TEMPLATES, catalogs, content)


def only_counties(content: Path, counties: Sequence[str]) -> None:
    """Leave the ZIPs of these counties alone in a folder; without any, no ZIPs and no services."""
    if not counties:
        (content / "zips.json").unlink()
        (content / "services.json").unlink()
        return
    zips = json.loads((content / "zips.json").read_text(encoding="utf-8"))
    zips["counties"] = [one for one in zips["counties"] if one["fips"] in counties]
    kept = {
        zip_code: " ".join(one for one in words.split() if one in counties)
        for zip_code, words in zips["zips"].items()
    }
    zips["zips"] = {zip_code: words for zip_code, words in kept.items() if words}
    zips["towns"] = [
        {**town, "zips": " ".join(one for one in town["zips"].split() if one in zips["zips"])}
        for town in zips["towns"]
        if {*town["counties"].split()} <= {*counties}
    ]
    zips["towns"] = [town for town in zips["towns"] if town["zips"]]
    (content / "zips.json").write_text(json.dumps(zips), encoding="utf-8")


def shipped_root(work: Path) -> Path:
    """Return one folder with all of it, as the render process is given one."""
    return ReleaseFiles(shipped_folders(work))({}).content.parent


def shipped_files(folders: Folders) -> ShippedFiles:
    """Return the documents of these folders."""
    return ShippedFiles(folders, RENDERERS, of_texts)


def site_renderer(folders: Folders, limits: Limits = PATIENT) -> WorkerSiteRenderer:
    """Return the renderer as the desk uses it."""
    files = ReleaseFiles(folders)

    def folder_of(texts: Mapping[str, str]) -> Path:
        return files(texts).content.parent

    process = RenderProcess("chalicelib.publishing.render.render_worker", limits)
    return WorkerSiteRenderer(folder_of, process, cache=render_cache())


@dataclass(frozen=True, slots=True)
class RenderedSite:
    """A whole site as it came out of a renderer: the look at it, and each place."""

    look: SiteLook
    places: Sequence[RenderedPlace]

    @property
    def pages(self) -> list[RenderedPage]:
        """Return all pages."""
        return [page for place in self.places for page in place.pages]

    @property
    def problems(self) -> list[Problem]:
        """Return all that was found."""
        return [*self.look.problems, *(problem for place in self.places for problem in place.problems)]


def render_site(renderer: SiteRenderer, folder: Path, texts: Mapping[str, str]) -> RenderedSite:
    """Render every page of a site; `folder` holds the same texts, laid over what shipped."""
    look = renderer.look(texts)
    if not look.renders:
        return RenderedSite(look, [])
    whole = Whole(*(json.loads((folder / path_of(name)).read_text(encoding="utf-8")) for name in WHOLE))
    offices = json.loads((folder / path_of("recipients")).read_text(encoding="utf-8"))
    return RenderedSite(look, renderer.places(texts, [*place_inputs(whole, offices)]))
