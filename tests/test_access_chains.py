"""Where somebody gets who holds the desk's role: its grants are walked over all policies and the template.

The walk assumes the worst: a function that reads anything that the desk's role may write is counted as taken
over too, with all that its own role grants, and so on.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from chalicelib.wiring.events import ON_THE_HOUR
from tests.support.iam import as_list, name_of, statements_of
from tests.support.packages import expanded_template
from tools.build.functions import ACCESS, ADMIN, DELIVER, FUNCTIONS, RENDER, RUN_JOB, Function

pytestmark = pytest.mark.takes(20)

READS = {
    *("dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:Query", "dynamodb:Scan"),
    *("s3:GetObject", "s3:ListBucket", "sqs:ReceiveMessage", "secretsmanager:GetSecretValue"),
}
# Reads of what is nobody's word: how a table is made, how long a queue is.
LOOKS = {"dynamodb:DescribeTable", "sqs:GetQueueAttributes"}
# Cognito's calls that change no account and give nobody's token without that person's own password or code.
SIGNING_IN = {
    *("cognito-idp:AdminGetUser", "cognito-idp:AdminInitiateAuth", "cognito-idp:AdminListGroupsForUser"),
    *("cognito-idp:AdminRespondToAuthChallenge", "cognito-idp:ListUsers", "cognito-idp:ListUsersInGroup"),
}
MAIL = {"ses:SendEmail", "ses:SendRawEmail"}
OF_ACCESS = {"Access", "AccessDoor"}

Part = tuple[str, str]  # a thing, and how the keys of what is meant in it begin


def parts(statement: dict[str, Any]) -> Iterator[Part]:
    """Return what a statement is about. An index shows what its table holds."""
    only = statement.get("Condition", {}).get("ForAllValues:StringLike", {})
    keys = only.get("dynamodb:LeadingKeys", ["*"])
    for resource in as_list(statement["Resource"]):
        thing, _, rest = name_of(resource).partition("/")
        for key in keys:
            yield thing, (rest if thing == "Pages" else key).rstrip("*")


def done_by(function: Function, reads: bool) -> set[Part]:
    """Return what a function may read of its own right, or write."""
    found = set()
    if function is RENDER:
        found.add((RENDER.resource, ""))  # what it is called with, and what it answers
    for statement in statements_of(function):
        if statement["Effect"] == "Deny":
            continue
        for action in as_list(statement["Action"]):
            both = action == "lambda:InvokeFunction"
            if action not in LOOKS | MAIL | SIGNING_IN and ((action in READS) is reads or both):
                found |= set(parts(statement))
    if reads and "PAGES_URL" in function.environment:
        found.add(("Pages", ""))  # over HTTPS, where no role is asked
    return found


def meets(one: Part, other: Part) -> bool:
    return one[0] == other[0] and (one[1].startswith(other[1]) or other[1].startswith(one[1]))


def taken_over(first: Function) -> list[Function]:
    """Return every function that acts on what the first may write, or on what those may write, and so on."""
    found = [first]
    for function in found:
        written = done_by(function, reads=False)
        for other in FUNCTIONS:
            reached = any(meets(one, read) for one in written for read in done_by(other, reads=True))
            if other not in found and reached:
                found.append(other)
    return found


def test_no_chain_from_the_desks_role_leads_to_the_access_function() -> None:
    chain = taken_over(ADMIN)
    assert DELIVER in chain, "the walk must find the ways that there are"
    assert ACCESS not in chain, [one.name for one in chain]


def test_no_chain_from_the_function_that_renders_leads_to_the_access_function() -> None:
    chain = taken_over(RENDER)
    assert {RUN_JOB.name, ADMIN.name} <= {one.name for one in chain}, "they take what it answers"
    assert ACCESS not in chain


def test_nobody_on_the_chain_writes_a_row_that_the_access_function_trusts_or_changes_an_account() -> None:
    for function in taken_over(ADMIN):
        assert not {thing for thing, _ in done_by(function, reads=False)} & OF_ACCESS, function.name
        granted = [one for one in statements_of(function) if one["Effect"] == "Allow"]
        asked = {action for one in granted for action in as_list(one["Action"])}
        cognito = {action for action in asked if action.startswith("cognito-idp:")}
        assert cognito <= SIGNING_IN, function.name
        # nothing by which a role, a token or another function's work could be had
        services = {action.partition(":")[0] for action in asked}
        assert services <= {
            *("logs", "dynamodb", "s3", "sqs", "ses", "secretsmanager", "cognito-idp"),
            *("lambda", "kms"),
        }
        # a key that opens mail as it came in, and makes no signature and no grant
        assert {action for action in asked if action.startswith("kms:")} <= {"kms:Decrypt"}
        invoked = {name_of(one["Resource"]) for one in granted if one["Action"] == "lambda:InvokeFunction"}
        assert invoked <= {RENDER.resource}


def test_sessions_of_the_access_screens_can_be_made_and_read_by_their_own_function_alone() -> None:
    for function in FUNCTIONS:
        for reads in (True, False):
            things = {thing for thing, _ in done_by(function, reads)}
            assert "AccessDoor" not in things or function is ACCESS, function.name
        # and nobody can list the sessions of either part: each is found by its own secret alone
        listed = {
            (thing, key)
            for statement in statements_of(function)
            if {"dynamodb:Query", "dynamodb:Scan"} & set(as_list(statement["Action"]))
            for thing, key in parts(statement)
        }
        assert not [thing for thing, _ in listed if thing in ("Door", "AccessDoor")], function.name
        # Of the access function's table some things are lists, and never what is of people: whom a place's
        # news are mailed to is read by who mails them alone.
        lists = {"waiting", "recipient", "handover", *(["told"] if function in (ACCESS, DELIVER) else [])}
        assert {key for thing, key in listed if thing == "Access"} <= lists, function.name
        writes_list = ("Access", "told") in done_by(function, reads=False)
        assert writes_list is (function is ACCESS), function.name
    assert "ACCESS_DOOR_TABLE" not in ADMIN.environment


def test_agreements_to_hand_overs_are_written_by_the_access_function_alone_and_read_by_who_delivers() -> None:
    row = ("Access", "handover#PL-1A2B-3C4D")
    written = [one for one in FUNCTIONS if any(meets(row, part) for part in done_by(one, reads=False))]
    read = [one for one in FUNCTIONS if any(meets(row, part) for part in done_by(one, reads=True))]
    assert written == [ACCESS]
    assert read == [ACCESS, DELIVER]


def test_no_resource_of_the_stack_opens_these_tables_or_the_function_to_anybody_else() -> None:
    resources = expanded_template()["Resources"]
    for name in OF_ACCESS:
        assert "ResourcePolicy" not in resources[name]["Properties"]
    calls = [
        one["Properties"]
        for one in resources.values()
        if one["Type"] == "AWS::Lambda::Permission" and f'"{ACCESS.resource}"' in json.dumps(one)
    ]
    # The schedule sends one constant event, which no request looks like.
    assert {one["Principal"] for one in calls} == {"apigateway.amazonaws.com", "events.amazonaws.com"}
    assert all("SourceArn" in one for one in calls)
    [clock] = [one for one in calls if one["Principal"] == "events.amazonaws.com"]
    assert clock["SourceArn"] == {"Fn::GetAtt": ["AccessApiClock", "Arn"]}
    [target] = resources["AccessApiClock"]["Properties"]["Targets"]
    assert json.loads(target["Input"]) == ON_THE_HOUR
    identity = ("AWS::Cognito::IdentityPool", "AWS::IAM::User", "AWS::IAM::ManagedPolicy", "AWS::IAM::Policy")
    assert not [name for name, one in resources.items() if one["Type"] in identity]


def test_the_pool_gives_a_token_for_a_password_and_a_code_alone() -> None:
    resources = expanded_template()["Resources"]
    client = resources["DeskClient"]["Properties"]
    # The second goes with a refresh token, which nobody is given and nothing keeps.
    assert client["ExplicitAuthFlows"] == ["ALLOW_ADMIN_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]
    pool = resources["People"]["Properties"]
    assert (pool["MfaConfiguration"], pool["EnabledMfas"]) == ("ON", ["SOFTWARE_TOKEN_MFA"])
    assert "LambdaConfig" not in pool


@pytest.mark.parametrize(
    ("table", "action", "keys"),
    [
        ("Documents", "dynamodb:PutItem", ["person#*"]),
        ("Access", "dynamodb:UpdateItem", ["person#*"]),
        ("Access", "dynamodb:UpdateItem", ["handover"]),
        ("AccessDoor", "dynamodb:PutItem", ["session#*"]),
    ],
)
def test_a_grant_too_many_would_be_seen(
    monkeypatch: pytest.MonkeyPatch, table: str, action: str, keys: list[str]
) -> None:
    more = {
        "Effect": "Allow",
        "Action": action,
        "Resource": {"Fn::GetAtt": [table, "Arn"]},
        "Condition": {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": keys}},
    }
    real = statements_of
    monkeypatch.setattr(
        f"{__name__}.statements_of",
        lambda function: [*real(function), *([more] if function is DELIVER else [])],
    )
    assert ACCESS in taken_over(ADMIN)
