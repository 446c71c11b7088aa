"""The desk in a real browser: by keyboard alone, without script, and looked over by axe."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from chalicelib.desk.adapters.dynamo_roles import DynamoRoles
from chalicelib.desk.people import PUBLISHER
from tests.publishing.test_texts import _pairs as pairs
from tests.support.desk_site import EDITOR_ONE, PASSWORD, PUBLISHER_ONE, PUBLISHER_TWO, DeskSite
from tests.support.newer_edits import NEWER_SCREENS, edit_on_an_older_package
from tools.local.local_server import LocalSite
from tools.local.quiet_server import HOST, reserve
from tools.look.chromium import launch_options

pytestmark = pytest.mark.takes(50)

LEE = "lee@desk.example"
_RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
_MOST_TABS = 60
TARGETS = (
    "button, .button, header nav a, select, summary, "
    "input:not([type=hidden]):not([type=checkbox]):not([type=radio])"
)
SMALL_TARGETS = """targets => [...document.querySelectorAll(targets)]
    .map(one => [one.getBoundingClientRect(), one.outerHTML.slice(0, 120)])
    .filter(([box]) => box.width && box.height < 44)"""
SCREENS = [
    "/admin/",
    "/admin/documents",
    "/admin/text?d=template/public/page.html",
    "/admin/text/changes?d=template/public/page.html",
    "/admin/text/history?d=contacts/los-banos-ca",
    "/admin/sentences?d=catalog/ar",
    "/admin/contacts",
    "/admin/contact?c=lbpd",
    "/admin/preview?locale=ar",
    "/admin/sentence?k=47b5d0764d82d48e&back=en/los-banos-ca&spot=s47b5d0764d82d48e",
    "/admin/search?q=Call+911",
    "/admin/releases",
    "/admin/releases/look?release=0&place=los-banos-ca",
    "/admin/thrown",
    "/admin/deliveries",
    "/admin/figures?town=los-banos-ca",
    "/admin/recipients",
    "/admin/access/recipients",
    "/admin/access/recipients/one",
    "/admin/access/waiting",
    "/admin/access/stop",
    "/admin/access/people",
    "/admin/log",
    "/admin/access/authenticator",
    "/admin/case?n=PL-0000-0000",
    "/admin/contact",
    "/admin/contact/out?c=nhth",
    "/admin/services",
    "/admin/services/of?p=merced-county-ca",
    "/admin/services/import?p=merced-county-ca",
    "/admin/service?p=merced-county-ca",
    "/admin/service/translated?p=merced-county-ca&s=vcc&l=ar",
    "/admin/towns",
    "/admin/town",
    "/admin/site",
    "/admin/site/change?part=languages",
    "/admin/mail",
    "/admin/access/recipients/without?r=dot-trafficking",
]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(**launch_options())
        yield browser
        browser.close()


@pytest.fixture
def address(desk: DeskSite) -> Iterator[str]:
    """The desk on a port of this machine, over plain HTTP, as under `make run`."""
    edit_on_an_older_package(desk)
    site = LocalSite(desk.app, reserve(0), say=lambda _: None)
    site.start()
    yield f"http://{HOST}:{site.port}"
    site.stop()


def visit(chromium: Browser, address: str, email: str, **how: Any) -> tuple[BrowserContext, Page]:
    """Sign in by keyboard, in a browser that runs no script."""
    context = chromium.new_context(base_url=address, java_script_enabled=False, **how)
    page = context.new_page()
    page.goto("/admin/")
    tab_to(page, "E-mail address")
    page.keyboard.type(email)
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/admin/")
    return context, page


def enter_access(page: Page, email: str) -> None:
    """Sign in at the access screens too, beside the desk; that leads away from the page that was shown."""
    page.goto("/admin/access/sign-in")
    page.get_by_label("E-mail address").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/admin/access/people")
    assert page.get_by_role("heading", level=1).inner_text() == "People"


def focused(page: Page) -> str:
    """What a screen reader would call the element that has the focus."""
    return str(
        page.evaluate(
            """() => {
                const one = document.activeElement;
                const label = one.labels && one.labels[0];
                return (one.ariaLabel || (label ? label.innerText : one.innerText) || one.tagName).trim();
            }"""
        )
    )


def tab_to(page: Page, name: str) -> None:
    """Press Tab until the element with this name has the focus, and see that the focus shows."""
    for _ in range(_MOST_TABS):
        page.keyboard.press("Tab")
        if focused(page).startswith(name):
            outline = page.evaluate("() => getComputedStyle(document.activeElement).outlineStyle")
            assert outline != "none", name
            return
    raise AssertionError(f"no way to {name!r} by keyboard")


def test_chromium_takes_the_cookie_over_plain_http_on_this_machine(chromium, address):
    context, _ = visit(chromium, address, EDITOR_ONE)
    cookies = {cookie["name"]: cookie for cookie in context.cookies()}
    assert cookies.keys() == {"__Host-desk", "__Host-known"}  # the session, and that the browser is known
    for cookie in cookies.values():
        assert cookie["path"] == "/"
        assert (cookie["httpOnly"], cookie["secure"], cookie["sameSite"]) == (True, True, "Strict")
    context.close()


def test_a_clerk_changes_a_phone_number_by_keyboard_alone(chromium, address):
    context, page = visit(chromium, address, EDITOR_ONE)
    tab_to(page, "Contacts")
    page.keyboard.press("Enter")
    page.wait_for_url("**/admin/contacts")
    tab_to(page, "Los Banos Police Department")
    page.keyboard.press("Enter")
    page.wait_for_url("**/admin/contact?c=lbpd")
    tab_to(page, "Number or address 1")
    page.keyboard.press("Control+A")
    page.keyboard.type("209-555-0142")
    tab_to(page, "I called or looked today")
    page.keyboard.press("Space")
    tab_to(page, "In which role")
    page.keyboard.type("shelter desk")
    tab_to(page, "Save the draft")
    page.keyboard.press("Enter")
    page.wait_for_url("**/admin/text/changes?d=contacts/*&done=saved")
    assert "209-555-0142" in page.inner_text("main")
    assert page.locator("[role=status]").inner_text().startswith("Your draft is saved")
    context.close()


def test_a_clerk_adds_a_town_and_its_shelter_by_keyboard_alone(chromium, address):
    context, page = visit(chromium, address, EDITOR_ONE)
    presses = []

    def press(name: str) -> None:
        tab_to(page, name)
        with page.expect_navigation():
            page.keyboard.press("Enter")
        presses.append(name)

    def type_into(name: str, text: str) -> None:
        tab_to(page, name)
        page.keyboard.type(text)

    press("Towns")
    press("Add a town")
    type_into("Name", "Dos Palos")
    type_into("Where it lies", "Merced")
    press("Save the draft")
    assert "The page of Dos Palos will be at /en/dos-palos-ca/" in page.inner_text("main")
    press("add a contact for it")
    press("Save the draft")
    assert page.evaluate("() => document.activeElement.role") == "alert"
    tab_to(page, "Write the name of the office.")
    page.keyboard.press("Enter")
    assert page.evaluate("() => document.activeElement.id") == "name"
    page.keyboard.type("Casa Segura")
    type_into("Place it serves", "Dos")
    type_into("Number or address 1", "209-555-0142")
    type_into("What they do", "A safe house.")
    type_into("Where you read it", "They told us.")
    press("Save the draft")
    assert page.url.endswith("/admin/contacts?done=added")
    assert "Casa Segura" in page.inner_text("table")
    assert len(presses) == 6  # of which one is the save that was refused
    context.close()


def test_a_town_s_publisher_rolls_it_back_by_keyboard_alone_on_a_phone(chromium, address, desk):
    publish_a_number_of_the_town(desk)
    context, page = visit(chromium, address, LEE, viewport={"width": 390, "height": 800})
    page.goto("/admin/releases")
    presses = []

    def press(name: str) -> None:
        assert page.evaluate("() => document.documentElement.scrollWidth") <= 390, page.url
        tab_to(page, name)
        page.keyboard.press("Enter")
        presses.append(name)

    press("Roll back Los Banos, CA to this")
    page.wait_for_url("**/admin/releases/look?**")  # the page of checks leads here by itself
    assert "209-555-0142" in page.inner_text("main")
    if page.locator("#yes").count():
        tab_to(page, "Yes, roll back although")
        page.keyboard.press("Space")
    press("Roll back for everybody")
    page.wait_for_url("**/admin/releases?done=rolled_place")
    assert page.locator("[role=status]").inner_text().startswith("Rolled back.")
    assert len(presses) == 2  # as many as for the whole site
    context.close()


def publish_a_number_of_the_town(desk: DeskSite) -> None:
    """Let a town's publisher change a number, and publish it."""
    desk.add(LEE, "")
    account = desk.cognito.admin_get_user(UserPoolId=desk.pool, Username=LEE)
    id_ = {one["Name"]: one["Value"] for one in account["UserAttributes"]}["sub"]
    DynamoRoles(lambda: desk.dynamodb, desk.settings.access_table).give(id_, "los-banos-ca", PUBLISHER)
    lee = desk.person(LEE)
    lee.sign_in()
    fields = pairs(lee.get("/admin/contact?c=lbpd"), "/admin/contact")
    number = {"209-827-7070": "209-555-0142"}
    saved = lee.post("/admin/contact", [(name, number.get(value, value)) for name, value in fields])
    assert saved.status == 303
    looked = lee.get("/admin/publish")
    while looked.status == 303:
        looked = lee.follow(looked)
    done = lee.submit(looked, "/admin/publish/now", why="A new number", yes="yes")
    assert done.status == 303, done.words


