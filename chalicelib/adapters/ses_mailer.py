"""Mail through SES v2, one call a message.

SendEmail has no idempotency, so its client never tries twice: the outbox does, and knows that it did.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    ReadTimeoutError,
)

from chalicelib.adapters.aws import code_of
from chalicelib.domain.errors import MailDelayed, MailRefused, MailStopped, MailUncertain
from chalicelib.ports import Mail

# notes on each: SES API v2 reference, SendEmail. What concerns the whole account stops the queue; what concerns
# this one message fails it; everything else may pass by itself.
_STOPPED = {
    "AccountSuspendedException",
    "SendingPausedException",
    "MailFromDomainNotVerifiedException",
    "AccessDeniedException",
    "NotFoundException",  # the configuration set or the identity is gone: no message would pass
}
_REFUSED = {"MessageRejected", "BadRequestException", "InvalidParameterValue", "ValidationException"}
_UNVERIFIED = "not verified"  # MessageRejected is also what an unverified sender gets
_NEVER_LEFT = (EndpointConnectionError, ConnectTimeoutError)
_PERHAPS_TAKEN = (ReadTimeoutError, ConnectionClosedError)


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
                {"Name": "address", "Value": mail.address},
            ],
        }
        if self._configuration_set:
            arguments["ConfigurationSetName"] = self._configuration_set
        try:
            return str(self._client().send_email(**arguments)["MessageId"])
        except ClientError as error:
            raise _translated(error) from error
        except _NEVER_LEFT as error:
            raise MailDelayed(type(error).__name__) from error
        except _PERHAPS_TAKEN as error:
            raise MailUncertain(type(error).__name__) from error
        except BotoCoreError as error:
            raise MailDelayed(type(error).__name__) from error


def _translated(error: ClientError) -> Exception:
    code = code_of(error)
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    message = str(error.response.get("Error", {}).get("Message", ""))
    if code in _STOPPED or (code == "MessageRejected" and _UNVERIFIED in message):
        return MailStopped(code)
    if code in _REFUSED:
        return MailRefused(code)
    if status >= 500:
        return MailUncertain(code)  # SES may have taken the message before it failed
    return MailDelayed(code)
