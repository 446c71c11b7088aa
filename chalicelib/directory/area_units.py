"""Names of areas (units of publishing) and the URL paths of their pages.

No place has two dashes in its slug, so a unit of an area never is one of a place. The page function loads
this.
"""

from __future__ import annotations

PLACES = "places"  # what stands behind a language before them all
# The list of states has a path beside the one that searches are sent to: while the functions fail, the edge
# serves copies in a bucket, and on a path that takes a POST it serves none. No state has these letters.
ALL = "all"
STATES, CHOOSE, UNKNOWN = "--", "--choose", "--unknown"  # lists of states, and of what a search found
# Where the counties that a search found are put in: of Unicode's private use, as in pages/about.py.
COUNTIES = "\ue013"
_GAP = "--"


def is_area(unit: str) -> bool:
    """Say whether a unit is an area, and not a place."""
    return _GAP in unit


def unit_for(path: str) -> str:
    """Return the unit of a state, "ca", a county, "ca/merced", or its page of a need, "ca/merced/3".

    Where one page of a need is not enough, the next is "ca/merced/3-2".
    """
    return path.replace("/", _GAP) if "/" in path else path + _GAP


def path_of_unit(unit: str) -> str:
    """Return the path of an area's page behind its language: "places/ca/merced/" for "ca--merced".

    Responses to a search have the path that a search is sent to; the list of states is found there, too.
    """
    if unit == STATES:
        return f"{PLACES}/{ALL}/"
    if unit in (CHOOSE, UNKNOWN):
        return f"{PLACES}/"
    return f"{PLACES}/{unit.removesuffix(_GAP).replace(_GAP, '/')}/"


def part_of(unit: str) -> str:
    """Return which part of a need's services a page has, "2" or more; nothing for the first."""
    return unit.rpartition(_GAP)[2].partition("-")[2] if unit.count(_GAP) > 1 else ""


def has_address(unit: str) -> bool:
    """Say whether an area has a page of its own: the others are responses to a search."""
    return unit not in (CHOOSE, UNKNOWN)
