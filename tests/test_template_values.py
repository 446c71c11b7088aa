"""The template, value by value: each could be changed without another test noticing."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.packages import expanded_template, local_package
from tools.build.functions import FUNCTIONS, PAGE, RENDER, TAKE_REPLY
from tools.build.package import python_version, this_architecture

Json = dict[str, Any]


def properties(name: str) -> Json:
    found: Json = expanded_template()["Resources"][name]["Properties"]
    return found


def of_type(kind: str) -> list[Json]:
    resources = expanded_template()["Resources"].values()
    return [one["Properties"] for one in resources if one["Type"] == kind]


@pytest.fixture
def edge() -> Json:
    found: Json = properties("Edge")["DistributionConfig"]
    return found


# What an operator chooses


def given(name: str) -> Json:
    return {"Fn::Not": [{"Fn::Equals": [{"Ref": name}, ""]}]}


def test_a_parameter_that_was_given_counts_and_one_that_was_not_does_not() -> None:
    assert expanded_template()["Conditions"] == {
        "HasBudget": {"Fn::Not": [{"Fn::Equals": [{"Ref": "MonthlyBudget"}, 0]}]},
        "HasDomain": given("DomainName"),
        "HasMailFrom": given("MailFromDomain"),
        "HasReplies": given("ReplyDomain"),
        "HasWebAcl": given("WebAclArn"),
        "LimitsAddresses": {
            "Fn::And": [
                {"Fn::Not": [{"Fn::Equals": [{"Ref": "RequestsPerAddress"}, 0]}]},
                {"Fn::Equals": [{"Ref": "AWS::Region"}, "us-east-1"]},
            ]
        },
        "MakesAddress": {"Fn::Equals": [{"Ref": "SenderIdentityIs"}, "address"]},
        "MakesDomain": {"Fn::Equals": [{"Ref": "SenderIdentityIs"}, "domain"]},
        "ReservesRuns": {"Fn::Equals": [{"Ref": "ReserveRuns"}, "yes"]},
    }


def test_parameters_that_need_each_other_are_refused_alone() -> None:
    rules = expanded_template()["Rules"]
    asked = {
        name: (rule["RuleCondition"], [one["Assert"] for one in rule["Assertions"]])
        for name, rule in rules.items()
    }
    domain = {"Fn::Equals": [{"Ref": "SenderIdentityIs"}, "domain"]}
    prod = {"Fn::Equals": [{"Ref": "Stage"}, "prod"]}
    assert asked == {
        "DomainNeedsItsCertificate": (given("DomainName"), [given("CertificateArn")]),
        "OnlyADomainHasAMailFrom": (given("MailFromDomain"), [domain]),
        "RepliesGoToTheSendersDomain": (
            given("ReplyDomain"),
            [{"Fn::Equals": [{"Ref": "SenderIdentity"}, {"Ref": "ReplyDomain"}]}],
        ),
        "ProdSaysWhoRunsIt": (prod, [given("OperatorName"), given("OperatorContact")]),
    }


@pytest.mark.parametrize(
    ("name", "least", "most"),
    [
        ("KeepDays", 1, 90),
        ("MonthlyBudget", 0, 1_000_000),
        ("RequestBurst", 1, 5000),
        ("RequestsPerAddress", 0, 2_000_000_000),
        ("RequestsPerSecond", 1, 10_000),
    ],
)
def test_a_number_has_a_least_and_a_most(name: str, least: int, most: int) -> None:
    parameter = local_package().template["Parameters"][name]
    assert (parameter["Type"], parameter["MinValue"], parameter["MaxValue"]) == ("Number", least, most)


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("ReserveRuns", ["no", "yes"]),
        ("SenderIdentityIs", ["domain", "address", "verified"]),
        ("Stage", ["dev", "prod"]),
    ],
)
def test_a_choice_has_these_values(name: str, values: list[str]) -> None:
    assert local_package().template["Parameters"][name]["AllowedValues"] == values


# The edge


def test_every_page_comes_through_the_group_that_falls_back_to_the_bucket(edge: Json) -> None:
    front = next(one for one in edge["CacheBehaviors"] if one["PathPattern"] == "/")
    for behavior in (edge["DefaultCacheBehavior"], front):
        assert behavior["TargetOriginId"] == "functions-then-bucket"
        assert behavior["OriginRequestPolicyId"] == {"Ref": "ToFunctions"}
        assert behavior["ResponseHeadersPolicyId"] == {"Ref": "PageHeaders"}
        assert behavior["AllowedMethods"] == ["GET", "HEAD"]
    [group] = edge["OriginGroups"]["Items"]
    for part in (edge["OriginGroups"], group["FailoverCriteria"]["StatusCodes"], group["Members"]):
        assert part["Quantity"] == len(part["Items"])


def test_the_edge_reaches_the_one_stage_and_waits_longer_than_the_api(edge: Json) -> None:
    assert edge["Enabled"] is True
    functions = next(one for one in edge["Origins"] if one["Id"] == "functions")
    [stage] = of_type("AWS::ApiGateway::Stage")
    assert functions["OriginPath"] == f"/{stage['StageName']}"
    assert functions["CustomOriginConfig"]["OriginReadTimeout"] >= 30


def test_the_edge_signs_what_it_reads_of_the_bucket_and_reads_only_the_standby_pages(edge: Json) -> None:
    bucket = next(one for one in edge["Origins"] if one["Id"] == "bucket")
    assert bucket["OriginPath"] == "/site"
    assert bucket["OriginAccessControlId"] == {"Ref": "PagesAccess"}
    access = properties("PagesAccess")["OriginAccessControlConfig"]
    assert (access["SigningBehavior"], access["SigningProtocol"]) == ("always", "sigv4")


def test_pages_from_the_bucket_keep_browsers_on_tls() -> None:
    config = properties("PageHeaders")["ResponseHeadersPolicyConfig"]["SecurityHeadersConfig"]
    assert config["StrictTransportSecurity"] == {"AccessControlMaxAgeSec": 31536000, "Override": True}
    assert config["ContentTypeOptions"] == {"Override": True}


def test_an_address_that_asks_too_often_is_held_back_at_the_operators_limit() -> None:
    [rule] = properties("EdgeRules")["Rules"]
    assert rule["Action"] == {"Block": {}}
    limit = rule["Statement"]["RateBasedStatement"]
    assert limit == {"AggregateKeyType": "IP", "Limit": {"Ref": "RequestsPerAddress"}}


# The functions and what calls them


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda function: function.name)
def test_a_function_is_told_what_the_table_says_and_nothing_is_traced(function: Any) -> None:
    told = properties(function.resource)
    assert told.get("Environment", {}).get("Variables", {}) == dict(function.environment)
    assert told["TracingConfig"] == {"Mode": "PassThrough"}
    assert told["MemorySize"] == function.memory
    assert function in (PAGE, RENDER) or "STAGE" in function.environment


def test_mail_goes_out_under_the_rules_that_demand_tls() -> None:
    senders = [one for one in FUNCTIONS if "SENDER_ADDRESS" in one.environment and one is not TAKE_REPLY]
    assert len(senders) == 5
    for function in senders:
        assert function.environment["SES_CONFIGURATION_SET"] == {"Ref": "ReportMail"}
    rules = properties("ReportMail")
    assert rules["SendingOptions"] == {"SendingEnabled": True}
    assert rules["VdmOptions"]["GuardianOptions"] == {"OptimizedSharedDelivery": "DISABLED"}


def test_schedules_are_on() -> None:
    rules = of_type("AWS::Events::Rule")
    assert len(rules) == 4  # deliver, sweep, the form that is kept warm, and the clock of the access screens
    assert {rule.get("State", "ENABLED") for rule in rules} == {"ENABLED"}


def test_alarms_are_on() -> None:
    alarms = of_type("AWS::CloudWatch::Alarm")
    assert len(alarms) > 10
    assert {alarm.get("ActionsEnabled", True) for alarm in alarms} == {True}


def test_the_operator_is_told_of_a_dear_month_before_it_is_over_unless_there_is_no_budget() -> None:
    budget = expanded_template()["Resources"]["Spending"]
    assert budget["Type"] == "AWS::Budgets::Budget"
    assert budget["Condition"] == "HasBudget"
    assert budget["Properties"]["Budget"] == {
        "BudgetType": "COST",
        "TimeUnit": "MONTHLY",
        "BudgetLimit": {"Amount": {"Ref": "MonthlyBudget"}, "Unit": "USD"},
    }
    told = budget["Properties"]["NotificationsWithSubscribers"]
    assert [(one["Notification"]["NotificationType"], one["Notification"]["Threshold"]) for one in told] == [
        ("ACTUAL", 80),
        ("FORECASTED", 100),
    ]
    for one in told:
        assert one["Notification"]["ThresholdType"] == "PERCENTAGE"
        assert one["Subscribers"] == [{"SubscriptionType": "EMAIL", "Address": {"Ref": "OperatorAddress"}}]


def test_the_api_traces_nothing_and_answers_with_these_when_a_function_does_not() -> None:
    [stage] = of_type("AWS::ApiGateway::Stage")
    assert not stage.get("TracingEnabled", False)
    answers = properties("RestAPI")["Body"]["x-amazon-apigateway-gateway-responses"]
    assert {name: answer.get("statusCode") for name, answer in answers.items()} == {
        "DEFAULT_4XX": None,
        "DEFAULT_5XX": None,
        "INTEGRATION_FAILURE": 503,
        "INTEGRATION_TIMEOUT": 503,
        "MISSING_AUTHENTICATION_TOKEN": 404,
        "REQUEST_TOO_LARGE": 413,
        "RESOURCE_NOT_FOUND": 404,
        "THROTTLED": 429,
    }


# What is kept


def test_the_index_of_what_is_due_holds_keys_alone() -> None:
    indexes = {one["IndexName"]: one for one in properties("Reports")["GlobalSecondaryIndexes"]}
    assert indexes["due"]["Projection"] == {"ProjectionType": "KEYS_ONLY"}


def test_who_is_signed_in_at_the_desk_is_so_for_an_hour_and_can_be_put_out() -> None:
    [client] = of_type("AWS::Cognito::UserPoolClient")
    assert client["EnableTokenRevocation"] is True
    for kind in ("AccessToken", "IdToken", "RefreshToken"):
        assert (client[f"{kind}Validity"], client["TokenValidityUnits"][kind]) == (60, "minutes")
    password = properties("People")["Policies"]["PasswordPolicy"]
    assert password["MinimumLength"] == 14


def test_every_function_runs_on_the_processor_that_the_package_was_built_for() -> None:
    functions = of_type("AWS::Lambda::Function")
    assert [one["Architectures"] for one in functions] == [[this_architecture()]] * len(FUNCTIONS)
    assert {one["Runtime"] for one in functions} == {f"python{python_version()}"}
