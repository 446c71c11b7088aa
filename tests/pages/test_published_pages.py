"""The page function's cache of what an admin published, and what it does while the bucket is away."""

from __future__ import annotations

import base64
import gzip
import json
import socket
import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from chalicelib.pages.adapters.published_pages import LOOK_EVERY, PublishedPages
from chalicelib.pages.adapters.shipped_pages import ShippedPages
from chalicelib.pages.page_headers import ERROR_STATUSES
from chalicelib.pages.web.gateway_answers import ERROR_PAGES, page_function
from chalicelib.shared.errors import StoreUnavailable
from chalicelib.shared.net.public_files import ROOTS, FetchFailed, HttpConnection
from tests.support.certificates import self_made


class Bucket:
    """A server of small files, as raw as a socket. `files` may change; `broken` says how it misbehaves."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.asked: list[str] = []
        self.connections = 0
        self.broken = ""
        self._context: ssl.SSLContext | None = None
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.base = f"http://127.0.0.1:{self._socket.getsockname()[1]}/bucket"
        threading.Thread(target=self._serve, daemon=True).start()

    def secure(self, context: ssl.SSLContext) -> None:
        self._context = context

    def stop(self) -> None:
        if self._socket.fileno() >= 0:
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()

    def publish(self, release: int, pages: dict[str, str], headers: dict[str, str]) -> None:
        """Put pages first and current.json last, as a publish does."""
        for name, html in pages.items():
            self.files[f"releases/{release}/{name}.b64"] = packed(html).encode()
        index = {"locales": ["en", "es"], "places": ["a", "b"], "default_place": "a", "headers": headers}
        self.files["current.json"] = json.dumps({"release": release, "index": index}).encode()

    def publish_by_place(self, release: int, places: dict[str, str], shared: str) -> None:
        """Put a release whose pages lie under hashes: of each place what it says is its hash."""
        for place, words in places.items():
            for locale in ("en", "es"):
                content = packed(f"{locale} {words}").encode()
                self.files[f"releases/places/{place}/{words}/{locale}.b64"] = content
        self.files[f"releases/shared/{shared}/en/error-404.b64"] = packed(shared).encode()
        index = {"locales": ["en", "es"], "places": places, "shared": shared, "default_place": "a"}
        index["headers"] = {"X-Style": "one"}
        self.files["current.json"] = json.dumps({"release": release, "index": index}).encode()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            self.connections += 1
            try:
                if self._context:
                    connection = self._context.wrap_socket(connection, server_side=True)
                with connection:
                    self._respond(connection)
            except OSError:  # a visitor who hung up, perhaps at the sight of our certificate
                connection.close()

    def _respond(self, connection: socket.socket) -> None:
        read = b""
        while True:
            while b"\r\n\r\n" not in read:
                part = connection.recv(4096)
                if not part:
                    return
                read += part
            head, _, read = read.partition(b"\r\n\r\n")
            path = head.decode().split(" ")[1].removeprefix("/bucket/")
            self.asked.append(path)
            body = self.files.get(path)
            status = "200 OK" if body is not None else "404 Not Found"
            body = body if body is not None else b"<Error/>"
            if self.broken == "silent":
                threading.Event().wait(3)
                return
            if self.broken == "cut":
                connection.sendall(
                    f"HTTP/1.1 {status}\r\nContent-Length: {len(body) + 9}\r\n\r\n".encode() + body
                )
                return
            if self.broken == "chunked":
                connection.sendall(
                    f"HTTP/1.1 {status}\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n".encode()
                )
                return
            if self.broken == "endless":
                connection.sendall(b"HTTP/1.1 200 OK\r\nX: " + b"x" * 40_000)
                return
            connection.sendall(f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)


class Ticks:
    """A clock that moves when it is told to, and a little by itself."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def packed(html: str) -> str:
    return base64.b64encode(gzip.compress(html.encode())).decode()


def unpacked(content: str) -> str:
    return gzip.decompress(base64.b64decode(content)).decode()


@pytest.fixture
def bucket() -> Iterator[Bucket]:
    bucket = Bucket()
    yield bucket
    bucket.stop()


