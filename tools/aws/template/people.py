"""Those who may sign in at the desk: a user pool in which only an administrator makes accounts."""

from __future__ import annotations

from tools.aws.template.parts import Json, kept, resources

# As in chalicelib/desk/people.py and desk/adapters/cognito_people.py; a test holds them together.
SHORTEST_PASSWORD = 14
SESSION_MINUTES = 60
SIGN_IN_MINUTES = 10


def pool() -> Json:
    """The pool, its one client and a group for each role."""
    password = {
        "MinimumLength": SHORTEST_PASSWORD,
        "RequireUppercase": False,
        "RequireLowercase": False,
        "RequireNumbers": False,
        "RequireSymbols": False,
        "TemporaryPasswordValidityDays": 7,
        "PasswordHistorySize": 5,
    }
    people = {
        "UserPoolTier": "ESSENTIALS",  # the cheapest that remembers old passwords; it keeps no addresses
        "UsernameConfiguration": {"CaseSensitive": False},
        "AdminCreateUserConfig": {"AllowAdminCreateUserOnly": True},
        "AccountRecoverySetting": {"RecoveryMechanisms": [{"Name": "admin_only", "Priority": 1}]},
        "MfaConfiguration": "ON",
        "EnabledMfas": ["SOFTWARE_TOKEN_MFA"],
        "Policies": {"PasswordPolicy": password},
        "DeletionProtection": "ACTIVE",
    }
    client = {
        "UserPoolId": {"Ref": "People"},
        "ClientName": "admin site",
        "GenerateSecret": False,
        "ExplicitAuthFlows": ["ALLOW_ADMIN_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
        "PreventUserExistenceErrors": "ENABLED",
        "EnableTokenRevocation": True,
        "AuthSessionValidity": SIGN_IN_MINUTES,
        "AccessTokenValidity": SESSION_MINUTES,
        "IdTokenValidity": SESSION_MINUTES,
        "RefreshTokenValidity": SESSION_MINUTES,
        "TokenValidityUnits": {
            "AccessToken": "minutes",
            "IdToken": "minutes",
            "RefreshToken": "minutes",
        },
    }
    return resources(
        People=kept("AWS::Cognito::UserPool", people),
        DeskClient={"Type": "AWS::Cognito::UserPoolClient", "Properties": client},
        Editors=_group("editor", "Writes drafts and looks at everything."),
        Publishers=_group("publisher", "Publishes, rolls back, decides about recipients and people."),
    )


def _group(role: str, description: str) -> Json:
    properties = {"UserPoolId": {"Ref": "People"}, "GroupName": role, "Description": description}
    return kept("AWS::Cognito::UserPoolGroup", properties)  # who is in it goes with it, and the pool stays
