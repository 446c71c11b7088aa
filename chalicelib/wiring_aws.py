"""Where the functions that need AWS, templates or keys get their services."""

from __future__ import annotations

import logging
from datetime import timedelta
from functools import partial

from chalice.app import Chalice

from chalicelib.adapters.aws import client
from chalicelib.adapters.dynamo_reports import DynamoReports
from chalicelib.adapters.hpke_sealer import HpkeSealer
from chalicelib.adapters.receipt_vault import SeededVault
from chalicelib.adapters.secrets_manager import JsonSecret, ReporterSecret
from chalicelib.adapters.system import SystemClock
from chalicelib.ports import Pages
from chalicelib.render.live_pages import LivePages
from chalicelib.settings import Settings
from chalicelib.usecases.follow_up import FollowUp
from chalicelib.usecases.take_report import TakeReport
from chalicelib.web import followups, reports
from chalicelib.wiring_published import published_directory, site_source

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
    site = site_source(settings)
    app.register_blueprint(reports.routes(pages, site, take_report, app.log.error))
    app.register_blueprint(
        followups.routes(pages, site, FollowUp(store, vault, directory, clock), app.log.error)
    )


def live_pages(settings: Settings) -> Pages:
    """Return pages that are rendered at each request, from the files as they are then."""
    return LivePages(site_source(settings))


def report_store(settings: Settings) -> DynamoReports:
    """Return the store of sealed reports."""
    return DynamoReports(partial(client, "dynamodb"), settings.reports_table)
