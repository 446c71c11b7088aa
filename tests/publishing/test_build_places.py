"""Building places: what is wrong is told of the place that it is wrong in, and whoever waits hears of it."""

from __future__ import annotations

from chalicelib.publishing.build_places import BuildPlaces, BuildProgress
from chalicelib.publishing.built_places import Maker
from chalicelib.publishing.documents import STOPS, Problem
from chalicelib.publishing.place_inputs import place_inputs
from chalicelib.publishing.ports import RenderedPage, RenderedPlace
from chalicelib.publishing.release_pages import names_of
from chalicelib.publishing.whole_texts import whole_of
from tests.publishing.test_publish import packed
from tests.support.fake_builds import FakeBuilds
from tests.support.fake_documents import FakeShelf
from tests.support.towns_desk import ALDER, BIRCH, TownsPackage

FAULT = Problem("template/public/page.html", 7, "Nothing here is called “x”.", STOPS, page=f"en/{BIRCH}")
OF = Maker("one", "default-src 'none'")
WANTED = [
    (one, f"fingerprint of {one.place}")
    for one in place_inputs(whole_of(TownsPackage().texts))
    if one.place in (ALDER, BIRCH)
]


class Renderer:
    """Renders places, and skips the checks of all where one is at fault, as the real one does."""

    def __init__(self, faulty: str = "") -> None:
        self.faulty = faulty

    def places(self, texts: object, inputs: list) -> list[RenderedPlace]:  # type: ignore[type-arg]
        if self.faulty:
            return [RenderedPlace(one.place, [], [FAULT] * (one.place == self.faulty)) for one in inputs]
        html = '<!DOCTYPE html><html lang="en"><meta charset="utf-8"><p>a</p></html>'
        pages = {one.place: [RenderedPage(of, html, packed(html)) for of in names_of(one)] for one in inputs}
        return [RenderedPlace(place, some, []) for place, some in pages.items()]


def build_with(renderer: Renderer, builds: FakeBuilds, told: list[tuple[str, int, int]]) -> BuildPlaces:
    progress = BuildProgress(lambda phase, done, of: told.append((phase, done, of)))
    return BuildPlaces(renderer, builds, FakeShelf(), progress)  # type: ignore[arg-type]


def test_a_fault_of_one_place_is_told_and_not_that_the_others_lack_their_pages() -> None:
    built = build_with(Renderer(BIRCH), FakeBuilds(), [])({}, WANTED, OF)
    assert [one.problems for one in built.values()] == [(FAULT,)]


def test_whoever_waits_hears_of_each_place_that_was_made_before() -> None:
    builds, told = FakeBuilds(), list[tuple[str, int, int]]()
    build_with(Renderer(), builds, [])({}, WANTED, OF)
    built = build_with(Renderer(ALDER), builds, told)({}, WANTED, OF, lambda one: True)
    assert not any(one.stops for one in built.values())
    assert len(told) == 2 * len(WANTED), "when it was looked up, and when it was put"
