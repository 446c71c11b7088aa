"""Publishing: old or new and never a mixture, whatever stops it on its way."""

from __future__ import annotations

import base64
import gzip
import json
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import pytest

from chalicelib.desk.errors import AgreementMissing
from chalicelib.directory.document_ids import SITE
from chalicelib.directory.errors import DocumentInvalid
from chalicelib.pages.page_files import hashes_in
from chalicelib.pages.page_headers import ERROR_STATUSES, page_headers
from chalicelib.publishing.documents import ASKS, STOPS, DraftConflict, Problem, PublishRefused
from chalicelib.publishing.edit_contacts import EditContacts
from chalicelib.publishing.edit_text import EditText
from chalicelib.publishing.errors import ChangedSince, NothingToPublish
from chalicelib.publishing.ports import MarkedPage, PlaceInputs, RenderedPage, RenderedPlace, SiteLook
from chalicelib.publishing.publish import Publish
from chalicelib.publishing.release_pages import names_of
from chalicelib.shared.errors import EntryMissing
from tests.support.fake_builds import FakeBuilds, checks
from tests.support.fake_documents import FakeDocuments, FakeShelf

NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
PAGE, CODE = "template/public/page.html", "template/public/code.html"
ANA, BEN = "ana@example.org", "ben@example.org"


class Killed(BaseException):
    """The process ends here."""


class SetClock:
    def __init__(self) -> None:
        self.time = NOW

    def now(self) -> datetime:
        self.time += timedelta(seconds=1)
        return self.time

    def chance(self) -> float:
        return 0.5

    def nonce(self) -> bytes:
        return bytes(16)


class Shipped:
    """A package of four content documents, two templates and no language but English."""

    def __init__(self) -> None:
        places = {"places": [{"slug": "us", "name": "United States", "parent": None, "kind": "nation"}]}
        contact = {
            "id": "line",
            "name": "Line",
            "serves": "us",
            "channels": [{"kind": "call", "show": "888-373-7888", "value": "+18883737888"}],
            "what": "Help.",
            "mark": "SINGLE",
            "sources": ["a page"],
            "read_on": "2026-11-25",
            "checked_on": "2026-11-20",
            "checked_by": "desk",
        }
        site = {
            "exit_url": "https://weather.example/",
            "default_place": "us",
            "locales": [{"tag": "en"}],
            "hosts": ["weather.example"],
            "hotline": "line",
            "founding_channels": ["line"],
            "figures": [],
        }
        self.texts = {
            "contacts": json.dumps({"contacts": [contact]}, indent=1),
            "places": json.dumps(places, indent=1),
            "recipients": "[]",
            "site": json.dumps(site, indent=1),
            PAGE: "old page",
            CODE: "old code",
        }
        self.fingerprint = "package one"

    def ids(self) -> Sequence[str]:
        return list(self.texts)

    def text(self, document: str) -> str:
        return self.texts[document]

    def earlier(self, document: str) -> Sequence[str]:
        return []

    def package(self) -> str:
        return self.fingerprint


PAGES = [
    *("en/us", "en/about", *(f"en/error-{status}" for status in ERROR_STATUSES)),
    *("en/us/note", "en/us/note-mended", "en/us/receipt", "en/code", "en/answer"),
    *("en/answer-replies", "en/answer-sent"),
]


def packed(html: str) -> str:
    return base64.b64encode(gzip.compress(html.encode(), mtime=0)).decode()


def unpacked(content: bytes) -> str:
    """The words of a stored page."""
    return gzip.decompress(base64.b64decode(content)).decode().partition("<p>")[2].partition("</p>")[0]


