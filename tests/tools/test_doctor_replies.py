"""Whether replies come in is looked at from the mail server to the key, and what is wrong can be mended."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.support.fake_aws import FakeAws
from tests.support.ready_site import CHOSEN, OUTPUTS
from tools.aws.aws_cli import Aws
from tools.aws.doctor import examine
from tools.aws.doctor_content import shipped_texts
from tools.aws.doctor_replies import Replies
from tools.aws.findings import DEPLOY, FINE, LOOK, OPEN, UNKNOWN, Finding
from tools.aws.mail_servers import receiving_host
from tools.aws.receipt_rules import rule_name, wanted_rule
from tools.aws.stage import Stage
from tools.aws.template.replies import inbound

DOMAIN = "reply.town.example"
HOST = receiving_host("us-west-2")
CHOICES = {**CHOSEN, "SenderAddress": f"desk@{DOMAIN}", "SenderIdentity": DOMAIN, "ReplyDomain": DOMAIN}
STAGE = Stage("prod", "us-west-2", "ana@town.example", CHOICES)
OURS = rule_name(STAGE.stack)
RULE = wanted_rule(OURS, DOMAIN, "inbound", alone=True)
ON = {**OUTPUTS, "ReplyDomain": DOMAIN, "InboundBucket": "inbound", "FailedReplies": "https://sqs.example/f"}
CATCH_ALL = {"Name": "all", "Enabled": True, "Actions": []}
ENCRYPTED = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": "arn:aws:kms:us-west-2:000000000000:key/1"}
CLOSED = dict.fromkeys(
    ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"), True
)


def active(*rules: dict[str, Any]) -> dict[str, Any]:
    return {"Metadata": {"Name": "theirs"}, "Rules": list(rules)}


def encryption(how: dict[str, Any]) -> dict[str, Any]:
    rule = {"ApplyServerSideEncryptionByDefault": how}
    return {"ServerSideEncryptionConfiguration": {"Rules": [rule]}}


def policy(change: Any = None) -> dict[str, Any]:
    """The bucket's policy as AWS gives it back: the template's, while replies are on."""
    document = inbound()["Resources"]["InboundPolicy"]["Properties"]["PolicyDocument"]
    statements = [one["Fn::If"][1] if "Fn::If" in one else one for one in document["Statement"]]
    text = json.dumps({**document, "Statement": statements})
    document = json.loads(text.replace("${AWS::StackName}", STAGE.stack))
    for statement in document["Statement"]:
        source = statement.get("Condition", {}).get("ArnLike", {})
        if "aws:SourceArn" in source:
            source["aws:SourceArn"] = source["aws:SourceArn"]["Fn::Sub"]
    if change:
        change(document["Statement"])
    return {"Policy": json.dumps(document)}


@pytest.fixture
def aws(tmp_path: Path) -> FakeAws:
    """An account in which replies come in."""
    fake = FakeAws(tmp_path / "bin")
    fake.answers("ses describe-active-receipt-rule-set", active(RULE))
    fake.answers("s3api get-bucket-encryption", encryption(ENCRYPTED))
    fake.answers("s3api get-public-access-block", {"PublicAccessBlockConfiguration": CLOSED})
    fake.answers("s3api get-bucket-policy", policy())
    fake.answers("kms describe-key", {"KeyMetadata": {"KeyState": "Enabled"}})
    fake.answers("sqs get-queue-attributes", {"Attributes": {"ApproximateNumberOfMessages": "0"}})
    return fake


def found(
    fake: FakeAws,
    stage: Stage = STAGE,
    outputs: dict[str, str] = ON,
    servers: tuple[str, ...] | None = (HOST,),
) -> list[Finding]:
    caller = Aws(stage.region, run=fake.run)
    return list(Replies(caller, stage, outputs, lambda domain: servers).findings())


def wrong(*args: Any, **more: Any) -> list[Finding]:
    return [one for one in found(*args, **more) if one.weight != FINE]


def test_where_replies_come_in_each_part_is_fine_and_nothing_is_changed(aws):
    assert {one.about for one in found(aws) if one.weight == FINE} == {
        "MX of ReplyDomain",
        "rule for replies",
        "bucket of replies",
        "key of replies",
        "failed replies",
    }
    assert wrong(aws) == []
    assert not [name for name in aws.names() if not name.split()[1].startswith(("get-", "describe-"))]


def test_without_a_domain_replies_are_off_and_nothing_is_asked(aws):
    [off] = found(aws, Stage("prod", "us-west-2", "", CHOSEN), OUTPUTS)
    assert (off.weight, "nobody can reply" in off.sentence) == (FINE, True)
    assert aws.names() == []


def test_where_ses_takes_no_mail_replies_are_off_and_it_is_said_what_to_do(aws):
    aws.fails("ses describe-active-receipt-rule-set", "InvalidAction", "Unavailable Operation")
    [off] = found(aws, servers=())
    assert off.weight == LOOK
    assert "Replies are off: SES takes no mail in this region" in off.sentence
    assert "everything else works" in off.sentence
    assert "empty ReplyDomain" in off.sentence


@pytest.mark.parametrize(
    ("servers", "weight", "said"),
    [
        ((), DEPLOY, f"Make the record {DOMAIN} MX 10 {HOST}"),
        (("mx.town.example",), DEPLOY, "its mail goes to mx.town.example"),
        ((HOST, "mx.town.example"), OPEN, "may also go to mx.town.example"),
        (None, UNKNOWN, f"dig MX {DOMAIN}"),
    ],
)
def test_mail_that_would_not_come_to_ses_is_found(aws, servers, weight, said):
    [finding] = wrong(aws, servers=servers)
    assert (finding.weight, finding.about) == (weight, "MX of ReplyDomain")
    assert said in finding.sentence


def test_a_server_that_nobody_made_yet_stops_a_deploy_to_prod_and_does_so_before_the_first(aws):
    before = [one for one in wrong(aws, outputs={}, servers=()) if one.weight == DEPLOY]
    assert [one.about for one in before] == ["MX of ReplyDomain"]
    assert wrong(aws, outputs={}) == []


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (None, "No set of SES's rules is active"),
        ({"Rules": []}, "No set of SES's rules is active"),
        (active(), f"has no rule {OURS}"),
        (active(RULE | {"Enabled": False}), "is not as a deploy makes it"),
        (active(RULE | {"ScanEnabled": False}), "is not as a deploy makes it"),
        (active(RULE | {"Recipients": ["x.example"]}), "is not as a deploy makes it"),
        (active(CATCH_ALL, RULE), f"all of theirs takes replies before {OURS}"),
        (active(RULE, CATCH_ALL), "is not as a deploy makes it"),
    ],
)
def test_a_rule_that_does_not_bring_replies_to_us_alone_is_found(aws, answer, said):
    aws.answers("ses describe-active-receipt-rule-set", answer)
    [finding] = wrong(aws)
    assert (finding.weight, finding.about) == (OPEN, "rule for replies")
    assert said in finding.sentence
    assert "make deploy" in finding.sentence


def test_a_rule_that_stands_before_a_catch_all_and_ends_there_is_fine(aws):
    stops = wanted_rule(OURS, DOMAIN, "inbound", alone=False)
    aws.answers("ses describe-active-receipt-rule-set", active(stops, CATCH_ALL))
    assert wrong(aws) == []


def anybody(statements: Any) -> None:
    statements.append({"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "s3:PutObject"})


def other_rule(statements: Any) -> None:
    [ours] = [one for one in statements if one["Effect"] == "Allow"]
    ours["Condition"]["ArnLike"]["aws:SourceArn"] = "arn:aws:ses:*:*:receipt-rule-set/*:receipt-rule/*"


def nobody(statements: Any) -> None:
    statements[:] = [one for one in statements if one["Effect"] != "Allow"]


@pytest.mark.parametrize(
    ("words", "answer", "said"),
    [
        ("get-bucket-encryption", encryption(ENCRYPTED | {"SSEAlgorithm": "AES256"}), "not encrypted"),
        (
            "get-public-access-block",
            {"PublicAccessBlockConfiguration": CLOSED | {"BlockPublicPolicy": False}},
            "made public",
        ),
        ("get-bucket-versioning", {"Status": "Enabled"}, "keeps versions"),
        ("get-bucket-versioning", {"Status": "Suspended"}, "keeps versions"),
        ("get-bucket-logging", {"LoggingEnabled": {"TargetBucket": "x"}}, "logged"),
        ("get-bucket-policy", policy(anybody), "others than our rule"),
        ("get-bucket-policy", policy(other_rule), "others than our rule"),
        ("get-bucket-policy", policy(nobody), "others than our rule"),
    ],
)
def test_a_bucket_that_somebody_changed_is_found(aws, words, answer, said):
    aws.answers(f"s3api {words}", answer)
    [finding] = wrong(aws)
    assert (finding.weight, finding.about) == (OPEN, "bucket of replies")
    assert said in finding.sentence


@pytest.mark.parametrize("state", ["Disabled", "PendingDeletion"])
def test_a_key_that_does_not_work_is_found(aws, state):
    aws.answers("kms describe-key", {"KeyMetadata": {"KeyState": state}})
    [finding] = wrong(aws)
    assert (finding.weight, finding.about) == (OPEN, "key of replies")
    assert state in finding.sentence


def test_replies_that_could_not_be_taken_are_counted(aws):
    aws.answers("sqs get-queue-attributes", {"Attributes": {"ApproximateNumberOfMessages": "2"}})
    [finding] = wrong(aws)
    assert (finding.weight, finding.about) == (LOOK, "failed replies")
    assert "2 replies" in finding.sentence


@pytest.mark.parametrize("there", [{}, {"ReplyDomain": "reply.old.example"}])
def test_a_stack_that_takes_replies_elsewhere_or_nowhere_yet_is_pointed_out(aws, there):
    outputs = {name: value for name, value in ON.items() if name != "ReplyDomain"}
    [finding] = wrong(aws, outputs={**outputs, **there})
    assert (finding.weight, "the next deploy does it" in finding.sentence) == (LOOK, True)


def test_a_call_that_fails_leaves_its_line_unknown_and_the_others_as_they_are(aws):
    aws.fails("kms describe-key", "AccessDeniedException", "you may not")
    [finding] = wrong(aws)
    assert (finding.weight, finding.about) == (UNKNOWN, "key of replies")
    assert "you may not" in finding.sentence
    aws.answers("kms describe-key", {"KeyMetadata": {}})
    assert [one.weight for one in wrong(aws)] == [UNKNOWN]


def test_the_doctors_list_has_what_is_about_replies(aws):
    aws.answers("cloudformation describe-stacks", {"Stacks": [{"StackStatus": "CREATE_COMPLETE"}]})
    now = datetime(2026, 12, 1, tzinfo=UTC)
    looked = examine(STAGE, Aws("us-west-2", run=aws.run), now, shipped_texts(), lambda domain: (HOST,))
    assert "MX of ReplyDomain" in {one.about for one in looked}
