"""A publish builds what changed and nothing else, and comes out as if all were built anew, to the byte."""

from __future__ import annotations

import base64
import gzip
import json
import re
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from chalicelib.directory.document_ids import place_of
from chalicelib.directory.place_documents import Whole
from chalicelib.pages.adapters.document_folders import Folders
from chalicelib.pages.page_files import hashes_in, path_of
from chalicelib.publishing import edit_whole
from chalicelib.publishing.built_places import BuiltPlace
from chalicelib.publishing.check_documents import POLICY
from chalicelib.publishing.errors import NothingToPublish
from chalicelib.publishing.page_units import page_paths
from chalicelib.publishing.place_inputs import place_inputs
from chalicelib.publishing.render.render_cache import Lru
from chalicelib.publishing.whole_texts import all_texts, whole_of
from tests.support.random_edits import RandomEdits
from tests.support.real_site import FORM, MERCED, NEVADA, OF_MERCED, PAGE, RealSite, folders_with_towns, newer

pytestmark = pytest.mark.takes(50)

EDITS = 50


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Folders:
    return folders_with_towns(tmp_path_factory.mktemp("towns"))


@pytest.fixture(scope="module")
def answers() -> Lru[Mapping[str, Any]]:
    return Lru(4000)


@pytest.fixture
def site(folders: Folders, answers: Lru[Mapping[str, Any]]) -> RealSite:
    return RealSite(folders, answers)


def of(whole: Whole, contact: str) -> dict[str, Any]:
    """Return a contact's entry."""
    return next(one for one in whole.contacts["contacts"] if one["id"] == contact)


def changed(before: Mapping[str, BuiltPlace], after: Mapping[str, BuiltPlace]) -> set[str]:
    """Return the places of which the entries differ."""
    return {slug for slug in {*before, *after} if before.get(slug) != after.get(slug)}


def styles(policy: str) -> set[str]:
    """Return the hashes of the styles that a CSP allows."""
    [rule] = [one for one in policy.split("; ") if one.startswith("style-src ")]
    return {*rule.split()[1:]}


def around(whole: Whole, slug: str) -> list[str]:
    """Return a place and all that it lies in."""
    parent = next(one["parent"] for one in whole.places["places"] if one["slug"] == slug)
    return [slug, *(around(whole, parent) if parent else [])]


def same_as_anew(site: RealSite, after: str) -> None:
    """Fail unless what is live is what comes out when all of it is built once more, from nothing."""
    anew, index = site.anew(), site.live.index
    assert index == anew.site.index, after
    assert [*index["places"], ""] == [*anew.site.places] == [*site.entries], after
    paths = [path for _, path in page_paths(index)]
    assert {path: site.shelf.files[path] for path in paths} == {path: anew.files[path] for path in paths}, (
        after
    )
    assert {*paths} == {*anew.files}, f"{after}: no page is written that the index does not name"
    assert site.publish.plan(()).report == anew.report, after


def same_as_of_one_piece(site: RealSite, after: str) -> None:
    """Fail unless pages are those of a site that is made of all documents at once: no input is missing."""
    index = site.live.index
    hashes, shared = hashes_in(index)
    names = [
        f"{locale}/{one}"
        for locale in index["locales"]
        for one in (*hashes, *index["other_pages"], "error-404")
    ]
    for name, html in site.of_one_piece(names).items():
        packed = site.shelf.files[path_of(0, hashes, shared, *name.split("/")) + ".b64"]
        assert gzip.decompress(base64.b64decode(packed)).decode("utf-8") == html, (after, name)


def test_a_full_build_is_an_incremental_one_to_the_byte_after_each_of_fifty_random_edits(
    site: RealSite, folders: Folders, tmp_path_factory: pytest.TempPathFactory
) -> None:
    edits = RandomEdits(site, seed=18)
    done: Counter[str] = Counter()
    rendered = scoped = most = 0
    for number in range(EDITS):
        kind, documents = edits.next_edit()
        done[kind] += 1
        after = f"edit {number}: {kind}"
        of_places = documents and all(map(place_of, documents))
        scope = documents if of_places and edits.chance(0.7) else None
        if number == EDITS // 2:
            site.package.deploy(newer(folders, tmp_path_factory.mktemp("newer")))
            scope = None
        try:
            rendered += len(site.bring(scope))
            scoped += scope is not None
        except NothingToPublish:
            rendered += len(site.bring_again())
        most += len(site.live.index["places"]) + 1
        same_as_anew(site, after)
        same_as_of_one_piece(site, after)
    assert {*done} == {*edits.kinds}
    assert scoped > EDITS // 5, "many were of some places alone"
    assert rendered < most * 0.75, "and not all was rendered every time"


