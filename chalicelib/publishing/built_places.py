"""Entries of the live map: what was built for each place, from which inputs, and what was found in it.

A release keeps them beside its index (inputs.json). Where the fingerprint of a place's inputs is that of an
entry, its pages are there to the byte, and nothing is rendered.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from chalicelib.directory.document_ids import is_entries
from chalicelib.publishing.documents import STOPS, Problem
from chalicelib.publishing.place_inputs import fingerprint_of
from chalicelib.publishing.ports import PlaceInputs, RenderedPlace

_FORMAT = 1
_DIRECTIVES = "; "


@dataclass(frozen=True, slots=True)
class BuiltPlace:
    """What was built for a place, "" for no place, by one package.

    `digest` is the hash under which its pages lie, `policy` the CSP under which they run, `pages` how many
    there are, and `largest` the bytes of the largest, `largest_page`, as it travels.
    """

    place: str
    digest: str
    fingerprint: str
    package: str
    policy: str
    pages: int
    largest: int
    largest_page: str = ""
    problems: tuple[Problem, ...] = ()

    @property
    def stops(self) -> bool:
        """Say whether something in it stands in the way of every publish."""
        return any(problem.weight == STOPS for problem in self.problems)


@dataclass(frozen=True, slots=True)
class KnownPlaces:
    """Entries that may stand in the next map as they are, by place.

    With `any_package`, one that another package built from these inputs is as good: who publishes for one
    place has not to render all others because a deploy came.
    """

    package: str
    any_package: bool = False
    entries: Mapping[str, Sequence[BuiltPlace]] = field(default_factory=dict)

    def find(self, inputs: PlaceInputs, of_site: str) -> BuiltPlace | None:
        """Return the entry that was built from exactly these inputs, if there is one."""
        for entry in self.entries.get(inputs.place, ()):
            package = entry.package if self.any_package else self.package
            if entry.fingerprint == fingerprint_of(inputs, of_site, package) and not _tells_lines(entry):
                return entry
        return None

    def holds(self, built: BuiltPlace) -> bool:
        """Say whether these very pages lie there already."""
        return any(one.digest == built.digest for one in self.entries.get(built.place, ()))

    def without(self, places: Iterable[str]) -> KnownPlaces:
        """Return the others."""
        gone = {*places}
        return replace(self, entries={slug: one for slug, one in self.entries.items() if slug not in gone})


class Maker(NamedTuple):
    """What all places of one build have in common: the package, and the CSP under which its pages run."""

    package: str
    policy: str


def _tells_lines(entry: BuiltPlace) -> bool:
    """Say whether findings name lines of contacts, places or settings: those move while the inputs stay."""
    return any(is_entries(problem.document) for problem in entry.problems)


def built_of(rendered: RenderedPlace, digest: str, fingerprint: str, of: Maker) -> BuiltPlace:
    """Return the entry of a rendered place, whose pages lie under this hash."""
    largest = max(rendered.pages, key=lambda page: len(page.packed), default=None)
    return BuiltPlace(
        rendered.place,
        digest if rendered.pages else "",
        fingerprint,
        of.package,
        of.policy,
        len(rendered.pages),
        bytes_of(largest.packed) if largest else 0,
        largest.name if largest else "",
        tuple(rendered.problems),
    )


def bytes_of(packed: str) -> int:
    """Return how many bytes a base64 text stands for."""
    return len(packed) * 3 // 4 - packed.count("=", -2)


def one_policy(policies: Iterable[str]) -> str:
    """Return the CSP that allows what each of these allows: pages of two packages may lie side by side.

    Each names the hashes of its own style and script, so it allows nothing that was not looked over.
    """
    sources: dict[str, dict[str, None]] = {}
    for policy in dict.fromkeys(policies):
        for rule in policy.split(_DIRECTIVES):
            name, _, allowed = rule.partition(" ")
            sources.setdefault(name, {}).update(dict.fromkeys(allowed.split()))
    return _DIRECTIVES.join(" ".join((name, *allowed)) for name, allowed in sources.items() if name)


def written(built: Iterable[BuiltPlace], missing: Mapping[str, Sequence[str]]) -> bytes:
    """Return entries as a release keeps them, with the sentences that its languages lack."""
    packages: dict[str, int] = {}
    policies: dict[str, int] = {}
    places = {
        one.place: [
            one.digest,
            one.fingerprint,
            packages.setdefault(one.package, len(packages)),
            policies.setdefault(one.policy, len(policies)),
            one.pages,
            one.largest,
            one.largest_page,
            [[each.document, each.line, each.sentence, each.weight, each.page] for each in one.problems],
        ]
        for one in built
    }
    whole = {
        "format": _FORMAT,
        "packages": [*packages],
        "policies": [*policies],
        "missing": {locale: [*sentences] for locale, sentences in missing.items()},
        "places": places,
    }
    return json.dumps(whole, ensure_ascii=False, separators=(",", ":")).encode("utf-8")


def read_built(content: bytes | None) -> tuple[dict[str, BuiltPlace], dict[str, tuple[str, ...]]]:
    """Return the entries by place, and the missing sentences; nothing where there are none that we know."""
    if content is None:
        return {}, {}
    try:
        whole = json.loads(content)
        if whole["format"] != _FORMAT:
            return {}, {}
        built = {place: _entry(whole, place, *entry) for place, entry in whole["places"].items()}
        missing = {locale: tuple(sentences) for locale, sentences in whole["missing"].items()}
    except (ValueError, KeyError, TypeError, IndexError, AttributeError):
        return {}, {}  # then all is rendered anew
    return built, missing


def _entry(
    whole: Mapping[str, Any],
    place: str,
    digest: str,
    fingerprint: str,
    package: int,
    policy: int,
    pages: int,
    largest: int,
    largest_page: str,
    problems: Sequence[Sequence[Any]],
) -> BuiltPlace:
    return BuiltPlace(
        place,
        digest,
        fingerprint,
        whole["packages"][package],
        whole["policies"][policy],
        pages,
        largest,
        largest_page,
        tuple(Problem(*each) for each in problems),
    )
