"""`make paint`: when a page is first seen over a slow line, on a slow phone, as Chromium emulates them.

Measured and not tested: it depends on the machine. "Slow 3G" is Chromium's own: 2 s for each request and
50 kB a second. A real line adds what it takes to connect (name, TCP, TLS), so this is the least one waits.
"""

from __future__ import annotations

import sys
from statistics import median

from playwright.sync_api import Browser, sync_playwright

from chalicelib.directory.adapters.shipped_content import shipped_content
from tools.local.running import DidNotStart, running_site
from tools.look.chromium import BrowserMissing, launch_options

SLOW_3G = {"offline": False, "latency": 2000, "downloadThroughput": 50_000, "uploadThroughput": 50_000}
SLOWER_PROCESSOR = 4
ROUNDS = 3
AIM = 3.0
_PAINT = """() => {
  const paint = performance.getEntriesByName('first-contentful-paint')[0];
  return [paint ? paint.startTime : 0, performance.getEntriesByType('navigation')[0].encodedBodySize];
}"""


def first_paint(browser: Browser, url: str) -> tuple[float, int]:
    """Return the seconds until something is seen, and the bytes of the page on the wire."""
    page = browser.new_page(viewport={"width": 360, "height": 640})
    devtools = page.context.new_cdp_session(page)
    devtools.send("Network.enable")
    devtools.send("Network.emulateNetworkConditions", SLOW_3G)
    devtools.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER_PROCESSOR})
    page.goto(url, wait_until="load")
    # Asked again and again from outside: the page's own policy forbids a script that waits within it.
    while not page.evaluate("performance.getEntriesByName('first-contentful-paint').length"):
        page.wait_for_timeout(50)
    milliseconds, size = page.evaluate(_PAINT)
    page.close()
    return milliseconds / 1000, size


def main() -> int:
    """Print a line for each language: bytes, seconds, and whether the aim is reached."""
    site = shipped_content().site
    try:
        with (
            running_site() as address,
            sync_playwright() as playwright,
            playwright.chromium.launch(**launch_options()) as browser,
        ):
            first_paint(browser, f"{address}/en/")  # fonts are found once
            print(f"{'page':<32}{'bytes':>8}{'first paint, s':>16}   (middle of {ROUNDS}; aim {AIM} s)")
            for locale in site.locales:
                for name in ("", "note/"):
                    path = f"/{locale.tag}/{site.default_place}/{name}"
                    seen = [first_paint(browser, address + path) for _ in range(ROUNDS)]
                    seconds = median(one[0] for one in seen)
                    late = "" if seconds < AIM else "   later than the aim"
                    print(f"{path:<32}{seen[0][1]:>8}{seconds:>16.2f}{late}", flush=True)
    except (BrowserMissing, DidNotStart) as reason:
        print(f"porchlight: {reason}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
