"""Drafts that are stored already: whatever they hold, they are named with a reason and stop no screen."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.directory.document_ids import JSON_DOCUMENTS
from chalicelib.directory.errors import DocumentInvalid
from chalicelib.publishing import documents
from chalicelib.publishing.documents import Draft
from chalicelib.publishing.edit_contacts import EditContacts
from chalicelib.publishing.edit_sentences import EditSentences
from chalicelib.publishing.field_labels import title_of
from chalicelib.publishing.json_documents import Unreadable, read
from chalicelib.publishing.preview import Preview
from chalicelib.publishing.site_sentences import SaidNow
from chalicelib.shared.errors import EntryMissing
from tests.publishing.test_publish import ANA, Desk

CATALOG = "catalog/es"
MANY = "9" * 5000


class Drafted(Desk):
    """A desk on which somebody left a draft, years ago or by another way."""

    def __init__(self, document: str, text: str) -> None:
        super().__init__()
        self.shipped.texts |= {CATALOG: 'msgid "a"\nmsgstr "b"\n', "catalog/en": ""}
        self.store.put_draft(Draft(document, text, 1, 0, ANA, datetime(2026, 11, 25, tzinfo=UTC)))
        self.contacts = EditContacts(self.edit, self.clock)
        self.sentences = EditSentences(self.edit, lambda: SaidNow({}, []))
        self.preview = Preview(self.renderer, self.store, self.shipped, self.shelf)

    def look_around(self, document: str) -> None:
        """Do what the screens do. A refusal in words is all that may go wrong."""
        self.edit.list()
        self.edit.diff(document)
        self.edit.history(document)
        self.publish.status()
        for look in (
            lambda: self.contacts.list(),
            lambda: self.contacts.open("line"),
            lambda: self.contacts.places(),
            lambda: self.sentences.open(CATALOG),
            lambda: self.sentences.open("catalog/en"),
            lambda: self.preview.choices(),
            lambda: self.preview.page("en/us"),
        ):
            try:
                look()
            except (DocumentInvalid, EntryMissing) as refused:
                str(refused).encode("utf-8")

    def problems(self) -> list[documents.Problem]:
        return list(self.publish.plan().report.stops)


def contact(**changed: Any) -> str:
    entry = json.loads(Desk().shipped.texts["contacts"])["contacts"][0]
    return json.dumps({"contacts": [{**entry, **changed}]}, indent=1)


def site(**changed: Any) -> str:
    return json.dumps({**json.loads(Desk().shipped.texts["site"]), **changed}, indent=1)


PLACE = '{"places": [\n{"slug": "us", "name": %s, "parent": null, "kind": "nation", "pop": %s}\n]}'
BAD = {
    "a number of 5,000 digits": ("places", PLACE % ('"US"', MANY), 2, "too long"),
    "a number with an exponent": ("places", PLACE % ('"US"', "1e999"), 2, "too long"),
    "a number with a hostile exponent": ("places", PLACE % ('"US"', "1e400000000000"), 2, "too long"),
    "many decimals": ("places", PLACE % ('"US"', f"0.{MANY}"), 2, "too long"),
    "not a number": ("places", PLACE % ('"US"', "NaN"), 2, "no number"),
    "infinity": ("places", PLACE % ('"US"', "-Infinity"), 2, "no number"),
    "half a letter": ("places", PLACE % ('"United \\ud800 States"', 1), 2, "half a letter"),
    "half a letter as a key": ("places", PLACE % ('"US", "\\udfff": "x"', 1), 2, "half a letter"),
    "half a letter after a whole one": ("places", PLACE % ('"\\ud83d\\ude00\\ude00"', 1), 2, "half a letter"),
    "NUL": ("places", PLACE % ('"U\\u0000S"', 1), 2, "half a letter"),
    "NUL in the text": ("places", PLACE % ('"U\0S"', 1), 2, "invisible"),
    "half a letter in the text": ("places", PLACE % ('"U\ud800S"', 1), 2, "invisible"),
    "a list as a name": ("places", PLACE % ("[]", 1), 2, "must be a text"),
    "a number as a name": ("places", PLACE % ("5", 1), 2, "must be a text"),
    "brackets": ("places", "[" * 90_000, 1, "brackets"),
    "entries in entries": ("places", '{"a":' * 40_000, 1, "brackets"),
    "deep in a field": ("places", PLACE % ('"US", "more": ' + "[" * 50 + "]" * 50, 1), 2, "brackets"),
    "nothing": ("contacts", "", 0, "nothing"),
    "blank lines": ("contacts", "\n \n", 0, "nothing"),
    "UTF-16": ("contacts", "{\0}\0", 1, "invisible"),
    "a word": ("contacts", "contacts", 1, "comma"),
    "a text": ("contacts", '"contacts"', 1, "begins with"),
    "null": ("contacts", "null", 1, "begins with"),
    "a list": ("contacts", "[]", 1, "begins with"),
    "no contacts": ("contacts", "{}", 1, "contacts"),
    "contacts that are none": ("contacts", '{"contacts": {"a": 1}}', 1, "contacts"),
    "a key twice": ("contacts", contact().replace('"id"', '"what": "x",\n"id"'), 15, "twice"),
    "a number for a day": ("contacts", contact(checked_on=20261128), 20, "must be a day"),
    "yes for a day": ("contacts", contact(read_on=True), 19, "must be a day"),
    "yes for a text": ("contacts", contact(hours=True), 22, "must be a text"),
    "a text for yes": ("contacts", contact(only_here="no"), 22, "true or false"),
    "a number as an id": ("contacts", contact(id=7), 4, "must be a text"),
    "a list as an id": ("contacts", contact(id=["line"]), 4, "must be a text"),
    "an id in capitals": ("contacts", contact(id="Line"), 4, "a-z"),
    "a number as a source": ("contacts", contact(sources=[5]), 16, "list of texts"),
    "a channel that is none": ("contacts", contact(channels=["x"]), 7, "channels"),
    "a number in a channel": ("contacts", contact(channels=[{"kind": "call", "value": 911}]), 10, "must be"),
    "an entry for a place": ("contacts", contact(serves={}), 6, "must be a text"),
    "a huge name": ("contacts", contact(name="n" * 200_000), 5, "too long"),
    "a link that is none": ("site", site(exit_url="https://["), 2, "plain https"),
    "a number as a language": ("site", site(locales=[{"tag": 5}]), 6, "must be a text"),
    "a language that is none": ("site", site(locales=["en"]), 0, "not between"),
    "a list as a hotline": ("site", site(hotline=["line"]), 12, "must be a text"),
    "a number as a host": ("site", site(hosts=[7]), 9, "list of texts"),
    "no languages": ("site", site(locales=None), 1, "locales"),
    "a catalog without quotes": (CATALOG, "msgid a", 1, "quotes"),
    "a catalog with half a letter": (CATALOG, 'msgid "a"\nmsgstr "\ud800"', 2, "invisible"),
    "a catalog of brackets": (CATALOG, "{" * 90_000, 1, "begins with"),
}  # fmt: skip


@pytest.mark.parametrize("what", BAD)
def test_a_bad_draft_is_named_with_its_line_and_stops_no_screen(what: str) -> None:
    document, text, line, said = BAD[what]
    desk = Drafted(document, text)
    told = [problem for problem in desk.problems() if said in problem.sentence]
    assert told, desk.problems()
    assert {problem.document for problem in desk.problems()} == {document}
    assert line in {problem.line for problem in told}, told
    assert all(len(problem.sentence) < 600 for problem in told)
    desk.look_around(document)
    with pytest.raises(DocumentInvalid, match=title_of(document)):
        desk.preview.page("en/us")


@pytest.mark.parametrize("what", BAD)
def test_what_cannot_be_read_is_refused_when_it_is_saved(what: str) -> None:
    document, text, _, said = BAD[what]
    desk = Drafted(document, text)
    try:
        kept = desk.edit.save_draft(document, text, 1, ANA)
    except DocumentInvalid as error:
        refused = str(error).lower()
    else:
        read(document, kept.text)  # it can be read, and breaks a rule that the checks tell
        refused = said
    assert said in refused


@pytest.mark.parametrize("text", ["\ufeff" + contact(), contact().replace("\n", "\r\n")])
def test_a_mark_or_line_ends_of_another_system_are_no_fault(text: str) -> None:
    desk = Drafted("contacts", "{")
    desk.edit.save_draft("contacts", text, 1, ANA)
    assert not desk.problems()
    assert desk.contacts.open("line")["name"] == "Line"


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.sampled_from(["", "us", "line", "en", "2026-11-25", "9999-12-31", "https://[", "\ud800", "\0"])
    | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=4,
)


def _paths(node: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    return [path, *(found for key, value in inner for found in _paths(value, (*path, key)))]


@st.composite
def drafts(draw: st.DrawFn) -> tuple[str, str]:
    """A shipped document with one value put in another's place, or with its text broken somewhere."""
    document = draw(st.sampled_from([*JSON_DOCUMENTS, CATALOG]))
    text = 'msgid "a"\nmsgstr "b"\n' if document == CATALOG else Desk().shipped.texts[document]
    if document != CATALOG and draw(st.booleans()):
        whole = json.loads(text)
        path = draw(st.sampled_from(_paths(whole)))
        value = draw(VALUES)
        if not path:
            whole = value
        else:
            node = whole
            for step in path[:-1]:
                node = node[step]
            node[path[-1]] = value
        return document, json.dumps(whole, indent=1, ensure_ascii=draw(st.booleans()))
    at = draw(st.integers(0, len(text)))
    end = draw(st.integers(at, min(len(text), at + 8)))
    odd = ['"', "{", "[" * 2000, MANY, "NaN,", "\\ud800", "\0", "\ud9ab"]
    part = draw(st.text(max_size=6) | st.sampled_from(odd))
    return document, text[:at] + part + text[end:]


@given(drafts())
def test_no_draft_can_do_more_than_be_refused(drafted: tuple[str, str]) -> None:
    document, text = drafted
    desk = Drafted(document, text)
    stops = desk.problems() if document != "recipients" else []
    for problem in stops:
        assert problem.document == document or "there is no" in problem.sentence, stops
        assert problem.sentence
        problem.sentence.encode("utf-8")
        assert 0 <= problem.line <= text.count("\n") + text.count("\r") + 1
    desk.look_around(document)
    if not stops and document in JSON_DOCUMENTS:
        try:
            json.dumps(read(document, text)).encode("utf-8")
        except Unreadable:
            assert document == "recipients"


PIECES = st.text(st.sampled_from('{}[]":,\\u0d8e1.-tfn '), max_size=40)


@given(st.text() | PIECES, st.sampled_from(JSON_DOCUMENTS))
def test_any_text_is_read_or_refused_with_a_reason(text: str, document: str) -> None:
    try:
        found = read(document, text)
    except Unreadable:
        return
    json.dumps(found, ensure_ascii=False).encode("utf-8")
