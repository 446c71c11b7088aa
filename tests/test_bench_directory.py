"""What measures the directory: it takes real ways, and says what it is asked for."""

from __future__ import annotations

import base64
import json
import subprocess
import sys

import pytest

from bench.directory import wanted
from bench.invented_services import invented
from chalicelib.directory.adapters.shipped_content import CATALOGS, CONTENT, TEMPLATES
from chalicelib.directory.content import read_content
from chalicelib.directory.service_entries import entry_of
from chalicelib.directory.zips import read_zips
from chalicelib.pages.render.catalogs import Catalogs
from chalicelib.pages.render.packing import pack
from chalicelib.pages.render.site import Site

pytestmark = pytest.mark.takes(30)

MUST = {
    "services", "import_s", "pages", "publish_s", "find_us_p50", "hsds_ms_p50", "hsds_ms_p95", "cold_ms",
    "largest_page_bytes", "max_rss_mb",
}  # fmt: skip


def test_the_last_line_says_every_figure() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bench.directory", "SERVICES=5"], capture_output=True, text=True, check=True
    )
    found = json.loads(done.stdout.splitlines()[-1])
    assert set(found) >= MUST
    assert found["services"] == 5
    assert all(found[name] > 0 for name in MUST)
    assert found["pages"] >= 10 * 58, "a page a county and language"


def test_invented_services_are_the_same_each_time_and_no_address_of_a_bed_is_among_them() -> None:
    zips = read_zips(json.loads((CONTENT / "zips.json").read_text(encoding="utf-8")))
    found = [*invented(300, zips)]
    assert found == [*invented(300, zips)]
    assert len({one.id for one in found}) == 300
    assert not [one for one in found if one.hides_where and one.address]
    assert all(one.phones[0].value.startswith("+12095550") for one in found), "numbers that are nobody's"


def test_the_fullest_pages_of_an_invented_state_keep_to_the_bytes_of_a_page() -> None:
    places, contacts, settings, zips = (
        json.loads((CONTENT / f"{name}.json").read_text(encoding="utf-8"))
        for name in ("places", "contacts", "site", "zips")
    )
    services = [entry_of(one) for one in invented(2_500, read_zips(zips))]
    content = read_content(places, contacts, settings, services, zips)
    site = Site(TEMPLATES, Catalogs(CATALOGS), content)
    pages = [one for one in content.areas.by_unit.values() if one.services and (one.need or not one.links)]
    fullest = sorted(pages, key=lambda one: len(one.services))[-20:]
    assert len(fullest[0].services) > 20
    sizes = {one.unit: len(base64.b64decode(pack(site.area("en", one.unit), 9))) for one in fullest}
    assert {unit: size for unit, size in sizes.items() if size > 6_500} == {}


@pytest.mark.parametrize("argument", ["SERVICES=", "SERVICES=0", "SERVICES=x", "PLACES=3", "20"])
def test_what_is_asked_for_is_a_number_of_services(argument: str) -> None:
    with pytest.raises(SystemExit, match="usage"):
        wanted([argument])
    assert wanted([]) == {"SERVICES": 20_000}
