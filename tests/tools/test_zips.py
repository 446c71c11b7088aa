"""`python -m tools.zips`: each form of file that docs/zips.md lists, and what is made of several."""

import json

import pytest

from chalicelib.directory.adapters.shipped_content import CONTENT
from chalicelib.directory.zips import read_zips
from tools.zips.__main__ import main
from tools.zips.make_document import write_document
from tools.zips.read_sources import FORMS

COUNTIES_2010 = "CA,06,019,Fresno County,H1\nCA,06,047,Merced County,H1\nNV,32,003,Clark County,H1\n"
COUNTIES_2020 = (
    "STATE|STATEFP|COUNTYFP|COUNTYNS|COUNTYNAME|CLASSFP|FUNCSTAT\n"
    "CA|06|019|00277274|Fresno County|H1|A\nCA|06|047|00277288|Merced County|H1|A\n"
)
TOWNS = (
    "US\t93620\tDos Palos\tCalifornia\tCA\tMerced\t047\t\t\t36.9\t-120.6\t4\n"
    "US\t93635\tLos Banos\tCalifornia\tCA\tMerced\t047\t\t\t37.0\t-120.8\t4\n"
    "US\t89019\tJean\tNevada\tNV\tClark\t003\t\t\t35.7\t-115.3\t4\n"
    "US\t09001\tAPO AA\t\t\t\t\t\t\t38.1\t15.6\t\n"
)
CENSUS_2010 = "ZCTA5,STATE,COUNTY,GEOID,POPPT\n93620,06,019,06019,79\n93620,06,047,06047,5000\n"
CENSUS_2020 = (
    "\ufeffOID_ZCTA5_20|GEOID_ZCTA5_20|NAMELSAD_ZCTA5_20|GEOID_COUNTY_20|NAMELSAD_COUNTY_20\n"
    "1|93620|ZCTA5 93620|06019|Fresno County\n1|93620|ZCTA5 93620|06047|Merced County\n||||\n"
)
BY_NAMES = json.dumps(
    {
        "CA": {
            "counties": {
                "Fresno County": {"zip_codes": ["93620"]},
                "Merced County": {"zip_codes": ["93620"]},
                "Gone County": {"zip_codes": ["93620"]},
            }
        }
    }
)
HUD = "zip,fips,county,state\n93620,6019,Fresno,CA\n93620,6047,Merced,CA\n501,36103,Suffolk,NY\n"
HUD_NOW = "ZIP,COUNTY,USPS_ZIP_PREF_CITY,RES_RATIO\n93620,06019,DOS PALOS,0.1\n93620,06047,DOS PALOS,0.9\n"


@pytest.fixture
def make(tmp_path, capsys):
    def made(*files, state=("CA",), licence=""):
        named = []
        for number, content in enumerate(files):
            path = tmp_path / f"{number}.txt"
            path.write_text(content, encoding="utf-8")
            named.append(f"{path}=2026-07{licence}")
        out = tmp_path / "zips.json"
        code = main([*named, "--out", str(out), *(f"--state={one}" for one in state)])
        said = capsys.readouterr()
        return code, json.loads(out.read_text(encoding="utf-8")) if out.exists() else None, said

    return made


@pytest.mark.parametrize("relation", [CENSUS_2010, CENSUS_2020, BY_NAMES, HUD, HUD_NOW])
@pytest.mark.parametrize("counties", [COUNTIES_2010, COUNTIES_2020])
def test_each_form_makes_the_same_document(make, relation, counties):
    code, document, said = make(counties, relation, TOWNS, licence="=as we have it")
    assert code == 0, said.err
    assert document["zips"] == {"93620": "06047 06019", "93635": "06047"}
    assert document["towns"] == [
        {"name": "Dos Palos", "state": "ca", "counties": "06047", "zips": "93620"},
        {"name": "Los Banos", "state": "ca", "counties": "06047", "zips": "93635"},
    ]
    assert [county["slug"] for county in document["counties"]] == ["fresno", "merced"]
    assert [source["licence"] for source in document["sources"]] == ["as we have it"] * 3
    figures = json.loads(said.out.splitlines()[-1])
    assert (figures["zips"], figures["pairs"], figures["in_several_percent"]) == (2, 3, 50.0)


def test_a_source_has_its_own_licence_unless_none_is_known(make):
    code, document, _ = make(COUNTIES_2010, CENSUS_2010, TOWNS)
    assert code == 0
    assert [(source["licence"], source["date"]) for source in document["sources"]] == [
        ("public domain (work of the United States Government)", "2026-07"),
        ("public domain (work of the United States Government)", "2026-07"),
        ("CC BY 4.0", "2026-07"),
    ]
    code, _, said = make(COUNTIES_2010, HUD, TOWNS)
    assert code == 1
    assert "names no licence" in said.err


def test_without_a_state_all_are_made_and_what_is_left_out_is_said(make):
    code, document, said = make(COUNTIES_2010, CENSUS_2010, TOWNS, state=())
    assert code == 0
    assert [state["letters"] for state in document["states"]] == ["ca", "nv"]
    assert document["zips"]["89019"] == "32003"
    assert "left out: 1 x ZIP of no state" in said.out
    assert "09001" not in document["zips"]


