"""What IAM would say of a call: enough of it for the roles of this project, and an error for anything else.

A role is read from the expanded template. A resource of the template is known here by its name there:
`{"Fn::GetAtt": ["Reports", "Arn"]}` is "Reports", and `{"Fn::Sub": "${Pages.Arn}/site/*"}` is "Pages/site/*".
"""

from __future__ import annotations

import fnmatch
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.support.packages import expanded_template
from tools.build.functions import Function

Json = dict[str, Any]


@dataclass(frozen=True)
class Call:
    """One request to AWS: IAM's name for it, what it is made on, and what conditions may look at."""

    action: str
    on: str
    told: Mapping[str, tuple[str, ...]] = field(default_factory=dict, hash=False)

    @property
    def key(self) -> str:
        """The key of the item it touches, where it touches one."""
        return (*self.told.get("dynamodb:LeadingKeys", ()), "")[0]


def statements_of(function: Function) -> list[Json]:
    """Return all that a function's role says."""
    [policy] = expanded_template()["Resources"][function.role]["Properties"]["Policies"]
    found: list[Json] = policy["PolicyDocument"]["Statement"]
    return found


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def name_of(resource: Any) -> str:
    """Return the name of what a policy or an environment refers to."""
    if isinstance(resource, str):
        return resource
    [(intrinsic, value)] = resource.items()
    if intrinsic == "Ref":
        return str(value)
    if intrinsic == "Fn::GetAtt":
        return str(value[0])
    if intrinsic == "Fn::If":  # as it is while the condition holds: then a role may do more
        return name_of(value[1])
    if intrinsic == "Fn::Sub":
        return re.sub(r"\$\{([\w:]+)(?:\.\w+)?\}", r"\1", str(value))
    raise AssertionError(f"nobody here can read {json.dumps(resource)}")


def allows(statements: Iterable[Json], call: Call, names: Mapping[str, str] | None = None) -> bool:
    """Say whether a statement allows the call, and none denies it.

    `names` gives the values of parameters in conditions.
    """
    about = {one["Effect"] for one in statements if _is_about(one, call, names or {})}
    assert about <= {"Allow", "Deny"}
    return about == {"Allow"}


def _is_about(statement: Json, call: Call, names: Mapping[str, str]) -> bool:
    assert {"Action", "Resource"} <= statement.keys()
    return (
        any(fnmatch.fnmatchcase(call.action, one) for one in as_list(statement["Action"]))
        and any(fnmatch.fnmatchcase(call.on, name_of(one)) for one in as_list(statement["Resource"]))
        and all(
            _holds(operator, [_value(one, names) for one in as_list(wanted)], call.told.get(key))
            for operator, conditions in statement.get("Condition", {}).items()
            for key, wanted in conditions.items()
        )
    )


def _value(wanted: Any, names: Mapping[str, str]) -> str:
    name = name_of(wanted)
    return names[name] if isinstance(wanted, dict) else name


def _holds(operator: str, wanted: Sequence[str], told: tuple[str, ...] | None) -> bool:
    if operator == "StringEquals":
        return told is not None and len(told) == 1 and told[0] in wanted
    if operator == "StringEqualsIfExists":
        return told is None or told[0] in wanted
    if operator == "ForAllValues:StringEquals":
        return all(one in wanted for one in told or ())
    if operator == "ForAllValues:StringLike":
        return all(any(fnmatch.fnmatchcase(one, pattern) for pattern in wanted) for one in told or ())
    raise AssertionError(f"nobody here knows the condition {operator}")


# Reading calls from what a client sends

# The stack is called by CloudFormation's word for it, as parameters are by theirs.
HOLDERS = "AWS::StackName-desk-keys-"
_SECRET_OF_THE_STACK = "arn:AWS::Partition:secretsmanager:AWS::Region:AWS::AccountId:secret:"

_WORDS = {"SET", "REMOVE", "ADD", "DELETE", "AND", "OR", "NOT", "BETWEEN", "IN", "set", "remove", "add"}
_FUNCTIONS = {"if_not_exists", "attribute_exists", "attribute_not_exists", "begins_with", "size", "contains"}


