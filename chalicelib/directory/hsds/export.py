"""Export of all services (HSDS JSON, flat CSV): dated texts that the import takes back without a loss."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date

from chalicelib.directory.hsds.cells import list_cell, phone_cell
from chalicelib.directory.hsds.columns import EXPORTED, WRITTEN
from chalicelib.directory.hsds.hours import text_of_hours
from chalicelib.directory.hsds.records import VERSION, Setting, service_record
from chalicelib.directory.hsds.tables import safe_cell
from chalicelib.directory.services import Service

LICENCE = "CC BY 4.0"
_MARK = "\ufeff"  # by which a spreadsheet knows UTF-8 (byte order mark)


@dataclass(frozen=True, slots=True)
class Export:
    """One file: what it is called, with its day, and its text."""

    name: str
    text: str


def export_json(services: Iterable[Service], setting: Setting) -> Export:
    """Return all services in full as one HSDS document, a line each."""
    day = setting.on.date()
    records = ",\n".join(_compact(service_record(one, setting)) for one in services)
    return Export(f"services-{day}.json", f"{export_head(day)}{records}\n]}}\n")


def export_head(day: date) -> str:
    """Return how that document begins, up to its first record."""
    head = {"version": VERSION, EXPORTED: day.isoformat(), "license": LICENCE}
    return f'{_compact(head)[:-1]},"services":[\n'


def export_csv(services: Iterable[Service], on: date, public: bool = False) -> Export:
    """Return all services as one flat sheet, a row each.

    A `public` one is without the columns of others that nobody here knows: they were written for inside.
    """
    written = io.StringIO(newline="")
    writer = csv.writer(written, lineterminator="\r\n")
    writer.writerow(WRITTEN)
    shown = (_without_columns(service) if public else service for service in services)
    writer.writerows([safe_cell(one) for one in _cells(service, on)] for service in shown)
    return Export(f"services-{on}.csv", f"{_MARK}{written.getvalue()}")


def _without_columns(service: Service) -> Service:
    return replace(service, extra={part: one for part, one in service.extra.items() if part != "columns"})


def _cells(service: Service, on: date) -> list[str]:
    address = service.address
    cells = {
        "id": service.id,
        "name": service.name,
        "organization": service.organization.name,
        "organization_id": service.organization.id,
        "organization_description": service.organization.description,
        "organization_website": service.organization.website,
        "what": service.what,
        "needs": list_cell(service.needs),
        "audiences": list_cell(service.audiences),
        "phones": phone_cell(service.phones),
        "email": service.email,
        "website": service.website,
        "hours": text_of_hours(service.hours, service.always),
        "hours_note": service.hours_note,
        "languages": list_cell(service.languages),
        "interpretation": service.interpretation,
        "cost": service.cost,
        "how_to_apply": service.apply,
        "eligibility": service.eligibility,
        "least_age": _number(service.least_age),
        "most_age": _number(service.most_age),
        "documents": list_cell(service.documents),
        "street": address.street if address else "",
        "city": address.city if address else "",
        "state": address.state if address else "",
        "zip": address.postal_code if address else "",
        "country": address.country if address else "",
        "counties": list_cell(service.coverage.counties),
        "zips": list_cell(service.coverage.zips),
        "towns": list_cell(service.coverage.towns),
        "confidential": "yes" if service.confidential else "",
        "status": service.status,
        "assured_on": service.assured_on.isoformat() if service.assured_on else "",
        "assured_by": service.assured_by,
        "serves": service.serves,
        "mark": service.mark,
        "sources": list_cell(service.sources),
        "read_on": service.read_on.isoformat(),
        "name_lang": service.name_lang,
        "shown_first": "yes" if service.shown_first else "",
        "in_other": _compact(service.in_other) if service.in_other else "",
        "extra": _compact(service.extra) if service.extra else "",
        EXPORTED: on.isoformat(),
    }
    return [cells[name] for name in WRITTEN]


def _number(value: int | None) -> str:
    return "" if value is None else str(value)


def _compact(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
