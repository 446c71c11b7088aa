"""Upgrades of a live stage: this code over the tables, secrets and bucket that each earlier release left."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from moto.core import DEFAULT_ACCOUNT_ID
from moto.server import ThreadedMotoServer
from moto.ses.models import ses_backends

from chalicelib.delivery.adapters.dynamo_cases import DynamoCases
from chalicelib.delivery.adapters.dynamo_hand_overs import DynamoHandOvers
from chalicelib.delivery.adapters.dynamo_month_sums import DynamoMonthSums
from chalicelib.delivery.adapters.dynamo_wishes import DynamoWishes
from chalicelib.delivery.adapters.hpke_opener import HpkeOpener
from chalicelib.delivery.agreed_hand_overs import Agreement, HandOverKey, fingerprint_of
from chalicelib.delivery.hand_over_cases import HandOvers
from chalicelib.delivery.month_tallies import mark_of
from chalicelib.delivery.wishes import AGREE, Wish
from chalicelib.directory.adapters.published_texts import OFFICES
from chalicelib.directory.recipient_rows import public
from chalicelib.publishing.adapters.dynamo_documents import DynamoDocuments
from chalicelib.publishing.adapters.s3_releases import S3Releases
from chalicelib.publishing.move_recipients import Moved
from chalicelib.publishing.package_by_place import PackageByPlace
from chalicelib.publishing.publish import Publish
from chalicelib.publishing.renderer_by_place import RendererByPlace
from chalicelib.publishing.store_by_place import StoreByPlace
from chalicelib.publishing.without_recipients import PackageWithOffices, StoreWithoutRecipients
from chalicelib.replies.adapters.code_key_vault import CodeKeyVault
from chalicelib.replies.adapters.dynamo_replies import DynamoReplies
from chalicelib.replies.follow_up import FollowUp
from chalicelib.reporting.adapters.dynamo_reports import DynamoReports
from chalicelib.reporting.adapters.receipt_vault import SeededVault
from chalicelib.reporting.adapters.reporter_secret import ReporterSecret
from chalicelib.reporting.cases import (
    BOUNCED,
    DELIVERED,
    LOOKED_AT,
    LOST,
    MOVES,
    SENT,
    WAITING,
    HandOver,
    SealedReport,
)
from chalicelib.reporting.report import Report
from chalicelib.settings import Settings
from chalicelib.shared.aws.sdk import client
from chalicelib.shared.aws.secrets import JsonSecret
from chalicelib.wiring import deliver, mails, note_delivery, published, sweep, texts
from chalicelib.wiring.publishing import shipped_offices
from chalicelib.wiring.texts import SHIPPED
from tests.conftest import REGION
from tests.support.desk_site import PUBLISHER_ONE, PUBLISHER_TWO, DeskSite
from tests.support.fake_builds import checks
from tests.support.fakes import FixedClock, recipient
from tests.support.kept_states import RELEASES, items, kept_state, made_at, put_items, put_objects, restore
from tests.support.rendered import shipped_files, shipped_folders, site_renderer
from tests.support.settled_recipients import put_offices
from tools.aws.move_recipients import move

pytestmark = pytest.mark.takes(60)
ANA, BEN = PUBLISHER_ONE, PUBLISHER_TWO
DAY = date(2027, 1, 1)  # after every kept report
OURS = "The town of Nowhere keeps this page."


class _Minute:
    def get_remaining_time_in_millis(self) -> int:
        return 60_000


def moved(settings: Settings) -> Moved:
    """Do what the deploy's last step does: recipients become rows of the access table."""
    tables = {"Access": settings.access_table, "Documents": settings.documents_table}
    return move(client, {**tables, "Pages": settings.pages_bucket})


