"""Fixtures of the admin site over moto's HTTP: the pool's keys are fetched as on AWS."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable, Iterator
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from werkzeug.serving import make_server

from chalicelib.desk.render.admin_pages import AdminPages
from chalicelib.publishing.adapters.render_process import RenderProcess
from chalicelib.shared.aws.sdk import client
from chalicelib.wiring import admin, documents
from tests.support.desk_site import SENDER, DeskSite
from tests.support.remembered import RememberingProcess

_numbers = count(1)


@pytest.fixture(scope="session")
def render_process(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], RememberingProcess]:
    """Return what gives one render process for all tests here: they publish the same texts again."""
    at = tmp_path_factory.getbasetemp()
    shared = at.parent / "remembered" if "PYTEST_XDIST_WORKER" in os.environ else None

    @cache
    def process(module: str) -> RememberingProcess:
        return RememberingProcess(RenderProcess(module), shared)

    return process


@cache
def _admin_pages(folder: Path) -> AdminPages:
    """Return the admin templates, compiled once for all tests here."""
    return AdminPages(folder)


@pytest.fixture(scope="session")
def pool_address() -> Iterator[str]:
    """Moto as a server of its own, once for all tests: each takes new names in it."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    moto: Any = DomainDispatcherApplication(create_backend_app)
    server = make_server("127.0.0.1", 0, moto, threaded=True, request_handler=MotoRequestHandler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def make_desk(
    pool_address: str,
    render_process: Callable[[str], RememberingProcess],
    monkeypatch: pytest.MonkeyPatch,
) -> Callable[..., DeskSite]:
    """Return what makes an admin site."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", pool_address)
    monkeypatch.setenv("MOTO_COGNITO_IDP_USER_POOL_ENABLE_TOTP", "true")
    monkeypatch.setattr(documents, "RenderProcess", render_process)
    monkeypatch.setattr(admin, "AdminPages", _admin_pages)
    client("sesv2").create_email_identity(EmailIdentity=SENDER)

    def make(**how: Any) -> DeskSite:
        return DeskSite(next(_numbers), **how)

    return make


@pytest.fixture
def desk(make_desk: Callable[..., DeskSite]) -> DeskSite:
    """An admin site with two publishers and an editor."""
    return make_desk()
