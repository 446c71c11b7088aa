"""Times at the desk are those of the place they are about, with their zone."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from chalicelib.desk.render.admin_pages import AdminPages

EVENING = datetime(2026, 11, 28, 4, 10, tzinfo=UTC)
ZONES = {"": "America/Los_Angeles", "home": "America/New_York", "far": "America/Sao_Paulo"}


@pytest.fixture
def pages(tmp_path: Path) -> AdminPages:
    (tmp_path / "desk.css").write_text("")
    (tmp_path / "times.html").write_text(
        "{{ when | minute }}; {{ when | minute(place) }}; {{ when | day(place) }}"
    )
    return AdminPages(tmp_path)


def shown(pages: AdminPages, when: date | None, place: str, **more: Any) -> list[str]:
    return pages.render("times.html", when=when, place=place, **more).split("; ")


@pytest.mark.parametrize(
    ("place", "minute", "day"),
    [("home", "2026-11-27 23:10 EST", "2026-11-27"), ("far", "2026-11-28 01:10 UTC-03", "2026-11-28")],
)
def test_a_time_is_that_of_a_place_else_of_the_default_place(
    pages: AdminPages, place: str, minute: str, day: str
) -> None:
    assert shown(pages, EVENING, place, zone_of=ZONES.__getitem__) == ["2026-11-27 20:10 PST", minute, day]


def test_without_places_a_time_is_in_utc_and_says_so(pages: AdminPages) -> None:
    assert shown(pages, EVENING, "home") == ["2026-11-28 04:10 UTC"] * 2 + ["2026-11-28"]


def test_nothing_is_shown_for_no_time(pages: AdminPages) -> None:
    assert shown(pages, None, "home", zone_of=ZONES.__getitem__) == ["", "", ""]
