"""Alarms by mail to the operator, rate-limited: the same one at most once an hour, no word of a report.

Every alarm also goes to the log, from where CloudWatch mails that there is one: when the mail service
itself is stopped, that is the way which still works.
"""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.policy import SMTP

from chalicelib.reporting.ports import Counters
from chalicelib.shared.alarms import Alarms
from chalicelib.shared.clock import Clock
from chalicelib.shared.errors import PorchlightError, StoreUnavailable
from chalicelib.shared.mail import ALARM, About, Mail, Mailer, MailUncertain

# What each alarm means, and what to do about it.
EXPLAINED = {
    "mail_stopped": (
        "No mail can be sent",
        "The mail service takes nothing from this account now. Reports wait and none is lost. Look at"
        " the account's sending status and at the sender's identity in SES; mail goes on by itself"
        " afterwards.",
    ),
    "recipient_stopped": (
        "The mail service takes nothing for one recipient",
        "It speaks as if no mail could be sent, and sends what goes to others. Reports to this recipient wait"
        " and are tried again every few minutes. Look at the recipient's address, and at SES's identities.",
    ),
    "not_verified": (
        "An address is not verified",
        "The account is still in SES's sandbox, where mail goes only to addresses that the account has"
        " verified. Reports to this one wait, and go out by themselves within half an hour after it is"
        " verified or the account has left the sandbox.",
    ),
    "store_away": (
        "The table does not answer",
        "DynamoDB did not answer. Work goes on when it does.",
    ),
    "recipients_missing": (
        "Nobody is written down who gets reports",
        "The table of recipients was never filled on this stage, so no report is mailed, and none is lost."
        " Run the deploy again: its last step moves the recipients there. Mail then goes out by itself.",
    ),
    "secret_missing": (
        "A key is missing",
        "The delivery keys cannot be read: run the key rotation once.",
    ),
    "seal_broken": (
        "A report cannot be opened",
        "Its delivery key is gone or it was tampered with. It is tried again each hour. If the key was"
        " destroyed on purpose, acknowledge the case at the delivery desk.",
    ),
    "mail_refused": (
        "A mail was refused",
        "The mail service will not send a report to this address. If the recipient has a fallback"
        " address, it goes there; otherwise send it again or move it at the delivery desk.",
    ),
    "mail_unwritable": (
        "A mail could not be written",
        "Writing the mail failed; it is tried again every ten minutes. Was it a fault of this package?",
    ),
    "mail_fault": (
        "A mail could not be handed over",
        "An unforeseen fault; it is tried again.",
    ),
    "delivery_fault": (
        "A report could not be dealt with",
        "An unforeseen fault; it is tried again.",
    ),
    "key_unusable": (
        "A recipient's key cannot be used",
        "Reports to it are held until its key is replaced. Nothing is sent in clear text. Ask for a new key.",
    ),
    "withheld": (
        "A mail was withheld from an office",
        "What the report's writer chose on the form does not allow it. Whoever queued it, it stays unsent;"
        " the other recipients are not concerned. If nobody at the desk knows of it, somebody else did it:"
        " look at the log.",
    ),
    "recipient_gone": (
        "A recipient is gone",
        "A report is addressed to a recipient that is not in the list any more: move it at the"
        " delivery desk.",
    ),
    "fell_back": (
        "A first address did not take a report",
        "The report went on to the recipient's fallback address. Find out what is wrong with the first.",
    ),
    "not_taken": (
        "A recipient did not take a report",
        "There is no other address to try. Send it again or move it at the delivery desk.",
    ),
    "delayed_long": (
        "A mail was delayed for six hours",
        "If the recipient has a fallback address, the report went there now. Otherwise the mail"
        " service goes on.",
    ),
    "reached_nobody": (
        "Reports have reached nobody",
        "No recipient's mail server has taken these within eight hours. Look at the delivery desk;"
        " this comes again each day until somebody acknowledges the case.",
    ),
    "not_everybody": (
        "Reports have not reached everybody",
        "Some recipients have these reports and others do not, after eight hours. Look at the"
        " delivery desk; this comes again each day until somebody acknowledges the case.",
    ),
    "waiting_long": (
        "Mail waits too long",
        "Reports have been due for hours. Does the deliver function run?",
    ),
    "desk_not_told": (
        "Somebody at the desk was not told",
        "A mail about what was done at the desk could not be sent. The log of who did what says the same.",
    ),
    "place_not_told": (
        "People of a place were not told",
        "A mail about what goes on at their place could not be sent to everybody. You were told of it too:"
        " look at the delivery desk, and call them. Is an address at People wrong?",
    ),
    "clock_ahead": (
        "Reports were hidden by a clock ahead of time",
        "A clock that was ahead wrote when they are due, so nothing would have looked at them until then."
        " They are due now. Look at the delivery desk in some minutes, and keep the logs of that day.",
    ),
    "figures_not_kept": (
        "Monthly figures could not be written",
        "Reports were deleted on time all the same, and are missing in the figures of their month. Is the"
        " package older than what wrote the figures? If not, it is a fault of this package.",
    ),
    "clocks_apart": (
        "Two clocks differ",
        "The sweep's clock and its schedule's are more than ten minutes apart, so nothing was deleted:"
        " what is deleted too early cannot be brought back. A run that was only late is followed by one"
        " that is on time. If this comes each hour, do not deploy, and ask AWS.",
    ),
    "deleted_nothing": (
        "A sweep deleted nothing",
        "It was started without the time of its schedule, such as by hand: then it only counts. The next one"
        " that the schedule starts deletes.",
    ),
    "published_documents_unusable": (
        "What was published cannot be used",
        "The forms and mails are made from what shipped instead. Look at the checks at the desk, and publish"
        " again.",
    ),
    "job_not_sent": (
        "The queue of the desk's jobs takes nothing",
        "Checks and publishing wait, and go on when somebody at the desk looks at them. Readers get what they"
        " got before. Look at the queue Jobs and at what the role of admin_api may do.",
    ),
    "job_failed": (
        "Checking or publishing at the desk failed",
        "Something of ours is broken, and trying again will not help: the log of run_job says where. Readers"
        " get what they got before, and drafts are kept.",
    ),
    "inbox_not_told": (
        "An office was not told about its reply",
        "A note to its inbox could not be mailed, and is not tried again. Look at the recipient's address.",
    ),
    "message_not_noted": (
        "A message of a writer was not noted beside its report",
        "It is mailed all the same. The code page may not show that it was sent, and its report may be"
        " deleted some days earlier. Was it a fault of this package?",
    ),
    "answers_by_itself": (
        "An inbox answers by itself",
        "A recipient's inbox sent an automatic answer, such as “out of office”. What it took, it has; the"
        " delivery desk counts these answers. Is anybody there? If this goes on, call them. It is told once"
        " a day.",
    ),
    "flood": (
        "So many reports come that the rest of this hour's wait for a digest",
        "Below is whose they are. Without a place, one recipient got as many as it should from all places"
        " together; without either, the whole site sent as many as it may."
        " Nothing is lost: what waits arrives as a digest on the hour. Ask the office whether what it gets"
        " is real.",
    ),
    "operator_away": (
        "The operator's address answers by itself",
        "Let somebody else read OPERATOR_ADDRESS meanwhile.",
    ),
    "mail_frame_unusable": (
        "The text around a report cannot be used",
        "Reports go out whole, with the text that came with the package around them. Look at the mails under"
        " Texts at the desk: write the text anew, or publish again.",
    ),
    "operator_unreachable": (
        "The operator's address does not take mail",
        "Correct OPERATOR_ADDRESS.",
    ),
}
_LOG_ONLY = {"operator_away", "operator_unreachable"}  # a mail about it would go the same way
_MILESTONES = (1, 100, 1000, 10_000)  # the same is mailed again when it was raised so often in an hour
_KEPT = timedelta(hours=3)
_PAUSE = timedelta(minutes=1)


