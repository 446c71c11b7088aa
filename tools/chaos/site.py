"""The site's own parts, wired as on AWS but to the stand-ins, for the processes of a chaos run."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from chalice.app import Chalice

from chalicelib.delivery.adapters.copy_marks import KeyedCopyMarks
from chalicelib.delivery.adapters.delivery_keys import DeliveryKey
from chalicelib.delivery.adapters.hpke_opener import HpkeOpener, kid_of
from chalicelib.delivery.adapters.operator_mail import OperatorMail
from chalicelib.delivery.adapters.reply_tokens import KeyedReplyTokens
from chalicelib.delivery.adapters.ses_events import read_notice
from chalicelib.delivery.deliver_reports import DeliverReports
from chalicelib.delivery.flood_caps import Caps, FloodCaps
from chalicelib.delivery.note_delivery import NoteDelivery
from chalicelib.delivery.reply_to import ReplyTo
from chalicelib.delivery.send_mail import SendMail
from chalicelib.delivery.sweep import Sweep
from chalicelib.directory.recipients import Recipient
from chalicelib.pages.web import quiet_log, responses
from chalicelib.replies.adapters.dynamo_replies import DynamoReplies
from chalicelib.replies.adapters.dynamo_reply_addresses import DynamoReplyAddresses
from chalicelib.replies.forget_replies import ForgetReplies
from chalicelib.replies.ports import ReplyAddress
from chalicelib.replies.take_reply import TakeReply
from chalicelib.reporting.adapters.dynamo_reports import DynamoReports
from chalicelib.reporting.adapters.hpke_sealer import HpkeSealer
from chalicelib.reporting.adapters.receipt_vault import SeededVault
from chalicelib.reporting.form_tokens import make_token
from chalicelib.reporting.ports import ReceiptKeys
from chalicelib.reporting.take_report import TakeReport
from chalicelib.reporting.web import form_page
from chalicelib.settings import Settings
from chalicelib.shared.alarms import Alarms
from chalicelib.shared.aws.sdk import ATTEMPTS, CONNECT_SECONDS, InTime, client
from chalicelib.shared.aws.ses_mailer import SesMailer
from chalicelib.shared.log_alarms import LogAlarms
from chalicelib.wiring import mails, published
from tools.chaos.clock import SharedClock
from tools.chaos.officers import REPLY_DOMAIN
from tools.chaos.planted import Plant
from tools.chaos.reply_reckoning import reply_key
from tools.chaos.take_replies import Ask, reply_taker
from tools.chaos.world import AGENCIES, OPERATOR, SENDER
from tools.local.local_server import LocalSite
from tools.local.quiet_server import reserve

TABLE = "reports"
KEEP_DAYS = 1  # so that the clock's jumps reach the day on which reports are deleted
SETTINGS = Settings(stage="local", reports_table=TABLE, sender_address=SENDER, operator_address=OPERATOR)
# Shorter waits than on AWS, so that a minute holds more faults.
DYNAMO_WAITS = 1.0
SES_WAITS = 1.0


class Agencies:
    """The Directory of the run: every agency serves everywhere."""

    def recipients(self) -> tuple[Recipient, ...]:
        """Return every agency."""
        return AGENCIES

    def chain(self, place: str) -> tuple[str, ...]:
        """Return the one place there is."""
        return ("us",)


class QuickVault(SeededVault):
    """The vault without its slowness: a run files thousands of reports, and argon2id is not on trial here."""

    def keys_of(self, code: str) -> ReceiptKeys:
        """Derive quickly what the real one derives slowly."""
        from hashlib import sha256

        report_id = sha256(b"report" + code.encode()).hexdigest()[:32]
        return ReceiptKeys(report_id, reply_key(report_id).public_key().public_bytes_raw())


class SharedKeys:
    """The keys, in a file that every process reads: the form now and then, the others when they lack one."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._read_at = 0.0
        self._content: dict[str, Any] = {}

    def add(self, key: DeliveryKey) -> None:
        """Rotate: what is sealed from now on is for this key, and older ones still open."""
        private = self._fresh().get("private", {}) if self._file.exists() else {}
        content = {"private": {**private, key.kid: key.private}, "current": [key.kid, key.public]}
        beside = self._file.with_suffix(".new")
        beside.write_text(json.dumps(content), encoding="ascii")
        beside.replace(self._file)

    def current(self) -> tuple[str, str]:
        """Return (kid, public key) that reports are sealed to; a rotation is seen two seconds later."""
        if time.monotonic() - self._read_at > 2.0:
            self._content, self._read_at = self._fresh(), time.monotonic()
        kid, public = self._content["current"]
        return kid, public

    def private_keys(self) -> Mapping[str, str]:
        """Return kid -> private key, as it was when it was first asked for."""
        if not self._content:
            self._content = self._fresh()
        return dict(self._content["private"])

    def forget(self) -> None:
        """Read them anew next time."""
        self._content = {}

    def _fresh(self) -> dict[str, Any]:
        return dict(json.loads(self._file.read_text(encoding="ascii")))


