"""From nothing to a published page of a town with its own contacts, by links and forms alone."""

from __future__ import annotations

import gzip
import json
from base64 import b64decode
from datetime import UTC, datetime

import pytest

from chalicelib.directory.adapters.dynamo_recipients import DynamoRecipients
from chalicelib.directory.adapters.published_texts import OFFICES
from chalicelib.directory.adapters.shipped_content import shipped_content
from chalicelib.directory.recipient_rows import offices_at
from chalicelib.directory.recipients import offered_at, read_offices
from chalicelib.pages.page_files import hashes_in, path_of
from chalicelib.shared.aws.sdk import client
from chalicelib.wiring.texts import good
from tests.support.desk_site import PUBLISHER_ONE, DeskSite, Page, Person

pytestmark = pytest.mark.takes(40)  # it publishes the site, once

TOWN = {"name": "Dos Palos", "kind": "city", "parent": "merced-county-ca"}
HOUSE = {
    "name": "Casa Abierta",
    "serves": "dos-palos-ca",
    "what": "A safe house with an open door.",
    "sources": "They told us by phone.",
}
OFFICE = {
    "name": "Dos Palos Police",
    "serves": "dos-palos-ca",
    "nature": "police",
    "email": "reports@police.example",
    "fallback": "watch@police.example",
    "agreed_on": "2026-11-20",
    "what": "The police of the town.",
    "what_not": "It is not a hotline.",
    "why": "They agreed on the phone",
}


class Walk:
    """Somebody who goes on from the screen that they see: each link and each button is a press."""

    def __init__(self, person: Person) -> None:
        self.person = person
        self.page = person.get("/admin/")
        self.presses = 0

    def link(self, words: str) -> None:
        """Press a link of this screen."""
        [href, *_] = [
            str(one.get("href"))
            for one in self.page.tree.iter("a")
            if words in " ".join("".join(one.itertext()).split())
        ]
        self._seen(self.person.get(href))

    def button(self, action: str, typed: dict[str, str], rows: dict[str, list[str]] | None = None) -> None:
        """Fill in the form of this screen, and press its button."""
        fields = next(iter(self.page.forms(action)))
        pairs = [(name, value) for name, value in {**fields, **typed}.items() if name not in (rows or {})]
        pairs += [(name, one) for name, many in (rows or {}).items() for one in many]
        self._seen(self.person.post(action, pairs))

    def _seen(self, page: Page) -> None:
        while page.status == 303:
            page = self.person.get(page.location)
        assert page.status == 200, page.words[-600:]
        self.page = page
        self.presses += 1


def published(desk: DeskSite, name: str) -> bytes:
    s3, bucket = client("s3"), desk.settings.pages_bucket
    current = json.loads(s3.get_object(Bucket=bucket, Key="current.json")["Body"].read())
    key = f"releases/{current['release']}/{name}"
    if name.endswith(".b64"):
        locale, _, page = name.removesuffix(".b64").partition("/")
        key = path_of(current["release"], *hashes_in(current["index"]), locale, page) + ".b64"
    return bytes(s3.get_object(Bucket=bucket, Key=key)["Body"].read())


def offices_of(desk: DeskSite, place: str) -> list[str]:
    """Return who a town's report form names, and whom what delivers can mail: they read the same book."""
    texts, now = json.loads(published(desk, "documents.json")), datetime.now(UTC)
    places = good(lambda folders: shipped_content(folders.content), texts).places
    kept = client("s3").get_object(Bucket=desk.settings.pages_bucket, Key=OFFICES)["Body"].read()
    entries = json.loads(offices_at(kept.decode(), now))
    rows = DynamoRecipients(lambda: client("dynamodb"), desk.settings.access_table).read().at(now)
    assert {one["id"] for one in rows} == {one["id"] for one in entries}
    chain = [one.slug for one in places.chain(place)]
    book = read_offices(entries, [one.slug for one in places])
    return [one.id for one in offered_at(book, chain, agreed_only=False)]


def test_a_town_is_there_in_ten_minutes_by_forms_alone(desk: DeskSite) -> None:
    walk = Walk(desk.signed_in(PUBLISHER_ONE))
    walk.link("Towns")
    walk.link("Add a town")
    walk.button("/admin/town", TOWN)
    walk.link("add a contact for it")
    ways = {"kind": ["call"], "show": ["209-555-0142"], "body": [""]}
    walk.button("/admin/contact", HOUSE, ways)
    walk.link("Texts")
    walk.link("what is missing in Sentences in Spanish")
    assert "A safe house with an open door." in walk.page.words
    [words] = walk.page.forms("/admin/sentences")
    name = next(name for name in words if name.startswith("s-"))
    walk.button("/admin/sentences", {name: "Una casa segura, con la puerta abierta."})
    walk.link("Check and publish")
    walk.button("/admin/publish/now", {"why": "Dos Palos has a page", "yes": "yes"})
    assert walk.presses == 10

    page = _page(published(desk, "en/dos-palos-ca.b64"))
    assert "Casa Abierta" in page
    assert "209-555-0142" in page

    # Its own office is proposed: until two agree, its form names the site's, and nobody else gets a report.
    before = offices_of(desk, "dos-palos-ca")
    assert before == offices_of(desk, "los-banos-ca")
    assert before
    walk.person.at_access()
    walk.link("Towns")
    walk.link("Dos Palos")
    walk.link("Propose an office that gets its reports")
    walk.button("/admin/access/recipients/one", OFFICE)
    assert "Dos Palos Police" in walk.page.words
    assert offices_of(desk, "dos-palos-ca") == before


def _page(stored: bytes) -> str:
    return gzip.decompress(b64decode(stored)).decode()
