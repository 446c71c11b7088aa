"""What the doctor sees of replies: whether mail to ReplyDomain comes in, and who may open where it lies."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from tools.aws.aws_cli import Aws, AwsFailed
from tools.aws.findings import DEPLOY, FINE, LOOK, OPEN, UNKNOWN, Finding
from tools.aws.mail_servers import Lookup, receiving_host
from tools.aws.receipt_rules import OFF_HERE, NoReceiving, active_rules, rule_name, wanted_rule
from tools.aws.stage import Stage

ABOUT = "replies"
_PUBLIC = ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets")


class Replies:
    """Looks at what brings replies in. Every look may fail by itself: then that line is not known."""

    def __init__(self, aws: Aws, stage: Stage, outputs: Mapping[str, str], servers: Lookup) -> None:
        self._aws = aws
        self._stage = stage
        self._outputs = outputs
        self._servers = servers
        self._domain = stage.parameters.get("ReplyDomain", "")

    def findings(self) -> Iterator[Finding]:
        """Look at everything, or say that replies are off, and why."""
        if not self._domain:
            yield Finding(FINE, ABOUT, "Off: there is no ReplyDomain, and mails say that nobody can reply.")
            return
        try:
            active_rules(self._aws)
        except NoReceiving:
            told = "Mails say so, and everything else works. Deploy to another region, or empty ReplyDomain."
            yield Finding(LOOK, ABOUT, f"{OFF_HERE} {told}")
            return
        except AwsFailed as error:
            yield Finding(UNKNOWN, ABOUT, str(error))
        yield self._mail_server()
        if not self._outputs:
            return
        if self._outputs.get("ReplyDomain", "") != self._domain:
            yield Finding(LOOK, ABOUT, f"Not at {self._domain} yet: the next deploy does it.")
            return
        for about, look in (
            ("rule for replies", self._rule),
            ("bucket of replies", self._bucket),
            ("key of replies", self._key),
            ("failed replies", self._failed),
        ):
            try:
                yield look(about)
            except (AwsFailed, LookupError, TypeError, ValueError) as error:
                told = str(error) if isinstance(error, AwsFailed) else "the answer is not what it should be"
                yield Finding(UNKNOWN, about, told)

    def _mail_server(self) -> Finding:
        """Look whether the domain's mail goes to SES: first of all, since mails ask for replies."""
        about, host, domain = "MX of ReplyDomain", receiving_host(self._stage.region), self._domain
        found = self._servers(domain)
        if found is None:
            return Finding(UNKNOWN, about, f"Nobody could be asked: look with dig MX {domain} for {host}.")
        others = ", ".join(one for one in found if one != host)
        if host not in found:
            there = f"its mail goes to {others}" if others else "it has none"
            sentence = f"{domain}: {there}. Make the record {domain} MX 10 {host}, else replies come back."
            return Finding(DEPLOY, about, sentence)
        if others:
            sentence = f"{domain}: mail may also go to {others}, who would get replies. Take that away."
            return Finding(OPEN, about, sentence)
        return Finding(FINE, about, f"Mail to {domain} goes to {host}.")

    def _rule(self, about: str) -> Finding:
        active, name = active_rules(self._aws), rule_name(self._stage.stack)
        others = active.also_take(name, self._domain)
        wanted = wanted_rule(name, self._domain, self._outputs["InboundBucket"], alone=not others)
        again = "Run make deploy again."
        if not active.name:
            return Finding(OPEN, about, f"No set of SES's rules is active, so no reply comes in. {again}")
        if (ours := active.named(name)) is None:
            return Finding(OPEN, about, f"The active set {active.name} has no rule {name}. {again}")
        if before := active.before(name, self._domain):
            names = ", ".join(before)
            return Finding(OPEN, about, f"{names} of {active.name} takes replies before {name}. {again}")
        if ours != wanted:
            return Finding(OPEN, about, f"{name} of {active.name} is not as a deploy makes it. {again}")
        return Finding(FINE, about, f"{name} is in the active set {active.name}.")

    def _bucket(self, about: str) -> Finding:
        bucket = ("--bucket", self._outputs["InboundBucket"])
        encrypted = self._encryption()["SSEAlgorithm"] == "aws:kms"
        answer = self._aws("s3api", "get-public-access-block", *bucket)["PublicAccessBlockConfiguration"]
        versions = (self._aws("s3api", "get-bucket-versioning", *bucket) or {}).get("Status")
        logged = (self._aws("s3api", "get-bucket-logging", *bucket) or {}).get("LoggingEnabled")
        policy = json.loads(self._aws("s3api", "get-bucket-policy", *bucket)["Policy"])
        checks = (
            (encrypted, "it is not encrypted with the key of replies"),
            (all(answer.get(one) for one in _PUBLIC), "it may be made public"),
            (versions is None, "it keeps versions, so what is deleted is not gone"),
            (not logged, "what is done with it is logged"),
            (_let_in(policy) == [rule_name(self._stage.stack)], "others than our rule may put mail there"),
        )
        if wrong := [sentence for well, sentence in checks if not well]:
            told = "; ".join(wrong)
            return Finding(OPEN, about, f"Somebody changed it: {told}. Undo it, in CloudFormation's terms.")
        return Finding(FINE, about, "Encrypted, closed, without versions; SES's rule alone puts mail there.")

    def _key(self, about: str) -> Finding:
        key = self._encryption()["KMSMasterKeyID"]
        state = self._aws("kms", "describe-key", "--key-id", key)["KeyMetadata"]["KeyState"]
        if state != "Enabled":
            sentence = f"It is {state}, so replies can be neither stored nor opened: enable it in KMS."
            return Finding(OPEN, about, sentence)
        return Finding(FINE, about, "It is in use.")

    def _encryption(self) -> Mapping[str, Any]:
        asked = ("s3api", "get-bucket-encryption", "--bucket", self._outputs["InboundBucket"])
        [rule] = self._aws(*asked)["ServerSideEncryptionConfiguration"]["Rules"]
        found: Mapping[str, Any] = rule["ApplyServerSideEncryptionByDefault"]
        return found

    def _failed(self, about: str) -> Finding:
        asked = ("--queue-url", self._outputs["FailedReplies"], "--attribute-names")
        count = "ApproximateNumberOfMessages"
        waiting = int(self._aws("sqs", "get-queue-attributes", *asked, count)["Attributes"][count])
        if waiting:
            return Finding(LOOK, about, f"{waiting} replies could not be taken: see docs/operate.md.")
        return Finding(FINE, about, "None.")


def _let_in(policy: Mapping[str, Any]) -> list[str]:
    """Return the names of the rules that a bucket's policy lets in; "anybody" where it names none."""
    found = []
    for statement in policy["Statement"]:
        if statement["Effect"] == "Allow":
            source = statement.get("Condition", {}).get("ArnLike", {}).get("aws:SourceArn", "anybody")
            found.append(str(source).rpartition("/")[2])
    return found