def test_the_first_tab_skips_to_the_content(chromium, address):
    context, page = visit(chromium, address, EDITOR_ONE)
    page.goto("/admin/log")
    page.keyboard.press("Tab")
    assert focused(page) == "Skip to the content"
    page.keyboard.press("Enter")
    assert page.evaluate("() => document.activeElement.id") == "main"
    context.close()


def test_what_is_wrong_is_said_first_and_leads_to_its_field(chromium, address):
    context = chromium.new_context(base_url=address, java_script_enabled=False)
    page = context.new_page()
    page.goto("/admin/sign-in")
    page.get_by_label("E-mail address").fill(EDITOR_ONE)
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("button", name="Sign in").click()
    alert = page.get_by_role("alert")
    assert "do not go together" in alert.inner_text()
    assert page.title().startswith("Error:")
    alert.get_by_role("link").click()
    assert page.evaluate("() => document.activeElement.id") == "password"
    assert page.get_by_label("Password").get_attribute("aria-invalid") == "true"
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_barrier_on_any_screen(chromium, address, scheme):
    context, first = visit(chromium, address, PUBLISHER_ONE, color_scheme=scheme)
    # axe is a script: it looks from a browser that runs them, at the same pages.
    enter_access(first, PUBLISHER_ONE)
    looking = chromium.new_context(
        base_url=address, color_scheme=scheme, storage_state=context.storage_state()
    )
    page = looking.new_page()
    for path in (*(SCREENS if scheme == "light" else SCREENS[:8]), *NEWER_SCREENS):
        page.goto(path)
        violations = Axe().run(page, options=_RULES).response["violations"]
        # What is shown inside the preview's frames is the public page, which has tests of its own.
        told = [
            (violation["id"], node["target"])
            for violation in violations
            for node in violation["nodes"]
            if len(node["target"]) == 1
        ]
        assert told == [], path
    looking.close()
    context.close()


