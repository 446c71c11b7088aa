"""A live site from before there was a directory gets one with a deploy, goes back, and comes again."""

from __future__ import annotations

import json
import shutil

import pytest

from chalicelib.directory.adapters.shipped_content import CONTENT
from chalicelib.pages.page_files import areas_in
from chalicelib.publishing.adapters.shipped_documents import earlier_texts
from chalicelib.publishing.render.render_cache import Lru
from tests.support.real_site import ANA, RealSite, folders_with_towns

pytestmark = pytest.mark.takes(20)
EDITED = [f"template/public/{name}" for name in ("page.html", "parts.html", "layout.html", "page.css")]
MERCED = "services/merced-county-ca"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> RealSite:
    """Return a site whose people edited templates of the last release, under the package of today."""
    site = RealSite(folders_with_towns(tmp_path_factory.mktemp("before")), Lru(4000))
    for document in EDITED:
        text = earlier_texts(document)[-1]
        assert "find_href" not in text
        site.save(document, f"{text}\n{'.ours { margin: 0 }' if document.endswith('css') else ''}")
    site.bring()
    assert not areas_in(site.live.index)
    folders = folders_with_towns(tmp_path_factory.mktemp("now"), ("06047", "06019"))
    shutil.copy(CONTENT / "services.json", folders.content)
    site.package.deploy(folders)
    return site


def ids(site: RealSite) -> list[str]:
    return [one["id"] for one in json.loads(site.edit.open(MERCED).text)["services"]]


def add(site: RealSite, id_: str) -> None:
    entries = json.loads(site.edit.open(MERCED).text)["services"]
    new = {"id": id_, "name": f"Service {id_}", "organization": {"id": id_, "name": id_}}
    site.save(MERCED, json.dumps({"services": [*entries, {**entries[0], **new}]}))


def test_edited_templates_of_before_stand_in_no_page_s_way(site: RealSite) -> None:
    before, shipped = site.live.number, ids(site)
    assert shipped
    add(site, "one-more")
    assert "ca--merced" in site.bring([MERCED])  # a clerk's own publish is enough
    assert {"--", "ca--", "ca--merced", "ca--fresno"} <= {*areas_in(site.live.index)}
    now = site.live.number
    site.publish.roll_back(before, ANA, "why")
    assert not areas_in(site.live.index)
    assert ids(site) == shipped
    site.publish.roll_back(now, ANA, "why")
    assert "ca--merced" in areas_in(site.live.index)
    assert ids(site) == [*shipped, "one-more"]
    site.publish.roll_back(before, ANA, "why")
    add(site, "another")
    site.bring([MERCED])
    assert "ca--merced" in areas_in(site.live.index)
    assert ids(site) == [*shipped, "another"]
