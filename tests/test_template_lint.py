"""The template: what linters say of both its forms, and what no linter sees."""

from __future__ import annotations

import json
import logging
import re
import subprocess
import sys
from dataclasses import asdict
from datetime import timedelta
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest

from bench import warm
from chalicelib.delivery.adapters.metrics import METRICS, NAMESPACE, EmbeddedMetrics
from chalicelib.delivery.figures import DeliveryFigures
from chalicelib.desk.web import cookies
from chalicelib.directory.adapters.published_texts import OFFICES
from chalicelib.directory.area_units import STATES, path_of_unit
from chalicelib.publishing import chunks
from chalicelib.publishing.adapters import dynamo_documents
from chalicelib.publishing.adapters.render_process import Limits
from chalicelib.publishing.adapters.s3_releases import open_to_readers
from chalicelib.publishing.adapters.standby import FOLDER, is_page
from chalicelib.publishing.jobs import MOST_TRIES
from chalicelib.shared.aws.sdk import CONNECT_SECONDS
from chalicelib.shared.log_alarms import LogAlarms
from chalicelib.shared.patience import PAGE_NEEDS
from chalicelib.shared.retention import KEEP_DAYS
from chalicelib.shared.system_clock import SystemClock
from chalicelib.wiring import publishing
from chalicelib.wiring.events import KEEP_WARM
from tests.support.packages import expanded_template, local_package, resource_of
from tools.aws import cost
from tools.aws.receipt_rules import rule_name
from tools.aws.template.lambdas import READERS_AT_ONCE
from tools.build import package_template
from tools.build.functions import (
    ACCESS,
    ADMIN,
    CODES,
    DELIVER,
    FUNCTIONS,
    HSDS,
    NOTE_DELIVERY,
    PAGE,
    RENDER,
    REPORTER,
    RUN_JOB,
    SWEEP,
    TAKE_REPLY,
)

pytestmark = pytest.mark.takes(25)

SCHEDULED = [function for function in FUNCTIONS if function.every]
WARM = [function for function in FUNCTIONS if function.warm]
CLOCKS = [function for function in FUNCTIONS if function.clock]


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
    # but for what CloudFront demands: certificates and web ACLs live in us-east-1
    text = json.dumps(
        {name: part for name, part in template.items() if name not in ("Parameters", "Conditions")}
    )
    assert "us-west-2" not in text
    assert "us-east-1" not in text


def test_every_parameter_is_described_and_checked(template):
    for name, parameter in template["Parameters"].items():
        assert parameter["Description"].endswith("."), name
        checks = {"AllowedPattern", "AllowedValues", "MinValue"} & parameter.keys()
        assert checks, name
        if "AllowedPattern" in parameter:
            assert "ConstraintDescription" in parameter, name


def test_a_default_is_safe_and_what_has_none_must_be_given(template):
    defaults = {name: one.get("Default") for name, one in template["Parameters"].items()}
    must_be_given = {"SenderAddress", "SenderIdentity", "OperatorAddress"}
    assert {name for name, default in defaults.items() if default is None} == must_be_given
    assert defaults["Stage"] == "dev"
    assert defaults["RequestsPerAddress"] == 0
    assert defaults["KeepDays"] == KEEP_DAYS
    assert (defaults["RequestsPerSecond"], defaults["RequestBurst"]) == (50, 100)
    empty = {"DomainName", "CertificateArn", "SiteAddress", "MailFromDomain", "WebAclArn"}
    empty |= {"ReplyDomain"}  # replies are off
    empty |= {"OperatorName", "OperatorContact"}  # but prod needs both: test_template_values.py
    assert {name for name, default in defaults.items() if default == ""} == empty


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [
        ("OperatorAddress", ["o@example.org"], ["", "example.org", "a@example.org,b@example.org"]),
        ("OperatorName", ["", "Town of Los Baños", "A & B"], ["A", "<b>A</b>", " A", "A\nB", "x" * 101]),
        (
            "OperatorContact",
            ["", "page@town.example", "https://town.example", "https://town.example/reach-us/"],
            ["town.example", "http://town.example", "https://town.example/?a=b", "a@b.example, c@d.example"],
        ),
        ("SenderAddress", ["reports@example.org"], ["example.org", "a@b", "a b@example.org", "a@b.c\nd"]),
        ("SenderIdentity", ["example.org", "a@example.org"], ["", "example", "a@", "https://example.org"]),
        ("DomainName", ["", "places.example.org"], ["Example.org", "https://example.org", "a..b"]),
        ("MailFromDomain", ["", "bounce.example.org"], ["bounce", "a@example.org"]),
        ("ReplyDomain", ["", "reply.example.org"], ["reply", "desk@example.org", "Reply.example.org"]),
        ("SiteAddress", ["", "https://d1.cloudfront.net"], ["http://a.b", "https://a.b/", "a.b"]),
        (
            "WebAclArn",
            ["", "arn:aws:wafv2:us-east-1:000000000000:global/webacl/mine/0a-1b"],
            ["arn:aws:wafv2:us-west-2:000000000000:regional/webacl/mine/0a-1b"],
        ),
        (
            "CertificateArn",
            ["", "arn:aws:acm:us-east-1:000000000000:certificate/0a-1b"],
            ["arn:aws:acm:us-west-2:000000000000:certificate/0a-1b"],
        ),
    ],
)
def test_a_parameter_takes_what_fits_and_nothing_else(template, name, good, bad):
    pattern = template["Parameters"][name]["AllowedPattern"]
    for value in good:
        assert re.fullmatch(pattern, value), value
    for value in bad:
        assert not re.fullmatch(pattern, value), value


# HTTP


def test_every_path_and_method_reaches_the_function_it_is_for(api):
    for path, methods in api["paths"].items():
        function = next((one for one in FUNCTIONS if one.answers(path)), PAGE)
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
        ("/admin/", "/admin"),
        ("/admin/text/history", "/admin/text/history"),
        ("/admin/no/such/screen", "/admin/{proxy+}"),
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


def test_what_api_gateway_answers_by_itself_says_how_to_keep_the_words(api):
    said = {
        name: set(response["responseTemplates"].values())
        for name, response in api["x-amazon-apigateway-gateway-responses"].items()
    }
    for name, pages in said.items():
        waits = name not in ("MISSING_AUTHENTICATION_TOKEN", "RESOURCE_NOT_FOUND", "REQUEST_TOO_LARGE")
        for html in pages:
            assert ("reload this page" in html) == waits, name
            assert ("vuelva a cargar esta página" in html) == waits, name
            assert "go back" not in html
            assert "Vuelva atrás" not in html


