"""Least power: what each function's role grants, and that its work needs all of it and no more."""

from __future__ import annotations

import base64
import gzip
import json
import re
import shutil
import threading
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlencode

import boto3
import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from moto.cognitoidp.models import cognitoidp_backends
from moto.core import DEFAULT_ACCOUNT_ID
from moto.server import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import make_server

from chalicelib.delivery.adapters import dynamo_wishes
from chalicelib.delivery.adapters.delivery_keys import DeliveryKey, new_delivery_key
from chalicelib.delivery.adapters.dynamo_wishes import DynamoWishes
from chalicelib.delivery.reply_addresses import reply_token
from chalicelib.delivery.wishes import HOLD, SHOW_REPLY, Wish
from chalicelib.desk.adapters import dynamo_audit, dynamo_sign_ins, dynamo_standings
from chalicelib.desk.adapters.cognito_people import client_definition, pool_definition
from chalicelib.desk.people import PUBLISHER, ROLES
from chalicelib.publishing.adapters import dynamo_documents
from chalicelib.publishing.adapters.dynamo_documents import DynamoDocuments
from chalicelib.publishing.documents import Release
from chalicelib.replies.adapters.dynamo_inbox_notes import DynamoInboxNotes
from chalicelib.replies.adapters.dynamo_replies import DynamoReplies
from chalicelib.replies.adapters.dynamo_reply_addresses import DynamoReplyAddresses
from chalicelib.replies.adapters.hpke_reply_sealer import HpkeReplySealer
from chalicelib.replies.conversation import HELD, HUMAN, NOT_ALIGNED, SHOWN, Conversation, ReplyNote
from chalicelib.replies.ports import NOT_SHOWN, InboxNote, ReplyAddress
from chalicelib.replies.reply import Reply
from chalicelib.replies.reply_wishes import seen_of_note
from chalicelib.reporting.adapters import dynamo_reports
from chalicelib.reporting.adapters.delivery_key_item import DeliveryKeyItem
from chalicelib.reporting.adapters.dynamo_reports import DynamoReports
from chalicelib.reporting.adapters.receipt_vault import SeededVault
from chalicelib.reporting.adapters.report_items import WRITTEN
from chalicelib.reporting.cases import DELIVERED, Delivery, SealedReport
from chalicelib.reporting.form_tokens import make_token
from chalicelib.shared.system_clock import SystemClock
from tests.support.desk_site import PASSWORD, DeskSite, Page, Person
from tests.support.iam import HOLDERS, Call, allows, as_list, call_of, name_of, statements_of
from tests.support.inbound import raw_mail
from tests.support.packages import ROOT, api_event, expanded_template, local_package
from tools.aws.move_recipients import move
from tools.build.functions import (
    ACCESS,
    ADMIN,
    CODES,
    DELIVER,
    FUNCTIONS,
    NOTE_DELIVERY,
    PAGE,
    RENDER,
    REPORTER,
    RUN_JOB,
    SWEEP,
    TAKE_REPLY,
    Function,
)
from tools.build.runtime_api import Running, runtime_packages
from tools.local.ses_inbound import LocalInbound, Verdicts

pytestmark = pytest.mark.takes(90)

MAIL = [
    "arn:AWS::Partition:ses:AWS::Region:AWS::AccountId:identity/SenderIdentity",
    "arn:AWS::Partition:ses:AWS::Region:AWS::AccountId:configuration-set/ReportMail",
]
READ_SECRET = "secretsmanager:GetSecretValue"
HELD_KEYS = "arn:AWS::Partition:secretsmanager:AWS::Region:AWS::AccountId:secret:AWS::StackName-desk-keys-*"
LOGS = {"logs:CreateLogStream", "logs:PutLogEvents"}
PEOPLE = (
    "AdminAddUserToGroup",
    "AdminCreateUser",
    "AdminDeleteUser",
    "AdminGetUser",
    "AdminInitiateAuth",
    "AdminListGroupsForUser",
    "AdminRemoveUserFromGroup",
    "AdminRespondToAuthChallenge",
    "AdminSetUserMFAPreference",
    "AdminSetUserPassword",
    "AdminUserGlobalSignOut",
    "ListUsers",
    "ListUsersInGroup",
)
# What signing somebody in, and reading what they may do, takes of them: no account changes by these.
SIGNING_IN = (
    "AdminGetUser",
    "AdminInitiateAuth",
    "AdminListGroupsForUser",
    "AdminRespondToAuthChallenge",
    "ListUsersInGroup",
)

# Everything that any function may do, and to what: a grant that is not here fails.
ALLOWED: dict[str, dict[str, list[str]]] = {
    "api_handler": {},
    "reporter_api": {
        "dynamodb:PutItem": ["Reports"],
        READ_SECRET: ["ReporterSecret"],
    },
    "code_api": {
        "dynamodb:GetItem": ["Reports"],
        "dynamodb:PutItem": ["Reports"],
        "dynamodb:UpdateItem": ["Reports"],
        READ_SECRET: ["ReporterSecret"],
    },
    "hsds_api": {},
    "access_api": {
        "dynamodb:BatchGetItem": ["Access"],
        "dynamodb:GetItem": ["Access", "Documents", "AccessDoor"],
        "dynamodb:UpdateItem": ["Access", "AccessDoor"],
        "dynamodb:DeleteItem": ["Access", "AccessDoor", "Door"],
        "s3:PutObject": ["Pages/offices.json"],
        "dynamodb:PutItem": ["Access", "AccessDoor", "Door", "Audit"],
        "dynamodb:Query": ["Access"],
        "ses:SendEmail": MAIL,
        "ses:SendRawEmail": MAIL,
        **{f"cognito-idp:{name}": ["People"] for name in PEOPLE},
    },
    "admin_api": {
        "dynamodb:BatchGetItem": ["Documents"],
        "dynamodb:Query": [
            *("Reports/index/desk", "Reports/index/listed", "Wishes", "Documents", "Access", "Audit"),
        ],
        "dynamodb:UpdateItem": ["Door"],
        "dynamodb:GetItem": ["Reports", "Documents", "Access", "Door"],
        "dynamodb:PutItem": ["Wishes", "Documents", "Door", "Audit"],
        "dynamodb:DeleteItem": ["Documents", "Door"],
        "s3:GetObject": [
            *("Pages/current.json", "Pages/offices.json"),
            *("Pages/releases/*/index.json", "Pages/releases/*/inputs.json"),
        ],
        "s3:ListBucket": ["Pages"],
        "sqs:SendMessage": ["Jobs"],
        "lambda:InvokeFunction": ["Render"],
        "ses:SendEmail": MAIL,
        "ses:SendRawEmail": MAIL,
        **{f"cognito-idp:{name}": ["People"] for name in SIGNING_IN},
    },
    "deliver": {
        "dynamodb:DescribeTable": ["Reports"],
        "dynamodb:Query": ["Access", "Reports/index/due", "Reports/index/desk", "Wishes"],
        "dynamodb:DeleteItem": ["Wishes", "Reports"],
        "dynamodb:GetItem": ["Access", "Reports"],
        "dynamodb:PutItem": ["Reports", "Wishes"],
        "dynamodb:UpdateItem": ["Reports"],
        READ_SECRET: ["DeskKeysSecret", HELD_KEYS],
        "ses:SendEmail": MAIL,
        "ses:SendRawEmail": MAIL,
    },
    "note_delivery": {
        "dynamodb:Query": ["Access"],
        "dynamodb:GetItem": ["Reports"],
        "dynamodb:PutItem": ["Reports"],
        "dynamodb:UpdateItem": ["Reports"],
        "sqs:DeleteMessage": ["Notices"],
        "sqs:GetQueueAttributes": ["Notices"],
        "sqs:ReceiveMessage": ["Notices"],
        "ses:SendEmail": MAIL,
        "ses:SendRawEmail": MAIL,
    },
    "take_reply": {
        "dynamodb:Query": ["Access"],
        "dynamodb:GetItem": ["Reports"],
        "dynamodb:PutItem": ["Reports"],
        "dynamodb:UpdateItem": ["Reports"],
        "dynamodb:DeleteItem": ["Reports"],
        "sqs:DeleteMessage": ["Replies"],
        "sqs:GetQueueAttributes": ["Replies"],
        "sqs:ReceiveMessage": ["Replies"],
        "s3:DeleteObject": ["Inbound/inbound/*"],
        "s3:GetObject": ["Inbound/inbound/*"],
        "s3:ListBucket": ["Inbound"],
        "kms:Decrypt": ["InboundKey"],
    },
    "run_job": {
        "dynamodb:BatchGetItem": ["Documents"],
        "dynamodb:Query": ["Documents"],
        "dynamodb:GetItem": ["Documents"],
        "dynamodb:PutItem": ["Documents", "Audit"],
        "dynamodb:DeleteItem": ["Documents"],
        "s3:GetObject": [
            *("Pages/current.json", "Pages/standby.json", "Pages/releases/*", "Pages/site/*"),
            *("Pages/offices.json", "Pages/built/*"),
        ],
        "s3:PutObject": [
            *("Pages/current.json", "Pages/standby.json", "Pages/releases/*", "Pages/site/*"),
            "Pages/built/*",
        ],
        "s3:ListBucket": ["Pages"],
        "s3:DeleteObject": ["Pages/releases/*", "Pages/site/*"],
        "sqs:DeleteMessage": ["Jobs"],
        "sqs:GetQueueAttributes": ["Jobs"],
        "sqs:ReceiveMessage": ["Jobs"],
        "lambda:InvokeFunction": ["Render"],
        "sqs:SendMessage": ["Jobs"],
    },
    "sweep": {
        "dynamodb:Scan": ["Reports"],
        "dynamodb:DeleteItem": ["Reports", "Wishes"],
        "dynamodb:Query": ["Access", "Reports/index/desk", "Wishes"],
        "dynamodb:PutItem": ["Wishes", "Reports"],
        "dynamodb:GetItem": ["Reports"],
        "dynamodb:UpdateItem": ["Reports"],
        "ses:SendEmail": MAIL,
        "ses:SendRawEmail": MAIL,
    },
}

