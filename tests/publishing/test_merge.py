"""Three-way merges: what one side changed is taken, what both changed is a person's choice."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.directory.errors import DocumentInvalid
from chalicelib.pages.po_files import read_po
from chalicelib.publishing.merge import NEW, YOURS, Merge, merge

PAGE = "template/public/page.html"
ES = "catalog/es"
LINES = st.lists(st.sampled_from(["a", "b", "c", "d", ""]), max_size=12).map("\n".join)


def po(**texts: str) -> str:
    return 'msgid ""\nmsgstr ""\n' + "".join(
        f'\nmsgid "{one}"\nmsgstr "{text}"\n' for one, text in texts.items()
    )


def texts_of(catalog: str) -> dict[str, str]:
    return {entry.source: entry.text for entry in read_po(catalog) if entry.source}


def contacts(*entries: dict[str, Any]) -> str:
    return json.dumps({"contacts": list(entries)}, indent=2) + "\n"


def entry(name: str, **fields: Any) -> dict[str, Any]:
    return {"id": name, "name": name.title(), "hours": "", "sources": [], **fields}


def chosen(merged: Merge, which: str) -> str:
    return merged.write({place.key: which for place in merged.clashes})


def test_lines_that_one_side_changed_are_taken_from_it() -> None:
    before = "one\ntwo\nthree\nfour\nfive"
    merged = merge(PAGE, before, "one\nTWO\nthree\nfour\nfive", "one\ntwo\nthree\nfour\nFIVE\nsix")
    assert merged.clashes == ()
    assert merged.write({}) == "one\nTWO\nthree\nfour\nFIVE\nsix"
    [place] = merged.taken
    assert (place.name, place.before, place.new) == ("Line 5", "five", "FIVE\nsix")


def test_lines_that_both_changed_are_a_choice_and_stay_yours_without_one() -> None:
    merged = merge(PAGE, "a\nb\nc", "a\nmine\nc", "a\ntheirs\nc")
    [clash] = merged.clashes
    assert (clash.name, clash.before, clash.yours, clash.new) == ("Line 2", "b", "mine", "theirs")
    assert merged.write({}) == chosen(merged, YOURS) == "a\nmine\nc"
    assert chosen(merged, NEW) == "a\ntheirs\nc"


def test_neighbouring_lines_that_each_side_changed_alone_are_no_clash() -> None:
    merged = merge(PAGE, "a\nb\nc\nd", "a\nB\nc\nd", "a\nb\nC\nd")
    assert merged.clashes == ()
    assert merged.write({}) == "a\nB\nC\nd"
    both = merge(PAGE, "a\nb\nc\nd", "a\nB\nmine\nd", "a\nb\ntheirs\nd")
    assert [(clash.yours, clash.new, clash.name) for clash in both.clashes] == [("mine", "theirs", "Line 3")]
    assert both.write({}) == "a\nB\nmine\nd"


def test_a_line_removed_here_and_changed_there_is_a_choice() -> None:
    merged = merge(PAGE, "a\nb\nc", "a\nc", "a\nB\nc")
    [clash] = merged.clashes
    assert (clash.yours, clash.new) == (None, "B")
    assert merged.write({}) == "a\nc"
    assert chosen(merged, NEW) == "a\nB\nc"


def test_the_same_change_on_both_sides_is_none() -> None:
    merged = merge(PAGE, "a\nb", "a\nB", "a\nB")
    assert merged.places == ()
    assert merged.write({}) == "a\nB"


def test_lines_added_by_both_at_one_point_are_a_choice() -> None:
    merged = merge(PAGE, "a\nz", "a\nmine\nz", "a\ntheirs\nz")
    assert [clash.before for clash in merged.clashes] == [None]


@given(LINES, LINES)
def test_whoever_changed_nothing_adds_nothing(before: str, other: str) -> None:
    assert merge(PAGE, before, other, before).write({}) == other
    assert merge(PAGE, before, before, other).write({}) == other
    assert merge(PAGE, before, other, other).places == ()


@given(LINES, LINES, LINES)
def test_choosing_one_side_everywhere_loses_nothing_of_it_where_both_changed(
    before: str, yours: str, new: str
) -> None:
    merged = merge(PAGE, before, yours, new)
    swapped = merge(PAGE, before, new, yours)
    assert chosen(merged, YOURS) == chosen(swapped, NEW)
    assert chosen(merged, NEW) == chosen(swapped, YOURS)


def test_a_large_template_is_merged_like_a_small_one() -> None:
    chance = random.Random(1)  # noqa: S311 (the same lines in every run)
    before = [f"line {number}" for number in range(3000)]
    yours, new = list(before), list(before)
    for number in chance.sample(range(0, 1500, 3), 40):
        yours[number] = "mine"
    for number in chance.sample(range(1502, 3000, 3), 40):
        new[number] = "theirs"
    merged = merge(PAGE, *("\n".join(text) for text in (before, yours, new)))
    assert merged.clashes == ()
    assert merged.write({}).count("mine") == merged.write({}).count("theirs") == 40


def test_sentences_are_merged_one_by_one() -> None:
    before = po(Hi="Hola", Bye="Adiós", Yes="Sí", No="")
    yours = po(Hi="Buenas", Bye="Adiós", Yes="Claro", No="")
    new = po(Hi="Hola", Bye="Hasta luego", Yes="Sí, claro", No="No", Now="Ahora")
    merged = merge(ES, before, yours, new)
    assert {place.name for place in merged.taken} == {"Bye", "No", "Now"}
    [clash] = merged.clashes
    assert (clash.name, clash.before, clash.yours, clash.new) == ("Yes", "Sí", "Claro", "Sí, claro")
    assert texts_of(merged.write({})) == {
        "Hi": "Buenas", "Bye": "Hasta luego", "Yes": "Claro", "No": "No", "Now": "Ahora",
    }  # fmt: skip
    assert texts_of(chosen(merged, NEW))["Yes"] == "Sí, claro"


def test_a_sentence_that_the_package_has_lost_or_no_longer_says_stays() -> None:
    merged = merge(ES, po(Hi="Hola", Bye="Adiós"), po(Hi="Hola", Bye="Chao"), po(Hi=""))
    assert merged.places == ()
    assert texts_of(merged.write({})) == {"Hi": "Hola", "Bye": "Chao"}


def test_comments_and_order_of_an_edited_catalog_stay() -> None:
    yours = "# by Ana\n" + po(Hi="Hola", Bye="Adiós")
    assert (
        merge(ES, po(Hi="Hola", Bye="Adiós"), yours, po(Bye="Chao", Hi="Hola"))
        .write({})
        .startswith("# by Ana\n")
    )


def test_fields_of_an_entry_are_merged_one_by_one() -> None:
    before = contacts(entry("police"), entry("shelter", hours="9 to 5"))
    yours = contacts(entry("police", checked_by="A clerk"), entry("shelter", hours="9 to 6"), entry("ours"))
    new = contacts(entry("police", hours="Day and night"), entry("line"), entry("shelter", hours="10 to 5"))
    merged = merge("contacts", before, yours, new)
    [clash] = merged.clashes
    assert (clash.name, clash.before, clash.yours, clash.new) == (
        "shelter: hours", "9 to 5", "9 to 6", "10 to 5",
    )  # fmt: skip
    result = {one["id"]: one for one in json.loads(merged.write({}))["contacts"]}
    assert [*result] == ["police", "line", "shelter", "ours"]
    assert result["police"] == entry("police", hours="Day and night") | {"checked_by": "A clerk"}
    assert result["shelter"]["hours"] == "9 to 6"
    taken = json.loads(chosen(merged, NEW))["contacts"]
    assert next(one for one in taken if one["id"] == "shelter")["hours"] == "10 to 5"


def test_an_entry_removed_here_and_changed_there_is_a_choice() -> None:
    merged = merge("contacts", contacts(entry("a")), contacts(), contacts(entry("a", hours="9 to 5")))
    [clash] = merged.clashes
    assert clash.yours is None
    assert "hours: 9 to 5" in str(clash.new)
    assert json.loads(merged.write({}))["contacts"] == []
    assert [one["id"] for one in json.loads(chosen(merged, NEW))["contacts"]] == ["a"]


def test_an_entry_that_the_package_dropped_and_nobody_touched_goes() -> None:
    merged = merge(
        "contacts", contacts(entry("a"), entry("b")), contacts(entry("a"), entry("b")), contacts(entry("b"))
    )
    assert merged.clashes == ()
    assert [one["id"] for one in json.loads(merged.write({}))["contacts"]] == ["b"]


def test_lists_without_names_are_merged_whole() -> None:
    site = [
        json.dumps({"hosts": hosts, "exit_url": "https://a"}) for hosts in (["a"], ["a", "b"], ["a", "c"])
    ]
    [clash] = merge("site", *site).clashes
    assert (clash.name, clash.yours, clash.new) == ("hosts", "a\nb", "a\nc")


def test_a_text_that_cannot_be_read_is_said() -> None:
    with pytest.raises(DocumentInvalid):
        merge("contacts", contacts(), "{", contacts())
    with pytest.raises(DocumentInvalid):
        merge(ES, po(), "msgid", po())


@given(st.data())
def test_choosing_new_everywhere_and_changing_nothing_here_gives_the_new_entries(data: st.DataObject) -> None:
    values = st.dictionaries(st.sampled_from("abc"), st.sampled_from(["", "x", "y"]), max_size=3)
    lists = st.dictionaries(st.sampled_from("pqr"), values, max_size=3)
    before, new = (
        contacts(*({"id": name, **fields} for name, fields in data.draw(lists).items())) for _ in range(2)
    )
    merged = merge("contacts", before, before, new)
    assert merged.clashes == ()
    assert json.loads(merged.write({})).keys() == json.loads(new).keys()
    by_id = [{one["id"]: one for one in json.loads(text)["contacts"]} for text in (merged.write({}), new)]
    assert by_id[0] == by_id[1]
