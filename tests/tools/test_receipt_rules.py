"""SES's rule for replies is added beside others, and others stay as they are."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from tests.support.moto_aws import MotoAws
from tools.aws.aws_cli import Aws, AwsFailed
from tools.aws.receipt_rules import SECONDS, SET, NoReceiving, ReceiptRules, reply_domain, wanted_rule

STACK, DOMAIN, BUCKET = "porchlight-prod", "reply.town.example", "porchlight-prod-inbound-1"
OURS = "porchlight-prod-replies"


class Account:
    """An account with SES in it, and the deploy's part that makes rules."""

    def __init__(self) -> None:
        self.moto = MotoAws()
        boto3.client("s3", region_name="us-east-1").create_bucket(Bucket=BUCKET)
        self.waited: list[float] = []
        self.aws = Aws("us-west-2", run=self.moto.run)
        self.replies = ReceiptRules(self.aws, STACK, self.waited.append)

    def has(self, name: str, *rules: dict[str, Any], active: bool = True) -> None:
        self.moto.ses.create_receipt_rule_set(RuleSetName=name)
        after: dict[str, str] = {}
        for rule in rules:
            self.moto.ses.create_receipt_rule(RuleSetName=name, Rule=rule, **after)
            after = {"After": rule["Name"]}
        if active:
            self.moto.ses.set_active_receipt_rule_set(RuleSetName=name)

    def add(self) -> str:
        return " ".join(self.replies.add(DOMAIN, BUCKET))

    @property
    def active(self) -> str:
        return str(self.moto.ses.describe_active_receipt_rule_set()["Metadata"]["Name"])

    @property
    def order(self) -> list[str]:
        return [rule["Name"] for rule in self.moto.rules()]


@pytest.fixture
def account() -> Iterator[Account]:
    with mock_aws():
        yield Account()


def rule(name: str, *recipients: str, **more: Any) -> dict[str, Any]:
    """A rule of somebody else's."""
    told = {"Recipients": list(recipients)} if recipients else {}
    return {"Name": name, "Enabled": True, "Actions": [{"StopAction": {"Scope": "RuleSet"}}], **told, **more}


def test_where_no_set_is_active_one_is_made_and_activated(account):
    said = account.add()
    assert account.active == SET
    assert account.moto.rules() == [
        {
            "Name": OURS,
            "Enabled": True,
            "TlsPolicy": "Require",
            "Recipients": [DOMAIN],
            "Actions": [{"S3Action": {"BucketName": BUCKET, "ObjectKeyPrefix": "inbound/"}}],
            "ScanEnabled": True,
        }
    ]
    assert f"the set {SET} is now" in said


def test_our_rule_is_added_to_the_set_that_is_active_after_all_others_and_these_stay_as_they_are(account):
    before = [rule("shop", "shop.example"), rule("orders", "orders.example")]
    account.has("theirs", *before)
    account.add()
    assert account.active == "theirs"
    assert account.order == ["shop", "orders", OURS]
    kept = [{name: found[name] for name in before[0]} for found in account.moto.rules()[:2]]
    assert kept == before
    assert [one["Name"] for one in account.moto.ses.list_receipt_rule_sets()["RuleSets"]] == ["theirs"]
    assert len(account.moto.rules()[2]["Actions"]) == 1, (
        "where nobody else takes our mail, nothing is stopped"
    )


@pytest.mark.parametrize(
    "recipients", [(), (DOMAIN,), (".town.example",), ("x.example", "Reply.Town.Example")]
)
def test_before_a_rule_that_takes_the_same_mail_ours_comes_and_ends_it(account, recipients):
    account.has("theirs", rule("shop", "shop.example"), rule("all", *recipients))
    said = account.add()
    assert account.order == ["shop", OURS, "all"]
    assert account.moto.rules()[1]["Actions"][-1] == {"StopAction": {"Scope": "RuleSet"}}
    assert "before all" in said


@pytest.mark.parametrize(
    "other",
    [
        rule("other", f"abuse@{DOMAIN}"),
        rule("other", "town.example"),
        rule("other", ".reply.town.example"),
        rule("other", "xreply.town.example"),
        rule("other", Enabled=False),
    ],
    ids=lambda other: str(other.get("Recipients", "switched off")),
)
def test_a_rule_for_other_mail_or_one_that_is_switched_off_is_none_of_ours(account, other):
    account.has("theirs", other)
    account.add()
    assert account.order == ["other", OURS]
    assert len(account.moto.rules()[1]["Actions"]) == 1


def test_a_catch_all_in_the_first_place_leaves_ours_the_place_before(account):
    account.has("theirs", rule("all"))
    account.add()
    assert account.order == [OURS, "all"]


def test_the_same_again_changes_nothing(account):
    account.has("theirs", rule("shop", "shop.example"), rule("all"))
    account.add()
    before = account.moto.changed
    account.add()
    assert account.moto.changed == before == ["create-receipt-rule"]


