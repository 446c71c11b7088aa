"""Admin screen of recipients at the desk, read-only: they are changed at the access screens."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from urllib.parse import urlencode

from chalicelib.desk.people import EDITOR, PUBLISHER
from chalicelib.desk.web.guard import AdminRequest, Guard, Show
from chalicelib.desk.web.screens import Screen, go_to
from chalicelib.publishing.change_recipients import RecipientEntry
from chalicelib.publishing.recipient_form import NATURE_WORDS
from chalicelib.publishing.web.recipients import RECIPIENT

_TAKEN_ALONG = ("r", "serves", "back", "spot")


def routes(
    guard: Guard,
    recipients: Callable[[], Sequence[RecipientEntry]],
    places: Callable[[], Mapping[str, str]],
) -> None:
    """Register the list, and the way to the form of one recipient."""
    screens = ShownRecipients(guard.show, recipients, places)
    guard.screen("/admin/recipients", EDITOR)(screens.recipients)
    guard.screen("/admin/recipient", PUBLISHER)(screens.change)


class ShownRecipients:
    """The list of who gets reports."""

    def __init__(
        self,
        show: Show,
        recipients: Callable[[], Sequence[RecipientEntry]],
        places: Callable[[], Mapping[str, str]],
    ) -> None:
        self._show = show
        self._recipients = recipients
        self._places = places

    def recipients(self, request: AdminRequest) -> Screen:
        """List who gets reports now."""
        return self._show(
            request,
            "recipients_shown.html",
            entries=self._recipients(),
            places=self._places(),
            natures=NATURE_WORDS,
        )

    def change(self, request: AdminRequest) -> Screen:
        """Lead to the form of a recipient, which asks for another sign-in."""
        asked = {name: request.query[name] for name in _TAKEN_ALONG if request.query.get(name)}
        return go_to(f"{RECIPIENT}?{urlencode(asked, safe='/')}" if asked else RECIPIENT)
