"""What the stack holds beside what Chalice generates: the template that `chalice package` merges in.

One function for each concern, each returning a part of a CloudFormation template. Chalice merges dicts by key
and replaces everything else, so a part may add to a generated resource by naming it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tools import gateway_pages
from tools.functions import FUNCTIONS, PAGE, Function

Json = dict[str, Any]

EDGE_SECONDS = 60
LOG_DAYS = 30
MAIL_SECONDS = 6 * 3600  # a dead inbox shows within six hours, not after SES's fourteen
STATIC_COPY = (
    "/site"  # where in the bucket the last published pages lie, under the paths they have on the site
)

# AWS's own policy of this name, the same in every account: nothing is kept at the edge.
_CACHING_DISABLED = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
_READ = ["GET", "HEAD"]
_ANY = ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"]


@dataclass(frozen=True, slots=True)
class Site:
    """What the template must know of the site: its routes, its pages' headers, the number to call.

    `routes` maps each path of the API to the methods that app.py declares for it.
    """

    routes: Mapping[str, Sequence[str]]
    headers: Mapping[str, str]
    hotline: gateway_pages.Hotline


class PathsClash(ValueError):
    """API Gateway would refuse these paths."""


def merge_template(site: Site) -> Json:
    """Return the whole template to merge."""
    template: Json = {}
    for part in (
        parameters(),
        reports_table(),
        secrets(),
        report_mail(),
        logs(),
        function_settings(),
        bucket(),
        api(site),
        reporter_permission(),
        edge(site),
        alarms(),
        outputs(),
    ):
        for section, entries in part.items():
            for name in template.setdefault(section, {}).keys() & entries.keys():
                raise ValueError(f"two parts of the template both have {section}.{name}")
            template[section].update(entries)
    return template


# Parameters


def parameters() -> Json:
    """What an operator chooses. Each default is safe; an address has none, so that nobody forgets it."""
    address = r"^[A-Za-z0-9._%+'-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+$"
    return {
        "Parameters": {
            "Stage": _parameter(
                "dev or prod: prod refuses recipients and contacts that nobody has checked.", "dev"
            )
            | {"AllowedValues": ["dev", "prod"]},
            "SenderAddress": _parameter("The address that reports come from. SES must have verified it.")
            | {"AllowedPattern": address, "ConstraintDescription": "must be one e-mail address"},
            "SenderIdentity": _parameter("What SES verified: the sender's domain, or the address itself.")
            | {
                "AllowedPattern": r"^([A-Za-z0-9._%+'-]+@)?[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+$",
                "ConstraintDescription": "must be a domain or an e-mail address",
            },
            "OperatorAddress": _parameter(
                "Who is told when something is wrong. Alarms go there; reports never do."
            )
            | {"AllowedPattern": address, "ConstraintDescription": "must be one e-mail address"},
            "DomainName": _parameter("The site's own host name, a dull one. Empty: CloudFront's name.", "")
            | {
                "AllowedPattern": r"^$|^[a-z0-9-]+(\.[a-z0-9-]+)+$",
                "ConstraintDescription": "must be a host name in small letters, or nothing",
            },
            "CertificateArn": _parameter(
                "The host name's certificate, in ACM in us-east-1. Needed with DomainName.", ""
            )
            | {
                "AllowedPattern": r"^$|^arn:aws[a-z-]*:acm:us-east-1:[0-9]{12}:certificate/[0-9a-f-]+$",
                "ConstraintDescription": "must be the ARN of a certificate in us-east-1, or nothing",
            },
            "RequestsPerSecond": _parameter(
                "How many requests a second may pass the edge to the functions.", 50
            )
            | {"Type": "Number", "MinValue": 1, "MaxValue": 10000},
            "RequestBurst": _parameter("How many requests may come at once before the limit holds.", 100)
            | {"Type": "Number", "MinValue": 1, "MaxValue": 5000},
        },
        "Conditions": {"HasDomain": {"Fn::Not": [{"Fn::Equals": [{"Ref": "DomainName"}, ""]}]}},
        "Rules": {
            "DomainNeedsItsCertificate": {
                "RuleCondition": {"Fn::Not": [{"Fn::Equals": [{"Ref": "DomainName"}, ""]}]},
                "Assertions": [
                    {
                        "Assert": {"Fn::Not": [{"Fn::Equals": [{"Ref": "CertificateArn"}, ""]}]},
                        "AssertDescription": "DomainName needs CertificateArn",
                    }
                ],
            }
        },
    }


def _parameter(description: str, default: str | int | None = None) -> Json:
    parameter: Json = {"Type": "String", "Description": description}
    if default is not None:
        parameter["Default"] = default
    return parameter


# What is kept


def reports_table() -> Json:
    """One item a report; the indexes hold none of its words. The adapter's table_definition says the same."""
    properties = {
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [
            {"AttributeName": "pk", "AttributeType": "S"},
            {"AttributeName": "due_shard", "AttributeType": "S"},
            {"AttributeName": "due_at", "AttributeType": "N"},
            {"AttributeName": "case_number", "AttributeType": "S"},
        ],
        "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
        "GlobalSecondaryIndexes": [
            {
                "IndexName": "due",
                "KeySchema": [
                    {"AttributeName": "due_shard", "KeyType": "HASH"},
                    {"AttributeName": "due_at", "KeyType": "RANGE"},
                ],
                "Projection": {"ProjectionType": "KEYS_ONLY"},
            },
            {
                "IndexName": "desk",
                "KeySchema": [{"AttributeName": "case_number", "KeyType": "HASH"}],
                "Projection": {
                    "ProjectionType": "INCLUDE",
                    "NonKeyAttributes": [
                        "place",
                        "taken_at",
                        "deliveries",
                        "held",
                        "version",
                        "expires_at",
                        "leased_until",
                        "watch_at",
                        "answered_at",
                        "legal_hold",
                        "keep_days",
                    ],
                },
            },
        ],
        "TimeToLiveSpecification": {"AttributeName": "expires_at", "Enabled": True},
        "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True},
        "SSESpecification": {"SSEEnabled": True},
        "DeletionProtectionEnabled": True,
    }
    return _resources(Reports=_kept("AWS::DynamoDB::Table", properties))


