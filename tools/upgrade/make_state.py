"""Fixture maker for upgrade tests: runs a release's own code, and writes down the tables, secrets and bucket.

    git worktree add --detach /tmp/release v0.2.0
    python tools/upgrade/make_state.py /tmp/release tests/upgrade/0.2.0

It speaks to the code as the world does, by the desk's forms, the public form, SES's notices and the scheduled
handlers, so that it works with releases whose modules have other names. Nothing in it is a person's: words,
keys, codes and addresses are invented, and AWS is moto in this process.

Run as a file, not as a module: `tools` must be the package of the release.
"""

from __future__ import annotations

import base64
import importlib
import json
import logging
import lzma
import os
import re
import sys
import time
import uuid
from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
from botocore.exceptions import ReadTimeoutError
from chalice.test import Client
from moto.cognitoidp.models import cognitoidp_backends
from moto.server import ThreadedMotoServer
from moto.ses.models import RawMessage

if TYPE_CHECKING:
    from tools.upgrade.browser import Browser, Page, Stopped
else:  # run as a file: `tools` is to be the release's
    from browser import Browser, Page, Stopped

REGION = "us-west-2"
SITE = "http://127.0.0.1:8000"
ANA, BEN, PASSWORD = "ana@desk.example", "ben@desk.example", "correct horse battery"
NAMES = {
    "REPORTS_TABLE": "reports",
    "DOCUMENTS_TABLE": "documents",
    "DOOR_TABLE": "door",
    "ACCESS_TABLE": "access",
    "ACCESS_DOOR_TABLE": "access-door",
    "WISHES_TABLE": "wishes",
    "AUDIT_TABLE": "audit",
    "PAGES_BUCKET": "pages",
    "REPORTER_SECRET": "reporter",
    "DESK_KEYS_SECRET": "desk-keys",
    "SENDER_ADDRESS": "reports@porchlight.example",
    "SES_CONFIGURATION_SET": "porchlight",
    "DIGEST_EVERY": "5",
    "PORCHLIGHT_FUNCTION": "all",
    "PORCHLIGHT_PAGES": "live",
    "STAGE": "local",
    "SITE_ADDRESS": SITE,
}
TABLES = ("reports", "documents", "door", "audit")
OF_LATE = ("access", "access-door", "wishes")  # earlier releases have none of these
ACCESS = "/admin/access"
OF_DESK = ("/admin/recipients", "/admin/recipient")
# Pages of two languages stand for all: those of every language would be a megabyte.
LANGUAGES = ("en", "es")
SHERIFF = {
    "id": "sheriff",
    "name": "Sheriff",
    "serves": "us",
    "language": "en",
    "nature": "police",
    "email": "tips@sheriff.example",
    "fallback": "second@sheriff.example",
    "what": "A police office that was made up.",
    "what_not": "It cannot answer you.",
    "agreed_on": "2026-11-20",
    "source": "a call",
    "read_on": "2026-11-20",
    "why": "They asked for it",
}
# What a town changes: a line on the page, a contact's stamp, a sentence in Spanish, a line above each mail.
OURS = '<p class="small">{{ _("The town of Nowhere keeps this page.") }}</p>'
CHECKED = (
    '"checked_on": null,\n      "checked_by": null',
    '"checked_on": "2026-11-27",\n      "checked_by": "A clerk"',
)
SPANISH = ("Use a code", "Use el código que le dimos")
OUR_MAIL = "This mail comes from the town of Nowhere."
_CODE = re.compile(r"\b\d(?:\s*\d){19}\b")  # each digit is an element of its own since 0.2.0


class Context:
    """The context that Lambda gives a function: four minutes are left, always."""

    function_name = memory_limit_in_mb = function_version = "1"
    invoked_function_arn = "arn:aws:lambda:us-west-2:123456789012:function:porchlight"
    aws_request_id = "request"

    def get_remaining_time_in_millis(self) -> int:
        """Return the time that is left."""
        return 240_000


