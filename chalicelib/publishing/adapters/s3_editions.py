"""Editions of services for machines as S3 objects, each under its hash: written once, and never changed."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from chalicelib.directory.hsds.edition import ABOUT
from chalicelib.pages.page_files import HSDS
from chalicelib.publishing.adapters.s3_files import S3Files
from chalicelib.publishing.adapters.s3_unused_pages import S3UnusedPages
from chalicelib.shared.aws.faults import store_faults


class S3Editions(S3Files):
    """The EditionShelf on S3."""

    def __init__(
        self,
        client: Callable[[], Any],
        bucket: str,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        super().__init__(client, bucket)
        self._now = now
        self._unused = S3UnusedPages(client, bucket)

    def file(self, mark: str, name: str) -> bytes | None:
        """Return a file of an edition, if it is there."""
        return self._file(f"{HSDS}{mark}/{name}")

    def put(self, mark: str, files: Mapping[str, bytes]) -> None:
        """Write the files of an edition, each unless it is there.

        Those with everything are saved under a name with their day.
        """
        paths = {f"{HSDS}{mark}/{name}": content for name, content in files.items()}
        called = json.loads(files[ABOUT])["exports"]
        saved_as = {f"{HSDS}{mark}/{name}": str(one) for name, one in called.items()}
        self._unused.take_back(paths, self._now())
        client = self._client()
        with store_faults():
            for key, content in sorted(paths.items()):
                self._put_once(client, key, content, unless_there=True, saved_as=saved_as.get(key, ""))