def secrets() -> Json:
    """The seed that AWS makes once, and the desk's keys, which a key rotation writes later."""
    return _resources(
        ReporterSecret=_kept(
            "AWS::SecretsManager::Secret",
            {
                "Description": "The seed behind form tokens and receipt codes, and the desk's public key.",
                "GenerateSecretString": {
                    "SecretStringTemplate": "{}",
                    "GenerateStringKey": "seed",
                    "PasswordLength": 64,
                    "ExcludePunctuation": True,
                },
            },
        ),
        DeskKeysSecret=_kept(
            "AWS::SecretsManager::Secret",
            {"Description": "The desk's private keys: they open reports.", "SecretString": "{}"},
        ),
    )


def bucket() -> Json:
    """The last published pages: the edge serves them when the functions fail, and only it may read them."""
    return _resources(
        Pages=_kept(
            "AWS::S3::Bucket",
            {
                "BucketEncryption": {
                    "ServerSideEncryptionConfiguration": [
                        {"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
                    ]
                },
                "OwnershipControls": {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]},
                "PublicAccessBlockConfiguration": {
                    "BlockPublicAcls": True,
                    "BlockPublicPolicy": True,
                    "IgnorePublicAcls": True,
                    "RestrictPublicBuckets": True,
                },
                "VersioningConfiguration": {"Status": "Enabled"},
                "LifecycleConfiguration": {
                    "Rules": [
                        {
                            "Id": "old-pages",
                            "Status": "Enabled",
                            "NoncurrentVersionExpiration": {"NoncurrentDays": 90},
                            "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 1},
                        }
                    ]
                },
            },
        ),
        PagesPolicy={
            "Type": "AWS::S3::BucketPolicy",
            "Properties": {
                "Bucket": {"Ref": "Pages"},
                "PolicyDocument": {
                    "Version": "2012-10-17",
                    "Statement": [
                        {
                            "Sid": "TheEdgeReads",
                            "Effect": "Allow",
                            "Principal": {"Service": "cloudfront.amazonaws.com"},
                            "Action": "s3:GetObject",
                            "Resource": {"Fn::Sub": "${Pages.Arn}" + STATIC_COPY + "/*"},
                            "Condition": {
                                "StringEquals": {
                                    "AWS:SourceArn": {
                                        "Fn::Sub": "arn:${AWS::Partition}:cloudfront::${AWS::AccountId}"
                                        ":distribution/${Edge}"
                                    }
                                }
                            },
                        },
                        {
                            "Sid": "NobodyWithoutTls",
                            "Effect": "Deny",
                            "Principal": "*",
                            "Action": "s3:*",
                            "Resource": [
                                {"Fn::GetAtt": ["Pages", "Arn"]},
                                {"Fn::Sub": "${Pages.Arn}/*"},
                            ],
                            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
                        },
                    ],
                },
            },
        },
    )


