"""HSDS records of services (JSON): a service with all that belongs to it, in one language, for 3.0 and 3.1.

Nothing empty is written: null is no value there. Of a confidential service nothing says where it is. The
lists of an API are these records with their lists left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time
from typing import Any

from chalicelib.directory.hsds.hours import schedules_of
from chalicelib.directory.hsds.ids import inner_id, record_id
from chalicelib.directory.hsds.languages import NAMES, code_of
from chalicelib.directory.hsds.shapes import is_uri
from chalicelib.directory.hsds.terms import (
    BY_CODE,
    OF_RECORDS,
    Term,
    term_record,
    terms_of,
)
from chalicelib.directory.places import Places
from chalicelib.directory.services import ACTIVE, PAUSED, RETIRED, Address, Phone, Service
from chalicelib.shared.time_zones import local_time

VERSION = "3.0"
STATUS = {ACTIVE: "active", RETIRED: "inactive", PAUSED: "temporarily closed"}
OUR_STATUS = {
    "active": ACTIVE, "inactive": RETIRED, "defunct": RETIRED, "temporarily closed": PAUSED,
}  # fmt: skip
PHONE_TYPES = {"voice": "voice", "text": "text", "tty": "textphone", "fax": "fax"}
HIDDEN_PLACE = "Confidential location"
BY_PHONE = "By phone or online"

_LINKED = re.compile(r"https?://[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+(:80|:443)?(/\S*)?[.,;]*", re.IGNORECASE)

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Setting:
    """What records say beside the service: names and zones of places, and when each was changed last.

    `on` is the moment of the snapshot: clocks' distance from UTC is that of this moment.
    """

    places: Places
    on: datetime
    changed: Mapping[str, datetime] = field(default_factory=dict)

    def changed_at(self, service: Service) -> datetime:
        """Return when a service was changed last: as `changed` says, else when it was read or confirmed."""
        # Not on a day that is still to come, whatever a sheet says: nobody would ask for changes after it.
        day = min(max(service.read_on, service.assured_on or service.read_on), self.on.date())
        return self.changed.get(service.id) or datetime.combine(day, time(), UTC)


def root_record(base: str, profile: str, publisher: Mapping[str, str] | None = None) -> Json:
    """Return what `/` says; `base` is the API's address and `profile` that of the page that describes it."""
    named = {"publisher": dict(publisher)} if publisher else {}
    return {"version": VERSION, "profile": profile, "openapi_url": f"{base}/openapi.json", **named}


def in_language(service: Service, tag: str) -> Service:
    """Return a service with the sentences that it has in a language; the others stay English."""
    texts = service.in_other.get(tag)
    return replace(service, **texts) if texts else service  # type: ignore[arg-type]


def service_record(service: Service, setting: Setting, tag: str = "en") -> Json:
    """Return a service with all that belongs to it, in the language of a tag."""
    whole, service = service, in_language(service, tag)
    own_id = record_id("service", service.id)
    extra = service.extra.get("service", {})
    record = {
        "id": own_id,
        "name": service.name,
        "description": service.what,
        "url": _as_it_came(extra.get("url"), service.website),
        "email": service.email,
        "status": _status(service),
        "interpretation_services": service.interpretation,
        "application_process": service.apply,
        "fees_description": service.cost,
        "eligibility_description": service.eligibility,
        "minimum_age": service.least_age,
        "maximum_age": service.most_age,
        "assured_date": service.assured_on.isoformat() if service.assured_on else "",
        "last_modified": f"{setting.changed_at(service).astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
        "organization": organization_record(service),
        "phones": [_phone(own_id, number, one) for number, one in enumerate(service.phones)],
        "schedules": _schedules(own_id, service, setting),
        "service_areas": _areas(own_id, service, setting.places),
        "service_at_locations": _at_locations(own_id, service),
        "languages": [_language(own_id, one) for one in service.languages],
        "required_documents": [
            {"id": inner_id("required_document", own_id, one), "document": one} for one in service.documents
        ],
        "attributes": _attributes(own_id, whole),
    }
    return joined(record, _without_taken(extra, "url", service.website))


