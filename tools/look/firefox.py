"""`make firefox`: the exit, the form and Back in Firefox ESR, with scripts and without, over WebDriver BiDi.

Beside the tests and not among them: Firefox is large, and Debian's package is all it takes to run this.
"""

from __future__ import annotations

import base64
import json
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from websockets.sync.client import ClientConnection, connect

from chalicelib.directory.adapters.shipped_content import shipped_content
from tools.local.running import DidNotStart, running_site
from tools.look.chromium import BrowserMissing, executable

Json = dict[str, Any]
PATIENCE = 30
SITE = shipped_content().site
PLACE = SITE.default_place
STORY = "Two men at the farm took the papers of those who work there."
WEATHER = "<!doctype html><meta charset=utf-8><title>Weather</title><h1>Weather</h1>"
ENTER, ESCAPE, SHIFT = "\ue007", "\ue00c", "\ue008"

# Nothing that a browser does by itself.
QUIET = {
    "app.update.enabled": False,
    "browser.region.network.url": "",
    "browser.safebrowsing.downloads.remote.enabled": False,
    "browser.safebrowsing.malware.enabled": False,
    "browser.safebrowsing.phishing.enabled": False,
    "browser.shell.checkDefaultBrowser": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "extensions.systemAddon.update.enabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "network.proxy.type": 0,
    "services.settings.server": "data:,",
    "toolkit.telemetry.enabled": False,
}


class Firefox:
    """One tab of Firefox. Nothing is out there but the weather page, which can be made to wait."""

    def __init__(self, wire: ClientConnection) -> None:
        self._wire = wire
        self._number = 0
        self._held: list[Json] = []
        self.weather_asked: list[Json] = []
        self.weather_is_slow = False
        self.tell("session.new", capabilities={})
        self.tab = self.tell("browsingContext.create", type="tab")["context"]
        self.tell("browsingContext.setViewport", context=self.tab, viewport={"width": 360, "height": 640})
        self.tell("session.subscribe", events=["network.beforeRequestSent"])
        pattern = {"type": "pattern", "protocol": "https"}
        self.tell("network.addIntercept", phases=["beforeRequestSent"], urlPatterns=[pattern])

    def tell(self, method: str, **parameters: Any) -> Json:
        """Give an order and return the answer."""
        number = self._send(method, parameters)
        while True:
            heard = self._hear()
            if heard.get("id") == number:
                if heard["type"] == "error":
                    raise AssertionError(f"{method}: {heard['message']}")
                result: Json = heard["result"]
                return result

    def open(self, url: str) -> None:
        """Go to an address and wait until the page is there."""
        self.tell("browsingContext.navigate", context=self.tab, url=url, wait="complete")

    def back(self) -> None:
        """Press the Back button."""
        before = self.url
        self.tell("browsingContext.traverseHistory", context=self.tab, delta=-1)
        self.wait(lambda: self.url != before or self.ask("document.readyState") == "complete")
        time.sleep(0.5)

    @property
    def url(self) -> str:
        """The address of the tab."""
        tree = self.tell("browsingContext.getTree", root=self.tab)
        return str(tree["contexts"][0]["url"])

    def ask(self, question: str) -> Any:
        """Return the value of an expression in the page."""
        target = {"context": self.tab}
        answer = self.tell("script.evaluate", expression=question, target=target, awaitPromise=False)
        if answer["type"] == "exception":
            raise AssertionError(f"{question}: {answer['exceptionDetails']['text']}")
        return answer["result"].get("value")

    def click(self, selector: str) -> None:
        """Click in the middle of an element."""
        found = self.tell(
            "browsingContext.locateNodes", context=self.tab, locator={"type": "css", "value": selector}
        )
        origin = {"type": "element", "element": {"sharedId": found["nodes"][0]["sharedId"]}}
        mouse = [
            {"type": "pointerMove", "x": 0, "y": 0, "origin": origin},
            {"type": "pointerDown", "button": 0},
            {"type": "pointerUp", "button": 0},
        ]
        self._perform({"type": "pointer", "id": "mouse", "actions": mouse})

    def press(self, *keys: str) -> None:
        """Press keys, one after the other."""
        strokes = [{"type": kind, "value": key} for key in keys for kind in ("keyDown", "keyUp")]
        self._perform({"type": "key", "id": "keyboard", "actions": strokes})

    def picture(self) -> bytes:
        """Return what the tab shows, below the exit."""
        clip = {"type": "box", "x": 0, "y": 60, "width": 360, "height": 580}
        shot = self.tell("browsingContext.captureScreenshot", context=self.tab, clip=clip)
        return base64.b64decode(shot["data"])

    def let_weather_come(self) -> None:
        """Answer those who wait for the weather."""
        self.weather_is_slow = False
        for request in self._held:
            self._give_weather(request)
        self._held.clear()

    def wait(self, until: Callable[[], Any]) -> None:
        """Wait until something is so."""
        deadline = time.monotonic() + PATIENCE
        while not until():
            if time.monotonic() > deadline:
                raise AssertionError("it did not happen")
            time.sleep(0.1)

    def _perform(self, actions: Json) -> None:
        self.tell("input.performActions", context=self.tab, actions=[actions])

    def _send(self, method: str, parameters: Json) -> int:
        self._number += 1
        self._wire.send(json.dumps({"id": self._number, "method": method, "params": parameters}))
        return self._number

    def _hear(self) -> Json:
        heard: Json = json.loads(self._wire.recv(PATIENCE))
        if heard.get("method") == "network.beforeRequestSent" and heard["params"]["isBlocked"]:
            if heard["params"]["request"]["url"] == SITE.exit_url:
                self.weather_asked.append(heard["params"]["request"])
            if self.weather_is_slow:
                self._held.append(heard["params"])
            else:
                self._give_weather(heard["params"])
        return heard

    def _give_weather(self, request: Json) -> None:
        body = {"type": "string", "value": WEATHER}
        kind = {"name": "Content-Type", "value": {"type": "string", "value": "text/html"}}
        answer = {
            "request": request["request"]["request"],
            "statusCode": 200,
            "headers": [kind],
            "body": body,
        }
        self._send("network.provideResponse", answer)


