"""From a clerk's change to what a reader gets, and on when AWS is gone: the real desk over one stand-in."""

from __future__ import annotations

import base64
import gzip
import itertools
import json
import logging
import os
import threading
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from moto.core.base_backend import BackendDict
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from werkzeug.serving import make_server

from chalicelib.delivery.render import mail_samples
from chalicelib.directory.adapters.published_texts import PublishedTexts
from chalicelib.pages import po_files
from chalicelib.pages.adapters.published_hsds import MadeEdition, PublishedEditions
from chalicelib.pages.adapters.published_pages import PublishedPages
from chalicelib.pages.adapters.shipped_pages import ShippedPages
from chalicelib.publishing.adapters.dynamo_documents import DynamoDocuments, table_definition
from chalicelib.publishing.adapters.s3_builds import S3Builds
from chalicelib.publishing.adapters.s3_editions import S3Editions
from chalicelib.publishing.adapters.s3_releases import S3Releases, open_to_readers
from chalicelib.publishing.build_places import BuildPlaces, BuildProgress
from chalicelib.publishing.check_documents import CheckDocuments
from chalicelib.publishing.documents import PublishRefused, Release, Version
from chalicelib.publishing.edit_text import EditText
from chalicelib.publishing.keep_edition import KeepEdition, given_with
from chalicelib.publishing.package_by_place import PackageByPlace
from chalicelib.publishing.preview import Preview
from chalicelib.publishing.publish import Publish
from chalicelib.publishing.renderer_by_place import RendererByPlace
from chalicelib.publishing.store_by_place import StoreByPlace
from chalicelib.settings import Settings
from chalicelib.shared.aws.sdk import client
from chalicelib.wiring import mails, published, sweep, texts
from tests.conftest import REGION
from tests.support.fake_builds import checks
from tests.support.fake_documents import FakeShelf
from tests.support.rendered import shipped_files, shipped_folders, site_renderer

pytestmark = pytest.mark.takes(35)

ANA = "ana@example.org"
SEND = "Send it"
HEADLINE = "Where to begin"


class Clock:
    def now(self) -> datetime:
        return datetime(2026, 11, 25, 12, 0, tzinfo=UTC)

    def chance(self) -> float:
        return 0.5

    def nonce(self) -> bytes:
        return bytes(16)


class Ticks:
    now = 0.0

    def __call__(self) -> float:
        return self.now


class Desk:
    """The desk over moto, in a server of its own, as the functions see it."""

    def __init__(self, work: Path, base: str, counties: tuple[str, ...] = ()) -> None:
        self.bucket = f"{base}/pages"
        shelf = S3Releases(lambda: client("s3"), "pages")
        folders = shipped_folders(work, locales=("en", "es"), counties=counties)
        self.shipped = PackageByPlace(shipped_files(folders))
        kept = DynamoDocuments(lambda: client("dynamodb"), "documents")
        self.store = store = StoreByPlace(kept, self.shipped, shelf)
        renderer = RendererByPlace(site_renderer(folders), self.shipped)
        builds = S3Builds(lambda: client("s3"), "pages")
        build = BuildPlaces(renderer, builds, shelf, BuildProgress(lambda phase, done, of: None))
        self.check = CheckDocuments(renderer, build, self.shipped, Clock())
        self.edit = EditText(store, self.shipped, shelf, Clock())
        self.preview = Preview(renderer, store, self.shipped, shelf)
        self.publish = Publish(store, self.shipped, shelf, self.check, Clock())

    def change(self, document: str, old: str, new: str) -> None:
        opened = self.edit.open(document)
        assert old in opened.text
        self.edit.save_draft(document, opened.text.replace(old, new), opened.revision, ANA)

    def translate(self, locale: str, sentence: str, translation: str) -> None:
        opened = self.edit.open(f"catalog/{locale}")
        text = po_files.with_texts(po_files.read_po(opened.text), {sentence: translation})
        self.edit.save_draft(f"catalog/{locale}", text, opened.revision, ANA)


class StandIn:
    """Moto in a server of its own, which can be stopped."""

    def __init__(self) -> None:
        moto: Any = DomainDispatcherApplication(create_backend_app)
        self._server = make_server("127.0.0.1", 0, moto, threaded=True, request_handler=MotoRequestHandler)
        self.address = f"http://127.0.0.1:{self._server.server_port}"
        BackendDict.reset()  # moto keeps one world for a whole process
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join()
            self._server.server_close()


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[StandIn]:
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = StandIn()
    monkeypatch.setenv("AWS_ENDPOINT_URL", server.address)
    client.cache_clear()
    client("dynamodb").create_table(**table_definition("documents"))
    client("s3").create_bucket(Bucket="pages", CreateBucketConfiguration={"LocationConstraint": REGION})
    client("s3").put_bucket_policy(Bucket="pages", Policy=open_to_readers("pages"))
    yield server
    for service in ("dynamodb", "s3"):
        client(service).close()
    published._texts.cache_clear()
    client.cache_clear()
    server.stop()


