"""Pages under the hash of their bytes: the same site lies at the same paths, and nothing is written twice."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from bench.page_units import page_units
from chalicelib.pages.page_files import hashes_in, path_of
from chalicelib.publishing.page_units import folder_in, folders_in
from chalicelib.publishing.ports import RenderedPage

INDEX: dict[str, Any] = {"locales": ["en", "es"], "places": ["a", "b"], "default_place": "a"}
NAMES = [f"{locale}/{name}" for locale in ("en", "es") for name in ("a", "b", "about", "error-404")]
PAGES = [RenderedPage(name, "", f"H4sI{name}", brotli=f"br{name}") for name in NAMES]


def changed(name: str, **parts: str) -> list[RenderedPage]:
    return [replace(page, **parts) if page.name == name else page for page in PAGES]


def test_every_file_lies_where_readers_look_for_it() -> None:
    units = page_units(INDEX, PAGES)
    files = units.without({})
    hashes, shared = hashes_in(units.index)
    for page in PAGES:
        locale, _, name = page.name.partition("/")
        path = path_of(7, hashes, shared, locale, name)
        assert files.pop(f"{path}.b64") == page.packed.encode()
        assert files.pop(f"{path}.br.b64") == page.brotli.encode()
    assert not files
    assert list(units.index["places"]) == ["a", "b"], "in the order of the site"


def test_the_same_pages_have_the_same_paths_in_whatever_order_they_were_rendered() -> None:
    assert page_units(INDEX, reversed(PAGES)) == page_units(INDEX, PAGES)


def test_what_is_live_already_is_not_written_again() -> None:
    live = page_units(INDEX, PAGES)
    assert live.without(live.index) == {}
    units = page_units(INDEX, changed("es/b", packed="H4sInew"))
    new = units.without(live.index)
    hashes, shared = hashes_in(units.index)
    assert {folder_in(path) for path in new} == {f"releases/places/b/{hashes['b']}/"}
    assert len(new) == 4, "of one place, in both languages and both encodings"
    assert shared == hashes_in(live.index)[1]
    assert hashes["a"] == hashes_in(live.index)[0]["a"]


def test_one_byte_of_one_encoding_is_enough_for_another_hash() -> None:
    first = page_units(INDEX, PAGES).index["places"]["a"]
    others = [
        page_units(INDEX, changed("en/a", **parts)).index["places"]["a"]
        for parts in ({"packed": "H4sIen/b"}, {"brotli": "bren/b"}, {"brotli": ""})
    ]
    assert len({first, *others}) == 4


def test_a_page_of_no_place_changes_those_of_no_place_alone() -> None:
    live = page_units(INDEX, PAGES)
    units = page_units(INDEX, changed("en/error-404", packed="H4sInew"))
    assert units.index["places"] == live.index["places"]
    assert units.index["shared"] != live.index["shared"]
    assert all(path.startswith("releases/shared/") for path in units.without(live.index))


def test_a_release_of_before_has_no_folders_and_its_pages_lie_under_its_number() -> None:
    assert folders_in(INDEX) == set()
    assert path_of(7, *hashes_in(INDEX), "en", "a") == "releases/7/en/a"
    assert page_units(INDEX, PAGES).without(INDEX) == page_units(INDEX, PAGES).without({})


def test_a_folder_is_known_from_any_file_in_it() -> None:
    units = page_units(INDEX, PAGES)
    assert {folder_in(path) for path in units.without({})} == folders_in(units.index)
    for other in ("releases/7/en/a.b64", "releases/unused.json", "current.json", "releases/places/a"):
        assert folder_in(other) == ""