def test_there_is_one_stage_and_it_is_throttled_and_writes_no_log(expanded):
    [stage] = of_type(expanded, "AWS::ApiGateway::Stage").values()
    [deployment] = of_type(expanded, "AWS::ApiGateway::Deployment").values()
    assert "StageName" not in deployment["Properties"]  # it would be a second one, with no throttle
    limits = {
        (one["ResourcePath"], one["HttpMethod"]): one["ThrottlingRateLimit"]
        for one in stage["Properties"]["MethodSettings"]
    }
    assert limits == {
        ("/*", "*"): {"Ref": "RequestsPerSecond"},
        ("/~1{locale}~1code", "POST"): {"Ref": "CodesPerSecond"},
    }
    for settings in stage["Properties"]["MethodSettings"]:
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
    for function, part in ((REPORTER, "Forms"), (CODES, "Forms"), (ADMIN, "Desk"), (ACCESS, "Access")):
        for pattern in package_template.patterns_of(function):
            behavior = behaviors[pattern]
            assert behavior["CachePolicyId"] == {"Ref": f"{part}NotKept"}
            assert behavior["OriginRequestPolicyId"] == {"Ref": f"To{part}"}
            assert behavior["TargetOriginId"] == "functions"
            assert "POST" in behavior["AllowedMethods"]
    # With a minimum of 0 the edge obeys "no-store", which every form and every screen says.
    kept = {
        name: tuple(
            one["Properties"]["CachePolicyConfig"][part] for part in ("MinTTL", "DefaultTTL", "MaxTTL")
        )
        for name, one in of_type(expanded, "AWS::CloudFront::CachePolicy").items()
    }
    assert kept == {
        "PageCache": (60, 60, 60),
        "FrontCache": (60, 60, 60),
        "FormsNotKept": (0, 0, 1),
        "DeskNotKept": (0, 0, 1),
        "AccessNotKept": (0, 0, 1),
        "HsdsCache": (0, 0, 60),
    }
    for pattern in package_template.patterns_of(HSDS):
        assert behaviors[pattern]["CachePolicyId"] == {"Ref": "HsdsCache"}
        assert behaviors[pattern]["TargetOriginId"] == "functions"
        assert "ResponseHeadersPolicyId" not in behaviors[pattern]  # it takes the marks (ETag) away
    assert edge["DefaultCacheBehavior"]["CachePolicyId"] == {"Ref": "PageCache"}
    assert behaviors["/"]["CachePolicyId"] == {"Ref": "FrontCache"}


def test_a_search_reaches_the_functions_and_no_response_to_it_is_kept(expanded):
    edge = expanded["Resources"]["Edge"]["Properties"]["DistributionConfig"]
    behaviors = {one["PathPattern"]: one for one in edge["CacheBehaviors"]}
    for pattern in ("/*/places", "/*/places/"):
        behavior = behaviors[pattern]
        assert "POST" in behavior["AllowedMethods"]
        assert behavior["CachedMethods"] == ["GET", "HEAD"]  # the edge keeps no response to another
        assert behavior["CachePolicyId"] == {"Ref": "PageCache"}
        assert behavior["OriginRequestPolicyId"] == {"Ref": "ToForms"}  # what it is, and no query
        assert behavior["TargetOriginId"] == "functions"  # a group of origins takes no POST
    patterns = [one["PathPattern"] for one in edge["CacheBehaviors"]]
    assert patterns.index("/admin/*") < patterns.index("/*/places")


def test_every_page_of_areas_that_has_an_address_has_a_copy_when_the_functions_fail(expanded):
    edge = expanded["Resources"]["Edge"]["Properties"]["DistributionConfig"]
    patterns = [one["PathPattern"] for one in edge["CacheBehaviors"] if one["PathPattern"] != "/"]
    for unit in (STATES, "ca--", "ca--merced", "ca--merced--3"):
        path = f"/en/{path_of_unit(unit)}"
        assert not [pattern for pattern in patterns if fnmatch(path, pattern)], "another answers it"
        assert is_page(f"{FOLDER}{path}")
    assert edge["DefaultCacheBehavior"]["TargetOriginId"] == "functions-then-bucket"


def test_every_method_of_a_place_s_path_reaches_the_page_function(template):
    methods = template["Resources"]["RestAPI"]["Properties"]["DefinitionBody"]["paths"]["/{locale}/{place}"]
    assert {"post", "x-amazon-apigateway-any-method"} <= methods.keys()
    for method in methods.values():
        assert f"${{{PAGE.resource}.Arn}}" in json.dumps(method["x-amazon-apigateway-integration"]["uri"])


def key_of(expanded: dict[str, Any], name: str) -> dict[str, Any]:
    config = expanded["Resources"][name]["Properties"]["CachePolicyConfig"]
    found: dict[str, Any] = config["ParametersInCacheKeyAndForwardedToOrigin"]
    return found


def test_only_the_front_page_is_kept_by_language(expanded):
    by_language = {"HeaderBehavior": "whitelist", "Headers": ["Accept-Language"]}
    assert key_of(expanded, "FrontCache")["HeadersConfig"] == by_language
    for name in ("PageCache", "FrontCache", "FormsNotKept"):
        assert key_of(expanded, name)["CookiesConfig"] == {"CookieBehavior": "none"}
        if name != "FrontCache":
            assert key_of(expanded, name)["HeadersConfig"] == {"HeaderBehavior": "none"}


def test_answers_for_machines_are_kept_by_all_that_they_depend_on(expanded):
    key = key_of(expanded, "HsdsCache")
    assert key["HeadersConfig"] == {"HeaderBehavior": "whitelist", "Headers": ["Accept-Language"]}
    assert key["QueryStringsConfig"] == {"QueryStringBehavior": "all"}
    assert key["CookiesConfig"] == {"CookieBehavior": "none"}


def test_even_if_a_screen_of_the_desk_were_kept_it_would_be_nobody_elses(expanded):
    for part, names in (("Desk", cookies.OF_DESK), ("Access", cookies.OF_ACCESS)):
        key = key_of(expanded, f"{part}NotKept")
        assert sorted(key["CookiesConfig"]["Cookies"]) == sorted(names.all())
        assert key["QueryStringsConfig"] == {"QueryStringBehavior": "all"}


def test_the_edge_takes_the_longest_path_first_so_that_the_desk_never_answers_for_access(expanded, template):
    edge = expanded["Resources"]["Edge"]["Properties"]["DistributionConfig"]
    patterns = [one["PathPattern"] for one in edge["CacheBehaviors"]]
    assert patterns.index("/admin/access/*") < patterns.index("/admin/*")
    paths = template["Resources"]["RestAPI"]["Properties"]["DefinitionBody"]["paths"]
    for path, methods in paths.items():
        if path.startswith("/admin"):
            asked = {json.dumps(one["x-amazon-apigateway-integration"]["uri"]) for one in methods.values()}
            function = ACCESS if path.startswith("/admin/access/") else ADMIN
            assert [f"${{{function.resource}.Arn}}" in one for one in asked] == [True], path


