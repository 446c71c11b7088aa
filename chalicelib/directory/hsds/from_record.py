"""Reader of HSDS records (JSON), 3.0 and 3.1: a service with all that belongs to it becomes one of ours.

What there is no field for is kept for the way out, where 3.0 knows it and it is nobody's name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from chalicelib.directory.hsds.door import Door, Refused, one_line, web_address
from chalicelib.directory.hsds.from_location import address_of, not_ours, says_hidden, texts_of_where
from chalicelib.directory.hsds.hours import ROUND_THE_CLOCK, hours_of, is_always, read_hours
from chalicelib.directory.hsds.ids import inner_id, record_id
from chalicelib.directory.hsds.languages import is_code, tag_of
from chalicelib.directory.hsds.profile import problems_of_kept
from chalicelib.directory.hsds.records import OUR_STATUS
from chalicelib.directory.hsds.shapes import kept, not_kept
from chalicelib.directory.hsds.terms import ELIGIBILITY, OF_RECORDS, OWN, needs_and_audiences
from chalicelib.directory.phone_numbers import read_number
from chalicelib.directory.service_entries import IN_OTHER, OLDEST_AGE
from chalicelib.directory.services import DAYS, Address, Coverage, Hours, Organization, Phone, Service
from chalicelib.shared.email_addresses import is_address

Json = Mapping[str, Any]
Note = Callable[[str, str], None]  # a field, and what was changed or left out of it

_PHONE_KINDS = {
    "": "voice", "voice": "voice", "cell": "voice", "mobile": "voice", "text": "text", "sms": "text",
    "textphone": "tty", "tty": "tty", "tdd": "tty", "fax": "fax",
}  # fmt: skip
# Read into fields of ours; all else of a service is kept beside them.
_READ = {
    "id", "name", "description", "email", "status", "interpretation_services", "application_process",
    "fees_description", "eligibility_description", "minimum_age", "maximum_age", "assured_date",
    "last_modified", "organization", "organization_id", "phones", "schedules", "service_areas",
    "service_at_locations", "languages", "required_documents", "attributes", "url",
}  # fmt: skip
# Our names of fields, as HSDS calls them: a refusal names what stands in the file.
CALLED = {
    "what": "description", "name": "name", "apply": "application_process", "cost": "fees_description",
    "eligibility": "eligibility_description", "interpretation": "interpretation_services",
    "least_age": "minimum_age", "most_age": "maximum_age", "hours_note": "schedules", "hours": "schedules",
    "documents": "required_documents", "address": "service_at_locations", "coverage": "service_areas",
    "organization": "organization", "website": "url", "phones": "phones", "languages": "languages",
    "needs": "attributes", "audiences": "attributes", "in_other": "attributes", "extra": "",
}  # fmt: skip
_LOST = "HSDS 3.0 has no such field, and it was left out"
_NOT_KEPT = {"contacts": "names of people are not kept", "metadata": "the log of changes is not kept"}
_ELSEWHERE = "another country"


def service_of(record: Json, door: Door, note: Note) -> tuple[Service, list[str]]:
    """Return the service that a record is, and the texts in it that say where it is.

    The record is of the right shape. Raises Refused, naming the field.
    """
    service, where = _Reading(record, door, note).service()
    for name, says in problems_of_kept(service.extra):
        raise Refused(name, says)
    return service, where


class _Reading:
    """One record while it is read."""

    def __init__(self, record: Json, door: Door, note: Note) -> None:
        self.record, self.door, self.note = record, door, note
        self.id = str(record["id"]).lower()
        self.extra: dict[str, Any] = kept("service", {k: v for k, v in record.items() if k not in _READ})
        self.terms = [one.get("taxonomy_term") or {} for one in record.get("attributes", ())]
        self.ours: dict[str, list[str]] = {}
        for one, term in zip(record.get("attributes", ()), self.terms, strict=True):
            if term.get("taxonomy") == OF_RECORDS:
                self.ours.setdefault(str(term.get("code")), []).append(str(one.get("value", "")))
        for name, says in _NOT_KEPT.items():
            if record.get(name):
                note(name, says)
        for name in not_kept("service", record):
            note(name, _LOST)

    def service(self) -> tuple[Service, list[str]]:
        """Return the service, and the texts that say where it is."""
        record, at = self.record, list(self.record.get("service_at_locations", ()))
        needs, audiences = needs_and_audiences(self.terms, [one_line(record["name"])])
        if not needs:
            self.note("attributes", f"no need could be read: it is listed under {', '.join(self.door.needs)}")
        always, hours, hours_note = self._hours(at)
        organization, organization_extra = self._organization()
        coverage = self._coverage()
        own = self.ours if self.door.own else {}
        address, places = self._where(at)
        service = Service(
            id=self._slug("slug", "service", self.id),
            serves=own.get("serves", [self.door.serves])[0],
            name=one_line(record["name"]),
            organization=organization,
            what=self._text("description") or one_line(record["name"]),
            needs=needs or self.door.needs,
            mark=own.get("mark", [self.door.mark])[0],
            sources=tuple(own.get("source", [self.door.source])),
            read_on=self._day("attributes", own["read-on"][0]) if "read-on" in own else self.door.read_on,
            name_lang=self.ours.get("name-lang", ["en"])[0],
            audiences=audiences or ("anyone",),
            phones=tuple(self._phones(at)),
            email=self._email(),
            website=self._website(record, "url", self.extra),
            hours=hours,
            always=always,
            hours_note=hours_note,
            languages=tuple(self._languages("languages", record.get("languages", ()), self.extra)),
            interpretation=self._text("interpretation_services"),
            cost=self._text("fees_description"),
            apply=self._text("application_process"),
            eligibility=self._text("eligibility_description"),
            least_age=self._age("minimum_age"),
            most_age=self._age("maximum_age"),
            documents=tuple(self._documents()),
            address=address,
            confidential="confidential" in self.ours or says_hidden(at),
            coverage=coverage,
            status=OUR_STATUS[record["status"]],
            assured_on=self._assured(record.get("assured_date") or ""),
            assured_by=own.get("assured-by", [""])[0],
            shown_first="shown-first" in own,
            in_other=self._translations(),
            extra=self._whole_extra(organization_extra, places),
        )
        return service, [*texts_of_where(at)]

    # What says it in one field

    def _text(self, name: str) -> str:
        return one_line(self.record.get(name, ""))

    def _day(self, name: str, value: str) -> date:
        try:
            return date.fromisoformat(value[:10])
        except ValueError:
            raise Refused(name, "it is no day, such as 2026-11-25") from None

    def _assured(self, value: str) -> date | None:
        day = self._day("assured_date", value) if value else None
        if day and day > self.door.read_on + timedelta(days=1):  # elsewhere on Earth it may be tomorrow
            raise Refused("assured_date", "this day has not come yet")
        return day

    def _age(self, name: str) -> int | None:
        value = self.record.get(name)
        if value is None:
            return None
        if not 0 <= value <= OLDEST_AGE:
            self.note(name, "it is no age of a person, and was left out")
            return None
        return int(value)

    def _email(self) -> str:
        value = self._text("email")
        if value and not is_address(value):
            self.note("email", "it is no address that a mail can be sent to, and was left out")
            return ""
        return value

    def _website(self, record: Json, name: str, extra: dict[str, Any]) -> str:
        value = str(record.get(name, ""))
        try:
            address, changed = web_address(value)
        except ValueError as error:
            self.note(name, f"{error}, and is not linked to")
            address, changed = "", bool(value)
        if changed:
            extra |= kept("service" if name == "url" else "organization", {name: value})
        return address

    def _slug(self, code: str, kind: str, own_id: str) -> str:
        """Return the slug that a record of ours had: its id proves it."""
        slug = self.ours.get(code, [""])[0]
        return slug if slug and record_id(kind, slug) == own_id else own_id

    def _organization(self) -> tuple[Organization, dict[str, Any]]:
        record = self.record.get("organization")
        if not record:
            raise Refused(
                "organization", "it is missing: each service has one, with id, name and description"
            )
        if (said := self.record.get("organization_id")) and said.lower() != record["id"].lower():
            raise Refused("organization_id", "it is not the id of the organization that stands in it")
        plain = ("id", "name", "description", "website", "phones", "locations", "services", "attributes")
        extra: dict[str, Any] = kept("organization", {k: v for k, v in record.items() if k not in plain})
        name, description = one_line(record["name"]), one_line(record["description"])
        organization = Organization(
            self._slug("organization", "organization", str(record["id"]).lower()),
            name,
            description if description != name else "",
            self._website(record, "website", extra),
        )
        return organization, extra

    # What is many

    def _phones(self, at: Sequence[Json]) -> Iterator[Phone]:
        """Return the phones of the service and its locations, or else those of its organization."""
        found: dict[tuple[str, str, str], None] = {}
        for path, record in self._with_phones(at):
            phone = self._phone(path, record)
            if phone and (phone.kind, phone.value, phone.extension) not in found:
                found[phone.kind, phone.value, phone.extension] = None
                yield phone

    def _with_phones(self, at: Sequence[Json]) -> list[tuple[str, Json]]:
        found = [*_numbered("phones", self.record)]
        for number, one in enumerate(at):
            path = f"service_at_locations[{number}]"
            found += _numbered(f"{path}.phones", one)
            found += _numbered(f"{path}.location.phones", one.get("location") or {})
        return found or [*_numbered("organization.phones", self.record.get("organization") or {})]

    def _phone(self, path: str, record: Json) -> Phone | None:
        kind = _PHONE_KINDS.get(str(record.get("type", "")).strip().lower())
        if kind is None:
            self.note(f"{path}.type", "it is none of voice, text, textphone, fax: counted as voice")
        try:
            show, value, extension = read_number(record["number"])
        except ValueError as error:
            if _ELSEWHERE not in str(error):
                raise Refused(f"{path}.number", str(error)) from None
            self.note(f"{path}.number", f"{error}; it was left out")
            return None
        if record.get("extension"):
            extension = str(record["extension"]).removesuffix(".0")
        languages = tuple(self._languages(f"{path}.languages", record.get("languages", ()), {}))
        return Phone(
            kind or "voice", show, value, extension, languages, one_line(record.get("description", ""))
        )

    def _languages(self, path: str, records: Iterable[Json], extra: dict[str, Any]) -> Iterator[str]:
        found: set[str] = set()
        for one in records:
            tag = tag_of(str(one.get("code", "")), str(one.get("name", "")), str(one.get("note", "")))
            if tag and tag not in found:
                found.add(tag)
                yield tag
            elif not tag:
                self.note(path, "a language has no code of ISO 639, such as es, and was left out")

    def _documents(self) -> Iterator[str]:
        texts = (one_line(one.get("document", "")) for one in self.record.get("required_documents", ()))
        yield from dict.fromkeys(text for text in texts if text)

    def _hours(self, at: Sequence[Json]) -> tuple[bool, tuple[Hours, ...], str]:
        path, records = next(
            (
                (path, one["schedules"])
                for path, one in (
                    ("schedules", self.record),
                    *(("service_at_locations[].schedules", one) for one in at),
                    *(("service_at_locations[].location.schedules", one.get("location") or {}) for one in at),
                )
                if one.get("schedules")
            ),
            ("schedules", []),
        )
        found: list[Hours] = []
        notes: list[str] = []
        for number, one in enumerate(records):
            words = [one_line(one.get(name, "")) for name in ("description", "notes")]
            try:
                hours = hours_of(one)
            except ValueError as error:
                raise Refused(f"{path}[{number}]", str(error)) from None
            said = read_hours(words[0]) if hours is None and not one.get("opens_at") else None
            if said:
                hours, words[0] = [Hours(DAYS, "00:00", "24:00")] if said[0] else [*said[1]], ""
            if hours is None and (one.get("opens_at") or one.get("closes_at")):
                self.extra.setdefault("schedules", []).append(kept("schedule", one))
            else:
                notes += [text for text in words if text and text != ROUND_THE_CLOCK]
            found += [each for each in hours or () if each not in found]
        always = is_always(found)
        return always, () if always else tuple(found), " ".join(dict.fromkeys(notes))

    def _coverage(self) -> Coverage:
        found: dict[str, dict[str, None]] = {"county": {}, "zip": {}, "town": {}}
        for one in self.record.get("service_areas", ()):
            kind, _, value = str(one.get("extent", "")).partition(":")
            if kind in found and value:
                found[kind][value] = None
            elif kind != "place" or value not in self.door.places:
                self.extra.setdefault("service_areas", []).append(kept("service_area", one))
        return Coverage(*(tuple(one) for one in found.values()))

    def _translations(self) -> dict[str, dict[str, str]]:
        found: dict[str, dict[str, str]] = {}
        for value in self.ours.get("translation", ()):
            tag, _, rest = value.partition(" ")
            name, _, text = rest.partition(" ")
            if name in IN_OTHER and text:
                found.setdefault(tag, {})[name] = text
        return found

    # Where it is

    def _where(self, at: Sequence[Json]) -> tuple[Address | None, dict[str, Any]]:
        """Return the address of its first location that has one, and what else is said of its locations."""
        first = next((n for n, one in enumerate(at) if (one.get("location") or {}).get("addresses")), 0)
        if not at:
            return None, {}
        chosen = at[first]
        addresses = (chosen.get("location") or {}).get("addresses") or []
        physical = [one for one in addresses if one["address_type"] == "physical"] or addresses
        others = [self._location(n, one) for n, one in enumerate(at) if n != first]
        rest = {"more_locations": [one for one in others if one]}
        record = self._location(first, chosen)
        location = record.pop("location", {})
        location.pop("addresses", None)
        if record.get("id") == inner_id("service_at_location", self.id):
            record.pop("id")
        return address_of(first, physical[0]) if physical else None, {
            "service_at_location": record,
            "location": not_ours(self.id, location, bool(physical)),
            **rest,
        }

    def _location(self, number: int, record: Json) -> dict[str, Any]:
        """Return what is kept of a service at a location: no phone and no hours, which are the service's."""
        path = f"service_at_locations[{number}].location"
        found: dict[str, Any] = kept(
            "service_at_location", {k: v for k, v in record.items() if k not in ("phones", "schedules")}
        )
        location = found.get("location", {})
        for name in ("phones", "schedules"):
            location.pop(name, None)
        for name, most in (("latitude", 90), ("longitude", 180)):
            if name in location and not -most <= location[name] <= most:
                self.note(f"{path}.{name}", f"it is not between -{most} and {most}, and was left out")
                location.pop("latitude", None)
                location.pop("longitude", None)
        languages = [one for one in location.get("languages", ()) if is_code(str(one.get("code", "")))]
        if "languages" in location:
            location["languages"] = languages
        for one in location.get("addresses", ()):
            one.pop("attention", None)  # somebody's name
        return found

    # What has no field

    def _whole_extra(self, organization: dict[str, Any], places: dict[str, Any]) -> dict[str, Any]:
        foreign = [
            one
            for one, term in zip(self.record.get("attributes", ()), self.terms, strict=True)
            if self._is_foreign(one, term)
        ]
        if foreign:
            self.extra["attributes"] = [kept("attribute", one) for one in foreign]
        if self.record["status"] == "defunct":
            self.extra["status"] = "defunct"
        parts = {"service": self.extra, "organization": organization, **places}
        return {name: value for name, value in parts.items() if value}

    def _is_foreign(self, attribute: Json, term: Json) -> bool:
        """Say whether an attribute is one that we would not write by ourselves."""
        taxonomy, code = str(term.get("taxonomy", "")), str(term.get("code", ""))
        if not term:
            self.note("attributes", "an attribute without a term of a taxonomy was left out")
            return False
        ours = inner_id("attribute", self.id, ELIGIBILITY, code, "")
        return taxonomy not in (OWN, OF_RECORDS) and attribute["id"] != ours


def _numbered(path: str, record: Json) -> Iterator[tuple[str, Json]]:
    yield from ((f"{path}[{number}]", one) for number, one in enumerate(record.get("phones") or ()))
