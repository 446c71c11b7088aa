"""Every route of the desk, for every role, at one's own place, below it, at a foreign one and at the site."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from itertools import product
from types import SimpleNamespace
from typing import Any

import pytest
from chalice.app import Chalice

from chalicelib.delivery.look_after_cases import FilePage, OpenFiles
from chalicelib.delivery.web.cases import CaseScreens
from chalicelib.desk.grants import SITE, Around, Grant
from chalicelib.desk.people import EDITOR, PUBLISHER, ROLES, Person
from chalicelib.desk.route_rights import BY_SITE, BY_SITE_BELOW, RIGHTS, RouteRights
from chalicelib.desk.web.guard import NO_SESSION, AdminRequest
from chalicelib.desk.web.screens import Screen
from chalicelib.publishing.edit_contacts import EditContacts
from chalicelib.publishing.edit_places import EditPlaces
from chalicelib.publishing.web.contacts import ContactScreens
from chalicelib.publishing.web.towns import TownScreens
from chalicelib.settings import Settings
from chalicelib.shared.errors import EntryMissing
from chalicelib.wiring import http
from chalicelib.wiring.desk_abouts import DeskAbouts
from tests.support.editors_desk import EditorsDesk

COUNTY, OWN, OTHER, FOREIGN = "merced", "los-banos", "atwater", "fresno-city"
CHAINS = {
    OWN: (OWN, COUNTY, "california"),
    OTHER: (OTHER, COUNTY, "california"),
    FOREIGN: (FOREIGN, "fresno", "california"),
    COUNTY: (COUNTY, "california"),
}
# Who sees the desk of everybody, and presses what is the site's: by the role that the route demands.
SEEN_BY_ALL = {
    *("/admin/sign-out", "/admin/authenticator", "/admin/access/sign-out", "/admin/access/authenticator"),
    *("/admin/access/home", "/admin/access/{proxy+}"),
}
LISTS = {
    *("/admin", "/admin/{proxy+}", "/admin/access", "/admin/search", "/admin/log", "/admin/log/file"),
    *("/admin/contacts", "/admin/towns", "/admin/deliveries", "/admin/documents", "/admin/preview"),
    *("/admin/thrown", "/admin/thrown/look", "/admin/thrown/back", "/admin/figures", "/admin/figures/file"),
    *("/admin/services", "/admin/services/due", "/admin/services/due/file"),
    "/admin/replies",  # with what is held in cases of one's own places
    *("/admin/publish", "/admin/publish/now", "/admin/releases"),  # with the drafts of one's own places
    *("/admin/job", "/admin/job/go-on", "/admin/job/stop"),  # the screen asks what the job is about
}
LOOKED_AT_BY_ALL = {"/admin/site", "/admin/sentences", "/admin/sentence"}  # and changed by the site's
LISTS_OF_PEOPLE = {
    *("/admin/access/people/find", "/admin/access/waiting"),
    "/admin/access/waiting/stop",  # the screen asks whose the change is
    "/admin/access/hand-over",  # and whose the case is
}
LISTS_WITH_A_FORM = {"/admin/access/people"}
DOCUMENTS = sorted(path for path in RIGHTS if path.startswith("/admin/text"))


def routes(function: str) -> dict[tuple[str, str], str]:
    app = Chalice(app_name="porchlight")
    http.serve(app, Settings(porchlight_function=function, porchlight_pages="live"))
    return {
        (path, method): str(getattr(entry.view_function, "guard", ""))
        for path, methods in app.routes.items()
        for method, entry in methods.items()
        if getattr(entry.view_function, "guard", "") != NO_SESSION
    }


ROUTES = routes("admin") | routes("access")


class Things:
    """Each place has a contact and a case of its name."""

    def around(self) -> Around:
        return lambda place: CHAINS.get(place, ())

    def places_of_contact(self, contact: str) -> Sequence[str]:
        return [contact] if contact in CHAINS else []

    def place_of_case(self, case_number: str) -> str:
        return case_number if case_number in CHAINS else SITE

    def place_named(self, typed: str) -> str:
        return typed if typed in CHAINS else ""

    def places_of_account(self, email: str) -> Sequence[str]:
        """Each name is somebody of these places: "ana" of none, "site" of the whole site."""
        if email == "site":
            return [SITE]
        return [one for one in email.split() if one in CHAINS]


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
    if path == "/admin/access/people/place":
        return {"p": "new", "around": place}
    if path == "/admin/preview/page":
        return {"name": f"es/{place}/note"}
    same = ("c", "contact", "p", "n", "serves", "place", "email")
    return dict.fromkeys(same, place)


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
            if path in SEEN_BY_ALL or (path in LOOKED_AT_BY_ALL and method == "GET"):
                wanted = enough
            elif path in LISTS | LISTS_OF_PEOPLE or (path in LISTS_WITH_A_FORM and method == "GET"):
                wanted = enough  # each shows those of one's own
            elif path in RIGHTS and path not in LOOKED_AT_BY_ALL:
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
        ("/admin/preview/page", {"name": f"es/{OWN}"}, True),
        ("/admin/preview/page", {"name": f"es/{FOREIGN}"}, False),
        ("/admin/preview/page", {"name": "es/code"}, True),
        ("/admin/preview/page", {"name": "es/error-404"}, True),
        ("/admin/preview/page", {"name": f"es/code/{OWN}"}, False),
        ("/admin/preview/page", {"name": f"es//{FOREIGN}"}, False),
        ("/admin/preview/page", {"name": "es/error-town"}, False),
        ("/admin/preview/page", {"name": ""}, False),
        ("/admin/text/discard", {"d": f"contacts/{OWN}/x"}, False),
        *(
            (f"/admin/releases/{path}", {"release": "1", **fields}, may)
            for path in ("look", "back")
            for fields, may in (
                ({"place": OWN}, True),
                ({"place": FOREIGN, "p": OWN}, False),
                ({"place": OTHER}, False),
                ({"place": COUNTY}, False),  # a town rolls nothing back that it lies in
                ({"place": "nowhere"}, False),
                ({"place": ""}, False),
                ({}, False),  # all of a release
            )
        ),
    ],
)
def test_a_clerk_of_one_town_who_tries_the_fields_of_another(
    path: str, fields: dict[str, str], may: bool
) -> None:
    method = "POST" if (path, "POST") in ROUTES else "GET"
    assert allowed(CLERK, path, method, **fields) == may


@pytest.mark.parametrize(
    ("path", "fields", "may"),
    [
        ("people", {"place": OWN, "email": FOREIGN}, True),  # a role of one's own, whoever gets it
        ("people", {"place": FOREIGN}, False),
        ("people", {"place": COUNTY}, False),
        ("people", {"place": ""}, False),
        ("people", {}, False),
        ("people", {"place": "Nowhere"}, True),  # the screen says that nobody knows it
        ("people/role", {"email": OWN, "place": OWN, "role": PUBLISHER}, False),
        ("people/take", {"place": OWN, "email": f"{OWN} {FOREIGN}"}, True),
        ("people/take", {"place": FOREIGN, "email": OWN}, False),
        ("people/remove", {"email": OWN}, True),
        ("people/remove", {"email": f"{OWN} {FOREIGN}", "place": OWN}, False),
        ("people/password", {"email": "site", "place": OWN}, False),
        ("people/authenticator", {"email": "nobody", "place": OWN}, False),
        ("people/sessions", {"email": COUNTY}, False),
        ("people/place", {"p": OWN, "around": OWN}, False),  # one that is known is the site's to move
        ("people/place", {"p": "new", "around": OWN}, True),
        ("people/place", {"p": "new", "around": COUNTY}, False),
        ("people/place", {"p": "new", "around": "Nowhere"}, False),
    ],
)
def test_a_publisher_of_one_town_who_tries_the_people_of_others(
    path: str, fields: dict[str, str], may: bool
) -> None:
    assert allowed(CLERK, f"/admin/access/{path}", "POST", **fields) == may
    assert not allowed([Grant(EDITOR, OWN)], f"/admin/access/{path}", "POST", **fields)


def test_a_county_adds_towns_and_a_town_adds_none() -> None:
    county = [Grant(EDITOR, COUNTY)]
    assert allowed(county, "/admin/town", "POST", parent=COUNTY)
    assert not allowed(county, "/admin/town", "POST", parent="california")
    assert not allowed(county, "/admin/town", "POST", p=OWN, parent="fresno")
    assert allowed(county, "/admin/town", "GET")
    assert allowed(CLERK, "/admin/contact", "GET")


def test_a_list_shows_the_rows_of_the_places_that_somebody_looks_after() -> None:
    ben = Person("b@desk.example", EDITOR)
    for held, wanted in ((OWN, {OWN}), (COUNTY, {OWN, OTHER, COUNTY}), (SITE, {*CHAINS, SITE, "gone"})):
        rights = RouteRights(Held(Grant(EDITOR, held)), Things())
        sees, decides = rights.sees(ben), rights.reach(ben)[1]
        assert {place for place in (*CHAINS, SITE, "gone") if sees(place)} == wanted
        assert not any(decides(place) for place in (*CHAINS, SITE, "gone"))
        both = RouteRights(Held(Grant(PUBLISHER, held)), Things()).reach(ben)
        for covers in both:
            assert {place for place in (*CHAINS, SITE, "gone") if covers(place)} == wanted


class Shown:
    """What a screen was shown with."""

    def __init__(self) -> None:
        self.names: dict[str, Any] = {}

    def __call__(self, request: AdminRequest, template: str, status: int = 200, /, **names: Any) -> Screen:
        self.names = names
        return Screen("", status, {})


def test_lists_leave_out_what_belongs_to_others() -> None:
    desk, shown = EditorsDesk(), Shown()
    request = AdminRequest("", False, {}, "", "", person=Person("b@desk.example", EDITOR))

    def sees(person: Person) -> Callable[[str], bool]:
        return lambda place: place == "town"

    ContactScreens(shown, EditContacts(desk.edit, desk.clock), sees).contacts(request)
    assert [line.entry["id"] for line in shown.names["lines"]] == ["shelter"]
    TownScreens(shown, EditPlaces(desk.edit), sees).towns(request)
    assert ([line.place.slug for line in shown.names["lines"]], shown.names["list"].of) == (["town"], 1)
    files = [SimpleNamespace(case=SimpleNamespace(place=one), amiss=True) for one in ("town", "us")]

    def of(theirs: Callable[[str], bool]) -> list[Any]:
        return [file for file in files if theirs(file.case.place)]

    cases: Any = SimpleNamespace(
        amiss=lambda theirs: OpenFiles(of(theirs), False),
        newest=lambda places, *_: FilePage(of(places.__contains__), None),
        away=lambda some: [*some],
    )
    nothing: Any = None
    names = {"town": "Town", "us": "Nation"}
    CaseScreens(shown, cases, nothing, nothing, lambda: names, sees).cases(request)
    assert shown.names["newest"].files == shown.names["amiss"].rows == shown.names["away"] == files[:1]


def test_what_requests_are_about_is_looked_up_as_published_and_for_what_is_new_as_drafted() -> None:
    desk = EditorsDesk()
    places = json.loads(desk.shipped.texts["places"])["places"]
    new = {"slug": "new", "name": "New", "parent": "town", "kind": "city"}
    county = {**places[0], "kind": "county", "parent": "us"}
    desk.save("places", json.dumps({"places": [new, county, places[1]]}))
    found = SimpleNamespace(case=SimpleNamespace(place="town"))

    def find(number: str) -> Any:
        if number != "PL-1":
            raise EntryMissing(number)
        return found

    cases: Any = SimpleNamespace(find=find)
    abouts = DeskAbouts(desk.edit, cases)
    around = abouts.around()
    assert (around("town"), around("new"), around("gone")) == (["town", "us"], ["new", "town", "us"], ())
    assert (abouts.place_of_case("PL-1"), abouts.place_of_case("PL-2")) == ("town", SITE)
    desk.save("contacts", desk.edit.open("contacts").text.replace('"serves": "town"', '"serves": "us"'))
    assert abouts.places_of_contact("shelter") == ["town", "us"]
    assert abouts.places_of_contact("nobody") == []
