"""What a request reads, looks through and hashes once something is published: nothing, after the first."""

from __future__ import annotations

import json
import os
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from chalice.app import Chalice

from bench import events
from bench.delivery import RECIPIENTS, put_due
from bench.reports import forms, secrets_of_the_bench
from bench.stub import Stub
from chalicelib.delivery.look_after_cases import LookAfterCases
from chalicelib.directory.adapters.shipped_content import CONTENT, TEMPLATES
from chalicelib.pages.adapters import document_folders
from chalicelib.publishing.adapters.shipped_documents import ShippedFiles
from chalicelib.reporting.cases import OPEN, QUEUED, Delivery, SealedReport
from chalicelib.settings import Settings
from chalicelib.shared.aws.sdk import client
from chalicelib.wiring import (
    deliver,
    documents,
    http,
    published,
    texts,
)
from tests.support.fakes import FixedClock
from tools.local.quiet_server import HOST, QuietServer, reserve

NOW = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)
WATCHED = {"open", "os.listdir", "os.scandir", "os.walk"}


class Looks:
    """Counts each file that is opened, looked at or hashed, while it is told to."""

    def __init__(self) -> None:
        self.found: list[str] = []
        self.on = False
        sys.addaudithook(self._heard)

    def during(self, do: Callable[[], Any]) -> list[str]:
        self.found, self.on = [], True
        try:
            do()
        finally:
            self.on = False
        return self.found

    def noted(self, name: str, inner: Callable[..., Any]) -> Callable[..., Any]:
        def watching(*args: Any, **named: Any) -> Any:
            if self.on:
                self.found.append(f"{name} {args[0] if args else ''}"[:120])
            return inner(*args, **named)

        return watching

    def _heard(self, event: str, args: tuple[Any, ...]) -> None:
        if self.on and event in WATCHED:
            self.found.append(f"{event} {args[0] if args else ''}"[:120])


ALL_LOOKS = Looks()  # a hook for audits stays for good: one for all tests


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> Looks:
    monkeypatch.setattr(os, "stat", ALL_LOOKS.noted("stat", os.stat))
    for name in ("fingerprint_of_all", "newest"):
        monkeypatch.setattr(document_folders, name, ALL_LOOKS.noted(name, getattr(document_folders, name)))
    return ALL_LOOKS


