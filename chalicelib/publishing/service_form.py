"""Validation of the form of a service: what is wrong with each field, and the service that it makes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from chalicelib.directory.contacts import SINGLE
from chalicelib.directory.hsds.folding import folded
from chalicelib.directory.hsds.hours import read_hours, text_of_hours
from chalicelib.directory.hsds.languages import NAMES, tag_of
from chalicelib.directory.phone_numbers import read_number
from chalicelib.directory.service_stamps import fell, with_mark_that_holds
from chalicelib.directory.services import (
    AUDIENCES,
    CONFIDENTIAL_NEEDS,
    NEEDS,
    Address,
    Coverage,
    Organization,
    Phone,
    Service,
)
from chalicelib.publishing import page_hosts
from chalicelib.publishing.forms import Form, Problems, Typed
from chalicelib.publishing.new_ids import slug_of
from chalicelib.publishing.service_fields import PHONES
from chalicelib.publishing.service_hiding import wrong_kind, wrong_where
from chalicelib.shared.email_addresses import is_address
from chalicelib.shared.locales import DEFAULT

_OLDEST = 130
_NO_PLACE_HERE = "A service with beds, or one that hides where it is, has no address here. Empty this."
_COUNTY = "Write its name, like Merced, or its number of five digits."
_ADDRESS = ("street", "city", "state", "postal_code")
_SENTENCES = ("what", "hours_note", "interpretation", "cost", "apply", "eligibility")


def by_number(text: str) -> str | None:
    """Return a county's number from five digits: for where no names are known."""
    return text if len(text) == 5 and _is_number(text) else None


def as_typed(service: Service, called: Callable[[str], str] = str) -> Typed:
    """Return a service as its form sends it when nothing was typed; `called` names a county by its number."""
    organization, address, coverage = service.organization, service.address, service.coverage
    texts: dict[str, str] = {
        **{name: getattr(service, name) for name in ("name", "name_lang", "email", "website", "mark")},
        **{name: getattr(service, name) for name in _SENTENCES},
        "organization": organization.name,
        "organization_website": organization.website,
        "organization_about": organization.description,
        "hours": text_of_hours(service.hours, False),
        "least_age": _digits(service.least_age),
        "most_age": _digits(service.most_age),
        "languages": _named(service.languages),
        "documents": "\n".join(service.documents),
        **{name: str(getattr(address, name)) for name in (_ADDRESS if address else ())},
        "counties": ", ".join(map(called, coverage.counties)),
        "zips": ", ".join(coverage.zips),
        "towns": "\n".join(coverage.towns),
        "sources": "\n".join(service.sources),
    }
    phones = service.phones
    return Typed(
        {
            **{name: [text] for name, text in texts.items()},
            "needs": list(service.needs),
            "audiences": list(service.audiences),
            "kind": [one.kind for one in phones],
            "number": [one.show for one in phones],
            "extension": [one.extension for one in phones],
            "answers": [_named(one.languages) for one in phones],
            "note": [one.note for one in phones],
            **{
                name: ["yes"] if getattr(service, name) else []
                for name in ("always", "confidential", "shown_first")
            },
        }
    )


EMPTY = Typed({"audiences": ["anyone"]})


def problems_of(
    form: Form,
    typed: Typed,
    old: Service | None,
    county: Callable[[str], str | None] = by_number,
    streets: Sequence[str] = (),
    beside: bool = False,
) -> Problems:
    """Return everything that is wrong with what was typed, by field; `county` knows a county's number.

    `streets` are those that it has had beside that of `old`; `beside` says that its organization offers
    something that hides where it is.
    """
    found = form.problems(typed)

    def note(name: str, problem: str) -> None:
        if problem:
            found.setdefault(name, problem)

    for number, row in enumerate(typed.rows(PHONES), 1):
        for name, problem in _wrong_phone(row).items():
            note(f"{name}-{number}", problem)
    for name in ("website", "organization_website"):
        note(
            name, page_hosts.why_no_link(page_hosts.web_address(typed.raw(name))) if typed.text(name) else ""
        )
    if typed.text("email") and not is_address(typed.text("email")):
        note("email", "This is no e-mail address. Write it like help@example.org.")
    note("hours", _wrong_hours(typed))
    note("languages", _wrong_languages(typed.text("languages")))
    for name in ("least_age", "most_age"):
        note(name, _wrong_age(typed.text(name)))
    if not {"least_age", "most_age"} & found.keys() and _age(typed, "least_age", 0) > _age(
        typed, "most_age", _OLDEST
    ):
        note("most_age", "This is less than the age before it.")
    wrong = [one for one in _parted(typed.raw("counties")) if not county(one)]
    note("counties", f"“{wrong[0][:40]}” is no county that is known here. {_COUNTY}" if wrong else "")
    wrong = [one for one in _parted(typed.raw("zips")) if not (len(one) == 5 and _is_number(one))]
    note("zips", f"“{wrong[0][:20]}” is no ZIP: each has five digits." if wrong else "")
    had = [old.address.street, *streets] if old and old.address else [*streets]
    _note_where(found, typed, had, beside, _is_abroad(old))
    for name, problem in ({} if hides(typed) else wrong_kind(typed, old)).items():
        note(name, problem)
    if typed.raw("checked") and not typed.text("role"):
        note("role", "Say in which role you checked it, like “county clerk”.")
    if "@" in typed.text("role"):
        note("role", "Write a role, like “county clerk”, and no address.")
    return found


