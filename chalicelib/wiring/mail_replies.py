"""Composition root of replies, for the functions that mail: addresses, messages, notes to inboxes, wishes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import partial

from chalicelib.delivery.reply_to import ReplyTo
from chalicelib.delivery.wishes import Wish
from chalicelib.directory.ports import RecipientBook
from chalicelib.replies.adapters.dynamo_inbox_notes import DynamoInboxNotes
from chalicelib.replies.adapters.dynamo_replies import DynamoReplies
from chalicelib.replies.forget_replies import ForgetReplies
from chalicelib.replies.grant_reply_wishes import GrantReplyWishes
from chalicelib.replies.note_messages import NoteMessages
from chalicelib.replies.remind_weekly import RemindWeekly
from chalicelib.reporting.cases import SealedReport
from chalicelib.settings import Settings
from chalicelib.shared.aws.sdk import client
from chalicelib.shared.aws.ses_mailer import SesMailer, mail_domain
from chalicelib.shared.clock import Clock
from chalicelib.wiring.operator import alarms, report_store, ses


def reply_to(
    settings: Settings,
    clock: Clock,
    private_keys: Callable[[], Mapping[str, str]],
    kid_of: Callable[[bytes], str],
) -> ReplyTo:
    """Return what gives mails their reply addresses. Its secret comes from the delivery keys."""
    from chalicelib.delivery.adapters.reply_tokens import KeyedReplyTokens
    from chalicelib.replies.adapters.dynamo_reply_addresses import DynamoReplyAddresses
    from chalicelib.replies.ports import ReplyAddress

    book = DynamoReplyAddresses(partial(client, "dynamodb"), settings.reports_table)

    def keep(
        token_hash: str, recipient: str, keep_until: datetime, *, report_id: str = "", batch: str = ""
    ) -> None:
        book.keep(token_hash, ReplyAddress(recipient, report_id, batch), keep_until)

    return ReplyTo(
        KeyedReplyTokens(private_keys, kid_of),
        keep,
        report_store(settings),
        clock,
        settings.reply_domain,
        lambda: mail_domain(str(ses().meta.region_name)),
    )


def note_messages(settings: Settings, clock: Clock) -> NoteMessages:
    """Return what notes a writer's messages in their conversations."""
    return NoteMessages(_shelf(settings), report_store(settings), clock)


def about_replies(settings: Settings) -> Callable[[SealedReport, Wish, datetime], bool]:
    """Return what grants the desk's wishes about replies."""
    return GrantReplyWishes(_shelf(settings), report_store(settings))


def tell_inboxes(
    settings: Settings, clock: Clock, directory: RecipientBook, left: Callable[[], timedelta]
) -> int:
    """Mail offices what waits to be told; return how many mails went out."""
    from chalicelib.replies.render.inbox_mails import InboxMails
    from chalicelib.replies.tell_inboxes import TellInboxes
    from chalicelib.wiring.mails import package_words

    return TellInboxes(
        _notes(settings, clock),
        directory,
        InboxMails(settings.sender_address, package_words(settings)),
        SesMailer(ses, settings.ses_configuration_set),
        alarms(settings, clock),
        settings.sender_address,
        left,
    )()


def remind_weekly(settings: Settings, clock: Clock, directory: RecipientBook) -> int:
    """Note which cases wait for a reply, once a week; return how many offices will be told."""
    if not settings.reply_domain:
        return 0
    store = report_store(settings)
    return RemindWeekly(store.survey, directory, _notes(settings, clock), store)(clock.now())


def forget_replies(settings: Settings) -> ForgetReplies:
    """Return what deletes conversations, and keeps them."""
    shelf = _shelf(settings)
    return ForgetReplies(shelf, shelf.begun, report_store(settings))


def _shelf(settings: Settings) -> DynamoReplies:
    return DynamoReplies(partial(client, "dynamodb"), settings.reports_table)


def _notes(settings: Settings, clock: Clock) -> DynamoInboxNotes:
    return DynamoInboxNotes(partial(client, "dynamodb"), settings.reports_table, clock)
