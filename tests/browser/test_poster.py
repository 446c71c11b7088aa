"""A sheet to hang up is one sheet, on either paper, in every language."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser

from chalicelib.directory.adapters.shipped_content import shipped_content
from chalicelib.pages.render.catalogs import Catalogs
from tools.build.catalogs import compile_catalogs
from tools.look.poster import PAPERS, Posters

# They share a site and a browser: one number keeps them together.
pytestmark = pytest.mark.takes(100)

LONGEST = "https://abcdefghij.execute-api.us-west-2.amazonaws.com/api"


@pytest.mark.parametrize("paper", PAPERS)
def test_every_sheet_is_one_page(
    chromium: Browser, tmp_path_factory: pytest.TempPathFactory, paper: str
) -> None:
    folder = tmp_path_factory.mktemp("catalogs")
    compile_catalogs(target=folder)
    page = chromium.new_page()
    pages = {}
    for locale, place, html in Posters(shipped_content(), Catalogs(folder), LONGEST).each():
        page.set_content(html)
        pages[locale, place] = len(re.findall(rb"/Type\s*/Page\b", page.pdf(format=paper)))
    page.close()
    assert pages == dict.fromkeys(pages, 1)
