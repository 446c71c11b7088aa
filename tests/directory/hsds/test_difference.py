"""Before an import is taken in, it is said what it adds, changes and retires."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from chalicelib.directory.hsds.difference import difference
from chalicelib.directory.hsds.door import Imported, Remark
from chalicelib.directory.services import RETIRED, Address, Phone
from tests.directory.hsds.samples import KITCHEN, LINE, SAMPLES, SHELTER

MANY = tuple(replace(KITCHEN, id=f"kitchen-{number}") for number in range(40))


def test_the_same_file_again_is_no_difference():
    again = tuple(replace(one, read_on=date(2027, 1, 1), sources=("another reading",)) for one in SAMPLES)
    found = difference(SAMPLES, Imported(again))
    assert found.is_nothing
    assert found.same == 3
    assert not found.goes_too_far


def test_what_is_new_changed_and_gone_is_said_by_id_and_field():
    new = replace(KITCHEN, id="new")
    found = difference((LINE, KITCHEN), Imported((replace(LINE, email="a@line.example", cost="Free"), new)))
    assert found.added == (new,)
    assert dict(found.changed) == {"line": ("mark", "email", "cost", "assured_on", "assured_by")}
    assert found.retired == (KITCHEN,)
    after = {one.id: one for one in found.services((LINE, KITCHEN))}
    assert after["line"].cost == "Free"
    assert after["kitchen"].status == RETIRED
    assert after["new"] == new


@pytest.mark.parametrize(("gone", "too_far"), [(0, False), (2, False), (3, True), (40, True)])
def test_more_than_a_twentieth_gone_needs_a_yes(gone, too_far):
    found = difference(MANY, Imported(MANY[gone:]))
    assert len(found.retired) == gone
    assert found.goes_too_far == too_far


def test_a_file_that_marks_them_as_retired_needs_a_yes_too():
    closed = tuple(replace(one, status=RETIRED) for one in MANY[:3])
    assert difference(MANY, Imported((*closed, *MANY[3:]))).goes_too_far


def test_what_is_retired_already_is_not_retired_again():
    old = (replace(KITCHEN, status=RETIRED), LINE)
    found = difference(old, Imported((LINE,)))
    assert found.is_nothing


@pytest.mark.parametrize(
    "new",
    [Imported((LINE,), whole=False), Imported((LINE,), (Remark("f", "r", "x", "wrong"),), whole=False)],
)
def test_a_file_that_is_not_whole_retires_nothing(new):
    found = difference(SAMPLES, new)
    assert found.retired == ()
    assert not found.goes_too_far


def test_what_only_people_here_know_stays():
    came = replace(
        LINE,
        serves="california",
        mark="SINGLE",
        shown_first=False,
        assured_on=None,
        assured_by="",
        in_other={},
    )
    found = difference((LINE,), Imported((came,)))
    assert found.is_nothing
    assert found.after["line"] == LINE


def test_a_sentence_that_changed_loses_its_translation():
    found = difference((LINE,), Imported((replace(LINE, what="Nobody listens today.", in_other={}),)))
    assert dict(found.changed) == {"line": ("what", "assured_on", "assured_by", "in_other")}
    assert found.after["line"].in_other == {"es": {"name": "Una línea"}}


def test_a_later_confirmation_counts_and_an_older_one_does_not():
    later = replace(LINE, assured_on=date(2026, 12, 1), assured_by="")
    older = replace(LINE, assured_on=date(2020, 1, 1), assured_by="")
    assert difference((LINE,), Imported((later,))).after["line"].assured_on == date(2026, 12, 1)
    assert difference((LINE,), Imported((older,))).after["line"] == LINE


def test_a_changed_number_is_vouched_for_by_nobody():
    false = (Phone("voice", "900-555-0199", "+19005550199"), *LINE.phones[1:])
    for came in (replace(LINE, phones=false), replace(LINE, phones=false, assured_on=None, assured_by="")):
        after = difference((LINE,), Imported((came,))).after["line"]
        assert (after.mark, after.assured_on, after.assured_by) == ("SINGLE", None, "")
    later = replace(LINE, phones=false, assured_on=date(2026, 12, 1), assured_by="")
    after = difference((LINE,), Imported((later,))).after["line"]
    assert (after.mark, after.assured_on) == ("SINGLE", date(2026, 12, 1))
    longer = replace(LINE, cost="Free", assured_on=None, assured_by="")
    after = difference((LINE,), Imported((longer,))).after["line"]
    assert (after.mark, after.assured_on) == ("CONFIRMED", None), "the mark stands for name and numbers"


def test_what_is_confidential_here_stays_so_whatever_a_file_says():
    address = Address("77 Hidden Lane", "Merced", "CA", "95340")
    before = replace(KITCHEN, confidential=True, address=None)
    came = replace(KITCHEN, address=address, apply="Come to 77 Hidden Lane. Or call.")
    after = difference((before,), Imported((came,))).after["kitchen"]
    assert after.confidential
    assert "Hidden" not in repr(after)
    unhideable = replace(came, name="77 Hidden Lane")
    assert difference((before,), Imported((unhideable,))).after["kitchen"] == before
    assert difference((SHELTER,), Imported((SHELTER,))).is_nothing
