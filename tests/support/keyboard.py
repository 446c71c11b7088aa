"""Somebody at the desk with a keyboard alone: what they press is counted, and measured on a phone too."""

from __future__ import annotations

import re
from dataclasses import dataclass

from playwright.sync_api import Browser, Page

WIDE, PHONE = {"width": 1280, "height": 800}, {"width": 390, "height": 844}
SMALLEST = 24  # px, WCAG 2.2 (2.5.8)
_LONGEST_JOB = 120_000  # ms: a limit for what never ends, not a measure
# Screens that check the whole site before they answer, and those that come after a publish.
_CHECKING = re.compile(r"/admin/(?:publish|releases/look|jobs)|done=(?:published|rolled)")
_PARTS_OF_A_DAY = 4  # a field for a day has stops within: month, day, year, and its calendar
_ITSELF = "meta[http-equiv=refresh]"

# What a screen reader would call an element: the label of a field, else its words.
_NAMED = """const named = one => (one.ariaLabel || (one.labels && one.labels[0] && one.labels[0].innerText)
    || one.innerText || '').trim().replace(/\\s+/g, ' ');"""
# How many stops of the Tab key it is from here to the element with a name, or to the first whose name begins
# so; 0 where there is none.
_STEPS_TO = f"""name => {{
    {_NAMED}
    const stops = 'a[href], button, input:not([type=hidden]), select, textarea, summary, iframe, [tabindex]';
    const seen = one => one.checkVisibility({{visibilityProperty: true}}) && one.tabIndex >= 0;
    const group = one => one.type === 'radio' && !one.checked;
    const here = document.activeElement;
    const begins = here === document.body || here === document.documentElement;
    const after = [...document.querySelectorAll(stops)].filter(one => seen(one) && !group(one) && (begins
        || here.compareDocumentPosition(one) & Node.DOCUMENT_POSITION_FOLLOWING));
    const exactly = after.findIndex(one => named(one) === name);
    return (exactly < 0 ? after.findIndex(one => named(one).startsWith(name)) : exactly) + 1;
}}"""
_FOCUSED = f"""() => {{
    {_NAMED}
    const one = document.activeElement;
    (window.used = window.used || []).push(one);
    return [named(one), getComputedStyle(one).outlineStyle];
}}"""
# The box of each element that was used on this page; of one in the folded menu that of the menu's button.
_BOXES = """() => (window.used || []).map(one => {
    const menu = one.closest('#menu');
    const folded = menu && !menu.checkVisibility();
    const shown = folded ? document.querySelector('[popovertarget=menu]')
        : ['checkbox', 'radio'].includes(one.type) ? one.closest('label') : one;
    const box = shown.getBoundingClientRect();
    return [one.innerText || one.name, box.left, box.right, box.height];
})"""
_WIDTH = "() => document.documentElement.scrollWidth"
_FOCUS_AGAIN = "() => { const last = window.used[window.used.length - 1]; last.focus(); }"


@dataclass
class Count:
    """What a task took: links and buttons pressed, pages seen, and waits for a check of the whole site."""

    presses: int = 0
    pages: int = 0
    waits: int = 0


class Clerk:
    """A person with a browser that runs no script. Each method is done by keys alone."""

    def __init__(self, browser: Browser, address: str) -> None:
        self.context = browser.new_context(base_url=address, java_script_enabled=False, viewport=WIDE)  # type: ignore[arg-type]
        self.page: Page = self.context.new_page()
        self.count = Count()

    def begin(self, path: str = "/admin/") -> None:
        """Open the first page of a task: from here on everything is counted anew."""
        self.page.goto(path)
        self.count = Count(pages=1)

    def press(self, name: str) -> None:
        """Go to a link or button with the Tab key, press Enter, and wait for the page that comes.

        Where the desk works on in a job, its page reloads by itself: it is followed to its end.
        """
        self.tab_to(name)
        self._see_on_a_phone()
        with self.page.expect_navigation(timeout=_LONGEST_JOB):
            self.page.keyboard.press("Enter")
        waits = bool(_CHECKING.search(self.page.url))
        while self.page.locator(_ITSELF).count():  # between two of its pages there is none for a moment
            self.page.wait_for_selector(_ITSELF, state="detached", timeout=_LONGEST_JOB)
            self.page.wait_for_load_state()
        self.count.presses += 1
        self.count.pages += 1
        self.count.waits += waits

    def type(self, name: str, text: str) -> None:
        """Go to a field and type in place of what is there."""
        self.tab_to(name)
        self.page.keyboard.press("Control+A")
        self.page.keyboard.insert_text(text)

    def choose(self, name: str, option: str) -> None:
        """Go to a list of choices and type the beginning of one."""
        self.tab_to(name)
        self.page.keyboard.type(option)

    def tick(self, name: str) -> None:
        """Go to a box and tick it."""
        self.tab_to(name)
        self.page.keyboard.press("Space")

    def back(self) -> None:
        """Press the browser's own key for the page before."""
        self.page.go_back()
        self.count.pages += 1

    def tab_to(self, name: str) -> None:
        """Press Tab until the element with this name has the focus, and see that the focus shows."""
        steps = int(self.page.evaluate(_STEPS_TO, name))
        assert steps, f"no way to {name!r} by keyboard from here: {self.page.url}\n{self.words()[-1500:]}"
        for _ in range(steps):
            self.page.keyboard.press("Tab")
        focused, outline = self.page.evaluate(_FOCUSED)
        for _ in range(_PARTS_OF_A_DAY):
            if focused.startswith(name):
                break
            self.page.keyboard.press("Tab")
            focused, outline = self.page.evaluate(_FOCUSED)
        assert focused.startswith(name), (focused, name)
        assert outline != "none", name

    def words(self) -> str:
        """Return what the page says."""
        return " ".join(self.page.inner_text("main").split())

    def _see_on_a_phone(self) -> None:
        """Measure at 390 px what was used on this page: in sight from side to side, and none too low."""
        self.page.set_viewport_size(PHONE)  # type: ignore[arg-type]
        boxes, width = self.page.evaluate(_BOXES), self.page.evaluate(_WIDTH)
        self.page.set_viewport_size(WIDE)  # type: ignore[arg-type]
        assert width <= PHONE["width"], (self.page.url, width)
        for name, left, right, height in boxes:
            assert left >= 0, (self.page.url, name, left)
            assert right <= PHONE["width"], (self.page.url, name, right)
            assert height >= SMALLEST, (self.page.url, name, height)
        self.page.evaluate(_FOCUS_AGAIN)
