"""`make status`: how the deliveries stand, for the site on this machine or for a stage (STAGE=prod).

It reads the table and opens nothing. After the figures of the moment come those of the desk, by month, in the
same steps. JSON=1 prints one line of JSON instead, with every town and office.
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
from tools.aws.month_figures import by_month, lines_by_month
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
        counted = figures(DynamoReports(site.dynamodb, site.reports_table).survey(now), now)
        told = by_month(site)
    except NoSite as reason:
        print(reason, file=sys.stderr)
        return 1
    except (StoreUnavailable, BotoCoreError, ClientError) as error:
        print(f"AWS does not answer: {error}", file=sys.stderr)
        return 1
    if os.environ.get("JSON"):
        print(json.dumps({"version": site.version, **asdict(counted), "by_month": table_of(told)}))
        return 0
    print(f"The deliveries of {site.title} (Porchlight {site.version}), {now:%Y-%m-%d %H:%M:%S} UTC")
    print("\n".join([*lines(counted), *lines_by_month(told)]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
