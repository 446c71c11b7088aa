"""Accounts of the admin site in a Cognito user pool: passwords and MFA are Cognito's, never ours.

Only the roles of the admin and the access function may sign anybody in (the `Admin...` calls), so that
nobody can try passwords past our own forms and their limits; only the access function's changes an account.
The names of groups are the roles.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import ClientError

from chalicelib.desk.errors import (
    PasswordRefused,
    PersonKnown,
    SessionOver,
    SignInExpired,
    TooManyTries,
    WrongCode,
    WrongSignIn,
)
from chalicelib.desk.people import (
    ACTIVE,
    CODE,
    INVITED,
    NEW_PASSWORD,
    PUBLISHER,
    ROLES,
    SESSION,
    SET_UP,
    SHORTEST_PASSWORD,
    SHUT_OUT,
    SIGN_IN_TAKES,
    SIGNED_IN,
    Person,
    Step,
    highest,
)
from chalicelib.shared.aws.faults import code_of, store_faults
from chalicelib.shared.errors import EntryMissing, PorchlightError

_CHALLENGES = {"NEW_PASSWORD_REQUIRED": NEW_PASSWORD, "SOFTWARE_TOKEN_MFA": CODE, "MFA_SETUP": SET_UP}
_AUTHENTICATOR = "SOFTWARE_TOKEN_MFA"
_MINUTES = {"AccessToken": "minutes", "IdToken": "minutes", "RefreshToken": "minutes"}

# What each fault means, for each kind of question. An unknown address and a wrong password must look alike.
_Faults = Mapping[str, type[PorchlightError]]
_AT_SIGN_IN: _Faults = {
    "UserNotFoundException": WrongSignIn,
    "NotAuthorizedException": WrongSignIn,
    "PasswordResetRequiredException": WrongSignIn,
    "UserNotConfirmedException": WrongSignIn,
    "InvalidParameterException": WrongSignIn,
}
_IN_BETWEEN: _Faults = {
    "NotAuthorizedException": SignInExpired,
    "ResourceNotFoundException": SignInExpired,
    "UserNotFoundException": SignInExpired,
    "CodeMismatchException": WrongCode,
    "ExpiredCodeException": WrongCode,
    "EnableSoftwareTokenMFAException": WrongCode,
    "SoftwareTokenMFANotFoundException": SignInExpired,
}
_A_PASSWORD: _Faults = {
    "InvalidPasswordException": PasswordRefused,
    "InvalidParameterException": PasswordRefused,
    "PasswordHistoryPolicyViolationException": PasswordRefused,
}
_OF_A_TOKEN: _Faults = {
    "NotAuthorizedException": SessionOver,
    "UserNotFoundException": SessionOver,
    "UserNotConfirmedException": SessionOver,
    "PasswordResetRequiredException": SessionOver,
    "ResourceNotFoundException": SessionOver,
}
_OF_A_PERSON: _Faults = {"UserNotFoundException": EntryMissing}


def pool_definition(name: str, second_factor: bool) -> dict[str, Any]:
    """Return CreateUserPool's arguments: for local runs and tests; the template says the same for AWS."""
    return {
        "PoolName": name,
        "UsernameConfiguration": {"CaseSensitive": False},
        "AdminCreateUserConfig": {"AllowAdminCreateUserOnly": True},
        "MfaConfiguration": "ON" if second_factor else "OPTIONAL",
        "Policies": {
            "PasswordPolicy": {
                "MinimumLength": SHORTEST_PASSWORD,
                "RequireUppercase": False,
                "RequireLowercase": False,
                "RequireNumbers": False,
                "RequireSymbols": False,
                "TemporaryPasswordValidityDays": 7,
            }
        },
    }


