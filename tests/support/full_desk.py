"""A desk in the middle of its work: drafts, releases, a waiting change, cases, figures, people, a log."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from chalicelib.delivery.adapters.dynamo_month_sums import DynamoMonthSums
from chalicelib.delivery.month_tallies import MonthSum
from chalicelib.delivery.read_figures import months_to
from chalicelib.delivery.shown_figures import Counts
from chalicelib.replies.adapters.dynamo_mistyped import DynamoMistypedMails
from chalicelib.replies.adapters.dynamo_replies import DynamoReplies
from chalicelib.replies.conversation import DOUBTS, HUMAN, KINDS, NOTED, Conversation, MessageNote, ReplyNote
from chalicelib.replies.conversation import HELD as REPLY_HELD
from chalicelib.replies.mistyped import HELD as WAITS_IN_A_CASE
from chalicelib.replies.mistyped import REASONS, MistypedMail
from chalicelib.reporting.adapters.dynamo_reports import DynamoReports
from chalicelib.reporting.cases import (
    BOUNCED,
    DELAYED,
    DELIVERED,
    HELD,
    SENT,
    Delivery,
    SealedReport,
)
from chalicelib.shared.aws.sdk import client
from tests.support.desk_site import EDITOR_ONE, PUBLISHER_ONE, DeskSite, Page, Person
from tests.support.newer_edits import NEWER_SCREENS, edit_on_an_older_package

NOW = datetime.now(UTC).replace(microsecond=0)
# Screens that no link leads to in every state, or that are met by a mistake.
MET = [
    *NEWER_SCREENS,
    "/admin/authenticator",
    "/admin/contact?c=nobody",
    "/admin/town?p=nowhere",
    "/admin/case?n=PL-0000-0000",
    "/admin/case?n=nonsense",
    "/admin/mail?m=letter",
    "/admin/site/change?part=nothing",
    "/admin/text/changes?d=nothing",
    "/admin/text/history?d=template/public/nothing.html",
    "/admin/text/version?d=contacts/los-banos-ca&n=99",
    "/admin/text/newer?d=contacts/los-banos-ca",
    "/admin/sentences?d=contacts",
    "/admin/thrown/look?t=nothing",
    "/admin/releases/look?release=77",
    "/admin/releases/what?release=77",
    "/admin/preview?locale=xx&page=nowhere",
    "/admin/preview/mail?name=report&recipient=nobody",
    "/admin/search?q=lbpd",
    "/admin/search?q=Los+Banos",
    "/admin/search?q=nothing+has+these",
    "/admin/nothing",
]
# Forms that are sent with a mistake, each with what is typed.
MISTAKES: list[tuple[str, dict[str, str]]] = [
    ("/admin/contact", {"name": ""}),
    ("/admin/town", {"name": ""}),
    ("/admin/site/change?part=exit", {"exit_url": "nonsense"}),
    ("/admin/sentence?k=47b5d0764d82d48e", {"t-es": "[nothing of ours]"}),
]


def fill(desk: DeskSite) -> None:
    """Work at a desk as an editor and a publisher would, so that every screen has something to show."""
    _reports(desk)
    eve, ana = desk.signed_in(EDITOR_ONE), desk.signed_in(PUBLISHER_ONE)
    _edit(eve, "209-555-0142")
    _publish(desk, ana, "A number that they gave us")
    _edit(eve, "209-555-0143")
    edit_on_an_older_package(desk)
    _recipients(ana.at_access())
    people = "/admin/access/people"
    invited = ana.submit(ana.get(people), people, email="new@desk.example")
    assert invited.status == 303, invited.words
    case = SealedReport(f"{1:032x}", b"", b"", "los-banos-ca", NOW, ()).case_number
    page = ana.get(f"/admin/case?n={case}")
    for action, why in (("/admin/case/hold", "A court asked"),):
        page = ana.follow(ana.submit(page, action, why=why))


def _edit(eve: Person, phone: str) -> None:
    checked = {"checked": "yes", "checked_by": "shelter desk", "role": "shelter desk"}
    send(eve, "/admin/contact?c=lbpd", {**checked, "hours": f"Day and night, {phone[-1]}"})
    send(eve, "/admin/contact?c=lbpd", {}, show=phone)
    send(eve, "/admin/contact", _SHELTER | {"name": f"Casa {phone[-1]}"}, kind="call", show=phone)
    send(eve, "/admin/town", {"name": f"Dos Palos {'AB'[phone[-1] == '3']}", "parent": "merced-county-ca"})
    send(eve, "/admin/site/change?part=exit", {"exit_url": f"https://weather{phone[-1]}.example/"})
    send(eve, "/admin/mail", {}, after=f"Please write to us, {phone[-1]}.")
    page = eve.get("/admin/sentences?d=catalog/es&words=Leave")
    [fields] = page.forms("/admin/sentences")
    name = next(name for name in fields if name.startswith("s-"))
    assert eve.post("/admin/sentences", fields | {name: f"Irse {phone[-1]}"}).status == 303


_SHELTER = {
    "serves": "los-banos-ca",
    "what": "A safe house.",
    "sources": "They told us by phone.",
}


def send(person: Person, path: str, typed: dict[str, str], **first: str) -> Page:
    """Fill in the form that stands at a path; `first` fill the first of several fields."""
    action = path.partition("?")[0]
    pairs = [(name, typed.get(name, value)) for name, value in _pairs(person.get(path).tree, action)]
    for name, value in first.items():
        at = next(at for at, pair in enumerate(pairs) if pair[0] == name)
        pairs[at] = (name, value)
    names = {name for name, _ in pairs}
    answer = person.post(action, [*pairs, *(pair for pair in typed.items() if pair[0] not in names)])
    assert answer.status == 303, answer.words[:900]
    return answer


def _pairs(tree: Any, action: str) -> Iterator[tuple[str, str]]:
    form = next(one for one in tree.iter("form") if one.get("action") == action)
    for element in form.iter():
        name, kind = element.get("name"), element.get("type", "text")
        if not name or (kind in ("checkbox", "radio") and element.get("checked") is None):
            continue
        if element.tag == "select":
            options = list(element.iter("option"))
            chosen = next((one for one in options if one.get("selected") is not None), options[0])
            yield name, chosen.get("value") or ""
        else:
            yield name, element.get("value") or "".join(element.itertext())


def _publish(desk: DeskSite, ana: Person, why: str) -> None:
    page = ana.get("/admin/publish")
    answer = ana.submit(page, "/admin/publish/now", why=why, yes="yes")
    assert answer.status == 303, answer.words[:2000]


def _recipients(ana: Person) -> None:
    ana.submit(
        ana.get("/admin/access/recipients/one"),
        "/admin/access/recipients/one",
        name="Sheriff",
        serves="los-banos-ca",
        nature="police",
        email="reports@sheriff.example",
        fallback="watch@sheriff.example",
        agreed_on="2026-11-20",
        what="A police office.",
        what_not="It is not a hotline.",
        why="They agreed",
    )
    ana.submit(ana.get("/admin/access/recipients"), "/admin/access/recipients/code")


def _report(number: int, *deliveries: Delivery, **more: Any) -> SealedReport:
    taken = NOW - timedelta(hours=number)
    return SealedReport(f"{number:032x}", b"words", b"k" * 32, "los-banos-ca", taken, deliveries, **more)


def _reports(desk: DeskSite) -> None:
    name = desk.settings.reports_table
    store = DynamoReports(lambda: client("dynamodb"), name)
    sent = {"message_id": "0101018fa0c4d4e2-5b0e", "past": ((SENT, NOW),)}
    for case in (
        _report(1, Delivery("dot-trafficking", BOUNCED, NOW, **sent)),
        _report(2, Delivery("dot-trafficking", DELIVERED, NOW, away_at=NOW, away_mail="m-1", **sent)),
        _report(3, Delivery("dot-trafficking", HELD, NOW, next_try=NOW), held="copy"),
        _report(4, Delivery("dot-trafficking", DELAYED, NOW, attempts=3, next_try=NOW, **sent)),
        _report(5, Delivery("gone-office", SENT, NOW, **sent)),
    ):
        store.add(case)
    sums = DynamoMonthSums(lambda: client("dynamodb"), name)
    sums.begin(NOW)
    many = Counts(23, 21, 6, 2, 0, (9, 0, 0, 0, 0, 0, 0, 0))
    _, last, *_ = months_to(f"{NOW:%Y-%m}")
    sums.save(MonthSum(last, "los-banos-ca", {"": many, "dot-trafficking": many}))
    _replies(name)


def _replies(table: str) -> None:
    """Reply to the first case in every kind, held for every doubt, and to no case at all."""
    case = _report(1)
    notes = [ReplyNote(f"{n:032x}", "dot-trafficking", NOW, kind, NOTED) for n, kind in enumerate(KINDS)]
    notes += [
        ReplyNote(f"{n:032x}", "dot-trafficking", NOW, HUMAN, REPLY_HELD, "a@vendor.example", (), (doubt,))
        for n, doubt in enumerate(DOUBTS, 100)
    ]
    message = MessageNote(f"{case.id}.0123456789ab", ("dot-trafficking",), NOW)
    DynamoReplies(lambda: client("dynamodb"), table).save(
        Conversation(case.id, tuple(notes), (message,)), NOW + timedelta(days=30)
    )
    rows = DynamoMistypedMails(lambda: client("dynamodb"), table)
    for number, why in enumerate(REASONS):
        number_of_case = case.case_number if why == WAITS_IN_A_CASE else ""
        rows.add(MistypedMail(f"{number:032x}", NOW, "vendor.example", (), why, number_of_case))
