"""Write back: who may get a message, one box is one message, and what comes back when it needs mending."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from chalicelib.replies.reply import Reply
from chalicelib.replies.write_back import A_DAY, IN_ALL
from chalicelib.reporting.cases import BOUNCED, DELIVERED, HELD, QUEUED, WITHHELD, Delivery, case_number
from chalicelib.reporting.render.form_pages import FormPages
from chalicelib.reporting.report import STORY_LIMIT
from chalicelib.shared.errors import SecretMissing, StoreUnavailable
from tests.support.conversing import CODE_PAGE, Conversing
from tests.support.fakes import recipient
from tests.support.website import Website


@pytest.fixture
def website(site: FormPages) -> Website:
    return Website(lambda: site, replies=True)


@pytest.fixture
def case(website: Website) -> Conversing:
    case = Conversing(website)
    case.replied(reply=Reply("Which road?", message_id="<3@town.example>", references=("<1@ours.example>",)))
    return case


def offered(case: Conversing) -> list[str]:
    tree = case.look().tree
    return [one.get("value") for one in tree.iter("input") if one.get("name") == "r"]


def test_the_box_ticks_who_wrote_and_offers_who_else_has_the_report(case: Conversing) -> None:
    assert offered(case) == ["police", "border"]
    assert case.look().fields()["r"] == ["police"]


def test_without_a_reply_there_is_no_box(website: Website) -> None:
    assert "k" not in Conversing(website).look().fields()


def test_a_message_is_sealed_as_a_report_and_waits_in_the_outbox(case: Conversing) -> None:
    page = case.send()
    assert (page.status, page.is_a_page()) == (203, True)
    assert "Thank you. We have your message." in page.text
    assert "The police office" in page.text
    assert "blue van" not in page.html
    assert page.fields() == {}, "nothing of it is in a field"
    (message,) = case.messages()
    now = case.website.clock.now()
    assert message.report_id == case.record.id
    assert len(message.id) == len(case.record.id) + 1 + 12
    assert message.case_number == case_number(case.record.id)
    assert message.deliveries == (Delivery("police", QUEUED, now, now),)
    assert (message.place, message.keep_days) == (case.record.place, case.record.keep_days)
    assert not message.counted, "the caps of reports count it"
    words = case.words(message)
    assert words.story == "A blue van, too"
    assert words.answers == {"police": ("<3@town.example>", "<1@ours.example>")}


def test_one_box_sent_twice_is_one_message(case: Conversing) -> None:
    box = case.box()
    pages = [case.website.post(CODE_PAGE, box) for _ in range(A_DAY + 2)]
    assert {page.status for page in pages} == {203}
    assert len(case.messages()) == 1
    case.website.post(CODE_PAGE, {**box, "a": ["Something else"]})
    case.website.post(CODE_PAGE, {**box, "r": ["police", "border"]})
    assert len(case.messages()) == 3


def test_only_the_chosen_may_ever_get_it(case: Conversing) -> None:
    case.website.directory.all += (recipient("clinic", serves="us"), recipient("later", serves="california"))
    case.send()
    (message,) = case.messages()
    choice = case.words(message).choice
    assert choice is not None
    marked = choice.with_marks(lambda office: [f"{office}@agency.example"])
    may = [one.id for one in case.website.directory.all if marked.allows(one, one.email, spared=False)]
    assert may == ["police"]
    assert [one.id for one in case.website.directory.all if choice.ticked(one.id)] == ["police"]


@pytest.mark.parametrize("state", [WITHHELD, BOUNCED, QUEUED, HELD])
def test_who_has_not_got_the_report_cannot_get_the_message_whatever_is_sent(
    case: Conversing, state: str
) -> None:
    case.set_state("border", state)
    assert offered(case) == ["police"]
    for forged in (["border"], ["police", "border"], ["nobody"], ["police", "nobody"]):
        page = case.send(r=forged)
        assert page.status == 422
        assert "Please choose again." in page.text
        assert page.fields()["a"][0].strip() == "A blue van, too"
    assert case.messages() == []


def test_an_office_that_enforces_immigration_law_is_named_as_such(case: Conversing) -> None:
    assert case.look().text.count("This department enforces immigration law.") == 1


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"a": [" \r\n"]}, "Please write something first."),
        ({"a": ["x" * (STORY_LIMIT + 1)]}, "This is too long. It can have up to 20,000 letters."),
        ({"a": ["data:image/png;base64,AAAA"]}, "Words only: no files and no pictures."),
        ({"r": []}, "Please choose at least one office."),
        ({"t": ["of somebody else"]}, "This form was open for too long. Your words are still here."),
    ],
)
def test_what_needs_mending_is_said_and_the_words_come_back(
    case: Conversing, changed: dict[str, list[str]], words: str
) -> None:
    typed = {"a": ["  Ñandú & <b>\r\n\r\nعربي"], **changed}
    page = case.send("/en/code/", **typed)
    assert page.status in (400, 422)
    assert page.is_a_page()
    assert words in page.text
    assert "It has not been sent yet." in page.text
    assert page.fields()["a"][0].replace("\r\n", "\n") == "\n" * 0 + typed["a"][0].replace("\r\n", "\n")
    assert case.messages() == []
    mended = {**page.fields(), "a": ["Mended"], "r": ["police"]}
    assert case.website.post(CODE_PAGE, mended).status == 203
    assert len(case.messages()) == 1


def test_a_form_of_yesterday_counts_once_when_it_is_sent_again(case: Conversing) -> None:
    box = case.box()
    case.website.post(CODE_PAGE, box)
    case.website.after(hours=25)
    page = case.website.post(CODE_PAGE, box)
    assert page.status == 400
    assert case.website.post(CODE_PAGE, page.fields()).status == 203
    assert len(case.messages()) == 1


def test_a_message_that_is_far_too_large_comes_back(case: Conversing) -> None:
    page = case.send(a=["ab " * 150_000])
    assert page.status == 413
    assert "It was too long to be sent." in page.text
    assert page.fields()["a"][0].startswith("ab ab")
    assert page.fields()["r"] == ["police"]
    assert case.messages() == []


def test_so_many_a_day_and_so_many_in_all(case: Conversing) -> None:
    for number in range(A_DAY):
        assert case.send(a=[f"Message {number}"]).status == 203
    page = case.send(a=["One more"])
    assert page.status == 422
    assert f"You can write back up to {A_DAY} times a day." in page.text
    assert page.fields()["a"][0].strip() == "One more"
    assert len(case.messages()) == A_DAY
    case.website.after(days=1)
    assert case.send(a=["One more"]).status == 203
    case.mailed(IN_ALL)
    page = case.look()
    assert "You can write no more here" in page.text
    assert "a" not in page.fields()
    page = case.website.post(CODE_PAGE, {**page.fields(), "a": ["Again"], "r": ["police"]})
    assert page.status == 422
    assert len(case.messages()) == A_DAY + 1


@pytest.mark.parametrize("error", [StoreUnavailable("away"), SecretMissing("none"), OSError("a blue van")])
def test_whatever_fails_the_words_come_back_as_the_same_form(
    case: Conversing, error: Exception, log: list[str]
) -> None:
    box = case.box()
    case.website.sealer.fail(error)
    page = case.website.post(CODE_PAGE, box)
    assert page.status in (500, 503)
    assert page.fields()["a"][0].strip() == "A blue van, too"
    assert "Your words are still here." in page.text
    assert "blue van" not in "".join(log)
    case.website.sealer.mend()
    case.website.post(CODE_PAGE, page.fields())
    case.website.post(CODE_PAGE, box)
    assert len(case.messages()) == 1


def test_a_message_of_an_unknown_code_leads_nowhere_and_stores_nothing(case: Conversing) -> None:
    box = case.box()
    unknown = case.website.post(CODE_PAGE, {"k": ["1234 5678 9012 3456 7894"]})
    for code in ("1234 5678 9012 3456 7894", "1", ""):
        assert case.website.post(CODE_PAGE, {**box, "k": [code]}).raw == unknown.raw
    assert case.messages() == []


def test_a_code_in_other_digits_is_carried_along(case: Conversing) -> None:
    digits = case.code.replace(" ", "")
    arabic = "".join(chr(ord("٠") + int(digit)) for digit in digits)
    page = case.website.post(CODE_PAGE, {"k": [arabic]})
    assert page.fields()["k"] == [digits]
    assert case.website.post(CODE_PAGE, {**page.fields(), "a": ["More"]}).status == 203


def test_a_thread_takes_no_more_into_a_header_than_belongs_there(case: Conversing) -> None:
    many = tuple(f"<{number}@ours.example>" for number in range(30))
    odd = ("<a b@c>", "<a@b>\r\nBcc: x@y", "no brackets", "<" + "x" * 300 + "@y>")
    case.replied(2, reply=Reply("More?", message_id="<4@town.example>", references=(*many, *odd)))
    case.send()
    case.replied(3, reply=Reply("And?", message_id="<4@town.example>\r\nBcc: a@b"))
    case.send(a=["Another"])
    first, second = (case.words(one) for one in case.messages())
    assert first.answers == {"police": ("<4@town.example>", *many[-10:])}
    assert second.answers == {}


def test_an_office_that_is_gone_is_not_offered(case: Conversing) -> None:
    police, border = case.website.directory.all
    case.website.directory.all = (replace(border, enforces_immigration=False),)
    assert offered(case) == ["border"]
    assert police.id not in offered(case)


def test_what_was_handed_over_may_be_written_to(case: Conversing) -> None:
    case.website.directory.all += (recipient("clinic", serves="us", nature="services"),)
    now = case.website.clock.now() - timedelta(hours=1)
    record = case.record
    handed = Delivery("clinic", DELIVERED, now, instead_of="border")
    case.website.store.save(replace(record, deliveries=(*record.deliveries, handed)))
    assert offered(case) == ["police", "border", "clinic"]
    case.send(r=["clinic"])
    (message,) = case.messages()
    assert [one.recipient for one in message.deliveries] == ["clinic"]
    assert case.words(message).choice.ticked("clinic")  # type: ignore[union-attr]
