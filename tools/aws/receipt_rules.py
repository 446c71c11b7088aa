"""SES's rule that takes replies: added to whatever set of rules is active, never in place of another's.

An account has one active set a region, and every rule in it whose recipients fit is followed, in order. So
ours goes before the first that would take the same mail (a catch-all, mostly), and the rules end with it for
a mail to our domain: a reply quotes a report, and must lie in no bucket but ours. Where no other would take
it, ours is the last and stops nothing.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tools.aws.aws_cli import Aws, AwsFailed
from tools.aws.template.replies import PREFIX, RULE

Json = dict[str, Any]

OFF_HERE = "Replies are off: SES takes no mail in this region (it does in us-east-1, us-west-2, eu-west-1)."
SET = "porchlight"  # made only where no set is active
SECONDS = 1.1  # SES takes one call about rules a second
_NOT_HERE = "InvalidAction"  # "Unavailable Operation": how SES says that a region takes no mail
_NONE = "RuleSetDoesNotExist"
_AGAIN = (10.0, 20.0)  # seconds before another try


class NoReceiving(Exception):
    """SES takes no mail in this region: replies are off here."""


@dataclass(frozen=True, slots=True)
class ActiveRules:
    """A set of rules, in order; no name when none is active."""

    name: str = ""
    rules: tuple[Json, ...] = ()

    def named(self, name: str) -> Json | None:
        """Return the rule of this name."""
        return next((one for one in self.rules if one["Name"] == name), None)

    def also_take(self, name: str, domain: str) -> tuple[Json, ...]:
        """Return other rules that would take all mail to a domain too."""
        return tuple(one for one in self.rules if one["Name"] != name and _takes(one, domain))

    def before(self, name: str, domain: str) -> tuple[str, ...]:
        """Return the names of rules before this one that would take all mail to the domain first."""
        names = [one["Name"] for one in self.rules]
        place = names.index(name) if name in names else 0
        return tuple(one["Name"] for one in self.rules[:place] if _takes(one, domain))

    def place(self, name: str, domain: str) -> str:
        """Return the name of the rule after which ours belongs; nothing for the first place."""
        last = ""
        for one in self.rules:
            if one["Name"] != name:
                if _takes(one, domain):
                    return last
                last = one["Name"]
        return last


def rule_name(stack: str) -> str:
    """Return what a stack's rule is called: its bucket and its key let in a rule of this name alone."""
    return stack + RULE


def active_rules(aws: Aws) -> ActiveRules:
    """Return the active set. Raises NoReceiving where SES takes no mail, and AwsFailed."""
    try:
        found = aws.unless(_NONE, "ses", "describe-active-receipt-rule-set") or {}
    except AwsFailed as error:
        if error.code == _NOT_HERE:
            raise NoReceiving from error
        raise
    return ActiveRules(str((found.get("Metadata") or {}).get("Name", "")), tuple(found.get("Rules") or ()))


def wanted_rule(name: str, domain: str, bucket: str, alone: bool) -> Json:
    """Return the rule. `alone` says that no other would take the same mail: then it stops nothing.

    Over TLS or not at all, as our own mails: a reply quotes them. Who cannot is told so at once by a bounce.
    No key and no topic: the bucket encrypts, and S3 tells the queue, which then holds no subject.
    """
    actions: list[Json] = [{"S3Action": {"BucketName": bucket, "ObjectKeyPrefix": PREFIX}}]
    if not alone:
        actions.append({"StopAction": {"Scope": "RuleSet"}})
    return {
        "Name": name,
        "Enabled": True,
        "TlsPolicy": "Require",
        "Recipients": [domain],
        "Actions": actions,
        "ScanEnabled": True,
    }


