"""Sample pages: what fills those that are rendered on request when somebody only wants to see them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from chalicelib.directory.recipients import Recipient
from chalicelib.pages.page_headers import ERROR_STATUSES
from chalicelib.reporting import form_fields
from chalicelib.reporting.render.contexts import RecipientChoice, RecipientState
from chalicelib.reporting.render.form_pages import FormPages
from chalicelib.shared.locales import DEFAULT

SAMPLE_CODE = "12345678901234567890"  # nobody's

_WHEN = datetime(2026, 1, 1, 12, 0, tzinfo=UTC)
_TYPED: dict[str, str | list[str]] = {
    form_fields.STORY: "An invented line.",
    form_fields.KIND: "work",
    form_fields.WHERE: "Main Street",
    form_fields.WHEN: "at night",
    form_fields.VEHICLE: "red",
    form_fields.DANGER: "yes",
}
_PROBLEMS = {
    form_fields.STORY: "story_missing",
    form_fields.KIND: "unknown_choice",
    form_fields.WHERE: "where_too_long",
    form_fields.WHEN: "when_too_long",
    form_fields.VEHICLE: "vehicle_too_long",
    form_fields.DANGER: "unknown_choice",
    form_fields.RECIPIENTS: "no_recipient",
    form_fields.TOKEN: "form_expired",
}
STATES = (
    "queued",
    "sent",
    "delivered",
    "delayed",
    "bounced",
    "complained",
    "rejected",
    "held",
    "fallen_back",
    "failed",
    "withheld",
)


MADE_ON_REQUEST = ("/note", "/note-mended", "/receipt", "/code", "/answer")  # how their names end


def names(site: FormPages) -> list[str]:
    """Return the name of every page, those made on request for one place of each language."""
    names_of_all = []
    for locale in site.locales:
        names_of_all += [f"{locale}/{place}" for place in site.places]
        names_of_all += [f"{locale}/{name}" for name in site.other_pages]
        names_of_all += [f"{locale}/error-{status}" for status in ERROR_STATUSES]
        names_of_all += on_request(site, locale)
    return names_of_all


def on_request(site: FormPages, locale: str = DEFAULT) -> list[str]:
    """Return the names of the pages that are made when they are asked for."""
    page = f"{locale}/{site.default_place}"
    return [f"{page}/note", f"{page}/note-mended", f"{page}/receipt", f"{locale}/code", f"{locale}/answer"]


def render(site: FormPages, recipients: Sequence[Recipient], name: str) -> str:
    """Render the page of this name. Raises KeyError when there is none."""
    locale, _, rest = name.partition("/")
    if locale not in site.locales:
        raise KeyError(name)
    place, _, kind = rest.partition("/")
    if kind and place in site.places:
        return _on_request(site, recipients, locale, place, kind)
    if rest in site.places:
        return site.page(locale, rest)
    if rest in site.other_pages:
        return site.other(locale, rest)
    if rest == "code":
        return site.code(locale, "code_unknown")
    if rest == "answer":
        states = [RecipientState(f"Office {state}", state, _WHEN) for state in STATES]
        return site.delivery_status(locale, states)
    if rest.startswith("error-") and rest[6:].isdecimal() and int(rest[6:]) in ERROR_STATUSES:
        return site.error(locale, int(rest[6:]))
    raise KeyError(name)


def headers(site: FormPages, name: str) -> dict[str, str]:
    """Return the HTTP headers of the page of this name."""
    has_form = name.rpartition("/")[2] in ("note", "note-mended", "code")
    return site.form_headers() if has_form else site.headers()


def _on_request(site: FormPages, recipients: Sequence[Recipient], locale: str, place: str, kind: str) -> str:
    if kind == "receipt":
        offices = [recipient.name for recipient in recipients]
        return site.receipt(locale, place, code=SAMPLE_CODE, recipients=offices, mentions_child=True)
    choices = [
        RecipientChoice(r.id, r.name, r.what, r.what_not, r.enforces_immigration, nature=r.nature)
        for r in recipients
    ]
    if kind == "note":
        return site.form(locale, place, token="-", values={}, problems={}, recipients=choices)  # noqa: S106
    if kind == "note-mended":
        return site.form(
            locale,
            place,
            token="-",  # noqa: S106 (shown to nobody)
            values=_TYPED,
            problems=_PROBLEMS,
            recipients=choices,
            notice="storage_away",
        )
    raise KeyError(kind)
