"""What the doctor can see on AWS, by calls that change nothing."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from chalicelib.directory.adapters.dynamo_recipients import recipients_of
from chalicelib.directory.document_ids import RECIPIENTS
from chalicelib.directory.recipient_rows import RecipientsMissing
from chalicelib.directory.recipients import Recipient
from chalicelib.shared.version import VERSION
from tools.aws.aws_cli import Aws, AwsFailed
from tools.aws.findings import (
    DEPLOY,
    FINE,
    LOOK,
    OPEN,
    UNKNOWN,
    Finding,
)
from tools.aws.stage import Stage
from tools.build.functions import RESERVED

DELIVERY_KEY_OLD = timedelta(days=40)
PUBLISHERS = 2  # a change of recipients needs two
RUNS = 100  # fewer at once, and one crowd keeps mail and readers waiting


class OnAws:
    """Looks at the account and the stack. Every look may fail by itself: then that line is not known."""

    def __init__(self, aws: Aws, stage: Stage, now: datetime) -> None:
        self._aws = aws
        self._stage = stage
        self._now = now
        self.outputs = outputs_of(aws, stage.stack)

    def published(self) -> dict[str, str]:
        """Return the documents that were published over what shipped."""
        bucket = self.outputs.get("PagesBucket")
        if not bucket:
            return {}
        try:
            release = _object(self._aws, bucket, "current.json")["release"]
            texts = _object(self._aws, bucket, f"releases/{int(release)}/documents.json")
        except AwsFailed as error:
            if error.code in ("NoSuchKey", "AccessDenied", "404"):
                return {}
            raise
        return {str(name): str(text) for name, text in texts.items()}

    def recipients(self) -> dict[str, str]:
        """Return the document of recipients as their table has it; nothing where they are not there yet."""
        if not self.outputs:
            return {}
        where = ("--stack-name", self._stage.stack, "--logical-resource-id", "Access")
        try:
            found = self._aws("cloudformation", "describe-stack-resource", *where)
            table = str(found["StackResourceDetail"]["PhysicalResourceId"])
            rows, changes = (self._items(table, partition) for partition in ("recipient", "waiting"))
            entries = recipients_of(rows, changes).at(self._now)
        except (AwsFailed, LookupError, TypeError, RecipientsMissing):
            return {}
        return {RECIPIENTS: json.dumps(entries)}

    def _items(self, table: str, partition: str) -> list[dict[str, Any]]:
        values = json.dumps({":where": {"S": partition}})
        asked = ("--key-condition-expression", "pk = :where", "--expression-attribute-values", values)
        return list(self._aws("dynamodb", "query", "--table-name", table, *asked)["Items"])

    def findings(self, recipients: Iterable[Recipient]) -> Iterator[Finding]:
        """Look at everything."""
        yield from self._try("mail service", self._account)
        yield from self._try("functions at once", self._runs)
        yield from self._try("sender", self._sender)
        if not self.outputs:
            yield Finding(LOOK, "stack", f"{self._stage.stack} is not there yet: this is the first deploy.")
            return
        yield self._version()
        yield from self._try("alarms", self._alarms)
        yield from self._try("delivery key", self._delivery_key)
        yield from self._try("people", self._people)
        yield from self._try("failed notices", self._failed_notices)
        addresses = {address for one in recipients for address in (one.email, one.fallback) if address}
        yield from self._try("suppressed addresses", lambda: self._suppressed(sorted(addresses)))

    def _try(self, about: str, look: Callable[[], Iterator[Finding]]) -> Iterator[Finding]:
        try:
            yield from list(look())
        except (AwsFailed, LookupError, TypeError, ValueError) as error:
            told = str(error) if isinstance(error, AwsFailed) else "the answer is not what it should be"
            yield Finding(UNKNOWN, about, told)

    def _version(self) -> Finding:
        """Compare the stack's version with the one here."""
        there = self.outputs.get("Version", "")
        if there == VERSION:
            return Finding(FINE, "version of the stack", f"{self._stage.stack} runs {there} too.")
        runs = there or "a version before 0.2.0"
        sentence = f"{self._stage.stack} runs {runs}, and this folder holds {VERSION}: see docs/upgrading.md."
        return Finding(LOOK, "version of the stack", sentence)

    def _account(self) -> Iterator[Finding]:
        account = self._aws("sesv2", "get-account")
        if not account["SendingEnabled"]:
            yield Finding(OPEN, "mail service", "SES has stopped sending from this account: ask AWS why.")
        if account["ProductionAccessEnabled"]:
            most = account.get("SendQuota", {}).get("Max24HourSend", 0)
            yield Finding(FINE, "mail service", f"Out of the sandbox; {most:,.0f} mails a day.")
        else:
            sentence = "SES is in its sandbox: it mails verified addresses only. Ask for production access."
            yield Finding(OPEN, "mail service", sentence)

    def _runs(self) -> Iterator[Finding]:
        limit = self._aws("lambda", "get-account-settings")["AccountLimit"]
        runs, about = int(limit["ConcurrentExecutions"]), "functions at once"
        if self._stage.parameters.get("ReserveRuns") == "yes" and runs < RUNS + RESERVED:
            sentence = f"AWS refuses ReserveRuns while the account may run {runs} functions at once."
            yield Finding(DEPLOY, about, sentence)
        elif runs < RUNS:
            sentence = f"This account may run {runs} functions at once: ask AWS for 1,000."
            yield Finding(LOOK, about, sentence)
        else:
            yield Finding(FINE, about, f"This account may run {runs:,} functions at once.")

    def _sender(self) -> Iterator[Finding]:
        name = self._stage.parameters["SenderIdentity"]
        identity = self._aws.unless(
            "NotFoundException", "sesv2", "get-email-identity", "--email-identity", name
        )
        if identity is None:
            made = self._stage.parameters.get("SenderIdentityIs", "domain") != "verified"
            sentence = f"SES does not know {name}" + (": the deploy sets it up." if made else ".")
            yield Finding(LOOK if made and not self.outputs else DEPLOY, "sender", sentence)
            return
        if not identity["VerifiedForSendingStatus"]:
            yield Finding(OPEN, "sender", f"{name} is not verified: make the DNS records that SES asks for.")
        dkim = identity.get("DkimAttributes", {}).get("Status", "")
        if "@" not in name and dkim != "SUCCESS":
            yield Finding(OPEN, "sender", f"DKIM of {name} is {dkim or 'not set up'}.")
        returned = identity.get("MailFromAttributes", {})
        if returned.get("MailFromDomain") and returned.get("MailFromDomainStatus") != "SUCCESS":
            sentence = f"MAIL FROM {returned['MailFromDomain']} is {returned.get('MailFromDomainStatus')}."
            yield Finding(OPEN, "sender", sentence)
        if identity["VerifiedForSendingStatus"]:
            yield Finding(FINE, "sender", f"{name} may send.")

    def _alarms(self) -> Iterator[Finding]:
        topic = self.outputs["AlarmsTopic"]
        found = self._aws("sns", "list-subscriptions-by-topic", "--topic-arn", topic)["Subscriptions"]
        confirmed = [one for one in found if one["SubscriptionArn"].startswith("arn:")]
        if confirmed:
            yield Finding(FINE, "alarms", f"They go to {', '.join(one['Endpoint'] for one in confirmed)}.")
        else:
            sentence = "Nobody gets them: confirm the mail that AWS sent to the operator's address."
            yield Finding(OPEN, "alarms", sentence)

    def _delivery_key(self) -> Iterator[Finding]:
        kid = delivery_key_of(self._aws, self.outputs["ReporterSecretArn"])
        if not kid:
            yield Finding(OPEN, "delivery key", "There is none, so no report can be taken: run the rotation.")
            return
        year, month = (int(part) for part in kid.split("-")[:2])
        since = datetime(year, month, 1, tzinfo=UTC)
        if self._now - since > DELIVERY_KEY_OLD + timedelta(days=31):
            yield Finding(LOOK, "delivery key", f"{kid} has been in use for two months: rotate it.")
        else:
            yield Finding(FINE, "delivery key", f"{kid} is in use.")

    def _people(self) -> Iterator[Finding]:
        pool = self.outputs["UserPoolId"]
        group = ("--user-pool-id", pool, "--group-name", "publisher")
        count = len(self._aws("cognito-idp", "list-users-in-group", *group)["Users"])
        if count < PUBLISHERS:
            sentence = f"There are {count} publishers; a change of recipients needs {PUBLISHERS}."
            yield Finding(LOOK, "people", sentence)
        else:
            yield Finding(FINE, "people", f"{count} publishers.")

    def _failed_notices(self) -> Iterator[Finding]:
        queue = self.outputs["FailedNotices"]
        asked = ("--queue-url", queue, "--attribute-names", "ApproximateNumberOfMessages")
        count = int(
            self._aws("sqs", "get-queue-attributes", *asked)["Attributes"]["ApproximateNumberOfMessages"]
        )
        if count:
            yield Finding(LOOK, "failed notices", f"{count} notices could not be read: see docs/operate.md.")
        else:
            yield Finding(FINE, "failed notices", "None.")

    def _suppressed(self, addresses: Iterable[str]) -> Iterator[Finding]:
        for address in addresses:
            call = ("sesv2", "get-suppressed-destination", "--email-address", address)
            if self._aws.unless("NotFoundException", *call) is None:
                yield Finding(FINE, "suppressed addresses", f"{address} is not on the account's list.")
            else:
                sentence = f"{address} is on the account's list: find out why, then take it off."
                yield Finding(OPEN, "suppressed addresses", sentence)


def outputs_of(aws: Aws, stack: str) -> dict[str, str]:
    """Return a stack's outputs; none while there is no stack, or one that was never deployed."""
    found = aws.unless("ValidationError", "cloudformation", "describe-stacks", "--stack-name", stack)
    if not found:
        return {}
    return {one["OutputKey"]: one["OutputValue"] for one in found["Stacks"][0].get("Outputs", ())}


def delivery_key_of(aws: Aws, secret: str) -> str:
    """Return the name of the key that reports are sealed to now, or nothing; the rest goes nowhere."""
    answer = aws("secretsmanager", "get-secret-value", "--secret-id", secret)
    key = json.loads(answer["SecretString"]).get("desk_key") or {}
    return str(key.get("kid") or "")


def _object(aws: Aws, bucket: str, key: str) -> Any:
    with tempfile.NamedTemporaryFile() as file:
        aws("s3api", "get-object", "--bucket", bucket, "--key", key, file.name)
        return json.load(file)
