"""Services document of a place: strict reader of its entries, and their writer.

Every service comes through this door, whether a form, an import or a person wrote it. What is read and
written again is the same.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from dataclasses import MISSING, fields
from datetime import date
from typing import Any

from chalicelib.directory.contacts import MARKS, check_link
from chalicelib.directory.errors import ContentInvalid
from chalicelib.directory.hsds.shapes import extra_problems
from chalicelib.directory.phone_numbers import read_number
from chalicelib.directory.places import Places, entries_of, is_slug
from chalicelib.directory.services import (
    ACTIVE,
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
from chalicelib.shared.days import read_day
from chalicelib.shared.email_addresses import is_address

LONGEST_ID = 80
LONGEST_LINE = 300  # characters of a name, a street
LONGEST_SENTENCES = 5000
MOST_IN_A_LIST = 5000  # of ZIPs, say: a state has 2,600
OLDEST_AGE = 130
LARGEST_EXTRA = 100_000  # bytes
# What may be translated: sentences, and names where an organization has one in that language.
IN_OTHER = ("name", "what", "hours_note", "interpretation", "cost", "apply", "eligibility")
_SENTENCES = ("what", "hours_note", "interpretation", "cost", "apply", "eligibility")
_TAG = re.compile(r"[a-z]{2,3}(-[A-Z][a-z]{3})?")
_TIME = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]|24:00")
_FIELDS = {one.name: one for one in fields(Service)}

Json = dict[str, Any]


def read_services(
    document: Mapping[str, Any], places: Places, hosts: Collection[str] | None
) -> tuple[Service, ...]:
    """Turn the services document of a place into Services, in its order.

    `hosts` are the web hosts a page may link to; without them, it may link to any. Raises ContentInvalid,
    naming the entry and the rule.
    """
    found: dict[str, Service] = {}
    organizations: dict[str, Organization] = {}
    for entry in entries_of(document, "services"):
        service = read_service(entry, places, hosts)
        if service.id in found:
            raise ContentInvalid(f"service {service.id}: listed twice")
        if organizations.setdefault(service.organization.id, service.organization) != service.organization:
            raise ContentInvalid(
                f"service {service.id}: another service says something else of organization "
                f"{service.organization.id}"
            )
        found[service.id] = service
    return tuple(found.values())


def read_service(entry: Mapping[str, Any], places: Places, hosts: Collection[str] | None) -> Service:
    """Turn one entry into a Service; without `hosts`, to whatever host it links.

    Raises ContentInvalid, naming the entry and the rule.
    """
    service_id = entry.get("id")
    try:
        if unknown := [name for name in entry if name not in _FIELDS]:
            raise ContentInvalid(f"there is no field {unknown[0]!r}")
        if not isinstance(service_id, str) or not is_slug(service_id) or len(service_id) > LONGEST_ID:
            raise ContentInvalid(f"an id has only a-z, 0-9 and single dashes, at most {LONGEST_ID}")
        if entry.get("serves") not in places:
            raise ContentInvalid(f"there is no place {entry.get('serves')!r}")
        service = _read(entry, hosts)
        _check_whole(service)
    except ContentInvalid as error:
        raise ContentInvalid(f"service {service_id or '?'}: {error}") from error
    return service


def entry_of(service: Service) -> Json:
    """Return the entry of a service, without what is as usual: `read_service` makes the same of it again."""
    entry = {
        name: _plain(getattr(service, name))
        for name, one in _FIELDS.items()
        if one.default is MISSING or getattr(service, name) != one.default
    }
    for name in ("coverage", "in_other", "extra"):
        if not entry[name]:
            del entry[name]
    return entry


def _plain(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, tuple):
        return [_plain(one) for one in value]
    if isinstance(value, Organization | Phone | Hours | Address | Coverage):
        return {
            one.name: _plain(getattr(value, one.name))
            for one in fields(value)
            if one.default is MISSING or getattr(value, one.name) != one.default
        }
    return value


def _read(entry: Mapping[str, Any], hosts: Collection[str] | None) -> Service:
    return Service(
        id=entry["id"],
        serves=entry["serves"],
        name=_line(entry, "name"),
        organization=_organization(entry.get("organization"), hosts),
        what=_text(entry, "what", longest=LONGEST_SENTENCES),
        needs=_some_of(entry, "needs", NEEDS),
        mark=_one_of(entry, "mark", MARKS),
        sources=_list(entry, "sources", least=1),
        read_on=_day(entry, "read_on"),
        name_lang=_tag(entry.get("name_lang", "en"), "name_lang"),
        audiences=_some_of({"audiences": ["anyone"], **entry}, "audiences", AUDIENCES),
        phones=tuple(_phone(one) for one in _entries(entry, "phones")),
        email=_email(entry),
        website=_website(entry, hosts),
        hours=tuple(_hours(one) for one in _entries(entry, "hours")),
        always=_flag(entry, "always"),
        hours_note=_text(entry, "hours_note", False, LONGEST_SENTENCES),
        languages=tuple(_tag(one, "languages") for one in _list(entry, "languages")),
        interpretation=_text(entry, "interpretation", False, LONGEST_SENTENCES),
        cost=_text(entry, "cost", False, LONGEST_SENTENCES),
        apply=_text(entry, "apply", False, LONGEST_SENTENCES),
        eligibility=_text(entry, "eligibility", False, LONGEST_SENTENCES),
        least_age=_age(entry, "least_age"),
        most_age=_age(entry, "most_age"),
        documents=_list(entry, "documents"),
        address=_address(entry["address"]) if entry.get("address") is not None else None,
        confidential=_flag(entry, "confidential"),
        coverage=_coverage(entry.get("coverage") or {}),
        status=_one_of({"status": ACTIVE, **entry}, "status", STATUSES),
        assured_on=_any_day(entry, "assured_on") if entry.get("assured_on") is not None else None,
        assured_by=_line(entry, "assured_by", False),
        shown_first=_flag(entry, "shown_first"),
        in_other=_in_other(entry.get("in_other") or {}),
        extra=_extra(entry.get("extra") or {}),
    )


def _check_whole(service: Service) -> None:
    """Refuse what only two fields together can break."""
    if service.hides_where and service.address:
        raise ContentInvalid("a confidential service, or one with beds, has no address")
    if problems := extra_problems(service.extra, service.hides_where):
        raise ContentInvalid(f"extra: {problems[0]}")
    if service.always and service.hours:
        raise ContentInvalid("always is day and night: it has no hours beside it")
    if any(one == Hours(DAYS, "00:00", "24:00") for one in service.hours):
        raise ContentInvalid("open day and night, every day, is written as always")
    least, most = service.least_age, service.most_age
    if least is not None and most is not None and least > most:
        raise ContentInvalid("least_age is more than most_age")
    if service.assured_by and not service.assured_on:
        raise ContentInvalid("assured_by needs assured_on")
    if "@" in service.assured_by:
        raise ContentInvalid("assured_by is a role, such as county clerk, and no address")


def _organization(value: Any, hosts: Collection[str] | None) -> Organization:
    entry = _mapping(value, "organization", ("id", "name", "description", "website"))
    if not isinstance(entry.get("id"), str) or not is_slug(entry["id"]) or len(entry["id"]) > LONGEST_ID:
        raise ContentInvalid("organization: an id has only a-z, 0-9 and single dashes")
    organization = Organization(
        entry["id"],
        _line(entry, "name"),
        _text(entry, "description", False, LONGEST_SENTENCES),
        _website(entry, hosts),
    )
    if organization.description == organization.name:
        raise ContentInvalid("organization: its description says no more than its name; leave it out")
    return organization


def _phone(value: Mapping[str, Any]) -> Phone:
    entry = _mapping(value, "phones", ("kind", "show", "value", "extension", "languages", "note"))
    kind = _one_of(entry, "kind", PHONE_KINDS)
    show, number = _line(entry, "show"), _line(entry, "value")
    try:
        read = read_number(show)
    except ValueError as error:
        raise ContentInvalid(f"phone {show!r}: {error}") from error
    if read != (show, number, ""):
        raise ContentInvalid(f"phone {show!r} is not the number {number!r}")
    extension = _line(entry, "extension", False)
    if extension and not re.fullmatch(r"[0-9]{1,7}", extension):
        raise ContentInvalid(f"phone {show!r}: an extension has up to seven digits")
    languages = tuple(_tag(one, "a phone's languages") for one in _list(entry, "languages"))
    return Phone(kind, show, number, extension, languages, _line(entry, "note", False, LONGEST_SENTENCES))


def _hours(value: Mapping[str, Any]) -> Hours:
    entry = _mapping(value, "hours", ("days", "opens", "closes"))
    days = _list(entry, "days", least=1)
    if list(days) != [day for day in DAYS if day in days]:
        raise ContentInvalid(f"hours: days are of {', '.join(DAYS)}, each once, in this order")
    opens, closes = _line(entry, "opens"), _line(entry, "closes")
    if not _TIME.fullmatch(opens) or not _TIME.fullmatch(closes) or opens >= closes:
        raise ContentInvalid("hours: from 08:00 to 17:00, say; a night that ends on the next day is two")
    if closes == "23:59":
        raise ContentInvalid("hours: the end of a day is 24:00")
    return Hours(days, opens, closes)


def _address(value: Any) -> Address:
    entry = _mapping(value, "address", ("street", "city", "state", "postal_code", "country"))
    parts = [_line(entry, name) for name in ("street", "city", "state", "postal_code")]
    country = _line({"country": "US", **entry}, "country")
    if not re.fullmatch(r"[A-Z]{2}", country):
        raise ContentInvalid("address: a country has two letters (ISO 3166), such as US")
    return Address(parts[0], parts[1], parts[2], parts[3], country)


def _coverage(value: Any) -> Coverage:
    entry = _mapping(value, "coverage", ("counties", "zips", "towns"))
    counties, zips = _list(entry, "counties"), _list(entry, "zips")
    if wrong := [one for one in (*counties, *zips) if not re.fullmatch(r"[0-9]{5}", one)]:
        raise ContentInvalid(f"coverage: a county (FIPS) and a ZIP have five digits, not {wrong[0]!r}")
    towns = _list(entry, "towns")
    if wrong := [one for one in towns if ";" in one]:
        raise ContentInvalid(f"coverage: {wrong[0]!r} is more than one town")
    return Coverage(counties, zips, towns)


def _in_other(value: Any) -> Mapping[str, Mapping[str, str]]:
    found: dict[str, Mapping[str, str]] = {}
    for tag, texts in _mapping(value, "in_other").items():
        entry = _mapping(texts, f"in_other: {tag}", IN_OTHER)
        if _tag(tag, "in_other") == "en" or not entry:
            raise ContentInvalid("in_other: it has the sentences of other languages than English")
        found[tag] = {name: _text(entry, name, longest=LONGEST_SENTENCES) for name in entry}
    return found


def _extra(value: Any) -> Mapping[str, Any]:
    extra = dict(_mapping(value, "extra"))
    try:
        size = len(json.dumps(extra, ensure_ascii=False, allow_nan=False).encode())
    except (ValueError, TypeError) as error:
        raise ContentInvalid("extra: it is nothing that JSON can hold") from error
    if size > LARGEST_EXTRA:
        raise ContentInvalid(f"extra: it has more than {LARGEST_EXTRA:,} bytes")
    return extra


def is_no_text(sign: str) -> bool:
    """Say whether a sign belongs into no text: one that steers a terminal, or half of one (a surrogate)."""
    return ord(sign) < 32 or 127 <= ord(sign) < 160 or 0xD800 <= ord(sign) <= 0xDFFF


def _mapping(value: Any, name: str, allowed: Collection[str] | None = None) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise ContentInvalid(f"{name} is missing, or no entry")
    if allowed is not None and (unknown := [one for one in value if one not in allowed]):
        raise ContentInvalid(f"{name}: there is no field {unknown[0]!r}")
    return value


def _entries(entry: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    return entries_of(entry, name) if entry.get(name) else []


def _text(entry: Mapping[str, Any], name: str, needed: bool = True, longest: int = LONGEST_LINE) -> str:
    value = entry.get(name, "")
    if not isinstance(value, str) or not (value or not needed):
        raise ContentInvalid(f"{name} is missing, or no text")
    if value != " ".join(value.split()):
        raise ContentInvalid(f"{name} has spaces around it, two in a row, or a line break")
    if len(value) > longest:
        raise ContentInvalid(f"{name} has more than {longest} characters")
    if not value.isprintable() and any(is_no_text(one) for one in value):
        raise ContentInvalid(f"{name} has a sign that is not printed")
    return value


def _line(entry: Mapping[str, Any], name: str, needed: bool = True, longest: int = LONGEST_LINE) -> str:
    return _text(entry, name, needed, longest)


def _list(entry: Mapping[str, Any], name: str, least: int = 0) -> tuple[str, ...]:
    value = entry.get(name) or []
    if not isinstance(value, list | tuple) or not all(isinstance(one, str) for one in value):
        raise ContentInvalid(f"{name} is a list of texts")
    found = tuple(_text({name: one}, name, longest=LONGEST_SENTENCES) for one in value)
    if not least <= len(found) <= MOST_IN_A_LIST:
        raise ContentInvalid(f"{name} is missing" if len(found) < least else f"{name} has too many")
    if len(set(found)) != len(found):
        raise ContentInvalid(f"{name} says something twice")
    return found


def _some_of(entry: Mapping[str, Any], name: str, allowed: Collection[str]) -> tuple[str, ...]:
    found = _list(entry, name, least=1)
    if unknown := [one for one in found if one not in allowed]:
        raise ContentInvalid(f"{name}: {unknown[0]!r} is none of {', '.join(allowed)}")
    return found


def _one_of(entry: Mapping[str, Any], name: str, allowed: Collection[str]) -> str:
    value = entry.get(name)
    if value not in allowed:
        raise ContentInvalid(f"{name} is one of {', '.join(allowed)}")
    return str(value)


def _tag(value: Any, name: str) -> str:
    if not isinstance(value, str) or not _TAG.fullmatch(value):
        raise ContentInvalid(f"{name}: {value!r} is not the tag of a language, like es")
    return value


def _flag(entry: Mapping[str, Any], name: str) -> bool:
    value = entry.get(name, False)
    if not isinstance(value, bool):
        raise ContentInvalid(f"{name} is true or false")
    return value


def _age(entry: Mapping[str, Any], name: str) -> int | None:
    value = entry.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= OLDEST_AGE:
        raise ContentInvalid(f"{name} is an age in whole years")
    return value


def _email(entry: Mapping[str, Any]) -> str:
    value = _line(entry, "email", False)
    if value and not is_address(value):
        raise ContentInvalid(f"{value!r} is no e-mail address")
    return value


def _website(entry: Mapping[str, Any], hosts: Collection[str] | None) -> str:
    value = _line(entry, "website", False, 2000)
    if value:
        check_link(value, _Any() if hosts is None else hosts)
    return value


class _Any(frozenset[str]):
    """Every host."""

    def __contains__(self, host: object) -> bool:
        return True


def _day(entry: Mapping[str, Any], name: str) -> date:
    try:
        return read_day(entry.get(name))
    except ValueError as error:
        raise ContentInvalid(f"{name} is a day like 2026-11-25, in quotes, and none before 2020") from error


def _any_day(entry: Mapping[str, Any], name: str) -> date:
    """Read a day that others wrote down: it may be long before this site."""
    value = entry.get(name)
    try:
        if not isinstance(value, str) or len(value) != 10:
            raise ValueError("not a day")
        return date.fromisoformat(value)
    except ValueError as error:
        raise ContentInvalid(f"{name} is a day like 2026-11-25, in quotes") from error
