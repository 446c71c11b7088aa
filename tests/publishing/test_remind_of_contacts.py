"""Contacts that nobody has checked are mailed once a month, and no more often."""

from __future__ import annotations

import json
from collections.abc import Mapping
from email import message_from_bytes
from email.policy import default
from typing import Any

import pytest

from chalicelib.desk.render.desk_mails import DeskMails
from chalicelib.publishing.remind_of_contacts import RemindOfContacts
from chalicelib.shared.errors import StoreUnavailable
from chalicelib.shared.mail import MailDelayed
from tests.support.fakes import FakeMailer, FakeStore, FixedClock


def contact(name: str, checked_on: str | None) -> dict[str, Any]:
    return {"id": name, "name": name.title(), "checked_on": checked_on, "checked_by": checked_on and "desk"}


CONTACTS = [contact("never", None), contact("old", "2026-08-01"), contact("fresh", "2026-11-01")]


class Desk:
    def __init__(
        self,
        contacts: list[dict[str, Any]],
        to: str = "operator@desk.example",
        services: Mapping[str, int] | None = None,
    ) -> None:
        self.clock, self.store, self.mailer = FixedClock(), FakeStore(), FakeMailer()
        self.noted: list[Mapping[str, int]] = []
        self.of_services: list[Mapping[str, int]] = []
        self.remind = RemindOfContacts(
            lambda: json.dumps({"contacts": contacts}),
            DeskMails("desk@porchlight.example", "https://desk.example").contacts_to_check,
            self.store,
            self.mailer,
            self.clock,
            "desk@porchlight.example",
            to,
            self.noted.append,
            lambda today: services or {},
            self.of_services.append,
        )


def test_the_mail_names_the_contacts_to_check_and_no_others():
    desk = Desk(CONTACTS)
    assert desk.remind() == 2
    [mail] = desk.mailer.sent
    message = message_from_bytes(mail.content, policy=default)
    text = message.get_content()
    assert (mail.to, message["To"]) == ("operator@desk.example", "operator@desk.example")
    assert "Never: never checked" in text
    assert "Old: last checked on 2026-08-01" in text
    assert "Fresh" not in text
    assert "https://desk.example/admin/contacts" in text


def test_it_goes_out_once_a_month():
    desk = Desk(CONTACTS)
    for _ in range(3):
        desk.remind()
        desk.clock.forward(hours=1)
    assert len(desk.mailer.sent) == 1
    desk.clock.forward(days=7)  # into December
    desk.remind()
    assert len(desk.mailer.sent) == 2


def test_a_note_that_cannot_be_kept_mails_the_operator_once_and_the_places_are_noted_by_the_next_sweep():
    desk, noted = Desk([{**contact("old", "2026-08-01"), "serves": "los-banos"}]), []

    def away(due: Mapping[str, int]) -> None:
        noted.append(dict(due))
        if len(noted) == 1:
            raise StoreUnavailable("away")

    desk.remind._note_places = away
    with pytest.raises(StoreUnavailable):
        desk.remind()
    for _ in range(2):
        desk.clock.forward(hours=1)
        desk.remind()
    assert len(desk.mailer.sent) == 1
    assert noted == [{"los-banos": 1}] * 2


def test_nothing_is_mailed_when_all_are_checked():
    desk = Desk([contact("fresh", "2026-11-01")])
    assert desk.remind() == 0
    assert (desk.mailer.sent, desk.noted) == ([], [])


@pytest.mark.parametrize("to", ["operator@desk.example", ""])
def test_each_place_is_told_once_a_month_how_many_are_due_there_also_without_an_operator(to: str):
    contacts = [one | {"serves": place} for one, place in zip(CONTACTS * 2, "aabbbb", strict=True)]
    desk = Desk(contacts, to)
    for _ in range(2):
        desk.remind()
    assert desk.noted == [{"a": 2, "b": 2}]
    assert [mail.to for mail in desk.mailer.sent] == [to] * bool(to)


def test_a_mail_service_that_is_away_is_the_callers_to_hear_of():
    desk = Desk(CONTACTS)
    desk.mailer.fail(MailDelayed("away"))
    with pytest.raises(MailDelayed):
        desk.remind()


def test_services_to_confirm_are_counted_in_the_same_mail_and_noted_at_their_places_once():
    desk = Desk(CONTACTS, services={"los-banos": 3, "merced": 1})
    for _ in range(2):
        desk.remind()
    [mail] = desk.mailer.sent
    text = message_from_bytes(mail.content, policy=default).get_content()
    assert "2 contacts on the public page" in text
    assert "4 services have not been confirmed by a person for a year" in text
    assert "https://desk.example/admin/services/due" in text
    assert desk.of_services == [{"los-banos": 3, "merced": 1}]


def test_services_alone_are_mailed_too():
    desk = Desk([], services={"merced": 1})
    assert desk.remind() == 1
    message = message_from_bytes(desk.mailer.sent[0].content, policy=default)
    assert message["Subject"] == "Services to confirm"
    assert "1 service has not been confirmed" in message.get_content()
    assert "contacts" not in message.get_content()