class FakeRenderer:
    """Renders a site of one place, each page of the texts of both templates: a mixture would show.

    `twist` makes something else of a place that was rendered, `twist_look` of the look at the site.
    """

    def __init__(self, shipped: Shipped) -> None:
        self._shipped = shipped
        self.problems: list[Problem] = []
        self.asked: list[str] = []  # the places that were rendered, time by time
        self.before: Callable[[], None] = lambda: None
        self.twist: Callable[[RenderedPlace], RenderedPlace] = lambda rendered: rendered
        self.twist_look: Callable[[SiteLook], SiteLook] = lambda look: look

    def _words(self, texts: Mapping[str, str]) -> str:
        whole = {**self._shipped.texts, **texts}
        return f"{whole[PAGE]}|{whole[CODE]}"

    def look(self, texts: Mapping[str, str]) -> SiteLook:
        self.before()
        whole = {**self._shipped.texts, **texts}
        index = {
            "locales": ["en"],
            "places": [one["slug"] for one in json.loads(whole["places"])["places"]],
            "default_place": "us",
            "other_pages": ["about"],
            "headers": {**page_headers("default-src 'none'"), "X-Style": self._words(texts)},
        }
        return self.twist_look(SiteLook(index, {}, self.problems))

    def places(self, texts: Mapping[str, str], inputs: Sequence[PlaceInputs]) -> Sequence[RenderedPlace]:
        html = f'<!DOCTYPE html><html lang="en"><meta charset="utf-8"><p>{self._words(texts)}</p></html>'
        rendered = []
        for one in inputs:
            self.asked.append(one.place)
            pages = [RenderedPage(name, html, packed(html)) for name in names_of(one)]
            rendered.append(self.twist(RenderedPlace(one.place, pages, [])))
        return rendered

    def page(self, texts: Mapping[str, str], name: str) -> RenderedPage:
        return RenderedPage(name, "", "")

    def marked(self, texts: Mapping[str, str], name: str) -> MarkedPage:
        return MarkedPage(name, "", "")

    def sentences(self, texts: Mapping[str, str]) -> Mapping[str, Sequence[tuple[str, int]]]:
        return {}

    def mail(self, texts: Mapping[str, str], name: str, recipient: str) -> bytes:
        return b""


class Desk:
    """The use cases over fakes."""

    def __init__(self) -> None:
        self.clock = SetClock()
        self.shipped = Shipped()
        self.renderer = FakeRenderer(self.shipped)
        self.store = FakeDocuments()
        self.shelf = FakeShelf()
        self.builds = FakeBuilds()
        check = checks(self.renderer, self.shipped, self.shelf, self.clock, self.builds)
        self.edit = EditText(self.store, self.shipped, self.shelf, self.clock)
        self.publish = Publish(self.store, self.shipped, self.shelf, check, self.clock)

    def save(self, document: str, text: str, who: str = ANA) -> None:
        self.edit.save_draft(document, text, self.edit.open(document).revision, who)

    def readers_see(self) -> str:
        """Return what a reader gets now, page and headers; fails when they are not of one release."""
        if "current.json" not in self.shelf.files:
            return "what shipped"
        current = json.loads(self.shelf.files["current.json"])
        seen = {unpacked(self.shelf.page(name)) for name in ("en/us", "en/error-404")}
        seen.add(current["index"]["headers"]["X-Style"])
        assert len(seen) == 1, f"a mixture: {seen}"
        return seen.pop()


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_a_draft_reaches_readers_when_it_is_published_and_not_before(desk: Desk) -> None:
    desk.save(PAGE, "new page")
    assert desk.readers_see() == "what shipped"
    release = desk.publish(ANA, "a new page")
    assert desk.readers_see() == "new page|old code"
    assert (release.number, release.versions, release.who, release.why) == (1, {PAGE: 1}, ANA, "a new page")
    assert not desk.store.drafts()


def test_pages_that_are_made_on_request_are_checked_and_not_stored(desk: Desk) -> None:
    desk.save(PAGE, "new page")
    desk.publish(ANA, "a new page")
    places, shared = hashes_in(json.loads(desk.shelf.files["current.json"])["index"])
    assert sorted(name for name in desk.shelf.files if name.startswith("releases/")) == [
        "releases/1/documents.json",
        "releases/1/due.json",
        "releases/1/index.json",
        "releases/1/inputs.json",
        "releases/1/texts.json",
        f"releases/places/us/{places['us']}/en.b64",
        f"releases/shared/{shared}/en/about.b64",
        *(f"releases/shared/{shared}/en/error-{status}.b64" for status in ERROR_STATUSES),
    ]