def organization_record(service: Service) -> Json:
    """Return the organization of a service, without its services."""
    one = service.organization
    extra = service.extra.get("organization", {})
    record = {
        "id": record_id("organization", one.id),
        "name": one.name,
        "description": one.description or one.name,
        "website": _as_it_came(extra.get("website"), one.website),
    }
    return joined(record, _without_taken(extra, "website", one.website))


def list_item(record: Json) -> Json:
    """Return a record as it stands in a list: what it has one of, with nothing in it that is many."""
    return {
        name: list_item(value) if isinstance(value, dict) else value
        for name, value in record.items()
        if not isinstance(value, list)
    }


def without_organization(record: Json) -> Json:
    """Return a service as it stands in its organization's list."""
    return {name: value for name, value in record.items() if name != "organization"}


def organization_with(services: Iterable[Json], in_full: bool) -> Json:
    """Return the organization of these records of services, with them: in full, or what each has one of."""
    records = list(services)
    inner = [without_organization(one if in_full else list_item(one)) for one in records]
    return {**records[0]["organization"], "services": inner}


def at_location_with(service: Json, number: int) -> Json:
    """Return one of a service's locations, with the service in it."""
    inner = {name: value for name, value in service.items() if name != "service_at_locations"}
    record: Json = service["service_at_locations"][number]
    return {**record, "service": inner}


def joined(record: Json, extra: Mapping[str, Any]) -> Json:
    """Return what a record says without what is empty, and what it was brought with beside that."""
    found = {name: value for name, value in record.items() if value not in ("", None, [], {})}
    for name, value in extra.items():
        if name not in found:
            found[name] = value
        elif isinstance(value, list) and isinstance(found[name], list):
            there = {one.get("id") for one in found[name]}
            found[name] = [*found[name], *(one for one in value if one.get("id") not in there)]
    return found


def _as_it_came(came: object, website: str) -> str:
    """Return a link as it was brought where ours is the same by https: theirs may answer only there."""
    if (
        isinstance(came, str)
        and is_uri(came)
        and came.removeprefix("http://") == website.removeprefix("https://")
    ):
        return came
    return website


def _without_taken(extra: Mapping[str, Any], name: str, website: str) -> Mapping[str, Any]:
    """Return what came without its link, where somebody here took that away: it may be another's by now.

    One that we could not link to was never ours, and goes out as it came.
    """
    if website or not _LINKED.fullmatch(str(extra.get(name, ""))):
        return extra
    return {one: value for one, value in extra.items() if one != name}


def _status(service: Service) -> str:
    came = service.extra.get("service", {}).get("status")
    return came if OUR_STATUS.get(came) == service.status else STATUS[service.status]


def _phone(service: str, number: int, phone: Phone) -> Json:
    own_id = inner_id("phone", service, phone.kind, phone.value, phone.extension, str(number))
    plain = phone.extension.isdigit() and not phone.extension.startswith("0")
    shown = phone.show if plain or not phone.extension else f"{phone.show} ext. {phone.extension}"
    record = {
        "id": own_id,
        "number": shown,
        "extension": int(phone.extension) if plain else None,
        "type": PHONE_TYPES[phone.kind],
        "description": phone.note,
        "languages": [_language(own_id, one) for one in phone.languages],
    }
    return joined(record, {})


def _language(owner: str, tag: str) -> Json:
    code = code_of(tag)
    record = {"id": inner_id("language", owner, tag), "name": NAMES.get(code, ""), "code": code}
    return joined({**record, "note": tag if tag != code else ""}, {})


