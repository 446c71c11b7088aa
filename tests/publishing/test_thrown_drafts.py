"""Drafts that were thrown away are had back, and nothing else is lost by it."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.directory.errors import DocumentInvalid
from chalicelib.publishing.documents import Draft, DraftConflict, ThrownDraft
from chalicelib.publishing.drafts_of_release import DraftsOfRelease
from chalicelib.publishing.thrown_drafts import WHOLE, WITH_NEWER, WITH_THROWN, ThrownDrafts
from chalicelib.shared.errors import EntryMissing, StaleRecord, StoreUnavailable
from tests.support.editors_desk import ANA, BEN, EditorsDesk
from tests.support.fake_package import ES, PAGE, REPORT_MAIL, written

CONTACTS, PLACES, SITE = "contacts", "places", "site"


@pytest.fixture
def desk() -> EditorsDesk:
    return EditorsDesk()


@pytest.fixture
def thrown(desk: EditorsDesk) -> ThrownDrafts:
    return ThrownDrafts(desk.store, desk.edit, desk.clock)


def contacts(desk: EditorsDesk, **hours: str) -> str:
    """The contacts as they are live, with other hours of some."""
    document = json.loads(desk.edit.open(CONTACTS).live.text)
    for entry in document["contacts"]:
        entry["hours"] = hours.get(entry["id"], entry["hours"])
    return written(document)


def hours(desk: EditorsDesk) -> dict[str, str]:
    return {entry["id"]: entry["hours"] for entry in desk.draft(CONTACTS)["contacts"]}


def throw(desk: EditorsDesk, thrown: ThrownDrafts, text: str, document: str = CONTACTS) -> ThrownDraft:
    draft = desk.save(document, text)
    desk.edit.discard(document, draft.revision, ANA)
    return thrown.list()[0]


def have_back(thrown: ThrownDrafts, one: ThrownDraft, way: str) -> Draft:
    return thrown.have_back(one.id, way, thrown.open(one.id).seen, ANA)


def test_a_draft_that_was_thrown_away_comes_back_as_it_was(desk: EditorsDesk, thrown: ThrownDrafts) -> None:
    text = contacts(desk, line="Mondays.")
    one = throw(desk, thrown, text)
    assert desk.store.draft(CONTACTS) is None
    assert (one.draft.text, one.draft.who, one.by) == (text, BEN, ANA)
    assert list(thrown.open(one.id).ways) == [WHOLE]
    have_back(thrown, one, WHOLE)
    kept = desk.store.draft(CONTACTS)
    assert kept is not None
    assert (kept.text, kept.who) == (text, ANA)
    assert thrown.list() == []


def test_it_meets_a_newer_draft_and_both_are_kept(desk: EditorsDesk, thrown: ThrownDrafts) -> None:
    one = throw(desk, thrown, contacts(desk, line="Mondays."))
    newer = desk.save(CONTACTS, contacts(desk, shelter="Tuesdays."))
    back = thrown.open(one.id)
    assert list(back.ways) == [WITH_NEWER, WHOLE]
    assert back.clashes == 0
    have_back(thrown, one, WITH_NEWER)
    assert hours(desk) == {"line": "Mondays.", "shelter": "Tuesdays."}
    assert [kept.draft for kept in thrown.list()] == [newer]


def test_where_both_changed_the_same_words_there_is_a_choice(desk: EditorsDesk, thrown: ThrownDrafts) -> None:
    one = throw(desk, thrown, contacts(desk, line="Mondays.", shelter="Never."))
    desk.save(CONTACTS, contacts(desk, line="Fridays."))
    back = thrown.open(one.id)
    assert list(back.ways) == [WITH_NEWER, WHOLE]  # with its own words first, it is as it was
    assert back.clashes == 1
    have_back(thrown, one, WITH_NEWER)
    assert hours(desk) == {"line": "Fridays.", "shelter": "Never."}


@pytest.mark.parametrize(
    ("way", "there"),
    [
        (WITH_THROWN, {"line": "Mondays.", "shelter": "Tuesdays."}),
        (WHOLE, {"line": "Mondays.", "shelter": "Day and night."}),
    ],
)
def test_what_it_takes_the_place_of_can_be_had_back_in_its_turn(
    desk: EditorsDesk, thrown: ThrownDrafts, way: str, there: dict[str, str]
) -> None:
    one = throw(desk, thrown, contacts(desk, line="Mondays."))
    newer = desk.save(CONTACTS, contacts(desk, line="Fridays.", shelter="Tuesdays."))
    have_back(thrown, one, way)
    assert hours(desk) == there
    (kept,) = thrown.list()
    assert kept.draft == newer
    have_back(thrown, kept, WHOLE)
    assert hours(desk) == {"line": "Fridays.", "shelter": "Tuesdays."}


def test_a_publish_since_is_not_undone_unless_it_is_asked_for(
    desk: EditorsDesk, thrown: ThrownDrafts
) -> None:
    one = throw(desk, thrown, contacts(desk, line="Mondays."))
    desk.publish({CONTACTS: contacts(desk, shelter="Tuesdays.")})
    assert thrown.open(one.id).moved_on
    have_back(thrown, one, WITH_NEWER)
    assert hours(desk) == {"line": "Mondays.", "shelter": "Tuesdays."}


def test_sentences_and_pages_are_put_together_too(desk: EditorsDesk, thrown: ThrownDrafts) -> None:
    live = desk.edit.open(ES).text
    one = throw(desk, thrown, live.replace("Call now in es", "Llame"), ES)
    desk.save(ES, live.replace('msgid "Write to us"\nmsgstr ""', 'msgid "Write to us"\nmsgstr "Escriba"'))
    have_back(thrown, one, WITH_NEWER)
    now = desk.edit.open(ES).text
    assert "Llame" in now
    assert "Escriba" in now


def test_nothing_is_done_when_somebody_saved_since_it_was_looked_at(
    desk: EditorsDesk, thrown: ThrownDrafts
) -> None:
    one = throw(desk, thrown, contacts(desk, line="Mondays."))
    seen = thrown.open(one.id).seen
    newer = desk.save(CONTACTS, contacts(desk, line="Fridays."))
    with pytest.raises(StaleRecord):
        thrown.have_back(one.id, WHOLE, seen, ANA)
    assert desk.store.draft(CONTACTS) == newer
    assert [kept.id for kept in thrown.list()] == [one.id]


def test_nothing_is_lost_when_somebody_saves_in_the_same_moment(
    desk: EditorsDesk, thrown: ThrownDrafts
) -> None:
    one = throw(desk, thrown, contacts(desk, line="Mondays."))
    theirs = contacts(desk, line="Fridays.")
    desk.meanwhile = [lambda: desk.save(CONTACTS, theirs)]
    with pytest.raises(DraftConflict):
        have_back(thrown, one, WHOLE)
    kept = desk.store.draft(CONTACTS)
    assert kept is not None
    assert kept.text == theirs
    assert [one.id for one in thrown.list()] == [one.id]


def test_it_is_kept_for_thirty_days_and_no_longer(desk: EditorsDesk, thrown: ThrownDrafts) -> None:
    one = throw(desk, thrown, contacts(desk, line="Mondays."))
    desk.clock.time += timedelta(days=30) - timedelta(minutes=1)
    assert [kept.id for kept in thrown.list()] == [one.id]
    desk.clock.time += timedelta(minutes=1)
    assert thrown.list() == []
    with pytest.raises(EntryMissing):
        thrown.open(one.id)
    assert desk.store.thrown() == []


def test_the_list_is_there_when_old_ones_cannot_be_deleted(desk: EditorsDesk, thrown: ThrownDrafts) -> None:
    throw(desk, thrown, contacts(desk, line="Mondays."))
    desk.clock.time += timedelta(days=31)
    one = throw(desk, thrown, contacts(desk, line="Tuesdays."))

    def away(write: str) -> None:
        if write == "drop_thrown":
            raise StoreUnavailable("away")

    desk.store.before = away
    assert [kept.id for kept in thrown.list()] == [one.id]


def test_a_draft_that_was_saved_anew_is_neither_thrown_away_nor_kept_twice(
    desk: EditorsDesk, thrown: ThrownDrafts
) -> None:
    desk.save(CONTACTS, contacts(desk, line="Mondays."))
    desk.save(CONTACTS, contacts(desk, line="Tuesdays."))
    with pytest.raises(DraftConflict):
        desk.edit.discard(CONTACTS, 1, ANA)
    assert thrown.list() == []
    assert hours(desk)["line"] == "Tuesdays."


def test_an_older_text_puts_the_draft_aside_that_it_takes_the_place_of(
    desk: EditorsDesk, thrown: ThrownDrafts
) -> None:
    draft = desk.save(CONTACTS, contacts(desk, line="Mondays."))
    desk.edit.restore(CONTACTS, 0, draft.revision, ANA)
    assert [kept.draft for kept in thrown.list()] == [draft]


def test_a_text_saved_in_the_place_of_anothers_puts_it_aside(desk: EditorsDesk, thrown: ThrownDrafts) -> None:
    draft = desk.save(CONTACTS, contacts(desk, line="Mondays."))
    desk.edit.save_instead(CONTACTS, contacts(desk), draft.revision, ANA)
    assert [kept.draft for kept in thrown.list()] == [draft]
    with pytest.raises(DocumentInvalid):
        desk.edit.save_instead(CONTACTS, "{", draft.revision + 1, ANA)
    assert [kept.draft for kept in thrown.list()] == [draft]


def test_a_text_that_is_refused_by_now_says_why_and_stays(desk: EditorsDesk, thrown: ThrownDrafts) -> None:
    one = ThrownDraft("1.site", Draft(SITE, "{", 3, 0, BEN, desk.clock.now()), ANA, desk.clock.now())
    desk.store.keep_thrown(one)
    with pytest.raises(DocumentInvalid):
        have_back(thrown, one, WHOLE)
    assert [kept.id for kept in thrown.list()] == [one.id]


def test_what_the_site_writes_by_itself_now_can_be_read_and_not_had_back(
    desk: EditorsDesk, thrown: ThrownDrafts
) -> None:
    subject = "template/mail/report/subject.txt"
    draft = Draft(subject, "An old subject", 1, 0, BEN, desk.clock.now())
    desk.store.put_draft(draft)
    desk.edit.discard(subject, 1, ANA)
    (one,) = thrown.list()
    back = thrown.open(one.id)
    assert back.refused
    with pytest.raises(DocumentInvalid):
        have_back(thrown, one, WHOLE)


def test_the_texts_of_an_older_publish_become_drafts_to_be_mended(
    desk: EditorsDesk, thrown: ThrownDrafts
) -> None:
    desk.publish({CONTACTS: contacts(desk, line="Mondays."), PAGE: "<p>one</p>"})
    desk.publish({CONTACTS: contacts(desk, line="Tuesdays."), REPORT_MAIL: "Other words.\n\n[[report]]"})
    mine = desk.save(CONTACTS, contacts(desk, line="Mine."))
    make = DraftsOfRelease(desk.store, desk.shipped, desk.shelf, desk.edit)
    for _ in range(2):  # the same call made again changes nothing more
        assert list(make(1, ANA)) == [CONTACTS, REPORT_MAIL]
        assert hours(desk)["line"] == "Mondays."
        assert desk.edit.open(REPORT_MAIL).text == desk.shipped.text(REPORT_MAIL)
        assert desk.store.draft(PAGE) is None
        assert [kept.draft for kept in thrown.list()] == [mine]
    with pytest.raises(EntryMissing):
        make(9, ANA)


def test_every_thrown_draft_has_an_id_of_its_own(desk: EditorsDesk, thrown: ThrownDrafts) -> None:
    for document, text in ((CONTACTS, contacts(desk, line="A.")), (PLACES, desk.edit.open(PLACES).text)):
        desk.save(document, text)
    kept: list[Any] = [desk.edit.discard(document, 1, ANA) for document in (CONTACTS, PLACES)]
    assert kept == [None, None]
    assert len({one.id for one in thrown.list()}) == 2
