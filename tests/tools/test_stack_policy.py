"""The stack policy: what no update may replace or remove, read from the template that we write."""

from __future__ import annotations

import json
from typing import Any

import pytest

from chalicelib.pages.page_headers import BARE_POLICY, page_headers
from tools.aws.stack_policy import denied, loses, protected, stack_policy
from tools.build.functions import FUNCTIONS
from tools.build.gateway_pages import Hotline
from tools.build.package_template import Site, merge_template

# Each of these keeps something that nobody can make again: reports, texts, keys, people and their roles.
_KEEPS_SOMETHING = (
    "AWS::Cognito::UserPool", "AWS::Cognito::UserPoolGroup", "AWS::DynamoDB::GlobalTable",
    "AWS::DynamoDB::Table", "AWS::EFS::FileSystem", "AWS::KMS::Key", "AWS::RDS::DBInstance",
    "AWS::S3::Bucket", "AWS::SES::EmailIdentity", "AWS::SSM::Parameter", "AWS::SecretsManager::Secret",
)  # fmt: skip
# Sessions and counters of tries, which pass within the hour; and a key that opens what lies for seconds, and
# at most for half as long as KMS waits before it deletes it.
_PASSES = {"Door", "AccessDoor", "InboundKey"}
HOTLINE = Hotline("+18883737888", "888-373-7888")


@pytest.fixture(scope="module")
def resources() -> dict[str, Any]:
    """Every resource of ours; what Chalice adds beside them are functions, roles and the API."""
    paths = {"/", *(path for function in FUNCTIONS for path in function.paths)}
    site = Site({path: ["GET"] for path in paths}, page_headers(BARE_POLICY), HOTLINE)
    found: dict[str, Any] = merge_template(site)["Resources"]
    return {name: one for name, one in found.items() if "Type" in one}


def test_the_policy_names_all_that_must_never_be_lost(resources):
    assert protected({"Resources": resources}) == [
        "Access", "Audit", "DeskKeysSecret", "Documents", "Edge", "Editors", "Inbound", "Pages", "People",
        "Publishers", "ReporterSecret", "Reports", "SenderDomain", "SenderMailbox", "Wishes",
    ]  # fmt: skip


def test_nothing_precious_lacks_retain(resources):
    held = {name for name, one in resources.items() if one["Type"] in _KEEPS_SOMETHING} - _PASSES
    assert {"Reports", "People", "Editors", "Pages", "ReporterSecret"} <= held
    for name in held:
        assert resources[name]["DeletionPolicy"] == "Retain", name
        assert resources[name]["UpdateReplacePolicy"] == "Retain", name


def test_every_kind_of_resource_was_thought_about(resources):
    # A new kind is either one that keeps something (above), or it is added here.
    made_again = {
        "AWS::ApiGateway::Account", "AWS::Budgets::Budget", "AWS::CloudFront::CachePolicy",
        "AWS::CloudFront::Distribution", "AWS::CloudFront::OriginAccessControl",
        "AWS::CloudFront::OriginRequestPolicy", "AWS::CloudFront::ResponseHeadersPolicy",
        "AWS::CloudWatch::Alarm", "AWS::Cognito::UserPoolClient", "AWS::Events::Rule", "AWS::IAM::Role",
        "AWS::Lambda::EventInvokeConfig", "AWS::Lambda::Permission", "AWS::Logs::LogGroup",
        "AWS::Logs::MetricFilter", "AWS::S3::BucketPolicy", "AWS::SES::ConfigurationSet",
        "AWS::SES::ConfigurationSetEventDestination", "AWS::SNS::Subscription", "AWS::SNS::Topic",
        "AWS::SNS::TopicPolicy", "AWS::SQS::Queue", "AWS::SQS::QueuePolicy", "AWS::WAFv2::WebACL",
    }  # fmt: skip
    assert {one["Type"] for one in resources.values()} <= made_again | set(_KEEPS_SOMETHING)


def test_the_policy_allows_every_other_update(resources):
    policy = stack_policy({"Resources": resources})
    allow, deny = policy["Statement"]
    assert allow == {"Effect": "Allow", "Action": "Update:*", "Principal": "*", "Resource": "*"}
    assert (deny["Effect"], deny["Principal"]) == ("Deny", "*")
    assert deny["Action"] == ["Update:Replace", "Update:Delete"]  # a table may still get an index
    assert "LogicalResourceId/Reports" in deny["Resource"]
    assert len(json.dumps(policy)) < 16_384  # CloudFormation takes no more


@pytest.mark.parametrize(
    ("change", "stopped"),
    [
        ({"Action": "Remove"}, True),
        ({"Action": "Modify", "Replacement": "True"}, True),
        ({"Action": "Modify", "Replacement": "Conditional"}, True),
        ({"Action": "Modify", "Replacement": "False"}, False),
        ({"Action": "Add"}, False),
    ],
)
def test_a_change_is_held_against_the_policy_that_the_stack_has(change, stopped):
    policy = json.dumps(stack_policy({"Resources": {"Edge": {"Type": "AWS::CloudFront::Distribution"}}}))
    edge, other = ({"LogicalResourceId": name, **change} for name in ("Edge", "Door"))
    assert denied(policy, [edge, other]) == (["Edge"] if stopped else [])
    assert denied("", [edge]) == []  # a stack of before there was a policy


def test_a_queue_may_be_replaced():
    change = {"LogicalResourceId": "Notices", "ResourceType": "AWS::SQS::Queue", "Action": "Remove"}
    assert not loses(change)
