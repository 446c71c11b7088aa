"""The function that looks up codes, on this machine: apart from the site, a few at a time, by lot."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from chalicelib.reporting.adapters import receipt_vault
from tools.build.gateway_pages import Hotline
from tools.local import argon2
from tools.local.local_codes import CodeFunction, Queue, TooManyWait


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


def test_a_few_are_served_at_a_time_and_those_who_wait_by_lot() -> None:
    drawn = iter([1, 1, 0])
    first, second, third, fourth, fifth = waiting(Queue(2, 10, lambda _: next(drawn)), 5)
    assert [one.in_turn.is_set() for one in (first, second, third, fourth, fifth)] == [True, True] + [
        False
    ] * 3
    first.go.set()
    assert fourth.in_turn.wait(5)
    second.go.set()
    assert fifth.in_turn.wait(5)
    assert not third.in_turn.is_set()
    fourth.go.set()
    assert third.in_turn.wait(5)


def test_a_lot_is_drawn_among_all_who_wait() -> None:
    asked: list[int] = []

    def draw(count: int) -> int:
        asked.append(count)
        return 0

    first, *others = waiting(Queue(1, 10, draw), 4)
    for one in (first, *others[:2]):
        one.go.set()
        time.sleep(0.05)
    assert others[2].in_turn.wait(5)
    assert asked == [3, 2, 1]


@pytest.mark.parametrize("code", [b"0" * 20, b"12345678901234567890", b""])
def test_the_faster_argon2id_gives_the_same_bytes_as_the_functions(code: bytes) -> None:
    assert argon2.argon2id(code, b"salt" * 4, b"pepper" * 5) == receipt_vault.argon2id(
        code, b"salt" * 4, b"pepper" * 5
    )


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