def test_published_twice_not_one_object_is_written_and_nothing_is_rendered(site: RealSite) -> None:
    site.change(lambda whole: of(whole, "vcc").update(hours="At night."))
    site.bring()
    site.rendering.may_render = False
    assert site.bring_again() == set()
    assert site.writes == []
    assert site.publish.plan().report == site.publish.plan(()).report
    with pytest.raises(NothingToPublish):
        site.bring()
    assert site.writes == []


def test_a_contact_of_a_county_is_new_on_its_page_and_on_those_of_its_towns_alone(site: RealSite) -> None:
    site.change(lambda whole: of(whole, "vcc").update(hours="At night."))
    site.bring()
    before = site.entries
    documents = site.change(lambda whole: of(whole, "vcc").update(hours="At noon."))
    assert site.bring(documents) == site.written_pages() == OF_MERCED
    assert changed(before, site.entries) == OF_MERCED
    site.change(lambda whole: of(whole, "of-fresno-ca").update(hours="At noon."))
    assert site.bring() == site.written_pages() == {"fresno-ca"}


def test_a_contact_of_the_nation_is_new_on_every_page(site: RealSite) -> None:
    site.change(lambda whole: of(whole, "vcc").update(hours="At night."))
    site.bring()
    site.change(lambda whole: of(whole, "nhth").update(name="The Line", mark="SINGLE"))
    assert site.bring() == site.written_pages() == {*site.live.index["places"], ""}


def test_what_is_shown_on_the_page_of_its_own_place_alone_is_rendered_there_alone(site: RealSite) -> None:
    site.change(lambda whole: of(whole, "merced-da").update(hours="At night."))
    site.bring()
    assert of(edit_whole.live(site.edit), "merced-da")["only_here"]
    site.change(lambda whole: of(whole, "merced-da").update(hours="At noon."))
    assert site.bring() == site.written_pages() == {MERCED}
    site.change(lambda whole: of(whole, "merced-da").update(only_here=False))
    assert site.bring() == OF_MERCED
    assert site.written_pages() == OF_MERCED - {MERCED}, "there it was shown before"


def test_another_order_of_contacts_is_rendered_where_they_are_shown(site: RealSite) -> None:
    site.change(lambda whole: of(whole, "vcc").update(hours="At night."))
    site.bring()

    def do(whole: Whole) -> None:
        contacts = whole.contacts["contacts"]
        contacts.insert(0, contacts.pop(contacts.index(of(whole, "merced-cws"))))

    site.change(do)
    assert site.bring() == site.written_pages() == OF_MERCED
    same_as_anew(site, "another order")


def test_a_place_s_name_stands_on_its_page_on_those_within_it_and_on_the_one_around_it(
    site: RealSite,
) -> None:
    site.change(lambda whole: of(whole, "vcc").update(hours="At night."))
    site.bring()

    def named(slug: str, name: str) -> None:
        site.change(
            lambda whole: next(one for one in whole.places["places"] if one["slug"] == slug).update(name=name)
        )

    named("atwater-ca", "New Atwater")
    assert site.bring() == site.written_pages() == {"atwater-ca", MERCED}
    named(NEVADA, "New Nevada")
    assert site.bring() == {NEVADA, "reno-nv", "us", ""}
    assert site.written_pages() == {NEVADA, "reno-nv", "us"}, "pages of no place name none within the first"


def test_another_sentence_of_a_template_is_rendered_everywhere(site: RealSite) -> None:
    site.change(lambda whole: of(whole, "vcc").update(hours="At night."))
    site.bring()
    text = site.edit.open(PAGE).text
    site.save(PAGE, text.replace("Say first where it is", "First say where it is"))
    assert site.bring() == {*site.live.index["places"], ""}
    assert site.written_pages() == {*site.live.index["places"]}
    same_as_anew(site, "another sentence")


