"""Lambda events, normalized to what Chalice reads, whoever sent them.

API Gateway and EventBridge always send every member. A load balancer, EventBridge Scheduler, and whoever
starts a function by hand send fewer, and Chalice would fail with the name of the first that is not there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from functools import wraps
from typing import Any
from urllib.parse import unquote

Event = dict[str, Any]
Handler = Callable[[Any, Any], Any]

KEEP_WARM: Event = {"keep_warm": True}  # what the schedule sends that keeps the form's function started
ON_THE_HOUR: Event = {"on_the_hour": True}  # what the schedule sends that starts the access function's clock
_REQUEST: Event = {
    "headers": None,
    "multiValueHeaders": None,
    "queryStringParameters": None,
    "multiValueQueryStringParameters": None,
    "pathParameters": None,
    "stageVariables": None,
    "body": None,
}
_BEAT: Event = {
    "version": "0",
    "id": "",
    "detail-type": "started by hand",
    "source": "",
    "account": "",
    "time": "",
    "region": "",
    "resources": [],
    "detail": {},
}


def whole_request(event: Any, routes: Iterable[str]) -> Event:
    """Return a request's event with every member that Chalice reads.

    Where the sender says nothing of the route, as a load balancer does, it is found by the path.
    """
    whole = {**_REQUEST, **(event if isinstance(event, dict) else {})}
    context = dict(whole.get("requestContext") or {})
    path = str(whole.get("path") or context.get("path") or "/")
    context["httpMethod"] = context.get("httpMethod") or whole.get("httpMethod") or "GET"
    if not context.get("resourcePath"):
        context["resourcePath"], captured = _route(path, routes)
        whole["pathParameters"] = whole["pathParameters"] or captured
    whole["requestContext"] = context
    many, once = whole["multiValueQueryStringParameters"], whole["queryStringParameters"]
    if not many and once:
        whole["multiValueQueryStringParameters"] = {name: [value] for name, value in once.items()}
    return whole


def opening_of(event: Any, form_path: Callable[[], str] | None) -> Any:
    """Return a browser's request for an empty form in place of KEEP_WARM; any other event as it is.

    So a function that was started for nobody is left as an opened form leaves it: clients made, secret read,
    texts fetched, templates loaded. API Gateway puts nothing of a visitor's at the top of an event.
    """
    if event != KEEP_WARM or form_path is None:
        return event
    return {"httpMethod": "GET", "path": form_path()}


def whole_beat(handler: Handler) -> Handler:
    """Decorate a scheduled function so that any event starts it, such as the console's test event."""

    @wraps(handler, updated=())
    def start(event: Any, context: Any) -> Any:
        return handler({**_BEAT, **(event if isinstance(event, dict) else {})}, context)

    return start


def scheduled_at(time: Any) -> datetime | None:
    """Return the time that a schedule's event names, or None when it names none, such as by hand."""
    try:
        moment = datetime.fromisoformat(str(time))
    except ValueError:
        return None
    return moment if moment.tzinfo else None


def _route(path: str, routes: Iterable[str]) -> tuple[str, Mapping[str, str]]:
    """Find a path's route as API Gateway does; the path itself, which is no route, when there is none."""
    parts = [unquote(part) for part in path.split("/") if part]
    for route in sorted(routes, key=_rank):
        captured = _captured([part for part in route.split("/") if part], parts)
        if captured is not None:
            return route, captured
    return path, {}


def _rank(route: str) -> list[int]:
    return [2 if part.endswith("+}") else 1 if part.startswith("{") else 0 for part in route.split("/")]


def _captured(route: list[str], parts: list[str]) -> Mapping[str, str] | None:
    if route and route[-1].endswith("+}") and len(parts) >= len(route):
        parts = [*parts[: len(route) - 1], "/".join(parts[len(route) - 1 :])]
    if len(route) != len(parts):
        return None
    pairs = list(zip(route, parts, strict=True))
    if any(wanted != given for wanted, given in pairs if not wanted.startswith("{")):
        return None
    return {wanted.strip("{+}"): given for wanted, given in pairs if wanted.startswith("{")}
