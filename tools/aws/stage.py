"""What an operator chose for a stage: deploy/<stage>.json, and DEPLOY_... variables over it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chalicelib.shared.email_addresses import is_address
from tools.aws.template.choices import parameters

ROOT = Path(__file__).resolve().parents[2]
STAGES = ("dev", "prod")
FEWEST_PER_ADDRESS = 100  # shelters, schools and phone companies share one address
_REGION = re.compile(r"[a-z]{2}(-[a-z]+)+-\d")


@dataclass(frozen=True, slots=True)
class Stage:
    """One stack. `problems` says in whole sentences what is wrong with the choices; none may be left."""

    name: str
    region: str
    first_publisher: str
    parameters: Mapping[str, str]
    problems: tuple[str, ...] = ()

    @property
    def stack(self) -> str:
        """Return the name of the stack."""
        return f"porchlight-{self.name}"


def read_stage(name: str, environ: Mapping[str, str], folder: Path = ROOT / "deploy") -> Stage:
    """Read the choices for a stage; whatever is wrong with them is in `problems`, all together."""
    path = folder / f"{name}.json"
    problems: list[str] = []
    content: dict[str, Any] = {}
    if name not in STAGES:
        problems.append(f"STAGE must be one of {', '.join(STAGES)}, and is {name!r}.")
    elif not path.is_file() and not any(variable.startswith("DEPLOY_") for variable in environ):
        problems.append(f"There is no deploy/{name}.json: copy deploy/example.json and fill it in.")
    elif path.is_file():
        try:
            read = json.loads(path.read_text(encoding="utf-8"))
            content = read if isinstance(read, dict) else {}
        except ValueError as error:
            problems.append(f"deploy/{name}.json is not JSON: {error}.")
    unknown = content.keys() - {"region", "first_publisher", "parameters"}
    problems += [f"deploy/{name}.json has {field}, which means nothing." for field in sorted(unknown)]
    given = {str(key): str(value) for key, value in (content.get("parameters") or {}).items()}
    for parameter in parameters()["Parameters"]:
        if (value := environ.get(variable_of(parameter))) is not None:
            given[parameter] = value
    given["Stage"] = name
    region = environ.get("DEPLOY_REGION") or str(content.get("region") or "")
    first = environ.get("DEPLOY_FIRST_PUBLISHER") or str(content.get("first_publisher") or "")
    if not problems:
        problems += _problems_of(given, region, first)
    return Stage(name, region, first, given, tuple(problems))


def variable_of(parameter: str) -> str:
    """Return the variable that sets a parameter: DEPLOY_SENDER_ADDRESS for SenderAddress."""
    return "DEPLOY_" + re.sub(r"(?<=[a-z])(?=[A-Z])", "_", parameter).upper()


def _problems_of(given: Mapping[str, str], region: str, first: str) -> list[str]:
    """Say what the template's own checks would refuse, and what they cannot see."""
    known: Mapping[str, Any] = parameters()["Parameters"]
    problems = [f"There is no parameter {name}." for name in sorted(given.keys() - known.keys())]
    for name, rule in known.items():
        if name not in given and "Default" not in rule:
            problems.append(f"{name} is missing. {rule['Description']}")
        elif name in given and (wrong := _wrong(given[name], rule)):
            problems.append(f"{name} is {given[name]!r}, and {wrong}.")
    if not _REGION.fullmatch(region):
        problems.append(f"region must be like us-west-2, and is {region!r}.")
    if first and not is_address(first):
        problems.append(f"first_publisher must be an e-mail address, and is {first!r}.")
    sender, identity = given.get("SenderAddress", ""), given.get("SenderIdentity", "")
    if identity and sender not in (identity, f"{sender.partition('@')[0]}@{identity}"):
        problems.append("SenderIdentity must be SenderAddress itself, or what stands after its @.")
    kind = given.get("SenderIdentityIs", "domain")
    if kind != "verified" and ("@" in identity) != (kind == "address"):
        problems.append(f"SenderIdentityIs says {kind}, and SenderIdentity is none.")
    if given.get("DomainName") and not given.get("CertificateArn"):
        problems.append("DomainName needs CertificateArn.")
    mail_from = given.get("MailFromDomain", "")
    if mail_from and (kind != "domain" or not mail_from.endswith(f".{identity}")):
        problems.append("MailFromDomain must be a subdomain of SenderIdentity, which must be a domain.")
    problems += _reply_problems(given)
    if given.get("RequestsPerAddress", "0") in map(str, range(1, FEWEST_PER_ADDRESS)):
        problems.append(
            f"RequestsPerAddress must be 0 or at least {FEWEST_PER_ADDRESS}: many people share one address."
        )
    if given.get("RequestsPerAddress", "0") != "0" and region != "us-east-1" and not given.get("WebAclArn"):
        problems.append(
            "RequestsPerAddress works only in us-east-1: elsewhere make a web ACL, give WebAclArn."
        )
    return problems


def _reply_problems(given: Mapping[str, str]) -> list[str]:
    """Say what keeps replies from coming in: they go to the domain that mails come from, and to no other."""
    replies, sender = given.get("ReplyDomain", ""), given.get("SenderAddress", "")
    if not replies:
        return []
    domain = sender.partition("@")[2]
    if domain != replies:
        return [
            f"ReplyDomain is {replies}, and SenderAddress is at {domain or 'no domain'}. Some mail programs"
            " reply to the address that a mail comes from, whatever Reply-To says: give SenderAddress the"
            f" domain of replies, like desk@{replies}, and SenderIdentity {replies}."
        ]
    if given.get("SenderIdentity") != replies:
        return [f"ReplyDomain needs SenderIdentity to be {replies}: SES takes mail for what it verified."]
    return []


def _wrong(value: str, rule: Mapping[str, Any]) -> str:
    if "AllowedValues" in rule and value not in rule["AllowedValues"]:
        return f"must be one of {', '.join(rule['AllowedValues'])}"
    if "AllowedPattern" in rule and not re.fullmatch(rule["AllowedPattern"], value):
        return str(rule["ConstraintDescription"])
    if rule["Type"] == "Number":
        least, most = rule["MinValue"], rule["MaxValue"]
        if not value.isdecimal() or not least <= int(value) <= most:
            return f"must be a whole number from {least} to {most}"
    return ""
