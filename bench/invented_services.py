"""Invented services of a whole state, as many as are asked for: the same each time, and none is anybody's."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from chalicelib.directory.services import (
    AUDIENCES,
    DAYS,
    NEEDS,
    Address,
    Coverage,
    Hours,
    Organization,
    Phone,
    Service,
)
from chalicelib.directory.zips import Zips

DAY = date(2026, 11, 25)
_FIRST = ("Harbor", "Oak", "River", "Valley", "Sunrise", "Cedar", "Bridge", "Open Door", "Willow", "Lantern")
_SECOND = (
    "House",
    "Center",
    "Alliance",
    "Project",
    "Network",
    "Fund",
    "Clinic",
    "Partners",
    "Kitchen",
    "Law",
)
_WHAT = (
    "People who listen and plan with you.", "A warm meal and a bag of groceries.",
    "A first talk with a lawyer.", "Care by a nurse and a doctor.", "Help with forms, letters and papers.",
    "Rides to visits and to court.", "Classes in the evening.", "Money for rent in a bad month.",
)  # fmt: skip
_TAGS = ("en", "es", "hmn", "pa", "pt", "ar", "zh-Hant", "fil", "km", "vi")


def invented(number: int, zips: Zips) -> Iterator[Service]:
    """Yield so many services. Where a county has many ZIPs, it has many of them, as a state's have."""
    chance = random.Random(20)  # noqa: S311 - the same services each time
    counties = [*zips.counties()]
    touching = {county.fips: 0 for county in counties}
    for listed in zips.counties_of.values():
        for fips in listed:
            touching[fips] += 1
    towns = {fips: [town for town in parts.towns if town.zips] for fips, parts in zips.parts().items()}
    weights = [touching[county.fips] for county in counties]
    for own, county in enumerate(chance.choices(counties, weights, k=number)):
        yield _one(chance, own, county.fips, towns[county.fips])


def _one(chance: random.Random, number: int, fips: str, towns: Sequence[object]) -> Service:
    name = f"{chance.choice(_FIRST)} {chance.choice(_SECOND)}"
    needs = tuple(sorted(set(chance.choices(NEEDS, k=chance.choice((1, 1, 2)))), key=NEEDS.index))
    town = chance.choice(towns) if towns and "bed" not in needs else None
    street = f"{chance.randrange(1, 2000)} {chance.choice(_FIRST)} Street"
    phone = f"209-555-{chance.randrange(100, 200):04}"
    always = chance.random() < 0.08
    return Service(
        id=f"invented-{number}",
        serves="california",
        name=f"{name} {number}",
        organization=Organization(f"invented-{number // 3}", f"Invented {name} {number // 3}"),
        what=" ".join(chance.sample(_WHAT, 2)),
        needs=needs,
        mark="SINGLE",
        sources=(f"https://invented.example/{number}",),
        read_on=DAY,
        audiences=tuple(chance.sample(AUDIENCES, chance.choice((1, 2)))),
        phones=(Phone("voice", phone, f"+1{phone.replace('-', '')}"),),
        website=f"https://invented.example/{number}",
        always=always,
        hours=() if always else (Hours(DAYS[:5], "08:30", "17:00"),),
        languages=tuple(chance.sample(_TAGS, chance.choice((1, 2, 3)))),
        cost=chance.choice(("Free", "Free for who cannot pay", "")),
        apply=chance.choice(("Call first", "Come in, no papers are needed", "")),
        address=_address(street, town),
        coverage=Coverage(counties=(fips,)),
        assured_on=DAY - timedelta(days=chance.randrange(500)),
        assured_by="county clerk",
    )


def _address(street: str, town: object) -> Address | None:
    zips = getattr(town, "zips", ())
    return Address(street, str(getattr(town, "name", "")), "CA", zips[0]) if zips else None
