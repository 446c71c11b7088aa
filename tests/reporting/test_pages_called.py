"""The form and the code page called as methods, with a request that is handed in."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from chalicelib.pages.web.responses import NoSuchPage
from chalicelib.replies.web.code_page import CodePage
from chalicelib.reporting.form_tokens import Stamps
from chalicelib.reporting.web.form_page import FormPage

PAGES: Any = SimpleNamespace(locales=("en",), places=("us",))
EVENT = {"httpMethod": "POST", "path": "/", "headers": {"Content-Type": "application/x-www-form-urlencoded"}}


class CountedSite:
    """A site whose pages are plain words, and counted."""

    def __init__(self) -> None:
        self.made: list[str] = []

    def form_headers(self) -> dict[str, str]:
        return {}

    def code(self, locale: str, problem: str | None = None, typed: str = "") -> str:
        self.made.append(f"{locale} {problem}")
        return "a page"

    def form(self, locale: str, place: str, **names: Any) -> str:
        self.made.append(f"{locale} {place} {names['notice']}")
        return "a form"


def request(body: str) -> Any:
    return SimpleNamespace(method="POST", raw_body=body.encode(), to_original_event=lambda: EVENT)


def test_the_answer_to_unknown_codes_is_made_once_for_each_language():
    site: Any = CountedSite()
    nobody: Any = lambda typed: None  # noqa: E731
    page = CodePage(PAGES, lambda: site, nobody, nobody, lambda: request("k=0000"), nobody)
    responses = [page.code("en") for _ in range(3)]
    assert [response.status_code for response in responses] == [404, 404, 404]
    assert site.made == ["en code_unknown"]


def test_a_form_is_given_back_whatever_fails_and_the_log_has_none_of_its_words():
    site: Any = CountedSite()
    log: list[str] = []

    class Take:
        def __call__(self, *sent: Any) -> Any:
            raise OSError("a van, every Friday")

        def kept_stamps(self, token: str) -> Stamps:
            return Stamps(token)

        def offered(self, place: str) -> tuple[()]:
            return ()

    take: Any = Take()
    page = FormPage(PAGES, lambda: site, take, lambda: request("a=a+van%2C+every+Friday&t=1"), log.append)
    assert page.form("en", "us").status_code == 500
    assert site.made == ["en us storage_away"]
    assert [line.partition(" at ")[0] for line in log] == ["OSError"]


@pytest.mark.parametrize(("locale", "place"), [("xx", "us"), ("en", "atlantis")])
def test_where_there_is_no_page_no_token_is_made(locale, place):
    nothing: Any = None
    with pytest.raises(NoSuchPage):
        FormPage(PAGES, nothing, nothing, nothing, nothing).form(locale, place)
