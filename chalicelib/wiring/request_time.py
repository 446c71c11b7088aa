"""Deadline of a request's calls: what Lambda leaves the function, less what the page needs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from chalice.app import Chalice, Request, Response

from chalicelib.shared.patience import CALLS_TAKE, time_for_calls
from chalicelib.shared.request_time import THIS_REQUEST

_DESK = "/admin"


def count_down(app: Chalice) -> None:
    """Give all calls that a request makes one end: at the desk, where publishing takes long, a late one."""

    @app.middleware("http")
    def in_time(request: Request | None, get_response: Callable[[Any], Response]) -> Response:
        at_the_desk = request is not None and str(request.path).startswith(_DESK)
        most = timedelta.max if at_the_desk else CALLS_TAKE
        with THIS_REQUEST.counted(time_for_calls(_remaining(request), most)):
            return get_response(request)


def _remaining(request: Request | None) -> timedelta:
    remaining = getattr(getattr(request, "lambda_context", None), "get_remaining_time_in_millis", None)
    # Who calls the application without Lambda's context, such as a test, has as long as a visitor has.
    return timedelta(seconds=25) if remaining is None else timedelta(milliseconds=remaining())