def test_a_rule_that_somebody_changed_is_put_right_in_its_place(account):
    account.has("theirs", rule("shop", "shop.example"))
    account.add()
    old = account.moto.rules()[1] | {"ScanEnabled": False, "TlsPolicy": "Optional"}
    account.moto.ses.update_receipt_rule(RuleSetName="theirs", Rule=old)
    account.add()
    assert account.moto.rules()[1] == wanted_rule(OURS, DOMAIN, BUCKET, alone=True)
    assert account.order == ["shop", OURS]


def test_a_rule_that_somebody_put_before_ours_since_then_gets_behind_it(account):
    account.has("theirs", rule("shop", "shop.example"))
    account.add()
    account.moto.ses.create_receipt_rule(RuleSetName="theirs", Rule=rule("all"), After="shop")
    assert account.order == ["shop", "all", OURS]
    account.add()
    assert account.order == ["shop", OURS, "all"]
    assert account.moto.rules()[1] == wanted_rule(OURS, DOMAIN, BUCKET, alone=False)


def test_a_set_of_ours_that_a_run_left_half_made_is_gone_on_with(account):
    account.has(SET, wanted_rule(OURS, DOMAIN, BUCKET, alone=True), active=False)
    account.add()
    assert (account.active, account.order) == (SET, [OURS])


def test_two_stacks_in_one_account_have_a_rule_each(account):
    account.add()
    dev = ReceiptRules(account.aws, "porchlight-dev", account.waited.append)
    list(dev.add("reply-dev.town.example", BUCKET))
    assert account.order == [OURS, "porchlight-dev-replies"]


def test_our_rule_is_taken_away_and_all_else_is_left(account):
    account.has("theirs", rule("shop", "shop.example"))
    account.add()
    [said] = account.replies.take_away()
    assert (account.active, account.order) == ("theirs", ["shop"])
    assert OURS in said
    assert list(account.replies.take_away()) == []


def test_our_own_set_stays_when_it_is_empty_and_that_is_said(account):
    account.add()
    said = " ".join(account.replies.take_away())
    assert (account.active, account.order) == (SET, [])
    assert "is empty now and stays active" in said


def test_calls_about_rules_are_a_second_apart(account):
    account.add()
    assert len(account.waited) == len(account.moto.changed) == 3
    assert min(account.waited) == SECONDS > 1


# What SES answers


class Answers:
    """An SES that gives these errors, one after the other, and then nothing."""

    def __init__(self, *codes: str) -> None:
        self.codes = list(codes)

    def run(self, command: list[str], **_: Any) -> subprocess.CompletedProcess[str]:
        if not self.codes:
            return subprocess.CompletedProcess(command, 0, "", "")
        said = f"An error occurred ({self.codes.pop(0)}) when calling an operation: no"
        return subprocess.CompletedProcess(command, 254, "", said)

    @property
    def aws(self) -> Aws:
        return Aws("us-west-1", run=self.run)


def test_a_region_that_takes_no_mail_is_told_apart_from_a_call_that_failed():
    with pytest.raises(NoReceiving):
        list(ReceiptRules(Answers("InvalidAction").aws, STACK, lambda _: None).add(DOMAIN, BUCKET))
    with pytest.raises(AwsFailed):
        list(ReceiptRules(Answers("AccessDenied").aws, STACK, lambda _: None).add(DOMAIN, BUCKET))


def test_a_bucket_that_does_not_let_ses_in_yet_is_tried_again_for_a_while():
    waited: list[float] = []
    answers = Answers("RuleSetDoesNotExist", "AlreadyExists", "Throttling")
    with pytest.raises(AwsFailed, match="Throttling"):
        list(ReceiptRules(answers.aws, STACK, waited.append).add(DOMAIN, BUCKET))
    for failures in (2, 3):
        waited.clear()
        answers = Answers("RuleSetDoesNotExist", *["InvalidS3Configuration"] * failures)
        rules = ReceiptRules(answers.aws, STACK, waited.append)
        if failures == 2:
            assert "goes into" in " ".join(rules.add(DOMAIN, BUCKET))
        else:
            with pytest.raises(AwsFailed, match="InvalidS3Configuration"):
                list(rules.add(DOMAIN, BUCKET))
        assert sum(waited) > 30


@pytest.mark.parametrize(
    ("codes", "wanted", "now", "told", "said"),
    [
        ((), "", "", "", ""),
        ((), DOMAIN, "", DOMAIN, ""),
        (("InvalidAction",), DOMAIN, "", "", "Replies are off"),
        (("InvalidAction",), DOMAIN, DOMAIN, "", "Replies are off"),
        (("AccessDenied",), DOMAIN, "", "", "stay off"),
        (("AccessDenied",), DOMAIN, DOMAIN, DOMAIN, ""),
        (("AccessDenied",), DOMAIN, "reply.old.example", "", "stay off"),
    ],
)
def test_a_stack_is_told_of_replies_only_where_they_can_come_in(codes, wanted, now, told, said):
    domain, why = reply_domain(Answers(*codes).aws, wanted, now)
    assert domain == told
    assert said in why
    assert bool(said) == bool(why)