class Stage:
    """A stage that runs a release's code."""

    def __init__(self, code: Path) -> None:
        logging.getLogger("werkzeug").setLevel(logging.ERROR)  # it would print every request
        server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
        server.start()
        host, port = server.get_host_and_port()
        os.environ.update(NAMES, AWS_ENDPOINT_URL=f"http://{host}:{port}", AWS_REGION=REGION)
        os.environ.update(AWS_ACCESS_KEY_ID="x", AWS_SECRET_ACCESS_KEY="x", AWS_DEFAULT_REGION=REGION)  # noqa: S106
        sys.path[0] = str(code)
        self.mail_is_silent = False
        boto3.setup_default_session()
        boto3.DEFAULT_SESSION.events.register("before-send.sesv2.SendEmail", self._perhaps_silent)
        seed, admin = (_first(f"tools.local.{name}", f"tools.{name}") for name in ("seed", "seed_admin"))
        admin.seed_admin(os.environ, admin.FirstPublisher(ANA, PASSWORD))
        admin.seed_bucket(os.environ)
        self._second_publisher()
        self.app = importlib.import_module("app")
        seed.make_tables(self.app.settings)
        seed.seed(self.app.settings)
        if hasattr(seed, "put_in_recipients"):  # earlier releases have them in their documents
            seed.put_in_recipients(self.app.settings)
        self.dynamodb, self.s3 = boto3.client("dynamodb"), boto3.client("s3")
        self.http = Client(self.app.app).http

    def _perhaps_silent(self, request: Any, **_: Any) -> None:
        if self.mail_is_silent:
            raise ReadTimeoutError(endpoint_url=request.url)

    def _second_publisher(self) -> None:
        cognito, pool = boto3.client("cognito-idp"), os.environ["USER_POOL_ID"]
        cognito.admin_create_user(UserPoolId=pool, Username=BEN, MessageAction="SUPPRESS")
        cognito.admin_set_user_password(UserPoolId=pool, Username=BEN, Password=PASSWORD, Permanent=True)
        cognito.admin_add_user_to_group(UserPoolId=pool, Username=BEN, GroupName="publisher")
        for user in cognitoidp_backends["123456789012"][REGION].user_pools[pool].users.values():
            user.create_date -= timedelta(days=30)  # whoever came lately may not agree yet

    def signed_in(self, email: str) -> Browser:
        """Return the browser of somebody who has signed in at the desk, and where recipients are decided."""
        browser = Browser(self.http, SITE)
        for door in ("/admin/sign-in", f"{ACCESS}/sign-in"):
            page = browser.get(door)
            if door.startswith(ACCESS) and not page.has_form(door):
                continue  # of before those screens had a sign-in of their own
            page = browser.submit(page, door, {"email": email, "password": PASSWORD})
            if page.status not in (200, 303) or "sign-in" in page.path:
                raise Stopped(f"{email} could not sign in: {page.words[:300]}")
        return browser

    def a_day_later(self, publisher: Browser) -> None:
        """Put the day behind them that agreed changes of recipients wait for, where a release has one."""
        if "access" not in self.dynamodb.list_tables()["TableNames"]:
            return
        for item in self.scan("access"):
            if item["pk"] == {"S": "waiting"}:
                self.dynamodb.put_item(TableName="access", Item={**item, "settles_at": item["accepted_at"]})
        # To stop what is not there changes nothing, and tells the forms once more who is offered.
        waiting = f"{ACCESS}/waiting"
        page = publisher.get(waiting)
        csrf = page.form(f"{ACCESS}/sign-out")["csrf"]
        publisher.post(f"{waiting}/stop", {"csrf": csrf, "subject": "recipient#nobody", "id": "0"})

    def deliver(self) -> None:
        """Call the deliver handler, as EventBridge does."""
        self.app.deliver({**_schedule(), "detail-type": "Scheduled Event"}, Context())

    def notice(self, kind: str, message_id: str, to: str, details: Mapping[str, Any]) -> None:
        """Bring a notice of SES through the queue's handler. Raises Stopped when it is not taken."""
        member = kind[0].lower() + kind[1:]
        lists = {
            "bounce": "bouncedRecipients",
            "complaint": "complainedRecipients",
            "deliveryDelay": "delayedRecipients",
        }
        listed = {lists[member]: [{"emailAddress": to}]} if member in lists else {}
        when = time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime())
        mail = {"timestamp": when, "messageId": message_id, "destination": [to], "tags": {}}
        event = {"eventType": kind, member: {"timestamp": when, **listed, **details}, "mail": mail}
        body = json.dumps({"Type": "Notification", "Message": json.dumps(event)})
        record = {"messageId": str(uuid.uuid4()), "body": body, "eventSource": "aws:sqs", "attributes": {}}
        if self.app.note_delivery({"Records": [record]}, Context())["batchItemFailures"]:
            raise Stopped(f"the notice {kind} comes again")

    def delivery(self, case: str, recipient: str) -> dict[str, Any]:
        """Return one delivery of a case, as its item holds it."""
        for item in self.scan("reports"):
            if item.get("case_number", {}).get("S") == case:
                for one in item.get("deliveries", {}).get("L", ()):
                    if one["M"]["recipient"]["S"] == recipient:
                        return {name: next(iter(value.values())) for name, value in one["M"].items()}
        raise Stopped(f"{case} has no delivery to {recipient}")

    def scan(self, table: str) -> list[dict[str, Any]]:
        """Return all items of a table."""
        pages = self.dynamodb.get_paginator("scan").paginate(TableName=table, ConsistentRead=True)
        return [item for page in pages for item in page["Items"]]


