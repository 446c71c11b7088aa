"""Words that one press would lose are kept for 30 days, whoever loses them, and nothing else is."""

from __future__ import annotations

import json
from typing import Any

import pytest

from chalicelib.desk.errors import AgreementMissing
from chalicelib.directory.document_ids import CONTACTS, PLACES, RETIRED
from chalicelib.directory.errors import DocumentInvalid
from chalicelib.pages.po_files import replace_texts
from chalicelib.publishing import overwritten
from chalicelib.publishing.edit_contacts import EditContacts
from chalicelib.publishing.edit_mail_texts import EditMailTexts
from chalicelib.publishing.forms import FormConflict, Typed
from chalicelib.publishing.overwritten import ENTRY, NOTHING, WORDS, lost
from chalicelib.publishing.thrown_drafts import ThrownDrafts
from chalicelib.publishing.web.contacts import ContactScreens
from chalicelib.publishing.web.texts import TextScreens
from tests.publishing.test_change_screens import Browser
from tests.support.editors_desk import ANA, BEN, EditorsDesk
from tests.support.fake_package import ES, LINE, PAGE, REPORT_MAIL, SHELTER, FakePackage, written

LIVE = written({"contacts": [LINE, SHELTER]})
NEW = {**SHELTER, "id": "new", "name": "New"}


def contacts(*entries: Any, **changed: str) -> str:
    return written({"contacts": [{**LINE, **changed}, SHELTER, *entries]})


@pytest.mark.parametrize(
    ("draft", "now", "loss"),
    [
        (contacts(hours="Mondays."), contacts(hours="Tuesdays."), WORDS),
        (contacts(hours="Mondays."), LIVE, WORDS),
        (contacts(hours="Mondays."), contacts(hours="Mondays.", what="More."), NOTHING),
        (contacts(hours=""), contacts(hours="Tuesdays."), NOTHING),
        (contacts(NEW), LIVE, ENTRY),
        (contacts(NEW), contacts({**NEW, "hours": "Never."}), WORDS),
        (LIVE, contacts(hours="Mondays."), NOTHING),
        (contacts(hours="Mondays."), "{", WORDS),
    ],
)
def test_what_is_lost_of_a_draft_is_told_by_field_and_by_entry(draft: str, now: str, loss: int) -> None:
    assert lost(CONTACTS, LIVE, draft, now) == loss


def test_sentences_and_lines_are_told_too() -> None:
    live = FakePackage().text(ES)
    one, other = (replace_texts(live, {"Call now": words}) for words in ("Llame", "Llame ya"))
    assert lost(ES, live, one, other) == WORDS
    assert lost(ES, live, one, replace_texts(one, {"Write to us": "Escriba"})) == NOTHING
    assert lost(PAGE, "a\nb", "a\nmine\nb", "a\nyours\nb") == WORDS
    assert lost(REPORT_MAIL, "a\nb", "a\nmine\nb", "b\nmine") == NOTHING


def test_an_entry_of_a_list_that_is_a_document_goes_as_a_whole() -> None:
    live = FakePackage().text("recipients")
    more = [*json.loads(live), {**json.loads(live)[0], "id": "new"}]
    assert lost("recipients", live, written(more), live) == ENTRY


@pytest.fixture
def desk() -> EditorsDesk:
    return EditorsDesk()


def kept(desk: EditorsDesk) -> list[tuple[str, str]]:
    return [(one.draft.text, one.by) for one in ThrownDrafts(desk.store, desk.edit, desk.clock).list()]


def test_words_of_somebody_else_that_are_written_over_can_be_had_back(desk: EditorsDesk) -> None:
    theirs = contacts(hours="Mondays.")
    desk.save(CONTACTS, theirs, BEN)
    desk.save(CONTACTS, contacts(hours="Mondays.", what="More."), ANA)
    assert kept(desk) == [], "nothing of it is lost"
    before = contacts(hours="Mondays.", what="More.")
    desk.save(CONTACTS, contacts(hours="Tuesdays."), BEN)
    assert kept(desk) == [(before, BEN)]
    desk.save(CONTACTS, contacts(hours="Fridays."), BEN)
    assert len(kept(desk)) == 1, "who types over their own words keeps no copy of each"


def test_a_conflict_of_a_form_keeps_what_the_second_save_takes_the_place_of(desk: EditorsDesk) -> None:
    edit = EditContacts(desk.edit, desk.clock)
    typed = edit.typed("line")
    seen = fingerprint_of(edit)
    desk.save(CONTACTS, contacts(hours="Mondays."), BEN)
    mine = Typed({**typed.fields, "hours": ["Tuesdays."]})
    with pytest.raises(FormConflict):
        edit.save("line", mine, seen, ANA)
    edit.save("line", mine, fingerprint_of(edit), ANA)
    [(text, by)] = kept(desk)
    assert ("Mondays." in text, by) == (True, ANA)


