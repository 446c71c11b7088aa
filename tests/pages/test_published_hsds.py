"""The edition that is served: what shipped, then what is published, and never half of either."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from werkzeug.serving import WSGIRequestHandler, make_server

from chalicelib.directory.hsds.edition import READ
from chalicelib.pages.adapters.published_hsds import (
    LOOK_AGAIN,
    LOOK_EVERY,
    MadeEdition,
    PublishedEditions,
    ShippedEdition,
)
from tests.directory.hsds.samples import LINE
from tests.pages.hsds_site import FILES, SERVICES, files_of


class Quiet(WSGIRequestHandler):
    """It says nothing of requests."""

    def log_request(self, *arguments: Any) -> None:
        pass


class Bucket:
    """Published files on a socket of this machine, and which were asked for."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.asked: list[str] = []
        self._server = make_server("127.0.0.1", 0, self._answer, request_handler=Quiet)
        self.address = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def _answer(self, environ: dict[str, Any], start: Any) -> list[bytes]:
        name = environ["PATH_INFO"].lstrip("/")
        self.asked.append(name)
        found = self.files.get(name)
        start("404 Not Found" if found is None else "200 OK", [("Content-Length", str(len(found or b"")))])
        return [found or b""]

    def publish(self, mark: str, files: dict[str, bytes]) -> None:
        self.files |= {f"releases/hsds/{mark}/{name}": content for name, content in files.items()}
        index = {"hsds": mark} if mark else {}
        self.files["current.json"] = json.dumps({"release": 1, "index": index}).encode()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def bucket() -> Iterator[Bucket]:
    bucket = Bucket()
    yield bucket
    bucket.close()


class Served:
    def __init__(self, bucket: Bucket) -> None:
        self.now = 0.0
        self.editions = PublishedEditions(bucket.address, MadeEdition(lambda: files_of([LINE])), self.clock)

    def clock(self) -> float:
        return self.now

    def count(self) -> int:
        return len(self.editions.current().edition.snapshot)

    def later(self) -> int:
        self.now += LOOK_EVERY + 1
        return self.count()


def test_what_shipped_is_served_until_something_is_published(bucket: Bucket) -> None:
    served = Served(bucket)
    assert served.count() == 1
    bucket.publish("a1", FILES)
    assert served.count() == 1, "it looks every half minute"
    assert served.later() == len(SERVICES)
    assert served.editions.current().away == f"{bucket.address}/releases/hsds/a1/"


def test_an_edition_is_fetched_once(bucket: Bucket) -> None:
    bucket.publish("a1", FILES)
    served = Served(bucket)
    for _ in range(3):
        served.later()
    assert sorted(one for one in bucket.asked if "/" in one) == sorted(
        f"releases/hsds/a1/{one}" for one in READ
    )


@pytest.mark.parametrize("lost", READ)
@pytest.mark.parametrize("how", ["away", "cut off"])
def test_an_edition_that_is_not_whole_is_not_served(bucket: Bucket, lost: str, how: str) -> None:
    bucket.publish("a1", FILES)
    served = Served(bucket)
    assert served.count() == len(SERVICES)
    broken = dict(files_of([LINE]))
    content = broken.pop(lost)
    if how == "cut off":
        broken[lost] = content[: len(content) // 2] if lost != "postcodes" else b"\xff"
    bucket.publish("b2", broken)
    if (how, lost) != ("cut off", "postcodes"):  # whatever that holds is a table of ZIPs
        assert served.later() == len(SERVICES)
    bucket.publish("c3", files_of([LINE]))
    assert served.later() == 1


def test_a_roll_back_to_a_release_of_before_serves_what_shipped(bucket: Bucket) -> None:
    bucket.publish("a1", FILES)
    served = Served(bucket)
    assert served.count() == len(SERVICES)
    bucket.publish("", {})
    assert served.later() == 1


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b'{"index": []}', b'{"index": {"hsds": 5}}'])
def test_a_bucket_with_something_else_in_it_changes_nothing(bucket: Bucket, content: bytes) -> None:
    bucket.publish("a1", FILES)
    served = Served(bucket)
    assert served.count() == len(SERVICES)
    bucket.files["current.json"] = content
    assert served.later() == len(SERVICES)


def test_without_a_bucket_the_last_edition_is_served(bucket: Bucket) -> None:
    bucket.publish("a1", FILES)
    served = Served(bucket)
    assert served.count() == len(SERVICES)
    bucket.close()
    assert served.later() == len(SERVICES)


def test_what_shipped_is_not_served_for_what_is_published_while_the_bucket_is_away(bucket: Bucket) -> None:
    bucket.publish("a1", FILES)
    snapshot = bucket.files.pop("releases/hsds/a1/services")
    served = Served(bucket)
    with pytest.raises(OSError, match="what is published"):
        served.count()
    bucket.files["releases/hsds/a1/services"] = snapshot
    served.now += LOOK_AGAIN
    assert served.count() == len(SERVICES)

    for odd in (b"", b"[]", b'{"index": []}'):
        bucket.files["current.json"] = odd
        with pytest.raises(OSError, match="what is published"):
            Served(bucket).count()
    del bucket.files["current.json"]
    assert Served(bucket).count() == 1
    bucket.close()
    with pytest.raises(OSError, match="what is published"):
        Served(bucket).count()


def test_an_edition_in_a_folder_is_read_when_it_is_asked_for(tmp_path: Path) -> None:
    shipped = ShippedEdition(str(tmp_path))
    for name, content in FILES.items():
        (tmp_path / name).write_bytes(content)
    current = shipped.current()
    assert len(current.edition.snapshot) == len(SERVICES)
    assert current.file("services.json.gz") == FILES["services.json.gz"]
    assert current.away == ""