class Site:
    """One process's share of the site."""

    def __init__(self, keys: Path, digest_every: float, caps: Caps, plant: Plant) -> None:
        self.keys = SharedKeys(keys)
        self.plant = plant
        self.digest_every = timedelta(seconds=digest_every)
        self.caps = caps
        self.dynamodb = partial(client, "dynamodb", 2, DYNAMO_WAITS)
        self.ses = partial(client, "sesv2", 1, SES_WAITS)
        self.mails = mails.mails(SETTINGS)

    def warm_up(self) -> None:
        """Make what takes long, so that a process forked from this one has it at once."""
        self.dynamodb()
        self.ses()
        self.mails.warm_up("en")

    def call_as(self, caller: str) -> None:
        """Say in each request which process sends it."""

        def sign(request: Any, **_: Any) -> None:
            request.headers["x-caller"] = caller

        for made in (self.dynamodb(), self.ses()):
            made.meta.events.register("before-send", partial(_before_send, sign))

    def dynamodb_in_time(self) -> InTime:
        """Return the form's client: each call has a deadline, as on AWS."""
        return InTime(self.dynamodb(), ATTEMPTS * (CONNECT_SECONDS + DYNAMO_WAITS))

    def store(self) -> DynamoReports:
        """Return the report store."""
        return DynamoReports(self.dynamodb, TABLE)

    def alarms(self, clock: SharedClock) -> Alarms:
        """Return the operator's attention."""
        mailer = SesMailer(self.ses, "")
        return OperatorMail(LogAlarms(_quiet), mailer, self.store(), clock, SENDER, OPERATOR)

    def deliverer(self, clock: SharedClock) -> DeliverReports:
        """Return the outbox worker."""
        alarms, plant = self.alarms(clock), self.plant
        store = plant.store(self.store())
        mailer, mails = plant.mailer(SesMailer(self.ses, "")), plant.renderer(self.mails)
        send = SendMail(mailer, mails, store, alarms, clock, SENDER, self._reply_to(clock))
        opener = plant.opener(HpkeOpener(self.keys.private_keys, self.keys.forget))
        marks = KeyedCopyMarks(self.keys.private_keys)
        caps = FloodCaps(store, marks, digest_every=self.digest_every, caps=self.caps)
        return plant.worker(store, opener, send, caps, Agencies(), alarms, clock, _wait)

    def sweeper(self, clock: SharedClock) -> Sweep:
        """Return the hourly use case."""
        shelf = DynamoReplies(self.dynamodb, TABLE)
        forget = ForgetReplies(shelf, shelf.begun, self.store())
        return Sweep(
            self.store(),
            self.alarms(clock),
            _Nowhere(),
            clock,
            conversations=forget,
        )

    def reply_taker(self, clock: SharedClock, ask: Ask) -> TakeReply:
        """Return the use case of inbound mail."""
        return reply_taker(self.dynamodb, TABLE, ask, Agencies(), self.keys.current, self.plant, clock)

    def _reply_to(self, clock: SharedClock) -> ReplyTo:
        book = DynamoReplyAddresses(self.dynamodb, TABLE)

        def keep(
            token_hash: str, recipient: str, keep_until: datetime, *, report_id: str = "", batch: str = ""
        ) -> None:
            book.keep(token_hash, ReplyAddress(recipient, report_id, batch), keep_until)

        tokens = KeyedReplyTokens(self.keys.private_keys, kid_of)
        return ReplyTo(tokens, keep, self.store(), clock, REPLY_DOMAIN, lambda: "us-west-2.amazonses.com")

    def noter(self, clock: SharedClock) -> NoteDelivery:
        """Return the use case of notices."""
        return NoteDelivery(self.store(), Agencies(), self.alarms(clock), clock)

    def token(self, clock: SharedClock) -> str:
        """Return the token of a form that was opened ten seconds ago."""
        opened_at = clock.now() - timedelta(seconds=10)
        return make_token(_vault().form_secret(), opened_at, clock.nonce())

    def taker(self, clock: SharedClock) -> TakeReport:
        """Return the form's use case."""
        return TakeReport(
            self.plant.writers_store(DynamoReports(self.dynamodb_in_time, TABLE)),
            HpkeSealer(self.keys.current),
            _vault(),
            Agencies(),
            clock,
            agreed_only=False,
            digest_every=self.digest_every,
            keep_days=KEEP_DAYS,
        )

    def forms(self, clock: SharedClock, port: int) -> LocalSite:
        """Return the form over HTTP, as the reporter's function serves it."""
        app = Chalice(app_name="porchlight")
        quiet_log.install(app)
        pages = published.live_pages(SETTINGS)
        responses.respond_in_html(app, pages)
        site = published.site_source(SETTINGS)
        app.register_blueprint(form_page.routes(pages, site, self.taker(clock), _quiet))
        return LocalSite(app, reserve(port), say=_quiet)


class _Nowhere:
    """Where a run's figures go."""

    def put(self, values: Mapping[str, float]) -> None:
        """Keep nothing: the reckoning counts for itself."""


def _vault() -> QuickVault:
    return QuickVault(lambda: b"the seed of a chaos run is no secret")


def note_batch(note: NoteDelivery, plant: Plant, messages: Sequence[dict[str, str]]) -> list[str]:
    """Note a batch as the function does; return the messages that were dealt with."""
    dealt_with = []
    for message in messages:
        try:
            notice = read_notice(message["body"])
            if notice is not None:
                note(plant.notice(notice))
        except Exception:  # noqa: S112 (it comes again)
            continue
        dealt_with.append(message["messageId"])
    return dealt_with


def ask(address: str, path: str, content: dict[str, Any] | None = None) -> Any:
    """Ask the stand-ins something outside of AWS's own interfaces."""
    body = json.dumps(content or {}).encode()
    with urllib.request.urlopen(urllib.request.Request(address + path, body), timeout=30) as answer:
        return json.load(answer)


def _before_send(sign: Callable[[Any], None], request: Any, **_: Any) -> None:
    sign(request)


def _wait(some: timedelta) -> None:
    time.sleep(some.total_seconds())


def _quiet(line: str) -> None:
    """The operator's mail is what counts here."""
