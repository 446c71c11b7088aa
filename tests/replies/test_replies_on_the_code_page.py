"""Replies on the code page: what is shown at once, what after a second press, and what never."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chalicelib.replies.conversation import HELD, HUMAN, ReplyNote
from chalicelib.replies.reply import Reply
from chalicelib.reporting.cases import QUEUED, WITHHELD
from chalicelib.reporting.render.form_pages import FormPages
from chalicelib.shared.errors import StoreUnavailable
from tests.support.conversing import CODE_PAGE, TEXT, WHOLE, Conversing
from tests.support.website import Website


@pytest.fixture
def website(site: FormPages) -> Website:
    return Website(lambda: site, replies=True)


@pytest.fixture
def case(website: Website) -> Conversing:
    return Conversing(website)


def test_a_reply_is_shown_with_its_office_and_day_and_nothing_in_it_can_be_pressed(case: Conversing) -> None:
    case.replied(reply=Reply(TEXT, WHOLE))
    page = case.look()
    assert page.status == 203
    assert page.is_a_page()
    assert "The police office Somebody there wrote back. November 25, 2026" in page.text
    assert "Thank you. We drove by." in page.text
    assert "See https://town.example/help or call 209-555-0100 <b>now</b>" in page.text
    assert not [one for one in page.tree.iter("a") if "town.example" in one.get("href", "")]
    assert not [one for one in page.tree.iter("a") if "5550100" in one.get("href", "").replace("-", "")]
    (folded,) = [one for one in page.tree.iter("details") if "odd phrase" in "".join(one.itertext())]
    assert folded.get("open") is None
    assert "We never ask you to meet, or to say who you are." in page.text


def test_each_paragraph_of_a_reply_finds_its_own_direction(case: Conversing) -> None:
    case.replied(reply=Reply("Hello\n\nمرحبا\nبك"))
    words = [one for one in case.look("/ar/code/").tree.iter("p") if one.get("dir") == "auto"]
    assert ["".join(one.itertext()) for one in words] == ["Hello", "مرحبابك"]
    assert [len(one.findall("br")) for one in words] == [0, 1]


@pytest.mark.parametrize(
    ("digit", "sentence"),
    [
        (1, "They have it."),
        (2, "They ask you to tell more."),
        (3, "It was not theirs. They passed it on."),
        (4, "They closed it."),
    ],
)
def test_a_digit_is_told_as_a_sentence(case: Conversing, digit: int, sentence: str) -> None:
    case.replied(reply=Reply("", status=digit))
    assert sentence in case.look().text


def test_files_doubts_and_cuts_are_said(case: Conversing) -> None:
    case.replied(reply=Reply("See the letter", files=2, cut=True), unproven=True)
    words = case.look().text
    assert "Files that came with it: 2. We do not pass files on. You can ask them to write it." in words
    assert "We could not prove that this came from the office." in words
    assert "It was longer than we can keep." in words


@pytest.mark.parametrize(
    "reply",
    [
        Reply("Thank you", WHOLE, repeats=True),
        Reply(WHOLE, text_repeats=True),
        Reply(WHOLE, WHOLE, repeats=True, text_repeats=True),
    ],
)
def test_what_may_repeat_the_report_comes_by_a_second_press_alone(case: Conversing, reply: Reply) -> None:
    reply_id = case.replied(reply=reply)
    other = case.replied(2, reply=reply)
    first = case.look()
    assert "odd phrase" not in first.html
    assert first.text.count("Show all that they sent. It may repeat what you wrote.") == 2
    again = case.website.post(CODE_PAGE, {**first.fields(), "w": [reply_id]})
    assert (again.status, again.is_a_page()) == (203, True)
    assert "odd phrase" in again.text
    pressable = [one.get("value") for one in again.tree.iter("button") if one.get("name") == "w"]
    assert pressable == [other], "that one is open now, and no other"
    assert "odd phrase" not in case.look().html


def test_a_second_press_keeps_what_was_typed_meanwhile(case: Conversing) -> None:
    reply_id = case.replied(reply=Reply("Thank you", WHOLE, repeats=True))
    again = case.send(w=[reply_id])
    assert again.fields()["a"][0].strip() == "A blue van, too"
    assert case.messages() == []


def test_who_answers_and_has_not_yet_and_who_does_not_write_back(website: Website, case: Conversing) -> None:
    police, border = website.directory.all
    website.directory.all = (replace(police, answers=True), border)
    words = case.look().text
    assert "The police office Their mail server took it." in words
    assert "No reply yet. Today is November 25, 2026." in words
    assert words.count("This office does not write back.") == 1
    case.set_state("border", WITHHELD)
    case.set_state("police", QUEUED)
    words = case.look().text
    assert "No reply yet" not in words
    assert "does not write back" not in words


def test_where_replies_are_off_nothing_of_them_is_said(site: FormPages) -> None:
    page = Conversing(Website(lambda: site)).look()
    assert page.status == 200
    for words in ("write back", "reply", "until", "We never ask"):
        assert words not in page.text


def test_the_page_says_until_when_it_can_be_opened(case: Conversing) -> None:
    case.replied()
    assert "This page can be opened with the code until December 25, 2026." in case.look().text


def test_what_is_held_is_not_shown_nor_counted_as_a_reply(case: Conversing) -> None:
    case.replied()
    shelf, report = case.website.shelf, case.record.id
    held = ReplyNote("f" * 32, "border", case.website.clock.now(), HUMAN, HELD)
    conversation, _ = shelf.conversation(report).with_reply(held)
    shelf.save(conversation, case.website.clock.now())
    words = case.look().text
    assert words.count("Somebody there wrote back.") == 1
    assert "could not be opened" not in words


def test_twenty_replies_are_shown_newest_first_and_of_more_it_is_said(case: Conversing) -> None:
    for number in range(20):
        case.replied(number, reply=Reply(f"Reply-{number}."))
    assert "older replies" not in case.look().text
    case.replied(20, reply=Reply("Reply-20."))
    words = case.look().text
    assert "There are older replies too." in words
    assert [words.index(f"Reply-{number}.") for number in range(20, 0, -1)] == sorted(
        words.index(f"Reply-{number}.") for number in range(1, 21)
    )
    assert "Reply-0." not in words


@pytest.mark.parametrize("sealed", [None, b"", b"1|2|3", b"0|0"])
def test_a_reply_that_does_not_open_is_said_and_the_others_are_shown(
    case: Conversing, sealed: bytes | None
) -> None:
    first, _ = case.replied(), case.replied(2, reply=Reply("The other one"))
    report = case.record.id
    if sealed is None:
        case.website.shelf.drop_reply(report, first)
    else:
        case.website.shelf.sealed[report, first] = sealed
    page = case.look()
    assert page.status == 203
    assert "One more reply is there. It could not be opened." in page.text
    assert "The other one" in page.text


def test_a_code_without_replies_reads_as_much_as_before(case: Conversing) -> None:
    case.website.store.calls.clear()
    case.website.shelf.calls.clear()
    case.website.vault.asked.clear()
    case.look()
    assert case.website.store.calls == ["look_up"]
    assert case.website.shelf.calls == []
    assert len(case.website.vault.asked) == 1


def test_each_press_derives_the_codes_keys_once(case: Conversing) -> None:
    reply_id = case.replied(reply=Reply("Thank you", WHOLE, repeats=True))
    box = case.box()
    for more in ({}, {"w": [reply_id]}, {"l": ["es"]}, {"a": [""]}):
        case.website.vault.asked.clear()
        case.website.post(CODE_PAGE, {**box, **more})
        assert len(case.website.vault.asked) == 1


def test_a_language_keeps_what_was_typed_and_shows_the_replies(case: Conversing) -> None:
    case.replied()
    page = case.send("/ar/code/", l=["ar"], r=["border"])
    assert (page.status, page.lang) == (203, "ar")
    fields = page.fields()
    assert fields["a"][0].strip() == "A blue van, too"
    assert fields["r"] == ["border"]
    assert "We drove by." in page.text
    assert case.messages() == []


def test_no_code_and_no_word_of_a_reply_reaches_the_log_or_an_address(
    case: Conversing, log: list[str]
) -> None:
    reply_id = case.replied(reply=Reply("oddanswer", WHOLE, repeats=True))
    pages = [case.look(), case.send(w=[reply_id]), case.send(a=[""]), case.send()]
    case.website.shelf.fail = StoreUnavailable("away")
    pages += [case.website.post(CODE_PAGE, {"k": [case.code]})]
    digits = case.code.replace(" ", "")
    lines = "".join(log)
    for secret in (digits, case.code, "oddanswer", "blue van", "odd phrase"):
        assert secret not in lines
    for page in pages:
        links = [one.get(name, "") for one in page.tree.iter() for name in ("href", "action", "formaction")]
        assert not [link for link in links if digits in link]
        assert digits not in str(page.headers)


def test_while_replies_cannot_be_read_the_page_says_so(case: Conversing) -> None:
    case.replied()
    box = case.box()
    case.website.shelf.fail = StoreUnavailable("away")
    assert case.look().status == 503
    page = case.website.post("/es/code/", box)
    assert (page.status, page.lang) == (503, "es")
    assert page.fields()["a"][0].strip() == "A blue van, too", "the words come back"
    assert page.fields()["r"] == ["police"]
    case.website.shelf.fail = None
    sent = case.website.post("/es/code/", page.fields())
    assert sent.status == 203
    assert len(case.messages()) == 1


def test_pages_alike_but_for_their_words_have_each_their_own(site: FormPages) -> None:
    """What is rendered is kept for the next of the same shape; words, code and token never are."""
    pages = {}
    for number, words in enumerate(("First \ue0000\ue001 <i>", "Second\n\n\ue0001\ue001")):
        case = Conversing(Website(lambda: site, replies=True))
        case.website.after(minutes=number)
        case.replied(number, reply=Reply(words))
        pages[words] = case.send(w=["none"], a=[f"Typed {words}"])
    (first, page), (second, other) = pages.items()
    assert "First" in page.text
    assert "Second" not in page.html
    assert "Second" in other.text
    assert "First" not in other.html
    assert page.fields()["a"] == [f"Typed {first}"]
    assert other.fields()["a"][0].replace("\r", "") == f"Typed {second}"
    assert page.fields()["t"] != other.fields()["t"]
    assert "First \ue0000\ue001 <i>" in page.text, "nobody can write a mark"
