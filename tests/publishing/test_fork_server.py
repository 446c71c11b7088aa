"""The fork server: it is there again when it was killed, and leaves nobody behind."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from chalicelib.publishing.adapters.fork_server import ForkServer, fork_server

WORK = """
import os, sys, time

def work(folder, seconds, memory):
    if folder.name == "ends":
        raise SystemExit(3)
    sys.stdout.write(f"{os.getpid()} {os.getppid()}\\n")
    sys.stdout.flush()
    if sys.stdin.readline() == "stay\\n":
        time.sleep(60)
"""


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ForkServer]:
    (tmp_path / "forked_work.py").write_text(WORK)
    monkeypatch.syspath_prepend(str(tmp_path))
    server = fork_server("forked_work")
    yield server
    server.stop()


class Fork:
    """A fork with the other ends of its pipes."""

    def __init__(self, server: ForkServer, folder: str = "any") -> None:
        jobs, self.jobs = os.pipe()
        self.answers, answers = os.pipe()
        try:
            asked = {"folder": folder, "processor": 5, "memory": 1 << 28}
            self.pid = server.fork(asked, [jobs, answers])
        finally:
            os.close(jobs)
            os.close(answers)

    def close(self) -> None:
        os.close(self.jobs)
        os.close(self.answers)


def is_there(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    with open(f"/proc/{pid}/stat") as stat:
        return stat.read().rpartition(")")[2].split()[0] != "Z"


def until_gone(pid: int) -> None:
    end = time.monotonic() + 20
    while is_there(pid) and time.monotonic() < end:
        time.sleep(0.02)
    assert not is_there(pid)


def test_forks_are_children_of_one_server_and_answer_through_their_pipes(server: ForkServer) -> None:
    forks = [Fork(server), Fork(server)]
    said = [os.read(fork.answers, 100).split() for fork in forks]
    assert [int(pid) for pid, _ in said] == [fork.pid for fork in forks]
    assert len({parent for _, parent in said}) == 1
    assert os.getpid() not in [int(parent) for _, parent in said]
    for fork in forks:
        fork.close()
        assert server.end(fork.pid, 10.0) == 0


def test_how_a_fork_ended_is_told_and_one_that_stays_is_killed(server: ForkServer) -> None:
    ends = Fork(server, "ends")
    assert server.end(ends.pid, 10.0) == 1
    ends.close()
    stays = Fork(server)
    os.write(stays.jobs, b"stay\n")
    assert server.end(stays.pid) == -signal.SIGKILL
    assert not is_there(stays.pid)
    assert server.end(stays.pid) == 0  # asked twice, it hits nobody
    stays.close()


def test_a_server_that_was_killed_is_there_again_and_its_forks_are_not(server: ForkServer) -> None:
    first = Fork(server)
    _, parent = os.read(first.answers, 100).split()
    os.write(first.jobs, b"stay\n")
    os.kill(int(parent), signal.SIGKILL)
    until_gone(first.pid)
    first.close()
    second = Fork(server)
    assert int(os.read(second.answers, 100).split()[0]) == second.pid
    second.close()


def test_forks_end_with_who_asked_for_them(server: ForkServer) -> None:
    fork = Fork(server)
    os.read(fork.answers, 100)
    os.write(fork.jobs, b"stay\n")
    server.stop()
    until_gone(fork.pid)
    fork.close()


def test_an_answer_that_comes_late_is_not_taken_for_that_to_the_next_question(
    server: ForkServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    fork = Fork(server)
    os.read(fork.answers, 100)
    assert server._control is not None
    server._control.settimeout(0.0)  # as after a long stall
    assert server.end(fork.pid, 0.2) == 0
    fork.close()
    again = Fork(server)
    assert int(os.read(again.answers, 100).split()[0]) == again.pid
    again.close()
    assert server.end(again.pid, 10.0) == 0


def test_the_server_of_a_module_is_one_in_a_process(server: ForkServer) -> None:
    assert fork_server("forked_work") is server