def fingerprint_of(edit: EditContacts) -> str:
    from chalicelib.publishing.change_json import seen_as

    return seen_as(edit.open("line"))


def test_a_new_contact_that_is_taken_out_of_the_draft_can_be_had_back(desk: EditorsDesk) -> None:
    desk.save(CONTACTS, contacts(NEW), ANA)
    desk.save(CONTACTS, LIVE, ANA)
    assert kept(desk) == [(contacts(NEW), ANA)]


def test_a_conflict_that_somebody_saves_first_keeps_no_copy(desk: EditorsDesk) -> None:
    desk.save(CONTACTS, contacts(hours="Mondays."), BEN)
    desk.meanwhile = [lambda: desk.save(CONTACTS, contacts(hours="Mondays.", what="More."), BEN)]
    screen = TextScreens(Browser(), desk.edit, _NoChanges()).text(  # type: ignore[arg-type]
        Browser().post(d=CONTACTS, text=contacts(hours="Fridays."), revision="1")
    )
    assert screen.status_code == 409
    assert kept(desk) == []


class _NoChanges:
    def between(self, *_: object) -> None:
        return None


def test_who_leaves_the_other_text_has_their_own_kept(desk: EditorsDesk) -> None:
    desk.save(CONTACTS, contacts(hours="Mondays."), BEN)
    mine = contacts(hours="Tuesdays.")
    texts = TextScreens(Browser(), desk.edit, _NoChanges())  # type: ignore[arg-type]
    met = texts.text(Browser().post(d=CONTACTS, text=mine, revision="0"))
    assert met.status_code == 409
    left = texts.text(Browser().post(d=CONTACTS, text=mine, revision="1", leave="yes"))
    assert left.headers["Location"] == "/admin/thrown?done=put_aside"
    assert kept(desk) == [(mine, ANA)]
    refused = texts.text(Browser().post(d=CONTACTS, text="a\0b", revision="1", leave="yes"))
    assert refused.status_code == 422
    assert len(kept(desk)) == 1


def test_places_have_their_rules_by_address(desk: EditorsDesk) -> None:
    live = desk.shipped.text(PLACES)
    town = {**json.loads(live)["places"][0], "slug": "new", "name": "New"}
    more = written({"places": [*json.loads(live)["places"], town]})
    assert overwritten.lost(PLACES, live, more, live) == ENTRY


@pytest.mark.parametrize("document", ["recipients", RETIRED[0]])
def test_nobody_puts_a_proposal_where_withdrawn_ones_lie(desk: EditorsDesk, document: str) -> None:
    with pytest.raises((AgreementMissing, DocumentInvalid)):
        desk.edit.put_aside(document, "[]", ANA)
    assert kept(desk) == []


def test_who_leaves_what_somebody_saved_at_a_form_has_their_own_kept(desk: EditorsDesk) -> None:
    screens = ContactScreens(Browser(), EditContacts(desk.edit, desk.clock))
    edit = EditContacts(desk.edit, desk.clock)
    typed = {name: values[0] for name, values in edit.typed("line").fields.items() if values}
    fields = {**typed, "c": "line", "seen": fingerprint_of(edit), "hours": "Tuesdays."}
    desk.save(CONTACTS, contacts(hours="Mondays."), BEN)
    met = screens.contact(Browser().post(**fields))
    assert met.status_code == 409
    assert "Leave theirs, and keep mine" in met.text
    request = Browser().post(**fields, leave="yes")
    left = screens.contact(request)
    assert request.deed.after == "put aside; what somebody else saved stays"
    assert left.headers["Location"] == "/admin/thrown?done=put_aside"
    [(text, by)] = kept(desk)
    assert ('"Tuesdays."' in text, by) == (True, ANA)
    assert "Mondays." in desk.edit.open(CONTACTS).text


def test_paragraphs_of_a_mail_that_are_left_are_kept(desk: EditorsDesk) -> None:
    edit = EditMailTexts(desk.edit, lambda: [])
    edit.put_aside("report", Typed({"before": ["Mine before."], "after": ["Mine after."]}), ANA)
    [(text, _)] = kept(desk)
    assert text.index("Mine before.") < text.index("[[report]]") < text.index("Mine after.")
    assert desk.store.drafts() == []
