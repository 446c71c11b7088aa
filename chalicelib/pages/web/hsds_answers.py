"""HSDS API as a Lambda handler (proxy integration): conditional GET by ETag, CORS, exports.

It loads no framework, and nothing of a request is written anywhere.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from chalicelib.directory.hsds.api import Answer, Api, Query
from chalicelib.directory.hsds.edition import CSV, JSON
from chalicelib.pages.hsds_editions import Current, Editions
from chalicelib.pages.web.gateway_answers import accepted, headers_of
from chalicelib.shared.error_place import where

ROOT = "/hsds"
READ = ("GET", "HEAD")
METHODS = "GET, HEAD, OPTIONS"
KEPT_SECONDS = 60
EXPORTS = {"export.json": (JSON, "application/json"), "export.csv": (CSV, "text/csv; charset=utf-8")}

_KEPT = f"public, max-age={KEPT_SECONDS}"
# A browser that comes here by itself runs nothing, and any site's script may read it.
_ALWAYS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "Content-Language, ETag",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "cross-origin",
    "Referrer-Policy": "no-referrer",
    "Strict-Transport-Security": "max-age=31536000",
    "X-Content-Type-Options": "nosniff",
}
_PREFLIGHT = {
    "Access-Control-Allow-Methods": METHODS,
    "Access-Control-Allow-Headers": "*",
    "Access-Control-Max-Age": "86400",
    "Cache-Control": "no-store",
}
_UNTIL = 20  # hex digits of a hash

Event = Mapping[str, Any]


class Question(NamedTuple):
    """What a request asks for: all that a response may depend on."""

    method: str
    path: str
    query: Query
    languages: str
    known: str
    gzip: bool


class Sent(NamedTuple):
    """A response before it is wrapped: a packed body is bytes."""

    status: int
    headers: Mapping[str, str]
    body: str | bytes = ""


def read_question(event: Event) -> Question:
    """Read the HTTP request in API Gateway's event."""
    headers = headers_of(event)
    context = event.get("requestContext")
    told = context.get("httpMethod") if isinstance(context, dict) else None
    method = told or event.get("httpMethod") or "GET"
    path = str(event.get("path") or "/")
    below = path.removeprefix(ROOT) if path == ROOT or path.startswith(f"{ROOT}/") else path
    return Question(
        str(method),
        below.strip("/"),
        _query(event),
        headers.get("accept-language", ""),
        headers.get("if-none-match", ""),
        accepted(headers.get("accept-encoding", ""))[0],
    )


def _query(event: Event) -> Query:
    many = event.get("multiValueQueryStringParameters")
    if isinstance(many, dict):
        return {
            str(name): [str(one) for one in (values if isinstance(values, list) else [values])]
            for name, values in many.items()
        }
    single = event.get("queryStringParameters")
    return {str(name): [str(value)] for name, value in single.items()} if isinstance(single, dict) else {}


def answer_for(editions: Editions, asked: Question, base: str) -> Sent:
    """Answer a request: a record, a page of records, the file with everything, or in words why not."""
    if asked.method == "OPTIONS":
        return Sent(204, {**_ALWAYS, **_PREFLIGHT})
    if asked.method not in READ:
        refused = _problem(405, "this API is for reading: GET, HEAD, OPTIONS")
        return refused._replace(headers={**refused.headers, "Allow": METHODS})
    now = editions.current()
    if asked.path in EXPORTS:
        return _export(now, asked)
    edition = now.edition
    api = Api(edition.snapshot, base, f"{base}/profile", edition.zips, edition.words)
    return _sent(api.answer(asked.path, asked.query, asked.languages), asked.known)


def _sent(found: Answer, known: str) -> Sent:
    if found.status != 200:
        return Sent(found.status, {**_ALWAYS, **found.headers, "Cache-Control": "no-store"}, found.body)
    return _unless_known({**found.headers, "Cache-Control": _KEPT}, found.body, known)


def _unless_known(headers: Mapping[str, str], body: str, known: str) -> Sent:
    """Return a body with its mark (ETag), or that who asks has it (304)."""
    mark = f'"{hashlib.sha256(body.encode()).hexdigest()[:_UNTIL]}"'
    marked = {**_ALWAYS, **headers, "ETag": mark}
    marks: Sequence[str] = [one.strip().removeprefix("W/") for one in known.split(",")]
    if mark in marks or "*" in marks:
        return Sent(304, {name: value for name, value in marked.items() if name != "Content-Type"})
    return Sent(200, marked, body)


def _export(now: Current, asked: Question) -> Sent:
    """Lead to the file with everything, or send what shipped: a published one may be too long to send."""
    if asked.query:
        return _problem(400, "this file has no parameters")
    name, kind = EXPORTS[asked.path]
    if now.away:
        place = {"Location": f"{now.away}{name}", "Cache-Control": _KEPT}
        return Sent(307, {**_ALWAYS, **place})
    packed = now.file(name)
    headers = {
        **_ALWAYS,
        "Content-Type": kind,
        "Content-Disposition": f'attachment; filename="{now.edition.exports[name]}"',
        "Content-Language": "en",
        "Vary": "Accept-Encoding",
        "Cache-Control": _KEPT,
    }
    if not asked.gzip:
        import gzip  # rare: whoever fetches a file takes it packed

        return Sent(200, headers, gzip.decompress(packed).decode())
    return Sent(200, {**headers, "Content-Encoding": "gzip"}, packed)


def _problem(status: int, says: str) -> Sent:
    body = json.dumps({"status": status, "message": says})
    headers = {"Content-Type": "application/json; charset=utf-8", "Content-Language": "en"}
    return Sent(status, {**_ALWAYS, **headers, "Cache-Control": "no-store"}, body)


def gateway_response(sent: Sent, asked: Question) -> dict[str, Any]:
    """Return a response as API Gateway expects it of a function."""
    packed = isinstance(sent.body, bytes)
    body = base64.b64encode(sent.body).decode() if isinstance(sent.body, bytes) else sent.body
    headers = dict(sent.headers)
    return {
        "statusCode": sent.status,
        "headers": headers,
        "multiValueHeaders": {},
        "body": "" if asked.method == "HEAD" else body,
        "isBase64Encoded": packed and asked.method != "HEAD",
    }


def hsds_function(
    editions: Editions, base: str, log: Callable[[str], None]
) -> Callable[[Event, Any], dict[str, Any]]:
    """Return a Lambda handler for API Gateway's events that answers in JSON, whatever happens."""

    def handle(event: Event, context: Any) -> dict[str, Any]:
        asked = read_question(event if isinstance(event, dict) else {})
        try:
            sent = answer_for(editions, asked, base)
        except Exception as error:
            log(where(error))
            sent = _problem(503, "this does not work right now; try again in a minute")
            sent = sent._replace(headers={**sent.headers, "Retry-After": str(KEPT_SECONDS)})
        return gateway_response(sent, asked)

    return handle
