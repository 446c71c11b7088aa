"""How replies come in: SES -> Inbound -> Replies -> take_reply. What they are is sealed there; nothing stays.

Bucket and queues are always there: they cost nothing while they are empty, and a function whose queue came
and went would need two templates. What costs something, or lets somebody in, goes by HasReplies: the key, the
alarms, reading the queue, and SES's permission to write. SES's rule itself is no part of the stack: an
account has one active set of rules, which may be somebody else's (tools/aws/receipt_rules.py).
"""

from __future__ import annotations

from tools.aws.template.mail import TRIES, queue
from tools.aws.template.parts import Json, kept, resources
from tools.build.functions import TAKE_REPLY

WHEN = "HasReplies"
PREFIX = "inbound/"
RULE = "-replies"  # after the stack's name: what SES's rule is called
KEEP_DAYS = 14  # a mail that nobody could take, as long as its message waits in a queue
KEY_WAITS_DAYS = 30  # a key that is not needed any more can be had back for so long, and costs nothing then


def inbound() -> Json:
    """The bucket that SES puts replies into, and the key that one function may open them with."""
    return resources(
        InboundKey={
            "Type": "AWS::KMS::Key",
            "Condition": WHEN,
            # Not kept: without replies it has nothing to open, and a kept one would cost a dollar for ever.
            "DeletionPolicy": "Delete",
            "UpdateReplacePolicy": "Delete",
            "Properties": {
                "Description": "What officers wrote, for the seconds until it is sealed.",
                "EnableKeyRotation": True,
                "PendingWindowInDays": KEY_WAITS_DAYS,
                "KeyPolicy": {
                    "Version": "2012-10-17",
                    "Statement": [_looked_after(), _ses_locks(), _one_function_opens()],
                },
            },
        },
        # The queue has to let it in first: S3 tries that when it is told where to send its notices.
        Inbound={"DependsOn": "RepliesPolicy", **kept("AWS::S3::Bucket", _bucket())},
        InboundPolicy={
            "Type": "AWS::S3::BucketPolicy",
            "Properties": {
                "Bucket": {"Ref": "Inbound"},
                "PolicyDocument": {
                    "Version": "2012-10-17",
                    "Statement": [_no_one_without_tls(), _nobody_else_puts(), _when_on(_ses_puts())],
                },
            },
        },
    )


def queues() -> Json:
    """The queue of keys of mails that came in, and one for those that nobody could take."""
    return resources(
        Replies=queue(
            {
                # Six times the function's time, as AWS advises: nothing comes twice while it is worked on.
                "VisibilityTimeout": 6 * TAKE_REPLY.timeout,
                "RedrivePolicy": {
                    "deadLetterTargetArn": {"Fn::GetAtt": ["RepliesFailed", "Arn"]},
                    "maxReceiveCount": TRIES,
                },
            }
        ),
        RepliesFailed=queue({}),
        RepliesPolicy={
            "Type": "AWS::SQS::QueuePolicy",
            "Properties": {
                "Queues": [{"Ref": "Replies"}],
                "PolicyDocument": {"Version": "2012-10-17", "Statement": [_only_the_bucket_sends()]},
            },
        },
    )


def _bucket() -> Json:
    """Return the bucket's properties: no versions and no log, so that what is deleted is gone at once."""
    key = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": {"Fn::GetAtt": ["InboundKey", "Arn"]}}
    return {
        "BucketEncryption": {
            "ServerSideEncryptionConfiguration": [
                # One call of the key for each mail, and none that S3 may repeat from its own memory.
                {
                    "BucketKeyEnabled": False,
                    "ServerSideEncryptionByDefault": {"Fn::If": [WHEN, key, {"SSEAlgorithm": "AES256"}]},
                }
            ]
        },
        "OwnershipControls": {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]},
        "PublicAccessBlockConfiguration": {
            "BlockPublicAcls": True,
            "BlockPublicPolicy": True,
            "IgnorePublicAcls": True,
            "RestrictPublicBuckets": True,
        },
        "LifecycleConfiguration": {
            "Rules": [
                {
                    "Id": "nobody-took-it",
                    "Status": "Enabled",
                    "ExpirationInDays": KEEP_DAYS,
                    "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 1},
                }
            ]
        },
        # By S3, and not by SES: its own notice would hold the mail's subject and addresses.
        "NotificationConfiguration": {
            "QueueConfigurations": [
                {
                    "Event": "s3:ObjectCreated:*",
                    "Queue": {"Fn::GetAtt": ["Replies", "Arn"]},
                    "Filter": {"S3Key": {"Rules": [{"Name": "prefix", "Value": PREFIX}]}},
                }
            ]
        },
    }


