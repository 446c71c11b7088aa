"""A reader's browser, and how a reader gets to each kind of page."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from typing import Any, Literal

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, Request, Route

from chalicelib.directory.adapters.shipped_content import shipped_content

SITE = shipped_content().site
EXIT = SITE.exit_url
PLACE = SITE.default_place
# One of each way to write: long Latin words, right to left, no spaces between words, marks above and below.
CLASSES = ("es", "ar", "zh-Hant", "pa", "km")
KINDS = ("page", "form", "form again", "receipt", "code", "answer", "error")
_STEPS = {
    "form again": ("form", "form again"),
    "receipt": ("form", "receipt"),
    "answer": ("code", "answer"),
    **{kind: (kind,) for kind in ("page", "form", "code", "error")},
}
STORY = "Two men at the farm took the papers of those who work there."
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
WEATHER = "<!doctype html><title>Weather</title><body style='background:#8cf'><h1>Weather</h1>"

_FOCUS = """() => {
  const element = document.activeElement, exit = document.getElementById('exit');
  const box = element.getBoundingClientRect(), style = getComputedStyle(element);
  return {
    tag: element.localName, id: element.id, name: element.name || '', value: element.value || '',
    href: element.getAttribute('href') || '', top: box.top, bottom: box.bottom,
    height: innerHeight, bar: exit.getBoundingClientRect().bottom, outline: parseFloat(style.outlineWidth),
  };
}"""


class Reader:
    """One person's browser, empty at first. The weather page is there; the rest of the world is not.

    Scripts are turned off in the same way a browser's setting does it; `axe` turns them on for itself.
    """

    def __init__(
        self,
        browser: Browser,
        address: str,
        *,
        script: bool = True,
        width: int = 360,
        height: int = 640,
        colors: Literal["light", "dark"] = "light",
        forced: Literal["active", "none"] = "none",
        touch: bool = False,
    ) -> None:
        self.address = address
        self.script = script
        self.asked_elsewhere: list[str] = []
        self.complaints: list[str] = []
        self.requests: list[str] = []
        self.left_behind: Any = None
        self.weather_asked: list[Request] = []
        self.weather_is_slow = False
        self._held: list[Route] = []
        self._code = ""
        self.context = browser.new_context(
            base_url=address,
            viewport={"width": width, "height": height},
            color_scheme=colors,
            forced_colors=forced,
            has_touch=touch,
        )
        self.context.set_default_timeout(15_000)
        self.context.route(re.compile("^https://"), self._weather)
        self.context.on("request", self._note)
        self.page: Page = self.context.new_page()
        self.page.on("console", self._complain)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.devtools = self.context.new_cdp_session(self.page)
        self._let_scripts_run(script)

    def open(self, kind: str, locale: str = "en", place: str = PLACE) -> Page:
        """Go to a page of this kind as a reader gets there, and return it."""
        if kind == "answer":
            self.open("receipt", locale, place)
        for step in _STEPS[kind]:
            self.take(step, locale, place)
        return self.page

    def journey(self, locale: str, place: str = PLACE) -> Iterator[str]:
        """Go through every kind of page in turn: read, write, mend what was wrong, follow up, get lost."""
        for kind in KINDS:
            self.take(kind, locale, place)
            yield kind

    def take(self, kind: str, locale: str, place: str = PLACE) -> None:
        """Take the one step from the page before to a page of this kind."""
        page = self.page
        if kind == "page":
            page.goto(f"/{locale}/{place}/")
        elif kind == "form":
            page.goto(f"/{locale}/{place}/note/")
        elif kind == "form again":
            self.field("a").fill(STORY)
            self.field("c").fill("x" * 501)
            self.send()
        elif kind == "receipt":
            self.field("a").fill(STORY)
            self.field("c").fill("Main Street")
            self.send()
            self._code = self.page.locator(".code").inner_text()
        elif kind == "code":
            page.goto(f"/{locale}/code/")
        elif kind == "answer":
            self.field("k").fill(self._code)
            self.send()
        elif kind == "error":
            page.goto(f"/{locale}/nowhere/")
        else:
            raise ValueError(kind)

    def field(self, name: str) -> Locator:
        """Return the field of this name."""
        return self.page.locator(f"main [name={name}]")

    def send(self) -> None:
        """Press the form's button and wait for what is said to that."""
        before = self.said.element_handle() if self.said.count() else None
        self.page.locator("form button").click()
        if self.script and before is not None:
            before.wait_for_element_state("hidden")
        self.said.wait_for()

    @property
    def said(self) -> Locator:
        """What the page says about what was sent."""
        return self.page.locator("main .said")

    def ask(self, question: str, argument: Any = None) -> Any:
        """Return the value of an expression in the page, whether its own scripts run or not."""
        return self.page.evaluate(question, argument)

    def history(self) -> list[str]:
        """Return the addresses that this tab's history holds."""
        entries = self.devtools.send("Page.getNavigationHistory")["entries"]
        return [entry["url"].removeprefix(self.address) for entry in entries]

    def picture(self, below: float = 0) -> bytes:
        """Return what a page that is not scrolled shows from a line down.

        Also while another page is on its way: then the browser answers no question about the page itself.
        """
        size = self.page.viewport_size or {"width": 0, "height": 0}
        clip = {"x": 0, "y": below, "width": size["width"], "height": size["height"] - below, "scale": 1}
        wanted = {"format": "png", "clip": clip}
        return base64.b64decode(self.devtools.send("Page.captureScreenshot", wanted)["data"])

    def weather_comes(self) -> None:
        """Let the weather page come at last, once the browser has asked for it."""
        for _ in range(500):
            if self._held:
                break
            self.page.wait_for_timeout(20)  # on a busy machine it asks later
        self.weather_is_slow = False
        for route in self._held:
            route.fulfill(body=WEATHER, content_type="text/html")
        self.page.wait_for_url(EXIT)

    def tab(self, key: str = "Tab") -> dict[str, Any]:
        """Press a key and say where the focus is then, and what part of the screen is its own."""
        self.page.keyboard.press(key)
        focus: dict[str, Any] = self.page.evaluate(_FOCUS)
        return focus

    def axe(self) -> list[str]:
        """Return what axe finds on the page as it is: rule, element, and why.

        All of it in light; in dark once more what has to do with colours.
        """
        self._let_scripts_run(True)
        # Where a page is scrolled, the bar covers part of some link, which then has too little room for axe.
        self.page.evaluate(AXE_SCRIPT + ";scrollTo(0, 0)")
        found = []
        for colors, rules in (("light", RULES), ("dark", ["color-contrast"])):
            self.page.emulate_media(color_scheme=colors)  # type: ignore[arg-type]
            options = {"runOnly": rules, "resultTypes": ["violations", "incomplete"]}
            results = self.page.evaluate("options => axe.run(options)", options)
            found += [
                f"{colors}: {rule['id']}: {node['html'][:120]}: {node['failureSummary']}"
                for verdict in ("violations", "incomplete")
                for rule in results[verdict]
                for node in rule["nodes"]
            ]
        self.page.emulate_media(color_scheme="light")
        self._let_scripts_run(self.script)
        return found

    def close(self) -> None:
        """Close the browser, and keep in mind what is left in it."""
        self.left_behind = self.context.storage_state(indexed_db=True)
        self.context.close()

    def _let_scripts_run(self, allowed: bool) -> None:
        self.devtools.send("Emulation.setScriptExecutionDisabled", {"value": not allowed})

    def _weather(self, route: Route) -> None:
        if route.request.url != EXIT:
            return route.abort()
        self.weather_asked.append(route.request)
        if self.weather_is_slow:
            return self._held.append(route)
        return route.fulfill(body=WEATHER, content_type="text/html")

    def _note(self, request: Request) -> None:
        self.requests.append(request.url)
        if not request.url.startswith((self.address, "data:")) and request.url != EXIT:
            self.asked_elsewhere.append(request.url)

    def _complain(self, message: ConsoleMessage) -> None:
        # An answer of 404 or 422 is a page like any other; browsers remark on it all the same.
        if message.type in ("error", "warning") and "Failed to load resource" not in message.text:
            self.complaints.append(message.text)


def locales_on_offer(wanted: tuple[str, ...] = CLASSES) -> list[str]:
    """Return those of the wanted languages that the site speaks."""
    return [tag for tag in wanted if tag in {locale.tag for locale in SITE.locales}]
