"""Debian's Chromium, as the tests and the tools start it."""

from __future__ import annotations

import os
import shutil
from typing import Any

PACKAGES = "chromium fonts-noto-core fonts-noto-cjk"

# Nothing that a browser does by itself: no updates, no first run, no name looked up but this machine's.
QUIET = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
)
NOBODY_ELSE = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"


class BrowserMissing(Exception):
    """There is no browser; the text says what to install."""


def executable(name: str = "chromium", packages: str = PACKAGES) -> str:
    """Return the path of a browser. Raises BrowserMissing."""
    found = shutil.which(name)
    if found is None:
        raise BrowserMissing(f"there is no {name}: on Debian, sudo apt-get install {packages}")
    return found


def arguments(*more: str) -> list[str]:
    """Return what every Chromium of ours is started with."""
    # Chromium's sandbox refuses to work for root, who runs the tests in a container.
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
    return [*sandbox, *QUIET, *more]


def launch_options() -> dict[str, Any]:
    """Return the options for Playwright's launch. Raises BrowserMissing."""
    return {"executable_path": executable(), "args": arguments(NOBODY_ELSE)}
