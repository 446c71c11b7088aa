"""Frames of mails from the live release, fetched over HTTP and cached, for the function that delivers."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Mapping

from chalicelib.delivery import mail_frames
from chalicelib.delivery.errors import FrameInvalid
from chalicelib.directory.adapters.published_texts import (
    LOOK_EVERY,
    PATIENCE,
    PublishedTexts,
)
from chalicelib.directory.document_ids import CATALOG
from chalicelib.shared.net.public_files import ABSENT, FetchFailed, HttpConnection

_LONGEST = 1_000_000  # bytes; ten languages take 30,000

Frames = Mapping[str, Mapping[str, str]]


class PublishedFrames:
    """The frames that belong to the texts of the live release, fetched by HTTP and cached for a release.

    Those that could not be read are asked for again after `every` seconds.
    """

    def __init__(
        self,
        base: str,
        texts: PublishedTexts,
        every: float = LOOK_EVERY,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._base = base
        self._texts = texts
        self._every = every
        self._clock = clock
        self._look_at = float("-inf")
        self._of = 0
        self._frames: Frames | None = None
        self._fault = ""
        self._lock = threading.Lock()

    def __call__(self) -> tuple[Frames | None, str]:
        """Return the frames by mail and language, and why they cannot be read, or nothing.

        None, and nothing, when there are none to be had: nothing was published, or only what is no mail's,
        before there were frames.
        """
        published = self._texts.current()
        release, texts = published.release, published.texts
        if not release:
            return None, self._texts.fault
        with self._lock:
            if release != self._of or (self._fault and self._clock() >= self._look_at):
                self._look_at = self._clock() + self._every
                self._frames, self._fault = self._read(release, texts)
                self._of = release
            return self._frames, self._fault

    def _read(self, release: int, texts: Mapping[str, str]) -> tuple[Frames | None, str]:
        line = HttpConnection(self._base, PATIENCE, self._clock)
        try:
            content = line.get(f"releases/{release}/mails.json")
            if len(content) > _LONGEST:
                return None, f"the frames of release {release} are too long"
            return mail_frames.read_published(json.loads(content)), ""
        except FetchFailed as error:
            of_mails = any(
                document in mail_frames.DOCUMENTS or document.startswith(CATALOG) for document in texts
            )
            if str(error) in ABSENT and not of_mails:
                return None, ""
            return None, f"the frames of release {release} cannot be read ({error})"
        except (FrameInvalid, ValueError, RecursionError):
            return None, f"the frames of release {release} are not what we write"
        finally:
            line.close()
