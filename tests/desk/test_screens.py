"""Every screen, as HTML that a browser need not mend, and as somebody meets it who cannot see it."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest

from chalicelib.shared.version import VERSION
from tests.support.desk_site import EDITOR_ONE, PUBLISHER_ONE, Page
from tests.support.newer_edits import NEWER_SCREENS, edit_on_an_older_package

pytestmark = pytest.mark.takes(30)

SCREENS = [
    "/admin/",
    "/admin/documents",
    "/admin/text/changes?d=site",
    "/admin/text/history?d=contacts/los-banos-ca",
    "/admin/text/version?d=contacts/los-banos-ca&n=0",
    "/admin/sentences?d=catalog/es",
    "/admin/sentences?d=catalog/es&show=missing",
    "/admin/sentences?d=catalog/ar&words=911",
    "/admin/contacts",
    "/admin/contact?c=lbpd",
    "/admin/contact",
    "/admin/contact/out?c=lbpd",
    "/admin/contact/out?c=nhth",
    "/admin/services",
    "/admin/services/of?p=merced-county-ca",
    "/admin/services/due",
    "/admin/services/import?p=merced-county-ca",
    "/admin/service?p=merced-county-ca",
    "/admin/service/translated?p=merced-county-ca&s=vcc&l=ar",
    "/admin/towns",
    "/admin/towns?words=merced",
    "/admin/towns?words=nowhere",
    "/admin/town",
    "/admin/town?p=los-banos-ca",
    "/admin/town/out?p=los-banos-ca",
    "/admin/site",
    "/admin/site/change?part=exit",
    "/admin/site/change?part=hotline",
    "/admin/site/change?part=languages",
    "/admin/mail",
    "/admin/mail?m=digest",
    "/admin/preview",
    "/admin/preview?locale=ar&page=los-banos-ca/note&width=desktop",
    "/admin/preview/mail?name=report&recipient=dot-trafficking",
    "/admin/publish",
    "/admin/releases",
    "/admin/thrown",
    "/admin/deliveries",
    "/admin/figures",
    "/admin/figures?town=los-banos-ca&time=year",
    "/admin/recipients",
    "/admin/access/authenticator",
    "/admin/access/hand-over",
    "/admin/log",
]
PUBLISHERS_SCREENS = [
    "/admin/text?d=template/public/page.html",
    "/admin/text?d=catalog/es",
    "/admin/text?d=recipients",
    "/admin/text/lines?d=template/mail/report/body.txt&line=2",
    "/admin/access/people",
    "/admin/access/recipients",
    "/admin/access/recipients/one?serves=a-new-town-ca",
    "/admin/access/recipients/one?r=dot-trafficking",
    "/admin/access/recipients/without?r=dot-trafficking",
    "/admin/access/waiting",
    "/admin/access/stop",
]
SLOW = {"/admin/publish"}  # it renders and checks the whole site; once is enough
MISSING = [
    "/admin/text/changes?d=template/public/../../app.py",
    "/admin/text/changes?d=nothing",
    "/admin/sentences?d=contacts",
    "/admin/contact?c=nobody",
    "/admin/contact/out?c=nobody",
    "/admin/services/of?p=nowhere",
    "/admin/services/import?p=nowhere",
    "/admin/services/file?p=nowhere",
    "/admin/service?p=nowhere",
    "/admin/service?p=merced-county-ca&s=nothing",
    "/admin/service/standing?p=merced-county-ca&s=nothing",
    "/admin/service/translated?p=merced-county-ca&s=nothing&l=es",
    "/admin/town?p=nowhere",
    "/admin/town/out?p=nowhere",
    "/admin/site/change?part=hosts",
    "/admin/mail?m=letter",
    "/admin/case?n=PL-0000-0000",
    "/admin/text/version?d=contacts/los-banos-ca&n=99",
    "/admin/text/changes?d=contacts",
    "/admin/text/changes?d=places/No",
    "/admin/preview/mail?name=report&recipient=nobody",
    "/admin/log?month=1999-01",
    "/admin/text/newer?d=contacts/los-banos-ca",
    "/admin/text/newer?d=nothing",
]


def check(page: Page) -> None:
    """Say what would stop somebody who listens to the page or uses no mouse."""
    tree: Any = page.tree
    assert tree.get("lang") == "en"
    assert len(list(tree.iter("h1"))) == 1
    assert len(list(tree.iter("main"))) == 1
    levels = [int(element.tag[1]) for element in tree.iter() if str(element.tag) in ("h1", "h2", "h3", "h4")]
    assert all(after - before <= 1 for before, after in pairwise(levels)), levels
    ids = [element.get("id") for element in tree.iter() if element.get("id")]
    assert len(ids) == len(set(ids)), sorted(id_ for id_ in ids if ids.count(id_) > 1)
    labelled = {label.get("for") for label in tree.iter("label")}
    wrapped = {id(field) for label in tree.iter("label") for field in label.iter()}
    for tag in ("input", "textarea", "select"):
        for field in tree.iter(tag):
            if field.get("type") == "hidden":
                continue
            assert field.get("id") in labelled or id(field) in wrapped, (page.path, field.attrib)
    for element in tree.iter():
        descriptions = (element.get("aria-describedby") or "").split()
        assert set(descriptions) <= set(ids), (page.path, descriptions)
        assert element.get("style") is None
        assert not [name for name in element.attrib if name.startswith("on")]
    for button in tree.iter("button"):
        assert "".join(button.itertext()).strip(), page.path
    for form in tree.iter("form"):
        if form.get("method") == "post":
            assert any(field.get("name") == "csrf" for field in form.iter("input")), page.path
        assert form.get("action", "").startswith("/admin"), page.path
    assert not list(tree.iter("script"))
    title = "".join(next(tree.iter("title")).itertext())
    assert title.endswith("– Desk")
    assert "traffick" not in title


def test_each_screen_is_whole_for_an_editor(desk):
    editor = desk.signed_in(EDITOR_ONE).at_access()
    for path in set(SCREENS) - SLOW:
        page = editor.get(path)
        assert page.status == 200, (path, page.words[:300])
        check(page)


def test_each_screen_is_whole_for_a_publisher(desk):
    publisher = desk.signed_in(PUBLISHER_ONE).at_access()
    for path in (*SCREENS, *PUBLISHERS_SCREENS):
        page = publisher.get(path)
        assert page.status == 200, (path, page.words[:300])
        check(page)


def test_the_screen_of_two_texts_is_whole_whatever_they_hold(desk):
    edit_on_an_older_package(desk)
    for email in (EDITOR_ONE, PUBLISHER_ONE):
        person = desk.signed_in(email)
        for path in NEWER_SCREENS:
            page = person.get(path)
            assert page.status == 200, (path, page.words[:300])
            check(page)
            if 'type="radio"' in page.text:
                unchosen = person.submit(page, "/admin/text/newer/take")
                assert unchosen.status == 422, path
                check(unchosen)


def test_the_foot_of_the_desk_says_the_version(desk):
    assert desk.signed_in(EDITOR_ONE).get("/admin/").words.endswith(f"Porchlight {VERSION}")


def test_the_screens_at_the_door_are_whole_and_do_not_tell_strangers_the_version(desk):
    for path in (
        *("/admin/sign-in", "/admin/sign-in?done=out", "/admin/sign-in?done=over"),
        *("/admin/access/sign-in", "/admin/access/sign-in?done=idle"),
    ):
        page = desk.person().get(path)
        assert VERSION not in page.words
        check(page)


def test_what_is_not_there_is_said_to_be_not_there(desk):
    editor = desk.signed_in(EDITOR_ONE)
    for path in MISSING:
        page = editor.get(path)
        assert page.status in (404, 422), (path, page.status)
        check(page)


def test_nothing_of_an_address_comes_back_as_markup(desk):
    editor = desk.signed_in(EDITOR_ONE)
    evil = "%22%3E%3Cscript%3Ealert(1)%3C/script%3E"
    for path in (
        "/admin/text/changes?d=",
        "/admin/case?n=",
        "/admin/sentences?d=catalog/es&words=",
        "/admin/?done=",
    ):
        page = editor.get(path + evil)
        assert "<script>alert" not in page.text
        check(page)


def test_head_has_no_body(desk):
    editor = desk.signed_in(EDITOR_ONE)
    page = editor.ask("HEAD", "/admin/documents", b"", {})
    assert (page.status, page.text) == (200, "")


def test_people_read_names_where_the_code_has_ids(desk):
    editor = desk.signed_in(EDITOR_ONE)
    preview, contacts = editor.get("/admin/preview"), editor.get("/admin/contacts")
    for name in ("Los Banos: the form", "The answer to a code", "U.S. Department of Transportation"):
        assert name in preview.words
    assert "Merced County" in contacts.words
    for page in (preview, contacts):
        assert "los-banos-ca" not in page.words
        assert "dot-trafficking" not in page.words
