"""The deploy: which calls it makes, in which order, and that it stops where it must.

No AWS is here: an `aws` of the test's own writes down every call. What real AWS does with them is a line of
docs/deploy-checklist.md.
"""

from __future__ import annotations

import base64
import gzip
import json
import os
import stat
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from chalicelib.pages.about import OPERATOR
from tests.support.fake_aws import FakeAws
from tests.support.ready_site import CHOSEN as PARAMETERS
from tests.support.ready_site import OUTPUTS, account, identity, ready_texts
from tools.aws.aws_cli import Aws, AwsFailed
from tools.aws.deploy import Deploy, DeployStopped
from tools.aws.doctor_content import shipped_texts
from tools.aws.mail_servers import receiving_host
from tools.aws.record_format import OUTPUT, RECORD_FORMAT, no_way_back
from tools.aws.stack_policy import stack_policy
from tools.aws.stage import ROOT, Stage
from tools.aws.template.outputs import outputs

STAGE = Stage("prod", "us-west-2", "ana@town.example", PARAMETERS)
CHANGES = {
    "Changes": [
        {
            "ResourceChange": {
                "Action": "Add",
                "LogicalResourceId": "Reports",
                "ResourceType": "AWS::DynamoDB::Table",
            }
        }
    ]
}
# What changes anything; all other calls only look.
DOES = ("create", "put", "set-", "execute", "delete", "update", "admin-", "upload", "cp", "sync")


@pytest.fixture
def package(tmp_path: Path) -> Path:
    folder = tmp_path / "package"
    folder.mkdir()
    resources = {
        "Deliver": {"Type": "AWS::Serverless::Function", "Properties": {"CodeUri": "./deployment.zip"}},
        "Reports": {"Type": "AWS::DynamoDB::Table", "DeletionPolicy": "Retain"},
        "Door": {"Type": "AWS::DynamoDB::Table", "DeletionPolicy": "Delete"},
    }
    (folder / "template.json").write_text(json.dumps({"Resources": resources}))
    page = base64.b64encode(gzip.compress(b'<!DOCTYPE html><meta charset="utf-8">words'))
    about = base64.b64encode(gzip.compress(f'<!DOCTYPE html><meta charset="utf-8">{OPERATOR}'.encode()))
    index = {"locales": ["en"], "places": ["us"], "default_place": "us", "headers": {}}
    index["other_pages"] = ["about"]
    with zipfile.ZipFile(folder / "deployment.zip", "w") as archive:
        archive.writestr("app.py", "")
        archive.writestr("chalicelib/built_pages/index.json", json.dumps(index))
        archive.writestr("chalicelib/built_pages/en/us.b64", page)
        archive.writestr("chalicelib/built_pages/en/about.b64", about)
    return folder


@pytest.fixture
def aws(tmp_path: Path) -> FakeAws:
    """An account in which nothing of ours is yet, but all that people must do is done."""
    fake = FakeAws(tmp_path / "bin")
    fake.answers("cloudformation describe-change-set", CHANGES)
    fake.fails("s3api head-bucket", "404")
    fake.fails("s3api head-object", "404")
    fake.fails("s3api get-object", "AccessDenied")
    there(fake)
    fake.fails("cloudformation describe-stacks", "ValidationError", times=3)
    fake.answers("sesv2 get-account", account())
    fake.answers("lambda get-account-settings", {"AccountLimit": {"ConcurrentExecutions": 1000}})
    fake.answers("sesv2 get-email-identity", identity())
    fake.fails("sesv2 get-suppressed-destination", "NotFoundException")
    subscriptions = [{"SubscriptionArn": "PendingConfirmation", "Endpoint": "operator@town.example"}]
    fake.answers("sns list-subscriptions-by-topic", {"Subscriptions": subscriptions})
    fake.answers("secretsmanager get-secret-value", {"SecretString": '{"seed": "sss"}'})
    fake.answers("cognito-idp list-users", {"Users": []})
    fake.answers("cognito-idp list-users-in-group", {"Users": []})
    fake.answers("sqs get-queue-attributes", {"Attributes": {"ApproximateNumberOfMessages": "0"}})
    return fake