def test_no_screen_is_wider_than_a_phone_and_buttons_are_large_enough(chromium, address):
    context, first = visit(chromium, address, PUBLISHER_ONE)
    enter_access(first, PUBLISHER_ONE)
    looking = chromium.new_context(
        base_url=address, viewport={"width": 320, "height": 640}, storage_state=context.storage_state()
    )
    page = looking.new_page()
    for path in (*SCREENS, *NEWER_SCREENS):
        page.goto(path)
        assert page.evaluate("() => document.documentElement.scrollWidth") <= 320, path
        small = page.evaluate(SMALL_TARGETS, TARGETS)
        assert small == [], path
    looking.close()
    context.close()


def test_a_preview_runs_nothing_and_reaches_nothing(chromium, address, desk):
    editor = desk.signed_in(PUBLISHER_TWO)
    opened = editor.get("/admin/text?d=template/public/page.html")
    text = opened.forms("/admin/text")[0]["text"]
    evil = text.replace(
        "{% block main %}",
        "{% block main %}<script>document.title='ran';top.location='/admin/people'</script>"
        "<form id=evil action=/admin/people/role method=post><button>x</button></form>",
        1,
    )
    editor.submit(opened, "/admin/text", text=evil)
    context, _ = visit(chromium, address, PUBLISHER_ONE)
    looking = chromium.new_context(base_url=address, storage_state=context.storage_state())
    page = looking.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(f"{request.method} {request.url.removeprefix(address)}"))
    page.goto("/admin/preview")
    page.wait_for_load_state("networkidle")
    assert page.url == f"{address}/admin/preview"
    direct = looking.new_page()
    direct.goto("/admin/preview/page?which=draft&name=en/los-banos-ca")
    assert direct.title() != "ran"
    assert {line.partition("?")[0] for line in asked} <= {"GET /admin/preview", "GET /admin/preview/page"}
    looking.close()
    context.close()