class Stage:
    """A stage that an earlier release left, and this code's functions over it, an hour later."""

    def __init__(self, release: str, base: str) -> None:
        self.state = kept_state(release)
        self.settings: Settings = restore(self.state, base)
        self.moved = moved(self.settings)
        self.clock = FixedClock(made_at(self.state) + timedelta(hours=1))
        self.store = DynamoReports(lambda: client("dynamodb"), "reports")
        for cached in (deliver._delivery_keys, texts.texts_at, mails._published_frames):
            cached.cache_clear()

    def deliver(self) -> dict[str, Any]:
        return deliver.deliver(self.settings, _Minute(), self.clock)

    def sweep(self) -> int:
        done = sweep.sweep(self.settings, _Minute(), self.clock, scheduled_at=self.clock.now())
        return int(done["deleted"])

    def states(self) -> dict[str, dict[str, str]]:
        return {
            report.case_number: {one.recipient: one.state for one in report.deliveries}
            for report in self.store.survey(self.clock.now())
        }

    def notice(self, kind: str, message_id: str) -> None:
        when, member = f"{self.clock.now():%Y-%m-%dT%H:%M:%S.000Z}", kind[0].lower() + kind[1:]
        mail = {"timestamp": when, "messageId": message_id, "destination": ["a@b.example"], "tags": {}}
        event = {"eventType": kind, member: {"timestamp": when, "recipients": ["a@b.example"]}, "mail": mail}
        body = json.dumps({"Type": "Notification", "Message": json.dumps(event)})
        batch = {"Records": [{"messageId": "1", "body": body}]}
        done = note_delivery.note_delivery(self.settings, batch, _Minute(), self.clock)
        assert done == {"batchItemFailures": []}

    def mailed(self) -> list[str]:
        sent = ses_backends[DEFAULT_ACCOUNT_ID][REGION].sent_messages
        return [message.raw_data for message in sent]


@pytest.fixture(scope="module")
def moto_address() -> Iterator[str]:
    """The address of a server that has what `aws` holds: published files are fetched over HTTP."""
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture(params=RELEASES)
def stage(request: pytest.FixtureRequest, aws: None, moto_address: str) -> Stage:
    return Stage(request.param, moto_address)


def test_a_release_is_kept_from_before_the_rooms_and_one_from_after() -> None:
    assert {"0.1.0", "0.2.0"} <= {*RELEASES}


@pytest.mark.parametrize("release", RELEASES)
def test_what_is_kept_of_a_release_holds_twenty_reports_and_each_of_its_states(release: str) -> None:
    state = kept_state(release)
    states = {one for deliveries in state["states"].values() for one in deliveries.values()}
    assert len(state["filed"]) >= 20
    assert states >= {*MOVES} - {"unclear", "withheld"} - ({"failed"} if release != "0.1.0" else set())


def test_every_report_of_before_is_read_and_opened(stage: Stage) -> None:
    keys = json.loads(stage.state["secrets"]["desk-keys"])["keys"]
    opener = HpkeOpener(lambda: keys, lambda: None)
    for item in items(stage.state, "reports"):
        if "sealed" not in item:
            continue
        record = stage.store.get(item["pk"]["S"].removeprefix("report#"), stage.clock.now())
        assert record is not None
        words = Report.from_bytes(opener.open(record.sealed, record.id))
        assert words.story == stage.state["filed"][record.case_number]["story"]


def test_what_waited_is_delivered_with_its_words(stage: Stage, log: list[str]) -> None:
    waiting = {case for case, states in stage.states().items() if WAITING & {*states.values()}}
    assert len(waiting) >= 4
    stage.deliver()
    assert not any(WAITING & {*states.values()} for states in stage.states().values())
    mail = "\n".join(stage.mailed())
    for case in waiting:
        number = stage.state["filed"][case]["story"].split(" of the fixture")[0]
        assert number in mail, case
    assert "delivery_fault" not in "".join(log)


def test_a_notice_about_a_mail_of_before_finds_its_report(stage: Stage) -> None:
    sent = [
        (report, one)
        for report in stage.store.survey(stage.clock.now())
        for one in report.deliveries
        if one.state == SENT and not one.digest
    ]
    report, delivery = sent[0]
    stage.notice("Delivery", delivery.message_id)
    assert stage.states()[report.case_number][delivery.recipient] == DELIVERED


def test_a_notice_about_a_digest_of_before_finds_its_reports(stage: Stage) -> None:
    """Of two reports in one mail the one was delivered to all: a digest's notice is about both."""
    batches = [item for item in items(stage.state, "reports") if item["pk"]["S"].startswith("batch#")]
    assert len(batches) >= 1
    for batch in batches:
        assert stage.store.batch(batch["pk"]["S"].removeprefix("batch#"))


