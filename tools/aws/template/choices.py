"""What an operator chooses, with its checks."""

from __future__ import annotations

from tools.aws.template.parts import Json

# Whoever reads the site of a town must be able to learn who runs it.
OPERATOR = ("OperatorName", "OperatorContact")


def parameters() -> Json:
    """What an operator chooses. Each default is safe; an address has none, so that nobody forgets it."""
    address = r"^[A-Za-z0-9._%+'-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+$"
    return {
        "Parameters": {
            "Stage": parameter(
                "dev or prod: prod refuses recipients and contacts that nobody has checked.", "dev"
            )
            | {"AllowedValues": ["dev", "prod"]},
            "SenderAddress": parameter("The address that reports come from. SES must have verified it.")
            | {"AllowedPattern": address, "ConstraintDescription": "must be one e-mail address"},
            "SenderIdentity": parameter("What SES verified: the sender's domain, or the address itself.")
            | {
                "AllowedPattern": r"^([A-Za-z0-9._%+'-]+@)?[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+$",
                "ConstraintDescription": "must be a domain or an e-mail address",
            },
            "SenderIdentityIs": parameter(
                "What SenderIdentity is: a domain or an address for this stack to set up in SES, or verified"
                " in this account already.",
                "domain",
            )
            | {"AllowedValues": ["domain", "address", "verified"]},
            "MailFromDomain": parameter(
                "A subdomain of SenderIdentity for returned mail, like bounce.example.org. Empty: SES's own.",
                "",
            )
            | _a_host_or_nothing(),
            "ReplyDomain": parameter(
                "The domain to which offices reply, that of SenderAddress and SES's alone, like"
                " reply.example.org. Empty: mails say that nobody can reply.",
                "",
            )
            | _a_host_or_nothing(),
            "OperatorAddress": parameter(
                "Who is told when something is wrong. Alarms go there; reports never do."
            )
            | {"AllowedPattern": address, "ConstraintDescription": "must be one e-mail address"},
            "OperatorName": parameter(
                "Who runs the site, as “About this page” says it to everybody. prod demands it.", ""
            )
            | {
                "AllowedPattern": r"^$|^[^\s<>][^<>\r\n\t]{0,98}[^\s<>]$",
                "ConstraintDescription": "must be a name of 2 to 100 letters, without < and >, or nothing",
            },
            "OperatorContact": parameter(
                "How to reach who runs the site: an address or an https page, published. prod demands it.", ""
            )
            | {
                "AllowedPattern": rf"^$|{address}|^https://[a-z0-9-]+(\.[a-z0-9-]+)+(/[A-Za-z0-9._~/-]*)?$",
                "ConstraintDescription": "must be one e-mail address, an address like https://host/page, or"
                " nothing",
            },
            "DomainName": parameter("The site's own host name, a dull one. Empty: CloudFront's name.", "")
            | _a_host_or_nothing(),
            "SiteAddress": parameter(
                "Where the desk is, without DomainName: CloudFront's address, known after a deploy.",
                "",
            )
            | {
                "AllowedPattern": r"^$|^https://[a-z0-9-]+(\.[a-z0-9-]+)+$",
                "ConstraintDescription": "must be like https://host, with no slash at its end, or nothing",
            },
            "CertificateArn": parameter(
                "The host name's certificate, in ACM in us-east-1. Needed with DomainName.", ""
            )
            | {
                "AllowedPattern": r"^$|^arn:aws[a-z-]*:acm:us-east-1:[0-9]{12}:certificate/[0-9a-f-]+$",
                "ConstraintDescription": "must be the ARN of a certificate in us-east-1, or nothing",
            },
            "KeepDays": parameter(
                "For how many days a report is kept after every recipient has taken it.", 30
            )
            | {"Type": "Number", "MinValue": 1, "MaxValue": 90},
            "RequestsPerSecond": parameter(
                "How many requests a second may pass the edge to the functions.", 50
            )
            | {"Type": "Number", "MinValue": 1, "MaxValue": 10000},
            "CodesPerSecond": parameter(
                "How many receipt codes a second may be looked up. Each takes an eighth of a second of a run:"
                " more than 60 need more runs than ReserveRuns keeps for them.",
                40,
            )
            | {"Type": "Number", "MinValue": 1, "MaxValue": 10000},
            "RequestsPerAddress": parameter(
                "How many requests one network address may make in five minutes; 0 sets no limit. Costs about"
                " $6 a month for AWS WAF, and works only for a stack in us-east-1: elsewhere give WebAclArn.",
                0,
            )
            | {"Type": "Number", "MinValue": 0, "MaxValue": 2000000000},
            "ReserveRuns": parameter(
                "yes keeps runs of Lambda for mailing reports and for codes, and limits the desk, whatever"
                " comes in. AWS refuses it while the account may run fewer than 155 functions at once, as new"
                " ones may.",
                "no",
            )
            | {"AllowedValues": ["no", "yes"]},
            "WebAclArn": parameter(
                "The ARN of a web ACL of your own, of CloudFront scope. Empty: none, or RequestsPerAddress.",
                "",
            )
            | {
                "AllowedPattern": r"^$|^arn:aws[a-z-]*:wafv2:us-east-1:[0-9]{12}:global/webacl/[^/]+/[^/]+$",
                "ConstraintDescription": "must be the ARN of a web ACL of CloudFront scope, or nothing",
            },
            "MonthlyBudget": parameter(
                "Dollars that a month may cost, for the whole account. OperatorAddress gets a mail at 80%"
                " of it, and when the month looks as if it will cost more. 0 makes no budget.",
                20,
            )
            | {"Type": "Number", "MinValue": 0, "MaxValue": 1000000},
            "RequestBurst": parameter("How many requests may come at once before the limit holds.", 100)
            | {"Type": "Number", "MinValue": 1, "MaxValue": 5000},
        },
        "Conditions": {
            "HasBudget": {"Fn::Not": [{"Fn::Equals": [{"Ref": "MonthlyBudget"}, 0]}]},
            "HasDomain": _given("DomainName"),
            "HasMailFrom": _given("MailFromDomain"),
            "HasReplies": _given("ReplyDomain"),
            "HasWebAcl": _given("WebAclArn"),
            "ReservesRuns": {"Fn::Equals": [{"Ref": "ReserveRuns"}, "yes"]},
            "MakesDomain": {"Fn::Equals": [{"Ref": "SenderIdentityIs"}, "domain"]},
            "MakesAddress": {"Fn::Equals": [{"Ref": "SenderIdentityIs"}, "address"]},
            # A web ACL for CloudFront can be made in this one region only.
            "LimitsAddresses": {
                "Fn::And": [
                    {"Fn::Not": [{"Fn::Equals": [{"Ref": "RequestsPerAddress"}, 0]}]},
                    {"Fn::Equals": [{"Ref": "AWS::Region"}, "us-east-1"]},
                ]
            },
        },
        "Rules": {
            "DomainNeedsItsCertificate": {
                "RuleCondition": _given("DomainName"),
                "Assertions": [
                    {
                        "Assert": _given("CertificateArn"),
                        "AssertDescription": "DomainName needs CertificateArn",
                    }
                ],
            },
            # Mails come from where replies go: some programs reply to whom a mail is from, whatever it says.
            "RepliesGoToTheSendersDomain": {
                "RuleCondition": _given("ReplyDomain"),
                "Assertions": [
                    {
                        "Assert": {"Fn::Equals": [{"Ref": "SenderIdentity"}, {"Ref": "ReplyDomain"}]},
                        "AssertDescription": "ReplyDomain needs SenderIdentity to be the same domain",
                    }
                ],
            },
            "ProdSaysWhoRunsIt": {
                "RuleCondition": {"Fn::Equals": [{"Ref": "Stage"}, "prod"]},
                "Assertions": [
                    {"Assert": _given(name), "AssertDescription": f"prod needs {name}"} for name in OPERATOR
                ],
            },
            "OnlyADomainHasAMailFrom": {
                "RuleCondition": _given("MailFromDomain"),
                "Assertions": [
                    {
                        "Assert": {"Fn::Equals": [{"Ref": "SenderIdentityIs"}, "domain"]},
                        "AssertDescription": "MailFromDomain needs SenderIdentityIs to be domain",
                    }
                ],
            },
        },
    }


def parameter(description: str, default: str | int | None = None) -> Json:
    parameter: Json = {"Type": "String", "Description": description}
    if default is not None:
        parameter["Default"] = default
    return parameter


def _given(name: str) -> Json:
    return {"Fn::Not": [{"Fn::Equals": [{"Ref": name}, ""]}]}


def _a_host_or_nothing() -> Json:
    return {
        "AllowedPattern": r"^$|^[a-z0-9-]+(\.[a-z0-9-]+)+$",
        "ConstraintDescription": "must be a host name in small letters, or nothing",
    }
