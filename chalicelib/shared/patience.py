"""Timeout of a request's calls, one for all of them: how long somebody who sent a form waits for others.

Past the end of its function, or of the API's patience, the gateway responds with a page of its own, and the
words that were typed are gone with it. So calls end while there is still time to give them back.
"""

from __future__ import annotations

from datetime import timedelta

PAGE_NEEDS = timedelta(seconds=3)  # to render a response and pack it, on the smallest and coldest processor
CALLS_TAKE = timedelta(seconds=12)  # with the page, fifteen: longer than that nobody looks at a blank screen


def time_for_calls(remaining: timedelta, most: timedelta = CALLS_TAKE) -> timedelta:
    """Return the timeout of a request's calls, of what its function has left: the page comes first."""
    return max(timedelta(0), min(most, remaining - PAGE_NEEDS))