# The kinds of items each action may touch, by how their keys begin.
KEYS: dict[str, dict[str, list[str]]] = {
    "reporter_api": {
        "dynamodb:PutItem": ["report#*"],
    },
    # It adds messages, whose ids have a point, and can write over no report: those have none.
    "code_api": {
        "dynamodb:GetItem": ["replies#*", "reply#*", "report#*"],
        "dynamodb:PutItem": ["report#*.*"],
        "dynamodb:UpdateItem": ["count#message#*"],
    },
    "access_api": {
        "dynamodb:DeleteItem": [
            *("browser#*", "browser#*", "change", "first#*", "first#*", "session#*", "step#*"),
            *("told", "tries#*", "tries#*", "waiting"),
        ],
        "dynamodb:GetItem": [
            *("browser#*", "change", "first#*", "handover", "person#*", "person#*", "places", "recipient"),
            *("session#*", "step#*", "tries#*", "waiting"),
        ],
        "dynamodb:PutItem": [
            *("browser#*", "browser#*", "change", "first#*", "first#*", "recipient", "session#*", "step#*"),
            *("told", "tries#*", "tries#*", "waiting"),
        ],
        "dynamodb:Query": ["handover", "recipient", "told", "waiting"],
        "dynamodb:UpdateItem": [
            *("browser#*", "first#*", "handover", "person#*", "places", "session#*", "step#*", "tries#*"),
            "waiting",
        ],
        "dynamodb:BatchGetItem": ["person#*", "places"],
    },
    "admin_api": {
        "dynamodb:BatchGetItem": ["version#*"],
        "dynamodb:DeleteItem": [
            "browser#*",
            "draft",
            "first#*",
            "session#*",
            "step#*",
            "thrown",
            "tries#*",
        ],
        "dynamodb:GetItem": [
            "browser#*",
            "draft",
            "first#*",
            "heldreplies#*",
            "job#*",
            "mistyped#*",
            "person#*",
            "release",
            "replies#*",
            "session#*",
            "settled",
            "shipped#*",
            "step#*",
            "thrown",
            "tries#*",
            "version#*",
        ],
        "dynamodb:PutItem": [
            "browser#*",
            "draft",
            "first#*",
            "job#*",
            "session#*",
            "settled",
            "shipped#*",
            "step#*",
            "thrown",
            "tries#*",
            "wish",
        ],
        "dynamodb:Query": [
            *("draft", "job#*", "recipient", "refused#*", "release", "settled", "shipped#*", "thrown"),
            *("version#*", "waiting", "wish"),
        ],
        "dynamodb:UpdateItem": [
            "browser#*",
            "first#*",
            "session#*",
            "step#*",
            "tries#*",
        ],
    },
    "deliver": {
        "dynamodb:GetItem": [
            *("count#*", "inboxnote#*", "places", "rawreply#*", "replies#*", "reply#*", "report#*"),
        ],
        "dynamodb:DeleteItem": ["rawreply#*", "reply#*", "wish"],
        "dynamodb:PutItem": ["address#*", "batch#*", "mail#*", "refused#*", "replies#*", "report#*"],
        "dynamodb:Query": ["handover", "recipient", "told", "waiting", "wish"],
        "dynamodb:UpdateItem": ["count#*", "inboxnote#*", "report#*"],
    },
    "note_delivery": {
        "dynamodb:Query": ["recipient", "waiting"],
        "dynamodb:GetItem": ["batch#*", "count#*", "mail#*", "report#*"],
        "dynamodb:PutItem": ["report#*"],
        "dynamodb:UpdateItem": ["count#*"],
    },
    "take_reply": {
        "dynamodb:DeleteItem": ["rawmistyped#*", "rawreply#*", "reply#*"],
        "dynamodb:GetItem": [
            *("address#*", "batch#*", "count#late reply *", "deliverykey", "heldreplies#*", "inboxnote#*"),
            *("mail#*", "mistyped#*", "rawreply#*", "replies#*", "report#*"),
        ],
        "dynamodb:PutItem": ["inboxnote#*", "rawmistyped#*", "rawreply#*", "replies#*", "reply#*"],
        "dynamodb:Query": ["recipient", "waiting"],
        "dynamodb:UpdateItem": ["count#late reply *", "heldreplies#*", "mistyped#*", "report#*"],
    },
    "run_job": {
        "dynamodb:BatchGetItem": ["version#*"],
        "dynamodb:GetItem": ["draft", "job#*", "release", "shipped#*", "version#*"],
        "dynamodb:PutItem": ["job#*", "release", "shipped#*", "version#*"],
        "dynamodb:Query": ["draft", "job#*", "release", "version#*"],
        "dynamodb:DeleteItem": ["draft"],
    },
    "sweep": {
        "dynamodb:DeleteItem": ["wish"],
        "dynamodb:GetItem": ["count#*", "rawreply#*", "replies#*"],
        "dynamodb:PutItem": ["inboxnote#*", "refused#*"],
        "dynamodb:Query": ["recipient", "waiting", "wish"],
        "dynamodb:UpdateItem": ["count#*", "rawreply#*", "replies#*", "reply#*", "report#*"],
    },
}


def grants_of(function: Function) -> dict[str, list[str]]:
    grants: dict[str, list[str]] = defaultdict(list)
    for statement in statements_of(function):
        for action in as_list(statement["Action"]):
            names = [name_of(one) for one in as_list(statement["Resource"])]
            grants[action] += [one for one in names if one not in grants[action]]
    return dict(grants)


def keys_of(function: Function) -> dict[str, list[str]]:
    keys: dict[str, list[str]] = defaultdict(list)
    for statement in statements_of(function):
        for action in as_list(statement["Action"]):
            condition = statement.get("Condition", {}).get("ForAllValues:StringLike", {})
            keys[action] += condition.get("dynamodb:LeadingKeys", [])
    return {action: sorted(found) for action, found in keys.items() if found}


# What the roles grant


TABLE = {"Fn::GetAtt": ["Reports", "Arn"]}
GRANTED = [function for function in FUNCTIONS if function is not RENDER]


def test_each_function_has_a_role_of_its_own():
    functions = [
        one for one in expanded_template()["Resources"].values() if one["Type"] == "AWS::Lambda::Function"
    ]
    roles = [json.dumps(one["Properties"]["Role"]) for one in functions]
    assert sorted(roles) == sorted(json.dumps({"Fn::GetAtt": [one.role, "Arn"]}) for one in FUNCTIONS)
    assert len(set(roles)) == len(FUNCTIONS)


def test_no_role_is_there_for_anything_else_and_none_has_a_managed_policy():
    roles = {
        name: one["Properties"]
        for name, one in expanded_template()["Resources"].items()
        if one["Type"] == "AWS::IAM::Role"
    }
    assert roles.keys() == {function.role for function in FUNCTIONS}
    for role in roles.values():
        assert "ManagedPolicyArns" not in role
        [trust] = role["AssumeRolePolicyDocument"]["Statement"]
        assert trust["Principal"] == {"Service": "lambda.amazonaws.com"}