def there(fake: FakeAws, status: str = "CREATE_COMPLETE", times: int = 0, **outputs: str) -> None:
    told = [{"OutputKey": key, "OutputValue": value} for key, value in {**OUTPUTS, **outputs}.items()]
    stack = {"StackStatus": status, "Outputs": told}
    fake.answers("cloudformation describe-stacks", {"Stacks": [stack]}, times=times)


class Operator:
    """Who runs the deploy, and what was asked of them."""

    def __init__(self, fake: FakeAws, package: Path, agrees: bool = True, key_is_made: bool = True) -> None:
        self._fake = fake
        self._package = package
        self._agrees = agrees
        self._key_is_made = key_is_made
        self.servers: tuple[str, ...] | None = (receiving_host("us-west-2"),)
        self.asked: list[str] = []
        self.rotated: list[Stage] = []

    def deploys(self, stage: Stage = STAGE, texts: Mapping[str, str] | None = None) -> None:
        caller = Aws(stage.region, run=self._fake.run)
        more = {"servers": lambda domain: self.servers, "pause": lambda seconds: None}
        Deploy(caller, stage, self._package, self._ask, self._rotate, texts or ready_texts(), **more)()

    def _ask(self, question: str) -> bool:
        self.asked.append(question)
        return self._agrees

    def _rotate(self, stage: Stage) -> bool:
        self.rotated.append(stage)
        return self._key_is_made


def done(fake: FakeAws) -> list[str]:
    """The calls that change something, and what is waited for, in order."""
    return [name for name in fake.names() if name.split()[1].startswith((*DOES, "wait"))]


def aws_texts(fake: FakeAws) -> list[tuple[list[str], str]]:
    """The words of each upload, and what was in its file."""
    uploads = [call for call in fake.calls if call["words"][:2] == ["s3api", "put-object"]]
    return [(call["words"], next(iter(call["files"].values()), "")) for call in uploads]


def words_of(fake: FakeAws, name: str) -> list[str]:
    return next(call["words"] for call in fake.calls if " ".join(call["words"][:2]) == name)


FIRST = [
    "s3api create-bucket",
    "s3api put-public-access-block",
    "s3api put-object",
    "s3api put-object",
    "cloudformation create-change-set",
    "cloudformation wait change-set-create-complete",
    "cloudformation execute-change-set",
    "cloudformation wait stack-create-complete",
    # once more, with the address that CloudFront gave
    "cloudformation create-change-set",
    "cloudformation wait change-set-create-complete",
    "cloudformation execute-change-set",
    "cloudformation wait stack-update-complete",
    "cloudformation update-termination-protection",
    "cloudformation set-stack-policy",
    *["s3api put-object"] * 5,
    "cognito-idp admin-create-user",
    "cognito-idp admin-add-user-to-group",
]


def test_a_first_deploy_makes_these_calls_in_this_order(aws, package, capsys):
    operator = Operator(aws, package)
    operator.deploys()
    assert done(aws) == FIRST
    assert operator.asked == ["Make these 1 changes to porchlight-prod?"]
    assert operator.rotated == [STAGE]
    said = capsys.readouterr().out
    assert "Add      Reports (AWS::DynamoDB::Table)" in said
    for left in (
        "CNAME record: a._domainkey.town.example a.dkim.amazonses.com",
        "MX record: bounce.town.example 10 feedback-smtp.us-west-2.amazonses.com",
        'TXT record: bounce.town.example "v=spf1 include:amazonses.com -all"',
        "Confirm the mail about alarms that AWS sent to operator@town.example",
    ):
        assert left in said


def test_every_call_names_the_region(aws, package):
    Operator(aws, package).deploys()
    for call in aws.calls:
        words = call["words"]
        assert words[words.index("--region") + 1] == "us-west-2"


