"""Crawler of an HSDS API: polite, bounded, resumable; its output is a file of JSON lines.

Until the file is whole there are two others beside it: `services.jsonl.part` has what was read so far, and
`services.jsonl.state` says where to go on.
"""

from __future__ import annotations

import http.client
import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import quote, urlencode, urlsplit

Json = dict[str, Any]
Get = Callable[[str], Json]  # a path below the API, with its query; raises CrawlFailed
AGENT = "porchlight-hsds-crawl/1"
PATIENCE = 30.0  # seconds without a byte of a response
LONGEST = 120.0  # seconds for a whole one, however it trickles
_PART = 65_536  # bytes
_MANY = 429
_AGAIN = {_MANY, 500, 502, 503, 504}
_NOT_UNDERSTOOD = {400, 422}


@dataclass(frozen=True, slots=True)
class Bounds:
    """The most that a crawl reads, and how fast. A record in full has some 20 kB."""

    records: int = 50_000
    pages: int = 20_000
    size: int = 20_000_000  # bytes of one response
    whole: int = 1_000_000_000  # bytes of all of them
    per_page: int = 100
    pause: float = 0.5
    tries: int = 5
    longest_wait: float = 60.0


class CrawlFailed(Exception):
    """The API cannot be read; the text says in one line why, and what to do."""


class NotUnderstood(CrawlFailed):
    """The API refuses a question as it was asked (400, 422): ask in another way."""


class Crawl:
    """One crawl into one file."""

    def __init__(self, get: Get, out: Path, bounds: Bounds) -> None:
        self._get, self._out, self._bounds = get, out, bounds
        self._part = out.with_name(f"{out.name}.part")
        self._state = out.with_name(f"{out.name}.state")
        self._full = {"full": "true"}  # as long as the API knows it

    def forget(self) -> None:
        """Start anew: what was read before is gone."""
        for path in (self._part, self._state, self._out):
            path.unlink(missing_ok=True)

    def __call__(self) -> int:
        """Read all services and return how many there are. Raises CrawlFailed; what was read stays."""
        if self._out.exists() and not self._state.exists():
            raise CrawlFailed(f"{self._out} is there and whole: --again reads it anew")
        page, seen, total = self._where()
        while True:
            if page > self._bounds.pages:
                raise CrawlFailed(f"the API has more than {self._bounds.pages:,} pages")
            found = self._page(page)
            if total not in (None, found["total_items"]):
                # Records came or went while it was read, so that pages moved: some may be missing.
                self._changed(f"{total:,} services, and later {found['total_items']:,}")
            total = found["total_items"]
            self._write(self._in_full(found["contents"], seen), seen)
            if self._is_last(found, page):
                break
            page += 1
            state = {"page": page, "size": self._part.stat().st_size, "total": total}
            self._state.write_text(json.dumps(state), "utf-8")
        if total != len(seen):
            self._changed(f"{total:,} services, and {len(seen):,} were read")
        self._part.replace(self._out)
        self._state.unlink(missing_ok=True)
        return len(seen)

    def _changed(self, says: str) -> NoReturn:
        self.forget()
        raise CrawlFailed(f"the API says {says}: it changed; try again")

    def _where(self) -> tuple[int, set[str], int | None]:
        """Return the page to go on with, the ids in the file, and how many there are to be.

        What a stop broke off is cut away.
        """
        try:
            state = json.loads(self._state.read_text("utf-8"))
            with self._part.open("r+b") as file:
                file.truncate(int(state["size"]))
                file.seek(0)
                ids = {str(json.loads(line)["id"]) for line in file}
            return int(state["page"]), ids, int(state["total"])
        except (OSError, ValueError, KeyError, TypeError):
            self._part.write_bytes(b"")
            return 1, set(), None

    def _page(self, number: int) -> Json:
        asked = {"page": number, "per_page": self._bounds.per_page}
        try:
            page = self._get(f"/services?{urlencode({**asked, **self._full})}")
        except NotUnderstood:
            if not self._full:
                raise
            self._full = {}
            page = self._get(f"/services?{urlencode(asked)}")
        contents, total = page.get("contents"), page.get("total_items")
        if not isinstance(contents, list) or not isinstance(total, int):
            raise CrawlFailed(
                f"/services, page {number}: it is no page of HSDS, with contents and total_items"
            )
        if total > self._bounds.records:
            raise CrawlFailed(f"the API has {total:,} services; --most allows {self._bounds.records:,}")
        return page

    def _in_full(self, contents: list[Any], seen: set[str]) -> Iterator[Json]:
        """Return the services of a page that are not in the file yet, each in full."""
        for one in contents:
            own_id = one.get("id") if isinstance(one, Mapping) else None
            if not isinstance(own_id, str) or not own_id:
                raise CrawlFailed("a service in the list has no id")
            if own_id in seen:
                continue
            # Not every API knows full=true: what has no list, or no organization, is asked for by itself.
            is_whole = any(isinstance(value, list) for value in one.values()) and "organization" in one
            record = dict(one) if is_whole else self._get(f"/services/{quote(own_id, safe='')}")
            if record.get("id") != own_id:
                raise CrawlFailed("a service of the list answers with another id")
            yield record
            seen.add(own_id)

    def _write(self, records: Iterator[Json], seen: set[str]) -> None:
        with self._part.open("ab") as file:
            for record in records:
                file.write(_line(record))
                if file.tell() > self._bounds.whole or len(seen) > self._bounds.records:
                    raise CrawlFailed("the API has more than this reads: see --most")

    def _is_last(self, page: Json, number: int) -> bool:
        pages = page.get("total_pages")
        return (
            not page["contents"]
            or page.get("last_page") is True
            or (isinstance(pages, int) and number >= pages)
        )


