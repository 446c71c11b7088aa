"""What is left on the device, in the history and on the network."""

from __future__ import annotations

import pytest
from playwright.sync_api import Response

from tests.browser.conftest import OpenReader
from tests.browser.reader import KINDS, PLACE, STORY, Reader

# They share a site and a browser: one number keeps them together.
pytestmark = pytest.mark.takes(100)

LEFT = """async () => ({
  local: localStorage.length, session: sessionStorage.length, cookies: document.cookie,
  databases: (await indexedDB.databases()).length, caches: (await caches.keys()).length,
  workers: (await navigator.serviceWorker.getRegistrations()).length,
})"""


def test_nothing_is_stored_on_the_way_through_every_page(reader: Reader) -> None:
    for _ in reader.journey("en"):
        left = reader.ask(LEFT)
        assert left == {"local": 0, "session": 0, "cookies": "", "databases": 0, "caches": 0, "workers": 0}


def test_every_page_is_one_request_to_us_and_none_to_others(reader_of: OpenReader, script: bool) -> None:
    reader = reader_of(script=script)
    for kind in reader.journey("en"):
        reader.page.wait_for_timeout(50)
        asked = [url for url in reader.requests if url != "data:,"]
        assert len(asked) == 1, kind
        assert asked[0].startswith(f"{reader.address}/en/"), kind
        assert "?" not in asked[0]
        reader.requests.clear()


def test_titles_and_addresses_are_the_same_dull_words_all_the_way(
    reader_of: OpenReader, script: bool
) -> None:
    reader = reader_of(script=script)
    titles = {reader.page.title() for _ in reader.journey("en")}
    assert titles == {"Information"}
    assert set(reader.history()) <= {
        "about:blank",
        f"/en/{PLACE}/",
        f"/en/{PLACE}/note/",
        "/en/code/",
        "/en/nowhere/",
    }


def test_no_request_says_where_the_reader_comes_from(reader: Reader) -> None:
    said: list[str] = []
    reader.page.on("request", lambda request: said.append(request.all_headers().get("referer", "")))
    page = reader.open("form")
    page.locator("main > details summary").click()
    page.locator("main > details a").first.click()
    folded = page.locator("details", has=page.locator("a[href='https://report.cybertip.org']"))
    folded.locator("summary").click()
    folded.locator("a[href='https://report.cybertip.org']").click()
    page.wait_for_timeout(100)
    assert len(said) >= 2
    assert set(said) == {""}
    reader.asked_elsewhere.remove("https://report.cybertip.org/")


def test_back_gives_nothing_that_was_typed(reader_of: OpenReader, script: bool) -> None:
    reader = reader_of(script=script)
    page = reader.open("form")
    reader.field("a").fill(STORY)
    reader.field("c").fill("Main Street")
    page.locator("[name=b][value=child]").check()
    page.locator("[name=r]").first.uncheck()
    page.goto("about:blank")
    page.go_back()
    assert page.url.endswith("/note/")
    is_untouched(reader)


def test_a_reload_gives_nothing_that_was_typed(reader_of: OpenReader, script: bool) -> None:
    reader = reader_of(script=script)
    reader.open("form")
    reader.field("a").fill(STORY)
    reader.page.locator("[name=b][value=child]").check()
    reader.page.locator("[name=r]").first.uncheck()
    reader.page.reload()
    is_untouched(reader)


def is_untouched(reader: Reader) -> None:
    """See that the form is as it comes from us: boxes too, which no word of their own protects."""
    assert reader.field("a").input_value() == ""
    assert reader.field("c").input_value() == ""
    assert reader.ask("document.querySelectorAll('[name=b]:checked').length") == 0
    assert reader.ask("document.querySelectorAll('[name=r]:not(:checked)').length") == 0


@pytest.mark.parametrize("kind", KINDS)
def test_every_answer_forbids_to_keep_it(reader_of: OpenReader, kind: str) -> None:
    reader = reader_of(script=False)
    answers: list[Response] = []
    reader.page.on("response", lambda answer: answers.append(answer))
    reader.open(kind)
    headers = answers[-1].all_headers()
    assert headers["cache-control"] == "no-store"
    assert headers["referrer-policy"] == "no-referrer"
    for name in ("set-cookie", "etag", "last-modified", "clear-site-data", "link", "nel", "report-to"):
        assert name not in headers
    assert (answers[-1].status == 203) == (kind in ("form", "code"))
