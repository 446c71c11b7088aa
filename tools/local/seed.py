"""What the stack's template makes on AWS, made on stand-ins: table, secrets, sender. What is there stays."""

from __future__ import annotations

import json
import secrets
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.delivery.adapters import dynamo_wishes
from chalicelib.delivery.adapters.delivery_keys import new_delivery_key
from chalicelib.desk.adapters import dynamo_audit, dynamo_sign_ins, dynamo_standings
from chalicelib.directory.adapters.dynamo_recipients import DynamoRecipients
from chalicelib.directory.adapters.shipped_content import CONTENT
from chalicelib.publishing.adapters import dynamo_documents
from chalicelib.reporting.adapters import dynamo_reports
from chalicelib.reporting.adapters.delivery_key_item import DeliveryKeyItem
from chalicelib.reporting.adapters.reporter_secret import ReporterSecret
from chalicelib.settings import Settings
from chalicelib.shared.aws.secrets import JsonSecret
from chalicelib.shared.errors import PorchlightError, SecretMissing
from tools.aws.move_recipients import move

_THERE_ALREADY = {
    "ResourceInUseException",
    "ResourceExistsException",
    "AlreadyExistsException",
    "BucketAlreadyOwnedByYou",
}


def client(service: str) -> Any:
    """Return a client that is quick to give up."""
    config = Config(
        connect_timeout=1,
        read_timeout=5,
        retries={"total_max_attempts": 1, "mode": "standard"},
        account_id_endpoint_mode="disabled",
    )
    return boto3.client(service, config=config)


def seed(settings: Settings) -> None:
    """Make secrets, sender and mail rules. The tables are `TableKeeper`'s."""
    _seed_secrets(settings)
    _seed_mail(settings)


def _seed_secrets(settings: Settings) -> None:
    manager = client("secretsmanager")
    key = new_delivery_key(datetime.now(UTC))
    desk = {"keys": {key.kid: key.private}}
    reporter = {"seed": secrets.token_urlsafe(48), "desk_key": {"kid": key.kid, "public": key.public}}
    for name, content in ((settings.desk_keys_secret, desk), (settings.reporter_secret, reporter)):
        with unless_there():
            manager.create_secret(Name=name, SecretString=json.dumps(content))


def _seed_mail(settings: Settings) -> None:
    ses = client("sesv2")
    with unless_there():
        ses.create_email_identity(EmailIdentity=settings.sender_address)
    with unless_there():
        ses.create_configuration_set(
            ConfigurationSetName=settings.ses_configuration_set,
            DeliveryOptions={"TlsPolicy": "REQUIRE"},
            SendingOptions={"SendingEnabled": True},
        )


def make_tables(settings: Settings) -> None:
    """Make each table that is missing."""
    dynamodb = client("dynamodb")
    for definition in (
        dynamo_reports.table_definition(settings.reports_table),
        dynamo_documents.table_definition(settings.documents_table),
        dynamo_sign_ins.table_definition(settings.door_table),
        dynamo_audit.table_definition(settings.audit_table),
        dynamo_standings.table_definition(settings.access_table),
        dynamo_wishes.table_definition(settings.wishes_table),
        dynamo_sign_ins.table_definition(settings.access_door_table),
    ):
        try:
            dynamodb.describe_table(TableName=definition["TableName"])
        except dynamodb.exceptions.ResourceNotFoundException:
            with unless_there():
                dynamodb.create_table(**definition)


def put_in_recipients(settings: Settings) -> None:
    """Put who gets reports into the access table, as a deploy's last step does, unless they are there."""
    if (
        not settings.pages_bucket
        or DynamoRecipients(partial(client, "dynamodb"), settings.access_table).is_moved()
    ):
        return
    tables = {"Access": settings.access_table, "Documents": settings.documents_table}
    names = {**tables, "Audit": settings.audit_table, "Pages": settings.pages_bucket}
    move(client, names, shipped=recipients_here())


def recipients_here() -> str:
    """Return the shipped recipients as this machine has them: the first one writes back.

    So both ways of an office can be seen. What ships says of no office that it does.
    """
    entries = json.loads((CONTENT / "recipients.json").read_text(encoding="utf-8"))
    entries[0]["answers"] = True
    return json.dumps(entries, ensure_ascii=False, indent=1)


def put_in_delivery_key(settings: Settings) -> None:
    """Put the public delivery key beside the reports, as who makes the keys does, unless it is there."""
    item = DeliveryKeyItem(partial(client, "dynamodb"), settings.reports_table)
    try:
        item.current()
    except SecretMissing:
        secret = JsonSecret(partial(client, "secretsmanager"), settings.reporter_secret)
        with suppress(SecretMissing):  # nobody made any yet
            item.put(*ReporterSecret(secret).delivery_key())


@contextmanager
def unless_there() -> Iterator[None]:
    """Let it pass when what is made is there already."""
    try:
        yield
    except ClientError as error:
        if error.response["Error"]["Code"] not in _THERE_ALREADY:
            raise


class TableKeeper:
    """Sees that the tables exist, also when their DynamoDB comes up late or comes back empty."""

    def __init__(self, settings: Settings, every: float = 1.0, say: Callable[[str], None] = print) -> None:
        self._settings = settings
        self._every = every
        self._say = say
        self._stopped = threading.Event()
        self._away = False
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> None:
        """Look now, and from then on in a thread."""
        self.look()
        self._thread.start()

    def stop(self) -> None:
        """Look no more."""
        self._stopped.set()

    def look(self) -> None:
        """Make what is missing; say in one line when DynamoDB goes away, and when it is back."""
        try:
            make_tables(self._settings)
            put_in_recipients(self._settings)
            put_in_delivery_key(self._settings)
        except (BotoCoreError, ClientError, PorchlightError):
            if not self._away and not self._stopped.is_set():
                self._say("DynamoDB does not answer; reports cannot be taken until it does")
            self._away = True
        else:
            if self._away:
                self._say("DynamoDB answers again")
            self._away = False

    def _run(self) -> None:
        while not self._stopped.wait(self._every):
            self.look()


def refuse_aws(endpoint: str) -> None:
    """Raise ValueError for an endpoint of AWS itself: a local run must never reach it."""
    host = urlsplit(endpoint).hostname or ""
    if not host or host.endswith((".amazonaws.com", ".amazonaws.com.cn", ".api.aws", ".aws.dev")):
        raise ValueError(endpoint)
