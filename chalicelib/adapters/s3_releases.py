"""Releases in a bucket for all to read: releases/<number>/..., and current.json, which names the live one.

Beside them lies site/, the pages as the edge serves them while the functions fail.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from botocore.exceptions import ClientError

from chalicelib.adapters import standby
from chalicelib.adapters.aws_faults import code_of, store_faults
from chalicelib.domain.errors import StaleRecord
from chalicelib.ports import LiveRelease

CURRENT = "current.json"
_AT_ONCE = 8


def open_to_readers(bucket: str) -> str:
    """Return the policy of a bucket on a stand-in: anybody may read. On AWS its one reader is the edge's."""
    statement = {
        "Effect": "Allow",
        "Principal": "*",
        "Action": "s3:GetObject",
        "Resource": f"arn:aws:s3:::{bucket}/*",
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


class S3Releases:
    """The ReleaseShelf on S3.

    `patient` is the client that writes a release: hundreds of objects, of which S3 may well refuse one for a
    moment, and writing it again does no harm. Without it, the one that reads writes as well.
    """

    def __init__(
        self, client: Callable[[], Any], bucket: str, patient: Callable[[], Any] | None = None
    ) -> None:
        self._client = client
        self._bucket = bucket
        self._patient = patient or client

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
        return LiveRelease(int(content["release"]), str(answer["ETag"]))

    def put(self, number: int, files: Mapping[str, bytes]) -> None:
        """Write a release's files, several at once; the first failure is raised when all have been tried.

        The standby pages follow once the release is whole: a moment before it is live.
        """
        kept = {
            f"releases/{number}/{name}": (files[name], _kind(name), "public, max-age=31536000, immutable")
            for name in sorted(files)
        }
        self._write(kept)
        pages = standby.standby(files)
        self._write({key: (page, standby.CONTENT_TYPE, "no-store") for key, page in pages.items()})

    def _write(self, objects: Mapping[str, tuple[bytes, str, str]]) -> None:
        client = self._patient()  # made before the threads begin: making one is not theirs to do

        def write(key: str) -> None:
            body, kind, caching = objects[key]
            client.put_object(Bucket=self._bucket, Key=key, Body=body, ContentType=kind, CacheControl=caching)

        with store_faults(), ThreadPoolExecutor(_AT_ONCE) as pool:
            list(pool.map(write, objects))

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
                if code_of(error) in _MOVED_ON:
                    live = self.live()
                    if live and live.number == number:
                        return
                    raise StaleRecord("another release is live") from error
                raise


def _kind(name: str) -> str:
    return "application/json" if name.endswith(".json") else "text/plain; charset=us-ascii"


# A conditional write that lost: it was decided, it ran beside another, or what was live is gone.
_MOVED_ON = {"PreconditionFailed", "ConditionalRequestConflict", "NoSuchKey"}