def test_the_bucket_for_packages_is_closed_to_the_public_and_belongs_to_the_account(aws, package):
    Operator(aws, package).deploys()
    name = "porchlight-packages-000000000000-us-west-2"
    assert name in words_of(aws, "s3api create-bucket")
    block = words_of(aws, "s3api put-public-access-block")[5]
    assert sorted(block.split(",")) == [
        "BlockPublicAcls=true",
        "BlockPublicPolicy=true",
        "IgnorePublicAcls=true",
        "RestrictPublicBuckets=true",
    ]
    for call in aws.calls:
        if call["words"][:2] == ["s3api", "put-object"]:
            assert call["words"][call["words"].index("--expected-bucket-owner") + 1] == "000000000000"


def test_in_the_one_region_that_wants_no_constraint_none_is_given(aws, package):
    Operator(aws, package).deploys(Stage("prod", "us-east-1", "ana@town.example", PARAMETERS))
    assert "--create-bucket-configuration" not in words_of(aws, "s3api create-bucket")


def test_what_is_uploaded_is_named_after_its_content_and_the_template_points_at_the_zip(aws, package):
    Operator(aws, package).deploys()
    zipped, template = [call for call in aws.calls if call["words"][:2] == ["s3api", "put-object"]][:2]
    key = zipped["words"][zipped["words"].index("--key") + 1]
    assert key.endswith(".zip")
    [text] = template["files"].values()
    assert json.loads(text)["Resources"]["Deliver"]["Properties"]["CodeUri"] == {
        "Bucket": "porchlight-packages-000000000000-us-west-2",
        "Key": key,
    }
    [sent] = zipped["files"].values()
    assert sent.encode("latin-1") == (package / "deployment.zip").read_bytes()
    name = template["words"][template["words"].index("--key") + 1]
    address = words_of(aws, "cloudformation create-change-set")
    assert f"https://porchlight-packages-000000000000-us-west-2.s3.us-west-2.amazonaws.com/{name}" in address


def parameters_told(fake: FakeAws) -> list[dict[str, str]]:
    sets = [call for call in fake.calls if call["words"][1] == "create-change-set"]
    return [
        {one["ParameterKey"]: one["ParameterValue"] for one in json.loads(text)}
        for call in sets
        for text in call["files"].values()
    ]


def test_a_site_without_a_name_is_told_the_address_that_cloudfront_gave_it(aws, package):
    Operator(aws, package).deploys()
    first, second = parameters_told(aws)
    assert first == PARAMETERS
    assert second == {**PARAMETERS, "SiteAddress": "https://d1.cloudfront.net"}


def test_a_later_deploy_knows_that_address_from_the_start(aws, package):
    there(aws)
    aws.answers("s3api head-bucket", {})
    Operator(aws, package).deploys()
    assert parameters_told(aws) == [{**PARAMETERS, "SiteAddress": "https://d1.cloudfront.net"}]
    assert "cloudformation wait stack-update-complete" in done(aws)
    assert "s3api create-bucket" not in done(aws)


def test_a_site_with_a_name_needs_one_round(aws, package):
    named = {**PARAMETERS, "DomainName": "places.town.example", "CertificateArn": "arn:x"}
    Operator(aws, package).deploys(Stage("prod", "us-west-2", "ana@town.example", named))
    assert parameters_told(aws) == [named]


def test_when_nothing_changed_no_change_is_made(aws, package, capsys):
    there(aws)
    aws.fails("cloudformation wait change-set-create-complete", "255", "failed")
    aws.answers(
        "cloudformation describe-change-set",
        {"StatusReason": "The submitted information didn't contain changes.", "Changes": []},
    )
    Operator(aws, package).deploys()
    assert "cloudformation execute-change-set" not in done(aws)
    assert "cloudformation delete-change-set" in done(aws)
    assert "Nothing on AWS needs to change." in capsys.readouterr().out


