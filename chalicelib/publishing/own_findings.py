"""Findings of somebody's own places, out of what the checks found on the whole site.

Of the rest it is said that there is something, and nothing of it is quoted.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from chalicelib.desk.route_rights import place_of_page
from chalicelib.directory.document_ids import place_of
from chalicelib.publishing.documents import ASKS, CheckReport, Problem
from chalicelib.publishing.publish_shares import Covers, Share


class Elsewhere(NamedTuple):
    """What is open on the rest of the site: `stops` a publish, or `asks` for a yes."""

    stops: bool = False
    asks: bool = False


def own_findings(
    report: CheckReport, texts: Mapping[str, str], share: Share
) -> tuple[CheckReport, Elsewhere]:
    """Return what was found about somebody's places, and what there is besides.

    `texts` are the documents that would go live. Who sees the whole site gets the whole report.
    """
    if share.sees_site:
        return report, Elsewhere()
    own = tuple(one for one in report.problems if _is_own(one, share.sees))
    said = {words for text in texts.values() for words in _strings(_parsed(text))}
    missing = {
        locale: kept
        for locale, sentences in report.missing.items()
        if (kept := tuple(one for one in sentences if one in said))
    }
    theirs = replace(report, problems=own, missing=missing)
    asks = sum(problem.weight == ASKS for problem in report.problems) + sum(map(len, report.missing.values()))
    asks_own = sum(problem.weight == ASKS for problem in own) + sum(map(len, missing.values()))
    return theirs, Elsewhere(len(report.stops) > len(theirs.stops), asks > asks_own)


def _is_own(problem: Problem, sees: Covers) -> bool:
    place = place_of(problem.document) or (place_of_page(problem.page) if problem.page else "")
    return bool(place) and sees(place)


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None


def _strings(value: Any) -> Iterable[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for one in value.values():
            yield from _strings(one)
    elif isinstance(value, list):
        for one in value:
            yield from _strings(one)
