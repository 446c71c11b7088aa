"""What is looked at before anybody else sees it: the drafts as they are, beside what readers get."""

from __future__ import annotations

import json

import pytest

from chalicelib.delivery.mail_frames import MARKER
from chalicelib.directory.document_ids import (
    CONTACTS,
    PLACES,
    RECIPIENTS,
    SITE,
)
from chalicelib.directory.errors import DocumentInvalid
from chalicelib.publishing.documents import Draft
from chalicelib.publishing.preview import Preview
from chalicelib.publishing.recipient_changes import RecipientChange
from chalicelib.shared.errors import EntryMissing, StoreUnavailable
from tests.support.editors_desk import ANA, EditorsDesk
from tests.support.fake_package import CLINIC, ES, PAGE, POLICE, REPORT_MAIL, FakeRenderer, written
from tests.support.fakes import NOON

FRAME = f"Draft frame.\n\n{MARKER}"


class Looking(EditorsDesk):
    """The texts, and the preview of them."""

    def __init__(self) -> None:
        super().__init__()
        self.renderer = FakeRenderer(self.shipped)
        self.preview = Preview(self.renderer, self.store, self.shipped, self.shelf)

    def propose(self, *entries: object) -> None:
        self.store.put_change(RecipientChange(written(list(entries)), 1, ANA, NOON, "a new office"))


@pytest.fixture
def looking() -> Looking:
    return Looking()


def places(name: str) -> str:
    nation = {"slug": "us", "name": name, "parent": None, "kind": "nation"}
    town = {"slug": "town", "name": "Town", "parent": "us", "kind": "city"}
    return written({"places": [nation, town]})


def test_every_page_of_every_place_can_be_looked_at(looking: Looking) -> None:
    choices = looking.preview.choices()
    assert choices.locales == ["en", "es"]
    assert choices.places == ["town", "us"]
    assert list(choices.pages[:6]) == [
        "town", "town/note", "town/receipt", "us", "us/note", "us/receipt",
    ]  # fmt: skip
    assert choices.recipients == ["police", "clinic"]
    assert list(choices.mails) == ["report", "digest"]


def test_every_page_that_can_be_chosen_is_rendered_in_every_language(looking: Looking) -> None:
    choices = looking.preview.choices()
    for locale in choices.locales:
        for page in choices.pages:
            assert looking.preview.page(f"{locale}/{page}").html
            assert looking.preview.live_page(f"{locale}/{page}").html


def test_every_choice_is_said_in_words(looking: Looking) -> None:
    choices = looking.preview.choices()
    assert set(choices.words) == {*choices.pages, *choices.recipients}
    assert choices.words["town/note"] == "The Town: the form"
    assert choices.words["us"] == "United States: the page"
    assert choices.words["error-404"] == "Error 404"
    assert choices.words["police"] == "Town police"


def test_choices_are_those_of_the_drafts(looking: Looking) -> None:
    looking.save(PLACES, places("The States"))
    site = json.loads(looking.shipped.text(SITE))
    looking.save(SITE, written({**site, "locales": [{"tag": "en"}]}))
    choices = looking.preview.choices()
    assert choices.words["us"] == "The States: the page"
    assert choices.locales == ["en"]


def test_choices_are_those_that_are_live_where_there_is_no_draft(looking: Looking) -> None:
    looking.publish({PLACES: places("The Live States")})
    assert looking.preview.choices().words["us"] == "The Live States: the page"


def test_a_proposed_recipient_can_be_looked_at(looking: Looking) -> None:
    looking.propose(POLICE, {**CLINIC, "id": "new", "name": "A new office", "email": "new@town.example"})
    choices = looking.preview.choices()
    assert choices.recipients == ["police", "new"]
    assert b"To: the-office@example.org" in looking.preview.mail(
        "report", "new"
    )  # no editor's text sees an inbox
    with pytest.raises(DocumentInvalid):
        looking.preview.live_mail("report", "new")


def test_a_page_is_rendered_from_the_drafts_with_its_headers(looking: Looking) -> None:
    looking.save(PAGE, "<p>draft page</p>")
    page = looking.preview.page("es/town/note")
    assert "The Town note" in page.html
    assert "draft page" in page.html
    assert page.headers == {"Content-Security-Policy": "default-src 'none'"}


def test_all_drafts_are_seen_together_over_what_is_live(looking: Looking) -> None:
    looking.publish({PAGE: "<p>live page</p>", PLACES: places("The Live States")})
    looking.save(PLACES, places("The Draft States"))
    page = looking.preview.page("en/us").html
    assert "live page" in page
    assert "The Draft States" in page


def test_a_live_page_is_as_readers_get_it(looking: Looking) -> None:
    looking.save(PAGE, "<p>draft page</p>")
    assert "draft page" not in looking.preview.live_page("en/us").html
    looking.publish({PAGE: "<p>live page</p>"})
    page = looking.preview.live_page("en/us")
    assert "live page" in page.html
    assert "draft page" not in page.html
    assert page.headers