@pytest.mark.parametrize(
    "change",
    [
        {"Action": "Remove"},
        {"Action": "Modify", "Replacement": "True"},
        {"Action": "Modify", "Replacement": "Conditional"},
    ],
)
@pytest.mark.parametrize(
    "kind", ["DynamoDB::Table", "SecretsManager::Secret", "S3::Bucket", "Cognito::UserPool"]
)
def test_a_change_that_would_lose_what_is_kept_is_not_made(aws, package, kind, change):
    there(aws)
    lost = {"LogicalResourceId": "Precious", "ResourceType": f"AWS::{kind}", **change}
    aws.answers("cloudformation describe-change-set", {"Changes": [{"ResourceChange": lost}]})
    with pytest.raises(DeployStopped, match="replace or remove Precious"):
        Operator(aws, package).deploys()
    assert "cloudformation execute-change-set" not in done(aws)


@pytest.mark.parametrize("name", ["SecretString", "GenerateSecretString"])
def test_a_secret_that_would_be_written_anew_is_not(aws, package, name):
    there(aws)
    detail = {"Target": {"Attribute": "Properties", "Name": name}}
    change = {
        "Action": "Modify",
        "Replacement": "False",
        "LogicalResourceId": "DeskKeysSecret",
        "ResourceType": "AWS::SecretsManager::Secret",
        "Details": [detail],
    }
    aws.answers("cloudformation describe-change-set", {"Changes": [{"ResourceChange": change}]})
    with pytest.raises(DeployStopped, match="DeskKeysSecret"):
        Operator(aws, package).deploys()
    assert "cloudformation execute-change-set" not in done(aws)


def test_a_secret_that_gets_another_description_is_no_loss(aws, package):
    there(aws)
    change = {
        "Action": "Modify",
        "Replacement": "False",
        "LogicalResourceId": "DeskKeysSecret",
        "ResourceType": "AWS::SecretsManager::Secret",
        "Details": [{"Target": {"Attribute": "Properties", "Name": "Description"}}],
    }
    aws.answers("cloudformation describe-change-set", {"Changes": [{"ResourceChange": change}]})
    Operator(aws, package).deploys()
    assert "cloudformation execute-change-set" in done(aws)


def test_cloudformation_is_told_what_no_update_may_replace_or_remove(aws, package):
    Operator(aws, package).deploys()
    [call] = [call for call in aws.calls if call["words"][1] == "set-stack-policy"]
    assert call["words"][call["words"].index("--stack-name") + 1] == "porchlight-prod"
    [text] = call["files"].values()
    assert json.loads(text) == stack_policy(
        {"Resources": {"Reports": {"Type": "AWS::DynamoDB::Table", "DeletionPolicy": "Retain"}}}
    )


@pytest.mark.parametrize("change", [{"Action": "Remove"}, {"Action": "Modify", "Replacement": "Conditional"}])
def test_what_the_policy_denies_is_said_before_aws_fails_and_may_be_done_once_it_is_lifted(
    aws, package, change
):
    there(aws)
    changed = {"LogicalResourceId": "SenderDomain", "ResourceType": "AWS::SES::EmailIdentity", **change}
    aws.answers("cloudformation describe-change-set", {"Changes": [{"ResourceChange": changed}]})
    kept = {"SenderDomain": {"Type": "AWS::SES::EmailIdentity", "DeletionPolicy": "Retain"}}
    policy = json.dumps(stack_policy({"Resources": kept}))
    aws.answers("cloudformation get-stack-policy", {"StackPolicyBody": policy})
    with pytest.raises(DeployStopped, match=r"docs/operate\.md.*SenderDomain"):
        Operator(aws, package).deploys()
    assert done(aws)[-1] == "cloudformation delete-change-set"
    lifted = {"Statement": [{"Effect": "Allow", "Action": "Update:*", "Principal": "*", "Resource": "*"}]}
    aws.answers("cloudformation get-stack-policy", {"StackPolicyBody": json.dumps(lifted)})
    Operator(aws, package).deploys()
    assert done(aws).index("cloudformation execute-change-set") < done(aws).index(
        "cloudformation set-stack-policy"
    )