def test_a_code_of_before_is_looked_up(stage: Stage) -> None:
    secret = ReporterSecret(JsonSecret(lambda: client("secretsmanager"), "reporter"))
    vault, shelf = (
        CodeKeyVault(SeededVault(secret.seed)),
        DynamoReplies(lambda: client("dynamodb"), "reports"),
    )
    look_up = FollowUp(stage.store, shelf, vault, published.published_recipients(stage.settings), stage.clock)
    some = [*stage.state["filed"].items()][::4]  # each takes the memory and time of a password's hash
    for case, filed in some:
        found = look_up(filed["code"])
        assert found is not None, case
        assert len(look_up.statuses(found)) == len(stage.state["states"][case])
    assert look_up("0000 0000 0000 0000 0000") is None


def test_what_was_taken_is_deleted_on_time_and_nothing_else(stage: Stage) -> None:
    before = stage.states()
    settled = {case for case, states in before.items() if {*states.values()} == {DELIVERED}}
    assert len(settled) >= 3
    stage.clock.forward(days=29)
    stage.sweep()
    assert {*stage.states()} == {*before}
    stage.clock.forward(days=2)
    sums = DynamoMonthSums(lambda: client("dynamodb"), "reports")
    counted = {mark for one in sums.all() for mark in one.marks}
    ends = [report for report in stage.store.survey(stage.clock.now()) if report.case_number in settled]
    assert {mark_of(report) for report in ends} <= counted
    assert stage.sweep() >= len(settled)
    assert sum(one.raw[""].reports for one in sums.all()) == len(counted)
    assert all(one.partial for one in sums.all())
    left = stage.states()
    assert not settled & {*left}
    on_hold = [report for report in stage.store.survey(stage.clock.now()) if report.legal_hold]
    assert len(on_hold) == 1
    for case, states in before.items():
        if (WAITING | LOOKED_AT | LOST) & {*states.values()} and not _answered(stage, case):
            assert case in left, case


def _answered(stage: Stage, case: str) -> bool:
    return any(
        item["case_number"]["S"] == case and "answered_at" in item
        for item in items(stage.state, "reports")
        if "sealed" in item
    )


@pytest.fixture(params=RELEASES)
def desk(request: pytest.FixtureRequest, make_desk: Callable[..., DeskSite]) -> DeskSite:
    """A desk of this code, over the documents that an earlier release left."""
    site, state = make_desk(), kept_state(request.param)
    put_items(state, "documents", site.settings.documents_table)
    put_items(state, "audit", site.settings.audit_table)
    put_items(state, "reports", site.settings.reports_table)
    put_objects(state, site.settings.pages_bucket)
    for item in client("dynamodb").scan(TableName=site.settings.access_table)["Items"]:
        key = {name: item[name] for name in ("pk", "sk")}
        client("dynamodb").delete_item(TableName=site.settings.access_table, Key=key)
    client("s3").delete_object(Bucket=site.settings.pages_bucket, Key=OFFICES)
    moved(site.settings)
    # Cases of before come into the desk's lists by the next sweep.
    clock = FixedClock(made_at(state) + timedelta(hours=1))
    sweep.sweep(site.settings, _Minute(), clock, scheduled_at=clock.now())
    return site


@pytest.fixture(params=RELEASES)
def publishing(request: pytest.FixtureRequest, aws: None, moto_address: str, tmp_path: Path) -> Publishing:
    return Publishing(kept_state(request.param), moto_address, tmp_path)


def _offices() -> str:
    return json.dumps([public(entry) for entry in json.loads(shipped_offices())])


class Publishing:
    """Publishing over what an earlier release left, in two languages: ten would say no more."""

    def __init__(self, state: Mapping[str, Any], base: str, work: Path) -> None:
        settings = restore(state, base)
        folders = shipped_folders(work, locales=("en", "es"))
        shelf = S3Releases(lambda: client("s3"), settings.pages_bucket)
        package = PackageWithOffices(shipped_files(folders), _offices)
        clock, shipped = FixedClock(made_at(state)), PackageByPlace(package)
        kept = DynamoDocuments(lambda: client("dynamodb"), settings.documents_table)
        self.store = StoreByPlace(StoreWithoutRecipients(kept), shipped, shelf)
        check = checks(RendererByPlace(site_renderer(folders), shipped), shipped, shelf, clock)
        self.publish = Publish(self.store, shipped, shelf, check, clock)

    def texts(self, release: int) -> dict[str, str]:
        key = f"releases/{release}/documents.json"
        return dict(json.loads(client("s3").get_object(Bucket="pages", Key=key)["Body"].read()))


