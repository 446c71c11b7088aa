"""Editions of services for machines: what one holds, since when a service is as it is, and its reach."""

from __future__ import annotations

import gzip
import json
from dataclasses import replace
from datetime import timedelta

import pytest

from chalicelib.directory.gazetteer import Gazetteer
from chalicelib.directory.hsds.door import Door
from chalicelib.directory.hsds.edition import CSV, JSON, read_edition
from chalicelib.directory.hsds.export import export_json
from chalicelib.directory.hsds.make_edition import changes_of, read_changes, write_changes
from chalicelib.directory.hsds.postcodes import Postcodes, pack_postcodes
from chalicelib.directory.hsds.reach import reach_of
from chalicelib.directory.hsds.read_json import read_json
from chalicelib.directory.hsds.records import Setting
from chalicelib.directory.hsds.terms import TERMS, sentences, words_in
from chalicelib.directory.services import RETIRED
from tests.directory.hsds.samples import KITCHEN, LINE, SHELTER, TODAY
from tests.pages.hsds_site import FILES, NOW, PLACES, SERVICES, ZIPS, files_of

LATER = NOW + timedelta(days=3)


def test_the_same_services_make_the_same_files():
    assert files_of(SERVICES) == FILES


def test_the_file_with_everything_is_what_the_export_writes():
    text = gzip.decompress(FILES[JSON]).decode()
    expected = json.loads(export_json(SERVICES, Setting(PLACES, NOW)).text)
    found = json.loads(text)
    assert {name: one for name, one in found.items() if name != "services"} == {
        name: one for name, one in expected.items() if name != "services"
    }
    assert sorted(one["id"] for one in found["services"]) == sorted(one["id"] for one in expected["services"])
    assert all(one in expected["services"] for one in found["services"])


def test_the_file_with_everything_can_be_taken_in_again():
    door = Door(PLACES, "california", "https://feed.example/", TODAY, own=True)
    taken = read_json(gzip.decompress(FILES[JSON]), "services.json", door)
    assert taken.refusals == ()
    assert {one.id for one in taken.services} == {one.id for one in SERVICES}


def test_a_retired_service_is_in_no_file():
    files = files_of([LINE, replace(KITCHEN, status=RETIRED)])
    for name, content in files.items():
        text = gzip.decompress(content) if name.endswith(".gz") else content
        assert b"Kitchen" not in text, name
    assert len(read_edition(files).snapshot) == 1


def test_the_sheet_has_a_mark_by_which_a_spreadsheet_knows_its_letters():
    assert gzip.decompress(FILES[CSV]).startswith(b"\xef\xbb\xbf")


def test_an_edition_of_no_service_is_one():
    edition = read_edition(files_of([]))
    assert len(edition.snapshot) == 0
    assert edition.exports[JSON] == "services-2026-11-25.json"


# Changes


def test_what_stays_keeps_its_moment_and_what_changes_gets_a_new_one():
    first = changes_of([LINE, KITCHEN], None, NOW)
    assert [one.since for one in first.values()] == [None, None]
    second = changes_of([LINE, replace(KITCHEN, what="A warm meal, and tea."), SHELTER], first, LATER)
    assert [second[one].since for one in ("line", "kitchen", "shelter")] == [None, LATER, LATER]
    third = changes_of([LINE, KITCHEN], second, LATER + timedelta(days=1))
    assert third["kitchen"].since == LATER + timedelta(days=1), "as it was once, and changed since"


def test_moments_of_changes_come_back_as_they_were_kept():
    kept = changes_of([LINE, KITCHEN], {}, NOW)
    assert read_changes(write_changes(kept)) == kept
    assert read_changes(write_changes(changes_of([LINE], None, NOW)))["line"].since is None


# Reach, ZIPs and words


@pytest.mark.parametrize(
    ("slug", "digits"),
    [
        ("us", ""), ("california", "06"), ("merced-county-ca", "06047"), ("los-banos-ca", "06047"),
        ("nowhere", None),
    ],
)  # fmt: skip
def test_a_place_reaches_its_counties(slug, digits):
    assert reach_of(PLACES, ZIPS)(slug) == digits


@pytest.mark.parametrize(
    ("name", "digits"), [("Merced County", "06047"), ("Merced", "06047"), ("Nobody's County", None)]
)
def test_a_county_without_a_number_is_known_by_its_name_and_never_its_whole_state(name, digits):
    places = {
        one.slug: replace(one, fips="", name=name if one.kind == "county" else one.name) for one in PLACES
    }
    reach = reach_of(replace(PLACES, by_slug=places), ZIPS)
    assert (reach("los-banos-ca"), reach("merced-county-ca")) == (digits, digits)


@pytest.mark.parametrize(
    ("name", "fips"),
    [("Merced County", "06047"), ("MERCED", "06047"), ("Fresno county", "06019"), ("Kern", None), ("", None)],
)
def test_a_county_is_known_by_its_name(name, fips):
    assert Gazetteer(ZIPS).county(name) == fips


def test_a_zip_leads_to_its_counties_and_towns():
    found = Postcodes(pack_postcodes(ZIPS))
    assert found.counties("93635") == ("06047", "06019")
    assert found.towns("93635") == ("Los Banos",)
    assert (found.counties("93701"), found.towns("93701")) == (("06019",), ())
    for unknown in ("93636", "00000", "99999", "9363", "93635 ", "", "9363\n"):
        assert (found.counties(unknown), found.towns(unknown)) == ((), ())


def test_every_word_of_our_terms_is_a_sentence_for_translators():
    ours = {
        text
        for term in TERMS
        if term.taxonomy.endswith("audiences")
        for text in (term.name, term.description)
    }
    assert ours == set(sentences())
    assert words_in({"Food": "Comida", "Work": "Work"}.get) == {"Food": "Comida"}  # type: ignore[arg-type]
