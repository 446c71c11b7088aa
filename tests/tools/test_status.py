"""`make status` says how the deliveries stand, here or on a stage, and opens nothing."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import fields
from datetime import UTC, datetime
from pathlib import Path

import boto3
import pytest

from chalicelib.delivery.figures import DeliveryFigures
from chalicelib.reporting.adapters.dynamo_reports import DynamoReports, table_definition
from chalicelib.reporting.cases import (
    BOUNCED,
    QUEUED,
    Delivery,
    SealedReport,
)
from chalicelib.shared.version import VERSION
from tests.support.fakes import NOON
from tools.aws import status
from tools.local import where as finding
from tools.local.where import (
    NoSite,
    Where,
    forget,
    remember,
    where,
)

SITE = Where("a site of the tests", "reports", "reporter", "desk")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(finding, "RUNNING", tmp_path / "running")
    monkeypatch.delenv("STAGE", raising=False)
    return tmp_path / "running"


def environ(port: int = 1) -> Mapping[str, str]:
    return {
        "REPORTS_TABLE": f"reports-{port}",
        "REPORTER_SECRET": "reporter",
        "DESK_KEYS_SECRET": "desk",
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
        "AWS_ENDPOINT_URL_DYNAMODB": f"http://127.0.0.1:{port + 1}",
        "ADMIN_PASSWORD": "not noted",
    }


def test_the_figures_are_printed_for_people_and_for_programs(
    aws: None, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(status, "where", lambda: SITE)
    SITE.dynamodb().create_table(**table_definition("reports"))
    store = DynamoReports(SITE.dynamodb, "reports")
    deliveries = (Delivery("police", QUEUED, NOON, NOON), Delivery("clinic", BOUNCED, NOON))
    store.add(SealedReport("0" * 32, b"s", b"k", "town", NOON, deliveries))
    monkeypatch.setenv("JSON", "1")
    assert status.main() == 0
    told = json.loads(capsys.readouterr().out)
    assert told["version"] == VERSION
    assert (told["reports"], told["waiting"], told["failed_unanswered"]) == (1, 1, 1)
    monkeypatch.delenv("JSON")
    assert status.main() == 0
    lines = capsys.readouterr().out.splitlines()
    assert "       1  failed, and nobody has answered for it" in lines
    assert f"(Porchlight {VERSION})" in lines[0]
    told = lines[: 1 + len(fields(DeliveryFigures))]
    assert lines[len(told)] == ""


def test_the_months_are_those_of_the_desk_in_the_same_steps(
    aws: None, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(status, "where", lambda: SITE)
    SITE.dynamodb().create_table(**table_definition("reports"))
    store, now = DynamoReports(SITE.dynamodb, "reports"), datetime.now(UTC)
    for number in range(9):
        office = "dot-trafficking" if number < 6 else "nobody-now"
        copy = Delivery(office, BOUNCED, now)
        store.add(SealedReport(f"{number:032x}", b"s", b"k", "los-banos-ca", now, (copy,)))
    assert status.main() == 0
    lines = capsys.readouterr().out.splitlines()
    [this] = [line for line in lines if line.startswith(f"{now:%Y-}") and "reports: at least 5" in line]
    assert "taken by every office: <5 each, held for a while: <5 each, failed: at least 5" in this
    monkeypatch.setenv("JSON", "1")
    assert status.main() == 0
    head, *rows = json.loads(capsys.readouterr().out)["by_month"]
    town = [dict(zip(head, row, strict=True)) for row in rows if row[1] == "Los Banos"]
    shown = {row["Office"]: row["Reports"] for row in town if row["Month"] == town[0]["Month"]}
    assert shown["all offices"] == "5 to 9"
    assert [office for office, count in shown.items() if count == "5 to 9"][1:] != []
    assert "nobody-now" not in shown  # three copies, for an office that serves nobody here


def test_a_table_that_does_not_answer_is_one_sentence(
    aws: None, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(status, "where", lambda: SITE)
    assert status.main() == 1
    assert capsys.readouterr().err == "AWS does not answer: ResourceNotFoundException\n"


def test_the_site_on_this_machine_is_found_while_it_runs(folder: Path) -> None:
    with pytest.raises(NoSite, match="make run"):
        where()
    remember(environ())
    (folder / "999999999.json").write_text("{}")  # one that was killed
    assert where().reports_table == "reports-1"
    assert os.environ["AWS_ENDPOINT_URL_DYNAMODB"] == "http://127.0.0.1:2"
    assert os.environ["AWS_ACCESS_KEY_ID"] == "local"
    forget()
    with pytest.raises(NoSite):
        where()


def test_what_is_noted_of_a_running_site_holds_no_secret(folder: Path) -> None:
    remember(environ())
    (note,) = folder.iterdir()
    assert "not noted" not in note.read_text()


def test_a_stage_is_found_by_what_its_stack_says(
    aws: None, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = ("ReportsTable", "ReporterSecretArn", "DeskKeysSecretArn")
    template = {
        "Resources": {"Queue": {"Type": "AWS::SQS::Queue"}},
        "Outputs": {name: {"Value": f"the {name}"} for name in names},
    }
    cloudformation = boto3.client("cloudformation")
    cloudformation.create_stack(StackName="porchlight-dev", TemplateBody=json.dumps(template))
    monkeypatch.setenv("STAGE", "dev")
    monkeypatch.setenv("AWS_REGION", "us-west-2")
    found = where()
    assert found.version == "before 0.2.0"  # which did not say its own
    assert (found.title, found.reports_table) == ("the stage dev", "the ReportsTable")
    assert (found.desk_keys_secret, found.holders) == ("the DeskKeysSecretArn", "porchlight-dev-desk-keys-")
    monkeypatch.setenv("STAGE", "elsewhere")
    with pytest.raises(NoSite, match="dev, prod"):
        where()
