"""Access control list of the desk's routes: which verb each needs, and about which place it is.

A route that is not on the list, and a list that shows all places, need a role of the site. Which place a
request is about is read from the same fields that its screen acts on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from typing import NamedTuple, Protocol

from chalicelib.desk.grants import (
    DECIDE,
    DECIDE_SITE,
    DRAFT,
    DRAFT_SITE,
    LOOK,
    LOOK_AT_SITE,
    OWN,
    RULES,
    SITE,
    Around,
    Grant,
    may,
    may_all,
)
from chalicelib.desk.people import PUBLISHER, Person, allows
from chalicelib.desk.ports import GrantBook
from chalicelib.directory.document_ids import JSON_DOCUMENTS, base_of, place_of

# What a route is about.
OF_SITE = "site"
DOCUMENT = "document"  # the field d: a place's own document, or one of the site
TOWN = "town"  # the field p: a place, or a new one in the field parent
TOWN_OUT = "town out"  # who takes a place out looks after what it lies in
CONTACT = "contact"  # the field c, and the place that was typed
CHECKED_CONTACT = "checked contact"  # the field contact
PAGE = "page"  # the field name: "es/los-banos/note" is of that place, "es/code" of the site
CASE = "case"  # the field n: the place that a report is about
ROLE_AT = "role at"  # the place that was typed or chosen, none being the whole site
ACCOUNT = "account"  # the field email: all places where that person has a role
PLACE_OF_ROLES = "place of roles"  # a new one, in the field around; a known one is the site's
PLACE_BACK = "place back"  # the field place: a place that is rolled back, none being the whole site
OF_PLACE = "of place"  # the field p, a place
LIST = "list"  # of places, or of what they have: each row is shown to those who look after it


class Right(NamedTuple):
    """What a route is about, and the verbs that looking at it and pressing its button need."""

    about: str
    look: str = LOOK
    press: str = ""


class Abouts(Protocol):
    """Port to what routes are about. Each may raise what reading documents or cases does."""

    def around(self) -> Around:
        """Return what gives the places around each, as they are now: read once, asked often."""

    def places_of_contact(self, contact: str) -> Sequence[str]:
        """Return the places that a contact serves, live and in its draft; none for an unknown one."""

    def place_of_case(self, case_number: str) -> str:
        """Return the place that a case is about, or SITE for one that is not there."""

    def place_named(self, typed: str) -> str:
        """Return the place that a name or a slug stands for, or "" where nobody knows it."""

    def places_of_account(self, email: str) -> Sequence[str]:
        """Return where somebody has a role, SITE for one of the site; none for an unknown one."""


class NoAbouts:
    """The Abouts of who knows of nothing: what nobody looks up is the site's."""

    def around(self) -> Around:
        """Return what knows no place."""
        return _nothing

    def places_of_contact(self, contact: str) -> Sequence[str]:
        """Return none."""
        return ()

    def place_of_case(self, case_number: str) -> str:
        """Return SITE."""
        return SITE

    def place_named(self, typed: str) -> str:
        """Return none."""
        return ""

    def places_of_account(self, email: str) -> Sequence[str]:
        """Return none."""
        return ()