def test_after_a_deploy_a_place_is_published_alone_and_all_of_it_by_who_publishes_the_site(
    site: RealSite, folders: Folders, tmp_path: Path
) -> None:
    site.change(lambda whole: of(whole, "vcc").update(hours="At night."))
    site.bring()
    old, before = site.release.package, site.entries
    old_policy = site.live.index["headers"][POLICY]
    site.package.deploy(newer(folders, tmp_path))
    documents = site.change(lambda whole: of(whole, "vcc").update(hours="At noon."))
    assert site.bring(documents) == site.written_pages() == OF_MERCED
    entries = site.entries
    assert changed(before, entries) == OF_MERCED
    assert {slug: entries[slug] for slug in entries if slug not in OF_MERCED} == {
        slug: before[slug] for slug in before if slug not in OF_MERCED
    }
    assert {one.package for one in entries.values()} == {old, site.shipped.package()}
    policy = site.live.index["headers"][POLICY]
    assert policy not in (old_policy, entries[MERCED].policy)
    assert styles(policy) == styles(old_policy) | styles(entries[MERCED].policy)
    assert styles(old_policy) != styles(entries[MERCED].policy)
    assert site.publish.status().package_is_newer
    site.change(lambda whole: of(whole, "of-fresno-ca").update(hours="At noon."))
    assert site.bring() == {*site.live.index["places"], ""} - OF_MERCED
    assert not site.publish.status().package_is_newer
    assert site.live.index["headers"][POLICY] == entries[MERCED].policy
    same_as_anew(site, "a deploy")


def test_inputs_of_a_place_hold_nothing_of_another_but_names_of_what_lies_within_and_around(
    site: RealSite,
) -> None:
    site.offices += [{**site.offices[0], "id": "of-reno", "serves": "reno-nv"}]
    whole = whole_of(all_texts(site.shipped, {}))
    found = {one.place: json.loads(one.content) for one in place_inputs(whole, site.offices)}
    assert {*found} == {*(one["slug"] for one in whole.places["places"]), ""}
    for slug, parts in found.items():
        own = slug or whole.site["default_place"]
        chain = around(whole, own)
        within = [one["slug"] for one in whole.places["places"] if one["parent"] == own]
        assert {*parts} == {"contacts", "places", "site"} | ({"recipients"} if not slug else set())
        assert {one["slug"] for one in parts["places"]["places"]} == {*chain, *within}
        shown = {
            one["id"]
            for one in whole.contacts["contacts"]
            if one["serves"] == own
            or (one["serves"] in chain and not one.get("only_here"))
            or (one["serves"] in chain and one["id"] in whole.site["founding_channels"])
        }
        assert {one["id"] for one in parts["contacts"]["contacts"]} == shown
        site_parts = {*whole.site} - {"default_place", "founding_channels", "hosts", "police"}
        assert {name: parts["site"][name] for name in site_parts} == {
            name: whole.site[name] for name in site_parts
        }
        assert {*parts["site"]["founding_channels"], *parts["site"]["police"]} <= shown
        assert parts["site"]["default_place"] == own
        texts = json.dumps(parts)
        strangers = [one for one in whole.places["places"] if one["slug"] not in (*chain, *within)]
        assert not [one["slug"] for one in strangers if one["slug"] in texts]
        for other in within:
            assert f"of-{other}" not in texts
    assert {one["id"] for one in found[""]["recipients"]} == {"dot-trafficking", "dhs-blue-campaign"}
    assert not {"email", "fallback"} & {name for one in found[""]["recipients"] for name in one}
    assert "losbanos.org" not in json.dumps(found["reno-nv"])


def test_findings_of_a_place_that_is_not_rendered_keep_the_line_that_they_are_about(site: RealSite) -> None:
    link = '<a href="{{ one.value }}" rel="noreferrer nofollow">x</a>'
    links = f"<p>{{% for one in hotline.channels if one.value.startswith('https') %}}{link}{{% endfor %}}</p>"
    site.save(FORM, re.sub(r"(<form[^>]*>)", rf"\1{links}", site.edit.open(FORM).text, count=1))
    site.bring()
    same_as_anew(site, "a link in the form")
    [told, *_] = [one for one in site.publish.plan(()).report.problems if "inside the form" in one.sentence]
    assert told.document == "contacts/us"
    text = site.edit.open(told.document).text
    assert "https://" in text.split("\n")[told.line - 1]
    site.save(told.document, text.replace("{", "{\n\n", 1))
    site.bring()
    assert {"line": told.line + 2} in [{"line": one.line} for one in site.publish.plan(()).report.problems]
    same_as_anew(site, "the same contacts on other lines")
