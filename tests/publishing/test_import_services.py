"""A file of services at the desk: the difference by id, what is refused, and what becomes a draft."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date

import pytest

from chalicelib.directory.errors import DocumentInvalid
from chalicelib.directory.hsds.export import export_csv, export_json
from chalicelib.directory.hsds.records import Setting
from chalicelib.directory.services import Service
from chalicelib.publishing.edit_services import EditServices, written
from chalicelib.publishing.import_services import OWN, ImportServices, Proposal
from tests.directory.hsds.samples import KITCHEN, LINE, SHELTER
from tests.support.desk_by_place import ANA, BEN, Desk

DOCUMENT = "services/town"
MEAL, BEDS = replace(KITCHEN, serves="town"), replace(SHELTER, serves="town")
HEAD = "Program,Agency,Phone,Category,Description\n"
LIST = "211 (invented)"


def rows(*names: str, phone: str = "209-555-0100") -> bytes:
    return (HEAD + "".join(f"{name},The Town,{phone},Food,Help.\n" for name in names)).encode()


class Importing(Desk):
    """The services of a town, and files for them."""

    def __init__(self, *there: Service) -> None:
        super().__init__()
        self.services = EditServices(self.edit, self.clock)
        self.imports = ImportServices(self.services)
        if there:
            self.edit.save_draft(DOCUMENT, written(there), 0, BEN)

    def look(self, data: bytes, source: str = LIST) -> Proposal:
        return self.imports.look("town", "list.csv", data, source)

    def take(self, data: bytes, *yes: str, source: str = LIST) -> Proposal:
        return self.imports.take("town", "list.csv", data, source, yes, ANA)

    def now(self) -> dict[str, Service]:
        return {one.id: one for one in self.services.services("town")}


def test_looking_saves_nothing_and_taking_makes_a_draft() -> None:
    importing = Importing()
    assert [one.name for one in importing.look(rows("A", "B")).difference.added] == ["A", "B"]
    assert importing.drafted() == []
    importing.take(rows("A", "B"))
    assert importing.drafted() == [DOCUMENT]
    assert [one.sources for one in importing.now().values()] == [(LIST,), (LIST,)]
    assert importing.imports.lists("town") == [LIST]


def test_the_same_file_again_changes_nothing_but_the_day_of_its_reading() -> None:
    importing = Importing()
    importing.take(rows("A", "B"))
    importing.clock.time = importing.clock.time.replace(year=2027)
    again = importing.take(rows("A", "B")).difference
    assert again.is_nothing
    assert again.same == 2
    assert {one.read_on for one in importing.now().values()} == {date(2027, 11, 25)}


def test_what_is_gone_from_a_list_is_retired_and_what_others_brought_stays() -> None:
    importing = Importing(MEAL, BEDS)
    importing.take(rows(*map(str, range(100, 130))))
    looked = importing.look(rows(*map(str, range(101, 130))))
    assert [one.name for one in looked.difference.retired] == ["100"]
    assert looked.asks() == []
    importing.take(rows(*map(str, range(101, 130))))
    now = importing.now()
    assert [one.name for one in now.values() if one.status == "retired"] == ["100"]
    assert (now["kitchen"], now["shelter"]) == (MEAL, BEDS)


def test_more_than_a_twentieth_needs_a_yes() -> None:
    importing = Importing()
    importing.take(rows("A", "B", "C"))
    assert importing.look(rows("A")).asks() == ["far"]
    with pytest.raises(DocumentInvalid, match="more than one in twenty"):
        importing.take(rows("A"))
    importing.take(rows("A"), "far")
    assert [one.status for one in importing.now().values()] == ["active", "retired", "retired"]


def test_a_file_with_refusals_needs_a_yes_and_retires_nothing() -> None:
    importing = Importing()
    importing.take(rows("A", "B"))
    bad = rows("A") + b"B,The Town,5550100,Food,Help.\n"
    looked = importing.look(bad)
    assert [(one.record, one.field) for one in looked.refusals] == [("line 3 (B)", "Phone")]
    assert looked.asks() == ["rest"]
    with pytest.raises(DocumentInvalid, match="some records"):
        importing.take(bad)
    importing.take(bad, "rest")
    assert {one.status for one in importing.now().values()} == {"active"}


def test_an_id_of_another_source_or_place_is_refused() -> None:
    importing = Importing(MEAL)
    importing.edit.save_draft("services/us", written([replace(LINE, serves="us")]), 0, BEN)
    record = json.loads(export_json([MEAL, replace(LINE, serves="town")], setting(importing)).text)
    looked = importing.look(json.dumps(record).encode())
    assert [one.says for one in looked.refusals] == [
        "kitchen is the id of a service from another source",
        "line is the id of a service at us",
    ]
    own = importing.look(export_csv([replace(LINE, serves="town")], date(2026, 11, 25)).text.encode(), OWN)
    assert [one.says for one in own.refusals] == ["line is the id of a service at us"]
    listed = importing.look(export_csv([MEAL], date(2026, 11, 25)).text.encode())
    assert [one.says for one in listed.refusals] == ["kitchen is the id of a service from another source"]


def test_an_export_for_one_s_own_desk_comes_back_as_it_is_and_of_other_places_is_refused() -> None:
    importing = Importing(MEAL, BEDS)
    for export in (
        export_csv([MEAL, BEDS], date(2026, 11, 25)),
        export_json([MEAL, BEDS], setting(importing)),
    ):
        looked = importing.look(export.text.encode(), OWN)
        assert looked.refusals == ()
        assert looked.difference.is_nothing, export.name
    away = importing.look(export_csv([replace(LINE, serves="us")], date(2026, 11, 25)).text.encode(), OWN)
    assert [one.says for one in away.refusals] == ["it is a service of us: bring it there"]


def test_signs_that_nobody_sees_do_not_come_in() -> None:
    importing = Importing()
    importing.take(rows("A\u00ad\ufeffB \u2028C"))
    assert [one.name for one in importing.now().values()] == ["AB C"]


def test_a_changed_organization_is_the_same_for_all_of_its_services() -> None:
    importing = Importing()
    importing.take(rows("A", "B"))
    changed = (
        HEAD.strip() + ",Agency description\nA,The Town,209-555-0100,Food,Help.,Everybody's.\n"
    ).encode()
    importing.take(changed, "far")
    assert {one.organization.description for one in importing.now().values()} == {"Everybody's."}


def test_a_file_with_nothing_in_it_makes_no_draft() -> None:
    importing = Importing()
    for data in (b"", b"[]", b"PK\x03\x04", HEAD.encode(), b'{"services": []}'):
        assert importing.look(data).refusals
        with pytest.raises(DocumentInvalid, match="nothing in this file"):
            importing.take(data, "rest", "far")
    assert importing.drafted() == []


def test_more_than_a_place_can_hold_is_refused_in_words() -> None:
    importing = Importing()
    says = [" ".join(f"{(300 * at + n) * 7919 % 999983:x}" for n in range(300)) for at in range(1_000)]
    many = HEAD + "".join(f"{at},Org {at},209-555-0100,Food,{text}\n" for at, text in enumerate(says))
    with pytest.raises(DocumentInvalid, match="too many services for one place"):
        importing.take(many.encode())
    assert importing.drafted() == []


def setting(importing: Importing) -> Setting:
    return Setting(importing.services.places(), importing.clock.now())


def test_a_file_without_the_hidden_service_does_not_say_where_it_is() -> None:
    importing = Importing(BEDS)
    told = replace(MEAL, organization=replace(BEDS.organization, description="Kind. At 5 Elm Street."))
    setting = Setting(importing.services.places(), importing.clock.now())
    importing.take(export_json([told], setting).text.encode())
    assert {one.organization.description for one in importing.now().values()} == {"Kind."}