@pytest.mark.parametrize("columns", ["\t\tMayagüez\t097", "Puerto Rico\tPR\tMayagüez\t097", "\t\t\t"])
def test_towns_of_a_territory_come_from_its_own_file(make, columns):
    towns = f"PR\t00680\tMayagüez\t{columns}\t\t\t18.2\t-67.1\t4\n"
    counties = COUNTIES_2010 + "PR,72,097,Mayagüez Municipio,H1\nGU,66,010,Guam,H6\n"
    relation = "ZCTA5,STATE,COUNTY,GEOID,POPPT\n00680,72,097,72097,5\n96910,66,010,66010,5\n"
    code, document, said = make(counties, relation, TOWNS, towns, state=("PR", "GU"))
    assert code == 0, said.err
    assert document["zips"] == {"00680": "72097", "96910": "66010"}
    assert document["towns"] == [{"name": "Mayagüez", "state": "pr", "counties": "72097", "zips": "00680"}]
    assert [one["slug"] for one in document["counties"]] == ["guam", "mayaguez"]
    assert [one["name"] for one in document["states"]] == ["Guam", "Puerto Rico"]


def test_lines_that_are_cut_off_or_of_another_country_are_left_out_and_counted(make):
    more = "CA\tA0A\tIn Canada\t\t\t\t\t\t\t47.0\t-52.0\t1\nUS\t93620\tDos\n\n"
    code, document, said = make(COUNTIES_2010, CENSUS_2010, TOWNS + more)
    assert (code, [*document["zips"]]) == (0, ["93620", "93635"])
    assert "2 x line of towns that is cut off" in said.out


def test_a_zip_over_the_border_stays_with_what_of_it_lies_in_the_state(make):
    over = CENSUS_2010 + "89019,06,019,06019,7\n89019,32,003,32003,70\n"
    _, document, _ = make(COUNTIES_2010, over, TOWNS)
    assert document["zips"]["89019"] == "06019"
    assert "Jean" not in [town["name"] for town in document["towns"]]


def test_a_town_is_where_most_of_its_zips_are_and_each_of_them_leads_there(make):
    rows = "".join(
        f"US\t{zip_code}\t{name}\tCalifornia\tCA\tx\t{county}\t\t\t0\t0\t4\n"
        for zip_code, name, county in (
            ("93701", "St. Madera", "019"),
            ("93702", "Saint Madera", "019"),
            ("93703", "Saint Madera", "047"),
        )
    )
    _, document, _ = make(COUNTIES_2010, CENSUS_2010, rows)
    assert document["towns"] == [
        {"name": "Saint Madera", "state": "ca", "counties": "06019", "zips": "93701 93702 93703"}
    ]
    assert document["zips"]["93703"] == "06019 06047"


def test_a_county_that_no_list_has_is_taken_from_the_other_files(make):
    """As in Connecticut, where the file of towns counts by regions that are no counties."""
    towns = TOWNS.replace("Merced\t047", "Region\t910")
    _, document, _ = make(COUNTIES_2010, CENSUS_2010, towns)
    assert document["towns"][0]["counties"] == "06019 06047", "neither file says which is more"
    assert document["zips"] == {"93620": "06019 06047"}


def test_old_numbers_of_counties_become_those_of_now(make):
    counties = "SD,46,113,Shannon County,H1\nAK,02,261,Valdez-Cordova Census Area,H5\n"
    pairs = "zip,fips\n57764,46113\n99686,02261\n"
    code, document, said = make(counties, pairs, state=(), licence="=CC0")
    assert code == 0, said.err
    assert document["zips"] == {"57764": "46102", "99686": "02063 02066"}
    assert [county["name"] for county in document["counties"]] == [
        "Chugach Census Area",
        "Copper River Census Area",
        "Oglala Lakota County",
    ]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("what,is,this\n1,2,3\n", "none of the forms"),
        ("{}", "missing"),
        ("", "none of the"),
        ("CA\tA0A\tIn Canada\t\t\t\t\t\t\t47.0\t-52.0\t1\n", "none of the forms"),
    ],
)
def test_a_file_of_another_form_is_refused_by_name(make, content, said):
    code, document, told = make(COUNTIES_2010, content)
    assert code == 1
    assert document is None
    assert said in told.err


@pytest.mark.parametrize("named", ["a.csv", "a.csv=", "a.csv=then", "a.csv=26"])
def test_a_file_without_a_date_is_refused(named, capsys):
    assert main([named]) == 1
    assert "of when it is" in capsys.readouterr().err


def test_a_file_that_is_not_there_is_said(capsys):
    assert main(["no-such-file.txt=2026"]) == 1
    assert "no-such-file.txt" in capsys.readouterr().err


def test_what_ships_is_written_as_the_tool_writes_it():
    text = (CONTENT / "zips.json").read_text(encoding="utf-8")
    assert write_document(json.loads(text)) == text
    read_zips(json.loads(text))


def test_the_guide_lists_every_form():
    guide = (CONTENT.parents[1] / "docs" / "zips.md").read_text(encoding="utf-8")
    for form in FORMS:
        assert form.name in guide, form.name
        assert form.link in guide, form.link