# Mail


def report_mail() -> Json:
    """How reports are mailed: over TLS or not at all, given up after six hours, and never tracked."""
    properties = {
        "DeliveryOptions": {"TlsPolicy": "REQUIRE", "MaxDeliverySeconds": MAIL_SECONDS},
        "ReputationOptions": {"ReputationMetricsEnabled": True},
        "SendingOptions": {"SendingEnabled": True},
        # No TrackingOptions: without them SES neither counts openings nor rewrites links. And nothing is put
        # on the account's suppression list: one wrong bounce must not silence an agency's inbox.
        "SuppressionOptions": {"SuppressedReasons": []},
        "VdmOptions": {
            "DashboardOptions": {"EngagementMetrics": "DISABLED"},
            "GuardianOptions": {"OptimizedSharedDelivery": "DISABLED"},
        },
    }
    return _resources(ReportMail={"Type": "AWS::SES::ConfigurationSet", "Properties": properties})


# Functions


def logs() -> Json:
    """A log group for each function, named by CloudFormation: a name from the function's would be a cycle."""
    group = {"Type": "AWS::Logs::LogGroup", "DeletionPolicy": "Delete", "UpdateReplacePolicy": "Delete"}
    return _resources(
        **{
            function.log_group: group | {"Properties": {"RetentionInDays": LOG_DAYS}}
            for function in FUNCTIONS
        }
    )


def function_settings() -> Json:
    """Each function's own environment and log group."""
    return _resources(**{function.resource: {"Properties": _settings(function)} for function in FUNCTIONS})


def _settings(function: Function) -> Json:
    settings: Json = {"LoggingConfig": {"LogGroup": {"Ref": function.log_group}}}
    if function.environment:
        settings["Environment"] = {"Variables": dict(function.environment)}
    if function.every:
        # A schedule calls again anyway: Lambda's own second and third try would only overlap with it.
        settings["EventInvokeConfig"] = {"MaximumRetryAttempts": 0, "MaximumEventAgeInSeconds": 60}
    return settings


# HTTP


def api(site: Site) -> Json:
    """Every method of every path goes to a function, so that its pages answer what nobody foresaw."""
    refuse_clashes(site.routes)
    missing = {path for function in FUNCTIONS for path in function.paths} - set(site.routes)
    if missing:
        raise PathsClash(f"app.py has no route for {', '.join(sorted(missing))}")
    return _resources(
        RestAPI={
            "Properties": {
                "DefinitionBody": {
                    "x-amazon-apigateway-binary-media-types": ["*/*"],
                    "x-amazon-apigateway-gateway-responses": _gateway_responses(site),
                    "paths": {path: _methods(path, declared) for path, declared in site.routes.items()},
                },
                # Without this, SAM makes a second stage, called "Stage", with none of the settings below.
                "OpenApiVersion": "2.0",
                # No AccessLogSetting, and LoggingLevel OFF: nothing about a request is written anywhere.
                "MethodSettings": [
                    {
                        "ResourcePath": "/*",
                        "HttpMethod": "*",
                        "LoggingLevel": "OFF",
                        "DataTraceEnabled": False,
                        "MetricsEnabled": False,
                        "ThrottlingRateLimit": {"Ref": "RequestsPerSecond"},
                        "ThrottlingBurstLimit": {"Ref": "RequestBurst"},
                    }
                ],
            }
        }
    )


