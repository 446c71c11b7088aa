"""The site among fakes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from chalicelib.pages.render.catalogs import Catalogs
from chalicelib.pages.render.site import Site
from tests.support.website import Website, every_log_line, shipped_site
from tools.catalogs import compile_catalogs


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """The site as it ships, its catalogs compiled."""
    folder = tmp_path_factory.mktemp("catalogs")
    compile_catalogs(target=folder)
    return shipped_site(Catalogs(folder))


@pytest.fixture
def website(site: Site) -> Website:
    """The whole site, nothing stored yet."""
    return Website(lambda: site)


@pytest.fixture
def log() -> Iterator[list[str]]:
    """Every line that any logger says meanwhile."""
    with every_log_line() as lines:
        yield lines
