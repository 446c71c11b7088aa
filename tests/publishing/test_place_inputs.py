"""Inputs of places: what no page of a place can show is not among them."""

from __future__ import annotations

import json

from chalicelib.directory.document_ids import SITE
from chalicelib.publishing.package_by_place import PackageByPlace
from chalicelib.publishing.place_inputs import place_inputs
from chalicelib.publishing.whole_texts import whole_of
from tests.support.towns_desk import ALDER, BIRCH, TownsPackage


def test_a_host_that_a_place_lists_and_does_not_use_changes_no_page() -> None:
    package = PackageByPlace(TownsPackage())
    texts = {name: package.text(name) for name in package.ids()}
    hosts = json.loads(texts[SITE])["hosts"]
    before = [*place_inputs(whole_of(texts), (), hosts)]
    contacts = json.loads(texts[f"contacts/{ALDER}"])
    texts[f"contacts/{ALDER}"] = json.dumps({**contacts, "hosts": ["unused.example"]})
    assert "unused.example" in whole_of(texts).site["hosts"]
    assert [*place_inputs(whole_of(texts), (), hosts)] == before


def test_hosts_of_the_settings_belong_to_all_pages() -> None:
    package = PackageByPlace(TownsPackage())
    texts = {name: package.text(name) for name in package.ids()}
    settings = json.loads(texts[SITE])
    texts[SITE] = json.dumps({**settings, "hosts": [*settings["hosts"], "new.example"]})
    for one in place_inputs(whole_of(texts), (), json.loads(texts[SITE])["hosts"]):
        assert "new.example" in json.loads(one.content)["site"]["hosts"]


def test_a_sample_of_a_form_has_offices_although_none_serves_the_first_place() -> None:
    whole = whole_of(TownsPackage().texts)
    offices = [{"id": str(number), "serves": BIRCH} for number in range(50)]
    recipients = {
        one.place: json.loads(one.content).get("recipients") for one in place_inputs(whole, offices)
    }
    first = whole.site["default_place"]
    assert recipients.pop("") == [{"id": str(number), "serves": first} for number in range(3)]
    assert {*recipients.values()} == {None}