def test_a_person_who_does_not_agree_changes_nothing(aws, package):
    with pytest.raises(DeployStopped, match="Nothing was changed"):
        Operator(aws, package, agrees=False).deploys()
    assert done(aws)[-1] == "cloudformation delete-change-set"
    assert "cloudformation execute-change-set" not in done(aws)


def test_what_a_failed_first_deploy_left_is_cleared_away_first(aws, package):
    there(aws)
    failed = {"Stacks": [{"StackStatus": "ROLLBACK_COMPLETE"}]}
    aws.answers("cloudformation describe-stacks", failed, times=3)
    Operator(aws, package).deploys()
    calls = done(aws)
    cleared = calls.index("cloudformation delete-stack")
    assert calls[cleared + 1] == "cloudformation wait stack-delete-complete"
    assert cleared < calls.index("cloudformation create-change-set")
    assert "CREATE" in words_of(aws, "cloudformation create-change-set")


def test_standby_pages_lie_under_their_paths_and_those_of_a_release_stay(aws, package):
    Operator(aws, package).deploys()
    puts = [call["words"] for call in aws.calls if call["words"][:2] == ["s3api", "put-object"]][2:]
    keys = {words[words.index("--key") + 1] for words in puts}
    assert keys == {"site/", "site/en", "site/en/", "site/en/us/", "site/en/about/"}
    [about] = [words for words in aws_texts(aws) if "site/en/about/" in words[0]]
    assert "The town&#x27;s library" in about[1]
    assert {words[words.index("--content-type") + 1] for words in puts} == {"text/html; charset=utf-8"}
    aws.answers("s3api head-object", {"ETag": "1"})
    before = len(aws.calls)
    Operator(aws, package).deploys()
    later = [call["words"] for call in aws.calls[before:] if call["words"][:2] == ["s3api", "put-object"]]
    assert not [words for words in later if words[words.index("--key") + 1].startswith("site")]


def test_a_delivery_key_is_made_once(aws, package):
    aws.answers(
        "secretsmanager get-secret-value", {"SecretString": '{"desk_key": {"kid": "2026-11-abcdef"}}'}
    )
    operator = Operator(aws, package)
    operator.deploys()
    assert operator.rotated == []


def test_without_a_delivery_key_the_deploy_does_not_end_well(aws, package):
    with pytest.raises(DeployStopped, match="no report can be taken"):
        Operator(aws, package, key_is_made=False).deploys()
    assert "cognito-idp admin-create-user" not in done(aws)


def test_the_first_password_is_shown_once_and_is_no_argument(aws, package, capsys):
    Operator(aws, package).deploys()
    [call] = [call for call in aws.calls if call["words"][1] == "admin-create-user"]
    [text] = call["files"].values()
    password = json.loads(text)["TemporaryPassword"]
    assert len(password) >= 20
    assert capsys.readouterr().out.count(password) == 1
    assert password not in json.dumps([call["words"] for call in aws.calls])


def test_a_pool_that_has_people_gets_nobody_new(aws, package):
    aws.answers("cognito-idp list-users --limit", {"Users": [{"Username": "ana"}]})
    Operator(aws, package).deploys()
    assert "cognito-idp admin-create-user" not in done(aws)


# It stops


def test_nothing_is_done_for_prod_while_something_must_be_mended(aws, package, capsys):
    with pytest.raises(DeployStopped, match="must be mended first"):
        Operator(aws, package).deploys(texts=shipped_texts())
    assert done(aws) == []
    assert "[!] contact" in capsys.readouterr().out


def test_for_dev_the_same_is_only_said(aws, package, capsys):
    Operator(aws, package).deploys(
        Stage("dev", "us-west-2", "", {**PARAMETERS, "Stage": "dev"}), shipped_texts()
    )
    assert "[!] contact" in capsys.readouterr().out
    assert "cloudformation execute-change-set" in done(aws)


