"""Links from what the checks found to the form field that mends it; to a line only where no form does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlencode

from chalicelib.delivery import mail_frames
from chalicelib.desk.people import PUBLISHER, Person
from chalicelib.directory.document_ids import (
    CONTACTS,
    PLACES,
    RECIPIENTS,
    SERVICES,
    SITE,
    base_of,
    locale_of,
    place_of,
)
from chalicelib.publishing.documents import Problem
from chalicelib.publishing.field_labels import readable, shortened, title_of
from chalicelib.publishing.finding_fields import FindingFields, FoundField, Lookup
from chalicelib.shared.errors import EntryMissing
from chalicelib.shared.locales import DEFAULT

_MOST = 500  # findings that lead to fields; who has more mends these first
_LISTS = {CONTACTS: "contacts", PLACES: "towns", RECIPIENTS: "recipients", SITE: "site", SERVICES: "services"}
_FORMS = {CONTACTS: ("contact", "c"), PLACES: ("town", "p"), RECIPIENTS: ("recipient", "r")}
_PARTS = {"exit": "The exit", "hotline": "The hotline", "languages": "Languages"}


@dataclass(frozen=True, slots=True)
class FindingLink:
    """Where a finding is mended, in words; `lines` is the address of its line of text, for who may want it.

    Where no form holds what it is about, `href` is that line. An editor, whom it does not open, is led to the
    list of such things, or nowhere where there is none.
    """

    href: str
    words: str
    lines: str = ""


LinkOf = Callable[[Problem], FindingLink]


def links(text_of: Callable[[str], str], who: Person) -> LinkOf:
    """Return what makes the link of a finding; `text_of` gives the text of a document that was checked."""
    fields = FindingFields(text_of)
    made: dict[Problem, FindingLink] = {}

    def link(problem: Problem) -> FindingLink:
        if problem not in made:
            made[problem] = _link(problem, fields if len(made) < _MOST else _none, who)
        return made[problem]

    return link


def _link(problem: Problem, field_of: Lookup, who: Person) -> FindingLink:
    lines = _lines(problem)
    try:
        found = field_of(problem)
    except EntryMissing:  # it is about no document that there is
        found = None
    if found is None:
        at = f", line {problem.line}" if problem.line else ""
        words = f"{title_of(problem.document)}{at}"
        if who.may(PUBLISHER):
            return FindingLink(lines, words)
        path = f"/admin/{_LISTS[problem.document]}" if problem.document in _LISTS else ""
        return FindingLink(path, words if path else f"{words}: a publisher mends this")
    path, words = _form(found, who)
    anchor = f"#{found.field}" if found.field and path != "/admin/recipients" else ""
    return FindingLink(f"{path}{anchor}", words, lines if who.may(PUBLISHER) else "")


def _none(problem: Problem) -> FoundField | None:
    return None


def _form(found: FoundField, who: Person) -> tuple[str, str]:
    """Return the address of a form, and what it is of. What an editor wrote is quoted in it (URL)."""
    document, title = base_of(found.document), title_of(found.document)
    if document in _FORMS and found.entry and (document != RECIPIENTS or who.may(PUBLISHER)):
        path, name = _FORMS[document]
        return f"/admin/{path}?{urlencode({name: found.entry})}", shortened(found.name)
    if document == SERVICES and found.entry:
        asked = urlencode({"p": place_of(found.document), "s": found.entry})
        return f"/admin/service?{asked}", shortened(found.name)
    if document == SITE and found.entry:
        return f"/admin/site/change?{urlencode({'part': found.entry})}", _PARTS[found.entry]
    if document in _LISTS:
        return f"/admin/{_LISTS[document]}", shortened(found.name) or title
    if document in mail_frames.DOCUMENTS:
        return f"/admin/mail?{urlencode({'m': found.entry})}", title
    if not found.entry:
        return f"/admin/sentences?{urlencode({'d': document})}", title
    locale = locale_of(document)
    language = {"l": locale} if locale != DEFAULT else {}
    words = f"{title}: “{shortened(readable(found.name))}”"
    return f"/admin/sentence?{urlencode({'k': found.entry, **language})}", words


def _lines(problem: Problem) -> str:
    asked = {"d": problem.document, **({"line": problem.line} if problem.line else {})}
    return f"/admin/text/lines?{urlencode(asked, safe='/')}" + (f"#L{problem.line}" if problem.line else "")
