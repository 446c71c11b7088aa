"""Pictures of every screen of the desk, for docs/admin.md: `python -m tools.look.screenshots_admin`.

It runs the whole site on free ports, works at the desk as a clerk would, and takes two pictures at each step:
as wide as a desktop (1280 px) and as a phone (390 px). They are kept small: see small_png.py.
"""

from __future__ import annotations

import json
import os
import re
import sys
import time
import urllib.request
from collections.abc import Callable
from email import message_from_bytes
from email.policy import default
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from tools.local.running import running_site_and_mailroom
from tools.look.chromium import launch_options
from tools.look.small_png import with_palette

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "admin"
EMAIL, PASSWORD = "ana@desk.example", "correct horse battery"
NEW = "cam@desk.example"
_WIDTHS = {"": 1280, "-phone": 390}
_TALLEST = 1100
_PANTRIES = b"""Program,Agency,Phone,Category,Description,Address,City,State,ZIP,County,Address is private
Food box (invented),Valley Aid,209-555-0100,Food pantry,A box of food.,1 Oak St,Merced,CA,95340,Merced,
Soup (invented),Valley Aid,555-0101,Food pantry,Soup at noon.,2 Oak St,Merced,CA,95340,Merced,
Beds (invented),Valley Aid,209-555-0102,Shelter,Beds for the night.,3 Oak St,Merced,CA,95340,Merced,yes
"""
_PATIENCE = 180_000  # milliseconds: checking and publishing show how far they are


class Clerk:
    """Somebody at the desk, whose screens are pictured."""

    def __init__(self, browser: Browser, address: str, folder: Path) -> None:
        self._folder = folder
        context = browser.new_context(
            base_url=address, viewport={"width": _WIDTHS[""], "height": 700}, java_script_enabled=False
        )
        self.page: Page = context.new_page()
        self._reader = browser.new_page()  # reads pictures, to make them small

    def picture(self, name: str) -> None:
        """Take a picture of the screen as it is at each width, from its top."""
        for ending, width in _WIDTHS.items():
            self.page.set_viewport_size({"width": width, "height": 700})
            height = int(self.page.locator("html").bounding_box()["height"])  # type: ignore[index]
            self.page.set_viewport_size({"width": width, "height": max(300, min(height, _TALLEST))})
            small = with_palette(self._reader, self.page.screenshot())
            (self._folder / f"{name}{ending}.png").write_bytes(small)
        self.page.set_viewport_size({"width": _WIDTHS[""], "height": 700})

    def see(self, path: str, name: str) -> None:
        """Go to a screen and take its picture."""
        self.page.goto(path)
        self.picture(name)

    def sign_in(self, email: str, password: str, at: str = "/admin/sign-in") -> None:
        """Sign in; what comes then is shown."""
        self.page.goto(at)
        self.page.get_by_label("E-mail address").fill(email)
        self.page.get_by_label("Password").fill(password)
        self.press("Sign in")

    def press(self, name: str) -> None:
        """Press a button by its name."""
        self.page.get_by_role("button", name=name, exact=True).first.click()


