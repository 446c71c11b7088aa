"""The list of unused pages as an S3 object, and the deletion of what is on it."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError

from chalicelib.publishing.adapters.s3_files import GONE
from chalicelib.publishing.page_units import folder_in
from chalicelib.publishing.unused_pages import UnusedPages, read_unused
from chalicelib.shared.aws.faults import code_of, store_faults
from chalicelib.shared.errors import StaleRecord, StoreBusy

KEY = "releases/unused.json"
_TRIES = 4
_CHANGED = ("PreconditionFailed", "ConditionalRequestConflict", "NoSuchKey")


class S3UnusedPages:
    """Deletes folders of pages that nothing names."""

    def __init__(self, client: Callable[[], Any], bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def clear(
        self,
        written: Callable[[], Mapping[str, datetime]],
        named: Callable[[], Collection[str]],
        delete: Callable[[str], None],
        now: datetime,
    ) -> None:
        """Look over all pages, once a day, and delete what is due. Who is quicker does it alone."""
        there, mark = self._get()
        if not there.is_due(now):
            return
        folders = written()  # before the releases are asked for: what is written now is named by then
        found = there.looked_at(folders, named(), now)
        try:
            mark = self._put(found, mark)
        except StaleRecord:  # somebody publishes, or looks as well
            return
        for folder in found.going:
            delete(folder)
        if found.going:
            with suppress(StaleRecord):  # somebody took pages back meanwhile: the next look ends it
                self._put(found.gone(), mark)

    def take_back(self, pages: Collection[str], now: datetime) -> None:
        """Take the folders of these pages off the list. Raises StoreBusy while one is being deleted."""
        folders = {folder_in(path) for path in pages}
        for _ in range(_TRIES):
            there, mark = self._get()
            if there.is_held(folders, now):
                raise StoreBusy("old pages are being cleared away")
            if folders.isdisjoint(there.marked) and folders.isdisjoint(there.going):
                return
            try:
                self._put(there.without(folders), mark)
            except StaleRecord:
                continue
            return
        raise StoreBusy("others write the same list")

    def _get(self) -> tuple[UnusedPages, str]:
        with store_faults():
            try:
                answer = self._client().get_object(Bucket=self._bucket, Key=KEY)
            except ClientError as error:
                if code_of(error) in GONE:
                    return UnusedPages(), ""
                raise
            content = json.loads(answer["Body"].read())
        return read_unused(content), str(answer["ETag"])

    def _put(self, pages: UnusedPages, mark: str) -> str:
        """Write the list over the one that was seen. Raises StaleRecord."""
        condition = {"IfMatch": mark} if mark else {"IfNoneMatch": "*"}
        with store_faults():
            try:
                answer = self._client().put_object(
                    Bucket=self._bucket,
                    Key=KEY,
                    Body=json.dumps(pages.written(), indent=1).encode(),
                    ContentType="application/json",
                    CacheControl="no-store",
                    **condition,
                )
            except ClientError as error:
                if code_of(error) in _CHANGED:
                    raise StaleRecord("changed by somebody else") from error
                raise
        return str(answer["ETag"])
