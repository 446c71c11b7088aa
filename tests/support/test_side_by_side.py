"""Long files start first, and whoever measures time is alone."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Any, cast

import pytest

from tests.support.side_by_side import in_order, turn


@dataclass
class Item:
    """As much of a test as its order asks for."""

    name: str
    marks: dict[str, pytest.Mark]

    def get_closest_marker(self, name: str) -> pytest.Mark | None:
        return self.marks.get(name)


def item(name: str, *marks: pytest.MarkDecorator) -> pytest.Item:
    return cast(pytest.Item, Item(name, {mark.name: mark.mark for mark in marks}))


def test_the_longest_files_come_first_and_nothing_else_changes_its_place() -> None:
    long, longer = pytest.mark.takes(20), pytest.mark.takes(30)
    items = [item("a"), item("b", long), item("c", longer), item("d"), item("e", longer)]
    assert [cast(Any, one).name for one in in_order(items)] == ["c", "e", "b", "a", "d"]


def test_who_is_alone_waits_for_the_others_and_the_others_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTEST_XDIST_WORKER", "gw0")
    entered, over = threading.Barrier(3, timeout=20), threading.Event()
    said: list[str] = []

    def beside() -> None:
        with turn(item("beside"), room="of-a-test"):
            entered.wait()
            over.wait(20)
            said.append("beside")

    def alone() -> None:
        with turn(item("alone", pytest.mark.alone), room="of-a-test"):
            said.append("alone")

    threads = [threading.Thread(target=beside) for _ in range(2)]
    for thread in threads:
        thread.start()
    entered.wait()  # both are in
    threads.append(threading.Thread(target=alone))
    threads[-1].start()
    threads[-1].join(0.2)
    assert said == []
    over.set()
    for thread in threads:
        thread.join()
    assert said == ["beside", "beside", "alone"]
