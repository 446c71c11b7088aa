"""Leaving quickly: at a tap, by keyboard, with scripts and without, on a network that takes its time."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.browser.conftest import OpenReader
from tests.browser.reader import EXIT, KINDS, PLACE, STORY, Reader, locales_on_offer

# They share a site and a browser: one number keeps them together.
pytestmark = pytest.mark.takes(100)


@pytest.mark.parametrize("kind", KINDS)
def test_the_exit_leads_to_the_weather_from_every_page(
    reader_of: OpenReader, kind: str, script: bool
) -> None:
    reader = reader_of(script=script)
    reader.open(kind)
    reader.page.locator("#exit").click()
    reader.page.wait_for_url(EXIT)
    assert "referer" not in reader.weather_asked[0].all_headers()


@pytest.mark.parametrize("kind", ["page", "form", "receipt"])
def test_with_a_script_back_does_not_return_to_us(reader: Reader, kind: str) -> None:
    reader.open(kind)
    reader.page.locator("#exit").click()
    reader.page.wait_for_url(EXIT)
    assert reader.history() == ["about:blank", EXIT]
    reader.page.go_back()
    assert reader.page.url == "about:blank"


@pytest.mark.parametrize("touch", [True, False], ids=["tap", "click"])
def test_the_page_is_blank_at_the_tap_while_the_weather_is_on_its_way(
    reader_of: OpenReader, script: bool, touch: bool
) -> None:
    reader = reader_of(script=script, touch=touch)
    # Without a script the bar itself stays, and all beneath it goes.
    beneath = 0 if script else 60
    blank = reader.picture(beneath)
    reader.open("form")
    reader.field("a").fill(STORY)
    reader.ask("scrollTo(0, 0)")
    assert reader.picture(beneath) != blank
    reader.weather_is_slow = True
    exit_link = reader.page.locator("#exit")
    exit_link.tap(no_wait_after=True) if touch else exit_link.click(no_wait_after=True)
    assert reader.picture(beneath) == blank
    reader.weather_comes()
    assert len(reader.weather_asked) == 1


def test_a_keyboard_reader_who_only_passes_the_exit_sees_the_page(
    reader_of: OpenReader, script: bool
) -> None:
    reader = reader_of(script=script)
    reader.open("page")
    assert reader.tab()["id"] == "exit"
    assert reader.page.locator("main h1").evaluate("e => getComputedStyle(e).visibility") == "visible"
    reader.page.keyboard.press("Enter")
    reader.page.wait_for_url(EXIT)


@pytest.mark.parametrize("key", ["Escape", "Shift"])
@pytest.mark.parametrize("place", ["page", "textarea"])
def test_a_key_pressed_three_times_leaves(reader: Reader, key: str, place: str) -> None:
    reader.open("form")
    if place == "textarea":
        reader.field("a").focus()
        reader.page.keyboard.type("Some words")
    for _ in range(3):
        reader.page.keyboard.press(key)
    reader.page.wait_for_url(EXIT)
    assert reader.history() == ["about:blank", EXIT]


def test_neither_two_keys_nor_mixed_nor_slow_ones_leave(reader: Reader) -> None:
    reader.page.clock.install()
    reader.open("page")
    for key in ("Escape", "Escape", "Shift", "Shift", "Escape"):
        reader.page.keyboard.press(key)
    for _ in range(4):
        reader.page.clock.fast_forward(5001)
        reader.page.keyboard.press("Escape")
    stays(reader)


def test_shift_that_types_capitals_does_not_leave(reader: Reader) -> None:
    reader.open("form")
    reader.field("a").focus()
    for letter in "ABCDEF":
        reader.page.keyboard.down("Shift")
        reader.page.keyboard.press(f"Key{letter}")
        reader.page.keyboard.up("Shift")
    assert reader.field("a").input_value() == "ABCDEF"
    stays(reader)


HELD: dict[str, Callable[[Reader], object]] = {
    "click": lambda reader: reader.page.locator("main h1").click(),
    "wheel": lambda reader: reader.page.mouse.wheel(0, 200),
    "drag": lambda reader: reader.page.mouse.up(),
    "long": lambda reader: reader.page.wait_for_timeout(900),
    "repeat": lambda reader: [reader.page.keyboard.down("Shift") for _ in range(3)],
    "letter": lambda reader: reader.page.keyboard.press("KeyA"),
    "tab": lambda reader: reader.page.keyboard.press("Tab"),
    "arrow": lambda reader: reader.page.keyboard.press("ArrowRight"),
}


@pytest.mark.parametrize("use", HELD)
def test_shift_that_is_held_for_something_does_not_leave(reader: Reader, use: str) -> None:
    page = reader.open("form")
    reader.field("a").fill(STORY)
    for _ in range(4):
        if use == "drag":
            page.mouse.move(100, 400)
            page.mouse.down()
        page.keyboard.down("Shift")
        HELD[use](reader)
        page.keyboard.up("Shift")
    assert STORY in reader.field("a").input_value()
    stays(reader)


@pytest.mark.parametrize("other", ["Alt", "Control", "Meta"])
def test_shift_with_another_key_that_changes_letters_does_not_leave(reader: Reader, other: str) -> None:
    page = reader.open("form")
    for _ in range(4):
        page.keyboard.down(other)
        page.keyboard.press("Shift")
        page.keyboard.up(other)
        page.keyboard.down("Shift")
        page.keyboard.press(other)
        page.keyboard.up("Shift")
    stays(reader)


def test_a_click_or_the_wheel_between_two_presses_begins_the_count_anew(reader: Reader) -> None:
    page = reader.open("page")
    for _ in range(4):
        page.keyboard.press("Shift")
        page.locator("main h1").click()
        page.keyboard.press("Shift")
        page.mouse.wheel(0, 100)
    stays(reader)


def stays(reader: Reader) -> None:
    """See that the page is still there, and that it would have left for the key that was missing."""
    assert reader.ask("document.documentElement.className") == ""
    assert reader.weather_asked == []
    for _ in range(3):
        reader.page.keyboard.press("Shift")
    reader.page.wait_for_url(EXIT)


def test_escape_after_leaving_does_not_stop_the_next_page(reader: Reader) -> None:
    reader.open("page")
    stopped: list[str] = []
    reader.page.on("console", lambda message: stopped.append(message.text))
    reader.ask("addEventListener('keydown', e => console.log(e.defaultPrevented))")
    reader.weather_is_slow = True
    for _ in range(4):
        reader.page.keyboard.press("Escape")
    reader.weather_comes()
    assert stopped == ["false", "false", "false", "true"]


def test_with_a_script_the_site_never_holds_more_than_one_entry(reader: Reader) -> None:
    page = reader.open("page", "en")
    page.locator("nav a[lang=es]").click()
    page.wait_for_url(f"**/es/{PLACE}/")
    page.locator("main .button").click()
    page.wait_for_url("**/note/")
    for locale in ("en", "es"):
        page.locator(f"nav button[lang={locale}]").click()
        page.locator(f"html[lang={locale}]").wait_for()
    reader.take("form again", "es")
    reader.take("receipt", "es")
    page.locator("main a[href='/es/code/']").click()
    page.wait_for_url("**/code/")
    reader.take("answer", "es")
    assert reader.history() == ["about:blank", "/es/code/"]
    page.go_back()
    assert page.url == "about:blank"


@pytest.mark.parametrize("locale", locales_on_offer())
def test_the_exit_is_in_sight_at_any_scroll_on_the_smallest_phone(reader_of: OpenReader, locale: str) -> None:
    reader = reader_of(width=320, height=568)
    reader.open("page", locale)
    for part in (0, 0.5, 1):
        reader.ask("part => scrollTo(0, document.body.scrollHeight * part)", part)
        box = reader.page.locator("#exit").bounding_box()
        assert box is not None
        assert box["y"] == 0
        assert box["width"] >= 320
        assert 48 <= box["height"] <= 80