def refuse_clashes(paths: Iterable[str]) -> None:
    """Raise PathsClash for two variables side by side: API Gateway refuses them, and no linter says so.

    `/{locale}` and `/{proxy+}` cannot both be there; `/{locale}/{place}/{proxy+}` can.
    """
    variables: dict[tuple[str, ...], str] = {}
    for path in sorted(paths):
        parts = tuple(path.strip("/").split("/"))
        for depth, part in enumerate(parts):
            if part.startswith("{"):
                other = variables.setdefault(parts[:depth], part)
                if other != part:
                    under = "/" + "/".join(parts[:depth])
                    raise PathsClash(f"API Gateway refuses both {other} and {part} under {under}")


def _methods(path: str, declared: Iterable[str]) -> Json:
    """Return what a path needs beside Chalice's part: any method, and the function it is for."""
    function = next((function for function in FUNCTIONS if path in function.paths), PAGE)
    names = [part.strip("{}+") for part in path.split("/") if part.startswith("{")]
    integration: Json = {
        "type": "aws_proxy",
        "httpMethod": "POST",
        "passthroughBehavior": "when_no_match",
        "contentHandling": "CONVERT_TO_TEXT",
        "uri": {
            "Fn::Sub": "arn:${AWS::Partition}:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${"
            + function.resource
            + ".Arn}/invocations"
        },
    }
    any_method = {
        "parameters": [{"name": name, "in": "path", "required": True, "type": "string"} for name in names],
        "responses": {"200": {"description": "200 response"}},
        "x-amazon-apigateway-integration": integration,
    }
    methods: Json = {"x-amazon-apigateway-any-method": any_method}
    if function is not PAGE:
        moved = {"x-amazon-apigateway-integration": {"uri": integration["uri"]}}
        methods |= {method.lower(): moved for method in declared}
    return methods


def _gateway_responses(site: Site) -> Json:
    # Header values stand in single quotes here, and can hold none: the pages carry their policy themselves.
    headers = {name: value for name, value in site.headers.items() if "'" not in value}
    headers["Content-Type"] = "text/html; charset=utf-8"
    parameters = {f"gatewayresponse.header.{name}": f"'{value}'" for name, value in sorted(headers.items())}
    responses: Json = {}
    for name, (status, problem) in gateway_pages.ANSWERS.items():
        page = gateway_pages.page(problem, site.hotline)
        # API Gateway picks a template by what the browser accepts, and takes JSON's when unsure.
        templates = {"text/html": page, "application/json": page}
        responses[name] = {"responseParameters": parameters, "responseTemplates": templates}
        if status is not None:
            responses[name]["statusCode"] = status
    return responses


def reporter_permission() -> Json:
    """Let the API call the functions its paths point at; Chalice lets it call the page function only."""
    return _resources(
        **{
            f"{function.resource}InvokePermission": {
                "Type": "AWS::Lambda::Permission",
                "Properties": {
                    "FunctionName": {"Ref": function.resource},
                    "Action": "lambda:InvokeFunction",
                    "Principal": "apigateway.amazonaws.com",
                    "SourceArn": {
                        "Fn::Sub": "arn:${AWS::Partition}:execute-api:${AWS::Region}:${AWS::AccountId}"
                        ":${RestAPI}/*"
                    },
                },
            }
            for function in FUNCTIONS
            if function.paths
        }
    )


# The edge


