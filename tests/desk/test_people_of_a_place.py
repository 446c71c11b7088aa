"""A publisher of one town at the desk: what is theirs works, and nothing of another place is shown."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest

from chalicelib.desk.adapters.dynamo_roles import DynamoRoles
from chalicelib.desk.people import PUBLISHER
from chalicelib.shared.aws.sdk import client
from tests.publishing.test_texts import _pairs as pairs
from tests.support.desk_site import EDITOR_ONE, PUBLISHER_ONE, DeskSite, Page, Person

pytestmark = pytest.mark.takes(60)

LEE = "lee@desk.example"
TOWN, COUNTY = "los-banos-ca", "merced-county-ca"
OWN_CONTACT, COUNTYS = "lbpd", "vcc"
NUMBER = "209-555-0142"
LOOK, BACK = "/admin/releases/look", "/admin/releases/back"


def check(person: Person, contact: str) -> Page:
    action = "/admin/contacts/checked"
    page = person.get("/admin/contacts")
    which = [form["contact"] for form in page.forms(action)].index(contact)
    return person.submit(page, action, which, role="town clerk")


def throw_away(person: Person, document: str) -> Page:
    return person.submit(person.get(f"/admin/text/changes?d={document}"), "/admin/text/discard")


def test_a_publisher_of_a_town_works_on_it_and_finds_nothing_of_others(desk: DeskSite) -> None:
    desk.add(LEE, "")
    account = desk.cognito.admin_get_user(UserPoolId=desk.pool, Username=LEE)
    id_ = {one["Name"]: one["Value"] for one in account["UserAttributes"]}["sub"]
    DynamoRoles(lambda: desk.dynamodb, desk.settings.access_table).give(id_, TOWN, PUBLISHER)
    cam, lee = desk.signed_in(EDITOR_ONE), desk.person(LEE)
    home = lee.sign_in()
    assert (home.status, home.path) == (200, "/admin/")

    # the county's drafts: one that waits, one that was thrown away
    for _ in range(2):
        assert check(cam, COUNTYS).status == 303
        if _ == 0:
            assert throw_away(cam, f"contacts/{COUNTY}").status == 303
    [away] = {link for link in links(cam.get("/admin/thrown")) if "/admin/thrown/look" in link}

    assert check(lee, OWN_CONTACT).status == 303
    home = lee.get("/admin/")
    assert f"/admin/text/changes?d=contacts/{TOWN}" in links(home)
    assert f"contacts/{COUNTY}" not in home.text
    assert "/admin/publish" in links(home)
    for link in sorted(link for link in links(home) if link.startswith("/admin") and "/access" not in link):
        assert lee.get(link).status == 200, link  # the menu and Home lead nowhere that is closed

    for path in (
        f"/admin/contact?c={COUNTYS}",
        f"/admin/text/changes?d=contacts/{COUNTY}",
        f"/admin/preview/page?which=draft&name=en/{COUNTY}",
        *(
            "/admin/recipients",
            "/admin/releases/look?release=0",
            "/admin/releases/what?release=1",
            "/admin/mail",
            "/admin/site/change?part=exit",
        ),
        away,
    ):
        assert lee.get(path).status == 403, path
    form = cam.get(away).forms("/admin/thrown/back")[0]
    csrf = lee.get("/admin/").forms("/admin/sign-out")[0]["csrf"]
    assert lee.post("/admin/thrown/back", {**form, "csrf": csrf}).status == 403

    assert "Valley Crisis Center" not in lee.get("/admin/search?q=valley+crisis").words
    assert "Valley Crisis Center" in cam.get("/admin/search?q=valley+crisis").words
    assert f"contacts/{COUNTY}" not in lee.get("/admin/documents").text
    assert "contacts" not in lee.get("/admin/thrown").text.partition("<main")[2]
    preview = lee.get("/admin/preview")
    assert f'value="{TOWN}"' in preview.text
    assert f'value="{COUNTY}"' not in preview.text
    assert lee.get(f"/admin/preview/page?which=draft&name=en/{TOWN}").status == 200
    figures = list(csv.reader(io.StringIO(lee.get("/admin/figures/file").text)))
    assert {row[1] for row in figures[1:]} == {"Los Banos"}

    fields = pairs(lee.get(f"/admin/contact?c={OWN_CONTACT}"), "/admin/contact")
    changed = [(name, NUMBER if value == "209-827-7070" else value) for name, value in fields]
    assert lee.post("/admin/contact", changed).status == 303
    publishes_the_town(desk, lee)
    assert check(desk.signed_in(PUBLISHER_ONE), OWN_CONTACT).status == 303
    lines = list(csv.DictReader(io.StringIO(lee.get("/admin/log/file").text.lstrip("\ufeff"))))
    assert {line["who"] for line in lines} == {LEE, PUBLISHER_ONE}
    [line] = [line for line in lines if line["did"] == "publish"]
    assert line["about"] == f"contacts/{TOWN}"
    assert {line["about"] for line in lines if line["who"] != LEE} == {OWN_CONTACT}
    assert EDITOR_ONE not in lee.get("/admin/log").words
    rolls_the_town_back(desk, lee)


def publishes_the_town(desk: DeskSite, lee: Person) -> None:
    """Publish the town's draft from its own screen, while the county's waits."""
    looked = lee.get("/admin/publish")
    while looked.status == 303:
        looked = lee.follow(looked)
    assert COUNTY not in looked.text.partition("<main")[2]
    done = lee.submit(looked, "/admin/publish/now", why="Checked", yes="yes")
    assert done.status == 303, done.words
    listed = lee.follow(done)
    assert (listed.status, "Contacts of Los Banos" in listed.words) == (200, True)
    ana = desk.signed_in(PUBLISHER_ONE)
    assert f"contacts/{COUNTY}" in ana.get("/admin/documents?show=drafts").text
    assert f"contacts/{TOWN}" not in links_of_drafts(lee)


def rolls_the_town_back(desk: DeskSite, lee: Person) -> None:
    """Roll the town back to how it came, from the list, while a draft of it and the county's wait."""
    ana, before, drafts = desk.signed_in(PUBLISHER_ONE), live(desk), links_of_drafts(lee)
    assert ways_back(lee) == [("0", TOWN)]
    looked = lee.get(f"{LOOK}?release=0&place={TOWN}")
    while looked.status == 303:
        looked = lee.follow(looked)
    assert "Roll back Los Banos, CA to how the site came" in looked.words
    assert NUMBER in looked.words
    assert COUNTY not in looked.text.partition("<main")[2]
    [form] = looked.forms(BACK)
    for place in (COUNTY, "", "fresno-ca"):
        assert lee.get(f"{LOOK}?release=0&place={place}").status == 403
        assert lee.post(BACK, {**form, "yes": "yes", "place": place}).status == 403
    assert live(desk) == before
    done = lee.submit(looked, BACK, yes="yes")
    assert done.status == 303, done.words
    assert "Readers see the older pages of that place within a minute." in lee.follow(done).words
    after = live(desk)
    assert after["release"] == before["release"] + 1
    assert changed_places(before, after) == {TOWN}
    assert links_of_drafts(lee) == drafts
    assert ways_back(lee) == [("1", TOWN)], "and back again to what was published"
    assert ways_back(ana) == [("1", ""), ("1", TOWN), ("0", "")]
    for person in (lee, ana):
        assert "Los Banos, to the site as it came" in person.get("/admin/log").words


def ways_back(person: Person) -> list[tuple[str, str]]:
    """What each button of the list leads back to: a release, and a place or all of it."""
    forms = [one for one in person.get("/admin/releases").tree.iter("form") if one.get("action") == LOOK]
    fields = [{field.get("name"): field.get("value") for field in form.iter("input")} for form in forms]
    return [(one["release"], one.get("place", "")) for one in fields]


def live(desk: DeskSite) -> Any:
    answer = client("s3").get_object(Bucket=desk.settings.pages_bucket, Key="current.json")
    return json.load(answer["Body"])


def changed_places(before: Any, after: Any) -> set[str]:
    old, new = before["index"]["places"], after["index"]["places"]
    return {place for place in {*old, *new} if old.get(place) != new.get(place)}


def links_of_drafts(person: Person) -> set[str]:
    drafts = person.get("/admin/").text.partition("<h2>Drafts</h2>")[2].partition("<h2>")[0]
    return {part.partition('"')[0] for part in drafts.split("/admin/text/changes?d=")[1:]}


def links(page: Page) -> set[str]:
    return {one.get("href", "") for one in page.tree.iter("a")}
