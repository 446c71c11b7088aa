"""Composition root of the form and the code page. None of it loads AWS's SDK: a cold start is waited for."""

from __future__ import annotations

import os
from datetime import timedelta
from typing import NamedTuple

from chalice.app import Chalice

from chalicelib.pages.ports import Pages
from chalicelib.reporting.adapters.dynamo_reports import DynamoReports
from chalicelib.reporting.adapters.hpke_sealer import HpkeSealer
from chalicelib.reporting.adapters.receipt_vault import SeededVault
from chalicelib.reporting.adapters.reporter_secret import ReporterSecret
from chalicelib.reporting.follow_up import FollowUp
from chalicelib.reporting.take_report import TakeReport
from chalicelib.reporting.web import code_page, form_page
from chalicelib.settings import Settings
from chalicelib.shared.aws.secrets import JsonSecret
from chalicelib.shared.aws.signed_calls import SignedClient
from chalicelib.shared.request_time import THIS_REQUEST
from chalicelib.shared.system_clock import SystemClock
from chalicelib.wiring.published import published_recipients, published_zones, site_source


def serve(app: Chalice, settings: Settings, pages: Pages) -> None:
    """Register the form."""
    services = _services(settings)
    take_report = TakeReport(
        services.store,
        HpkeSealer(services.secret.delivery_key),
        SeededVault(services.secret.seed),
        published_recipients(settings),
        services.clock,
        agreed_only=settings.stage == "prod",
        digest_every=timedelta(seconds=settings.digest_every),
        keep_days=settings.keep_days,
    )
    app.register_blueprint(form_page.routes(pages, site_source(settings), take_report, app.log.error))


def serve_codes(app: Chalice, settings: Settings, pages: Pages) -> None:
    """Register the code page."""
    services = _services(settings)
    vault, directory = SeededVault(services.secret.seed), published_recipients(settings)
    follow_up = FollowUp(services.store, vault, directory, services.clock, published_zones(settings))
    app.register_blueprint(code_page.routes(pages, site_source(settings), follow_up, app.log.error))


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