def _schedules(service: str, record: Service, setting: Setting) -> list[Json]:
    zone = setting.places.zone_of(record.serves)
    offset = local_time(setting.on, zone).utcoffset()
    hours = offset.total_seconds() / 3600 if offset is not None else 0
    found = [
        {
            "id": inner_id("schedule", service, str(number)),
            "timezone": int(hours) if hours == int(hours) else hours,
            **one,
        }
        for number, one in enumerate(schedules_of(record.hours, record.always))
    ]
    if record.hours_note:
        first = found[0] if found else {"id": inner_id("schedule", service, "note")}
        found = [{**first, "notes": record.hours_note}, *found[1:]]
    return found


def _areas(service: str, record: Service, places: Places) -> list[Json]:
    """Return what it covers, in a form of our own: HSDS has no field for a county or a ZIP."""
    listed = [(f"county:{one}", f"County {one}") for one in record.coverage.counties]
    listed += [(f"zip:{one}", f"ZIP {one}") for one in record.coverage.zips]
    listed += [(f"town:{one}", one) for one in record.coverage.towns]
    if not listed and record.serves in places:
        listed = [(f"place:{record.serves}", places[record.serves].name)]
    return [
        {
            "id": inner_id("service_area", service, extent),
            "name": name,
            "extent": extent,
            "extent_type": "text",
        }
        for extent, name in listed
    ]


def _at_locations(service: str, record: Service) -> list[Json]:
    where = record.address if not record.hides_where else None
    kept = {} if record.hides_where else record.extra.get("location", {})
    own_id = inner_id("location", service)
    location = {"id": own_id, "location_type": "physical", "name": ""}
    if record.hides_where:
        location["name"] = HIDDEN_PLACE
    elif where:
        location["addresses"] = [_address(own_id, where)]  # type: ignore[assignment]
    elif not kept:
        location |= {"location_type": "virtual", "name": BY_PHONE, "url": record.website}
    if kept:
        location = {
            **location,
            **{name: kept[name] for name in ("id", "location_type", "name") if name in kept},
        }
    at = {} if record.hides_where else record.extra.get("service_at_location", {})
    first = {
        "id": at.get("id") or inner_id("service_at_location", service),
        "location": joined(location, kept),
    }
    more = () if record.hides_where else record.extra.get("more_locations", ())
    return [joined(first, at), *more]


def _address(location: str, address: Address) -> Json:
    return {
        "id": inner_id("address", location),
        "address_1": address.street,
        "city": address.city,
        "state_province": address.state,
        "postal_code": address.postal_code,
        "country": address.country,
        "address_type": "physical",
    }


def _attributes(service: str, record: Service) -> list[Json]:
    found = [_attribute(service, one) for one in terms_of(record)]
    own = (_attribute(service, BY_CODE[OF_RECORDS, code], value) for code, value in _own_values(record))
    return [*found, *own]


def _own_values(record: Service) -> Iterable[tuple[str, str]]:
    """Return what HSDS has no field for, as pairs of a term and its value."""
    if record_id("service", record.id) != record.id:
        yield "slug", record.id
    if record_id("organization", record.organization.id) != record.organization.id:
        yield "organization", record.organization.id
    yield from (("serves", record.serves), ("mark", record.mark), ("read-on", record.read_on.isoformat()))
    yield from (("source", one) for one in record.sources)
    if record.assured_by:
        yield "assured-by", record.assured_by
    if record.name_lang != "en":
        yield "name-lang", record.name_lang
    if record.shown_first:
        yield "shown-first", "true"
    if record.confidential:
        yield "confidential", "true"
    for tag, texts in record.in_other.items():
        yield from (("translation", f"{tag} {name} {text}") for name, text in texts.items())


def _attribute(service: str, term: Term, value: str = "") -> Json:
    record = {
        "id": inner_id("attribute", service, term.taxonomy, term.code, value),
        "link_type": term.link,
        "link_entity": "service",
        "value": value,
        "taxonomy_term": term_record(term, detail=False),
    }
    return joined(record, {})
