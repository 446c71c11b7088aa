"""Cases and their deliveries by case number: what is amiss, retries, acknowledged alarms, legal holds.

Never the words.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from chalicelib.delivery.case_lists import CaseLists, Position
from chalicelib.delivery.ports import Cases
from chalicelib.directory.ports import RecipientBook
from chalicelib.directory.recipients import Recipient
from chalicelib.reporting import cases
from chalicelib.reporting.cases import (
    BOUNCED,
    COMPLAINED,
    DELAYED,
    DELIVERED,
    FAILED,
    FALLBACK,
    FALLEN_BACK,
    FIRST,
    HELD,
    LOST,
    QUEUED,
    REJECTED,
    SENT,
    UNCLEAR,
    WAITING,
    WITHHELD,
    Delivery,
    SealedReport,
)
from chalicelib.shared.clock import Clock
from chalicelib.shared.errors import EntryMissing, StaleRecord
from chalicelib.shared.time_zones import ZoneOf, in_utc, local_time

TOO_LONG = timedelta(hours=1)
OVERDUE = timedelta(minutes=5)  # the worker comes each minute: what it does not touch for so long, it cannot
_LETTERS = frozenset("0123456789ABCDEFGHJKMNPQRSTVWXYZ")

STATES = {
    QUEUED: "Waiting to be sent",
    HELD: "Kept back for the hourly digest, or until the key is mended",
    SENT: "Sent; their mail server has not answered yet",
    DELIVERED: "Their mail server took it",
    DELAYED: "Their mail server does not take it yet; it is tried again for six hours",
    UNCLEAR: "An automatic answer came; it is not clear yet if their mail server took it",
    BOUNCED: "Their mail server refused it, and there is no other address",
    COMPLAINED: "The inbox called it unwanted, and there is no other address",
    REJECTED: "Our mail service would not send it, and there is no other address",
    FALLEN_BACK: "The first address did not take it; it goes to the second",
    FAILED: "Given up",
    WITHHELD: "Not sent: what the writer chose on the form does not allow it",
}


@dataclass(frozen=True, slots=True)
class CaseLine:
    """One recipient's copy in a case. `why` says what is amiss, or nothing.

    `instead_of` is the name of the recipient whose copy did not arrive and was handed over to this one.
    """

    delivery: Delivery
    name: str
    state: str
    why: str
    has_fallback: bool
    known: bool
    instead_of: str = ""


@dataclass(frozen=True, slots=True)
class CaseFile:
    """A case with a line for each recipient."""

    case: SealedReport
    lines: tuple[CaseLine, ...]

    @property
    def amiss(self) -> bool:
        """Return whether a person should look at it."""
        return any(line.why for line in self.lines)


@dataclass(frozen=True, slots=True)
class OpenFiles:
    """Cases that a person should look at, longest waiting first. `more` says that not all were looked at."""

    files: Sequence[CaseFile]
    more: bool


@dataclass(frozen=True, slots=True)
class FilePage:
    """Cases of one page, newest first, and where the next one begins; None at the end."""

    files: Sequence[CaseFile]
    rest: Position | None


@dataclass(frozen=True, slots=True)
class AwayDay:
    """The number of automatic replies to a recipient's mails on one day, as far as cases are kept."""

    name: str
    day: date
    mails: int


