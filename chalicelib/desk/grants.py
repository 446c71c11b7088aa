"""Authorization by place (access control): a grant is a role at a place and below it, or at the whole site.

Who has a grant at a county has it at each of its towns, and at no other county. What the site owns, such as
templates, languages and settings, needs a grant of the site. Whatever is not said here may not be done.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from chalicelib.desk.people import EDITOR, PUBLISHER, ROLES, Person, allows

SITE = ""  # the place of a grant that counts everywhere, and of what belongs to no place

# What a person does. Each is asked about one place, or about the site.
LOOK = "look"  # at drafts, contacts, cases, figures, the log
DRAFT = "draft"  # change contacts and the place's own entry
DECIDE = "decide"  # about cases and recipients; publish and roll back what is the place's
LOOK_AT_SITE = "look at the site"  # templates, languages, settings: everybody sees what pages are made of
DRAFT_SITE = "draft for the site"
DECIDE_SITE = "decide for the site"  # publish everything, roll back a whole release, people of the site
OWN = "own"  # one's own account: sign out, authenticator


class Rule(NamedTuple):
    """Which role a verb needs, and where: a grant of the site alone, of the place, or any grant at all."""

    role: str
    where: str


OF_SITE, OF_PLACE, ANYWHERE = "site", "place", "anywhere"
RULES: Mapping[str, Rule] = {
    LOOK: Rule(EDITOR, OF_PLACE),
    DRAFT: Rule(EDITOR, OF_PLACE),
    DECIDE: Rule(PUBLISHER, OF_PLACE),
    LOOK_AT_SITE: Rule(EDITOR, ANYWHERE),
    DRAFT_SITE: Rule(EDITOR, OF_SITE),
    DECIDE_SITE: Rule(PUBLISHER, OF_SITE),
    OWN: Rule(EDITOR, ANYWHERE),
}
# Returns the slugs of a place and those around it, nearest first; none for a place that nobody knows.
Around = Callable[[str], Sequence[str]]


@dataclass(frozen=True, slots=True)
class Grant:
    """A role at a place and all that lies in it; SITE stands for every place and for the site itself."""

    role: str
    place: str = SITE


def may(grants: Iterable[Grant], verb: str, place: str, around: Around) -> bool:
    """Say whether these grants cover a verb at a place, SITE being none.

    A place that nobody knows is the site's: it may be gone, or not be there yet. Raises KeyError for a verb
    that there is not.
    """
    rule = RULES[verb]
    held = [grant.place for grant in grants if allows(grant.role, rule.role)]
    if rule.where == ANYWHERE:
        return bool(held)
    covered = {SITE, *(around(place) if place and rule.where == OF_PLACE else ())}
    return any(place in covered for place in held)


def may_all(grants: Iterable[Grant], verb: str, places: Iterable[str], around: Around) -> bool:
    """Say whether they cover a verb at each of several places, and that there is one: an entry that moves."""
    grants, places = tuple(grants), tuple(places)
    return bool(places) and all(may(grants, verb, place, around) for place in places)


def seen(grants: Iterable[Grant], verb: str, places: Iterable[str], around: Around) -> list[str]:
    """Return those of these places at which the grants cover a verb: what a list shows."""
    grants = tuple(grants)
    return [place for place in places if may(grants, verb, place, around)]


def role_at(grants: Iterable[Grant], place: str, around: Around) -> str:
    """Return the highest role that the grants give at a place, or nothing."""
    covered = {SITE, *(around(place) if place else ())}
    held = {grant.role for grant in grants if grant.place in covered}
    return next((role for role in reversed(ROLES) if role in held), "")


# Says of a person which places they look after: what a list shows them.
Sees = Callable[[Person], Callable[[str], bool]]


def sees_all(person: Person) -> Callable[[str], bool]:
    """Say of everybody that they look after every place."""
    return lambda place: True


class GrantsOfPeople:
    """The GrantBook of who is signed in: the role of the whole site, and those at places (Sessions)."""

    def grants(self, person: Person) -> Sequence[Grant]:
        """Return the grant that the role of the site is, and one for each role at a place."""
        return (*of_role(person.role), *(Grant(role, place) for role, place in person.at if place))


def of_role(role: str) -> tuple[Grant, ...]:
    """Return what a role means that says no place: it is of the site. Nobody without a role has any."""
    return (Grant(role),) if role in ROLES else ()
