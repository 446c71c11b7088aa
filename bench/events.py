"""Events as API Gateway and EventBridge send them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any


def page(path: str = "/", languages: str = "es-MX,es;q=0.9,en;q=0.5") -> bytes:
    """Return a browser's request for a page."""
    headers = {
        "Accept": "text/html,application/xhtml+xml",
        "Accept-Encoding": "gzip, deflate, br",
        "Accept-Language": languages,
        "Host": "site.example",
    }
    return json.dumps(_request("GET", path, path, headers, None)).encode("utf-8")


def opening(resource: str, path: str) -> bytes:
    """Return a browser's request for a page with a form."""
    headers = {"Accept": "text/html", "Accept-Encoding": "gzip, deflate, br", "Host": "site.example"}
    return json.dumps(_request("GET", resource, path, headers, None)).encode("utf-8")


def form(resource: str, path: str, body: str) -> bytes:
    """Return a form that a browser sent."""
    headers = {
        "Accept": "text/html",
        "Accept-Encoding": "gzip, deflate, br",
        "Accept-Language": "es-MX,es;q=0.9,en;q=0.5",
        "Content-Type": "application/x-www-form-urlencoded",
        "Host": "site.example",
    }
    return json.dumps(_request("POST", resource, path, headers, body)).encode("utf-8")


def schedule() -> bytes:
    """Return EventBridge's event of a schedule, which comes at once."""
    return json.dumps(
        {
            "version": "0",
            "id": "00000000-0000-0000-0000-000000000000",
            "detail-type": "Scheduled Event",
            "source": "aws.events",
            "account": "000000000000",
            "time": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
            "region": "us-west-2",
            "resources": ["arn:aws:events:us-west-2:000000000000:rule/deliver"],
            "detail": {},
        }
    ).encode("utf-8")


def _request(
    method: str, resource: str, path: str, headers: Mapping[str, str], body: str | None
) -> dict[str, Any]:
    parts = [part for part in path.split("/") if part]
    names = [part.strip("{}") for part in resource.split("/") if part]
    variables = {
        name: value for name, value, part in zip(names, parts, resource.split("/")[1:], strict=False)
        if part.startswith("{")
    }  # fmt: skip
    return {
        "resource": resource,
        "path": path,
        "httpMethod": method,
        "headers": dict(headers),
        "multiValueHeaders": {name: [value] for name, value in headers.items()},
        "queryStringParameters": None,
        "multiValueQueryStringParameters": None,
        "pathParameters": variables or None,
        "stageVariables": None,
        "requestContext": {
            "resourceId": "bench",
            "resourcePath": resource,
            "httpMethod": method,
            "path": "/api" + path,
            "accountId": "000000000000",
            "protocol": "HTTP/1.1",
            "stage": "api",
            "requestId": "00000000-0000-0000-0000-000000000000",
            "identity": {"sourceIp": "192.0.2.1", "userAgent": "bench"},
            "apiId": "bench",
        },
        "body": body,
        "isBase64Encoded": False,
    }
