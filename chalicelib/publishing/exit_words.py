"""Linter of what pages say about the exit: the sentence names what opens, and must not outlive it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from chalicelib.directory.document_ids import CATALOG, SITE
from chalicelib.directory.errors import DocumentInvalid
from chalicelib.pages.po_files import read_po
from chalicelib.publishing.catalog_checks import offered
from chalicelib.publishing.documents import ASKS, TELLS, Problem
from chalicelib.publishing.json_documents import read
from chalicelib.publishing.page_hosts import host_of
from chalicelib.shared.locales import DEFAULT, ENDONYMS

# As templates/public/layout.html says it; a test finds it there.
SENTENCE = "This button opens a weather page. It does not clear your history."


def check(
    whole: Mapping[str, str],
    shipped: Mapping[str, str],
    sentences: Collection[str] = (SENTENCE,),
    before: Mapping[str, Sequence[str]] | None = None,
) -> list[Problem]:
    """Name the languages that say what the exit of the package opened, when it opens another site now.

    `before` is as in CheckDocuments: the publish that changes the exit asks, a later one tells.
    """
    if SENTENCE not in sentences or host_of(_exit(whole[SITE])) == host_of(_exit(shipped[SITE])):
        return []
    return [
        Problem(
            CATALOG + locale,
            0,
            f"The exit leads to {host_of(_exit(whole[SITE]))} now, and {ENDONYMS[locale]} still says"
            f" “{_said(whole[CATALOG + locale])}” Write that sentence anew.",
            _weight(whole, before),
        )
        for locale in old_words(whole, shipped)
    ]


def old_words(whole: Mapping[str, str], shipped: Mapping[str, str]) -> list[str]:
    """Return the offered languages whose sentence about the exit is as the package has it."""
    return [
        locale
        for locale in [DEFAULT, *(one for one in offered(whole) if one != DEFAULT)]
        if CATALOG + locale in whole
        and _said(whole[CATALOG + locale]) == _said(shipped.get(CATALOG + locale, ""))
    ]


def _said(catalog: str) -> str:
    """Return the sentence as a catalog has it; the English one where there is no other."""
    try:
        entries = read_po(catalog)
    except DocumentInvalid:
        return SENTENCE
    found = next((one for one in entries if one.source == SENTENCE and one.text and not one.unsure), None)
    return found.text if found else SENTENCE


def _weight(whole: Mapping[str, str], before: Mapping[str, Sequence[str]] | None) -> str:
    if before is None:
        return ASKS
    published = [host_of(_exit(text)) for text in before.get(SITE, ())[:1]]
    return ASKS if published and published != [host_of(_exit(whole[SITE]))] else TELLS


def _exit(site: str) -> str:
    return str(read(SITE, site).get("exit_url") or "")
