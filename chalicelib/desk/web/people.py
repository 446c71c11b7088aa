"""Screens of accounts: invitation, roles, first password, authenticator, sessions, removal."""

from __future__ import annotations

from chalicelib.desk.audit import plain_line
from chalicelib.desk.delay_people import DelayPeople
from chalicelib.desk.delay_places import DelayPlaces
from chalicelib.desk.errors import LastPublisher, PersonKnown
from chalicelib.desk.manage_people import AddressWrong, ManagePeople
from chalicelib.desk.manage_roles import ManageRoles
from chalicelib.desk.people import EDITOR, PUBLISHER
from chalicelib.desk.tell_desk import TellPublishers
from chalicelib.desk.web import people_at_places
from chalicelib.desk.web.areas import ACCESS, AUTHENTICATOR, PEOPLE
from chalicelib.desk.web.guard import AdminRequest, Guard
from chalicelib.desk.web.people_at_places import A, amiss, where
from chalicelib.desk.web.screens import Screen, go_to
from chalicelib.shared.email_addresses import plain_address
from chalicelib.shared.errors import EntryMissing

_LAST = "Somebody must remain who can publish and invite. Make another person a publisher first."
_SEVEN_DAYS = (
    "Until seven days after this person next signs in at People,"
    " they can agree to nothing as the second publisher."
)
_SEVEN_DAYS_FROM_NOW = "For seven days from now, this person can agree to nothing as the second publisher."


def routes(
    guard: Guard,
    people: ManagePeople,
    roles: ManageRoles,
    tell: TellPublishers,
    delay: DelayPeople,
    delay_places: DelayPlaces,
) -> None:
    """Register the routes of people."""
    lists = people_at_places.Lists(guard.show, roles, delay)
    screens = PeopleScreens(lists, people, roles, tell, delay)
    people_at_places.routes(guard, lists, roles, tell, (delay, delay_places))
    guard.screen(ACCESS.home, EDITOR)(screens.home)
    guard.screen("/admin/access/{proxy+}", EDITOR)(screens.no_screen)
    guard.screen(PEOPLE, PUBLISHER, does="invite somebody", about="email")(screens.people)
    for path, does, press in (
        ("role", "change a role", screens.change_role),
        ("remove", "remove somebody", screens.remove),
        ("password", "send a first password", screens.send_password),
        ("authenticator", "forget an authenticator", screens.forget_authenticator),
        ("sessions", "end somebody's sessions", screens.end_sessions),
    ):
        guard.action(f"{PEOPLE}/{path}", PUBLISHER, does, about="email")(press)


