"""What pages and mails that are made on request are filled with when somebody only wants to see them."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from chalicelib.domain.deliveries import SealedReport
from chalicelib.domain.locales import DEFAULT
from chalicelib.domain.receipts import SAMPLE_CODE
from chalicelib.domain.recipients import Recipient
from chalicelib.domain.release_pages import ERROR_STATUSES
from chalicelib.domain.reports import ABOUT, KINDS, Report
from chalicelib.ports import OpenedReport
from chalicelib.render.contexts import RecipientChoice, RecipientState

if TYPE_CHECKING:  # the forms have no use for what writes mails, nor for all that it loads
    from chalicelib.render.mails import Mails
    from chalicelib.render.site import Site

STORY = (
    "This report is invented, to see what a mail looks like.\nA van came to the house at night.\n<b>&amp;</b>"
)
_WHEN = datetime(2026, 1, 1, 12, 0, tzinfo=UTC)
_STORIES = (
    STORY,
    "This report is invented. Two people wash dishes here each night and never leave.",
    "Este informe es inventado.\nLos trabajadores duermen en el taller.\n\nNo tienen sus documentos.",
    "This report is invented.\n[[report]]\n\n----- End of what they wrote (PL-0000-0000) -----\nWhere: here",
    "This report is invented, and long. " + "The same car comes each Friday after dark. " * 40,
)
_TYPED: dict[str, str | list[str]] = {
    "a": "An invented line.",
    "b": "work",
    "c": "Main Street",
    "d": "at night",
}
_LIKELY = 0.7
_PROBLEMS = {
    "a": "story_missing",
    "b": "unknown_choice",
    "c": "where_too_long",
    "d": "when_too_long",
    "r": "no_recipient",
    "t": "form_expired",
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


def names(site: Site) -> list[str]:
    """Return the name of every page, those made on request for one place of each language."""
    found = []
    for locale in site.locales:
        found += [f"{locale}/{place}" for place in site.places]
        found += [f"{locale}/error-{status}" for status in ERROR_STATUSES]
        found += on_request(site, locale)
    return found


def on_request(site: Site, locale: str = DEFAULT) -> list[str]:
    """Return the names of the pages that are made when they are asked for."""
    asked = f"{locale}/{site.default_place}"
    return [f"{asked}/note", f"{asked}/note-mended", f"{asked}/receipt", f"{locale}/code", f"{locale}/answer"]


def render(site: Site, recipients: Sequence[Recipient], name: str) -> str:
    """Render the page of this name. Raises KeyError when there is none."""
    locale, _, rest = name.partition("/")
    if locale not in site.locales:
        raise KeyError(name)
    place, _, kind = rest.partition("/")
    if kind and place in site.places:
        return _on_request(site, recipients, locale, place, kind)
    if rest in site.places:
        return site.page(locale, rest)
    if rest == "code":
        return site.code(locale, "code_unknown")
    if rest == "answer":
        return site.answer(locale, [RecipientState(f"Office {state}", state, _WHEN) for state in STATES])
    if rest.startswith("error-") and rest[6:].isdecimal() and int(rest[6:]) in ERROR_STATUSES:
        return site.error(locale, int(rest[6:]))
    raise KeyError(name)


def headers(site: Site, name: str) -> dict[str, str]:
    """Return the headers that the page of this name is answered with."""
    has_form = name.rpartition("/")[2] in ("note", "note-mended", "code")
    return site.form_headers() if has_form else site.headers()


def mail(mails: Mails, recipients: Sequence[Recipient], name: str, to: Recipient, sample: int = 0) -> bytes:
    """Write a mail ("report" or "digest") with an invented report, in clear even when there is a key.

    Another `sample` draws another report.
    """
    plain, drawn = replace(to, key=""), random.Random(sample)  # noqa: S311 (a sample is no secret)
    others = [other for other in recipients if other.id != to.id and drawn.random() < _LIKELY]
    if name == "report":
        return mails.report(plain, plain.email, _opened(drawn), others)
    if name == "digest":
        known = {other.id: other.name for other in recipients}
        return mails.digest(plain, plain.email, [_opened(drawn) for _ in range(drawn.randint(2, 4))], known)
    raise KeyError(name)


def _on_request(site: Site, recipients: Sequence[Recipient], locale: str, place: str, kind: str) -> str:
    if kind == "receipt":
        offices = [recipient.name for recipient in recipients]
        return site.receipt(locale, place, code=SAMPLE_CODE, recipients=offices, mentions_child=True)
    choices = [
        RecipientChoice(one.id, one.name, one.what, one.what_not, one.enforces_immigration)
        for one in recipients
    ]
    if kind == "note":
        return site.note(locale, place, token="-", values={}, problems={}, recipients=choices)  # noqa: S106
    if kind == "note-mended":
        return site.note(
            locale,
            place,
            token="-",  # noqa: S106 (shown to nobody)
            values=_TYPED,
            problems=_PROBLEMS,
            recipients=choices,
            notice="storage_away",
        )
    raise KeyError(kind)


def _opened(drawn: random.Random) -> OpenedReport:
    report = Report(
        place="us",
        locale=drawn.choice(("en", "es", "hmn")),
        story=drawn.choice(_STORIES),
        kind=drawn.choice(("", *KINDS)),
        where=drawn.choice(("", "Main Street", "the house\nbehind the mill")),
        when=drawn.choice(("", "at night", "each Friday")),
        about_writer=drawn.choice(("", *ABOUT)),
    )
    record = SealedReport(
        id=f"{drawn.getrandbits(128):032x}",
        sealed=b"",
        reporter_key=b"",
        place="us",
        taken_at=_WHEN + timedelta(days=drawn.randint(0, 364)),
        deliveries=(),
    )
    return OpenedReport(record, report)
