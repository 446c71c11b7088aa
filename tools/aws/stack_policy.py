"""The CloudFormation stack policy: which resources no update of the stack may replace or remove.

The deploy looks at each change set by itself; the policy also holds for whoever updates the stack in
another way, and for what that look would miss.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from tools.aws.template.parts import Json

# It goes with the stack; while that stands, its address is on paper and in people's histories.
_KNOWN_BY_ITS_ADDRESS = "Edge"
# What holds reports, keys, documents or people: a change that replaces one of these loses what is in it.
_PRECIOUS = {
    "AWS::Cognito::UserPool",
    "AWS::DynamoDB::Table",
    "AWS::S3::Bucket",
    "AWS::SecretsManager::Secret",
}
_RESOURCE = "LogicalResourceId/"


def protected(template: Mapping[str, Any]) -> list[str]:
    """Return the logical ids of what must never be lost: what outlives the stack, and the address."""
    return sorted(
        name
        for name, resource in template["Resources"].items()
        if resource.get("DeletionPolicy") == "Retain" or name == _KNOWN_BY_ITS_ADDRESS
    )


def stack_policy(template: Mapping[str, Any]) -> Json:
    """Return the policy for a template's stack. Without the first statement it would deny every update."""
    return {
        "Statement": [
            {"Effect": "Allow", "Action": "Update:*", "Principal": "*", "Resource": "*"},
            {
                "Effect": "Deny",
                "Action": ["Update:Replace", "Update:Delete"],
                "Principal": "*",
                "Resource": [_RESOURCE + name for name in protected(template)],
            },
        ]
    }


def denied(policy: str, changes: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return the logical ids of changes that a stack's policy, given as CloudFormation has it, denies."""
    names: set[str] = set()
    for statement in json.loads(policy or "{}").get("Statement", ()):
        if statement["Effect"] == "Deny":
            names.update(_listed(statement["Resource"]))
    return [change["LogicalResourceId"] for change in changes if _RESOURCE + _goes(change) in names]


def _listed(resources: str | list[str]) -> Iterator[str]:
    yield from [resources] if isinstance(resources, str) else resources


def _goes(change: Mapping[str, Any]) -> str:
    """Return a change's logical id if it replaces or removes, and may only perhaps do so; "" if not."""
    goes = change["Action"] == "Remove" or change.get("Replacement") in ("True", "Conditional")
    return str(change["LogicalResourceId"]) if goes else ""


def loses(change: Mapping[str, Any]) -> bool:
    """Say whether a change would lose what is kept: by replacing it, or by writing a secret anew."""
    if change["ResourceType"] not in _PRECIOUS:
        return False
    if _goes(change):
        return True
    changed = {detail.get("Target", {}).get("Name") for detail in change.get("Details", ())}
    return bool(changed & {"SecretString", "GenerateSecretString"})
