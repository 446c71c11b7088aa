"""Least power: what each function's role grants, and that its work needs all of it and no more."""

from __future__ import annotations

import base64
import fnmatch
import gzip
import json
import re
import threading
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import boto3
import pytest
from moto.server import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import make_server

from chalicelib.adapters.dynamo_reports import table_definition
from chalicelib.adapters.hpke_sealer import new_desk_key
from chalicelib.adapters.receipt_vault import SeededVault
from chalicelib.domain.form_tokens import make_token
from tests.support.packages import ROOT, api_event, expanded_template, local_package
from tools.functions import DELIVER, FUNCTIONS, PAGE, REPORTER, SWEEP, Function
from tools.runtime_api import Running, runtime_packages

TABLE = {"Fn::GetAtt": ["Reports", "Arn"]}
INDEX = {"Fn::Sub": "${Reports.Arn}/index/due"}
SES = "arn:${AWS::Partition}:ses:${AWS::Region}:${AWS::AccountId}"
MAIL = [
    {"Fn::Sub": SES + ":identity/${SenderIdentity}"},
    {"Fn::Sub": SES + ":configuration-set/${ReportMail}"},
]
READ_SECRET = "secretsmanager:GetSecretValue"
LOGS = {"logs:CreateLogStream", "logs:PutLogEvents"}

# Everything that any function may do, and to what: a grant that is not here fails.
ALLOWED: dict[str, dict[str, list[Any]]] = {
    "api_handler": {},
    "reporter_api": {
        "dynamodb:GetItem": [TABLE],
        "dynamodb:PutItem": [TABLE],
        "dynamodb:UpdateItem": [TABLE],
        "secretsmanager:GetSecretValue": [{"Ref": "ReporterSecret"}],
    },
    "deliver": {
        "dynamodb:Query": [INDEX],
        "dynamodb:GetItem": [TABLE],
        "dynamodb:PutItem": [TABLE],
        "dynamodb:UpdateItem": [TABLE],
        "secretsmanager:GetSecretValue": [{"Ref": "DeskKeysSecret"}],
        "ses:SendEmail": MAIL,
        "ses:SendRawEmail": MAIL,
    },
    "sweep": {
        "dynamodb:Query": [INDEX],
        "dynamodb:Scan": [TABLE],
        "dynamodb:DeleteItem": [TABLE],
    },
}

# The kinds of items each action may touch, by how their keys begin.
KEYS: dict[str, dict[str, list[str]]] = {
    "reporter_api": {
        "dynamodb:GetItem": ["report#*"],
        "dynamodb:PutItem": ["report#*"],
        "dynamodb:UpdateItem": ["count#*"],
    },
    "deliver": {
        "dynamodb:GetItem": ["report#*"],
        "dynamodb:PutItem": ["batch#*", "report#*"],
        "dynamodb:UpdateItem": ["report#*"],
    },
}


def statements_of(function: Function) -> list[dict[str, Any]]:
    [policy] = expanded_template()["Resources"][function.role]["Properties"]["Policies"]
    found: list[dict[str, Any]] = policy["PolicyDocument"]["Statement"]
    return found


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def grants_of(function: Function) -> dict[str, list[Any]]:
    grants: dict[str, list[Any]] = defaultdict(list)
    for statement in statements_of(function):
        for action in as_list(statement["Action"]):
            grants[action] += [one for one in as_list(statement["Resource"]) if one not in grants[action]]
    return dict(grants)


def keys_of(function: Function) -> dict[str, list[str]]:
    keys: dict[str, list[str]] = defaultdict(list)
    for statement in statements_of(function):
        for action in as_list(statement["Action"]):
            condition = statement.get("Condition", {}).get("ForAllValues:StringLike", {})
            keys[action] += condition.get("dynamodb:LeadingKeys", [])
    return {action: sorted(found) for action, found in keys.items() if found}


# What the roles grant


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


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda function: function.name)
def test_a_function_may_do_what_is_on_its_list_and_nothing_else(function):
    grants = grants_of(function)
    logs = {"Fn::GetAtt": [function.log_group, "Arn"]}
    assert {action: grants.pop(action) for action in LOGS} == {action: [logs] for action in LOGS}
    assert grants == ALLOWED[function.name]


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda function: function.name)
def test_a_function_may_touch_only_its_kinds_of_items(function):
    assert keys_of(function) == KEYS.get(function.name, {})


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda function: function.name)
def test_no_grant_has_a_wildcard(function):
    for statement in statements_of(function):
        assert statement["Effect"] == "Allow"
        assert not {"NotAction", "NotResource"} & statement.keys()
        assert not [action for action in as_list(statement["Action"]) if "*" in action]
        assert not [one for one in as_list(statement["Resource"]) if "*" in json.dumps(one)]


