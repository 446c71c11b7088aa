"""An `aws` command whose SES is moto's: for what the deploy and the doctor ask of rules for incoming mail."""

from __future__ import annotations

import json
import subprocess
from typing import Any

import boto3
from botocore.exceptions import ClientError
from moto.core import DEFAULT_ACCOUNT_ID
from moto.ses.models import ses_backends


class MotoAws:
    """Does what subprocess.run would do with an `aws ses ...` command, on moto. `done` is every call so far.

    What moto has not (DeleteReceiptRule, SetReceiptRulePosition) is done here to moto's own list.
    """

    def __init__(self, region: str = "us-west-2") -> None:
        self.ses = boto3.client("ses", region_name=region)
        self.region = region
        self.done: list[str] = []

    def run(self, command: list[str], **_: Any) -> subprocess.CompletedProcess[str]:
        service, operation, *words = command[1:]
        assert service == "ses", "only SES is here"
        asked = {
            "".join(part.capitalize() for part in name.strip("-").split("-")): value
            for name, value in zip(words[::2], words[1::2], strict=True)
            if name not in ("--region", "--output")
        }
        if "Rule" in asked:
            asked["Rule"] = json.loads(asked["Rule"])
        self.done.append(operation)
        own = {"delete-receipt-rule": self._delete, "set-receipt-rule-position": self._move}
        try:
            does = own.get(operation) or getattr(self.ses, operation.replace("-", "_"))
            answer = does(**asked) or {}
        except ClientError as error:
            code = error.response["Error"]["Code"]
            said = f"An error occurred ({code}) when calling an operation: no"
            return subprocess.CompletedProcess(command, 254, "", said)
        answer.pop("ResponseMetadata", None)
        out = json.dumps(answer, default=str) if answer else ""
        return subprocess.CompletedProcess(command, 0, out, "")

    def _delete(self, RuleSetName: str, RuleName: str) -> None:
        rules = self._list(RuleSetName)
        rules[:] = [one for one in rules if one["Name"] != RuleName]

    def _move(self, RuleSetName: str, RuleName: str, After: str = "") -> None:
        rules = self._list(RuleSetName)
        names = [one["Name"] for one in rules]
        moved = rules.pop(names.index(RuleName))
        names.remove(RuleName)
        rules.insert(names.index(After) + 1 if After else 0, moved)

    def _list(self, rule_set: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = (
            ses_backends[DEFAULT_ACCOUNT_ID][self.region].receipt_rule_set[rule_set].rules
        )
        return found

    def rules(self) -> list[dict[str, Any]]:
        """Return the rules of the active set, in order."""
        found: list[dict[str, Any]] = self.ses.describe_active_receipt_rule_set().get("Rules", [])
        return found

    @property
    def changed(self) -> list[str]:
        """The calls so far that change something."""
        return [one for one in self.done if not one.startswith("describe")]
