"""Composition root of granting the desk's commands ("wishes"), for the functions that may write cases."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from chalicelib.delivery.adapters.dynamo_cases import DynamoCases
from chalicelib.delivery.adapters.dynamo_wishes import DynamoWishes
from chalicelib.delivery.grant_wishes import GrantWishes, left_waiting
from chalicelib.directory.ports import RecipientBook
from chalicelib.settings import Settings
from chalicelib.shared.aws.sdk import client
from chalicelib.shared.clock import Clock
from chalicelib.wiring.mail_replies import about_replies
from chalicelib.wiring.operator import log


def grant_wishes(
    settings: Settings, clock: Clock, directory: RecipientBook, *, with_replies: bool = False
) -> Callable[[], int]:
    """Return what grants wishes; where there is no table of them, there are none.

    Recipients are those of `directory` at each moment. Only `with_replies` what concerns a reply is granted:
    it waits for the function that may.
    """
    if not settings.wishes_table:
        return lambda: 0
    dynamodb = partial(client, "dynamodb")
    return GrantWishes(
        DynamoCases(dynamodb, settings.reports_table),
        DynamoWishes(dynamodb, settings.wishes_table),
        directory,
        clock,
        log.info,
        agreed_only=settings.stage == "prod",
        about_replies=about_replies(settings) if with_replies else left_waiting,
    )