def test_the_page_functions_role_grants_nothing_but_its_log():
    assert grants_of(PAGE).keys() == LOGS


def test_only_the_delivering_function_can_read_what_opens_reports():
    readers = {
        one.name for one in FUNCTIONS if {"Ref": "DeskKeysSecret"} in grants_of(one).get(READ_SECRET, [])
    }
    assert readers == {"deliver"}


def test_mail_can_be_sent_only_as_the_sender():
    [statement] = [one for one in statements_of(DELIVER) if "ses:SendEmail" in one["Action"]]
    assert statement["Condition"] == {"StringEquals": {"ses:FromAddress": {"Ref": "SenderAddress"}}}


def test_there_is_a_policy_for_each_function_and_none_for_all():
    files = {path.name for path in (ROOT / ".chalice").glob("policy-*.json")}
    assert files == {function.policy for function in FUNCTIONS}


# What the functions do: each runs from the package, and every call it makes is held against its role


class WatchedAws:
    """AWS's stand-in, that remembers who asked for what. Each function signs with a key named after it."""

    def __init__(self) -> None:
        self.calls: dict[str, set[tuple[str, str]]] = defaultdict(set)
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
        return boto3.client(service, endpoint_url=self.address, region_name="us-west-2")

    def _watch(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        environ["wsgi.input"] = _Body(body)
        signed = re.search(r"Credential=(\w+)/\d+/[\w-]+/(\w+)/", environ.get("HTTP_AUTHORIZATION", ""))
        if signed:
            self.calls[signed[1]].add(_call(environ, signed[2], body))
        answer: Iterable[bytes] = self._stand_in(environ, start_response)
        return answer


class _Body:
    def __init__(self, content: bytes) -> None:
        self._rest = content

    def read(self, size: int = -1) -> bytes:
        end = len(self._rest) if size is None or size < 0 else size
        taken, self._rest = self._rest[:end], self._rest[end:]
        return taken


def _call(environ: dict[str, Any], service: str, body: bytes) -> tuple[str, str]:
    """Return IAM's name for a call, and the key of the item it touches (or the index it asks)."""
    target = environ.get("HTTP_X_AMZ_TARGET", "").rpartition(".")[2]
    if service == "ses" and environ["PATH_INFO"] == "/v2/email/outbound-emails":
        sent = json.loads(body)
        return ("ses:SendRawEmail" if "Raw" in sent["Content"] else "ses:SendEmail"), ""
    if not target:
        return f"{service}:{environ['REQUEST_METHOD']} {environ['PATH_INFO']}", ""
    asked = json.loads(body)
    item = asked.get("Key") or asked.get("Item") or {}
    return f"{service}:{target}", item.get("pk", {}).get("S", asked.get("IndexName", ""))


SEED = "s" * 64


@pytest.fixture(scope="module")
def with_sdk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return runtime_packages(["awslambdaric", "boto3"], tmp_path_factory.mktemp("with-sdk"))


@pytest.fixture
def aws() -> Iterator[WatchedAws]:
    with WatchedAws() as stand_in:
        dynamodb, secrets, ses = (stand_in.client(one) for one in ("dynamodb", "secretsmanager", "sesv2"))
        key = new_desk_key(datetime.now(UTC))
        public = {"seed": SEED, "desk_key": {"kid": key.kid, "public": key.public}}
        dynamodb.create_table(**table_definition("Reports"))
        secrets.create_secret(Name="ReporterSecret", SecretString=json.dumps(public))
        secrets.create_secret(
            Name="DeskKeysSecret", SecretString=json.dumps({"keys": {key.kid: key.private}})
        )
        ses.create_email_identity(EmailIdentity="desk@example.org")
        ses.create_configuration_set(ConfigurationSetName="ReportMail")
        yield stand_in
        for client in (dynamodb, secrets, ses):
            client.close()


def environment_of(function: Function, stand_in: WatchedAws) -> dict[str, str]:
    """Return what the template gives a function, with names where a deploy would put a resource's own."""
    stood_for = {"Stage": "dev", "SenderAddress": "desk@example.org"}
    settings = {
        name: value if isinstance(value, str) else stood_for.get(value["Ref"], value["Ref"])
        for name, value in function.environment.items()
    }
    credentials = {"AWS_ACCESS_KEY_ID": function.name, "AWS_SECRET_ACCESS_KEY": "test"}
    return settings | credentials | {"AWS_ENDPOINT_URL": stand_in.address}


def a_schedule() -> dict[str, Any]:
    return {
        "version": "0",
        "id": "00000000-0000-0000-0000-000000000000",
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": "000000000000",
        "time": "2026-11-25T00:00:00Z",
        "region": "us-west-2",
        "resources": ["arn:aws:events:us-west-2:000000000000:rule/a-rule"],
        "detail": {},
    }


def html_of(answer: dict[str, Any]) -> str:
    return gzip.decompress(base64.b64decode(answer["body"])).decode("utf-8")


def send_report(function: Running, text: str, *, hasty: bool = False) -> dict[str, Any]:
    paths = local_package().template["Resources"]["RestAPI"]["Properties"]["DefinitionBody"]["paths"]
    headers = {"Accept-Encoding": "gzip"}
    form = function.invoke(api_event(paths, "/es/los-banos-ca/note/", headers=headers))
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


def look_up(function: Running, code: str) -> dict[str, Any]:
    paths = local_package().template["Resources"]["RestAPI"]["Properties"]["DefinitionBody"]["paths"]
    headers = {"Accept-Encoding": "gzip", "Content-Type": "application/x-www-form-urlencoded"}
    return function.invoke(  # type: ignore[no-any-return]
        api_event(paths, "/es/code/", "POST", headers, urlencode({"k": code}))
    )


def refused(function: Function, calls: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return the calls that the function's role would refuse."""
    grants, keys = grants_of(function), keys_of(function)

    def granted(action: str, key: str) -> bool:
        if action not in grants:
            return False
        if action == "dynamodb:Query":
            return key == "due"
        return action not in keys or any(fnmatch.fnmatchcase(key, pattern) for pattern in keys[action])

    return [(action, key) for action, key in calls if not granted(action, key)]


def test_the_roles_let_a_report_come_in_go_out_be_looked_up_and_be_swept(aws, with_sdk):
    package = local_package().unpacked
    told = environment_of(REPORTER, aws) | {"DIGEST_EVERY": "1"}  # so that what is held goes out at once
    with Running(package, REPORTER.handler, told, with_sdk) as reporter:
        answer = send_report(reporter, "Vi algo extraño ñandú 😀")
        assert answer["statusCode"] == 200
        [groups] = re.findall(r"\d{4}(?:\D{1,3}\d{4}){4}", re.sub(r"<[^>]+>", " ", html_of(answer)))
        with Running(package, DELIVER.handler, environment_of(DELIVER, aws), with_sdk) as deliver:
            assert deliver.invoke(a_schedule())["mails"] == 2
            assert send_report(reporter, "Demasiado rápido", hasty=True)["statusCode"] == 200
            time.sleep(1.1)
            assert deliver.invoke(a_schedule())["mails"] == 2
            assert "ñandú" not in deliver.log()
        assert look_up(reporter, groups)["statusCode"] == 200
        assert look_up(reporter, "0" * 20)["statusCode"] == 404
        assert "ñandú" not in reporter.log()
    # Nothing is past its date yet: an item that is says so of itself.
    past = {"pk": {"S": "count#old"}, "expires_at": {"N": "1"}}
    aws.client("dynamodb").put_item(TableName="Reports", Item=past)
    with Running(package, SWEEP.handler, environment_of(SWEEP, aws), with_sdk) as sweep:
        assert sweep.invoke(a_schedule()) == {"deleted": 1}
    for function in (REPORTER, DELIVER, SWEEP):
        calls = aws.calls[function.name]
        assert calls, f"{function.name} asked for nothing: its key is not seen"
        assert refused(function, calls) == []
    asked = {function.name: {action for action, _ in aws.calls[function.name]} for function in FUNCTIONS}
    assert asked["reporter_api"] == set(ALLOWED["reporter_api"])
    assert asked["sweep"] == set(ALLOWED["sweep"])
    assert [
        key
        for action, key in aws.calls["deliver"]
        if action == "dynamodb:PutItem" and key.startswith("batch#")
    ]
    # GetItem only where a notice overtook it; SES has two names for one call, by what the mail is made of.
    assert asked["deliver"] == set(ALLOWED["deliver"]) - {"dynamodb:GetItem", "ses:SendEmail"}


def test_a_call_outside_a_role_would_be_noticed():
    asked = [("dynamodb:Scan", ""), ("dynamodb:PutItem", "count#1"), ("dynamodb:PutItem", "report#1")]
    assert refused(REPORTER, asked) == asked[:2]