@pytest.fixture
def desk(server: StandIn, tmp_path: Path) -> Desk:
    return Desk(tmp_path, os.environ["AWS_ENDPOINT_URL"])


@pytest.fixture
def shipped_pages(tmp_path: Path) -> ShippedPages:
    folder = tmp_path / "pages"
    (folder / "en").mkdir(parents=True)
    index = {"locales": ["en"], "places": ["los-banos-ca"], "default_place": "los-banos-ca", "headers": {}}
    (folder / "index.json").write_text(json.dumps(index))
    (folder / "en" / "los-banos-ca.b64").write_text(base64.b64encode(gzip.compress(b"shipped")).decode())
    return ShippedPages(str(folder))


def read(pages: PublishedPages, name: str = "en/los-banos-ca") -> str:
    return gzip.decompress(base64.b64decode(pages.current().page(*name.split("/")))).decode()


def test_a_clerk_changes_a_number_and_a_sentence_and_rolls_back(
    desk: Desk, shipped_pages: ShippedPages, server: StandIn
) -> None:
    ticks = Ticks()
    pages = PublishedPages(desk.bucket, shipped_pages, ticks)
    assert read(pages) == "shipped"

    desk.change("contacts/los-banos-ca", "209-827-7070", "209-827-7071")
    with pytest.raises(PublishRefused) as refused:
        desk.publish(ANA, "a number changed")
    (problem,) = refused.value.report.stops
    assert problem.document == "contacts/los-banos-ca"
    assert "209-827-7071" in problem.sentence
    desk.change("contacts/los-banos-ca", "+12098277070", "+12098277071")
    with pytest.raises(PublishRefused) as refused:
        desk.publish(ANA, "a number that no two publishers have shown")
    assert "CONFIRMED" in refused.value.report.stops[0].sentence
    desk.change("contacts/los-banos-ca", '"mark": "CONFIRMED"', '"mark": "SINGLE"')
    desk.translate("en", HEADLINE, "Where to start")
    desk.translate("es", HEADLINE, "Por dónde se empieza")

    assert "209-827-7071" in desk.preview.page("es/los-banos-ca").html
    assert "209-827-7071" not in desk.preview.live_page("es/los-banos-ca").html
    assert read(pages) == "shipped"

    assert desk.publish(ANA, "a number and a headline").number == 1
    ticks.now += 31
    assert "209-827-7071" in read(pages)
    assert "Where to start" in read(pages)
    assert "Por dónde se empieza" in read(pages, "es/los-banos-ca")
    assert "style-src 'sha256-" in pages.headers["Content-Security-Policy"]

    desk.publish.roll_back(0, ANA, "it was right before")
    ticks.now += 31
    assert "209-827-7070" in read(pages)
    assert HEADLINE in read(pages)

    kept = read(pages)
    server.stop()
    ticks.now += 31
    assert read(pages) == kept
    assert read(PublishedPages(desk.bucket, shipped_pages, ticks)) == "shipped"


def test_forms_and_mails_are_made_from_what_was_published_and_go_on_without_the_bucket(
    desk: Desk, server: StandIn
) -> None:
    desk.translate("en", SEND, "Send this now")
    desk.change(
        "template/mail/report/body.txt", "What this mail is not:", "What you should know of this mail:"
    )
    desk.publish(ANA, "other words", accept=True)
    settings = Settings(pages_url=desk.bucket)
    site = published.site_source(settings)
    assert "Send this now" in site().form("en", "us", token="t", values={}, problems={}, recipients=[])
    (recipient, *_) = published.published_recipients(settings).recipients()
    mail = mail_samples.mail(mails.mails(settings), [], "report", recipient)
    assert b"Subject: Porchlight report PL-" in mail
    assert b"What you should know of this mail:" in mail
    server.stop()
    assert "Send this now" in site().form("en", "us", token="t", values={}, problems={}, recipients=[])


class Alarms:
    def __init__(self) -> None:
        self.raised: list[tuple[str, str]] = []

    def raise_alarm(self, kind: str, detail: Mapping[str, str]) -> bool:
        self.raised.append((kind, detail["error"]))
        return True


