"""What came in the package, and the machine's own clock."""

from __future__ import annotations

import json
from datetime import UTC, timedelta
from pathlib import Path

import pytest

from chalicelib.directory.adapters.shipped_content import CONTENT, shipped_content
from chalicelib.directory.adapters.shipped_recipients import ShippedRecipients
from chalicelib.directory.errors import ContentInvalid
from chalicelib.pages.adapters.shipped_pages import ShippedPages
from chalicelib.shared.system_clock import SystemClock


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Pages as the build leaves them."""
    index = {
        "locales": ["en"],
        "places": ["us"],
        "default_place": "us",
        "headers": {"Cache-Control": "no-store"},
    }
    (tmp_path / "index.json").write_text(json.dumps(index))
    (tmp_path / "en").mkdir()
    (tmp_path / "en" / "us.b64").write_text("cGFnZQ==")
    (tmp_path / "en" / "error-404.b64").write_text("bm8=")
    (tmp_path / "secret.b64").write_text("c2VjcmV0")
    return tmp_path


def test_shipped_pages_are_read_once_and_kept(folder: Path) -> None:
    pages = ShippedPages(str(folder))
    assert (pages.page("en", "us"), pages.error("en", 404)) == ("cGFnZQ==", "bm8=")
    for file in folder.glob("en/*"):
        file.unlink()
    assert (pages.page("en", "us"), pages.error("en", 404)) == ("cGFnZQ==", "bm8=")
    assert (pages.default_place, pages.headers) == ("us", {"Cache-Control": "no-store"})


@pytest.mark.parametrize(
    ("locale", "place"),
    [("en", "nowhere"), ("xx", "us"), ("en", "../secret"), ("..", "secret"), ("en", "error-404"), ("", "")],
)
def test_nothing_is_read_for_a_page_that_is_not_listed(folder: Path, locale: str, place: str) -> None:
    with pytest.raises(KeyError):
        ShippedPages(str(folder)).page(locale, place)


def test_the_shipped_recipients_are_the_two_federal_mailboxes_and_neither_has_agreed() -> None:
    book = ShippedRecipients(CONTENT, shipped_content())
    known = {recipient.id: recipient for recipient in book.recipients()}
    assert set(known) == {"dot-trafficking", "dhs-blue-campaign"}
    assert all(recipient.agreed_on is None for recipient in known.values())
    assert known["dhs-blue-campaign"].enforces_immigration
    assert not known["dot-trafficking"].enforces_immigration
    assert {(one.email, one.fallback, one.key) for one in known.values()} == {("", "", "")}


def test_a_place_lies_in_its_county_state_and_nation_and_an_unknown_one_nowhere() -> None:
    book = ShippedRecipients(CONTENT, shipped_content())
    assert book.chain("los-banos-ca") == ("los-banos-ca", "merced-county-ca", "california", "us")
    assert book.chain("atlantis") == ()


def test_recipients_that_break_a_rule_stop_the_start(tmp_path: Path) -> None:
    (tmp_path / "recipients.json").write_text('[{"id": "a"}]')
    with pytest.raises(ContentInvalid):
        ShippedRecipients(tmp_path, shipped_content())


def test_the_clock_gives_the_time_in_utc_and_chance_that_differs() -> None:
    clock = SystemClock()
    assert clock.now().tzinfo is UTC
    assert clock.now() - clock.now() < timedelta(seconds=1)
    assert 0 <= clock.chance() < 1
    assert len({clock.nonce() for _ in range(100)}) == 100
    assert {len(clock.nonce()) for _ in range(10)} == {16}