def call_of(method: str, path: str, target: str, service: str, body: bytes) -> Call:
    """Return the call that a signed request makes. Raises AssertionError for one that nobody foresaw."""
    if service == "ses" and path == "/v2/email/outbound-emails":
        return _mail(json.loads(body))
    if service == "s3":
        return _object(method, path, body)
    if service == "lambda" and method == "POST" and (invoked := _INVOKED.fullmatch(path)):
        return Call("lambda:InvokeFunction", invoked[1])
    assert target, f"nobody here can read {service} {method} {path}"
    asked: Json = json.loads(body)
    operation = target.rpartition(".")[2]
    if service == "dynamodb":
        return _item(operation, asked)
    if service == "secretsmanager":
        name = str(asked["SecretId"])
        holds_keys = name.startswith(HOLDERS)
        return Call(f"secretsmanager:{operation}", _SECRET_OF_THE_STACK + name if holds_keys else name)
    if service == "sqs":
        return Call(f"sqs:{operation}", str(asked["QueueUrl"]).rpartition("/")[2])
    assert service == "cognito-idp", service
    return Call(f"cognito-idp:{operation}", "People")


def _object(method: str, path: str, body: bytes) -> Call:
    bucket, _, key = path.lstrip("/").partition("/")
    on = bucket.partition("-")[0].capitalize()
    if not key and method == "GET":
        return Call("s3:ListBucket", on)
    if not key:  # many objects are deleted at once, and IAM is asked about each
        assert method == "POST", f"nobody here can read {method} of a bucket"
        keys = re.findall(r"<Key>([^<]+)</Key>", body.decode())
        [folder] = {"/".join(one.split("/")[:2]) for one in keys}
        return Call("s3:DeleteObject", f"{on}/{folder}/{keys[0].removeprefix(folder + '/')}")
    # A HEAD needs what a GET needs.
    actions = {"GET": "GetObject", "HEAD": "GetObject", "PUT": "PutObject", "DELETE": "DeleteObject"}
    return Call(f"s3:{actions[method]}", f"{on}/{key}")


def _mail(sent: Json) -> Call:
    told = {
        "ses:FromAddress": (str(sent["FromEmailAddress"]),),
        "ses:Recipients": tuple(sent["Destination"]["ToAddresses"]),
    }
    action = "ses:SendRawEmail" if "Raw" in sent["Content"] else "ses:SendEmail"
    assert sent["ConfigurationSetName"] == "ReportMail", "a mail must name the configuration set"
    return Call(action, _SES_OF_THE_SENDER, told)


_INVOKED = re.compile(r"/2015-03-31/functions/([\w-]+)/invocations")
_SES_OF_THE_SENDER = "arn:AWS::Partition:ses:AWS::Region:AWS::AccountId:identity/SenderIdentity"


def _item(operation: str, asked: Json) -> Call:
    if operation == "BatchGetItem":
        [(table, wanted)] = asked["RequestItems"].items()
        keys = tuple(key["pk"]["S"] for key in wanted["Keys"])
        return Call("dynamodb:BatchGetItem", table, {"dynamodb:LeadingKeys": keys})
    index = asked.get("IndexName")
    told: dict[str, tuple[str, ...]] = {"dynamodb:Attributes": tuple(sorted(_attributes(asked)))}
    item = asked.get("Key") or asked.get("Item")
    if item:
        told["dynamodb:LeadingKeys"] = (item.get("pk", item.get("month"))["S"],)
    elif operation == "Query":
        [value] = re.findall(r"^#?\w+ = (:\w+)", asked["KeyConditionExpression"])
        told["dynamodb:LeadingKeys"] = (asked["ExpressionAttributeValues"][value]["S"],)
    if "ReturnValues" in asked:
        told["dynamodb:ReturnValues"] = (asked["ReturnValues"],)
    assert "ReturnValuesOnConditionCheckFailure" not in asked, "IAM has no condition for this"
    return Call(f"dynamodb:{operation}", asked["TableName"] + (f"/index/{index}" if index else ""), told)


def _attributes(asked: Json) -> set[str]:
    """Return the names of all attributes that a request speaks of."""
    aliases = asked.get("ExpressionAttributeNames", {})
    found = {*asked.get("Key", {}), *asked.get("Item", {})}
    for name, expression in asked.items():
        if name.endswith("Expression"):
            for word in re.findall(r"(?<![\w:#])#?[A-Za-z_]\w*", expression):
                if word not in _WORDS | _FUNCTIONS:
                    found.add(aliases.get(word, word))
    return found