class PeopleScreens:
    """The screen of accounts and its buttons, a method each. `tell` mails what was done to all publishers.

    What lets somebody do more waits for a day, once the first report may have been delivered (`delay`).
    """

    def __init__(
        self,
        everybody: people_at_places.Lists,
        people: ManagePeople,
        roles: ManageRoles,
        tell: TellPublishers,
        delay: DelayPeople,
    ) -> None:
        self._delay = delay
        self._everybody = everybody
        self._roles = roles
        self._people = people
        self._tell = tell

    def home(self, request: AdminRequest) -> Screen:
        """Lead to what there is for somebody: people, or one's own authenticator."""
        return go_to(PEOPLE if request.who.may(PUBLISHER) else AUTHENTICATOR)

    def no_screen(self, request: AdminRequest) -> Screen:
        """Raise EntryMissing: no other screen has this address."""
        raise EntryMissing("no such screen")

    def people(self, request: AdminRequest) -> Screen:
        """List the accounts, or invite somebody. Who is known already is given the role at a place."""
        if not request.posted:
            self._delay.carry_out()
            return self._everybody(request)
        places, role = self._roles.places(), request.field("role")
        # The place that the guard has looked at, and no other.
        typed = request.asked("place")
        place = places.named(typed) if typed else ""
        request.deed.after = where(role, place, places)
        problems = amiss(request.field("email"), role, typed, place)
        if problems:
            return self._everybody(request, 422, problems)
        try:
            if self._delay.needed():
                return self._invite_later(request, role, place)
            person = self._people.invite(request.field("email"), role, place)
        except AddressWrong:
            return self._everybody(request, 422, {"email": people_at_places.NO_ADDRESS})
        except PersonKnown:
            if place:
                return self._give(request, role, place)
            known = "This address has been invited before: it is in the list."
            return self._everybody(request, 422, {"email": known})
        request.deed.about = person.email
        sentence = f"{request.who.email} invited {person.email} to the desk, as {request.deed.after}."
        self._tell("somebody was invited", (sentence, _SEVEN_DAYS), but=(person.email,))
        return go_to(f"{PEOPLE}?done=invited")

    def _invite_later(self, request: AdminRequest, role: str, place: str) -> Screen:
        said = where(role, place, self._roles.places())
        address = plain_address(request.field("email"))
        self._delay.invite(address, role, place, f"{address} is invited to the desk, as {said}.", request.who)
        return self._waits(request, address, f"invited as {said}")

    def _waits(self, request: AdminRequest, address: str, what: str) -> Screen:
        request.deed.about, request.deed.after = address, f"{what}, a day later"
        return go_to(f"{PEOPLE}?done=waits")

    def _give(self, request: AdminRequest, role: str, place: str) -> Screen:
        places, address = self._roles.places(), plain_address(request.field("email"))
        if self._delay.needed() and self._delay.gives(address, role, place):
            said = where(role, place, places)
            self._delay.role(address, role, place, f"{address} becomes {said}.", request.who)
            return self._waits(request, address, said)
        self._delay.drop_role(address, place, request.who.email)
        person, before = self._roles.give(address, role, place)
        request.deed.about, request.deed.before = person.email, where(before, place, places)
        given = f"{request.who.email} made {person.email} {where(role, place, places)}."
        lines = (given, _SEVEN_DAYS_FROM_NOW) if role == PUBLISHER and before != PUBLISHER else (given,)
        self._tell("a role was changed", lines, (person.email,))
        return go_to(f"{PEOPLE}?done=role")

    def change_role(self, request: AdminRequest) -> Screen:
        """Change somebody's role, unless no publisher would remain."""
        email, role = request.field("email"), request.field("role")
        request.deed.after = role
        if self._delay.needed() and self._delay.gives(email, role, ""):
            said = f"{A.get(role, role)} of the whole site"
            self._delay.role(email, role, "", f"{email} becomes {said}.", request.who)
            return self._waits(request, email, said)
        try:
            before = self._people.change_role(email, role)
        except LastPublisher:
            return self._everybody(request, 409, {"": _LAST})
        self._delay.drop_role(email, "", request.who.email)
        request.deed.before = before.role or "no role"
        sentence = (
            f"{request.who.email} made {before.email} {A[request.field('role')]}. Before: {A[before.role]}."
        )
        lines = (sentence, _SEVEN_DAYS_FROM_NOW) if request.field("role") == PUBLISHER else (sentence,)
        self._tell("a role was changed", lines, (before.email,))
        return go_to(f"{PEOPLE}?done=role")

    def remove(self, request: AdminRequest) -> Screen:
        """Delete somebody's account, unless no publisher would remain."""
        try:
            gone = self._people.remove(request.field("email"), request.who)
        except LastPublisher:
            return self._everybody(request, 409, {"": _LAST})
        self._delay.drop_all(gone.email, request.who.email)
        request.deed.before, request.deed.after = gone.role or "no role", "removed"
        why = plain_line(request.field("why"))
        sentence = f"{request.who.email} removed {gone.email}, {A[gone.role]}, from the desk."
        self._tell("somebody was removed", (sentence, f"Why: {why or 'no reason was given'}"), (gone.email,))
        return go_to(f"{PEOPLE}?done=removed")

    def send_password(self, request: AdminRequest) -> Screen:
        """Mail somebody a new first password; the one before ends."""
        email = request.field("email")
        if email != request.who.email and self._delay.needed():
            self._delay.password(email, f"{email} gets a new password; the one of now ends.", request.who)
            return self._waits(request, email, "a new first password")
        person = self._people.send_first_password(request.field("email"))
        request.deed.after = "a new first password, mailed"
        sentence = (
            f"{request.who.email} had a new first password mailed to {person.email}. The old one has ended."
        )
        self._tell("a new first password was mailed", (sentence, _SEVEN_DAYS), but=(person.email,))
        return go_to(f"{PEOPLE}?done=password")

    def forget_authenticator(self, request: AdminRequest) -> Screen:
        """Reset somebody's second factor."""
        email = request.field("email")
        if email != request.who.email and self._delay.needed():
            self._delay.authenticator(email, f"{email} may set up a new authenticator.", request.who)
            return self._waits(request, email, "a new authenticator may be set up")
        person = self._people.forget_authenticator(request.field("email"))
        request.deed.before, request.deed.after = "an authenticator", "a new one may be set up"
        sentence = f"{request.who.email} let {person.email} set up a new authenticator."
        self._tell("an authenticator was forgotten", (sentence, _SEVEN_DAYS), (person.email,))
        return go_to(f"{PEOPLE}?done=authenticator_gone")

    def end_sessions(self, request: AdminRequest) -> Screen:
        """Sign somebody out everywhere, at once."""
        person = self._people.end_sessions(request.field("email"))
        request.deed.after = "signed out on every device"
        sentence = f"{request.who.email} signed {person.email} out on every device."
        self._tell("somebody was signed out", (sentence,), (person.email,))
        return go_to(f"{PEOPLE}?done=signed_out")
