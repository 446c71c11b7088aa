"""Follow up a report by its receipt code: what is known of each delivery, and nothing more."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from chalicelib.directory.ports import RecipientBook
from chalicelib.reporting.cases import SENT, UNCLEAR
from chalicelib.reporting.ports import ReceiptVault, ReportShelf
from chalicelib.reporting.receipts import read_code
from chalicelib.shared.clock import Clock
from chalicelib.shared.time_zones import ZoneOf, in_utc, local_time

_NO_CODE = "0" * 20  # derived like any other, so that a wrong code takes as long as a right one


@dataclass(frozen=True, slots=True)
class DeliveryStatus:
    """Delivery status of one recipient's copy: its name, the state of its mail, and since when.

    `since` is the time in the place whose page the report came from, to the hour.
    """

    name: str
    state: str
    since: datetime


class FollowUp:
    """Use case of the code page: delivery status by receipt code. `zone_of` gives a place's time zone."""

    def __init__(
        self,
        store: ReportShelf,
        vault: ReceiptVault,
        recipient_book: RecipientBook,
        clock: Clock,
        zone_of: ZoneOf = in_utc,
    ) -> None:
        self._store = store
        self._vault = vault
        self._recipient_book = recipient_book
        self._clock = clock
        self._zone_of = zone_of

    def __call__(self, typed: str) -> tuple[DeliveryStatus, ...] | None:
        """Return each recipient's state, or None for an unknown, mistyped or expired code alike.

        All three cost the same key derivation and the same read, so that time tells them apart no better than
        the response does. Nothing is written and nothing counted: the API's rate limit comes before this.
        """
        code = read_code(typed)
        keys = self._vault.keys_of(code or _NO_CODE)
        record = self._store.look_up(keys.report_id, self._clock.now())
        if record is None or code is None:
            return None
        zone = self._zone_of(record.place)
        names = {recipient.id: recipient.name for recipient in self._recipient_book.recipients()}
        return tuple(
            DeliveryStatus(
                names.get(delivery.recipient, delivery.recipient),
                # Fifteen minutes of our own waiting are no news, and published pages may not know the word.
                SENT if delivery.state == UNCLEAR else delivery.state,
                _to_the_hour(local_time(delivery.changed_at, zone)),
            )
            for delivery in record.deliveries
        )


def _to_the_hour(moment: datetime) -> datetime:
    # A minute on the screen could place the writer at a keyboard.
    return moment.replace(minute=0, second=0, microsecond=0)
