"""Document ids, kinds, file paths and fingerprints: which texts the site is made of.

Contacts, places and services are kept a document a place, so that no town's draft meets another town's.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from chalicelib.directory.errors import DocumentInvalid
from chalicelib.directory.places import is_slug
from chalicelib.directory.us_states import POSTAL_LETTERS
from chalicelib.shared.language_names import language_name
from chalicelib.shared.locales import ENDONYMS

CONTACTS = "contacts"
PLACES = "places"
RECIPIENTS = "recipients"
SITE = "site"
SERVICES = "services"
ZIPS = "zips"  # ships with the package, and changes only with it: nobody edits this one
JSON_DOCUMENTS = (CONTACTS, PLACES, RECIPIENTS, SITE)
BY_PLACE = (CONTACTS, PLACES, SERVICES)  # what each place has a document of: "contacts/los-banos-ca"
JOINED = (CONTACTS, PLACES)  # those of all places are put together before pages are rendered from them

CATALOG = "catalog/"
PUBLIC_TEMPLATE = "template/public/"
MAIL_TEMPLATE = "template/mail/"

# What an older package had as documents, and this one writes by itself: shown, and no longer changed.
RETIRED = (f"{MAIL_TEMPLATE}report/subject.txt", f"{MAIL_TEMPLATE}digest/subject.txt")
# What documents are called on the screens; pages and languages have names of their own.
NAMES = {
    "contacts": "Contacts: who people can call or write to",
    "places": "Places",
    "recipients": "Recipients: who gets reports",
    "site": "Settings of the site",
    "template/mail/report/body.txt": "The mail with a report: the text around it",
    "template/mail/digest/body.txt": "The mail with many reports: the text around them",
    "template/mail/report/subject.txt": "The subject of a mail with a report",
    "template/mail/digest/subject.txt": "The subject of a mail with many reports",
}
OF_PLACE = {CONTACTS: "Contacts of", PLACES: "The page and place of", SERVICES: "Services of"}
_POSTAL = frozenset(letters.upper() for letters in POSTAL_LETTERS.values())
_PAGES = {
    "about": "The page about the site",
    "answer": "The answer to a code",
    "code": "The page to type a code",
    "error": "The page for what went wrong",
    "layout": "What stands around every page",
    "more": "The page with more numbers",
    "note": "The form to write to an office",
    "page": "The page of a town",
    "parts": "Pieces that pages share",
    "receipt": "The page after writing",
    "services": "The pages of counties",
}
_FILE_LETTERS = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-_.")


def kind_of(document: str) -> str:
    """Return "contacts", "places", "services", "recipients", "site", "catalog", or a kind of template.

    Raises DocumentInvalid when the id names no kind of document.
    """
    if document in JSON_DOCUMENTS or place_of(document):
        return base_of(document)
    if document.startswith(CATALOG) and locale_of(document) in ENDONYMS:
        return "catalog"
    folders, _, name = document.rpartition("/")
    if _is_file_name(name):
        if folders + "/" == PUBLIC_TEMPLATE and name.endswith((".html", ".css")):
            return "page template"
        mail = folders.removeprefix(MAIL_TEMPLATE)
        if mail != folders and _is_file_name(mail) and "." not in mail and name.endswith(".txt"):
            return "mail template"
    raise DocumentInvalid(f"there is no document {document!r}")


def base_of(document: str) -> str:
    """Return the document that one of a place is a part of: "contacts" for "contacts/los-banos-ca".

    Any other document is its own.
    """
    base, slash, slug = document.partition("/")
    return base if slash and base in BY_PLACE and is_slug(slug) else document


def documents_of_place(slug: str) -> tuple[str, ...]:
    """Return the ids of all documents that a place has: they are rolled back together."""
    return tuple(f"{base}/{slug}" for base in BY_PLACE)


def place_of(document: str) -> str:
    """Return the slug of the place that a document belongs to, or nothing when it belongs to the site."""
    base = base_of(document)
    return document.removeprefix(f"{base}/") if base != document else ""


def is_entries(document: str) -> bool:
    """Say whether a document is made of entries: contacts, places, services, recipients or settings."""
    return base_of(document) in JSON_DOCUMENTS or (base_of(document) == SERVICES and place_of(document) != "")


def locale_of(document: str) -> str:
    """Return the language of a catalog, or nothing for another document."""
    return document.removeprefix(CATALOG) if document.startswith(CATALOG) else ""


def name_of(document: str) -> str:
    """Return what a document is called on the screens, in words."""
    locale = locale_of(document)
    if locale:
        return f"Sentences in {language_name(locale)}"
    if document.startswith(PUBLIC_TEMPLATE):
        name, _, ending = document.removeprefix(PUBLIC_TEMPLATE).rpartition(".")
        return "The look of the pages" if ending == "css" else _PAGES.get(name, f"The page “{name}”")
    if place_of(document):
        return f"{OF_PLACE[base_of(document)]} {place_words(place_of(document))}"
    return NAMES.get(document, document.removeprefix("template/"))


def place_words(slug: str) -> str:
    """Return what a place's slug says, in words: "Los Banos, CA" for "los-banos-ca"."""
    parts = slug.split("-")
    letters = parts[-1].upper()
    if letters not in _POSTAL:
        return " ".join(letters if len(parts) == 1 and len(one) == 2 else one.capitalize() for one in parts)
    return ", ".join(filter(None, [" ".join(one.capitalize() for one in parts[:-1]), letters]))


def path_of(document: str) -> str:
    """Return where a document's file lies: "content/contacts.json", "templates/public/page.html" and so on.

    A catalog's is its compiled form.
    """
    kind = kind_of(document)
    if kind in (*JSON_DOCUMENTS, SERVICES):
        return f"content/{document}.json"  # the parts of places are put together before they are laid out
    if kind == "catalog":
        return f"locale/{locale_of(document)}/LC_MESSAGES/porchlight.mo"
    return "templates/" + document.removeprefix("template/")


def fingerprint(text: str) -> str:
    """Return a text's fingerprint: 16 hex digits of its SHA-256."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def fingerprint_of_all(texts: Mapping[str, str]) -> str:
    """Return the fingerprint of exactly these documents with these texts."""
    return fingerprint("\n".join(f"{document} {fingerprint(texts[document])}" for document in sorted(texts)))


def _is_file_name(name: str) -> bool:
    return bool(name) and _FILE_LETTERS.issuperset(name) and not name.startswith(".") and ".." not in name
