"""Links from texts to the form in which each is changed."""

from __future__ import annotations

from chalicelib.directory.document_ids import (
    CONTACTS,
    MAIL_TEMPLATE,
    PLACES,
    RECIPIENTS,
    SERVICES,
    SITE,
    base_of,
    locale_of,
    place_of,
)

_FORMS = {
    CONTACTS: "/admin/contacts",
    PLACES: "/admin/towns",
    RECIPIENTS: "/admin/recipients",
    SITE: "/admin/site",
}


def form_of(document: str) -> str:
    """Return the address of the screen on which a document is changed.

    What a page says is changed where it is seen, in the preview.
    """
    if locale_of(document):
        return f"/admin/sentences?d={document}"
    if document.startswith(MAIL_TEMPLATE):
        return f"/admin/mail?m={document.removeprefix(MAIL_TEMPLATE).partition('/')[0]}"
    if base_of(document) == SERVICES and place_of(document):
        return f"/admin/services/of?p={place_of(document)}"
    return _FORMS.get(base_of(document), "/admin/preview")