@pytest.mark.parametrize("function", GRANTED, ids=lambda function: function.name)
def test_a_function_may_do_what_is_on_its_list_and_nothing_else(function):
    grants = grants_of(function)
    logs = [function.log_group]
    assert {action: grants.pop(action) for action in LOGS} == dict.fromkeys(LOGS, logs)
    assert grants == ALLOWED[function.name]


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda function: function.name)
def test_a_function_may_touch_only_its_kinds_of_items(function):
    assert keys_of(function) == KEYS.get(function.name, {})


@pytest.mark.parametrize("function", GRANTED, ids=lambda function: function.name)
def test_no_grant_has_a_wildcard(function):
    for statement in statements_of(function):
        assert statement["Effect"] == "Allow"
        assert not {"NotAction", "NotResource"} & statement.keys()
        assert not [action for action in as_list(statement["Action"]) if "*" in action]
        for one in as_list(statement["Resource"]):
            name = name_of(one)
            # What has no name of its own: folders of our own bucket, and secrets that hold delivery keys,
            # since each is destroyed with the first key in it that is.
            folders = {"Pages/releases/*", "Pages/site/*", "Pages/built/*"}
            folders |= {"Pages/releases/*/index.json", "Pages/releases/*/inputs.json", "Inbound/inbound/*"}
            assert "*" not in name or name in {*folders, HELD_KEYS}


def test_the_role_of_the_function_that_renders_is_denied_everything():
    assert statements_of(RENDER) == [
        {"Sid": "DoNothing", "Effect": "Deny", "Action": "*", "Resource": "*"},
    ]
    for action, on in {
        (action, one) for of in ALLOWED.values() for action, all_ in of.items() for one in all_
    }:
        assert not allows(statements_of(RENDER), Call(action, on), PARAMETERS), action
        more = [{"Effect": "Allow", "Action": action, "Resource": on}, *statements_of(RENDER)]
        assert not allows(more, Call(action, on), PARAMETERS), "whatever else may be granted some day"
    # Lambda reads a function's variables with its role (kms:Decrypt): one that is denied everything has none,
    # and nothing names it a table, a bucket or a key. Nor does anything of AWS call it, or hear from it.
    resources = expanded_template()["Resources"]
    properties = resources[RENDER.resource]["Properties"]
    assert not {"Environment", "VpcConfig", "KmsKeyArn", "DeadLetterConfig", "LoggingConfig"} & {*properties}
    about = [
        one["Type"]
        for name, one in resources.items()
        if name != RENDER.resource
        and '"Render"' in json.dumps(one)
        and one["Type"] != "AWS::Lambda::Function"
    ]
    assert sorted(about) == ["AWS::CloudWatch::Alarm", "AWS::IAM::Role", "AWS::IAM::Role"]


def test_the_function_that_renders_is_invoked_by_the_desk_and_who_publishes_and_they_invoke_no_other():
    for function in GRANTED:
        invoked = grants_of(function).get("lambda:InvokeFunction", [])
        assert invoked == (["Render"] if function in (ADMIN, RUN_JOB) else []), function.name
        told = function.environment.get("RENDER_FUNCTION")
        assert told == ({"Ref": RENDER.resource} if invoked else None), function.name
        for other in FUNCTIONS:
            call = Call("lambda:InvokeFunction", other.resource)
            assert allows(statements_of(function), call, PARAMETERS) is (other.resource in invoked)
    assert not [one for one in FUNCTIONS for action in grants_of(one) if action.startswith("iam:")]


def test_the_page_functions_role_grants_nothing_but_its_log():
    assert grants_of(PAGE).keys() == LOGS


def test_only_the_delivering_function_can_read_what_opens_reports():
    secrets = {one.name: grants_of(one).get(READ_SECRET, []) for one in FUNCTIONS}
    for opens in ("DeskKeysSecret", HELD_KEYS):
        assert [name for name, read in secrets.items() if opens in read] == ["deliver"]


def test_who_takes_replies_reads_no_secret_mails_nobody_and_reaches_no_reports_words():
    granted = grants_of(TAKE_REPLY)
    assert {action.partition(":")[0] for action in granted} == {"dynamodb", "kms", "logs", "s3", "sqs"}
    told = {*TAKE_REPLY.environment}
    assert not told & {
        "REPORTER_SECRET",
        "DESK_KEYS_SECRET",
        "SES_CONFIGURATION_SET",
        "OPERATOR_ADDRESS",
        "WISHES_TABLE",
        "USER_POOL_ID",
    }
    report, words = f"report#{'0' * 32}", ("sealed", "pk")
    for attributes, may in ((WRITTEN, True), (words, False)):
        about = {"dynamodb:LeadingKeys": (report,), "dynamodb:Attributes": tuple(attributes)}
        call = Call("dynamodb:UpdateItem", "Reports", about)
        assert allows(statements_of(TAKE_REPLY), call, PARAMETERS) is may
    for attributes, may in ((("pk", "reporter_key"), True), (words, False)):
        about = {"dynamodb:LeadingKeys": (report,), "dynamodb:Attributes": attributes}
        call = Call("dynamodb:GetItem", "Reports", about)
        assert allows(statements_of(TAKE_REPLY), call, PARAMETERS) is may
    # of what it sealed itself it reads how many pieces there are
    for key in ("rawreply#x#y#0", "reply#x#y", "rawmistyped#x"):
        about = {"dynamodb:LeadingKeys": (key,), "dynamodb:Attributes": words}
        assert not allows(statements_of(TAKE_REPLY), Call("dynamodb:GetItem", "Reports", about), PARAMETERS)
    [opens] = [one for one in statements_of(TAKE_REPLY) if one["Action"] == "kms:Decrypt"]
    through_s3 = {"kms:ViaService": {"Fn::Sub": "s3.${AWS::Region}.amazonaws.com"}}
    assert opens["Condition"] == {"StringEquals": through_s3}


FROM_US = {"ses:FromAddress": {"Ref": "SenderAddress"}}


def mail_conditions(function: Function) -> list[dict[str, Any]]:
    return [one["Condition"] for one in statements_of(function) if "ses:SendEmail" in as_list(one["Action"])]


def test_mail_can_be_sent_only_as_the_sender():
    senders = [function for function in FUNCTIONS if mail_conditions(function)]
    desks = {"access_api", "admin_api"}
    assert {function.name for function in senders} == {*desks, "deliver", "note_delivery", "sweep"}
    for function in senders:
        [condition] = mail_conditions(function)
        assert condition["StringEquals"] == FROM_US


@pytest.mark.parametrize("function", [NOTE_DELIVERY, SWEEP], ids=lambda function: function.name)
def test_who_only_tells_the_operator_can_mail_nobody_else(function):
    operator = {"ses:Recipients": [{"Ref": "OperatorAddress"}]}
    assert mail_conditions(function) == [{"StringEquals": FROM_US, "ForAllValues:StringEquals": operator}]


def test_the_desk_cannot_reach_a_reports_words():
    # Of the table it reads only what is known of conversations, one by one: no report, and no sealed reply;
    reads = ("Query", "Scan", "BatchGetItem", "PartiQLSelect")
    on = {name for action in reads for name in grants_of(ADMIN).get(f"dynamodb:{action}", [])}
    assert "Reports" not in on
    [statement] = [one for one in statements_of(ADMIN) if as_list(one["Resource"]) == [TABLE]]
    assert statement["Action"] == "dynamodb:GetItem"
    keys = statement["Condition"]["ForAllValues:StringLike"]["dynamodb:LeadingKeys"]
    assert keys == ["heldreplies#*", "mistyped#*", "replies#*"]
    # everything else there it sees through the index that holds no words,
    resources = expanded_template()["Resources"]
    indexes = [
        one
        for one in resources["Reports"]["Properties"]["GlobalSecondaryIndexes"]
        if one["IndexName"] in ("desk", "listed")
    ]
    assert len(indexes) == 2
    for index in indexes:
        assert index["Projection"]["ProjectionType"] == "INCLUDE"
        assert not {"sealed", "reporter_key"} & set(index["Projection"]["NonKeyAttributes"])
    # and it writes nothing there at all: what it wants becomes a wish, which others grant or not.
    policy = (ROOT / ".chalice" / ADMIN.policy).read_text(encoding="utf-8")
    assert policy.count('"Reports"') == 1
    assert policy.count("${Reports.Arn}") == 2
    assert policy.count("${Reports.Arn}/index/desk") == policy.count("${Reports.Arn}/index/listed") == 1
    # What the sweep writes there it may only name, and be given back only what it wrote.
    [statement] = [
        one
        for one in statements_of(SWEEP)
        if as_list(one["Resource"]) == [TABLE] and "ForAllValues:StringEquals" in one.get("Condition", {})
    ]
    condition = statement["Condition"]
    assert set(condition["ForAllValues:StringEquals"]["dynamodb:Attributes"]) == {"pk", *WRITTEN}
    assert condition["StringEqualsIfExists"] == {"dynamodb:ReturnValues": ["NONE", "UPDATED_NEW"]}