@pytest.mark.parametrize("name", ["en/nowhere", "xx/us", "en/us/nothing", "", "en"])
def test_a_page_that_there_is_not_is_said_to_be_none(looking: Looking, name: str) -> None:
    with pytest.raises(DocumentInvalid):
        looking.preview.page(name)
    with pytest.raises(DocumentInvalid):
        looking.preview.live_page(name)


def test_a_draft_that_breaks_a_rule_is_told_with_document_and_line_and_nothing_is_rendered(
    looking: Looking,
) -> None:
    entries = json.loads(looking.shipped.text(CONTACTS))
    entries["contacts"][1]["serves"] = "nowhere"
    looking.save(CONTACTS, written(entries))
    for look in (
        looking.preview.choices,
        lambda: looking.preview.page("en/us"),
        lambda: looking.preview.mail("report", "police"),
    ):
        with pytest.raises(DocumentInvalid, match=r"^the draft of “Contacts”, line \d+: .*nowhere"):
            look()
    assert looking.renderer.calls == []
    assert "United States" in looking.preview.live_page("en/us").html


def test_a_catalog_that_cannot_be_read_is_told_with_its_line(looking: Looking) -> None:
    looking.publish({ES: 'msgid "Call now"\n'})
    with pytest.raises(DocumentInvalid, match=r"^the draft of “Español”, line 1: "):
        looking.preview.page("en/us")


def test_a_fault_that_stops_nothing_is_no_reason_to_show_nothing(looking: Looking) -> None:
    looking.save(ES, looking.shipped.text(ES) + '\nmsgid "%d file"\nmsgid_plural "%d files"\nmsgstr[0] ""\n')
    assert looking.preview.page("en/us").html


def test_what_the_press_has_against_a_text_is_told(looking: Looking) -> None:
    looking.renderer.fail_next("page", DocumentInvalid("template/public/page.html, line 3: no such name"))
    with pytest.raises(DocumentInvalid, match="line 3"):
        looking.preview.page("en/us")


def test_a_mail_is_rendered_from_the_drafts(looking: Looking) -> None:
    looking.save(REPORT_MAIL, FRAME)
    mail = looking.preview.mail("report", "police").decode()
    assert mail.startswith("To: the-office@example.org\n")
    assert "Draft frame." in mail
    assert "Draft frame." not in looking.preview.mail("digest", "police").decode()
    assert "Draft frame." not in looking.preview.live_mail("report", "police").decode()


def test_another_sample_is_another_report(looking: Looking) -> None:
    for render in (looking.preview.mail, looking.preview.live_mail):
        assert render("report", "police") == render("report", "police", 0)
        assert render("report", "police", 1) != render("report", "police", 2)


@pytest.mark.parametrize("name", ["", "code", "report/body", "Report"])
def test_there_are_two_mails_and_no_other(looking: Looking, name: str) -> None:
    for render in (looking.preview.mail, looking.preview.live_mail):
        with pytest.raises(DocumentInvalid, match="there is no mail"):
            render(name, "police")
    assert looking.renderer.calls == []


@pytest.mark.parametrize("recipient", ["", "nobody"])
def test_there_is_no_mail_to_a_recipient_that_there_is_not(looking: Looking, recipient: str) -> None:
    for render in (looking.preview.mail, looking.preview.live_mail):
        with pytest.raises(DocumentInvalid):
            render("report", recipient)


def test_a_live_mail_is_as_recipients_get_it(looking: Looking) -> None:
    looking.publish({REPORT_MAIL: f"Live frame.\n\n{MARKER}"})
    assert b"Live frame." in looking.preview.live_mail("report", "police")
    assert b"Please read this." in looking.preview.live_mail("digest", "police")


@pytest.mark.parametrize("text", ["{% extends 'x' %}", "No marker at all.", f"{MARKER}\n{MARKER}"])
def test_a_live_text_that_is_no_frame_is_not_sent_and_the_shipped_one_is(looking: Looking, text: str) -> None:
    looking.publish({REPORT_MAIL: text})
    assert b"Please read this." in looking.preview.live_mail("report", "police")


def test_a_live_release_that_nobody_wrote_down_is_said_to_be_missing(looking: Looking) -> None:
    looking.shelf.move(7, {}, None)
    for look in (looking.preview.choices, lambda: looking.preview.live_page("en/us")):
        with pytest.raises(EntryMissing, match="release 7"):
            look()


def test_a_store_that_is_away_is_said_to_be_away(looking: Looking) -> None:
    looking.renderer.fail(StoreUnavailable("away"))
    with pytest.raises(StoreUnavailable):
        looking.preview.page("en/us")


def test_the_recipients_of_the_change_win_over_those_of_a_draft_of_long_ago(looking: Looking) -> None:
    looking.store.put_draft(Draft(RECIPIENTS, written([CLINIC]), 1, 0, ANA, NOON))
    looking.propose(POLICE)
    assert looking.preview.choices().recipients == ["police"]
