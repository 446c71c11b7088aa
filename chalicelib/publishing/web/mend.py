"""Links from texts and findings to the form in which each is changed: the entry, the sentence, the mail."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote, urlencode

from chalicelib.directory.document_ids import (
    CONTACTS,
    MAIL_TEMPLATE,
    PLACES,
    RECIPIENTS,
    SITE,
    fingerprint,
    locale_of,
    name_of,
)
from chalicelib.directory.errors import DocumentInvalid
from chalicelib.pages.po_files import read_po
from chalicelib.publishing.documents import Problem
from chalicelib.publishing.field_labels import plain
from chalicelib.shared.locales import DEFAULT

_FORMS = {
    CONTACTS: "/admin/contacts",
    PLACES: "/admin/towns",
    RECIPIENTS: "/admin/recipients",
    SITE: "/admin/site",
}
_ENTRY = re.compile(r'"(?:id|slug)"\s*:\s*"([a-z0-9-]{1,80})"')
_ENTRIES = {CONTACTS: "/admin/contact?c=", PLACES: "/admin/town?p="}


@dataclass(frozen=True, slots=True)
class Mend:
    """A finding in a clerk's words: `href` is where it is mended, `place` what that form is called.

    `page` is the address of a page of the preview that shows it, or nothing.
    """

    said: str
    href: str
    place: str
    page: str = ""


def form_of(document: str) -> str:
    """Return the address of the screen on which a document is changed.

    What a page says is changed where it is seen, in the preview.
    """
    if locale_of(document):
        return f"/admin/sentences?d={document}"
    if document.startswith(MAIL_TEMPLATE):
        return f"/admin/mail?m={document.removeprefix(MAIL_TEMPLATE).partition('/')[0]}"
    return _FORMS.get(document, "/admin/preview")


def mend_of(problem: Problem, texts: Mapping[str, str]) -> Mend:
    """Return a finding in words, with the way to its form; `texts` are those that were checked."""
    locale, _, page = problem.page.partition("/")
    preview = f"/admin/preview?{urlencode({'locale': locale, 'page': page})}" if page else ""
    text = texts.get(problem.document, "")
    href = _entry(problem, text) or form_of(problem.document)
    return Mend(plain(problem.sentence), href, name_of(problem.document), preview)


def _entry(problem: Problem, text: str) -> str:
    """Return the form of the entry or the sentence that a line belongs to, where it can be told."""
    if not (text and problem.line):
        return ""
    above = "\n".join(text.split("\n")[: problem.line])
    if problem.document in _ENTRIES:
        found = _ENTRY.findall(above)
        return f"{_ENTRIES[problem.document]}{quote(found[-1])}" if found else ""
    locale = locale_of(problem.document)
    return _sentence(text, problem.line, locale) if locale else ""


def _sentence(text: str, line: int, locale: str) -> str:
    try:
        entries = [entry for entry in read_po(text) if entry.source and entry.line <= line]
    except DocumentInvalid:
        return ""
    if not entries:
        return ""
    key = fingerprint(max(entries, key=lambda entry: entry.line).source)
    return f"/admin/sentence?k={key}" + (f"&l={locale}" if locale != DEFAULT else "")
