"""An operator's import: what is said, what is saved, and a file of many places."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from chalicelib.directory.errors import DocumentInvalid
from chalicelib.directory.hsds.export import export_csv
from chalicelib.publishing.edit_services import EditServices
from chalicelib.publishing.import_services import OWN
from tests.directory.hsds.samples import KITCHEN, LINE, SHELTER
from tests.support.desk_by_place import Desk
from tools.import_services import bring, main

BOTH = [replace(KITCHEN, serves="town"), replace(SHELTER, serves="town"), replace(LINE, serves="us")]
FILE = export_csv(BOTH, date(2026, 11, 25)).text.encode()


def brought(
    desk: Desk, data: bytes, *yes: str, source: str = OWN, place: str = "us", save: bool = True
) -> list[str]:
    services = EditServices(desk.edit, desk.clock)
    return list(bring(services, "list.csv", data, source, place, yes, save))


def test_a_file_of_many_places_becomes_a_draft_of_each() -> None:
    desk = Desk()
    assert brought(desk, FILE, save=False) == [
        "town: 2 added, 0 changed, 0 retired, 0 as they are, 0 left out",
        "us: 1 added, 0 changed, 0 retired, 0 as they are, 0 left out",
    ]
    assert desk.drafted() == []
    brought(desk, FILE)
    assert desk.drafted() == ["services/town", "services/us"]
    assert brought(desk, FILE, save=False) == [
        "town: 0 added, 0 changed, 0 retired, 2 as they are, 0 left out",
        "us: 0 added, 0 changed, 0 retired, 1 as they are, 0 left out",
    ]


def test_what_needs_a_yes_is_said_and_refused_without_it() -> None:
    desk = Desk()
    brought(desk, FILE)
    less = export_csv([BOTH[0], BOTH[2]], date(2026, 11, 25)).text.encode()
    assert "1 retired, 1 as they are, 0 left out; needs --yes far" in brought(desk, less, save=False)[0]
    with pytest.raises(DocumentInvalid, match="one in twenty"):
        brought(desk, less)
    brought(desk, less, "far")
    assert '"status": "retired"' in desk.edit.open("services/town").text


def test_a_bad_record_stops_the_file_until_it_may_be_left_out() -> None:
    desk = Desk()
    bad = b"Program,Phone,Category\nA,5550100,Food\nB,209-555-0100,Food\n"
    with pytest.raises(DocumentInvalid, match="1 records cannot be taken"):
        brought(desk, bad, source="211", place="town")
    lines = brought(desk, bad, "rest", source="211", place="town")
    assert lines[0].startswith("refused: list.csv, line 2 (A), Phone: it has no area code")
    assert lines[-1].startswith("town: 1 added")
    with pytest.raises(DocumentInvalid, match="there is no place"):
        brought(desk, bad, source="211", place="nowhere")


def test_a_file_that_is_not_there_ends_with_a_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["/no/such/file", "--own"]) == 1
    assert "No such file" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main(["list.csv", "--list", "211"])
