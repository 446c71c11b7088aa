"""URL paths of the county pages, as a tree: all places, a state, a county.

For whoever has no ZIP to type: each page links to those below it, so that a service is four links from "/".
"""

from __future__ import annotations

from chalicelib.directory.errors import ContentInvalid
from chalicelib.directory.places import Places
from chalicelib.directory.zips import Zips

PLACES = "places"  # the page with the list of states


def paths(zips: Zips) -> dict[str, tuple[str, ...]]:
    """Return each page of the tree, from its top, with the pages that it links to; a county's has none.

    Paths stand behind a language: "ca/merced" is /en/ca/merced/. They are neutral: a county's name and no
    need, and each is of one county in the nation.
    """
    tree = {PLACES: tuple(state.letters for state in zips.states)}
    tree |= {state.letters: tuple(county.path for county in state.counties) for state in zips.states}
    return tree | {county.path: () for county in zips.counties()}


def steps_to(path: str) -> tuple[str, ...]:
    """Return the pages on the way to a page of the tree, itself at the end: a link from each to the next."""
    state, _, county = path.partition("/")
    if path == PLACES:
        return (PLACES,)
    return (PLACES, state, path) if county else (PLACES, state)


def check_paths(zips: Zips, places: Places) -> None:
    """Raise ContentInvalid where a place of the site has a path of the tree: one would hide the other."""
    for path in paths(zips):
        if path in places:
            raise ContentInvalid(f"place {path}: the list of counties has this address, so it can be no slug")