@pytest.fixture
def shipped(tmp_path: Path) -> ShippedPages:
    index: dict[str, Any] = {
        "locales": ["en", "es"],
        "places": ["a"],
        "default_place": "a",
        "headers": {"X-Style": "shipped"},
    }
    (tmp_path / "index.json").write_text(json.dumps(index))
    for locale in ("en", "es"):
        (tmp_path / locale).mkdir()
        for name in ("a", "error-404", "error-503"):
            (tmp_path / locale / f"{name}.b64").write_text(packed(f"shipped {locale} {name}"))
    return ShippedPages(str(tmp_path))


@pytest.fixture
def ticks() -> Ticks:
    return Ticks()


def seen(pages: PublishedPages, locale: str = "en", place: str = "a") -> tuple[str, str]:
    now = pages.current()
    html = unpacked(now.page(locale, place))
    return html, now.headers["X-Style"]


def test_what_shipped_is_shown_while_nothing_was_published(
    bucket: Bucket, shipped: ShippedPages, ticks: Ticks
) -> None:
    assert seen(PublishedPages(bucket.base, shipped, ticks)) == ("shipped en a", "shipped")


def test_a_published_page_comes_with_its_own_headers(
    bucket: Bucket, shipped: ShippedPages, ticks: Ticks
) -> None:
    bucket.publish(1, {"en/a": "one"}, {"X-Style": "one"})
    pages = PublishedPages(bucket.base, shipped, ticks)
    assert seen(pages) == ("one", "one")
    assert bucket.asked == ["current.json", "releases/1/en/a.b64"]
    assert bucket.connections == 1


def test_pages_lie_under_the_hash_of_their_bytes_and_what_did_not_change_is_not_fetched_again(
    bucket: Bucket, shipped: ShippedPages, ticks: Ticks
) -> None:
    bucket.publish_by_place(1, {"a": "one", "b": "other"}, "gone")
    pages = PublishedPages(bucket.base, shipped, ticks)
    for place in ("a", "b"):
        seen(pages, place=place)
    assert bucket.asked[1:] == ["releases/places/a/one/en.b64", "releases/places/b/other/en.b64"]
    bucket.publish_by_place(2, {"a": "two", "b": "other"}, "gone")
    ticks.now += LOOK_EVERY
    bucket.asked.clear()
    assert seen(pages) == ("en two", "one")
    assert seen(pages, place="b") == ("en other", "one")
    assert bucket.asked == ["current.json", "releases/places/a/two/en.b64"]
    assert list(pages.places) == ["a", "b"]
    assert unpacked(pages.error("en", 404)) == "gone"
    assert bucket.asked[2:] == ["releases/shared/gone/en/error-404.b64"]


def test_a_place_among_thousands_is_looked_up_and_not_looked_for(
    bucket: Bucket, shipped: ShippedPages, ticks: Ticks
) -> None:
    bucket.publish_by_place(1, {"a": "one", **{f"town-{number}": "other" for number in range(3000)}}, "gone")
    pages = PublishedPages(bucket.base, shipped, ticks)
    assert seen(pages, place="town-2999") == ("en other", "one")
    assert len(pages.places) == 3001
    assert isinstance(pages.places, Mapping)  # a list would be compared from its beginning, at each request


def test_a_release_of_before_and_one_by_place_are_shown_after_each_other(
    bucket: Bucket, shipped: ShippedPages, ticks: Ticks
) -> None:
    bucket.publish(1, {"en/a": "before"}, {"X-Style": "before"})
    pages = PublishedPages(bucket.base, shipped, ticks)
    assert seen(pages) == ("before", "before")
    bucket.publish_by_place(2, {"a": "one"}, "gone")
    ticks.now += LOOK_EVERY
    assert seen(pages) == ("en one", "one")
    bucket.publish(3, {"en/a": "again"}, {"X-Style": "again"})
    ticks.now += LOOK_EVERY
    assert seen(pages) == ("again", "again")


