"""What is mailed to the operator."""

from __future__ import annotations

from tools.aws.template.parts import Json, resources
from tools.build.functions import FUNCTIONS, PAGE, Function


def alarms() -> Json:
    """Mail to the operator when reports may be stuck, or visitors see errors."""
    found: Json = {
        "Alarms": {
            "Type": "AWS::SNS::Topic",
            "Properties": {"Subscription": [{"Protocol": "email", "Endpoint": {"Ref": "OperatorAddress"}}]},
        },
        # What waits over two hours, a stopped mail service, a refused mail: our code logs one line each.
        "RaisedByUs": _alarm("Porchlight raised an alarm: its logs say which, by our own ids.", _OWN),
        "ApiErrors": _alarm(
            "Visitors got five or more server errors in five minutes.", _API_ERRORS, at_least=5
        ),
        "ReportsWait": _alarm(
            "A report has waited for a quarter of an hour to be mailed.",
            _figure("OldestDueSeconds"),
            at_least=900,
        ),
        "NobodyReached": _alarm(
            "No recipient's mail server has taken a report, hours after it came in.",
            _figure("ReachedNobody") | {"Period": 3600},
        ),
        "NoticesSetAside": _alarm(
            "A notice of what became of a mail could not be read: it waits in the queue of failed ones.",
            _waiting_in("NoticesFailed"),
        ),
        "JobsSetAside": _alarm(
            "Checks or a publish were given up after several tries: the desk says so.",
            _waiting_in("JobsFailed"),
        ),
        "RepliesSetAside": _when_on(
            _alarm(
                "A reply could not be taken: it waits, unread, for two weeks at most.",
                _waiting_in("RepliesFailed"),
            )
        ),
        "RepliesWait": _when_on(
            _alarm(
                "A reply has waited for a quarter of an hour to be taken: until then it is not sealed.",
                _waiting_in("Replies") | {"MetricName": "ApproximateAgeOfOldestMessage"},
                at_least=900,
            )
        ),
    }
    for function in FUNCTIONS:
        found[function.named("Errors")] = _alarm(f"{function.work} failed.", _lambda("Errors", function))
        if function.every:
            found[function.named("Silent")] = _silent(function)
        if function is not PAGE and function.may_log:
            found[function.named("RaisedByUs")] = _raised_in_log(function)
    return resources(**found)


_OWN: Json = {
    "Namespace": {"Fn::Sub": "Porchlight/${AWS::StackName}"},
    "MetricName": "Alarms",
    "Dimensions": [],
}
_API_ERRORS: Json = {
    "Namespace": "AWS/ApiGateway",
    "MetricName": "5XXError",
    "Dimensions": [
        {"Name": "ApiName", "Value": {"Ref": "AWS::StackName"}},
        {"Name": "Stage", "Value": "api"},
    ],
}


def _when_on(alarm: Json) -> Json:
    return {"Condition": "HasReplies", **alarm}


def _figure(name: str) -> Json:
    """Return one of the figures that delivery/adapters/metrics.py writes, at its worst."""
    return {
        "Namespace": "Porchlight",
        "MetricName": name,
        "Dimensions": [{"Name": "Stage", "Value": {"Ref": "Stage"}}],
        "Statistic": "Maximum",
    }


def _waiting_in(queue: str) -> Json:
    return {
        "Namespace": "AWS/SQS",
        "MetricName": "ApproximateNumberOfMessagesVisible",
        "Dimensions": [{"Name": "QueueName", "Value": {"Fn::GetAtt": [queue, "QueueName"]}}],
        "Statistic": "Maximum",
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


def budget() -> Json:
    """Mail to the operator when a month costs more than they meant to spend, or looks as if it will.

    It counts the whole account, which is the site's own. AWS looks some three times a day, so it stops
    nothing: a flood is held back by the rate limits.
    """

    def mailed(kind: str, percent: int) -> Json:
        return {
            "Notification": {
                "NotificationType": kind,
                "ComparisonOperator": "GREATER_THAN",
                "Threshold": percent,
                "ThresholdType": "PERCENTAGE",
            },
            "Subscribers": [{"SubscriptionType": "EMAIL", "Address": {"Ref": "OperatorAddress"}}],
        }

    properties = {
        "Budget": {
            # No name: with one of ours, AWS could not replace it when its notifications change.
            "BudgetType": "COST",
            "TimeUnit": "MONTHLY",
            "BudgetLimit": {"Amount": {"Ref": "MonthlyBudget"}, "Unit": "USD"},
        },
        "NotificationsWithSubscribers": [mailed("ACTUAL", 80), mailed("FORECASTED", 100)],
    }
    return resources(
        Spending={"Type": "AWS::Budgets::Budget", "Condition": "HasBudget", "Properties": properties}
    )
