"""Who takes a domain's mail is read from dig's answer, and not guessed where there is none."""

from __future__ import annotations

import subprocess
from typing import Any

import pytest

from tools.aws.mail_servers import receiving_host, servers_of

HEAD = ";; Got answer:\n;; ->>HEADER<<- opcode: QUERY, status: {}, id: 51032\n;; QUESTION SECTION:\n"
QUESTION = ";reply.town.example.\t\tIN\tMX\n\n"


def looked_up(answer: str, status: str = "NOERROR", code: int = 0) -> tuple[str, ...] | None:
    def run(command: list[str], **_: Any) -> subprocess.CompletedProcess[str]:
        assert command[0] == "dig"
        assert command[-2:] == ["MX", "reply.town.example"]
        return subprocess.CompletedProcess(command, code, HEAD.format(status) + QUESTION + answer, "")

    return servers_of("reply.town.example", run)


def test_servers_come_in_the_order_in_which_they_are_tried():
    answer = (
        ";; ANSWER SECTION:\n"
        "reply.town.example.\t300\tIN\tMX\t20 backup.town.example.\n"
        "reply.town.example.\t300\tIN\tMX\t10 Inbound-SMTP.us-west-2.amazonaws.com.\n"
    )
    assert looked_up(answer) == (receiving_host("us-west-2"), "backup.town.example")


@pytest.mark.parametrize("status", ["NOERROR", "NXDOMAIN"])
def test_a_domain_without_servers_has_none(status):
    assert looked_up("", status) == ()


def test_an_alias_on_the_way_is_no_server():
    answer = (
        "reply.town.example.\t300\tIN\tCNAME\tmail.town.example.\n"
        "mail.town.example.\t300\tIN\tMX\t10 a.example.\n"
    )
    assert looked_up(answer) == ("a.example",)


def test_an_answer_that_says_nothing_of_the_domain_is_none():
    assert looked_up("", "SERVFAIL") is None
    assert looked_up("", "REFUSED") is None
    assert looked_up("", code=9) is None

    def silent(command: list[str], **_: Any) -> subprocess.CompletedProcess[str]:
        return subprocess.CompletedProcess(command, 0, ";; no servers could be reached\n", "")

    assert servers_of("reply.town.example", silent) is None


@pytest.mark.parametrize("fault", [FileNotFoundError("dig"), subprocess.TimeoutExpired("dig", 20)])
def test_without_dig_nobody_could_be_asked(fault):
    def run(command: list[str], **_: Any) -> subprocess.CompletedProcess[str]:
        raise fault

    assert servers_of("reply.town.example", run) is None
