"""What an operator chooses for a stage."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tools.aws.stage import ROOT, read_stage, variable_of
from tools.aws.template.choices import parameters

GOOD: dict[str, Any] = {
    "region": "us-west-2",
    "first_publisher": "ana@example.org",
    "parameters": {
        "SenderAddress": "reports@example.org",
        "SenderIdentity": "example.org",
        "OperatorAddress": "operator@example.org",
    },
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "prod.json").write_text(json.dumps(GOOD))
    return tmp_path


def problems(folder: Path, **changed: str) -> str:
    content = {**GOOD, "parameters": {**GOOD["parameters"], **changed}}
    (folder / "prod.json").write_text(json.dumps(content))
    return " ".join(read_stage("prod", {}, folder).problems)


def test_a_file_with_what_has_no_default_is_enough(folder):
    stage = read_stage("prod", {}, folder)
    assert stage.problems == ()
    assert (stage.stack, stage.region) == ("porchlight-prod", "us-west-2")
    assert stage.parameters["Stage"] == "prod"


def test_the_example_that_people_copy_is_right(tmp_path):
    (tmp_path / "prod.json").write_text((ROOT / "deploy" / "example.json").read_text())
    assert read_stage("prod", {}, tmp_path).problems == ()


def test_a_stage_that_is_none_or_has_no_file_is_named(folder):
    assert "STAGE must be one of dev, prod, and is ''" in read_stage("", {}, folder).problems[0]
    assert "There is no deploy/dev.json" in read_stage("dev", {}, folder).problems[0]


def test_a_file_that_is_not_json_or_says_what_means_nothing_is_named(folder):
    (folder / "prod.json").write_text('{"regoin": "us-west-2"}')
    assert "deploy/prod.json has regoin, which means nothing." in read_stage("prod", {}, folder).problems
    (folder / "prod.json").write_text("{")
    assert "is not JSON" in read_stage("prod", {}, folder).problems[0]


def test_all_that_is_missing_or_wrong_is_said_together(folder):
    (folder / "prod.json").write_text(json.dumps({"parameters": {"KeepDays": "400", "Colour": "red"}}))
    said = " ".join(read_stage("prod", {}, folder).problems)
    for part in (
        "SenderAddress is missing",
        "SenderIdentity is missing",
        "OperatorAddress is missing",
        "KeepDays is '400', and must be a whole number from 1 to 90",
        "There is no parameter Colour",
        "region must be like us-west-2",
    ):
        assert part in said


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        (
            {"SenderIdentity": "other.org"},
            "SenderIdentity must be SenderAddress itself",
        ),
        (
            {"SenderIdentity": "reports@example.org"},
            "SenderIdentityIs says domain",
        ),
        ({"SenderIdentityIs": "address"}, "SenderIdentityIs says address"),
        ({"DomainName": "places.example.org"}, "DomainName needs CertificateArn"),
        ({"MailFromDomain": "bounce.other.org"}, "MailFromDomain must be a subdomain of SenderIdentity"),
        ({"RequestsPerAddress": "500"}, "RequestsPerAddress works only in us-east-1"),
        ({"ReplyDomain": "reply.example.org"}, "give SenderAddress the domain of replies"),
        (
            {
                "ReplyDomain": "example.org",
                "SenderIdentity": "reports@example.org",
                "SenderIdentityIs": "address",
            },
            "ReplyDomain needs SenderIdentity to be example.org",
        ),
        ({"OperatorAddress": "nobody"}, "must be one e-mail address"),
        ({"SenderIdentityIs": "a guess"}, "must be one of domain, address, verified"),
    ],
)
def test_choices_that_do_not_go_together_are_refused(folder, changed, said):
    assert said in problems(folder, **changed)


def test_choices_that_do_go_together_are_taken(folder):
    assert not problems(folder, MailFromDomain="bounce.example.org")
    assert not problems(folder, ReplyDomain="example.org")
    assert not problems(folder, ReplyDomain="example.org", SenderIdentityIs="verified")
    assert not problems(folder, ReplyDomain="")
    assert not problems(folder, SenderIdentity="reports@example.org", SenderIdentityIs="address")
    assert not problems(folder, SenderIdentity="reports@example.org", SenderIdentityIs="verified")


def test_a_variable_counts_for_more_than_the_file(folder):
    environ = {
        "DEPLOY_SENDER_ADDRESS": "desk@example.org",
        "DEPLOY_REGION": "us-east-1",
        "DEPLOY_KEEP_DAYS": "7",
    }
    stage = read_stage("prod", environ, folder)
    assert stage.problems == ()
    assert (stage.region, stage.parameters["SenderAddress"]) == ("us-east-1", "desk@example.org")
    assert stage.parameters["KeepDays"] == "7"


def test_variables_alone_are_enough(tmp_path):
    told = {"REGION": "us-west-2", "SENDER_ADDRESS": "a@example.org", "SENDER_IDENTITY": "example.org"}
    environ = {f"DEPLOY_{name}": value for name, value in told.items()}
    assert read_stage("prod", environ, tmp_path).problems[0].startswith("OperatorAddress is missing")
    assert (
        read_stage("prod", {**environ, "DEPLOY_OPERATOR_ADDRESS": "o@example.org"}, tmp_path).problems == ()
    )


def test_every_parameter_has_a_variable_of_its_own():
    names = parameters()["Parameters"]
    assert len({variable_of(name) for name in names}) == len(names)
    assert variable_of("RequestsPerSecond") == "DEPLOY_REQUESTS_PER_SECOND"


def test_a_limit_that_would_shut_a_shelter_out_is_refused(folder):
    for few in ("1", "99"):
        assert "many people share one address" in problems(folder, RequestsPerAddress=few)
    for fine in ("0", "100", "2000"):
        assert "share one address" not in problems(folder, RequestsPerAddress=fine)