def _schedule() -> dict[str, Any]:
    now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    arn = "arn:aws:events:us-west-2:123456789012:rule/porchlight"
    return {
        "version": "0", "id": "1", "source": "aws.events", "account": "1", "time": now, "region": REGION,
        "resources": [arn], "detail": {},
    }  # fmt: skip


def _first(*names: str) -> Any:
    for name in names:
        try:
            return importlib.import_module(name)
        except ModuleNotFoundError:
            continue
    raise Stopped(f"this release has none of {names}")


# What the desk does


def edit(browser: Browser, document: str, change: Callable[[str], str]) -> None:
    """Save a changed text as a draft."""
    page = browser.get(f"/admin/text?d={document}")
    before = page.form("/admin/text")["text"][0]
    if change(before) == before:
        raise Stopped(f"{document} is as before")
    told = browser.submit(page, "/admin/text", {"text": change(before)})
    if "done=saved" not in told.path:
        raise Stopped(f"{document} was not saved: {told.words[:500]}")


def publish(browser: Browser, why: str) -> None:
    """Publish all drafts. On a busy machine a page may take too long: then once more."""
    page = browser.get("/admin/publish")
    for _ in range(4):
        if page.has_form("/admin/publish/now"):
            break
        page = browser.get("/admin/publish")
    told = browser.submit(page, "/admin/publish/now", {"why": why, "yes": "yes"})
    if "done=published" not in told.path:
        raise Stopped(f"nothing was published: {told.words[:2500]}")


def recipients_at(browser: Browser) -> tuple[str, str]:
    """Return where this release shows recipients, and where its form of one is."""
    of_late = f"{ACCESS}/recipients"
    return (of_late, f"{of_late}/one") if browser.get(of_late).status == 200 else OF_DESK


def propose(browser: Browser, **changed: str) -> None:
    """Propose a recipient, and confirm its addresses by the codes that are mailed."""
    offices, office = recipients_at(browser)
    told = browser.submit(browser.get(office), office, {**SHERIFF, **changed})
    if "done=proposed" not in told.path:
        raise Stopped(f"not proposed: {told.words[:500]}")
    for address in ({**SHERIFF, **changed}["email"], {**SHERIFF, **changed}["fallback"]):
        page = browser.get(offices)
        browser.submit(page, f"{offices}/code", {}, address=address)
        mail = RawMessage.instances_tracked[-1].raw_data  # type: ignore[attr-defined]
        if not (code := re.search(r"\b\d{4} \d{4}\b", mail)):
            raise Stopped("the mail holds no code")
        page = browser.get(offices)
        told = browser.submit(page, f"{offices}/confirm", {"code": code[0]}, address=address)
        if "done=confirmed" not in told.path:
            raise Stopped(f"{address} was not confirmed: {told.words[:500]}")


