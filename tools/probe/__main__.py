"""`make probe URL=https://...`: look at a site from outside, and say what is wrong with it, a line for each.

    URL=https://places.example.org LANGUAGES="en es" QUIET=1 python -m tools.probe

It sends GET alone: no report, no code, no cookie. LANGUAGES are those that must be there; without it, those
that the front page names. QUIET=1 prints findings only, for a cron. The exit status is 0 when all is well, 1
when something was found, 2 when URL is not where a site can be.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from tools.probe.fetch import BadUrl, Get, over_http, site_of
from tools.probe.look import Finding, Walk


def lines(found: Sequence[Finding]) -> list[str]:
    """Return a line for each finding; the same on many pages is one, with the first of them."""
    paths: dict[str, list[str]] = {}
    for one in found:
        paths.setdefault(one.sentence, []).append(one.path)
    return [
        f"[!] {where[0]}{f' and {len(where) - 1} more' if len(where) > 1 else ''}: {sentence}"
        for sentence, where in paths.items()
    ]


def probe(get: Get, now: datetime, environ: Mapping[str, str]) -> int:
    """Look at the site that `get` reaches, print what is wrong, and return the exit status."""
    walk = Walk(get, now, environ.get("LANGUAGES", "").split())
    found = lines(walk())
    for line in found:
        print(line)
    if not environ.get("QUIET"):
        print(f"{walk.looked_at} pages looked at, {len(found)} findings.")
    return 1 if found else 0


def main(environ: Mapping[str, str]) -> int:
    """Look at the site at URL."""
    try:
        site = site_of(environ.get("URL", ""))
    except BadUrl as reason:
        print(f"porchlight: {reason}", file=sys.stderr)
        return 2
    return probe(over_http(site), datetime.now(UTC), environ)


if __name__ == "__main__":
    sys.exit(main(os.environ))
