"""Screens of roles at places: who has which where, and a place that roles can be given at."""

from __future__ import annotations

from collections.abc import Callable

from chalicelib.desk.audit import plain_line
from chalicelib.desk.delay_people import DelayPeople
from chalicelib.desk.delay_places import DelayPlaces
from chalicelib.desk.manage_roles import AccountLine, ManageRoles, PlaceWrong
from chalicelib.desk.people import EDITOR, PUBLISHER, ROLES
from chalicelib.desk.places_of_roles import PlacesOfRoles
from chalicelib.desk.tell_desk import TellPublishers
from chalicelib.desk.web.areas import PEOPLE
from chalicelib.desk.web.guard import AdminRequest, Guard, Show
from chalicelib.desk.web.paging import paged
from chalicelib.desk.web.screens import Screen, go_to
from chalicelib.shared.email_addresses import is_address, plain_address
from chalicelib.shared.errors import EntryMissing

FIND = f"{PEOPLE}/find"  # of its own: what is sent to the list itself invites somebody
_ON_A_PAGE = 25
NO_ADDRESS = "This is not an e-mail address. Write it like ana@town.example."
A = {EDITOR: "an editor", PUBLISHER: "a publisher", "": "without a role"}
MOST_IN_A_MENU = 100  # of more places than these one is typed
_NO_PLACE = "No place of this name is known here. Write it as in the list, or add it below."
_WRONG = {
    "name": "Write the name of the place.",
    "p": "Write the end of its page’s address: small letters, digits and single dashes, like los-banos.",
    "around": "Choose the county or state that it lies in.",
}


def routes(
    guard: Guard,
    lists: Lists,
    roles: ManageRoles,
    tell: TellPublishers,
    delays: tuple[DelayPeople, DelayPlaces],
) -> None:
    """Register the buttons of roles at places."""
    screens = RolesAtPlaces(lists, roles, tell, *delays)
    guard.screen(FIND, PUBLISHER, looks=True)(lists.find)
    guard.action(f"{PEOPLE}/take", PUBLISHER, "take a role at a place", "email place")(screens.take)
    guard.action(f"{PEOPLE}/place", PUBLISHER, "add a place for roles", "p")(screens.add_place)


class Lists:
    """The screen of everybody whom somebody sees; it is shown again with what was wrong."""

    def __init__(self, show: Show, roles: ManageRoles, delay: DelayPeople) -> None:
        self._delay = delay
        self._show = show
        self._roles = roles

    def find(self, request: AdminRequest) -> Screen:
        """List the accounts that have the typed words: a form that changes nothing."""
        return self(request)

    def __call__(
        self, request: AdminRequest, status: int = 200, problems: dict[str, str] | None = None
    ) -> Screen:
        """Show the accounts, and the forms below them."""
        places = self._roles.places()
        own = [(slug, places.label(slug)) for slug in self._roles.looked_after(request.who, places)]
        of_site = request.who.role == PUBLISHER

        def typed(name: str) -> str:
            return plain_line(request.asked(name)) if problems or not request.posted else ""

        list_ = paged(request, self._roles.lines(request.who, places), _words_of(places), _ON_A_PAGE)
        return self._show(
            request,
            "people.html",
            status,
            list=list_,
            people=self._roles.whole(list_.rows),
            waits=self._delay.waiting(request.who),
            label=places.label,
            of_site=of_site,
            places=own,
            menu=len(own) <= MOST_IN_A_MENU,
            roles=ROLES,
            email=plain_line(request.field("email")) if problems else "",
            role=request.field("role") if problems else EDITOR,
            place=typed("place"),
            new={name: typed(name) for name in ("p", "name", "around")},
            problems=problems or {},
        )


def _words_of(places: PlacesOfRoles) -> Callable[[AccountLine], str]:
    """Return what gives the words that an account is found by: its address, its roles and their places."""

    def words_of(line: AccountLine) -> str:
        roles = (f"{role} {places.label(place)}" for place, role in line.roles)
        return " ".join((line.person.email, line.person.role, *roles))

    return words_of


class RolesAtPlaces:
    """The buttons, a method each. `tell` mails what was done to all publishers of the site."""

    def __init__(
        self,
        lists: Lists,
        roles: ManageRoles,
        tell: TellPublishers,
        delay: DelayPeople,
        delay_places: DelayPlaces,
    ) -> None:
        self._delay = delay
        self._delay_places = delay_places
        self._lists = lists
        self._roles = roles
        self._tell = tell

    def take(self, request: AdminRequest) -> Screen:
        """Take somebody's role at a place."""
        places, typed = self._roles.places(), request.asked("place")
        place = places.named(typed)
        if not place and request.who.role == PUBLISHER:
            place = typed  # of a place that is gone
        if not place:
            raise EntryMissing("no such place")
        person, before = self._roles.take(request.field("email"), place, request.who)
        self._delay.drop_role(person.email, place, request.who.email)
        request.deed.before, request.deed.after = where(before, place, places), "no role there"
        sentence = f"{request.who.email} took a role from {person.email}: {where(before, place, places)}."
        self._tell("a role was changed", (sentence,), (person.email,))
        return go_to(f"{PEOPLE}?done=role")

    def add_place(self, request: AdminRequest) -> Screen:
        """Write down a place that roles can be given at."""
        places = self._roles.places()
        around = places.named(request.asked("around"))
        try:
            place, waits = self._delay_places.write_down(
                request.asked("p"), request.field("name"), around, request.who
            )
        except PlaceWrong as wrong:
            return self._lists(request, 422, {str(wrong): _WRONG[str(wrong)]})
        request.deed.after = self._roles.places().label(place.slug)
        if waits:
            request.deed.after += f", in {places.label(around)} a day later"
        return go_to(f"{PEOPLE}?done={'role_place_waits' if waits else 'role_place'}")


def where(role: str, place: str, places: PlacesOfRoles) -> str:
    """Return a role in words, with its place."""
    said = A.get(role, "without a role")
    return f"{said} of {places.label(place)}" if place else said


def amiss(email: str, role: str, typed: str, place: str) -> dict[str, str]:
    """Return everything that is wrong with an invitation, by field."""
    problems = {}
    if not email.strip():
        problems["email"] = "Write the e-mail address of the person."
    elif not is_address(plain_address(email)):
        problems["email"] = NO_ADDRESS
    if role not in ROLES:
        problems["role"] = "Choose one of those that are listed."
    if typed and not place:
        problems["place"] = _NO_PLACE
    return problems
