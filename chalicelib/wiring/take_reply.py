"""Composition root of the take_reply function: takes inbound mail, of which a queue brings word."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import timedelta
from functools import partial
from typing import Any

from chalicelib.replies.adapters.dynamo_inbox_notes import DynamoInboxNotes
from chalicelib.replies.adapters.dynamo_mistyped import DynamoMistypedMails
from chalicelib.replies.adapters.dynamo_mistyped_raw import DynamoMistypedRaw
from chalicelib.replies.adapters.dynamo_replies import DynamoReplies
from chalicelib.replies.adapters.dynamo_reply_addresses import DynamoReplyAddresses
from chalicelib.replies.adapters.hpke_reply_sealer import HpkeReplySealer
from chalicelib.replies.adapters.s3_inbound import S3Inbound, keys_in
from chalicelib.replies.place_mail import PlaceMail
from chalicelib.replies.take_reply import TakeReply
from chalicelib.reporting.adapters.delivery_key_item import DeliveryKeyItem
from chalicelib.reporting.adapters.hpke_sealer import HpkeSealer
from chalicelib.settings import Settings
from chalicelib.shared.aws.sdk import client
from chalicelib.shared.clock import Clock
from chalicelib.shared.system_clock import SystemClock
from chalicelib.wiring.mails import delivery_recipients
from chalicelib.wiring.operator import figures, log, report_store, time_left

TAKE_MARGIN = timedelta(seconds=20)  # what the longest mail takes


def take_reply(
    settings: Settings, event: Mapping[str, Any], context: Any = None, clock: Clock | None = None
) -> dict[str, list[dict[str, str]]]:
    """Take the mails that a batch of messages tells of; return the messages that must come again."""
    clock = clock or SystemClock()
    left = time_left(context) if context is not None else lambda: TAKE_MARGIN
    take = taker(settings, clock)
    again: list[dict[str, str]] = []
    became: Counter[str] = Counter()
    for message in event.get("Records") or ():  # there are none where it is started by hand
        if left() < TAKE_MARGIN:
            again.append({"itemIdentifier": message["messageId"]})
            continue
        try:
            for key in keys_in(message["body"], settings.inbound_bucket):
                became.update(take(key))
        except Exception as error:
            # One that cannot be taken comes again too, until the queue sets it aside for a person to look at.
            became["put_back"] += 1
            again.append({"itemIdentifier": message["messageId"]})
            log.warning("mail comes again: %s", type(error).__name__)
    figures(settings, clock).put({f"replies_{name}": number for name, number in became.items()})
    return {"batchItemFailures": again}


def taker(settings: Settings, clock: Clock) -> TakeReply:
    """Return what takes one inbound mail."""
    dynamodb, store = partial(client, "dynamodb"), report_store(settings)
    table = settings.reports_table
    return TakeReply(
        S3Inbound(partial(client, "s3"), settings.inbound_bucket),
        PlaceMail(
            DynamoReplyAddresses(dynamodb, table), store, settings.reply_domain, settings.sender_address
        ),
        store,
        delivery_recipients(settings, clock),
        DynamoReplies(dynamodb, table),
        HpkeReplySealer(),
        DynamoInboxNotes(dynamodb, table, clock),
        store,
        DynamoMistypedMails(dynamodb, table),
        DynamoMistypedRaw(dynamodb, table),
        HpkeSealer(DeliveryKeyItem(dynamodb, table).current),
        clock,
    )
