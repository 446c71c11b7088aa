"""A site whose operator and people have done their part: what was chosen, what its stack says, what ships."""

from __future__ import annotations

import json
from typing import Any

from chalicelib.shared.version import VERSION
from tools.aws.doctor_content import shipped_texts

CHOSEN = {
    "Stage": "prod",
    "SenderAddress": "reports@town.example",
    "SenderIdentity": "town.example",
    "OperatorAddress": "operator@town.example",
    "MailFromDomain": "bounce.town.example",
    "OperatorName": "The town's library",
    "OperatorContact": "page@town.example",
}
OUTPUTS = {
    "Version": VERSION,
    "SiteAddress": "https://d1.cloudfront.net/",
    "DeskAddress": "https://d1.cloudfront.net/admin/",
    "PagesBucket": "pages",
    "ReportsTable": "reports",
    "ReporterSecretArn": "arn:aws:secretsmanager:us-west-2:000000000000:secret:reporter",
    "DeskKeysSecretArn": "arn:aws:secretsmanager:us-west-2:000000000000:secret:keys",
    "UserPoolId": "us-west-2_pool",
    "AlarmsTopic": "arn:aws:sns:us-west-2:000000000000:alarms",
    "FailedNotices": "https://sqs.example/failed",
    "DkimRecord1": "a._domainkey.town.example a.dkim.amazonses.com",
}


def ready_texts() -> dict[str, str]:
    """The shipped documents as they are when people have done their part."""
    texts = shipped_texts()
    contacts = json.loads(texts["contacts"])
    for one in contacts["contacts"]:
        one.update(checked_on="2026-11-20", checked_by="A clerk", mark="CONFIRMED")
    recipients = json.loads(texts["recipients"])
    for one in recipients:
        one.update(agreed_on="2026-11-01", nature="police", fallback=f"second-{one['id']}@town.example")
    site = json.loads(texts["site"])
    for locale in site["locales"]:
        if locale["tag"] != "en":
            locale["checked_on"] = "2026-11-20"
    return texts | {
        "contacts": json.dumps(contacts),
        "recipients": json.dumps(recipients),
        "site": json.dumps(site),
    }


def identity(**changed: Any) -> dict[str, Any]:
    return {
        "VerifiedForSendingStatus": True,
        "DkimAttributes": {"Status": "SUCCESS"},
        "MailFromAttributes": {"MailFromDomain": "bounce.town.example", "MailFromDomainStatus": "SUCCESS"},
        **changed,
    }


def account(**changed: Any) -> dict[str, Any]:
    """What SES says of an account that may send."""
    ready = {
        "SendingEnabled": True,
        "ProductionAccessEnabled": True,
        "SendQuota": {"Max24HourSend": 50000.0},
    }
    return {**ready, **changed}