def test_the_documents_that_differ_from_what_shipped_lie_beside_the_pages(desk: Desk) -> None:
    desk.save(PAGE, "new page")
    desk.publish(ANA, "a new page")
    desk.save(CODE, "new code")
    desk.publish(ANA, "a new code page")
    assert json.loads(desk.shelf.files["releases/2/documents.json"]) == {PAGE: "new page", CODE: "new code"}


def test_all_drafts_are_published_together(desk: Desk) -> None:
    desk.save(PAGE, "new page")
    desk.save(CODE, "new code", BEN)
    assert sorted(desk.publish.plan().documents) == [CODE, PAGE]
    assert desk.publish(ANA, "both").versions == {PAGE: 1, CODE: 1}
    assert desk.readers_see() == "new page|new code"


def test_what_was_looked_at_is_not_built_again(desk: Desk) -> None:
    desk.save(PAGE, "new page")
    desk.publish.plan()
    assert desk.renderer.asked == ["us", ""]
    assert not [path for path in desk.shelf.files if "/places/" in path]
    desk.publish(ANA, "a new page")
    assert desk.renderer.asked == ["us", ""]
    assert [path for path in desk.shelf.files if "/places/us/" in path]


def test_without_a_reason_nothing_is_published(desk: Desk) -> None:
    desk.save(PAGE, "new page")
    with pytest.raises(DocumentInvalid, match="why"):
        desk.publish(ANA, "  ")
    assert desk.readers_see() == "what shipped"


def test_without_a_difference_there_is_nothing_to_publish_and_idle_drafts_go(desk: Desk) -> None:
    with pytest.raises(NothingToPublish):
        desk.publish(ANA, "nothing")
    desk.save(PAGE, "old page")
    with pytest.raises(NothingToPublish):
        desk.publish(ANA, "nothing")
    assert not desk.store.drafts()


def test_a_problem_that_stops_stops(desk: Desk) -> None:
    desk.save(PAGE, "new page")
    desk.renderer.problems = [Problem(PAGE, 3, "The exit is gone.", STOPS)]
    with pytest.raises(PublishRefused) as refused:
        desk.publish(ANA, "a new page", accept=True)
    assert refused.value.report.stops == (Problem(PAGE, 3, "The exit is gone.", STOPS),)
    assert desk.readers_see() == "what shipped"
    assert not desk.store.releases(1)
    assert not desk.store.versions(PAGE)


def test_a_question_needs_an_explicit_yes(desk: Desk) -> None:
    desk.save(PAGE, "new page")
    desk.renderer.problems = [Problem(PAGE, 3, "Really?", ASKS)]
    with pytest.raises(PublishRefused) as refused:
        desk.publish(ANA, "a new page")
    assert refused.value.report.can_be_published
    assert refused.value.report.needs_a_yes
    desk.publish(ANA, "a new page", accept=True)
    assert desk.readers_see() == "new page|old code"


def test_content_that_breaks_a_rule_is_told_with_its_line(desk: Desk) -> None:
    desk.save("contacts", desk.shipped.texts["contacts"].replace("888-373-7888", "888-373-7889"))
    (problem,) = desk.publish.plan().report.stops
    assert problem.document == "contacts"
    assert "888-373-7889" in problem.sentence
    assert "888-373-7889" in desk.edit.open("contacts").text.split("\n")[problem.line - 1]


def with_second_publish_ready() -> Desk:
    desk = Desk()
    desk.save(PAGE, "first page")
    desk.publish(ANA, "the first")
    desk.save(PAGE, "second page")
    desk.save(CODE, "second code")
    return desk


def killing_before(desk: Desk, number: int) -> list[str]:
    """Let the process end just before its write of this number; return the writes as they come."""
    writes: list[str] = []

    def write(what: str) -> None:
        if len(writes) == number:
            raise Killed
        writes.append(what)

    desk.store.before = desk.shelf.before = write
    return writes