def test_when_the_functions_fail_pages_come_from_the_bucket(expanded):
    edge = expanded["Resources"]["Edge"]["Properties"]["DistributionConfig"]
    [group] = edge["OriginGroups"]["Items"]
    assert [one["OriginId"] for one in group["Members"]["Items"]] == ["functions", "bucket"]
    assert {500, 502, 503, 504} <= set(group["FailoverCriteria"]["StatusCodes"]["Items"])
    assert edge["DefaultCacheBehavior"]["TargetOriginId"] == group["Id"]


TELL = {"User-Agent", "Referer", "X-Forwarded-For", "CloudFront-Viewer-Address", "Cookie", "Host"}


def test_the_functions_are_told_nothing_of_who_asks(expanded):
    policies = of_type(expanded, "AWS::CloudFront::OriginRequestPolicy")
    told = {name: one["Properties"]["OriginRequestPolicyConfig"] for name, one in policies.items()}
    assert told.keys() == {"ToFunctions", "ToForms", "ToDesk", "ToAccess"}
    for name, config in told.items():
        assert config["HeadersConfig"]["HeaderBehavior"] == "whitelist"
        assert not TELL & set(config["HeadersConfig"]["Headers"]), name
        if name not in ("ToDesk", "ToAccess"):
            assert config["CookiesConfig"] == {"CookieBehavior": "none"}
            assert config["QueryStringsConfig"] == {"QueryStringBehavior": "none"}


def test_the_desk_gets_its_cookies_and_what_shows_where_a_form_came_from(expanded):
    for part, names in (("Desk", cookies.OF_DESK), ("Access", cookies.OF_ACCESS)):
        config = expanded["Resources"][f"To{part}"]["Properties"]["OriginRequestPolicyConfig"]
        assert sorted(config["CookiesConfig"]["Cookies"]) == sorted(names.all())
        assert {"Origin", "Sec-Fetch-Site", "Content-Type"} <= set(config["HeadersConfig"]["Headers"])


def test_the_functions_are_told_who_takes_packed_answers(expanded):
    # Only a cache policy that may keep something tells them: CloudFront refuses Accept-Encoding elsewhere.
    for name in of_type(expanded, "AWS::CloudFront::CachePolicy"):
        assert key_of(expanded, name)["EnableAcceptEncodingGzip"] is True
    for policy in of_type(expanded, "AWS::CloudFront::OriginRequestPolicy").values():
        headers = policy["Properties"]["OriginRequestPolicyConfig"]["HeadersConfig"]["Headers"]
        assert not {"Accept-Encoding", "Authorization"} & set(headers)


def test_what_was_published_is_read_through_a_distribution_of_its_own(expanded):
    config = expanded["Resources"]["Published"]["Properties"]["DistributionConfig"]
    [origin] = config["Origins"]
    assert origin["OriginAccessControlId"] == {"Ref": "PagesAccess"}
    assert origin["OriginPath"] == ""
    # What says which release is live is never kept; a release never changes.
    assert config["DefaultCacheBehavior"]["CachePolicyId"] == "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
    assert [one["PathPattern"] for one in config["CacheBehaviors"]] == ["/releases/hsds/*", "/releases/*"]
    assert config["DefaultCacheBehavior"]["ViewerProtocolPolicy"] == "https-only"
    assert "Logging" not in config