class LookAfterCases:
    """Lists, retries, acknowledges and holds cases. `zone_of` gives a place's time zone, for its days."""

    def __init__(
        self, cases: Cases, directory: RecipientBook, clock: Clock, zone_of: ZoneOf = in_utc
    ) -> None:
        self._cases = cases
        self._directory = directory
        self._clock = clock
        self._zone_of = zone_of
        self._lists = CaseLists(cases, clock)

    def amiss(self, sees: Callable[[str], bool] = lambda place: True) -> OpenFiles:
        """Return the cases that a person should look at, of the places that somebody `sees`."""
        found = self._lists.open(sees)
        return OpenFiles([file for file in self._files(found.cases) if file.amiss], found.more)

    def newest(self, places: Sequence[str], after: Position | None = None, most: int = 50) -> FilePage:
        """Return the newest cases of these places, from a position on."""
        page = self._lists.newest(places, after, most)
        return FilePage(self._files(page.cases), page.rest)

    def away(self, files: Iterable[CaseFile]) -> Sequence[AwayDay]:
        """Count the automatic replies in these cases, newest day first. A digest is one mail."""
        mails: dict[tuple[date, str], set[str]] = defaultdict(set)
        for file in files:
            zone = self._zone_of(file.case.place)
            for line in file.lines:
                if line.delivery.away_at is not None:
                    day = local_time(line.delivery.away_at, zone).date()
                    mails[day, line.name].add(line.delivery.away_mail)
        newest_first = sorted(mails, key=lambda day_and_name: (-day_and_name[0].toordinal(), day_and_name[1]))
        return [AwayDay(name, day, len(mails[day, name])) for day, name in newest_first]

    def find(self, case_number: str) -> CaseFile:
        """Return a case by its number as it is read off a mail. Raises EntryMissing."""
        now = self._clock.now()
        case = self._cases.find(read_case_number(case_number), now)
        if case is None:
            raise EntryMissing("there is no case with this number, or its time is over")
        return self._file(case)

    def send_again(self, case_number: str, recipient: str, address: str, version: int) -> None:
        """Retry one recipient's delivery: queue the copy once more. Raises EntryMissing, StaleRecord."""
        file = self._as_seen(case_number, version)
        delivery = file.case.delivery_to(recipient)
        if delivery is None or address not in (FIRST, FALLBACK):
            raise EntryMissing("this case has no such recipient")
        sent = cases.sent_again(delivery, self._clock.now(), address)
        self._cases.change(file.case.with_delivery(sent))

    def acknowledge(self, case_number: str, version: int) -> None:
        """Acknowledge the alarms of a case: a person knows that not everybody has it. Raises StaleRecord."""
        self._cases.change(self._as_seen(case_number, version).case.acknowledged(self._clock.now()))

    def hold_by_law(self, case_number: str, hold: bool, version: int) -> None:
        """Set or lift a legal hold, which keeps a case beyond its date. Raises StaleRecord."""
        self._cases.change(self._as_seen(case_number, version).case.on_legal_hold(hold))

    def _as_seen(self, case_number: str, version: int) -> CaseFile:
        file = self.find(case_number)
        if file.case.version != version:
            raise StaleRecord("somebody, or the mail service, changed this case meanwhile")
        return file

    def _file(self, case: SealedReport) -> CaseFile:
        return self._files([case])[0]

    def _files(self, cases: Iterable[SealedReport]) -> list[CaseFile]:
        now, known = self._clock.now(), {one.id: one for one in self._directory.recipients()}
        return [
            CaseFile(case, tuple(self._line(case, one, known, now) for one in case.deliveries))
            for case in cases
        ]

    def _line(
        self, case: SealedReport, delivery: Delivery, known: dict[str, Recipient], now: datetime
    ) -> CaseLine:
        recipient, before = known.get(delivery.recipient), known.get(delivery.instead_of)
        return CaseLine(
            delivery,
            recipient.name if recipient else delivery.recipient,
            STATES[delivery.state],
            _why(case, delivery, now) or _waits(delivery, recipient is not None, now),
            bool(recipient and recipient.fallback),
            recipient is not None,
            before.name if before else delivery.instead_of,
        )


def read_case_number(text: str) -> str:
    """Normalize a case number as it was typed. Raises EntryMissing."""
    letters = "".join(letter for letter in text.upper() if letter.isalnum()).removeprefix("PL")
    plain = letters.replace("O", "0").replace("I", "1").replace("L", "1")
    if len(plain) != 8 or not _LETTERS.issuperset(plain):
        raise EntryMissing("a case number looks like PL-1A2B-3C4D")
    return f"PL-{plain[:4]}-{plain[4:]}"


def _why(case: SealedReport, delivery: Delivery, now: datetime) -> str:
    if delivery.replied_at is not None:
        return ""  # somebody there has it, whatever became of the mail
    if delivery.state in LOST:
        return (
            "" if case.answered_at else "It has not reached this recipient, and nobody has acknowledged that."
        )
    if delivery.state == WITHHELD:
        unanswered = case.reached_nobody() and not case.answered_at
        return "Nobody has this report, and nobody has acknowledged that." if unanswered else ""
    if delivery.state == DELAYED:
        return "Their mail server keeps us waiting."
    if delivery.state == FALLEN_BACK:
        return "The first address did not take it."
    if delivery.state == HELD and not delivery.digest:
        return "It is kept back: the recipient's key cannot be used. Mend the key, then send it again."
    if delivery.state in (QUEUED, UNCLEAR) and now - delivery.changed_at > TOO_LONG:
        return "It has waited for more than an hour."
    return ""


def _waits(delivery: Delivery, known: bool, now: datetime) -> str:
    """Say what is amiss with what is still to be sent, at the first sign."""
    if delivery.state not in WAITING:
        return ""
    if not known:
        return "This recipient is not in the list any more. Hand the report over to another."
    if delivery.attempts:
        times = "once" if delivery.attempts == 1 else f"{delivery.attempts} times"
        return (
            f"Sending it has failed {times}. It is tried again by itself; whoever runs the site was told why."
        )
    if delivery.next_try is not None and now - delivery.next_try > OVERDUE:
        return (
            "It should have gone out, and nothing was tried. Sending may be stopped: ask who runs the site."
        )
    return ""
