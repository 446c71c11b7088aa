"""Small screens, large letters, room for fingers, colours of the reader's own, paper."""

from __future__ import annotations

import re

import pytest

from tests.browser.conftest import OpenReader
from tests.browser.reader import KINDS, SITE, STORY, Reader, locales_on_offer

# They share a site and a browser: one number keeps them together.
pytestmark = pytest.mark.takes(100)

EVERY_LOCALE = [locale.tag for locale in SITE.locales]

# What sticks out of the screen to a side, or is cut off within its own box.
TOO_WIDE = """() => {
  const wide = document.documentElement.clientWidth, found = [];
  for (const element of document.body.querySelectorAll('*')) {
    const box = element.getBoundingClientRect();
    if (box.width && (box.left < -1 || box.right > wide + 1)) found.push(element.outerHTML.slice(0, 100));
    const cut = element.localName !== 'input' && getComputedStyle(element).overflowX !== 'visible';
    if (cut && element.scrollWidth > element.clientWidth + 1) found.push('cut: ' + element.outerHTML);
  }
  if (document.documentElement.scrollWidth > wide) found.push('the page itself');
  return found;
}"""

# WCAG 1.4.12, word for word. The policy lets no style of ours in; the page's own sheet can be added to.
SPACED = """() => {
  const sheet = document.styleSheets[0];
  for (const rule of ['line-height: 1.5', 'letter-spacing: .12em', 'word-spacing: .16em'])
    sheet.insertRule(`* { ${rule} !important }`);
  sheet.insertRule('p { margin-block-end: 2em !important }');
}"""

SMALL_TARGETS = """() => {
  const found = [];
  for (const element of document.querySelectorAll('a, button, textarea, input:not([type=hidden])')) {
    const choice = ['radio', 'checkbox'].includes(element.type);
    const target = choice ? element.closest('label') : element, box = target.getBoundingClientRect();
    if (!element.checkVisibility()) continue;
    if (box.height >= 44 && box.width >= 44) continue;
    found.push(`${box.width}x${box.height} ${element.outerHTML.slice(0, 100)}`);
  }
  return found;
}"""

# In a right-to-left page too, the first sign of a number stands left of the last.
TURNED_NUMBERS = """() => {
  const found = [];
  for (const element of document.querySelectorAll('bdi')) {
    const text = element.firstChild;
    if (!text || text.nodeType !== 3 || !element.checkVisibility() || !/[0-9]/.test(text.data)) continue;
    const at = index => {
      const range = document.createRange();
      range.setStart(text, index);
      range.setEnd(text, index + 1);
      return range.getBoundingClientRect();
    };
    const first = at(0), last = at(text.data.length - 1);
    if (first.top === last.top && first.left >= last.left && text.data.length > 1) found.push(text.data);
  }
  return found;
}"""

EDGES = """selector => [...document.querySelectorAll(selector)].filter(e => e.checkVisibility()).map(e => {
  const style = getComputedStyle(e);
  return [style.borderBlockStartStyle, style.borderBlockStartColor, style.backgroundColor];
})"""

SHOWN = """selector => [...document.querySelectorAll(selector)].filter(e => e.checkVisibility()).length"""


@pytest.mark.parametrize("locale", EVERY_LOCALE)
def test_nothing_sticks_out_or_is_too_small_to_tap_on_the_smallest_phone(
    reader_of: OpenReader, locale: str
) -> None:
    reader = reader_of(width=320, height=568)
    found = {}
    for kind in ("page", "form", "form again", "code", "error"):
        reader.take(kind, locale)
        found[kind] = reader.ask(TOO_WIDE) + reader.ask(SMALL_TARGETS)
    assert found == {kind: [] for kind in found}


@pytest.mark.parametrize("locale", locales_on_offer())
def test_letters_of_twice_the_size_fit(reader_of: OpenReader, locale: str) -> None:
    reader = reader_of(width=360)
    reader.devtools.send("Page.setFontSizes", {"fontSizes": {"standard": 32, "fixed": 26}})
    found = {}
    for kind in reader.journey(locale):
        found[kind] = reader.ask(TOO_WIDE)
        assert reader.ask("parseFloat(getComputedStyle(document.body).fontSize)") == 32
    assert found == {kind: [] for kind in KINDS}


@pytest.mark.parametrize("locale", locales_on_offer())
def test_readers_may_space_the_text_as_they_need(reader_of: OpenReader, locale: str) -> None:
    reader = reader_of(width=360)
    found = {}
    for kind in ("page", "form", "receipt", "error"):
        reader.take(kind, locale)
        reader.ask(SPACED)
        assert reader.ask("getComputedStyle(document.querySelector('main p')).letterSpacing") != "normal"
        found[kind] = reader.ask(TOO_WIDE)
    assert found == {kind: [] for kind in found}


@pytest.mark.parametrize("size", [16, 32], ids=["letters as they are", "letters twice as large"])
@pytest.mark.parametrize("kind", ["page", "form"])
@pytest.mark.parametrize("locale", locales_on_offer(("es", "ar")))
def test_the_focus_is_never_under_the_bar(reader_of: OpenReader, locale: str, kind: str, size: int) -> None:
    reader = reader_of(width=320, height=568)
    reader.devtools.send("Page.setFontSizes", {"fontSizes": {"standard": size, "fixed": size}})
    reader.open(kind, locale)
    seen = 0
    for key in ("Tab", "Shift+Tab"):
        reader.ask("key => document.activeElement.blur()", key)
        for _ in range(120):
            focus = reader.tab(key)
            if focus["tag"] == "body":
                break
            seen += 1
            if focus["id"] != "exit":
                assert focus["top"] >= focus["bar"], focus
            assert focus["top"] < focus["height"], focus
            assert focus["outline"] >= 2, focus
        else:
            raise AssertionError("the focus never leaves the page")
    assert seen > 30