def client_definition(pool: str) -> dict[str, Any]:
    """Return CreateUserPoolClient's arguments: no secret, and no way in but the admin function's."""
    minutes = int(SESSION.total_seconds() // 60)
    return {
        "UserPoolId": pool,
        "ClientName": "admin site",
        "GenerateSecret": False,
        "ExplicitAuthFlows": ["ALLOW_ADMIN_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
        "PreventUserExistenceErrors": "ENABLED",
        "EnableTokenRevocation": True,
        "AuthSessionValidity": int(SIGN_IN_TAKES.total_seconds() // 60),
        "AccessTokenValidity": minutes,
        "IdTokenValidity": minutes,
        "RefreshTokenValidity": minutes,
        "TokenValidityUnits": _MINUTES,
    }


class CognitoPeople:
    """The People port on one user pool and its one client."""

    def __init__(self, client: Callable[[], Any], pool: str, client_id: str) -> None:
        self._client = client
        self._pool = pool
        self._client_id = client_id

    # Sign-in

    def begin(self, email: str, password: str) -> Step:
        """Check a password. No refresh token is kept; an unknown address and a known one look alike."""
        if not email or not password:
            raise WrongSignIn("nothing given")
        response = self._call(
            "admin_initiate_auth",
            _AT_SIGN_IN,
            ClientId=self._client_id,
            AuthFlow="ADMIN_USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": email, "PASSWORD": password},
        )
        return self._step(response, email, second_factor=False)

    def set_password(self, step: Step, password: str) -> Step:
        """Replace a first password by one of the person's own."""
        faults = {**_IN_BETWEEN, **_A_PASSWORD}
        return self._answer(step, "NEW_PASSWORD_REQUIRED", {"NEW_PASSWORD": password}, faults)

    def give_code(self, step: Step, code: str) -> Step:
        """Answer the challenge for the authenticator's code (TOTP)."""
        return self._answer(step, _AUTHENTICATOR, {"SOFTWARE_TOKEN_MFA_CODE": code}, _IN_BETWEEN)

    def new_authenticator(self, step: Step) -> tuple[str, Step]:
        """Have Cognito make a TOTP secret, during a sign-in or for somebody who is signed in."""
        faults = _OF_A_TOKEN if step.kind == SIGNED_IN else _IN_BETWEEN
        response = self._call("associate_software_token", faults, pool=False, **_thread(step))
        handle = step.handle if step.kind == SIGNED_IN else str(response.get("Session") or step.handle)
        return str(response["SecretCode"]), Step(step.kind, step.email, handle, step.second_factor)

    def confirm_authenticator(self, step: Step, code: str) -> Step:
        """Confirm an authenticator: Cognito checks its first code, and asks for codes from now on."""
        response = self._call(
            "verify_software_token", _IN_BETWEEN, pool=False, UserCode=code, **_thread(step)
        )
        if response.get("Status") != "SUCCESS":
            raise WrongCode("not verified")
        if step.kind != SIGNED_IN:
            verified = Step(step.kind, step.email, str(response.get("Session") or step.handle))
            step = self._answer(verified, "MFA_SETUP", {}, _IN_BETWEEN)
        if step.kind == SIGNED_IN:
            self._call(
                "set_user_mfa_preference",
                _OF_A_TOKEN,
                pool=False,
                AccessToken=step.handle,
                SoftwareTokenMfaSettings={"Enabled": True, "PreferredMfa": True},
            )
        return Step(step.kind, step.email, step.handle, second_factor=True)

    # Sessions

    def who(self, token: str) -> Person:
        """Return the person and role of an access token, asked of Cognito: a change counts at once."""
        response = self._call("get_user", _OF_A_TOKEN, pool=False, AccessToken=token)
        name = str(response["Username"])
        groups = self._call("admin_list_groups_for_user", _OF_A_TOKEN, Username=name)["Groups"]
        return Person(
            email=name,
            role=highest({group["GroupName"] for group in groups}),
            second_factor=_AUTHENTICATOR in response.get("UserMFASettingList", ()),
            id=_id(response["UserAttributes"]),
        )

    def sign_out(self, person: str) -> None:
        """End every session of somebody; a person who is gone already is no fault."""
        with suppress(EntryMissing):
            self._call("admin_user_global_sign_out", _OF_A_PERSON, Username=person)

    def sign_out_by(self, token: str) -> None:
        """End every session of a token's holder, by the token's own right; no role is needed for it."""
        with suppress(SessionOver):
            self._call("global_sign_out", _OF_A_TOKEN, pool=False, AccessToken=token)

    # Accounts

    def everybody(self) -> Sequence[Person]:
        """Return all accounts of the pool, by address."""
        people = [self._person(user, role) for user, role in self._users()]
        return sorted(people, key=lambda person: person.email)

    def listed(self) -> Sequence[Person]:
        """Return all accounts of the pool, by address, as its lists have them: 60 in a call."""
        people = [_person(user, {}, role) for user, role in self._users()]
        return sorted(people, key=lambda person: person.email)

    def _users(self) -> Iterator[tuple[Mapping[str, Any], str]]:
        roles: dict[str, set[str]] = {}
        for role in ROLES:
            for user in self._pages("list_users_in_group", "Users", "NextToken", GroupName=role):
                roles.setdefault(str(user["Username"]), set()).add(role)
        for user in self._pages("list_users", "Users", "PaginationToken"):
            yield user, highest(roles.get(str(user["Username"]), set()))

    def publishers(self) -> Sequence[Person]:
        """Return the publishers as their group lists them: the pool is not asked about each."""
        users = self._pages("list_users_in_group", "Users", "NextToken", GroupName=PUBLISHER)
        return sorted((_person(user, {}, PUBLISHER) for user in users), key=lambda person: person.email)

    def has_authenticator(self, email: str) -> bool:
        """Ask the pool about one account, and not for its groups."""
        more = self._call("admin_get_user", _OF_A_PERSON, Username=email)
        return _AUTHENTICATOR in more.get("UserMFASettingList", ())

    def find(self, email: str) -> Person:
        """Return one account as the pool knows it now."""
        faults = {**_OF_A_PERSON, "InvalidParameterException": EntryMissing}
        if not email:
            raise EntryMissing("nobody")
        more = self._call("admin_get_user", faults, Username=email)
        groups = self._call("admin_list_groups_for_user", faults, Username=str(more["Username"]))["Groups"]
        return _person(more, more, highest({group["GroupName"] for group in groups}))

    def invite(self, email: str, role: str, password: str) -> Person:
        """Create an account. Cognito mails nothing: our own invitation goes out as our own mail."""
        response = self._call(
            "admin_create_user",
            {"UsernameExistsException": PersonKnown, "InvalidParameterException": PersonKnown},
            Username=email,
            TemporaryPassword=password,
            MessageAction="SUPPRESS",
            UserAttributes=[{"Name": "email", "Value": email}, {"Name": "email_verified", "Value": "true"}],
        )
        if role:
            self.set_role(email, role)
        made = response["User"]
        return _person(made, made, role)

    def set_role(self, person: str, role: str) -> None:
        """Set an account's role: into the group of one and out of the others."""
        if role:
            self._call("admin_add_user_to_group", _OF_A_PERSON, Username=person, GroupName=role)
        for other in ROLES:
            if other != role:
                self._call("admin_remove_user_from_group", _OF_A_PERSON, Username=person, GroupName=other)

    def set_first_password(self, person: str, password: str) -> None:
        """Reset a password to one that must be changed at the next sign-in, and end all sessions."""
        faults = {**_OF_A_PERSON, **_A_PASSWORD}
        self._call("admin_set_user_password", faults, Username=person, Password=password, Permanent=False)
        self.sign_out(person)

    def forget_authenticator(self, person: str) -> None:
        """Reset the second factor (MFA), and end all sessions.

        No codes are asked for until a new one is set up.
        """
        self._call(
            "admin_set_user_mfa_preference",
            _OF_A_PERSON,
            Username=person,
            SoftwareTokenMfaSettings={"Enabled": False, "PreferredMfa": False},
        )
        self.sign_out(person)

    def remove(self, person: str) -> None:
        """Delete an account, after all its sessions were ended."""
        self.sign_out(person)
        self._call("admin_delete_user", _OF_A_PERSON, Username=person)

    def _answer(self, step: Step, challenge: str, answers: Mapping[str, str], faults: _Faults) -> Step:
        response = self._call(
            "admin_respond_to_auth_challenge",
            faults,
            ClientId=self._client_id,
            ChallengeName=challenge,
            Session=step.handle,
            ChallengeResponses={"USERNAME": step.email, **answers},
        )
        proven = step.second_factor or challenge in (_AUTHENTICATOR, "MFA_SETUP")
        return self._step(response, step.email, proven)

    def _step(self, response: Mapping[str, Any], email: str, second_factor: bool) -> Step:
        challenge = response.get("ChallengeName")
        if challenge:
            if challenge not in _CHALLENGES:
                raise WrongSignIn("the pool asks for something that this site cannot answer")
            return Step(_CHALLENGES[challenge], email, str(response["Session"]), second_factor)
        return Step(SIGNED_IN, email, str(response["AuthenticationResult"]["AccessToken"]), second_factor)

    def _person(self, user: Mapping[str, Any], role: str) -> Person:
        more = self._call("admin_get_user", _OF_A_PERSON, Username=str(user["Username"]))
        return _person(user, more, role)

    def _pages(self, operation: str, entries: str, mark: str, **arguments: Any) -> Iterator[Any]:
        more: dict[str, Any] = {}
        while True:
            response = self._call(operation, {}, **arguments, **more)
            yield from response[entries]
            if not response.get(mark):
                return
            more = {mark: response[mark]}

    def _call(self, operation: str, faults: _Faults, pool: bool = True, **arguments: Any) -> Any:
        if pool:
            arguments["UserPoolId"] = self._pool
        with store_faults(), _meaning(faults):
            return getattr(self._client(), operation)(**arguments)


def _person(user: Mapping[str, Any], more: Mapping[str, Any], role: str) -> Person:
    """Read a person from what the pool's lists say, and what only the pool's response about one says."""
    waits = user["UserStatus"] in ("FORCE_CHANGE_PASSWORD", "RESET_REQUIRED")
    state = SHUT_OUT if not user.get("Enabled", True) else INVITED if waits else ACTIVE
    made = user.get("UserCreateDate")
    return Person(
        str(user["Username"]),
        role,
        state,
        _AUTHENTICATOR in more.get("UserMFASettingList", ()),
        _id(user.get("UserAttributes") or user.get("Attributes") or ()),
        made.astimezone(UTC) if isinstance(made, datetime) else None,
    )


def _id(attributes: Iterable[Mapping[str, Any]]) -> str:
    return next((str(attribute["Value"]) for attribute in attributes if attribute["Name"] == "sub"), "")


@contextmanager
def _meaning(faults: _Faults) -> Iterator[None]:
    try:
        yield
    except ClientError as error:
        kind = faults.get(code_of(error))
        if kind is None:
            raise
        # Cognito's own lock has no code of its own.
        if kind is WrongSignIn and "attempts exceeded" in str(error).lower():
            kind = TooManyTries
        # Not chained: what Cognito says may quote what was sent.
        raise kind(code_of(error)) from None


def _thread(step: Step) -> dict[str, str]:
    return {"AccessToken" if step.kind == SIGNED_IN else "Session": step.handle}
