"""Mail through SES v2, one call a message.

SendEmail has no idempotency, so its client never tries twice: the outbox does, and knows that it did.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from email.utils import parseaddr
from typing import Any

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    HTTPClientError,
    NoCredentialsError,
    NoRegionError,
    ParamValidationError,
    PartialCredentialsError,
    ProxyConnectionError,
    SSLError,
)

from chalicelib.shared.aws.faults import code_of
from chalicelib.shared.errors import PorchlightError
from chalicelib.shared.mail import (
    REPORT,
    About,
    Mail,
    MailBusy,
    MailDelayed,
    MailRefused,
    MailStopped,
    MailUncertain,
    MailUnverified,
)

# Every code that SES's SendEmail has, in both versions of its API, and AWS's common ones; docs/deliveries.md
# shows the same, and a test keeps the two equal. MailStopped concerns the account, its sender or our right to
# use them: no other message would fare better. MailRefused concerns this message. Where a text says more than
# its code, _meaning reads it.
ANSWERS: dict[str, type[PorchlightError]] = {
    "AccountSuspendedException": MailStopped,
    "AccountSendingPausedException": MailStopped,
    "SendingPausedException": MailStopped,
    "ConfigurationSetSendingPausedException": MailStopped,
    "ConfigurationSetDoesNotExist": MailStopped,
    "ConfigurationSetDoesNotExistException": MailStopped,
    "NotFoundException": MailStopped,  # the configuration set or the identity is gone
    "MailFromDomainNotVerified": MailStopped,
    "MailFromDomainNotVerifiedException": MailStopped,
    "FromEmailAddressNotVerifiedException": MailStopped,
    "AccessDeniedException": MailStopped,
    "AccessDenied": MailStopped,
    "NotAuthorized": MailStopped,
    "OptInRequired": MailStopped,
    "UnrecognizedClientException": MailStopped,
    "InvalidClientTokenId": MailStopped,
    "MissingAuthenticationToken": MailStopped,
    "IncompleteSignature": MailStopped,
    "InvalidSignatureException": MailStopped,
    "SignatureDoesNotMatch": MailStopped,
    "ExpiredTokenException": MailStopped,
    "ExpiredToken": MailStopped,
    "RequestExpired": MailStopped,
    "RequestTimeTooSkewed": MailStopped,
    "MessageRejected": MailRefused,
    "BadRequestException": MailRefused,
    "InvalidParameterValue": MailRefused,
    "ValidationException": MailRefused,
    "ValidationError": MailRefused,
    "RequestEntityTooLargeException": MailRefused,
    "TooManyRequestsException": MailBusy,
    "LimitExceededException": MailBusy,  # the day's quota as well: mail goes on when it does
    "ThrottlingException": MailBusy,
    "Throttling": MailBusy,
    "ConflictException": MailDelayed,
    "InternalServiceErrorException": MailUncertain,
    "InternalServiceError": MailUncertain,
    "InternalFailure": MailUncertain,
    "ServiceUnavailable": MailUncertain,
    "ConcurrentModificationException": MailUncertain,
}
# What a text of MessageRejected and its like may say, and what then concerns more than this message.
_NOT_THIS_MESSAGE = ("paused", "suspended", "configuration set")
_NOT_VERIFIED = "not verified"
_IDENTITY_OF_AN_ARN = "identity/"  # AccessDenied names the identity that our role may not use
# An address or a domain: at the end of an ARN, or in a list, with a name before it and brackets around it.
_IDENTITY = re.compile(r"[^\s,;:<>()\"'`]+\.[^\s,;:<>()\"'`]+")
_NEVER_LEFT = (EndpointConnectionError, ConnectTimeoutError, ProxyConnectionError, SSLError)
_NO_RIGHT = (NoCredentialsError, PartialCredentialsError, NoRegionError)


class SesMailer:
    """The Mailer on SES v2. `client` must be made with one attempt in all."""

    def __init__(self, client: Callable[[], Any], configuration_set: str) -> None:
        self._client = client
        self._configuration_set = configuration_set

    def send(self, mail: Mail) -> str:
        """Hand one message to SES and return its message id."""
        arguments: dict[str, Any] = {
            "FromEmailAddress": mail.sender,
            "Destination": {"ToAddresses": [mail.to]},
            "Content": {"Raw": {"Data": mail.content}},
            "EmailTags": [
                {"Name": "about", "Value": tag_of(mail.about)},
                {"Name": "recipient", "Value": mail.recipient},
                {"Name": "turn", "Value": str(mail.turn)},
            ],
        }
        if self._configuration_set:
            arguments["ConfigurationSetName"] = self._configuration_set
        try:
            return str(self._client().send_email(**arguments)["MessageId"])
        except ClientError as error:
            raise _translated(error, mail.sender) from error
        except ParamValidationError as error:
            # Its text would quote the message.
            raise MailRefused(type(error).__name__) from None
        except _NO_RIGHT as error:
            raise MailStopped(type(error).__name__) from error
        except _NEVER_LEFT as error:
            raise MailDelayed(type(error).__name__) from error
        except (HTTPClientError, BotoCoreError, KeyError) as error:
            # No response, half of one, or one without an id: SES may have taken it.
            raise MailUncertain(type(error).__name__) from error


def tag_of(about: About) -> str:
    """Return what a mail is about as a tag, in which SES allows no full stop (a message's id has one)."""
    return about.replace(".", "_")


def about_of(tag: str) -> About:
    """Return what a tag says that a mail is about."""
    about = About(tag)
    return About(tag.replace("_", ".")) if about.kind == REPORT else about


def mail_domain(region: str) -> str:
    """Return the domain of the Message-ID that SES gives to a mail: its id stands before the @."""
    return "email.amazonses.com" if region == "us-east-1" else f"{region}.amazonses.com"


def _translated(error: ClientError, sender: str) -> PorchlightError:
    code = code_of(error)
    status = int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
    text = str(error.response.get("Error", {}).get("Message", "")).casefold()
    return _meaning(code, status, " ".join(text.split()), sender.casefold())(code or str(status))


def _meaning(code: str, status: int, text: str, sender: str) -> type[PorchlightError]:
    """Return the error that a response means. `text` and `sender` are in small letters."""
    known = ANSWERS.get(code)
    if known is MailRefused and _NOT_VERIFIED in text:
        # In the sandbox SES takes nothing for a recipient that the account has not verified, and says it in
        # the same words as of the sender, with a list of those that failed.
        return MailStopped if _names_sender(text, sender) else MailUnverified
    if known is MailRefused and any(phrase in text for phrase in _NOT_THIS_MESSAGE):
        return MailStopped
    if code.startswith("AccessDenied") and _IDENTITY_OF_AN_ARN in text:
        # In the sandbox the right to use a recipient's identity is asked for too, if the account has one.
        return MailStopped if _names_sender(text, sender) else MailUnverified
    return known or _meaning_of(status)


def _meaning_of(status: int) -> type[PorchlightError]:
    if status == 413:
        return MailRefused
    if status == 429:
        return MailBusy
    if status in (401, 403):
        return MailStopped
    if status >= 500 or status < 400:
        return MailUncertain  # SES may have taken the message before it failed
    return MailDelayed


def _names_sender(text: str, sender: str) -> bool:
    """Say whether a text names the sender's address, or a domain that it is sent from, or nobody at all.

    An address of somebody else at the sender's domain is not the sender's.
    """
    named = {identity.strip(".").rpartition("identity/")[2] for identity in _IDENTITY.findall(text)} - {""}
    address = parseaddr(sender)[1]
    labels = address.rpartition("@")[2].split(".")
    domains = {".".join(labels[start:]) for start in range(max(1, len(labels) - 1))}
    return not named or bool(named & {address, *domains})
