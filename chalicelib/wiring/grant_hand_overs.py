"""Composition root of carrying out hand-overs that two people agreed to, for the function that delivers."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from chalicelib.delivery.adapters.dynamo_cases import DynamoCases
from chalicelib.delivery.adapters.dynamo_hand_overs import DynamoHandOvers
from chalicelib.delivery.grant_hand_overs import GrantHandOvers
from chalicelib.directory.ports import RecipientBook
from chalicelib.settings import Settings
from chalicelib.shared.aws.sdk import client
from chalicelib.shared.clock import Clock
from chalicelib.wiring.operator import log


def grant_hand_overs(settings: Settings, clock: Clock, directory: RecipientBook) -> Callable[[], int]:
    """Return what hands over what was proposed and agreed to.

    Recipients are those of `directory` at each moment.
    """
    dynamodb = partial(client, "dynamodb")
    return GrantHandOvers(
        DynamoCases(dynamodb, settings.reports_table),
        DynamoHandOvers(dynamodb, settings.access_table),
        directory,
        clock,
        log.info,
        agreed_only=settings.stage == "prod",
    )