def test_killed_before_any_write_readers_see_old_or_new_and_the_same_call_again_finishes() -> None:
    whole = with_second_publish_ready()
    writes = killing_before(whole, -1)
    whole.publish(ANA, "the second")
    places, shared = hashes_in(json.loads(whole.shelf.files["current.json"])["index"])
    pages = [f"releases/places/us/{places['us']}/en.b64", f"releases/shared/{shared}/en/about.b64"]
    pages += [f"releases/shared/{shared}/en/error-{status}.b64" for status in ERROR_STATUSES]
    assert writes == [
        *(f"put {path}" for path in pages),
        "keep_shipped",
        "add_version",
        "keep_shipped",
        "add_version",
        "add_release",
        "put documents.json",
        "put due.json",
        "put index.json",
        "put inputs.json",
        "put texts.json",
        "move",
        "stand_by",
        "drop_draft",
        "drop_draft",
    ]
    for number, step in enumerate(writes):
        desk = with_second_publish_ready()
        killing_before(desk, number)
        with pytest.raises(Killed):
            desk.publish(ANA, "the second")
        moved = number > writes.index("move")
        assert desk.readers_see() == ("second page|second code" if moved else "first page|old code"), step

        desk.store.before = desk.shelf.before = lambda _: None
        if moved:
            with pytest.raises(NothingToPublish):  # it is live; what was left to do is done now
                desk.publish(ANA, "the second")
        else:
            desk.publish(ANA, "the second")
        assert desk.readers_see() == "second page|second code", step
        assert not desk.store.drafts(), step
        now = desk.shelf.live()
        assert now is not None
        assert desk.shelf.standing_by == now.number, step
        assert [one.number for one in desk.store.versions(PAGE)] == [2, 1], "no version is made twice"
        live = [entry.release for entry in desk.publish.releases() if entry.live]
        assert [release.versions for release in live] == [{PAGE: 2, CODE: 1}], step


def test_killed_while_rendering_nothing_has_changed(desk: Desk) -> None:
    desk.save(PAGE, "new page")

    def end() -> None:
        raise Killed

    desk.renderer.before = end
    with pytest.raises(Killed):
        desk.publish(ANA, "a new page")
    assert desk.readers_see() == "what shipped"
    assert not desk.shelf.files
    assert len(desk.store.drafts()) == 1


def test_of_two_who_publish_at_once_the_second_is_told_and_the_first_one_stays(desk: Desk) -> None:
    desk.save(PAGE, "new page")

    def meanwhile() -> None:
        desk.renderer.before = lambda: None
        desk.save(CODE, "new code", BEN)
        desk.publish(BEN, "mine was quicker")

    desk.renderer.before = meanwhile
    with pytest.raises(ChangedSince):
        desk.publish(ANA, "a new page")
    assert desk.readers_see() == "new page|new code"


def test_a_draft_saved_while_its_older_text_is_published_stays(desk: Desk) -> None:
    desk.save(PAGE, "new page")
    desk.renderer.before = lambda: desk.save(PAGE, "newer page", BEN)
    desk.publish(ANA, "a new page")
    assert desk.readers_see() == "new page|old code"
    assert [draft.text for draft in desk.store.drafts()] == ["newer page"]


def test_rolling_back_publishes_an_older_release_again_under_a_new_number(desk: Desk) -> None:
    desk.save(PAGE, "first page")
    desk.publish(ANA, "the first")
    desk.save(PAGE, "second page")
    desk.publish(ANA, "the second")
    desk.save(CODE, "a draft that goes on")
    release = desk.publish.roll_back(1, BEN, "the second was wrong")
    assert desk.readers_see() == "first page|old code"
    assert (release.number, release.again, release.versions) == (3, 1, {PAGE: 1})
    assert [draft.text for draft in desk.store.drafts()] == ["a draft that goes on"]
    assert [(entry.release.number, entry.live) for entry in desk.publish.releases()] == [
        (3, True),
        (2, False),
        (1, False),
    ]


