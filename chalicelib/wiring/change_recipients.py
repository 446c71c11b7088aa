"""Composition root of changing recipients: proposals, agreements and their rows, for the access function."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

from chalicelib.delivery.adapters.delivery_marks import DeliveryMarks
from chalicelib.delivery.adapters.dynamo_cases import DynamoCases
from chalicelib.delivery.adapters.mail_encryption import KeyedEncrypter
from chalicelib.delivery.first_delivery import FirstDelivery
from chalicelib.desk.hold_changes import HoldChanges, KnowsFirst
from chalicelib.desk.ports import SignInStore
from chalicelib.desk.render.desk_mails import DeskMails
from chalicelib.desk.standings import Standings
from chalicelib.desk.tell_desk import TellPublishers
from chalicelib.desk.web.guard import Guard
from chalicelib.directory.adapters.dynamo_recipients import DynamoRecipients
from chalicelib.directory.recipient_rows import Recipients, offices_text
from chalicelib.publishing.adapters.dynamo_documents import DynamoDocuments
from chalicelib.publishing.adapters.s3_offices import S3Offices
from chalicelib.publishing.change_recipients import ChangeRecipients
from chalicelib.publishing.edit_recipients import EditRecipients
from chalicelib.publishing.edit_text import EditText
from chalicelib.publishing.see_changes import SeeChanges
from chalicelib.publishing.settle_recipients import NothingPublished, ProposalStore, SettleRecipients
from chalicelib.publishing.web import recipients
from chalicelib.settings import Settings
from chalicelib.shared.aws.sdk import client
from chalicelib.shared.clock import Clock
from chalicelib.shared.mail import Mailer
from chalicelib.wiring.publishing import package_by_place

_DYNAMO = partial(client, "dynamodb")


class Shared(NamedTuple):
    """What the access screens share."""

    book: SignInStore
    standings: Standings
    tell: TellPublishers
    hold: HoldChanges
    first: KnowsFirst


class NobodyYet:
    """The KnowsFirst of the access table: while nobody there was ever mailed, no report was delivered.

    The access function looks into no table that the desk can reach, by whatever way; this it knows itself.
    """

    def __init__(self, rows: DynamoRecipients, clock: Clock, *, agreed_only: bool) -> None:
        self._rows = rows
        self._clock = clock
        self._agreed_only = agreed_only

    def is_ahead(self) -> bool:
        """Return whether no recipient in the table gets reports, or ever got them."""
        return not self._rows.read().ever_mailed(self._clock.now(), agreed_only=self._agreed_only)


def first_delivery(settings: Settings, clock: Clock) -> KnowsFirst:
    """Return what knows whether a report was delivered; a local run is every function, and looks."""
    if settings.stage == "local":
        cases = DynamoCases(_DYNAMO, settings.reports_table)
        return FirstDelivery(DeliveryMarks(_DYNAMO, settings.reports_table), cases, clock)
    rows = DynamoRecipients(_DYNAMO, settings.access_table)
    return NobodyYet(rows, clock, agreed_only=settings.stage == "prod")


def recipient_screens(
    guard: Guard,
    settings: Settings,
    clock: Clock,
    mailer: Mailer,
    mails: DeskMails,
    shared: Shared,
) -> Callable[[], None]:
    """Register the screens of recipients; return what writes anew who is offered on forms."""
    book, standings, tell, hold, first = shared
    offices = S3Offices(partial(client, "s3"), settings.pages_bucket)

    def show(table: Recipients) -> None:
        offices.put(offices_text(table, clock.now()))

    settle = SettleRecipients(DynamoRecipients(_DYNAMO, settings.access_table), hold, clock, show)
    package, _ = package_by_place(settings, settle.live_text)
    store = ProposalStore(DynamoDocuments(_DYNAMO, settings.access_table))
    shelf = NothingPublished()
    change = ChangeRecipients(
        store,
        package,
        shelf,
        mailer,
        clock,
        settings.sender_address,
        mails.address_code,
        KeyedEncrypter(clock.now).describe,
        book,
        first,
        settings.operator_address,
        mails.operator_code,
        settle,
    )
    edit = EditRecipients(change, EditText(store, package, shelf, clock), clock)
    see = SeeChanges(store, package, shelf)
    recipients.routes(guard, change, edit, standings, tell, see, hold.waiting)
    return settle.show
