"""Replies at the desk: who wrote when and what is held, never a word; what is held is decided by a wish."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest

from chalicelib.delivery.adapters.dynamo_cases import DynamoCases
from chalicelib.delivery.adapters.dynamo_wishes import DynamoWishes
from chalicelib.delivery.look_after_cases import LookAfterCases
from chalicelib.delivery.wishes import SHOW_REPLY, THROW_REPLY, Wish
from chalicelib.replies.adapters.dynamo_mistyped import DynamoMistypedMails
from chalicelib.replies.adapters.dynamo_replies import DynamoReplies
from chalicelib.replies.conversation import (
    AUTOMATIC,
    DMARC_FAILED,
    DOUBTS,
    FROM_ELSEWHERE,
    HELD,
    HUMAN,
    KINDS,
    MAY_BE_SHOWN,
    NOT_ALIGNED,
    NOTED,
    SHOWN,
    STATES,
    THROWN,
    Conversation,
    MessageNote,
    ReplyNote,
)
from chalicelib.replies.look_after_replies import SHOWN_A_DAY, LookAfterReplies
from chalicelib.replies.mistyped import DIGEST, MISTYPED, REASONS, MistypedMail
from chalicelib.replies.mistyped import HELD as WAITS
from chalicelib.replies.reply_wishes import seen_of_note
from chalicelib.replies.reply_words import (
    DOUBT_WORDS,
    KIND_WORDS,
    PLACELESS_WORDS,
    STATE_WORDS,
    WHY_NEVER,
    words_of,
)
from chalicelib.reporting.adapters.dynamo_reports import DynamoReports
from chalicelib.reporting.cases import DELIVERED, Delivery, SealedReport
from chalicelib.shared.aws.sdk import client
from tests.support.desk_site import EDITOR_ONE, PUBLISHER_ONE, DeskSite, Page, Person
from tests.support.fakes import FakeRecipients, FixedClock, recipient

pytestmark = pytest.mark.takes(30)

NOW = datetime.now(UTC).replace(microsecond=0)
PD = recipient("pd", serves="los-banos-ca")
CASE = SealedReport(
    "1" * 32, b"sealed", b"k" * 32, "los-banos-ca", NOW - timedelta(days=2), (Delivery("pd", DELIVERED, NOW),)
)
SHOW, THROW = "/admin/case/reply/show", "/admin/case/reply/throw"
STRANGE = ReplyNote(
    "a" * 32, "pd", NOW, HUMAN, HELD, "desk@vendor.example", ("dmarc=pass", "spf=pass"), (FROM_ELSEWHERE,)
)
FORGED = replace(STRANGE, id="b" * 32, sender="chief@pd.example", doubts=(DMARC_FAILED,))
WHY = f"I called the office about {CASE.case_number}"


@pytest.fixture
def desk(make_desk: Any) -> DeskSite:
    """The desk as on AWS, where another function grants what it wishes."""
    site: DeskSite = make_desk(stage="dev", directory=FakeRecipients(PD))
    DynamoReports(lambda: client("dynamodb"), site.settings.reports_table).add(CASE)
    return site


def talk(desk: DeskSite, *notes: ReplyNote, messages: tuple[MessageNote, ...] = ()) -> None:
    shelf = DynamoReplies(lambda: client("dynamodb"), desk.settings.reports_table)
    version = shelf.conversation(CASE.id).version
    shelf.save(Conversation(CASE.id, notes, messages, version), NOW + timedelta(days=30))


def listed(desk: DeskSite, *mails: MistypedMail) -> None:
    store = DynamoMistypedMails(lambda: client("dynamodb"), desk.settings.reports_table)
    assert all(store.add(mail) for mail in mails)


def wishes(desk: DeskSite) -> list[Wish]:
    return list(DynamoWishes(lambda: client("dynamodb"), desk.settings.wishes_table).pending(100))


def case_page(person: Person) -> Page:
    return person.get(f"/admin/case?n={CASE.case_number}")


def form_of(note: ReplyNote, page: Page, action: str) -> dict[str, str]:
    return next(form for form in page.forms(action) if form["reply"] == note.id)


def test_every_kind_state_doubt_and_reason_has_words() -> None:
    assert {*KIND_WORDS} == {*KINDS}
    assert {*STATE_WORDS} == {*STATES, "unproven"}
    assert {*DOUBT_WORDS} == {*DOUBTS}
    assert {*WHY_NEVER} == {*DOUBTS} - MAY_BE_SHOWN | {""}
    assert {*PLACELESS_WORDS} == {*REASONS} - {WAITS}
    later = replace(STRANGE, kind="of a later release")
    assert words_of(later, "PD") == words_of(replace(STRANGE, kind="unreadable"), "PD")


def test_a_case_without_replies_says_nothing_of_them(desk: DeskSite) -> None:
    page = case_page(desk.signed_in(EDITOR_ONE))
    assert page.status == 200
    assert "Nobody here can read them" not in page.words


def test_a_case_tells_who_wrote_when_in_order_and_the_writers_message_by_its_day(desk: DeskSite) -> None:
    notes = (
        ReplyNote("1" * 32, "pd", NOW - timedelta(hours=9), HUMAN, SHOWN),
        ReplyNote("2" * 32, "pd", NOW - timedelta(hours=5), AUTOMATIC, NOTED),
        ReplyNote("3" * 32, "pd", NOW - timedelta(hours=3), HUMAN, THROWN),
        ReplyNote("4" * 32, "pd", NOW - timedelta(hours=1), HUMAN, SHOWN, unproven=True),
    )
    talk(desk, *notes, messages=(MessageNote(f"{CASE.id}.abc", ("pd",), NOW - timedelta(hours=7)),))
    page = case_page(desk.signed_in(EDITOR_ONE))
    lines = [one for one in page.tree.iter("ol") if one.get("class") == "when"][1]
    said = [" ".join("".join(line.itertext()).split()) for line in lines.iter("li")]
    assert [f"{PD.name} replied" in words for words in said] == [True, False, False, False, False]
    assert [f"in the name of {PD.name}" in words for words in said] == [False, False, False, True, True]
    assert "The writer can read it." in said[0]
    assert f"The writer wrote to {PD.name}." in said[1]
    assert ":" not in said[1]  # no hour: only the writer would know it
    assert "out of office" in said[2]
    assert "threw it away" in said[3]
    assert "not proven who wrote it" in said[4]


def test_what_is_held_shows_its_sender_and_why_and_no_button_to_an_editor(desk: DeskSite) -> None:
    talk(desk, STRANGE)
    page = case_page(desk.signed_in(EDITOR_ONE))
    assert "Its sender: desk@vendor.example" in page.words
    assert DOUBT_WORDS[FROM_ELSEWHERE] in page.words
    assert page.forms(SHOW) == page.forms(THROW) == []
    assert "dmarc=pass" not in page.words
    assert "dmarc=pass, spf=pass" in case_page(desk.signed_in(PUBLISHER_ONE)).words


def test_showing_a_held_reply_leaves_a_wish_with_its_reason_and_the_log_says_who(desk: DeskSite) -> None:
    talk(desk, STRANGE)
    publisher = desk.signed_in(PUBLISHER_ONE)
    answer = publisher.post(SHOW, form_of(STRANGE, case_page(publisher), SHOW) | {"why": WHY})
    assert answer.location == f"/admin/case?n={CASE.case_number}&done=reply_shown"
    [wish] = wishes(desk)
    assert (wish.kind, wish.recipient, wish.other, wish.why) == (SHOW_REPLY, "pd", STRANGE.id, WHY)
    assert (wish.seen, wish.by) == (seen_of_note(STRANGE), PUBLISHER_ONE)
    line = desk.log()[-1]
    assert (line["who"], line["did"], line["why"]) == (PUBLISHER_ONE, "show a held reply", WHY)
    assert (line["about"], line["after"]) == (CASE.case_number, "shown to the writer, as unproven")
    assert "vendor.example" not in str(line)
    again = publisher.follow(answer)
    assert f"Show a held reply to the writer ({PD.name}): wished by {PUBLISHER_ONE}" in again.words
    assert again.forms(SHOW) == again.forms(THROW) == []


def test_what_the_desk_wished_is_granted_as_it_was_on_the_screen(make_desk: Any) -> None:
    """On a local run, which is every function at once."""
    desk: DeskSite = make_desk(directory=FakeRecipients(PD))
    table = desk.settings.reports_table
    DynamoReports(lambda: client("dynamodb"), table).add(CASE)
    thrown = replace(STRANGE, id="c" * 32)
    talk(desk, STRANGE, thrown)
    shelf = DynamoReplies(lambda: client("dynamodb"), table)
    for note in (STRANGE, thrown):
        shelf.keep_reply(CASE.id, note.id, b"sealed", NOW + timedelta(days=1))
    publisher = desk.signed_in(PUBLISHER_ONE)
    page = case_page(publisher)
    publisher.post(SHOW, form_of(STRANGE, page, SHOW) | {"why": WHY})
    publisher.post(THROW, form_of(thrown, page, THROW))
    found = shelf.conversation(CASE.id)
    assert [(note.state, note.unproven) for note in found.replies] == [(SHOWN, True), (THROWN, False)]
    assert list(shelf.replies(CASE.id, [STRANGE.id, thrown.id])) == [STRANGE.id]
    words = case_page(publisher).words
    assert "with the note that it is not proven who wrote it" in words
    assert "wished by" not in words


@pytest.mark.parametrize("why", ["", "  \n ", "x" * 301])
def test_without_a_reason_nothing_is_shown_and_what_was_typed_stays(desk: DeskSite, why: str) -> None:
    talk(desk, STRANGE, FORGED)
    publisher = desk.signed_in(PUBLISHER_ONE)
    page = publisher.post(SHOW, form_of(STRANGE, case_page(publisher), SHOW) | {"why": why})
    assert page.status == 422
    assert "Please say why" in page.words
    typed = [one.get("value") for one in page.tree.iter("input") if one.get("id") == "reply-why"]
    assert typed == [why]
    assert wishes(desk) == []
    assert desk.log()[-1]["did"] == "show a held reply: not done"


def test_what_may_be_forged_has_no_button_to_show_it_and_a_made_up_form_is_refused(desk: DeskSite) -> None:
    talk(desk, FORGED)
    publisher = desk.signed_in(PUBLISHER_ONE)
    page = case_page(publisher)
    assert page.forms(SHOW) == []
    assert WHY_NEVER[DMARC_FAILED] in page.words
    assert "Accept this sender" not in page.words
    made_up = form_of(FORGED, page, THROW) | {"why": WHY}
    assert publisher.post(SHOW, made_up).status == 404
    assert wishes(desk) == []


def test_a_held_reply_is_thrown_away_by_a_wish(desk: DeskSite) -> None:
    talk(desk, FORGED)
    publisher = desk.signed_in(PUBLISHER_ONE)
    answer = publisher.post(THROW, form_of(FORGED, case_page(publisher), THROW))
    assert answer.location.endswith("done=reply_thrown")
    [wish] = wishes(desk)
    assert (wish.kind, wish.other, wish.seen) == (THROW_REPLY, FORGED.id, seen_of_note(FORGED))


@pytest.mark.parametrize("action", [SHOW, THROW])
def test_what_somebody_decided_meanwhile_is_not_decided_again(desk: DeskSite, action: str) -> None:
    talk(desk, STRANGE)
    publisher = desk.signed_in(PUBLISHER_ONE)
    form = form_of(STRANGE, case_page(publisher), action) | {"why": WHY}
    talk(desk, replace(STRANGE, state=THROWN))
    assert publisher.post(action, form).status == 409
    assert publisher.post(action, form | {"reply": "f" * 32}).status == 404
    assert wishes(desk) == []


def test_one_person_shows_a_bounded_number_a_day(desk: DeskSite) -> None:
    notes = [replace(STRANGE, id=f"{number:032x}") for number in range(SHOWN_A_DAY + 1)]
    talk(desk, *notes)
    publisher = desk.signed_in(PUBLISHER_ONE)
    page = case_page(publisher)
    answers = [publisher.post(SHOW, form_of(note, page, SHOW) | {"why": WHY}).status for note in notes]
    assert answers == [303] * SHOWN_A_DAY + [422]
    assert len(wishes(desk)) == SHOWN_A_DAY


def test_accepting_a_sender_leads_to_the_form_of_the_office_with_no_address_in_the_link(
    desk: DeskSite,
) -> None:
    talk(desk, STRANGE, replace(STRANGE, id="c" * 32, doubts=(NOT_ALIGNED,)))
    publisher = desk.signed_in(PUBLISHER_ONE)
    links = [
        one.get("href")
        for one in case_page(publisher).tree.iter("a")
        if "Accept this sender" in "".join(one.itertext())
    ]
    assert links == ["/admin/recipient?r=pd"]
    assert publisher.get(links[0]).location == "/admin/access/recipients/one?r=pd"


def test_a_sender_made_to_deceive_is_shown_as_one_plain_line(desk: DeskSite) -> None:
    odd = 'x"><script>\u202e@vendor.example'
    talk(desk, replace(STRANGE, sender=odd, verdicts=("dmarc=pass\u200f",)))
    page = case_page(desk.signed_in(PUBLISHER_ONE))
    assert not list(page.tree.iter("script"))
    assert "\u202e" not in page.text
    assert "\u200f" not in page.text


TYPO = MistypedMail("5" * 32, NOW, "county.example", ("dmarc=gray",), MISTYPED)
TO_MANY = MistypedMail("6" * 32, NOW, "many.example", (), DIGEST)
HELD_ROW = MistypedMail("7" * 32, NOW, "vendor.example", (), WAITS, CASE.case_number)


def test_the_list_shows_what_is_held_and_what_found_no_case(desk: DeskSite) -> None:
    talk(desk, STRANGE, replace(STRANGE, id="9" * 32, state=THROWN))
    gone = replace(HELD_ROW, id="8" * 32, case_number="PL-0000-0000")
    listed(desk, TYPO, TO_MANY, HELD_ROW, gone)
    page = desk.signed_in(EDITOR_ONE).get("/admin/replies")
    rows = [["".join(cell.itertext()) for cell in row.iter("td")] for row in page.tree.iter("tr")]
    held, *placeless = [row for row in rows if row]
    assert held[0] == CASE.case_number
    assert held[3] == DOUBT_WORDS[FROM_ELSEWHERE]
    assert sorted(row[1:] for row in placeless) == [
        ["county.example", PLACELESS_WORDS[MISTYPED], "dmarc=gray"],
        ["many.example", PLACELESS_WORDS[DIGEST], ""],
    ]
    assert CASE.id not in page.text


def test_nothing_waits_on_most_days(desk: DeskSite) -> None:
    page = desk.signed_in(EDITOR_ONE).get("/admin/replies")
    assert "Nothing is held." in page.words
    assert "None." in page.words


def test_people_of_another_place_see_neither_what_is_held_nor_what_found_no_case(desk: DeskSite) -> None:
    talk(desk, STRANGE)
    listed(desk, TYPO, HELD_ROW)
    dynamodb = client("dynamodb")
    table = desk.settings.reports_table
    clock, nothing = FixedClock(NOW), cast(Any, None)
    look = LookAfterCases(DynamoCases(lambda: dynamodb, table), FakeRecipients(PD), clock)
    rows = DynamoMistypedMails(lambda: dynamodb, table)
    replies = LookAfterReplies(look, DynamoReplies(lambda: dynamodb, table), rows, nothing, nothing, clock)
    seen = {place: lambda asked, place=place: asked == place for place in ("los-banos-ca", "gustine-ca")}
    theirs, others = (replies.waiting(sees, sees("")) for sees in seen.values())
    assert ([one.reply.id for one in theirs.replies], theirs.placeless) == ([STRANGE.id], [])
    assert (others.replies, others.placeless) == ([], [])
