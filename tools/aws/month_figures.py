"""Figures by month for `make status`: what the desk shows, suppressed by the same rules."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from functools import partial

from chalicelib.delivery.adapters.dynamo_month_sums import DynamoMonthSums
from chalicelib.delivery.read_figures import MonthFigures, ReadFigures
from chalicelib.delivery.web.figures import HALF, HALF_REPLIED, HEADS, MOST, REPLIED, Row
from chalicelib.directory.content import Content
from chalicelib.directory.document_ids import RECIPIENTS
from chalicelib.directory.errors import ContentInvalid
from chalicelib.directory.recipient_rows import offices_at
from chalicelib.directory.recipients import Recipient, read_offices
from chalicelib.publishing.adapters.s3_offices import S3Offices
from chalicelib.publishing.adapters.s3_releases import S3Releases
from chalicelib.reporting.adapters.dynamo_reports import DynamoReports
from chalicelib.shared.aws.sdk import client
from chalicelib.shared.system_clock import SystemClock
from tools.aws.doctor_content import read, shipped_texts
from tools.local.where import Where


class Book:
    """The RecipientBook of a site's documents, with its places."""

    def __init__(self, content: Content, recipients: tuple[Recipient, ...]) -> None:
        self._content = content
        self._recipients = recipients

    def recipients(self) -> tuple[Recipient, ...]:
        """Return every recipient."""
        return self._recipients

    def chain(self, place: str) -> tuple[str, ...]:
        """Return the slugs of a place and those around it, nearest first; empty when we do not know it."""
        places = self._content.places
        return tuple(around.slug for around in places.chain(place)) if place in places else ()

    def zone(self, place: str) -> str:
        """Return the time zone of a place, of the default place for ""."""
        return self._content.places.zone_of(place or self._content.site.default_place)

    @property
    def content(self) -> Content:
        """Return places, contacts and settings."""
        return self._content

    def names(self) -> dict[str, str]:
        """Return the names of places by slug."""
        return {place.slug: place.name for place in self._content.places}


def by_month(site: Where) -> MonthFigures:
    """Return the figures that the desk shows. Raises StoreUnavailable or what the SDK does."""
    store = DynamoReports(site.dynamodb, site.reports_table)
    sums = DynamoMonthSums(site.dynamodb, site.reports_table)
    book = book_of(site)
    return ReadFigures(sums, store.survey, book, SystemClock(), book.zone, book.names)()


def lines_by_month(told: MonthFigures) -> list[str]:
    """Return the lines of all towns together, by month; each town and office is in the JSON."""
    said = "Under five reads <5, other counts are in steps of five; a total adds only what is shown."
    lines = ["", f"By month, all towns. {said}"]
    for month in told.months:
        heads = [*HEADS.values(), HALF, MOST, REPLIED, HALF_REPLIED]
        words = zip(heads, Row(month, told.of([month], list(told.places))).cells, strict=True)
        lines.append(f"{month}  " + ", ".join(f"{name.lower()}: {value}" for name, value in words))
    if told.since > told.months[-1]:
        lines.append(f"Counting began in {told.since}: earlier, only what was still kept is counted.")
    if told.partial:
        lines.append(f"Of {', '.join(sorted(told.partial))} some came before steps were written down.")
    return lines


def book_of(site: Where) -> Book:
    """Return the recipients and places as they are published, or as they ship."""
    shipped = shipped_texts()
    published = _published(site)
    texts = shipped | {name: text for name, text in published.items() if name in shipped}
    offices = S3Offices(partial(client, "s3"), site.pages_bucket).text() if site.pages_bucket else ""
    try:
        content, recipients = read(texts | {RECIPIENTS: "[]"} if offices else texts)
        if offices:
            entries = json.loads(offices_at(offices, datetime.now(UTC)))
            recipients = read_offices(entries, [place.slug for place in content.places])
        return Book(content, recipients)
    except (ContentInvalid, ValueError, LookupError):  # the doctor says what is wrong with them
        return Book(*read(shipped))


def _published(site: Where) -> dict[str, str]:
    if not site.pages_bucket:
        return {}
    s3 = partial(client, "s3")
    live = S3Releases(s3, site.pages_bucket).live()
    if live is None:
        return {}
    key = f"releases/{live.number}/documents.json"
    return dict(json.loads(s3().get_object(Bucket=site.pages_bucket, Key=key)["Body"].read()))
