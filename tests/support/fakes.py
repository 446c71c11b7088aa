"""Stand-ins for the ports: they keep the promises of ports.py, and can be told to fail.

FakeStore passes the same contract as the adapter (tests/reporting/test_store_contract.py).
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta

from chalicelib.delivery.errors import SealBroken
from chalicelib.directory.recipients import Recipient
from chalicelib.reporting.cases import SealedReport
from chalicelib.reporting.errors import ReceiptTaken
from chalicelib.reporting.ports import Deleted, ReceiptKeys, SentMail
from chalicelib.shared.errors import StaleRecord
from chalicelib.shared.mail import Mail

NOON = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)


class FixedClock:
    """A clock that stands until it is told to move, with chance that repeats itself."""

    def __init__(self, now: datetime = NOON, chance: float = 0.5) -> None:
        self.time = now
        self.luck = chance
        self._drawn = 0

    def now(self) -> datetime:
        return self.time

    def chance(self) -> float:
        return self.luck

    def nonce(self) -> bytes:
        self._drawn += 1
        return self._drawn.to_bytes(16, "big")

    def forward(self, **by: float) -> datetime:
        """Move on, as timedelta counts: `clock.forward(minutes=5)`."""
        self.time += timedelta(**by)
        return self.time


class Failing:
    """Raises the errors it was told to raise: once each, or until `mend`."""

    def __init__(self) -> None:
        self._always: dict[str, Exception] = {}
        self._next: dict[str, list[Exception | None]] = {}
        self.calls: list[str] = []

    def fail(self, error: Exception, *operations: str) -> None:
        """From now on, raise `error` in these operations ("*": in all)."""
        self._always.update(dict.fromkeys(operations or ("*",), error))

    def fail_next(self, operation: str, *errors: Exception | None) -> None:
        """Raise these in the next calls of an operation, one a call; None lets one pass."""
        self._next.setdefault(operation, []).extend(errors)

    def mend(self) -> None:
        """Fail no more."""
        self._always.clear()
        self._next.clear()

    def _about_to(self, operation: str) -> None:
        self.calls.append(operation)
        if self._next.get(operation):
            error = self._next[operation].pop(0)
            if error is not None:
                raise error
            return
        error = self._always.get(operation) or self._always.get("*")
        if error is not None:
            raise error


@dataclass
class _Counter:
    numbers: dict[str, int]
    expires_at: datetime


class FakeStore(Failing):
    """The ReportStore in memory. `lagging` makes `due` answer what was true when it was set."""

    def __init__(self) -> None:
        super().__init__()
        self.reports: dict[str, SealedReport] = {}
        self.counters: dict[str, _Counter] = {}
        self.batches: dict[str, tuple[tuple[str, ...], datetime]] = {}
        self.mails: dict[str, tuple[SentMail, datetime]] = {}
        self._lagging: dict[bool, list[str]] | None = None
        self._waiting: dict[str, tuple[SealedReport, bool, datetime | None]] = {}
        self._lock = threading.Lock()

    def add(self, report: SealedReport) -> None:
        with self._lock:
            self._about_to("add")
            if report.id in self.reports:
                raise ReceiptTaken("stored already")
            self.reports[report.id] = report

    def get(self, report_id: str, now: datetime) -> SealedReport | None:
        with self._lock:
            self._about_to("get")
            found = self.reports.get(report_id)
            return None if found is None or _over(found.expires_at, now) else found

    def look_up(self, report_id: str, now: datetime) -> SealedReport | None:
        with self._lock:
            self._about_to("look_up")
            found = self.reports.get(report_id)
            gone = found is None or _over(found.expires_at, now)
            return None if found is None or gone else replace(found, sealed=b"", reporter_key=b"")

    def due(self, now: datetime, limit: int, digests: bool = False) -> list[str]:
        with self._lock:
            self._about_to("due")
            if self._lagging is not None:
                return self._lagging[digests][:limit]
            return self._due(now, digests)[:limit]

    def claim(self, report_id: str, now: datetime, until: datetime) -> SealedReport | None:
        with self._lock:
            self._about_to("claim")
            found = self.reports.get(report_id)
            if found is None or _over(found.expires_at, now):
                return None
            when = _due(found)
            if when is None or when > now:
                return None
            claimed = replace(found, leased_until=until, version=found.version + 1)
            self.reports[report_id] = claimed
            return claimed

    def save(self, report: SealedReport) -> SealedReport:
        with self._lock:
            self._about_to("save")
            found = self.reports.get(report.id)
            lease = report.leased_until if report.due_at() is not None else None
            saved = replace(report, version=report.version + 1, leased_until=lease)
            if found is None or (found.version != report.version and found != saved):
                raise StaleRecord("changed by somebody else")
            self.reports[report.id] = saved
            return saved

    def change(self, report: SealedReport) -> None:
        with self._lock:
            self._about_to("change")
            found = self.reports.get(report.id)
            if found is None or found.version != report.version:
                raise StaleRecord("changed by somebody else")
            self.reports[report.id] = replace(
                report,
                sealed=found.sealed,
                reporter_key=found.reporter_key,
                addressed=found.addressed,
                version=report.version + 1,
            )

    def count(self, counter: str, names: Sequence[str], keep_until: datetime) -> Mapping[str, int]:
        with self._lock:
            self._about_to("count")
            kept = self.counters.setdefault(counter, _Counter({}, keep_until))
            kept.expires_at = keep_until
            for name in names:
                kept.numbers[name] = kept.numbers.get(name, 0) + 1
            return {name: kept.numbers[name] for name in names}

    def mark(self, name: str, keep_until: datetime) -> bool:
        with self._lock:
            self._about_to("mark")
            if name in self.counters:
                return False
            self.counters[name] = _Counter({}, keep_until)
            return True

    def marked(self, name: str) -> bool:
        with self._lock:
            self._about_to("marked")
            return name in self.counters

    def keep_batch(self, batch: str, reports: Sequence[str], keep_until: datetime) -> None:
        with self._lock:
            self._about_to("keep_batch")
            self.batches[batch] = (tuple(reports), keep_until)

    def batch(self, batch: str) -> tuple[str, ...]:
        with self._lock:
            self._about_to("batch")
            return self.batches.get(batch, ((), NOON))[0]

    def keep_mail(self, message_id: str, mail: SentMail, keep_until: datetime) -> None:
        with self._lock:
            self._about_to("keep_mail")
            self.mails[message_id] = (mail, keep_until)

    def mail(self, message_id: str) -> SentMail | None:
        with self._lock:
            self._about_to("mail")
            return self.mails[message_id][0] if message_id in self.mails else None

    def survey(self, now: datetime) -> Iterable[SealedReport]:
        with self._lock:
            self._about_to("survey")
            there = [one for one in self.reports.values() if not _over(one.expires_at, now)]
            return [replace(one, sealed=b"", reporter_key=b"") for one in there]

    def expired(self, now: datetime) -> Iterable[str]:
        with self._lock:
            self._about_to("expired")
            return [key for key, expires_at in self._expiries().items() if _over(expires_at, now)]

    def delete(self, report_id: str, now: datetime) -> Deleted | None:
        with self._lock:
            self._about_to("delete")
            if not _over(self._expiries().get(report_id), now):
                return None
            kind, _, key = report_id.partition("#")
            gone = {
                "report": self.reports,
                "count": self.counters,
                "batch": self.batches,
                "mail": self.mails,
            }[kind].pop(key)  # type: ignore[attr-defined]
            return Deleted(
                replace(gone, sealed=b"", reporter_key=b"") if isinstance(gone, SealedReport) else None
            )

    def lag(self, now: datetime) -> None:
        """Let `due` repeat what it would answer now, as an index that lags behind its table does."""
        self._lagging = {digests: self._due(now, digests) for digests in (False, True)}

    def catch_up(self) -> None:
        """Let `due` tell the truth again."""
        self._lagging = None

    def _expiries(self) -> dict[str, datetime | None]:
        return {
            **{f"report#{key}": report.expires_at for key, report in self.reports.items()},
            **{f"count#{key}": counter.expires_at for key, counter in self.counters.items()},
            **{f"batch#{key}": until for key, (_, until) in self.batches.items()},
            **{f"mail#{key}": until for key, (_, until) in self.mails.items()},
        }

    def _due(self, now: datetime, digests: bool) -> list[str]:
        due = [
            (when, report.taken_at, report.id)
            for key, report in self.reports.items()
            if (when := self._waits(key, report, digests)) is not None and when <= now
        ]
        return [report_id for _, _, report_id in sorted(due)]

    def _waits(self, key: str, report: SealedReport, digests: bool) -> datetime | None:
        # A record does not change but for another one in its place, and a flood test asks a million times.
        known = self._waiting.get(key)
        if known is None or known[0] is not report:
            self._waiting[key] = known = (report, report.due_for_digest(), _due(report))
        return known[2] if known[1] == digests else None


def _due(report: SealedReport) -> datetime | None:
    when = report.due_at()
    return when if when is None else report.leased_until or when


def _over(expires_at: datetime | None, now: datetime) -> bool:
    return expires_at is not None and expires_at <= now


class FakeSealer(Failing):
    """Seals by noting: what was sealed is kept aside, and only its number goes into the record."""

    def __init__(self) -> None:
        super().__init__()
        self._kept: list[tuple[str, bytes]] = []

    def seal(self, content: bytes, report_id: str) -> bytes:
        self._about_to("seal")
        self._kept.append((report_id, content))
        return b"sealed %d" % (len(self._kept) - 1)

    def open(self, sealed: bytes, report_id: str) -> bytes:
        self._about_to("open")
        try:
            sealed_for, content = self._kept[int(sealed.removeprefix(b"sealed "))]
        except (ValueError, IndexError) as error:
            raise SealBroken("not sealed by us") from error
        if sealed_for != report_id:
            raise SealBroken("the seal does not belong to this record")
        return content


class FakeVault(Failing):
    """Secrets that are the same in every test, and codes that lead to ids at no cost."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[str] = []

    def form_secret(self) -> bytes:
        self._about_to("form_secret")
        return b"form secret of the tests"

    def receipt_secret(self) -> bytes:
        self._about_to("receipt_secret")
        return b"receipt secret of the tests"

    def keys_of(self, code: str) -> ReceiptKeys:
        self._about_to("keys_of")
        self.asked.append(code)
        return ReceiptKeys(f"{int(code):032x}", bytes(32))


