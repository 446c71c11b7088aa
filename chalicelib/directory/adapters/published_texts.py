"""Cache of the published documents, for what cannot be rendered ahead: forms and mails."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from chalicelib.directory.document_ids import RECIPIENTS
from chalicelib.directory.recipient_rows import offices_at
from chalicelib.shared.net.public_files import ABSENT, FetchFailed, HttpConnection

LOOK_EVERY = 30.0
PATIENCE = 3.0  # seconds for both files
OFFICES = "offices.json"  # which the access function writes


@dataclass(frozen=True, eq=False, slots=True)
class PublishedDocuments:
    """The texts of one release that differ from what shipped, and who gets reports, by document.

    For as long as a release is live this is the same object, and for another release it is another: whoever
    made something from it sees by that alone whether it still holds.
    """

    release: int
    texts: Mapping[str, str]


NOTHING = PublishedDocuments(0, {})


class PublishedTexts:
    """A cache of the live release's texts that differ from what shipped, fetched by plain HTTP.

    It looks at most every `every` seconds, and goes on with the last good texts while the bucket is away.
    `left` says how many seconds the request still has for all its calls.
    `fault` says why there have been no texts yet, unless nothing was published.
    """

    def __init__(
        self,
        base: str,
        every: float = LOOK_EVERY,
        clock: Callable[[], float] = time.monotonic,
        left: Callable[[], float] = lambda: PATIENCE,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._base = base
        self._left = left
        self._now = now
        self._every = every
        self._clock = clock
        self._look_at = float("-inf")
        self._seen = NOTHING
        self.fault = ""
        self._offices = ""
        self._lock = threading.Lock()
        HttpConnection(base, PATIENCE)  # a wrong address shows at once

    def __call__(self) -> Mapping[str, str]:
        """Return the texts by document; none while nothing was published."""
        return self.current().texts

    def current(self) -> PublishedDocuments:
        """Return what is published now, with the number of its release."""
        with self._lock:
            if self._clock() >= self._look_at:
                self._look_at = self._clock() + self._every
                self._look()
            return self._seen

    @property
    def release(self) -> int:
        """The number of the release that the texts are of; 0 while there was none."""
        return self._seen.release

    def _look(self) -> None:
        connection = HttpConnection(self._base, min(PATIENCE, self._left()), self._clock)
        try:
            release, texts = self._release(connection)
            offices = self._recipients(connection, texts)
            if release != self._seen.release or (offices or None) != texts.get(RECIPIENTS):
                texts = {**texts, **({RECIPIENTS: offices} if offices else {})}
                self._seen = PublishedDocuments(release, texts)
            self.fault = ""
        except (FetchFailed, KeyError, TypeError, ValueError, AttributeError) as error:
            # Away, or not what we write: the texts stay as they are.
            fine = self._seen.release or str(error) in ABSENT
            self.fault = "" if fine else "what is published cannot be read"
        finally:
            connection.close()

    def _release(self, connection: HttpConnection) -> tuple[int, Mapping[str, str]]:
        """Return the live release and its texts; none while nothing was published."""
        try:
            release = int(json.loads(connection.get("current.json"))["release"])
        except FetchFailed as error:
            if self._seen.release or str(error) not in ABSENT:
                raise
            return 0, self._seen.texts
        if release == self._seen.release:
            return release, self._seen.texts
        documents = json.loads(connection.get(f"releases/{release}/documents.json"))
        return release, {str(document): str(text) for document, text in documents.items()}

    def _recipients(self, connection: HttpConnection, texts: Mapping[str, str]) -> str:
        """Return who gets reports, as readers may know them; as they were seen last while that is away."""
        try:
            self._offices = connection.get(OFFICES).decode()
        except FetchFailed:
            if not self._offices:
                return texts.get(RECIPIENTS, "")
        return offices_at(self._offices, self._now())
