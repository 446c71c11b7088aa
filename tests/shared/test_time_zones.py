"""Time zones: the day that readers of a place have, also where the machine knows no zones."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime

import pytest

from chalicelib.shared.time_zones import (
    in_utc,
    is_known_zone,
    is_zone_name,
    local_time,
    name_of_zone,
)

EVENING = datetime(2026, 11, 28, 4, 10, tzinfo=UTC)  # the evening before, in all of America
PACIFIC = "America/Los_Angeles"


@pytest.mark.parametrize(
    ("zone", "shown"),
    [
        (PACIFIC, "2026-11-27 20:10 PST"),
        ("America/New_York", "2026-11-27 23:10 EST"),
        ("Pacific/Honolulu", "2026-11-27 18:10 HST"),
        ("Asia/Manila", "2026-11-28 12:10 PST"),
        ("UTC", "2026-11-28 04:10 UTC"),
    ],
)
def test_a_moment_is_shown_as_clocks_of_its_zone_show_it(zone: str, shown: str) -> None:
    local = local_time(EVENING, zone)
    assert f"{local:%Y-%m-%d %H:%M %Z}" == shown
    assert local == EVENING
    assert name_of_zone(local) == zone


def test_summer_time_is_kept() -> None:
    assert f"{local_time(datetime(2026, 7, 1, 6, 59, tzinfo=UTC), PACIFIC):%d %H %Z}" == "30 23 PDT"


@pytest.mark.parametrize(
    "zone", ["", "Nowhere/City", "America", "../etc/passwd", "/etc/localtime", "EST5", "\0"]
)
def test_a_zone_that_nobody_knows_gives_utc_and_says_so(zone: str) -> None:
    local = local_time(EVENING, zone)
    assert f"{local:%Y-%m-%d}" == "2026-11-28"
    assert name_of_zone(local) == "UTC"
    assert not is_known_zone(zone)


def test_names_of_zones_are_continent_and_city() -> None:
    assert all(
        map(is_zone_name, (PACIFIC, "America/Argentina/Ushuaia", "Etc/GMT+8", "America/Port-au-Prince"))
    )
    assert not any(
        map(is_zone_name, ("UTC", "posix/America/Los_Angeles", "America/", "Los Angeles", None, 8))
    )


def test_a_place_that_nobody_knows_has_utc() -> None:
    assert in_utc("atlantis") == "UTC"


def test_the_package_carries_the_zones_for_machines_without_any() -> None:
    """Amazon Linux has no zones: with an empty search path Python takes them from the package."""
    ask = (
        "from datetime import UTC, datetime; from chalicelib.shared.time_zones import local_time;"
        f"print(local_time(datetime(2026, 11, 28, 4, 10, tzinfo=UTC), '{PACIFIC}'))"
    )
    done = subprocess.run(
        [sys.executable, "-c", ask], capture_output=True, text=True, check=True, env={"PYTHONTZPATH": ""}
    )
    assert done.stdout.strip() == "2026-11-27 20:10:00-08:00"
