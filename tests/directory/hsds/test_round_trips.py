"""Nothing is lost on the way: entries, HSDS JSON and the flat sheet, with services that nobody thought of."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import fields, replace
from functools import cache

import pytest
from hypothesis import HealthCheck, given, settings

from chalicelib.directory.hsds.difference import difference
from chalicelib.directory.hsds.export import export_csv, export_json
from chalicelib.directory.hsds.hiding import CannotHide, is_hiding, without_where
from chalicelib.directory.hsds.read_json import read_json
from chalicelib.directory.hsds.read_sheet import read_sheet
from chalicelib.directory.service_entries import IN_OTHER, entry_of, read_services
from chalicelib.directory.services import PAUSED, Address, Coverage, Hours, Organization, Phone, Service
from chalicelib.shared.csv_cells import reads_as_formula
from tests.directory.hsds.official_files import example_bytes
from tests.directory.hsds.samples import DOOR, OWN, PLACES, SAMPLES, SETTING, TODAY, services

BRIEFLY = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])


class _Every(frozenset):
    def __contains__(self, host):
        return True


def differing(one: Service, other: Service) -> dict[str, tuple[object, object]]:
    pairs = ((each.name, getattr(one, each.name), getattr(other, each.name)) for each in fields(Service))
    return {name: (before, after) for name, before, after in pairs if before != after}


def only(imported):
    assert not imported.refusals, [str(one) for one in imported.refusals]
    assert len(imported.services) == 1
    return imported.services[0]


def told_apart(service: Service) -> bool:
    """Say whether a service hides as it is: another one would come out changed, which is another promise."""
    if not is_hiding(service):
        return True
    try:
        return without_where(service, ())[0] == service
    except CannotHide:
        return False


@BRIEFLY
@given(services())
def test_an_entry_is_read_as_the_service_that_it_was_written_of(service):
    document = json.loads(json.dumps({"services": [entry_of(service)]}))
    assert read_services(document, PLACES, _Every()) == (service,)


@BRIEFLY
@given(services().filter(told_apart))
def test_a_service_comes_back_from_hsds_as_it_was(service):
    again = only(read_json(export_json([service], SETTING).text.encode(), "own.json", OWN))
    assert differing(service, again) == {}


@BRIEFLY
@given(services().filter(told_apart))
def test_a_service_comes_back_from_the_flat_sheet_as_it_was(service):
    again = only(read_sheet(export_csv([service], TODAY).text.encode(), "own.csv", OWN))
    assert differing(service, again) == {}


def lines_of(service: Service) -> str:
    """Return a service as our export has it, as the line of a file of lines."""
    text = export_json([service], SETTING).text
    return "".join(f"{json.dumps(one)}\n" for one in json.loads(text)["services"])


@pytest.mark.parametrize("service", SAMPLES, ids=lambda one: one.id)
def test_samples_come_back_by_every_way(service):
    text = export_json([service], SETTING).text
    assert only(read_json(text.encode(), "own.json", OWN)) == service
    assert only(read_json(lines_of(service).encode(), "own.jsonl", OWN)) == service
    assert only(read_sheet(export_csv([service], TODAY).text.encode(), "own.csv", OWN)) == service


@pytest.mark.parametrize("name", ["service_full", "organization_full", "service_at_location_full"])
def test_what_an_official_example_says_goes_all_ways_without_a_loss(name):
    service = only(read_json(example_bytes(name), name, DOOR))
    assert only(read_json(export_json([service], SETTING).text.encode(), "own.json", OWN)) == service
    assert only(read_sheet(export_csv([service], TODAY).text.encode(), "own.csv", OWN)) == service


@cache
def with_everything() -> tuple[Service, ...]:
    """Return services that together say something in every field there is, also in those of their parts."""
    theirs = only(read_json(example_bytes("service_full"), "a.json", DOOR))
    sentences = dict.fromkeys(IN_OTHER, "Una frase.")
    spoken = replace(
        SAMPLES[0], status=PAUSED, name_lang="es", interpretation="By phone", in_other={"es": sentences}
    )
    abroad = replace(
        SAMPLES[1],
        address=replace(SAMPLES[1].address, country="MX"),
        website=theirs.website,
        organization=replace(SAMPLES[1].organization, website=theirs.organization.website),
        # An id of a service at a location belongs to one.
        extra={part: one for part, one in theirs.extra.items() if part != "service_at_location"},
    )
    return spoken, abroad, SAMPLES[2], theirs


def parts_of(service: Service) -> list[object]:
    parts = (
        service,
        service.organization,
        *service.phones,
        *service.hours,
        service.address,
        service.coverage,
    )
    return [one for one in parts if one]


KINDS = (Service, Organization, Phone, Hours, Address, Coverage)


@pytest.mark.parametrize(
    ("kind", "name"), [(kind, one.name) for kind in KINDS for one in fields(kind)], ids=str
)
def test_no_field_is_lost_on_any_way(kind, name):
    usual = {one.name: one.default for one in fields(kind)}[name]
    all_of_them = with_everything()
    said = [
        service
        for service in all_of_them
        if any(
            isinstance(one, kind) and getattr(one, name) not in (usual, {}, ()) for one in parts_of(service)
        )
    ]
    assert said, "a field that no service here says: give it to one, or this proves nothing"
    for service in said:
        as_json = only(read_json(export_json([service], SETTING).text.encode(), "own.json", OWN))
        as_sheet = only(read_sheet(export_csv([as_json], TODAY).text.encode(), "own.csv", OWN))
        as_lines = only(read_json(lines_of(as_sheet).encode(), "own.jsonl", OWN))
        for again in (as_json, as_sheet, as_lines):
            assert differing(service, again) == {}
            assert [getattr(one, name) for one in parts_of(again) if isinstance(one, kind)] == [
                getattr(one, name) for one in parts_of(service) if isinstance(one, kind)
            ]


def test_what_goes_out_and_comes_in_is_no_difference():
    services = with_everything()
    for brought in (
        read_json(export_json(services, SETTING).text.encode(), "own.json", OWN),
        read_sheet(export_csv(services, TODAY).text.encode(), "own.csv", OWN),
    ):
        assert brought.refusals == ()
        found = difference(services, brought)
        assert (found.is_nothing, found.same) == (True, len(services))


def test_a_file_of_others_cannot_say_what_only_we_may_say():
    line = SAMPLES[0]
    text = export_json([line], SETTING).text.encode()
    found = only(read_json(text, "theirs.json", DOOR))
    assert (found.mark, found.sources, found.serves) == ("SINGLE", ("https://feed.example/",), "california")
    assert not found.shown_first
    sheet = only(read_sheet(export_csv([line], TODAY).text.encode(), "theirs.csv", DOOR))
    assert (sheet.mark, sheet.sources, sheet.serves) == ("SINGLE", ("https://feed.example/",), "california")
    assert found == replace(sheet, extra=found.extra)


def test_exports_are_dated():
    assert export_json(SAMPLES, SETTING).name == "services-2026-11-25.json"
    assert json.loads(export_json(SAMPLES, SETTING).text)["exported_on"] == "2026-11-25"
    sheet = export_csv(SAMPLES, TODAY)
    assert sheet.name == "services-2026-11-25.csv"
    assert sheet.text.splitlines()[-1].endswith("2026-11-25")


def test_no_cell_of_the_sheet_is_a_formula():
    service = replace(SAMPLES[1], name="=1+1", what="@home", cost="-5", apply="+1", eligibility="'=x")
    text = export_csv([service], TODAY).text
    assert only(read_sheet(text.encode(), "own.csv", OWN)) == service
    for start in ("=", "@", "-", "+"):
        assert f",{start}" not in text
        assert f',"{start}' not in text


@pytest.mark.parametrize(
    "name", ["\uff1d1+1", "\u22121", "\ufe6bSUM(A1)", "\u200b=1+1", "'\uff1d1", "''x", "'x"]
)
def test_no_spelling_of_a_formula_is_one_and_each_comes_back(name):
    service = replace(SAMPLES[1], name=name)
    text = export_csv([service], TODAY).text
    [cells] = [row for row in csv.reader(io.StringIO(text)) if row[0] == service.id]
    assert not reads_as_formula(cells[1])
    assert only(read_sheet(text.encode(), "own.csv", OWN)) == service
