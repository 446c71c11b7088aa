"""What an operator needs after a deploy."""

from __future__ import annotations

from tools.template.parts import Json


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
