"""Jobs at a desk without a queue, on a machine that is slower than a request may be."""

from __future__ import annotations

import time
from typing import Any

import pytest

from chalicelib.shared.request_time import THIS_REQUEST
from chalicelib.wiring import run_job
from tests.support.desk_site import PUBLISHER_ONE, DeskSite


def test_checks_that_take_minutes_end_with_their_page_and_not_with_something_is_away(
    desk: DeskSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    ana, gone_by, work_on = desk.signed_in(PUBLISHER_ONE), [0.0], run_job.work_on

    def slow(*asked: Any) -> bool:
        gone_by[0] += 300
        return work_on(*asked)

    monkeypatch.setattr(run_job, "work_on", slow)
    monkeypatch.setattr(THIS_REQUEST, "_ticks", lambda: time.monotonic() + gone_by[0])
    page = ana.get("/admin/publish")
    while page.status == 303:
        page = ana.get(page.location)
    assert page.status == 200, page.words
    assert "Something is away" not in page.words
    assert gone_by[0] >= 300, "a job was done in the request"
