"""`make doctor STAGE=prod`: what stands between this site and its readers, as a list that a person can tick.

    python -m tools.aws.doctor prod

Content and settings are looked at here. What is on AWS is looked at when the aws command has credentials, and
is otherwise listed as not known. For prod the exit code is 1 while anything must be mended.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime

from chalicelib.directory.errors import ContentInvalid
from chalicelib.directory.recipients import Recipient
from chalicelib.shared.version import VERSION
from tools.aws.aws_cli import Aws, AwsFailed
from tools.aws.doctor_aws import OnAws
from tools.aws.doctor_content import (
    of_content,
    of_promises,
    of_settings,
    read,
    shipped_texts,
)
from tools.aws.doctor_replies import Replies
from tools.aws.findings import (
    DEPLOY,
    FINE,
    LOOK,
    MUST,
    OPEN,
    UNKNOWN,
    Finding,
)
from tools.aws.mail_servers import Lookup, servers_of
from tools.aws.stage import Stage, read_stage


def examine(
    stage: Stage,
    aws: Aws | None,
    now: datetime,
    shipped: Mapping[str, str],
    servers: Lookup = servers_of,
) -> list[Finding]:
    """Look at everything that can be seen. `aws` is None without credentials.

    What was published counts for more than the documents that are `shipped`. `servers` looks up who takes a
    domain's mail.
    """
    found = [Finding(FINE, "version", f"This folder holds Porchlight {VERSION}."), *of_settings(stage)]
    texts = dict(shipped)
    seen: OnAws | None = None
    if aws is not None and not stage.problems:
        try:
            seen = OnAws(aws, stage, now)
            published = {**seen.published(), **seen.recipients()}
            texts |= {name: text for name, text in published.items() if name in texts}
        except AwsFailed as error:
            found.append(Finding(UNKNOWN, "stack", str(error)))
            seen = None
    found += of_content(texts, now.date())
    found += of_promises(texts, stage)
    if aws is not None and seen is not None:
        recipients: tuple[Recipient, ...] = ()
        with suppress(ContentInvalid, ValueError, LookupError):  # the list says so already
            recipients = read(texts)[1]
        found += seen.findings(recipients)
        found += Replies(aws, stage, seen.outputs, servers).findings()
    elif aws is None:
        sentence = "No credentials, so nothing on AWS was seen: sandbox, DKIM, alarms, delivery key, people."
        found.append(Finding(UNKNOWN, "account", sentence))
    return found


def with_credentials(aws: Aws) -> Aws | None:
    """Return `aws` if it may call AWS at all."""
    try:
        aws("sts", "get-caller-identity")
    except AwsFailed:
        return None
    return aws


def main(arguments: list[str] | None = None) -> int:
    """Print the list; return 1 when prod must be mended."""
    arguments = sys.argv[1:] if arguments is None else arguments
    stage = read_stage(arguments[0] if arguments else "", os.environ)
    aws = with_credentials(Aws(stage.region)) if stage.region else None
    found = examine(stage, aws, datetime.now(UTC), shipped_texts())
    order = {weight: place for place, weight in enumerate((DEPLOY, OPEN, LOOK, UNKNOWN, FINE))}
    for finding in sorted(found, key=lambda one: order[one.weight]):
        print(finding.line)
    must = sum(finding.weight in MUST for finding in found)
    print(f"{must} to mend, {sum(one.weight == LOOK for one in found)} to look at.")
    return 1 if must and (stage.name == "prod" or stage.problems) else 0


if __name__ == "__main__":
    sys.exit(main())
