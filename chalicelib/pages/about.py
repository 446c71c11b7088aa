"""Placeholders of the page about the site, filled when it is sent; security.txt (RFC 9116) and robots.txt.

The page is rendered ahead, in a package that every stage shares and in releases of the desk. Who runs a site
is a setting of its stage, so it is put in when the page leaves. The page function loads this only when one of
the three is asked for.
"""

from __future__ import annotations

# Characters of Unicode's private use: in no language's words, and nothing that HTML escapes.
OPERATOR, CONTACT, KEEP_DAYS = "\ue010", "\ue011", "\ue012"
# What stands there where nobody has said who runs the site, as on a stage for trying things out.
NOT_SAID = "(not said yet)"

# Readers may be sent here by a search; the desk is for nobody who searches.
_ROBOTS = "User-agent: *\nDisallow: /admin/\n"


class AboutSite:
    """Who runs a site, how to reach them, and for how many days they keep a report, as its settings say."""

    def __init__(self, operator: str, contact: str, keep_days: int, expires: str = "") -> None:
        """`contact` is an e-mail address or an https URL; `expires` is security.txt's end, in ISO 8601."""
        self._operator = operator
        self._contact = contact
        self._keep_days = keep_days
        self._expires = expires

    def fill(self, html: str) -> str:
        """Return a page with its placeholders filled, escaped. One without any comes back as it is."""
        from html import escape  # two of three requests that load this do without

        for mark, text in (
            (OPERATOR, self._operator or NOT_SAID),
            (CONTACT, self._contact or NOT_SAID),
            (KEEP_DAYS, str(self._keep_days)),
        ):
            html = html.replace(mark, escape(text))
        return html

    def text_file(self, path: str) -> str | None:
        """Return the text file at a path; None when there is none. No contact, no security.txt."""
        if path == "/robots.txt":
            return _ROBOTS
        if path == "/.well-known/security.txt" and self._contact and self._expires:
            return f"Contact: {_uri(self._contact)}\nExpires: {self._expires}\nPreferred-Languages: en\n"
        return None


def _uri(contact: str) -> str:
    """Return the contact as security.txt wants it: with its scheme, and nothing that would end the line."""
    if contact.startswith("https://"):
        return contact
    from urllib.parse import quote

    return "mailto:" + quote(contact, safe="@!$'*+-._~")
