"""Where the form and the code page get their services. None of it loads AWS's SDK: people wait for it."""

from __future__ import annotations

import os
from datetime import timedelta
from typing import NamedTuple

from chalice.app import Chalice

from chalicelib.adapters.dynamo_reports import DynamoReports
from chalicelib.adapters.hpke_sealer import HpkeSealer
from chalicelib.adapters.receipt_vault import SeededVault
from chalicelib.adapters.reporter_secret import ReporterSecret
from chalicelib.pages.ports import Pages
from chalicelib.settings import Settings
from chalicelib.shared.aws.secrets import JsonSecret
from chalicelib.shared.aws.signed_calls import SignedClient
from chalicelib.shared.request_time import THIS_REQUEST
from chalicelib.shared.system_clock import SystemClock
from chalicelib.usecases.follow_up import FollowUp
from chalicelib.usecases.take_report import TakeReport
from chalicelib.web import followups, reports
from chalicelib.wiring_published import published_directory, site_source


def serve(app: Chalice, settings: Settings, pages: Pages) -> None:
    """Register the form."""
    services = _services(settings)
    take_report = TakeReport(
        services.store,
        HpkeSealer(services.secret.desk_key),
        SeededVault(services.secret.seed),
        published_directory(settings),
        services.clock,
        agreed_only=settings.stage == "prod",
        digest_every=timedelta(seconds=settings.digest_every),
        keep_days=settings.keep_days,
    )
    app.register_blueprint(reports.routes(pages, site_source(settings), take_report, app.log.error))


def serve_codes(app: Chalice, settings: Settings, pages: Pages) -> None:
    """Register the code page."""
    services = _services(settings)
    vault, directory = SeededVault(services.secret.seed), published_directory(settings)
    follow_up = FollowUp(services.store, vault, directory, services.clock)
    app.register_blueprint(followups.routes(pages, site_source(settings), follow_up, app.log.error))


class _Services(NamedTuple):
    clock: SystemClock
    store: DynamoReports
    secret: ReporterSecret


def _services(settings: Settings) -> _Services:
    clock = SystemClock()
    dynamodb = SignedClient("dynamodb", os.environ, clock.now, left=THIS_REQUEST.left)
    secretsmanager = SignedClient("secretsmanager", os.environ, clock.now, left=THIS_REQUEST.left)
    secret = ReporterSecret(JsonSecret(lambda: secretsmanager, settings.reporter_secret))
    return _Services(clock, DynamoReports(lambda: dynamodb, settings.reports_table), secret)
