"""Profile of the HSDS API: what is ours alone in it, as a record that `profile` of its root leads to."""

from __future__ import annotations

from typing import Any

from chalicelib.directory.hsds.records import VERSION

NAME = "Porchlight referral directory"
RULES = (
    ("ids", "UUIDs, version 5, of our own slugs; a service that came from another directory keeps its id"),
    (
        "day and night",
        'a weekly schedule, all days, 00:00 to 23:59, `description` "24 hours a day, 7 days a week"',
    ),
    ("the end of a day", "23:59"),
    (
        "`timezone`",
        "hours from UTC at the moment of the snapshot; the place's own zone is meant, summer time and all",
    ),
    ("hours in words", "`notes` of the first schedule"),
    (
        "coverage",
        "`service_areas[].extent` is `county:06047` (FIPS), `zip:93635`, `town:Los Banos`, or"
        " `place:california` for a whole place",
    ),
    (
        "a confidential service",
        'a physical location named "Confidential location", without address, coordinates or way there',
    ),
    ("a service without an address", 'a virtual location, "By phone or online"'),
    (
        "needs and audiences",
        'terms of "Porchlight needs and audiences" (CC0), and of Open Eligibility 2.0 (Aunt Bertha, Inc.,'
        " CC BY-SA 3.0) where there is one",
    ),
    ("sources, marks, roles, translations", 'attributes with terms of "Porchlight records"'),
    ("retired services", "are not there; paused ones are `temporarily closed`"),
    ("names of people", "never go out"),
)


def profile_record(base: str) -> dict[str, Any]:
    """Return the description of the profile of the API at an address."""
    return {
        "name": NAME,
        "extends": f"HSDS {VERSION}",
        "openapi_url": f"{base}/openapi.json",
        "rules": [{"what": what, "how": how} for what, how in RULES],
    }
