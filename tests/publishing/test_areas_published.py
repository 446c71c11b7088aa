"""Pages of counties are published like those of places: only a county whose services changed is written."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from chalicelib.directory.area_units import CHOOSE, STATES, UNKNOWN, is_area
from chalicelib.pages.adapters.document_folders import Folders
from chalicelib.pages.page_files import areas_in, path_of
from chalicelib.publishing.adapters import standby
from chalicelib.publishing.documents import ASKS
from chalicelib.publishing.keep_edition import KeepEdition, given_with
from chalicelib.publishing.page_units import digests_in, page_paths
from chalicelib.publishing.publish import NotYet
from chalicelib.publishing.render.render_cache import Lru
from tests.support.real_site import RealSite, folders_with_towns

pytestmark = pytest.mark.takes(20)

MERCED, FRESNO, ALPINE = "ca--merced", "ca--fresno", "ca--alpine"
COUNTIES = {MERCED, FRESNO, ALPINE}
LISTS = {STATES, CHOOSE, UNKNOWN, "ca--"}
STREET = "77 Nobody Knows Lane"


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Folders:
    folders = folders_with_towns(tmp_path_factory.mktemp("towns"), ("06047", "06019", "06003"))
    services = folders.content / "services.json"
    shipped = json.loads(services.read_text(encoding="utf-8"))["services"]
    few = [one for one in shipped if one["id"] in ("vcc", "cast", "nhth")]  # a county has one page then
    services.write_text(json.dumps({"services": few}), encoding="utf-8")
    return folders


@pytest.fixture(scope="module")
def answers() -> Lru[Mapping[str, Any]]:
    return Lru(4000)


@pytest.fixture
def site(folders: Folders, answers: Lru[Mapping[str, Any]]) -> RealSite:
    site = RealSite(folders, answers)
    add(site, "of-merced", "merced-county-ca")
    site.bring()
    return site


def service(id_: str, serves: str, **more: Any) -> dict[str, Any]:
    number = f"209-555-01{len(id_) % 90 + 10}"
    return {
        "id": id_,
        "serves": serves,
        "name": f"Service {id_}",
        "organization": {"id": id_, "name": f"Service {id_}"},
        "what": "It helps.",
        "needs": ["food"],
        "mark": "SINGLE",
        "sources": ["a page"],
        "read_on": "2026-11-25",
        "phones": [{"kind": "voice", "show": number, "value": f"+1{number.replace('-', '')}"}],
        **more,
    }


def add(site: RealSite, id_: str, serves: str, **more: Any) -> None:
    """Save a draft of a place's services with one more."""
    document = f"services/{serves}"
    entries = json.loads(site.edit.open(document).text)["services"]
    entries.append(service(id_, serves, **more))
    site.save(document, json.dumps({"services": entries}))


def change(site: RealSite, id_: str, serves: str, **changed: Any) -> None:
    """Save a draft of a place's services with one changed."""
    document = f"services/{serves}"
    entries = json.loads(site.edit.open(document).text)["services"]
    text = json.dumps({"services": [{**one, **(changed if one["id"] == id_ else {})} for one in entries]})
    assert text != json.dumps({"services": entries})
    site.save(document, text)


class Editions:
    """The EditionShelf in memory."""

    def __init__(self) -> None:
        self.there: dict[str, Mapping[str, bytes]] = {}

    def file(self, mark: str, name: str) -> bytes | None:
        return self.there.get(mark, {}).get(name)

    def put(self, mark: str, files: Mapping[str, bytes]) -> None:
        self.there[mark] = files


def page(site: RealSite, unit: str, locale: str = "en") -> str:
    packed = site.shelf.files[path_of(0, areas_in(site.live.index), "", locale, unit) + ".b64"]
    return gzip.decompress(base64.b64decode(packed)).decode("utf-8")


def test_the_index_names_each_area_and_every_file_of_it_is_there(site: RealSite) -> None:
    index = site.live.index
    assert {*areas_in(index)} == COUNTIES | LISTS
    assert not any(map(is_area, index["places"]))
    paths = [path for unit, path in page_paths(index) if is_area(unit)]
    assert len(paths) == 7 * 2 * 2
    assert {*paths} <= {*site.shelf.files}
    assert {*digests_in(index)} == {*index["places"], "", *COUNTIES, *LISTS}
    assert "Service of-merced" in page(site, MERCED)
    assert "Service of-merced" not in page(site, FRESNO)


def test_a_new_service_is_rendered_and_written_in_the_counties_that_it_covers_alone(site: RealSite) -> None:
    add(site, "more", "merced-county-ca")
    assert site.bring(["services/merced-county-ca"]) == site.written_pages() == {MERCED}
    add(site, "listed", "california", coverage={"counties": ["06019", "06003"]})
    assert site.bring() == site.written_pages() == {FRESNO, ALPINE}
    add(site, "of-the-state", "california")
    assert site.bring() == site.written_pages() == COUNTIES
    assert all("Service of-the-state" in page(site, unit, "es") for unit in COUNTIES)


def test_a_changed_service_is_written_where_it_is_shown_and_for_machines_and_nowhere_else(
    site: RealSite,
) -> None:
    editions = Editions()
    keep = KeepEdition(editions, lambda: given_with(site.shipped, {}), site.clock)
    site.publish = site.publisher(site.shelf, keep)
    add(site, "of-the-state", "california")
    site.bring()
    marks = [site.live.index["hsds"]]

    change(site, "of-merced", "merced-county-ca", what="It helps at night, too.")
    assert site.bring() == site.written_pages() == {MERCED}
    marks.append(site.live.index["hsds"])
    change(site, "of-the-state", "california", cost="Free")
    assert site.bring() == site.written_pages() == COUNTIES
    marks.append(site.live.index["hsds"])
    change(site, "of-the-state", "california", coverage={"counties": ["06047"]})
    site.bring()
    assert site.written_pages() == COUNTIES - {MERCED}, "where it is shown as it was, nothing is written"
    marks.append(site.live.index["hsds"])
    assert [*editions.there] == marks
    assert len(editions.there) == 4

    def at_night(whole: Any) -> None:
        next(one for one in whole.contacts["contacts"] if one["id"] == "lbpd")["hours"] = "At night."

    site.change(at_night)
    site.bring()
    assert site.live.index["hsds"] == marks[-1]
    assert len(editions.there) == 4


