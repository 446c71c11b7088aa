"""Writing and sending by keyboard alone, and what comes back."""

from __future__ import annotations

import pytest

from tests.browser.conftest import OpenReader
from tests.browser.reader import PLACE, STORY, Reader


def tab_to(reader: Reader, wanted: str, most: int = 60) -> None:
    """Press Tab until the focus is where `wanted` says: "name=a", "href=/en/…" or "tag=button"."""
    what, _, value = wanted.partition("=")
    for _ in range(most):
        focus = reader.tab()
        assert focus["id"] == "exit" or focus["top"] >= focus["bar"], focus
        if focus[what] == value:
            return
    raise AssertionError(f"{wanted} is not reached with {most} times Tab")


def test_a_report_is_written_and_sent_by_keyboard_alone(reader_of: OpenReader, script: bool) -> None:
    reader = reader_of(script=script)
    page = reader.open("page")
    tab_to(reader, f"href=/en/{PLACE}/note/")
    page.keyboard.press("Enter")
    page.wait_for_url("**/note/")
    tab_to(reader, "name=a")
    page.keyboard.type(STORY)
    tab_to(reader, "name=b")
    page.keyboard.press("Space")
    page.keyboard.press("ArrowDown")
    tab_to(reader, "name=c")
    page.keyboard.type("Main Street")
    tab_to(reader, "name=r")
    page.keyboard.press("Space")
    tab_to(reader, "tag=button")
    page.keyboard.press("Enter")
    page.locator(".code").wait_for()
    code = page.locator(".code").inner_text()
    tab_to(reader, "href=/en/code/")
    page.keyboard.press("Enter")
    page.wait_for_url("**/code/")
    tab_to(reader, "name=k")
    page.keyboard.type(code)
    page.keyboard.press("Enter")
    reader.said.wait_for()
    assert reader.said.locator("li").count() >= 1


def test_what_is_wrong_is_said_first_and_leads_to_its_field(reader_of: OpenReader, script: bool) -> None:
    reader = reader_of(script=script)
    page = reader.open("form again")
    assert reader.said.get_attribute("role") == "alert"
    assert reader.field("a").input_value() == STORY
    assert reader.field("c").input_value() == "x" * 501
    if script:
        assert reader.said.evaluate("e => e === document.activeElement")
    reader.said.locator("a[href='#c']").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type("Main Street")
    assert reader.field("c").input_value() == "Main Street"
    assert reader.field("c").get_attribute("aria-invalid") == "true"
    assert page.locator(f"#{reader.field('c').get_attribute('aria-describedby').split()[0]}").is_visible()
    assert page.locator("header nav").count() == 0


def test_the_receipt_is_said_and_takes_the_focus(reader: Reader) -> None:
    reader.open("receipt")
    assert reader.said.get_attribute("role") == "status"
    assert reader.said.evaluate("e => e === document.activeElement")
    assert STORY not in reader.page.content()
    assert reader.ask("scrollY") == 0 or reader.said.bounding_box()["y"] > 0


def test_a_second_press_while_it_is_sent_makes_no_second_report(reader: Reader) -> None:
    page = reader.open("form")
    reader.field("a").fill(STORY)
    reader.requests.clear()
    page.locator("form button").dblclick()
    page.locator(".code").wait_for()
    assert [url.removeprefix(reader.address) for url in reader.requests] == [f"/en/{PLACE}/note/"]


@pytest.mark.parametrize("answer", ["none", "not ours"])
def test_when_it_cannot_be_sent_beside_the_page_the_browser_sends_it(reader: Reader, answer: str) -> None:
    page = reader.open("form")
    failed: list[str] = []

    def fail_once(route):  # type: ignore[no-untyped-def]
        if failed:
            return route.continue_()
        failed.append(route.request.resource_type)
        if answer == "none":
            return route.abort()
        return route.fulfill(
            status=429, body="<!doctype html><main><h1>Too many people are here now.</h1></main>"
        )

    page.route("**/note/", fail_once)
    reader.field("a").fill(STORY)
    page.locator("form button").click()
    page.locator(".code").wait_for()
    assert failed == ["fetch"]
    assert reader.history() == ["about:blank", f"/en/{PLACE}/note/", f"/en/{PLACE}/note/"]


def test_a_form_that_holds_words_offers_no_other_language(reader_of: OpenReader, script: bool) -> None:
    reader = reader_of(script=script)
    reader.open("form")
    assert reader.page.locator("header nav").count() == 1
    reader.take("form again", "en")
    assert reader.page.locator("header nav").count() == 0
