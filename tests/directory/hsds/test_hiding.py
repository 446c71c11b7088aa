"""Where people hide is left out of every field and every sentence, or the record is refused."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chalicelib.directory.hsds.hiding import CannotHide, is_hiding, without_where
from chalicelib.directory.services import Address
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
]
SILENT = [
    "Call first.",
    "Open 24 hours a day, 7 days a week.",
    "1 of 3 people stays a week.",
    "Bring 2 photos.",
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


def test_no_field_is_forgotten():
    text = "At 77 Hidden Lane."
    service = replace(
        SHELTER,
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
        ("", {"website": "https://house.example/77 hidden lane"}),
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