def test_a_county_that_grows_too_large_gets_a_page_for_each_need(site: RealSite) -> None:
    for number in range(60):
        add(site, f"many-{number}", "merced-county-ca", what=f"It helps {number * 7919} people each year.")
    assert f"{MERCED}--8" in site.bring()
    assert "Service many-7" not in page(site, MERCED)
    assert "/en/places/ca/merced/8/" in page(site, MERCED)
    assert "Service many-7" in page(site, f"{MERCED}--8")
    site.save("services/merced-county-ca", json.dumps({"services": []}))
    site.bring()
    assert {*areas_in(site.live.index)} == COUNTIES | LISTS


def test_what_is_built_bit_by_bit_is_what_is_built_at_once(site: RealSite) -> None:
    add(site, "more", "los-banos-ca")
    site.bring()
    assert site.anew().site.index == site.live.index


def test_published_twice_nothing_is_rendered(site: RealSite) -> None:
    site.rendering.may_render = False
    assert site.bring_again() == set()
    assert site.writes == []


def test_a_contact_of_a_town_changes_no_page_of_a_county(site: RealSite) -> None:
    def change(whole: Any) -> None:
        next(one for one in whole.contacts["contacts"] if one["id"] == "lbpd")["hours"] = "At night."

    site.change(change)
    assert not any(map(is_area, site.bring()))


def test_a_service_that_would_be_on_no_page_is_named_before_it_is_published(site: RealSite) -> None:
    add(site, "far", "california", coverage={"counties": ["32031"], "zips": ["89501"], "towns": ["Reno"]})
    add(site, "of-nevada", "nevada")
    add(site, "near", "california", coverage={"counties": ["32031", "06019"]})
    add(site, "gone", "nevada", status="retired")
    told = [one for one in site.publish.plan().report.problems if "on no page" in one.sentence]
    assert [(one.document, one.sentence.partition(":")[0], one.weight) for one in told] == [
        ("services/california", "Service far (california)", ASKS),
        ("services/nevada", "Service of-nevada (nevada)", ASKS),
    ]
    assert all(one.line for one in told)
    site.bring()
    assert not any("on no page" in one.sentence for one in site.publish.plan().report.problems)


def test_a_service_that_is_retired_leaves_the_page(site: RealSite) -> None:
    entry = service("of-merced", "merced-county-ca", status="retired")
    site.save("services/merced-county-ca", json.dumps({"services": [entry]}))
    site.bring()
    assert "Service of-merced" not in page(site, MERCED)


@pytest.mark.parametrize("hiding", [{"confidential": True}, {"needs": ["bed"]}])
def test_an_address_that_nobody_may_learn_is_refused_before_any_page_has_it(
    site: RealSite, hiding: dict[str, Any]
) -> None:
    where = {"street": STREET, "city": "Merced", "state": "CA", "postal_code": "95340"}
    add(site, "hidden", "merced-county-ca", address=where, **hiding)
    with pytest.raises(NotYet):
        site.bring()
    assert not any(STREET.encode() in content for content in site.shelf.files.values())


def test_roll_back_brings_the_county_back(site: RealSite) -> None:
    number = site.live.number
    add(site, "more", "merced-county-ca")
    site.bring()
    site.rendering.may_render = False
    site.publish.roll_back(number, "ana@desk.example", "why")
    assert "Service more" not in page(site, MERCED)


def test_areas_stand_by_at_the_edge_under_the_paths_of_the_site(site: RealSite) -> None:
    index = site.live.index
    keys = standby.keys(index)
    wanted = {"site/en/places/all/", "site/es/places/ca/", "site/en/places/ca/merced/"}
    assert wanted <= keys
    assert not any("choose" in key or "unknown" in key for key in keys)
    assert all(map(standby.is_page, keys))
    assert not standby.is_page("site/en/places/ca/merced/3/4/")
    assert standby.is_page("site/en/places/ca/merced/3/")
    files = {name: site.shelf.files[path] for name, path in standby.paths(1, index).items()}
    assert b"Merced County" in standby.standby(index, files)["site/en/places/ca/merced/"]


def test_only_changed_areas_stand_by_anew(site: RealSite) -> None:
    before = site.live.index
    add(site, "more", "merced-county-ca")
    site.bring()
    changed = standby.changed([before, site.live.index])
    assert changed == {MERCED}
    part = standby.only(site.live.index, changed)
    assert {*areas_in(part)} == {MERCED}
    assert not part["places"]
    batches = [*standby.in_batches(site.live.index)]
    assert {unit for one in batches for unit in areas_in(one)} == COUNTIES | LISTS


def test_a_release_of_before_has_no_areas() -> None:
    index = {"locales": ["en"], "places": {"us": "x"}, "default_place": "us", "shared": "y"}
    assert areas_in(index) == {}
    assert digests_in(index) == {"us": "x", "": "y"}
    assert not any("places/" in key for key in standby.keys(index))


def test_a_site_without_zips_has_none(tmp_path: Path) -> None:
    site = RealSite(folders_with_towns(tmp_path), Lru(10))
    add(site, "one", "us")
    site.bring()
    assert areas_in(site.live.index) == {}
