"""A build cache in memory, and the checks of a site that builds with it."""

from __future__ import annotations

from collections.abc import Callable

from chalicelib.publishing.build_places import BuildPlaces, BuildProgress
from chalicelib.publishing.check_documents import CheckDocuments
from chalicelib.publishing.ports import (
    Progress,
    ReleaseShelf,
    RenderedPlace,
    ShippedDocuments,
    SiteRenderer,
)
from chalicelib.shared.clock import Clock


class FakeBuilds:
    """A BuildStore in memory; it keeps the promises of the adapter."""

    def __init__(self, before: Callable[[str], None] = lambda _: None) -> None:
        self.before = before
        self.kept: dict[tuple[str, str], RenderedPlace] = {}

    def rendered(self, place: str, fingerprint: str) -> RenderedPlace | None:
        return self.kept.get((place, fingerprint))

    def keep(self, rendered: RenderedPlace, fingerprint: str) -> None:
        self.before(f"keep {rendered.place}")
        self.kept[rendered.place, fingerprint] = rendered


def checks(
    renderer: SiteRenderer,
    shipped: ShippedDocuments,
    shelf: ReleaseShelf,
    clock: Clock,
    builds: FakeBuilds | None = None,
    progress: Progress = lambda phase, done, of: None,
) -> CheckDocuments:
    """Return checks over a renderer, with a build cache of their own unless they are given one."""
    build = BuildPlaces(renderer, builds or FakeBuilds(), shelf, BuildProgress(progress))
    return CheckDocuments(renderer, build, shipped, clock)