RIGHTS: Mapping[str, Right] = {
    "/admin/sign-out": Right(OF_SITE, OWN, OWN),
    "/admin/authenticator": Right(OF_SITE, OWN, OWN),
    "/admin/text": Right(DOCUMENT, LOOK, DRAFT),
    "/admin/text/lines": Right(DOCUMENT),
    "/admin/text/changes": Right(DOCUMENT),
    "/admin/text/history": Right(DOCUMENT),
    "/admin/text/version": Right(DOCUMENT),
    "/admin/text/newer": Right(DOCUMENT),
    "/admin/text/newer/take": Right(DOCUMENT, LOOK, DRAFT),
    "/admin/text/newer/keep": Right(DOCUMENT, LOOK, DECIDE),
    "/admin/text/discard": Right(DOCUMENT, LOOK, DRAFT),
    "/admin/text/restore": Right(DOCUMENT, LOOK, DRAFT),
    "/admin": Right(LIST),
    "/admin/{proxy+}": Right(LIST),
    "/admin/access": Right(LIST),  # the old address of People: it leads there
    "/admin/search": Right(LIST),
    "/admin/log": Right(LIST),
    "/admin/log/file": Right(LIST),
    "/admin/documents": Right(LIST),
    "/admin/thrown": Right(LIST),
    "/admin/thrown/look": Right(LIST),  # these two ask whose the draft is, once they have read it
    "/admin/thrown/back": Right(LIST),
    "/admin/preview": Right(LIST),
    "/admin/publish": Right(LIST),  # the drafts that somebody may see, or publish
    "/admin/publish/now": Right(LIST),  # the screen takes those of their places alone (Shares)
    "/admin/job": Right(LIST),  # these three ask what a job is about, once they have read it
    "/admin/job/go-on": Right(LIST),
    "/admin/job/stop": Right(LIST),
    "/admin/releases": Right(LIST),
    "/admin/releases/look": Right(PLACE_BACK, DECIDE, DECIDE),
    "/admin/releases/back": Right(PLACE_BACK, DECIDE, DECIDE),
    "/admin/preview/page": Right(PAGE, LOOK),
    "/admin/figures": Right(LIST),
    "/admin/figures/file": Right(LIST),
    "/admin/site": Right(OF_SITE, LOOK_AT_SITE),
    "/admin/sentences": Right(OF_SITE, LOOK_AT_SITE, DRAFT_SITE),
    "/admin/sentence": Right(OF_SITE, LOOK_AT_SITE, DRAFT_SITE),
    "/admin/contacts": Right(LIST),
    "/admin/services": Right(LIST),
    "/admin/services/of": Right(OF_PLACE),
    "/admin/services/confirmed": Right(OF_PLACE, LOOK, DRAFT),
    "/admin/services/import": Right(OF_PLACE, DRAFT, DRAFT),
    "/admin/services/import/take": Right(OF_PLACE, DRAFT, DRAFT),
    "/admin/services/file": Right(OF_PLACE),
    "/admin/services/due": Right(LIST),
    "/admin/services/due/file": Right(LIST),
    "/admin/service": Right(OF_PLACE, LOOK, DRAFT),
    "/admin/service/standing": Right(OF_PLACE, LOOK, DRAFT),
    "/admin/service/translated": Right(OF_PLACE, LOOK, DRAFT),
    "/admin/towns": Right(LIST),
    "/admin/deliveries": Right(LIST),
    "/admin/contact": Right(CONTACT, LOOK, DRAFT),
    "/admin/contact/out": Right(CONTACT, LOOK, DRAFT),
    "/admin/contacts/checked": Right(CHECKED_CONTACT, LOOK, DRAFT),
    "/admin/town": Right(TOWN, LOOK, DRAFT),
    "/admin/town/out": Right(TOWN_OUT, LOOK, DRAFT),
    "/admin/case": Right(CASE),
    "/admin/case/again": Right(CASE, LOOK, DECIDE),
    "/admin/case/answer": Right(CASE, LOOK, DECIDE),
    "/admin/case/hold": Right(CASE, LOOK, DECIDE),
    "/admin/case/move": Right(CASE, LOOK, DECIDE),
    "/admin/case/decline": Right(CASE, LOOK, DECIDE),
    "/admin/case/reply/show": Right(CASE, LOOK, DECIDE),
    "/admin/case/reply/throw": Right(CASE, LOOK, DECIDE),
    "/admin/replies": Right(LIST),  # what found no case is of no place: the screen asks for the site's role
    "/admin/access/home": Right(OF_SITE, OWN, OWN),
    "/admin/access/{proxy+}": Right(OF_SITE, OWN, OWN),
    "/admin/access/sign-out": Right(OF_SITE, OWN, OWN),
    "/admin/access/authenticator": Right(OF_SITE, OWN, OWN),
    "/admin/access/people": Right(ROLE_AT, OWN, DECIDE),  # a list of one's own, and an invitation
    "/admin/access/people/find": Right(LIST),
    "/admin/access/people/take": Right(ROLE_AT, DECIDE, DECIDE),
    "/admin/access/people/remove": Right(ACCOUNT, DECIDE, DECIDE),
    "/admin/access/people/password": Right(ACCOUNT, DECIDE, DECIDE),
    "/admin/access/people/authenticator": Right(ACCOUNT, DECIDE, DECIDE),
    "/admin/access/people/sessions": Right(ACCOUNT, DECIDE, DECIDE),
    "/admin/access/waiting": Right(LIST),
    "/admin/access/waiting/stop": Right(LIST),  # the screen asks whose the change is, once it has read it
    "/admin/access/hand-over": Right(LIST),  # the screen asks whose the one is that it shows
    "/admin/access/hand-over/agree": Right(ROLE_AT, DECIDE, DECIDE),
    "/admin/access/hand-over/back": Right(ROLE_AT, DECIDE, DECIDE),
    "/admin/access/people/place": Right(PLACE_OF_ROLES, DECIDE, DECIDE),
}
# Those that show or change all places, or what the site owns.
BY_SITE = frozenset(
    {
        *("/admin/places", "/admin/site/change", "/admin/mail", "/admin/preview/mail"),
        *("/admin/releases/what", "/admin/releases/drafts", "/admin/access/people/role"),
    }
)
BY_SITE_BELOW = ("/admin/people", "/admin/recipient", "/admin/access/recipients")  # and all that begins so
OF_NO_PLACE = frozenset({"code", "answer", "about"})  # pages of the site
_NEW = {CONTACT: "c", TOWN: "p"}  # without this field the form is of a new one
_TO_SITE = {LOOK: LOOK_AT_SITE, DRAFT: DRAFT_SITE, DECIDE: DECIDE_SITE}