def test_wrong_settings_are_said_together_and_aws_is_not_even_asked(aws, package):
    with pytest.raises(DeployStopped, match=r"(?s)One\..*Two\."):
        Operator(aws, package).deploys(Stage("prod", "us-west-2", "", PARAMETERS, ("One.", "Two.")))
    assert aws.calls == []


def test_a_package_that_was_not_built_stops_it_before_aws_is_asked(aws, package):
    (package / "deployment.zip").unlink()
    with pytest.raises(DeployStopped, match="run make package"):
        Operator(aws, package).deploys()
    assert aws.calls == []


def test_without_credentials_nothing_more_is_tried(aws, package):
    aws.fails("sts get-caller-identity", "ExpiredToken", "your time is over")
    with pytest.raises(DeployStopped, match=r"AWS does not let us in.*your time is over"):
        Operator(aws, package).deploys()
    assert aws.names() == ["sts get-caller-identity"]


@pytest.mark.parametrize("step", range(len(FIRST)))
def test_a_step_that_fails_is_the_last(aws, package, step):
    name = FIRST[step]
    earlier = FIRST[:step].count(name)
    words = name
    if name == "s3api put-object" and earlier >= 2:
        words = f"{name} site/"  # these go out several at once
    rules: Any = [AwsFailed, DeployStopped]
    if earlier:
        aws.fails(words, "Boom", "it broke")
        if words == name:
            aws.answers(words, CHANGES if "change-set" in name else {}, times=earlier)
    else:
        aws.fails(words, "Boom", "it broke")
    with pytest.raises(tuple(rules)):
        Operator(aws, package).deploys()
    calls = done(aws)
    if words == name:
        assert calls == FIRST[: step + 1]
    else:
        assert set(calls) <= set(FIRST[: step + 1])
        assert "cognito-idp admin-create-user" not in calls


# Replies


DOMAIN = "reply.town.example"
REPLYING = Stage(
    "prod",
    "us-west-2",
    "ana@town.example",
    {
        **PARAMETERS,
        "SenderAddress": f"desk@{DOMAIN}",
        "SenderIdentity": DOMAIN,
        "MailFromDomain": f"bounce.{DOMAIN}",
        "ReplyDomain": DOMAIN,
    },
)
QUIET = Stage("prod", "us-west-2", "ana@town.example", {**REPLYING.parameters, "ReplyDomain": ""})


def rules_done(fake: FakeAws) -> list[str]:
    """The calls that change SES's rules, and when the stack is changed."""
    others = ("ses describe", "cloudformation execute-change-set")
    return [name for name in fake.names() if name.startswith(("ses ", others[1])) and others[0] not in name]


def there_with_replies(fake: FakeAws) -> None:
    there(fake, ReplyDomain=DOMAIN, InboundBucket="inbound")
    fake.answers("s3api head-bucket", {})


def test_replies_are_turned_on_after_the_stack_that_takes_them(aws, package, capsys):
    there(aws, InboundBucket="inbound")
    Operator(aws, package).deploys(REPLYING)
    assert rules_done(aws) == [
        "cloudformation execute-change-set",
        "ses create-receipt-rule-set",
        "ses create-receipt-rule",
        "ses set-active-receipt-rule-set",
    ]
    [told] = parameters_told(aws)
    assert told["ReplyDomain"] == DOMAIN
    said = capsys.readouterr().out
    assert f"mail to {DOMAIN} goes into inbound" in said
    assert f"Make an MX record, and no other: {DOMAIN} 10 inbound-smtp.us-west-2.amazonaws.com" in said


def test_in_a_region_that_takes_no_mail_everything_else_is_deployed_and_mails_say_so(aws, package, capsys):
    there_with_replies(aws)
    aws.fails("ses describe-active-receipt-rule-set", "InvalidAction", "Unavailable Operation")
    operator = Operator(aws, package)
    operator.servers = ()
    operator.deploys(REPLYING)
    [told] = parameters_told(aws)
    assert told["ReplyDomain"] == "", "so mails say that nobody can reply"
    assert rules_done(aws) == ["cloudformation execute-change-set"]
    assert "Replies are off: SES takes no mail in this region" in capsys.readouterr().out


