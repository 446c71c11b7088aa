"""Somebody looks for help near them: by ZIP, on a small phone, and what the browser keeps of it."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Response

from chalicelib.directory.adapters.shipped_content import CONTENT
from tests.browser.conftest import OpenReader
from tests.browser.reader import EXIT, Reader
from tests.browser.test_back_forward_cache import plain
from tests.browser.wire import Tab, chromium_as_it_comes
from tools.local.quiet_server import HOST, QuietServer, reserve

# They share a site and a browser: one number keeps them together.
pytestmark = pytest.mark.takes(60)

ZIP = "93635"
UNSEEN = "95388"  # of the same county, and in no address there
WHERE = ["/en/places/", "/en/places/all/", "/en/places/ca/fresno/", "/en/us/"]
ENTER = {"key": "Enter", "code": "Enter", "text": "\r", "windowsVirtualKeyCode": 13}

OpenTab = Callable[[], Tab]


@pytest.fixture(scope="module")
def open_tab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenTab]:
    with chromium_as_it_comes(tmp_path_factory.mktemp("profile")) as open_tab:
        yield open_tab


@pytest.fixture
def elsewhere() -> Iterator[str]:
    """The address of a page that is not ours."""
    server = QuietServer(plain, reserve(0))
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    yield f"http://{HOST}:{server.port}"
    server.shutdown()
    thread.join()


def look_for(reader: Reader, words: str) -> Response:
    """Type into the field, send it by the Enter key, and return the response. A town's page has it folded."""
    folded = reader.page.locator("details:not([open])", has=reader.page.locator("[name=place]"))
    if folded.count():
        folded.locator("summary").click()
    reader.field("place").fill(words)
    with reader.page.expect_response(lambda response: response.request.method == "POST") as came:
        reader.field("place").press("Enter")
    reader.page.wait_for_url("**#f")
    reader.page.wait_for_load_state()
    return came.value


@pytest.mark.parametrize("path", ["/es/places/", "/es/los-banos-ca/", "/es/places/ca/fresno/"])
def test_on_the_smallest_phone_a_zip_leads_to_its_county(
    reader_of: OpenReader, script: bool, path: str
) -> None:
    reader = reader_of(script=script, width=320, height=568, touch=True)
    page = reader.page
    page.goto(path)
    response = look_for(reader, ZIP)
    assert response.status == 203
    assert "Merced" in page.locator("h1").inner_text()
    assert page.locator("html").get_attribute("lang") == "es"
    assert page.title() == "Información"
    assert reader.ask("document.documentElement.scrollWidth") <= 320
    seen = page.locator("main ul.rows a[href^='tel:']").first.bounding_box()
    assert seen
    assert 48 <= seen["y"] < 568, "a number of the county is on the first screen"
    assert reader.ask("document.activeElement.localName") == "h1", "what is read aloud first"
    numbers = page.locator("main a[href^='tel:']")
    assert numbers.count() > 0
    assert all(box["height"] >= 24 for one in numbers.all()[:5] if (box := one.bounding_box()))


def test_a_search_by_the_button_is_the_same(reader_of: OpenReader, script: bool) -> None:
    reader = reader_of(script=script, width=320, height=568, touch=True)
    reader.page.goto("/en/places/")
    reader.field("place").fill("Los Baños")
    reader.page.locator("main form button").tap()
    reader.page.locator("h1", has_text="Merced").wait_for()


@pytest.mark.parametrize("typed", [UNSEEN, "Los Bamos", "99999", "xyzzyqwv"])
def test_nothing_typed_stands_in_an_address_a_request_the_history_or_the_page(
    reader_of: OpenReader, script: bool, typed: str
) -> None:
    reader = reader_of(script=script)
    said: list[str] = []
    reader.page.on("request", lambda request: said.append(f"{request.url} {request.all_headers()}"))
    reader.page.goto("/en/us/")
    look_for(reader, typed)
    reader.page.wait_for_timeout(100)
    ours = ["/en/us/#f"] if script else ["/en/us/", "/en/places/#f"]
    assert reader.page.url == f"{reader.address}{ours[-1]}"
    assert reader.history() == ["about:blank", *ours]
    assert not [line for line in said if typed in line]
    assert "referer" not in " ".join(said).lower().replace("no-referrer", "")
    assert typed not in reader.page.content()
    assert reader.field("place").input_value() == ""


def test_after_a_search_the_exit_leaves_nothing_of_ours_with_a_script_and_one_page_without(
    reader_of: OpenReader, script: bool
) -> None:
    reader = reader_of(script=script)
    reader.page.goto("/en/us/")
    look_for(reader, ZIP)
    reader.page.locator("#exit").click()
    reader.page.wait_for_url(EXIT)
    left = [] if script else ["/en/us/", "/en/places/#f"]
    assert reader.history() == ["about:blank", *left, EXIT]


def test_the_page_of_a_search_has_one_exit_and_its_keys(reader_of: OpenReader) -> None:
    reader = reader_of(script=True)
    reader.page.goto("/en/us/")
    look_for(reader, "Fresno")
    look_for(reader, ZIP)
    assert "Merced" in reader.page.locator("h1").inner_text()
    assert "Shift three times" in reader.page.locator("#keys").inner_text()
    for _ in range(3):
        reader.page.keyboard.press("Escape")
    reader.page.wait_for_url(EXIT)
    assert reader.history() == ["about:blank", EXIT]


