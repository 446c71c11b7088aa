"""The fifteen everyday tasks of docs/admin.md in Chromium: by keyboard alone, without script, and counted.

All are done at one desk, one after the other, and driven at 1280 px. What is pressed or typed into is
measured at 390 px too, in the same document. To drive all of it a second time would tell nothing more: the
order of the elements, and what they do, is the same at both widths.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_string
from email.policy import default
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from chalicelib.reporting.adapters.dynamo_reports import DynamoReports
from chalicelib.reporting.cases import BOUNCED, DELIVERED, Delivery, SealedReport
from chalicelib.shared.aws.sdk import client
from tests.desk.test_people import first_password
from tests.support.desk_site import EDITOR_ONE, PASSWORD, PUBLISHER_ONE, PUBLISHER_TWO, DeskSite
from tests.support.keyboard import Clerk, Count
from tools.local.local_server import LocalSite
from tools.local.quiet_server import HOST, reserve
from tools.look.chromium import launch_options

pytestmark = pytest.mark.takes(120)

ADMIN = Path(__file__).resolve().parents[2] / "docs" / "admin.md"
NEW = "dee@desk.example"
FIRST, SECOND = "reports@sheriff.example", "watch@sheriff.example"
YESTERDAY = datetime.now(UTC) - timedelta(days=1)
LOST = SealedReport(
    f"{1:032x}",
    b"words",
    b"k" * 32,
    "los-banos-ca",
    YESTERDAY,
    (Delivery("dot-trafficking", BOUNCED, YESTERDAY),),
)
ARRIVED = replace(LOST, id=f"{2:032x}", deliveries=(Delivery("dot-trafficking", DELIVERED, YESTERDAY),))


class Office:
    """The desk on a port of this machine, and the people at it, each signed in once."""

    def __init__(self, desk: DeskSite, browser: Browser, address: str) -> None:
        self.desk = desk
        self.browser = browser
        self.address = address
        self._clerks: dict[str, Clerk] = {}

    def clerk(self, email: str) -> Clerk:
        """Return somebody at Home, with everything counted anew."""
        if email not in self._clerks:
            clerk = self._clerks[email] = Clerk(self.browser, self.address)
            sign_in(clerk, email, PASSWORD)
        self._clerks[email].begin()
        return self._clerks[email]

    def put(self, report: SealedReport) -> None:
        """Store a report as whoever delivers left it."""
        DynamoReports(lambda: client("dynamodb"), self.desk.settings.reports_table).add(report)

    def code_for(self, address: str) -> str:
        """Return the code of the newest mail to an address."""
        texts = [mail["raw_data"] for mail in self.desk.mails() if f"To: {address}" in mail["raw_data"]]
        text = message_from_string(texts[-1], policy=default).get_content()
        [code] = re.findall(r"^ +(\d{4} \d{4})\s*$", text, re.MULTILINE)
        return str(code)


@pytest.fixture
def office(make_desk: Callable[..., DeskSite]) -> Iterator[Office]:
    desk = make_desk()
    desk.before_the_first_report()  # as whoever begins: later an invitation counts a day after
    site = LocalSite(desk.app, reserve(0), say=lambda _: None)
    site.start()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(**launch_options())
        yield Office(desk, browser, f"http://{HOST}:{site.port}")
        browser.close()
    site.stop()


def sign_in(clerk: Clerk, email: str, password: str) -> None:
    clerk.begin("/admin/sign-in")
    clerk.type("E-mail address", email)
    clerk.type("Password", password)
    clerk.press("Sign in")


def invite(office: Office) -> Count:
    ana = office.clerk(PUBLISHER_ONE)
    ana.press("People")  # behind a sign-in of its own
    ana.type("E-mail address", PUBLISHER_ONE)
    ana.type("Password", PASSWORD)
    ana.press("Sign in")
    ana.type("E-mail address", NEW)
    ana.press("Invite")
    assert "The invitation is on its way." in ana.words()
    return ana.count


def sign_in_first_time(office: Office) -> Count:
    dee = Clerk(office.browser, office.address)
    sign_in(dee, NEW, first_password(office.desk, NEW))
    dee.type("New password", PASSWORD)
    dee.type("The same once more", PASSWORD)
    dee.press("Use this password")
    assert dee.page.url.endswith("/admin/")
    dee.context.close()
    return dee.count


def fix_a_number(office: Office) -> Count:
    eve = office.clerk(EDITOR_ONE)
    eve.press("Contacts")
    eve.press("Los Banos Police Department")
    eve.type("Number or address 1", "209-555-0142")
    eve.press("Save the draft")
    assert "209-827-7070" in eve.words().split("now:")[0]
    assert "209-555-0142" in eve.words()
    return eve.count


def change_a_sentence(office: Office) -> Count:
    eve = office.clerk(EDITOR_ONE)
    eve.press("Preview")
    eve.press("Can someone check this phone?")
    eve.type("In English", "Can somebody look at this phone?")
    eve.type("In Español", "¿Puede alguien mirar este teléfono?")
    eve.press("Save the draft")
    assert "Can somebody look at this phone?" in eve.words()
    return eve.count


def add_a_shelter(office: Office) -> Count:
    eve = office.clerk(EDITOR_ONE)
    eve.press("Contacts")
    eve.press("Add a contact")
    eve.type("Name", "Casa Segura")
    eve.choose("Place it serves", "Dos Palos")
    eve.type("Number or address 1", "209-555-0143")
    eve.type("What they do", "A safe house.")
    eve.type("Where you read it", "They told us.")
    eve.press("Save the draft")
    assert "Casa Segura" in eve.words()
    return eve.count


def add_a_town(office: Office) -> Count:
    eve = office.clerk(EDITOR_ONE)
    eve.press("Towns")
    eve.press("Add a town")
    eve.type("Name", "Dos Palos")
    eve.choose("Where it lies", "Merced")
    eve.press("Save the draft")
    eve.press("Look at it first")
    assert "Read and change: Dos Palos" in eve.words()
    return eve.count


def fill_what_is_missing(office: Office) -> Count:
    eve = office.clerk(EDITOR_ONE)
    eve.press("Texts")
    eve.press("what is missing in Sentences in Portuguese")
    assert "A safe house." in eve.words()
    eve.type("A safe house.", "Uma casa segura.")
    eve.press("Save these sentences")
    assert "Your draft is saved" in eve.words()
    return eve.count


def change_the_mail(office: Office) -> Count:
    eve = office.clerk(EDITOR_ONE)
    eve.press("The mail to offices")
    eve.type("Paragraph before 1", "Please read this today.")
    eve.press("Save the draft")
    eve.press("See the whole mail")
    assert "Please read this today." in eve.words()
    return eve.count


def look_at_figures(office: Office) -> Count:
    eve = office.clerk(EDITOR_ONE)
    eve.press("Figures")
    eve.choose("Town", "Los Banos")
    eve.press("Show")
    assert "Reports by month, Los Banos" in eve.words()
    return eve.count


def change_the_exit(office: Office) -> Count:
    eve = office.clerk(EDITOR_ONE)
    eve.press("Exit, hotline, languages")
    eve.press("Change the exit")
    eve.type("Page that the exit opens", "https://weather.example/")
    eve.press("Save the draft")
    assert "opens https://weather.example/" in eve.words()
    return eve.count


def send_again(office: Office) -> Count:
    office.put(LOST)
    ana = office.clerk(PUBLISHER_ONE)
    ana.press("Deliveries")
    ana.press(LOST.case_number)
    ana.press("Send again to the first address")
    assert "It is queued" in ana.words()
    return ana.count


def add_a_recipient(office: Office) -> Count:
    office.put(ARRIVED)  # from the first delivered report on, who gets reports changes a day later
    ana = office.clerk(PUBLISHER_ONE)
    at_recipients(ana, PUBLISHER_ONE)
    ana.press("Propose a new recipient")
    ana.type("Name", "Sheriff")
    ana.choose("Place", "Los Banos")
    ana.choose("What it is", "police")
    ana.tab_to("Day on which")
    ana.page.keyboard.type("11202026")
    ana.type("Address for reports", FIRST)
    ana.type("Second address", SECOND)
    ana.type("What it is, for the form", "A police office.")
    ana.type("What it is not, for the form", "It is not a hotline.")
    ana.type("Why, in one sentence", "They agreed")
    ana.press("Propose")
    for address in (FIRST, SECOND):
        ana.press(f"Mail a code to {address}")
        ana.type(f"Code that {address} got", office.code_for(address))
        ana.press("Confirm this address")
    ben = office.clerk(PUBLISHER_TWO)
    agree(ben, "1 change waits for a day to be over.")
    return together(ana, ben)


def take_a_recipient_out(office: Office) -> Count:
    ana = office.clerk(PUBLISHER_ONE)
    at_recipients(ana, PUBLISHER_ONE)
    ana.press("Take out U.S. Department of Transportation")
    ana.type("Why, in one sentence", "They asked us to")
    ana.press("Propose to take it out")
    ben = office.clerk(PUBLISHER_TWO)
    agree(ben, "Agreed. The change counts a day later")
    assert "U.S. Department of Transportation" not in ben.words(), "at once"
    return together(ana, ben)


def at_recipients(clerk: Clerk, email: str) -> None:
    """Go to the recipients, behind a sign-in of their own; whoever was there lately is still in."""
    clerk.press("Recipients")
    clerk.press("Change who gets reports")
    if clerk.page.get_by_label("Password").count():
        clerk.type("E-mail address", email)
        clerk.type("Password", PASSWORD)
        clerk.press("Sign in")
        clerk.press("Recipients")
        clerk.press("Change who gets reports")


def agree(ben: Clerk, told: str) -> None:
    at_recipients(ben, PUBLISHER_TWO)
    ben.press("I agree")
    assert told in ben.words()


def together(ana: Clerk, ben: Clerk) -> Count:
    one, other = ana.count, ben.count
    return Count(one.presses + other.presses, one.pages + other.pages, one.waits + other.waits)


def publish_and_roll_back(office: Office) -> Count:
    ana = office.clerk(PUBLISHER_ONE)
    ana.press("Preview")
    ana.press("Check and publish")
    publish(ana, "A number that they gave us")
    ana.press("See it live")
    ana.back()
    ana.press("Roll back to how the site came")
    roll_back(ana)
    return ana.count


def publish(ana: Clerk, why: str) -> None:
    ana.type("Why, in one sentence", why)
    if ana.page.locator("#yes").count():
        ana.tick("Yes, publish although")
    ana.press("Publish for everybody")
    assert "Published. Readers see it within a minute." in ana.words()


def roll_back(clerk: Clerk) -> None:
    asked = clerk.words()
    if clerk.page.locator("#yes").count():
        clerk.tick("Yes, roll back although")
    clerk.press("Roll back for everybody")
    assert "Rolled back." in clerk.words(), f"{clerk.page.url}\n{clerk.words()}\nbefore it:\n{asked}"


def undo_a_publish(office: Office) -> Count:
    ben = office.clerk(PUBLISHER_TWO)
    ben.press("What was published")
    ben.press("Roll back to ")
    roll_back(ben)
    return ben.count


# In the order in which they are done; the letters are those of the table.
TASKS: list[tuple[str, str, Callable[[Office], Count]]] = [
    ("h", "invite a colleague", invite),
    ("a", "sign in for the first time", sign_in_first_time),
    ("b", "fix a phone number", fix_a_number),
    ("f", "look first, publish, see it live, roll back", publish_and_roll_back),
    ("o", "undo a colleague’s publish", undo_a_publish),
    ("c", "change a sentence in two languages, from seeing it", change_a_sentence),
    ("e", "add a town, and see its page", add_a_town),
    ("d", "add a shelter", add_a_shelter),
    ("j", "fill what is missing in a language", fill_what_is_missing),
    ("k", "change the agencies’ mail, and see it", change_the_mail),
    ("l", "this month’s figures of a town", look_at_figures),
    ("m", "change the exit", change_the_exit),
    ("i", "find yesterday’s report, and send it again", send_again),
    ("g", "add a recipient, two publishers", add_a_recipient),
    ("n", "take a recipient out, two publishers", take_a_recipient_out),
]


def test_each_of_the_fifteen_tasks_takes_what_the_table_in_the_docs_says(office: Office) -> None:
    rows = {}
    for letter, title, do in TASKS:
        count = do(office)
        rows[letter] = f"| {letter} | {title} | {count.presses} | {count.pages} | {count.waits} |"
    table = "\n".join(rows[letter] for letter in sorted(rows))
    assert table in ADMIN.read_text(encoding="utf-8"), f"the table is now:\n{table}"
