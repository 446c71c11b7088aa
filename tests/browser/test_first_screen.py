"""What stands where, by pixels, in every language: first screen, doors, lengths, the form's first box."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.reader import PLACE, SITE

# They share a site and a browser: one number keeps them together.
pytestmark = pytest.mark.takes(100)

LOCALES = [locale.tag for locale in SITE.locales]
SCREENS = {320: 568, 360: 560}  # the smallest phone, and another under its browser's bar
SCREEN = 640  # of a usual phone, in which lengths are told
FORM_SCREENS, PAGE_SCREENS = 4.5, 7.1

_MEASURE = """() => {
  const all = selector => [...document.querySelectorAll(selector)];
  const lower = selector => all(selector).map(e => e.getBoundingClientRect().bottom);
  const top = selector => {
    const element = document.querySelector(selector);
    return element ? element.getBoundingClientRect().top + scrollY : null;
  };
  const small = new Set();
  for (const element of document.querySelectorAll('p, li, label, span, a, legend, summary'))
    if (element.checkVisibility() && parseFloat(getComputedStyle(element).fontSize) < 16)
      small.add(element.outerHTML.slice(0, 80));
  const torn = [...document.querySelectorAll('label')].filter(label =>
    getComputedStyle(label).display === 'flex' &&
    [...label.childNodes].filter(node => node.nodeType === 3 && node.data.trim()).length);
  const more = all('noscript p').reduce((sum, e) => sum + e.offsetHeight + 8, 0);
  return {
    exit: lower('#exit'), care: lower('.care'), calls: lower('.call'),
    // Without a script the form says more: what to do when the line breaks.
    height: document.documentElement.scrollHeight - more,
    small: [...small], torn: torn.map(label => label.outerHTML),
    box: top('textarea'), police: top('a[href="tel:+12098277070"]'), stop: top('#c .stop'), seen: top('#c'),
    form: top('a.button'), sideways: document.documentElement.scrollWidth - innerWidth,
  };
}"""


@pytest.fixture(scope="module", params=[True, False], ids=["script", "no script"])
def measured(
    request: pytest.FixtureRequest, chromium: Browser, address: str
) -> Iterator[dict[tuple[str, str, int], dict[str, Any]]]:
    """What stands where, by kind of page, language and width: each page is loaded once for both widths."""
    context = chromium.new_context(base_url=address)
    page = context.new_page()
    devtools = context.new_cdp_session(page)
    devtools.send("Emulation.setScriptExecutionDisabled", {"value": not request.param})
    found = {}
    # With and without a script the page is the same; the longest languages show it.
    for locale in LOCALES if request.param else ("en", "hmn", "pt"):
        for kind, path in (("page", f"/{locale}/{PLACE}/"), ("form", f"/{locale}/{PLACE}/note/")):
            page.goto(path)
            for width, height in SCREENS.items():
                page.set_viewport_size({"width": width, "height": height})
                found[kind, locale, width] = page.evaluate(_MEASURE)
    yield found
    context.close()


Measured = dict[tuple[str, str, int], dict[str, Any]]


def test_the_exit_one_warning_and_three_ways_stand_on_the_first_screen(measured: Measured) -> None:
    late = {}
    for (kind, locale, width), at in measured.items():
        edges = [*at["exit"], *at["care"][:1], *at["calls"]]
        assert len(edges) == 5, (kind, locale)
        assert edges[:3] == sorted(edges[:3])
        if max(edges) > SCREENS[width]:
            late[kind, locale, width] = edges
    assert late == {}


def test_page_and_form_are_short_while_everything_is_folded(measured: Measured) -> None:
    most = {"page": PAGE_SCREENS * SCREEN, "form": FORM_SCREENS * SCREEN}
    at_360 = {key: at["height"] for key, at in measured.items() if key[2] == 360}
    long = {key: height for key, height in at_360.items() if height > most[key[0]]}
    assert long == {}


def test_the_box_for_the_words_begins_on_the_first_screen_of_its_page(measured: Measured) -> None:
    boxes = {key: at["box"] for key, at in measured.items() if key[0] == "form" and key[2] == 360}
    low = {key: box for key, box in boxes.items() if box > SCREEN}
    assert low == {}


def test_nothing_is_read_in_less_than_16_pixels_and_no_label_breaks_into_columns(measured: Measured) -> None:
    assert {key: at["small"] for key, at in measured.items() if at["small"]} == {}
    assert {key: at["torn"] for key, at in measured.items() if at["torn"]} == {}


def test_what_matters_is_at_most_a_tap_and_two_screens_away(measured: Measured) -> None:
    """The tap is on a door, or on the way to the form; 911 and the text line are there without."""
    far = {}
    for (kind, locale, width), at in measured.items():
        if (kind, width) != ("page", 360):
            continue
        behind_the_door = {name: at[name] - at["seen"] for name in ("stop", "police", "form")}
        first_box = {"box": measured["form", locale, width]["box"]}
        screens = {name: way / SCREEN for name, way in {**behind_the_door, **first_box}.items()}
        if max(screens.values()) > 2 or max(at["calls"]) > SCREEN:
            far[locale] = screens
    assert far == {}


@pytest.mark.parametrize("width", [160, 240])
def test_the_narrowest_screens_keep_what_matters(chromium: Browser, address: str, width: int) -> None:
    page: Page = chromium.new_page(base_url=address, viewport={"width": width, "height": 320})
    page.goto(f"/hmn/{PLACE}/")
    at = page.evaluate(_MEASURE)
    assert at["sideways"] <= 0
    assert len([*at["exit"], *at["care"][:1], *at["calls"]]) == 5
    page.close()


# What browsers before 2021 do not know, and drop with all that stands in the same rule or declaration.
_OLDER = """() => {
  const drop = rules => {
    for (let at = rules.length - 1; at >= 0; at--) {
      const rule = rules.item(at), selector = rule.selectorText || '';
      if (/:focus-visible|:is\\(|:where\\(/.test(selector)) rule.parentStyleSheet.deleteRule(at);
      else if (rule.style) for (const name of ['inset-block-start', 'inset-inline-start', 'gap'])
        rule.style.removeProperty(name);
    }
  };
  drop(document.styleSheets[0].cssRules);
}"""


def test_a_browser_of_2020_keeps_the_exit_in_sight_and_covers_the_page_at_the_tap(
    chromium: Browser, address: str
) -> None:
    page = chromium.new_page(base_url=address, viewport={"width": 360, "height": 560})
    page.goto(f"/en/{PLACE}/")
    page.evaluate(_OLDER)
    page.evaluate("scrollTo(0, 1500)")
    assert page.evaluate("document.getElementById('exit').getBoundingClientRect().top") == 0
    page.mouse.move(180, 20)
    page.mouse.down()
    assert page.evaluate("getComputedStyle(document.querySelector('main')).visibility") == "hidden"
    page.mouse.move(180, 400)
    page.mouse.up()
    page.close()


def test_paper_shows_what_is_folded_away(chromium: Browser, address: str) -> None:
    page = chromium.new_page(base_url=address, viewport={"width": 360, "height": 560})
    page.goto(f"/en/{PLACE}/")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.locator("details:not([open])").count() == 0
    page.close()
