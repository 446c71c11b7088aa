"""Releases as S3 objects: releases/<number>/..., and current.json, which names the live one.

Their pages lie under the hash of their bytes (see page_units), and are written once. Beside them lies site/,
the pages as the edge serves them while the functions fail, and standby.json, which names the release that
those are of.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import ClientError

from chalicelib.directory.adapters.published_texts import OFFICES
from chalicelib.pages.page_files import HSDS, PLACES, SHARED
from chalicelib.publishing.adapters import standby
from chalicelib.publishing.adapters.s3_files import MOVED_ON, S3Files
from chalicelib.publishing.adapters.s3_unused_pages import S3UnusedPages
from chalicelib.publishing.jobs import COPIED, WRITTEN
from chalicelib.publishing.page_units import folder_in, folders_in, page_paths
from chalicelib.publishing.ports import LiveRelease, Progress
from chalicelib.shared.aws.faults import code_of, store_faults
from chalicelib.shared.errors import StaleRecord
from chalicelib.shared.request_time import THIS_REQUEST

CURRENT = "current.json"
STANDBY = "standby.json"
_RELEASES = "releases/"
_AT_ONCE = 8
_MOST_LISTED = 300  # places, with 20 files each: a second


def open_to_readers(bucket: str) -> str:
    """Return the policy of a bucket on a stand-in: anybody may read what is for readers, and nothing else.

    On AWS its one reader is the edge's.
    """
    keys = (CURRENT, OFFICES, f"{_RELEASES}*", f"{standby.FOLDER}/*")
    statement = {
        "Effect": "Allow",
        "Principal": "*",
        "Action": "s3:GetObject",
        "Resource": [f"arn:aws:s3:::{bucket}/{key}" for key in keys],
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


class S3Releases(S3Files):
    """The ReleaseShelf on S3.

    `patient` is the client that writes a release: hundreds of objects, of which S3 may well refuse one for a
    moment, and writing it again does no harm. Without it, the one that reads writes as well. `fill` puts who
    runs the site into a standby page.
    """

    def __init__(
        self,
        client: Callable[[], Any],
        bucket: str,
        patient: Callable[[], Any] | None = None,
        fill: Callable[[str], str] = str,
        progress: Progress = lambda phase, done, of: None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        super().__init__(client, bucket)
        self._now = now
        self._patient = patient or client
        self._fill = fill
        self._progress = progress
        self._unused = S3UnusedPages(client, bucket)

    def live(self) -> LiveRelease | None:
        """Return the release that current.json names, with the mark (ETag) of exactly that object."""
        with store_faults():
            try:
                answer = self._client().get_object(Bucket=self._bucket, Key=CURRENT)
            except ClientError as error:
                if code_of(error) == "NoSuchKey":
                    return None
                raise
            content = json.loads(answer["Body"].read())
        return LiveRelease(int(content["release"]), str(answer["ETag"]), content.get("index") or {})

    def put_pages(self, pages: Mapping[str, bytes]) -> None:
        """Write pages, several at once, each unless it is there; the first failure is raised at the end.

        A page of which no standby page could be made is refused now: that must stop the publish.
        """
        if not pages:
            return
        standby.check(pages)
        client = self._patient()  # made before the threads begin: making one is not theirs to do
        self._unused.take_back(pages, self._now())
        self._all(lambda key: self._put_once(client, key, pages[key], unless_there=True), sorted(pages))

    def put(self, number: int, files: Mapping[str, bytes]) -> None:
        """Write a release's files, the index first: pages that it names are nobody's to delete."""
        client = self._patient()
        with store_faults():
            for done, name in enumerate(sorted(files, key=lambda name: (name != "index.json", name)), 1):
                self._put_once(client, f"{_RELEASES}{number}/{name}", files[name], unless_there=False)
                self._progress(WRITTEN, done, len(files))

    def file(self, number: int, name: str) -> bytes | None:
        """Return a file of a release, if it is there."""
        return self._file(f"{_RELEASES}{number}/{name}")

    def lost(self, index: Mapping[str, Any]) -> Collection[str]:
        """Return the places of which a page is gone, by a list of all that is there.

        With more than some hundred places that list takes longer than somebody waits: then none is told.
        """
        if len(index.get("places", ())) > _MOST_LISTED:
            return ()
        with store_faults():
            there = {key for prefix in (PLACES, SHARED) for key in self._keys(prefix)}
        return {place for place, path in page_paths(index) if path not in there}

    def stand_by(self) -> None:
        """Write the live release's standby pages, then standby.json, which says that all are there.

        Those that did not change since the release that it names are there already. Each object says which
        release it is of, and is written over an older one's only, as it was seen: of two who write at once
        the newer release wins at every page, whoever comes last.
        """
        live = self.live()
        told = self._release_of(self._client(), STANDBY)[0]
        if live is None or told >= live.number:
            return
        index = standby.only(live.index, self._changed(told, live))
        client, copied, keys = self._patient(), 0, len(standby.keys(index))
        for batch in standby.in_batches(index):  # all pages at once may not fit into memory
            part = replace(live, index=batch)
            pages = standby.standby(batch, self._read(part, standby.names(batch)), self._fill)

            def write(key: str, pages: Mapping[str, bytes] = pages) -> None:
                self._write_newer(client, key, pages[key], standby.CONTENT_TYPE, live.number)

            with store_faults(), ThreadPoolExecutor(_AT_ONCE) as pool:
                for _ in pool.map(write, sorted(pages)):
                    copied += 1
                    self._progress(COPIED, copied, keys)
        done = json.dumps({"release": live.number}).encode()
        self._write_newer(client, STANDBY, done, "application/json", live.number)

    def _changed(self, told: int, live: LiveRelease) -> set[str] | None:
        """Return the places whose pages changed in any release since one; None where that is not known.

        A release in between counts too: its copies may still be on their way, and must be written over.
        """
        if not told or not folders_in(live.index):
            return None
        numbers = [number for number in self.numbers() if told <= number < live.number]
        if told not in numbers:
            return None
        return standby.changed([*(self._index(number) for number in numbers), live.index])

    def _index(self, number: int) -> Mapping[str, Any]:
        """Return the index of a release; an empty one where it has none."""
        found: Mapping[str, Any] = json.loads(self.file(number, "index.json") or b"{}")
        return found

    def _read(self, live: LiveRelease, names: Sequence[str]) -> dict[str, bytes]:
        """Read pages of the live release by name."""
        client = self._patient()
        paths = standby.paths(live.number, live.index)

        def read(name: str) -> bytes:
            return bytes(client.get_object(Bucket=self._bucket, Key=paths[name])["Body"].read())

        with store_faults(), ThreadPoolExecutor(_AT_ONCE) as pool:
            return dict(zip(names, pool.map(read, names), strict=True))

    def _all(self, write: Callable[[str], None], names: Sequence[str], phase: str = "") -> None:
        """Write several at once, and say how far it is; the first failure is raised when all were tried."""
        with store_faults(), ThreadPoolExecutor(_AT_ONCE) as pool:
            for done, _ in enumerate(pool.map(write, names), 1):
                if phase:
                    self._progress(phase, done, len(names))

    def numbers(self) -> Sequence[int]:
        """Return the number of each release of which any file is there, lowest first."""
        with store_faults():
            answers = self._listed(Prefix=_RELEASES, Delimiter="/")
            folders = [one["Prefix"] for answer in answers for one in answer.get("CommonPrefixes", ())]
        names = [folder.removeprefix(_RELEASES).rstrip("/") for folder in folders]
        return sorted(int(name) for name in names if name.isascii() and name.isdecimal())

    def delete(self, number: int) -> None:
        """Delete a release's files, if its number is lower than the live one's.

        Each batch is preceded by a look at what is live: whoever puts an older current.json back by hand, as
        the bucket's versions allow, is not left without its pages.
        """

        def is_old() -> bool:
            live = self.live()
            return live is not None and number < live.number

        self._delete_all(f"{_RELEASES}{number}/", is_old)

    def clear_pages(self, now: datetime) -> None:
        """Delete pages that no release names any more (see unused_pages)."""
        self._unused.clear(self._folders, self._named, self._delete_all, now)

    def _folders(self) -> dict[str, datetime]:
        """Return the folders of all pages, each with when its last page was written."""
        found: dict[str, datetime] = {}
        with store_faults():
            for prefix in (PLACES, SHARED, HSDS):
                for answer in self._listed(Prefix=prefix):
                    for one in answer.get("Contents", ()):
                        folder, when = folder_in(one["Key"]), one["LastModified"]
                        found[folder] = max(when, found.get(folder, when))
        found.pop("", None)
        return found

    def _named(self) -> set[str]:
        """Return the folders that any release names which is there; the live one in any case."""
        live = self.live()
        named = folders_in(live.index) if live else set()
        with store_faults():
            for number in self.numbers():
                named |= folders_in(self._index(number))
        return named

    def clear_standby(self) -> None:
        """Delete the standby pages that the live release has no place or language for.

        A page goes only if an older release wrote it, and as it was seen. Should a newer release go live in
        between that has the same page again, to the letter, it is written once more.
        """
        live = self.live()
        wanted = standby.keys(live.index) if live else set()
        if live is None or not wanted:
            return
        deleted = [
            key
            for key in self._keys(f"{standby.FOLDER}/")
            if key not in wanted and standby.is_page(key) and self._drop_older(key, live.number)
        ]
        now = self.live() if deleted else live
        again = standby.keys(now.index).intersection(deleted) if now else set()
        if now and again:
            index = standby.of_keys(now.index, again)
            pages = standby.standby(index, self._read(now, standby.names(index)), self._fill)
            for key in sorted(again):
                self._write_newer(self._patient(), key, pages[key], standby.CONTENT_TYPE, now.number)

    def move(self, number: int, index: Mapping[str, object], since: LiveRelease | None) -> None:
        """Write current.json over the one that was seen, and over no other.

        Where S3 did it and its answer was lost, the second try finds our own release live: no conflict.
        """
        condition = {"IfMatch": since.mark} if since else {"IfNoneMatch": "*"}
        with store_faults():
            try:
                self._client().put_object(
                    Bucket=self._bucket,
                    Key=CURRENT,
                    Body=json.dumps({"release": number, "index": index}).encode(),
                    ContentType="application/json",
                    CacheControl="no-cache",
                    **condition,
                )
            except ClientError as error:
                if code_of(error) in MOVED_ON:
                    live = self.live()
                    if live and live.number == number:
                        return
                    raise StaleRecord("another release is live") from error
                raise


class S3ReleasesOfRequest(S3Releases):
    """The ReleaseShelf of who only looks: a request asks once what is live, and all of it is of one release.

    Its callers each ask for themselves, four times a page of the desk.
    """

    def live(self) -> LiveRelease | None:
        """Return the release that was live when this request asked first."""
        return THIS_REQUEST.once(("live", self._bucket), super().live)