def edge(site: Site) -> Json:
    """CloudFront: a page for a minute, the form never; no log; the bucket's copy when the functions fail."""
    return _resources(
        Edge={
            "Type": "AWS::CloudFront::Distribution",
            "Properties": {"DistributionConfig": _distribution()},
            # CertificateArn may be empty, and is not used then.
            "Metadata": {"cfn-lint": {"config": {"ignore_checks": ["W1030"]}}},
        },
        PagesAccess={
            "Type": "AWS::CloudFront::OriginAccessControl",
            "Properties": {
                "OriginAccessControlConfig": {
                    "Name": {"Fn::Sub": "${AWS::StackName}-pages"},
                    "OriginAccessControlOriginType": "s3",
                    "SigningBehavior": "always",
                    "SigningProtocol": "sigv4",
                }
            },
        },
        PageCache=_cache_policy("pages", languages=False),
        FrontCache=_cache_policy("front", languages=True),
        ToFunctions=_request_policy(),
        PageHeaders=_headers_policy(site.headers),
    )


def _distribution() -> Json:
    pages = {
        "TargetOriginId": "functions-then-bucket",
        "ViewerProtocolPolicy": "redirect-to-https",
        "AllowedMethods": _READ,
        "CachedMethods": _READ,
        "Compress": True,
        "OriginRequestPolicyId": {"Ref": "ToFunctions"},
        "ResponseHeadersPolicyId": {"Ref": "PageHeaders"},
    }
    form = {
        "TargetOriginId": "functions",
        "ViewerProtocolPolicy": "redirect-to-https",
        "AllowedMethods": _ANY,
        "CachedMethods": _READ,
        "Compress": True,
        "CachePolicyId": _CACHING_DISABLED,
        "OriginRequestPolicyId": {"Ref": "ToFunctions"},
    }
    return {
        "Enabled": True,
        "HttpVersion": "http2and3",
        "IPV6Enabled": True,
        "PriceClass": "PriceClass_100",
        "Aliases": {"Fn::If": ["HasDomain", [{"Ref": "DomainName"}], {"Ref": "AWS::NoValue"}]},
        "ViewerCertificate": {
            "Fn::If": [
                "HasDomain",
                {
                    "AcmCertificateArn": {"Ref": "CertificateArn"},
                    "SslSupportMethod": "sni-only",
                    "MinimumProtocolVersion": "TLSv1.2_2021",
                },
                {"CloudFrontDefaultCertificate": True},
            ]
        },
        "Origins": [_functions_origin(), _bucket_origin()],
        "OriginGroups": {
            "Quantity": 1,
            "Items": [
                {
                    "Id": "functions-then-bucket",
                    "FailoverCriteria": {"StatusCodes": {"Quantity": 4, "Items": [500, 502, 503, 504]}},
                    "Members": {"Quantity": 2, "Items": [{"OriginId": "functions"}, {"OriginId": "bucket"}]},
                }
            ],
        },
        "DefaultCacheBehavior": pages | {"CachePolicyId": {"Ref": "PageCache"}},
        "CacheBehaviors": [form | {"PathPattern": pattern} for pattern in uncached_patterns()]
        + [pages | {"PathPattern": "/", "CachePolicyId": {"Ref": "FrontCache"}}],
        # An error is nobody's page: the next visitor asks anew.
        "CustomErrorResponses": [
            {"ErrorCode": code, "ErrorCachingMinTTL": 0} for code in (400, 403, 404, 405, 500, 502, 503, 504)
        ],
    }


def uncached_patterns() -> list[str]:
    """Return CloudFront's patterns for every path that is not a page, with and without a last slash."""
    patterns = []
    for path in (path for function in FUNCTIONS for path in function.paths):
        pattern = "/".join("*" if part.startswith("{") else part for part in path.split("/"))
        patterns += [pattern, pattern + "/"]
    return patterns


def _functions_origin() -> Json:
    return {
        "Id": "functions",
        "DomainName": {"Fn::Sub": "${RestAPI}.execute-api.${AWS::Region}.${AWS::URLSuffix}"},
        "OriginPath": "/api",
        "CustomOriginConfig": {
            "OriginProtocolPolicy": "https-only",
            "OriginSSLProtocols": ["TLSv1.2"],
            "OriginReadTimeout": 30,
        },
        "ConnectionAttempts": 2,
        "ConnectionTimeout": 5,
    }


