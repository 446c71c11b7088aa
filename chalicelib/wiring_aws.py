"""Where the functions that need AWS, templates or keys get their services."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from datetime import timedelta
from functools import cache, partial
from pathlib import Path

from chalice.app import Chalice

from chalicelib.adapters.aws import client
from chalicelib.adapters.dynamo_reports import DynamoReports
from chalicelib.adapters.hpke_sealer import HpkeSealer
from chalicelib.adapters.mail_encryption import KeyedEncrypter
from chalicelib.adapters.receipt_vault import SeededVault
from chalicelib.adapters.secrets_manager import JsonSecret, ReporterSecret
from chalicelib.adapters.shipped_content import CATALOGS, CONTENT, TEMPLATES, shipped_content
from chalicelib.adapters.shipped_directory import ShippedDirectory
from chalicelib.adapters.system import SystemClock
from chalicelib.domain.locales import ENDONYMS
from chalicelib.ports import Pages
from chalicelib.render.catalogs import Catalogs
from chalicelib.render.live_pages import LivePages
from chalicelib.render.mails import Mails
from chalicelib.render.site import Site
from chalicelib.settings import Settings
from chalicelib.usecases.follow_up import FollowUp
from chalicelib.usecases.take_report import TakeReport
from chalicelib.web import followups, reports

log = logging.getLogger("porchlight")
log.setLevel(logging.INFO)


def serve_reporter(app: Chalice, settings: Settings, pages: Pages) -> None:
    """Register the form and the code page."""
    secret = ReporterSecret(JsonSecret(partial(client, "secretsmanager"), settings.reporter_secret))
    store = report_store(settings)
    vault = SeededVault(secret.seed)
    directory = published_directory(settings)
    clock = SystemClock()
    take_report = TakeReport(
        store,
        HpkeSealer(secret.desk_key),
        vault,
        directory,
        clock,
        agreed_only=settings.stage == "prod",
        digest_every=timedelta(seconds=settings.digest_every),
        keep_days=settings.keep_days,
    )
    site = _site_source(settings)
    app.register_blueprint(reports.routes(pages, site, take_report, app.log.error))
    app.register_blueprint(
        followups.routes(pages, site, FollowUp(store, vault, directory, clock), app.log.error)
    )


def live_pages(settings: Settings) -> Pages:
    """Return pages that are rendered at each request, from the files as they are then."""
    return LivePages(_site_source(settings))


def report_store(settings: Settings) -> DynamoReports:
    """Return the store of sealed reports."""
    return DynamoReports(partial(client, "dynamodb"), settings.reports_table)


def _site_source(settings: Settings) -> Callable[[], Site]:
    if settings.porchlight_pages == "live":
        return lambda: _site(_newest())
    return lambda: _site(0)


def published_directory(settings: Settings) -> ShippedDirectory:
    """Return the recipients as they are published now."""
    return _shipped_directory(_newest() if settings.porchlight_pages == "live" else 0)


def mails(settings: Settings) -> Mails:
    """Return what writes the mails, from the templates and catalogs as they are published now."""
    return _shipped_mails(settings.sender_address, _newest() if settings.porchlight_pages == "live" else 0)


@cache
def _site(_version: int) -> Site:
    return Site(TEMPLATES, Catalogs(CATALOGS), shipped_content())


@cache
def _shipped_directory(_version: int) -> ShippedDirectory:
    return ShippedDirectory(CONTENT, shipped_content())


@cache
def _shipped_mails(sender: str, _version: int) -> Mails:
    places = shipped_content().places
    return Mails(
        TEMPLATES / "mail",
        Catalogs(CATALOGS),
        sender,
        lambda slug: places[slug].name if slug in places else slug,
        lambda locale: ENDONYMS.get(locale, locale),
        KeyedEncrypter(SystemClock().now),
    )


def _newest() -> int:
    """Return a number that changes when any template, catalog or document was saved."""
    files = (file for folder in (TEMPLATES, CATALOGS, CONTENT) for file in _files(folder))
    return hash(tuple((path, os.stat(path).st_mtime_ns) for path in files))


def _files(folder: Path) -> list[str]:
    return sorted(os.path.join(where, name) for where, _, names in os.walk(folder) for name in names)
