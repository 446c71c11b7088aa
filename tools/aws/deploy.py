"""`make deploy STAGE=prod`: bring what `make package` built to AWS, by the aws command alone.

    python -m tools.aws.deploy prod [--package build/package] [--yes]

Every step can be done again: one that failed is mended, and the same command goes on from there. Nothing is
called that changes anything before all checks have passed.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import secrets
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from chalicelib.pages.about import AboutSite
from chalicelib.publishing.adapters.standby import CONTENT_TYPE, standby
from chalicelib.settings import Settings
from tools.aws import doctor, record_format
from tools.aws.aws_cli import Aws, AwsFailed
from tools.aws.doctor_aws import delivery_key_of, outputs_of
from tools.aws.doctor_content import shipped_texts
from tools.aws.findings import DEPLOY, OPEN, Finding
from tools.aws.mail_servers import Lookup, receiving_host, servers_of
from tools.aws.receipt_rules import NoReceiving, ReceiptRules, reply_domain
from tools.aws.stack_policy import denied, loses, stack_policy
from tools.aws.stage import ROOT, Stage, read_stage

_PAGES = "chalicelib/built_pages/"
_AT_ONCE = 4
_NO_CHANGE = ("didn't contain changes", "No updates are to be performed")


class DeployStopped(Exception):
    """Why the deploy ends here, in whole sentences."""


def say(line: str) -> None:
    """Print one line at once."""
    print(line, flush=True)


class Deploy:
    """One run.

    `ask` returns whether a person agrees to what was shown, `rotate` makes a stage's delivery key, `texts`
    are the documents of content that ship, and `move` puts recipients into the access table. `servers` looks
    up who takes a domain's mail, `pause` waits for so many seconds.
    """

    def __init__(
        self,
        aws: Aws,
        stage: Stage,
        package: Path,
        ask: Callable[[str], bool],
        rotate: Callable[[Stage], bool],
        texts: Mapping[str, str],
        move: Callable[[Stage], bool] = lambda stage: True,
        servers: Lookup = servers_of,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._move = move
        self._servers = servers
        self._rules = ReceiptRules(aws, stage.stack, pause)
        self._reply_domain = ""
        self._aws = aws
        self._rotate = rotate
        self._texts = texts
        self._stage = stage
        self._package = package
        self._ask = ask
        self._account = ""

    def __call__(self) -> None:
        """Do all steps. Raises DeployStopped or AwsFailed at the first that fails."""
        self.check()
        before = outputs_of(self._aws, self._stage.stack)
        self._compare_records(before)
        self._decide_on_replies(before)
        template = self._upload(self._bucket())
        known = self._parameters(before)
        self._apply(template, known)
        outputs = outputs_of(self._aws, self._stage.stack)
        if (now := self._parameters(outputs)) != known:
            # The desk must know its own address, and CloudFront gives that out only now.
            self._apply(template, now, again=True)
        self._protect()
        self._settle_replies(outputs)
        if not self._has_recipients() and not self._move(self._stage):
            raise DeployStopped(
                "Recipients were not moved into their table: until they are, no report is mailed."
            )
        self._standby(outputs["PagesBucket"])
        self._first_key(outputs)
        self._first_publisher(outputs["UserPoolId"])
        self._what_next(outputs)

    def check(self) -> None:
        """Look at everything before anything is changed."""
        if self._stage.problems:
            raise DeployStopped("\n".join(self._stage.problems))
        for name in ("template.json", "deployment.zip"):
            if not (self._package / name).is_file():
                raise DeployStopped(f"There is no {self._package / name}: run make package.")
        try:
            self._account = str(self._aws("sts", "get-caller-identity")["Account"])
        except AwsFailed as error:
            raise DeployStopped(f"AWS does not let us in: {error}") from error
        say(f"Deploying {self._stage.stack} to {self._stage.region} in account {self._account}.")
        found = self._look(self._aws)
        stops = [one for one in found if one.weight == DEPLOY]
        for one in stops:
            say(one.line)
        if stops and self._stage.name == "prod":
            raise DeployStopped(f"{len(stops)} things must be mended first: see make doctor STAGE=prod.")

    def _look(self, aws: Aws | None) -> list[Finding]:
        return doctor.examine(self._stage, aws, datetime.now(UTC), self._texts, self._servers)

    def _compare_records(self, before: Mapping[str, str]) -> None:
        """Say when there is no going back, and stop where this package is such a step back."""
        if not before:
            return  # nothing is stored yet
        template = json.loads((self._package / "template.json").read_text(encoding="utf-8"))
        told = {name: str(output["Value"]) for name, output in template.get("Outputs", {}).items()}
        stage, package = record_format.format_of(before), record_format.format_of(told)
        if older := record_format.cannot_read(stage, package):
            raise DeployStopped(older)
        if warning := record_format.no_way_back(stage, package):
            say(warning)

    # The package

    def _bucket(self) -> str:
        """Return the bucket that packages go through; make it, closed to the public, if it is not there.

        It forgets nothing: AWS takes a failed deploy back by fetching the package before, however old that
        is, and a hundred packages cost some three cents a month.
        """
        name = f"porchlight-packages-{self._account}-{self._stage.region}"
        owned = ("--expected-bucket-owner", self._account)
        if self._aws.exists("s3api", "head-bucket", "--bucket", name, *owned):
            return name
        say(f"Making the bucket {name}.")
        where = f"LocationConstraint={self._stage.region}"
        region = () if self._stage.region == "us-east-1" else ("--create-bucket-configuration", where)
        self._aws("s3api", "create-bucket", "--bucket", name, *region)
        closed = (
            "BlockPublicAcls=true,IgnorePublicAcls=true,BlockPublicPolicy=true,RestrictPublicBuckets=true"
        )
        self._aws(
            "s3api",
            "put-public-access-block",
            "--bucket",
            name,
            "--public-access-block-configuration",
            closed,
            *owned,
        )
        return name

    def _upload(self, bucket: str) -> str:
        """Upload zip and template under names made of what is in them; return the template's address."""
        zipped = (self._package / "deployment.zip").read_bytes()
        key = f"{hashlib.sha256(zipped).hexdigest()}.zip"
        template = json.loads((self._package / "template.json").read_text(encoding="utf-8"))
        for resource in template["Resources"].values():
            if resource["Type"] == "AWS::Serverless::Function":
                resource["Properties"]["CodeUri"] = {"Bucket": bucket, "Key": key}
        text = json.dumps(template, sort_keys=True, separators=(",", ":")).encode()
        name = f"{hashlib.sha256(text).hexdigest()}.json"
        say("Uploading the package.")
        self._put(bucket, key, zipped, "application/zip")
        self._put(bucket, name, text, "application/json")
        return f"https://{bucket}.s3.{self._stage.region}.amazonaws.com/{name}"

    def _put(self, bucket: str, key: str, body: bytes, kind: str, caching: str = "no-store") -> None:
        with _file_of(body) as path:
            self._aws(
                "s3api",
                "put-object",
                "--bucket",
                bucket,
                "--key",
                key,
                "--body",
                path,
                "--content-type",
                kind,
                "--cache-control",
                caching,
                "--expected-bucket-owner",
                self._account,
            )

    # The stack

    def _parameters(self, outputs: Mapping[str, str]) -> dict[str, str]:
        """Return the parameters, with CloudFront's address for a site that has no name of its own."""
        parameters = dict(self._stage.parameters)
        if "ReplyDomain" in parameters:
            parameters["ReplyDomain"] = self._reply_domain
        if not parameters.get("DomainName") and "SiteAddress" in outputs:
            parameters["SiteAddress"] = outputs["SiteAddress"].rstrip("/")
        return parameters

    def _apply(self, template: str, parameters: Mapping[str, str], again: bool = False) -> None:
        """Make a change set, show it, and execute it when a person agrees."""
        stack, name = self._stage.stack, f"deploy-{datetime.now(UTC):%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"
        new = not self._is_there()
        these = ("--stack-name", stack, "--change-set-name", name)
        told = [{"ParameterKey": key, "ParameterValue": value} for key, value in sorted(parameters.items())]
        with _file_of(json.dumps(told).encode()) as path:
            self._aws(
                "cloudformation",
                "create-change-set",
                *these,
                "--change-set-type",
                "CREATE" if new else "UPDATE",
                "--template-url",
                template,
                "--parameters",
                f"file://{path}",
                "--capabilities",
                "CAPABILITY_IAM",
                "CAPABILITY_AUTO_EXPAND",
            )
        changes = self._changes(these)
        if not changes:
            say("Nothing on AWS needs to change.")
            self._aws("cloudformation", "delete-change-set", *these)
            return
        for line in changes:
            say(f"  {line}")
        if not again and not self._ask(f"Make these {len(changes)} changes to {stack}?"):
            self._aws("cloudformation", "delete-change-set", *these)
            raise DeployStopped("Nothing was changed.")
        if not self._reply_domain:
            self._settle_replies({})  # who replies from now on is told so by a bounce
        self._aws("cloudformation", "execute-change-set", *these)
        say("Waiting for AWS; a first deploy takes about ten minutes, most of it for CloudFront.")
        done = "stack-create-complete" if new else "stack-update-complete"
        self._aws("cloudformation", "wait", done, "--stack-name", stack)

    def _is_there(self) -> bool:
        """Say whether there is a stack to change. What a failed first deploy left is cleared away."""
        stack = ("--stack-name", self._stage.stack)
        found = self._aws.unless("ValidationError", "cloudformation", "describe-stacks", *stack)
        status = found["Stacks"][0]["StackStatus"] if found else "REVIEW_IN_PROGRESS"
        if status == "ROLLBACK_COMPLETE":
            say("The first deploy failed and AWS took it back: clearing its stack away.")
            self._aws("cloudformation", "delete-stack", *stack)
            self._aws("cloudformation", "wait", "stack-delete-complete", *stack)
        return status not in ("REVIEW_IN_PROGRESS", "ROLLBACK_COMPLETE")

    def _changes(self, these: Sequence[str]) -> list[str]:
        """Wait for a change set and return its lines. Raises DeployStopped if it would lose something."""
        try:
            self._aws("cloudformation", "wait", "change-set-create-complete", *these)
        except AwsFailed:
            found = self._aws("cloudformation", "describe-change-set", *these)
            reason = str(found.get("StatusReason", ""))
            if any(one in reason for one in _NO_CHANGE):
                return []
            raise DeployStopped(f"AWS refuses the template: {reason}") from None
        found = self._aws("cloudformation", "describe-change-set", *these)
        changes = [one["ResourceChange"] for one in found["Changes"]]
        lost = [one["LogicalResourceId"] for one in changes if loses(one)]
        if lost:
            self._aws("cloudformation", "delete-change-set", *these)
            names = ", ".join(sorted(lost))
            raise DeployStopped(f"This would replace or remove {names}, and lose what is in it: not done.")
        policy = self._aws("cloudformation", "get-stack-policy", "--stack-name", self._stage.stack)
        if held := denied((policy or {}).get("StackPolicyBody", ""), changes):
            self._aws("cloudformation", "delete-change-set", *these)
            why = "The stack's policy protects what this replaces or removes (docs/operate.md: lift it once)"
            raise DeployStopped(f"{why}: {', '.join(sorted(held))}.")
        return [_line_of(one) for one in changes]

    def _protect(self) -> None:
        """Let nobody delete the stack by a slip, and no update replace or remove what must never be lost."""
        stack = ("--stack-name", self._stage.stack)
        protect = ("update-termination-protection", "--enable-termination-protection")
        self._aws("cloudformation", *protect, *stack)
        template = json.loads((self._package / "template.json").read_text(encoding="utf-8"))
        with _file_of(json.dumps(stack_policy(template)).encode()) as path:
            self._aws("cloudformation", "set-stack-policy", *stack, "--stack-policy-body", f"file://{path}")

    # What the stack cannot make

    def _decide_on_replies(self, before: Mapping[str, str]) -> None:
        """Find out whether replies can come in here: if not, mails say so."""
        wanted, now = self._stage.parameters.get("ReplyDomain", ""), before.get("ReplyDomain", "")
        self._reply_domain, why = reply_domain(self._aws, wanted, now)
        if why:
            say(why)

    def _settle_replies(self, outputs: Mapping[str, str]) -> None:
        """Add SES's rule for replies, or take it away; what SES refuses stops no deploy."""
        domain = self._reply_domain
        try:
            lines = self._rules.add(domain, outputs["InboundBucket"]) if domain else self._rules.take_away()
            for line in lines:
                say(line)
        except NoReceiving:
            return  # it was said before
        except AwsFailed as error:
            if domain:
                say(f"Replies do not come in yet, and mails already ask for them: {error}")
                say("Mend this and run the same command again, or empty ReplyDomain.")

    def _has_recipients(self) -> bool:
        """Say whether recipients were moved into the access function's table by an earlier deploy."""
        where = ("--stack-name", self._stage.stack, "--logical-resource-id", "Access")
        found = self._aws("cloudformation", "describe-stack-resource", *where)
        table = found["StackResourceDetail"]["PhysicalResourceId"] if found else ""
        key = json.dumps({"pk": {"S": "recipient"}, "sk": {"S": "."}})
        return bool(table) and bool(self._aws("dynamodb", "get-item", "--table-name", table, "--key", key))

    def _standby(self, bucket: str) -> None:
        """Lay the shipped pages where the edge finds them when functions fail, unless a release did so."""
        if self._aws.exists("s3api", "head-object", "--bucket", bucket, "--key", "current.json"):
            say("A release is live: its standby pages stay.")
            return
        chosen = self._stage.parameters
        days = int(chosen.get("KeepDays") or Settings.keep_days)
        about = AboutSite(chosen.get("OperatorName", ""), chosen.get("OperatorContact", ""), days)
        files = shipped_pages(self._package / "deployment.zip")
        pages = standby(json.loads(files.get("index.json", b"{}")), files, about.fill)
        say(f"Uploading {len(pages)} standby pages.")

        def put(key: str) -> None:
            self._put(bucket, key, pages[key], CONTENT_TYPE)

        with ThreadPoolExecutor(_AT_ONCE) as pool:
            list(pool.map(put, sorted(pages)))

    def _first_key(self, outputs: Mapping[str, str]) -> None:
        """Have a delivery key made, if there is none: without it no report can be taken."""
        if delivery_key_of(self._aws, outputs["ReporterSecretArn"]):
            return
        say("Making the first delivery key.")
        if not self._rotate(self._stage):
            raise DeployStopped("No delivery key could be made; until there is one no report can be taken.")

    def _first_publisher(self, pool: str) -> None:
        """Add the first publisher to an empty pool, and show the first password once."""
        email = self._stage.first_publisher
        if (
            not email
            or self._aws("cognito-idp", "list-users", "--user-pool-id", pool, "--limit", "1")["Users"]
        ):
            return
        password = secrets.token_urlsafe(18)
        told = {
            "UserPoolId": pool,
            "Username": email,
            "TemporaryPassword": password,
            "MessageAction": "SUPPRESS",
            "UserAttributes": [
                {"Name": "email", "Value": email},
                {"Name": "email_verified", "Value": "true"},
            ],
        }
        with _file_of(json.dumps(told).encode()) as path:
            self._aws("cognito-idp", "admin-create-user", "--cli-input-json", f"file://{path}")
        self._aws(
            "cognito-idp",
            "admin-add-user-to-group",
            "--user-pool-id",
            pool,
            "--username",
            email,
            "--group-name",
            "publisher",
        )
        say(f"The first publisher is {email}, with the first password {password} (for seven days).")

    def _what_next(self, outputs: Mapping[str, str]) -> None:
        parameters = self._stage.parameters
        say("")
        say(f"The site is at {outputs['SiteAddress']} and the desk at {outputs['DeskAddress']}")
        say("What is left to do, in this order (docs/operate.md has it in full):")
        steps = [f"Make a CNAME record: {record}" for record in _records_of(outputs)]
        if mail_from := parameters.get("MailFromDomain"):
            server = f"feedback-smtp.{self._stage.region}.amazonses.com"
            steps.append(f"Make an MX record: {mail_from} 10 {server}")
            steps.append(f'Make a TXT record: {mail_from} "v=spf1 include:amazonses.com -all"')
        if parameters.get("DomainName"):
            host = outputs["SiteAddress"].removeprefix("https://").rstrip("/")
            steps.append(f"Point {parameters['DomainName']} at {host} (CNAME, or an alias record)")
        steps.append(f"Confirm the mail about alarms that AWS sent to {parameters['OperatorAddress']}")
        if self._reply_domain:
            server = receiving_host(self._stage.region)
            steps.append(f"Make an MX record, and no other: {self._reply_domain} 10 {server}")
        aws = doctor.with_credentials(self._aws)
        found = self._look(aws)
        steps += [f"{one.about}: {one.sentence}" for one in found if one.weight == OPEN]
        steps.append("Sign in at the desk, set up an authenticator, and invite a second publisher")
        steps.append("Go through docs/deploy-checklist.md")
        for number, step in enumerate(steps, 1):
            say(f"  {number}. {step}")