def _line(record: Json) -> bytes:
    """Return a record in a line; half of a sign (a surrogate) stays escaped, and the import names it."""
    text = json.dumps(record, ensure_ascii=False, separators=(",", ":"))
    try:
        return text.encode() + b"\n"
    except UnicodeEncodeError:
        return json.dumps(record, separators=(",", ":")).encode() + b"\n"


def over_http(address: str, bounds: Bounds, sleep: Callable[[float], None] = time.sleep) -> Get:
    """Return what reads below an address by HTTP. Raises CrawlFailed for an address that is none."""
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise CrawlFailed("URL is an address such as https://api.example.org/hsds")
    if parts.username or parts.password:
        raise CrawlFailed("URL has a name or a password in it: leave it out")
    base = address.rstrip("/").removesuffix("/services")
    opener = urllib.request.build_opener(_SameHost(parts.scheme, parts.netloc))
    asked = 0

    def get(path: str) -> Json:
        nonlocal asked
        for attempt in range(bounds.tries):
            if asked:
                sleep(bounds.pause)
            asked += 1
            try:
                return _read(opener, f"{base}{path}", bounds)
            except _Later as later:
                if attempt + 1 < bounds.tries:
                    sleep(min(later.seconds or 2.0**attempt, bounds.longest_wait))
        raise CrawlFailed(f"{path}: no answer after {bounds.tries} tries; the same command goes on from here")

    return get


class _Later(Exception):
    """The API asks to wait, or did not answer in time."""

    def __init__(self, seconds: float = 0.0) -> None:
        super().__init__()
        self.seconds = seconds


class _SameHost(urllib.request.HTTPRedirectHandler):
    """Follow a redirect to the same host alone, and never from https to http."""

    max_redirections = 3

    def __init__(self, scheme: str, host: str) -> None:
        self._scheme, self._host = scheme, host

    def redirect_request(self, req: Any, fp: Any, code: int, msg: str, headers: Any, newurl: str) -> Any:
        parts = urlsplit(newurl)
        schemes = ("https",) if self._scheme == "https" else ("http", "https")
        if parts.netloc != self._host or parts.scheme not in schemes:
            raise CrawlFailed("the API leads to another address: ask that one, if you know whose it is")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _read(opener: urllib.request.OpenerDirector, url: str, bounds: Bounds) -> Json:
    path = urlsplit(url).path
    request = urllib.request.Request(url, headers={"User-Agent": AGENT, "Accept": "application/json"})
    try:
        with opener.open(request, timeout=PATIENCE) as response:
            body = _body(response, bounds.size, path)
    except urllib.error.HTTPError as error:
        with error:
            if error.code in _AGAIN:
                raise _Later(_seconds(error.headers.get("Retry-After", ""))) from error
            refused = NotUnderstood if error.code in _NOT_UNDERSTOOD else CrawlFailed
            raise refused(f"{path}: the API answers {error.code}") from error
    except (OSError, http.client.HTTPException) as error:
        raise _Later from error
    try:
        found = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise CrawlFailed(f"{path}: it is no JSON") from error
    if not isinstance(found, dict):
        raise CrawlFailed(f"{path}: it is no record and no page")
    return found


def _body(response: Any, most: int, path: str) -> bytes:
    """Return a body as it comes. Raises CrawlFailed for one that is too long, or that takes too long."""
    until = time.monotonic() + LONGEST
    body = bytearray()
    while part := response.read1(_PART):
        body += part
        if len(body) > most:
            raise CrawlFailed(f"{path}: a response has more than {most // 1_000_000} MB")
        if time.monotonic() > until:
            raise CrawlFailed(f"{path}: a response took more than {LONGEST:.0f} seconds")
    return bytes(body)


def _seconds(retry_after: str) -> float:
    """Return how long to wait, said in seconds or as a date; 0 for neither."""
    if retry_after.isascii() and retry_after.isdigit() and len(retry_after) < 6:
        return float(retry_after)
    try:
        return max(parsedate_to_datetime(retry_after).timestamp() - time.time(), 0.0)
    except (ValueError, OverflowError):
        return 0.0
