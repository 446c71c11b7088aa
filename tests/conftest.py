"""What every test may count on: no way to AWS or to any other machine, and AWS's stand-in on request."""

from __future__ import annotations

import gc
import ipaddress
import os
import socket
import subprocess
import sys
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from tests.support.pure import is_pure
from tests.support.side_by_side import in_order, turn
from tools.build.catalogs import compile_catalogs

REGION = "us-west-2"
# What the pure tests never ask for takes seconds to import. xdist's workers see the surroundings alone.
if "--pure" in sys.argv:
    os.environ["PYTEST_PURE"] = "yes"
pytest_plugins = ["tests.support.site_fixtures"]
if "PYTEST_PURE" not in os.environ:
    pytest_plugins += ["tests.support.store_fixtures", "tests.support.desk_fixtures"]

# The stand-ins make many objects that live: looking through them again and again took a tenth of the time.
gc.set_threshold(50_000, 20, 50)

# The same examples in every run, and no clock in the verdict: a busy machine is no reason to fail.
settings.register_profile("steady", derandomize=True, deadline=None, max_examples=60, database=None)
settings.load_profile("steady")


@pytest.fixture(autouse=True)
def _no_way_to_aws(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    """Put aside whatever the surroundings say about AWS, and clients that an earlier test has made.

    Those of the admin site's tests all speak with one stand-in, so they may be kept for the next of them.
    """
    sdk = sys.modules.get("chalicelib.shared.aws.sdk")
    if sdk is not None and "pool_address" not in request.fixturenames:
        _forget_clients()
    for name in list(os.environ):
        if name.startswith("AWS_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    monkeypatch.setenv("AWS_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", os.devnull)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail whatever in this process turns to another machine."""
    connect = socket.socket.connect

    def connect_here(self: socket.socket, address: Any) -> None:
        if self.family != socket.AF_UNIX and not _is_here(address[0]):
            raise AssertionError(f"a test turned to {address[0]}")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", connect_here)


@pytest.fixture(autouse=True)
def _pure(pytestconfig: pytest.Config, monkeypatch: pytest.MonkeyPatch, _no_network: None) -> None:
    """With --pure, fail whatever in this process starts another or turns to one."""
    if pytestconfig.getoption("pure"):
        monkeypatch.setattr(subprocess.Popen, "__init__", _refuse)
        monkeypatch.setattr(socket.socket, "connect", _refuse)


def _refuse(*what: object, **how: object) -> None:
    raise AssertionError("a pure test touched something outside its process: see tests/support/pure.py")


def pytest_configure(config: pytest.Config) -> None:
    """Compile the catalogs before any test begins, once for all workers: a fresh clone has none.

    Commands that tests start compile them too. To a desk that runs beside them that would look like a deploy.
    """
    if not hasattr(config, "workerinput"):
        compile_catalogs()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Offer what `make quick` asks for."""
    parser.addoption("--pure", action="store_true", help="run the tests that touch nothing outside, alone")


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave out, with --pure, every file of tests that touches something."""
    asked = config.getoption("pure") and collection_path.name.startswith("test_")
    return True if asked and not is_pure(collection_path) else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Start what takes long first."""
    items[:] = in_order(items)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Let a test that measures have the machine to itself."""
    with turn(item):
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Fail a test that was skipped: it has shown nothing."""
    report = yield
    if report.skipped:
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} was skipped"
    return report


def _is_here(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


@pytest.fixture
def aws() -> Iterator[None]:
    """Stand moto in for AWS, empty at first, within this process."""
    from moto import mock_aws

    _forget_clients()
    with mock_aws():
        yield
    _forget_clients()


def _forget_clients() -> None:
    from chalicelib.shared.aws import sdk

    for made in (sdk.client, sdk.client_in_time):
        made.cache_clear()
