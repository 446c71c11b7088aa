"""The function that looks up codes, on this machine: apart from the site, a few at a time, newest first."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from tools.gateway_pages import Hotline
from tools.local_codes import CodeFunction, Queue, TooManyWait


class Asker:
    """Somebody who waits for a turn, and keeps it until told to go."""

    def __init__(self, queue: Queue) -> None:
        self.in_turn, self.go, self.turned_away = threading.Event(), threading.Event(), threading.Event()
        self._queue = queue
        threading.Thread(target=self._ask, daemon=True).start()

    def _ask(self) -> None:
        try:
            with self._queue.turn():
                self.in_turn.set()
                self.go.wait(10)
        except TooManyWait:
            self.turned_away.set()


def waiting(queue: Queue, count: int) -> list[Asker]:
    askers = []
    for _ in range(count):
        askers.append(Asker(queue))
        time.sleep(0.05)
    return askers


def test_a_few_are_served_at_a_time_and_then_the_newest() -> None:
    first, second, old, new = waiting(Queue(at_once=2, patience=10), 4)
    assert first.in_turn.is_set()
    assert second.in_turn.is_set()
    assert not old.in_turn.is_set()
    assert not new.in_turn.is_set()
    first.go.set()
    assert new.in_turn.wait(5)
    assert not old.in_turn.is_set()
    second.go.set()
    assert old.in_turn.wait(5)


def test_who_waited_for_too_long_is_turned_away_and_takes_nobodys_turn() -> None:
    queue = Queue(at_once=1, patience=0.2)
    first, other = waiting(queue, 2)
    assert other.turned_away.wait(5)
    first.go.set()
    time.sleep(0.05)
    [third] = waiting(queue, 1)
    assert third.in_turn.wait(5)


@pytest.mark.parametrize(
    ("method", "target", "is_for_it"),
    [
        ("POST", "/en/code/", True),
        ("POST", "/zh-Hans/code", True),
        ("POST", "/en/code/?x=1", True),
        ("GET", "/en/code/", False),
        ("POST", "/en/los-banos-ca/note/", False),
        ("POST", "/en/code/more", False),
    ],
)
def test_look_ups_alone_are_for_it(method: str, target: str, is_for_it: bool) -> None:
    assert CodeFunction.answers(method, target) is is_for_it


def test_while_it_is_away_people_get_the_small_page_with_the_numbers() -> None:
    function = CodeFunction({"PATH": "", "PYTHONPATH": str(Path("nowhere"))}, Hotline("+18883737888", "888"))
    try:
        answer = function("POST", "/en/code/", [], b"k=1")
    finally:
        function.stop()
    assert answer["statusCode"] == 503
    assert "text/html" in answer["headers"]["Content-Type"]
