"""Services for tests, all invented: a few by hand, and as many as Hypothesis likes."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from hypothesis import strategies as st

from chalicelib.directory.hsds.door import Door
from chalicelib.directory.hsds.records import Setting
from chalicelib.directory.places import read_places
from chalicelib.directory.services import (
    AUDIENCES,
    DAYS,
    NEEDS,
    PHONE_KINDS,
    STATUSES,
    Address,
    Coverage,
    Hours,
    Organization,
    Phone,
    Service,
)

TODAY = date(2026, 11, 25)
PLACES = read_places(
    {
        "places": [
            {"slug": "merced-county-ca", "name": "Merced County", "parent": "california", "kind": "county"},
            {
                "slug": "california", "name": "California", "parent": "us", "kind": "state",
                "zone": "America/Los_Angeles",
            },
            {"slug": "us", "name": "United States", "parent": None, "kind": "nation"},
        ]
    }
)  # fmt: skip
SETTING = Setting(PLACES, datetime(2026, 11, 25, 12, tzinfo=UTC))
DOOR = Door(PLACES, "california", "https://feed.example/", TODAY, key="feed")
OWN = replace(DOOR, own=True)
REACH = {"us": "", "california": "06", "merced-county-ca": "06047"}.get

HOUSE = Organization("house", "A House", "People who help people.", "https://house.example/")
LINE = Service(
    id="line",
    serves="us",
    name="A Line",
    organization=HOUSE,
    what="Somebody listens. Call at any hour.",
    needs=("talk",),
    mark="CONFIRMED",
    sources=("https://line.example/", "https://paper.example/"),
    read_on=TODAY,
    phones=(
        Phone("voice", "1-800-555-0100", "+18005550100", "12", ("es", "zh-Hant"), "ask; they know"),
        Phone("text", "233733", "233733"),
        Phone("tty", "711", "711", "012"),
    ),
    website="https://line.example/help",
    always=True,
    hours_note="It may take a minute.",
    languages=("en", "es", "zh-Hans"),
    assured_on=date(2026, 11, 1),
    assured_by="county clerk",
    shown_first=True,
    in_other={"es": {"what": "Alguien escucha.", "name": "Una línea"}},
)
KITCHEN = Service(
    id="kitchen",
    serves="merced-county-ca",
    name="Kitchen",
    organization=Organization("town", "The Town"),
    what="A warm meal.",
    needs=("food", "children"),
    mark="SINGLE",
    sources=("https://town.example/kitchen",),
    read_on=TODAY,
    audiences=("children", "anyone"),
    phones=(Phone("voice", "(209) 555-0101", "+12095550101"),),
    email="kitchen@town.example",
    hours=(Hours(DAYS[:5], "08:00", "17:00"), Hours(("SA",), "18:00", "24:00")),
    cost="Free",
    apply="Come; no papers.",
    eligibility="All who are hungry",
    least_age=0,
    most_age=130,
    documents=("None; truly",),
    address=Address("12 Main Street", "Merced", "CA", "95340"),
    coverage=Coverage(("06047", "06099"), ("93635", "95340"), ("Los Baños",)),
)
SHELTER = Service(
    id="shelter",
    serves="merced-county-ca",
    name="A Bed Tonight",
    organization=HOUSE,
    what="A safe place to stay.",
    needs=("bed", "talk"),
    mark="SINGLE",
    sources=("https://house.example/bed",),
    read_on=TODAY,
    audiences=("women",),
    phones=(Phone("voice", "209-555-0102", "+12095550102"),),
    confidential=True,
    coverage=Coverage(counties=("06047",)),
)
SAMPLES = (LINE, KITCHEN, SHELTER)

_ALPHABET = st.characters(exclude_categories=("Cs", "Cc", "Cn", "Co", "Zl", "Zp"))
texts = st.text(_ALPHABET, min_size=1, max_size=40).map(lambda text: " ".join(text.split())).filter(bool)
maybe = st.just("") | texts
slugs = st.from_regex(r"[a-z0-9]{1,8}(-[a-z0-9]{1,8})?", fullmatch=True)
tags = st.sampled_from(("en", "es", "hmn", "zh-Hans", "zh-Hant", "fil", "ar", "yue", "mix"))
days = st.dates(date(2020, 1, 1), TODAY)
links = st.just("") | slugs.map(lambda slug: f"https://{slug}.example/{slug}")


def several(one: Any, most: int = 3, least: int = 0) -> st.SearchStrategy[tuple[Any, ...]]:
    return st.lists(one, min_size=least, max_size=most, unique=True).map(tuple)


@st.composite
def phones(draw: st.DrawFn) -> Phone:
    area = draw(st.integers(200, 999).filter(lambda one: one != 900))  # 900 and 976 take money
    rest = draw(st.integers(0, 9_999_999).filter(lambda one: one // 10_000 != 976))
    plain = f"{area}{rest:07}"
    show, value = draw(
        st.sampled_from(
            (
                (f"{plain[:3]}-{plain[3:6]}-{plain[6:]}", f"+1{plain}"),
                (f"1 ({plain[:3]}) {plain[3:6]}.{plain[6:]}", f"+1{plain}"),
                (f"+52 {plain}", f"+52{plain}"),
                (plain[:5], plain[:5]),
            )
        )
    )
    extension = draw(st.just("") | st.from_regex(r"[0-9]{1,5}", fullmatch=True))
    return Phone(draw(st.sampled_from(PHONE_KINDS)), show, value, extension, draw(several(tags)), draw(maybe))


@st.composite
def hours(draw: st.DrawFn) -> Hours:
    open_days = tuple(day for day in DAYS if draw(st.booleans())) or ("MO",)
    opens, closes = sorted(draw(st.lists(st.integers(0, 95), min_size=2, max_size=2, unique=True)))
    last = "24:00" if closes == 95 else f"{closes // 4:02}:{closes % 4 * 15:02}"
    return Hours(open_days, f"{opens // 4:02}:{opens % 4 * 15:02}", last)


@st.composite
def services(draw: st.DrawFn) -> Service:
    """Any service that the strict reader takes."""
    needs = draw(several(st.sampled_from(NEEDS), 3, 1))
    name, organization = draw(texts), draw(texts)
    always = draw(st.booleans())
    hidden = "bed" in needs or draw(st.booleans())
    confirmed = draw(st.none() | days)
    ages = sorted(draw(st.tuples(st.integers(0, 130), st.integers(0, 130))))
    says_more = maybe.filter(lambda text: text != organization)
    some_phones = st.lists(phones(), max_size=3, unique_by=lambda one: (one.kind, one.value, one.extension))
    where = st.builds(Address, texts, texts, texts, texts, st.sampled_from(("US", "MX")))
    some_hours = () if always else draw(several(hours(), 2))
    return Service(
        id=draw(slugs | st.uuids().map(str)),
        serves=draw(st.sampled_from([place.slug for place in PLACES])),
        name=name,
        organization=Organization(draw(slugs), organization, draw(says_more), draw(links)),
        what=draw(texts),
        needs=needs,
        mark=draw(st.sampled_from(("CONFIRMED", "SINGLE", "UNVERIFIED"))),
        sources=draw(several(texts, 3, 1)),
        read_on=draw(days),
        name_lang=draw(tags),
        audiences=draw(several(st.sampled_from(AUDIENCES), 3, 1)),
        phones=tuple(draw(some_phones)),
        email=draw(st.just("") | slugs.map(lambda slug: f"{slug}@{slug}.example")),
        website=draw(links),
        hours=tuple(one for one in some_hours if one != Hours(DAYS, "00:00", "24:00")),
        always=always,
        hours_note=draw(maybe),
        languages=draw(several(tags)),
        interpretation=draw(maybe),
        cost=draw(maybe),
        apply=draw(maybe),
        eligibility=draw(maybe),
        least_age=draw(st.sampled_from((None, ages[0]))),
        most_age=draw(st.sampled_from((None, ages[1]))),
        documents=draw(several(texts)),
        address=None if hidden else draw(st.none() | where),
        confidential=hidden,
        coverage=Coverage(
            draw(several(st.from_regex(r"[0-9]{5}", fullmatch=True))),
            draw(several(st.from_regex(r"[0-9]{5}", fullmatch=True))),
            draw(several(texts.filter(lambda text: ";" not in text))),
        ),
        status=draw(st.sampled_from(STATUSES)),
        assured_on=confirmed,
        assured_by=draw(maybe.filter(lambda text: "@" not in text)) if confirmed else "",
        shown_first=draw(st.booleans()),
        in_other=draw(
            st.dictionaries(
                tags.filter(lambda tag: tag != "en"),
                st.dictionaries(st.sampled_from(("what", "cost", "name")), texts, min_size=1),
                max_size=2,
            )
        ),
    )  # fmt: skip
