"""`make screenshots`: the page, the form, a receipt and an error as a phone shows them, in docs."""

from __future__ import annotations

import sys
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from chalicelib.directory.adapters.shipped_content import shipped_content
from tools.local.running import DidNotStart, running_site
from tools.look.chromium import BrowserMissing, launch_options

ROOT = Path(__file__).resolve().parents[2]
OUT = ROOT / "docs" / "screenshots"
LOCALES = ("en", "es", "ar")
OTHERS = ("pa", "zh-Hant", "km", "hmn")  # the first screens of other ways to write
WIDTH, HEIGHT = 360, 640
TALLEST = 1300  # what comes below is more of the same, and a picture in a repository stays for ever
STORY = {
    "en": "This report is invented, for a picture.",
    "es": "Este aviso es inventado, para una imagen.",
    "ar": "هذا البلاغ مختلق لأجل صورة.",
}


def take(page: Page, address: str, locale: str, out: Path) -> None:
    """Go the way of a reader, and take a picture at each stop."""
    place = shipped_content().site.default_place

    def picture(name: str) -> None:
        page.evaluate("document.activeElement.blur(); scrollTo(0, 0)")
        height = min(TALLEST, page.evaluate("document.documentElement.scrollHeight"))
        page.set_viewport_size({"width": WIDTH, "height": height})
        page.screenshot(path=out / f"{locale}-{name}.png")
        page.set_viewport_size({"width": WIDTH, "height": HEIGHT})

    page.goto(f"{address}/{locale}/{place}/")
    picture("page")
    page.goto(f"{address}/{locale}/{place}/note/")
    picture("form")
    page.locator("[name=a]").fill(STORY[locale])
    page.locator("form button").click()
    page.locator(".code").wait_for()
    picture("receipt")
    page.goto(f"{address}/{locale}/nowhere/")
    picture("error")


def first_screens(browser: Browser, address: str, out: Path) -> None:
    """Take the first screen of a place's page as small phones show it, and one in the dark."""
    place = shipped_content().site.default_place
    for locale in OTHERS:
        page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT})
        page.goto(f"{address}/{locale}/{place}/")
        page.screenshot(path=out / f"{locale}-first.png")
        page.close()
    for name, width, height, colors in (("small", 320, 568, "light"), ("dark", WIDTH, HEIGHT, "dark")):
        page = browser.new_page(viewport={"width": width, "height": height}, color_scheme=colors)  # type: ignore[arg-type]
        page.goto(f"{address}/en/{place}/")
        page.screenshot(path=out / f"en-{name}.png")
        page.close()


def main() -> int:
    """Take every picture."""
    OUT.mkdir(parents=True, exist_ok=True)
    try:
        with (
            running_site() as address,
            sync_playwright() as playwright,
            playwright.chromium.launch(**launch_options()) as browser,
        ):
            for locale in LOCALES:
                page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT})
                take(page, address, locale, OUT)
                page.close()
            first_screens(browser, address, OUT)
    except (BrowserMissing, DidNotStart) as reason:
        print(f"porchlight: {reason}", file=sys.stderr)
        return 1
    print(f"the pictures are in {OUT.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
