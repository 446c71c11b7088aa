"""Labels of a service's fields, and its parts in a clerk's words: what its changes are told in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chalicelib.directory.hsds.languages import NAMES
from chalicelib.shared.locales import ENDONYMS

SERVICE_LABELS = {
    "name": "Name",
    "name_lang": "Language of the name",
    "serves": "Town or area",
    "organization": "Who offers it",
    "what": "What they do",
    "needs": "What somebody needs",
    "audiences": "For whom",
    "phones": "Phone",
    "email": "E-mail address",
    "website": "Web page",
    "hours": "Hours",
    "always": "Day and night",
    "hours_note": "About the hours",
    "languages": "Languages they speak",
    "interpretation": "Interpreters",
    "cost": "What it costs",
    "apply": "How to get it",
    "eligibility": "Who can get it",
    "least_age": "From which age",
    "most_age": "Up to which age",
    "documents": "What to bring",
    "address": "Where to go",
    "confidential": "Nobody may learn where it is",
    "coverage": "Whom it serves",
    "status": "Whether it is offered",
    "assured_on": "Last confirmed on",
    "assured_by": "Last confirmed by",
    "shown_first": "On a first page",
    "mark": "How sure we are",
    "sources": "Source",
    "read_on": "Source read on",
    "in_other": "Translations",
    "extra": "What an import brought besides",
}
NEED_WORDS = {
    "danger": "in danger right now",
    "talk": "somebody to talk to",
    "bed": "a safe place to stay",
    "doctor": "a doctor",
    "lawyer": "a lawyer",
    "papers": "papers: immigration, identity, letters",
    "work": "work: wages, a job, rights at work",
    "food": "food",
    "money": "money",
    "ride": "a ride",
    "children": "help with children",
    "school": "school",
    "report": "to tell an office what somebody saw",
}
AUDIENCE_WORDS = {
    "lgbtq": "lesbian, gay, bi, trans and queer people",
    "partners": "people hurt by a partner",
    "victims": "victims of a crime",
}
PHONE_WORDS = {"voice": "phone call", "text": "text message", "tty": "TTY, for deaf callers", "fax": "fax"}
STATUS_WORDS = {"active": "offered", "paused": "not now", "retired": "not any more"}
_COVERAGE = {"counties": "county", "zips": "ZIP", "towns": "town"}
_DAYS = {
    "MO": "Monday", "TU": "Tuesday", "WE": "Wednesday", "TH": "Thursday", "FR": "Friday", "SA": "Saturday",
    "SU": "Sunday",
}  # fmt: skip


def parts_of(name: str, value: Any) -> list[str] | None:
    """Return a part of a service that is made of parts, in words, a line each; None for any other field."""
    if name == "phones" and _are_entries(value):
        return [_phone(one) for one in value]
    if name == "hours" and _are_entries(value):
        return [_hours(one) for one in value]
    if name == "organization" and isinstance(value, Mapping):
        return [str(value[one]) for one in ("name", "website", "description") if value.get(one)]
    if name == "address" and isinstance(value, Mapping):
        parts = (str(value.get(one) or "") for one in ("street", "city", "state", "postal_code", "country"))
        return [", ".join(filter(None, parts))]
    if name == "coverage" and isinstance(value, Mapping):
        return [
            f"{_COVERAGE.get(kind, kind)} {one}" for kind, listed in value.items() for one in _list(listed)
        ]
    if name == "languages" and isinstance(value, list):
        return [NAMES.get(str(one), str(one)) for one in value]
    if name == "in_other" and isinstance(value, Mapping):
        return [
            f"{ENDONYMS.get(str(tag), tag)}: {SERVICE_LABELS.get(str(field), field)}: {text}"
            for tag, texts in value.items()
            if isinstance(texts, Mapping)
            for field, text in texts.items()
        ]
    if name in ("needs", "audiences", "status") and isinstance(value, str | list):
        words = {"needs": NEED_WORDS, "audiences": AUDIENCE_WORDS, "status": STATUS_WORDS}[name]
        return [words.get(str(one), str(one)) for one in ([value] if isinstance(value, str) else value)]
    return None


def _phone(phone: Mapping[str, Any]) -> str:
    kind = str(phone.get("kind") or "")
    text = f"{PHONE_WORDS.get(kind, kind)} {phone.get('show') or ''}"
    if phone.get("extension"):
        text += f", extension {phone['extension']}"
    if phone.get("languages"):
        text += f", in {', '.join(map(str, _list(phone['languages'])))}"
    return f"{text}: {phone['note']}" if phone.get("note") else text


def _hours(hours: Mapping[str, Any]) -> str:
    days = ", ".join(_DAYS.get(str(one), str(one)) for one in _list(hours.get("days")))
    return f"{days}, {hours.get('opens')} to {hours.get('closes')}"


def _are_entries(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(one, Mapping) for one in value)


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
