"""Back, in a Chromium whose back/forward cache is on: what a reader typed does not come back with it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.browser.reader import PLACE, STORY
from tests.browser.wire import Tab, chromium_as_it_comes
from tools.local.quiet_server import HOST, QuietServer, reserve

# They share a site and a browser: one number keeps them together.
pytestmark = pytest.mark.takes(100)

OpenTab = Callable[[], Tab]
PLAIN = b"<!doctype html><meta charset=utf-8><title>Plain</title><form autocomplete=off><input name=a></form>"


def plain(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    """Any path is a plain page, to show what the browser does with those of others."""
    start_response("200 OK", [("Content-Type", "text/html"), ("Content-Length", str(len(PLAIN)))])
    return [PLAIN]


@pytest.fixture(scope="module")
def elsewhere() -> Iterator[str]:
    """The address of plain pages that are not ours."""
    server = QuietServer(plain, reserve(0))
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    yield f"http://{HOST}:{server.port}"
    server.shutdown()
    thread.join()


@pytest.fixture(scope="module")
def open_tab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenTab]:
    with chromium_as_it_comes(tmp_path_factory.mktemp("profile")) as open_tab:
        yield open_tab


@pytest.fixture
def tab(open_tab: OpenTab, script: bool) -> Tab:
    tab = open_tab()
    tab.tell("Emulation.setScriptExecutionDisabled", value=not script)
    return tab


def test_the_cache_is_on_and_gives_back_what_was_typed_elsewhere(tab: Tab, elsewhere: str) -> None:
    tab.open(f"{elsewhere}/one")
    tab.type("a", STORY)
    tab.open(f"{elsewhere}/two")
    assert tab.back()["how"] == "BackForwardCacheRestore"
    assert tab.ask("document.forms[0].a.value") == STORY


def test_a_form_is_not_kept_and_comes_back_empty(tab: Tab, address: str, elsewhere: str) -> None:
    tab.open(f"{address}/en/{PLACE}/note/")
    tab.type("a", STORY)
    tab.type("c", "Main Street")
    tab.ask("document.querySelector('[name=b]').click()")
    tab.open(elsewhere)
    came = tab.back()
    assert came["how"] == "Navigation"
    assert "HTTPStatusNotOK" in came["reasons"]
    assert tab.ask("document.forms[0].a.value + document.forms[0].c.value") == ""
    assert tab.ask("document.querySelectorAll('[name=b]:checked').length") == 0


def test_a_form_with_mistakes_does_not_come_back_with_its_words(
    open_tab: OpenTab, address: str, elsewhere: str
) -> None:
    tab = open_tab()
    tab.tell("Emulation.setScriptExecutionDisabled", value=True)
    send(tab, address, where="x" * 501)
    assert tab.ask("document.forms[0].a.value") == STORY
    tab.open(elsewhere)
    came = tab.back()
    assert came["how"] == "Navigation"
    assert STORY not in tab.ask("document.documentElement.outerHTML")


def test_a_receipt_does_not_come_back(open_tab: OpenTab, address: str, elsewhere: str) -> None:
    tab = open_tab()
    tab.tell("Emulation.setScriptExecutionDisabled", value=True)
    send(tab, address)
    code = tab.ask("document.querySelector('.code').textContent")
    tab.open(elsewhere)
    came = tab.back()
    assert came["how"] == "Navigation"
    assert came["frame"].get("unreachableUrl"), "the browser asks whether to send it again"
    assert code not in tab.ask("document.documentElement.outerHTML")


def test_a_receipt_that_a_script_fetched_does_not_come_back(
    open_tab: OpenTab, address: str, elsewhere: str
) -> None:
    tab = open_tab()
    send(tab, address)
    code = tab.ask("document.querySelector('.code').textContent")
    tab.open(elsewhere)
    assert tab.back()["how"] == "Navigation"
    assert code not in tab.ask("document.documentElement.outerHTML")
    assert tab.ask("document.forms[0].a.value") == ""


def test_a_code_that_was_typed_does_not_come_back(tab: Tab, address: str, elsewhere: str) -> None:
    tab.open(f"{address}/en/code/")
    tab.type("k", "12345678901234567890")
    tab.open(elsewhere)
    assert tab.back()["how"] == "Navigation"
    assert tab.ask("document.forms[0].k.value") == ""


def test_a_page_without_a_form_that_comes_back_is_fetched_again(
    open_tab: OpenTab, address: str, elsewhere: str
) -> None:
    tab = open_tab()
    tab.open(f"{address}/en/{PLACE}/")
    tab.open(elsewhere)
    if tab.back()["how"] == "BackForwardCacheRestore":
        tab.wait("Page.loadEventFired")
    assert tab.ask("performance.getEntriesByType('navigation')[0].type") in ("reload", "back_forward")
    assert tab.ask("document.documentElement.className") == ""


def send(tab: Tab, address: str, where: str = "") -> None:
    """Write a report and send it."""
    tab.open(f"{address}/en/{PLACE}/note/")
    tab.type("a", STORY)
    if where:
        tab.type("c", where)
    tab.forget()
    tab.ask("document.querySelector('form button').focus()")
    for kind in ("rawKeyDown", "char", "keyUp"):
        tab.tell(
            "Input.dispatchKeyEvent",
            type=kind,
            key="Enter",
            code="Enter",
            text="\r",
            windowsVirtualKeyCode=13,
        )
    wait_for(tab, "document.querySelector('main .said') !== null")


def wait_for(tab: Tab, question: str) -> None:
    """Wait until an expression in the page is true."""
    for _ in range(200):
        if tab.ask(question):
            return
        threading.Event().wait(0.05)
    raise AssertionError(question)
