"""Clock skew: how far ahead a report's times may lie, and the repair of what a clock ahead of time wrote."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from chalicelib.delivery.bounces import AWAY_WAIT
from chalicelib.delivery.leases import LEASE
from chalicelib.delivery.outbox import CLOSED_WAIT, STOPPED_WAIT
from chalicelib.delivery.send_mail import FAULT_WAIT, KEY_WAIT
from chalicelib.delivery.single_mails import TELL_AGAIN
from chalicelib.reporting.cases import (
    BACK_OFF_MOST,
    DELAY_MOST,
    UNCERTAIN_WAIT,
    WATCH_AFTER,
    WATCH_AGAIN,
    Delivery,
    SealedReport,
)

# Further apart than this, one of two clocks is wrong: a schedule's event comes within seconds, and a little
# later when Lambda was busy.
CLOCKS_APART = timedelta(minutes=10)
# The longest that each rule allows; how far apart digests are is a setting.
TRY_MOST = max(
    BACK_OFF_MOST, UNCERTAIN_WAIT, DELAY_MOST, AWAY_WAIT, KEY_WAIT, FAULT_WAIT, CLOSED_WAIT, STOPPED_WAIT
)
WATCH_MOST = max(WATCH_AFTER, WATCH_AGAIN, TELL_AGAIN)


class Horizon:
    """The bounds of clock skew: the latest that anything may be due.

    Seen from `latest`, the later one of the clocks that are known.
    """

    def __init__(self, latest: datetime, digest_every: timedelta) -> None:
        sure = latest + CLOCKS_APART
        self._now = sure
        self._try = sure + max(TRY_MOST, digest_every)
        self._watch = sure + WATCH_MOST
        self._lease = sure + LEASE

    def set_due(self, record: SealedReport, now: datetime) -> SealedReport:
        """Return a record of which nothing lies beyond: what did is due now, and happened now.

        A record of which nothing did is returned as it is.
        """
        deliveries = tuple(self._delivery(delivery, now) for delivery in record.deliveries)
        mended = replace(
            record,
            deliveries=deliveries,
            watch_at=_at_most(record.watch_at, self._watch, now),
            answered_at=_at_most(record.answered_at, self._now, now),
            leased_until=_at_most(record.leased_until, self._lease, None),
        )
        return record if mended == record else mended.settled()

    def _delivery(self, delivery: Delivery, now: datetime) -> Delivery:
        return replace(
            delivery,
            next_try=_at_most(delivery.next_try, self._try, now),
            changed_at=now if delivery.changed_at > self._now else delivery.changed_at,
        )


def _at_most(time: datetime | None, most: datetime, instead: datetime | None) -> datetime | None:
    return instead if time is not None and time > most else time