def hides(typed: Typed) -> bool:
    """Say whether what was typed is a service of which nobody may learn where it is."""
    return bool(typed.raw("confidential")) or not CONFIDENTIAL_NEEDS.isdisjoint(typed.chosen("needs"))


def _is_abroad(old: Service | None) -> bool:
    return old is not None and old.address is not None and old.address.country != "US"


def _note_where(found: Problems, typed: Typed, streets: Sequence[str], beside: bool, abroad: bool) -> None:
    """Note what is wrong with where a service is; an address is refused though no field asks for it."""
    there = [name for name in _ADDRESS if typed.text(name)]
    if hides(typed):
        if there and "street" in there:
            found.setdefault("street", _NO_PLACE_HERE)
        for name, problem in wrong_where(typed, streets).items():
            found.setdefault(name, problem)
        return
    for name, problem in (wrong_where(typed, ()) if beside else {}).items():
        if name in ("organization", "organization_about"):  # it is said of all that the organization offers
            found.setdefault(name, problem)
    if there:
        for name in _ADDRESS:
            if name not in there:
                found.setdefault(
                    name, "An address has street, town, state and ZIP: write it, or empty them all."
                )
        if not abroad and not re.fullmatch(r"[0-9]{5}(-[0-9]{4})?", typed.text("postal_code")):
            found.setdefault("postal_code", "This is no ZIP. Write its five digits, like 95340.")


def service_of(
    typed: Typed,
    old: Service | None,
    service_id: str,
    place: str,
    organization: str,
    today: date,
    county: Callable[[str], str | None] = by_number,
) -> Service:
    """Return the service that was typed; `old` is what it was, `organization` the id of who offers it."""
    service = Service(
        id=service_id,
        serves=place,
        name=typed.text("name"),
        organization=Organization(
            organization,
            typed.text("organization"),
            _unless_name(typed.text("organization_about"), typed.text("organization")),
            page_hosts.web_address(typed.text("organization_website")),
        ),
        what=typed.text("what"),
        needs=tuple(one for one in NEEDS if one in typed.chosen("needs")),
        mark=typed.text("mark") or (old.mark if old else SINGLE),
        sources=tuple(dict.fromkeys(typed.lines("sources"))),
        read_on=old.read_on if old and not typed.raw("read") else today,
        name_lang=typed.text("name_lang") or DEFAULT,
        audiences=tuple(one for one in AUDIENCES if one in typed.chosen("audiences")),
        phones=tuple(dict.fromkeys(_phone(row) for row in typed.rows(PHONES) if row["number"].strip())),
        email=typed.text("email"),
        website=page_hosts.web_address(typed.text("website")),
        hours=_hours(typed),
        always=bool(typed.raw("always")),
        languages=_tags(typed.text("languages")),
        least_age=_age(typed, "least_age", None),
        most_age=_age(typed, "most_age", None),
        documents=tuple(dict.fromkeys(typed.lines("documents"))),
        address=None if hides(typed) or not typed.text("street") else Address(*map(typed.text, _ADDRESS)),
        confidential=bool(typed.raw("confidential")),
        coverage=_coverage(typed, county),
        shown_first=bool(typed.raw("shown_first")),
        hours_note=typed.text("hours_note"),
        interpretation=typed.text("interpretation"),
        cost=typed.text("cost"),
        apply=typed.text("apply"),
        eligibility=typed.text("eligibility"),
    )
    if old is None:
        return _confirmed(service, typed, today)
    return _confirmed(_with_rest(service, old, typed), typed, today)


def _coverage(typed: Typed, county: Callable[[str], str | None]) -> Coverage:
    return Coverage(
        tuple(dict.fromkeys(one for one in map(county, _parted(typed.raw("counties"))) if one)),
        tuple(dict.fromkeys(_parted(typed.raw("zips")))),
        tuple(dict.fromkeys(typed.lines("towns"))),
    )


