"""Layout: the templates of a site, filled with its content, and the names that every page has."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from chalicelib.directory.contacts import Contact, nearest_first
from chalicelib.directory.content import Content
from chalicelib.pages.choose_page import ABOUT, MORE
from chalicelib.pages.other_pages import other_pages
from chalicelib.pages.page_headers import page_headers
from chalicelib.pages.render.catalogs import Catalogs
from chalicelib.pages.render.contexts import LanguageLink, LayoutContext
from chalicelib.pages.render.templates import PageTemplates, csp
from chalicelib.shared.locales import ENDONYMS, direction

_NAMED = 2  # of the languages that have no pages: more would make the page longer


class Layout:
    """What every page of a site stands in. Templates are compiled once for each."""

    def __init__(self, templates: Path, catalogs: Catalogs, content: Content) -> None:
        """`templates` is the directory that holds public/."""
        self._templates = PageTemplates(templates / "public")
        self._catalogs = catalogs
        self._take(content)
        style = self._templates.style
        self.csp = csp(self._templates.script, style)
        # A receipt that a form's page fetches has the style of other pages.
        self.form_csp = csp(self._templates.form_script, self._templates.form_style, style)

    def _take(self, content: Content) -> None:
        self.content = content
        self._locales = {locale.tag: locale for locale in content.site.locales}
        self.locales = tuple(self._locales)
        self.places = tuple(place.slug for place in content.places)
        self.areas = tuple(content.areas.by_unit)
        self.default_place = content.site.default_place
        self.other_pages = other_pages(content)

    def headers(self) -> dict[str, str]:
        """Return the headers of every HTML response, except those that depend on its body."""
        return page_headers(self.csp)

    def render(self, name: str, context: LayoutContext, locale: str) -> str:
        """Render a template in a language."""
        return self._templates.render(name, context, self._catalogs.sentences(locale))

    def layout(self, locale: str, path: str, *, switcher: bool = True, sends: bool = False) -> dict[str, Any]:
        """Return the names of LayoutContext for a page at `path` of a language; `sends`: it has a form."""
        site = self.content.site
        return {
            "lang": locale,
            "direction": direction(locale),
            "style": self._templates.form_style if sends else self._templates.style,
            "script": self._templates.form_script if sends else self._templates.script,
            "exit_url": site.exit_url,
            "languages": self._language_links(locale, path) if switcher else (),
            "hotline": self.content.contacts[site.hotline],
            "drafted": self._locales[locale].drafted,
            "about_href": f"/{locale}/{ABOUT}/",
            "more_href": f"/{locale}/{MORE}/" if MORE in self.other_pages else "",
            "more_names": [other.own_name for other in site.other_languages[:_NAMED]],
        }

    def _language_links(self, current: str, path: str) -> tuple[LanguageLink, ...]:
        return tuple(
            LanguageLink(tag, direction(tag), ENDONYMS[tag], f"/{tag}/{path}", tag == current)
            for tag in self.locales
        )

    def police(self, place: str) -> tuple[Contact, ...]:
        """Return the police of a place, nearest first."""
        near = nearest_first(self.content.contacts, self.content.places.chain(place))
        return tuple(contact for contact in near if contact.id in self.content.site.police)

    def child_lines(self, place: str) -> tuple[Contact, ...]:
        """Return the numbers for children that can be called from a place, nearest first."""
        near = nearest_first(self.content.contacts, self.content.places.chain(place))
        return tuple(
            contact for contact in near if contact.audience == "children" and contact.can_be_called()
        )