def test_only_the_two_distributions_read_the_bucket_and_each_its_own_part(expanded):
    statements = expanded["Resources"]["PagesPolicy"]["Properties"]["PolicyDocument"]["Statement"]
    reads = {}
    for statement in (one for one in statements if one["Effect"] == "Allow"):
        assert statement["Action"] == "s3:GetObject"
        assert statement["Principal"] == {"Service": "cloudfront.amazonaws.com"}
        [source] = statement["Condition"]["StringEquals"].values()
        reads[source["Fn::Sub"].rpartition("/")[2]] = [one["Fn::Sub"] for one in statement["Resource"]]
    assert reads == {
        "${Edge}": ["${Pages.Arn}/site/*"],
        "${Published}": [f"${{Pages.Arn}}/{key}" for key in ("current.json", OFFICES, "releases/*")],
    }
    policy = json.loads(open_to_readers("pages"))["Statement"][0]["Resource"]
    local = {one.partition("/")[2] for one in policy}
    on_aws = {one.partition("/")[2] for found in reads.values() for one in found}
    assert local == on_aws, "what the stand-in gives readers, the bucket on AWS gives them, too"
    keys = [key.removeprefix("${Pages.Arn}/") for found in reads.values() for key in found]
    assert not [key for key in keys if fnmatch("built/us/0a1b.json", key)], "nobody reads what is not live"
    [denied] = [one for one in statements if one["Effect"] == "Deny"]
    assert denied["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_a_limit_for_each_address_is_made_only_on_request_and_keeps_nothing(expanded):
    [(name, rules)] = of_type(expanded, "AWS::WAFv2::WebACL").items()
    assert rules["Condition"] == "LimitsAddresses"
    properties = rules["Properties"]
    assert properties["Scope"] == "CLOUDFRONT"
    assert properties["DefaultAction"] == {"Allow": {}}
    for part in (properties, *properties["Rules"]):
        assert part["VisibilityConfig"]["SampledRequestsEnabled"] is False
        assert part["VisibilityConfig"]["CloudWatchMetricsEnabled"] is False
    assert not of_type(expanded, "AWS::WAFv2::LoggingConfiguration")
    edge = expanded["Resources"]["Edge"]["Properties"]["DistributionConfig"]
    condition, given, otherwise = edge["WebACLId"]["Fn::If"]
    assert (condition, given) == ("HasWebAcl", {"Ref": "WebAclArn"})
    assert otherwise == {
        "Fn::If": ["LimitsAddresses", {"Fn::GetAtt": [name, "Arn"]}, {"Ref": "AWS::NoValue"}]
    }


def test_pages_from_the_bucket_get_the_pages_headers_and_bring_their_own_policy(expanded):
    [policy] = of_type(expanded, "AWS::CloudFront::ResponseHeadersPolicy").values()
    config = policy["Properties"]["ResponseHeadersPolicyConfig"]
    security = config["SecurityHeadersConfig"]
    assert security["FrameOptions"] == {"FrameOption": "DENY", "Override": True}
    assert security["ReferrerPolicy"] == {"ReferrerPolicy": "no-referrer", "Override": True}
    # One release's policy would forbid another's style: see publishing/adapters/standby.py.
    assert "ContentSecurityPolicy" not in security
    removed = {one["Header"] for one in config["RemoveHeadersConfig"]["Items"]}
    assert removed == {"ETag", "Last-Modified"}
    custom = {one["Header"]: one for one in config["CustomHeadersConfig"]["Items"]}
    assert custom["Cache-Control"] == {"Header": "Cache-Control", "Value": "no-store", "Override": True}


def test_the_edge_has_the_operators_name_and_certificate_or_its_own(expanded):
    edge = expanded["Resources"]["Edge"]["Properties"]["DistributionConfig"]
    assert edge["Aliases"] == {"Fn::If": ["HasDomain", [{"Ref": "DomainName"}], {"Ref": "AWS::NoValue"}]}
    condition, given, otherwise = edge["ViewerCertificate"]["Fn::If"]
    assert (condition, otherwise) == ("HasDomain", {"CloudFrontDefaultCertificate": True})
    assert given["AcmCertificateArn"] == {"Ref": "CertificateArn"}
    assert given["MinimumProtocolVersion"] == "TLSv1.2_2021"
    for behavior in (edge["DefaultCacheBehavior"], *edge["CacheBehaviors"]):
        assert behavior["ViewerProtocolPolicy"] == "redirect-to-https"
    [functions] = [one for one in edge["Origins"] if one["Id"] == "functions"]
    assert functions["CustomOriginConfig"]["OriginProtocolPolicy"] == "https-only"


def test_the_edge_keeps_no_error_for_the_next_visitor(expanded):
    for distribution in of_type(expanded, "AWS::CloudFront::Distribution").values():
        errors = distribution["Properties"]["DistributionConfig"]["CustomErrorResponses"]
        assert {403, 404, 503} <= {one["ErrorCode"] for one in errors}
        assert {one["ErrorCachingMinTTL"] for one in errors} == {0}


def test_nobody_keeps_a_list_of_visits(expanded):
    for distribution in of_type(expanded, "AWS::CloudFront::Distribution").values():
        assert "Logging" not in distribution["Properties"]["DistributionConfig"]
    for bucket in of_type(expanded, "AWS::S3::Bucket").values():
        assert "LoggingConfiguration" not in bucket["Properties"]
    assert not of_type(expanded, "AWS::CloudFront::RealtimeLogConfig")


# What is kept


DOORS = {"Door", "AccessDoor"}


def test_what_holds_reports_or_keys_outlives_the_stack(expanded):
    kinds = ("DynamoDB::Table", "SecretsManager::Secret", "S3::Bucket", "Cognito::UserPool")
    for kind in kinds:
        for name, resource in of_type(expanded, f"AWS::{kind}").items():
            if name in DOORS:  # sessions of an hour: nobody misses them
                continue
            assert resource["DeletionPolicy"] == "Retain", name
            assert resource["UpdateReplacePolicy"] == "Retain", name


def test_the_tables_are_encrypted_restorable_and_protected(expanded):
    tables = of_type(expanded, "AWS::DynamoDB::Table")
    assert tables.keys() == {"Reports", "Documents", "Audit", "Access", "Wishes", *DOORS}
    for name, table in tables.items():
        properties = table["Properties"]
        assert properties["SSESpecification"]["SSEEnabled"] is True
        if name not in DOORS:
            recovery = properties["PointInTimeRecoverySpecification"]
            assert recovery["PointInTimeRecoveryEnabled"] is True
            assert properties["DeletionProtectionEnabled"] is True


def test_what_has_its_time_is_forgotten_by_the_table_itself(expanded):
    forgetful = {
        name
        for name, table in of_type(expanded, "AWS::DynamoDB::Table").items()
        if table["Properties"].get("TimeToLiveSpecification")
        == {"AttributeName": "expires_at", "Enabled": True}
    }
    assert forgetful == {"Reports", "Audit", "Documents", "Access", "Wishes", *DOORS}


def test_no_bucket_is_public_and_what_was_overwritten_can_be_had_back_for_a_while(expanded):
    blocks = {"BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"}
    buckets = {name: one["Properties"] for name, one in of_type(expanded, "AWS::S3::Bucket").items()}
    assert buckets.keys() == {"Inbound", "Pages"}
    for name, properties in buckets.items():
        assert properties["PublicAccessBlockConfiguration"] == dict.fromkeys(blocks, True)
        assert properties["OwnershipControls"] == {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
        assert properties["BucketEncryption"]
        if name == "Inbound":
            continue  # what is deleted there is gone: see below
        assert properties["VersioningConfiguration"] == {"Status": "Enabled"}
        rule, built = properties["LifecycleConfiguration"]["Rules"]
        assert (rule["Status"], rule["NoncurrentVersionExpiration"]) == ("Enabled", {"NoncurrentDays": 90})
        assert "ExpirationInDays" not in rule  # it would take away what is live
        # What was rendered and is no reader's goes after a week; of two rules AWS takes the shorter one.
        assert (built["Status"], built["Prefix"], built["ExpirationInDays"]) == ("Enabled", "built/", 7)
        assert built["NoncurrentVersionExpiration"] == {"NoncurrentDays": 1}


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


def test_a_bounce_is_mailed_back_to_nobody_and_puts_no_inbox_on_a_list(expanded):
    # SES would quote the report to the sender's own mailbox, and silence an agency's after one wrong bounce.
    identities = of_type(expanded, "AWS::SES::EmailIdentity")
    assert {one["Condition"] for one in identities.values()} == {"MakesDomain", "MakesAddress"}
    for identity in identities.values():
        assert identity["Properties"]["FeedbackAttributes"] == {"EmailForwardingEnabled": False}
        assert identity["Properties"]["EmailIdentity"] == {"Ref": "SenderIdentity"}
        assert identity["DeletionPolicy"] == "Retain"
    rules = expanded["Resources"]["ReportMail"]["Properties"]
    assert rules["SuppressionOptions"] == {"SuppressedReasons": []}


def test_a_domain_that_sends_signs_its_mail_and_returns_it_to_itself(expanded):
    domain = expanded["Resources"]["SenderDomain"]["Properties"]
    assert domain["DkimAttributes"] == {"SigningEnabled": True}
    assert domain["DkimSigningAttributes"] == {"NextSigningKeyLength": "RSA_2048_BIT"}
    condition, given, otherwise = domain["MailFromAttributes"]["Fn::If"]
    assert (condition, otherwise) == ("HasMailFrom", {"Ref": "AWS::NoValue"})
    assert given == {"MailFromDomain": {"Ref": "MailFromDomain"}, "BehaviorOnMxFailure": "REJECT_MESSAGE"}
    for number in (1, 2, 3):
        assert expanded["Outputs"][f"DkimRecord{number}"]["Condition"] == "MakesDomain"


def test_each_function_has_a_log_of_its_own_that_forgets(expanded):
    functions = of_type(expanded, "AWS::Lambda::Function")
    silent = functions.pop(RENDER.resource)["Properties"]
    assert "LoggingConfig" not in silent, "its role may write none"
    groups = [one["Properties"]["LoggingConfig"]["LogGroup"]["Ref"] for one in functions.values()]
    assert len(set(groups)) == len(FUNCTIONS) - 1
    assert set(groups) == of_type(expanded, "AWS::Logs::LogGroup").keys()
    for group in groups:
        assert expanded["Resources"][group]["Properties"]["RetentionInDays"] == 30


def test_whoever_is_asked_by_the_api_has_answered_before_it_gives_up(expanded):
    for function in FUNCTIONS:
        if function.paths or function is PAGE:
            assert expanded["Resources"][function.resource]["Properties"]["Timeout"] <= 29
    # A service that hangs costs two tries of four seconds, and a form may meet two of them.
    assert REPORTER.timeout >= 20


def test_runs_are_kept_for_the_mail_and_limited_for_the_desk_where_the_account_allows(expanded):
    for function in FUNCTIONS:
        told = expanded["Resources"][function.resource]["Properties"].get("ReservedConcurrentExecutions")
        given = {"Fn::If": ["ReservesRuns", function.reserved, {"Ref": "AWS::NoValue"}]}
        assert told == (given if function.reserved else None), function.name
    kept = [function for function in FUNCTIONS if function.reserved]
    assert kept == [CODES, HSDS, ACCESS, ADMIN, DELIVER, RUN_JOB, RENDER, SWEEP]
    assert RENDER.reserved >= 2 * RUN_JOB.reserved, "a publish with all its runs leaves some to the desk"
    # A run outlives its beat: those that may be at work together must all have their place.
    assert all(one.reserved > one.timeout / one.every for one in SCHEDULED)
    # AWS leaves a hundred to the rest, and the parameter says so.
    least = 100 + sum(function.reserved for function in FUNCTIONS)
    parameter = expanded["Parameters"]["ReserveRuns"]
    assert (parameter["Default"], f" {least} functions" in parameter["Description"]) == ("no", True)
    mappings = [one["Properties"] for one in of_type(expanded, "AWS::Lambda::EventSourceMapping").values()]
    most = {one["FunctionName"]["Ref"]: one["ScalingConfig"] for one in mappings}
    # A publish never takes the runs that deliver needs: it has its own, and no more readers than those.
    jobs = {RUN_JOB.resource: {"MaximumConcurrency": RUN_JOB.reserved}}
    mails = {
        one.resource: {"MaximumConcurrency": one.reserved or READERS_AT_ONCE}
        for one in (NOTE_DELIVERY, TAKE_REPLY)
    }
    assert most == {**mails, **jobs}
    # Nothing else starts it. Of its runs the chunks of one job leave somebody else's one.
    assert [one.name for one in FUNCTIONS if one.queue == "Jobs"] == [RUN_JOB.name]
    assert not any((RUN_JOB.paths, RUN_JOB.every, RUN_JOB.warm, RUN_JOB.clock))
    assert RUN_JOB.reserved > chunks.AT_ONCE


def test_who_calls_the_function_that_renders_waits_for_as_long_as_it_may_take():
    tries, seconds = publishing.WORKERS_CALL
    assert RENDER.timeout < seconds
    assert RENDER.timeout + seconds < RUN_JOB.timeout, "one more try is left when one was lost"
    assert tries > 1
    tries, seconds = publishing.DESKS_CALL
    assert Limits().patience < seconds, "a page that takes too long is blamed on its text"
    assert seconds + CONNECT_SECONDS < ADMIN.timeout - PAGE_NEEDS.total_seconds()


def test_codes_are_looked_up_at_twice_the_rate_of_a_flood_and_in_runs_of_their_own(template):
    rate = template["Parameters"]["CodesPerSecond"]["Default"]
    assert rate >= 2 * 20  # a flood of twenty a second leaves every holder of a code room
    seconds_each = 0.25 * 512 / CODES.memory  # of argon2id: it grows shorter with the share of a processor
    assert rate * seconds_each < CODES.reserved


def test_the_page_function_is_told_where_published_pages_are_and_what_everybody_may_read(expanded):
    told = expanded["Resources"]["APIHandler"]["Properties"]["Environment"]["Variables"]
    assert told == {
        "PAGES_URL": {"Fn::Sub": "https://${Published.DomainName}"},
        "OPERATOR_NAME": {"Ref": "OperatorName"},
        "OPERATOR_CONTACT": {"Ref": "OperatorContact"},
        "KEEP_DAYS": {"Ref": "KeepDays"},
    }


def test_every_alarm_is_mailed_to_the_operator(expanded):
    assert of_type(expanded, "AWS::SNS::Topic").keys() == {"Alarms", "NoticesTopic"}
    topic = "Alarms"
    assert expanded["Resources"][topic]["Properties"]["Subscription"] == [
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


@pytest.mark.parametrize(
    ("name", "goes_off"),
    [
        ("RaisedByUs", ("Alarms", "Sum", 300, 1, "GreaterThanOrEqualToThreshold", 1, "notBreaching")),
        ("ApiErrors", ("5XXError", "Sum", 300, 1, "GreaterThanOrEqualToThreshold", 5, "notBreaching")),
        *(
            (
                function.named("Errors"),
                ("Errors", "Sum", 300, 1, "GreaterThanOrEqualToThreshold", 1, "notBreaching"),
            )
            for function in FUNCTIONS
        ),
        ("DeliverSilent", ("Invocations", "Sum", 300, 3, "LessThanThreshold", 1, "breaching")),
        ("SweepSilent", ("Invocations", "Sum", 3600, 3, "LessThanThreshold", 1, "breaching")),
        (
            "ReportsWait",
            ("OldestDueSeconds", "Maximum", 300, 1, "GreaterThanOrEqualToThreshold", 900, "notBreaching"),
        ),
        (
            "NobodyReached",
            ("ReachedNobody", "Maximum", 3600, 1, "GreaterThanOrEqualToThreshold", 1, "notBreaching"),
        ),
        (
            "NoticesSetAside",
            (
                "ApproximateNumberOfMessagesVisible",
                "Maximum",
                300,
                1,
                "GreaterThanOrEqualToThreshold",
                1,
                "notBreaching",
            ),
        ),
    ],
)
def test_an_alarm_goes_off_when_it_should(expanded, name, goes_off):
    told = expanded["Resources"][name]["Properties"]
    parts = (
        "MetricName",
        "Statistic",
        "Period",
        "EvaluationPeriods",
        "ComparisonOperator",
        "Threshold",
        "TreatMissingData",
    )
    assert tuple(told[part] for part in parts) == goes_off


def test_an_alarm_about_the_api_looks_at_this_stacks_api(expanded):
    # An API's figures go by its name, and two stacks in one account must not share it.
    assert expanded["Resources"]["RestAPI"]["Properties"]["Name"] == {"Ref": "AWS::StackName"}
    dimensions = expanded["Resources"]["ApiErrors"]["Properties"]["Dimensions"]
    assert {"Name": "ApiName", "Value": {"Ref": "AWS::StackName"}} in dimensions
    [stage] = of_type(expanded, "AWS::ApiGateway::Stage").values()
    assert {"Name": "Stage", "Value": stage["Properties"]["StageName"]} in dimensions


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
    expected |= {json.dumps({"Fn::GetAtt": [one.resource, "Arn"]}): "rate(4 minutes)" for one in WARM}
    expected |= {json.dumps({"Fn::GetAtt": [one.resource, "Arn"]}): "rate(60 minutes)" for one in CLOCKS}
    assert beats == expected


def test_the_form_is_called_before_an_idle_instance_ends_and_eventbridge_may_do_so(expanded):
    assert [function.name for function in WARM] == ["reporter_api"]
    rule = expanded["Resources"]["ReporterApiWarm"]["Properties"]
    assert json.loads(rule["Targets"][0]["Input"]) == KEEP_WARM
    assert REPORTER.warm * 60 < warm.IDLE[0]
    assert REPORTER.warm * 60 == warm.EVERY
    permission = expanded["Resources"]["ReporterApiWarmPermission"]["Properties"]
    assert permission["Principal"] == "events.amazonaws.com"
    assert permission["SourceArn"] == {"Fn::GetAtt": ["ReporterApiWarm", "Arn"]}
    assert permission["FunctionName"] == {"Ref": "ReporterApi"}


def test_an_alarm_of_ours_in_any_log_becomes_an_alarm(expanded, caplog):
    LogAlarms(logging.getLogger("porchlight").error).raise_alarm("waiting_long", {"reports": "3"})
    filters = of_type(expanded, "AWS::Logs::MetricFilter")
    assert {one["Properties"]["LogGroupName"]["Ref"] for one in filters.values()} == {
        function.log_group for function in FUNCTIONS if function not in (PAGE, RENDER)
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
        json.dumps({"Ref": function.resource}) for function in (*SCHEDULED, *WARM, *CLOCKS)
    }
    assert all(one["Properties"]["MaximumRetryAttempts"] == 0 for one in configs.values())


def test_reports_that_wait_or_reach_nobody_and_notices_that_fail_raise_alarms(expanded):
    alarms = {name: one["Properties"] for name, one in of_type(expanded, "AWS::CloudWatch::Alarm").items()}
    written = figures_that_are_metrics()
    for name, metric, threshold in (
        ("ReportsWait", "OldestDueSeconds", 900),
        ("NobodyReached", "ReachedNobody", 1),
    ):
        alarm = alarms[name]
        assert (alarm["Namespace"], alarm["MetricName"]) == (NAMESPACE, metric)
        assert metric in written
        assert alarm["Dimensions"] == [{"Name": "Stage", "Value": {"Ref": "Stage"}}]
        assert (alarm["Threshold"], alarm["Statistic"]) == (threshold, "Maximum")
        assert alarm["ComparisonOperator"] == "GreaterThanOrEqualToThreshold"
    failed = alarms["NoticesSetAside"]
    assert failed["MetricName"] == "ApproximateNumberOfMessagesVisible"
    assert failed["Dimensions"][0]["Value"] == {"Fn::GetAtt": ["NoticesFailed", "QueueName"]}


def figures_that_are_metrics() -> set[str]:
    lines: list[str] = []
    every = {**asdict(DeliveryFigures()), "mails": 1.0}
    EmbeddedMetrics(lines.append, SystemClock(), "prod").put(every)
    [directive] = json.loads(lines[0])["_aws"]["CloudWatchMetrics"]
    return {metric["Name"] for metric in directive["Metrics"]}


def test_the_calculation_of_costs_counts_what_the_template_makes(expanded):
    metrics = METRICS | {
        one["Properties"]["MetricTransformations"][0]["MetricName"]
        for one in of_type(expanded, "AWS::Logs::MetricFilter").values()
    }
    assert cost.FIXED["alarm"] == len(of_type(expanded, "AWS::CloudWatch::Alarm"))
    assert cost.FIXED["metric"] == len(metrics)
    assert cost.FIXED["key"] == len(of_type(expanded, "AWS::KMS::Key"))
    read = [one["Properties"] for one in of_type(expanded, "AWS::Lambda::EventSourceMapping").values()]
    assert len(read) * 15 == cost.POLLS_A_MINUTE
    # The third holds the delivery keys: tools/aws/keys.py makes it, since it must be able to go.
    assert cost.FIXED["secret"] == len(of_type(expanded, "AWS::SecretsManager::Secret")) + 1


# What became of a mail


def test_notices_go_from_ses_to_the_function_by_way_of_a_queue(expanded):
    resources = {name: one.get("Properties", {}) for name, one in expanded["Resources"].items()}
    destination = resources["MailNotices"]["EventDestination"]
    assert resources["MailNotices"]["ConfigurationSetName"] == {"Ref": "ReportMail"}
    assert destination["Enabled"] is True
    assert destination["SnsDestination"] == {"TopicARN": {"Ref": "NoticesTopic"}}
    assert set(destination["MatchingEventTypes"]) == {
        "bounce",
        "complaint",
        "delivery",
        "deliveryDelay",
        "reject",
    }
    subscription = resources["NoticesSubscription"]
    assert subscription["TopicArn"] == {"Ref": "NoticesTopic"}
    assert subscription["Endpoint"] == {"Fn::GetAtt": ["Notices", "Arn"]}
    aside = {"deadLetterTargetArn": {"Fn::GetAtt": ["NoticesFailed", "Arn"]}}
    assert subscription["RedrivePolicy"] == aside
    assert subscription["RawMessageDelivery"] is True
    assert expanded["Resources"]["NoticesSubscription"]["DependsOn"] == [
        "NoticesPolicy",
        "NoticesFailedPolicy",
    ]
    mapping = mapping_of(expanded, NOTE_DELIVERY)
    assert mapping["Properties"]["EventSourceArn"] == {"Fn::Sub": "${Notices.Arn}"}
    # Of ten notices, only those that could not be noted come again.
    assert mapping["Properties"]["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert mapping["Properties"]["BatchSize"] == 10


def test_nobody_else_can_put_a_notice_into_the_topic_or_the_queue(expanded):
    topic = expanded["Resources"]["NoticesTopicPolicy"]["Properties"]["PolicyDocument"]["Statement"]
    assert [one["Principal"] for one in topic] == [{"Service": "ses.amazonaws.com"}]
    assert topic[0]["Condition"] == {"StringEquals": {"AWS:SourceAccount": {"Ref": "AWS::AccountId"}}}
    for name in ("Notices", "NoticesFailed"):
        policy = expanded["Resources"][f"{name}Policy"]["Properties"]
        assert policy["Queues"] == [{"Ref": name}]
        [statement] = policy["PolicyDocument"]["Statement"]
        assert statement["Principal"] == {"Service": "sns.amazonaws.com"}
        assert statement["Resource"] == {"Fn::GetAtt": [name, "Arn"]}
        assert statement["Condition"] == {"ArnEquals": {"aws:SourceArn": {"Ref": "NoticesTopic"}}}


def test_a_notice_is_tried_ten_times_then_kept_for_a_person(expanded):
    queues = {name: one["Properties"] for name, one in of_type(expanded, "AWS::SQS::Queue").items()}
    assert queues["Notices"]["RedrivePolicy"] == {
        "deadLetterTargetArn": {"Fn::GetAtt": ["NoticesFailed", "Arn"]},
        "maxReceiveCount": 10,
    }
    assert queues["Notices"]["VisibilityTimeout"] >= 6 * NOTE_DELIVERY.timeout
    for name, queue in queues.items():
        assert queue["MessageRetentionPeriod"] == (24 if name == "Jobs" else 14 * 24) * 3600
        assert queue["SqsManagedSseEnabled"] is True


# Replies


BY_OUR_RULE = {
    "StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}},
    "ArnLike": {
        "aws:SourceArn": {
            "Fn::Sub": "arn:${AWS::Partition}:ses:${AWS::Region}:${AWS::AccountId}:receipt-rule-set/*"
            ":receipt-rule/${AWS::StackName}-replies"
        }
    },
}


def inbound_statements(expanded: dict[str, Any], name: str) -> list[dict[str, Any]]:
    """The statements of a policy, each as it is while replies are on."""
    properties = expanded["Resources"][name]["Properties"]
    policy = properties.get("PolicyDocument") or properties["KeyPolicy"]
    found: list[dict[str, Any]] = []
    for statement in policy["Statement"]:
        if "Fn::If" in statement:
            condition, given, otherwise = statement["Fn::If"]
            assert (condition, otherwise) == ("HasReplies", {"Ref": "AWS::NoValue"})
            found.append(given)
        else:
            found.append(statement)
    return found


def test_the_bucket_of_replies_keeps_nothing_that_was_deleted_and_writes_no_log(expanded):
    bucket = expanded["Resources"]["Inbound"]["Properties"]
    for keeps in ("VersioningConfiguration", "LoggingConfiguration", "ReplicationConfiguration"):
        assert keeps not in bucket
    for tells in ("InventoryConfigurations", "MetricsConfigurations", "ObjectLockConfiguration"):
        assert tells not in bucket
    [rule] = bucket["LifecycleConfiguration"]["Rules"]
    assert (rule["Status"], rule["ExpirationInDays"]) == ("Enabled", 14)
    assert "Prefix" not in rule, "whatever lies there goes"
    assert rule["AbortIncompleteMultipartUpload"] == {"DaysAfterInitiation": 1}


def test_only_ses_puts_mail_there_by_this_stacks_rule_while_replies_are_on(expanded):
    tls, others, ses = inbound_statements(expanded, "InboundPolicy")
    assert (ses["Effect"], ses["Action"], ses["Principal"]) == (
        "Allow",
        "s3:PutObject",
        {"Service": "ses.amazonaws.com"},
    )
    assert ses["Resource"] == {"Fn::Sub": "${Inbound.Arn}/inbound/*"}
    assert ses["Condition"] == BY_OUR_RULE
    assert rule_name("porchlight-prod") == "porchlight-prod-replies"
    assert (others["Effect"], others["Action"], others["Principal"]) == ("Deny", "s3:PutObject", "*")
    assert others["Condition"] == {"Bool": {"aws:PrincipalIsAWSService": "false"}}
    assert (tls["Effect"], tls["Action"], tls["Principal"]) == ("Deny", "s3:*", "*")
    assert tls["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_what_lies_there_is_opened_by_one_function_and_by_no_administrator(expanded):
    condition, given, otherwise = expanded["Resources"]["Inbound"]["Properties"]["BucketEncryption"][
        "ServerSideEncryptionConfiguration"
    ][0]["ServerSideEncryptionByDefault"]["Fn::If"]
    assert (condition, otherwise) == ("HasReplies", {"SSEAlgorithm": "AES256"})
    assert given == {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": {"Fn::GetAtt": ["InboundKey", "Arn"]}}
    key = expanded["Resources"]["InboundKey"]
    assert (key["Condition"], key["Properties"]["EnableKeyRotation"]) == ("HasReplies", True)
    after, ses, opens = inbound_statements(expanded, "InboundKey")
    assert ses["Principal"] == {"Service": "ses.amazonaws.com"}
    assert (ses["Action"], ses["Condition"]) == (["kms:Decrypt", "kms:GenerateDataKey*"], BY_OUR_RULE)
    assert opens["Action"] == "kms:Decrypt"
    assert opens["Condition"] == {
        "StringEquals": {"kms:ViaService": {"Fn::Sub": "s3.${AWS::Region}.amazonaws.com"}},
        "ArnLike": {
            "aws:PrincipalArn": {
                "Fn::Sub": "arn:${AWS::Partition}:iam::${AWS::AccountId}:role/"
                f"${{AWS::StackName}}-{TAKE_REPLY.role}-*"
            }
        },
    }
    assert TAKE_REPLY.role in expanded["Resources"], "the name that CloudFormation makes the role's of"
    uses = ("Decrypt", "Encrypt", "GenerateDataKey", "ReEncryptFrom", "CreateGrant")
    may = [action.removeprefix("kms:") for action in after["Action"]]
    assert not [(use, one) for use in uses for one in may if fnmatch(use, one)]
    assert "PutKeyPolicy" in may, "a key that nobody may change is lost"


def test_a_key_that_replies_do_not_need_any_more_can_be_had_back_for_longer_than_a_mail_lies(expanded):
    key = expanded["Resources"]["InboundKey"]
    assert (key["DeletionPolicy"], key["UpdateReplacePolicy"]) == ("Delete", "Delete")
    [rule] = expanded["Resources"]["Inbound"]["Properties"]["LifecycleConfiguration"]["Rules"]
    assert key["Properties"]["PendingWindowInDays"] > rule["ExpirationInDays"]


def test_s3_and_not_ses_tells_the_queue_of_a_mail_and_nobody_else_can(expanded):
    resources = expanded["Resources"]
    [told] = resources["Inbound"]["Properties"]["NotificationConfiguration"]["QueueConfigurations"]
    assert told["Queue"] == {"Fn::GetAtt": ["Replies", "Arn"]}
    assert told["Event"] == "s3:ObjectCreated:*"
    assert told["Filter"] == {"S3Key": {"Rules": [{"Name": "prefix", "Value": "inbound/"}]}}
    assert resources["Inbound"]["DependsOn"] == "RepliesPolicy"
    policy = resources["RepliesPolicy"]["Properties"]
    assert policy["Queues"] == [{"Ref": "Replies"}]
    [statement] = policy["PolicyDocument"]["Statement"]
    assert statement["Principal"] == {"Service": "s3.amazonaws.com"}
    assert statement["Action"] == "sqs:SendMessage"
    assert statement["Condition"] == {
        "StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}},
        "ArnLike": {"aws:SourceArn": {"Fn::Sub": "arn:${AWS::Partition}:s3:::${AWS::StackName}-inbound-*"}},
    }
    assert "BucketName" not in resources["Inbound"]["Properties"], "CloudFormation's name begins like that"


def test_a_mail_that_cannot_be_taken_is_set_aside_for_as_long_as_it_lies_and_somebody_is_told(expanded):
    resources = expanded["Resources"]
    queue, aside = (resources[name]["Properties"] for name in ("Replies", "RepliesFailed"))
    failed = {"deadLetterTargetArn": {"Fn::GetAtt": ["RepliesFailed", "Arn"]}, "maxReceiveCount": 10}
    assert queue["RedrivePolicy"] == failed
    assert queue["VisibilityTimeout"] >= 6 * TAKE_REPLY.timeout
    [rule] = resources["Inbound"]["Properties"]["LifecycleConfiguration"]["Rules"]
    for one in (queue, aside):
        assert one["MessageRetentionPeriod"] == rule["ExpirationInDays"] * 24 * 3600
    for name, metric, on, least in (
        ("RepliesSetAside", "ApproximateNumberOfMessagesVisible", "RepliesFailed", 1),
        ("RepliesWait", "ApproximateAgeOfOldestMessage", "Replies", 900),
    ):
        assert resources[name]["Condition"] == "HasReplies"
        alarm = resources[name]["Properties"]
        assert (alarm["MetricName"], alarm["Threshold"], alarm["Statistic"]) == (metric, least, "Maximum")
        assert alarm["Dimensions"][0]["Value"] == {"Fn::GetAtt": [on, "QueueName"]}


def test_the_queue_of_replies_is_read_only_while_replies_are_on(expanded):
    mapping = mapping_of(expanded, TAKE_REPLY)["Properties"]
    assert mapping["EventSourceArn"] == {"Fn::Sub": "${Replies.Arn}"}
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert mapping["Enabled"] == {"Fn::If": ["HasReplies", True, False]}
    for function in (NOTE_DELIVERY, RUN_JOB):
        assert mapping_of(expanded, function)["Properties"].get("Enabled", True) is True


def test_whoever_mails_takes_or_speaks_of_replies_knows_the_domain_and_one_knows_the_bucket(expanded):
    told = {
        one.name: expanded["Resources"][one.resource]["Properties"]
        .get("Environment", {})
        .get("Variables", {})
        for one in FUNCTIONS
    }
    knows = {
        name: {function for function, found in told.items() if name in found}
        for name in ("REPLY_DOMAIN", "INBOUND_BUCKET")
    }
    assert knows["INBOUND_BUCKET"] == {TAKE_REPLY.name}
    # What receipt and code page say, and whom the sweep reminds, hangs on whether there can be any replies.
    told_of_it = (REPORTER, CODES, DELIVER, TAKE_REPLY, SWEEP)
    assert knows["REPLY_DOMAIN"] == {one.name for one in told_of_it}


# What the desk waits for


def mapping_of(expanded, function):
    [found] = [
        one
        for one in of_type(expanded, "AWS::Lambda::EventSourceMapping").values()
        if one["Properties"]["FunctionName"] == {"Ref": function.resource}
    ]
    return found


def test_a_job_is_brought_one_at_a_time_and_set_aside_after_several_tries(expanded):
    properties = mapping_of(expanded, RUN_JOB)["Properties"]
    assert properties["EventSourceArn"] == {"Fn::Sub": "${Jobs.Arn}"}
    assert properties["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert properties["BatchSize"] == 1
    queue = expanded["Resources"]["Jobs"]["Properties"]
    assert queue["VisibilityTimeout"] >= 6 * RUN_JOB.timeout
    aside = {"deadLetterTargetArn": {"Fn::GetAtt": ["JobsFailed", "Arn"]}, "maxReceiveCount": 5}
    assert queue["RedrivePolicy"] == aside
    # The worker gives up first, and says so at the desk; AWS advises five for a queue that a function reads.
    assert aside["maxReceiveCount"] > MOST_TRIES
    # Of a chunk the row counts the tries: the desk knows of the last one though its worker was killed.
    assert aside["maxReceiveCount"] == chunks.MOST_TRIES
    assert timedelta(seconds=RUN_JOB.timeout) <= chunks.WORK_LASTS < timedelta(seconds=6 * RUN_JOB.timeout)
    alarm = expanded["Resources"]["JobsSetAside"]["Properties"]
    assert alarm["Dimensions"][0]["Value"] == {"Fn::GetAtt": ["JobsFailed", "QueueName"]}


def test_background_jobs_go_by_themselves_and_no_other_document_does(expanded):
    table = expanded["Resources"]["Documents"]["Properties"]
    assert table["TimeToLiveSpecification"] == {"AttributeName": "expires_at", "Enabled": True}
    code = Path(dynamo_documents.__file__).read_text(encoding="utf-8")
    assert "expires_at" not in code


# People


def test_only_an_administrator_makes_accounts_and_everybody_has_an_authenticator(expanded):
    [pool] = [one["Properties"] for one in of_type(expanded, "AWS::Cognito::UserPool").values()]
    assert pool["AdminCreateUserConfig"]["AllowAdminCreateUserOnly"] is True
    assert (pool["MfaConfiguration"], pool["EnabledMfas"]) == ("ON", ["SOFTWARE_TOKEN_MFA"])
    assert pool["AccountRecoverySetting"] == {"RecoveryMechanisms": [{"Name": "admin_only", "Priority": 1}]}
    assert pool["DeletionProtection"] == "ACTIVE"
    assert pool["Policies"]["PasswordPolicy"]["PasswordHistorySize"] >= 5
    assert "UserPoolAddOns" not in pool  # its threat protection keeps the addresses people come from
    [client] = [one["Properties"] for one in of_type(expanded, "AWS::Cognito::UserPoolClient").values()]
    # Only the admin function's role can try a password, so that its limits cannot be gone around.
    assert "ALLOW_ADMIN_USER_PASSWORD_AUTH" in client["ExplicitAuthFlows"]
    assert not {"ALLOW_USER_PASSWORD_AUTH", "ALLOW_USER_SRP_AUTH"} & set(client["ExplicitAuthFlows"])
    assert client["PreventUserExistenceErrors"] == "ENABLED"
    assert not of_type(expanded, "AWS::Cognito::UserPoolDomain")
