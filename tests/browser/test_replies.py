"""Replies as their writer meets them: read, opened by a second press, answered, on a small phone."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser

from chalicelib.replies.reply import Reply
from chalicelib.reporting.render.form_pages import FormPages
from tests.browser.reader import Reader
from tests.support.conversing import TEXT, WHOLE, Conversing
from tests.support.website import Answer, Website
from tools.local.quiet_server import HOST, QuietServer, reserve

# They share a site and a browser: one number keeps them together.
pytestmark = pytest.mark.takes(100)

OpenWriter = Callable[..., Reader]


@pytest.fixture
def case(site: FormPages) -> Conversing:
    """A report to which the police wrote back twice; the second reply may repeat it."""
    case = Conversing(Website(lambda: site, replies=True))
    case.replied(1, reply=Reply(TEXT, "All of it.\n\n" + TEXT, status=2, files=1))
    case.replied(2, reply=Reply("شكرًا لك. هل رأيت رقم السيارة؟", WHOLE, repeats=True), unproven=True)
    return case


@pytest.fixture
def served(case: Conversing) -> Iterator[str]:
    """The address of a site that has it."""

    def answer(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        headers = {"Content-Type": environ.get("CONTENT_TYPE", "")}
        method = environ["REQUEST_METHOD"]
        said = case.website.ask(method, environ["PATH_INFO"], headers, body if method == "POST" else None)
        start_response(f"{said.status} X", list(_plain(said).items()))
        return [said.html.encode("utf-8")]

    server = QuietServer(answer, reserve(0))
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    yield f"http://{HOST}:{server.port}"
    server.shutdown()
    thread.join()


def _plain(said: Answer) -> dict[str, str]:
    left = {"content-encoding", "strict-transport-security"}
    return {name: value for name, value in said.headers.items() if name.lower() not in left}


@pytest.fixture
def writer_of(chromium: Browser, served: str) -> Iterator[OpenWriter]:
    """Return a function that opens a browser for the writer. Nothing may be left on any of their devices."""
    writers: list[Reader] = []

    def open_writer(**wishes: Any) -> Reader:
        writers.append(Reader(chromium, served, **{"width": 320, "height": 568, **wishes}))
        return writers[-1]

    yield open_writer
    for writer in writers:
        writer.close()
    for writer in writers:
        assert writer.asked_elsewhere == []
        assert writer.complaints == []
        assert writer.left_behind == {"cookies": [], "origins": []}


def look(writer: Reader, code: str, locale: str) -> None:
    writer.page.goto(f"/{locale}/code/")
    writer.field("k").fill(code)
    writer.page.locator("form button[type=submit]").click()
    writer.page.locator("main section").first.wait_for()


@pytest.mark.parametrize("locale", ["en", "ar", "km"])
def test_replies_are_read_opened_and_answered_on_a_small_phone(
    writer_of: OpenWriter, case: Conversing, script: bool, locale: str
) -> None:
    writer = writer_of(script=script)
    look(writer, case.code, locale)
    page = writer.page
    assert "We drove by." in page.inner_text("main")
    assert page.locator("main a", has_text="town.example").count() == 0
    assert writer.axe() == []
    assert writer.ask("document.documentElement.scrollWidth") <= 320
    writer.field("a").fill("أزرق")
    page.locator("button[name=w]").click()
    opened = page.locator(".said", has_text="odd phrase that came back")
    opened.wait_for()
    assert writer.field("a").input_value() == "أزرق"
    assert page.locator("button[name=w]").count() == 0
    assert writer.ask("document.documentElement.scrollWidth") <= 320
    assert writer.axe() == []
    if script:
        assert writer.ask("document.activeElement.className") == "said", "that is what is read next"
    page.locator("form button[type=submit]").click()
    page.locator("main form").wait_for(state="detached")
    assert "أزرق" not in page.content()
    assert writer.axe() == []
    (message,) = case.messages()
    assert case.words(message).story == "أزرق"
    assert not [address for address in writer.history() if case.code.replace(" ", "") in address]
    assert len(writer.history()) <= (2 if script else 5)


def test_the_enter_key_in_the_box_opens_no_reply_and_all_is_reached_by_keyboard(
    writer_of: OpenWriter, case: Conversing
) -> None:
    writer = writer_of(script=False)
    look(writer, case.code, "en")
    stops = []
    for _ in range(40):
        stop = writer.tab()
        stops.append((stop["tag"], stop["name"]))
        if stop["tag"] == "button" and not stop["name"]:
            break
    wanted = [("button", "w"), ("textarea", "a"), ("input", "r"), ("input", "r"), ("button", "")]
    assert [stop for stop in stops if stop in wanted] == wanted, stops
    writer.field("a").fill("A blue van")
    writer.field("r").first.press("Enter")
    writer.page.locator("main form").wait_for(state="detached")
    assert len(case.messages()) == 1


def test_a_mistake_is_said_first_and_the_words_stay(
    writer_of: OpenWriter, case: Conversing, script: bool
) -> None:
    writer = writer_of(script=script)
    look(writer, case.code, "es")
    writer.field("a").fill("Una furgoneta azul")
    writer.field("r").first.uncheck()
    writer.page.locator("form button[type=submit]").click()
    writer.page.locator("[role=alert].said").wait_for()
    assert writer.field("a").input_value() == "Una furgoneta azul"
    assert writer.axe() == []
    writer.page.locator("nav button[lang=ar]").click()
    writer.page.locator("html[lang=ar]").wait_for()
    assert writer.field("a").input_value() == "Una furgoneta azul"
    assert "We drove by." in writer.page.inner_text("main")
