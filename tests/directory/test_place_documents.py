"""Documents of places: what ships taken apart by place, put together again, and nothing is lost."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest

from chalicelib.directory.adapters.shipped_content import CONTENT
from chalicelib.directory.content import read_content
from chalicelib.directory.document_ids import base_of, is_entries, kind_of, name_of, place_of, place_words
from chalicelib.directory.errors import ContentInvalid, DocumentInvalid
from chalicelib.directory.place_documents import ORDER, Whole, empty, join, split, strangers, with_order


def shipped() -> Whole:
    """What ships, as three documents."""
    read = [
        json.loads((CONTENT / f"{name}.json").read_text(encoding="utf-8"))
        for name in ("contacts", "places", "site")
    ]
    return Whole(*read)


def content(whole: Whole) -> Any:
    return read_content(whole.places, whole.contacts, whole.site)


def with_towns(*towns: dict[str, Any]) -> Whole:
    whole = shipped()
    whole.places["places"].extend(towns)
    return whole


TOWN = {"slug": "dos-palos-ca", "name": "Dos Palos", "parent": "merced-county-ca", "kind": "city"}


def test_what_ships_is_the_same_content_once_it_was_apart() -> None:
    whole = shipped()
    again = join(split(copy.deepcopy(whole)))
    assert [place.slug for place in content(again).places] == [place.slug for place in content(whole).places]
    assert content(again).site == content(whole).site
    assert content(again).contacts.by_id == content(whole).contacts.by_id
    assert split(again) == split(whole)


def test_contacts_of_a_place_keep_their_order_and_come_with_its_hosts_and_police() -> None:
    parts = split(shipped())
    assert [one["id"] for one in parts["contacts/los-banos-ca"]["contacts"]] == ["lbpd", "lbpd-report"]
    assert parts["contacts/los-banos-ca"]["police"] == ["lbpd"]
    assert parts["contacts/los-banos-ca"]["hosts"] == ["losbanos.org"]
    assert parts["places/los-banos-ca"]["founding_channels"] == ["lbpd-report"]
    assert "losbanos.org" not in parts["site"]["hosts"]
    assert "police" not in parts["site"]
    assert parts["site"]["founding_channels"] == ["nhth", "dot", "blue-campaign"]
    assert "www.weather.gov" in parts["site"]["hosts"], "the exit's host stays with the site"


def test_a_change_in_one_place_changes_no_document_of_another() -> None:
    before, whole = split(shipped()), with_towns(TOWN)
    one = {**whole.contacts["contacts"][0], "id": "dos-palos-police", "serves": TOWN["slug"]}
    one["channels"] = [{"kind": "page", "show": "", "value": "https://cityofdp.example/"}]
    whole.contacts["contacts"].append(one)
    whole.site["police"].append("dos-palos-police")
    whole.site["hosts"].append("cityofdp.example")
    after = split(whole)
    changed = {name for name in {*before, *after} if before.get(name) != after.get(name)}
    assert changed == {"contacts/dos-palos-ca", "places/dos-palos-ca"}


def test_a_host_that_two_places_link_to_stays_while_one_of_them_does() -> None:
    whole = shipped()
    form = next(one for one in whole.contacts["contacts"] if one["id"] == "lbpd-report")
    whole.contacts["contacts"].append({**form, "id": "other", "serves": "merced-county-ca"})
    parts = split(whole)
    parts["contacts/los-banos-ca"] = empty("contacts/los-banos-ca")
    assert "losbanos.org" in join(parts).site["hosts"]


def test_an_order_of_before_is_kept_and_new_towns_stand_behind() -> None:
    whole = with_towns(TOWN)
    parts = with_order(split(whole), whole.places)
    assert join(parts).places == whole.places
    assert ORDER not in join(parts).site
    more = {**TOWN, "slug": "atwater-ca", "name": "Atwater"}
    parts["places/atwater-ca"] = {"places": [more]}
    assert [one["slug"] for one in join(parts).places["places"]][-2:] == ["dos-palos-ca", "atwater-ca"]
    usual = shipped()
    assert ORDER not in with_order(split(usual), usual.places)["site"]


def test_ways_that_the_newspaper_printed_in_an_order_of_their_own_keep_it() -> None:
    whole = shipped()
    whole.site["founding_channels"] = ["nhth", "lbpd-report", "dot", "blue-campaign"]
    again = join(split(copy.deepcopy(whole)))
    assert again.site["founding_channels"] == whole.site["founding_channels"]


def test_a_place_that_is_gone_leaves_empty_documents() -> None:
    parts = split(shipped(), ["dos-palos-ca"])
    assert parts["places/dos-palos-ca"] == {"places": []}
    assert parts["contacts/dos-palos-ca"] == {"contacts": []}
    assert join(parts).places == join(split(shipped())).places


@pytest.mark.parametrize("serves", ["Los Banos", "", "a/b", "../site"])
def test_a_contact_of_no_place_is_not_put_anywhere(serves: str) -> None:
    whole = shipped()
    whole.contacts["contacts"][0]["serves"] = serves
    with pytest.raises(ContentInvalid, match="slug"):
        split(whole)


def test_police_that_is_no_contact_is_not_lost_silently() -> None:
    whole = shipped()
    whole.site["police"].append("nobody")
    with pytest.raises(ContentInvalid, match="nobody"):
        split(whole)


def test_entries_of_another_place_are_strangers() -> None:
    parts = split(shipped())
    assert strangers("contacts/los-banos-ca", parts["contacts/merced-county-ca"])
    assert not strangers("contacts/los-banos-ca", parts["contacts/los-banos-ca"])
    assert strangers("places/us", parts["places/california"]) == ["california"]


def test_ids_say_which_document_they_are_part_of_and_whose() -> None:
    assert (base_of("contacts/los-banos-ca"), place_of("contacts/los-banos-ca")) == (
        "contacts",
        "los-banos-ca",
    )
    assert kind_of("places/us") == "places"
    assert is_entries("places/us")
    assert [place_of(one) for one in ("contacts", "site", "recipients/us", "catalog/es")] == [""] * 4
    for wrong in ("contacts/", "contacts/Los", "contacts/a/b", "contacts/../x", "site/us"):
        with pytest.raises(DocumentInvalid):
            kind_of(wrong)


def test_documents_of_a_place_are_called_by_its_name() -> None:
    words = ("los-banos-ca", "merced-county-ca", "california", "us")
    assert [place_words(one) for one in words] == ["Los Banos, CA", "Merced County, CA", "California", "US"]
    assert name_of("contacts/los-banos-ca") == "Contacts of Los Banos, CA"
