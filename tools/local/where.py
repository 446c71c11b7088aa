"""Which site a tool speaks of: the one that `make run` runs here, or a stage on AWS (STAGE=prod)."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import boto3

from chalicelib.shared.aws.sdk import client
from chalicelib.shared.version import VERSION
from tools.aws.stage import STAGES, read_stage

RUNNING = Path(__file__).resolve().parents[2] / "build" / "running"
_TOLD = ("REPORTS_TABLE", "REPORTER_SECRET", "DESK_KEYS_SECRET")
_TEXTS = ("DOCUMENTS_TABLE", "PAGES_BUCKET")


class NoSite(Exception):
    """There is no site to speak of; the text says what to do."""


@dataclass(frozen=True, slots=True)
class Where:
    """A site's names on AWS or on its stand-ins; `holders` begins the names of what holds delivery keys.

    `version` is the one that the site was deployed from.
    """

    title: str
    reports_table: str
    reporter_secret: str
    desk_keys_secret: str
    holders: str = "porchlight-desk-keys-"
    version: str = VERSION
    documents_table: str = ""
    pages_bucket: str = ""

    dynamodb = staticmethod(partial(client, "dynamodb", 4, 10.0))
    secrets = staticmethod(partial(client, "secretsmanager", 4, 10.0))


def remember(environ: Mapping[str, str]) -> None:
    """Note how to reach the site that runs on this machine."""
    told = {name: environ[name] for name in (*_TOLD, "AWS_ENDPOINT_URL")}
    told |= {name: environ[name] for name in _TEXTS if name in environ}
    told |= {name: value for name, value in environ.items() if name.startswith("AWS_ENDPOINT_URL_")}
    RUNNING.mkdir(parents=True, exist_ok=True)
    _note().write_text(json.dumps(told), encoding="utf-8")


def forget() -> None:
    """The site on this machine has ended."""
    _note().unlink(missing_ok=True)


def where() -> Where:
    """Find the site that STAGE names, or the one on this machine. Raises NoSite.

    For a stage it uses the credentials of the surroundings, as the aws command does; for this machine it puts
    them aside.
    """
    stage = os.environ.get("STAGE", "")
    return _on_aws(stage) if stage and stage != "local" else _here()


def _here() -> Where:
    told = _running()
    if not told:
        raise NoSite("No site runs on this machine: start one with make run, or name a stage: STAGE=prod")
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        del os.environ[name]
    os.environ.update(told)
    os.environ.update(
        AWS_ACCESS_KEY_ID="local",
        AWS_SECRET_ACCESS_KEY="local",  # noqa: S106
        AWS_DEFAULT_REGION="us-west-2",
        AWS_CONFIG_FILE=os.devnull,
        AWS_SHARED_CREDENTIALS_FILE=os.devnull,
        AWS_EC2_METADATA_DISABLED="true",
    )
    reports, reporter, desk = (told[name] for name in _TOLD)
    return Where(
        "the site on this machine",
        reports,
        reporter,
        desk,
        documents_table=told.get("DOCUMENTS_TABLE", ""),
        pages_bucket=told.get("PAGES_BUCKET", ""),
    )


def _on_aws(name: str) -> Where:
    if name not in STAGES:
        raise NoSite(f"STAGE must be one of {', '.join(STAGES)}, and is {name!r}")
    stage = read_stage(name, os.environ)
    region = stage.region or os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or ""
    if not region:
        raise NoSite(f"deploy/{name}.json names no region, and neither does AWS_REGION")
    os.environ["AWS_DEFAULT_REGION"] = region
    stacks = boto3.client("cloudformation").describe_stacks(StackName=stage.stack)["Stacks"]
    outputs: dict[str, Any] = {one["OutputKey"]: one["OutputValue"] for one in stacks[0].get("Outputs", ())}
    wanted = ("ReportsTable", "ReporterSecretArn", "DeskKeysSecretArn")
    if missing := [one for one in wanted if one not in outputs]:
        raise NoSite(f"the stack {stage.stack} does not say its {', '.join(missing)}")
    table, reporter, desk = (outputs[one] for one in wanted)
    # What the delivering function's role may read begins like this: .chalice/policy-deliver.json.
    version = outputs.get("Version", "before 0.2.0")
    texts = outputs.get("DocumentsTable", ""), outputs.get("PagesBucket", "")
    return Where(f"the stage {name}", table, reporter, desk, f"{stage.stack}-desk-keys-", version, *texts)


def _note() -> Path:
    return RUNNING / f"{os.getpid()}.json"


def _running() -> dict[str, str]:
    """Return how to reach the site that was started last, of those that run still."""
    notes = [note for note in RUNNING.glob("*.json") if note.stem.isdecimal() and _lives(int(note.stem))]
    for note in sorted(notes, key=lambda note: note.stat().st_mtime, reverse=True):
        with suppress(OSError, ValueError):
            return dict(json.loads(note.read_text(encoding="utf-8")))
    return {}


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except OSError:
        return False
    return True
