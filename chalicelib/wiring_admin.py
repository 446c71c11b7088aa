"""Where the admin function gets its services: only it loads them, and only it registers their routes."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable
from functools import partial
from typing import Any

from chalice.app import Blueprint, Chalice

from chalicelib import wiring_documents
from chalicelib.adapters.aws import client
from chalicelib.adapters.cognito_people import CognitoPeople
from chalicelib.adapters.delivery_marks import DeliveryMarks
from chalicelib.adapters.dynamo_audit import DynamoAudit
from chalicelib.adapters.dynamo_desk import DynamoDesk
from chalicelib.adapters.dynamo_door import DynamoDoor
from chalicelib.adapters.dynamo_standings import DynamoStandings
from chalicelib.adapters.log_alarms import LogAlarms
from chalicelib.adapters.pool_tokens import PoolTokens
from chalicelib.adapters.ses_mailer import SesMailer
from chalicelib.adapters.shipped_content import TEMPLATES
from chalicelib.adapters.system import SystemClock
from chalicelib.ports import Clock, Directory, Mail
from chalicelib.render.admin_pages import AdminPages
from chalicelib.render.desk_mails import DeskMails
from chalicelib.settings import Settings
from chalicelib.usecases.delivery_desk import DeliveryDesk
from chalicelib.usecases.door_watch import DoorWatch
from chalicelib.usecases.edit_contacts import EditContacts
from chalicelib.usecases.edit_recipients import EditRecipients
from chalicelib.usecases.edit_sentences import EditSentences
from chalicelib.usecases.first_delivery import FirstDelivery
from chalicelib.usecases.hand_overs import HandOvers
from chalicelib.usecases.manage_people import ManagePeople
from chalicelib.usecases.sign_in import Sessions, SignIn
from chalicelib.usecases.standings import Standings
from chalicelib.usecases.tell_desk import TellDesk
from chalicelib.web.admin import (
    cases,
    contacts,
    entrance,
    home,
    people,
    preview,
    publish,
    recipients,
    sentences,
    texts,
)
from chalicelib.web.admin.desk import Desk

log = logging.getLogger("porchlight")

_COGNITO = partial(client, "cognito-idp")
_DYNAMO = partial(client, "dynamodb")


def serve(
    app: Chalice,
    settings: Settings,
    clock: Clock | None = None,
    cognito: Callable[[], Any] = _COGNITO,
    directory: Directory | None = None,
) -> None:
    """Register the admin site. `directory` are the recipients as published, if others than those."""
    routes = Blueprint(__name__)
    clock = clock or SystemClock()
    pool = CognitoPeople(cognito, settings.user_pool_id, settings.user_pool_client_id)
    tokens = PoolTokens(
        lambda: str(cognito().meta.endpoint_url), settings.user_pool_id, settings.user_pool_client_id
    )
    book = DynamoDoor(_DYNAMO, settings.door_table)
    audit = DynamoAudit(_DYNAMO, settings.audit_table)
    mails = DeskMails(settings.sender_address, settings.site_address)
    mailer = SesMailer(partial(client, "sesv2", 1, 10.0), settings.ses_configuration_set)

    def send_password(to: str, password: str, invited: bool) -> None:
        content = mails.first_password(to, password, invited)
        mailer.send(Mail(settings.sender_address, to, "desk", 0, "desk", content))

    tell = TellDesk(
        pool, mailer, LogAlarms(log.error), settings.sender_address, settings.operator_address, mails.notice
    )
    standings = Standings(pool, DynamoStandings(_DYNAMO, settings.documents_table), clock)
    watch = DoorWatch(pool, book, clock, lambda *who, **told: desk.note_of(*who, **told), tell)
    sessions = Sessions(pool, tokens, book, clock, standings, watch)
    prod = settings.stage == "prod"
    sign_in = SignIn(pool, tokens, book, clock, prod, standings, watch)
    desk = Desk(
        routes,
        AdminPages(TEMPLATES / "admin"),
        sessions,
        audit,
        clock,
        settings.site_address,
        log.error,
        log.info,
    )
    entrance.routes(desk, sign_in, sessions, log.info)
    manage = ManagePeople(pool, standings, book, clock, send_password, secrets.choice)
    people.routes(desk, manage, tell, audit, clock)
    directory = directory or wiring_documents.published_directory(settings)
    kept = DynamoDesk(_DYNAMO, settings.reports_table)
    delivery_desk = DeliveryDesk(kept, directory, clock)
    hand_overs = HandOvers(kept, directory, clock, agreed_only=prod)
    cases.routes(desk, delivery_desk, hand_overs, standings)
    first = FirstDelivery(DeliveryMarks(_DYNAMO, settings.reports_table), kept, clock)
    desk_mail = wiring_documents.DeskMail(mailer, mails.address_code, mails.operator_code)
    core = wiring_documents.desk_services(settings, clock, desk_mail, book, first)
    edit_contacts = EditContacts(core.edit, clock)
    texts.routes(desk, core.edit)
    sentences.routes(desk, EditSentences(core.edit))
    contacts.routes(desk, edit_contacts)
    recipients.routes(desk, core.recipients, EditRecipients(core.recipients), edit_contacts, standings, tell)
    home.routes(desk, core.publish, edit_contacts, delivery_desk, core.recipients, core.edit)
    publish.routes(desk, core.publish)
    preview.routes(desk, core.preview)
    app.register_blueprint(routes)
