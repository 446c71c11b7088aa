"""Which services are to be confirmed again, and the sheet of them."""

from __future__ import annotations

import csv
import io
import json
from datetime import date
from typing import Any

import pytest

from chalicelib.publishing.document_checks import days_to_come
from chalicelib.publishing.overdue_services import (
    as_csv,
    due_by,
    due_days,
    due_on,
    entries_in,
    is_overdue,
    overdue,
)

TODAY = date(2026, 11, 25)


@pytest.mark.parametrize(
    ("entry", "due"),
    [
        ({"assured_on": "2025-11-25"}, True),
        ({"assured_on": "2025-11-26"}, False),
        ({"assured_on": "2026-08-27", "shown_first": True}, True),
        ({"assured_on": "2026-08-28", "shown_first": True}, False),
        ({"read_on": "2025-11-25"}, True),
        ({"read_on": "2026-11-20"}, False),
        ({"read_on": "2020-01-01", "assured_on": "2026-11-20"}, False),
        ({"assured_on": "2020-01-01", "status": "retired"}, False),
        ({"assured_on": "2020-01-01", "status": "paused"}, True),
        ({"assured_on": "9999-12-31", "read_on": "2026-11-01"}, False),
        ({"assured_on": "soon", "read_on": 7}, True),
        ({}, True),
    ],
)
def test_a_service_is_overdue_after_a_year_and_on_a_first_page_after_90_days(
    entry: dict[str, Any], due: bool
) -> None:
    assert is_overdue(entry, TODAY) == due


def test_what_nobody_ever_confirmed_counts_from_the_day_of_its_source() -> None:
    assert due_on({"read_on": "2026-01-01"}) == date(2027, 1, 1)
    assert due_on({"read_on": "2026-01-01", "shown_first": True}) == date(2026, 4, 1)


def test_the_list_is_by_place_and_the_longest_due_first() -> None:
    texts = {
        "z-town": json.dumps({"services": [{"id": "a", "name": "A", "assured_on": "2024-01-01"}]}),
        "a-town": json.dumps(
            {
                "services": [
                    {"id": "b", "name": "B", "assured_on": "2024-02-01"},
                    {"id": "c", "name": "C", "assured_on": "2024-01-01"},
                    {"id": "d", "name": "D", "assured_on": "2026-11-01"},
                ]
            }
        ),
    }
    names = {"z-town": "Alder", "a-town": "Zeder"}
    assert [one.entry["id"] for one in overdue(texts, TODAY, names)] == ["a", "c", "b"]


@pytest.mark.parametrize("text", ["", "{", "[]", "7", '{"services": 7}', '{"services": [7]}', "[" * 9999])
def test_a_text_that_cannot_be_read_has_no_entries(text: str) -> None:
    assert entries_in(text) == ()


def test_the_sheet_says_whom_to_write_to_and_holds_no_formula() -> None:
    entry = {
        "id": "a", "name": "=1+1", "assured_on": "2024-01-01", "assured_by": "clerk", "email": "a@x.example",
        "organization": {"name": "Org", "website": "https://x.example/"},
        "phones": [{"kind": "fax", "show": "1"}, {"kind": "voice", "show": "209-555-0100"}],
    }  # fmt: skip
    lines = overdue({"town": json.dumps({"services": [entry]})}, TODAY, {})
    text = as_csv(lines, {"town": "The Town"})
    assert text.startswith("\ufeff")
    [head, row] = csv.reader(io.StringIO(text.removeprefix("\ufeff")))
    found = dict(zip(head, row, strict=True))
    assert found == {
        "place": "The Town", "service": "'=1+1", "organization": "Org", "email": "a@x.example",
        "phone": "209-555-0100", "website": "https://x.example/", "last confirmed": "2024-01-01",
        "by": "clerk", "due since": "2024-12-31", "id": "a",
    }  # fmt: skip


@pytest.mark.parametrize("phones", ["209", 5, ["209"], [None], {"kind": "voice"}])
def test_a_draft_that_somebody_wrote_by_hand_stops_no_list(phones: Any) -> None:
    text = json.dumps({"services": [{"id": 5, "name": ["x"], "organization": "y", "phones": phones}]})
    lines = overdue({"town": text}, TODAY, {})
    assert len(as_csv(lines, {}).splitlines()) == 2


def test_the_days_of_a_release_say_later_how_many_are_due():
    def text(*entries: dict[str, Any]) -> str:
        return json.dumps({"services": entries})

    texts = {
        "a": text({"assured_on": "2026-01-05"}, {"assured_on": "2026-01-05", "status": "retired"}),
        "b": text({"assured_on": "2026-01-06", "shown_first": True}),
        "c": "no text",
    }
    days = due_days(texts)
    assert days == {"a": {"2027-01-05": 1}, "b": {"2026-04-06": 1}}
    assert due_by(days, date(2026, 4, 5)) == {}
    assert due_by(days, date(2026, 4, 6)) == {"b": 1}
    assert due_by(days, date(2027, 1, 5)) == {"a": 1, "b": 1}


def test_a_confirmation_on_a_day_to_come_is_named_before_it_is_published():
    services = {"services": [{"id": "x", "name": "Kitchen", "assured_on": "2026-11-27"}]}
    texts = {"recipients": "[]", "site": '{"locales": []}', "services/town": json.dumps(services, indent=1)}
    [problem] = days_to_come(texts, date(2026, 11, 26))
    assert (problem.document, problem.line) == ("services/town", 4)
    assert "2026-11-27, a day that has not come yet" in problem.sentence
    assert days_to_come(texts, date(2026, 11, 27)) == []
