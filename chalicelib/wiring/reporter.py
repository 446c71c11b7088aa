"""Composition root of the form. Clients are made at the start, before anybody waits."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import NamedTuple

from chalice.app import Chalice

from chalicelib.pages.ports import Pages
from chalicelib.reporting.adapters.dynamo_reports import DynamoReports
from chalicelib.reporting.adapters.hpke_sealer import HpkeSealer
from chalicelib.reporting.adapters.receipt_vault import SeededVault
from chalicelib.reporting.adapters.reporter_secret import ReporterSecret
from chalicelib.reporting.take_report import TakeReport
from chalicelib.reporting.web import form_page
from chalicelib.settings import Settings
from chalicelib.shared.aws.sdk import client_in_time
from chalicelib.shared.aws.secrets import JsonSecret
from chalicelib.shared.system_clock import SystemClock
from chalicelib.wiring.published import published_recipients, site_source


def serve(app: Chalice, settings: Settings, pages: Pages) -> Callable[[], str]:
    """Register the form. Returns what gives the path of one that could be sent, if there is any."""
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
    app.register_blueprint(
        form_page.routes(
            pages, site_source(settings), take_report, app.log.error, replies=bool(settings.reply_domain)
        )
    )

    def path() -> str:
        places = (pages.default_place, *pages.places)
        place = next((one for one in places if take_report.offered(one)), pages.default_place)
        return f"/{pages.locales[0]}/{place}/note/"

    return path


class _Services(NamedTuple):
    clock: SystemClock
    store: DynamoReports
    secret: ReporterSecret


def _services(settings: Settings) -> _Services:
    dynamodb, manager = client_in_time("dynamodb"), client_in_time("secretsmanager")
    secret = ReporterSecret(JsonSecret(lambda: manager, settings.reporter_secret))
    return _Services(SystemClock(), DynamoReports(lambda: dynamodb, settings.reports_table), secret)