def _by_our_rule() -> Json:
    """Return the condition that SES acts for this account, and by this stack's rule in whatever set it is."""
    rule = "arn:${AWS::Partition}:ses:${AWS::Region}:${AWS::AccountId}:receipt-rule-set/*:receipt-rule/"
    return {
        "StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}},
        "ArnLike": {"aws:SourceArn": {"Fn::Sub": rule + "${AWS::StackName}" + RULE}},
    }


def _ses_puts() -> Json:
    return {
        "Sid": "OnlyOurRulePuts",
        "Effect": "Allow",
        "Principal": {"Service": "ses.amazonaws.com"},
        "Action": "s3:PutObject",
        "Resource": {"Fn::Sub": "${Inbound.Arn}/" + PREFIX + "*"},
        "Condition": _by_our_rule(),
    }


def _nobody_else_puts() -> Json:
    """Deny what no service of AWS does by itself: no role of this account may put a mail there."""
    return {
        "Sid": "NobodyElsePuts",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:PutObject",
        "Resource": {"Fn::Sub": "${Inbound.Arn}/*"},
        "Condition": {"Bool": {"aws:PrincipalIsAWSService": "false"}},
    }


def _no_one_without_tls() -> Json:
    return {
        "Sid": "NobodyWithoutTls",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [{"Fn::GetAtt": ["Inbound", "Arn"]}, {"Fn::Sub": "${Inbound.Arn}/*"}],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }


def _ses_locks() -> Json:
    """SES writes with it. AWS wants Decrypt too, for a mail in several parts; SES may read no object."""
    return {
        "Sid": "OurRuleLocks",
        "Effect": "Allow",
        "Principal": {"Service": "ses.amazonaws.com"},
        "Action": ["kms:Decrypt", "kms:GenerateDataKey*"],
        "Resource": "*",
        "Condition": _by_our_rule(),
    }


def _one_function_opens() -> Json:
    """One role opens, through S3 alone, and only while its own policy says so as well.

    It is known by how CloudFormation names it: its policy names the key, and the other way round as well
    would be a cycle.
    """
    role = "arn:${AWS::Partition}:iam::${AWS::AccountId}:role/${AWS::StackName}-" + TAKE_REPLY.role + "-*"
    return {
        "Sid": "OneFunctionOpens",
        "Effect": "Allow",
        "Principal": _THE_ACCOUNT,
        "Action": "kms:Decrypt",
        "Resource": "*",
        "Condition": {
            "StringEquals": {"kms:ViaService": {"Fn::Sub": "s3.${AWS::Region}.amazonaws.com"}},
            "ArnLike": {"aws:PrincipalArn": {"Fn::Sub": role}},
        },
    }


_THE_ACCOUNT: Json = {"AWS": {"Fn::Sub": "arn:${AWS::Partition}:iam::${AWS::AccountId}:root"}}


def _looked_after() -> Json:
    """Whom the account lets may look after the key, and change this policy; none of it opens anything."""
    may = ["CancelKeyDeletion", "Describe*", "Disable*", "Enable*", "Get*", "List*", "PutKeyPolicy"]
    may += ["ScheduleKeyDeletion", "TagResource", "UntagResource", "Update*"]
    return {
        "Sid": "LookedAfter",
        "Effect": "Allow",
        "Principal": _THE_ACCOUNT,
        "Action": [f"kms:{one}" for one in may],
        "Resource": "*",
    }


def _only_the_bucket_sends() -> Json:
    """S3 sends for this stack's bucket, which is known by how it is named: it waits for this policy."""
    bucket = "arn:${AWS::Partition}:s3:::${AWS::StackName}-inbound-*"
    return {
        "Sid": "OnlyTheBucketSends",
        "Effect": "Allow",
        "Principal": {"Service": "s3.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": {"Fn::GetAtt": ["Replies", "Arn"]},
        "Condition": {
            "StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}},
            "ArnLike": {"aws:SourceArn": {"Fn::Sub": bucket}},
        },
    }


def _when_on(value: Json) -> Json:
    return {"Fn::If": [WHEN, value, {"Ref": "AWS::NoValue"}]}
