"""Composition root of the access function: it alone changes accounts, roles, passwords, authenticators."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from chalice.app import Blueprint, Chalice

from chalicelib.desk.adapters.cognito_people import CognitoPeople
from chalicelib.desk.adapters.dynamo_audit import DynamoAudit
from chalicelib.desk.adapters.dynamo_delayed_changes import DynamoDelayedChanges
from chalicelib.desk.adapters.dynamo_roles import DynamoRoles
from chalicelib.desk.adapters.dynamo_sign_ins import DynamoSignIns
from chalicelib.desk.adapters.dynamo_standings import DynamoStandings
from chalicelib.desk.adapters.pool_tokens import PoolTokens
from chalicelib.desk.delay_people import DelayPeople, Doing
from chalicelib.desk.delay_places import DelayPlaces
from chalicelib.desk.grants import GrantsOfPeople
from chalicelib.desk.hold_changes import HoldChanges, KnowsFirst, Notices
from chalicelib.desk.keep_people_to_tell import KeepPeopleToTell
from chalicelib.desk.manage_people import ManagePeople
from chalicelib.desk.manage_roles import ManageRoles
from chalicelib.desk.people import UNUSED_ACCESS_SESSION, Person
from chalicelib.desk.places_of_roles import PlaceOfRoles
from chalicelib.desk.render.admin_pages import AdminPages
from chalicelib.desk.render.desk_mails import DeskMails
from chalicelib.desk.route_rights import RouteRights
from chalicelib.desk.sign_in import Sessions, SignIn
from chalicelib.desk.sign_in_watch import SignInWatch
from chalicelib.desk.standings import Standings
from chalicelib.desk.tell_desk import TellPublishers
from chalicelib.desk.web import entrance, held_changes, people
from chalicelib.desk.web.areas import ACCESS
from chalicelib.desk.web.guard import Guard
from chalicelib.directory.adapters.dynamo_people_to_tell import DynamoPeopleToTell
from chalicelib.directory.adapters.shipped_content import CONTENT, TEMPLATES, shipped_content
from chalicelib.settings import Settings
from chalicelib.shared.aws.sdk import client
from chalicelib.shared.aws.ses_mailer import SesMailer
from chalicelib.shared.clock import Clock
from chalicelib.shared.errors import PorchlightError
from chalicelib.shared.log_alarms import LogAlarms
from chalicelib.shared.mail import DESK, About, Mail
from chalicelib.shared.system_clock import SystemClock
from chalicelib.wiring.agreed_hand_overs import hand_over_screens
from chalicelib.wiring.change_recipients import Shared, first_delivery, recipient_screens

log = logging.getLogger("porchlight")

_COGNITO = partial(client, "cognito-idp")
_DYNAMO = partial(client, "dynamodb")


def serve(
    app: Chalice, settings: Settings, clock: Clock | None = None, cognito: Callable[[], Any] = _COGNITO
) -> None:
    """Register the access screens: a sign-in of their own, and people behind it."""
    routes = Blueprint(__name__)
    _register(routes, settings, clock or SystemClock(), cognito)
    app.register_blueprint(routes)


def on_the_hour(
    settings: Settings, clock: Clock | None = None, cognito: Callable[[], Any] = _COGNITO
) -> dict[str, Any]:
    """Carry out what waited for its day, and look over whom places' news are mailed to: what a clock starts.

    It takes nothing from its event. What cannot be done now is done in an hour.
    """
    people_, places, to_tell = _register(Blueprint(__name__), settings, clock or SystemClock(), cognito)
    people_.carry_out()
    places.carry_out()
    to_tell.all()
    return {}


def _register(
    routes: Blueprint, settings: Settings, clock: Clock, cognito: Callable[[], Any]
) -> tuple[DelayPeople, DelayPlaces, KeepPeopleToTell]:
    """Register all routes; return what a clock starts as well."""
    pool = CognitoPeople(cognito, settings.user_pool_id, settings.user_pool_client_id)
    book = DynamoSignIns(_DYNAMO, settings.access_door_table)
    standings = Standings(
        pool, DynamoStandings(_DYNAMO, settings.access_table, settings.documents_table), clock
    )
    mails = DeskMails(settings.sender_address, settings.site_address)
    mailer = SesMailer(partial(client, "sesv2", 1, 10.0), settings.ses_configuration_set)
    tell = TellPublishers(
        pool,
        mailer,
        LogAlarms(log.error),
        settings.sender_address,
        settings.operator_address,
        mails.notice,
    )

    def send_password(to: str, password: str, invited: bool) -> None:
        content = mails.first_password(to, password, invited)
        mailer.send(Mail(settings.sender_address, to, "desk", 0, About.of(DESK), content))

    # People, made below, carries out what counts when somebody begins to sign in.
    shared = (pool, book, standings, tell)
    guard = _entrance(routes, settings, clock, cognito, shared, lambda: delay.carry_out())
    books = (book, DynamoSignIns(_DYNAMO, settings.door_table))
    rows = DynamoRoles(_DYNAMO, settings.access_table, clock)
    to_tell = KeepPeopleToTell(pool, rows, DynamoPeopleToTell(_DYNAMO, settings.access_table))
    roles = ManageRoles(pool, rows, standings, _shipped_places(), partial(_told_anew, to_tell))
    guard.right = RouteRights(GrantsOfPeople(), roles)
    manage = ManagePeople(pool, standings, books, clock, send_password, secrets.choice, roles)
    notices = Notices(
        mailer, LogAlarms(log.error), settings.sender_address, settings.operator_address, mails.change_waits
    )
    waiting = DynamoDelayedChanges(_DYNAMO, settings.access_table)
    first = first_delivery(settings, clock)
    hold = _hold(waiting, roles, book, first, clock, notices)
    delay = DelayPeople(hold, waiting, Doing(manage, roles, guard.record_of, tell), clock)
    delay_places = DelayPlaces(hold, waiting, roles, guard.record_of, tell, clock)
    people.routes(guard, manage, roles, tell, delay, delay_places)
    show = recipient_screens(
        guard, settings, clock, mailer, mails, Shared(book, standings, tell, hold, first)
    )
    held_changes.routes(guard, hold, tell, show)
    hand_over_screens(guard, settings, clock, pool, standings, roles, tell)
    return delay, delay_places, to_tell


def _told_anew(to_tell: KeepPeopleToTell, person: Person) -> None:
    """Bring whom places' news are mailed to in line with a role. A fault leaves that to the clock."""
    try:
        to_tell.anew(person)
    except PorchlightError as error:
        log.warning("who is told of a place is brought in line later: %s", type(error).__name__)