def test_replies_that_are_turned_off_are_refused_by_ses_before_the_stack_forgets_how_to_take_them(
    aws, package, capsys
):
    there_with_replies(aws)
    ours = {"Name": "porchlight-prod-replies", "Enabled": True, "Recipients": [DOMAIN]}
    rules = {"Metadata": {"Name": "theirs"}, "Rules": [ours, {"Name": "shop", "Enabled": True}]}
    aws.answers("ses describe-active-receipt-rule-set", rules, times=1)
    Operator(aws, package).deploys(QUIET)
    assert rules_done(aws) == ["ses delete-receipt-rule", "cloudformation execute-change-set"]
    assert "took the rule porchlight-prod-replies out of the set theirs" in capsys.readouterr().out


def test_whoever_does_not_agree_to_the_changes_keeps_replies_as_they_are(aws, package):
    there_with_replies(aws)
    with pytest.raises(DeployStopped, match="Nothing was changed"):
        Operator(aws, package, agrees=False).deploys(QUIET)
    assert rules_done(aws) == []


@pytest.mark.parametrize("failing", ["create-receipt-rule", "set-active-receipt-rule-set"])
def test_a_rule_that_ses_refuses_is_said_and_stops_no_deploy(aws, package, capsys, failing):
    there(aws, InboundBucket="inbound")
    aws.fails(f"ses {failing}", "LimitExceeded", "too many rules")
    Operator(aws, package).deploys(REPLYING)
    assert "cognito-idp admin-create-user" in done(aws)
    said = capsys.readouterr().out
    assert "Replies do not come in yet" in said
    assert "too many rules" in said


def test_while_the_domains_mail_goes_elsewhere_prod_is_not_asked_to_invite_replies(aws, package, capsys):
    operator = Operator(aws, package)
    operator.servers = ("mx.town.example",)
    with pytest.raises(DeployStopped, match="must be mended first"):
        operator.deploys(REPLYING)
    assert done(aws) == []
    assert "[!] MX of ReplyDomain" in capsys.readouterr().out


def test_when_ses_cannot_be_asked_replies_stay_as_they_are(aws, package, capsys):
    aws.fails("ses describe-active-receipt-rule-set", "AccessDenied", "you may not")
    there(aws, InboundBucket="inbound")
    Operator(aws, package).deploys(REPLYING)
    there_with_replies(aws)
    Operator(aws, package).deploys(REPLYING)
    assert [told["ReplyDomain"] for told in parameters_told(aws)] == ["", DOMAIN]
    assert "Replies stay off for now" in capsys.readouterr().out


# The command


def run(fake: FakeAws, package: Path, *arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    base = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "DEPLOY_"))}
    told = {**base, "PATH": f"{fake.folder}:{os.environ['PATH']}", **environ}
    command = [sys.executable, "-m", "tools.aws.deploy", *arguments, "--package", str(package)]
    return subprocess.run(
        command, cwd=ROOT, env=told, capture_output=True, text=True, stdin=subprocess.DEVNULL
    )


def test_the_command_says_why_it_stopped_and_that_it_can_be_run_again(aws, package):
    ended = run(aws, package, "moon", "--yes")
    assert ended.returncode == 1
    assert "STAGE must be one of dev, prod" in ended.stderr
    assert "run the same command again" in ended.stderr
    assert aws.calls == []


