"""What is kept: tables, secrets, the bucket of published pages."""

from __future__ import annotations

from chalicelib.directory.adapters.published_texts import OFFICES
from tools.aws.template.parts import (
    BUILT,
    STATIC_COPY,
    Json,
    kept,
    resources,
)

# What both indexes of the desk hold of a case: none of a report's words.
_OF_A_CASE = (
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
    "counted",
)


# What functions fetch over plain HTTPS: what is live, who gets reports, and what was published.
_FETCHED = ("/current.json", f"/{OFFICES}", "/releases/*")


def reports_table() -> Json:
    """One item a report; the indexes hold none of its words. The adapter's table_definition says the same."""
    properties = {
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [
            {"AttributeName": "pk", "AttributeType": "S"},
            {"AttributeName": "due_shard", "AttributeType": "S"},
            {"AttributeName": "due_at", "AttributeType": "N"},
            {"AttributeName": "case_number", "AttributeType": "S"},
            {"AttributeName": "listed_in", "AttributeType": "S"},
            {"AttributeName": "listed_at", "AttributeType": "N"},
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
                    "NonKeyAttributes": [*_OF_A_CASE],
                },
            },
            {
                "IndexName": "listed",
                "KeySchema": [
                    {"AttributeName": "listed_in", "KeyType": "HASH"},
                    {"AttributeName": "listed_at", "KeyType": "RANGE"},
                ],
                "Projection": {
                    "ProjectionType": "INCLUDE",
                    "NonKeyAttributes": [*_OF_A_CASE, "case_number"],
                },
            },
        ],
    }
    return resources(Reports=_kept_table(properties | _FORGETS))


def desk_tables() -> Json:
    """Documents, the audit log and whom the desk trusts, which stay; who is at the doors, which passes."""
    return resources(
        Documents=_kept_table(_keys("pk", "sk") | _FORGETS),  # background jobs, and nothing else of it
        Audit=_kept_table(_keys("month", "at") | _FORGETS),
        # Agreements to hand-overs. Of what waits here for a day the time is in microseconds: far away.
        Access=_kept_table(_keys("pk", "sk") | _FORGETS),
        Wishes=_kept_table(_keys("pk", "sk") | _FORGETS),
        Door=_door(),
        AccessDoor=_door(),
    )


def _door() -> Json:
    return {
        "Type": "AWS::DynamoDB::Table",
        "DeletionPolicy": "Delete",
        "UpdateReplacePolicy": "Delete",
        "Properties": _keys("pk") | _FORGETS | _ENCRYPTED,
    }


_FORGETS: Json = {"TimeToLiveSpecification": {"AttributeName": "expires_at", "Enabled": True}}
_ENCRYPTED: Json = {"SSESpecification": {"SSEEnabled": True}}


def _keys(*names: str) -> Json:
    kinds = ("HASH", "RANGE")
    return {
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{"AttributeName": name, "AttributeType": "S"} for name in names],
        "KeySchema": [
            {"AttributeName": name, "KeyType": kind} for name, kind in zip(names, kinds, strict=False)
        ],
    }


def _kept_table(properties: Json) -> Json:
    protected = {
        "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True},
        "DeletionProtectionEnabled": True,
    }
    return kept("AWS::DynamoDB::Table", properties | _ENCRYPTED | protected)


def secrets() -> Json:
    """The seed that AWS makes once, and the delivery keys, which a key rotation writes later."""
    return resources(
        ReporterSecret=kept(
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
        DeskKeysSecret=kept(
            "AWS::SecretsManager::Secret",
            # Not the keys: no version of a secret can be deleted, only all of it, and this one stays.
            {"Description": "Which secret holds the desk's private keys.", "SecretString": "{}"},
        ),
    )


def bucket() -> Json:
    """What was published. Only the two distributions read it: one for readers, one for the functions."""
    return resources(
        Pages=kept(
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
                            "ExpiredObjectDeleteMarker": True,  # what a deleted release leaves behind
                            "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 1},
                        },
                        # Made once more by whoever wants it again.
                        {
                            "Id": "built-places",
                            "Status": "Enabled",
                            "Prefix": BUILT,
                            "ExpirationInDays": 7,
                            "NoncurrentVersionExpiration": {"NoncurrentDays": 1},
                        },
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
                        _may_read("TheEdgeReads", "Edge", STATIC_COPY + "/*"),
                        _may_read("TheFunctionsRead", "Published", *_FETCHED),
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


def _may_read(name: str, distribution: str, *keys: str) -> Json:
    source = "arn:${AWS::Partition}:cloudfront::${AWS::AccountId}:distribution/${" + distribution + "}"
    return {
        "Sid": name,
        "Effect": "Allow",
        "Principal": {"Service": "cloudfront.amazonaws.com"},
        "Action": "s3:GetObject",
        "Resource": [{"Fn::Sub": "${Pages.Arn}" + key} for key in keys],
        "Condition": {"StringEquals": {"AWS:SourceArn": {"Fn::Sub": source}}},
    }
