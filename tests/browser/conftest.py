"""One site and one Chromium for all tests here. Each reader gets a profile of their own, and is watched."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.browser.reader import Reader
from tools.local.running import running_site
from tools.look.chromium import BrowserMissing, launch_options

OpenReader = Callable[..., Reader]


@pytest.fixture(scope="package")
def address() -> Iterator[str]:
    """The address of the whole site, as `make run` serves it."""
    with running_site(deliver_every=5) as address:  # as `make run` does: nobody here waits for a mail
        yield address


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    """Debian's Chromium, started once."""
    try:
        options = launch_options()
    except BrowserMissing as missing:
        pytest.fail(str(missing), pytrace=False)
    with sync_playwright() as playwright, playwright.chromium.launch(**options) as browser:
        yield browser


@pytest.fixture
def reader_of(chromium: Browser, address: str) -> Iterator[OpenReader]:
    """Return a function that opens a browser for a new reader.

    When the test is over, nothing may be left on any of their devices, and nobody else may have been asked.
    """
    readers: list[Reader] = []

    def open_reader(**wishes: object) -> Reader:
        readers.append(Reader(chromium, address, **wishes))  # type: ignore[arg-type]
        return readers[-1]

    yield open_reader
    for reader in readers:
        reader.close()
    for reader in readers:
        assert reader.asked_elsewhere == []
        assert reader.complaints == []
        assert reader.left_behind == {"cookies": [], "origins": []}


@pytest.fixture
def reader(reader_of: OpenReader) -> Reader:
    """A reader on a phone, with scripts."""
    return reader_of()


@pytest.fixture(params=[True, False], ids=["script", "no script"])
def script(request: pytest.FixtureRequest) -> bool:
    """Whether the browser runs scripts: each test that asks for this runs twice."""
    return bool(request.param)
