"""Services: what an organization offers, to whom, where, when and in which languages, with its source.

The records of the referral directory. Each is of one place, whose people look after it; what it covers may be
less than that place, or other places as well.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

# What somebody needs. The order is that of a page: what cannot wait comes first.
NEEDS = (
    "danger",  # right now: police, ambulance, a line that is answered day and night
    "talk",  # somebody to talk to and to plan with
    "bed",  # a safe place to stay
    "doctor",
    "lawyer",
    "papers",  # immigration, identity, letters
    "work",  # wages, a job, rights at work
    "food",
    "money",
    "ride",
    "children",
    "school",
    "report",  # to tell an agency what somebody saw
)
AUDIENCES = (
    "anyone", "children", "young people", "women", "men", "lgbtq", "partners", "workers", "immigrants",
    "native people", "victims",
)  # fmt: skip
PHONE_KINDS = ("voice", "text", "tty", "fax")  # as HSDS names them (RFC 6350), tty being "textphone" there
DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
ACTIVE, RETIRED, PAUSED = "active", "retired", "paused"
STATUSES = (ACTIVE, RETIRED, PAUSED)
# Whose address is never written down: at the door of an import, and in every output.
CONFIDENTIAL_NEEDS = frozenset({"bed"})


@dataclass(frozen=True, slots=True)
class Organization:
    """Who offers it. Services of one organization say the same of it."""

    id: str
    name: str
    description: str = ""
    website: str = ""


@dataclass(frozen=True, slots=True)
class Phone:
    """One number: `value` is + and all its digits, or a short code; `show` is for reading.

    `languages` are tags of the languages in which it is answered, where they are not the service's own.
    """

    kind: str
    show: str
    value: str
    extension: str = ""
    languages: tuple[str, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True)
class Hours:
    """Open from `opens` to `closes` ("08:00", "17:00"; "24:00" is the end of a day) on `days`, of DAYS."""

    days: tuple[str, ...]
    opens: str
    closes: str


@dataclass(frozen=True, slots=True)
class Address:
    """Where to go. A confidential service has none."""

    street: str
    city: str
    state: str
    postal_code: str
    country: str = "US"


@dataclass(frozen=True, slots=True)
class Coverage:
    """Whom it serves, by county (five digits, FIPS), ZIP and town; all empty: the whole of its place."""

    counties: tuple[str, ...] = ()
    zips: tuple[str, ...] = ()
    towns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Service:
    """One service. Sentences are English; `in_other` has those that somebody translated, by language tag.

    `serves` is the slug of its place. `always` says day and night, every day. `confidential` says that nobody
    may learn where it is: it has no address. `assured_on` is when it was last confirmed, `assured_by` in
    which role ("county clerk"), never by name. `shown_first` marks what a first page shows, which is to be
    confirmed more often. `extra` is what an import brought that has no field here, kept for the way out.
    """

    id: str
    serves: str
    name: str
    organization: Organization
    what: str
    needs: tuple[str, ...]
    mark: str
    sources: tuple[str, ...]
    read_on: date
    name_lang: str = "en"
    audiences: tuple[str, ...] = ("anyone",)
    phones: tuple[Phone, ...] = ()
    email: str = ""
    website: str = ""
    hours: tuple[Hours, ...] = ()
    always: bool = False
    hours_note: str = ""
    languages: tuple[str, ...] = ()
    interpretation: str = ""
    cost: str = ""
    apply: str = ""
    eligibility: str = ""
    least_age: int | None = None
    most_age: int | None = None
    documents: tuple[str, ...] = ()
    address: Address | None = None
    confidential: bool = False
    coverage: Coverage = field(default_factory=Coverage)
    status: str = ACTIVE
    assured_on: date | None = None
    assured_by: str = ""
    shown_first: bool = False
    in_other: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    extra: Mapping[str, Any] = field(default_factory=dict)

    def can_be_called(self) -> bool:
        """Say whether a person can be reached by phone."""
        return any(phone.kind == "voice" for phone in self.phones)

    def covers(self, county: str, zips: Sequence[str] = (), towns: Sequence[str] = ()) -> bool:
        """Say whether its own list of places names this county, or one of these ZIPs or towns.

        One without a list covers the whole of its place, of which this says nothing: the caller knows it.
        """
        listed = self.coverage
        return (
            county in listed.counties
            or any(one in listed.zips for one in zips)
            or any(one in listed.towns for one in towns)
        )

    @property
    def hides_where(self) -> bool:
        """Say whether nobody may learn where it is: it says so, or it is of a kind that people hide in."""
        return self.confidential or not CONFIDENTIAL_NEEDS.isdisjoint(self.needs)

    @property
    def covers_whole_place(self) -> bool:
        """Say whether it serves all of its place."""
        return self.coverage == Coverage()
