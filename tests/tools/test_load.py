"""`make load` notices what it is there to notice."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from chalicelib.reporting.receipts import read_code
from tools.load import Answer, Tally, a_code, faults_of
from tools.local.running import ROOT

pytestmark = pytest.mark.takes(20)

MARK = "mark-1-2-end"
PAGE = '<!DOCTYPE html><html lang="es" dir="ltr">{words}</html>'


def faults(words: str = "", status: int = 200, locale: str = "es") -> list[str]:
    return faults_of(Answer(status, PAGE.format(words=words)), (200, 203), locale, MARK)


def test_an_answer_of_ones_own_is_no_fault() -> None:
    assert faults() == faults(MARK) == faults(status=203) == []


def test_a_language_may_be_named_with_its_script() -> None:
    answer = Answer(200, PAGE.replace("es", "pa-Guru"))
    assert faults_of(answer, (200,), "pa", MARK) == []


@pytest.mark.parametrize(
    ("answer", "fault"),
    [
        ({"words": f"{MARK} mark-7-2-end"}, "another request's words"),
        ({"locale": "en"}, "language es for en"),
        ({"locale": "e"}, "language es for e"),
        ({"status": 503}, "status 503"),
    ],
)
def test_what_is_somebody_elses_or_failed_is_a_fault(answer: dict[str, object], fault: str) -> None:
    assert faults(**answer) == [fault]  # type: ignore[arg-type]


def test_an_answer_that_is_no_page_is_a_fault() -> None:
    assert faults_of(Answer(200, "{}"), (200,), "es", MARK) == ["language none for es"]


def test_a_receipt_code_that_came_twice_is_noticed() -> None:
    tally = Tally()
    assert [tally.give("1"), tally.give("2"), tally.give("1")] == [True, True, False]


def test_a_guessed_code_is_well_formed_so_that_it_costs_what_a_right_one_costs() -> None:
    assert all(read_code(a_code()) for _ in range(20))


def test_a_small_crowd_gets_its_own_answers() -> None:
    told = {"REQUESTS": "150", "SECONDS": "6", "PEOPLE": "3", "SEED": "1"}
    done = subprocess.run(
        [sys.executable, "-m", "tools.load"],
        cwd=ROOT,
        env={**os.environ, **told},
        capture_output=True,
        text=True,
    )
    last = json.loads(done.stdout.splitlines()[-1])
    assert last["faults"] == 0, done.stdout
    assert last["requests"] > 0
    assert last["flood"]["guesses"] > 0
    assert last["flood"]["other"] == 0