def edit_site(stage: Stage, ana: Browser, ben: Browser) -> None:
    """Publish twice what a town would change, and leave a draft and a change of recipients waiting."""
    propose(ana)
    offices, _ = recipients_at(ben)
    told = ben.submit(ben.get(offices), f"{offices}/agree", {})
    if "done=agreed" not in told.path:
        raise Stopped(f"not agreed: {told.words[:500]}")
    stage.a_day_later(ben)
    edit(ana, "template/public/page.html", lambda text: _before_last(text, "{% endblock %}", OURS))
    whole = ana.get("/admin/text?d=contacts").status == 200  # of before each place had its own
    edit(ana, "contacts" if whole else "contacts/los-banos-ca", lambda text: text.replace(*CHECKED, 1))
    publish(ana, "A line of ours")
    edit(ana, "catalog/es", lambda text: _translated(text, *SPANISH))
    edit(ana, "template/public/note.html", lambda text: re.sub(r'rows="\d"', 'rows="12"', text))
    edit(
        ana, "template/public/code.html", lambda text: text.replace('id="k" name', 'id="k" class="big" name')
    )
    edit(ana, "template/mail/report/body.txt", lambda text: f"{OUR_MAIL}\n\n{text}")
    publish(ben, "Our words in Spanish, and in the mails")
    edit(ana, "template/public/answer.html", lambda text: text.replace("<ul>", '<ul class="rows">', 1))
    propose(ana, id="shelter", name="The Shelter of Nowhere", nature="services",
            email="tips@shelter.example", fallback="second@shelter.example")  # fmt: skip


def _before_last(text: str, mark: str, new: str) -> str:
    return f"{new}\n{mark}".join(text.rsplit(mark, 1))


def _translated(text: str, sentence: str, new: str) -> str:
    return re.sub(rf'(msgid "{re.escape(sentence)}"\nmsgstr) "[^"]*"', rf'\1 "{new}"', text)


# What visitors, the mail service and the desk do with reports


class Reports:
    """Reports that are filed by the form, and what becomes of them. Their words and codes are invented."""

    def __init__(self, stage: Stage, desk: Browser) -> None:
        self._stage, self._desk = stage, desk
        self._opened: list[Page] = []
        self.filed: dict[str, dict[str, Any]] = {}

    def open_forms(self, number: int) -> None:
        """Open some forms, and take the time that a person would."""
        browser = Browser(self._stage.http, SITE)
        self._opened = [browser.get("/en/los-banos-ca/note") for _ in range(number)]
        time.sleep(4)

    def file(self, to: Iterable[str], **typed: str) -> str:
        """File a report to these recipients; return its case number."""
        number = len(self.filed) + 1
        story = (
            f"Story {number} of the fixture: a blue van by the old mill, every Tuesday. “{number}” – ñ, ខ."
        )
        page = self._opened.pop()
        action = next(str(form.get("action")) for form in page.tree.iter("form") if form.get("action"))
        before = {item["pk"]["S"] for item in self._stage.scan("reports")}
        told = Browser(self._stage.http, SITE).submit(page, action, {"a": story, "r": [*to], **typed})
        if not (code := _CODE.search(told.words)):
            raise Stopped(f"no code: {told.status} {told.words[:600]}")
        new = [one for one in self._stage.scan("reports") if one["pk"]["S"] not in before and "sealed" in one]
        case = str(new[0]["case_number"]["S"])
        self.filed[case] = {"code": re.sub(r"\s", "", code[0]), "story": story}
        return case

    def tell(self, case: str, recipient: str, kind: str, **details: Any) -> None:
        """Say as SES what became of the last mail of a case to a recipient."""
        delivery = self._stage.delivery(case, recipient)
        self._stage.notice(kind, delivery["message_id"], delivery["address"] + "@office.example", details)

    def states(self) -> dict[str, dict[str, str]]:
        """Return each recipient's state, by case."""
        return {
            item["case_number"]["S"]: {
                one["M"]["recipient"]["S"]: one["M"]["state"]["S"] for one in item["deliveries"]["L"]
            }
            for item in self._stage.scan("reports")
            if "sealed" in item
        }

    def at_the_desk(self, case: str, action: str, **typed: str) -> None:
        """Press a button on a case's screen."""
        told = self._desk.submit(self._desk.get(f"/admin/case?n={case}"), action, typed)
        if told.status != 200 or "done=" not in told.path:
            raise Stopped(f"{action}: {told.path} {told.words[:500]}")