def test_what_an_earlier_release_published_is_published_on_and_rolled_back(publishing: Publishing) -> None:
    [draft] = publishing.store.drafts()
    done = publishing.publish(PUBLISHER_ONE, "After the upgrade", accept=True)
    assert (done.number, done.since) == (3, 2)
    live = publishing.texts(3)
    assert OURS in live["template/public/page.html"]
    assert live["template/public/answer.html"] == draft.text
    assert "Use el código que le dimos" in live["catalog/es"]
    assert publishing.store.drafts() == []
    back = publishing.publish.roll_back(1, PUBLISHER_ONE, "Back")
    assert back.number == 4
    assert "catalog/es" not in publishing.texts(4)
    assert "recipients" not in publishing.texts(3) | publishing.texts(4)


def test_recipients_of_before_get_mail_as_before_and_lie_in_no_object_that_anybody_may_read(
    stage: Stage,
) -> None:
    before = next(
        json.loads(item["text"]["S"])
        for item in sorted(items(stage.state, "documents"), key=lambda item: item["sk"]["S"], reverse=True)
        if item["pk"]["S"] == "version#recipients"
    )
    book = mails.delivery_recipients(stage.settings, stage.clock)
    now = {one.id: (one.email, one.fallback, one.key, one.enforces_immigration) for one in book.recipients()}
    assert now == {
        one["id"]: (one["email"], one["fallback"], one.get("key", ""), one["enforces_immigration"])
        for one in before
    }
    objects = client("s3")
    keys = [one["Key"] for one in objects.list_objects_v2(Bucket="pages")["Contents"]]
    bodies = {key: objects.get_object(Bucket="pages", Key=key)["Body"].read() for key in keys}
    inboxes = {address for email, fallback, *_ in now.values() for address in (email, fallback) if address}
    inboxes -= {"trafficking@dot.gov", "bluecampaign@hq.dhs.gov"}  # the page shows these to its readers
    assert inboxes == {"tips@sheriff.example", "second@sheriff.example"}
    found = [(key, one) for key, body in bodies.items() for one in inboxes if one.encode() in body]
    assert not found
    assert {entry["id"] for entry in json.loads(bodies[OFFICES])["recipients"]} == {*now}
    assert moved(stage.settings).cleaned == []


def test_every_screen_of_the_desk_shows_what_an_earlier_release_left(desk: DeskSite) -> None:
    ana = desk.signed_in(PUBLISHER_TWO)
    for path in ("/admin", "/admin/documents", "/admin/deliveries", "/admin/recipients", "/admin/log"):
        assert ana.get(path).status == 200, path
    assert "came before it was written down when a report is held" in ana.get("/admin/figures").words
    assert "Our words in Spanish" in ana.get("/admin/releases").words
    history = ana.get("/admin/text/history?d=template/public/page.html")
    assert "A line of ours" in history.words


CODE = "template/public/code.html"
NOTE = "template/public/note.html"


@pytest.mark.parametrize("desk", ["0.1.0"], indirect=True)
def test_what_was_edited_before_and_is_new_now_is_shown_merged_and_chosen(desk: DeskSite) -> None:
    """In 0.1.0 somebody changed a line of the form and one of the code page; all around them is new since."""
    ana = desk.signed_in(PUBLISHER_ONE)
    home = ana.get("/admin")
    assert "Changed here, and new" in home.words
    assert f"/admin/text/newer?d={CODE}" in home.text
    assert "/admin/text/newer?d=template/public/page.html" in home.text  # it was edited there, too

    note = ana.get(f"/admin/text/newer?d={NOTE}")
    fields = {one.get("name") for one in note.tree.iter("input") if one.get("type") == "radio"}
    merged = ana.follow(ana.submit(note, "/admin/text/newer/take", **dict.fromkeys(fields, "new")))
    assert "Both texts are in one draft now" in merged.words
    text = ana.get(f"/admin/text?d={NOTE}").forms("/admin/text")[0]["text"]
    assert 'name="g"' in text, "what the newer form asks"

    code = ana.get(f"/admin/text/newer?d={CODE}")
    assert [f"{part.text}" for part in code.tree.iter("h3")][:3] == ["Before", "Yours", "New"]
    unchosen = ana.submit(code, "/admin/text/newer/take")
    assert unchosen.status == 422
    assert "Please choose one of the two" in unchosen.words
    [field] = {one.get("name") for one in code.tree.iter("input") if one.get("type") == "radio"}
    ana.submit(code, "/admin/text/newer/take", **{field: "new"})
    text = ana.get(f"/admin/text?d={CODE}").forms("/admin/text")[0]["text"]
    assert 'value="{{ code }}"' in text
    assert 'class="big"' not in text

    mail = ana.get("/admin/text/newer?d=template/mail/report/body.txt")
    kept = ana.follow(ana.submit(mail, "/admin/text/newer/keep"))
    assert "Yours stays as it is" in kept.words
    home = ana.get("/admin")
    for document in (NOTE, CODE, "template/mail/report/body.txt"):
        assert f"/admin/text/newer?d={document}" not in home.text
    assert {"merge a text with the package's", "keep a text beside the package's"} <= {
        line["did"] for line in desk.log() if "did" in line
    }


