"""The template: what linters say of both its forms, and what no linter sees."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from chalicelib.adapters.log_alarms import LogAlarms
from tests.support.packages import expanded_template, local_package, resource_of
from tools import package_template
from tools.functions import FUNCTIONS, PAGE

SCHEDULED = [function for function in FUNCTIONS if function.every]


@pytest.fixture(scope="module")
def template() -> dict[str, Any]:
    return local_package().template


@pytest.fixture(scope="module")
def expanded() -> dict[str, Any]:
    return expanded_template()


@pytest.fixture(scope="module")
def api(expanded: dict[str, Any]) -> dict[str, Any]:
    body: dict[str, Any] = expanded["Resources"]["RestAPI"]["Properties"]["Body"]
    return body


def of_type(template: dict[str, Any], kind: str) -> dict[str, Any]:
    return {name: one for name, one in template["Resources"].items() if one["Type"] == kind}


@pytest.mark.parametrize("form", ["template", "expanded"])
def test_cfn_lint_finds_nothing(form, request, tmp_path):
    file = tmp_path / f"{form}.json"
    file.write_text(json.dumps(request.getfixturevalue(form)), encoding="utf-8")
    # a region beside the one it was expanded for, since an operator chooses
    lint = [
        str(Path(sys.executable).with_name("cfn-lint")),
        "--regions",
        "us-west-2",
        "us-east-1",
        "--",
        str(file),
    ]
    done = subprocess.run(lint, capture_output=True, text=True, check=False)
    assert (done.stdout + done.stderr, done.returncode) == ("", 0)


def test_the_template_names_no_region_and_no_account(template):
    text = json.dumps({name: part for name, part in template.items() if name != "Parameters"})
    assert "us-west-2" not in text
    assert "us-east-1" not in text


def test_every_parameter_is_described_and_checked(template):
    for name, parameter in template["Parameters"].items():
        assert parameter["Description"].endswith("."), name
        checks = {"AllowedPattern", "AllowedValues", "MinValue"} & parameter.keys()
        assert checks, name
        if "AllowedPattern" in parameter:
            assert "ConstraintDescription" in parameter, name


# HTTP


def test_every_path_and_method_reaches_the_function_it_is_for(api):
    for path, methods in api["paths"].items():
        function = next((one for one in FUNCTIONS if path in one.paths), PAGE)
        assert "x-amazon-apigateway-any-method" in methods
        for method, definition in methods.items():
            integration = definition["x-amazon-apigateway-integration"]
            uri = integration["uri"]["Fn::Sub"]
            assert f"/functions/${{{function.resource}.Arn}}/invocations" in uri, (path, method)
            assert integration["type"] == "aws_proxy"


@pytest.mark.parametrize(
    ("path", "resource"),
    [
        ("/", "/"),
        ("/es/", "/{locale}"),
        ("/es/los-banos-ca/", "/{locale}/{place}"),
        ("/es/los-banos-ca/note/", "/{locale}/{place}/note"),
        ("/es/code/", "/{locale}/code"),
        ("/es/los-banos-ca/no/such/thing", "/{locale}/{place}/{proxy+}"),
    ],
)
def test_every_depth_of_path_has_a_resource(api, path, resource):
    assert resource_of(api["paths"], path) == resource


def test_no_two_variables_stand_side_by_side(api):
    package_template.refuse_clashes(api["paths"])


def test_api_gateway_takes_and_gives_bytes_as_they_are(api):
    assert api["x-amazon-apigateway-binary-media-types"] == ["*/*"]


def test_what_api_gateway_answers_by_itself_is_a_page_that_nobody_keeps(api):
    responses = api["x-amazon-apigateway-gateway-responses"]
    assert {"DEFAULT_4XX", "DEFAULT_5XX", "MISSING_AUTHENTICATION_TOKEN", "THROTTLED"} <= responses.keys()
    assert responses["MISSING_AUTHENTICATION_TOKEN"]["statusCode"] == 404
    for name, response in responses.items():
        headers = response["responseParameters"]
        assert headers["gatewayresponse.header.Cache-Control"] == "'no-store'"
        assert headers["gatewayresponse.header.Content-Type"] == "'text/html; charset=utf-8'"
        assert headers["gatewayresponse.header.Referrer-Policy"] == "'no-referrer'"
        assert all(value.count("'") == 2 for value in headers.values()), name
        for html in response["responseTemplates"].values():
            assert "tel:911" in html
            assert "$" not in html
            assert "#" not in html


def test_there_is_one_stage_and_it_is_throttled_and_writes_no_log(expanded):
    [stage] = of_type(expanded, "AWS::ApiGateway::Stage").values()
    [deployment] = of_type(expanded, "AWS::ApiGateway::Deployment").values()
    assert "StageName" not in deployment["Properties"]  # it would be a second one, with no throttle
    [settings] = stage["Properties"]["MethodSettings"]
    assert (settings["ResourcePath"], settings["HttpMethod"]) == ("/*", "*")
    assert settings["ThrottlingRateLimit"] == {"Ref": "RequestsPerSecond"}
    assert settings["LoggingLevel"] == "OFF"
    assert settings["DataTraceEnabled"] is False
    assert "AccessLogSetting" not in stage["Properties"]


def test_the_api_may_call_each_function_that_answers_paths(expanded):
    called = {
        json.dumps(one["Properties"]["FunctionName"], sort_keys=True)
        for one in of_type(expanded, "AWS::Lambda::Permission").values()
        if one["Properties"]["Principal"] == "apigateway.amazonaws.com"
    }
    expected = [function for function in FUNCTIONS if function.paths or function is PAGE]
    assert called == {json.dumps({"Ref": function.resource}) for function in expected}


# The edge


def test_the_edge_keeps_pages_a_minute_and_forms_never(expanded):
    edge = expanded["Resources"]["Edge"]["Properties"]["DistributionConfig"]
    behaviors = {one["PathPattern"]: one for one in edge["CacheBehaviors"]}
    for pattern in package_template.uncached_patterns():
        assert behaviors[pattern]["CachePolicyId"] == "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
        assert behaviors[pattern]["TargetOriginId"] == "functions"
        assert "POST" in behaviors[pattern]["AllowedMethods"]
    for policy in of_type(expanded, "AWS::CloudFront::CachePolicy").values():
        config = policy["Properties"]["CachePolicyConfig"]
        assert config["MinTTL"] == config["MaxTTL"] == 60
        assert config["ParametersInCacheKeyAndForwardedToOrigin"]["CookiesConfig"] == {
            "CookieBehavior": "none"
        }
    assert edge["DefaultCacheBehavior"]["CachePolicyId"] == {"Ref": "PageCache"}
    assert behaviors["/"]["CachePolicyId"] == {"Ref": "FrontCache"}


def test_only_the_front_page_is_kept_by_language(expanded):
    def headers(name: str) -> dict[str, Any]:
        config = expanded["Resources"][name]["Properties"]["CachePolicyConfig"]
        found: dict[str, Any] = config["ParametersInCacheKeyAndForwardedToOrigin"]["HeadersConfig"]
        return found

    assert headers("FrontCache") == {"HeaderBehavior": "whitelist", "Headers": ["Accept-Language"]}
    assert headers("PageCache") == {"HeaderBehavior": "none"}


def test_when_the_functions_fail_pages_come_from_the_bucket(expanded):
    edge = expanded["Resources"]["Edge"]["Properties"]["DistributionConfig"]
    [group] = edge["OriginGroups"]["Items"]
    assert [one["OriginId"] for one in group["Members"]["Items"]] == ["functions", "bucket"]
    assert {500, 502, 503, 504} <= set(group["FailoverCriteria"]["StatusCodes"]["Items"])
    assert edge["DefaultCacheBehavior"]["TargetOriginId"] == group["Id"]


def test_the_functions_are_told_nothing_of_who_asks(expanded):
    [policy] = of_type(expanded, "AWS::CloudFront::OriginRequestPolicy").values()
    config = policy["Properties"]["OriginRequestPolicyConfig"]
    assert config["HeadersConfig"]["Headers"] == ["Accept-Language", "Content-Type"]
    assert config["CookiesConfig"] == {"CookieBehavior": "none"}
    assert config["QueryStringsConfig"] == {"QueryStringBehavior": "none"}


def test_nobody_keeps_a_list_of_visits(expanded):
    edge = expanded["Resources"]["Edge"]["Properties"]["DistributionConfig"]
    assert "Logging" not in edge
    for bucket in of_type(expanded, "AWS::S3::Bucket").values():
        assert "LoggingConfiguration" not in bucket["Properties"]
    assert not of_type(expanded, "AWS::CloudFront::RealtimeLogConfig")


# What is kept


def test_what_holds_reports_or_keys_outlives_the_stack(expanded):
    for kind in ("AWS::DynamoDB::Table", "AWS::SecretsManager::Secret", "AWS::S3::Bucket"):
        for name, resource in of_type(expanded, kind).items():
            assert resource["DeletionPolicy"] == "Retain", name
            assert resource["UpdateReplacePolicy"] == "Retain", name


def test_the_table_is_encrypted_restorable_protected_and_forgets(expanded):
    for table in of_type(expanded, "AWS::DynamoDB::Table").values():
        properties = table["Properties"]
        assert properties["SSESpecification"]["SSEEnabled"] is True
        assert properties["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"] is True
        assert properties["DeletionProtectionEnabled"] is True
        assert properties["TimeToLiveSpecification"] == {"AttributeName": "expires_at", "Enabled": True}


def test_no_bucket_is_public(expanded):
    for bucket in of_type(expanded, "AWS::S3::Bucket").values():
        assert all(bucket["Properties"]["PublicAccessBlockConfiguration"].values())


def test_no_secret_stands_in_the_template(template):
    secrets = of_type(template, "AWS::SecretsManager::Secret")
    assert secrets["ReporterSecret"]["Properties"]["GenerateSecretString"]["PasswordLength"] >= 64
    assert secrets["DeskKeysSecret"]["Properties"]["SecretString"] == "{}"


# Mail, logs, alarms


def test_mail_goes_over_tls_or_not_at_all_and_is_not_tracked(expanded):
    [settings] = [one["Properties"] for one in of_type(expanded, "AWS::SES::ConfigurationSet").values()]
    assert settings["DeliveryOptions"] == {"TlsPolicy": "REQUIRE", "MaxDeliverySeconds": 21600}
    assert "TrackingOptions" not in settings
    assert settings["VdmOptions"]["DashboardOptions"] == {"EngagementMetrics": "DISABLED"}


def test_each_function_has_a_log_of_its_own_that_forgets(expanded):
    functions = of_type(expanded, "AWS::Lambda::Function")
    groups = [one["Properties"]["LoggingConfig"]["LogGroup"]["Ref"] for one in functions.values()]
    assert len(set(groups)) == len(FUNCTIONS)
    for group in groups:
        assert expanded["Resources"][group]["Properties"]["RetentionInDays"] <= 30


def test_the_page_function_is_told_nothing(expanded):
    assert "Environment" not in expanded["Resources"]["APIHandler"]["Properties"]


def test_every_alarm_is_mailed_to_the_operator(expanded):
    [(topic, alarms)] = of_type(expanded, "AWS::SNS::Topic").items()
    assert alarms["Properties"]["Subscription"] == [
        {"Protocol": "email", "Endpoint": {"Ref": "OperatorAddress"}}
    ]
    found = of_type(expanded, "AWS::CloudWatch::Alarm")
    for name, alarm in found.items():
        assert alarm["Properties"]["AlarmActions"] == [{"Ref": topic}], name
    failing = {
        json.dumps(dimension["Value"])
        for alarm in found.values()
        if alarm["Properties"]["MetricName"] == "Errors"
        for dimension in alarm["Properties"]["Dimensions"]
    }
    assert failing == {json.dumps({"Ref": function.resource}) for function in FUNCTIONS}


@pytest.mark.parametrize("function", SCHEDULED, ids=lambda function: function.name)
def test_a_schedule_that_stops_is_noticed(expanded, function):
    alarm = expanded["Resources"][function.named("Silent")]["Properties"]
    assert alarm["MetricName"] == "Invocations"
    assert alarm["Dimensions"] == [{"Name": "FunctionName", "Value": {"Ref": function.resource}}]
    assert alarm["TreatMissingData"] == "breaching"
    assert alarm["Period"] >= function.every


def test_the_table_of_functions_knows_every_schedule_and_its_beat(expanded):
    beats = {
        json.dumps(rule["Properties"]["Targets"][0]["Arn"]): rule["Properties"]["ScheduleExpression"]
        for rule in of_type(expanded, "AWS::Events::Rule").values()
    }
    words = {60: "rate(1 minute)", 3600: "rate(1 hour)"}
    expected = {json.dumps({"Fn::GetAtt": [one.resource, "Arn"]}): words[one.every] for one in SCHEDULED}
    assert beats == expected


def test_an_alarm_of_ours_in_any_log_becomes_an_alarm(expanded, caplog):
    LogAlarms(logging.getLogger("porchlight").error).raise_alarm("waiting_long", {"reports": "3"})
    filters = of_type(expanded, "AWS::Logs::MetricFilter")
    assert {one["Properties"]["LogGroupName"]["Ref"] for one in filters.values()} == {
        function.log_group for function in FUNCTIONS if function is not PAGE
    }
    for one in filters.values():
        pattern = one["Properties"]["FilterPattern"]
        assert pattern.startswith('"')
        assert pattern.strip('"') in caplog.text
        [metric] = one["Properties"]["MetricTransformations"]
        alarm = expanded["Resources"]["RaisedByUs"]["Properties"]
        assert (alarm["Namespace"], alarm["MetricName"]) == (metric["MetricNamespace"], metric["MetricName"])


def test_a_schedule_is_not_tried_again_by_lambda_itself(expanded):
    configs = of_type(expanded, "AWS::Lambda::EventInvokeConfig")
    assert {json.dumps(one["Properties"]["FunctionName"]) for one in configs.values()} == {
        json.dumps({"Ref": function.resource}) for function in SCHEDULED
    }
    assert all(one["Properties"]["MaximumRetryAttempts"] == 0 for one in configs.values())
