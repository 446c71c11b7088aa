"""Composition root of the admin function: only it loads these services and registers their routes."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any, NamedTuple

from chalice.app import Blueprint, Chalice

from chalicelib.delivery.adapters.dynamo_cases import DynamoCases
from chalicelib.delivery.adapters.dynamo_month_sums import DynamoMonthSums
from chalicelib.delivery.adapters.dynamo_wishes import DynamoWishes
from chalicelib.delivery.case_lists import CaseLists
from chalicelib.delivery.hand_over_cases import HandOvers
from chalicelib.delivery.look_after_cases import LookAfterCases
from chalicelib.delivery.read_figures import ReadFigures
from chalicelib.delivery.web import cases, figures
from chalicelib.delivery.wish_for_cases import CasesToLookAt, WishForCases
from chalicelib.desk.adapters.cognito_people import CognitoPeople
from chalicelib.desk.adapters.dynamo_audit import DynamoAudit
from chalicelib.desk.adapters.dynamo_roles import DynamoRoles
from chalicelib.desk.adapters.dynamo_sign_ins import DynamoSignIns
from chalicelib.desk.adapters.pool_tokens import PoolTokens
from chalicelib.desk.grants import GrantsOfPeople
from chalicelib.desk.record_deeds import RecordDeeds
from chalicelib.desk.render.admin_pages import AdminPages
from chalicelib.desk.render.desk_mails import DeskMails
from chalicelib.desk.route_rights import RouteRights
from chalicelib.desk.sign_in import Sessions, SignIn
from chalicelib.desk.sign_in_watch import SignInWatch
from chalicelib.desk.standings import NoDates
from chalicelib.desk.tell_desk import TellPublishers
from chalicelib.desk.web import audit_log, entrance, moved
from chalicelib.desk.web.guard import Guard
from chalicelib.directory.adapters.shipped_content import TEMPLATES
from chalicelib.directory.ports import RecipientBook
from chalicelib.publishing.adapters.dynamo_jobs import DynamoJobs
from chalicelib.publishing.adapters.sqs_jobs import InlineJobs, SqsJobs
from chalicelib.publishing.ask_jobs import AskJobs
from chalicelib.publishing.edit_contacts import EditContacts
from chalicelib.publishing.edit_mail_texts import EditMailTexts
from chalicelib.publishing.edit_places import EditPlaces
from chalicelib.publishing.edit_sentences import EditSentences
from chalicelib.publishing.edit_services import EditServices
from chalicelib.publishing.edit_site import EditSite
from chalicelib.publishing.end_jobs import EndJobs
from chalicelib.publishing.find_words import FindWords
from chalicelib.publishing.log_words import LogWords
from chalicelib.publishing.publish import Publish
from chalicelib.publishing.publish_shares import Shares
from chalicelib.publishing.web import (
    changes,
    contacts,
    home,
    jobs,
    mail_texts,
    newer,
    place_standings,
    preview,
    publish,
    recipients_shown,
    search,
    sentence,
    sentences,
    service_files,
    services,
    site,
    texts,
    thrown,
    towns,
)
from chalicelib.replies.adapters.dynamo_mistyped import DynamoMistypedMails
from chalicelib.replies.adapters.dynamo_replies import DynamoReplies
from chalicelib.replies.look_after_replies import LookAfterReplies
from chalicelib.replies.web import replies
from chalicelib.settings import Settings
from chalicelib.shared.aws.sdk import client
from chalicelib.shared.aws.ses_mailer import SesMailer
from chalicelib.shared.clock import Clock
from chalicelib.shared.log_alarms import LogAlarms
from chalicelib.shared.mail import Mailer
from chalicelib.shared.request_time import THIS_REQUEST
from chalicelib.shared.system_clock import SystemClock
from chalicelib.wiring import documents
from chalicelib.wiring.access_recipients import settled_recipients
from chalicelib.wiring.desk_abouts import DeskAbouts
from chalicelib.wiring.published import directory_now, published_places, published_zones

log = logging.getLogger("porchlight")

_COGNITO = partial(client, "cognito-idp")
_DYNAMO = partial(client, "dynamodb")


class _Shared(NamedTuple):
    """Services that the admin screens share."""

    settings: Settings
    clock: Clock
    pool: CognitoPeople
    book: DynamoSignIns
    mails: DeskMails
    mailer: Mailer
    tell: TellPublishers
    audit: DynamoAudit


def serve(
    app: Chalice,
    settings: Settings,
    clock: Clock | None = None,
    cognito: Callable[[], Any] = _COGNITO,
    directory: RecipientBook | None = None,
) -> None:
    """Register the admin site. `directory` are the recipients, if others than those of the access table."""
    routes = Blueprint(__name__)
    shared = _shared(settings, clock or SystemClock(), cognito)
    guard = _entrance(routes, shared, cognito)
    moved.routes(guard)
    directory = directory or settled_recipients(settings, partial(directory_now, settings), shared.clock)
    reports_index = CasesToLookAt(DynamoCases(_DYNAMO, settings.reports_table))
    zones = published_zones(settings)
    look_after_cases = LookAfterCases(reports_index, directory, shared.clock, zones)
    hand_overs = HandOvers(reports_index, directory, shared.clock, agreed_only=settings.stage == "prod")
    places = published_places(settings)
    lists = CaseLists(reports_index, shared.clock)
    reports_index.all = lambda now: lists.kept([*places()], now)  # no request reads a whole index
    core = documents.desk_services(settings, shared.clock, directory)
    abouts = DeskAbouts(core.edit, look_after_cases)
    rights = RouteRights(GrantsOfPeople(), abouts)
    guard.right = rights
    wishes = WishForCases(
        look_after_cases,
        hand_overs,
        DynamoWishes(_DYNAMO, settings.wishes_table),
        shared.clock,
        _at_once(settings, shared.clock, directory),
    )
    case_screens = cases.routes(guard, look_after_cases, hand_overs, wishes, places, rights.sees)
    look_after_replies = _look_after_replies(shared, look_after_cases, wishes)
    replies.routes(guard, case_screens, look_after_replies, rights.sees)
    sums = DynamoMonthSums(_DYNAMO, settings.reports_table, by_index=True)
    read_figures = ReadFigures(sums, reports_index.all, directory, shared.clock, zones, places)
    figures.routes(guard, lambda of: read_figures.of(of, partial(lists.kept, of)), places, rights.sees)
    _documents(guard, shared, core, look_after_cases, rights, abouts)
    edit_places, edit_contacts = EditPlaces(core.edit), EditContacts(core.edit, shared.clock)
    agreed_only = settings.stage == "prod"
    place_standings.routes(guard, lists, edit_places, edit_contacts, directory, shared.clock, agreed_only)
    app.register_blueprint(routes)


def _look_after_replies(
    shared: _Shared, look_after_cases: LookAfterCases, wishes: WishForCases
) -> LookAfterReplies:
    table = shared.settings.reports_table
    return LookAfterReplies(
        look_after_cases,
        DynamoReplies(_DYNAMO, table),
        DynamoMistypedMails(_DYNAMO, table),
        wishes,
        shared.book,
        shared.clock,
    )


def _at_once(settings: Settings, clock: Clock, directory: RecipientBook) -> Callable[[], object]:
    """Return what a local run does after each wish: it is every function at once, and grants it."""
    if settings.stage != "local":
        return lambda: None
    from chalicelib.wiring.wishes import grant_wishes

    return grant_wishes(settings, clock, directory, with_replies=True)


def _shared(settings: Settings, clock: Clock, cognito: Callable[[], Any]) -> _Shared:
    pool = CognitoPeople(cognito, settings.user_pool_id, settings.user_pool_client_id)
    mails = DeskMails(settings.sender_address, settings.site_address)
    mailer = SesMailer(partial(client, "sesv2", 1, 10.0), settings.ses_configuration_set)
    alarms = LogAlarms(log.error)
    return _Shared(
        settings,
        clock,
        pool,
        DynamoSignIns(_DYNAMO, settings.door_table),
        mails,
        mailer,
        TellPublishers(
            pool, mailer, alarms, settings.sender_address, settings.operator_address, mails.notice
        ),
        DynamoAudit(_DYNAMO, settings.audit_table),
    )


def _entrance(routes: Blueprint, shared: _Shared, cognito: Callable[[], Any]) -> Guard:
    """Register the sign-in screens, and return the guard of all other screens."""
    settings, clock, pool, book = shared.settings, shared.clock, shared.pool, shared.book
    tokens = PoolTokens(
        lambda: str(cognito().meta.endpoint_url), settings.user_pool_id, settings.user_pool_client_id
    )
    # The guard, made below, records what the watch sees.
    watch = SignInWatch(pool, book, clock, lambda *who, **deed: guard.record_of(*who, **deed), shared.tell)
    roles = DynamoRoles(_DYNAMO, settings.access_table, clock)
    sessions = Sessions(pool, tokens, book, clock, NoDates(), watch, roles=roles)
    sign_in = SignIn(pool, tokens, book, clock, settings.stage == "prod", NoDates(), watch)
    guard = Guard(
        routes,
        AdminPages(TEMPLATES / "admin"),
        sessions,
        shared.audit,
        clock,
        settings.site_address,
        log.error,
        log.info,
        published_zones(settings),
    )
    entrance.routes(guard, sign_in, sessions, log.info)
    return guard


def _documents(
    guard: Guard,
    shared: _Shared,
    core: documents.DeskServices,
    look_after_cases: LookAfterCases,
    rights: RouteRights,
    abouts: DeskAbouts,
) -> None:
    """Register the screens of texts, recipients and releases."""
    sees = rights.sees
    edit_contacts = EditContacts(core.edit, shared.clock)
    texts.routes(guard, core.edit, core.see, sees)
    changes.routes(guard, core.edit, core.see, core.drafts_of)
    thrown.routes(guard, core.thrown, core.see, sees=sees)
    newer.routes(guard, core.edit)
    edit_sentences = EditSentences(core.edit, core.site.now)
    sentences.routes(guard, edit_sentences, core.history, core.see)
    sentence.routes(guard, edit_sentences, core.site, core.history)
    search.routes(guard, FindWords(core.site), sees)
    contacts.routes(guard, edit_contacts, sees)
    edit_services = EditServices(core.edit, shared.clock)
    services.routes(guard, edit_services, sees)
    service_files.routes(guard, edit_services, sees)
    recipients_shown.routes(guard, core.recipients.list, published_places(shared.settings))
    ask, clock = _jobs(shared, core.publish), shared.clock
    publishing = partial(jobs.publishing_now, ask, clock)
    home.routes(
        guard, core.publish, edit_contacts, look_after_cases, core.recipients, core.edit, publishing, sees
    )
    shares = Shares(core.publish, core.edit, rights.reach, core.zips)
    releases = publish.routes(guard, core.publish, core.see, ask, clock, shares)
    jobs.routes(guard, ask, clock, releases.refused, shares)
    words = LogWords(core.edit, core.see, core.recipients)
    audit_log.routes(guard, shared.audit, clock, words, sees, abouts.places_of_log)
    preview.routes(guard, core.preview, sees)
    towns.routes(guard, EditPlaces(core.edit), sees)
    site.routes(guard, EditSite(core.edit))
    mail_texts.routes(guard, EditMailTexts(core.edit, _labels_of_mails), core.preview)


def _jobs(shared: _Shared, publish: Publish) -> AskJobs:
    """Return the desk's background jobs: on the queue, or done at once where there is none."""
    settings, clock = shared.settings, shared.clock
    store, alarms = DynamoJobs(_DYNAMO, settings.documents_table), LogAlarms(log.error)
    end = EndJobs(store, RecordDeeds(shared.audit, clock, log.info), alarms, clock)
    if settings.jobs_queue:
        return AskJobs(
            store, SqsJobs(partial(client, "sqs"), settings.jobs_queue), publish, end, alarms, clock
        )

    def run(message: str) -> None:
        from chalicelib.wiring import run_job  # where there is a queue, another function has this

        # A worker has no page to send in time: on a slow machine the request's calls would end in its midst.
        with THIS_REQUEST.stopped():
            run_job.work_on(message, settings, clock, queue, lambda: timedelta.max)

    queue = InlineJobs(run)
    return AskJobs(store, queue, publish, end, alarms, clock)


def _labels_of_mails() -> list[str]:
    from chalicelib.delivery.render import mail_block  # not at each start: few change a mail

    return mail_block.labels(str)
