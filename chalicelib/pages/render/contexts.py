"""Template contexts: the names that each public template may use, one class a template, and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from markupsafe import Markup

from chalicelib.directory.contacts import Contact
from chalicelib.directory.content import OtherLanguage, Statistic
from chalicelib.directory.places import Place

TYPE_CHECKING = False
if TYPE_CHECKING:  # functions that render forms show no service
    from chalicelib.pages.render.service_views import NeedSection, ServiceView

# What every template has besides the names of its class: functions, and the gap between two sentences.
HELPERS = frozenset({"_", "gettext", "ngettext", "plain", "bdi", "gap"})


@dataclass(frozen=True, slots=True)
class LanguageLink:
    """The same page in another language."""

    lang: str
    direction: str
    name: str
    href: str
    current: bool


@dataclass(frozen=True, slots=True)
class PlaceLink:
    """The page of another place."""

    place: Place
    href: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LayoutContext:
    """What stands around every page."""

    lang: str
    direction: str
    style: Markup
    script: Markup
    exit_url: str
    languages: Sequence[LanguageLink]
    hotline: Contact
    drafted: bool
    about_href: str
    more_href: str  # of the page of other languages, or "" when there is none
    more_names: Sequence[str]  # of the first of those languages, each in itself


@dataclass(frozen=True, slots=True, kw_only=True)
class PageContext(LayoutContext):
    """page.html: the page of a place."""

    place: Place
    people: Sequence[Contact]
    ways: Sequence[Contact]
    newspaper: str  # the one that printed the ways
    figures: Sequence[Statistic]
    note_href: str
    code_href: str
    places: Sequence[PlaceLink]
    read_on: date
    checked_on: date | None
    unchecked: str  # "all", "some" or "none" of the contacts shown have never been checked by a person
    foreign: bool  # in a language other than English
    helpers: Sequence[Contact]  # people without the police, first those for anyone
    planners: Sequence[Contact]  # the hotline and advocates near, for those who know the person
    police: Sequence[Contact]
    in_california: bool  # whose law is spoken of
    area_href: str  # of the page of its county, or "" where a site has none
    find_href: str  # where a search for another place is sent, likewise
    keep_days: int


@dataclass(frozen=True, slots=True)
class AreaLink:
    """The page of another area, or of one need in this one; `part` is "2" or more where it is no first."""

    name: str
    href: str
    part: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AreaContext(LayoutContext):
    """services.html: a county with its services, or a list that leads there."""

    kind: str  # "county", "need", "state", "states", or a response to a search: "choose", "unknown"
    name: str
    around: str  # its state's name
    need: str
    part: str  # of a need with too many services for one page: which it is, from the second on
    always: Sequence[ServiceView]  # answered day and night
    sections: Sequence[NeedSection]
    links: Sequence[AreaLink]  # those below it; in a large county, its needs
    above: Sequence[AreaLink]  # those that it lies in, the nearest first
    counties: str  # where the counties that a search found are put in
    find_href: str
    page_href: str
    starred: bool  # something was read in one place only
    none_near: (
        bool  # a county of whose own no service is known: all that is shown is for a whole state or more
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class MoreContext(LayoutContext):
    """more.html: a line in each of the other languages."""

    page_href: str
    lines: Sequence[OtherLanguage]
    unchecked: str  # "all", "some" or "none" of the lines have never been checked by a person


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorContext(LayoutContext):
    """error.html: something did not work."""

    page_href: str
    status: int
    people: Sequence[Contact]


@dataclass(frozen=True, slots=True, kw_only=True)
class AboutContext(LayoutContext):
    """about.html: who runs the site, and what they keep. The first three are filled when the page is sent."""

    operator: str
    contact: str
    keep_days: str
    page_href: str
    finds_places: bool  # by names that others collected, whose licence asks to be named