def test_the_log_of_who_did_what_can_be_added_to_and_read_and_nothing_else():
    grants = grants_of(ADMIN)
    assert {action for action, on in grants.items() if "Audit" in on} == {
        "dynamodb:PutItem",
        "dynamodb:Query",
    }
    adds = {action for action, on in grants_of(ACCESS).items() if "Audit" in on}
    assert adds == {"dynamodb:PutItem"}
    assert {action for action, on in grants_of(RUN_JOB).items() if "Audit" in on} == {"dynamodb:PutItem"}
    others = [function for function in FUNCTIONS if function not in (ACCESS, ADMIN, RUN_JOB)]
    assert not [one.name for one in others for on in grants_of(one).values() if "Audit" in on]


def test_the_desks_role_signs_people_in_and_reads_what_they_may_do_and_changes_no_account():
    policy = json.loads((ROOT / ".chalice" / ADMIN.policy).read_text(encoding="utf-8"))
    asked = {
        action.removeprefix("cognito-idp:")
        for statement in policy["Statement"]
        for action in as_list(statement["Action"])
        if action.startswith("cognito-idp:")
    }
    assert asked == set(SIGNING_IN)
    others = [one.name for one in FUNCTIONS if any("cognito" in action for action in grants_of(one))]
    assert others == ["access_api", "admin_api"]


@pytest.mark.parametrize(("function", "drops"), [(ADMIN, ["draft", "thrown"]), (RUN_JOB, ["draft"])])
def test_published_versions_can_be_added_and_never_deleted(function, drops):
    [statement] = [
        one
        for one in statements_of(function)
        if as_list(one["Action"]) == ["dynamodb:DeleteItem"] and name_of(one["Resource"]) == "Documents"
    ]
    keys = statement["Condition"]["ForAllValues:StringLike"]["dynamodb:LeadingKeys"]
    assert keys == drops


def test_who_publishes_can_touch_no_report_no_account_no_key_and_sends_no_mail():
    granted = grants_of(RUN_JOB)
    resources = {name for on in granted.values() for name in on}
    assert resources == {
        *(f"Pages{key}" for key in ("", "/current.json", "/standby.json", "/releases/*", "/site/*")),
        "Pages/built/*",
        "Pages/offices.json",  # whom forms offer: it reads that, and writes it never
        *("Documents", "Audit", "Jobs", RUN_JOB.log_group),
        RENDER.resource,
    }
    assert {action.partition(":")[0] for action in granted} == {"dynamodb", "lambda", "logs", "s3", "sqs"}
    told = {*RUN_JOB.environment}
    assert not told & {"REPORTS_TABLE", "REPORTER_SECRET", "DESK_KEYS_SECRET", "DOOR_TABLE", "USER_POOL_ID"}


def test_the_desk_itself_changes_nothing_that_readers_get():
    granted = grants_of(ADMIN)
    assert not [action for action in granted if action in ("s3:PutObject", "s3:DeleteObject")]
    assert not {"release", "version#*"} & {*keys_of(ADMIN)["dynamodb:PutItem"]}


def test_there_is_a_policy_for_each_function_and_none_for_all():
    files = {path.name for path in (ROOT / ".chalice").glob("policy-*.json")}
    assert files == {function.policy for function in FUNCTIONS}


# What the functions do: each runs from the package, and every call it makes is held against its role


PARAMETERS = {
    "Stage": "dev",
    "SenderAddress": "desk@example.org",
    "OperatorAddress": "operator@example.org",
    "KeepDays": "30",
}