def file_reports(stage: Stage, ana: Browser) -> Reports:
    """File 22 reports, so that in the end each state of a delivery is there."""
    reports = Reports(stage, ana)
    both, dot = ("sheriff", "dot-trafficking"), ("dot-trafficking",)
    reports.open_forms(24)
    held = [reports.file(both, z="a robot") for _ in range(2)]  # they go out in one digest
    taken = [reports.file(both) for _ in range(3)]
    single = [reports.file(dot, e="no", b="work", c="The old mill", d="Tuesdays") for _ in range(5)]
    falls = [reports.file(("sheriff",)) for _ in range(3)]
    _, kept, seen, half = (reports.file(both) for _ in range(4))  # the first stays sent
    lost = reports.file(dot)
    time.sleep(6)
    stage.deliver()
    for case in (*taken, held[0]):
        for recipient in both:
            reports.tell(case, recipient, "Delivery", recipients=[], smtpResponse="250 ok")
    reports.tell(half, "sheriff", "Delivery", recipients=[], smtpResponse="250 ok")
    permanent = {"bounceType": "Permanent", "bounceSubType": "General", "feedbackId": "1"}
    reports.tell(single[0], dot[0], "Bounce", **permanent)
    reports.tell(single[1], dot[0], "Delivery", recipients=[], smtpResponse="250 ok")
    reports.tell(single[1], dot[0], "Complaint", complaintFeedbackType="abuse", feedbackId="1")
    reports.tell(single[2], dot[0], "Reject", reason="Bad content")
    reports.tell(single[3], dot[0], "DeliveryDelay", delayType="General")
    for case in falls[:2]:
        reports.tell(case, "sheriff", "Bounce", **permanent)
    stage.deliver()  # to the second address
    reports.tell(falls[0], "sheriff", "Bounce", **permanent)
    reports.tell(falls[2], "sheriff", "Bounce", **permanent)  # and waits to be sent there
    reports.at_the_desk(kept, "/admin/case/hold", why="A court asks")
    reports.tell(seen, "dot-trafficking", "Bounce", **permanent)
    reports.at_the_desk(seen, "/admin/case/answer", why="I called them")
    reports.tell(lost, dot[0], "Bounce", **permanent)
    if ana.get(f"/admin/case?n={lost}").has_form("/admin/case/move"):  # of late only as its writer allows
        reports.at_the_desk(lost, "/admin/case/move", other="sheriff", why="They are away")
    reports.file(both, e="no", c="The mill")
    stage.mail_is_silent = True
    stage.deliver()
    stage.mail_is_silent = False
    for _ in range(2):
        reports.file(both)  # queued
    reports.file(both, e="no", z="a robot")  # held
    return reports


# What is written down


