"""Screens called as methods: what they leave undone, and errors that no test over HTTP can bring about."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from chalicelib.desk.errors import (
    LastPublisher,
    SecondFactorMissing,
    SignInExpired,
    TooManyTries,
    WrongCode,
    WrongSignIn,
)
from chalicelib.desk.people import PUBLISHER, Person
from chalicelib.desk.web.audit_log import LogScreens
from chalicelib.desk.web.entrance import EntranceScreens
from chalicelib.desk.web.guard import AdminRequest
from chalicelib.desk.web.people import PeopleScreens
from chalicelib.desk.web.screens import Screen, number, sentence_of
from chalicelib.directory.errors import DocumentInvalid
from chalicelib.publishing import jobs
from chalicelib.publishing.errors import ChangedSince
from chalicelib.publishing.jobs import Job
from chalicelib.publishing.publish import SiteStatus
from chalicelib.publishing.refusals import told_of
from chalicelib.publishing.web.home import HomeScreens
from chalicelib.publishing.web.preview import PreviewScreens
from chalicelib.publishing.web.publish import PublishScreens
from chalicelib.publishing.web.recipients import RecipientScreens
from chalicelib.publishing.web.texts import TextScreens
from chalicelib.shared.mail import MailDelayed, MailRefused, MailStopped
from tests.support.fakes import FixedClock

ANA = Person("ana@desk.example", PUBLISHER)


class Shown:
    """Answers with nothing, and keeps what was to be shown."""

    def __init__(self) -> None:
        self.templates: list[str] = []
        self.names: dict[str, Any] = {}

    def __call__(self, request: AdminRequest, template: str, status: int = 200, /, **names: Any) -> Screen:
        self.templates.append(template)
        self.names = names
        return Screen("", status)


class Answers:
    """Stands for a use case: each call is written down, and answered or failed as it was told."""

    def __init__(self, **answers: Any) -> None:
        self.answers = answers
        self.calls: list[tuple[Any, ...]] = []

    def __getattr__(self, name: str) -> Any:
        def answer(*asked: Any, **named: Any) -> Any:
            self.calls.append((name, *asked))
            result = self.answers.get(name)
            if isinstance(result, Exception):
                raise result
            return result

        return answer

    def __call__(self, *asked: Any, **named: Any) -> Any:
        return self.__getattr__("call")(*asked, **named)

    @property
    def called(self) -> list[str]:
        return [name for name, *_ in self.calls]


def admin_request(posted: bool = True, query: dict[str, str] | None = None, **fields: str) -> AdminRequest:
    typed = {name: [value] for name, value in fields.items()}
    return AdminRequest("/admin", posted, query or {}, "csrf", "secret", typed, ANA)


def test_a_publish_stopped_at_its_end_does_not_render_the_site_once_more():
    shown = Shown()
    late = ChangedSince([("recipients", "taken back")], late=True)
    now = FixedClock().now()
    job = Job("a" * 32, jobs.PUBLISH, ANA.email, PUBLISHER, now, now, why="new hours")
    refused = jobs.ended(jobs.taken(job, "w", now), jobs.REFUSED, now, *told_of(late))
    ask, publish = Answers(publish=refused), Answers()
    screens = PublishScreens(shown, publish, Answers(), ask, FixedClock())
    page = screens.publish_now(admin_request(why="new hours", seen="a"))
    assert (page.status_code, shown.templates) == (409, ["look_again.html"])
    assert shown.names["kept"] == [("why", "new hours")]
    assert (publish.called, ask.called) == ([], ["publish", "plan_of"])


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (WrongSignIn("dee@desk.example"), 422),
        (WrongCode("123456"), 422),
        (TooManyTries("dee@desk.example"), 429),
        (SignInExpired("dee@desk.example"), 422),
        (SecondFactorMissing("dee@desk.example"), 503),
    ],
)
def test_a_sign_in_that_fails_is_logged_without_who_tried_or_what(error, status):
    shown, log, noted = Shown(), [], []
    sign_in = Answers(begin=error)
    screens = EntranceScreens(shown, lambda *line: noted.append(line), sign_in, Answers(), log.append)
    page = screens.sign_in(admin_request(step="password", email="dee@desk.example", password="123456"))
    assert (page.status_code, page.cookies, noted) == (status, (), [])
    assert not [line for line in log if "dee" in line or "123456" in line]
    assert len(log) == (0 if status == 422 and isinstance(error, SignInExpired) else 1)
    assert ("give_up" in sign_in.called) == isinstance(error, TooManyTries | SignInExpired)


@pytest.mark.parametrize("button", ["change_role", "remove"])
def test_nobody_is_told_of_what_was_not_done_to_the_last_publisher(button):
    notices: list[Any] = []
    people = Answers(**{button: LastPublisher("nobody would remain")})
    shown, roles = Shown(), Answers()

    def everybody(request: Any, status: int = 200, problems: Any = None) -> Any:
        return shown(request, "people.html", status, problems=problems)

    def tell(*line: Any, **_: Any) -> None:
        notices.append(line)

    screens: Any = PeopleScreens(everybody, people, roles, tell, Answers(needed=False))  # type: ignore[arg-type]
    request = admin_request(email=ANA.email, role="editor")
    assert getattr(screens, button)(request).status_code == 409
    assert (notices, request.deed.before) == ([], "")


def test_the_log_offers_thirteen_months_without_a_gap_on_the_last_day_of_one():
    shown, audit = Shown(), Answers(lines=[])
    LogScreens(shown, audit, FixedClock(datetime(2027, 3, 31, 23, 59, tzinfo=UTC))).month(
        admin_request(posted=False)
    )
    assert shown.names["months"] == [
        *("2027-03", "2027-02", "2027-01", "2026-12", "2026-11", "2026-10", "2026-09"),
        *("2026-08", "2026-07", "2026-06", "2026-05", "2026-04", "2026-03"),
    ]
    assert audit.calls == [("lines", "2027-03", "")]


@pytest.mark.parametrize("error", [MailDelayed("later"), MailRefused("never"), MailStopped("nobody")])
def test_a_code_that_cannot_be_mailed_is_a_matter_of_trying_again(error):
    shown, notices = Shown(), []
    changes = Answers(send_code=error, send_operator_code=error, list=())
    edit = Answers(entries=((), 1), places=())
    screens = RecipientScreens(shown, changes, edit, Answers(), lambda *line: notices.append(line), Answers())
    for button in (screens.mail_code, screens.mail_operator_code):
        assert button(admin_request(address="new@town.example", revision="1")).status_code == 503
        assert shown.names["problems"][""].startswith("The mail could not be sent now.")
    assert notices == []


@pytest.mark.parametrize(
    ("spot", "location"),
    [
        (f"r{'0' * 16}", f"/admin/preview?locale=en&page=town/note&done=proposed#r{'0' * 16}"),
        ("r0#//evil.example", "/admin/preview?locale=en&page=town/note&done=proposed"),
    ],
)
def test_whoever_came_from_the_preview_to_a_recipient_goes_back_to_the_spot(spot, location):
    changes, edit = Answers(state=None), Answers(propose="police")
    screens = RecipientScreens(Shown(), changes, edit, Answers(), lambda *line: None, Answers())
    request = admin_request(r="police", revision="1", back="en/town/note", spot=spot)
    assert screens.recipient(request).headers["Location"] == location
    assert (
        RecipientScreens(Shown(), changes, edit, Answers(), lambda *line: None, Answers())
        .recipient(admin_request(r="police", revision="1", back="//evil.example/x", spot=spot))
        .headers["Location"]
        .startswith("/admin/access/recipients?done=")
    )


def test_the_draft_and_the_live_mail_are_shown_with_the_same_report():
    mail = b"Subject: one\n\nwords\n"
    choices = SimpleNamespace(mails=("report",), recipients=("police",), words={"police": "The police"})
    preview = Answers(choices=choices, mail=mail, live_mail=mail)
    drawn = iter((7, 8))
    screens = PreviewScreens(Shown(), preview, lambda: next(drawn))
    screens.mail(admin_request(posted=False, query={"name": "report", "recipient": "police"}))
    assert preview.calls[1:] == [
        ("mail", "report", "police", 7),
        ("live_mail", "report", "police", 7),
        ("mail", "report", "police", 8),
    ]


def test_a_draft_of_the_settings_that_cannot_be_read_does_not_close_the_editor():
    shown = Shown()
    opened = SimpleNamespace(id="site", text="{", live=SimpleNamespace(number=0, text="{}"))
    assert (
        TextScreens(shown, Answers(open=opened), Answers())
        .text(admin_request(posted=False, query={"d": "site"}))
        .status_code
        == 200
    )
    assert (shown.templates, shown.names["text"]) == (["text.html"], "{")


def test_contacts_that_cannot_be_read_hide_nothing_else_that_waits():
    shown = Shown()
    file = SimpleNamespace(case=SimpleNamespace(place="us"))
    cases, edit = Answers(amiss=[file]), Answers(list=(), services={})
    contacts = Answers(list=DocumentInvalid("line 3 cannot be read"))
    publish = Answers(status=SiteStatus(None, (), False))
    recipients = Answers(list=())
    HomeScreens(shown, publish, contacts, cases, recipients, edit, lambda who: None).home(
        admin_request(posted=False)
    )
    assert shown.names["unread"] == {"contacts": "line 3 cannot be read"}
    assert shown.names["amiss"] == [file]


@pytest.mark.parametrize(
    ("text", "read"), [("7", 7), ("007", 7), ("", 0), ("-1", 0), ("1e3", 0), ("٣", 0), ("9" * 10, 0)]
)
def test_a_number_is_read_from_plain_digits_alone(text, read):
    assert number(text) == read


def test_an_error_is_said_as_one_sentence():
    said = [sentence_of(DocumentInvalid(text)) for text in ("this changes nothing", "Not so.")]
    assert said == ["This changes nothing.", "Not so."]