def test_the_command_makes_its_calls_with_the_aws_that_is_on_the_path(aws, package, tmp_path):
    secret = '{"desk_key": {"kid": "2026-11-abcdef"}}'
    aws.answers("secretsmanager get-secret-value", {"SecretString": secret})
    aws.answers(
        "cloudformation describe-stack-resource", {"StackResourceDetail": {"PhysicalResourceId": "access"}}
    )
    aws.answers("dynamodb get-item", {"Item": {"pk": {"S": "recipient"}}})
    told = {
        f"DEPLOY_{name}": value
        for name, value in (
            ("SENDER_ADDRESS", "reports@town.example"),
            ("SENDER_IDENTITY", "town.example"),
            ("OPERATOR_ADDRESS", "operator@town.example"),
            ("FIRST_PUBLISHER", "ana@town.example"),
        )
    }
    (tmp_path / "dev.json").write_text('{"region": "us-west-2"}')
    ended = run(aws, package, "dev", "--yes", "--settings", str(tmp_path), **told)
    assert ended.returncode == 0, ended.stderr
    assert done(aws) == FIRST


def test_the_command_changes_nothing_on_prod_while_something_must_be_mended(aws, package, tmp_path):
    (tmp_path / "prod.json").write_text(json.dumps({"region": "us-west-2", "parameters": PARAMETERS}))
    ended = run(aws, package, "prod", "--yes", "--settings", str(tmp_path))
    assert ended.returncode == 1
    assert "must be mended first" in ended.stderr
    assert done(aws) == []


def test_a_file_for_a_call_can_be_read_by_nobody_else():
    from tools.aws.deploy import _file_of

    with _file_of(b"secret") as path:
        assert stat.S_IMODE(os.stat(path).st_mode) == 0o600


def _of_format(package: Path, number: int) -> None:
    template = json.loads((package / "template.json").read_text())
    template["Outputs"] = {OUTPUT: {"Value": str(number)}}
    (package / "template.json").write_text(json.dumps(template))


def test_a_package_that_cannot_read_the_records_on_aws_is_not_deployed(aws, package):
    there(aws, RecordFormat="3")
    _of_format(package, 2)
    with pytest.raises(DeployStopped, match="format 2, and they have format 3"):
        Operator(aws, package).deploys()
    assert done(aws) == []


def test_a_package_of_before_formats_counts_as_the_first(aws, package):
    there(aws, RecordFormat="2")
    with pytest.raises(DeployStopped, match="Nothing was changed"):
        Operator(aws, package).deploys()
    assert done(aws) == []


def test_before_anything_changes_a_deploy_says_that_there_is_no_going_back(aws, package, capsys):
    there(aws)  # a stage of before formats says none
    _of_format(package, RECORD_FORMAT)
    operator = Operator(aws, package, agrees=False)
    with pytest.raises(DeployStopped, match="Nothing was changed"):
        operator.deploys()
    said = capsys.readouterr().out
    assert "no going back to the package before" in said
    assert "without the report in it" in said


def test_over_records_of_before_places_had_documents_a_deploy_says_what_a_way_back_would_lose(
    aws, package, capsys
):
    there(aws, RecordFormat="2")
    _of_format(package, 3)
    with pytest.raises(DeployStopped, match="Nothing was changed"):
        Operator(aws, package, agrees=False).deploys()
    said = capsys.readouterr().out
    assert "no going back to the package before" in said
    assert "contacts and places that were changed here would be as they shipped" in said
    assert "without the report in it" not in said, "that was said before format 2"


def test_the_same_format_and_a_first_deploy_say_nothing_of_going_back(aws, package, capsys):
    _of_format(package, RECORD_FORMAT)
    Operator(aws, package).deploys()
    assert "no going back" not in capsys.readouterr().out
    there(aws, RecordFormat=str(RECORD_FORMAT))
    Operator(aws, package).deploys()
    assert "no going back" not in capsys.readouterr().out


def test_the_template_says_the_format_of_its_records():
    assert outputs()["Outputs"][OUTPUT]["Value"] == str(RECORD_FORMAT)


def test_each_step_of_the_format_says_why_there_is_no_going_back():
    for number in range(2, RECORD_FORMAT + 1):
        assert no_way_back(number - 1, number)
    assert no_way_back(RECORD_FORMAT, RECORD_FORMAT) == ""
