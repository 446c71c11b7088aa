"""A Chromium that no test tool has set up, and a wire to it: Playwright turns the back/forward cache off."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from websockets.sync.client import ClientConnection, connect

from tools.look.chromium import NOBODY_ELSE, arguments, executable

Json = dict[str, Any]
PATIENCE = 20


class Tab:
    """One tab, spoken to in Chromium's own words (the DevTools protocol)."""

    def __init__(self, wire: ClientConnection) -> None:
        self._wire = wire
        self._number = 0
        self._session = ""
        self._events: list[Json] = []
        target = self.tell("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.tell("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        self.tell("Page.enable")

    def tell(self, method: str, **parameters: Any) -> Json:
        """Give an order and return the answer."""
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        self._wire.send(json.dumps(message))
        while True:
            heard = self._hear()
            if heard.get("id") == self._number:
                assert "error" not in heard, f"{method}: {heard}"
                result: Json = heard["result"]
                return result
            self._events.append(heard)

    def wait(self, event: str, so: Callable[[Json], bool] = lambda _: True) -> Json:
        """Return the next event of this name for which `so` holds; those before it are forgotten."""
        while True:
            heard = self._events.pop(0) if self._events else self._hear()
            if heard.get("method") == event and so(heard["params"]):
                found: Json = heard["params"]
                return found

    def forget(self) -> None:
        """Forget what has happened so far."""
        self._events.clear()

    def open(self, address: str) -> None:
        """Go to an address and wait until the page is there."""
        self._go(lambda: self.tell("Page.navigate", url=address))

    def click(self, selector: str) -> None:
        """Click on a link that leads to another page, and wait until that is there."""
        box = self.ask(
            f"(b => [b.x + 5, b.y + 5])(document.querySelector({selector!r}).getBoundingClientRect())"
        )
        at = {"x": box[0], "y": box[1], "button": "left", "clickCount": 1}

        def press() -> None:
            self.tell("Input.dispatchMouseEvent", type="mousePressed", **at)
            self.tell("Input.dispatchMouseEvent", type="mouseReleased", **at)

        self._go(press)

    def back(self) -> Json:
        """Go back as the button does; return how the page came ("Navigation" or "BackForwardCacheRestore"),
        and why it was not in the cache."""
        history = self.tell("Page.getNavigationHistory")
        before = history["entries"][history["currentIndex"] - 1]
        self.forget()
        self.tell("Page.navigateToHistoryEntry", entryId=before["id"])
        came: Json = {"reasons": []}
        while True:
            heard = self._events.pop(0) if self._events else self._hear()
            if heard.get("method") == "Page.backForwardCacheNotUsed":
                came["reasons"] = [one["reason"] for one in heard["params"]["notRestoredExplanations"]]
            elif heard.get("method") == "Page.frameNavigated":
                came |= {"how": heard["params"]["type"], "frame": heard["params"]["frame"]}
                if came["how"] == "BackForwardCacheRestore":
                    return came
            elif heard.get("method") == "Page.loadEventFired":
                return came

    def type(self, name: str, words: str) -> None:
        """Type into the field of this name, which may be folded away."""
        field = f"document.querySelector('[name={name}]')"
        self.ask(f"var folded = {field}.closest('details'); if (folded) folded.open = true")
        self.ask(f"{field}.focus()")
        self.tell("Input.insertText", text=words)

    def ask(self, question: str) -> Any:
        """Return the value of an expression in the page."""
        answer = self.tell("Runtime.evaluate", expression=question, returnByValue=True)
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    def _go(self, start: Callable[[], Any]) -> None:
        self.forget()
        start()
        self.wait("Page.loadEventFired")

    def _hear(self) -> Json:
        heard: Json = json.loads(self._wire.recv(PATIENCE))
        return heard


@contextmanager
def chromium_as_it_comes(profile: Path) -> Iterator[Callable[[], Tab]]:
    """Start Chromium with an empty profile; give a function that opens a new tab."""
    command = [
        executable(),
        *arguments(NOBODY_ELSE),
        "--headless=new",
        "--remote-debugging-port=0",
        f"--user-data-dir={profile}",
        "about:blank",
    ]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
    with process:
        try:
            assert process.stderr is not None
            address = next(found[1] for line in process.stderr if (found := re.search(r"(ws://\S+)", line)))
            with connect(address, max_size=None, proxy=None) as wire:
                yield lambda: Tab(wire)
        finally:
            process.kill()
