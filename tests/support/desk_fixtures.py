"""Fixtures of the admin site over moto's HTTP: the pool's keys are fetched as on AWS."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from functools import cache
from itertools import count
from typing import Any

import pytest
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from werkzeug.serving import make_server

from chalicelib.publishing.adapters.render_process import RenderProcess
from chalicelib.shared.aws.sdk import client
from chalicelib.wiring import documents
from tests.support.desk_site import SENDER, DeskSite
from tests.support.remembered import RememberingProcess

_numbers = count(1)


@cache
def _remembering(module: str) -> RememberingProcess:
    """Return one cache of rendered pages for all tests here: they publish the same texts again and again."""
    return RememberingProcess(RenderProcess(module))


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
def make_desk(pool_address: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., DeskSite]]:
    """Return what makes an admin site."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", pool_address)
    monkeypatch.setenv("MOTO_COGNITO_IDP_USER_POOL_ENABLE_TOTP", "true")
    monkeypatch.setattr(documents, "RenderProcess", _remembering)
    client.cache_clear()
    client("sesv2").create_email_identity(EmailIdentity=SENDER)

    def make(**how: Any) -> DeskSite:
        return DeskSite(next(_numbers), **how)

    yield make
    client.cache_clear()


@pytest.fixture
def desk(make_desk: Callable[..., DeskSite]) -> DeskSite:
    """An admin site with two publishers and an editor."""
    return make_desk()