def test_a_page_is_fetched_once_and_the_bucket_looked_at_every_30_seconds(
    bucket: Bucket, shipped: ShippedPages, ticks: Ticks
) -> None:
    bucket.publish(1, {"en/a": "one"}, {"X-Style": "one"})
    pages = PublishedPages(bucket.base, shipped, ticks)
    for _ in range(5):
        seen(pages)
    assert len(bucket.asked) == 2
    ticks.now += LOOK_EVERY
    seen(pages)
    assert bucket.asked[2:] == ["current.json"]


def test_a_new_release_is_seen_at_the_next_look_and_whole(
    bucket: Bucket, shipped: ShippedPages, ticks: Ticks
) -> None:
    bucket.publish(1, {"en/a": "one"}, {"X-Style": "one"})
    pages = PublishedPages(bucket.base, shipped, ticks)
    seen(pages)
    bucket.publish(2, {"en/a": "two"}, {"X-Style": "two"})
    ticks.now += LOOK_EVERY - 1
    assert seen(pages) == ("one", "one")
    ticks.now += 1
    assert seen(pages) == ("two", "two")


def test_a_request_that_began_before_the_switch_ends_with_the_release_it_began_with(
    bucket: Bucket, shipped: ShippedPages, ticks: Ticks
) -> None:
    bucket.publish(1, {"en/a": "one", "en/b": "one b"}, {"X-Style": "one"})
    pages = PublishedPages(bucket.base, shipped, ticks)
    begun = pages.current()
    bucket.publish(2, {"en/a": "two"}, {"X-Style": "two"})
    ticks.now += LOOK_EVERY
    seen(pages)
    assert unpacked(begun.page("en", "b")) == "one b"
    assert begun.headers == {"X-Style": "one"}


def test_with_the_bucket_stopped_the_last_good_pages_go_on(
    bucket: Bucket, shipped: ShippedPages, ticks: Ticks
) -> None:
    bucket.publish(1, {"en/a": "one"}, {"X-Style": "one"})
    pages = PublishedPages(bucket.base, shipped, ticks)
    seen(pages)
    bucket.stop()
    for _ in range(3):
        ticks.now += LOOK_EVERY
        assert seen(pages) == ("one", "one")


def test_a_page_that_was_never_fetched_steps_back_to_what_shipped_with_that_ones_headers(
    bucket: Bucket, shipped: ShippedPages, ticks: Ticks
) -> None:
    bucket.publish(1, {"en/a": "one"}, {"X-Style": "one"})
    pages = PublishedPages(bucket.base, shipped, ticks)
    assert seen(pages, "es") == ("shipped es a", "shipped")
    assert seen(pages, "en") == ("shipped en a", "shipped")  # nothing is asked for until the next look
    ticks.now += LOOK_EVERY
    assert seen(pages, "en") == ("one", "one")


def test_a_page_missing_in_the_new_release_steps_back_to_the_release_before(
    bucket: Bucket, shipped: ShippedPages, ticks: Ticks
) -> None:
    bucket.publish(1, {"en/a": "one"}, {"X-Style": "one"})
    pages = PublishedPages(bucket.base, shipped, ticks)
    seen(pages)
    bucket.publish(2, {}, {"X-Style": "two"})
    ticks.now += LOOK_EVERY
    assert seen(pages) == ("one", "one")


def test_a_published_place_that_cannot_be_had_is_answered_with_503_and_an_unknown_one_with_404(
    bucket: Bucket, shipped: ShippedPages, ticks: Ticks
) -> None:
    bucket.publish(1, {}, {"X-Style": "one"})
    now = PublishedPages(bucket.base, shipped, ticks).current()
    with pytest.raises(StoreUnavailable):
        now.page("en", "b")
    with pytest.raises(KeyError):
        PublishedPages(bucket.base, shipped, ticks).current().page("en", "elsewhere")
    assert unpacked(now.error("en", 503)) == "shipped en error-503"


