"""Writing and sending by keyboard alone, and what comes back."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Route

from tests.browser.conftest import OpenReader
from tests.browser.reader import EXIT, PLACE, SITE, STORY, Reader

# They share a site and a browser: one number keeps them together.
pytestmark = pytest.mark.takes(100)


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
    assert page.locator("nav button").count() == len(SITE.locales)


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


ERROR = "<!doctype html><main><div class=said><h1>Too many people are here now.</h1></div></main>"
PORTAL = "<!doctype html><main class=said><form method=post><textarea name=a></textarea></form>Welcome</main>"


def fails(reader: Reader, how: str) -> None:
    """Let whatever is sent to the form fail in one of the ways it can."""
    if how == "offline":
        reader.context.set_offline(True)
    elif how == "our own error":
        page = reader.context.request.get(f"{reader.address}/en/nowhere/").text()
        reader.page.route("**/note/", lambda route: route.fulfill(status=404, body=page))
    elif how == "cut":
        reader.page.route("**/note/", lambda route: route.abort("connectionreset"))
    elif how == "portal":
        reader.page.route("**/note/", lambda route: route.fulfill(content_type="text/html", body=PORTAL))
    else:
        status = int(how)
        reader.page.route(
            "**/note/", lambda route: route.fulfill(status=status, content_type="text/html", body=ERROR)
        )


def mends(reader: Reader) -> None:
    """Let the line be there again."""
    reader.context.set_offline(False)
    reader.page.unroute("**/note/")


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ("offline", "unsent"),
        ("429", "unsent"),
        ("403", "unsent"),
        ("our own error", "unsent"),
        ("503", "unseen"),
        ("500", "unseen"),
        ("cut", "unseen"),
        ("portal", "unseen"),
    ],
)
def test_a_sending_that_fails_keeps_the_form_and_can_be_tried_again(
    reader: Reader, how: str, said: str
) -> None:
    page = reader.open("form")
    token = reader.field("t").input_value()
    reader.field("a").fill(STORY)
    page.locator("[name=e][value=no]").check()
    page.locator("[name=r]").first.uncheck()
    for _ in range(2):
        fails(reader, how)
        page.locator("form button").click()
        page.locator(f"#{said}").wait_for(state="visible")
        mends(reader)
    assert "not been sent" in page.locator(f"#{said}").inner_text()
    assert page.locator(f"#{said}").evaluate("e => e === document.activeElement")
    assert not page.locator("#wait").is_visible()
    assert (reader.field("a").input_value(), reader.field("t").input_value()) == (STORY, token)
    assert page.locator("[name=r]:checked, [name=e]:checked").count() == 2
    page.locator("form button").click()
    page.locator(".code").wait_for()
    assert reader.history() == ["about:blank", f"/en/{PLACE}/note/"]


def test_a_line_that_gives_no_answer_is_given_up_and_says_that_it_may_be_sent_again(reader: Reader) -> None:
    reader.page.clock.install()
    page = reader.open("form")
    reader.field("a").fill(STORY)
    page.route("**/note/", lambda route: None)
    page.locator("form button").click()
    page.locator("#wait").wait_for(state="visible")
    page.clock.fast_forward(59_000)
    assert not page.locator("#unseen").is_visible()
    page.clock.fast_forward(9_000)
    page.locator("#unseen").wait_for(state="visible")
    page.unroute("**/note/")
    page.locator("form button").click()
    page.locator(".code").wait_for()


@pytest.mark.parametrize("field", ["a", "c"])
def test_what_is_too_long_is_told_at_its_field_before_anything_is_sent(reader: Reader, field: str) -> None:
    page = reader.open("form")
    reader.field("a").fill(STORY)
    reader.requests.clear()
    reader.field(field).fill("\u4e2d" * 44_500)  # nine bytes each, as a form is sent
    page.locator("form button").click()
    page.locator("#long").wait_for(state="visible")
    assert reader.requests == []
    assert page.locator(f"#long + [name={field}]").count() == 1
    assert reader.field(field).evaluate("e => e === document.activeElement")
    assert reader.field(field).get_attribute("aria-describedby") == "long"
    assert len(reader.field(field).input_value()) == 44_500
    reader.field(field).fill(STORY)
    page.locator("form button").click()
    page.locator(".code").wait_for()


def test_what_just_fits_is_sent_and_what_the_server_finds_too_long_comes_back(reader: Reader) -> None:
    page = reader.open("form")
    reader.field("a").fill("\u4e2d" * 44_400)
    page.locator("form button").click()
    reader.said.wait_for()
    assert "up to 20,000 letters" in reader.said.inner_text()
    assert len(reader.field("a").input_value()) == 44_400


def test_without_a_script_what_is_too_large_comes_back(reader_of: OpenReader) -> None:
    reader = reader_of(script=False)
    page = reader.open("form")
    reader.field("a").fill("\u4e2d" * 44_500)
    reader.field("c").fill("Main Street")
    page.locator("[name=r]").first.uncheck()
    reader.send()
    assert len(reader.field("a").input_value()) > 44_000
    assert reader.field("c").input_value() == "Main Street"
    assert page.locator("[name=r]:checked").count() == 1


@pytest.mark.parametrize("how", ["offline", "cut", "503", "429"])
def test_without_a_script_to_reload_the_error_sends_the_words_again(reader_of: OpenReader, how: str) -> None:
    reader = reader_of(script=False)
    page = reader.open("form")
    assert "reload that page" in page.locator("form noscript").inner_text()
    reader.field("a").fill(STORY)
    fails(reader, how)
    page.locator("form button").click()
    page.wait_for_timeout(500)
    assert page.locator("textarea").count() == 0
    mends(reader)
    page.reload()
    page.locator(".code").wait_for()


WORDS = "\n  Two lines & <b>\n\nlast "


@pytest.mark.parametrize("unticked", ["one", "all", "none"])
def test_another_language_takes_the_words_and_ticks_along(
    reader_of: OpenReader, script: bool, unticked: str
) -> None:
    reader = reader_of(script=script)
    page = reader.open("form")
    reader.field("a").fill(WORDS)
    reader.field("c").fill('"q" <')
    page.locator("[name=b][value=child]").check()
    boxes = page.locator("[name=r]").all()
    for box in {"one": boxes[:1], "all": boxes, "none": []}[unticked]:
        box.uncheck()
    for box in page.locator("[name=x]").all():
        box.check()
    filled = typed(reader)
    reader.requests.clear()
    page.locator("nav button[lang=ar]").click()
    page.locator("html[dir=rtl][lang=ar]").wait_for()
    assert typed(reader) == filled
    assert reader.said.count() == 0
    assert page.url == f"{reader.address}/ar/{PLACE}/note/"
    assert [url for url in reader.requests if url != "data:,"] == [page.url]
    assert bool(page.locator("#keys").text_content()) == script
    if script:
        assert reader.history() == ["about:blank", f"/ar/{PLACE}/note/"]
        assert reader.ask("document.activeElement.lang") == "ar"
    page.locator("nav button[lang=es]").click()
    page.locator("html[dir=ltr][lang=es]").wait_for()
    assert typed(reader) == filled
    if unticked != "all":
        reader.send()
        assert page.locator(".code").count() == 1
        assert page.locator("html[lang=es]").count() == 1
    page.locator("#exit").click()
    page.wait_for_url(EXIT)


def typed(reader: Reader) -> Any:
    """Return all that a form holds: words, ticks, token."""
    return reader.ask(
        """() => [...document.querySelectorAll('main [name]')].filter(e => e.name !== 'u')
        .map(e => [e.name, e.type.match(/radio|checkbox/) ? e.checked && e.value : e.value])"""
    )


@pytest.mark.parametrize("kind", ["form", "form again"])
def test_the_enter_key_sends_and_changes_no_language(reader_of: OpenReader, script: bool, kind: str) -> None:
    reader = reader_of(script=script)
    page = reader.open(kind, "es")
    reader.field("a").fill(STORY)
    reader.field("c").fill("Main Street")
    page.keyboard.press("Enter")
    page.locator(".code").wait_for()
    assert page.locator("html[lang=es]").count() == 1
    assert page.locator("nav").count() == 0 or not script


def test_a_language_that_cannot_be_had_leaves_the_form_as_it_is(reader: Reader) -> None:
    page = reader.open("form")
    reader.field("a").fill(STORY)
    filled = typed(reader)
    fails(reader, "cut")
    page.locator("nav button[lang=es]").click()
    page.locator("#unseen").wait_for(state="visible")
    mends(reader)
    assert typed(reader) == filled
    page.locator("nav button[lang=es]").click()
    page.locator("html[lang=es]").wait_for()
    assert typed(reader) == filled


def test_the_code_page_takes_its_code_along_and_keeps_it_when_there_is_no_line(
    reader_of: OpenReader, script: bool
) -> None:
    reader = reader_of(script=script)
    page = reader.open("code")
    reader.field("k").fill("1234 5678")
    page.locator("nav button[lang=es]").click()
    page.locator("html[lang=es]").wait_for()
    assert reader.field("k").input_value() == "1234 5678"
    if script:
        reader.context.set_offline(True)
        page.locator("form button").click()
        page.locator("#unsent").wait_for(state="visible")
        reader.context.set_offline(False)
        assert reader.field("k").input_value() == "1234 5678"
    reader.send()


@pytest.mark.parametrize("typed", ["1234 5678 9012 3456 7890", "12", "abc"])
def test_a_code_that_leads_nowhere_is_said_and_can_be_mended(
    reader_of: OpenReader, script: bool, typed: str
) -> None:
    reader = reader_of(script=script)
    page = reader.open("code", "es")
    reader.field("k").fill(typed)
    reader.send()
    assert not page.locator("#unsent").is_visible()
    assert reader.field("k").input_value() == (typed if script else "")
    assert page.locator("#exit").evaluate("e => getComputedStyle(e).position") in ("fixed", "sticky")
    reader.send() if script else None
    page.locator("nav button[lang=en]").click()
    page.locator("html[lang=en]").wait_for()


def test_what_is_typed_while_an_answer_is_on_its_way_is_not_lost(reader: Reader) -> None:
    page = reader.open("form")
    held: list[Route] = []
    page.route("**/note/", lambda route: held.append(route))
    reader.field("a").fill("before")
    page.locator("nav button[lang=es]").click()
    reader.field("a").fill("before and after")
    reader.field("c").fill("x" * 501)
    page.locator("[name=b][value=sex]").check()
    page.locator("[name=r]").first.uncheck()
    held[0].continue_()
    page.locator("html[lang=es]").wait_for()
    filled = typed(reader)
    assert ["a", "before and after"] in filled
    assert page.locator("[name=b][value=sex]").is_checked()
    assert not page.locator("[name=r]").first.is_checked()
    # What is sent is what a receipt would tell of: nothing can be added meanwhile.
    page.locator("form button").click()
    page.locator("#wait").wait_for(state="visible")
    reader.field("a").press("x")
    page.locator("[name=e][value=self]").click()
    assert typed(reader) == filled
    held[1].continue_()
    reader.said.wait_for()
    assert typed(reader) == filled
    reader.field("a").fill("mended")
    page.locator("[name=e][value=self]").check()


def test_words_that_no_key_brings_stand_between_presses_of_shift(reader: Reader) -> None:
    page = reader.open("form")
    reader.field("a").focus()
    for _ in range(4):
        page.keyboard.press("Shift")
        page.keyboard.insert_text("spoken ")  # as dictation and handwriting do
    page.wait_for_timeout(200)
    assert reader.field("a").input_value() == "spoken " * 4


@pytest.mark.parametrize("kind", ["form", "form again", "code"])
def test_no_link_on_a_page_with_a_form_empties_it_without_a_question(
    reader_of: OpenReader, script: bool, kind: str
) -> None:
    reader = reader_of(script=script)
    page = reader.open(kind)
    links = page.locator("a:visible:not(#exit)").evaluate_all("all => all.map(e => e.getAttribute('href'))")
    assert [link for link in links if not link.startswith(("tel:", "sms:", "#"))] == []
    page.locator("main > details summary").click()
    page.locator("main > details a").first.click()
    page.wait_for_url(f"**/en/{PLACE}/" if kind != "code" else "**/en/")