def _hold(
    waiting: DynamoDelayedChanges,
    roles: ManageRoles,
    book: DynamoSignIns,
    first: KnowsFirst,
    clock: Clock,
    notices: Notices,
) -> HoldChanges:
    """Return what delays changes: told to who publishes their place, and known to who reads roles."""
    grants, around = GrantsOfPeople(), partial(_around, roles)
    pick, undo = secrets.choice, roles.drop_note
    return HoldChanges(waiting, roles, grants, around, book, first, clock, notices, pick, undo)


def _around(roles: ManageRoles, place: str) -> Sequence[str]:
    """Return the places around one as this function knows them: the desk writes what is published."""
    return roles.around()(place)


def _shipped_zone(place: str) -> str:
    """Return the time zone of a place of the package, of the default place for ""."""
    content = shipped_content(CONTENT)
    return content.places.zone_of(place or content.site.default_place)


def _shipped_places() -> dict[str, PlaceOfRoles]:
    """Return the places of the package: code, which the desk's function cannot write."""
    places = shipped_content(CONTENT).places
    return {place.slug: PlaceOfRoles(place.slug, place.name, place.parent or "") for place in places}


def _entrance(
    routes: Blueprint,
    settings: Settings,
    clock: Clock,
    cognito: Callable[[], Any],
    shared: tuple[CognitoPeople, DynamoSignIns, Standings, TellPublishers],
    before: Callable[[], None],
) -> Guard:
    """Register the sign-in screens, and return the guard of all other screens."""
    pool, book, standings, tell = shared
    tokens = PoolTokens(
        lambda: str(cognito().meta.endpoint_url), settings.user_pool_id, settings.user_pool_client_id
    )
    # The guard, made below, records what the watch sees.
    watch = SignInWatch(pool, book, clock, lambda *who, **deed: guard.record_of(*who, **deed), tell)
    roles = DynamoRoles(_DYNAMO, settings.access_table, clock)
    sessions = Sessions(pool, tokens, book, clock, standings, watch, UNUSED_ACCESS_SESSION, roles)
    needed = settings.stage == "prod"
    sign_in = SignIn(pool, tokens, book, clock, needed, standings, watch, UNUSED_ACCESS_SESSION)
    guard = Guard(
        routes,
        AdminPages(TEMPLATES / "admin"),
        sessions,
        DynamoAudit(_DYNAMO, settings.audit_table),
        clock,
        settings.site_address,
        log.error,
        log.info,
        zone_of=_shipped_zone,
        area=ACCESS,
    )
    entrance.routes(guard, sign_in, sessions, log.info, before)
    return guard
