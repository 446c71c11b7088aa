"""The admin site over moto's HTTP, and people at its desk with a browser that runs no script."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlencode, urljoin

import html5lib
from chalice.app import Chalice
from chalice.test import Client
from moto.cognitoidp.models import cognitoidp_backends
from moto.core import DEFAULT_ACCOUNT_ID
from moto.ses.models import RawMessage

from chalicelib.delivery.adapters import dynamo_wishes
from chalicelib.delivery.adapters.delivery_marks import DeliveryMarks
from chalicelib.desk.adapters import dynamo_audit, dynamo_sign_ins, dynamo_standings
from chalicelib.desk.adapters.cognito_people import client_definition, pool_definition
from chalicelib.desk.people import PUBLISHER, ROLES
from chalicelib.desk.web.cookies import OF_ACCESS
from chalicelib.publishing.adapters import dynamo_documents
from chalicelib.reporting.adapters import dynamo_reports
from chalicelib.settings import Settings
from chalicelib.shared.aws.sdk import client
from chalicelib.wiring import access, admin, http
from tools.aws.move_recipients import move

HOST = "desk.example"
ORIGIN = f"https://{HOST}"
FORM = "application/x-www-form-urlencoded"
PUBLISHER_ONE = "ana@desk.example"
PUBLISHER_TWO = "ben@desk.example"
EDITOR_ONE = "cam@desk.example"
PASSWORD = "correct horse battery"
SENDER = "desk@porchlight.example"

Fields = Mapping[str, str] | Sequence[tuple[str, str]]


@dataclass
class Page:
    """An answer, read as a browser reads it."""

    path: str
    status: int
    headers: Mapping[str, Any]
    text: str

    @property
    def tree(self) -> Any:
        """The page as elements, read strictly: a fault in the HTML is a fault of the test."""
        return html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(self.text)

    @property
    def words(self) -> str:
        """All that a person reads, with single spaces."""
        body = self.tree.find("body")
        return " ".join(" ".join(body.itertext()).split())

    @property
    def location(self) -> str:
        return str(self.headers.get("Location", ""))

    @property
    def cookies(self) -> list[str]:
        found = self.headers.get("Set-Cookie", [])
        return [found] if isinstance(found, str) else list(found)

    def forms(self, action: str) -> list[dict[str, str]]:
        """The forms that are sent to an address, each with what it would send if nothing were typed."""
        return [
            _filled(form)
            for form in self.tree.iter("form")
            if form.get("action") == action and form.get("method") == "post"
        ]


def _filled(form: Any) -> dict[str, str]:
    fields: dict[str, str] = {}
    for element in form.iter():
        name, kind = element.get("name"), element.get("type", "text")
        if not name:
            continue
        if element.tag == "textarea":
            fields[name] = "".join(element.itertext())
        elif element.tag == "select":
            options = list(element.iter("option"))
            chosen = next((one for one in options if one.get("selected") is not None), options[0])
            fields[name] = chosen.get("value", "".join(chosen.itertext()))
        elif element.tag == "input" and (
            kind not in ("checkbox", "radio") or element.get("checked") is not None
        ):
            fields[name] = element.get("value", "")
    return fields


@dataclass
class Person:
    """Somebody with a browser: cookies are kept, scripts are not run."""

    site: DeskSite
    email: str = ""
    jar: dict[str, str] = field(default_factory=dict)

    def get(self, path: str, headers: Mapping[str, str] | None = None) -> Page:
        return self.ask("GET", path, b"", {"Sec-Fetch-Site": "same-origin", **(headers or {})})

    def post(self, path: str, fields: Fields, headers: Mapping[str, str] | None = None) -> Page:
        """Send a form from one of our pages, unless `headers` say otherwise ("" leaves a header out)."""
        sent = {
            "Content-Type": FORM,
            "Origin": ORIGIN,
            "Sec-Fetch-Site": "same-origin",
            **(headers or {}),
        }
        body = urlencode(list(fields.items()) if isinstance(fields, Mapping) else fields).encode()
        return self.ask("POST", path, body, {name: value for name, value in sent.items() if value})

    def submit(self, page: Page, action: str, which: int = 0, **typed: str) -> Page:
        """Fill in a form that stands on a page, and press its button."""
        fields = {**page.forms(action)[which], **typed}
        return self.post(action, fields)

    def follow(self, page: Page) -> Page:
        """Go where a redirect leads."""
        assert page.status == 303, page.words
        return self.get(page.location)

    def sign_in(self, password: str = PASSWORD, at: str = "/admin/sign-in") -> Page:
        """Sign in by password; return what then comes."""
        return self.follow(self._let_in(password, at))

    def at_access(self, password: str = PASSWORD) -> Person:
        """Sign in at the access screens too; return the same person."""
        page = self._let_in(password, "/admin/access/sign-in")
        assert page.status == 303, page.words
        return self

    def come_in(self) -> Person:
        """Sign in and stop at the door: Home gathers from everywhere, and few tests look at it."""
        page = self._let_in(PASSWORD, "/admin/sign-in")
        assert page.location.rstrip("/").endswith("/admin"), page.location
        return self

    def _let_in(self, password: str, at: str) -> Page:
        page = self.get(at)
        return self.submit(page, at, email=self.email, password=password)

    def ask(self, method: str, path: str, body: bytes, headers: Mapping[str, str]) -> Page:
        path = urljoin("/", path)
        in_access = path.startswith(OF_ACCESS.path)
        cookie = "; ".join(
            f"{name}={value}" for name, value in self.jar.items() if in_access or name not in OF_ACCESS.all()
        )
        sent = {"Host": HOST, **headers, **({"Cookie": cookie} if cookie else {})}
        answer = self.site.http.request(method, path, headers=sent, body=body)
        page = Page(path, answer.status_code, answer.headers, answer.body.decode())
        for line in page.cookies:
            name, _, rest = line.partition("=")
            value = rest.partition(";")[0]
            self.jar.pop(name, None)
            if value:
                self.jar[name] = value
        return page


class DeskSite:
    """A pool, tables and the app, new for one test. Two publishers and an editor have signed in before."""

    def __init__(
        self,
        number: int,
        stage: str = "local",
        function: str = "admin",
        clock: Any = None,
        pool_client: Any = None,
        operator: str = "",
        directory: Any = None,
    ) -> None:
        names = {
            "reports_table": dynamo_reports,
            "documents_table": dynamo_documents,
            "door_table": dynamo_sign_ins,
            "audit_table": dynamo_audit,
            "access_table": dynamo_standings,
            "wishes_table": dynamo_wishes,
            "access_door_table": dynamo_sign_ins,
        }
        self._mailed_before = len(RawMessage.instances_tracked)  # by desks of other tests
        self.cognito = client("cognito-idp")
        self.dynamodb = client("dynamodb")
        self.pool = str(
            self.cognito.create_user_pool(**pool_definition(f"pool-{number}", False))["UserPool"]["Id"]
        )
        made = self.cognito.create_user_pool_client(**client_definition(self.pool))["UserPoolClient"]
        self.settings = Settings(
            porchlight_function=function,
            porchlight_pages="live",
            stage=stage,
            sender_address=SENDER,
            operator_address=operator,
            user_pool_id=self.pool,
            user_pool_client_id=str(made["ClientId"]),
            pages_bucket=f"pages-{number}",
            **{name: f"{name}-{number}" for name in names},
        )
        for name, module in names.items():
            self.dynamodb.create_table(**module.table_definition(getattr(self.settings, name)))
        client("s3").create_bucket(
            Bucket=self.settings.pages_bucket,
            CreateBucketConfiguration={"LocationConstraint": "us-west-2"},
        )
        move(
            client,
            {
                "Access": self.settings.access_table,
                "Documents": self.settings.documents_table,
                "Pages": self.settings.pages_bucket,
            },
        )
        for role in ROLES:
            self.cognito.create_group(UserPoolId=self.pool, GroupName=role)
        for email, role in ((PUBLISHER_ONE, PUBLISHER), (PUBLISHER_TWO, PUBLISHER), (EDITOR_ONE, "editor")):
            self.add(email, role)
        self.app = Chalice(app_name="porchlight")
        if clock is None and pool_client is None and directory is None:
            http.serve(self.app, self.settings)
            access.serve(self.app, self.settings)
        else:
            admin.serve(self.app, self.settings, clock, lambda: pool_client or self.cognito, directory)
            access.serve(self.app, self.settings, clock, lambda: pool_client or self.cognito)
        self.http = Client(self.app).http

    def add(self, email: str, role: str, days_ago: float = 30) -> None:
        """Add somebody who was invited some time ago, and has chosen a password already."""
        self.cognito.admin_create_user(UserPoolId=self.pool, Username=email, MessageAction="SUPPRESS")
        self.cognito.admin_set_user_password(
            UserPoolId=self.pool, Username=email, Password=PASSWORD, Permanent=True
        )
        if role:
            self.cognito.admin_add_user_to_group(UserPoolId=self.pool, Username=email, GroupName=role)

        users = cognitoidp_backends[DEFAULT_ACCOUNT_ID]["us-west-2"].user_pools[self.pool].users
        users[email].create_date -= timedelta(days=days_ago)

    def before_the_first_report(self) -> None:
        """Begin to watch deliveries, as a stage does from its first day on: nothing waits for a day yet."""
        marks = DeliveryMarks(lambda: self.dynamodb, self.settings.reports_table)
        marks.begin_to_watch(datetime.now(UTC))

    def person(self, email: str = "") -> Person:
        """Somebody at the door."""
        return Person(self, email)

    def signed_in(self, email: str) -> Person:
        """Somebody who is in."""
        return self.person(email).come_in()

    def log(self) -> list[dict[str, str]]:
        """The audit log, oldest first: one line for each deed, with what came of it, as the desk shows it."""
        lines = self.lines()
        ended = {line["deed"] for line in lines if "deed" in line and line["outcome"] != "begun"}
        return [line for line in lines if line.get("outcome") != "begun" or line["deed"] not in ended]

    def lines(self) -> list[dict[str, str]]:
        """The audit log as it is stored, oldest first."""
        items = self.dynamodb.scan(TableName=self.settings.audit_table, ConsistentRead=True)["Items"]
        read = [{name: next(iter(value.values())) for name, value in item.items()} for item in items]
        return sorted(read, key=lambda line: line["at"])

    def everything_kept(self) -> str:
        """All that the tables of the desk hold, as they hold it."""
        names = ("documents", "audit", "door", "access", "access_door")
        tables = [getattr(self.settings, f"{name}_table") for name in names]
        return str([self.dynamodb.scan(TableName=table, ConsistentRead=True)["Items"] for table in tables])

    def mails(self) -> list[dict[str, Any]]:
        """The mails that went out since this desk is there, oldest first."""
        # Moto's own list, of this process: its data.json looks through everything that it ever held.
        return [{"raw_data": mail.raw_data} for mail in RawMessage.instances_tracked[self._mailed_before :]]


def query_of(path: str) -> dict[str, str]:
    """The query of an address."""
    return dict(parse_qsl(path.partition("?")[2]))
