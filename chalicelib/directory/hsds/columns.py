"""Columns of the flat sheet (CSV): what each is called when it goes out, and what others call it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache

from chalicelib.directory.hsds.folding import folded

EXPORTED = "exported_on"
# Each column of ours, in the order in which they go out, with other names that sheets have for it.
COLUMNS: Mapping[str, Sequence[str]] = {
    "id": (
        "service id", "record id", "identifier", "uuid", "resource id", "program id", "agency id",
        "resource agency num",
    ),
    "name": (
        "service name", "service", "program", "program name", "resource", "resource name", "title",
        "site name", "listing", "provider", "public name", "provider name", "nombre", "nombre del servicio",
    ),
    "organization": (
        "organization name", "organisation", "organisation name", "org", "org name", "agency",
        "agency name", "company", "parent agency", "parent organization", "organizacion", "agencia",
    ),
    "organization_id": ("org id",),
    "organization_description": ("about the organization", "agency description", "org description"),
    "organization_website": ("agency website", "org website"),
    "what": (
        "description", "service description", "about", "details", "services", "services offered",
        "summary", "service details", "program description", "descripcion",
    ),
    "needs": (
        "need", "category", "categories", "type", "service type", "type of service",
        "services provided", "topic", "taxonomy", "taxonomy term", "taxonomy terms", "program type",
        "resource type", "categoria",
    ),
    "audiences": (
        "audience", "population", "population served", "populations served", "target population",
        "serves whom", "clients", "who it is for",
    ),
    "phones": (
        "phone", "phone number", "phone numbers", "telephone", "telephone number", "tel",
        "main phone", "phone 1", "phone1", "phone1 number", "phone2", "phone2 number", "phone3 number",
        "phone4 number", "phone5 number", "phone number hotline", "phone toll free", "office phone",
        "contact number", "contact phone", "telefono", "hotline",
        "24 hour phone", "24 hour hotline", "crisis line", "phone 2", "alternate phone",
        "other phone", "toll free", "toll free phone", "toll free number",
    ),
    "text": ("text line", "sms", "text number"),
    "tty": ("tdd", "tty tdd", "tty number", "textphone", "phone tty"),
    "fax": ("fax number", "phone fax"),
    "email": ("e mail", "email address", "contact email", "e mail address", "email address main", "correo"),
    "website": (
        "web site", "url", "web", "web address", "link", "homepage", "website url", "website address",
        "sitio web",
    ),
    "hours": (
        "hours of operation", "open hours", "opening hours", "schedule", "office hours",
        "business hours", "days hours", "days and hours", "horario",
    ),
    "hours_note": ("hours notes", "about the hours"),
    "languages": (
        "language", "languages spoken", "languages offered", "languages offered list", "language s",
        "idiomas",
    ),
    "interpretation": ("interpreter", "interpreters", "interpretation services"),
    "cost": (
        "fee", "fees", "cost fees", "price", "fee structure", "fee structure source", "payment", "costo",
    ),
    "how_to_apply": (
        "application process", "how to access", "intake", "intake process", "intake procedure",
        "apply", "procedure", "referral process", "how to get help", "next steps",
    ),
    "eligibility": ("eligibility requirements", "requirements", "who qualifies", "who can use it"),
    "least_age": ("minimum age", "min age", "age from"),
    "most_age": ("maximum age", "max age", "age to"),
    "documents": ("required documents", "documents required", "documentation", "what to bring"),
    "street": (
        "address", "street address", "address 1", "address line 1", "physical address", "address1",
        "location", "street 1", "direccion", "site address", "physical address1", "physical address 1",
    ),
    "street_2": ("address 2", "address line 2", "suite", "unit", "address2", "physical address2",
        "physical address 2"),
    "city": ("town", "municipality", "ciudad", "physical city"),
    "state": ("state province", "province", "st", "estado", "physical state province", "physical state"),
    "zip": (
        "zip code", "zipcode", "postal code", "postcode", "zip postal code", "codigo postal",
        "physical postal code", "physical zip",
    ),
    "country": ("physical country",),
    "counties": ("county fips", "county", "counties served", "county served", "fips", "service area",
        "coverage", "coverage area", "area served"),
    "zips": ("zips served", "zip codes served", "service zips"),
    "towns": ("towns served", "cities served", "cities"),
    "confidential": ("confidential location", "confidential address", "hide address", "is confidential"),
    "status": ("active", "service status"),
    "assured_on": (
        "last verified", "last verified on", "verified", "last updated", "date verified", "verified on",
        "assured date",
        "last assured", "date updated", "updated",
    ),
    "assured_by": ("verified by",),
    "serves": (),
    "mark": (),
    "sources": ("source",),
    "read_on": (),
    "name_lang": (),
    "shown_first": (),
    "in_other": (),
    "extra": (),
    EXPORTED: (),
}  # fmt: skip
# Columns that several of a sheet may be: their cells are put together.
SEVERAL = ("phones", "needs", "languages", "documents", "counties", "zips", "towns", "audiences", "sources")
# Columns for counties that have nothing else in them: a "service area" may be any words.
STRICT = ("counties", "county", "counties served", "county served", "county fips", "fips")
# Not written out: a sheet of ours has all phones in one column, and a street in one.
NOT_WRITTEN = ("text", "tty", "fax", "street_2")
WRITTEN = tuple(name for name in COLUMNS if name not in NOT_WRITTEN)


# Programs write HoursOfOperation where people write Hours of operation.
_JOINED = re.compile(r"(?<=[a-z0-9])(?=[A-Z][a-z])|(?<=[a-z])(?=[A-Z])")


@lru_cache(maxsize=4_000)  # asked of each cell of a sheet
def plain(title: str) -> str:
    """Return a title as it is compared: words in small letters, without signs."""
    words = "".join(one if one.isalnum() else " " for one in folded(_JOINED.sub(" ", title)))
    return " ".join(words.split())


# Columns with names of people: nobody asked them, so they are not kept.
_OF_PEOPLE = (
    "contact",
    "director",
    "manager",
    "coordinator",
    "staff",
    "person",
    "first name",
    "last name",
    "owner",
    "attention",
    "by name",
    "approved by",
)


def is_of_people(title: str) -> bool:
    """Say whether a column that nobody knows has names of people in it."""
    return any(word in plain(title) for word in _OF_PEOPLE)


_BY_TITLE = {plain(one): name for name, others in COLUMNS.items() for one in (name, *others)}


def column_of(title: str) -> str:
    """Return the column that a title means, or nothing."""
    return _BY_TITLE.get(plain(title), "")