@pytest.mark.parametrize("fetch", ["() => Promise.reject()", "undefined"])
def test_where_a_search_cannot_be_fetched_the_form_is_sent(reader_of: OpenReader, fetch: str) -> None:
    reader = reader_of(script=True)
    reader.page.goto("/en/places/ca/fresno/")
    reader.page.evaluate(f"void (self.fetch = {fetch})")
    assert look_for(reader, ZIP).status == 203
    assert "Merced" in reader.page.locator("h1").inner_text()
    assert reader.page.url == f"{reader.address}/en/places/#f"
    if fetch == "undefined":  # an old browser's error in its console is no harm
        reader.complaints.remove("fetch is not a function")


def test_a_zip_of_two_counties_offers_both_and_each_is_a_link(reader_of: OpenReader, script: bool) -> None:
    reader = reader_of(script=script, width=320, height=568, touch=True)
    reader.page.goto("/en/places/")
    look_for(reader, several())
    counties = reader.page.locator("main li a[href^='/en/places/ca/']")
    assert counties.count() == 2
    assert reader.axe() == []
    name = counties.first.inner_text().partition(",")[0]
    counties.first.tap()
    reader.page.locator("h1", has_text=name).wait_for()
    assert reader.page.url.startswith(f"{reader.address}/en/places/ca/")


def test_without_typing_the_county_is_three_links_away(reader_of: OpenReader, script: bool) -> None:
    reader = reader_of(script=script)
    page = reader.page
    page.goto("/en/places/")
    page.locator("main a[href='/en/places/ca/']").click()
    page.wait_for_url("**/places/ca/")
    page.locator("main a[href='/en/places/ca/merced/']").click()
    page.wait_for_url("**/places/ca/merced/")
    assert "Merced" in page.locator("h1").inner_text()


# Back, in a Chromium whose back/forward cache is on


@pytest.mark.parametrize("path", WHERE)
def test_with_a_script_back_after_a_search_leads_to_what_was_before_us(
    open_tab: OpenTab, address: str, elsewhere: str, path: str
) -> None:
    tab = open_tab()
    tab.open(elsewhere)
    tab.open(f"{address}{path}")
    type_zip(tab)
    send(tab)
    tab.back()
    assert tab.ask("location.href") == f"{elsewhere}/"


def test_with_a_script_who_comes_back_to_a_search_finds_the_page_before_it_and_an_empty_field(
    open_tab: OpenTab, address: str, elsewhere: str
) -> None:
    tab = open_tab()
    tab.open(f"{address}/en/places/ca/fresno/")
    type_zip(tab)
    send(tab)
    tab.open(elsewhere)
    tab.back()
    assert value_of(tab) == ""
    assert "Merced" not in tab.ask("document.querySelector('h1').textContent")


def test_without_a_script_back_after_a_search_may_give_back_what_was_typed(
    open_tab: OpenTab, address: str
) -> None:
    """No page that is to stay 200 can prevent it: docs/safety.md says so. This is what Chromium 150 does."""
    given = {}
    for path in WHERE:
        tab = open_tab()
        tab.tell("Emulation.setScriptExecutionDisabled", value=True)
        tab.open(f"{address}{path}")
        type_zip(tab)
        send(tab)
        came = tab.back()
        given[path] = (came["how"], value_of(tab))
    assert given == {
        "/en/places/": ("Navigation", ""),  # the response has the same address
        "/en/places/all/": ("BackForwardCacheRestore", ZIP),
        "/en/places/ca/fresno/": ("BackForwardCacheRestore", ZIP),
        "/en/us/": ("BackForwardCacheRestore", ZIP),
    }


def test_the_page_that_was_found_does_not_come_back(open_tab: OpenTab, address: str, elsewhere: str) -> None:
    tab = open_tab()
    tab.tell("Emulation.setScriptExecutionDisabled", value=True)
    tab.open(f"{address}/en/places/")
    type_zip(tab)
    send(tab)
    tab.open(elsewhere)
    came = tab.back()
    assert came["how"] == "Navigation"
    assert "HTTPStatusNotOK" in came["reasons"]
    assert came["frame"].get("unreachableUrl"), "the browser asks whether to send it again"
    assert "Merced" not in tab.ask("document.documentElement.outerHTML")


def type_zip(tab: Tab) -> None:
    """Type into the field, which a town's page folds away."""
    tab.ask("for (const fold of document.querySelectorAll('main details')) fold.open = true")
    tab.type("place", ZIP)


def send(tab: Tab) -> None:
    """Press Enter in the field, and wait for the page of Merced."""
    tab.forget()
    for kind in ("rawKeyDown", "char", "keyUp"):
        tab.tell("Input.dispatchKeyEvent", type=kind, **ENTER)
    tab.wait("Page.loadEventFired")
    assert "Merced" in tab.ask("document.querySelector('h1').textContent")
    entries: list[dict[str, Any]] = tab.tell("Page.getNavigationHistory")["entries"]
    assert not [entry for entry in entries if ZIP in entry["url"] or "merced" in entry["url"]]


def value_of(tab: Tab) -> object:
    """Return what stands in the field. With a script, a page that comes back is fetched again before."""
    for _ in range(100):
        if tab.ask("document.readyState === 'complete' && document.forms.length > 0"):
            break
        threading.Event().wait(0.05)
    return tab.ask("document.forms[0].place.value")


def several() -> str:
    """Return a ZIP that touches two counties."""
    zips: dict[str, str] = json.loads((CONTENT / "zips.json").read_text(encoding="utf-8"))["zips"]
    return next(code for code, counties in zips.items() if len(counties.split()) == 2)