class Bucket:
    """A bucket over HTTP with one release after the other in it."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.asked: list[str] = []
        self._server = QuietServer(self._serve, reserve(0))
        self.address = f"http://{HOST}:{self._server.port}"
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def _serve(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        self.asked.append(path)
        found = self.files.get(path)
        length = ("Content-Length", str(len(found or b"")))
        start_response("404 Not Found" if found is None else "200 OK", [length])
        return [found or b""]

    def publish(self, number: int, texts: dict[str, str]) -> None:
        self.files[f"/releases/{number}/documents.json"] = json.dumps(texts).encode()
        self.files["/current.json"] = json.dumps({"release": number, "index": {}}).encode()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


def contacts(telephone: str) -> str:
    text = (CONTENT / "contacts.json").read_text(encoding="utf-8").replace("209-827-7070", telephone)
    return text.replace("+12098277070", "+1" + telephone.replace("-", ""))


def note_page(words: str) -> str:
    page = (TEMPLATES / "public" / "note.html").read_text(encoding="utf-8")
    return page.replace("{% block main %}", "{% block main %}" + words)


def texts_of(telephone: str) -> dict[str, str]:
    return {
        "contacts": contacts(telephone),
        "recipients": (CONTENT / "recipients.json").read_text(encoding="utf-8"),
        "template/public/note.html": note_page(f"<p>{telephone}</p>"),
    }


@pytest.fixture
def bucket() -> Iterator[Bucket]:
    bucket = Bucket()
    bucket.publish(1, texts_of("209-827-0001"))
    yield bucket
    bucket.close()


@pytest.fixture
def stub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stub]:
    desk, secrets = secrets_of_the_bench()
    stub = Stub(secrets)
    stub.desk = desk  # type: ignore[attr-defined]
    monkeypatch.setenv("AWS_ENDPOINT_URL", stub.address)
    client.cache_clear()
    yield stub
    client.cache_clear()
    stub.close()


@pytest.fixture
def settings(bucket: Bucket) -> Iterator[Settings]:
    texts.texts_at.cache_clear()
    yield Settings(
        porchlight_function="reporter",
        reports_table="reports",
        reporter_secret="reporter",
        desk_keys_secret="desk",
        sender_address="desk@porchlight.example",
        pages_url=bucket.address,
    )
    texts.texts_at.cache_clear()


class Context:
    aws_request_id = "00000000-0000-0000-0000-000000000000"

    def get_remaining_time_in_millis(self) -> int:
        return 100_000


def app_of(settings: Settings, function: str) -> Callable[[bytes], dict[str, Any]]:
    names = {name: getattr(settings, name) for name in Settings.names()}
    app = Chalice(app_name="porchlight")
    http.serve(app, Settings(**{**names, "porchlight_function": function}))

    def ask(event: bytes) -> dict[str, Any]:
        answer: dict[str, Any] = app(json.loads(event), Context())
        return answer

    return ask


FORM = ("/{locale}/{place}/note", "/es/los-banos-ca/note/")


def test_a_form_and_a_report_look_at_no_file_after_the_first(
    settings: Settings, stub: Stub, looks: Looks, bucket: Bucket
) -> None:
    ask, filled = app_of(settings, "reporter"), forms()
    assert ask(events.opening(*FORM))["statusCode"] == 203
    assert ask(next(filled))["statusCode"] == 200
    asked = list(bucket.asked)
    assert looks.during(lambda: ask(events.opening(*FORM))) == []
    assert looks.during(lambda: [ask(next(filled)) for _ in range(3)]) == []
    assert looks.during(lambda: ask(events.form(*FORM, "a=&t=nothing"))) == []
    assert bucket.asked == asked, "a look at what is published is for half a minute"


def test_a_look_up_looks_at_no_file_after_the_first(settings: Settings, stub: Stub, looks: Looks) -> None:
    ask = app_of(settings, "codes")
    question = events.form("/{locale}/code", "/es/code/", "k=1234")
    assert ask(events.opening("/{locale}/code", "/es/code/"))["statusCode"] == 203
    assert ask(question)["statusCode"] == 404
    assert looks.during(lambda: ask(question)) == []
    assert looks.during(lambda: ask(events.opening("/{locale}/code", "/es/code/"))) == []


def test_a_run_that_delivers_fifty_reports_looks_at_no_file_after_the_first(
    settings: Settings, stub: Stub, looks: Looks
) -> None:
    desk = stub.desk  # type: ignore[attr-defined]
    put_due(stub, desk, 1, held=False)
    assert deliver.deliver(settings, Context())["mails"] == len(RECIPIENTS)
    put_due(stub, desk, 50, held=True)
    before = stub.mails
    assert looks.during(lambda: deliver.deliver(settings, Context())) == []
    assert stub.mails > before


def test_the_desk_looks_at_no_file_for_fifty_cases(settings: Settings, looks: Looks) -> None:
    class Cases:
        def listed(self, name: str, *_: object, **__: object) -> Iterator[SealedReport]:
            sent = [Delivery(one, QUEUED, NOW, NOW) for one in RECIPIENTS]
            for number in range(50 if name == OPEN else 0):
                yield SealedReport(f"{number:032x}", b"", b"", "us", NOW - timedelta(hours=2), tuple(sent))

    desk = LookAfterCases(Cases(), documents.published_recipients(settings), FixedClock(NOW))  # type: ignore[arg-type]
    assert len(desk.newest(["us"]).files) == 50
    assert looks.during(lambda: desk.newest(["us"])) == []
    assert looks.during(desk.amiss) == []


def test_the_package_of_a_deployed_desk_is_read_once(settings: Settings, looks: Looks) -> None:
    shipped = ShippedFiles(texts.SHIPPED, documents.RENDERERS, lambda _: {}, texts.file_state(settings))
    shipped.ids()
    assert looks.during(lambda: [shipped.text("contacts"), shipped.package(), shipped.ids()]) == []


def test_another_release_shows_once_it_was_looked_for(
    settings: Settings, bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [100.0]
    release = texts.texts_at(bucket.address, False)
    monkeypatch.setattr(release, "_clock", lambda: now[0])
    site = published.site_source(settings)

    def form() -> str:
        return site().form("en", "us", token="t", values={}, problems={}, recipients=[])

    assert "209-827-0001" in form()
    first = site()
    bucket.publish(2, texts_of("209-827-0002"))
    assert site() is first
    now[0] += 30
    assert "209-827-0002" in form()
    assert site() is not first
    # A release that cannot be used gives way to what shipped, and the next one is used again.
    bucket.publish(3, {"template/public/note.html": "{% extends 'gone.html' %}"})
    now[0] += 30
    assert "209-827-0002" not in form()
    bucket.publish(4, texts_of("209-827-0004"))
    now[0] += 30
    assert "209-827-0004" in form()


def test_texts_that_cannot_be_laid_out_for_want_of_room_are_tried_again(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = [True]
    laid = document_folders.ReleaseFiles(texts.SHIPPED)

    def files(texts: dict[str, str]) -> document_folders.Folders:
        if full[0]:
            raise OSError(28, "No space left on device")
        return laid(texts)

    monkeypatch.setattr(texts, "_files", lambda: files)
    site = published.site_source(settings)
    with pytest.raises(OSError, match="No space"):
        site()
    full[0] = False
    assert "209-827-0001" in site().form("en", "us", token="t", values={}, problems={}, recipients=[])


def test_a_file_that_was_saved_shows_under_make_run(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    names = {name: getattr(settings, name) for name in Settings.names()}
    live = Settings(**{**names, "porchlight_pages": "live"})
    seen = [1]
    monkeypatch.setattr(texts, "newest_of_request", lambda _: seen[0])
    site = published.site_source(live)
    first = site()
    assert site() is first
    seen[0] += 1
    assert site() is not first
