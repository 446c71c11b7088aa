"""A car, and whether police at the door could put someone in danger: optional, and sealed."""

from __future__ import annotations

import json

import pytest

from chalicelib.reporting.errors import InvalidReport
from chalicelib.reporting.report import LINE_LIMIT, Report, read_report
from tests.support.trees import by_id, parse, text_of


def read(**fields: str) -> Report:
    given = {"a": ["Words"], "r": ["desk"], **{name: [value] for name, value in fields.items()}}
    return read_report(given, "us", "en", ("desk",), ()).report


def test_both_are_kept_as_they_were_said_and_left_out_when_nothing_was() -> None:
    report = read(g=" blue van, 7ABC123 ", h="yes")
    assert (report.vehicle, report.danger_if_police_come) == ("blue van, 7ABC123", "yes")
    assert Report.from_bytes(report.to_bytes()) == report
    silent = read()
    assert (silent.vehicle, silent.danger_if_police_come) == ("", "")
    assert not {"vehicle", "danger_if_police_come"} & {*json.loads(silent.to_bytes())}, "as one of before"
    assert "7ABC123" not in repr(report)


@pytest.mark.parametrize(
    ("field", "value", "problem"),
    [("g", "x" * (LINE_LIMIT + 1), "vehicle_too_long"), ("h", "maybe", "unknown_choice")],
)
def test_what_cannot_be_taken_is_told(field: str, value: str, problem: str) -> None:
    with pytest.raises(InvalidReport) as invalid:
        read(**{field: value})
    assert invalid.value.problems == {field: problem}


def test_the_form_says_who_gets_it_before_the_first_box_and_follows_the_ticks(site) -> None:  # type: ignore[no-untyped-def]
    from chalicelib.reporting.render.contexts import RecipientChoice

    def gets(*choices: RecipientChoice) -> str:
        html = site.form("en", "los-banos-ca", token="t", values={}, problems={}, recipients=choices)
        assert html.index('id="gets"') < html.index("<textarea")
        return text_of(by_id(parse(html), "gets"))

    teaches = RecipientChoice("a", "Office A", "w", "n", False, nature="awareness")
    unticked = RecipientChoice("b", "Office B", "w", "n", False, ticked=False, nature="awareness")
    police = RecipientChoice("c", "Office C", "w", "n", False, nature="police")
    words = gets(teaches, unticked)
    assert "Office A" in words
    assert "Office B" not in words
    assert "They teach about trafficking. None of them is the police." in words
    assert "To tell the police: 209-827-7070" in words
    words = gets(teaches, police)
    assert "None of them is the police." not in words
    assert "They teach" not in words


def test_what_an_office_is_belongs_to_its_box_for_those_who_hear_the_form(site) -> None:  # type: ignore[no-untyped-def]
    from tests.support.trees import CHOICES

    tree = parse(site.form("hmn", "los-banos-ca", token="t", values={}, problems={}, recipients=CHOICES))
    for box in (field for field in tree.iter("input") if field.get("name") == "r"):
        assert text_of(by_id(tree, box.get("aria-describedby")))
    for label in tree.iter("label"):
        parts = [part for part in label if part.tag != "input"]
        words = [piece for piece in (label.text, *(part.tail for part in label)) if (piece or "").strip()]
        assert len(parts) + len(words) == 1, "one element of words, or they break into columns"