def shipped_pages(package: Path) -> dict[str, bytes]:
    """Return the pages in a package as the files of a release."""
    with zipfile.ZipFile(package) as archive:
        names = [name for name in archive.namelist() if name.startswith(_PAGES) and not name.endswith("/")]
        return {name.removeprefix(_PAGES): archive.read(name) for name in names}


def _records_of(outputs: Mapping[str, str]) -> list[str]:
    return [outputs[name] for name in sorted(outputs) if name.startswith("DkimRecord")]


def _line_of(change: Mapping[str, Any]) -> str:
    replaced = ", replaced" if change.get("Replacement") == "True" else ""
    return f"{change['Action']:8} {change['LogicalResourceId']} ({change['ResourceType']}{replaced})"


@contextmanager
def _file_of(content: bytes) -> Iterator[str]:
    """Give a file that only we can read, for the time of one call."""
    with tempfile.NamedTemporaryFile() as file:
        file.write(content)
        file.flush()
        yield file.name


def _rotate(stage: Stage) -> bool:
    told = {"DO": "rotate", "STAGE": stage.name, "DEPLOY_REGION": stage.region}
    rotate = [sys.executable, "-m", "tools.aws.keys"]
    return subprocess.run(rotate, cwd=ROOT, env={**os.environ, **told}, check=False).returncode == 0


