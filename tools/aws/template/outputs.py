"""What an operator, and tools/aws/deploy.py, need after a deploy."""

from __future__ import annotations

from chalicelib.shared.version import VERSION
from tools.aws.record_format import OUTPUT, RECORD_FORMAT
from tools.aws.template.parts import Json

_VALUES: dict[str, tuple[str, Json | str]] = {
    "Version": ("The version of Porchlight that this stack was deployed from.", VERSION),
    "SiteAddress": (
        "Where the site is; point DomainName's DNS at the host.",
        {"Fn::Sub": "https://${Edge.DomainName}/"},
    ),
    "DeskAddress": (
        "Where the desk is. Without DomainName it takes forms only once SiteAddress is given.",
        {
            "Fn::If": [
                "HasDomain",
                {"Fn::Sub": "https://${DomainName}/admin/"},
                {"Fn::Sub": "https://${Edge.DomainName}/admin/"},
            ]
        },
    ),
    "PagesBucket": ("Where published pages are kept.", {"Ref": "Pages"}),
    "EdgeId": ("The site's CloudFront distribution.", {"Ref": "Edge"}),
    "ReportsTable": ("The table of sealed reports.", {"Ref": "Reports"}),
    "DocumentsTable": ("The table of drafts, versions and releases.", {"Ref": "Documents"}),
    "AuditTable": ("The table of who did what at the desk.", {"Ref": "Audit"}),
    "UserPoolId": ("Those who may sign in at the desk.", {"Ref": "People"}),
    "AlarmsTopic": ("Where alarms go; its subscription must be confirmed.", {"Ref": "Alarms"}),
    "FailedNotices": ("The queue of notices that could not be read.", {"Ref": "NoticesFailed"}),
    "NoticesQueue": ("The queue of notices about mails.", {"Ref": "Notices"}),
    "InboundBucket": ("Where SES puts replies until they are sealed.", {"Ref": "Inbound"}),
    "RepliesQueue": ("The queue of replies that came in.", {"Ref": "Replies"}),
    "FailedReplies": ("The queue of replies that could not be taken.", {"Ref": "RepliesFailed"}),
    "FailedJobs": ("The queue of checks and publishes that were given up.", {"Ref": "JobsFailed"}),
    "MailRules": ("The configuration set that mails go out under.", {"Ref": "ReportMail"}),
    "DeliverFunction": ("The function that mails reports.", {"Ref": "Deliver"}),
    "ReporterSecretArn": (
        "The secret that a key rotation writes the public delivery key to.",
        {"Ref": "ReporterSecret"},
    ),
    OUTPUT: ("The format of what is stored: a package of a lower one cannot read it.", str(RECORD_FORMAT)),
    "DeskKeysSecretArn": (
        "The secret that says which one holds the private delivery keys.",
        {"Ref": "DeskKeysSecret"},
    ),
}


def outputs() -> Json:
    """Return the outputs. The records that prove the sender's domain are there when this stack made it."""
    found: Json = {
        name: {"Description": description, "Value": value} for name, (description, value) in _VALUES.items()
    }
    found["ReplyDomain"] = {
        "Condition": "HasReplies",
        "Description": "The domain to which offices reply.",
        "Value": {"Ref": "ReplyDomain"},
    }
    for number in (1, 2, 3):
        token = {
            part: {"Fn::GetAtt": ["SenderDomain", f"DkimDNSToken{part}{number}"]}
            for part in ("Name", "Value")
        }
        found[f"DkimRecord{number}"] = {
            "Condition": "MakesDomain",
            "Description": "A CNAME record to make: its name, then where it points.",
            "Value": {"Fn::Join": [" ", [token["Name"], token["Value"]]]},
        }
    return {"Outputs": found}