def _bucket_origin() -> Json:
    return {
        "Id": "bucket",
        "DomainName": {"Fn::GetAtt": ["Pages", "RegionalDomainName"]},
        "OriginPath": STATIC_COPY,
        "OriginAccessControlId": {"Ref": "PagesAccess"},
        "S3OriginConfig": {"OriginAccessIdentity": ""},
    }


def _cache_policy(name: str, *, languages: bool) -> Json:
    # Browsers are told no-store. A minimum above zero makes the edge keep a page all the same.
    headers: Json = {"HeaderBehavior": "none"}
    if languages:
        headers = {"HeaderBehavior": "whitelist", "Headers": ["Accept-Language"]}
    return {
        "Type": "AWS::CloudFront::CachePolicy",
        "Properties": {
            "CachePolicyConfig": {
                "Name": {"Fn::Sub": "${AWS::StackName}-" + name},
                "MinTTL": EDGE_SECONDS,
                "DefaultTTL": EDGE_SECONDS,
                "MaxTTL": EDGE_SECONDS,
                "ParametersInCacheKeyAndForwardedToOrigin": {
                    "CookiesConfig": {"CookieBehavior": "none"},
                    "HeadersConfig": headers,
                    "QueryStringsConfig": {"QueryStringBehavior": "none"},
                    "EnableAcceptEncodingGzip": True,
                    # Pages are kept gzipped: brotli would only split the cache.
                    "EnableAcceptEncodingBrotli": False,
                },
            }
        },
    }


def _request_policy() -> Json:
    """Pass the functions what they read, and nothing that tells who asks: no user agent, cookie or query."""
    return {
        "Type": "AWS::CloudFront::OriginRequestPolicy",
        "Properties": {
            "OriginRequestPolicyConfig": {
                "Name": {"Fn::Sub": "${AWS::StackName}-to-functions"},
                "CookiesConfig": {"CookieBehavior": "none"},
                "HeadersConfig": {
                    "HeaderBehavior": "whitelist",
                    "Headers": ["Accept-Language", "Content-Type"],
                },
                "QueryStringsConfig": {"QueryStringBehavior": "none"},
            }
        },
    }


def _headers_policy(headers: Mapping[str, str]) -> Json:
    """The pages' headers, for answers that come without them: the bucket's. A function's own win.

    Cache-Control always says no-store: the bucket's objects say nothing of it.
    """
    return {
        "Type": "AWS::CloudFront::ResponseHeadersPolicy",
        "Properties": {
            "ResponseHeadersPolicyConfig": {
                "Name": {"Fn::Sub": "${AWS::StackName}-pages"},
                "SecurityHeadersConfig": {
                    "ContentSecurityPolicy": {
                        "ContentSecurityPolicy": headers["Content-Security-Policy"],
                        "Override": False,
                    },
                    "ContentTypeOptions": {"Override": True},
                    "FrameOptions": {"FrameOption": headers["X-Frame-Options"], "Override": True},
                    "ReferrerPolicy": {"ReferrerPolicy": headers["Referrer-Policy"], "Override": True},
                    "StrictTransportSecurity": {"AccessControlMaxAgeSec": 31536000, "Override": True},
                },
                "CustomHeadersConfig": {
                    "Items": [
                        {"Header": name, "Value": headers[name], "Override": True}
                        for name in (
                            "Cache-Control",
                            "Cross-Origin-Opener-Policy",
                            "Cross-Origin-Resource-Policy",
                            "Permissions-Policy",
                            "X-DNS-Prefetch-Control",
                        )
                    ]
                },
            }
        },
    }


# Alarms