class ReceiptRules:
    """One stack's rule in SES. `pause` waits for so many seconds."""

    def __init__(self, aws: Aws, stack: str, pause: Callable[[float], None] = time.sleep) -> None:
        self._aws = aws
        self._name = rule_name(stack)
        self._pause = pause

    def add(self, domain: str, bucket: str) -> Iterator[str]:
        """Have mail to the domain put into the bucket; say what is done, in whole sentences.

        The same again changes nothing. Raises NoReceiving and AwsFailed.
        """
        found = active_rules(self._aws)
        rules = found if found.name else self._our_set()
        others = rules.also_take(self._name, domain)
        wanted = wanted_rule(self._name, domain, bucket, alone=not others)
        ours, place = rules.named(self._name), rules.place(self._name, domain)
        after = ("--after", place) if place else ()
        if ours is None:
            self._call("create-receipt-rule", rules.name, "--rule", json.dumps(wanted), *after)
        elif ours != wanted:
            self._call("update-receipt-rule", rules.name, "--rule", json.dumps(wanted))
        if ours is not None and rules.before(self._name, domain):
            self._call("set-receipt-rule-position", rules.name, "--rule-name", self._name, *after)
        if not found.name:
            self._call("set-active-receipt-rule-set", rules.name)
            yield f"No set of SES's rules was active: the set {rules.name} is now."
        yield f"Replies: mail to {domain} goes into {bucket}, by the rule {self._name} of {rules.name}."
        if others:
            names = ", ".join(one["Name"] for one in others)
            yield (
                f"It stands before {names}, which would take the same mail, and SES's rules end with it for a"
                f" mail to {domain}: also for one that goes to another domain of this account as well."
            )

    def take_away(self) -> Iterator[str]:
        """Take our rule out of the active set, and leave all else; say what is done.

        The same again changes nothing. Raises NoReceiving and AwsFailed.
        """
        active = active_rules(self._aws)
        if active.named(self._name) is None:
            return
        self._call("delete-receipt-rule", active.name, "--rule-name", self._name)
        yield f"Replies are off: took the rule {self._name} out of the set {active.name}."
        if len(active.rules) == 1:
            yield f"The set {active.name} is empty now and stays active: it takes no mail."

    def _our_set(self) -> ActiveRules:
        """Make our own set, or take it as it is: somebody made it inactive, or a run was cut short."""
        try:
            self._call("create-receipt-rule-set", SET)
        except AwsFailed as error:
            if error.code != "AlreadyExists":
                raise
            found = self._call("describe-receipt-rule-set", SET)
            return ActiveRules(SET, tuple(found.get("Rules") or ()))
        return ActiveRules(SET)

    def _call(self, operation: str, rules: str, *more: str) -> Any:
        """Call SES, which tries itself whether it may write to the bucket: a new right takes a moment."""
        for wait in (SECONDS, *_AGAIN):
            self._pause(wait)
            try:
                return self._aws("ses", operation, "--rule-set-name", rules, *more)
            except AwsFailed as error:
                if error.code != "InvalidS3Configuration" or wait == _AGAIN[-1]:
                    raise
        raise AssertionError("the last try returns or raises")


def reply_domain(aws: Aws, wanted: str, now: str) -> tuple[str, str]:
    """Return the domain that the stack is told, and why, where it is another than what an operator wants.

    `now` is the stack's domain of before. Without a domain mails say that nobody can reply. What could not be
    asked changes nothing: replies that are on stay on, and none are turned on that might come back.
    """
    if not wanted:
        return "", ""
    try:
        active_rules(aws)
    except NoReceiving:
        return "", f"{OFF_HERE} Mails say that nobody can reply; everything else works."
    except AwsFailed as error:
        if now == wanted:
            return wanted, ""
        return "", f"Replies stay off for now, since SES's rules could not be looked at: {error}"
    return wanted, ""


def _takes(rule: Mapping[str, Any], domain: str) -> bool:
    """Say whether a rule takes all mail to a domain: it names none, this one, or one that it lies in."""
    recipients = [str(one).lower() for one in rule.get("Recipients") or ()]
    fits = (one == domain or (one.startswith(".") and domain.endswith(one)) for one in recipients)
    return bool(rule.get("Enabled")) and (not recipients or any(fits))