class FakeMarks(Failing):
    """Marks that hide nothing."""

    def mark(self, text: str, day: str) -> str:
        self._about_to("mark")
        return f"{day} {text}"


class FakeRecipients:
    """Recipients and places as a test wants them."""

    def __init__(self, *recipients: Recipient, chain: tuple[str, ...] = ("town", "county", "nation")) -> None:
        self.all = recipients
        self._chain = chain

    def recipients(self) -> tuple[Recipient, ...]:
        return self.all

    def chain(self, place: str) -> tuple[str, ...]:
        return self._chain[self._chain.index(place) :] if place in self._chain else ()


class FakeMailer(Failing):
    """Takes mail: `sent` holds it in order, and each gets an id."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[Mail] = []
        self.on_send: Callable[[Mail], None] = lambda mail: None

    def send(self, mail: Mail) -> str:
        self._about_to("send")
        self.on_send(mail)
        self.sent.append(mail)
        return f"message-{len(self.sent)}"


@dataclass
class FakeAlarms:
    """Keeps each alarm; `told` is what it answers."""

    raised: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    told: bool = True

    def raise_alarm(self, kind: str, detail: Mapping[str, str]) -> bool:
        self.raised.append((kind, dict(detail)))
        return self.told

    def kinds(self) -> list[str]:
        """Return what the alarms were about, in order."""
        return [kind for kind, _ in self.raised]


def recipient(
    recipient_id: str = "police",
    *,
    serves: str = "nation",
    fallback: str = "",
    enforces_immigration: bool = False,
    agreed_on: date | None = date(2026, 11, 1),
    key: str = "",
    nature: str = "police",
    email: str = "",
) -> Recipient:
    """Return a recipient that differs from others by its id."""
    return Recipient(
        id=recipient_id,
        name=f"The {recipient_id} office",
        serves=serves,
        email=email or f"{recipient_id}@agency.example",
        fallback=fallback,
        language="en",
        nature=nature,
        enforces_immigration=enforces_immigration,
        what="An office.",
        what_not="It is not another office.",
        agreed_on=agreed_on,
        key=key,
    )
