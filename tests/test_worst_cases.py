"""The longest that anybody waits at the form and at the code page: everything hangs, the page still comes.

Each route is asked while names, lines, handshakes or answers of all services hang at once. The seconds are
a tenth of those on AWS; the last test adds up the real ones.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from chalice.app import Chalice

from chalicelib.delivery.adapters.delivery_keys import new_delivery_key
from chalicelib.directory.adapters import published_texts
from chalicelib.reporting.adapters.receipt_vault import SeededVault
from chalicelib.reporting.form_tokens import make_token
from chalicelib.settings import Settings
from chalicelib.shared.aws import sdk, secrets
from chalicelib.shared.patience import CALLS_TAKE, PAGE_NEEDS
from chalicelib.shared.system_clock import SystemClock
from chalicelib.wiring import (
    http,
    published,
    request_time,
    texts,
)
from tests.support.hanging import hanging
from tests.support.website import FORM, Answer, encoded, gateway_event
from tools.build.functions import ADMIN, CODES, REPORTER

pytestmark = pytest.mark.takes(30)

SEED = "a seed of the tests that is long enough for any of them"
WORDS = "Zwei blaue Zelte hinter dem Getreidespeicher"
CALLS = 1.2
PAGE = 2.0  # on this machine, which may be busy, and the first page is made of templates just read
ROUTES = [
    ("reporter", "GET", "/en/los-banos-ca/note/", 503),
    ("reporter", "POST", "/en/los-banos-ca/note/", 503),
    ("codes", "GET", "/en/code/", 203),
    ("codes", "POST", "/en/code/", 503),
]


class Context:
    """What Lambda hands a function: its time is that of the template."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    def get_remaining_time_in_millis(self) -> int:
        return int((self._end - time.monotonic()) * 1000)


@pytest.fixture(autouse=True)
def _a_tenth(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(request_time, "CALLS_TAKE", timedelta(seconds=CALLS))
    monkeypatch.setattr(published_texts, "PATIENCE", 0.3)
    for name in ("CONNECT_SECONDS", "READ_SECONDS", "CALL_SECONDS"):
        monkeypatch.setattr(sdk, name, getattr(sdk, name) / 10)
    yield
    for cache in (texts.texts_at, published._site, published._directory):
        cache.cache_clear()


def served(function: str, address: str, monkeypatch: pytest.MonkeyPatch) -> Chalice:
    """Return a function's application, all of whose services are at one address."""
    monkeypatch.setenv("AWS_REGION", "us-west-2")
    monkeypatch.setenv("AWS_ENDPOINT_URL", address)
    settings = Settings(
        porchlight_function=function,
        reports_table="reports",
        reporter_secret="reporter",
        pages_url=address,
    )
    app = Chalice(app_name="porchlight")
    http.serve(app, settings)
    return app


def sent(path: str) -> Mapping[str, list[str]]:
    if path.endswith("/code/"):
        return {"k": ["1234 5678 9012 3456 7890"]}
    secret = SeededVault(lambda: SEED.encode()).form_secret()
    token = make_token(secret, datetime.now(UTC) - timedelta(minutes=1), SystemClock().nonce())
    return {"t": [token], "a": [WORDS], "b": ["work"], "r": ["dot-trafficking"], "z": [""]}


def ask(app: Chalice, method: str, path: str, remaining: float) -> tuple[Answer, float]:
    """Return the answer and how long it took."""
    body = encoded(sent(path)) if method == "POST" else None
    event = gateway_event(app, method, path, {"Content-Type": FORM} if body else {}, body)
    begun = time.monotonic()
    return Answer(app(event, Context(remaining))), time.monotonic() - begun


@contextmanager
def stale_secret(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let every secret have been read once, long ago."""
    key = new_delivery_key(datetime.now(UTC))
    content = {"seed": SEED, "desk_key": {"kid": key.kid, "public": key.public}}
    made = secrets.JsonSecret.__init__

    def read_before(self: Any, *arguments: Any) -> None:
        made(self, *arguments)
        self._content = json.loads(json.dumps(content))

    with monkeypatch.context() as patch:
        patch.setattr(secrets.JsonSecret, "__init__", read_before)
        yield


@pytest.mark.parametrize("how", ["name", "addresses", "silence", "handshake drip", "drip"])
@pytest.mark.parametrize(("function", "method", "path", "status"), ROUTES)
@pytest.mark.parametrize("cold", [True, False], ids=["cold", "stale"])
def test_the_page_comes_while_everything_hangs(
    how: str,
    function: str,
    method: str,
    path: str,
    status: int,
    cold: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with hanging(how) as server:
        if cold:
            app = served(function, server.address, monkeypatch)
        else:
            with stale_secret(monkeypatch):
                app = served(function, server.address, monkeypatch)
        answer, seconds = ask(app, method, path, remaining=25)
    assert seconds < CALLS + PAGE
    shown = 203 if method == "GET" and not cold else status
    assert answer.status == shown
    assert answer.is_a_page()
    if method == "POST" and function == "reporter":
        assert WORDS in answer.html


@pytest.mark.alone
def test_a_function_whose_time_is_nearly_over_gives_the_words_back_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with hanging("silence") as server:
        app = served("reporter", server.address, monkeypatch)
        ask(app, "GET", "/en/us/note/", remaining=25)  # what is slow about the first page is over
        answer, seconds = ask(app, "POST", "/en/los-banos-ca/note/", PAGE_NEEDS.total_seconds() + 0.2)
    assert answer.status == 503
    assert WORDS in answer.html
    assert seconds < 0.2 + 1.0


def test_the_real_seconds_add_up() -> None:
    whole = (CALLS_TAKE + PAGE_NEEDS).total_seconds()
    assert whole <= 15
    for function in (REPORTER, CODES):
        # Lambda ends it later than that, and the API waits longer still.
        assert whole < function.timeout < 29
    assert ADMIN.timeout <= 29
    # What may go wrong before a report is written leaves its write the time of a try.
    a_try = sdk.CONNECT_SECONDS + sdk.READ_SECONDS
    assert published_texts.PATIENCE + sdk.CALL_SECONDS + a_try <= CALLS_TAKE.total_seconds()