class RouteRights:
    """Says whether a signed-in person may use a route, for what their request is about."""

    def __init__(self, grants: GrantBook, abouts: Abouts) -> None:
        self._grants = grants
        self._abouts = abouts

    def __call__(
        self, person: Person, path: str, role: str, posted: bool, asked: Callable[[str], str]
    ) -> bool:
        """Return whether they may; `role` is what the route demands by itself, `asked` gives a field."""
        grants = self._grants.grants(person)
        right = RIGHTS.get(path)
        if right is None:
            return may(grants, DECIDE_SITE if role == PUBLISHER else DRAFT_SITE, SITE, _nothing)
        verb = right.press if posted and right.press else right.look
        if verb == OWN or right.about == LIST:
            return may(grants, OWN, SITE, _nothing)
        if may(grants, verb, SITE, _nothing):
            return True  # whoever has the role for every place: nothing is looked up
        around = self._abouts.around()
        if right.about == PAGE and place_of_page(asked("name")) == SITE:
            return may(grants, LOOK_AT_SITE, SITE, around)
        if right.about == DOCUMENT:
            return self._of_document(grants, verb, asked("d"), around)
        if not posted and not asked(_NEW.get(right.about, "")) and right.about in _NEW:
            return may(grants, LOOK_AT_SITE, SITE, around)  # an empty form says nothing of anybody's
        if right.about == ROLE_AT and asked("place") and not self._abouts.place_named(asked("place")):
            return True  # the screen says that nobody knows it, and does nothing
        return may_all(grants, verb, self._places(right.about, posted, asked, around), around)

    def sees(self, person: Person) -> Callable[[str], bool]:
        """Return what says of a place whether a person looks after it: what a list shows."""
        return self._covers(person, LOOK, self._abouts.around)

    def reach(self, person: Person) -> tuple[Callable[[str], bool], Callable[[str], bool]]:
        """Return the same, and what says whether they publish what is a place's own; of SITE, everything."""
        known = cache(self._abouts.around)
        return self._covers(person, LOOK, known), self._covers(person, DECIDE, known)

    def _covers(self, person: Person, verb: str, known: Callable[[], Around]) -> Callable[[str], bool]:
        grants = self._grants.grants(person)
        if may(grants, verb, SITE, _nothing):
            return lambda place: True
        if not any(allows(grant.role, RULES[verb].role) for grant in grants):
            return lambda place: False
        around = known()
        return lambda place: may(grants, verb, place, around)

    def _of_document(self, grants: Iterable[Grant], verb: str, document: str, around: Around) -> bool:
        place = place_of(document)
        if not place and (base_of(document) not in JSON_DOCUMENTS or document == "site"):
            verb = _TO_SITE[verb]  # what everybody sees on the pages: templates, languages, settings
        return may(grants, verb, place, around)

    def _places(self, about: str, posted: bool, asked: Callable[[str], str], around: Around) -> Sequence[str]:
        if about == CASE:
            return (self._abouts.place_of_case(asked("n")),)
        if about == PAGE:
            return (place_of_page(asked("name")),)
        if about == OF_PLACE:
            return (asked("p") or SITE,)
        if about == PLACE_BACK:
            return (asked("place") or SITE,)
        if about == ROLE_AT:
            return (self._abouts.place_named(asked("place")) if asked("place") else SITE,)
        if about == ACCOUNT:
            return self._abouts.places_of_account(asked("email")) or (SITE,)
        if about == PLACE_OF_ROLES:
            known = bool(around(asked("p")))
            return (SITE if known else self._abouts.place_named(asked("around")) or SITE,)
        if about in (CONTACT, CHECKED_CONTACT):
            contact = asked("contact" if about == CHECKED_CONTACT else "c")
            served = [*self._abouts.places_of_contact(contact)] if contact else []
            typed = asked("serves") if posted and about == CONTACT else ""
            return [*served, *([typed] if typed else [])] or [SITE]
        place, parent = asked("p"), asked("parent") if posted else ""
        outer = (*around(place)[1:2],)
        if about == TOWN_OUT:
            return outer or (SITE,)
        moves = [parent, *outer] if parent and parent not in outer else []
        return [*([place] if place else []), *moves] or [SITE]


def place_of_page(name: str) -> str:
    """Return the place that a page shows, by its name with the language; SITE for one of the site's."""
    page = name.partition("/")[2]
    of_site = page in OF_NO_PLACE or (page.startswith("error-") and page[6:].isdigit())
    return SITE if of_site else page.partition("/")[0] or "-"


def _nothing(place: str) -> Sequence[str]:
    return ()