def dump(stage: Stage, reports: Reports, release: str) -> dict[str, Any]:
    """Return tables, secrets and bucket, and what was filed."""
    secrets = boto3.client("secretsmanager")
    objects = stage.s3.get_paginator("list_objects_v2").paginate(Bucket=NAMES["PAGES_BUCKET"])
    keys = [one["Key"] for page in objects for one in page.get("Contents", ())]
    live = json.loads(stage.s3.get_object(Bucket=NAMES["PAGES_BUCKET"], Key="current.json")["Body"].read())
    return {
        "release": release,
        "record_format": _record_format(),
        "made_at": time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime()),
        "tables": {name: sorted(map(_plain, stage.scan(name)), key=str) for name in _tables(stage)},
        "secrets": {
            name: secrets.get_secret_value(SecretId=name)["SecretString"]
            for name in (NAMES["REPORTER_SECRET"], NAMES["DESK_KEYS_SECRET"])
        },
        "bucket": {key: _object(stage, key) for key in sorted(keys) if _is_kept(key, live["release"])},
        "filed": reports.filed,
        "states": reports.states(),
        "shipped": _shipped(),
    }


def _tables(stage: Stage) -> list[str]:
    """Return the tables that this release has."""
    there = stage.dynamodb.list_tables()["TableNames"]
    return [name for name in (*TABLES, *OF_LATE) if name in there]


def _record_format() -> int:
    """Return the format of this release's records; before there was a number, it was the first."""
    try:
        return int(importlib.import_module("tools.aws.record_format").RECORD_FORMAT)
    except ModuleNotFoundError:
        return 1


_PAGES = r"releases/(\d+)|releases/places/[^/]+/[^/]+|releases/shared/[^/]+|site"


def _is_kept(key: str, live: int) -> bool:
    """Say whether a file is kept: all but pages, of which those of two languages, and of before the live."""
    page = re.match(rf"(?:{_PAGES})/([a-z]{{2,3}}(?:-[A-Za-z]+)?)(?:[/.]|$)", key)
    return page is None or (page[2] in LANGUAGES and int(page[1] or live) == live)


def _object(stage: Stage, key: str) -> dict[str, str]:
    found = stage.s3.get_object(Bucket=NAMES["PAGES_BUCKET"], Key=key)
    body = base64.b64encode(found["Body"].read()).decode("ascii")
    return {"body": body, "type": found["ContentType"], "caching": found.get("CacheControl", "")}


def _plain(item: Any) -> Any:
    """Return an item as DynamoDB's JSON, with bytes in base64."""
    if isinstance(item, bytes):
        return base64.b64encode(item).decode("ascii")
    if isinstance(item, dict):
        return {name: _plain(value) for name, value in sorted(item.items())}
    return [_plain(value) for value in item] if isinstance(item, list) else item


def _shipped() -> dict[str, str]:
    """Return the texts that came with this release, by document."""
    wiring = _first(
        "chalicelib.wiring.publishing", "chalicelib.wiring.documents", "chalicelib.wiring_documents"
    )
    code = getattr(wiring, "RENDERERS", None) or Path(wiring.__file__).parent / "render"
    files = wiring.ShippedFiles(wiring.SHIPPED, code, wiring.sentences.of_texts)
    return {document: files.text(document) for document in files.ids()}


def main(code: str, out: str) -> int:
    """Make the state of a release, and write it down."""
    folder = Path(out).resolve()
    os.chdir(code)
    stage = Stage(Path(code).resolve())
    _first("tools.build.catalogs", "tools.catalogs").compile_catalogs()
    ana, ben = stage.signed_in(ANA), stage.signed_in(BEN)
    edit_site(stage, ana, ben)
    reports = file_reports(stage, ana)
    state = dump(stage, reports, folder.name)
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(state, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
    (folder / "state.json.xz").write_bytes(lzma.compress(text, preset=9))
    found = sorted({one for states in state["states"].values() for one in states.values()})
    print(f"{len(reports.filed)} reports; states: {', '.join(found)}; {len(state['bucket'])} objects")
    return 0


if __name__ == "__main__":
    code = main(*sys.argv[1:])
    sys.stdout.flush()
    os._exit(code)  # the stand-in's threads hold nothing that matters
