"""A chaos run loses nothing, says so in one line, and notices when something is wrong with the site."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from chalicelib.domain.deliveries import BOUNCED, DELIVERED, QUEUED, SENT, Delivery, SealedReport
from tests.support.fakes import NOON
from tools.chaos.people import Filed
from tools.chaos.reckoning import Reckoning, reckon

ROOT = Path(__file__).parents[2]


Run = tuple[int, list[str], dict[str, Any]]


@pytest.fixture(scope="module")
def runs() -> dict[str, Run]:
    """A run of the site as it is and one with a fault planted, side by side because they mostly wait."""
    plants = ("", "sent-before-sending")
    processes = [
        subprocess.Popen(
            [sys.executable, "-m", "tools.chaos"],
            cwd=ROOT,
            env={"PATH": os.environ["PATH"], "SEED": "9", "REPORTS": "120", "PLANT": plant},
            stdout=subprocess.PIPE,
            text=True,
        )
        for plant in plants
    ]
    told = {}
    for plant, process in zip(plants, processes, strict=True):
        lines = process.communicate(timeout=300)[0].splitlines()
        told[plant] = (process.returncode, lines, json.loads(lines[-1]))
    return told


def test_a_small_run_loses_nothing_and_tells_in_one_line(runs: dict[str, Run]) -> None:
    code, lines, result = runs[""]
    assert (code, result["lost"], result["doubled_otherwise"]) == (0, 0, 0), lines
    assert result["seed"] == 9
    assert result["reports"] == 120
    assert result["mails"] > 0
    assert result["held"] > 0
    assert result["kills"] > 0
    assert result["faults"] > 0
    assert {"doubled", "longest_wait_s", "max_rss_mb"} <= result.keys()
    assert len(lines) > 3  # it showed its progress


def test_a_worker_that_marks_sent_before_it_sends_is_found_out(runs: dict[str, Run]) -> None:
    code, lines, result = runs["sent-before-sending"]
    assert code == 1
    assert result["lost"] > 0
    assert any("said to be sent, and never sent" in line for line in lines)


# The reckoning itself

FILED = Filed(1, "0" * 32, ("police",), "story-000001-0123456789abcdef-end")


def record(state: str, turn: int = 0) -> SealedReport:
    return SealedReport(
        id=FILED.report_id,
        sealed=b"",
        reporter_key=b"",
        place="us",
        taken_at=NOON,
        deliveries=(Delivery("police", state, NOON, turn=turn),),
    )


def mail(number: int, *, turn: int = 0, answered: bool = True, reached: bool = True) -> dict[str, Any]:
    return {
        "number": number,
        "about": "report-x",
        "recipient": "police",
        "turn": turn,
        "caller": f"deliver-{number}",
        "answered": answered,
        "reached": reached,
        "at": NOON.isoformat(),
        "stories": [FILED.story],
    }


def reckoned(
    state: str,
    *mails: dict[str, Any],
    alarms: tuple[tuple[str, str], ...] = (),
    killed: tuple[str, ...] = (),
    recorded: tuple[tuple[str, str, int], ...] = (),
    turn: int = 0,
) -> Reckoning:
    everything = {"mails": mails, "alarms": alarms, "recorded": recorded}
    return reckon([FILED], {FILED.report_id: record(state, turn)}, everything, set(killed))


def test_what_reached_its_recipient_is_not_lost() -> None:
    assert reckoned(DELIVERED, mail(0)).lost == []


def test_what_is_only_said_to_be_sent_is_lost() -> None:
    assert len(reckoned(SENT).lost) == 1
    assert len(reckoned(SENT, mail(0), turn=1).lost) == 1


def test_what_nobody_has_is_lost_unless_somebody_was_told() -> None:
    lacking = mail(0, reached=False)
    assert len(reckoned(BOUNCED, lacking).lost) == 1
    assert len(reckoned(DELIVERED, lacking).lost) == 1
    told = reckoned(BOUNCED, lacking, alarms=(("not_taken", "recipient: police"),))
    assert (told.lost, told.told) == ([], 1)
    watched = reckoned(SENT, lacking, alarms=(("reached_nobody", f"cases: {FILED.case_number}"),))
    assert watched.lost == []
    assert len(reckoned(QUEUED, alarms=(("not_taken", "recipient: police"),)).lost) == 1


def test_what_was_taken_and_is_said_to_be_bounced_is_found_out() -> None:
    assert reckoned(BOUNCED, mail(0)).lost == [
        f"{FILED.case_number} to police: taken, and said to be bounced"
    ]
    given_back = reckoned(
        BOUNCED, mail(0), mail(1, reached=False), alarms=(("not_taken", "recipient: police"),)
    )
    assert given_back.lost == []


def test_what_an_absence_note_made_fall_back_is_in_a_turn_without_a_mail() -> None:
    mended = record(DELIVERED, turn=2)
    mended = replace(mended, deliveries=(replace(mended.deliveries[0], doubtful=(0,)),))
    everything = {"mails": [mail(0)], "alarms": [], "recorded": []}
    assert reckon([FILED], {FILED.report_id: mended}, everything, set()).lost == []


def test_a_receipt_without_a_record_is_lost() -> None:
    assert len(reckon([FILED], {}, {"mails": [], "alarms": [], "recorded": []}, set()).lost) == 1


@pytest.mark.parametrize(
    ("first", "killed", "recorded", "reason"),
    [
        (mail(0, answered=False), (), (), "timeout"),
        (mail(0), ("deliver-0",), (), "kill"),
        (mail(0), ("deliver-0",), (("deliver-0", FILED.report_id, 1),), "none"),
        (mail(0), (), (), "none"),
    ],
)
def test_a_double_has_a_reason_or_is_a_fault(
    first: dict[str, Any],
    killed: tuple[str, ...],
    recorded: tuple[tuple[str, str, int], ...],
    reason: str,
) -> None:
    result = reckoned(DELIVERED, first, mail(1), killed=killed, recorded=recorded)
    counted = {
        "timeout": result.doubled_after_timeout,
        "kill": result.doubled_after_kill,
        "none": len(result.unexplained),
    }
    assert counted.pop(reason) == 1
    assert set(counted.values()) == {0}
    assert result.doubled == 1


def test_the_fallbacks_copy_is_no_double() -> None:
    assert reckoned(DELIVERED, mail(0, reached=False), mail(1, turn=1), turn=1).doubled == 0