def test_rolling_back_to_nothing_shows_the_site_as_it_shipped(desk: Desk) -> None:
    desk.save(PAGE, "first page")
    desk.publish(ANA, "the first")
    desk.publish.roll_back(0, BEN, "back to the beginning")
    assert desk.readers_see() == "old page|old code"
    assert json.loads(desk.shelf.files["releases/2/documents.json"]) == {}


def test_rolling_back_to_a_release_that_never_was_is_refused(desk: Desk) -> None:
    with pytest.raises(EntryMissing):
        desk.publish.roll_back(7, BEN, "there is none")


def test_where_every_page_is_live_as_it_is_not_one_file_is_written(desk: Desk) -> None:
    desk.save(PAGE, "first page")
    desk.publish(ANA, "the first")
    written = killing_before(desk, -1)
    for do in (
        lambda: desk.publish.again(ANA, "once more"),
        lambda: desk.publish.roll_back(1, ANA, "to here"),
    ):
        with pytest.raises(NothingToPublish):
            do()
    assert not [step for step in written if step.startswith(("put", "move", "add"))]
    gone = next(path for path in desk.shelf.files if path.startswith("releases/places/us/"))
    del desk.shelf.files[gone]
    with pytest.raises(NothingToPublish):
        desk.publish.again(ANA, "a page was lost")
    assert gone in desk.shelf.files
    written.clear()
    desk.shipped.fingerprint = "package two"  # which renders the same
    desk.publish.again(ANA, "after a deploy")
    assert [step for step in written if step.startswith(("put", "move", "add"))] == [
        "add_release",
        "put documents.json",
        "put due.json",
        "put index.json",
        "put inputs.json",
        "put texts.json",
        "move",
    ]
    assert not desk.publish.status().package_is_newer


def test_pages_that_were_live_before_are_not_written_again_by_a_roll_back(desk: Desk) -> None:
    for text in ("first page", "second page"):
        desk.save(PAGE, text)
        desk.publish(ANA, text)
    files = dict(desk.shelf.files)
    desk.publish.roll_back(1, ANA, "the second was wrong")
    assert {one for one in desk.shelf.files if one not in files} == {
        "releases/3/documents.json",
        "releases/3/index.json",
        "releases/3/inputs.json",
        "releases/3/texts.json",
    }
    assert desk.readers_see() == "first page|old code"


def test_a_text_that_is_the_shipped_one_again_needs_no_version(desk: Desk) -> None:
    desk.save(PAGE, "first page")
    desk.publish(ANA, "the first")
    desk.save(PAGE, "old page")
    assert desk.publish(ANA, "as it was").versions == {}
    assert desk.readers_see() == "old page|old code"


def test_after_a_deploy_the_desk_says_so_and_publishing_again_renders_with_the_new_package(
    desk: Desk,
) -> None:
    assert desk.publish.status().live is None
    desk.save(PAGE, "new page")
    desk.publish(ANA, "a new page")
    assert not desk.publish.status().package_is_newer
    desk.shipped.texts[CODE] = "newly shipped code"
    desk.shipped.fingerprint = "package two"
    assert desk.publish.status().package_is_newer
    assert desk.readers_see() == "new page|old code"
    desk.publish.again(BEN, "after the deploy")
    assert desk.readers_see() == "new page|newly shipped code"
    assert not desk.publish.status().package_is_newer


def test_a_document_that_a_new_package_dropped_is_left_out(desk: Desk) -> None:
    desk.save(CODE, "new code")
    desk.publish(ANA, "a new code page")
    del desk.shipped.texts[CODE]
    desk.shipped.texts[CODE + "l"] = "x"
    assert CODE not in desk.edit._live.numbers(desk.shelf.live())


def test_recipients_take_no_draft(desk: Desk) -> None:
    with pytest.raises(AgreementMissing):
        desk.edit.save_draft("recipients", "[]", 0, ANA)


