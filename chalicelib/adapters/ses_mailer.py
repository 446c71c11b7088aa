"""Mail through SES v2, one call a message.

SendEmail has no idempotency, so its client never tries twice: the outbox does, and knows that it did.
"""

from __future__ import annotations

from collections.abc import Callable
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

from chalicelib.adapters.aws_faults import code_of
from chalicelib.domain.errors import MailBusy, MailDelayed, MailRefused, MailStopped, MailUncertain
from chalicelib.ports import Mail

# See SES's API v2 reference, SendEmail and "Common errors". What concerns the whole account, its identity
# or our right to use it stops the queue: no other message would fare better.
_STOPPED = {
    "AccountSuspendedException",
    "SendingPausedException",
    "MailFromDomainNotVerifiedException",
    "NotFoundException",  # the configuration set or the identity is gone
    "AccessDeniedException",
    "AccessDenied",
    "NotAuthorized",
    "OptInRequired",
    "UnrecognizedClientException",
    "InvalidClientTokenId",
    "MissingAuthenticationToken",
    "IncompleteSignature",
    "InvalidSignatureException",
    "SignatureDoesNotMatch",
    "ExpiredTokenException",
    "ExpiredToken",
    "RequestExpired",
}
# What concerns this message fails it.
_REFUSED = {
    "MessageRejected",
    "BadRequestException",
    "InvalidParameterValue",
    "ValidationException",
    "ValidationError",
    "RequestEntityTooLargeException",
}
# The same in the words of SES's first API, which speak through MessageRejected.
_NOT_THIS_MESSAGE = ("not verified", "sending paused", "account is paused", "suspended")
_BUSY = {"TooManyRequestsException", "LimitExceededException", "ThrottlingException", "Throttling"}
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
                {"Name": "about", "Value": mail.about},
                {"Name": "recipient", "Value": mail.recipient},
                {"Name": "turn", "Value": str(mail.turn)},
            ],
        }
        if self._configuration_set:
            arguments["ConfigurationSetName"] = self._configuration_set
        try:
            return str(self._client().send_email(**arguments)["MessageId"])
        except ClientError as error:
            raise _translated(error) from error
        except ParamValidationError as error:
            # Its text would quote the message.
            raise MailRefused(type(error).__name__) from None
        except _NO_RIGHT as error:
            raise MailStopped(type(error).__name__) from error
        except _NEVER_LEFT as error:
            raise MailDelayed(type(error).__name__) from error
        except (HTTPClientError, BotoCoreError, KeyError) as error:
            # No answer, half of one, or one without an id: SES may have taken it.
            raise MailUncertain(type(error).__name__) from error


def _translated(error: ClientError) -> Exception:
    code = code_of(error)
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    message = str(error.response.get("Error", {}).get("Message", "")).casefold()
    if code in _STOPPED or (code == "MessageRejected" and any(one in message for one in _NOT_THIS_MESSAGE)):
        return MailStopped(code)
    if code in _REFUSED or status == 413:
        return MailRefused(code or str(status))
    if code in _BUSY or status == 429:
        return MailBusy(code or str(status))
    if status in (401, 403):
        return MailStopped(code or str(status))
    if status >= 500 or status < 400:
        return MailUncertain(code or str(status))  # SES may have taken the message before it failed
    return MailDelayed(code or str(status))