class WatchedAws:
    """AWS's stand-in, with IAM before it. Each function signs with a key named after it.

    A call that the function's role does not allow is refused, as AWS would, and remembered.
    """

    def __init__(self, region: str) -> None:
        self.region = region
        self.calls: dict[str, set[Call]] = defaultdict(set)
        self.refused: list[tuple[str, Call]] = []
        self.invoked: Mapping[str, Running] = {}  # what Lambda starts, by the template's names
        self._one_at_a_time = threading.Lock()
        self._stand_in = DomainDispatcherApplication(create_backend_app)
        self._server = make_server("127.0.0.1", 0, self._watch, threaded=True)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self.address = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> WatchedAws:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def client(self, service: str) -> Any:
        return boto3.client(service, endpoint_url=self.address, region_name=self.region)

    def _watch(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        environ["wsgi.input"] = _Body(body)
        signed = re.search(r"Credential=(\w+)/\d+/[\w-]+/([\w-]+)/", environ.get("HTTP_AUTHORIZATION", ""))
        function = next((one for one in FUNCTIONS if signed and one.name == signed[1]), None)
        if signed and function:
            target = environ.get("HTTP_X_AMZ_TARGET", "")
            call = call_of(environ["REQUEST_METHOD"], environ["PATH_INFO"], target, signed[2], body)
            self.calls[function.name].add(call)
            if not allows(statements_of(function), call, PARAMETERS):
                self.refused.append((function.name, call))
                start_response("400 Bad Request", [("Content-Type", "application/x-amz-json-1.0")])
                return [b'{"__type": "AccessDeniedException", "message": "not allowed"}']
            if call.action == "lambda:InvokeFunction":
                with self._one_at_a_time:
                    made = self.invoked[call.on].invoke(json.loads(body))
                start_response("200 OK", [("Content-Type", "application/json")])
                return [json.dumps(made).encode()]
        answer: Iterable[bytes] = self._stand_in(environ, start_response)
        return answer


class _Body:
    def __init__(self, content: bytes) -> None:
        self._rest = content

    def read(self, size: int = -1) -> bytes:
        end = len(self._rest) if size is None or size < 0 else size
        taken, self._rest = self._rest[:end], self._rest[end:]
        return taken


SEED = "s" * 64
ORIGIN = "https://desk.example"
ANA, BEN = "ana@desk.example", "ben@desk.example"
TABLES = {
    "Reports": dynamo_reports,
    "Documents": dynamo_documents,
    "Door": dynamo_sign_ins,
    "Audit": dynamo_audit,
    "Access": dynamo_standings,
    "Wishes": dynamo_wishes,
    "AccessDoor": dynamo_sign_ins,
}


@pytest.fixture(scope="module")
def runtime(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Lambda's runtime without its SDK: the functions carry their own."""
    return runtime_packages(["awslambdaric"], tmp_path_factory.mktemp("runtime"))


@dataclass
class World:
    """The stand-in with everything in it that the template makes, by the template's names."""

    aws: WatchedAws
    pool: str
    client_id: str
    code: Path
    jobs: str  # the queue's address

    def environment_of(self, function: Function) -> dict[str, str]:
        """Return what the template gives a function, with names where a deploy would put a resource's own."""
        stood_for = {
            **PARAMETERS,
            "Pages": f"pages-{self.aws.region}",
            "People": self.pool,
            "DeskClient": self.client_id,
            "Jobs": self.jobs,
        }
        addresses = {"SITE_ADDRESS": ORIGIN, "PAGES_URL": f"{self.aws.address}/pages-{self.aws.region}"}
        settings = {
            name: addresses.get(name)
            or (value if isinstance(value, str) else stood_for.get(name_of(value), name_of(value)))
            for name, value in function.environment.items()
        }
        credentials = {"AWS_ACCESS_KEY_ID": function.name, "AWS_SECRET_ACCESS_KEY": "test"}
        where = {"AWS_ENDPOINT_URL": self.aws.address, "AWS_REGION": self.aws.region}
        return settings | credentials | where | {"AWS_DEFAULT_REGION": self.aws.region}

    def running(self, function: Function, runtime: Path, **more: str) -> Running:
        """Return a function of the package, ready to start."""
        told = self.environment_of(function) | more
        return Running(self.code, function.handler, told, runtime)

    def work_off(self, worker: Running) -> None:
        """Bring what waits in the queue of jobs to the function that does them."""
        sqs = self.aws.client("sqs")
        while messages := sqs.receive_message(QueueUrl=self.jobs).get("Messages"):
            for message in messages:
                assert worker.invoke(a_batch([message["Body"]])) == {"batchItemFailures": []}
                sqs.delete_message(QueueUrl=self.jobs, ReceiptHandle=message["ReceiptHandle"])

    def asked(self, function: Function) -> set[str]:
        """Return the actions a function asked for."""
        return {call.action for call in self.aws.calls[function.name]}


_REGIONS = iter(
    ("eu-west-1", "eu-central-1", "sa-east-1", "ap-south-1", "ca-central-1")
)  # moto's worlds, one for each test


def state_of(folder: Path) -> list[tuple[str, int, int]]:
    found = ((path, path.stat()) for path in sorted(folder.rglob("*")))
    return [(str(path), stat.st_mode, stat.st_mtime_ns) for path, stat in found]


@pytest.fixture(scope="module")
def code(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package's files where nothing can be written, as on Lambda."""
    folder = tmp_path_factory.mktemp("code") / "task"
    shutil.copytree(local_package().unpacked, folder)
    for path in (folder, *folder.rglob("*")):
        path.chmod(path.stat().st_mode & ~0o222)
    return folder


@pytest.fixture
def world(code: Path) -> Iterator[World]:
    before = state_of(code)
    with WatchedAws(next(_REGIONS)) as stand_in:
        names = ("dynamodb", "secretsmanager", "sesv2", "s3", "cognito-idp", "sqs")
        dynamodb, secrets, ses, s3, cognito, sqs = clients = [stand_in.client(one) for one in names]
        key = new_delivery_key(datetime.now(UTC))
        public = {"seed": SEED, "desk_key": {"kid": key.kid, "public": key.public}}
        for name, module in TABLES.items():
            dynamodb.create_table(**module.table_definition(name))
        secrets.create_secret(Name="ReporterSecret", SecretString=json.dumps(public))
        secrets.create_secret(
            Name=f"{HOLDERS}0a1b", SecretString=json.dumps({"keys": {key.kid: key.private}})
        )
        secrets.create_secret(Name="DeskKeysSecret", SecretString=json.dumps({"kept_in": f"{HOLDERS}0a1b"}))
        for address in (PARAMETERS["SenderAddress"], PARAMETERS["OperatorAddress"]):
            ses.create_email_identity(EmailIdentity=address)
        ses.create_configuration_set(ConfigurationSetName="ReportMail")
        bucket = f"pages-{stand_in.region}"
        s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": stand_in.region})
        move(stand_in.client, {"Access": "Access", "Documents": "Documents", "Pages": bucket})
        queue = sqs.create_queue(QueueName="Jobs")["QueueUrl"]
        pool = cognito.create_user_pool(**pool_definition("people", False))["UserPool"]["Id"]
        made = cognito.create_user_pool_client(**client_definition(pool))["UserPoolClient"]
        for role in ROLES:
            cognito.create_group(UserPoolId=pool, GroupName=role)
        for email in (ANA, BEN):
            cognito.admin_create_user(UserPoolId=pool, Username=email, MessageAction="SUPPRESS")
            cognito.admin_set_user_password(
                UserPoolId=pool, Username=email, Password=PASSWORD, Permanent=True
            )
            cognito.admin_add_user_to_group(UserPoolId=pool, Username=email, GroupName=PUBLISHER)
        yield World(stand_in, pool, made["ClientId"], code, queue)
        for client in clients:
            client.close()
    assert state_of(code) == before, "a function wrote into its own code"


# A function gives up calls and pages that take seconds, and says so. On a busy machine the stand-ins and the
# rendering may take that long; what a role allows is seen at the next try as well.
BUSY_TRIES = 5


def a_schedule() -> dict[str, Any]:
    return {
        "version": "0",
        "id": "00000000-0000-0000-0000-000000000000",
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": "000000000000",
        "time": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",  # by another time the sweep deletes nothing
        "region": "us-west-2",
        "resources": ["arn:aws:events:us-west-2:000000000000:rule/a-rule"],
        "detail": {},
    }


def html_of(answer: dict[str, Any]) -> str:
    return gzip.decompress(base64.b64decode(answer["body"])).decode("utf-8")


def send_report(function: Running, text: str, *, hasty: bool = False) -> dict[str, Any]:
    paths = local_package().template["Resources"]["RestAPI"]["Properties"]["DefinitionBody"]["paths"]
    headers = {"Accept-Encoding": "gzip"}
    for _ in range(BUSY_TRIES):
        form = function.invoke(api_event(paths, "/es/los-banos-ca/note/", headers=headers))
        if form["statusCode"] != 503:
            break
    assert form["statusCode"] == 203
    [token] = re.findall(r'name="t"[^>]*value="([^"]+)"', html_of(form))
    if not hasty:
        earlier = datetime.now(UTC) - timedelta(minutes=2)
        token = make_token(SeededVault(lambda: SEED.encode()).form_secret(), earlier, b"n" * 16)
    fields = [("t", token), ("a", text), ("r", "dot-trafficking"), ("r", "dhs-blue-campaign"), ("z", "")]
    headers["Content-Type"] = "application/x-www-form-urlencoded"
    return function.invoke(  # type: ignore[no-any-return]
        api_event(paths, "/es/los-banos-ca/note/", "POST", headers, urlencode(fields))
    )


def look_up(function: Running, code: str = "", **fields: str) -> dict[str, Any]:
    paths = local_package().template["Resources"]["RestAPI"]["Properties"]["DefinitionBody"]["paths"]
    headers = {"Accept-Encoding": "gzip", "Content-Type": "application/x-www-form-urlencoded"}
    return function.invoke(  # type: ignore[no-any-return]
        api_event(paths, "/es/code/", "POST", headers, urlencode({"k": code, **fields}))
    )


def write_back(world: World, codes: Running, code: str, words: str) -> None:
    """Let an office reply to each report, as `take_reply` stores it; read it by code, and answer it."""
    dynamodb, now = world.aws.client("dynamodb"), datetime.now(UTC)
    shelf = DynamoReplies(lambda: dynamodb, "Reports")
    for item in dynamodb.scan(TableName="Reports")["Items"]:
        report_id = item["pk"]["S"].removeprefix("report#")
        if report_id == item["pk"]["S"]:
            continue
        office = item["deliveries"]["L"][0]["M"]
        office["replied_at"] = {"N": str(int(now.timestamp() * 1000))}
        dynamodb.put_item(TableName="Reports", Item=item)
        name = f"{report_id}/{'1' * 32}"
        sealed = HpkeReplySealer().seal(Reply("¿Qué calle?").to_bytes(), item["reporter_key"]["B"], name)
        note = ReplyNote("1" * 32, office["recipient"]["S"], now, HUMAN, SHOWN)
        shelf.save(shelf.conversation(report_id).with_reply(note)[0], now + timedelta(days=1))
        shelf.keep_reply(report_id, note.id, sealed, now + timedelta(days=1))
    page = html_of(look_up(codes, code))
    assert "¿Qué calle?" in page
    fields = dict(re.findall(r'<input type="hidden" name="(\w)" value="([^"]+)"', page))
    [office_id] = re.findall(r'name="r" value="([^"]+)"[^>]* checked', page)
    assert look_up(codes, **fields, a=words, r=office_id)["statusCode"] == 203
    messages = [one for one in dynamodb.scan(TableName="Reports")["Items"] if "." in one["pk"]["S"]]
    assert len([one for one in messages if one["pk"]["S"].startswith("report#")]) == 1


CASE_LINK = re.compile(r'href="/admin/case\?n=(PL-[0-9A-Z-]+)"')


def notices_of(world: World, *kinds: str) -> list[dict[str, Any]]:
    """Return what SES would say of each mail that went to an agency: the n-th kind of the n-th mail."""
    sent = world.aws.client("dynamodb").scan(TableName="Reports")["Items"]
    mails = sorted(one["pk"]["S"].removeprefix("mail#") for one in sent if one["pk"]["S"].startswith("mail#"))
    events: list[dict[str, Any]] = []
    for index, (message_id, kind) in enumerate(zip(mails, kinds, strict=False)):
        detail = {"Bounce": {"bounceType": "Permanent", "bouncedRecipients": []}, "Delivery": {}}[kind]
        events.append(
            {
                "eventType": kind,
                "mail": {"messageId": message_id, "tags": {}, "destination": []},
                kind.lower(): {"timestamp": f"2026-11-25T00:00:{index:02d}.000Z", **detail},
            }
        )
    return events


def a_batch(bodies: Iterable[str]) -> dict[str, Any]:
    """Return what Lambda hands over of a queue."""
    records = [
        {
            "messageId": f"00000000-0000-0000-0000-{index:012d}",
            "receiptHandle": f"handle-{index}",
            "body": body,
            "attributes": {
                "ApproximateReceiveCount": "1",
                "SentTimestamp": "1764028800000",
                "SenderId": "AIDAEXAMPLE",
                "ApproximateFirstReceiveTimestamp": "1764028800001",
            },
            "messageAttributes": {},
            "md5OfBody": "00000000000000000000000000000000",
            "eventSource": "aws:sqs",
            "eventSourceARN": "arn:aws:sqs:us-west-2:000000000000:porchlight-Notices",
            "awsRegion": "us-west-2",
        }
        for index, body in enumerate(bodies)
    ]
    return {"Records": records}


def test_the_roles_let_a_report_come_in_go_out_be_noted_be_looked_up_and_be_swept(world, runtime):
    with world.running(REPORTER, runtime, DIGEST_EVERY="1") as reporter:  # what is held goes out at once
        answer = send_report(reporter, "Vi algo extraño ñandú 😀")
        assert answer["statusCode"] == 200
        [groups] = re.findall(r"\d{4}(?:\D{1,3}\d{4}){4}", re.sub(r"<[^>]+>", "", html_of(answer)))
        with world.running(DELIVER, runtime, REPLY_DOMAIN="reply.example.org") as deliver:
            case = wish_for(world)
            held_reply(world)
            assert deliver.invoke(a_schedule())["mails"] == 2
            assert held_by_law(world) == [case]
            assert left_of_replies(world) == ["address", "address", "inboxnote", "replies", "reply"]
            assert send_report(reporter, "Demasiado rápido", hasty=True)["statusCode"] == 200
            time.sleep(1.1)
            assert deliver.invoke(a_schedule())["mails"] == 2
            assert "ñandú" not in deliver.log()
        with world.running(NOTE_DELIVERY, runtime) as note:
            told = [json.dumps(one) for one in notices_of(world, "Delivery", "Delivery", "Bounce", "Bounce")]
            wrapped = json.dumps({"Type": "Notification", "Message": told[0]})
            again = note.invoke(a_batch([*told, wrapped, "not a notice"]))
            assert again == {
                "batchItemFailures": [{"itemIdentifier": "00000000-0000-0000-0000-000000000005"}]
            }
            assert "alarm" in note.log()
        with world.running(CODES, runtime) as codes:
            assert look_up(codes, groups)["statusCode"] == 203, "a reply was shown: it has a box to answer in"
            assert look_up(codes, "0" * 20)["statusCode"] == 404
            write_back(world, codes, groups, "Una furgoneta añil")
            assert "ñandú" not in codes.log()
            assert "añil" not in codes.log()
        assert "ñandú" not in reporter.log()
    # Nothing is past its date yet: an item that is says so of itself. And one has waited for too long.
    dynamodb = world.aws.client("dynamodb")
    dynamodb.put_item(TableName="Reports", Item={"pk": {"S": "count#old"}, "expires_at": {"N": "1"}})
    waiting = next(
        one for one in dynamodb.scan(TableName="Reports")["Items"] if one["pk"]["S"].startswith("report#")
    )
    dynamodb.put_item(TableName="Reports", Item=left_undone(waiting))
    wish_for(world)
    alone = Conversation("f" * 32, (ReplyNote("2" * 32, "dot-trafficking", datetime.now(UTC), HUMAN, HELD),))
    shelf = DynamoReplies(lambda: dynamodb, "Reports")
    shelf.save(alone, datetime.now(UTC) + timedelta(days=9))
    shelf.keep_raw("f" * 32, "2" * 32, [b"raw"], datetime.now(UTC) + timedelta(days=9))
    with world.running(SWEEP, runtime) as sweep:
        assert sweep.invoke(a_schedule())["deleted"] == 1
    assert world.aws.refused == []
    for function in (REPORTER, CODES, DELIVER, NOTE_DELIVERY, SWEEP):
        # SES has two names for one call, by what the mail is made of; and Lambda itself reads the queue.
        needless = {"ses:SendEmail", *(action for action in ALLOWED[function.name] if "sqs:" in action)}
        assert (
            world.asked(function) | UNSEEN.get(function.name, set()) == set(ALLOWED[function.name]) - needless
        )
    kinds = {call.key.partition("#")[0] for call in world.aws.calls["deliver"]}
    kinds_of_replies = {"address", "inboxnote", "replies", "reply", "rawreply"}
    assert {"batch", "count", "mail", "report", *kinds_of_replies} <= kinds
    swept = {call.key.partition("#")[0] for call in world.aws.calls["sweep"]}
    assert {"replies", "rawreply", "reply"} <= swept
    assert left_of_replies(world).count("replies") == 2, "those of the reports that are there"


DOMAIN = "reply.example.org"


def test_the_role_of_who_takes_replies_lets_every_kind_of_mail_be_taken(world, runtime):
    bucket, now = f"inbound-{world.aws.region}", datetime.now(UTC)
    dynamodb, s3, sqs = (world.aws.client(one) for one in ("dynamodb", "s3", "sqs"))
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": world.aws.region})
    queue = sqs.create_queue(QueueName="Replies")["QueueUrl"]
    reports, office = DynamoReports(lambda: dynamodb, "Reports"), "dot-trafficking"
    addresses = DynamoReplyAddresses(lambda: dynamodb, "Reports")
    DeliveryKeyItem(lambda: dynamodb, "Reports").put(*_public(new_delivery_key(now)))
    there, gone = "a" * 32, "b" * 32
    key = X25519PrivateKey.generate().public_key().public_bytes_raw()
    reports.add(SealedReport(there, b"sealed", key, "us", now, (Delivery(office, DELIVERED, now),)))
    reports.keep_batch("many", [there, gone], now)
    tokens = {about: reply_token(b"s", about, office) for about in (f"report-{there}", f"report-{gone}", "b")}
    for about, token in tokens.items():
        report_id = about.removeprefix("report-") if about != "b" else ""
        address = ReplyAddress(office, report_id, "" if report_id else "many")
        addresses.keep(token.hashed(), address, now + timedelta(days=1))
    inbound = LocalInbound({"s3": s3, "sqs": sqs}.__getitem__, bucket, "Replies", DOMAIN)
    texts = [one.text for one in tokens.values()]
    for local in (*texts, texts[0][:-1], "desk"):
        raw = raw_mail(f"ñandú {local}", "officer@dot.gov", to=f"{local}@{DOMAIN}")
        inbound(raw, "officer@dot.gov", [f"{local}@{DOMAIN}"], Verdicts())
    inbound(raw_mail("ñandú"), "x@elsewhere.example", [f"{texts[0]}@{DOMAIN}"], Verdicts(dmarc="FAIL"))
    with world.running(TAKE_REPLY, runtime, INBOUND_BUCKET=bucket, REPLY_DOMAIN=DOMAIN) as function:
        asked = {"QueueUrl": queue, "MaxNumberOfMessages": 10}
        bodies = [one["Body"] for one in sqs.receive_message(**asked)["Messages"]]
        for _ in range(2):  # what the queue brings again is gone
            assert function.invoke(a_batch(bodies)) == {"batchItemFailures": []}
        assert "ñandú" not in function.log()
    assert len(bodies) == 6
    assert world.aws.refused == []
    assert "Contents" not in s3.list_objects_v2(Bucket=bucket)
    # Lambda itself reads the queue, S3 uses the key, and IAM asks for ListBucket where an object is gone.
    needless = {"kms:Decrypt", "s3:ListBucket", *(one for one in ALLOWED["take_reply"] if "sqs:" in one)}
    assert world.asked(TAKE_REPLY) == set(ALLOWED["take_reply"]) - needless
    kinds = {call.key.partition("#")[0] for call in world.aws.calls["take_reply"]} - {""}
    granted = {key.partition("#")[0] for keys in KEYS["take_reply"].values() for key in keys}
    assert kinds >= granted - {"mail"}, "no mail of ours was answered here"


def _public(key: DeliveryKey) -> tuple[str, str]:
    return key.kid, key.public


def wish_for(world: World) -> str:
    """Wish a legal hold for a case, as the desk does, and another for none; return the case's number."""
    dynamodb = world.aws.client("dynamodb")
    number = next(
        one["case_number"]["S"]
        for one in dynamodb.scan(TableName="Reports")["Items"]
        if one["pk"]["S"].startswith("report#")
    )
    for index, case in enumerate((number, "PL-0000-0000")):
        now = datetime.now(UTC)
        DynamoWishes(lambda: dynamodb, "Wishes").add(Wish(f"{now.isoformat()} {index}", case, HOLD, ANA, now))
    return str(number)


def held_reply(world: World) -> None:
    """Hold a reply to the only report, wish it shown, as the desk does, and note what to tell its office."""
    dynamodb = world.aws.client("dynamodb")
    report = next(
        one for one in dynamodb.scan(TableName="Reports")["Items"] if one["pk"]["S"].startswith("report#")
    )
    report_id, now = report["pk"]["S"].removeprefix("report#"), datetime.now(UTC)
    later, note = now + timedelta(days=9), ReplyNote("1" * 32, "dot-trafficking", now, HUMAN, HELD)
    note = replace(note, doubts=(NOT_ALIGNED,), at=now.replace(microsecond=0))
    shelf = DynamoReplies(lambda: dynamodb, "Reports")
    shelf.save(Conversation(report_id, (note,)), later)
    shelf.keep_reply(report_id, note.id, b"sealed", later)
    shelf.keep_raw(report_id, note.id, [b"raw"], later)
    wish = Wish(
        *(f"{now.isoformat()} 2", report["case_number"]["S"], SHOW_REPLY, ANA, now),
        seen=seen_of_note(note),
        other=note.id,
        why="I called the office",
    )
    DynamoWishes(lambda: dynamodb, "Wishes").add(wish)
    notes = DynamoInboxNotes(lambda: dynamodb, "Reports", SystemClock())
    assert notes.add(InboxNote("dot-trafficking", NOT_SHOWN, (wish.case_number,), "2026-11-29"), later)


def left_of_replies(world: World) -> list[str]:
    """Return the kinds of items about replies; what was shown has no raw copy any more."""
    items = world.aws.client("dynamodb").scan(TableName="Reports")["Items"]
    kinds = [one["pk"]["S"].partition("#")[0] for one in items]
    return sorted(kind for kind in kinds if kind in {"address", "inboxnote", "replies", "reply", "rawreply"})


def held_by_law(world: World) -> list[str]:
    """Return the numbers of the cases under a legal hold; no wish may wait any more."""
    dynamodb = world.aws.client("dynamodb")
    assert DynamoWishes(lambda: dynamodb, "Wishes").pending(10) == []
    items = dynamodb.scan(TableName="Reports")["Items"]
    return [one["case_number"]["S"] for one in items if one.get("legal_hold", {}).get("BOOL")]


# What a function may do and did not need here: deliver reads an item only where a notice overtook it.
UNSEEN = {"deliver": {"dynamodb:GetItem"}}


def left_undone(item: dict[str, Any]) -> dict[str, Any]:
    """Return a stored report as if nobody had mailed it for three hours."""
    delivery = item["deliveries"]["L"][0]["M"]
    long_ago = {"N": str(int((time.time() - 3 * 3600) * 1000))}
    item["deliveries"]["L"][0]["M"] = delivery | {"state": {"S": "queued"}, "next_try": long_ago}
    return {name: value for name, value in item.items() if name != "expires_at"}


# The desk, from the package


class PackagedDesk:
    """A function of the package that serves the admin site, or a part, as a browser meets it."""

    def __init__(self, function: Running) -> None:
        self._function = function
        self._paths = local_package().template["Resources"]["RestAPI"]["Properties"]["DefinitionBody"][
            "paths"
        ]
        self.http = self

    def request(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Any:
        """Do what chalice.test's client does, through API Gateway's event."""
        sent = {"Accept-Encoding": "identity", **headers}
        event = api_event(self._paths, path, method, sent, body.decode("ascii") if body else None)
        answer = self._function.invoke(event)
        many = answer.get("multiValueHeaders", {})
        text = base64.b64decode(answer["body"]) if answer["isBase64Encoded"] else answer["body"].encode()
        return _Answer(answer["statusCode"], {**answer["headers"], **many}, text)

    def signed_in(self, email: str) -> Person:
        person = Person(cast(DeskSite, self), email)
        page = person.sign_in()
        assert page.status == 200, page.words
        return person


@dataclass
class _Answer:
    status_code: int
    headers: Mapping[str, Any]
    body: bytes


def submit(person: Person, where: str, action: str, which: int = 0, **typed: str) -> Page:
    """Open a screen, fill in the form that goes to `action`, send it, and go where it leads."""
    for _ in range(BUSY_TRIES):
        page = person.get(where)
        assert page.status == 200, (where, page.words)
        if page.forms(action):
            break
    done = person.submit(page, action, which, **typed)
    assert done.status == 303, (action, done.status, done.words)
    return person.follow(done)


def test_the_desks_role_lets_its_people_do_their_work(world, runtime):
    with world.running(REPORTER, runtime) as reporter:
        assert send_report(reporter, "Vi algo extraño ñandú 😀")["statusCode"] == 200
    with (
        world.running(ADMIN, runtime) as function,
        world.running(RUN_JOB, runtime) as worker,
        world.running(RENDER, runtime) as renders,
    ):
        world.aws.invoked = {RENDER.resource: renders}
        desk = PackagedDesk(function)
        ana = desk.signed_in(ANA)
        leave_old_releases(world)
        seen = ("", "/figures", "/replies", "/documents", "/contacts", "/releases")
        for path in (f"/admin{one}" for one in seen):
            assert ana.get(path).status == 200, path
        # texts: a draft, thrown away; another, published
        text = "/admin/text?d=template/mail/report/body.txt"
        changed = ana.get(text).forms("/admin/text")[0]["text"] + "\n"
        submit(ana, text, "/admin/text", text=changed)
        submit(ana, text, "/admin/text/discard")
        (look,) = [
            link.get("href")
            for link in ana.get("/admin/thrown").tree.iter("a")
            if link.get("href", "").startswith("/admin/thrown/look")
        ]
        submit(ana, look, "/admin/thrown/back")
        for seen in ("mail?name=report&recipient=dot-trafficking", "page?name=es/los-banos-ca"):
            assert ana.get(f"/admin/preview/{seen}").status == 200, seen
        numbers: list[str] = []
        for look, action, why in (
            ("/admin/publish", "/admin/publish/now", "A line at the end"),
            ("/admin/releases/look?release=0", "/admin/releases/back", "Back again"),
        ):
            waiting = ana.follow(ana.get(look))
            assert "Refresh" in waiting.headers, waiting.words
            world.work_off(worker)
            looked = ana.get(waiting.path)
            assert looked.location.startswith(look), looked.words
            waiting = submit(ana, look, action, why=why, yes="yes")
            world.work_off(worker)
            done = ana.get(waiting.path)
            assert "See the site as readers do" in done.words, done.words
            assert "Refresh" not in done.headers
            assert ana.get("/admin/contacts").status == 200  # over texts that were published
            numbers += re.findall(r"/admin/releases/what\?release=(\d+)", done.text)
        # A release that lies there is moved back as it was: nothing of it waits for checks.
        look = f"/admin/releases/look?release={numbers[0]}"
        assert "Roll back for everybody" in ana.get(look).words
        waiting = submit(ana, look, "/admin/releases/back", why="Back once more", yes="yes")
        world.work_off(worker)
        assert "See the site as readers do" in ana.get(waiting.path).words
        assert "trafficking@dot.gov" in ana.get("/admin/recipients").words
        # somebody who was sent a first password chooses one of their own
        world.aws.client("cognito-idp").admin_set_user_password(
            UserPoolId=world.pool, Username=BEN, Password="first-password-0", Permanent=False
        )
        ben = Person(cast(DeskSite, desk), BEN)
        chosen = {"password": "another password of length", "again": "another password of length"}
        assert ben.submit(ben.sign_in("first-password-0"), "/admin/sign-in", **chosen).status == 303
        assert ben.get("/admin").status == 200
        # cases: found, and held for a court
        [number] = set(CASE_LINK.findall(ana.get("/admin/deliveries").text))
        case = f"/admin/case?n={number}"
        assert "ñandú" not in ana.get(case).text
        submit(ana, case, "/admin/case/hold", why="A court asked", hold="yes")
        assert ana.get("/admin/log").status == 200
        assert ana.get("/admin/no/such/screen").status == 404
        submit(ana, "/admin", "/admin/sign-out")
        assert "ñandú" not in function.log() + worker.log() + renders.log()
    assert world.aws.refused == []
    listed = world.aws.client("s3").list_objects_v2(Bucket=f"pages-{world.aws.region}")["Contents"]
    left = [one["Key"] for one in listed]
    assert GONE_PLACE not in left
    names = [key.split("/")[1] for key in left if key.startswith("releases/")]
    folders = {int(name) for name in names if name.isdecimal()}
    assert folders == set(range(6, 26)), "three were published, and the last twenty stay"
    # Drafts are read by their keys where a list of them is older than they are: not here.
    needless = {"ses:SendEmail", "dynamodb:BatchGetItem"}
    assert set(ALLOWED["admin_api"]) - world.asked(ADMIN) == needless
    # The pages of California's counties are made in chunks, and Lambda itself reads the queue.
    by_lambda = {action for action in ALLOWED["run_job"] if action.startswith("sqs:")} - {"sqs:SendMessage"}
    # Versions that another worker wrote are read together: this one has its own in mind.
    of_others = {"dynamodb:BatchGetItem"}
    assert set(ALLOWED["run_job"]) - world.asked(RUN_JOB) == by_lambda | of_others
    assert world.asked(RENDER) == set(), "it may ask for nothing, and does not"


def a_day_later(world: World) -> None:
    """Put the day that changes wait for behind them: what counts is done when People is looked at next."""
    dynamodb = world.aws.client("dynamodb")
    found = dynamodb.scan(
        TableName="Access",
        FilterExpression="pk = :waiting",
        ExpressionAttributeValues={":waiting": {"S": "waiting"}},
    )["Items"]
    assert found, "what was pressed was done at once"
    for item in found:
        dynamodb.put_item(TableName="Access", Item={**item, "settles_at": item["accepted_at"]})


def test_the_access_functions_role_lets_a_publisher_change_who_may_sign_in(world, runtime):
    people = "/admin/access/people"
    with world.running(ACCESS, runtime) as function:
        ana = Person(cast(DeskSite, PackagedDesk(function)), ANA).at_access()
        # invited, given a role, a new password, no authenticator, no session, and removed
        who = "cam@desk.example"
        submit(ana, people, people, email=who, role="editor")
        a_day_later(world)
        submit(ana, people, f"{people}/role", last_form(ana, f"{people}/role", who), role="publisher")
        for what in ("password", "sessions"):
            submit(ana, people, f"{people}/{what}", last_form(ana, f"{people}/{what}", who))
        asked = ana.get(people).forms(f"{people}/password")[0] | {"email": who}
        assert ana.post(f"{people}/authenticator", asked).status == 303
        submit(ana, people, f"{people}/place", p="planada", name="Planada", around="us")
        submit(ana, people, people, email=who, role="editor", place="planada")
        a_day_later(world)
        submit(ana, people, f"{people}/take", last_form(ana, f"{people}/take", who))
        submit(ana, people, f"{people}/remove", last_form(ana, f"{people}/remove", who))
        # somebody who was sent a first password chooses one of their own
        world.aws.client("cognito-idp").admin_set_user_password(
            UserPoolId=world.pool, Username=BEN, Password="first-password-0", Permanent=False
        )
        ben, sign_in = Person(cast(DeskSite, PackagedDesk(function)), BEN), "/admin/access/sign-in"
        chosen = {"password": "another password of length", "again": "another password of length"}
        assert ben.submit(ben.sign_in("first-password-0", sign_in), sign_in, **chosen).status == 303
        assert ben.get(people).status == 200
        assert ben.get("/admin/access/no/such/screen").status == 404
        # recipients: a new address, a code mailed to it, and all of it withdrawn
        which, offices = "/admin/access/recipients", "/admin/access/recipients/one"
        agreed = {"agreed_on": "2026-11-20", "why": "A second address"}
        submit(ana, f"{offices}?r=dot-trafficking", offices, fallback="second@example.org", **agreed)
        submit(ana, which, f"{which}/code")
        submit(ana, which, f"{which}/withdraw")
        waiting, sign_out = "/admin/access/waiting", "/admin/access/sign-out"
        gone = {"csrf": ana.get(waiting).forms(sign_out)[0]["csrf"], "subject": "recipient#a", "id": "b"}
        assert ana.post(f"{waiting}/stop", gone).status == 409  # and forms are told once more who is offered
        # a hand-over: agreed to by somebody who has been here for long, and taken back
        pools = cognitoidp_backends[DEFAULT_ACCOUNT_ID][world.aws.region].user_pools
        pools[world.pool].users[ANA].create_date -= timedelta(days=30)
        hand_over = "/admin/access/hand-over"
        link = f"{hand_over}?n=PL-1A2B-3C4D&place=planada&recipient=dhs-blue-campaign&other=dot-trafficking"
        submit(ana, link, f"{hand_over}/agree", number="PL-1A2B-3C4D")
        submit(ana, link, f"{hand_over}/back")
        submit(ana, people, "/admin/access/sign-out")
    assert world.aws.refused == []
    assert set(ALLOWED["access_api"]) - world.asked(ACCESS) == {"ses:SendEmail"}


GONE_PLACE = "site/en/a-place-that-is-gone/"


def leave_old_releases(world: World) -> None:
    """Publish 22 times, more than a year ago, and leave a page of a place that is there no more."""
    documents = DynamoDocuments(lambda: world.aws.client("dynamodb"), "Documents")
    objects, year_ago = world.aws.client("s3"), datetime.now(UTC) - timedelta(days=400)
    index: dict[str, Any] = {"locales": [], "places": [], "default_place": "", "headers": {}}
    for number in range(1, 23):
        documents.add_release(Release(number, {}, ANA, year_ago, "old", since=number - 1))
        key, body = f"releases/{number}/index.json", json.dumps(index).encode()
        objects.put_object(Bucket=f"pages-{world.aws.region}", Key=key, Body=body)
    objects.put_object(Bucket=f"pages-{world.aws.region}", Key=GONE_PLACE, Body=b"gone")
    live = json.dumps({"release": 22, "index": index}).encode()
    objects.put_object(Bucket=f"pages-{world.aws.region}", Key="current.json", Body=live)


def last_form(person: Person, action: str, email: str) -> int:
    """Return which of a screen's forms is about a person."""
    forms = person.get("/admin/access/people").forms(action)
    return next(index for index, form in enumerate(forms) if form["email"] == email)


def test_a_call_outside_a_role_would_be_noticed():
    allowed = Call("dynamodb:PutItem", "Reports", {"dynamodb:LeadingKeys": ("report#1",)})
    assert allows(statements_of(REPORTER), allowed)
    for call in (
        Call("dynamodb:Scan", "Reports"),
        Call("dynamodb:PutItem", "Documents", {"dynamodb:LeadingKeys": ("report#1",)}),
        Call("dynamodb:PutItem", "Reports", {"dynamodb:LeadingKeys": ("count#1",)}),
        Call("dynamodb:UpdateItem", "Reports", {"dynamodb:LeadingKeys": ("count#hour 2026-11-25T12",)}),
        Call(READ_SECRET, "DeskKeysSecret"),
    ):
        assert not allows(statements_of(REPORTER), call)
        assert not allows(statements_of(CODES), call)
    # Who looks reports up can add a message to one, and neither put nor overwrite a report.
    message = {"dynamodb:LeadingKeys": (f"report#{'0' * 32}.0123456789ab",)}
    assert allows(statements_of(CODES), replace(allowed, told=message))
    counted = {"dynamodb:LeadingKeys": ("count#message#1#2026-11-29",)}
    assert allows(statements_of(CODES), Call("dynamodb:UpdateItem", "Reports", counted))
    for key in ("replies#1", "reply#1#2", "rawreply#1#2#0", "report#1", "count#message#1", "mail#1"):
        put = Call("dynamodb:PutItem", "Reports", {"dynamodb:LeadingKeys": (key,)})
        assert not allows(statements_of(CODES), put), key
        assert not allows(statements_of(CODES), replace(put, action="dynamodb:DeleteItem")), key
    # Who takes reports cannot look one up, and who looks them up cannot put one.
    assert not allows(statements_of(REPORTER), replace(allowed, action="dynamodb:GetItem"))
    assert not allows(statements_of(CODES), allowed)
    changed = {"dynamodb:LeadingKeys": ("report#1",), "dynamodb:Attributes": ("pk", "version")}
    assert not allows(statements_of(ADMIN), Call("dynamodb:UpdateItem", "Reports", changed))
    assert allows(statements_of(SWEEP), Call("dynamodb:UpdateItem", "Reports", changed))
    for more in ({"dynamodb:Attributes": ("pk", "sealed")}, {"dynamodb:ReturnValues": ("ALL_OLD",)}):
        assert not allows(statements_of(SWEEP), Call("dynamodb:UpdateItem", "Reports", changed | more))
    told = {"ses:FromAddress": ("desk@example.org",), "ses:Recipients": ("operator@example.org",)}
    assert allows(statements_of(SWEEP), Call("ses:SendRawEmail", MAIL[0], told), PARAMETERS)
    told["ses:Recipients"] = ("elsewhere@example.org",)
    assert not allows(statements_of(SWEEP), Call("ses:SendRawEmail", MAIL[0], told), PARAMETERS)
