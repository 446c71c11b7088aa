"""Composition root of the code page. Clients are made at the start, before anybody waits."""

from __future__ import annotations

from chalice.app import Chalice

from chalicelib.pages.ports import Pages
from chalicelib.replies.adapters.code_key_vault import CodeKeyVault
from chalicelib.replies.adapters.dynamo_replies import DynamoReplies
from chalicelib.replies.follow_up import FollowUp
from chalicelib.replies.web import code_page
from chalicelib.replies.write_back import WriteBack
from chalicelib.reporting.adapters.dynamo_reports import DynamoReports
from chalicelib.reporting.adapters.hpke_sealer import HpkeSealer
from chalicelib.reporting.adapters.receipt_vault import SeededVault
from chalicelib.reporting.adapters.reporter_secret import ReporterSecret
from chalicelib.settings import Settings
from chalicelib.shared.aws.sdk import client_in_time
from chalicelib.shared.aws.secrets import JsonSecret
from chalicelib.shared.system_clock import SystemClock
from chalicelib.wiring.published import published_recipients, published_zones, site_source


def serve(app: Chalice, settings: Settings, pages: Pages) -> None:
    """Register the code page."""
    dynamodb, manager = client_in_time("dynamodb"), client_in_time("secretsmanager")
    secret = ReporterSecret(JsonSecret(lambda: manager, settings.reporter_secret))
    store, clock = DynamoReports(lambda: dynamodb, settings.reports_table), SystemClock()
    vault, directory = CodeKeyVault(SeededVault(secret.seed)), published_recipients(settings)
    replies = bool(settings.reply_domain)
    follow_up = FollowUp(
        store,
        DynamoReplies(lambda: dynamodb, settings.reports_table),
        vault,
        directory,
        clock,
        published_zones(settings),
        replies=replies,
    )
    write_back = WriteBack(store, HpkeSealer(secret.delivery_key), vault, directory, clock, follow_up)
    app.register_blueprint(
        code_page.routes(pages, site_source(settings), follow_up, write_back, app.log.error, replies=replies)
    )
