"""CloudFront: what it keeps, what it passes on, and what it serves when the functions fail."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from chalicelib.pages.page_files import HSDS as HSDS_FILES
from tools.aws.template.http import Site
from tools.aws.template.parts import STATIC_COPY, Json, resources
from tools.build.functions import (
    ACCESS,
    ADMIN,
    CODES,
    HSDS,
    REPORTER,
    Function,
)

EDGE_SECONDS = 60
DESK_COOKIES = ("__Host-desk", "__Host-door", "__Host-known")
ACCESS_COOKIES = ("__Secure-access", "__Secure-access-door", "__Secure-access-known")
_OF_DESK = ("Content-Type", "Origin", "Sec-Fetch-Site")

# AWS's own cache policies, the same in every account. This one keeps nothing at the edge.
_CACHING_DISABLED = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
# The same: a release never changes, and may be kept for as long as its objects say.
_CACHING_OPTIMIZED = "658327ea-f89d-4fab-a63d-7e88639e58f6"
# The same: any site's script may read what comes back.
_CORS_SIMPLE = "60669652-455b-4ae9-85a4-c4c02393f86c"
_READ = ["GET", "HEAD"]
_ASK = ["GET", "HEAD", "OPTIONS"]
_ANY = ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"]
# Where somebody looks for a place: a page, which the edge keeps, and a POST, of which it keeps nothing.
SEARCHES = ("/*/places", "/*/places/")


def edge(site: Site) -> Json:
    """CloudFront: a page for a minute, the form never; no log; the bucket's copy when the functions fail."""
    return resources(
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
        PageCache=_cache_policy("pages", EDGE_SECONDS),
        FrontCache=_cache_policy("front", EDGE_SECONDS, headers=["Accept-Language"]),
        FormsNotKept=_cache_policy("forms", 0),
        # A minimum of 0: what is refused says no-store. Every parameter is in the key and passed on: the
        # function refuses those it does not know, and a list here has ten at most, of fifteen.
        HsdsCache=_cache_policy("hsds", 0, headers=["Accept-Language"], queries=True, most=EDGE_SECONDS),
        # Everything that an answer may depend on is in the key: nobody's screen could be anybody else's.
        DeskNotKept=_cache_policy("desk", 0, cookies=DESK_COOKIES, queries=True),
        AccessNotKept=_cache_policy("access", 0, cookies=ACCESS_COOKIES, queries=True),
        ToFunctions=_request_policy("to-functions", ["Accept-Language"]),
        ToForms=_request_policy("to-forms", ["Accept-Language", "Content-Type"]),
        ToDesk=_request_policy("to-desk", _OF_DESK, DESK_COOKIES, queries=True),
        # Neither of the two is handed the other's cookies.
        ToAccess=_request_policy("to-access", _OF_DESK, ACCESS_COOKIES, queries=True),
        PageHeaders=_headers_policy(site.headers),
    )


