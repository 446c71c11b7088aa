"""Forms: what was typed is kept, and everything that is wrong is said at once, beside its field."""

from __future__ import annotations

import pytest

from chalicelib.directory.errors import DocumentInvalid
from chalicelib.publishing.forms import (
    CHOICE,
    DAY,
    ROWS,
    TICK,
    TICKS,
    WORDS,
    Field,
    Form,
    FormInvalid,
    Group,
    Typed,
    refuse,
)
from chalicelib.publishing.new_ids import free_slug, slug_of
from chalicelib.publishing.page_hosts import with_hosts

ROW = Field(
    "rows",
    "Rows",
    ROWS,
    columns=(Field("kind", "Kind", CHOICE, options=[("a", "A"), ("b", "B")]), Field("show", "Show", most=5)),
)
FORM = Form(
    (
        Group("One", (Field("name", "Name", needed="Write a name.", most=10), Field("note", "Note", WORDS))),
        Group(
            "Two",
            (
                ROW,
                Field("day", "Day", DAY),
                Field("place", "Place", CHOICE, options=[("", "none"), ("x", "X town")]),
                Field("tags", "Tags", TICKS, options=[("p", "P"), ("q", "Q")]),
                Field("sure", "Sure", TICK),
                Field("key", "Key", WORDS, pasted=True),
            ),
        ),
    )
)
PRIVATE = "-----BEGIN PGP PRIVATE KEY BLOCK-----"


def typed(**fields: list[str] | str) -> Typed:
    return Typed({name: [value] if isinstance(value, str) else value for name, value in fields.items()})


def test_a_form_that_is_right_has_no_problems() -> None:
    right = typed(
        name="Ana", day="2026-11-25", place="x", tags=["p", "q"], kind=["a"], show=["12"], sure="yes"
    )
    assert FORM.problems(right) == {}
    refuse(FORM, {})


def test_every_problem_is_named_by_its_field_in_the_order_of_the_form() -> None:
    wrong = typed(
        name=" ", note="by\x07day", kind=["a", "c", "b"], show=["1", "2", "123456"], day="25.11.2026",
        place="y", tags=["p", "z"],
    )  # fmt: skip
    assert list(FORM.problems(wrong)) == ["name", "note", "kind-2", "show-3", "day", "place", "tags"]
    assert FORM.problems(wrong)["show-3"] == "This has 6 letters. 5 are the most."


def test_an_empty_row_is_no_row_whatever_is_chosen_in_it() -> None:
    assert FORM.problems(typed(name="Ana", kind=["nonsense", "a"], show=["", " "])) == {}


def test_later_problems_are_put_in_order_and_those_of_the_whole_come_first() -> None:
    found = {"day": "c", "show-10": "b", "show-2": "a", "": "whole", "name": "n"}
    assert list(FORM.in_order(found)) == ["", "name", "show-2", "show-10", "day"]
    with pytest.raises(FormInvalid) as refusal:
        refuse(FORM, found)
    assert list(refusal.value.problems) == ["", "name", "show-2", "show-10", "day"]
    assert isinstance(refusal.value, DocumentInvalid)


@pytest.mark.parametrize("field", ["name", "note", "key", "show"])
def test_a_private_key_is_refused_in_any_field_and_never_shown_again(field: str) -> None:
    fields = typed(**{"name": "Ana", "kind": ["a"], "show": ["1"], field: [PRIVATE]})
    [problem] = FORM.problems(fields).values()
    assert problem.startswith("This is a private key")
    assert PRIVATE not in repr(fields.shown().fields)
    assert PRIVATE not in repr(fields)


def test_a_pasted_field_may_hold_signs_that_nobody_sees() -> None:
    assert FORM.problems(typed(name="Ana", key="\ufeffkey")) == {}
    assert FORM.problems(typed(name="\ufeffAna")).keys() == {"name"}


def test_rows_keep_their_numbers_and_get_spare_ones_behind_the_last() -> None:
    fields = typed(kind=["a", "b", "a", "b"], show=["", "2", "", ""])
    assert [row["show"] for row in fields.shown_rows(ROW)] == ["", "2", "", ""]
    assert [row["show"] for row in typed(kind=["a"], show=["1"]).shown_rows(ROW)] == ["1", "", ""]


def test_what_somebody_else_saved_is_read_back_in_words() -> None:
    saved = typed(name="Ana", place="x", kind=["a", "b"], show=["1", "2"], tags=["q"], sure="yes", note="")
    assert FORM.read_back(saved) == [
        ("Name", "Ana"), ("Rows", "a 1, b 2"), ("Place", "X town"), ("Tags", "Q"), ("Sure", "yes"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "slug"),
    [("Dos Palos", "dos-palos"), ("Cañon City", "canon-city"), ("St. John’s", "st-johns"),
     ("A & B", "a-and-b"), ("  --- ", ""), ("安全", ""), ("x" * 80, "x" * 50),
     ("Ⅳ. Ward", "iv-ward"), ("../etc", "etc")],
)  # fmt: skip
def test_a_slug_is_made_of_the_letters_of_a_name(name: str, slug: str) -> None:
    assert slug_of(name) == slug


def test_a_slug_that_is_taken_or_means_another_page_gets_an_ending() -> None:
    assert free_slug("More", set()) == "more-2"
    assert free_slug("Dos Palos", {"dos-palos-ca"}, "ca", "merced-county-ca") == "dos-palos-merced-county-ca"
    assert free_slug("Dos Palos", {"dos-palos", "dos-palos-2"}) == "dos-palos-3"
    with pytest.raises(DocumentInvalid, match="letter from a to z"):
        free_slug("安全", set())


def test_hosts_keep_their_order_and_only_named_ones_go() -> None:
    assert with_hosts(["b", "a", "old"], {"a", "c"}, {"old"}) == ["b", "a", "c"]
    assert with_hosts(["old"], {"old"}, {"old"}) == ["old"]
