"""Object of the pages' bucket that says who gets reports, as readers may know it: no address is in it.

Only the access function writes it; forms fetch it over HTTP, and who renders pages reads it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from chalicelib.directory.adapters.published_texts import OFFICES
from chalicelib.shared.aws.faults import code_of, store_faults
from chalicelib.shared.errors import StoreUnavailable

_NONE = ("NoSuchKey", "404", "AccessDenied")  # a role that may not list is told no more


class S3Offices:
    """That object, in a bucket."""

    def __init__(self, client: Callable[[], Any], bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def put(self, text: str) -> None:
        """Write it anew. Raises StoreUnavailable."""
        with store_faults():
            self._client().put_object(
                Bucket=self._bucket,
                Key=OFFICES,
                Body=text.encode(),
                ContentType="application/json",
                CacheControl="no-cache",
            )

    def text(self) -> str:
        """Return it, or nothing while there is none. Raises StoreUnavailable."""
        try:
            with store_faults():
                found = self._client().get_object(Bucket=self._bucket, Key=OFFICES)["Body"].read()
        except StoreUnavailable as error:
            if error.__cause__ is not None and code_of(error.__cause__) in _NONE:  # type: ignore[arg-type]
                return ""
            raise
        return str(found, "utf-8")