def newest_mail(mailroom: str, to: str) -> str:
    """Return the text of the newest mail to somebody."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        with urllib.request.urlopen(f"{mailroom}/messages.json") as answer:
            found = [mail for mail in json.load(answer) if to in mail["to"]]
        if found:
            url = found[-1]["raw_url"]
            with urllib.request.urlopen(url if url.startswith("http") else mailroom + url) as answer:
                text = message_from_bytes(answer.read(), policy=default).get_content()
            return str(text).replace("\r\n", "\n")
        time.sleep(0.2)
    raise TimeoutError(f"no mail came for {to}")


def take_pictures(browser: Browser, site: str, mailroom: str, folder: Path) -> None:
    """Work at the desk, and picture each screen."""
    folder.mkdir(parents=True, exist_ok=True)
    stranger = Clerk(browser, site, folder)
    stranger.see("/admin/sign-in", "sign-in")
    for _ in range(6):
        stranger.sign_in("nobody@desk.example", "a guess")
    stranger.picture("locked")
    ana = Clerk(browser, site, folder)
    ana.sign_in(EMAIL, PASSWORD)
    # Before anything is delivered: from the first delivered report on, people wait for a day.
    _people(ana, Clerk(browser, site, folder), mailroom)
    _send_a_report(browser, site)
    _texts(ana, Clerk(browser, site, folder))
    _services(ana)
    _publishing(ana)
    _rest(ana)


def _send_a_report(browser: Browser, site: str) -> None:
    page = browser.new_page(base_url=site)
    page.goto("/en/los-banos-ca/note/")
    page.locator("textarea[name=a]").fill("An invented report, for the pictures in the documents.")
    page.locator("form button").last.click()
    page.wait_for_selector(".code")
    page.close()


def _texts(ana: Clerk, other: Clerk) -> None:
    ana.see("/admin/documents", "texts")
    ana.see("/admin/search?q=Text+HELP+to+233733", "search")
    ana.page.locator("main ul.list a").first.click()
    ana.page.wait_for_url("**/admin/sentence**")
    ana.picture("sentence")
    ana.page.goto("/admin/sentences?d=catalog/es&words=Leave")
    ana.page.get_by_label("Leave this page", exact=True).fill("Irse de esta página")
    ana.picture("sentences")
    ana.press("Save these sentences")
    ana.see("/admin/text/changes?d=catalog/es", "changes")
    other.sign_in(EMAIL, PASSWORD)
    text = "/admin/text?d=template/mail/report/body.txt"
    for clerk in (ana, other):
        clerk.page.goto(text)
    ana.picture("text")
    for clerk, line in ((ana, "Thank you for reading this."), (other, "Please answer to this mail.")):
        box = clerk.page.get_by_label("The text")
        box.fill(f"{box.input_value().rstrip()}\n\n{line}\n")
        clerk.press("Save the draft")
    other.picture("conflict")
    other.see("/admin/text/lines?d=template/mail/report/body.txt", "lines")
    ana.page.goto("/admin/contact?c=lbpd")
    ana.page.get_by_label("In which role").fill("shelter desk")
    ana.page.get_by_label("I called or looked today").check()
    ana.picture("contact")
    ana.press("Save the draft")
    ana.see("/admin/contacts", "contacts")
    _added(ana)


def _services(ana: Clerk) -> None:
    """Look at services, and at what an invented file would change; nothing is saved."""
    place = "p=merced-county-ca"
    ana.see(f"/admin/services/of?{place}", "services")
    ana.see(f"/admin/service?{place}&s=vcc", "service")
    ana.see(f"/admin/service/translated?{place}&s=vcc&l=es", "translated")
    ana.page.goto(f"/admin/services/import?{place}")
    ana.page.set_input_files("#file", {"name": "pantries.csv", "mimeType": "text/csv", "buffer": _PANTRIES})
    ana.page.get_by_label("Name of the list").fill("Pantries of the valley (invented)")
    ana.press("Look what it changes")
    ana.picture("services-file")


def _added(ana: Clerk) -> None:
    """Add what is invented, picture it, and throw the drafts away."""
    ana.page.goto("/admin/contact")
    ana.page.get_by_label("Number or address 1").fill("209-555-014")
    ana.press("Save the draft")
    ana.picture("errors")
    ana.page.goto("/admin/town")
    ana.page.get_by_label("Name").fill("Alder Crossing")
    ana.page.get_by_label("Where it lies").select_option("Merced County")
    ana.picture("town")
    ana.press("Save the draft")
    ana.picture("towns")
    ana.see("/admin/site", "site")
    ana.see("/admin/mail", "mail-text")
    ana.page.goto("/admin/text?d=places/alder-crossing-ca")
    ana.press("Throw the draft away")


def _publishing(ana: Clerk) -> None:
    ana.see("/admin/preview?locale=es&page=los-banos-ca#read", "preview-read")
    ana.see("/admin/preview?locale=es&page=los-banos-ca", "preview-phone")
    ana.page.wait_for_load_state("networkidle")
    ana.picture("preview-phone")
    ana.page.goto("/admin/preview?locale=ar&page=los-banos-ca&width=desktop")
    ana.page.wait_for_load_state("networkidle")
    ana.picture("preview-desktop")
    ana.see("/admin/preview/mail?name=report&recipient=dot-trafficking", "mail")
    _looked(ana, "publish")
    ana.page.get_by_label("Why, in one sentence").fill("Shorter words on the way out, and a checked number")
    if ana.page.locator("#yes").count():
        ana.page.locator("#yes").check()
    ana.press("Publish for everybody")
    ana.page.get_by_text(re.compile(r"^[1-9]\d* of \d+ pages ")).wait_for(timeout=_PATIENCE)
    ana.picture("job")
    ana.page.get_by_text("Published. Readers see it").wait_for(timeout=_PATIENCE)
    ana.see("/admin/releases", "releases")
    ana.see("/admin/text/history?d=catalog/es", "history")
    ana.page.goto("/admin/text?d=template/public/page.html")
    box = ana.page.get_by_label("The text")
    box.fill(box.input_value() + "{{ phone_number }}\n<p>Call 555\n")
    ana.press("Save the draft")
    _looked(ana, "checks")
    ana.page.goto("/admin/text?d=template/public/page.html")
    ana.press("Throw the draft away")


def _looked(ana: Clerk, name: str) -> None:
    """Wait until every page is checked, as somebody without script does, and picture what was found."""
    ana.page.goto("/admin/publish")
    ana.page.wait_for_url("**/admin/publish", timeout=_PATIENCE)
    ana.picture(name)


def _rest(ana: Clerk) -> None:
    ana.see("/admin/figures?town=los-banos-ca", "figures")
    ana.see("/admin/deliveries", "deliveries")
    ana.page.locator("table a").first.click()
    ana.picture("case")
    ana.sign_in(EMAIL, PASSWORD, "/admin/access/sign-in")
    ana.page.goto("/admin/access/recipients/one?r=dot-trafficking")
    ana.page.get_by_label("Second address").fill("watch@dot.example")
    ana.page.get_by_label("Day on which").fill("2026-11-20")
    ana.page.get_by_label("Why, in one sentence").fill("They agreed, and named a second address")
    ana.picture("recipient")
    ana.press("Propose")
    ana.press("Mail a code to watch@dot.example")
    ana.picture("recipients")
    ana.see("/admin/log", "log")
    ana.see("/admin/", "home")


def _people(ana: Clerk, cam: Clerk, mailroom: str) -> None:
    ana.sign_in(EMAIL, PASSWORD, "/admin/access/sign-in")
    ana.page.goto("/admin/access/people")
    ana.page.get_by_label("E-mail address").fill(NEW)
    ana.press("Invite")
    ana.picture("people")
    [password] = re.findall(r"^    (\S+)$", newest_mail(mailroom, NEW), re.MULTILINE)
    cam.sign_in(NEW, password)
    cam.picture("first-password")
    cam.page.get_by_label("New password").fill(PASSWORD)
    cam.page.get_by_label("The same once more").fill(PASSWORD)
    cam.press("Use this password")
    cam.sign_in(NEW, PASSWORD, "/admin/access/sign-in")
    cam.page.goto("/admin/access/authenticator")
    cam.press("Set one up")
    cam.picture("authenticator")


def main(folder: Path = FOLDER, say: Callable[[str], None] = print) -> int:
    """Take all pictures; return the exit code."""
    os.environ.update(ADMIN_EMAIL=EMAIL, ADMIN_PASSWORD=PASSWORD)
    with running_site_and_mailroom() as (site, mailroom), sync_playwright() as playwright:
        browser = playwright.chromium.launch(**launch_options())
        try:
            take_pictures(browser, site, mailroom, folder)
        finally:
            browser.close()
    pictures = sorted(folder.glob("*.png"))
    say(f"{len(pictures)} pictures, {sum(one.stat().st_size for one in pictures) // 1024} KB in docs/admin")
    return 0


if __name__ == "__main__":
    sys.exit(main())