class OperatorMail:
    """The Alarms that a person gets by mail. `log` gets each one; mail goes out once an hour for the same.

    `mailed` remembers what this process mailed and the store could not be told.
    """

    def __init__(
        self,
        log: Alarms,
        mailer: Mailer,
        store: Counters,
        clock: Clock,
        sender: str,
        operator: str,
        mailed: MutableMapping[str, datetime] | None = None,
    ) -> None:
        self._log = log
        self._mailer = mailer
        self._store = store
        self._clock = clock
        self._sender = sender
        self._operator = operator
        self._mailed = {} if mailed is None else mailed
        self._pause_until = datetime.min.replace(tzinfo=UTC)

    def raise_alarm(self, kind: str, detail: Mapping[str, str]) -> bool:
        """Log the alarm and mail it, unless the same about the same recipient and place was mailed this hour.

        What is remembered is that it was mailed, and not that it was raised: where the mail fails, or the
        store forgets, the next one is mailed. So two that are raised at once may both be mailed.
        """
        self._log.raise_alarm(kind, detail)
        if kind in _LOG_ONLY:
            return True
        now = self._clock.now()
        # By place as well: one town's flood must not keep another's from being told.
        same = " ".join(filter(None, (kind, detail.get("recipient", ""), detail.get("place", ""))))
        count, mark = self._counted(same, now)
        if self._was_mailed(mark or same, bool(mark), now) or now < self._pause_until:
            return False
        content = self._written(kind, {**detail, **({"times this hour": str(count)} if count > 1 else {})})
        mail = Mail(self._sender, self._operator, "operator", 0, About.of(ALARM, kind), content)
        try:
            self._mailer.send(mail)
        except PorchlightError as error:
            if isinstance(error, MailUncertain):
                self._pause_until = now + _PAUSE  # each try may take ten seconds of the reports' time
            self._log.raise_alarm("alarm_not_mailed", {"about": kind, "error": str(error)})
            return False
        self._remember(mark or same, bool(mark), now)
        return True

    def _counted(self, same: str, now: datetime) -> tuple[int, str]:
        """Count the alarm; return how often it was raised this hour, and the mark of a mail about that.

        The mark is "" when the store, which may be what this is about, does not answer.
        """
        hour = f"{now:%Y-%m-%dT%H}"
        try:
            count = self._store.count(f"alarm {hour} {same}", ["all"], now + _KEPT)["all"]
        except StoreUnavailable:
            return 1, ""
        level = max(milestone for milestone in _MILESTONES if milestone <= count)
        return count, f"mailed {hour} {level} {same}"

    def _was_mailed(self, mark: str, asked: bool, now: datetime) -> bool:
        last = self._mailed.get(mark)
        if last is not None and timedelta(0) <= now - last < timedelta(hours=1):
            return True
        try:
            return asked and self._store.marked(mark)
        except StoreUnavailable:
            return False

    def _remember(self, mark: str, asked: bool, now: datetime) -> None:
        try:
            if asked:
                self._store.mark(mark, now + _KEPT)
                return
        except StoreUnavailable:
            pass
        # Then each process tells of it once an hour.
        for old in [name for name, when in self._mailed.items() if not timedelta(0) <= now - when < _KEPT]:
            del self._mailed[old]
        self._mailed[mark] = now

    def _written(self, kind: str, detail: Mapping[str, str]) -> bytes:
        title, advice = EXPLAINED.get(kind, (kind, ""))
        lines = [title + ".", "", advice, ""] if advice else [title + ".", ""]
        lines += [f"{name}: {value}" for name, value in detail.items() if value]
        lines += ["", f"Alarm: {kind}. The same is mailed at most once an hour; the log has each one."]
        message = EmailMessage(policy=SMTP.clone(cte_type="7bit"))
        message["From"] = f"Porchlight <{self._sender}>"
        message["To"] = self._operator
        message["Subject"] = f"Porchlight alarm: {title}"
        message["Auto-Submitted"] = "auto-generated"
        message["X-Auto-Response-Suppress"] = "OOF, AutoReply"
        message.set_content("\n".join(lines) + "\n")
        return message.as_bytes()
