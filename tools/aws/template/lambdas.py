"""Each function's environment and log."""

from __future__ import annotations

import json

from chalicelib.wiring.events import KEEP_WARM, ON_THE_HOUR
from tools.aws.template.parts import Json, resources
from tools.build.functions import FUNCTIONS, Function

LOG_DAYS = 30
READERS_AT_ONCE = 5  # of a queue: what comes faster waits in it, and takes no runs away from readers


def logs() -> Json:
    """A log group for each function, named by CloudFormation: a name from the function's would be a cycle."""
    group = {"Type": "AWS::Logs::LogGroup", "DeletionPolicy": "Delete", "UpdateReplacePolicy": "Delete"}
    return resources(
        **{
            function.log_group: group | {"Properties": {"RetentionInDays": LOG_DAYS}}
            for function in FUNCTIONS
            if function.may_log
        }
    )


def function_settings() -> Json:
    """Each function's own handler, environment and log group."""
    return resources(**{function.resource: {"Properties": _settings(function)} for function in FUNCTIONS})


def _settings(function: Function) -> Json:
    settings: Json = {"Handler": function.handler}
    if function.may_log:
        settings["LoggingConfig"] = {"LogGroup": {"Ref": function.log_group}}
    if function.environment:
        settings["Environment"] = {"Variables": dict(function.environment)}
    if function.every or function.warm or function.clock:
        # A schedule calls again anyway: Lambda's own second and third try would only overlap with it. And no
        # queue keeps a call that failed: it says nothing that the next one does not, and one left lying there
        # would hide the next. That a run failed, or that none came, are alarms of their own.
        settings["EventInvokeConfig"] = {"MaximumRetryAttempts": 0, "MaximumEventAgeInSeconds": 60}
    if function.reserved:
        reserved = {"Fn::If": ["ReservesRuns", function.reserved, {"Ref": "AWS::NoValue"}]}
        settings["ReservedConcurrentExecutions"] = reserved
    if function.queue:
        settings |= _events_of(function)
    return settings


def started_unasked() -> Json:
    """A schedule for each function that answers the API and is started besides, and its permission.

    One keeps a function warm before anybody waits for it, one is a clock. None is of Chalice's: its event
    would be another than what the function gets from the API.
    """
    found: Json = {}
    for function in FUNCTIONS:
        found |= _schedule(function, "Warm", function.warm, KEEP_WARM)
        found |= _schedule(function, "Clock", function.clock, ON_THE_HOUR)
    return resources(**found)


def _schedule(function: Function, name: str, minutes: int, event: Json) -> Json:
    """Return a schedule that sends a constant event every so many minutes; nothing for 0."""
    found: Json = {}
    if minutes:
        target = {"Fn::GetAtt": [function.resource, "Arn"]}
        rule, permission = function.named(name), function.named(f"{name}Permission")
        found[rule] = {
            "Type": "AWS::Events::Rule",
            "Properties": {
                "ScheduleExpression": f"rate({minutes} minutes)",
                "Targets": [{"Id": function.name, "Arn": target, "Input": json.dumps(event)}],
            },
        }
        found[permission] = {
            "Type": "AWS::Lambda::Permission",
            "Properties": {
                "FunctionName": {"Ref": function.resource},
                "Action": "lambda:InvokeFunction",
                "Principal": "events.amazonaws.com",
                "SourceArn": {"Fn::GetAtt": [rule, "Arn"]},
            },
        }
    return found


def _events_of(function: Function) -> Json:
    """Move Chalice's trigger to the stack's own queue; of a batch, only what failed comes again."""
    trigger = {
        # The same intrinsic as Chalice's own: a merge adds keys to a dict, and takes none away.
        "Queue": {"Fn::Sub": "${" + function.queue + ".Arn}"},
        "FunctionResponseTypes": ["ReportBatchItemFailures"],
        # No more readers than runs are kept for it: one that gets none counts as a try of its message.
        "ScalingConfig": {"MaximumConcurrency": function.reserved or READERS_AT_ONCE},
    }
    if function.read_when:
        trigger["Enabled"] = {"Fn::If": [function.read_when, True, False]}
    return {"Events": {function.named("SqsEventSource"): {"Properties": trigger}}}
