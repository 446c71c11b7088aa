"""The flood of codes measures what it says."""

from __future__ import annotations

import time

import pytest

from tools.flood import Guesses, Times, flood, is_good, watched
from tools.local.running import running_site

pytestmark = pytest.mark.takes(20)


@pytest.mark.alone
def test_guesses_come_at_their_rate_whether_they_are_answered_or_not() -> None:
    def slow() -> int:
        time.sleep(0.5)
        return 404

    with Guesses(50, slow) as guesses:
        time.sleep(1.0)
    time.sleep(0.7)
    assert 35 <= guesses.answers[404] <= 60


def test_a_try_that_failed_or_came_late_is_not_good() -> None:
    assert Times([0.1, 0.2, 3.5], failed=1).told()["within_3_s"] == 0.5
    assert not is_good({"during": {"code": {"within_3_s": 0.94}}})
    assert is_good({"during": {"code": {"within_3_s": 0.95}}})


@pytest.mark.alone
def test_tries_go_on_side_by_side_for_their_time() -> None:
    found = watched(1.2, {"one": lambda: True, "other": lambda: False})
    assert found["one"]["tries"] >= 2
    assert found["one"]["within_3_s"] == 1.0
    assert found["other"]["within_3_s"] == 0.0


def test_a_holders_code_opens_in_a_flood_while_pages_and_forms_are_served() -> None:
    with running_site() as address:
        found = flood(address, rate=5, seconds=6)
    assert found["guesses"] == found["looked_up"] + found["told_to_wait"] > 0
    during = found["during"]
    assert during["code"]["tries"] > during["code"]["failed"]  # how many in time is the tool's to say
    assert during["page"]["failed"] == during["form"]["failed"] == 0
