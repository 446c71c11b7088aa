"""Admin screen of all places on one page, worst first: for people of the site."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping

from chalicelib.delivery.case_lists import CaseLists
from chalicelib.desk.people import EDITOR
from chalicelib.desk.web.guard import AdminRequest, Guard, Show
from chalicelib.desk.web.paging import paged
from chalicelib.desk.web.screens import Screen
from chalicelib.directory.ports import RecipientBook
from chalicelib.directory.recipients import offered_at
from chalicelib.publishing.edit_contacts import EditContacts
from chalicelib.publishing.edit_places import EditPlaces
from chalicelib.publishing.place_standings import standings
from chalicelib.shared.clock import Clock

PLACES = "/admin/places"
# Counts for each of some places the offices that its form can name.
OfficesOf = Callable[[Iterable[str]], Mapping[str, int]]


def routes(
    guard: Guard,
    cases: CaseLists,
    places: EditPlaces,
    contacts: EditContacts,
    book: RecipientBook,
    clock: Clock,
    agreed_only: bool,
) -> None:
    """Register the screen. `agreed_only`: only offices that have agreed are offered on forms."""
    offices = _offices_of(book, agreed_only)
    screens = PlaceStandingScreens(guard.show, cases, places, contacts, offices, clock)
    guard.screen(PLACES, EDITOR, looks=True)(screens.places)


class PlaceStandingScreens:
    """The screen of all places."""

    def __init__(
        self,
        show: Show,
        cases: CaseLists,
        places: EditPlaces,
        contacts: EditContacts,
        offices_of: OfficesOf,
        clock: Clock,
    ) -> None:
        self._show = show
        self._cases = cases
        self._places = places
        self._contacts = contacts
        self._offices_of = offices_of
        self._clock = clock

    def places(self, request: AdminRequest) -> Screen:
        """Show how every place stands, worst first."""
        names: Mapping[str, tuple[str, str]] = {
            one.place.slug: (one.place.name, one.around) for one in self._places.list()
        }
        overdue = Counter(str(line.entry.get("serves")) for line in self._contacts.list() if line.stale)
        open_cases = self._cases.open()
        rows = standings(
            names,
            open_cases.cases,
            overdue,
            self._offices_of(names),
            self._clock.now(),
        )
        list_ = paged(request, rows, lambda row: f"{row.name} {row.around}")
        return self._show(
            request,
            "place_standings.html",
            list=list_,
            rows=list_.rows,
            amiss=sum(row.amiss for row in rows),
            more=open_cases.more,
        )


def _offices_of(book: RecipientBook, agreed_only: bool) -> OfficesOf:
    def offices_of(places: Iterable[str]) -> Mapping[str, int]:
        offices = book.recipients()  # read once, for hundreds of places
        return {
            place: len(offered_at(offices, book.chain(place), agreed_only=agreed_only)) for place in places
        }

    return offices_of
