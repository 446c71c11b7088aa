"""Composition root of checking and publishing: for the desk, and for the worker that does it."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Mapping
from functools import cache, partial
from pathlib import Path
from typing import NamedTuple

from chalicelib.directory.adapters.shipped_content import CATALOGS
from chalicelib.directory.recipient_rows import offices_at, public
from chalicelib.directory.write_entries import write_entries
from chalicelib.pages.about import AboutSite
from chalicelib.pages.adapters.document_folders import ReleaseFiles
from chalicelib.pages.render.packing import unpack_brotli
from chalicelib.publishing.adapters.dynamo_documents import DynamoDocuments
from chalicelib.publishing.adapters.lambda_renderer import LambdaRenderer
from chalicelib.publishing.adapters.render_process import Limits, RenderProcess
from chalicelib.publishing.adapters.s3_builds import S3Builds
from chalicelib.publishing.adapters.s3_offices import S3Offices
from chalicelib.publishing.adapters.s3_releases import S3Releases, S3ReleasesOfRequest
from chalicelib.publishing.adapters.shipped_documents import ShippedFiles
from chalicelib.publishing.build_places import BuildPlaces, BuildProgress, Spread
from chalicelib.publishing.check_documents import CheckDocuments
from chalicelib.publishing.package_by_place import PackageByPlace
from chalicelib.publishing.ports import Progress, SiteRenderer
from chalicelib.publishing.publish import Publish
from chalicelib.publishing.render import sentences
from chalicelib.publishing.render.render_cache import RenderCache
from chalicelib.publishing.render.site_renderer import WorkerSiteRenderer
from chalicelib.publishing.renderer_by_place import RendererByPlace
from chalicelib.publishing.store_by_place import StoreByPlace
from chalicelib.publishing.without_recipients import (
    PackageWithOffices,
    RendererWithOffices,
    StoreWithoutRecipients,
)
from chalicelib.settings import Settings
from chalicelib.shared.aws.sdk import client
from chalicelib.shared.clock import Clock
from chalicelib.wiring.render import PATIENT, WORKER, package
from chalicelib.wiring.texts import SHIPPED, file_state

# Whatever of ours a page or a mail is made by: a package with another one renders anew.
RENDERERS = sorted(CATALOGS.parent.glob("**/render"))

_LOOK_EVERY = 2.0  # seconds
# Tries and seconds of a call of the function that renders: a worker waits a little longer than that may take,
# somebody at the desk a little longer than a page may take in it, with its start.
WORKERS_CALL, DESKS_CALL = (3, 125.0), (2, 12.0)


class PublishParts(NamedTuple):
    """What every use case of publishing is made of."""

    store: StoreByPlace
    shipped: PackageByPlace
    about: AboutSite
    shelf: S3Releases
    renderer: RendererByPlace
    build: BuildPlaces
    check: CheckDocuments


def publish_with(
    settings: Settings,
    clock: Clock,
    progress: Progress,
    numbered: Callable[[int], None],
    spread: Spread | None = None,
) -> Publish:
    """Return a publish for a worker: it says how far it is, and the number of its release.

    What it has to make of many places it hands to `spread`.
    """
    part = parts(settings, clock, progress, PATIENT, spread)
    # The desk loads this module too, and never needs these.
    from chalicelib.publishing.adapters.s3_editions import S3Editions
    from chalicelib.publishing.keep_edition import KeepEdition, given_with
    from chalicelib.wiring.live_edition import shipped_words

    editions = S3Editions(partial(client, "s3", 4, 10.0), settings.pages_bucket, clock.now)
    keep = KeepEdition(editions, lambda: given_with(part.shipped, shipped_words()), clock)
    return Publish(part.store, part.shipped, part.shelf, part.check, clock, numbered, keep)


def parts(
    settings: Settings,
    clock: Clock,
    progress: Progress = lambda phase, done, of: None,
    limits: Limits | None = None,
    spread: Spread | None = None,
) -> PublishParts:
    """Return what every use case of publishing is made of; `progress` is told how far it is."""
    about = AboutSite(settings.operator_name, settings.operator_contact, settings.keep_days)
    patient = partial(client, "s3", 4, 10.0)
    shelf_of = S3Releases if limits else S3ReleasesOfRequest  # the desk looks, a worker moves
    shelf = shelf_of(partial(client, "s3"), settings.pages_bucket, patient, about.fill, progress)
    offices = offices_now(settings, clock)
    shipped, files = package_by_place(settings, offices)
    documents = DynamoDocuments(partial(client, "dynamodb"), settings.documents_table)
    store = StoreByPlace(StoreWithoutRecipients(documents), shipped, shelf)
    built = BuildProgress(progress)
    lone = _in_a_function(settings, built.within if limits else None) if settings.render_function else None
    worker = lone or _in_processes(files, limits, built.within)
    renderer = RendererByPlace(RendererWithOffices(worker, offices), shipped)
    build = BuildPlaces(renderer, S3Builds(patient, settings.pages_bucket), shelf, built, spread)
    check = CheckDocuments(renderer, build, shipped, clock)
    return PublishParts(store, shipped, about, shelf, renderer, build, check)


def _in_a_function(settings: Settings, progress: Progress | None) -> SiteRenderer:
    """Return the renderer in a function of its own: a worker's, who has patience, or the desk's."""
    tries, seconds = WORKERS_CALL if progress else DESKS_CALL
    client_of = partial(client, "lambda", tries, seconds)
    kept = render_cache().previews
    return LambdaRenderer(client_of, settings.render_function, package, unpack_brotli, kept, progress)


def _in_processes(files: ReleaseFiles, limits: Limits | None, progress: Progress) -> SiteRenderer:
    """Return the same renderer in processes of this machine."""

    def folder_of(texts: Mapping[str, str]) -> Path:
        return files(texts).content.parent

    workers = min(os.cpu_count() or 1, 4)
    return WorkerSiteRenderer(folder_of, RenderProcess(WORKER, limits), workers, render_cache(), progress)


@cache
def render_cache() -> RenderCache:
    """Return what this process rendered and looked over."""
    return RenderCache()


def offices_now(settings: Settings, clock: Clock) -> Callable[[], str]:
    """Return what gives who gets reports, as readers may know it: as agreed to, or as shipped before that.

    Asked for with every text, so it is looked at every other second.
    """
    shelf = S3Offices(partial(client, "s3"), settings.pages_bucket)
    seen: list[tuple[float, str]] = []

    def now() -> str:
        if not seen or time.monotonic() - seen[-1][0] > _LOOK_EVERY:
            text = shelf.text()
            entries = json.loads(offices_at(text, clock.now()) if text else shipped_offices())
            seen[:] = [(time.monotonic(), write_entries([public(entry) for entry in entries]))]
        return seen[-1][1]

    return now


def shipped_offices() -> str:
    """Return the recipients as they shipped."""
    return (SHIPPED.content / "recipients.json").read_text(encoding="utf-8")


def package_by_place(settings: Settings, offices: Callable[[], str]) -> tuple[PackageByPlace, ReleaseFiles]:
    """Return what shipped, with these recipients: read once in a process."""
    files, release_files = _package(settings)
    return PackageByPlace(PackageWithOffices(files, offices)), release_files


def package_at_work(settings: Settings) -> str:
    """Return the fingerprint of everything that shipped."""
    return _package(settings)[0].package()


@cache
def _package(settings: Settings) -> tuple[ShippedFiles, ReleaseFiles]:
    """Return what shipped, read once in a process; each job would lay out folders of its own."""
    state = file_state(settings)
    return ShippedFiles(SHIPPED, RENDERERS, sentences.of_texts, state), ReleaseFiles(SHIPPED, state)