def _move(stage: Stage) -> bool:
    move = [sys.executable, "-m", "tools.aws.move_recipients", stage.name, stage.region]
    return subprocess.run(move, cwd=ROOT, check=False).returncode == 0


def _ask(question: str) -> bool:
    if not sys.stdin.isatty():
        raise DeployStopped("Nobody is here to ask: give YES=1 to go on without a question.")
    return input(f"{question} [yes/no] ").strip().lower() == "yes"


def main(arguments: Sequence[str] | None = None) -> int:
    """Deploy; return the exit code."""
    parser = argparse.ArgumentParser(description="Bring the package to AWS.")
    parser.add_argument("stage")
    parser.add_argument("--package", type=Path, default=ROOT / "build" / "package")
    parser.add_argument("--settings", type=Path, default=ROOT / "deploy", help="where <stage>.json lies")
    parser.add_argument("--yes", action="store_true", help="make the changes without asking")
    wanted = parser.parse_args(arguments)
    stage = read_stage(wanted.stage, os.environ, wanted.settings)
    ask: Callable[[str], bool] = (lambda _: True) if wanted.yes else _ask
    try:
        Deploy(Aws(stage.region), stage, wanted.package, ask, _rotate, shipped_texts(), _move)()
    except (DeployStopped, AwsFailed) as error:
        print(f"porchlight: {error}", file=sys.stderr)
        print("porchlight: the deploy stopped; mend this, then run the same command again", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
