"""Screens of what changes and of drafts that were thrown away: as HTML, over fakes."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import html5lib
import pytest

from chalicelib.desk.people import EDITOR, PUBLISHER, Person
from chalicelib.desk.render.admin_pages import AdminPages
from chalicelib.desk.web.guard import AdminRequest
from chalicelib.desk.web.screens import Screen
from chalicelib.publishing.documents import CheckReport, Problem, Release, Version
from chalicelib.publishing.drafts_of_release import DraftsOfRelease
from chalicelib.publishing.errors import RenderStopped
from chalicelib.publishing.publish import Publish, PublishPlan, ReleaseEntry, SiteStatus
from chalicelib.publishing.see_changes import SeeChanges
from chalicelib.publishing.thrown_drafts import ThrownDrafts
from chalicelib.publishing.web.changes import ChangeScreens
from chalicelib.publishing.web.publish import PublishScreens
from chalicelib.publishing.web.texts import TextScreens
from chalicelib.publishing.web.thrown import ThrownScreens
from chalicelib.shared.errors import EntryMissing
from tests.support.editors_desk import ANA, BEN, EditorsDesk
from tests.support.fake_jobs import AtOnce
from tests.support.fake_package import LINE, PAGE, SHELTER, written
from tests.support.fakes import FixedClock

PAGES = AdminPages(Path("templates/admin"))
CONTACTS = "contacts"
NEVER_ON_A_SCREEN = (
    *("JSON", "Jinja", "gettext", "slug", "UTC", "catalog", "template", "placeholder", "byte", "the package"),
    *('{"', "%(", "{%", "{{", "release 1", "version 1"),
)


class Browser:
    """Shows a screen as HTML, to an editor or a publisher."""

    def __init__(self, role: str = PUBLISHER) -> None:
        self.role = role

    def __call__(self, request: AdminRequest, template: str, status: int = 200, /, **names: Any) -> Screen:
        html = PAGES.render(
            template,
            person=request.person,
            csrf="csrf",
            here=request.path,
            done=request.query.get("done", ""),
            zone_of=lambda _: "America/Los_Angeles",
            **{"problems": {}, **names},
        )
        return Screen(html, status)

    def get(self, path: str = "/admin/x", **query: str) -> AdminRequest:
        return AdminRequest(path, False, query, "csrf", "secret", {}, Person(ANA, self.role))

    def post(self, **fields: str) -> AdminRequest:
        typed = {name: [value] for name, value in fields.items()}
        return AdminRequest("/admin/x", True, {}, "csrf", "secret", typed, Person(ANA, self.role))


def tree(screen: Screen) -> Any:
    return html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(screen.text)


def words(node: Any) -> str:
    return " ".join("".join(node.itertext()).split())


def read(screen: Screen) -> str:
    """All that stands on a screen, of which none is a word of programmers."""
    main = next(tree(screen).iter("main"))
    text = words(main)
    assert not [word for word in NEVER_ON_A_SCREEN if word in text], text
    return text


def rows(screen: Screen) -> list[str]:
    """The rows of a screen: the field, then what stands beside it."""
    return [words(row) for list_ in tree(screen).iter("dl") for row in list_.iter("div")]


@pytest.fixture
def desk() -> EditorsDesk:
    return EditorsDesk()


@pytest.fixture
def see(desk: EditorsDesk) -> SeeChanges:
    return SeeChanges(desk.store, desk.shipped, desk.shelf)


@pytest.fixture
def screens(desk: EditorsDesk, see: SeeChanges) -> ChangeScreens:
    make = DraftsOfRelease(desk.store, desk.shipped, desk.shelf, desk.edit)
    return ChangeScreens(Browser(), desk.edit, see, make)


def contacts(number: str = "888-373-7888", **more: str) -> str:
    way = {"kind": "call", "show": number, "value": f"+1{number.replace('-', '')}"}
    return written({"contacts": [{**LINE, "channels": [way], **more}, SHELTER]})


ONE_DIGIT = "Phone before: 888-373-7888 → now: 888-373-7889"


def test_a_saved_number_is_shown_as_one_row(desk: EditorsDesk, screens: ChangeScreens) -> None:
    desk.save(CONTACTS, contacts("888-373-7889"))
    screen = screens.changes(Browser().get(d=CONTACTS, done="saved"))
    assert rows(screen) == [ONE_DIGIT]
    assert "1 change in the draft" in read(screen)
    assert "Check and publish" in read(screen)
    assert "The line" in read(screen)


def test_a_document_without_a_draft_says_so(screens: ChangeScreens) -> None:
    assert "There is no draft" in read(screens.changes(Browser().get(d=CONTACTS)))


def test_what_an_editor_wrote_is_shown_and_makes_no_element(
    desk: EditorsDesk, screens: ChangeScreens
) -> None:
    evil = '<img src=x onerror=alert(1)>"></bdi></del><script>alert(1)</script>'
    desk.save(CONTACTS, contacts(hours=evil, name=evil))
    screen = screens.changes(Browser().get(d=CONTACTS))
    assert not [*tree(screen).iter("img"), *tree(screen).iter("script")]
    assert evil in words(next(tree(screen).iter("main")))


def test_a_page_is_told_by_sentences_and_its_lines_are_under_advanced(
    desk: EditorsDesk, screens: ChangeScreens
) -> None:
    desk.save(PAGE, "<b>shipped page</b>\n<p>{% trans %}Call now.{% endtrans %}</p>")
    screen = screens.changes(Browser().get(d=PAGE))
    assert rows(screen)[0] == "Sentence new: Call now." or "Call now." in rows(screen)[0]
    (advanced,) = tree(screen).iter("details")
    assert words(next(advanced.iter("summary"))) == "Advanced: line by line"
    desk.save(CONTACTS, contacts("888-373-7889"))
    assert not list(tree(screens.changes(Browser().get(d=CONTACTS))).iter("details"))


def test_the_history_says_what_each_publish_changed_and_which_was_never_live(
    desk: EditorsDesk, screens: ChangeScreens
) -> None:
    desk.publish({CONTACTS: contacts("888-373-7889")})
    lost = contacts("888-373-7000")
    desk.store.add_version(Version(CONTACTS, 2, lost, BEN, desk.clock.now(), "lost a race"))
    desk.store.add_release(Release(2, {CONTACTS: 2}, BEN, desk.clock.now(), "lost a race", since=1))
    desk.store.add_version(Version(CONTACTS, 3, contacts(hours="Mondays."), BEN, desk.clock.now(), "won"))
    desk.store.add_release(Release(3, {CONTACTS: 3}, BEN, desk.clock.now(), "won", since=1))
    desk.shelf.move(3, {}, desk.shelf.live())
    screen = screens.history(Browser().get(d=CONTACTS))
    told = [words(section) for section in tree(screen).iter("section")]
    assert ["never live" in one for one in told] == [False, True, False, False]
    assert " live" in told[0].split("Look at")[0]
    assert "lost a race" in told[1]
    assert "Phone before: 888-373-7889 → now: 888-373-7888" in told[0]  # and not from the one that was lost
    assert "888-373-7000" not in told[0]
    assert ONE_DIGIT in told[2]
    assert "As it came with the site" in told[3]
    read(screen)


def test_an_older_text_says_what_it_would_change_now(desk: EditorsDesk, screens: ChangeScreens) -> None:
    desk.publish({CONTACTS: contacts("888-373-7889")})
    screen = screens.version(Browser().get(d=CONTACTS, n="0"))
    assert rows(screen) == ["Phone before: 888-373-7889 → now: 888-373-7888"]
    with pytest.raises(EntryMissing):
        screens.version(Browser().get(d=CONTACTS, n="9"))


def test_a_publish_in_the_list_says_what_it_changed(desk: EditorsDesk, screens: ChangeScreens) -> None:
    desk.publish({CONTACTS: contacts("888-373-7889")})
    number = desk.store.releases(1)[0].number
    desk.store.add_release(Release(9, {CONTACTS: number}, BEN, desk.clock.now(), "a digit", since=0))
    assert rows(screens.release(Browser().get(release="9"))) == [ONE_DIGIT]
    with pytest.raises(EntryMissing):
        screens.release(Browser().get(release="8"))


def plan(desk: EditorsDesk, report: CheckReport, **texts: str) -> PublishPlan:
    return PublishPlan(
        tuple(texts), report, fingerprint="seen", by=dict.fromkeys(texts, BEN), texts=texts, release=0
    )


def publish_screens(see: SeeChanges, looked: Any, browser: Browser | None = None) -> PublishScreens:
    nothing = SimpleNamespace(
        status=lambda: SiteStatus(None, (), False),
        releases=lambda: RELEASES,
    )
    clock = FixedClock()
    ask = AtOnce(lambda release: missing() if release else looked, clock)
    return PublishScreens(browser or Browser(), nothing, see, ask, clock)  # type: ignore[arg-type]


def missing() -> Any:
    raise EntryMissing("there is no such release")


NOW = EditorsDesk().clock.now()
RELEASES = [
    ReleaseEntry(Release(3, {}, BEN, NOW, "won", since=1), True, True, [(CONTACTS, 1, 2)]),
    ReleaseEntry(Release(2, {}, BEN, NOW, "lost", since=1), False, False, [(CONTACTS, 1, 2)]),
    ReleaseEntry(Release(1, {}, BEN, NOW, "first"), False, True, None),
]
GOOD = CheckReport(())
BAD = CheckReport((Problem(CONTACTS, 3, "A rule of today is broken."),))


def test_what_is_published_is_read_row_by_row_with_who_wrote_it(desk: EditorsDesk, see: SeeChanges) -> None:
    looked = plan(desk, GOOD, contacts=contacts("888-373-7889"))
    screen = publish_screens(see, looked).publish(Browser().get())
    assert rows(screen) == [ONE_DIGIT]
    assert f"Contacts 1 change, by {BEN}" in read(screen)


def test_rows_are_those_of_the_plan_and_not_of_a_draft_that_is_newer(
    desk: EditorsDesk, see: SeeChanges
) -> None:
    looked = plan(desk, GOOD, contacts=contacts("888-373-7889"))
    desk.save(CONTACTS, contacts("888-555-0199"))
    assert rows(publish_screens(see, looked).publish(Browser().get())) == [ONE_DIGIT]


def test_a_roll_back_is_read_row_by_row_and_asked_once(desk: EditorsDesk, see: SeeChanges) -> None:
    looked = plan(desk, GOOD, contacts=contacts("888-373-7889"))
    screen = publish_screens(see, looked).before_rolling_back(Browser().get(release="0"))
    assert rows(screen) == [ONE_DIGIT]
    buttons = [words(button) for button in next(tree(screen).iter("main")).iter("button")]
    assert buttons == ["Roll back for everybody"]


def test_a_roll_back_that_is_refused_says_why_and_leads_on(desk: EditorsDesk, see: SeeChanges) -> None:
    looked = plan(desk, BAD, contacts=contacts("888-373-7889"))
    screen = publish_screens(see, looked).before_rolling_back(Browser().get(release="0"))
    assert "A rule of today is broken." in read(screen)
    assert rows(screen) == [ONE_DIGIT]
    buttons = [words(button) for button in next(tree(screen).iter("main")).iter("button")]
    assert buttons == ["Make drafts of these older texts"]


def test_a_publish_that_is_not_kept_any_more_leads_to_those_that_are(see: SeeChanges) -> None:
    screen = publish_screens(see, None).before_rolling_back(Browser().get(release="77"))
    assert screen.status_code == 404
    assert "is not kept any more" in read(screen)


def test_releases_that_were_never_live_are_marked_and_have_no_button(see: SeeChanges) -> None:
    screen = publish_screens(see, None).releases(Browser().get())
    table = next(tree(screen).iter("table"))
    told = [words(row) for row in table.iter("tr")]
    assert ["never live" in row for row in told] == [False, False, True, False, False]
    assert ["Roll back to" in row for row in told] == [False, False, False, True, True]
    read(screen)


def test_drafts_of_an_older_publish_are_made_by_one_button(desk: EditorsDesk, screens: ChangeScreens) -> None:
    desk.publish({CONTACTS: contacts("888-373-7889")})
    request = Browser().post(release="0")
    done = screens.as_drafts(request)
    assert done.headers["Location"] == "/admin/publish?done=as_drafts"
    assert request.deed.after == CONTACTS
    assert json.loads(desk.edit.open(CONTACTS).text)["contacts"][0]["channels"] == LINE["channels"]
    desk.save(CONTACTS, contacts(hours="Tuesdays."))
    desk.meanwhile = [lambda: desk.save(CONTACTS, contacts(hours="Mondays."))]
    told = screens.as_drafts(Browser().post(release="0"))
    assert told.status_code == 422
    assert "in the same moment" in read(told)


def test_a_draft_is_thrown_away_and_had_back_on_two_screens(
    desk: EditorsDesk, screens: ChangeScreens, see: SeeChanges
) -> None:
    bin_ = ThrownScreens(Browser(), ThrownDrafts(desk.store, desk.edit, desk.clock), see)
    assert "Nothing was thrown away" in read(bin_.thrown(Browser().get()))
    desk.save(CONTACTS, contacts("888-373-7889"))
    gone = screens.discard(Browser().post(d=CONTACTS, revision="1"))
    assert gone.headers["Location"] == "/admin/thrown?done=discarded"
    assert "Contacts" in read(bin_.thrown(Browser().get()))
    (one,) = desk.store.thrown()
    look = bin_.look(Browser().get(t=one.id))
    assert rows(look) == [ONE_DIGIT]
    (form,) = [form for form in tree(look).iter("form") if form.get("action") == "/admin/thrown/back"]
    fields = {field.get("name"): field.get("value") for field in form.iter("input")}
    desk.save(CONTACTS, contacts(hours="Mondays."))
    told = bin_.have_back(Browser().post(**fields))
    assert told.status_code == 409
    assert "There is a newer draft" in read(told)
    assert "Have it back, put together" in read(told)
    forms = [form for form in tree(told).iter("form") if form.get("action") == "/admin/thrown/back"]
    fields = {field.get("name"): field.get("value") for field in forms[0].iter("input")}
    back = bin_.have_back(Browser().post(**fields))
    assert back.headers["Location"] == "/admin/text/changes?d=contacts&done=had_back"
    assert rows(screens.changes(Browser().get(d=CONTACTS))) == [
        ONE_DIGIT,
        "Hours before: Day and night. → now: Mondays.",
    ]
    again = bin_.have_back(Browser().post(**fields))
    assert again.status_code == 404
    assert "stay for 30 days" in read(again)


def test_a_draft_that_somebody_went_on_with_is_not_thrown_away(
    desk: EditorsDesk, screens: ChangeScreens
) -> None:
    for number in ("888-373-7889", "888-373-7880"):
        desk.save(CONTACTS, contacts(number))
    told = screens.discard(Browser().post(d=CONTACTS, revision="1"))
    assert told.status_code == 409
    assert "nothing was thrown away" in read(told)
    assert rows(told) == ["Phone before: 888-373-7888 → now: 888-373-7880"]


def test_two_drafts_that_met_are_compared_row_by_row_and_the_other_is_put_aside(
    desk: EditorsDesk, see: SeeChanges
) -> None:
    desk.save(CONTACTS, contacts("888-373-7889"))
    texts = TextScreens(Browser(), desk.edit, see)
    mine = contacts("888-373-7880")
    met = texts.text(Browser().post(d=CONTACTS, text=mine, revision="0"))
    assert met.status_code == 409
    assert rows(met) == ["Phone before: 888-373-7889 → now: 888-373-7880"]
    (form,) = [one for one in tree(met).iter("form") if one.get("action") == "/admin/text"]
    fields = {field.get("name"): field.get("value") for field in form.iter("input")}
    assert texts.text(Browser().post(**fields, text=mine)).status_code == 303
    assert [one.draft.text for one in desk.store.thrown()] == [contacts("888-373-7889")]


def test_an_editor_sees_the_rows_and_no_form_of_recipients(desk: EditorsDesk, see: SeeChanges) -> None:
    before = desk.shipped.text("recipients")
    looked = plan(desk, GOOD, recipients=before.replace("chief@town.example", "night@town.example"))
    for role, links in ((EDITOR, []), (PUBLISHER, ["/admin/recipient?r=police"])):
        browser = Browser(role)
        screen = publish_screens(see, looked, browser).publish(browser.get())
        assert rows(screen) == ["Second address before: chief@town.example → now: night@town.example"]
        found = [link.get("href") for link in tree(screen).iter("a")]
        assert [link for link in found if link.startswith("/admin/recipient?")] == links


@pytest.mark.parametrize("text", ['{"contacts": [', '{"contacts": "none"}', '{"contacts": [7, null]}'])
def test_a_text_that_nobody_could_read_brings_no_screen_down(
    desk: EditorsDesk, screens: ChangeScreens, see: SeeChanges, text: str
) -> None:
    desk.publish({CONTACTS: text})
    for screen in (
        screens.history(Browser().get(d=CONTACTS)),
        screens.version(Browser().get(d=CONTACTS, n="0")),
        publish_screens(see, plan(desk, BAD, contacts=text)).publish(Browser().get()),
    ):
        assert screen.status_code == 200
        tree(screen)


def test_a_roll_back_that_cannot_be_rendered_is_no_error_page(desk: EditorsDesk, see: SeeChanges) -> None:
    desk.publish({CONTACTS: contacts("888-373-7889")})

    def stopped(texts: object, before: object, **how: object) -> Any:
        raise RenderStopped("this took too much time or memory")

    publish = Publish(desk.store, desk.shipped, desk.shelf, stopped, desk.clock)  # type: ignore[arg-type]
    ask: Any = AtOnce(lambda release: publish.plan_back(release or 0), desk.clock)
    screens = PublishScreens(Browser(), publish, see, ask, desk.clock)
    screen = screens.before_rolling_back(Browser().get(release="0"))
    assert "This took too much time or memory." in read(screen)
    assert rows(screen) == ["Phone before: 888-373-7889 → now: 888-373-7888"]
    assert "Check once more" in read(screen)
    buttons = [words(button) for button in next(tree(screen).iter("main")).iter("button")]
    assert buttons == ["Make drafts of these older texts"]


def test_a_roll_back_to_what_is_not_kept_says_so_on_the_list_and_makes_drafts_of_what_it_can(
    desk: EditorsDesk, see: SeeChanges, screens: ChangeScreens
) -> None:
    def gone(*_: object) -> None:
        raise EntryMissing("there is no release 7")

    publish: Any = SimpleNamespace(releases=list)
    ask: Any = SimpleNamespace(publish=gone)
    releases = PublishScreens(Browser(), publish, see, ask, FixedClock())
    told = releases.roll_back(Browser().post(release="7", why="x"))
    assert told.status_code == 404
    assert "not kept any more" in read(told)
    desk.publish({CONTACTS: "{", PAGE: "<p>older</p>"})
    desk.publish({CONTACTS: contacts(), PAGE: "<p>newer</p>"})
    half = screens.as_drafts(Browser().post(release="1"))
    assert half.status_code == 422
    assert "Contacts: " in read(half)
    assert desk.edit.open(PAGE).text == "<p>older</p>", "what can be a draft is one"
