"""Pages of documents of places: to the byte those of the whole documents that they were made of."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache

import pytest

from chalicelib.directory.adapters.shipped_content import CATALOGS, CONTENT, TEMPLATES
from chalicelib.directory.content import read_content
from chalicelib.directory.document_ids import CONTACTS, PLACES, SITE
from chalicelib.directory.recipients import read_recipients
from chalicelib.pages.render.catalogs import Catalogs
from chalicelib.publishing.adapters.shipped_documents import ShippedFiles
from chalicelib.publishing.package_by_place import PackageByPlace, parts_of
from chalicelib.publishing.whole_texts import all_texts, whole_texts
from chalicelib.reporting.render import samples
from chalicelib.reporting.render.form_pages import FormPages
from chalicelib.wiring.texts import SHIPPED

OFFICES = json.loads((CONTENT / "recipients.json").read_text(encoding="utf-8"))
TOWNS = [
    {"slug": slug, "name": slug.title(), "parent": "merced-county-ca", "kind": "city"}
    for slug in ("livingston-ca", "atwater-ca", "gustine-ca")
]


@cache
def package() -> PackageByPlace:
    return PackageByPlace(ShippedFiles(SHIPPED, [], lambda _: {}, lambda: 0))


def pages(whole: Mapping[str, str]) -> dict[str, str]:
    """Return every page, form and answer in English that these documents make."""
    places, contacts, site = (json.loads(whole[name]) for name in (PLACES, CONTACTS, SITE))
    site = {**site, "locales": [one for one in site["locales"] if one["tag"] == "en"]}
    content = read_content(places, contacts, site)
    recipients = read_recipients(OFFICES, [place.slug for place in content.places])
    rendered = FormPages(TEMPLATES, Catalogs(CATALOGS), content)
    return {name: samples.render(rendered, recipients, name) for name in samples.names(rendered)}


def files() -> dict[str, str]:
    return {name: (CONTENT / f"{name}.json").read_text(encoding="utf-8") for name in (CONTACTS, PLACES, SITE)}


def test_what_ships_makes_the_same_pages_by_place() -> None:
    wanted = pages(files())
    assert len(wanted) > 15
    assert pages(whole_texts(all_texts(package(), {}))) == wanted


@pytest.mark.parametrize("at", [0, 4])
def test_a_stage_with_more_towns_in_its_own_order_makes_the_same_pages_by_place(at: int) -> None:
    whole = {name: json.loads(text) for name, text in files().items()}
    whole[PLACES]["places"][at:at] = TOWNS
    for number, town in enumerate(TOWNS):
        model = whole[CONTACTS]["contacts"][number]
        whole[CONTACTS]["contacts"].insert(number, {**model, "id": f"own-{number}", "serves": town["slug"]})
    whole[SITE]["police"] = ["own-0", "lbpd"]
    wanted = pages({name: json.dumps(one) for name, one in whole.items()})
    parts = parts_of(whole[CONTACTS], whole[PLACES], whole[SITE])
    assert pages(whole_texts(all_texts(package(), parts))) == wanted
