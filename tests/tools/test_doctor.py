"""What stands between the site and its readers is seen, and said so that a person can mend it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from chalicelib.shared.version import VERSION
from tests.support.fake_aws import FakeAws
from tests.support.keyrings import GnuPg
from tests.support.ready_site import CHOSEN, OUTPUTS, account, identity, ready_texts
from tools.aws.aws_cli import Aws
from tools.aws.doctor import examine
from tools.aws.doctor_content import (
    MOST_PLACES,
    of_content,
    of_promises,
    of_settings,
    shipped_texts,
)
from tools.aws.findings import (
    DEPLOY,
    FINE,
    LOOK,
    OPEN,
    UNKNOWN,
    Finding,
)
from tools.aws.stage import ROOT, Stage

NOW = datetime(2026, 12, 1, tzinfo=UTC)
TODAY = NOW.date()
PARAMETERS = {**CHOSEN, "DomainName": "places.town.example"}
STAGE = Stage("prod", "us-west-2", "ana@town.example", PARAMETERS)


def changed(name: str, change: Any) -> dict[str, str]:
    texts = ready_texts()
    content = json.loads(texts[name])
    change(content)
    return texts | {name: json.dumps(content)}


def found(texts: dict[str, str], about: str = "") -> set[tuple[str, str]]:
    """What is not fine: (weight, about)."""
    return {
        (one.weight, one.about)
        for one in of_content(texts, TODAY)
        if one.weight != FINE and one.about.startswith(about)
    }


# Content


def test_a_site_whose_people_did_their_part_has_nothing_to_mend_and_nothing_to_look_at():
    assert found(ready_texts()) == set()


def test_what_ships_is_not_ready_for_readers():
    weights = {weight for weight, _ in found(shipped_texts())}
    assert {DEPLOY, LOOK} <= weights


def test_a_recipient_without_consent_is_found_and_so_is_the_place_that_has_nobody_else():
    def nobody_agreed(recipients: Any) -> None:
        for one in recipients:
            one["agreed_on"] = None

    texts = changed("recipients", nobody_agreed)
    every = {one["id"] for one in json.loads(texts["recipients"])}
    assert {(DEPLOY, f"recipient {name}") for name in every} <= found(texts)
    assert (DEPLOY, "place los-banos-ca") in found(texts)


def test_consent_of_the_future_is_none():
    texts = changed("recipients", lambda ones: ones[0].update(agreed_on="2027-01-01"))
    assert found(texts, "recipient") == {(DEPLOY, "recipient dot-trafficking")}


def test_a_place_whose_reports_go_to_campaigns_only_is_pointed_out():
    def only_campaigns(recipients: Any) -> None:
        for one in recipients:
            one["nature"] = "awareness"

    assert (LOOK, "place us") in found(changed("recipients", only_campaigns))


def test_a_recipient_without_a_second_address_is_pointed_out():
    texts = changed("recipients", lambda ones: ones[0].update(fallback=""))
    assert found(texts) == {(LOOK, "recipient dot-trafficking")}


def test_a_contact_that_nobody_checked_is_found_and_an_old_check_is_pointed_out():
    def unchecked(content: Any) -> None:
        content["contacts"][0].update(checked_on=None, checked_by=None)
        content["contacts"][1].update(checked_on=str(TODAY - timedelta(days=91)))
        content["contacts"][2].update(checked_on=str(TODAY - timedelta(days=90)))

    first, second = (one["id"] for one in json.loads(shipped_texts()["contacts"])["contacts"][:2])
    assert found(changed("contacts", unchecked)) == {
        (DEPLOY, f"contact {first}"),
        (LOOK, f"contact {second}"),
    }


@pytest.mark.parametrize("mark", ["UNVERIFIED", "SINGLE"])
def test_a_published_contact_that_is_not_confirmed_is_pointed_out(mark):
    texts = changed("contacts", lambda content: content["contacts"][0].update(mark=mark))
    [finding] = [one for one in of_content(texts, TODAY) if one.weight != FINE]
    assert finding.weight == LOOK
    assert mark in finding.sentence


def test_a_language_that_nobody_checked_is_pointed_out():
    def unchecked(content: Any) -> None:
        next(one for one in content["locales"] if one["tag"] == "es")["checked_on"] = None

    assert found(changed("site", unchecked)) == {(LOOK, "language es")}


@pytest.mark.parametrize(("more", "weights"), [(2996, []), (2997, [OPEN])])
def test_a_site_that_is_larger_than_what_was_measured_is_found(more, weights):
    def grow(content: Any) -> None:
        town = {"name": "Town", "parent": "california", "kind": "city"}
        content["places"] += [{"slug": f"town-{number}-ca", **town} for number in range(more)]

    sizes = [one for one in of_content(changed("places", grow), TODAY) if one.about == "places"]
    assert [one.weight for one in sizes] == weights
    assert all("were measured" in one.sentence for one in sizes)


def test_the_desk_says_so_at_the_same_size():
    languages = len(json.loads(shipped_texts()["site"])["locales"])
    admin = ROOT / "templates" / "admin"
    assert '{% include "check_report.html" %}' in (admin / "publish.html").read_text(encoding="utf-8")
    report = (admin / "check_report.html").read_text(encoding="utf-8")
    assert f"{{% if report.pages > {MOST_PLACES * languages} %}}" in report


def test_a_document_that_breaks_a_rule_is_named():
    texts = changed("contacts", lambda content: content["contacts"][0]["channels"][0].update(value="911"))
    [finding] = of_content(texts, TODAY)
    assert finding.weight == DEPLOY
    assert "breaks a rule" in finding.sentence


@pytest.fixture(scope="module")
def gpg():
    ring = GnuPg()
    yield ring
    ring.close()


def test_a_key_that_works_not_or_not_for_long_is_found(gpg):
    about = "key of dot-trafficking"
    for key, expected in (
        (gpg.key("lasting"), FINE),
        (gpg.key("ending", lasts="10d", subkey_lasts="10d"), LOOK),
        (gpg.key("ended", made_on="20240101", lasts="30d", subkey_lasts="30d"), DEPLOY),
        ("no key", DEPLOY),
    ):
        texts = changed("recipients", lambda ones, key=key: ones[0].update(key=key))
        seen = [one.weight for one in of_content(texts, datetime.now(UTC).date()) if one.about == about]
        assert seen == [expected]


# On AWS


@pytest.fixture
def aws(tmp_path: Path) -> FakeAws:
    fake = FakeAws(tmp_path / "bin")
    outputs = [{"OutputKey": key, "OutputValue": value} for key, value in OUTPUTS.items()]
    stack = {"StackStatus": "CREATE_COMPLETE", "Outputs": outputs}
    fake.answers("cloudformation describe-stacks", {"Stacks": [stack]})
    fake.fails("s3api get-object", "AccessDenied")
    fake.answers("sesv2 get-account", account())
    fake.answers("lambda get-account-settings", {"AccountLimit": {"ConcurrentExecutions": 1000}})
    fake.answers("sesv2 get-email-identity", identity())
    fake.fails("sesv2 get-suppressed-destination", "NotFoundException")
    arn = f"{OUTPUTS['AlarmsTopic']}:1"
    subscriptions = [{"SubscriptionArn": arn, "Endpoint": "operator@town.example"}]
    fake.answers("sns list-subscriptions-by-topic", {"Subscriptions": subscriptions})
    secret = {"seed": "x" * 64, "desk_key": {"kid": "2026-11-abcdef", "public": "p"}}
    fake.answers("secretsmanager get-secret-value", {"SecretString": json.dumps(secret)})
    fake.answers("cognito-idp list-users-in-group", {"Users": [{}, {}]})
    fake.answers("sqs get-queue-attributes", {"Attributes": {"ApproximateNumberOfMessages": "0"}})
    return fake


def looked(fake: FakeAws, stage: Stage = STAGE, texts: dict[str, str] | None = None) -> list[Finding]:
    caller = Aws("us-west-2", run=fake.run)
    return [one for one in examine(stage, caller, NOW, texts or ready_texts()) if one.weight != FINE]


def test_an_account_that_is_ready_has_nothing_to_mend(aws):
    assert looked(aws) == []
    assert not [name for name in aws.names() if any(verb in name for verb in ("put", "create", "delete"))]


@pytest.mark.parametrize(
    ("words", "answer", "weight", "said"),
    [
        ("sesv2 get-account", {"SendingEnabled": True, "ProductionAccessEnabled": False}, OPEN, "sandbox"),
        ("sesv2 get-account", {"SendingEnabled": False, "ProductionAccessEnabled": True}, OPEN, "stopped"),
        ("sesv2 get-email-identity", identity(VerifiedForSendingStatus=False), OPEN, "not verified"),
        ("sesv2 get-email-identity", identity(DkimAttributes={"Status": "PENDING"}), OPEN, "DKIM"),
        (
            "sesv2 get-email-identity",
            identity(
                MailFromAttributes={"MailFromDomain": "b.town.example", "MailFromDomainStatus": "PENDING"}
            ),
            OPEN,
            "MAIL FROM",
        ),
        (
            "sns list-subscriptions-by-topic",
            {"Subscriptions": [{"SubscriptionArn": "PendingConfirmation", "Endpoint": "o@town.example"}]},
            OPEN,
            "confirm the mail",
        ),
        (
            "secretsmanager get-secret-value",
            {"SecretString": '{"seed": "x"}'},
            OPEN,
            "no report can be taken",
        ),
        (
            "secretsmanager get-secret-value",
            {"SecretString": '{"desk_key": {"kid": "2026-08-abcdef"}}'},
            LOOK,
            "rotate it",
        ),
        ("cognito-idp list-users-in-group", {"Users": [{}]}, LOOK, "needs 2"),
        ("sqs get-queue-attributes", {"Attributes": {"ApproximateNumberOfMessages": "3"}}, LOOK, "3 notices"),
    ],
)
def test_what_is_not_ready_on_aws_is_found(aws, words, answer, weight, said):
    aws.answers(words, answer)
    [finding] = [one for one in looked(aws) if said in one.sentence]
    assert finding.weight == weight


def test_a_recipient_on_the_list_of_suppressed_addresses_is_found(aws):
    address = json.loads(ready_texts()["recipients"])[0]["email"]
    aws.answers(f"sesv2 get-suppressed-destination {address}", {"SuppressedDestination": {}})
    assert [one.weight for one in looked(aws) if address in one.sentence] == [OPEN]


@pytest.mark.parametrize(
    ("runs", "reserve", "weight"),
    [
        (10, "no", LOOK),
        (99, "no", LOOK),
        (100, "no", FINE),
        (10, "yes", DEPLOY),
        (154, "yes", DEPLOY),
        (155, "yes", FINE),
    ],
)
def test_an_account_that_may_run_few_functions_at_once_is_found(aws, runs, reserve, weight):
    aws.answers("lambda get-account-settings", {"AccountLimit": {"ConcurrentExecutions": runs}})
    stage = Stage("prod", "us-west-2", "a@town.example", {**PARAMETERS, "ReserveRuns": reserve})
    assert [one.weight for one in looked(aws, stage)] == ([] if weight == FINE else [weight])


def test_days_on_the_pages_that_are_not_those_of_the_functions_are_found():
    def stage(**more: str) -> Stage:
        return Stage("prod", "us-west-2", "ana@town.example", {**PARAMETERS, **more})

    longer = changed("site", lambda site: site.update(keep_days=60))
    assert list(of_promises(ready_texts(), stage(KeepDays="30"))) == []
    assert list(of_promises(longer, stage(KeepDays="60"))) == []
    for texts, days in ((ready_texts(), "60"), (longer, "30")):
        [finding] = of_promises(texts, stage(KeepDays=days))
        assert (finding.weight, "60" in finding.sentence, "30" in finding.sentence) == (DEPLOY, True, True)


def test_settings_that_are_still_the_examples_are_found():
    chosen = json.loads((ROOT / "deploy" / "example.json").read_text(encoding="utf-8"))["parameters"]
    [finding] = of_settings(Stage("prod", "us-west-2", "a@town.example", {**chosen, "Stage": "prod"}))
    assert finding.weight == DEPLOY
    assert "OperatorAddress, SenderAddress, SenderIdentity" in finding.sentence


def test_before_the_first_deploy_a_sender_that_the_stack_will_set_up_is_no_fault(aws):
    aws.fails("cloudformation describe-stacks", "ValidationError")
    aws.fails("sesv2 get-email-identity", "NotFoundException")
    assert {one.weight for one in looked(aws)} == {LOOK}
    verified = Stage("prod", "us-west-2", "a@town.example", {**PARAMETERS, "SenderIdentityIs": "verified"})
    assert DEPLOY in {one.weight for one in looked(aws, verified)}


def test_a_call_that_fails_leaves_its_line_unknown_and_the_others_as_they_are(aws):
    aws.fails("sesv2 get-account", "AccessDeniedException", "you may not")
    [finding] = looked(aws)
    assert (finding.weight, finding.about) == (UNKNOWN, "mail service")
    assert "you may not" in finding.sentence


def test_what_was_published_counts_and_not_what_shipped(aws):
    published = {name: ready_texts()[name] for name in ("contacts", "recipients", "site")}
    aws.answers("s3api get-object current.json", {"in_file": '{"release": 7}'})
    aws.answers("s3api get-object releases/7/documents.json", {"in_file": json.dumps(published)})
    assert looked(aws, texts=shipped_texts()) == []


def test_no_secret_is_printed_or_handed_to_a_command(aws):
    findings = looked(aws)
    assert "x" * 64 not in " ".join(one.line for one in findings)
    assert "x" * 64 not in json.dumps([call["words"] for call in aws.calls])


# The command


def run(stage: str, *, path: str = "", **environ: str) -> subprocess.CompletedProcess[str]:
    base = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "DEPLOY_"))}
    told = {**base, **environ, "PATH": path or "/nonexistent"}
    return subprocess.run(
        [sys.executable, "-m", "tools.aws.doctor", stage], cwd=ROOT, env=told, capture_output=True, text=True
    )


def test_the_list_has_boxes_the_worst_first_and_prod_ends_with_1_while_something_must_be_mended():
    done = run("prod")
    lines = done.stdout.splitlines()
    assert done.returncode == 1
    assert lines[0].startswith("[!] ")
    order = ["[!]", "[ ]", "[?]", "[x]"]
    assert [line[:3] for line in lines[:-1]] == sorted((line[:3] for line in lines[:-1]), key=order.index)
    assert "to mend" in lines[-1]


def test_a_stage_without_settings_ends_with_1_whatever_it_is():
    assert run("moon").returncode == 1
    assert "STAGE must be one of dev, prod" in run("moon").stdout


def test_it_says_that_it_could_not_look_at_aws():
    assert "No credentials" in run("prod", DEPLOY_REGION="us-west-2").stdout


# Who runs it


@pytest.mark.parametrize("name", ["OperatorName", "OperatorContact"])
def test_prod_is_refused_while_nobody_says_who_runs_it(name):
    chosen = {key: value for key, value in PARAMETERS.items() if key != name}
    [finding] = of_settings(Stage("prod", "us-west-2", "ana@town.example", chosen))
    assert finding.weight == DEPLOY
    assert name in finding.sentence
    on_dev = of_settings(Stage("dev", "us-west-2", "ana@town.example", chosen))
    assert DEPLOY not in {one.weight for one in on_dev}


# Versions


def test_the_version_of_this_folder_is_always_told():
    told = [one.sentence for one in examine(STAGE, None, NOW, ready_texts()) if one.about == "version"]
    assert told == [f"This folder holds Porchlight {VERSION}."]


@pytest.mark.parametrize("there", ["0.1.9", ""])
def test_a_stack_of_another_version_is_pointed_out(aws, there):
    outputs = {**OUTPUTS, "Version": there} if there else {k: v for k, v in OUTPUTS.items() if k != "Version"}
    listed = [{"OutputKey": key, "OutputValue": value} for key, value in outputs.items()]
    stack = {"Stacks": [{"StackStatus": "CREATE_COMPLETE", "Outputs": listed}]}
    aws.answers("cloudformation describe-stacks", stack)
    [finding] = looked(aws)
    assert (finding.weight, finding.about) == (LOOK, "version of the stack")
    assert (there or "before 0.2.0") in finding.sentence
    assert VERSION in finding.sentence
