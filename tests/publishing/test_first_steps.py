"""Onboarding of a desk: five steps, read off the site."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from chalicelib.directory.recipients import Recipient
from chalicelib.publishing.first_steps import first_steps
from tests.support.fakes import recipient

READY = recipient("sheriff", fallback="second@office.example")
ALL: dict[str, Any] = {"second_factor": True, "unchecked": False, "recipients": [READY], "published": True}


def open_steps(**now: Any) -> list[str]:
    return [step.href for step in first_steps(**{**ALL, **now}) if not step.done]


def test_when_all_is_done_nothing_is_shown() -> None:
    assert first_steps(**ALL) == ()


@pytest.mark.parametrize(
    ("now", "href"),
    [
        ({"second_factor": False}, "/admin/access/authenticator"),
        ({"unchecked": True}, "/admin/contacts"),
        ({"recipients": [READY, replace(READY, agreed_on=None)]}, "/admin/recipients"),
        ({"recipients": [READY, replace(READY, fallback="")]}, "/admin/recipients"),
        ({"published": False}, "/admin/publish"),
    ],
)
def test_one_that_is_open_is_shown_among_the_five_and_leads_to_its_screen(
    now: dict[str, Any], href: str
) -> None:
    assert open_steps(**now) == [href]
    assert len(first_steps(**{**ALL, **now})) == 5


def test_a_site_without_recipients_has_asked_nobody() -> None:
    nobody: list[Recipient] = []
    assert open_steps(recipients=nobody) == ["/admin/recipients"] * 2
