"""How mail leaves, and how we learn what became of it."""

from __future__ import annotations

from tools.aws.template.parts import Json, kept, resources
from tools.build.functions import NOTE_DELIVERY

MAIL_SECONDS = 6 * 3600  # a dead inbox shows within six hours, not after SES's fourteen
TRIES = 10  # then a notice is set aside for a person to look at
QUEUE_KEEPS = 14 * 24 * 3600  # the most that SQS offers


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
    return resources(ReportMail={"Type": "AWS::SES::ConfigurationSet", "Properties": properties})


def sender() -> Json:
    """The identity that mail comes from, unless this account has it already."""
    no_copies = {"FeedbackAttributes": {"EmailForwardingEnabled": False}}  # they would quote the report
    domain = no_copies | {
        "EmailIdentity": {"Ref": "SenderIdentity"},
        "DkimAttributes": {"SigningEnabled": True},
        "DkimSigningAttributes": {"NextSigningKeyLength": "RSA_2048_BIT"},
        "MailFromAttributes": {
            "Fn::If": [
                "HasMailFrom",
                # Without its record mail stays here, rather than leave under a name that DMARC does not know.
                {"MailFromDomain": {"Ref": "MailFromDomain"}, "BehaviorOnMxFailure": "REJECT_MESSAGE"},
                {"Ref": "AWS::NoValue"},
            ]
        },
    }
    address = no_copies | {"EmailIdentity": {"Ref": "SenderIdentity"}}
    kind = "AWS::SES::EmailIdentity"
    return resources(
        SenderDomain={"Condition": "MakesDomain", **kept(kind, domain)},
        SenderMailbox={"Condition": "MakesAddress", **kept(kind, address)},
    )


# What became of each mail: SES -> NoticesTopic -> Notices -> note_delivery


def notices() -> Json:
    """How we learn what became of a mail: through a queue, so that no notice is lost."""
    return resources(
        NoticesTopic={"Type": "AWS::SNS::Topic"},
        NoticesTopicPolicy={
            "Type": "AWS::SNS::TopicPolicy",
            "Properties": {
                "Topics": [{"Ref": "NoticesTopic"}],
                "PolicyDocument": {"Version": "2012-10-17", "Statement": [_only_ses_of_this_account()]},
            },
        },
        MailNotices={
            "Type": "AWS::SES::ConfigurationSetEventDestination",
            "DependsOn": "NoticesTopicPolicy",
            "Properties": {
                "ConfigurationSetName": {"Ref": "ReportMail"},
                "EventDestination": {
                    "Name": "notices",
                    "Enabled": True,
                    "MatchingEventTypes": ["bounce", "complaint", "delivery", "deliveryDelay", "reject"],
                    "SnsDestination": {"TopicARN": {"Ref": "NoticesTopic"}},
                },
            },
        },
        NoticesSubscription={
            "Type": "AWS::SNS::Subscription",
            "DependsOn": ["NoticesPolicy", "NoticesFailedPolicy"],
            "Properties": {
                "TopicArn": {"Ref": "NoticesTopic"},
                "Protocol": "sqs",
                "Endpoint": {"Fn::GetAtt": ["Notices", "Arn"]},
                "RawMessageDelivery": True,
                # What the topic cannot hand to the queue is set aside too, and not dropped.
                "RedrivePolicy": {"deadLetterTargetArn": {"Fn::GetAtt": ["NoticesFailed", "Arn"]}},
            },
        },
        Notices=queue(
            {
                # Six times the function's time, as AWS advises: nothing comes twice while it is worked on.
                "VisibilityTimeout": 6 * NOTE_DELIVERY.timeout,
                "RedrivePolicy": {
                    "deadLetterTargetArn": {"Fn::GetAtt": ["NoticesFailed", "Arn"]},
                    "maxReceiveCount": TRIES,
                },
            }
        ),
        NoticesFailed=queue({}),
        NoticesPolicy=_only_from("NoticesTopic", "Notices"),
        NoticesFailedPolicy=_only_from("NoticesTopic", "NoticesFailed"),
    )


def queue(properties: Json) -> Json:
    """Return a queue: encrypted, kept for fourteen days unless `properties` say otherwise."""
    fixed = {"MessageRetentionPeriod": QUEUE_KEEPS, "SqsManagedSseEnabled": True}
    return {
        "Type": "AWS::SQS::Queue",
        "DeletionPolicy": "Delete",
        "UpdateReplacePolicy": "Delete",
        "Properties": fixed | properties,
    }


def _only_ses_of_this_account() -> Json:
    return {
        "Sid": "OnlySesOfThisAccount",
        "Effect": "Allow",
        "Principal": {"Service": "ses.amazonaws.com"},
        "Action": "sns:Publish",
        "Resource": {"Ref": "NoticesTopic"},
        "Condition": {"StringEquals": {"AWS:SourceAccount": {"Ref": "AWS::AccountId"}}},
    }


def _only_from(topic: str, queue: str) -> Json:
    statement = {
        "Sid": "OnlyTheTopicSends",
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": {"Fn::GetAtt": [queue, "Arn"]},
        "Condition": {"ArnEquals": {"aws:SourceArn": {"Ref": topic}}},
    }
    properties = {
        "Queues": [{"Ref": queue}],
        "PolicyDocument": {"Version": "2012-10-17", "Statement": [statement]},
    }
    return {"Type": "AWS::SQS::QueuePolicy", "Properties": properties}