def published() -> Json:
    """Where the functions fetch what was published: plain HTTPS, while the bucket itself stays private.

    A distribution of its own, because the functions that read its name answer for the other one. It is not
    secret: whoever learns the name can read the pages, and the documents that they were made from.
    """
    live: Json = {
        "TargetOriginId": "bucket",
        "ViewerProtocolPolicy": "https-only",
        "AllowedMethods": _READ,
        "CachedMethods": _READ,
        "CachePolicyId": _CACHING_DISABLED,
    }
    release = {**live, "PathPattern": "/releases/*", "CachePolicyId": _CACHING_OPTIMIZED}
    # Where /hsds/export.json leads.
    hsds = {**release, "PathPattern": f"/{HSDS_FILES}*", "ResponseHeadersPolicyId": _CORS_SIMPLE}
    config = {
        "Enabled": True,
        "HttpVersion": "http2",
        "IPV6Enabled": True,
        "PriceClass": "PriceClass_100",
        "ViewerCertificate": {"CloudFrontDefaultCertificate": True},
        "Origins": [_bucket_origin("")],
        "DefaultCacheBehavior": live,
        "CacheBehaviors": [hsds, release],
        "CustomErrorResponses": [{"ErrorCode": code, "ErrorCachingMinTTL": 0} for code in (403, 404, 503)],
    }
    properties = {"DistributionConfig": config}
    return resources(Published={"Type": "AWS::CloudFront::Distribution", "Properties": properties})


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
    never_kept = {
        "TargetOriginId": "functions",
        "ViewerProtocolPolicy": "redirect-to-https",
        "AllowedMethods": _ANY,
        "CachedMethods": _READ,
        "Compress": True,
    }
    uncached = [
        never_kept
        | {
            "PathPattern": pattern,
            "CachePolicyId": {"Ref": f"{part}NotKept"},
            "OriginRequestPolicyId": {"Ref": f"To{part}"},
        }
        for function, part in ((ACCESS, "Access"), (ADMIN, "Desk"), (REPORTER, "Forms"), (CODES, "Forms"))
        for pattern in patterns_of(function)
    ]
    # No copy in the bucket stands in for these, and no page's headers belong to them.
    machines = {
        "TargetOriginId": "functions",
        "ViewerProtocolPolicy": "redirect-to-https",
        "AllowedMethods": _ASK,
        "CachedMethods": _READ,
        "Compress": True,
        "CachePolicyId": {"Ref": "HsdsCache"},
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
        "WebACLId": {
            "Fn::If": [
                "HasWebAcl",
                {"Ref": "WebAclArn"},
                {
                    "Fn::If": [
                        "LimitsAddresses",
                        {"Fn::GetAtt": ["EdgeRules", "Arn"]},
                        {"Ref": "AWS::NoValue"},
                    ]
                },
            ]
        },
        "Origins": [_functions_origin(), _bucket_origin(STATIC_COPY)],
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
        "CacheBehaviors": [
            *uncached,
            *(
                # Not the group: it passes on no POST. So the list of states, which needs its copy when the
                # functions fail, has an address of its own behind these, and links lead to that.
                pages
                | {
                    "PathPattern": pattern,
                    "TargetOriginId": "functions",
                    "AllowedMethods": _ANY,
                    "CachePolicyId": {"Ref": "PageCache"},
                    "OriginRequestPolicyId": {"Ref": "ToForms"},
                }
                for pattern in SEARCHES
            ),
            *(machines | {"PathPattern": pattern} for pattern in patterns_of(HSDS)),
            pages | {"PathPattern": "/", "CachePolicyId": {"Ref": "FrontCache"}},
        ],
        # An error is nobody's page: the next visitor asks anew.
        "CustomErrorResponses": [
            {"ErrorCode": code, "ErrorCachingMinTTL": 0} for code in (400, 403, 404, 405, 500, 502, 503, 504)
        ],
    }


def rules() -> Json:
    """Hold back an address that asks too often, if the operator wants that. Nothing of a request is kept."""
    unseen = {"SampledRequestsEnabled": False, "CloudWatchMetricsEnabled": False}
    limit = {
        "Name": "too-many-from-one-address",
        "Priority": 0,
        "Action": {"Block": {}},
        "Statement": {
            "RateBasedStatement": {"AggregateKeyType": "IP", "Limit": {"Ref": "RequestsPerAddress"}}
        },
        "VisibilityConfig": {"MetricName": "TooManyFromOneAddress", **unseen},
    }
    properties = {
        "Scope": "CLOUDFRONT",
        "DefaultAction": {"Allow": {}},
        "Rules": [limit],
        "VisibilityConfig": {"MetricName": "Edge", **unseen},
    }
    return resources(
        EdgeRules={"Type": "AWS::WAFv2::WebACL", "Condition": "LimitsAddresses", "Properties": properties}
    )


def patterns_of(function: Function) -> list[str]:
    """Return CloudFront's patterns for a function's paths, with and without a last slash."""
    patterns = []
    for path in function.paths:
        pattern = "/".join("*" if part.startswith("{") else part for part in path.split("/"))
        patterns += [pattern] if path.endswith("+}") else [pattern, pattern + "/"]
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


