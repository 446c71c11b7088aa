"""A full desk to look at: invented towns as published, with drafts, cases, log, figures and clerks.

It writes what a desk would have written in a year, past its screens: in batches, without conditions.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from chalicelib.delivery.adapters.delivery_marks import DeliveryMarks
from chalicelib.delivery.adapters.dynamo_month_sums import DynamoMonthSums
from chalicelib.delivery.month_tallies import MonthSum
from chalicelib.delivery.read_figures import months_to
from chalicelib.delivery.shown_figures import Counts
from chalicelib.desk.adapters.dynamo_audit import DynamoAudit
from chalicelib.desk.adapters.dynamo_roles import DynamoRoles
from chalicelib.desk.people import EDITOR, PUBLISHER
from chalicelib.directory.document_ids import CONTACTS, PLACES, SITE, fingerprint, place_of
from chalicelib.publishing.adapters.dynamo_documents import DynamoDocuments
from chalicelib.publishing.documents import Draft, Release, ThrownDraft, Version
from chalicelib.publishing.package_by_place import parts_of
from chalicelib.publishing.whole_texts import empty_text, laid_out
from chalicelib.reporting.adapters.dynamo_reports import DynamoReports
from chalicelib.settings import Settings
from chalicelib.shared.aws.dynamo_values import write
from chalicelib.shared.system_clock import SystemClock
from chalicelib.wiring import publishing
from tools.local import towns
from tools.local.seed import client, make_tables

_WHO, _WHY = "somebody@trying.example", "Invented towns, for trying the site"
_DRAFTS, _THROWN, _WITH_FIGURES = 90, 60, 8


class TownsInvalid(ValueError):
    """TOWNS cannot be used; the text says why."""


def wanted(environ: Mapping[str, str]) -> int:
    """Read TOWNS: how many towns to invent, 0 for none. Raises TownsInvalid."""
    text = environ.get("TOWNS") or "0"
    if not (text.isascii() and text.isdecimal() and int(text) <= towns.MOST):
        raise TownsInvalid(f"TOWNS must be a number from 0 to {towns.MOST}, and is {text!r}.")
    return int(text)


class Batched:
    """A client of DynamoDB that collects items to put, and writes 25 in a call; conditions are left out."""

    def __init__(self, dynamodb: Any) -> None:
        self._dynamodb = dynamodb
        self._waiting: list[tuple[str, Mapping[str, Any]]] = []

    def put_item(self, **call: Any) -> Mapping[str, Any]:
        """Keep an item for the next batch; answer as if it were written."""
        self._waiting.append((str(call["TableName"]), call["Item"]))
        if len(self._waiting) == 25:
            self.flush()
        return {"ConsumedCapacity": {"TableName": call["TableName"]}}

    def flush(self) -> None:
        """Write what waits."""
        tables: dict[str, list[Any]] = {}
        for table, item in self._waiting:
            tables.setdefault(table, []).append({"PutRequest": {"Item": item}})
        self._waiting = []
        if tables:
            self._dynamodb.batch_write_item(RequestItems=tables)


def seed_towns(settings: Settings, many: int, password: str, now: datetime | None = None) -> str:
    """Make all of it for so many towns, and return who may sign in as a clerk."""
    make_tables(settings)
    now = (now or SystemClock().now()).replace(microsecond=0)
    places = towns.places(many)
    batched = Batched(client("dynamodb"))
    _publish(settings, batched, places, now)
    cities = [place for place in places if place.kind == "city"]
    reports = DynamoReports(lambda: batched, settings.reports_table)
    for case in towns.cases(cities, now):
        reports.add(case)
    # As these leave it when they are delivered: else each invitation would look through all of them.
    DeliveryMarks(lambda: client("dynamodb"), settings.reports_table).record_delivered(now)
    log = DynamoAudit(lambda: batched, settings.audit_table)
    for line in towns.log_lines(cities, now):
        log.add(line)
    batched.flush()
    _figures(settings, [place.slug for place in cities[:_WITH_FIGURES]], now)
    _clerks(settings, places, password)
    return towns.clerk_of(cities[0])


def _publish(settings: Settings, batched: Batched, places: list[towns.Town], now: datetime) -> None:
    """Write the places down as release 1, live, as a publish does; no page of it is rendered ahead."""
    _, shipped, _, shelf, *_ = publishing.parts(settings, SystemClock())
    whole = {name: json.loads(shipped.whole(name)) for name in (CONTACTS, PLACES, SITE)}
    whole[PLACES]["places"] += [towns.place_entry(place) for place in places]
    whole[CONTACTS]["contacts"] += [entry for place in places for entry in towns.contact_entries(place)]
    came = {name: shipped.text(name) for name in shipped.ids()}
    texts = parts_of(whole[CONTACTS], whole[PLACES], whole[SITE])
    texts = {name: text for name, text in texts.items() if text != came.get(name)}
    store = DynamoDocuments(lambda: batched, settings.documents_table)
    year_ago = now - timedelta(days=300)
    for name, text in texts.items():
        store.add_version(Version(name, 1, text, _WHO, year_ago, _WHY, fingerprint(shipped.text(name))))
    store.add_release(
        Release(1, dict.fromkeys(texts, 1), _WHO, year_ago, _WHY, package=shipped.package(), since=0)
    )
    _drafts(store, {name: text for name, text in texts.items() if name.startswith(f"{CONTACTS}/")}, now)
    batched.flush()
    files = {"documents.json": json.dumps(laid_out(shipped, texts), ensure_ascii=False).encode()}
    for name, content in files.items():
        client("s3").put_object(Bucket=settings.pages_bucket, Key=f"releases/1/{name}", Body=content)
    shelf.move(1, {}, shelf.live())


def _drafts(store: DynamoDocuments, texts: Mapping[str, str], now: datetime) -> None:
    """Leave drafts of as many places as there are, up to a number, and some that were thrown away."""
    for number, (name, text) in enumerate(texts.items()):
        if not place_of(name).endswith("-invented"):
            continue
        who, when = f"clerk@{place_of(name)}.example", now - timedelta(minutes=number)
        changed = text.replace("some nights", f"{2 + number % 9} nights").replace("at night", "all night")
        draft = Draft(name, changed, 1, 1, who, when, fingerprint(empty_text(name)))
        if number < _DRAFTS:
            store.put_draft(draft)
        if number < _THROWN:
            thrown = when - timedelta(hours=number)
            store.keep_thrown(ThrownDraft(f"{thrown:%Y%m%d%H%M%S}-{number:016x}", draft, who, thrown))


def _figures(settings: Settings, places: list[str], now: datetime) -> None:
    dynamodb = client("dynamodb")
    sums = DynamoMonthSums(lambda: dynamodb, settings.reports_table)
    sums.begin(now - timedelta(days=400))
    there = {(one.month, one.place) for one in sums.all()}
    for number, place in enumerate(places):
        for ago, month in enumerate(months_to(f"{now:%Y-%m}")[1:]):
            reports = 3 + (number * 7 + ago * 5) % 60
            counts = Counts(
                reports, reports - number % 3, number % 4, number % 3, 0, (reports // 3, *[0] * 7)
            )
            if (month, place) not in there:
                sums.save(MonthSum(month, place, {"": counts, "dot-trafficking": counts}))


def _clerks(settings: Settings, places: list[towns.Town], password: str) -> None:
    """Make an editor of each town and a publisher of each county; all have the first publisher's password."""
    cognito, dynamodb = client("cognito-idp"), client("dynamodb")
    roles = {"city": EDITOR, "county": PUBLISHER}
    book = DynamoRoles(lambda: dynamodb, settings.access_table)
    known = {f"at {one.slug}": write({"name": one.name, "parent": one.parent}) for one in places}
    # As the adapter has them, in one write: five hundred on one growing item take their time.
    item = {"pk": {"S": "places"}, "sk": {"S": "all"}, **known}
    dynamodb.put_item(TableName=settings.access_table, Item=item)
    for place in places:
        if place.kind not in roles:
            continue
        email = towns.clerk_of(place)
        made = cognito.admin_create_user(
            UserPoolId=settings.user_pool_id,
            Username=email,
            MessageAction="SUPPRESS",
            UserAttributes=[
                {"Name": "email", "Value": email},
                {"Name": "email_verified", "Value": "true"},
            ],
        )
        cognito.admin_set_user_password(
            UserPoolId=settings.user_pool_id, Username=email, Password=password, Permanent=True
        )
        number = next(one["Value"] for one in made["User"]["Attributes"] if one["Name"] == "sub")
        book.give(number, place.slug, roles[place.kind])
