"""Fixtures of the admin site over moto's HTTP: the pool's keys are fetched as on AWS."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable, Iterator
from functools import cache, cached_property
from itertools import count
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from joserfc.jwk import RSAKey
from moto.cognitoidp import models as cognitoidp
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from moto.utilities.utils import load_resource
from werkzeug.serving import make_server

from chalicelib.desk.render.admin_pages import AdminPages
from chalicelib.pages.adapters.document_folders import Folders
from chalicelib.publishing.adapters.render_process import Limits, RenderProcess
from chalicelib.publishing.adapters.shipped_documents import ShippedFiles
from chalicelib.publishing.render import sentences
from chalicelib.shared.aws.sdk import client
from chalicelib.wiring import access, admin, publishing
from tests.support.desk_site import SENDER, DeskSite
from tests.support.moto_in_process import no_sockets_to
from tests.support.remembered import RememberingProcess
from tests.support.rendered import PATIENT

_numbers = count(1)


@pytest.fixture(scope="session")
def render_process(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., RememberingProcess]:
    """Return what gives one render process for all tests here: they publish the same texts again."""
    at = tmp_path_factory.getbasetemp()
    shared = at.parent / "remembered" if "PYTEST_XDIST_WORKER" in os.environ else None

    @cache
    def process(module: str, limits: Limits | None = None) -> RememberingProcess:
        return RememberingProcess(RenderProcess(module, limits or PATIENT), shared)

    return process


@cache
def _admin_pages(folder: Path) -> AdminPages:
    """Return the admin templates, compiled once for all tests here."""
    return AdminPages(folder)


@cache
def _shipped(folders: Folders) -> ShippedFiles:
    """Return the documents as they ship, read once for all tests here, and again when a file changes."""
    return ShippedFiles(folders, publishing.RENDERERS, sentences.of_texts)


class _OneKey:
    """RSAKey of moto's pools: all sign with one key, which takes a quarter of a second to read."""

    @cached_property
    def _key(self) -> Any:
        return RSAKey.import_key(load_resource("cognitoidp/resources/jwks-private.json"))

    def import_key(self, _: object) -> Any:
        return self._key


@pytest.fixture(scope="session")
def pool_address() -> Iterator[str]:
    """Moto as a server of its own, once for all tests: each takes new names in it."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(cognitoidp, "jwk", SimpleNamespace(RSAKey=_OneKey()))
        logging.getLogger("werkzeug").setLevel(logging.ERROR)
        moto: Any = DomainDispatcherApplication(create_backend_app)
        server = make_server("127.0.0.1", 0, moto, threaded=True, request_handler=MotoRequestHandler)
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        address = f"http://127.0.0.1:{server.server_port}"
        with no_sockets_to(address):
            yield address
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def make_desk(
    pool_address: str,
    render_process: Callable[..., RememberingProcess],
    monkeypatch: pytest.MonkeyPatch,
) -> Callable[..., DeskSite]:
    """Return what makes an admin site."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", pool_address)
    monkeypatch.setenv("MOTO_COGNITO_IDP_USER_POOL_ENABLE_TOTP", "true")
    monkeypatch.setattr(publishing, "RenderProcess", render_process)
    monkeypatch.setattr(publishing, "ShippedFiles", lambda folders, *_: _shipped(folders))
    for part in (access, admin):
        monkeypatch.setattr(part, "AdminPages", _admin_pages)
    client("sesv2").create_email_identity(EmailIdentity=SENDER)

    def make(**how: Any) -> DeskSite:
        return DeskSite(next(_numbers), **how)

    return make


@pytest.fixture
def first_ahead(request: pytest.FixtureRequest) -> None:
    """Let the desk of a test be one where nothing was delivered yet: people are changed at once."""
    if "desk" in request.fixturenames:
        request.getfixturevalue("desk").before_the_first_report()


@pytest.fixture
def desk(make_desk: Callable[..., DeskSite]) -> DeskSite:
    """An admin site with two publishers and an editor."""
    return make_desk()