def test_the_second_of_two_editors_is_told_and_gets_both_texts(desk: Desk) -> None:
    ana, ben = desk.edit.open(PAGE), desk.edit.open(PAGE)
    desk.edit.save_draft(PAGE, "Ana's page", ana.revision, ANA)
    with pytest.raises(DraftConflict) as conflict:
        desk.edit.save_draft(PAGE, "Ben's page", ben.revision, BEN)
    assert conflict.value.mine == "Ben's page"
    assert conflict.value.theirs is not None
    assert conflict.value.theirs.text == "Ana's page"
    assert conflict.value.live == "old page"
    kept = desk.store.draft(PAGE)
    assert kept is not None
    assert kept.text == "Ana's page"
    # Ben looks at both, and saves over the revision that he has seen now.
    desk.edit.save_draft(PAGE, "both", conflict.value.theirs.revision, BEN)
    assert desk.edit.open(PAGE).text == "both"


def test_a_draft_that_was_published_meanwhile_is_a_conflict_too(desk: Desk) -> None:
    desk.save(PAGE, "first")
    opened = desk.edit.open(PAGE)
    desk.publish(ANA, "a new page")
    with pytest.raises(DraftConflict) as conflict:
        desk.edit.save_draft(PAGE, "mine", opened.revision, BEN)
    assert (conflict.value.theirs, conflict.value.live) == (None, "first")


def test_only_the_draft_that_was_seen_is_discarded(desk: Desk) -> None:
    desk.save(PAGE, "one")
    desk.save(PAGE, "two")
    with pytest.raises(DraftConflict):
        desk.edit.discard(PAGE, 1)
    desk.edit.discard(PAGE, 2)
    assert desk.edit.open(PAGE).draft is None


def test_the_list_says_what_is_live_and_what_is_being_changed(desk: Desk) -> None:
    desk.save(PAGE, "new page")
    desk.publish(ANA, "a new page")
    desk.save(CODE, "a draft")
    entries = {entry.id: entry for entry in desk.edit.list()}
    assert (entries[PAGE].live, entries[PAGE].draft) == (1, None)
    assert entries[CODE].live == 0
    assert entries[CODE].draft is not None
    assert not entries[PAGE].shipped_anew
    desk.shipped.texts[PAGE] = "a better page came with the package"
    assert {entry.id for entry in desk.edit.list() if entry.shipped_anew} == {PAGE}


def test_the_history_ends_with_what_shipped_and_any_of_it_can_be_made_a_draft_again(desk: Desk) -> None:
    for text in ("one", "two"):
        desk.save(PAGE, text)
        desk.publish(ANA, f"now {text}")
    assert [(one.number, one.text, one.why) for one in desk.edit.history(PAGE)] == [
        (2, "two", "now two"),
        (1, "one", "now one"),
        (0, "old page", ""),
    ]
    desk.edit.restore(PAGE, 1, 0, BEN)
    assert desk.edit.open(PAGE).text == "one"
    assert [(line.kind, line.text) for line in desk.edit.diff(PAGE)] == [("gone", "two"), ("new", "one")]
    desk.publish(BEN, "one was better")
    assert desk.edit.version(PAGE, 3).text == "one"
    assert [line.kind for line in desk.edit.diff_versions(PAGE, 0, 3)] == ["gone", "new"]


@pytest.mark.parametrize(
    "document", ["app.py", "template/public/../../app.py", "template/public/page.js", "catalog/xx"]
)
def test_what_is_no_document_cannot_be_opened(desk: Desk, document: str) -> None:
    with pytest.raises(EntryMissing):
        desk.edit.open(document)


def test_marking_a_contact_as_checked_is_a_draft_like_any_other(desk: Desk) -> None:
    contacts = EditContacts(desk.edit, desk.clock)
    contacts.mark_checked("line", "shelter desk", ANA)
    (entry,) = json.loads(desk.edit.open("contacts").text)["contacts"]
    assert (entry["checked_on"], entry["checked_by"]) == ("2026-11-25", "shelter desk")
    with pytest.raises(EntryMissing):
        contacts.mark_checked("nobody", "shelter desk", ANA)
    with pytest.raises(DocumentInvalid, match="role"):
        contacts.mark_checked("line", " ", ANA)


def _with(desk: Desk, **change: object) -> str:
    (entry,) = json.loads(desk.edit.open("contacts").text)["contacts"]
    return json.dumps({"contacts": [{**entry, **change}]}, indent=1)


