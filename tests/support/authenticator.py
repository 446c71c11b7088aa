"""An authenticator app (RFC 6238), and a pool's client that checks codes as Cognito does.

moto hands everybody the same secret. So what is proved about codes is proved against this: a secret of one's
own, codes of a thirty-second step, one step of tolerance, and no code twice.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import struct
from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError

STEP = 30


def totp(secret: str, seconds: float, digits: int = 6) -> str:
    """Return the code that an app shows at a time (seconds since 1970) for a secret in base32."""
    key = base64.b32decode(secret.upper() + "=" * (-len(secret) % 8))
    digest = hmac.new(key, struct.pack(">Q", int(seconds) // STEP), hashlib.sha1).digest()
    offset = digest[-1] & 15
    number = int.from_bytes(digest[offset : offset + 4], "big") & 0x7FFFFFFF
    return f"{number % 10**digits:0{digits}d}"


class StrictPool:
    """moto's client, with the second factor done as Cognito does it. `must` asks it of everybody."""

    def __init__(self, client: Any, seconds: Callable[[], float], must: bool) -> None:
        self._client = client
        self._seconds = seconds
        self._must = must
        self._secrets: dict[str, str] = {}  # proven, by address
        self._offered: dict[str, str] = {}  # not proven yet, by session or token
        self._waiting: dict[str, tuple[str, Any]] = {}  # session -> (address, moto's answer)
        self._used: set[tuple[str, int]] = set()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def admin_initiate_auth(self, **arguments: Any) -> Any:
        answer = self._client.admin_initiate_auth(**arguments)
        return self._held(answer, arguments["AuthParameters"]["USERNAME"])

    def admin_respond_to_auth_challenge(self, **arguments: Any) -> Any:
        challenge, session = arguments["ChallengeName"], arguments["Session"]
        answers = arguments["ChallengeResponses"]
        if challenge == "NEW_PASSWORD_REQUIRED":
            return self._held(self._client.admin_respond_to_auth_challenge(**arguments), answers["USERNAME"])
        email, answer = self._waiting.get(session) or _refuse("NotAuthorizedException")
        if challenge == "SOFTWARE_TOKEN_MFA":
            self._check(
                self._secrets[email], email, answers["SOFTWARE_TOKEN_MFA_CODE"], "CodeMismatchException"
            )
        elif email not in self._secrets:
            _refuse("NotAuthorizedException")
        del self._waiting[session]
        return answer

    def associate_software_token(self, Session: str = "", AccessToken: str = "") -> Any:
        if Session and Session not in self._waiting:
            _refuse("NotAuthorizedException")
        if AccessToken:
            self._client.get_user(AccessToken=AccessToken)
        secret = base64.b32encode(secrets.token_bytes(20)).decode()
        self._offered[Session or AccessToken] = secret
        return {"SecretCode": secret, **({"Session": Session} if Session else {})}

    def verify_software_token(self, UserCode: str, Session: str = "", AccessToken: str = "") -> Any:
        handle = Session or AccessToken
        if Session:
            email, _ = self._waiting.get(Session) or _refuse("NotAuthorizedException")
        else:
            email = str(self._client.get_user(AccessToken=AccessToken)["Username"])
        offered = self._offered.get(handle) or _refuse("SoftwareTokenMFANotFoundException")
        self._check(offered, email, UserCode, "EnableSoftwareTokenMFAException")
        self._secrets[email] = self._offered.pop(handle)
        return {"Status": "SUCCESS", **({"Session": Session} if Session else {})}

    def set_user_mfa_preference(self, AccessToken: str, SoftwareTokenMfaSettings: Any) -> Any:
        if self._client.get_user(AccessToken=AccessToken)["Username"] not in self._secrets:
            _refuse("InvalidParameterException")
        return {}

    def admin_set_user_mfa_preference(self, Username: str, UserPoolId: str, **_: Any) -> Any:
        self._client.admin_get_user(UserPoolId=UserPoolId, Username=Username)
        self._secrets.pop(Username, None)
        return {}

    def get_user(self, **arguments: Any) -> Any:
        return self._with_setting(self._client.get_user(**arguments))

    def admin_get_user(self, **arguments: Any) -> Any:
        return self._with_setting(self._client.admin_get_user(**arguments))

    def _with_setting(self, user: Any) -> Any:
        has = ["SOFTWARE_TOKEN_MFA"] if user["Username"] in self._secrets else []
        return {**user, "UserMFASettingList": has}

    def _held(self, answer: Any, email: str) -> Any:
        """Keep the tokens back until the second factor is given."""
        if "AuthenticationResult" not in answer:
            return answer
        if email not in self._secrets and not self._must:
            return answer
        session = secrets.token_hex(16)
        self._waiting[session] = (email, answer)
        challenge = "SOFTWARE_TOKEN_MFA" if email in self._secrets else "MFA_SETUP"
        return {"ChallengeName": challenge, "Session": session, "ChallengeParameters": {}}

    def _check(self, secret: str, email: str, code: str, fault: str) -> None:
        now = int(self._seconds())
        for step in (now // STEP, now // STEP - 1, now // STEP + 1):
            if hmac.compare_digest(totp(secret, step * STEP), code) and (email, step) not in self._used:
                self._used.add((email, step))
                return
        _refuse(fault)


def _refuse(code: str) -> Any:
    raise ClientError({"Error": {"Code": code, "Message": "refused"}}, "Cognito")
