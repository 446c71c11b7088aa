"""Sample pages: what fills those that are rendered on request when somebody only wants to see them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from chalicelib.directory.recipients import Recipient
from chalicelib.pages.page_headers import ERROR_STATUSES
from chalicelib.reporting import form_fields
from chalicelib.reporting.render.contexts import RecipientChoice, RecipientState, ReplyText, WriteBox
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


# How the names of those end that are made on request.
MADE_ON_REQUEST = ("/note", "/note-mended", "/receipt", "/code", "/answer", "/answer-replies", "/answer-sent")


_ANSWER_PROBLEMS = {
    form_fields.STORY: "story_missing",
    form_fields.RECIPIENTS: "no_recipient",
    form_fields.TOKEN: "too_many_today",
}
REPLIES = (
    ReplyText("4", _WHEN, "Thank you.\n\nSee example.org", "All of it.", 1, files=2, cut=True),
    ReplyText("3", _WHEN, "", status=2, hidden=True, unproven=True),
    ReplyText("2", _WHEN, "", status=3),
    ReplyText("1", _WHEN, "", status=4),
)


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
    of_place = [f"{page}/note", f"{page}/note-mended", f"{page}/receipt"]
    answers = [f"{locale}/answer", f"{locale}/answer-replies", f"{locale}/answer-sent"]
    return [*of_place, f"{locale}/code", *answers]


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
    if rest in site.areas:
        return site.area(locale, rest)
    if rest in site.other_pages:
        return site.other(locale, rest)
    if rest == "code":
        return site.code(locale, "code_unknown")
    if rest == "answer":
        states = [RecipientState(f"Office {state}", state, _WHEN) for state in STATES]
        return site.delivery_status(locale, states)
    if rest == "answer-replies":
        return with_replies(site, locale)
    if rest == "answer-sent":
        return site.sent(locale, ["Office one", "Office two"])
    if rest.startswith("error-") and rest[6:].isdecimal() and int(rest[6:]) in ERROR_STATUSES:
        return site.error(locale, int(rest[6:]))
    raise KeyError(name)


def with_replies(
    site: FormPages, locale: str, problems: Mapping[str, str] = _ANSWER_PROBLEMS, closed: str = ""
) -> str:
    """Render delivery status with all that can stand there once offices wrote back."""
    states = [
        RecipientState("Office one", "delivered", _WHEN, replied=True, replies=REPLIES, written=_WHEN),
        RecipientState("Office two", "delivered", _WHEN, said="none_yet"),
        RecipientState("Office three", "sent", _WHEN, said="never"),
    ]
    offices = [
        RecipientChoice("one", "Office one", "An office.", "It is not another.", False),
        RecipientChoice("two", "Office two", "An office.", "It is not another.", True, ticked=False),
    ]
    box = WriteBox(
        action="",
        code=SAMPLE_CODE,
        token="-",  # noqa: S106 (shown to nobody)
        text="An invented line.",
        offices=offices,
        problems=problems,
        closed=closed,
        a_day=5,
    )
    return site.delivery_status(
        locale,
        states,
        today=_WHEN,
        kept_until=_WHEN,
        writes_back=True,
        unopened=True,
        older=True,
        box=box,
    )


def headers(site: FormPages, name: str) -> dict[str, str]:
    """Return the HTTP headers of the page of this name."""
    has_form = name.rpartition("/")[2] in ("note", "note-mended", "code", "answer-replies")
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