@pytest.mark.parametrize("kind", KINDS)
def test_every_thing_to_press_can_be_told_in_forced_colours(reader_of: OpenReader, kind: str) -> None:
    reader = reader_of(forced="active")
    reader.open(kind)
    assert reader.ask("matchMedia('(forced-colors: active)').matches")
    for selector in ("#exit", "main .button, main button", "textarea, [name=c], [name=k]", ".said"):
        for style, edge, ground in reader.ask(EDGES, selector):
            assert style in ("solid", "inset"), selector
            assert edge != ground, selector
    if kind in ("page", "form"):
        reader.tab()
        assert reader.tab()["outline"] >= 2


@pytest.mark.parametrize("colors", ["light", "dark"])
def test_the_page_is_in_the_colours_the_reader_chose(reader_of: OpenReader, colors: str) -> None:
    reader = reader_of(colors=colors)
    reader.open("page")
    shade = reader.ask("getComputedStyle(document.documentElement).backgroundColor")
    assert (int(re.findall("[0-9]+", shade)[0]) > 128) == (colors == "light")


@pytest.mark.parametrize("colors", ["light", "dark"])
def test_the_edge_of_a_field_and_the_ring_of_the_focus_stand_out(reader_of: OpenReader, colors: str) -> None:
    reader = reader_of(colors=colors)
    reader.open("form")
    ground = shade(reader.ask("getComputedStyle(document.documentElement).backgroundColor"))
    for name in ("a", "c"):
        edge = shade(
            reader.ask(f"getComputedStyle(document.querySelector('[name={name}]')).borderBlockEndColor")
        )
        assert contrast(edge, ground) >= 3
    reader.tab()
    ring = shade(reader.ask("getComputedStyle(document.activeElement).outlineColor"))
    bar = shade(reader.ask("getComputedStyle(document.activeElement).backgroundColor"))
    assert contrast(ring, bar) >= 3, "on the bar"
    reader.field("a").focus()
    ring = shade(reader.ask("getComputedStyle(document.activeElement).outlineColor"))
    assert contrast(ring, ground) >= 3


def shade(color: str) -> float:
    """Return the relative luminance of a colour, as WCAG reckons it."""
    parts = [int(part) / 255 for part in re.findall("[0-9]+", color)[:3]]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: float, other: float) -> float:
    lighter, darker = max(one, other), min(one, other)
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("kind", KINDS)
def test_paper_keeps_the_numbers_and_neither_the_bar_nor_the_form(reader: Reader, kind: str) -> None:
    reader.open(kind)
    numbers = reader.ask(SHOWN, "a[href^=tel]")
    assert numbers >= 2
    reader.page.emulate_media(media="print")
    assert reader.ask(SHOWN, "#exit, form > :not(.lines), h1, nav, .care, .button, textarea") == 0
    # The child lines of a form too, and what is folded away.
    assert reader.ask(SHOWN, "a[href^=tel]") >= numbers
    if kind == "receipt":
        assert reader.ask(SHOWN, ".code") == 1


@pytest.mark.parametrize("locale", locales_on_offer(("ar",)))
def test_numbers_and_addresses_are_not_turned_round(reader_of: OpenReader, locale: str) -> None:
    reader = reader_of()
    assert reader.ask("document.dir") == ""
    found = {}
    for kind in reader.journey(locale):
        assert reader.ask("getComputedStyle(document.body).direction") == "rtl"
        assert reader.ask("document.querySelectorAll('bdi').length") > 1
        found[kind] = reader.ask(TURNED_NUMBERS)
    assert found == {kind: [] for kind in KINDS}


def test_words_in_another_direction_than_the_page_read_as_they_are_written(reader_of: OpenReader) -> None:
    reader = reader_of()
    page = reader.open("form", locales_on_offer(("ar",))[0])
    for name in ("a", "c", "d"):
        reader.field(name).fill(STORY)
        assert page.locator(f"[name={name}]:dir(ltr)").count() == 1
        reader.field(name).fill("رأيت رجلين")
        assert page.locator(f"[name={name}]:dir(rtl)").count() == 1
    boxes = (
        "[...document.querySelectorAll('#r label')].map(e => [e.firstElementChild, e.querySelector('bdi')])"
    )
    gaps = reader.ask(
        f"{boxes}.map(([box, name]) => box.getBoundingClientRect().left - name.getBoundingClientRect().right)"
    )
    assert gaps
    assert all(0 < gap < 30 for gap in gaps), "an office's name stands beside its box"


def test_numbers_would_be_turned_round_if_nothing_kept_them(reader: Reader) -> None:
    reader.open("page", locales_on_offer(("ar",))[0])
    reader.ask("for (const e of document.querySelectorAll('bdi')) e.dir = 'rtl'")
    reader.ask(
        "for (const e of document.querySelectorAll('bdi')) e.textContent = e.textContent.replace(/-/g, ' ')"
    )
    assert "209 827 7070" in reader.ask(TURNED_NUMBERS)


def test_nothing_moves(reader: Reader) -> None:
    reader.open("page")
    assert reader.ask("document.getAnimations().length") == 0
    assert (
        reader.ask(
            "[...document.querySelectorAll('*')].filter(e => getComputedStyle(e).transition !== 'all')"
        )
        == []
    )