def _bucket_origin(folder: str) -> Json:
    return {
        "Id": "bucket",
        "DomainName": {"Fn::GetAtt": ["Pages", "RegionalDomainName"]},
        "OriginPath": folder,
        "OriginAccessControlId": {"Ref": "PagesAccess"},
        "S3OriginConfig": {"OriginAccessIdentity": ""},
    }


def _cache_policy(
    name: str,
    seconds: int,
    *,
    headers: Sequence[str] = (),
    cookies: Sequence[str] = (),
    queries: bool = False,
    most: int = 1,
) -> Json:
    """Keep what is the same for everybody for some seconds, or with 0 nothing: every answer says no-store.

    With a `most`, what says for how long it may be kept is kept so long, at most.

    Pages tell browsers no-store too; a minimum above zero makes the edge keep them all the same. With a
    minimum of 0 it obeys. AWS's own policy that keeps nothing will not do: under it the functions are never
    told that a browser takes packed answers, and no other policy may tell them.
    """
    return {
        "Type": "AWS::CloudFront::CachePolicy",
        "Properties": {
            "CachePolicyConfig": {
                "Name": {"Fn::Sub": "${AWS::StackName}-" + name},
                "MinTTL": seconds,
                "DefaultTTL": seconds,
                "MaxTTL": max(most, seconds),  # with 0 here it would be a policy that knows no packing
                "ParametersInCacheKeyAndForwardedToOrigin": {
                    "CookiesConfig": _named("Cookie", "Cookies", cookies),
                    "HeadersConfig": _named("Header", "Headers", headers),
                    "QueryStringsConfig": {"QueryStringBehavior": "all" if queries else "none"},
                    "EnableAcceptEncodingGzip": True,
                    # CloudFront makes "br,gzip", "gzip" or nothing of what a browser says, tells that to the
                    # function, and keeps a page for each: two copies at most places, a fifth less to send.
                    "EnableAcceptEncodingBrotli": True,
                },
            }
        },
    }


def _named(kind: str, member: str, names: Sequence[str]) -> Json:
    if not names:
        return {f"{kind}Behavior": "none"}
    return {f"{kind}Behavior": "whitelist", member: list(names)}


def _request_policy(
    name: str, headers: Sequence[str], cookies: Sequence[str] = (), *, queries: bool = False
) -> Json:
    """Pass the functions what they read, and nothing that tells who asks: never the user agent.

    CloudFront takes neither Accept-Encoding nor Authorization here.
    """
    return {
        "Type": "AWS::CloudFront::OriginRequestPolicy",
        "Properties": {
            "OriginRequestPolicyConfig": {
                "Name": {"Fn::Sub": "${AWS::StackName}-" + name},
                "CookiesConfig": _named("Cookie", "Cookies", cookies),
                "HeadersConfig": _named("Header", "Headers", headers),
                "QueryStringsConfig": {"QueryStringBehavior": "all" if queries else "none"},
            }
        },
    }


def _headers_policy(headers: Mapping[str, str]) -> Json:
    """The pages' headers, for the bucket's answers, which come without them and with some of S3's own.

    But not the content policy: each page in the bucket carries the one that it was made with.
    """
    return {
        "Type": "AWS::CloudFront::ResponseHeadersPolicy",
        "Properties": {
            "ResponseHeadersPolicyConfig": {
                "Name": {"Fn::Sub": "${AWS::StackName}-pages"},
                "SecurityHeadersConfig": {
                    "ContentTypeOptions": {"Override": True},
                    "FrameOptions": {"FrameOption": headers["X-Frame-Options"], "Override": True},
                    "ReferrerPolicy": {"ReferrerPolicy": headers["Referrer-Policy"], "Override": True},
                    "StrictTransportSecurity": {"AccessControlMaxAgeSec": 31536000, "Override": True},
                },
                # By these a browser could ask later whether it has been here before.
                "RemoveHeadersConfig": {"Items": [{"Header": name} for name in ("ETag", "Last-Modified")]},
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
