"""An invented state with thousands of services, to look at a large directory: `make run DIRECTORY=demo`.

It is never shipped. Its name says that it is invented, and stands on each of its pages, as every service's
does; its ZIPs are below the lowest that there is, and its numbers are those kept for films (555-01xx).
"""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from chalicelib.directory.services import AUDIENCES, NEEDS

SERVICES = 5_000
STATE, LETTERS, STATE_FIPS = "Nowhere (invented)", "zz", "99"
INVENTED = "(invented)"
_SEED = 20
_TREES = (
    "Alder", "Ash", "Aspen", "Beech", "Birch", "Cedar", "Cherry", "Cypress", "Elder", "Elm", "Fir", "Hazel",
    "Hemlock", "Hickory", "Holly", "Juniper", "Larch", "Laurel", "Linden", "Madrone", "Maple", "Mulberry",
    "Oak", "Olive", "Pecan", "Pine", "Plum", "Poplar", "Redbud", "Rowan", "Spruce", "Sumac", "Sycamore",
    "Tamarack", "Walnut", "Willow",
)  # fmt: skip
_LIES = ("Bend", "Bridge", "Creek", "Falls", "Grove")
_OFFICES = ("Center", "Family Services", "House", "Legal Aid", "Clinic", "Pantry", "Network", "Helpers")
_WHAT = {
    "danger": "Answers when somebody is in danger.",
    "talk": "People to talk to, and to make a plan with.",
    "bed": "A place to sleep for some nights.",
    "doctor": "Sees a doctor or a nurse, also without papers.",
    "lawyer": "Free help from a lawyer.",
    "papers": "Help with forms and letters.",
    "work": "Help to get wages that were not paid.",
    "food": "A bag of food each week.",
    "money": "Some money for rent and bills.",
    "ride": "A ride to a doctor, or to court.",
    "children": "Looks after children during the day.",
    "school": "English classes, and help to finish school.",
    "report": "Takes tips about bad places of work.",
}
_LANGUAGES = ("es", "hmn", "pa", "pt", "ar", "km", "fil", "vi")
_COSTS = ("", "It is free.", "You pay what you can.")

Json = dict[str, Any]


def wanted(environ: Mapping[str, str]) -> bool:
    """Read DIRECTORY: whether it is the demo. Raises ValueError for anything else."""
    value = environ.get("DIRECTORY", "")
    if value not in ("", "demo"):
        raise ValueError(f"DIRECTORY is demo or nothing, and is {value!r}.")
    return value == "demo"


def demo_content(shipped: Path, folder: Path, services: int = SERVICES) -> Path:
    """Write the shipped content with the invented state beside it into a folder, and return that."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(shipped, folder)
    zips = json.loads((folder / "zips.json").read_text(encoding="utf-8"))
    places = json.loads((folder / "places.json").read_text(encoding="utf-8"))
    offered = json.loads((folder / "services.json").read_text(encoding="utf-8"))
    counties = invented_counties()
    _add_zips(zips, counties)
    nation = next(one["slug"] for one in places["places"] if one["kind"] == "nation")
    places["places"].insert(-1, {"slug": "nowhere-invented", "name": STATE, "parent": nation,
                                 "kind": "state", "state": LETTERS})  # fmt: skip
    offered["services"] += invented_services(services, counties)
    for name, document in (("zips", zips), ("places", places), ("services", offered)):
        (folder / f"{name}.json").write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")
    return folder


def invented_counties() -> list[Json]:
    """Return the counties of the invented state, as the ZIPs document has them."""
    return [
        {"fips": f"{STATE_FIPS}{number * 2 + 1:03}", "name": f"{tree} County", "slug": tree.lower()}
        for number, tree in enumerate(_TREES)
    ]


def invented_services(many: int, counties: list[Json]) -> list[Json]:
    """Return so many services, the same ones each time; a few counties have most of them."""
    chance = random.Random(_SEED)  # noqa: S311 (nothing here is a secret)
    sizes = [1 / (rank + 1) for rank in range(len(counties))]
    return [_service(number, chance, chance.choices(counties, sizes)[0]) for number in range(many)]


def _service(number: int, chance: random.Random, county: Json) -> Json:
    need = chance.choice(NEEDS)
    needs = [need, *([other] if (other := chance.choice(NEEDS)) != need and chance.random() < 0.2 else [])]
    tree = county["name"].removesuffix(" County")
    office = f"{chance.choice(_TREES)} {chance.choice(_OFFICES)}"
    digits = f"{number % 100:02}"
    area = 201 + number // 100 % 699
    entry: Json = {
        "id": f"invented-{number}",
        "serves": "nowhere-invented",
        "name": f"{office} {number} {INVENTED}",
        "organization": {"id": f"invented-{number}", "name": f"{office} {number} {INVENTED}"},
        "what": _WHAT[need],
        "needs": needs,
        "mark": "UNVERIFIED",
        "sources": ["Invented, for trying the site"],
        "read_on": "2026-11-25",
        "phones": [{"kind": "voice", "show": f"{area}-555-01{digits}", "value": f"+1{area}55501{digits}"}],
        "coverage": {"counties": [county["fips"]]},
    }
    if chance.random() < 0.1:
        entry["always"] = True
    else:
        days = ["MO", "TU", "WE", "TH", "FR"]
        opens = chance.choice(("08:00", "09:00", "10:00"))
        entry["hours"] = [{"days": days, "opens": opens, "closes": "17:00"}]
    if chance.random() < 0.4:
        entry["languages"] = ["en", *sorted(chance.sample(_LANGUAGES, 2))]
    if chance.random() < 0.2:
        entry["audiences"] = [chance.choice(AUDIENCES[1:])]
    if cost := chance.choice(_COSTS):
        entry["cost"] = cost
    if "bed" not in needs and chance.random() < 0.7:
        town = f"{tree} {chance.choice(_LIES)}"
        zip_code = _zip(counties_number(county), 0)
        entry["address"] = {"street": f"{number % 900 + 100} Invented Street", "city": town,
                            "state": LETTERS.upper(), "postal_code": zip_code}  # fmt: skip
    return entry


def counties_number(county: Json) -> int:
    """Return the place of an invented county among its like."""
    return int(county["fips"][2:]) // 2


def _zip(county: int, town: int) -> str:
    return f"{county * 10 + town + 1:05}"  # the lowest that there is is 00501


def _add_zips(zips: Json, counties: list[Json]) -> None:
    zips["sources"].append({"name": "Invented, for trying the site", "licence": "none", "date": "2026"})
    zips["states"].append({"letters": LETTERS, "name": STATE, "fips": STATE_FIPS})
    zips["counties"] += counties
    for county in counties:
        tree, number = county["name"].removesuffix(" County"), counties_number(county)
        for town, lies in enumerate(_LIES):
            zip_code = _zip(number, town)
            zips["zips"][zip_code] = county["fips"]
            zips["towns"].append(
                {"name": f"{tree} {lies}", "state": LETTERS, "counties": county["fips"], "zips": zip_code}
            )
