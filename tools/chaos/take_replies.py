"""The site's part that takes replies, wired as on AWS but to the stand-ins, for the processes of a run."""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from chalicelib.directory.ports import RecipientBook
from chalicelib.replies.adapters.dynamo_inbox_notes import DynamoInboxNotes
from chalicelib.replies.adapters.dynamo_replies import DynamoReplies
from chalicelib.replies.adapters.dynamo_reply_addresses import DynamoReplyAddresses
from chalicelib.replies.adapters.hpke_reply_sealer import HpkeReplySealer
from chalicelib.replies.mistyped import MistypedMail
from chalicelib.replies.place_mail import PlaceMail
from chalicelib.replies.ports import InboundMail
from chalicelib.replies.take_reply import TakeReply
from chalicelib.reporting.adapters.dynamo_reports import DynamoReports
from chalicelib.reporting.adapters.hpke_sealer import HpkeSealer
from chalicelib.shared.clock import Clock
from chalicelib.shared.errors import StoreUnavailable
from tools.chaos.officers import REPLY_DOMAIN
from tools.chaos.planted import Plant

Ask = Callable[[str, dict[str, Any]], Any]


class Bucket:
    """The InboundStore of the stand-ins."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask

    def read(self, key: str) -> InboundMail | None:
        """Return one mail, or None when it is gone."""
        found = self._there(self._ask("/inbound/read", {"key": key}))
        if not found:
            return None
        return InboundMail(key, tuple(found["recipients"]), base64.b64decode(found["raw"]))

    def delete(self, key: str) -> None:
        """Delete one mail."""
        self._there(self._ask("/inbound/drop", {"key": key}))

    def _there(self, answer: Any) -> Any:
        if answer.get("away"):
            raise StoreUnavailable("the bucket is away")
        return answer


class Nowhere:
    """Where mail that found no case would go: no officer of a run mistypes."""

    def add(self, mail: MistypedMail) -> bool:
        """Keep nothing."""
        return False

    def listed(self, now: datetime) -> Sequence[MistypedMail]:
        """Return nothing."""
        return ()

    def keep(self, mail_id: str, sealed: bytes, keep_until: datetime) -> None:
        """Keep nothing."""

    def drop(self, mail_id: str) -> None:
        """Drop nothing."""


def reply_taker(
    dynamodb: Callable[[], Any],
    table: str,
    ask: Ask,
    agencies: RecipientBook,
    current_key: Callable[[], tuple[str, str]],
    plant: Plant,
    clock: Clock,
) -> TakeReply:
    """Return the use case of inbound mail."""
    store = DynamoReports(dynamodb, table)
    return TakeReply(
        plant.inbound(Bucket(ask)),
        PlaceMail(plant.addresses(DynamoReplyAddresses(dynamodb, table)), store, REPLY_DOMAIN, ""),
        store,
        agencies,
        DynamoReplies(dynamodb, table),
        HpkeReplySealer(),
        DynamoInboxNotes(dynamodb, table, clock),
        store,
        Nowhere(),
        Nowhere(),
        HpkeSealer(current_key),
        clock,
    )


def take_batch(take: TakeReply, messages: Sequence[dict[str, str]]) -> list[str]:
    """Take a batch as the function does; return the messages that were dealt with."""
    dealt_with = []
    for message in messages:
        try:
            take(message["key"])
        except Exception:  # noqa: S112 (it comes again)
            continue
        dealt_with.append(message["messageId"])
    return dealt_with