def test_the_package_knows_what_every_kept_release_shipped() -> None:
    shipped = shipped_files(SHIPPED)
    for release in RELEASES:
        for document, text in kept_state(release)["shipped"].items():
            assert text in shipped.earlier(document), (release, document)


@pytest.mark.parametrize("desk", ["0.1.0"], indirect=True)
def test_a_change_of_recipients_that_waited_is_proposed_again_and_agreed_to(desk: DeskSite) -> None:
    ana, ben = (desk.person(one).at_access() for one in (PUBLISHER_ONE, PUBLISHER_TWO))
    page = ana.get("/admin/access/recipients")
    assert "left by an earlier version of the site" in page.words
    assert "For now another publisher has to agree" not in page.words
    assert page.forms("/admin/access/recipients/agree") == []
    again = ana.follow(ana.submit(page, "/admin/access/recipients/again"))
    assert "another publisher" in again.words
    assert ben.submit(ben.get("/admin/access/recipients"), "/admin/access/recipients/agree").status == 422
    assert (
        "have not been confirmed"
        in ben.submit(ben.get("/admin/access/recipients"), "/admin/access/recipients/agree").words
    ), "what the desk had written down of that counts for nothing"


@pytest.mark.parametrize("stage", ["0.2.0"], indirect=True)
def test_a_hand_over_that_waited_is_lost_by_nobody_and_done_once_when_two_agree(stage: Stage) -> None:
    """The earlier package left a proposal in the case, and the desk's word that a second publisher agreed."""
    now, other = stage.clock.now(), recipient("campaign", serves="us", nature="awareness", agreed_on=DAY)
    put_offices(stage.settings.access_table, [other])
    case = next(
        one
        for one in stage.store.survey(now)
        if [(copy.recipient, copy.state) for copy in one.deliveries] == [("dot-trafficking", BOUNCED)]
    )
    cases = DynamoCases(lambda: client("dynamodb"), "reports")
    cases.change(case.with_proposal("dot-trafficking", HandOver("campaign", ANA, now, "a dead inbox")))
    directory = mails.delivery_recipients(stage.settings, stage.clock)
    desk = HandOvers(cases, directory, stage.clock, agreed_only=False)

    def looked_up() -> SealedReport:
        found = cases.find(case.case_number, stage.clock.now())
        assert found is not None
        return found

    waiting = desk.of(looked_up())["dot-trafficking"].waiting
    assert waiting is not None
    assert waiting.offered
    wishes = DynamoWishes(lambda: client("dynamodb"), "wishes")
    wishes.add(Wish("1", case.case_number, AGREE, BEN, now, "dot-trafficking", seen=waiting.shown))
    stage.deliver()
    assert [copy.recipient for copy in looked_up().deliveries] == ["dot-trafficking"]
    assert desk.of(looked_up())["dot-trafficking"].waiting == waiting, "the proposal is still there"
    assert len(wishes.refused(case.case_number, now)) == 1

    agreed = DynamoHandOvers(lambda: client("dynamodb"), stage.settings.access_table)
    key = HandOverKey(case.case_number, case.place, "dot-trafficking", "campaign")
    for by in (ANA, BEN):
        agreed.agree(key, Agreement(by, f"id of {by}", now, fingerprint_of(other)))
    for _ in range(2):
        stage.deliver()
        copies = [(copy.recipient, copy.instead_of) for copy in looked_up().deliveries]
        assert copies == [("dot-trafficking", ""), ("campaign", "dot-trafficking")]
