"""`make status`: how the deliveries stand, for the site on this machine or for a stage (STAGE=prod).

It reads the table and opens nothing. After the figures of the moment come the places in which something
waits, worst first, then the figures of the desk, by month, in the same steps. JSON=1 prints one line of JSON
instead, with every town and office.
"""

from __future__ import annotations

import json
import os
import sys
from dataclasses import asdict
from datetime import UTC, datetime

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.delivery.figures import DeliveryFigures, figures
from chalicelib.delivery.web.figures import table_of
from chalicelib.reporting.adapters.dynamo_reports import DynamoReports
from chalicelib.shared.errors import StoreUnavailable
from tools.aws.month_figures import book_of, by_month, lines_by_month
from tools.aws.place_rows import lines_of, rows_of
from tools.local.where import NoSite, where

_MEANING = {
    "reports": "reports kept",
    "due": "mails due now",
    "oldest_due_seconds": "seconds that the oldest of them has waited",
    "waiting": "mails waiting, due or not",
    "held": "held back for a digest or for a key",
    "sent": "sent, and nothing heard of them yet",
    "delayed": "delayed by the recipient's mail server",
    "failed": "failed",
    "failed_unanswered": "failed, and nobody has answered for it",
    "fallbacks": "gone to a fallback address",
    "reached_nobody": "reports that have reached nobody after eight hours",
    "on_legal_hold": "reports on legal hold",
}


def lines(counted: DeliveryFigures) -> list[str]:
    """Return the figures for people."""
    told = asdict(counted)
    told["oldest_due_seconds"] = round(told["oldest_due_seconds"])
    return [f"{told[name]:>8}  {meaning}" for name, meaning in _MEANING.items()]


def main() -> int:
    """Print the figures; return the exit code."""
    try:
        site = where()
        now = datetime.now(UTC)
        cases = list(DynamoReports(site.dynamodb, site.reports_table).survey(now))
        counted, told, book = figures(cases, now), by_month(site), book_of(site)
        agreed_only = os.environ.get("STAGE") == "prod"
        reports = [case for case in cases if not case.is_message]
        rows = rows_of(book.content, book.recipients(), reports, now, agreed_only)
    except NoSite as reason:
        print(reason, file=sys.stderr)
        return 1
    except (StoreUnavailable, BotoCoreError, ClientError) as error:
        print(f"AWS does not answer: {error}", file=sys.stderr)
        return 1
    if os.environ.get("JSON"):
        by_place = [asdict(row) for row in rows]
        whole = {"version": site.version, **asdict(counted), "by_month": table_of(told)}
        print(json.dumps({**whole, "by_place": by_place}))
        return 0
    print(f"The deliveries of {site.title} (Porchlight {site.version}), {now:%Y-%m-%d %H:%M:%S} UTC")
    print("\n".join([*lines(counted), *lines_of(rows), *lines_by_month(told)]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
