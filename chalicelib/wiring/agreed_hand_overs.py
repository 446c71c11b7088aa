"""Composition root of agreements to hand-overs, for the access function: it alone writes them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from chalicelib.delivery.adapters.dynamo_hand_overs import DynamoHandOvers
from chalicelib.delivery.agree_to_hand_overs import AgreeToHandOvers, AskedFor, WhoDecides
from chalicelib.delivery.agreed_hand_overs import COUNTS_FOR
from chalicelib.delivery.web import agreed_hand_overs
from chalicelib.desk.adapters.dynamo_roles import DynamoRoles
from chalicelib.desk.grants import GrantsOfPeople
from chalicelib.desk.manage_roles import ManageRoles
from chalicelib.desk.people import SHUT_OUT
from chalicelib.desk.ports import People
from chalicelib.desk.standings import Standings
from chalicelib.desk.tell_desk import TellPublishers
from chalicelib.desk.web.guard import Guard
from chalicelib.directory.adapters.dynamo_recipients import DynamoRecipients
from chalicelib.settings import Settings
from chalicelib.shared.aws.sdk import client
from chalicelib.shared.clock import Clock
from chalicelib.shared.errors import PorchlightError

_DYNAMO = partial(client, "dynamodb")


def hand_over_screens(
    guard: Guard,
    settings: Settings,
    clock: Clock,
    people: People,
    standings: Standings,
    roles: ManageRoles,
    tell: TellPublishers,
) -> None:
    """Register the screens on which publishers agree to hand-overs."""
    book = DynamoRoles(_DYNAMO, settings.access_table, clock)
    who = WhoDecides(people, standings, partial(book.at, noted=False), GrantsOfPeople(), roles.around)
    agree = AgreeToHandOvers(
        DynamoHandOvers(_DYNAMO, settings.access_table),
        DynamoRecipients(_DYNAMO, settings.access_table).read,
        who,
        clock,
    )

    def tell_all(agreed: AskedFor, by: str) -> None:
        tell("a hand-over was agreed to", _lines(agreed, by), _publishers(roles, who, agreed.asked.place))

    agreed_hand_overs.routes(guard, agree, lambda: roles.places().label, tell_all)


def _lines(agreed: AskedFor, by: str) -> Sequence[str]:
    more = (
        "Two publishers agree now. It goes out within a minute, if what the writer chose allows it."
        if agreed.enough
        else f"One more publisher has to agree within {COUNTS_FOR.days} days, at People, under Hand-overs."
    )
    asked = f"{by} agreed to a hand-over of case {agreed.asked.case_number}"
    return (f"{asked}: {agreed.before} did not get it, and {agreed.other.name} would.", more)


def _publishers(roles: ManageRoles, who: WhoDecides, place: str) -> Sequence[str]:
    """Return the addresses of who publishes a place; none, as TellPublishers says, when unreadable."""
    try:
        found = roles.publishers()
        return [one.email for one in found if one.state != SHUT_OUT and who.may(one, place)]
    except PorchlightError:
        return ()