def alarms() -> Json:
    """Mail to the operator when reports may be stuck, or visitors see errors."""
    resources: Json = {
        "Alarms": {
            "Type": "AWS::SNS::Topic",
            "Properties": {"Subscription": [{"Protocol": "email", "Endpoint": {"Ref": "OperatorAddress"}}]},
        },
        # What waits over two hours, a stopped mail service, a refused mail: our code logs one line each.
        "RaisedByUs": _alarm("Porchlight raised an alarm: its logs say which, by our own ids.", _OWN),
        "ApiErrors": _alarm(
            "Visitors got five or more server errors in five minutes.", _API_ERRORS, at_least=5
        ),
    }
    for function in FUNCTIONS:
        resources[function.named("Errors")] = _alarm(f"{function.work} failed.", _lambda("Errors", function))
        if function.every:
            resources[function.named("Silent")] = _silent(function)
        if function is not PAGE:
            resources[function.named("RaisedByUs")] = _raised_in_log(function)
    return _resources(**resources)


_OWN: Json = {
    "Namespace": {"Fn::Sub": "Porchlight/${AWS::StackName}"},
    "MetricName": "Alarms",
    "Dimensions": [],
}
_API_ERRORS: Json = {
    "Namespace": "AWS/ApiGateway",
    "MetricName": "5XXError",
    # Chalice gives the API the app's name.
    "Dimensions": [{"Name": "ApiName", "Value": "porchlight"}, {"Name": "Stage", "Value": "api"}],
}


def _lambda(metric: str, function: Function) -> Json:
    return {
        "Namespace": "AWS/Lambda",
        "MetricName": metric,
        "Dimensions": [{"Name": "FunctionName", "Value": {"Ref": function.resource}}],
    }


def _alarm(description: str, metric: Json, at_least: int = 1) -> Json:
    properties = {
        "AlarmDescription": description,
        "AlarmActions": [{"Ref": "Alarms"}],
        "Statistic": "Sum",
        "Period": 300,
        "EvaluationPeriods": 1,
        "ComparisonOperator": "GreaterThanOrEqualToThreshold",
        "Threshold": at_least,
        "TreatMissingData": "notBreaching",
    }
    return {"Type": "AWS::CloudWatch::Alarm", "Properties": properties | metric}


def _silent(function: Function) -> Json:
    """Raise an alarm when a schedule's function did not run for three beats, or fifteen minutes."""
    alarm = _alarm(f"{function.work} has stopped: nothing ran it.", _lambda("Invocations", function))
    alarm["Properties"] |= {
        "OKActions": [{"Ref": "Alarms"}],
        "Period": max(300, function.every),
        "EvaluationPeriods": 3,
        "ComparisonOperator": "LessThanThreshold",
        "TreatMissingData": "breaching",
    }
    return alarm


def _raised_in_log(function: Function) -> Json:
    metric = {"MetricNamespace": _OWN["Namespace"], "MetricName": _OWN["MetricName"], "MetricValue": "1"}
    return {
        "Type": "AWS::Logs::MetricFilter",
        "Properties": {
            "LogGroupName": {"Ref": function.log_group},
            "FilterPattern": '"alarm"',
            "MetricTransformations": [metric],
        },
    }


# Outputs


def outputs() -> Json:
    """What an operator needs after a deploy."""
    return {
        "Outputs": {
            "SiteAddress": {
                "Description": "Where the site is; point DomainName's DNS at the host.",
                "Value": {"Fn::Sub": "https://${Edge.DomainName}/"},
            },
            "PagesBucket": {"Description": "Where published pages are kept.", "Value": {"Ref": "Pages"}},
            "ReportsTable": {"Description": "The table of sealed reports.", "Value": {"Ref": "Reports"}},
            "ReporterSecretArn": {
                "Description": "The secret that a key rotation writes the desk's public key to.",
                "Value": {"Ref": "ReporterSecret"},
            },
            "DeskKeysSecretArn": {
                "Description": "The secret that a key rotation writes the desk's private keys to.",
                "Value": {"Ref": "DeskKeysSecret"},
            },
        }
    }


def _resources(**resources: Json) -> Json:
    return {"Resources": resources}


def _kept(kind: str, properties: Json) -> Json:
    """A resource that outlives the stack: deleting a stack by mistake must not lose a report."""
    return {
        "Type": kind,
        "DeletionPolicy": "Retain",
        "UpdateReplacePolicy": "Retain",
        "Properties": properties,
    }
