"""What differs between two versions of a document, as a clerk reads it."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from chalicelib.directory.write_entries import write_entries
from chalicelib.publishing.change_rows import ADDED, ALIKE, CHANGED, REMOVED, UNSEEN, EntryChange, FieldChange
from chalicelib.publishing.changes import compare
from chalicelib.publishing.documents import compare as compare_lines
from chalicelib.publishing.field_labels import Names, title_of
from chalicelib.publishing.word_changes import GONE, NEW, joined, pieces, words

CONTENT = Path("chalicelib/content")
DOCUMENTS = ("contacts", "places", "recipients", "site")
_PO = 'msgid ""\nmsgstr "Language: es\\n"\n\nmsgid "Call %(number)s now."\nmsgstr "{}"\n'


def shipped(document: str) -> str:
    return (CONTENT / f"{document}.json").read_text(encoding="utf-8")


def changed(document: str, edit: Callable[[Any], Any], names: Names | None = None) -> list[EntryChange]:
    """The field diff after an edit of what ships."""
    parsed = json.loads(shipped(document))
    edit(parsed)
    return list(compare(document, shipped(document), write_entries(parsed), names or Names()).entries)


def contact(parsed: Any, key: str) -> Any:
    return next(one for one in parsed["contacts"] if one["id"] == key)


def told(entries: list[EntryChange]) -> list[str]:
    """The rows as sentences: what, field: before -> after."""
    return [
        f"{entry.what}, {row.field}: {row.before} -> {row.after}" for entry in entries for row in entry.fields
    ]


@pytest.mark.parametrize("document", DOCUMENTS)
def test_files_ship_in_the_form_in_which_the_desk_writes_them(document: str) -> None:
    assert write_entries(json.loads(shipped(document))) == shipped(document)


def test_one_digit_is_one_row_and_one_line() -> None:
    before = shipped("contacts")

    def edit(parsed: Any) -> None:
        (way,) = contact(parsed, "vcc")["channels"]
        way.update(show="209-722-4358", value="+12097224358")

    assert told(changed("contacts", edit)) == ["Valley Crisis Center, Phone: 209-722-4357 -> 209-722-4358"]
    parsed = json.loads(before)
    edit(parsed)
    lines = compare_lines(before, write_entries(parsed))
    assert [line.kind for line in lines if line.kind in ("gone", "new")] == ["gone", "new"]


def test_a_number_that_a_phone_does_not_dial_as_it_is_shown_is_told() -> None:
    entries = changed(
        "contacts", lambda all_: contact(all_, "vcc")["channels"][0].update(value="+18885550199")
    )
    assert told(entries) == [
        "Valley Crisis Center, Phone: 209-722-4357 -> 209-722-4357; a phone dials +18885550199"
    ]


def leaves(node: Any) -> Iterator[tuple[Any, Any]]:
    """Each place of a value in a document: what holds it, and under which name or number."""
    for name, value in node.items() if isinstance(node, dict) else enumerate(node):
        if isinstance(value, dict | list):
            yield from leaves(value)
        else:
            yield node, name


def short(document: str) -> Any:
    """A shipped document with two entries in each of its lists."""
    parsed = json.loads(shipped(document))
    if isinstance(parsed, list):
        return parsed[:2]
    return {name: value[:2] if isinstance(value, list) else value for name, value in parsed.items()}


@pytest.mark.parametrize("document", DOCUMENTS)
@pytest.mark.parametrize("value", ["other words", "", None, True, 7, ["a"], {"a": "b"}])
def test_nothing_that_changes_goes_untold(document: str, value: Any) -> None:
    parsed = short(document)
    before = write_entries(parsed)
    for holder, name in leaves(parsed):
        was = holder[name]
        if was is value or (type(was) is type(value) and was == value):
            continue
        holder[name] = value
        found = compare(document, before, write_entries(parsed))
        assert found, (name, was)
        assert all(entry.fields or entry.kind != CHANGED for entry in found.entries)
        for row in (row for entry in found.entries for row in entry.fields):
            assert row.note or row.before != row.after, row
        holder[name] = was
    assert not compare(document, before, write_entries(parsed))


@pytest.mark.parametrize("document", DOCUMENTS)
def test_a_field_more_or_less_is_told(document: str) -> None:
    parsed = short(document)
    before = write_entries(parsed)
    for holder in [holder for holder, _ in leaves(parsed) if isinstance(holder, dict)]:
        for name, value in list(holder.items()):
            del holder[name]
            assert compare(document, before, write_entries(parsed)), name
            holder[name] = value
        holder["hous"] = "Day and night."
        (entry,) = compare(document, before, write_entries(parsed)).entries
        assert "hous" in str(entry), entry
        del holder["hous"]


def test_true_is_not_one() -> None:
    before = json.dumps({"contacts": [{"id": "a", "name": "A", "only_here": True}]})
    assert compare("contacts", before, before.replace("true", "1"))


def test_what_is_written_in_another_way_is_said_to_read_the_same() -> None:
    (entry,) = compare("contacts", shipped("contacts"), json.dumps(json.loads(shipped("contacts")))).entries
    assert [row.note for row in entry.fields] == [ALIKE]
    (entry,) = changed("contacts", lambda all_: contact(all_, "vcc").update(checked_by=""))
    assert [row.note for row in entry.fields] == [ALIKE]


def test_signs_that_nobody_sees_are_told() -> None:
    def edit(parsed: Any) -> None:
        contact(parsed, "vcc")["what"] += "\u200b"

    (entry,) = changed("contacts", edit)
    assert [row.note for row in entry.fields] == [UNSEEN]


def test_a_contact_that_is_new_is_told_field_by_field_without_its_empty_ones() -> None:
    def edit(parsed: Any) -> None:
        parsed["contacts"].append({**contact(parsed, "vcc"), "id": "new", "name": "New Home", "hours": ""})

    (entry,) = changed("contacts", edit, Names({"merced-county-ca": "Merced County"}))
    assert (entry.what, entry.kind, entry.key) == ("New Home", ADDED, "new")
    rows = {row.field: row.after for row in entry.fields}
    assert rows["Town or area"] == "Merced County"
    assert rows["Phone"] == "209-722-4357"
    assert rows["How sure we are"] == "two sources agree"
    assert "Hours" not in rows
    assert not any(row.before for row in entry.fields)


def test_a_contact_that_goes_is_told_with_what_it_had() -> None:
    (entry,) = changed("contacts", lambda all_: all_["contacts"].remove(contact(all_, "vcc")))
    assert (entry.what, entry.kind, entry.key) == ("Valley Crisis Center", REMOVED, "")
    assert "209-722-4357" in [row.before for row in entry.fields]
    assert not any(row.after for row in entry.fields)


def test_a_contact_that_was_moved_is_one_row() -> None:
    def edit(parsed: Any) -> None:
        entry = contact(parsed, "vcc")
        parsed["contacts"].remove(entry)
        parsed["contacts"].insert(0, entry)

    (entry,) = changed("contacts", edit)
    assert entry.what == "Order of the contacts"
    (row,) = entry.fields
    assert (row.field, row.after) == ("Valley Crisis Center", "first")
    assert row.before.startswith("after ")


def test_ways_to_reach_a_contact_are_paired_by_their_kind() -> None:
    def edit(parsed: Any) -> None:
        ways = contact(parsed, "vcc")["channels"]
        ways.insert(0, {"kind": "text", "show": "555-01", "value": "55501", "body": "HELP"})

    assert told(changed("contacts", edit)) == [
        "Valley Crisis Center, Text messages:  -> 555-01, with the word “HELP”"
    ]

    def turn(parsed: Any) -> None:
        entry = next(one for one in parsed["contacts"] if len(one["channels"]) > 1)
        entry["channels"].reverse()

    ((row,),) = [entry.fields for entry in changed("contacts", turn)]
    assert row.field == "Ways to reach it: order"
    assert row.before != row.after


def test_a_source_that_is_replaced_is_one_row() -> None:
    entries = changed("contacts", lambda all_: contact(all_, "lbpd")["sources"].__setitem__(1, "a new page"))
    (row,) = entries[0].fields
    assert (row.field, row.before, row.after) == (
        "Source",
        "http://www.mercedgwnews.com/2018/06/04/",
        "a new page",
    )


def test_settings_are_told_in_words() -> None:
    def edit(parsed: Any) -> None:
        parsed["exit_url"] = "https://forecast.example/"
        parsed["hosts"].append("forecast.example")
        parsed["default_place"] = "california"
        parsed["locales"] = [one for one in parsed["locales"] if one["tag"] != "km"]

    names = Names({"california": "California", "los-banos-ca": "Los Banos"})
    entries = changed("site", edit, names)
    assert told(entries) == [
        "Settings, Where the exit button leads: https://www.weather.gov/ -> https://forecast.example/",
        "Settings, Place that is shown first: Los Banos -> California",
        "Settings, Web site that pages may link to:  -> forecast.example",
    ]
    assert (entries[-1].what, entries[-1].kind) == ("Language of the site: ភាសាខ្មែរ", REMOVED)


def test_a_town_is_told_with_the_name_of_what_it_lies_in() -> None:
    town = {"slug": "a-town", "name": "A Town", "parent": "merced-county-ca", "kind": "city", "zone": "A/B_C"}
    (entry,) = changed("places", lambda all_: all_["places"].append(town))
    assert (entry.what, entry.kind) == ("A Town", ADDED)
    rows = {row.field: row.after for row in entry.fields}
    assert rows == {
        "Name": "A Town",
        "Kind": "town or city",
        "Lies in": "Merced County",
        "Local time": "B C",
        "Address of its page": "/en/a-town/",
    }


def test_figures_have_no_id_and_are_paired_by_their_place() -> None:
    def site(text: str) -> str:
        return json.dumps({"figures": [{"text": text, "source": "a page"}, {"text": "Two.", "source": "b"}]})

    (entry,) = compare("site", site("One of them."), site("Three of them.")).entries
    assert (entry.kind, [(row.field, row.after) for row in entry.fields]) == (
        CHANGED,
        [("Sentence", "Three of them.")],
    )


def test_a_recipient_is_told_by_the_names_of_its_form_and_its_key_by_a_mark() -> None:
    key = "-----BEGIN PGP PUBLIC KEY BLOCK-----\n" + "x" * 900

    def edit(parsed: Any) -> None:
        parsed[0].update(fallback="second@dot.example", enforces_immigration=True, key=key)

    (entry,) = changed("recipients", edit)
    rows = {row.field: (row.before, row.after) for row in entry.fields}
    assert rows["Second address"] == ("", "second@dot.example")
    assert rows["Enforces immigration law"] == ("no", "yes")
    assert rows["Key that locks its mail"][1].startswith("a key of 937 letters")
    assert "BEGIN" not in str(entry)


def test_two_keys_have_two_marks() -> None:
    before = json.dumps([{"id": "a", "name": "A", "key": "x" * 50 + "a" + "x" * 50}])
    (entry,) = compare("recipients", before, before.replace("xax", "xbx")).entries
    assert [row.note for row in entry.fields] == [""]


def test_a_translation_is_told_under_its_english_and_words_are_marked() -> None:
    old = _PO.format("Llame a %(number)s ahora mismo, por favor.")
    new = _PO.format("Llame a %(number)s hoy mismo, por favor.")
    (entry,) = compare("catalog/es", old, new).entries
    assert entry.what == "Call [the phone number] now."
    (row,) = entry.fields
    assert (row.field, row.lang) == ("Español", "es")
    assert [(piece.kind, piece.text) for piece in row.pieces if piece.kind != "same"] == [
        (GONE, "ahora"),
        (NEW, "hoy"),
    ]


def test_a_word_typed_for_a_filled_in_one_does_not_look_the_same() -> None:
    old, new = _PO.format("Llame %(number)s"), _PO.format("Llame [the phone number]")
    ((row,),) = [entry.fields for entry in compare("catalog/es", old, new).entries]
    assert row.note == ALIKE


def test_a_sentence_that_nobody_is_sure_of_is_told() -> None:
    old = _PO.format("Llame")
    new = old.replace('msgid "Call', '#, fuzzy\nmsgid "Call')
    ((row,),) = [entry.fields for entry in compare("catalog/es", old, new).entries]
    assert (row.before, row.after) == ("yes", "nobody is sure: readers get English")


def test_an_english_sentence_left_empty_is_the_one_of_the_pages() -> None:
    ((row,),) = [
        entry.fields for entry in compare("catalog/en", _PO.format(""), _PO.format("Ring us.")).entries
    ]
    assert (row.before, row.after) == ("Call [the phone number] now.", "Ring us.")


def test_new_sentences_without_a_translation_are_no_rows() -> None:
    old = _PO.format("Llame")
    (entry,) = compare("catalog/es", old, old + '\nmsgid "New."\nmsgstr ""\n').entries
    assert entry.what == "The text as a whole"


def test_a_mail_is_told_by_its_sentences() -> None:
    old, new = "Please read this now.\n\n[[report]]\n\nThank you.", "Please read this today.\n\n[[report]]\n"
    (entry,) = compare("template/mail/report/body.txt", old, new).entries
    assert [(row.before, row.after) for row in entry.fields] == [
        ("Please read this now.", "Please read this today."),
        ("Thank you.", ""),
    ]


def test_a_page_is_told_by_its_sentences_and_how_many_lines_of_its_building_differ() -> None:
    old = "<p>{% trans %}You are  not alone.{% endtrans %}</p>\n<p>\n"
    new = "<p>{% trans %}You are never alone.{% endtrans %}</p>\n<b>\n"
    found = compare("template/public/page.html", old, new)
    assert found.built
    sentences, built = found.entries
    assert [(row.before, row.after) for row in sentences.fields] == [
        ("You are not alone.", "You are never alone.")
    ]
    assert [row.note for row in built.fields] == ["1 line goes and 1 line comes: see them under “Advanced”."]
    assert "{%" not in str(sentences)


def test_a_text_that_cannot_be_read_is_said_to_be_so() -> None:
    found = compare("contacts", shipped("contacts"), '{"contacts": [')
    assert found
    assert found.unreadable
    assert not found.entries


def test_rows_that_are_left_out_are_counted() -> None:
    def edit(parsed: Any) -> None:
        for one in parsed["contacts"]:
            one["what"] = "Other words."

    before = json.loads(shipped("contacts"))
    after = copy.deepcopy(before)
    edit(after)
    whole = compare("contacts", shipped("contacts"), write_entries(after))
    part = compare("contacts", shipped("contacts"), write_entries(after), most=5)
    assert len(part.entries) == 5
    assert part.hidden == whole.rows - 5
    assert part.rows == whole.rows == len(before["contacts"])


@pytest.mark.parametrize("document", ["contacts", "catalog/es", "template/public/page.css", "catalog/en"])
def test_titles_name_no_file(document: str) -> None:
    assert not {"catalog", "template", "/", "."} & {*title_of(document), *title_of(document).split()}


TWO = [
    ("Say first where it is, and then what help is needed.", "Say first where you are, then what you need."),
    ("If you call 209-722-4357 now, it's free.", "If you call 209-722-4358 now, it's free."),
    ("如果你现在有危险，请拨打911。", "如果你现在有危险，请打911。"),
    ("ប្រសិនបើអ្នកស្ថិតក្នុងគ្រោះថ្នាក់", "ប្រសិនបើអ្នកនៅក្នុងគ្រោះថ្នាក់"),
    ("اتصل بهذا الرقم الآن من فضلك", "اتصل بهذا الرقم غدا من فضلك"),
    ("ਜੇ ਤੁਸੀਂ ਹੁਣ ਖ਼ਤਰੇ ਵਿੱਚ ਹੋ", "ਜੇ ਤੁਸੀਂ ਅੱਜ ਖ਼ਤਰੇ ਵਿੱਚ ਹੋ"),
    ("a  b c d e ", " a b c d e"),
]


@pytest.mark.parametrize(("before", "after"), TWO)
def test_pieces_make_both_sentences_again_and_words_stay_whole(before: str, after: str) -> None:
    found = pieces(before, after)
    assert found
    assert joined(found, GONE) == before
    assert joined(found, NEW) == after
    assert "".join(words(before)) == before
    for piece in found:
        assert not piece.text.startswith(("\u0a4d", "\u0a3c", "\u17d2", "\u17b6"))


def test_a_number_is_marked_whole() -> None:
    before, after = TWO[1]
    assert [piece.text for piece in pieces(before, after) if piece.kind != "same"] == [
        "209-722-4357",
        "209-722-4358",
    ]


def test_sentences_with_little_in_common_are_shown_whole() -> None:
    assert pieces("One two three four five.", "Completely other words stand here now.") == ()
    assert pieces("now", "then") == ()


def test_a_long_text_is_compared_in_bounded_steps() -> None:
    before = " ".join(f"a{number}" for number in range(1_300))
    after = " ".join(f"b{number}" for number in range(1_300))
    assert pieces(before, after) == ()


def test_hostile_lists_are_no_more_work_than_their_length() -> None:
    old = json.dumps({"hosts": [f"a{number}.example" for number in range(8_000)]})
    new = json.dumps({"hosts": [f"b{number}.example" for number in range(8_000)]})
    found = compare("site", old, new)
    assert found.rows == 8_000


def test_a_row_is_plain_text() -> None:
    assert FieldChange("Name", "<b>", "&").before == "<b>"
