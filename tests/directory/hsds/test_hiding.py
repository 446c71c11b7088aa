"""Where people hide is left out of every field and every sentence, or the record is refused."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chalicelib.directory.hsds.hiding import CannotHide, is_hiding, without_where
from chalicelib.directory.services import Address, Coverage
from tests.directory.hsds.samples import KITCHEN, LINE, SHELTER

WHERE = ("77 Hidden Lane",)
SAYING = [
    "Come to 77 Hidden Lane at six.",
    "Come to 77  hidden LANE.",
    "We are at 1204 N. Oak St. near the mill.",
    "The house stands at 5 East 3rd Avenue.",
    "Calle 7, 12 Calle Real.",
    "37.30217, -120.48297.",
    "Vamos a Calle Real, 12.",
    "Come to 77 Hidden.",
    "Come to 77-Hidden-Lane.",
    "Come to 77 Hid\u200bden L\u200bane.",
    "Come to 77\u00a0Hidden Ln.",
    "Come to ７７ Ｈｉｄｄｅｎ.",
    "Come to ٧٧ Hidden.",
    "See https://example.org/?to=77+Hidden+Ln here.",
    "See https://example.org/to/77%20hidden here.",
    "See https://maps.app.goo.gl/AbCdEf here.",
    "Find ///filled.count.soap there.",
    "It is 849VCWC8+R9 on a map.",
    "At the corner of Elm and the river.",
    "We are at Elm Street & 5th.",
    "It is 5000 Highway 140.",
]
SILENT = [
    "Call first.",
    "Open 24 hours a day, 7 days a week.",
    "1 of 3 people stays a week.",
    "Bring 2 photos.",
    "For people on the street and at home.",
    "Write to help@example.org or see https://example.org/2026/12.",
]


@pytest.mark.parametrize("sentence", SAYING)
def test_a_sentence_that_says_where_is_left_out_and_those_around_it_stay(sentence):
    service = replace(SHELTER, what=f"A safe place. {sentence} Call first.", apply=f"Ring. {sentence}")
    hidden, changed = without_where(service, WHERE)
    assert hidden.what == "A safe place. Call first."
    assert hidden.apply == "Ring."
    assert changed


@pytest.mark.parametrize("sentence", SILENT)
def test_a_sentence_that_does_not_say_where_stays(sentence):
    service = replace(SHELTER, what=f"A safe place. {sentence}")
    assert without_where(service, WHERE) == (service, False)


def test_an_area_on_a_map_is_left_out_and_its_name_stays():
    area = {"id": "ac148810-d857-441c-9679-408f346de14b", "name": "Merced County"}
    drawn = {
        "extent": '{"type": "Point"}',
        "extent_type": "geojson",
        "uri": "https://map.example/?q=37.1,-120.2",
    }
    hidden, _ = without_where(replace(SHELTER, extra={"service": {"service_areas": [{**area, **drawn}]}}), ())
    assert hidden.extra == {"service": {"service_areas": [area]}}


def test_no_field_is_forgotten():
    text = "At 77 Hidden Lane."
    service = replace(
        SHELTER,
        assured_by="clerk of 77 Hidden Lane",
        confidential=False,
        address=Address("77 Hidden Lane", "Merced", "CA", "95340"),
        organization=replace(SHELTER.organization, description=text),
        hours_note=text,
        interpretation=text,
        cost=text,
        eligibility=text,
        documents=("Papers", text),
        phones=(replace(SHELTER.phones[0], note=text),),
        in_other={"es": {"what": "En 77 Hidden Lane.", "cost": "Nada."}, "ar": {"what": text}},
        extra={
            "service": {
                "alternate_name": text,
                "alert": "Full.",
                "program": {"name": "x", "description": text},
            },
            "location": {"latitude": 37.1},
            "columns": {"Notes": "behind the mill"},
            "more_locations": [{"id": "x"}],
        },
    )
    hidden, changed = without_where(service, ())
    assert changed
    assert "Hidden" not in repr(hidden)
    assert hidden.extra == {"service": {"alert": "Full.", "program": {"name": "x"}}}
    assert hidden.in_other == {"es": {"cost": "Nada."}}
    assert hidden.documents == ("Papers",)


@pytest.mark.parametrize(
    ("field", "changes"),
    [
        ("name", {"name": "House, 77 Hidden Lane"}),
        ("organization", {"organization": replace(SHELTER.organization, name="77 Hidden Lane House")}),
        ("description", {"what": "At 77 Hidden Lane."}),
        ("website", {"website": "https://house.example/77 hidden lane"}),
        ("website", {"website": "https://house.example/?q=77+Hidden+Ln"}),
        ("website", {"website": "https://www.google.com/maps/place/x"}),
        (
            "organization",
            {"organization": replace(SHELTER.organization, website="https://77hidden.example/")},
        ),
        ("organization", {"organization": replace(SHELTER.organization, id="77-hidden-lane")}),
        ("email", {"email": "77hidden@house.example"}),
        ("id", {"id": "house-77-hidden"}),
        ("sources", {"sources": ("https://maps.apple.com/?q=x",)}),
        ("coverage", {"coverage": Coverage(towns=("77 Hidden",))}),
    ],
)
def test_what_cannot_be_left_out_is_refused_without_an_echo(field, changes):
    with pytest.raises(CannotHide) as refusal:
        without_where(replace(SHELTER, **changes), WHERE)
    assert refusal.value.field == field
    assert "Hidden" not in str(refusal.value)


@pytest.mark.parametrize(
    "service",
    [
        SHELTER,
        replace(SHELTER, confidential=False),
        replace(KITCHEN, name="Women's shelter"),
        replace(KITCHEN, name="Safe house"),
        replace(KITCHEN, what="The address is not disclosed."),
        replace(KITCHEN, apply="We meet at a confidential place."),
    ],
)
def test_these_hide(service):
    assert is_hiding(service)


@pytest.mark.parametrize("service", [KITCHEN, LINE, replace(LINE, what="Confidential help by phone.")])
def test_these_do_not(service):
    assert not is_hiding(service)
