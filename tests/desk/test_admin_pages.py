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
    [
        ("home", "November 27, 2026, 23:10 EST", "November 27, 2026"),
        ("far", "November 28, 2026, 01:10 GMT-03", "November 28, 2026"),
    ],
)
def test_a_time_is_that_of_a_place_else_of_the_default_place(
    pages: AdminPages, place: str, minute: str, day: str
) -> None:
    assert shown(pages, EVENING, place, zone_of=ZONES.__getitem__) == [
        "November 27, 2026, 20:10 PST",
        minute,
        day,
    ]


def test_without_places_a_time_is_that_of_greenwich_and_says_so(pages: AdminPages) -> None:
    assert shown(pages, EVENING, "home") == ["November 28, 2026, 04:10 GMT"] * 2 + ["November 28, 2026"]


def test_nothing_is_shown_for_no_time(pages: AdminPages) -> None:
    assert shown(pages, None, "home", zone_of=ZONES.__getitem__) == ["", "", ""]