def test_a_fresh_function_without_a_bucket_shows_what_shipped_and_asks_once(
    shipped: ShippedPages, ticks: Ticks
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    pages = PublishedPages(f"http://127.0.0.1:{port}/bucket", shipped, ticks)
    assert seen(pages) == ("shipped en a", "shipped")


@pytest.mark.parametrize("broken", ["cut", "chunked", "endless"])
def test_a_bucket_that_talks_nonsense_is_a_bucket_that_is_away(
    bucket: Bucket, shipped: ShippedPages, ticks: Ticks, broken: str
) -> None:
    bucket.publish(1, {"en/a": "one"}, {"X-Style": "one"})
    bucket.broken = broken
    assert seen(PublishedPages(bucket.base, shipped, ticks)) == ("shipped en a", "shipped")


@pytest.mark.parametrize(
    "current",
    [
        b"",
        b"null",
        b"[]",
        b'{"release": 1}',
        b'{"release": 1, "index": {"locales": 5}}',
        b'{"release": "x", "index": {}}',
        b'{"release": 1, "index": {"locales": [], "places": [], "default_place": "a", "headers": {}}}',
        b"\xff",
    ],
)
def test_a_current_object_that_is_not_ours_changes_nothing(
    bucket: Bucket, shipped: ShippedPages, ticks: Ticks, current: bytes
) -> None:
    bucket.files["current.json"] = current
    assert seen(PublishedPages(bucket.base, shipped, ticks)) == ("shipped en a", "shipped")


def test_what_is_no_packed_page_is_not_shown(bucket: Bucket, shipped: ShippedPages, ticks: Ticks) -> None:
    bucket.publish(1, {}, {"X-Style": "one"})
    bucket.files["releases/1/en/a.b64"] = b"<html>oops</html>"
    assert seen(PublishedPages(bucket.base, shipped, ticks)) == ("shipped en a", "shipped")


def test_a_silent_server_is_given_up_within_a_second(bucket: Bucket) -> None:
    bucket.broken = "silent"
    line = HttpConnection(bucket.base, 2.0)
    with pytest.raises(FetchFailed, match="TimeoutError"):
        line.get("current.json")
    line.close()


def test_a_missing_file_leaves_the_connection_usable(bucket: Bucket) -> None:
    bucket.files["there"] = b"yes"
    line = HttpConnection(bucket.base, 2.0)
    with pytest.raises(FetchFailed, match="404"):
        line.get("not-there")
    assert line.get("there") == b"yes"
    line.close()


def secure_bucket(bucket: Bucket, folder: Path) -> tuple[str, str]:
    """Put TLS before the bucket; return its address, and the file with the authority to trust."""
    context, certificate = self_made(folder)
    bucket.secure(context)
    return bucket.base.replace("http://127.0.0.1", "https://localhost"), certificate


def test_a_file_comes_over_tls_from_whom_we_trust(bucket: Bucket, tmp_path: Path) -> None:
    base, roots = secure_bucket(bucket, tmp_path)
    bucket.files["current.json"] = b"{}"
    line = HttpConnection(base, 5.0, roots=roots)
    assert line.get("current.json") == b"{}"
    line.close()


def test_an_authority_of_the_system_is_trusted_too(
    bucket: Bucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    base, roots = secure_bucket(bucket, tmp_path)
    bucket.files["current.json"] = b"{}"
    monkeypatch.setenv("SSL_CERT_FILE", roots)
    line = HttpConnection(base, 5.0)
    assert line.get("current.json") == b"{}"
    assert bucket.connections == 2
    line.close()


def test_a_server_that_nobody_vouches_for_is_away(bucket: Bucket, tmp_path: Path) -> None:
    base, _ = secure_bucket(bucket, tmp_path)
    bucket.files["current.json"] = b"{}"
    with pytest.raises(FetchFailed, match="Verification"):
        HttpConnection(base, 5.0).get("current.json")


def test_a_server_with_a_certificate_of_another_name_is_away(bucket: Bucket, tmp_path: Path) -> None:
    base, roots = secure_bucket(bucket, tmp_path)
    with pytest.raises(FetchFailed, match="Verification"):
        HttpConnection(base.replace("localhost", "127.0.0.1"), 5.0, roots=roots).get("current.json")


def test_the_authorities_that_ship_are_amazons_and_valid_for_years() -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(ROOTS)
    certificates = context.get_ca_certs()
    names = sorted(
        dict(part[0] for part in certificate["subject"])["commonName"] for certificate in certificates
    )
    assert names == [
        "Amazon Root CA 1",
        "Amazon Root CA 2",
        "Amazon Root CA 3",
        "Amazon Root CA 4",
        "Starfield Services Root Certificate Authority - G2",
    ]
    ends = min(ssl.cert_time_to_seconds(str(certificate["notAfter"])) for certificate in certificates)
    assert ends > time.time() + 365 * 24 * 3600


@pytest.mark.parametrize("base", ["", "ftp://a/b", "https://", "http://a:b/c", "a.example/b"])
def test_an_address_that_is_none_is_refused_at_once(base: str, shipped: ShippedPages) -> None:
    with pytest.raises(ValueError, match="not like https"):
        PublishedPages(base, shipped)


def test_the_page_functions_copy_of_the_statuses_with_a_page_is_the_list_itself() -> None:
    """It keeps one, since each file costs its start: the two must not drift apart."""
    assert ERROR_PAGES == ERROR_STATUSES


# The page about the site


def test_a_release_from_before_the_page_about_the_site_shows_the_one_that_shipped_and_asks_the_bucket_nothing(
    bucket: Bucket, tmp_path: Path, shipped: ShippedPages
) -> None:
    index = json.loads((tmp_path / "index.json").read_text()) | {"other_pages": ["about"]}
    (tmp_path / "index.json").write_text(json.dumps(index))
    (tmp_path / "en" / "about.b64").write_text(packed("shipped about"))
    bucket.publish(1, {"en/a": "published a"}, {"X-Style": "1"})
    pages = PublishedPages(bucket.base, ShippedPages(str(tmp_path)))
    now = pages.current()
    assert unpacked(now.page("en", "about")) == "shipped about"
    assert now.headers == {"X-Style": "shipped"}
    assert not [path for path in bucket.asked if "about" in path]
    # Nor is the bucket taken to be away: the next reader gets what is published.
    assert unpacked(pages.current().page("en", "a")) == "published a"


def test_a_release_that_lists_the_page_about_the_site_gives_its_own(
    bucket: Bucket, shipped: ShippedPages
) -> None:
    bucket.publish(1, {"en/about": "published about"}, {"X-Style": "1"})
    current = json.loads(bucket.files["current.json"])
    current["index"]["other_pages"] = ["about"]
    bucket.files["current.json"] = json.dumps(current).encode()
    now = PublishedPages(bucket.base, shipped).current()
    assert unpacked(now.page("en", "about")) == "published about"
    assert now.headers == {"X-Style": "1"}


@pytest.mark.parametrize("accept", ["gzip", "gzip, br"])
def test_the_page_about_the_site_goes_out_under_the_headers_of_the_source_that_it_came_from(
    bucket: Bucket, tmp_path: Path, shipped: ShippedPages, accept: str
) -> None:
    """The package has it and the release does not: under the release's policy its style would not run."""
    index = json.loads((tmp_path / "index.json").read_text()) | {"other_pages": ["about"], "brotli": True}
    (tmp_path / "index.json").write_text(json.dumps(index))
    (tmp_path / "en" / "about.b64").write_text(packed("shipped about"))
    bucket.publish(1, {"en/a": "published a"}, {"X-Style": "1"})
    current = json.loads(bucket.files["current.json"])
    current["index"]["brotli"] = True
    bucket.files["current.json"] = json.dumps(current).encode()
    pages = PublishedPages(bucket.base, ShippedPages(str(tmp_path)))
    about = SimpleNamespace(fill=lambda html: f"{html}, by somebody")
    handle = page_function(pages, print, lambda: about)
    request = {"httpMethod": "GET", "path": "/en/about/", "headers": {"Accept-Encoding": accept}}
    answer = handle(request, None)
    assert answer["headers"]["X-Style"] == "shipped"
    assert unpacked(answer["body"]) == "shipped about, by somebody"
    assert answer["headers"]["Content-Encoding"] == "gzip"


def test_a_page_that_neither_the_release_nor_the_package_has_is_not_there(
    bucket: Bucket, tmp_path: Path, shipped: ShippedPages
) -> None:
    """Not a failure: nothing is away."""
    bucket.publish(1, {"en/a": "published a"}, {"X-Style": "1"})
    with pytest.raises(KeyError):
        PublishedPages(bucket.base, shipped).current().page("en", "more")
