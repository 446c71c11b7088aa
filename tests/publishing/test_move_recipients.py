"""Recipients of a live stage become rows of the access table, and no inbox stays where anybody may read."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.directory.recipient_rows import RecipientRow, Recipients, RecipientsMissing
from chalicelib.publishing.documents import Release, Version
from chalicelib.publishing.move_recipients import MoveRecipients
from chalicelib.publishing.recipient_changes import Agreement, RecipientChange
from chalicelib.shared.errors import StaleRecord
from tests.support.fake_documents import FakeDocuments, FakeShelf
from tests.support.fakes import NOON

POLICE = {
    "id": "police",
    "name": "Police",
    "serves": "us",
    "email": "a@police.example",
    "fallback": "b@police.example",
    "nature": "police",
    "enforces_immigration": False,
    "what": "w",
    "what_not": "n",
    "agreed_on": "2026-11-01",
}
SHELTER = {**POLICE, "id": "shelter", "name": "Shelter", "email": "c@shelter.example", "fallback": ""}
SHIPPED = json.dumps([SHELTER])
LIVE = json.dumps([POLICE, SHELTER])
CHANGE = RecipientChange(
    LIVE, 7, "ana", NOON, "why", confirmed={"a@police.example": NOON}, agreed_by="ben", agreed_at=NOON,
    proposers={"police": ("ana",)}, agreements={"police": Agreement("ben", NOON, "x")},
)  # fmt: skip


class Killed(Exception):
    """The run ends here."""


class World:
    """Tables and a bucket; `left` writes are done, and the next one ends the run."""

    def __init__(self) -> None:
        self.kept: dict[str, RecipientRow] = {}
        self.moved = ""
        self.offices = ""
        self.proposal: RecipientChange | None = None
        self.released: dict[int, dict[str, str]] = {}
        self.logged: list[Sequence[str]] = []
        self.documents, self.shelf = FakeDocuments(), FakeShelf()
        self.left = 99

    def _write(self) -> None:
        if not self.left:
            raise Killed
        self.left -= 1

    def is_moved(self) -> bool:
        return bool(self.moved)

    def rows(self) -> Sequence[RecipientRow]:
        return list(self.kept.values())

    def read(self) -> Recipients:
        if not self.moved:
            raise RecipientsMissing("not yet")
        return Recipients(self.rows())

    def put(self, row: RecipientRow) -> None:
        self._write()
        there = self.kept.get(row.id)
        if (there.version if there else 0) != row.version - 1:
            raise StaleRecord("another one")
        self.kept[row.id] = row

    def mark_moved(self, now: Any, by: str) -> None:
        self._write()
        self.moved = by

    def change(self) -> RecipientChange | None:
        return self.proposal

    def put_change(self, change: RecipientChange) -> None:
        self._write()
        self.proposal = change

    def numbers(self) -> Sequence[int]:
        return sorted(self.released)

    def documents_of(self, number: int) -> Mapping[str, str]:
        return self.released[number]

    def put_documents(self, number: int, texts: Mapping[str, str]) -> None:
        self._write()
        self.released[number] = dict(texts)

    def log(self, lines: Sequence[str]) -> None:
        self.logged.append(lines)

    def everything(self) -> tuple[Any, ...]:
        rows = {name: replace(row, version=1) for name, row in self.kept.items() if not row.gone}
        return rows, self.moved, self.offices, self.proposal, self.released


class Offices:
    def __init__(self, world: World) -> None:
        self._world = world

    def text(self) -> str:
        return self._world.offices

    def put(self, text: str) -> None:
        self._world._write()
        self._world.offices = text


class Released:
    def __init__(self, world: World) -> None:
        self.numbers, self.documents = world.numbers, world.documents_of
        self.put_documents = world.put_documents


def live_stage() -> World:
    """A stage with two releases that name inboxes, of which the second is live, and an agreed change."""
    world = World()
    for number, text in ((1, SHIPPED), (2, LIVE)):
        world.documents.add_version(Version("recipients", number, text, "ana", NOON, "why"))
        world.documents.add_release(Release(number, {"recipients": number}, "ana", NOON, "why"))
        world.released[number] = {"recipients": text, "catalog/es": "words"}
        live = world.shelf.live()
        world.shelf.put(number, {})
        world.shelf.move(number, {}, live)
    world.documents.put_change(replace(CHANGE, revision=1))
    return world


def run(world: World) -> Any:
    return MoveRecipients(
        world, world, Offices(world), Released(world), world.documents, world.shelf, SHIPPED,
        lambda: NOON, world.log,
    )()  # fmt: skip


def test_a_live_stage_keeps_who_gets_reports_and_loses_every_public_inbox() -> None:
    world = live_stage()
    moved = run(world)
    assert [entry["id"] for entry in moved.entries] == ["police", "shelter"]
    assert moved.cleaned == [1, 2]
    assert {name: dict(row.entry) for name, row in world.kept.items()} == {
        "police": POLICE,
        "shelter": SHELTER,
    }
    assert world.released == {1: {"catalog/es": "words"}, 2: {"catalog/es": "words"}}
    public = world.offices + repr(world.released)
    assert not [one for one in ("police.example", "shelter.example") if one in public]
    assert "police.example" in repr(world.logged)


def test_what_waits_comes_along_and_has_to_be_agreed_to_anew() -> None:
    world = live_stage()
    run(world)
    waits = world.proposal
    assert waits is not None
    assert (waits.text, waits.proposers) == (CHANGE.text, CHANGE.proposers)
    assert (waits.agreed, waits.agreements, waits.confirmed) == (False, {}, {}), "the desk could write those"


def test_a_new_stage_begins_with_what_shipped() -> None:
    world = World()
    assert [entry["id"] for entry in run(world).entries] == ["shelter"]
    assert world.moved


def test_stopped_before_any_write_the_next_run_ends_the_same() -> None:
    wanted, whole = live_stage(), 0
    run(wanted)
    whole = 99 - wanted.left
    assert whole > 6
    for stopped_at in range(whole):
        world = live_stage()
        world.left = stopped_at
        with pytest.raises(Killed):
            run(world)
        if not world.moved:
            with pytest.raises(RecipientsMissing):
                world.read()
        world.left = 99
        run(world)
        assert world.everything() == wanted.everything(), f"stopped at write {stopped_at}"


def test_another_run_changes_nothing_whatever_was_agreed_to_since() -> None:
    world = live_stage()
    run(world)
    world.kept["police"] = replace(
        world.kept["police"], entry={**POLICE, "email": "new@police.example"}, version=2
    )
    world.proposal = None
    before, left = world.everything(), world.left
    run(world)
    assert (world.everything(), world.left) == (before, left)


def test_a_run_that_was_stopped_and_a_publish_since_leave_only_what_is_live_now() -> None:
    world = live_stage()
    world.left = 2
    with pytest.raises(Killed):
        run(world)
    world.documents.add_version(Version("recipients", 3, SHIPPED, "ana", NOON + timedelta(1), "why"))
    world.documents.add_release(Release(3, {"recipients": 3}, "ana", NOON, "why"))
    world.shelf.put(3, {})
    world.shelf.move(3, {}, world.shelf.live())
    world.left = 99
    assert [entry["id"] for entry in run(world).entries] == ["shelter"]