OTHER = [{"kind": "call", "show": "888-373-7889", "value": "+18883737889"}]


def test_a_stamp_that_outlives_its_number_is_not_published(desk: Desk) -> None:
    desk.save("contacts", _with(desk, channels=OTHER))
    (problem,) = desk.publish.plan().report.stops
    assert (problem.document, problem.line) == ("contacts", 4)
    assert "last checked on 2026-11-20 by desk" in problem.sentence
    with pytest.raises(PublishRefused):
        desk.publish(BEN, "a new number")
    desk.save("contacts", _with(desk, checked_on=None, checked_by=None))
    assert desk.publish(BEN, "a new number").number == 1


def test_an_older_version_of_the_contacts_keeps_its_own_stamp(desk: Desk) -> None:
    desk.save("contacts", _with(desk, channels=OTHER, checked_on="2026-11-25"))
    desk.publish(BEN, "a new number, checked today")
    desk.edit.restore("contacts", 0, 0, ANA)
    desk.publish(BEN, "the old number was right")
    desk.publish.roll_back(1, BEN, "no, it was not")
    desk.publish.roll_back(0, BEN, "yes, it was")
    assert "888-373-7888" in desk.edit.open("contacts").text


@pytest.mark.parametrize("day", ["9999-12-31", "2026-11-27", "0001-01-01", 20261120])
def test_a_day_that_has_not_come_or_is_none_is_not_published(desk: Desk, day: object) -> None:
    desk.save("contacts", _with(desk, checked_on=day))
    (problem,) = desk.publish.plan().report.stops
    assert problem.document == "contacts"
    desk.save("contacts", _with(desk, checked_on="2026-11-20", read_on=day))
    assert [one.document for one in desk.publish.plan().report.stops] == ["contacts"]


def test_a_language_is_not_checked_tomorrow(desk: Desk) -> None:
    site = json.loads(desk.shipped.texts[SITE])
    site["locales"][0]["checked_on"] = "2026-12-24"
    desk.save(SITE, json.dumps(site, indent=1))
    (problem,) = desk.publish.plan().report.stops
    assert (problem.document, "2026-12-24" in problem.sentence) == (SITE, True)


def test_a_day_to_come_that_is_live_counts_as_no_check_and_stops_no_roll_back(desk: Desk) -> None:
    desk.shipped.texts["contacts"] = _with(desk, checked_on="9999-12-31")
    desk.save(PAGE, "other")
    assert desk.publish(BEN, "a word").number == 1
    assert desk.publish.roll_back(0, BEN, "back").number == 2
    assert "no person has checked" in desk.publish.plan().report.problems[0].sentence


def test_contacts_that_nobody_has_checked_for_90_days_are_told(desk: Desk) -> None:
    assert not desk.publish.plan().report.problems
    desk.clock.time = NOW + timedelta(days=86)
    (problem,) = desk.publish.plan().report.problems
    assert (problem.document, problem.weight) == ("contacts", "tells")
    assert "2026-11-20" in problem.sentence


def test_a_page_that_is_too_heavy_for_a_slow_line_is_refused(desk: Desk) -> None:
    desk.save(PAGE, "".join(sha256(b"%d" % one).hexdigest() for one in range(400)))
    (problem,) = desk.publish.plan().report.stops
    assert re.search(r"takes 3\d percent more to send", problem.sentence)
    assert problem.page


def test_a_way_that_the_newspaper_printed_stays(desk: Desk) -> None:
    site = json.loads(desk.shipped.texts[SITE])
    contacts = desk.shipped.texts["contacts"]
    other = {**json.loads(contacts)["contacts"][0], "id": "other"}
    both = {"contacts": [*json.loads(contacts)["contacts"], other]}
    desk.save("contacts", json.dumps(both, indent=1))
    desk.save(SITE, json.dumps({**site, "founding_channels": ["other"]}, indent=1))
    (problem,) = desk.publish.plan().report.stops
    assert (problem.document, problem.line > 1) == (SITE, True)
    assert "newspaper" in problem.sentence
