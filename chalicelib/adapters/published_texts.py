"""The published documents, for the functions that render what cannot be rendered ahead: forms and mails."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Mapping

from chalicelib.adapters.plain_http import FetchFailed, Line

LOOK_EVERY = 30.0
PATIENCE = 3.0  # seconds for both files
ABSENT = ("status 403", "status 404")  # how a bucket answers for what it does not have


class PublishedTexts:
    """The texts of the live release that differ from what shipped, fetched by plain HTTP.

    It looks at most every `every` seconds, and goes on with the last good texts while the bucket is away.
    `fault` says why there have been no texts yet, unless nothing was published.
    """

    def __init__(
        self, base: str, every: float = LOOK_EVERY, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._base = base
        self._every = every
        self._clock = clock
        self._look_at = float("-inf")
        self._seen = 0
        self._texts: Mapping[str, str] = {}
        self.fault = ""
        self._lock = threading.Lock()
        Line(base, PATIENCE)  # a wrong address shows at once

    def __call__(self) -> Mapping[str, str]:
        """Return the texts by document; none while nothing was published."""
        with self._lock:
            if self._clock() >= self._look_at:
                self._look_at = self._clock() + self._every
                self._look()
            return self._texts

    @property
    def release(self) -> int:
        """The number of the release that the texts are of; 0 while there was none."""
        return self._seen

    def _look(self) -> None:
        line = Line(self._base, PATIENCE, self._clock)
        try:
            release = int(json.loads(line.get("current.json"))["release"])
            if release != self._seen:
                texts = json.loads(line.get(f"releases/{release}/documents.json"))
                self._texts = {str(document): str(text) for document, text in texts.items()}
                self._seen = release
            self.fault = ""
        except (FetchFailed, KeyError, TypeError, ValueError, AttributeError) as error:
            # Away, or not what we write: the texts stay as they are.
            self.fault = "" if self._seen or str(error) in ABSENT else "what is published cannot be read"
        finally:
            line.close()
