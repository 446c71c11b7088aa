"""Every route of the desk, for every role, at one's own place, below it, at a foreign one and at the site."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

import pytest
from chalice.app import Chalice

from chalicelib.desk.grants import SITE, Grant
from chalicelib.desk.people import EDITOR, PUBLISHER, ROLES, Person
from chalicelib.desk.route_rights import BY_SITE, BY_SITE_BELOW, RIGHTS, RouteRights
from chalicelib.desk.web.guard import NO_SESSION
from chalicelib.settings import Settings
from chalicelib.wiring import http

COUNTY, OWN, OTHER, FOREIGN = "merced", "los-banos", "atwater", "fresno-city"
CHAINS = {
    OWN: (OWN, COUNTY, "california"),
    OTHER: (OTHER, COUNTY, "california"),
    FOREIGN: (FOREIGN, "fresno", "california"),
    COUNTY: (COUNTY, "california"),
}
# Who sees the desk of everybody, and presses what is the site's: by the role that the route demands.
SEEN_BY_ALL = {"/admin/sign-out", "/admin/authenticator"}
DOCUMENTS = sorted(path for path in RIGHTS if path.startswith("/admin/text"))


def routes() -> dict[tuple[str, str], str]:
    app = Chalice(app_name="porchlight")
    http.serve(app, Settings(porchlight_function="admin", porchlight_pages="live"))
    return {
        (path, method): str(getattr(entry.view_function, "guard", ""))
        for path, methods in app.routes.items()
        for method, entry in methods.items()
        if getattr(entry.view_function, "guard", "") != NO_SESSION
    }


ROUTES = routes()


class Things:
    """Each place has a contact and a case of its name."""

    def around(self, place: str) -> Sequence[str]:
        return CHAINS.get(place, ())

    def places_of_contact(self, contact: str) -> Sequence[str]:
        return [contact] if contact in CHAINS else []

    def place_of_case(self, case_number: str) -> str:
        return case_number if case_number in CHAINS else SITE


class Held:
    """The grants of whoever asks."""

    def __init__(self, *grants: Grant) -> None:
        self._grants = grants

    def grants(self, person: Person) -> Sequence[Grant]:
        return self._grants


def allowed(grants: Sequence[Grant], path: str, method: str, **fields: str) -> bool:
    rights = RouteRights(Held(*grants), Things())
    role = ROUTES[path, method]
    person = Person("a@desk.example", max((one.role for one in grants), key=ROLES.index))
    if not person.may(role):
        return False
    return rights(person, path, role, method == "POST", lambda name: fields.get(name, ""))


def about(path: str, place: str) -> dict[str, str]:
    """Return the fields of a request that is about a thing of this place, whatever the route reads."""
    if path in DOCUMENTS:
        return {"d": f"contacts/{place}"}
    return {"c": place, "contact": place, "p": place, "n": place, "serves": place}


def test_every_route_is_on_the_list_or_is_the_site_s_and_nothing_else_is() -> None:
    paths = {path for path, _ in ROUTES}
    rest = {path for path in paths if path not in RIGHTS and not path.startswith(BY_SITE_BELOW)}
    assert rest == BY_SITE
    assert set(RIGHTS) <= paths


@pytest.mark.parametrize("path", sorted({path for path, _ in ROUTES}))
def test_each_route_asks_for_a_role_at_the_place_that_it_is_about(path: str) -> None:
    for method, role in product(("GET", "POST"), ROLES):
        if (path, method) not in ROUTES:
            continue
        enough = ROLES.index(role) >= ROLES.index(ROUTES[path, method])
        keeps = path == "/admin/text/newer/keep" or path.startswith("/admin/case/")
        enough = enough and not (keeps and method == "POST" and role == EDITOR)
        for held, asked in product((OWN, COUNTY, SITE), (OWN, OTHER, FOREIGN)):
            if path in SEEN_BY_ALL:
                wanted = enough
            elif path in RIGHTS:
                covers = held == SITE or held in CHAINS[asked]
                if path == "/admin/town/out":  # a town does not take itself out
                    covers = held == SITE or held in CHAINS[asked][1:]
                wanted = enough and covers
            else:
                wanted = enough and held == SITE
            got = allowed([Grant(role, held)], path, method, **about(path, asked))
            assert got == wanted, (path, method, role, held, asked)


@pytest.mark.parametrize("path", DOCUMENTS)
def test_what_the_site_owns_is_looked_at_by_all_and_changed_by_its_own(path: str) -> None:
    method = "POST" if (path, "POST") in ROUTES else "GET"
    for document in ("template/public/page.html", "catalog/es", "site"):
        assert allowed([Grant(PUBLISHER)], path, method, d=document)
        assert allowed([Grant(PUBLISHER, OWN)], path, method, d=document) == (method == "GET")
    for document in ("recipients", "contacts", "places"):
        assert not allowed([Grant(PUBLISHER, OWN)], path, method, d=document)
    assert not allowed(
        [Grant(PUBLISHER, OWN)], path, "POST" if method == "POST" else "GET", d="contacts/gone"
    )


CLERK = [Grant(PUBLISHER, OWN)]


@pytest.mark.parametrize(
    ("path", "fields", "may"),
    [
        ("/admin/contact", {"c": FOREIGN, "contact": OWN, "serves": OWN}, False),
        ("/admin/contact", {"c": OWN, "serves": FOREIGN}, False),
        ("/admin/contact", {"serves": OWN}, True),
        ("/admin/contact", {"serves": FOREIGN}, False),
        ("/admin/contact", {"serves": COUNTY}, False),
        ("/admin/contact", {}, False),
        ("/admin/contacts/checked", {"contact": FOREIGN, "c": OWN}, False),
        ("/admin/contacts/checked", {"c": OWN}, False),
        ("/admin/town", {"p": OWN, "parent": COUNTY}, True),
        ("/admin/town", {"p": OWN, "parent": "fresno"}, False),
        ("/admin/town", {"parent": COUNTY}, False),
        ("/admin/town", {}, False),
        ("/admin/case/hold", {"n": "nothing"}, False),
        ("/admin/text", {"d": f"contacts/{OWN}", "c": FOREIGN}, True),
        ("/admin/text", {"d": f"places/{FOREIGN}", "p": OWN}, False),
        ("/admin/text", {"d": ""}, False),
        ("/admin/text/discard", {"d": f"contacts/{OWN}/x"}, False),
    ],
)
def test_a_clerk_of_one_town_who_tries_the_fields_of_another(
    path: str, fields: dict[str, str], may: bool
) -> None:
    assert allowed(CLERK, path, "POST", **fields) == may


def test_a_county_adds_towns_and_a_town_adds_none() -> None:
    county = [Grant(EDITOR, COUNTY)]
    assert allowed(county, "/admin/town", "POST", parent=COUNTY)
    assert not allowed(county, "/admin/town", "POST", parent="california")
    assert not allowed(county, "/admin/town", "POST", p=OWN, parent="fresno")
    assert allowed(county, "/admin/town", "GET")
    assert allowed(CLERK, "/admin/contact", "GET")
