"""The invented state: marked as such wherever it shows, the same each time, and nobody's number."""

from __future__ import annotations

import gzip
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from chalicelib.directory.adapters.shipped_content import CONTENT, TEMPLATES, content_with_areas
from chalicelib.directory.content import Content
from chalicelib.directory.services import NEEDS
from chalicelib.directory.zips import read_zips
from chalicelib.pages.pack_zips import pack_zips
from chalicelib.pages.render.catalogs import Catalogs
from chalicelib.pages.render.site import Site
from tools.local.demo_services import INVENTED, LETTERS, SERVICES, demo_content, wanted

SOME = 1_500


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return demo_content(CONTENT, tmp_path_factory.mktemp("demo") / "content", SOME)


@pytest.fixture(scope="module")
def demo(folder: Path) -> Content:
    return content_with_areas(folder)


def test_each_page_of_the_state_and_each_service_says_that_it_is_invented(
    demo: Content, catalogs: Catalogs
) -> None:
    site = Site(TEMPLATES, catalogs, demo)
    units = [unit for unit in site.areas if unit.startswith(LETTERS)]
    assert len(units) > 60
    for unit in units:
        html = site.area("en", unit)
        assert INVENTED in html.partition("</h1>")[0], unit
        assert len(gzip.compress(html.encode(), 9)) <= 6.5 * 1024, unit
    invented = [one for one in demo.services.values() if one.serves == "nowhere-invented"]
    assert len(invented) == SOME
    assert all(one.name.endswith(INVENTED) for one in invented)
    assert {need for one in invented for need in one.needs} == {*NEEDS}


def test_its_numbers_are_those_kept_for_films(demo: Content) -> None:
    numbers = [one for service in demo.services.values() if service.id.startswith("invented-")
               for one in service.phones]  # fmt: skip
    assert numbers
    assert all(re.fullmatch(r"\d{3}-555-01\d\d", one.show) for one in numbers)


def test_it_is_the_same_each_time_and_what_ships_stays_as_it_is(folder: Path, tmp_path: Path) -> None:
    again = demo_content(CONTENT, tmp_path / "content", SOME)
    for name in ("services", "zips", "places"):
        assert (again / f"{name}.json").read_text() == (folder / f"{name}.json").read_text()
    assert INVENTED not in (CONTENT / "services.json").read_text(encoding="utf-8")
    assert INVENTED not in (CONTENT / "zips.json").read_text(encoding="utf-8")
    assert SERVICES == 5_000


def test_its_zips_are_below_the_lowest_that_there_is_and_can_be_searched(folder: Path) -> None:
    zips = read_zips(json.loads((folder / "zips.json").read_text(encoding="utf-8")))
    shipped = json.loads((CONTENT / "zips.json").read_text(encoding="utf-8"))["zips"]
    assert all(one < "00501" for one in zips.counties_of if one not in shipped)
    assert pack_zips(zips)


def test_only_the_demo_can_be_asked_for() -> None:
    assert wanted({"DIRECTORY": "demo"}) is True
    assert wanted({}) is False
    with pytest.raises(ValueError, match="demo or nothing"):
        wanted({"DIRECTORY": "all"})


def test_make_run_serves_the_state_whatever_else_it_is_asked_for(tmp_path: Path) -> None:
    asks = (
        "from pathlib import Path\n"
        "from tools.local import run\n"
        f"run.ROOT = Path({str(tmp_path)!r})\n"
        "run._asked()\n"
        "from chalicelib.wiring.texts import SHIPPED\n"
        "print(SHIPPED.content)"
    )
    environ = {**os.environ, "DIRECTORY": "demo", "TOWNS": "20"}
    done = subprocess.run(
        [sys.executable, "-c", asks], env=environ, capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == str(tmp_path / "build" / "demo" / "content")
