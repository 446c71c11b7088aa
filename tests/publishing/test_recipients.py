"""Who gets reports: two publishers, addresses that prove themselves, consent, the next publish."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from email import message_from_string
from email.policy import default
from pathlib import Path

import pytest

from chalicelib.delivery.adapters.delivery_marks import DeliveryMarks
from chalicelib.directory.adapters.dynamo_recipients import DynamoRecipients
from chalicelib.directory.adapters.published_texts import OFFICES
from chalicelib.directory.recipient_rows import offices_at
from chalicelib.publishing.adapters.dynamo_documents import DynamoDocuments
from chalicelib.shared.aws.sdk import client
from tests.desk.test_people import first_password
from tests.support.desk_site import EDITOR_ONE, PUBLISHER_ONE, PUBLISHER_TWO, DeskSite, Page, Person

pytestmark = pytest.mark.takes(55)

LIST = "/admin/access/recipients"
ONE = "/admin/access/recipients/one"
ADDRESS = "reports@sheriff.example"
SECOND = "watch@sheriff.example"


def signed_in(desk: DeskSite, email: str) -> Person:
    """Somebody who is in at the access screens."""
    return desk.person(email).at_access()


def propose(person: Person, **typed: str) -> Page:
    """Propose a new recipient."""
    fields = {
        "name": "Sheriff",
        "serves": "los-banos-ca",
        "nature": "police",
        "email": ADDRESS,
        "fallback": SECOND,
        "agreed_on": "2026-11-20",
        "what": "A police office.",
        "what_not": "It is not a hotline.",
        "why": "They agreed",
        **typed,
    }
    return person.submit(person.get(ONE), ONE, **fields)


def code_for(desk: DeskSite, address: str) -> str:
    texts = [mail["raw_data"] for mail in desk.mails() if f"To: {address}" in mail["raw_data"]]
    text = message_from_string(texts[-1], policy=default).get_content()
    [code] = re.findall(r"^ +(\d{4} \d{4})\s*$", text, re.MULTILINE)
    return code


def confirm(desk: DeskSite, person: Person, address: str) -> Page:
    """Have a code mailed, and type it in."""
    page = person.get(LIST)
    form = next(form for form in page.forms("/admin/access/recipients/code") if form["address"] == address)
    page = person.follow(person.post("/admin/access/recipients/code", form))
    form = next(form for form in page.forms("/admin/access/recipients/confirm") if form["address"] == address)
    return person.post("/admin/access/recipients/confirm", {**form, "code": code_for(desk, address)})


def test_a_recipient_comes_in_by_two_publishers_and_confirmed_addresses(desk):
    one, other = signed_in(desk, PUBLISHER_ONE), signed_in(desk, PUBLISHER_TWO)
    assert propose(one).location == f"{LIST}?done=proposed"
    page = one.get(LIST)
    assert f"Proposed by {PUBLISHER_ONE}" in page.words
    assert "another publisher has to agree" in page.words
    assert page.forms("/admin/access/recipients/agree") == []
    early = other.submit(other.get(LIST), "/admin/access/recipients/agree")
    assert early.status == 422
    assert "have not been confirmed" in early.words
    for address in (ADDRESS, SECOND):
        assert confirm(desk, one, address).location == f"{LIST}?done=confirmed"
    assert other.submit(other.get(LIST), "/admin/access/recipients/agree").location == f"{LIST}?done=agreed"
    assert "A change waits" not in one.get(LIST).words
    line = desk.log()[-1]
    assert (line["did"], line["about"]) == ("agree to a change of recipients", "sheriff")
    # it counts a day later, and nobody has to do anything for it
    rows, now = DynamoRecipients(lambda: desk.dynamodb, desk.settings.access_table), datetime.now(UTC)
    assert "sheriff" not in {entry["id"] for entry in rows.read().at(now + timedelta(hours=23))}
    [entry] = [entry for entry in rows.read().at(now + timedelta(hours=24)) if entry["id"] == "sheriff"]
    assert (entry["email"], entry["fallback"]) == (ADDRESS, SECOND)
    assert "1 change waits for a day" in one.get(LIST).words
    assert told(desk, "A change that can still be stopped") == [PUBLISHER_ONE, PUBLISHER_TWO]
    # forms are told from when on it counts, and no inbox
    offices = client("s3").get_object(Bucket=desk.settings.pages_bucket, Key=OFFICES)["Body"].read().decode()
    assert "sheriff" in offices
    assert not [one for one in (ADDRESS, SECOND, "trafficking@dot.gov") if one in offices]
    assert "sheriff" not in offices_at(offices, now)
    assert "sheriff" in offices_at(offices, now + timedelta(hours=25))
    # the next change of it begins from what counts then, and either publisher stops it
    waiting = one.get("/admin/access/waiting")
    assert one.submit(waiting, "/admin/access/waiting/stop").status == 303
    assert "sheriff" not in {entry["id"] for entry in rows.read().at(now + timedelta(days=30))}
    offices = client("s3").get_object(Bucket=desk.settings.pages_bucket, Key=OFFICES)["Body"].read().decode()
    assert "sheriff" not in offices, "forms hear of it at once"


def test_the_one_who_proposed_cannot_agree_even_with_a_form_made_by_hand(desk):
    one = signed_in(desk, PUBLISHER_ONE)
    propose(one)
    for address in (ADDRESS, SECOND):
        confirm(desk, one, address)
    withdraw = one.get(LIST).forms("/admin/access/recipients/withdraw")[0]
    seen = signed_in(desk, PUBLISHER_TWO).get(LIST).forms("/admin/access/recipients/agree")[0]["seen"]
    page = one.post("/admin/access/recipients/agree", {**withdraw, "seen": seen})
    assert page.status == 422
    assert "somebody else than the one who proposed" in page.words.lower()
    line = desk.log()[-1]
    assert (line["outcome"], line["about"]) == ("refused", "sheriff")
    assert ADDRESS in line["after"]


def test_a_recipient_without_consent_or_second_address_is_not_proposed(desk):
    one, other = signed_in(desk, PUBLISHER_ONE), signed_in(desk, PUBLISHER_TWO)
    page = propose(one, agreed_on="", fallback="")
    assert page.status == 422
    assert "the day on which the office agreed" in page.words
    assert "Write a second address" in page.words
    assert "A change waits" not in other.get(LIST).words


def test_a_wrong_code_confirms_nothing_and_five_of_them_end_it(desk):
    one = signed_in(desk, PUBLISHER_ONE)
    propose(one)
    page = one.get(LIST)
    form = next(form for form in page.forms("/admin/access/recipients/code") if form["address"] == ADDRESS)
    page = one.follow(one.post("/admin/access/recipients/code", form))
    right = code_for(desk, ADDRESS)
    wrong = "0000 0000" if right != "0000 0000" else "1111 1111"
    for _ in range(5):
        form = page.forms("/admin/access/recipients/confirm")[0]
        page = one.post("/admin/access/recipients/confirm", {**form, "code": wrong})
        assert page.status == 422
    form = page.forms("/admin/access/recipients/confirm")[0]
    assert one.post("/admin/access/recipients/confirm", {**form, "code": right}).status == 422
    assert right not in page.text
    assert right.replace(" ", "") not in str(desk.log())


def test_what_breaks_a_rule_is_shown_again_with_the_rule_and_all_that_was_typed(desk):
    one = signed_in(desk, PUBLISHER_ONE)
    for typed, told in (
        ({"email": "no address"}, "This is not one e-mail address."),
        ({"agreed_on": "yesterday"}, "This is no day."),
        ({"why": "", "what_not": "", "fallback": ADDRESS}, "Say why"),
        ({"key": "-----BEGIN NONSENSE-----"}, "The key cannot be used"),
    ):
        page = propose(one, **typed)
        assert page.status == 422, typed
        fields = page.forms(ONE)[0]
        for name, value in typed.items():
            assert fields[name].strip() == value
            assert f'href="#{name}"' in page.text
            assert f'id="{name}-problem"' in page.text
        assert fields["name"] == "Sheriff"
        assert told in page.words, page.words[:600]
    assert "A change waits" not in one.get(LIST).words


def test_of_two_who_propose_at_once_the_second_is_told_and_loses_nothing(desk):
    one, other = signed_in(desk, PUBLISHER_ONE), signed_in(desk, PUBLISHER_TWO)
    mine, theirs = one.get(ONE), other.get(ONE)
    typed = {
        "name": "Sheriff",
        "serves": "los-banos-ca",
        "nature": "police",
        "email": ADDRESS,
        "fallback": SECOND,
        "agreed_on": "2026-11-20",
        "what": "A police office.",
        "what_not": "It is not a hotline.",
        "why": "They agreed",
    }
    assert one.submit(mine, ONE, **typed).status == 303
    told = other.submit(theirs, ONE, **{**typed, "name": "The Shelter"})
    assert told.status == 409
    assert told.forms(ONE)[0]["name"] == "The Shelter"
    assert other.submit(told, ONE).status == 303
    page = one.get(LIST)
    assert "Sheriff" in page.text
    assert "The Shelter" in page.text


def test_an_older_view_of_the_proposal_cannot_be_agreed_to(desk):
    one, other = signed_in(desk, PUBLISHER_ONE), signed_in(desk, PUBLISHER_TWO)
    propose(one)
    for address in (ADDRESS, SECOND):
        confirm(desk, one, address)
    seen = other.get(LIST)
    one.submit(one.get(f"{ONE}?r=sheriff"), ONE, name="Somebody else", why="a trick")
    page = other.submit(seen, "/admin/access/recipients/agree")
    assert page.status == 409
    assert "Look at it as it is now" in page.words


def test_what_was_stopped_can_be_proposed_anew_and_taken_out_at_once(desk):
    one, other = signed_in(desk, PUBLISHER_ONE), signed_in(desk, PUBLISHER_TWO)
    rows = DynamoRecipients(lambda: desk.dynamodb, desk.settings.access_table)
    out = f"{LIST}/without"
    page = one.get(f"{out}?r=dot-trafficking")
    assert one.submit(page, out, why="it closed").status == 303
    assert "trafficking@dot.gov" in one.get(LIST).text
    assert other.submit(other.get(LIST), f"{LIST}/agree").status == 303
    left = [entry["id"] for entry in rows.read().at(datetime.now(UTC))]
    assert left == ["dhs-blue-campaign"], "who stops mail need not wait"
    assert "trafficking@dot.gov" not in one.get(LIST).text
    assert "trafficking@dot.gov" in rows.read().addresses("dot-trafficking", datetime.now(UTC))
    offices = client("s3").get_object(Bucket=desk.settings.pages_bucket, Key=OFFICES)["Body"].read().decode()
    assert "dot-trafficking" not in offices
    assert "A change that can still be stopped" not in desk.mails()[-1]["raw_data"]


def test_a_recipient_is_dropped_in_the_same_way_and_a_proposal_can_be_withdrawn(desk):
    one, other = signed_in(desk, PUBLISHER_ONE), signed_in(desk, PUBLISHER_TWO)
    path = "/admin/access/recipients/without"
    page = one.get(f"{path}?r=dot-trafficking")
    assert "no form offers it" in page.words
    refused = one.submit(page, path)
    assert refused.status == 422
    assert "Say why" in refused.words
    assert one.submit(refused, path, why="it closed").status == 303
    assert "trafficking@dot.gov" in one.get(LIST).text
    assert other.submit(other.get(LIST), f"{LIST}/withdraw").location == f"{LIST}?done=withdrawn"
    assert "A change waits" not in one.get(LIST).words


def test_an_editor_sees_recipients_and_has_no_buttons(desk):
    propose(signed_in(desk, PUBLISHER_ONE))
    editor = desk.signed_in(EDITOR_ONE)
    for person, path in ((editor, "/admin/recipients"), (signed_in(desk, EDITOR_ONE), LIST)):
        page = person.get(path)
        assert "trafficking@dot.gov" in page.words
        actions = {form.get("action") for form in page.tree.iter("form")}
        assert actions <= {"/admin/search", "/admin/sign-out", "/admin/access/sign-out"}
    assert desk.signed_in(PUBLISHER_ONE).get("/admin/recipient?r=a&x=b").location == f"{ONE}?r=a"


KEYS = Path(__file__).parents[1] / "directory" / "keys"
SECRET_LINE = "c2VjcmV0IGxldHRlcnMgdGhhdCBub2JvZHkgbWF5IGtlZXA"
PRIVATE_KEY = f"-----BEGIN PRIVATE KEY-----\r\n{SECRET_LINE}\r\n-----END PRIVATE KEY-----\r\n"


@pytest.mark.parametrize("name", ["comment-with-umlaut.asc", "certificate-text-with-umlaut.pem"])
def test_a_key_is_taken_with_whatever_stands_around_it_and_kept_without(desk, name):
    one = signed_in(desk, PUBLISHER_ONE)
    pasted = f"\ufeffGrüße!\u00a0Unser Schlüssel:\r\n{(KEYS / name).read_text()}\u00a0\r\nZoë"
    assert propose(one, key=pasted.replace("\n", "\r\n")).location == f"{LIST}?done=proposed"
    change = DynamoDocuments(lambda: desk.dynamodb, desk.settings.access_table).change()
    [kept] = [entry["key"] for entry in json.loads(change.text) if entry["id"] == "sheriff"]
    assert kept.startswith("-----BEGIN ")
    assert kept.isascii()


@pytest.mark.parametrize("beside", [True, False], ids=["beside the public one", "alone"])
@pytest.mark.parametrize("field", ["key", "what", "why", "name"])
def test_a_private_key_is_refused_with_a_warning_and_never_kept(desk, field, beside):
    one = signed_in(desk, PUBLISHER_ONE)
    public = (KEYS / "plain.asc").read_text() if beside else ""
    page = propose(one, **{field: PRIVATE_KEY + public})
    assert page.status == 422
    assert "this is a private key: its owner must replace it" in page.words.lower()
    assert SECRET_LINE not in page.text
    assert SECRET_LINE not in str(desk.everything_kept())


def told(desk: DeskSite, words: str) -> list[str]:
    """Who got a mail with these words in its subject."""
    found = [message_from_string(mail["raw_data"], policy=default) for mail in desk.mails()]
    return sorted(str(mail["To"]) for mail in found if words in str(mail["Subject"]))


def test_a_second_self_cannot_agree_and_everybody_hears_of_it(make_desk):
    """As one publisher who wants to be two."""
    desk = make_desk(operator="ops@desk.example")
    one = signed_in(desk, PUBLISHER_ONE)
    propose(one)
    for address in (ADDRESS, SECOND):
        confirm(desk, one, address)
    desk.add("ana2@desk.example", "publisher", days_ago=6)
    second = signed_in(desk, "ana2@desk.example")
    page = second.get(LIST)
    assert "invited less than seven days ago" in page.words
    assert page.forms("/admin/access/recipients/agree") == []
    # an account of their own, made anew, or somebody else's by a new password
    desk.before_the_first_report()
    people = one.at_access().get("/admin/access/people")
    reset = "/admin/access/people/password"
    one.post(reset, next(form for form in people.forms(reset) if form["email"] == PUBLISHER_TWO))
    other = desk.person(PUBLISHER_TWO)
    form = other.sign_in(first_password(desk, PUBLISHER_TWO))
    new = {"password": "a new long password", "again": "a new long password"}
    other.follow(other.submit(form, "/admin/sign-in", **new))
    # the days begin where the access function sees the password used, and nowhere else
    other.at_access(new["password"])
    page = other.get(LIST)
    assert "a new password less than seven days ago" in page.words
    withdraw = page.forms("/admin/access/recipients/withdraw")[0]
    [seen] = {signed_in(desk, "ana2@desk.example").get(ONE + "?r=sheriff").status}
    assert seen == 200
    assert other.post("/admin/access/recipients/agree", withdraw).status in (409, 422)
    assert desk.log()[-1]["outcome"] == "refused"
    both = sorted([PUBLISHER_ONE, PUBLISHER_TWO, "ops@desk.example"])
    assert set(both) <= set(told(desk, "recipients were proposed"))
    assert {PUBLISHER_ONE, "ana2@desk.example", "ops@desk.example"} <= set(told(desk, "new first password"))
    assert "ops@desk.example" in told(desk, "somebody has a new password")


def test_a_form_shows_what_waits_and_a_word_elsewhere_takes_nothing_over(desk):
    one, other = signed_in(desk, PUBLISHER_ONE), signed_in(desk, PUBLISHER_TWO)
    propose(one)
    for address in (ADDRESS, SECOND):
        confirm(desk, one, address)
    waiting = other.get(f"{ONE}?r=dot-trafficking")
    assert "A change of other recipients waits" in waiting.words
    assert ADDRESS in waiting.words
    assert f"proposed by {PUBLISHER_ONE}" in other.get(f"{ONE}?r=sheriff").words
    typed = {"agreed_on": "2026-11-20", "fallback": SECOND, "why": "a word"}
    assert other.submit(waiting, ONE, **typed).status == 303
    # each agrees to the other's entry, and to no more
    assert one.submit(one.get(LIST), "/admin/access/recipients/agree").status == 303
    page = one.get(LIST)
    assert "Somebody else than the one who proposed" in page.words
    assert page.forms("/admin/access/recipients/agree") == []
    assert other.submit(other.get(LIST), "/admin/access/recipients/agree").status == 303
    assert "2 changes wait for a day" in one.get(LIST).words
    line = desk.log()[-1]
    assert (line["did"], line["about"]) == ("agree to a change of recipients", "dot-trafficking, sheriff")
    assert f"mail to {ADDRESS}" in line["after"]


def test_before_the_first_delivered_report_the_operator_can_stand_for_the_second_publisher(make_desk):
    desk = make_desk(operator="ops@desk.example")
    marks = DeliveryMarks(lambda: desk.dynamodb, desk.settings.reports_table)
    one = signed_in(desk, PUBLISHER_ONE)
    propose(one)
    for address in (ADDRESS, SECOND):
        confirm(desk, one, address)
    ask, agree = "/admin/access/recipients/operator-code", "/admin/access/recipients/operator-agrees"
    assert one.get(LIST).forms(ask) == []  # deliveries leave no marks yet: nothing is certain
    marks.begin_to_watch(datetime.now(UTC))
    page = one.follow(one.submit(one.get(LIST), ask))
    wrong = one.submit(page, agree, code="0000 0000")
    assert wrong.status == 422
    asked, refused = desk.log()[-2:]
    assert (asked["did"], asked["about"]) == ("mail the operator a code", "sheriff")
    assert (refused["outcome"], refused["about"]) == ("refused", "sheriff")
    [mail] = [one["raw_data"] for one in desk.mails() if "Please agree" in one["raw_data"]][-1:]
    text = message_from_string(mail, policy=default).get_content()
    assert f"Sheriff (sheriff) is new: mail to {ADDRESS}" in text
    [code] = re.findall(r"^ +(\d{4} \d{4})\s*$", text, re.MULTILINE)
    page = one.submit(one.get(LIST), agree, code=code)
    assert page.location == f"{LIST}?done=agreed"
    rows = DynamoRecipients(lambda: desk.dynamodb, desk.settings.access_table)
    now = {entry["id"] for entry in rows.read().at(datetime.now(UTC))}
    assert "sheriff" in now, "before the first report nobody has to wait"
    # from the first delivered report on there is no such way
    propose(one, name="Second")
    marks.record_delivered(datetime.now(UTC))
    page = one.get(LIST)
    assert (page.forms(ask), page.forms(agree)) == ([], [])
    change = page.forms("/admin/access/recipients/withdraw")[0]
    assert one.post(ask, change).status in (409, 422)


def test_a_stage_that_was_there_before_deliveries_left_marks_needs_two_publishers(make_desk):
    desk = make_desk(operator="ops@desk.example")
    marks = DeliveryMarks(lambda: desk.dynamodb, desk.settings.reports_table)
    marks.begin_to_watch(datetime.now(UTC) + timedelta(days=2))
    marks.begin_to_watch(datetime.now(UTC))
    one = signed_in(desk, PUBLISHER_ONE)
    propose(one)
    for address in (ADDRESS, SECOND):
        confirm(desk, one, address)
    assert one.get(LIST).forms("/admin/access/recipients/operator-code") == []
    assert desk.signed_in(PUBLISHER_ONE).get("/admin/deliveries").status == 200  # a mark is no case
