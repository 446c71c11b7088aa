"""Documents of releases in the pages' bucket, for a migration that takes something out of each."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from botocore.exceptions import ClientError

from chalicelib.publishing.adapters.s3_releases import S3Releases
from chalicelib.shared.aws.faults import code_of, store_faults

_NONE = ("NoSuchKey", "404")


class S3Released:
    """The ReleasedDocuments in a bucket, for who may read and write all of it."""

    def __init__(self, client: Callable[[], Any], bucket: str) -> None:
        self._client = client
        self._bucket = bucket
        self._shelf = S3Releases(client, bucket)

    def numbers(self) -> Sequence[int]:
        """Return the number of each release that is there."""
        return self._shelf.numbers()

    def documents(self, number: int) -> Mapping[str, str]:
        """Return what a release laid there; nothing for one without."""
        try:
            found = self._client().get_object(Bucket=self._bucket, Key=_key(number))["Body"].read()
        except ClientError as error:
            if code_of(error) in _NONE:
                return {}
            raise
        texts: Mapping[str, str] = json.loads(found)
        return texts

    def put_documents(self, number: int, texts: Mapping[str, str]) -> None:
        """Write it anew."""
        with store_faults():
            self._client().put_object(
                Bucket=self._bucket,
                Key=_key(number),
                Body=json.dumps(texts, ensure_ascii=False, indent=1).encode(),
                ContentType="application/json",
                CacheControl="public, max-age=31536000, immutable",
            )


def _key(number: int) -> str:
    return f"releases/{number}/documents.json"
