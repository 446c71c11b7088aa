"""Proposals that are withdrawn or written over are kept, and come back as proposals: two people decide."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from chalicelib.desk.people import EDITOR, Person
from chalicelib.directory.document_ids import RECIPIENTS
from chalicelib.directory.errors import DocumentInvalid
from chalicelib.publishing.documents import DraftConflict
from chalicelib.publishing.edit_text import EditText
from chalicelib.publishing.see_changes import SeeChanges
from chalicelib.publishing.thrown_drafts import WHOLE, WITH_NEWER, ThrownDrafts
from chalicelib.publishing.web.thrown import Proposing, ThrownScreens
from chalicelib.shared.errors import EntryMissing, StaleRecord
from tests.publishing.test_change_recipients import ANA, BEN, OFFICE, Changing, person
from tests.publishing.test_change_screens import Browser, read


class Kept(Changing):
    """A desk at which proposals are made, withdrawn and had back."""

    def __init__(self) -> None:
        super().__init__()
        desk = self.desk
        edit = EditText(desk.store, desk.shipped, desk.shelf, self.clock)
        self.edit = edit
        self.thrown = ThrownDrafts(desk.store, edit, self.clock, self.change)
        self.see = SeeChanges(desk.store, desk.shipped, desk.shelf)

    def withdraw(self, who: str = BEN) -> Any:
        self.change.withdraw(self.revision, who)
        return self.thrown.list()[0]

    def propose_back(self, kept: Any, way: str = WHOLE, who: str = BEN) -> None:
        self.thrown.propose_back(kept.id, way, self.thrown.open(kept.id).seen, person(who))

    def names(self) -> list[str]:
        change = self.desk.store.change()
        return [one["name"] for one in json.loads(change.text)] if change else []


@pytest.fixture
def desk() -> Kept:
    return Kept()


def test_a_withdrawn_proposal_is_kept_and_is_proposed_again_in_the_name_of_who_has_it_back(
    desk: Kept,
) -> None:
    desk.propose(OFFICE)
    desk.confirm_all()
    kept = desk.withdraw()
    assert (kept.draft.document, kept.draft.who, kept.by) == (RECIPIENTS, ANA, BEN)
    desk.propose_back(kept)
    state = desk.change.state()
    assert state is not None
    assert [one.proposers for one in state.entries] == [(BEN,)] * len(state.entries)
    assert state.waiting, "every address is confirmed anew"
    assert not state.change.agreed
    assert desk.thrown.list() == []


def test_it_cannot_come_back_as_a_draft_of_one_person(desk: Kept) -> None:
    desk.propose(OFFICE)
    kept = desk.withdraw()
    with pytest.raises(DocumentInvalid, match="two publishers"):
        desk.thrown.have_back(kept.id, WHOLE, desk.thrown.open(kept.id).seen, ANA)
    assert desk.change.state() is None


def test_it_meets_a_proposal_that_waits_and_neither_is_lost(desk: Kept) -> None:
    desk.propose(OFFICE)
    kept = desk.withdraw()
    other = {**OFFICE, "id": "other", "name": "Another office"}
    desk.propose(other, who=ANA)
    assert WITH_NEWER in desk.thrown.open(kept.id).ways
    desk.propose_back(kept, WITH_NEWER)
    assert sorted(desk.names()) == sorted(["Another office", str(OFFICE["name"])])
    assert desk.thrown.list() == [], "nothing of the newer one was lost"


def test_words_of_a_proposal_that_another_takes_the_place_of_are_kept(desk: Kept) -> None:
    desk.propose({**OFFICE, "what": "Words of Ana."})
    desk.propose({**OFFICE, "what": "Words of Ben."}, who=BEN)
    [kept] = desk.thrown.list()
    assert "Words of Ana." in kept.draft.text
    desk.propose({**OFFICE, "what": "Words of Ben."}, {**OFFICE, "id": "more", "name": "More"}, who=BEN)
    assert len(desk.thrown.list()) == 1, "nothing was lost by adding one"


def test_what_moved_on_is_not_dropped_and_no_copy_of_it_is_left(desk: Kept) -> None:
    desk.propose(OFFICE)
    with pytest.raises(DraftConflict):
        desk.change.withdraw(7, BEN)
    assert desk.thrown.list() == []
    assert desk.names() == [OFFICE["name"]]


def test_a_forged_way_or_another_document_is_proposed_to_nobody(desk: Kept) -> None:
    desk.propose(OFFICE)
    kept = desk.withdraw()
    with pytest.raises(StaleRecord):
        desk.thrown.propose_back(kept.id, WHOLE, "0" * 16, person(BEN))
    with pytest.raises(EntryMissing):
        desk.thrown.propose_back("20261128-x", WHOLE, "", person(BEN))
    desk.thrown._edit.save_draft("site", desk.desk.shipped.text("site"), 0, BEN)
    desk.thrown._edit.discard("site", 1, BEN)
    [site] = [one for one in desk.thrown.list() if one.draft.document == "site"]
    with pytest.raises(DocumentInvalid, match="no change of who gets reports"):
        desk.propose_back(site)


def test_on_the_screen_a_publisher_proposes_it_and_an_editor_is_told_who_can(desk: Kept) -> None:
    desk.propose(OFFICE)
    kept = desk.withdraw()
    told: list[Any] = []
    proposing = Proposing(desk.change, lambda *line: told.append(line))  # type: ignore[arg-type]
    screens = ThrownScreens(Browser(), desk.thrown, desk.see, proposing)
    request = Browser().get(t=kept.id)
    seen = screens.look(replace(request, person=Person(BEN, EDITOR)))
    assert "by a publisher" in read(seen)
    assert "/admin/thrown/propose" not in seen.text
    assert 'action="/admin/thrown/propose"' in screens.look(request).text
    post = Browser().post(t=kept.id, way=WHOLE, seen=desk.thrown.open(kept.id).seen, d=RECIPIENTS)
    done = screens.propose_back(post)
    assert done.headers["Location"] == "/admin/access/recipients?done=proposed"
    assert [subject for subject, _ in told] == ["recipients were proposed"]
    assert screens.propose_back(post).status_code == 404
