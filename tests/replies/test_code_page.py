"""The code page over HTTP: a code in the body, what is known out, and the same for whatever leads nowhere."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chalicelib.reporting.cases import (
    BOUNCED,
    DELIVERED,
    SENT,
    move,
)
from chalicelib.shared.errors import SecretMissing, StoreUnavailable
from tests.support.website import FORM, Website

CODE_PAGE = "/en/code/"
NOTE = "/en/los-banos-ca/note/"


@pytest.fixture
def code(website: Website) -> str:
    """The code of a report that was taken."""
    return website.post(NOTE, website.open_form(a=["odd phrase"])).code


def test_the_page_asks_for_a_code_and_is_answered_with_203(website: Website) -> None:
    response = website.get(CODE_PAGE)
    assert response.status == 203
    assert response.is_a_page()
    assert response.fields() == {"k": [""]}


def test_capitals_in_the_address_lead_to_the_page(website: Website) -> None:
    response = website.get("/ES/code/")
    assert (response.status, response.lang) == (203, "es")
    assert 'action="/es/code/"' in response.html


def test_a_code_shows_each_recipient_and_its_state(website: Website, code: str) -> None:
    (record,) = website.stored()
    now = website.clock.now()
    police, border = record.deliveries
    record = record.with_delivery(move(move(police, SENT, now), DELIVERED, now))
    website.store.save(record.with_delivery(move(border, BOUNCED, now)))
    response = website.post(CODE_PAGE, {"k": [code]})
    assert response.status == 200
    assert response.is_a_page()
    assert "The police office Their mail server took it." in response.text
    assert "The border office Their mail server did not take it." in response.text
    assert "read it" not in response.text.replace("cannot know if anyone has read it", "")


def test_an_answer_shows_neither_the_words_nor_the_code_nor_an_hour(website: Website, code: str) -> None:
    response = website.post("/es/code/", {"k": [code]})
    assert (response.status, response.lang) == (200, "es")
    assert "odd phrase" not in response.html
    assert code not in response.text
    assert code.replace(" ", "") not in response.html
    assert "12:0" not in response.text


@pytest.mark.parametrize("typed", ["", "0000", "1234 5678 9012 3456 7890", "a", "9" * 500, "<b>", "\x00"])
def test_what_leads_nowhere_is_answered_alike_to_the_letter(website: Website, code: str, typed: str) -> None:
    unknown = website.post(CODE_PAGE, {"k": ["1234 5678 9012 3456 7894"]})
    response = website.post(CODE_PAGE, {"k": [typed]})
    assert unknown.status == response.status == 404
    assert response.raw == unknown.raw


def test_an_expired_code_is_answered_like_an_unknown_one(website: Website, code: str) -> None:
    unknown = website.post(CODE_PAGE, {"k": ["1234 5678 9012 3456 7894"]})
    website.store.save(replace(website.stored()[0], expires_at=website.clock.now()))
    assert website.post(CODE_PAGE, {"k": [code]}).raw == unknown.raw


def test_a_code_in_an_address_is_not_read(website: Website, code: str) -> None:
    digits = code.replace(" ", "")
    assert website.get(f"/en/{digits}/").status == 404
    response = website.get(f"/en/code/{digits}/")
    assert response.status == 404
    assert digits not in response.html


@pytest.mark.parametrize("error", [StoreUnavailable("away"), SecretMissing("none")])
def test_while_something_is_away_the_answer_is_503_with_numbers(
    website: Website, code: str, error: Exception, log: list[str]
) -> None:
    website.store.fail(error)
    website.vault.fail(error)
    response = website.post("/es/code/", {"k": [code]})
    assert (response.status, response.lang) == (503, "es")
    assert response.is_a_page()
    assert "888-373-7888" in response.text
    assert code.replace(" ", "") not in "".join(log)


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"k=1", "text/plain", 415),
        (b"k=%FF", FORM, 400),
        (b"k=" + b"1" * 400_000, FORM, 413),
        (b"", FORM, 404),
    ],
)
def test_what_is_no_form_gets_a_small_page(website: Website, body: bytes, kind: str, status: int) -> None:
    response = website.ask("POST", "/es/code/", {"Content-Type": kind}, body)
    assert (response.status, response.lang) == (status, "es")
    assert response.is_a_page()


def test_a_code_never_reaches_the_log(website: Website, code: str, log: list[str]) -> None:
    website.post(CODE_PAGE, {"k": [code]})
    website.post(CODE_PAGE, {"k": [code], "x": [code]}, kind=f"text/{code}")
    assert code not in "".join(log)
    assert code.replace(" ", "") not in "".join(log)


@pytest.mark.parametrize("typed", ["", "1234 5678", "12345678901234567890"])
def test_another_language_keeps_what_was_typed_and_looks_nothing_up(website: Website, typed: str) -> None:
    response = website.post("/es/code/", {"k": [typed], "l": ["es"]})
    assert (response.status, response.lang) == (203, "es")
    assert response.fields() == {"k": [typed]}
    assert website.store.calls == []


@pytest.mark.parametrize("typed", ["words", "<b>", "1" * 41, "\x00", "١٢"])
def test_what_could_be_no_code_is_not_shown_again(website: Website, typed: str) -> None:
    assert website.post("/es/code/", {"k": [typed], "l": ["es"]}).fields() == {"k": [""]}
