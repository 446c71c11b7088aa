"""Two publishers and an editor at the same texts: what goes live is what was on the publisher's screen."""

from __future__ import annotations

import pytest

from chalicelib.directory.document_ids import name_of
from chalicelib.publishing.field_labels import title_of
from chalicelib.shared.aws.sdk import client
from tests.publishing.test_texts import form_of, published, texts_of
from tests.support.desk_site import EDITOR_ONE, PUBLISHER_ONE, PUBLISHER_TWO, DeskSite, Person

pytestmark = pytest.mark.takes(75)

REPORT = "template/mail/report/body.txt"
DIGEST = "template/mail/digest/body.txt"
WRITER = "dan@desk.example"  # a third publisher
NOW, BACK, LOOK = "/admin/publish/now", "/admin/releases/back", "/admin/releases/look"


def draft(person: Person, document: str, words: str) -> None:
    page = person.get(f"/admin/text?d={document}")
    text = form_of(page, "/admin/text")["text"].rstrip("\n")
    assert person.submit(page, "/admin/text", text=f"{text} {words}\n").status == 303


def yes(text: str) -> dict[str, str]:
    return {"yes": "yes"} if 'id="yes"' in text else {}


def site_of(desk: DeskSite) -> dict[str, str]:
    found = client("s3").list_objects_v2(Bucket=desk.settings.pages_bucket, Prefix="site/")
    return {one["Key"]: one["ETag"] for one in found.get("Contents", ())}


def test_what_an_editor_saved_since_a_publisher_looked_is_refused_named_and_shown(desk):
    desk.add(WRITER, "publisher")
    ana, ben, eve = (desk.signed_in(one) for one in (PUBLISHER_ONE, PUBLISHER_TWO, WRITER))
    draft(ana, REPORT, "harmless")
    looked = ben.get("/admin/publish")
    draft(eve, REPORT, "false")
    draft(eve, DIGEST, "unseen")
    page = ben.submit(looked, NOW, why="A harmless word", **yes(looked.text))
    assert page.status == 409
    assert f"Changed since you looked: {name_of(DIGEST)}, new, by {WRITER}" in page.words
    assert f"{name_of(REPORT)}, by {WRITER}" in page.words
    assert page.forms(NOW), page.words
    assert form_of(page, NOW)["why"] == "A harmless word"
    assert published(desk) == 0
    forged = {**form_of(page, NOW), "why": "x", "yes": "yes", "seen": "", "documents": "nothing at all"}
    assert ben.post(NOW, forged).status == 422
    assert published(desk) == 0
    assert ben.submit(page, NOW, why="I looked", **yes(page.text)).status == 303
    assert texts_of(desk, 1)[REPORT].endswith("harmless false\n")
    refused, *_, done = [line for line in desk.log() if line["did"].startswith("publish")]
    assert (refused["outcome"], WRITER in refused["told"]) == ("refused", True)
    assert (done["outcome"], done["why"], done["before"]) == ("done", "I looked", "release 0")
    assert done["after"] == f"release 1: {DIGEST} 0 to 1, {REPORT} 0 to 1"
    assert f"publish no. 1: {name_of(DIGEST)}, {name_of(REPORT)}" in ana.get("/admin/log").words

    # of two who looked, the second is told; the pages that stand by are the winner's
    before = site_of(desk)
    assert before
    draft(eve, REPORT, "third")
    pages = [one.get("/admin/publish") for one in (ana, ben)]
    assert ana.submit(pages[0], NOW, why="third", **yes(pages[0].text)).status == 303
    late = ben.submit(pages[1], NOW, why="third too", **yes(pages[1].text))
    assert late.status in (409, 422)
    assert published(desk) == 2

    # a roll back is shown first, and is refused when something else is live by then
    looked = ben.get(f"{LOOK}?release=1")
    assert title_of(REPORT) in looked.words
    draft(eve, DIGEST, "fourth")
    page = ana.get("/admin/publish")
    assert ana.submit(page, NOW, why="fourth", **yes(page.text)).status == 303
    told = ben.submit(looked, BACK, why="The third was wrong", **yes(looked.text))
    assert told.status == 409
    assert f"number 3 is live now, published by {PUBLISHER_ONE}" in told.words
    assert form_of(told, BACK)["why"] == "The third was wrong"
    assert ben.submit(told, BACK, **yes(told.text)).location == "/admin/releases?done=rolled"
    assert published(desk) == 4
    assert desk.log()[-1]["after"] == f"release 4: {DIGEST} 2 to 1, {REPORT} 2 to 1"
    assert ben.get(f"{LOOK}?release=99").status == 404


def test_an_editor_publishes_by_no_path(desk):
    draft(desk.signed_in(PUBLISHER_TWO), REPORT, "mine")
    eve = desk.signed_in(EDITOR_ONE)
    looked = eve.get("/admin/publish")
    seen = desk.signed_in(PUBLISHER_ONE).get("/admin/publish").forms(NOW)[0]["seen"]
    csrf = form_of(looked, "/admin/sign-out")["csrf"]
    for path, more in ((NOW, {}), (NOW, {"again": "yes"}), (BACK, {"release": "0"})):
        sent = {"csrf": csrf, "seen": seen, "why": "mine", "yes": "yes", **more}
        assert eve.post(path, sent).status == 403
    assert eve.post("/admin/publish", {"csrf": csrf, "seen": seen, "why": "mine", "yes": "yes"}).status == 200
    assert published(desk) == 0
    assert [line["outcome"] for line in desk.log()][-3:] == ["refused"] * 3


def test_a_refusal_inside_a_frame_is_seen(desk):
    page = desk.signed_in(EDITOR_ONE).get("/admin/preview/page?which=live&name=en/no-such-town")
    assert page.status == 422
    assert page.headers["X-Frame-Options"] == "SAMEORIGIN"
    assert "frame-ancestors 'self'" in page.headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" not in page.headers["Content-Security-Policy"]
