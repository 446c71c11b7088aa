"""Where the form and the code page get their services. None of it loads AWS's SDK: people wait for it."""

from __future__ import annotations

import os
from datetime import timedelta

from chalice.app import Chalice

from chalicelib.adapters.dynamo_reports import DynamoReports
from chalicelib.adapters.hpke_sealer import HpkeSealer
from chalicelib.adapters.receipt_vault import SeededVault
from chalicelib.adapters.secrets_manager import JsonSecret, ReporterSecret
from chalicelib.adapters.signed_calls import SignedClient
from chalicelib.adapters.system import SystemClock
from chalicelib.ports import Pages
from chalicelib.settings import Settings
from chalicelib.usecases.follow_up import FollowUp
from chalicelib.usecases.take_report import TakeReport
from chalicelib.web import followups, reports
from chalicelib.wiring_published import published_directory, site_source


def serve(app: Chalice, settings: Settings, pages: Pages) -> None:
    """Register the form and the code page."""
    clock = SystemClock()
    dynamodb = SignedClient("dynamodb", os.environ, clock.now)
    secretsmanager = SignedClient("secretsmanager", os.environ, clock.now)
    secret = ReporterSecret(JsonSecret(lambda: secretsmanager, settings.reporter_secret))
    store = DynamoReports(lambda: dynamodb, settings.reports_table)
    vault = SeededVault(secret.seed)
    directory = published_directory(settings)
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