def _with_rest(service: Service, old: Service, typed: Typed) -> Service:
    """Return a service with what its form does not ask for, as far as that still holds."""
    still = {
        tag: {name: text for name, text in texts.items() if getattr(old, name) == getattr(service, name)}
        for tag, texts in old.in_other.items()
    }
    country = old.address.country if old.address else "US"
    whole = replace(
        service,
        needs=_in_order(old.needs, service.needs),
        audiences=_in_order(old.audiences, service.audiences),
        address=replace(service.address, country=country) if service.address else None,
        status=old.status,
        in_other={tag: texts for tag, texts in still.items() if texts},
        assured_on=old.assured_on,
        assured_by=old.assured_by,
    )
    whole = replace(whole, extra=_still_so(old, whole))
    if not typed.raw("read"):
        whole = with_mark_that_holds(old, whole)
    if fell(old, whole):
        return replace(whole, assured_on=None, assured_by="")
    return whole


def _still_so(old: Service, new: Service) -> dict[str, Any]:
    """Return what an import brought besides, without what it said of a place or hours that are others now.

    Or else coordinates of an address that was taken away would go on going out to machines.
    """
    of_place = ("location", "service_at_location") if new.address != old.address else ()
    others = [
        "schedules" if (new.hours, new.always) != (old.hours, old.always) else "",
        "service_areas" if new.coverage != old.coverage else "",
    ]
    extra = {part: one for part, one in old.extra.items() if part not in of_place}
    if "service" in extra:
        extra["service"] = {name: one for name, one in extra["service"].items() if name not in others}
    return {part: one for part, one in extra.items() if one}


def _in_order(old: tuple[str, ...], new: tuple[str, ...]) -> tuple[str, ...]:
    """Return what is ticked in the order that it had: ticks have none."""
    return (*(one for one in old if one in new), *(one for one in new if one not in old))


def _confirmed(service: Service, typed: Typed, today: date) -> Service:
    if not typed.raw("checked"):
        return service
    return replace(service, assured_on=today, assured_by=typed.text("role"), read_on=today)


def organization_id(name: str, known: Iterable[Organization], old: Organization | None) -> str:
    """Return the id of an organization: that of the one of this name, else its own, else a new one."""
    wanted, ids = folded(name), []
    for one in known:
        if folded(one.name) == wanted:
            return one.id
        ids.append(one.id)
    if old is not None:
        return old.id
    made = slug_of(name) or "organization"
    return next(one for one in (made, *(f"{made}-{number}" for number in range(2, 9999))) if one not in ids)


def _wrong_phone(row: Mapping[str, str]) -> Problems:
    number = row["number"].strip()
    found: Problems = {}
    if not number:
        return {"number": "Write the number, or empty this line."} if any(
            row[name].strip() for name in ("extension", "answers", "note")
        ) else {}  # fmt: skip
    try:
        _, _, extension = read_number(number)
        if extension and row["extension"].strip() not in ("", extension):
            found["extension"] = "The number has another extension."
    except ValueError as error:
        found["number"] = f"{str(error)[:1].upper()}{str(error)[1:]}."
    if row["extension"].strip() and not _is_number(row["extension"].strip()):
        found["extension"] = "An extension has digits alone."
    if wrong := _wrong_languages(row["answers"]):
        found["answers"] = wrong
    return found


def _phone(row: Mapping[str, str]) -> Phone:
    show, value, extension = read_number(row["number"])
    note = " ".join(row["note"].split())
    return Phone(row["kind"], show, value, row["extension"].strip() or extension, _tags(row["answers"]), note)


def _wrong_hours(typed: Typed) -> str:
    if not typed.text("hours"):
        return ""
    if typed.raw("always"):
        return "Day and night is ticked: empty this, or take the tick away."
    read = read_hours(typed.raw("hours"))
    if read is None:
        return "These are no hours that can be read. Say am or pm, like “Mon-Fri 8am-5pm”, a line each."
    return "This is day and night: tick that, and empty this." if read[0] else ""


def _hours(typed: Typed) -> tuple[Any, ...]:
    read = read_hours(typed.raw("hours")) if typed.text("hours") else None
    return read[1] if read else ()


def _wrong_languages(text: str) -> str:
    unknown = next((one for one in _parted(text) if not _tag(one)), "")
    return f"“{unknown[:40]}” is no language that is known here. Write its English name." if unknown else ""


def _tags(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(_tag(one) for one in _parted(text)))


def _tag(text: str) -> str:
    return tag_of("", text) or tag_of(text, text, text)  # its name first: “Lao” is no code


def _named(tags: Iterable[str]) -> str:
    return ", ".join(NAMES.get(one, one) for one in tags)


def _wrong_age(text: str) -> str:
    fits = not text or (_is_number(text) and int(text) <= _OLDEST)
    return "" if fits else "Write an age in whole years, or leave it empty."


def _age(typed: Typed, name: str, default: Any) -> Any:
    return int(typed.text(name)) if typed.text(name) else default


def _digits(value: int | None) -> str:
    return "" if value is None else str(value)


def _parted(text: str) -> list[str]:
    parts = text.replace("\n", ",").replace(";", ",").split(",")
    return [" ".join(one.split()) for one in parts if one.strip()]


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal()


def _unless_name(text: str, name: str) -> str:
    return "" if text == name else text
