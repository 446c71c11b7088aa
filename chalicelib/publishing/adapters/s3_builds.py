"""Rendered places as S3 objects: built/<place>/<fingerprint>.json, which no reader can fetch.

Beside them lie, under built/jobs/<job>/, the inputs that a job was begun with: drafts may change meanwhile.
The bucket deletes both after some days by itself.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import zlib
from base64 import b64decode
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import astuple
from typing import Any

from botocore.exceptions import ClientError

from chalicelib.publishing.adapters.s3_files import GONE
from chalicelib.publishing.documents import Problem
from chalicelib.publishing.ports import ChunkInputs, PlaceInputs, RenderedPage, RenderedPlace
from chalicelib.shared.aws.faults import code_of, store_faults

FOLDER = "built/"
_NO_PLACE = "-"  # no slug begins so
_AT_ONCE = 8
_DIGEST = 64  # letters of the hash that an object begins with


class _Packed:
    """Packed JSON in a bucket. An object begins with the hash of its rest: what is damaged is not there."""

    def __init__(self, client: Callable[[], Any], bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def _get(self, key: str) -> Any:
        with store_faults():
            try:
                body = self._client().get_object(Bucket=self._bucket, Key=key)["Body"].read()
            except ClientError as error:
                if code_of(error) in GONE:
                    return None
                raise
        digest, packed = body[:_DIGEST], body[_DIGEST:]
        return json.loads(zlib.decompress(packed)) if _digest(packed) == digest else None

    def _put(self, client: Any, key: str, values: Mapping[str, Any]) -> None:
        packed = zlib.compress(json.dumps(values).encode("ascii"), 1)  # pages are packed already, in base64
        with store_faults():
            client.put_object(
                Bucket=self._bucket,
                Key=key,
                Body=_digest(packed) + packed,
                ContentType="application/octet-stream",
                CacheControl="no-store",
            )


class S3Builds(_Packed):
    """The BuildStore on S3."""

    def rendered(self, place: str, fingerprint: str) -> RenderedPlace | None:
        """Return what was made of exactly these inputs, if it is there and whole."""
        kept = self._get(_key(place, fingerprint))
        if kept is None or (kept["place"], kept["fingerprint"]) != (place, fingerprint):
            return None
        pages = [_page(*page) for page in kept["pages"]]
        return RenderedPlace(place, pages, [Problem(*problem) for problem in kept["problems"]])

    def keep(self, rendered: RenderedPlace, fingerprint: str) -> None:
        """Keep a rendered place: without its HTML, which its gzip holds."""
        values = {
            "place": rendered.place,
            "fingerprint": fingerprint,
            "pages": [(page.name, page.packed, page.brotli, dict(page.headers)) for page in rendered.pages],
            "problems": [astuple(problem) for problem in rendered.problems],
        }
        self._put(self._client(), _key(rendered.place, fingerprint), values)


class S3JobInputs(_Packed):
    """The JobInputs on S3: the texts of a round once, and an object for each chunk."""

    def freeze(self, job: str, first: int, chunks: Sequence[ChunkInputs], asked: Mapping[str, str]) -> None:
        """Keep the inputs of a job's chunks: the texts before the chunks that name them."""
        client = self._client()  # made before the threads begin: making one is not theirs to do
        texts = f"{FOLDER}jobs/{job}/texts-{first}.json"
        if chunks:
            self._put(client, texts, {"texts": dict(chunks[0].texts), "package": chunks[0].package})
        self._put(client, _asked(job, first), {"asked": dict(asked)})

        def write(number: int) -> None:
            wanted = [(one.place, one.content, of) for one, of in chunks[number - first].wanted]
            self._put(client, _chunk(job, number), {"texts": texts, "wanted": wanted})

        with ThreadPoolExecutor(_AT_ONCE) as pool:
            list(pool.map(write, range(first, first + len(chunks))))

    def asked(self, job: str, first: int) -> Mapping[str, str]:
        """Return what had been asked for when the chunks from a number on began."""
        kept = self._get(_asked(job, first))
        return dict(kept["asked"]) if kept else {}

    def chunk(self, job: str, number: int) -> ChunkInputs | None:
        """Return the inputs of one chunk."""
        kept = self._get(_chunk(job, number))
        of_all = self._get(kept["texts"]) if kept else None
        if of_all is None:
            return None
        wanted = [(PlaceInputs(place, content), of) for place, content, of in kept["wanted"]]
        return ChunkInputs(of_all["texts"], of_all["package"], wanted)


def _asked(job: str, first: int) -> str:
    return f"{FOLDER}jobs/{job}/asked-{first}.json"


def _chunk(job: str, number: int) -> str:
    return f"{FOLDER}jobs/{job}/{number}.json"


def _key(place: str, fingerprint: str) -> str:
    return f"{FOLDER}{place or _NO_PLACE}/{fingerprint}.json"


def _page(name: str, packed: str, brotli: str, headers: Mapping[str, str]) -> RenderedPage:
    html = gzip.decompress(b64decode(packed)).decode("utf-8") if packed else ""
    return RenderedPage(name, html, packed, headers, brotli)


def _digest(content: bytes) -> bytes:
    return hashlib.sha256(content).hexdigest().encode("ascii")
