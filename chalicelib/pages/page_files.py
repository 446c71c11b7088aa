"""File names of published pages in the bucket: what changes lies under the hash of its bytes.

The page function loads this, and whoever publishes writes by the same rule.
"""

from __future__ import annotations

PLACES, SHARED = "releases/places/", "releases/shared/"
HSDS = "releases/hsds/"  # services for machines, likewise: not pages, and named by the index as "hsds"

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping


def hashes_in(index: Mapping[str, object]) -> tuple[dict[str, str], str]:
    """Return the hash of each place's pages and of those of no place; none for a release of before."""
    places = index.get("places")
    if not isinstance(places, dict):
        return {}, ""
    return places, str(index.get("shared") or "")  # as it is: a copy of thousands would show at a cold start


def areas_in(index: Mapping[str, object]) -> dict[str, str]:
    """Return the hash of the pages of each area; none for a release of before there were any."""
    areas = index.get("areas")
    return areas if isinstance(areas, dict) else {}


def path_of(
    number: int,
    hashes: Mapping[str, str],
    shared: str,
    locale: str,
    page: str,
    areas: Mapping[str, str] | None = None,
) -> str:
    """Return the path of a page without its ending, in a release with these hashes.

    A release of before has none: its pages lie under its number. An area's pages lie as those of a place do.
    """
    digest = hashes.get(page) or (areas or {}).get(page)
    if digest:
        return f"{PLACES}{page}/{digest}/{locale}"
    if shared:
        return f"{SHARED}{shared}/{locale}/{page}"
    return f"releases/{number}/{locale}/{page}"