OLD_BODY = "{% if received_on == '2026-01-01' %}{{ story }}{% else %}A car was parked here.{% endif %}"
RELEASES: dict[str, tuple[dict[str, bytes], str]] = {
    "one of before there were frames": ({}, "cannot be read"),
    "one that lost its frames": ({"mails.json": b""}, "not what we write"),
    "one whose frames are too long": ({"mails.json": b" " * 1_000_001}, "too long"),
    "one with no marker": (
        {"mails.json": json.dumps({"format": 1, "mails": {"report": {"en": "x"}}}).encode()},
        "[[report]]",
    ),
    "one that is no JSON": ({"mails.json": b"[" * 100_000}, "not what we write"),
}


@pytest.mark.parametrize("name", RELEASES)
def test_a_release_whose_frames_cannot_be_used_gives_way_to_the_shipped_ones(desk: Desk, name: str) -> None:
    files, said = RELEASES[name]
    shelf, alarms = S3Releases(lambda: client("s3"), "pages"), Alarms()
    texts = {"template/mail/report/body.txt": OLD_BODY, "template/mail/report/subject.txt": "{{ story }}"}
    shelf.put(1, {"documents.json": json.dumps(texts).encode(), **files})
    shelf.move(1, {}, None)
    settings = Settings(pages_url=desk.bucket)
    (recipient, *_) = published.published_recipients(settings).recipients()
    content = mail_samples.mail(mails.mails(settings, alarms), [], "report", recipient)
    assert b"Subject: Porchlight report PL-" in content
    assert b"It is not checked." in content
    assert b"A car was parked here." not in content
    assert [kind for kind, _ in alarms.raised] == ["mail_frame_unusable"]
    assert said in alarms.raised[0][1]


def test_an_old_text_of_a_mail_that_is_live_stops_nobody_and_is_told(desk: Desk) -> None:
    desk.change("template/mail/report/body.txt", "[[report]]", "{{ story }}")
    with pytest.raises(PublishRefused):
        desk.publish(ANA, "not a frame")
    shelf = S3Releases(lambda: client("s3"), "pages")
    store, body = desk.store, "template/mail/report/body.txt"
    store.add_version(Version(body, 1, OLD_BODY, ANA, datetime(2026, 11, 1, tzinfo=UTC), "before"))
    store.add_release(Release(1, {body: 1}, ANA, datetime(2026, 11, 1, tzinfo=UTC), "before"))
    shelf.put(1, {"documents.json": json.dumps({body: OLD_BODY}).encode()})
    shelf.move(1, {}, None)
    desk.edit.discard(body, desk.edit.open(body).revision)
    assert [entry.id for entry in desk.edit.list() if entry.unused] == [body]
    assert desk.edit.open(body).text == OLD_BODY
    desk.translate("en", SEND, "Send this now")
    report = desk.publish.plan().report
    told = [one for one in report.problems if one.document == body]
    assert ["written anew" in one.sentence for one in told] == [True]
    assert not report.stops
    desk.publish(ANA, "another word", accept=True)
    settings, alarms = Settings(pages_url=desk.bucket), Alarms()
    texts.texts_at.cache_clear()
    (recipient, *_) = published.published_recipients(settings).recipients()
    mail_samples.mail(mails.mails(settings, alarms), [], "report", recipient)
    assert [kind for kind, _ in alarms.raised] == ["mail_frame_unusable"]
    mail_samples.mail(mails.mails(settings, alarms), [], "digest", recipient)
    assert len(alarms.raised) == 1


