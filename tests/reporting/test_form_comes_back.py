"""A form that comes back: too large, in another language, or to be sent again, and always with its words."""

from __future__ import annotations

import re
from base64 import b64encode
from hashlib import sha256

import pytest

from chalicelib.pages.page_headers import ANSWER
from chalicelib.reporting.report import STORY_LIMIT
from chalicelib.shared.errors import StoreUnavailable
from tests.support.website import FORM, Answer, Website

pytestmark = pytest.mark.takes(10)

NOTE = "/en/los-banos-ca/note/"
STORY = "Vi algo raro: ñandú \U0001f600\n\n  <b>«dos»</b> & \"tres\" 'cuatro'\n\ttab …%41+\n"


def sent(website: Website, body: bytes, kind: str = FORM) -> Answer:
    """Send raw bytes as a form."""
    return website.ask("POST", NOTE, {"Content-Type": kind}, body)


LONG = "\u0a2e\u0a48\u0a02" * 15_000  # 45,000 letters of Punjabi: 405 kB as a form sends them


@pytest.mark.parametrize("story", [LONG, "\u4e2d" * 44_500, "x" * 400_001])
def test_a_form_that_is_too_large_comes_back_with_all_that_could_be_read(
    website: Website, story: str, log: list[str]
) -> None:
    form = website.open_form(a=[story], b=["work"], c=["Main St"], e=["self"], x=["1"], r=["border"])
    response = website.post(NOTE, form)
    assert response.status == 413
    assert response.is_a_page()
    back = response.fields()
    assert {name: back[name] for name in "tbcexr"} == {name: form[name] for name in "tbcexr"}
    assert len(back["a"][0]) > STORY_LIMIT
    assert story.startswith(back["a"][0])
    assert ("The end of it could not be kept." in response.text) == (back["a"] != [story])
    assert "too long to be sent" in response.text
    assert website.store.calls == []
    assert website.post(NOTE, {**back, "a": [story[:STORY_LIMIT]]}).status == 200
    assert website.words(website.stored()[0]).story == story[:STORY_LIMIT]
    assert "Main St" not in "".join(log)


@pytest.mark.parametrize("where", ["a", "c", "d"])
def test_a_field_is_cut_between_two_letters_and_says_so(website: Website, where: str) -> None:
    for before in ("", "x", "xx", "xxx"):
        words = before + "\U0001f600" * 40_000
        response = website.post(NOTE, website.open_form(**{where: [words]}))
        assert response.status == 413
        (back,) = response.fields()[where]
        assert words.startswith(back)
        assert len(back) > 33_000
        assert "could not be kept" in response.text


def test_a_body_that_is_too_large_and_no_form_is_answered_with_an_empty_one(website: Website) -> None:
    response = sent(website, b"&".join([b"q=" + b"\xff%" * 9_000] * 80))
    assert response.status == 413
    assert response.is_a_page()
    assert response.fields()["a"] == [""]
    assert response.fields()["t"][0]


SWITCH = {
    "a": ["\n  Words & <b>\n\tlast \n"],
    "b": ["child"],
    "c": ['5th & "G"'],
    "d": [" it’s late "],
    "e": ["close"],
    "x": ["1"],
}


@pytest.mark.parametrize("ticks", [["police", "border"], ["border"], []])
@pytest.mark.parametrize("consent", [["1"], []])
def test_another_language_is_the_same_form_with_every_word_and_tick(
    website: Website, ticks: list[str], consent: list[str]
) -> None:
    form = website.open_form(**SWITCH, r=ticks) | {"x": consent}
    response = website.post("/es/los-banos-ca/note/", {**form, "l": ["es"]})
    assert (response.status, response.lang) == (203, "es")
    assert response.is_a_page()
    back = response.fields()
    wanted = {name: values for name, values in form.items() if values}
    assert {**back, "z": form["z"]} == wanted
    assert not [tag for tag in response.tree.iter() if tag.get("aria-invalid") or tag.get("class") == "said"]
    assert website.store.calls == []
    again = website.post(NOTE, {**back, "l": ["en"]})
    assert {**again.fields(), "z": form["z"]} == wanted


def test_another_language_tells_of_no_mistake_and_holds_none_back(website: Website) -> None:
    form = website.open_form(a=[""], c=["x" * 501], b=["robbery"], r=[])
    response = website.post("/ar/los-banos-ca/note/", {**form, "l": ["ar"]})
    assert response.status == 203
    assert "said" not in {tag.get("class") for tag in response.tree.iter()}
    assert (response.fields()["a"], response.fields()["c"]) == ([""], ["x" * 501])


def test_another_language_keeps_a_form_that_was_open_too_long_or_whose_secret_is_away(
    website: Website,
) -> None:
    form = website.open_form(a=[STORY])
    website.clock.forward(hours=30)
    website.vault.fail(StoreUnavailable("away"))
    away = website.post("/es/los-banos-ca/note/", {**form, "l": ["es"]})
    assert (away.status, away.fields()["a"], away.fields()["t"]) == (203, [STORY], form["t"])
    website.vault.mend()
    response = website.post("/es/los-banos-ca/note/", {**away.fields(), "l": ["es"]})
    assert website.post("/es/los-banos-ca/note/", response.fields()).status == 200
    assert website.stored()[0].held == ""


