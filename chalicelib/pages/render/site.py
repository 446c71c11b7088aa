"""Rendering of the public site: pages of places, counties and errors, in every language."""

from __future__ import annotations

from collections.abc import Sequence

from chalicelib.directory.area_units import PLACES, path_of_unit
from chalicelib.directory.contacts import Contact, nearest_first
from chalicelib.pages.about import CONTACT, KEEP_DAYS, OPERATOR
from chalicelib.pages.choose_page import ABOUT, MORE
from chalicelib.pages.page_headers import ERROR_STATUSES
from chalicelib.pages.render.contexts import (
    AboutContext,
    AreaContext,
    ErrorContext,
    MoreContext,
    PageContext,
    PlaceLink,
)
from chalicelib.pages.render.layout import Layout
from chalicelib.pages.render.templates import squeeze
from chalicelib.shared.locales import DEFAULT

_CALIFORNIA = "california"
_ERROR_LINES = 5  # an error page shows the nearest few numbers


class Site(Layout):
    """Renders the public pages that lie ready."""

    def page(self, locale: str, place: str) -> str:
        """Render the page of a place."""
        content = self.content
        chain = content.places.chain(place)
        slugs = [around.slug for around in chain]
        printed = [content.contacts[contact_id] for contact_id in content.site.founding_channels]
        ways = tuple(contact for contact in printed if contact.serves in slugs)
        people = tuple(
            contact
            for contact in nearest_first(content.contacts, chain)
            if contact not in ways or contact.can_be_called()
        )
        shown = {contact.id: contact for contact in (*people, *ways)}.values()
        checks = [contact.checked_on for contact in shown]
        others = (*chain[1:], *content.places.within(place))
        area = content.areas.around(place)
        context = PageContext(
            **self.layout(locale, f"{place}/"),
            place=chain[0],
            people=people,
            ways=ways,
            newspaper=content.places.paper_of(place),
            figures=content.site.figures,
            note_href=f"/{locale}/{place}/note/",
            code_href=f"/{locale}/code/",
            places=tuple(PlaceLink(other, f"/{locale}/{other.slug}/") for other in others),
            read_on=min(contact.read_on for contact in shown),
            checked_on=min((check for check in checks if check), default=None),
            unchecked="none" if all(checks) else "some" if any(checks) else "all",
            foreign=locale != DEFAULT,
            helpers=self._helpers(people),
            planners=self._planners(people),
            police=self.police(place),
            in_california=_CALIFORNIA in slugs,
            keep_days=content.site.keep_days,
            area_href=f"/{locale}/{path_of_unit(area)}" if area else "",
            find_href=f"/{locale}/{PLACES}/" if area else "",
        )
        return squeeze(self.render("page.html", context, locale))

    def area(self, locale: str, unit: str) -> str:
        """Render the page of an area. Raises KeyError when there is none."""
        from chalicelib.pages.render.area_contexts import area_names  # functions with forms never ask for it

        path = path_of_unit(unit)
        context = AreaContext(**self.layout(locale, path), **area_names(self.content, locale, unit))
        return squeeze(self.render("services.html", context, locale))

    def other(self, locale: str, name: str) -> str:
        """Render the page of this name, one of `other_pages`."""
        return self.about(locale) if name == ABOUT else self.more(locale)

    def about(self, locale: str) -> str:
        """Render the page about the site, with placeholders for its operator (pages/about.py)."""
        context = AboutContext(
            **self.layout(locale, f"{ABOUT}/"),
            operator=OPERATOR,
            contact=CONTACT,
            keep_days=KEEP_DAYS,
            page_href=f"/{locale}/",
            finds_places=bool(self.content.areas.of_place),
        )
        return squeeze(self.render("about.html", context, locale))

    def more(self, locale: str) -> str:
        """Render the page with a line in each of the languages that have no pages."""
        lines = self.content.site.other_languages
        checks = [line.checked_on for line in lines]
        context = MoreContext(
            **{**self.layout(locale, f"{MORE}/"), "more_href": ""},  # no page leads to itself
            page_href=f"/{locale}/",
            lines=lines,
            unchecked="none" if all(checks) else "some" if any(checks) else "all",
        )
        return squeeze(self.render("more.html", context, locale))

    def _helpers(self, people: Sequence[Contact]) -> list[Contact]:
        """Return all but the police, those for anyone before those for some; police stand with the signs."""
        helpers = [contact for contact in people if contact.id not in self.content.site.police]
        # Sorting keeps the order of those that are alike: the nearest stay first.
        return sorted(helpers, key=lambda contact: contact.audience != "anyone")

    def _planners(self, people: Sequence[Contact]) -> list[Contact]:
        """Return who plans with somebody that knows the person: the hotline, and advocates near."""
        hotline = self.content.contacts[self.content.site.hotline]
        near = [
            contact
            for contact in self._helpers(people)
            if contact.audience == "anyone"
            and contact.can_be_called()
            and not contact.only_here
            and contact.serves != hotline.serves
        ]
        return [hotline, *near]

    def error(self, locale: str, status: int) -> str:
        """Render the small page for one of ERROR_STATUSES."""
        if status not in ERROR_STATUSES:
            raise ValueError(f"there is no error page for {status}")
        chain = self.content.places.chain(self.default_place)
        people = [
            contact for contact in nearest_first(self.content.contacts, chain) if contact.can_be_called()
        ]
        context = ErrorContext(
            **self.layout(locale, ""), page_href=f"/{locale}/", status=status, people=people[:_ERROR_LINES]
        )
        return squeeze(self.render("error.html", context, locale))
