"""The API: which path reaches which function, and what the API answers by itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from tools.aws.template.parts import Json, resources
from tools.build import gateway_pages
from tools.build.functions import CODES, FUNCTIONS, PAGE


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


def api(site: Site) -> Json:
    """Every method of every path goes to a function, so that its pages answer what nobody foresaw."""
    refuse_clashes(site.routes)
    missing = {path for function in FUNCTIONS for path in function.paths} - set(site.routes)
    if missing:
        raise PathsClash(f"app.py has no route for {', '.join(sorted(missing))}")
    return resources(
        RestAPI={
            "Properties": {
                # Two stacks in one account would else share a name, and with it their figures.
                "Name": {"Ref": "AWS::StackName"},
                "DefinitionBody": {
                    "x-amazon-apigateway-binary-media-types": ["*/*"],
                    "x-amazon-apigateway-gateway-responses": _gateway_responses(site),
                    "paths": {path: _methods(path, declared) for path, declared in site.routes.items()},
                },
                # Without this, SAM makes a second stage, called "Stage", with none of the settings below.
                "OpenApiVersion": "2.0",
                "MethodSettings": [
                    _limit("/*", "*", "RequestsPerSecond"),
                    # Each method of a path has a limit of its own: this one holds back nothing but codes.
                    *(_limit(path, "POST", "CodesPerSecond") for path in CODES.paths),
                ],
            }
        }
    )


def _limit(path: str, method: str, rate: str) -> Json:
    """Throttle a method by a parameter of the stack. AWS writes a path's inner slashes as "~1"."""
    return {
        "ResourcePath": path if path == "/*" else "/" + path.replace("/", "~1"),
        "HttpMethod": method,
        # No AccessLogSetting, and LoggingLevel OFF: nothing about a request is written anywhere.
        "LoggingLevel": "OFF",
        "DataTraceEnabled": False,
        "MetricsEnabled": False,
        "ThrottlingRateLimit": {"Ref": rate},
        "ThrottlingBurstLimit": {"Ref": "RequestBurst"},
    }


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
    function = next((function for function in FUNCTIONS if function.answers(path)), PAGE)
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


def permissions() -> Json:
    """Let the API call the functions its paths point at; Chalice lets it call the page function only."""
    return resources(
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