def test_a_form_too_large_for_another_language_comes_back_in_it(website: Website) -> None:
    response = website.post("/es/los-banos-ca/note/", {**website.open_form(a=[LONG]), "l": ["es"]})
    assert (response.status, response.lang) == (413, "es")
    assert LONG.startswith(response.fields()["a"][0])


def comes_back(website: Website, how: str) -> Answer:
    """Open a form, and let it come back at once for one of several reasons."""
    form = {**website.get(NOTE).fields(), "a": ["What I saw"]}
    if how == "old":
        website.clock.forward(hours=25)
    elif how == "mistake":
        form |= {"c": ["x" * 501]}
    elif how == "language":
        form |= {"l": ["en"]}
    elif how == "large":
        form |= {"d": ["x" * 400_000]}
    elif how == "away":
        website.store.fail(StoreUnavailable("away"))
    response = website.post(NOTE, form)
    website.store.mend()
    return response


@pytest.mark.parametrize("how", ["old", "mistake", "language", "large", "away"])
def test_a_form_that_came_back_is_not_hasty_when_it_is_sent_again_at_once(website: Website, how: str) -> None:
    back = comes_back(website, how).fields()
    assert back["a"] == ["What I saw"]
    assert website.post(NOTE, {**back, "c": [""], "d": [""]}).status == 200
    assert website.stored()[0].held == ""
    assert [delivery.state for delivery in website.stored()[0].deliveries] == ["queued", "queued"]


@pytest.mark.parametrize("how", ["mistake", "language", "large", "away"])
def test_a_form_that_comes_back_twice_at_once_is_still_not_hasty_and_the_same_form(
    website: Website, how: str
) -> None:
    back = comes_back(website, how).fields()
    again = website.post(NOTE, {**back, "c": [""], "d": [""], "l": ["en"]}).fields()
    assert again["t"] == back["t"]
    assert website.post(NOTE, again).code == website.post(NOTE, again).code
    assert [record.held for record in website.stored()] == [""]


@pytest.mark.parametrize("mark", [[], ["forged"], ["A" * 22]])
def test_no_form_that_was_just_opened_says_by_itself_that_it_came_back(
    website: Website, mark: list[str]
) -> None:
    form = website.get(NOTE).fields()
    website.post(NOTE, {**form, "a": ["What I saw"], "u": mark})
    assert website.stored()[0].held == "hasty"


def test_a_mark_of_one_form_does_not_serve_another(website: Website) -> None:
    mark = comes_back(website, "mistake").fields()["u"]
    website.post(NOTE, {**website.get(NOTE).fields(), "a": ["What I saw"], "u": mark})
    assert website.stored()[0].held == "hasty"


@pytest.mark.parametrize("token", [[], ["forged"], ["A" * 52]])
@pytest.mark.parametrize("also", [{}, {"l": ["en"]}, {"a": [""]}])
def test_whose_token_cannot_be_read_is_asked_to_send_again_and_not_held_for_it(
    website: Website, token: list[str], also: dict[str, list[str]]
) -> None:
    """It may have been ours until a key was changed. A robot gains no more than by a mistake."""
    form = {**website.get(NOTE).fields(), "a": ["What I saw"], "t": token, **also}
    back = website.post(NOTE, form).fields()
    website.post(NOTE, {**back, "a": ["What I saw"]})
    assert website.stored()[0].held == ""


def test_answers_to_a_form_say_so_and_no_other_page_does(website: Website) -> None:
    form = website.open_form()
    said = {
        "open": website.get(NOTE),
        "mistake": website.post(NOTE, {**form, "a": [""]}),
        "receipt": website.post(NOTE, form),
        "code": website.get("/en/code/"),
        "no code": website.post("/en/code/", {"k": ["1"]}),
        "code in another language": website.post("/en/code/", {"k": ["1"], "l": ["en"]}),
        "page": website.get("/en/us/"),
        "nowhere": website.get("/en/nowhere/"),
        "no form": sent(website, b"x", "text/plain"),
        "unreadable": sent(website, b"a=%FF"),
    }
    marked = {
        name: response.headers.get(ANSWER) for name, response in said.items() if ANSWER in response.headers
    }
    assert marked == {
        "open": "form",
        "mistake": "form",
        "receipt": "receipt",
        "code": "code",
        "no code": "code",
        "code in another language": "code",
    }
    script = next(said["open"].tree.iter("script")).text
    assert f"headers.get('{ANSWER}')" in script


def test_every_page_lets_its_own_style_and_script_run_and_no_other(website: Website) -> None:
    """A page with another one's policy would be shown bare, and without its way out on top."""
    form = website.open_form()
    for response in (
        website.get(NOTE),
        website.post(NOTE, {**form, "a": [""]}),
        website.post(NOTE, {**form, "t": ["old"]}),
        website.post(NOTE, form),
        website.get("/en/code/"),
        website.post("/en/code/", {"k": ["1"]}),
        website.post("/en/code/", {"k": ["1"], "l": ["en"]}),
        website.get("/en/us/"),
        website.get("/en/nowhere/"),
        sent(website, b"x", "text/plain"),
    ):
        allowed = set(re.findall(r"'sha256-([^']+)'", response.headers["Content-Security-Policy"]))
        inline = [node.text or "" for tag in ("style", "script") for node in response.tree.iter(tag)]
        assert {b64encode(sha256(text.encode()).digest()).decode() for text in inline} <= allowed
