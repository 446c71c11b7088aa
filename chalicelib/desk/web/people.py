"""Screens of accounts: invitation, role, first password, authenticator, sessions, removal."""

from __future__ import annotations

from chalicelib.desk.audit import plain_line
from chalicelib.desk.errors import LastPublisher, PersonKnown
from chalicelib.desk.manage_people import AddressWrong, ManagePeople
from chalicelib.desk.people import EDITOR, PUBLISHER, ROLES, Person
from chalicelib.desk.tell_desk import TellPublishers
from chalicelib.desk.web.areas import ACCESS, AUTHENTICATOR, PEOPLE
from chalicelib.desk.web.guard import AdminRequest, Guard, Show
from chalicelib.desk.web.paging import paged
from chalicelib.desk.web.screens import Screen, go_to
from chalicelib.shared.email_addresses import is_address, plain_address
from chalicelib.shared.errors import EntryMissing

FIND = f"{PEOPLE}/find"  # of its own: what is sent to the list itself invites somebody
_ON_A_PAGE = 25
_LAST = "Somebody must remain who can publish and invite. Make another person a publisher first."
_NO_ADDRESS = "This is not an e-mail address. Write it like ana@town.example."
_A = {EDITOR: "an editor", PUBLISHER: "a publisher", "": "without a role"}
_SEVEN_DAYS = (
    "Until seven days after this person next signs in at People,"
    " they can agree to nothing as the second publisher."
)
_SEVEN_DAYS_FROM_NOW = "For seven days from now, this person can agree to nothing as the second publisher."


def routes(guard: Guard, people: ManagePeople, tell: TellPublishers) -> None:
    """Register the routes of people."""
    screens = PeopleScreens(guard.show, people, tell)
    guard.screen(ACCESS.home, EDITOR)(screens.home)
    guard.screen("/admin/access/{proxy+}", EDITOR)(screens.no_screen)
    guard.screen(PEOPLE, PUBLISHER, does="invite somebody", about="email")(screens.people)
    guard.screen(FIND, PUBLISHER, looks=True)(screens.find)
    for path, does, press in (
        ("role", "change a role", screens.change_role),
        ("remove", "remove somebody", screens.remove),
        ("password", "send a first password", screens.send_password),
        ("authenticator", "forget an authenticator", screens.forget_authenticator),
        ("sessions", "end somebody's sessions", screens.end_sessions),
    ):
        guard.action(f"{PEOPLE}/{path}", PUBLISHER, does, about="email")(press)


class PeopleScreens:
    """The screen of accounts and its buttons, a method each. `tell` mails what was done to all publishers."""

    def __init__(self, show: Show, people: ManagePeople, tell: TellPublishers) -> None:
        self._show = show
        self._people = people
        self._tell = tell

    def home(self, request: AdminRequest) -> Screen:
        """Lead to what there is for somebody: people, or one's own authenticator."""
        return go_to(PEOPLE if request.who.may(PUBLISHER) else AUTHENTICATOR)

    def no_screen(self, request: AdminRequest) -> Screen:
        """Raise EntryMissing: no other screen has this address."""
        raise EntryMissing("no such screen")

    def people(self, request: AdminRequest) -> Screen:
        """List the accounts, or invite somebody."""
        if not request.posted:
            return self._everybody(request)
        request.deed.after = request.field("role")
        problems = _amiss(request.field("email"), request.field("role"))
        if problems:
            return self._everybody(request, 422, problems)
        try:
            person = self._people.invite(request.field("email"), request.field("role"))
        except AddressWrong:
            return self._everybody(request, 422, {"email": _NO_ADDRESS})
        except PersonKnown:
            known = "This address has been invited before: it is in the list."
            return self._everybody(request, 422, {"email": known})
        request.deed.about = person.email
        sentence = f"{request.who.email} invited {person.email} to the desk, as {_A[person.role]}."
        self._tell("somebody was invited", (sentence, _SEVEN_DAYS), but=(person.email,))
        return go_to(f"{PEOPLE}?done=invited")

    def find(self, request: AdminRequest) -> Screen:
        """List the accounts whose address or role has the typed words: a form that changes nothing."""
        return self._everybody(request)

    def change_role(self, request: AdminRequest) -> Screen:
        """Change somebody's role, unless no publisher would remain."""
        request.deed.after = request.field("role")
        try:
            before = self._people.change_role(request.field("email"), request.field("role"))
        except LastPublisher:
            return self._everybody(request, 409, {"": _LAST})
        request.deed.before = before.role or "no role"
        sentence = (
            f"{request.who.email} made {before.email} {_A[request.field('role')]}. Before: {_A[before.role]}."
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
        request.deed.before, request.deed.after = gone.role or "no role", "removed"
        why = plain_line(request.field("why"))
        sentence = f"{request.who.email} removed {gone.email}, {_A[gone.role]}, from the desk."
        self._tell("somebody was removed", (sentence, f"Why: {why or 'no reason was given'}"), (gone.email,))
        return go_to(f"{PEOPLE}?done=removed")

    def send_password(self, request: AdminRequest) -> Screen:
        """Mail somebody a new first password; the one before ends."""
        person = self._people.send_first_password(request.field("email"))
        request.deed.after = "a new first password, mailed"
        sentence = (
            f"{request.who.email} had a new first password mailed to {person.email}. The old one has ended."
        )
        self._tell("a new first password was mailed", (sentence, _SEVEN_DAYS), but=(person.email,))
        return go_to(f"{PEOPLE}?done=password")

    def forget_authenticator(self, request: AdminRequest) -> Screen:
        """Reset somebody's second factor."""
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

    def _everybody(
        self, request: AdminRequest, status: int = 200, problems: dict[str, str] | None = None
    ) -> Screen:
        list_ = paged(request, self._people.listed(), _words_of, _ON_A_PAGE)
        return self._show(
            request,
            "people.html",
            status,
            list=list_,
            people=[self._people.whole(person) for person in list_.rows],
            roles=ROLES,
            email=plain_line(request.field("email")) if problems else "",
            role=request.field("role") if problems else EDITOR,
            problems=problems or {},
        )


def _words_of(person: Person) -> str:
    return f"{person.email} {person.role}"


def _amiss(email: str, role: str) -> dict[str, str]:
    """Return everything that is wrong with an invitation, by field."""
    problems = {}
    if not email.strip():
        problems["email"] = "Write the e-mail address of the person."
    elif not is_address(plain_address(email)):
        problems["email"] = _NO_ADDRESS
    if role not in ROLES:
        problems["role"] = "Choose one of those that are listed."
    return problems
