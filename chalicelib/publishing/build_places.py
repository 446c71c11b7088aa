"""Build of places: each is rendered from its inputs, looked over, packed and kept, unless it was before.

Several places go at a time, so that memory does not grow with the site. What was kept is there for the next
who asks for the same, in whatever process; stopped at any point, a build goes on where it was.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Protocol

from chalicelib.publishing import release_pages
from chalicelib.publishing.built_places import BuiltPlace, Maker, built_of
from chalicelib.publishing.chunks import PLACES_IN_ONE
from chalicelib.publishing.documents import STOPS, Problem
from chalicelib.publishing.jobs import MADE
from chalicelib.publishing.page_units import unit_of
from chalicelib.publishing.ports import (
    CHECK,
    BuildStore,
    ChunkInputs,
    PlaceInputs,
    Progress,
    ReleaseShelf,
    RenderedPlace,
    SiteRenderer,
)

Wanted = tuple[PlaceInputs, str]  # the inputs of a place, and their fingerprint
Made = tuple[RenderedPlace, str]  # a rendered place, and the fingerprint of its inputs


class Spread(Protocol):
    """Where a build hands on what is too much for one worker."""

    def __call__(self, texts: Mapping[str, str], missing: Sequence[Wanted], /) -> None:
        """Hand on these places; raises, to be called once they are made. Returns where they are made here."""

    def is_put(self, place: str, fingerprint: str) -> bool:
        """Say whether all pages of a place that was handed on lie under their hashes already."""


class MakeAllHere:
    """The Spread that hands on nothing."""

    def __call__(self, texts: Mapping[str, str], missing: Sequence[Wanted], /) -> None:
        """Return."""

    def is_put(self, place: str, fingerprint: str) -> bool:
        """Return False."""
        return False


class BuildProgress:
    """Progress of a build in batches, told as one: a page counts half when made, and whole when checked.

    `within` is told by the renderer how far it is in a batch.
    """

    def __init__(self, tell: Progress) -> None:
        self._tell = tell
        self._of = self._before = 0

    def begin(self, of: int) -> None:
        """Begin to count, up to so many pages."""
        self._of, self._before = of, 0

    def batch(self, pages: int) -> None:
        """Count a batch that is done."""
        self._before += pages
        self._tell(MADE, self._before, self._of)

    def alive(self) -> None:
        """Say that something is done, of which no page says how far it is."""
        self._tell(MADE, self._before, self._of)

    def within(self, phase: str, done: int, of: int, /) -> None:
        """Take note of how far a batch is."""
        halves = done + (of if phase == CHECK else 0)
        self._tell(MADE, min(self._before + halves // 2, self._of), self._of)


class BuildPlaces:
    """Builds places, so many at a time.

    More than that are handed to `spread`, which has them built by others and raises: this is called again
    when that is done. What could not be built by then is built here, to find out why.
    """

    def __init__(
        self,
        renderer: SiteRenderer,
        builds: BuildStore,
        shelf: ReleaseShelf,
        progress: BuildProgress,
        spread: Spread | None = None,
        size: int = PLACES_IN_ONE,
    ) -> None:
        self._renderer = renderer
        self._builds = builds
        self._shelf = shelf
        self._progress = progress
        self._spread = spread or MakeAllHere()
        self._size = size

    def __call__(
        self,
        texts: Mapping[str, str],
        wanted: Sequence[Wanted],
        of: Maker,
        put: Callable[[BuiltPlace], bool] = lambda built: False,
    ) -> dict[str, BuiltPlace]:
        """Return what was built of each place; after a fault that stops all, of those that were tried.

        Of `texts`, those of the whole site count. `put` says of which places the pages are put where readers'
        functions could get them; they do not, before a release names them. Raises RenderStopped,
        StoreUnavailable.
        """
        built: dict[str, BuiltPlace] = {}
        missing: list[Wanted] = []
        to_put: list[Wanted] = []
        for inputs, fingerprint in wanted:
            rendered = self._kept(inputs, fingerprint)
            self._progress.alive()
            if rendered is None:
                missing.append((inputs, fingerprint))
                continue
            [one] = self._take([(rendered, fingerprint)], of, _nothing)
            built[inputs.place] = one
            if put(one) and not self._spread.is_put(inputs.place, fingerprint):
                to_put.append((inputs, fingerprint))
        if len(missing) + len(to_put) > self._size:
            self._spread(texts, [*missing, *to_put])
        for inputs, fingerprint in to_put:
            if rendered := self._kept(inputs, fingerprint):
                self._take([(rendered, fingerprint)], of, put)
            else:
                missing.append((inputs, fingerprint))  # it went in this moment
            self._progress.alive()
        if missing:
            self._progress.begin(sum(len(release_pages.names_of(inputs)) for inputs, _ in missing))
        for batch in _batches(missing, self._size):
            made = [*self.make(texts, batch)]
            for one in self._take(made, of, put):
                built[one.place] = one
            if any(built[one.place].stops for one, _ in made):
                break
            self._progress.batch(sum(len(one.pages) for one, _ in made))
        return built

    def make(self, texts: Mapping[str, str], batch: Sequence[Wanted]) -> Iterator[Made]:
        """Render some places, and keep those that came out whole; yield each with its fingerprint."""
        fingerprints = {inputs.place: fingerprint for inputs, fingerprint in batch}
        names = {inputs.place: release_pages.names_of(inputs) for inputs, _ in batch}
        made = [*self._renderer.places(texts, [inputs for inputs, _ in batch])]
        faulty = [one for one in made if any(problem.weight == STOPS for problem in one.problems)]
        for rendered in faulty or made:  # of the others nothing may have been looked over
            lacking = "" if faulty else release_pages.amiss(names[rendered.place], rendered)
            if lacking:
                yield replace(rendered, pages=[], problems=[not_whole(lacking)]), fingerprints[rendered.place]
                return
            if not faulty:
                self._builds.keep(rendered, fingerprints[rendered.place])
            yield rendered, fingerprints[rendered.place]

    def _kept(self, inputs: PlaceInputs, fingerprint: str) -> RenderedPlace | None:
        """Return what is kept of a place, if it is whole."""
        rendered = self._builds.rendered(inputs.place, fingerprint)
        whole = rendered and not release_pages.amiss(release_pages.names_of(inputs), rendered)
        return rendered if whole else None

    def _take(
        self,
        made: Sequence[Made],
        of: Maker,
        put: Callable[[BuiltPlace], bool],
    ) -> list[BuiltPlace]:
        """Return the entries of rendered places, and put their pages, unless something stops them all."""
        built: list[BuiltPlace] = []
        files: dict[str, bytes] = {}
        for rendered, fingerprint in made:
            unit = unit_of(rendered.place, rendered.pages)
            built.append(built_of(rendered, unit.digest, fingerprint, of))
            files |= unit.files if put(built[-1]) else {}
        if files and not any(one.stops for one in built):
            self._shelf.put_pages(files)
        return built


def make_chunk(build: BuildPlaces, asked: ChunkInputs, publishes: bool) -> bool:
    """Build the places of a chunk, and put their pages where its job publishes; say whether all are put."""
    built = build(asked.texts, asked.wanted, Maker(asked.package, ""), lambda one: publishes)
    return publishes and len(built) == len(asked.wanted) and not any(one.stops for one in built.values())


def _nothing(built: BuiltPlace) -> bool:
    """Put no page: a chunk put them, and to ask for each once more takes minutes."""
    return False


def not_whole(lacking: str) -> Problem:
    """Return the problem of a site that did not come out whole: nothing of it then goes live."""
    sentence = (
        f"The site did not come out whole: {lacking}. This is no fault of a text. Try again in a minute; if"
        " it stays so, tell the operator."
    )
    return Problem("template/public/page.html", 0, sentence)


def _batches(wanted: Sequence[Wanted], size: int) -> Iterator[Sequence[Wanted]]:
    for start in range(0, len(wanted), size):
        yield wanted[start : start + size]
