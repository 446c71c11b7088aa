"""A flat sheet comes in as a clerk has it, and what is wrong in it is named by line and column."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chalicelib.directory.hsds.door import Limits
from chalicelib.directory.hsds.export import export_csv
from chalicelib.directory.hsds.read_sheet import read_sheet
from chalicelib.directory.services import DAYS, Address, Hours
from tests.directory.hsds.samples import DOOR, OWN, SAMPLES, TODAY
from tests.directory.test_gazetteer import CALIFORNIA

CLERKS = """Agency Name,Program Name,Description,Category,Phone,Fax,Email,Website,Street Address,City,State,ZIP,County,Hours,Languages,Eligibility,Fees,Last Verified,Notes
The Town,Kitchen,"A warm meal, every day.",Food Pantry,(209) 555-0101 ext. 4,209-555-0102,kitchen@town.example,www.town.example/kitchen,12 Main St,Merced,CA,95340,06047,Mon-Fri 8am-5pm; Sat 9:00 AM - 12:00 PM,"English, Spanish",All who are hungry,Free,11/01/2026,ask for the blue door
Legal House,,Help with papers,Legal Services; Immigration,209.555.0103,,,,,,,,,By appointment,Spanish,,,,
"""  # noqa: E501


def read(text, door=DOOR, encoding="utf-8"):
    return read_sheet(text.encode(encoding), "list.csv", door)


def words(remarks):
    return [str(one) for one in remarks]


def good(text, door=DOOR, encoding="utf-8"):
    found = read(text, door, encoding)
    assert not found.refusals, words(found.refusals)
    assert found.whole
    return found.services


def refused(text, door=DOOR):
    found = read(text, door)
    assert found.refusals
    assert not found.whole
    return "\n".join(words(found.refusals))


def sheet(**cells):
    """Return a sheet of one row, with some cells changed; a name may have underscores for spaces."""
    row = {
        "Name": "Kitchen",
        "Organization": "The Town",
        "Phone": "209-555-0101",
        "Category": "Food",
        **cells,
    }
    head = ",".join(name.replace("_", " ") for name in row)
    return head + "\n" + ",".join('"' + value.replace('"', '""') + '"' for value in row.values()) + "\n"


def test_a_sheet_as_clerks_have_it_comes_in():
    kitchen, house = good(CLERKS)
    assert (kitchen.name, kitchen.organization.name) == ("Kitchen", "The Town")
    assert kitchen.needs == ("food",)
    assert [(one.kind, one.value, one.extension) for one in kitchen.phones] == [
        ("voice", "+12095550101", "4"), ("fax", "+12095550102", ""),
    ]  # fmt: skip
    assert kitchen.website == "https://www.town.example/kitchen"
    assert kitchen.address == Address("12 Main St", "Merced", "CA", "95340")
    assert kitchen.hours == (Hours(DAYS[:5], "08:00", "17:00"), Hours(("SA",), "09:00", "12:00"))
    assert kitchen.languages == ("en", "es")
    assert kitchen.coverage.counties == ("06047",)
    assert kitchen.assured_on.isoformat() == "2026-11-01"
    assert kitchen.cost == "Free"
    assert kitchen.extra == {}, "what was written for inside is not published"
    assert house.name == house.organization.name == "Legal House"
    assert house.needs == ("lawyer", "papers")
    assert house.hours_note == "By appointment"


def test_a_row_has_the_same_id_each_time_and_another_source_another():
    first, again = good(CLERKS), good(CLERKS)
    assert [one.id for one in first] == [one.id for one in again]
    assert first[0].id == "feed-the-town-kitchen-merced"
    other = good(CLERKS, replace(DOOR, key="other"))
    assert not {one.id for one in first} & {one.id for one in other}


@pytest.mark.parametrize("delimiter", [";", "\t", "|"])
def test_any_delimiter_is_found(delimiter):
    text = f"Name{delimiter}Phone{delimiter}City\nKitchen{delimiter}209-555-0101{delimiter}Merced, CA\n"
    assert good(text)[0].phones[0].value == "+12095550101"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_any_encoding_of_a_spreadsheet_is_read(encoding):
    (service,) = good(sheet(Name="Los Baños Kitchen"), encoding=encoding)
    assert service.name == "Los Baños Kitchen"


@pytest.mark.parametrize(
    "before",
    ["sep=,\n", '"sep=,"\n', "Our list,,,\nas of today,,,\n\n", "\n\n"],
)
def test_lines_above_the_names_of_columns_are_read_over(before):
    assert good(before + sheet())[0].name == "Kitchen"


@pytest.mark.parametrize("ending", ["\r\n", "\r", "\n"])
def test_any_end_of_a_line_is_read(ending):
    assert len(good(CLERKS.replace("\n", ending))) == 2


@pytest.mark.parametrize(
    "title",
    ["PHONE", " Phone ", "Phone #", "Phone Number", "telephone", "Teléfono", "Main-Phone", "Phone:"],
)
def test_a_column_may_be_called_many_things(title):
    assert good(f"Name,{title}\nKitchen,209-555-0101\n")[0].phones[0].value == "+12095550101"


def test_what_a_spreadsheet_does_to_cells_is_undone():
    (service,) = good(
        sheet(
            Phone="2095550101.0",
            ZIP='="01234"',
            Street="1 Elm St",
            City="Agawam",
            State="MA",
            Zips_served="1001; 02134",
            County_FIPS="6047",
            Last_verified="2026-11-01 00:00:00",
            Description="'=not a formula",
        )
    )
    assert service.phones[0].value == "+12095550101"
    assert service.address.postal_code == "01234"
    assert service.coverage.zips == ("01001", "02134")
    assert service.coverage.counties == ("06047",)
    assert service.what == "=not a formula"
    assert good(sheet(ZIP="1234", Street="1 Elm St", City="A", State="MA"))[0].address.postal_code == "01234"


def test_several_phones_in_a_cell_or_in_columns_come_in_once_each():
    (service,) = good(
        sheet(Phone="209-555-0101 or (209) 555-0102; text: 233733", Phone_2="209-555-0101", TTY="711")
    )
    assert [(one.kind, one.value) for one in service.phones] == [
        ("voice", "+12095550101"), ("voice", "+12095550102"), ("text", "233733"), ("tty", "711"),
    ]  # fmt: skip


HOURS = {
    "24/7": (True, ()),
    "24 hours a day, 7 days a week": (True, ()),
    "Open 24 hours": (True, ()),
    "Mon - Fri 8:00am to 5:00pm": (False, (Hours(DAYS[:5], "08:00", "17:00"),)),
    "M-F: 9am-noon": (False, (Hours(DAYS[:5], "09:00", "12:00"),)),
    "Monday to Friday 9am-5pm and Saturday 10am-12 noon": (
        False,
        (Hours(DAYS[:5], "09:00", "17:00"), Hours(("SA",), "10:00", "12:00")),
    ),
    "Mon. and Wed. 9:00 a.m. - 5:00 p.m., Sat 10am-midnight.": (
        False,
        (Hours(("MO", "WE"), "09:00", "17:00"), Hours(("SA",), "10:00", "24:00")),
    ),
    "Monday-Friday, 9:00 a.m.-5:00 p.m.": (False, (Hours(DAYS[:5], "09:00", "17:00"),)),
    "Mon-Fri 9am-5pm, Saturdays by appointment": None,
    "weekdays 09:00-17:00": (False, (Hours(DAYS[:5], "09:00", "17:00"),)),
    "Daily 6 PM - 12 AM": (False, (Hours(DAYS, "18:00", "24:00"),)),
    "Sat & Sun 10am-2pm": (False, (Hours(("SA", "SU"), "10:00", "14:00"),)),
    "Fri 8pm-2am": (False, (Hours(("FR",), "20:00", "24:00"), Hours(("SA",), "00:00", "02:00"))),
    "Mon-Fri 8-5": None,
    ";": None,
    "Call first": None,
}


@pytest.mark.parametrize("text", HOURS)
def test_hours_are_read_or_kept_as_they_are_and_never_guessed(text):
    (service,) = good(sheet(Hours=text))
    if HOURS[text] is None:
        assert (service.always, service.hours, service.hours_note) == (False, (), text)
    else:
        assert (service.always, service.hours) == HOURS[text]
        assert service.hours_note == ""


def test_a_column_that_nobody_knows_is_left_out_and_a_note_names_it():
    found = read(sheet(Notes="the blue door", Director="Ann", Description="A meal.", About="Come hungry"))
    assert found.services[0].extra == {}
    told = "\n".join(words(found.notes))
    assert "Notes: nobody here knows this column" in told
    assert "Director: names of people are not kept" in told
    assert "About: nobody here knows this column, or it stands twice" in told
    assert "blue door" not in told
    assert not read(sheet(Notes="")).notes


def test_a_county_is_known_by_its_name_if_somebody_knows_it():
    known = replace(DOOR, where=CALIFORNIA)
    assert good(sheet(County="Merced"), known)[0].coverage.counties == ("06047",)
    found = read(sheet(County="Merced"))
    assert found.services[0].extra["columns"] == {"County": "Merced"}
    assert any("County" in one for one in words(found.notes))


WRONG = {
    "a phone without an area code": ({"Phone": "555-0101"}, "Phone", "area code"),
    "a phone that was rounded": ({"Phone": "2.0956E+09"}, "Phone", "rounded"),
    "a phone that is none": ({"Phone": "call us"}, "Phone", "digits"),
    "two phones in one": ({"Phone": "209-555-0101 209-555-0102"}, "Phone", "not one phone number"),
    "an e-mail address that is none": ({"Email": "kitchen at town"}, "Email", "e-mail"),
    "a website that is none": ({"Website": "see facebook"}, "Website", "web address"),
    "a day that is none": ({"Last_verified": "spring"}, "Last verified", "2026-11-25"),
    "an age that is none": ({"Min_age": "old"}, "Min age", "whole years"),
    "a status that is none": ({"Status": "perhaps"}, "Status", "active, paused or retired"),
    "half an address": ({"Street": "1 Elm St", "City": "Merced"}, "State", "street, city, state and ZIP"),
    "a flag that is none": ({"Confidential": "perhaps"}, "Confidential", "yes or no"),
    "no name at all": ({"Name": "", "Organization": ""}, "Name", "empty"),
    "ages the wrong way round": ({"Min_age": "18", "Max_age": "12"}, "Min age", "it is more than Max age"),
    "a sentence that is too long": ({"Description": "x" * 6000}, "Description", "it has more than 5000"),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_is_wrong_is_named_by_line_and_by_the_sheets_own_title(what):
    cells, title, says = WRONG[what]
    text = refused(sheet(**cells))
    assert text.startswith("list.csv, line 2")
    assert f", {title}: " in text or not title
    assert says in text


FILES = {
    "nothing": (b"", "names of columns"),
    "no names of columns": (b"a,b\nc,d\n", "names of columns"),
    "names of columns alone": (b"Name,Phone\n", "no row"),
    "HSDS's table of contacts": (
        b"id,service_id,name,title,email\n1e7efce3,ac148810,Ann Persona,Manager,a@b.example\n",
        "several tables",
    ),
    "HSDS's table of services": (b"id,organization_id,name,status\n1,2,A Service,active\n", "several tables"),
    "HSDS's table of languages": (b"id,name,code\n1,Urdu,ur\n", "several tables"),
    "a table of HSDS 2": (b"id,location_id,name,regular_schedule\n1,2,A Service,Mo\n", "several tables"),
    "a workbook": (b"PK\x03\x04rest", "save the sheet as CSV"),
    "an old workbook": (b"\xd0\xcf\x11\xe0rest", "save the sheet as CSV"),
    "zero bytes": (b"Name,Phone\nA\0,209-555-0101\n", "no text"),
    "a quotation mark too many": (b'Name,Phone\n"A"x,1\n', "quotation mark"),
    "a quotation mark missing": (b'Name,Phone\n"A,209-555-0101\n', "quotation mark"),
}


@pytest.mark.parametrize("what", FILES)
def test_a_file_that_is_no_table_is_refused_in_words(what):
    data, says = FILES[what]
    found = read_sheet(data, "list.csv", DOOR)
    assert not found.services
    assert any(says in one for one in words(found.refusals)), words(found.refusals)


def test_a_row_with_a_cell_too_many_is_named():
    text = refused("Name,Phone\nKitchen,209-555-0101\nHouse, Inc,209-555-0102,x\n")
    assert "line 3" in text
    assert "comma too many" in text


def test_lines_are_counted_as_an_editor_counts_them():
    text = 'Name,Description,Phone\nA,"two\nlines",209-555-0101\n\nB,x,555\n'
    assert "line 5 (B)" in refused(text.replace("555\n", "555-0000\n"))


def test_an_id_that_stands_twice_is_refused_and_stored_never():
    text = "ID,Name,Phone\n7,Kitchen,209-555-0101\n7,House,209-555-0102\n8,Third,209-555-0103\n"
    found = read(text)
    assert [one.name for one in found.services] == ["Third"]
    assert "stands in this file 2 times" in words(found.refusals)[0]


def test_two_rows_of_one_name_are_refused_as_nothing_tells_them_apart():
    text = "Name,Phone\nKitchen,209-555-0101\nKitchen,209-555-0102\n"
    assert "2 times" in refused(text)


def test_a_name_in_another_script_has_an_id_too():
    (service,) = good("Name,Phone\nទីពឹង,209-555-0101\n")
    assert service.id == good("Name,Phone\nទីពឹង,209-555-0101\n")[0].id


@pytest.mark.parametrize(
    "cells",
    [
        {"Name": "Safe House"},
        {"Category": "Emergency Shelter"},
        {"Confidential": "yes"},
        {"Description": "A home. Its location is confidential."},
    ],
)
def test_confidential_kinds_lose_their_address_and_whatever_else_says_where_they_are(cells):
    found = read(
        sheet(
            **{"Description": "A home. Come to 77 Hidden Lane at six. Call first.", **cells},
            Street="77 Hidden Lane",
            City="Secretville",
            State="CA",
            ZIP="95340",
            Notes="behind the mill",
        )
    )
    (service,) = found.services
    text = repr(service) + "".join(words(found.notes))
    for word in ("Hidden", "Secretville", "95340", "mill"):
        assert word not in text
    assert service.confidential
    assert service.address is None


def test_a_name_that_says_where_a_shelter_is_is_refused_without_an_echo():
    text = refused(
        sheet(Name="Shelter at 77 Hidden Lane", Street="77 Hidden Lane", City="M", State="CA", ZIP="95340")
    )
    assert "write a name without a street" in text


@pytest.mark.parametrize("title", ["Contact Person", "Executive Director", "Last name", "Staff"])
def test_columns_with_names_of_people_are_not_kept(title):
    assert "Ann" not in repr(good(sheet(**{title: "Ann Persona"})))


def test_a_public_sheet_is_without_cells_that_nobody_here_could_read():
    (service,) = good(sheet(County="for us alone"))
    assert "for us alone" in export_csv([service], TODAY).text
    assert "for us alone" not in export_csv([service], TODAY, public=True).text


def test_a_sheet_of_ours_that_a_person_edited_comes_back_with_the_edit():
    text = (
        export_csv(SAMPLES, TODAY)
        .text.replace("A warm meal.", "Two warm meals.")
        .replace("kitchen@", "cook@")
    )
    line, kitchen, shelter = good(text, OWN)
    assert (line, shelter) == (SAMPLES[0], SAMPLES[2])
    assert kitchen == replace(SAMPLES[1], what="Two warm meals.", email="cook@town.example")


def test_a_column_of_ours_that_somebody_broke_is_named():
    text = export_csv([SAMPLES[0]], TODAY).text.replace('{""es"":', '{""es:')
    assert "in_other" in refused(text, OWN)


def test_more_rows_than_the_limit_are_refused():
    text = "Name,Phone\n" + "".join(f"Kitchen {n},209-555-0101\n" for n in range(5))
    assert "more than 3 records" in refused(text, replace(DOOR, limits=Limits(records=3)))
    assert "MB" in refused(text, replace(DOOR, limits=Limits(size=10)))