def test_published_documents_that_a_later_package_cannot_use_give_way_to_what_shipped(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    """The checks would not let this through; a package that takes a name away later has the same effect."""
    shelf = S3Releases(lambda: client("s3"), "pages")
    broken = {
        "template/public/note.html": "{% extends 'layout.html' %}{% block main %}{{ gone }}{% endblock %}"
    }
    shelf.put(1, {"documents.json": json.dumps(broken).encode()})
    shelf.move(1, {}, None)
    site = published.site_source(Settings(pages_url=desk.bucket))
    assert "<textarea" in site().form("en", "us", token="t", values={}, problems={}, recipients=[])
    assert "published_documents_unusable" in caplog.text


def test_texts_are_looked_for_every_30_seconds_and_kept_while_the_bucket_is_away(
    desk: Desk, server: StandIn
) -> None:
    ticks = Ticks()
    texts = PublishedTexts(desk.bucket, clock=ticks)
    assert texts() == {}
    desk.translate("en", SEND, "Send this now")
    desk.publish(ANA, "other words", accept=True)
    assert texts() == {}
    ticks.now += 30
    assert set(texts()) == {"catalog/en"}
    server.stop()
    ticks.now += 30
    assert set(texts()) == {"catalog/en"}


def test_what_ships_passes_the_checks_of_the_desk(tmp_path: Path) -> None:
    folders = shipped_folders(tmp_path)
    checked = checks(site_renderer(folders), shipped_files(folders), FakeShelf(), Clock())({})
    assert not checked.report.stops
    assert not checked.report.needs_a_yes, checked.report
    assert checked.built is not None
    assert checked.report.pages > 60


def test_a_changed_service_is_published_for_machines_and_another_text_writes_nothing_for_them(
    server: StandIn, tmp_path: Path
) -> None:
    desk = Desk(tmp_path, os.environ["AWS_ENDPOINT_URL"], counties=("06047",))
    editions = S3Editions(lambda: client("s3"), "pages")
    hours = itertools.count(13)

    class Later(Clock):
        def now(self) -> datetime:
            return super().now().replace(hour=next(hours))

    keep = KeepEdition(editions, lambda: given_with(desk.shipped, {}), Later())
    desk.publish = Publish(
        desk.store, desk.shipped, S3Releases(lambda: client("s3"), "pages"), desk.check, Clock(),
        keep_edition=keep,
    )  # fmt: skip
    ticks = Ticks()
    served = PublishedEditions(desk.bucket, MadeEdition(dict), ticks)

    def line() -> dict[str, Any]:
        ticks.now += 60
        snapshot = served.current().edition.snapshot
        records = [snapshot.record(row) for row in range(len(snapshot))]
        return next(one for one in records if one["name"].startswith("988"))

    def now() -> tuple[str, str]:
        return line()["last_modified"], line()["description"]

    desk.translate("en", HEADLINE, "Where to start")
    desk.publish(ANA, "a sentence", accept=True)
    first, said = now()
    desk.translate("en", HEADLINE, "Where one starts")
    desk.publish(ANA, "another sentence", accept=True)
    assert now() == (first, said)
    desk.change("services/us", said, "For whenever life is hard.")
    desk.publish(ANA, "a service", accept=True)
    second, other = now()
    assert other == "For whenever life is hard."
    assert second > first
    desk.publish.roll_back(2, ANA, "it was better")
    third, again = now()
    assert again == said
    assert third > second, "who asks for changes alone learns what came back"
    desk.translate("en", HEADLINE, "Where anyone starts")
    desk.publish(ANA, "a sentence once more", accept=True)
    assert now() == (third, said)
    desk.publish.roll_back(4, ANA, "the sentence was better")
    assert now() == (third, said)
    current = json.loads(client("s3").get_object(Bucket="pages", Key="current.json")["Body"].read())
    kept = client("s3").get_object(Bucket="pages", Key=f"releases/{current['release']}/index.json")
    assert json.loads(kept["Body"].read()) == current["index"]


def test_where_pages_are_rendered_on_request_a_county_shows_the_services_that_are_published(
    server: StandIn, tmp_path: Path
) -> None:
    desk = Desk(tmp_path, os.environ["AWS_ENDPOINT_URL"], counties=("06047",))
    live = Settings(pages_url=desk.bucket, porchlight_pages="live", porchlight_function="all")

    def now() -> str:
        texts.texts_at.cache_clear()
        pages = published.live_pages(live).current()
        return gzip.decompress(base64.b64decode(pages.page("en", "ca--merced"))).decode()

    said, new = "When life feels too hard to go on.", "For whenever life is hard."
    assert said in now()
    desk.change("services/us", said, new)
    desk.publish(ANA, "a service", accept=True)
    shown = now()
    assert new in shown
    assert said not in shown
    assert "Valley Crisis Center" in shown, "what is published of one place leaves the others as they shipped"
    desk.publish.roll_back(0, ANA, "it was better")
    assert said in now()


def test_the_monthly_reminder_reads_from_the_release_which_services_are_due(
    server: StandIn, tmp_path: Path
) -> None:
    desk = Desk(tmp_path, os.environ["AWS_ENDPOINT_URL"], counties=("06047",))
    far, settings = date(2199, 1, 1), Settings(pages_url=desk.bucket)
    came = sweep.services_due(settings, far)
    assert sum(came.values()) > 10
    assert sweep.services_due(settings, date(2026, 11, 26)) == {}
    desk.translate("es", "Leave this page", "Irse")
    desk.publish(ANA, "why")
    texts.texts_at.cache_clear()
    assert sweep.services_due(settings, far) == came
    assert sweep.services_due(settings, date(2026, 11, 26)) == {}
    client("s3").delete_object(Bucket="pages", Key="releases/1/due.json")  # as releases of before
    assert sweep.services_due(settings, far) == {}
