"""Composition root of what people of places are told: by `deliver` alone, which may mail anybody."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial

from chalicelib.delivery.render.place_mails import PlaceMails
from chalicelib.delivery.tell_places import TellPlaces
from chalicelib.directory.adapters.dynamo_people_to_tell import DynamoPeopleToTell
from chalicelib.directory.adapters.shipped_content import CONTENT, shipped_content
from chalicelib.directory.people_to_tell import PeopleToTell
from chalicelib.settings import Settings
from chalicelib.shared.aws.sdk import client
from chalicelib.shared.aws.ses_mailer import SesMailer
from chalicelib.shared.clock import Clock
from chalicelib.wiring.mails import place_names
from chalicelib.wiring.operator import alarms, place_notes, ses


def tell_places(settings: Settings, clock: Clock, left: Callable[[], timedelta]) -> int:
    """Mail people what was noted about their places; return how many mails went out."""
    if not settings.access_table or not settings.sender_address:
        return 0
    rows = DynamoPeopleToTell(partial(client, "dynamodb"), settings.access_table)

    def people() -> PeopleToTell:
        # Places as People has them, and not as they are published: the desk writes that.
        shipped = {place.slug: place.parent or "" for place in shipped_content(CONTENT).places}
        return PeopleToTell(rows.read(), {**shipped, **rows.parents(clock.now())})

    return TellPlaces(
        place_notes(settings),
        people,
        PlaceMails(settings.sender_address, settings.site_address, place_names(settings)),
        SesMailer(ses, settings.ses_configuration_set),
        alarms(settings, clock),
        clock,
        settings.sender_address,
        left,
    )()