@contextmanager
def firefox(script: bool) -> Iterator[Firefox]:
    """Start Firefox with an empty profile, scripts allowed or not. Raises BrowserMissing."""
    command = [executable("firefox-esr", "firefox-esr"), "--headless", "--remote-debugging-port", "0"]
    with tempfile.TemporaryDirectory(prefix="porchlight-firefox-", ignore_cleanup_errors=True) as profile:
        wishes = {**QUIET, "javascript.enabled": script}
        lines = [f"user_pref({json.dumps(name)}, {json.dumps(value)});" for name, value in wishes.items()]
        Path(profile, "user.js").write_text("\n".join(lines), encoding="utf-8")
        process = subprocess.Popen(
            [*command, "--profile", profile], stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True
        )
        with process:
            try:
                assert process.stderr is not None  # noqa: S101 (for the type checker)
                address = next(
                    found[1]
                    for line in process.stderr
                    if (found := re.search(r"BiDi listening on (ws:\S+)", line))
                )
                with connect(f"{address}/session", max_size=None, proxy=None) as wire:
                    yield Firefox(wire)
            finally:
                process.terminate()


def must(what: str, is_so: object) -> None:
    """Raise AssertionError unless it is so, and say that it is."""
    if not is_so:
        raise AssertionError(f"not so: {what}")
    print(f"  {what}", flush=True)


def check_exit(browser: Firefox, address: str, script: bool) -> None:
    """The exit leads away, blanks the page at once, and Back does what it can."""
    browser.open("about:blank")
    blank = browser.picture()
    browser.open(f"{address}/en/{PLACE}/")
    must("the page is seen before", browser.picture() != blank)
    browser.weather_is_slow = True
    browser.click("#exit")
    browser.wait(lambda: browser.weather_asked)
    must("the page is blank while the weather is on its way", browser.picture() == blank)
    browser.let_weather_come()
    browser.wait(lambda: browser.url == SITE.exit_url)
    told = {header["name"].lower() for header in browser.weather_asked[0]["headers"]}
    must("the weather page is not told where one comes from", "referer" not in told)
    browser.back()
    if script:
        must("Back goes to what was before us", browser.url == "about:blank")
    else:
        must(
            "Back finds the page again, as nothing but a script can prevent", browser.url.startswith(address)
        )


def check_keys(browser: Firefox, address: str) -> None:
    """Esc and Shift three times lead away; twice does not."""
    for name, key in (("Esc", ESCAPE), ("Shift", SHIFT)):
        browser.open(f"{address}/en/{PLACE}/note/")
        browser.ask("document.forms[0].a.focus()")
        browser.press(key, key)
        must(f"{name} twice stays", browser.url.startswith(address) and browser.ask("document.title"))
        browser.press(key)
        browser.wait(lambda: browser.url == SITE.exit_url)
        must(f"{name} three times leaves", browser.url == SITE.exit_url)


def check_form(browser: Firefox, address: str, script: bool) -> None:
    """A report is written and sent by keyboard; Back gives back nothing that was typed."""
    browser.open("about:blank")
    browser.open(f"{address}/en/{PLACE}/note/")
    browser.ask("document.forms[0].a.focus()")
    browser.press(*STORY)
    must("words are typed", browser.ask("document.forms[0].a.value") == STORY)
    browser.ask("document.querySelector('[name=b]').focus()")
    browser.press(" ")
    must("a choice is made", browser.ask("document.forms[0].b.value") == "work")
    browser.open(f"{address}/en/{PLACE}/")
    browser.back()
    typed = "document.forms[0].a.value + document.forms[0].b.value"
    must("Back finds the form empty", browser.ask(typed) == "")
    browser.ask("document.forms[0].a.focus()")
    browser.press("x")
    browser.ask("document.querySelector('[name=b]').focus()")
    browser.press(" ")
    browser.tell("browsingContext.reload", context=browser.tab, wait="complete")
    must("a reload finds the form empty", browser.ask(typed) == "")
    browser.ask("document.forms[0].a.focus()")
    browser.press(*STORY)
    browser.ask("document.querySelector('form button').focus()")
    entries = browser.ask("history.length")
    browser.press(ENTER)
    browser.wait(lambda: browser.ask("!!document.querySelector('.code')"))
    code = browser.ask("document.querySelector('.code').textContent")
    must("the receipt shows a code", re.fullmatch(r"(\d{4} ){4}\d{4}", code))
    must(
        "nothing is stored",
        browser.ask("document.cookie + localStorage.length + sessionStorage.length") == "00",
    )
    if script:
        must("sending adds no entry", browser.ask("history.length") == entries)
    browser.open(f"{address}/en/{PLACE}/")
    browser.back()
    must("Back does not show the receipt", code not in browser.ask("document.documentElement.outerHTML"))


def main() -> int:
    """Check it all, with scripts and without."""
    try:
        with running_site() as address:
            for script in (True, False):
                with firefox(script) as browser:
                    version = browser.ask("navigator.userAgent.split('/').pop()")
                    print(f"Firefox {version}, scripts {'on' if script else 'off'}", flush=True)
                    check_exit(browser, address, script)
                    if script:
                        check_keys(browser, address)
                    check_form(browser, address, script)
    except (AssertionError, BrowserMissing, DidNotStart) as reason:
        print(f"porchlight: {reason}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
