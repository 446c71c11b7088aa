"""Fixtures of the site as it ships: content, catalogs compiled, pages, and all of it over fakes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from chalicelib.directory.adapters.shipped_content import TEMPLATES, shipped_content
from chalicelib.directory.content import Content
from chalicelib.pages.render.catalogs import Catalogs
from chalicelib.reporting.render.form_pages import FormPages
from tests.support.website import Website, every_log_line
from tools.build.catalogs import compile_catalogs


@pytest.fixture(scope="session")
def content() -> Content:
    """What pages are filled with."""
    return shipped_content()


@pytest.fixture(scope="session")
def catalogs(tmp_path_factory: pytest.TempPathFactory) -> Catalogs:
    """The sentences of every language."""
    directory = tmp_path_factory.mktemp("catalogs")
    compile_catalogs(target=directory)
    return Catalogs(directory)


@pytest.fixture(scope="session")
def site(content: Content, catalogs: Catalogs) -> FormPages:
    """The site as it ships."""
    return FormPages(TEMPLATES, catalogs, content)


@pytest.fixture
def website(site: FormPages) -> Website:
    """The whole site, nothing stored yet."""
    return Website(lambda: site)


@pytest.fixture
def log() -> Iterator[list[str]]:
    """Every line that any logger says meanwhile."""
    with every_log_line() as lines:
        yield lines
