"""Chalice's own commands in a checkout, as a developer who knows Chalice types them."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from tools.local.chalice_commands import prepare

ROOT = Path(__file__).resolve().parents[2]
CHALICE = [sys.executable, "-c", "import sys; from chalice.cli import main; sys.exit(main())"]

pytestmark = pytest.mark.takes(10)


def _start(*arguments: str) -> subprocess.Popen[str]:
    # As in a fresh clone: no region, no credentials, none of this project's settings.
    ours = ("AWS_", "PORCHLIGHT_", "STAGE")
    environ = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    environ |= {"AWS_EC2_METADATA_DISABLED": "true", "AWS_CONFIG_FILE": os.devnull}
    return subprocess.Popen(
        [*CHALICE, *arguments],
        cwd=ROOT,
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


@pytest.fixture(scope="module")
def local() -> Iterator[str]:
    """The address of one `chalice local`, which all tests here share."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = _start("local", "--port", str(port), "--no-autoreload")
    assert process.stdout is not None
    try:
        for line in process.stdout:  # it ends if the command does, and then there is no such line
            if line.startswith("Serving on "):
                yield f"http://127.0.0.1:{port}"
                break
        else:
            pytest.fail("chalice local ended")
    finally:
        process.terminate()
        process.communicate()


def _get(address: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(address, timeout=20) as response:
            return response.status, response.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


@pytest.mark.parametrize(("path", "language"), [("/", "en"), ("/es/us", "es"), ("/zh-Hans", "zh-Hans")])
def test_chalice_local_serves_the_public_pages(local: str, path: str, language: str) -> None:
    status, page = _get(local + path)
    assert status == 200
    assert re.search(rf'<html lang="{language}"', page)
    assert "888-373-7888" in page


def test_chalice_local_says_in_the_visitors_language_that_a_page_is_not_there(local: str) -> None:
    status, page = _get(f"{local}/es/nowhere")
    assert status == 404
    assert '<html lang="es"' in page


def test_the_other_commands_work_or_say_in_one_sentence_what_does() -> None:
    commands = {
        "make package": ("package", "build/nowhere"),
        "make deploy": ("deploy",),
    }
    started = {ours: _start(*arguments) for ours, arguments in commands.items()}
    policy = _start("gen-policy")
    for ours, process in started.items():
        said, _ = process.communicate()
        assert process.returncode == 1, said
        assert re.fullmatch(r"Error: [^\n]+\.\n", said), said
        assert ours in said
    said, _ = policy.communicate()
    assert policy.returncode == 0, said
    assert json.loads(said)["Statement"] == []  # app.py itself calls nothing: policies are in .chalice
    assert not (ROOT / "build" / "nowhere").exists()


@pytest.mark.parametrize("command", ["plan", "appgraph", "delete", "generate-models"])
def test_commands_that_would_work_on_a_part_of_the_stack_name_ours(command: str) -> None:
    environ: dict[str, str] = {}
    with click.Context(click.Command(command), info_name=command), pytest.raises(click.ClickException) as end:
        prepare(environ, lambda: pytest.fail("catalogs were compiled for nothing"))
    assert all(ours in end.value.message for ours in ("make run", "make package", "make deploy"))
    assert environ == {}


def test_the_reloaders_thread_has_no_context_and_is_chalice_local(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    environ = {"PORCHLIGHT_FUNCTION": "all"}
    compiled: list[str] = []
    prepare(environ, lambda: compiled.append("catalogs"))
    assert environ == {"PORCHLIGHT_FUNCTION": "page", "PORCHLIGHT_PAGES": "live"}
    assert compiled == ["catalogs"]
    assert sys.dont_write_bytecode  # else the reloader starts anew for each file that Python writes
