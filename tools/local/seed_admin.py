"""What the admin site needs on this machine: a pool, its roles, and a first publisher who may sign in."""

from __future__ import annotations

import secrets
from collections.abc import MutableMapping
from typing import Any, NamedTuple

from chalicelib.desk.adapters.cognito_people import client_definition, pool_definition
from chalicelib.desk.people import PUBLISHER, ROLES
from chalicelib.publishing.adapters.s3_releases import open_to_readers
from chalicelib.shared.email_addresses import is_address, plain_address
from tools.local.seed import client, unless_there

EMAIL = "publisher@porchlight.example"
_SHORTEST = 6  # Cognito takes none shorter


class AdminInvalid(ValueError):
    """ADMIN_EMAIL or ADMIN_PASSWORD cannot be used; the text says why."""


class FirstPublisher(NamedTuple):
    """Who may sign in first, and with what."""

    email: str
    password: str


def first_publisher(environ: MutableMapping[str, str]) -> FirstPublisher:
    """Read ADMIN_EMAIL and ADMIN_PASSWORD, or make them up. Raises AdminInvalid."""
    email = plain_address(environ.get("ADMIN_EMAIL") or EMAIL)
    password = environ.get("ADMIN_PASSWORD") or secrets.token_urlsafe(12)
    if not is_address(email):
        raise AdminInvalid("ADMIN_EMAIL must be an e-mail address.")
    if not _SHORTEST <= len(password) <= 256 or password != password.strip():
        raise AdminInvalid(
            f"ADMIN_PASSWORD must have {_SHORTEST} characters or more, and no space around them."
        )
    return FirstPublisher(email, password)


def seed_admin(environ: MutableMapping[str, str], first: FirstPublisher) -> None:
    """Make pool, client, roles and first publisher, and write the pool's names into `environ`.

    The names are only known once the pool is made, and the application reads them when it is imported.
    """
    cognito = client("cognito-idp")
    pool = _pool(cognito, len(first.password))
    made = cognito.create_user_pool_client(**client_definition(pool))["UserPoolClient"]
    environ["USER_POOL_ID"], environ["USER_POOL_CLIENT_ID"] = pool, str(made["ClientId"])
    for role in ROLES:
        cognito.create_group(UserPoolId=pool, GroupName=role)
    cognito.admin_create_user(
        UserPoolId=pool,
        Username=first.email,
        MessageAction="SUPPRESS",
        UserAttributes=[
            {"Name": "email", "Value": first.email},
            {"Name": "email_verified", "Value": "true"},
        ],
    )
    cognito.admin_set_user_password(
        UserPoolId=pool, Username=first.email, Password=first.password, Permanent=True
    )
    cognito.admin_add_user_to_group(UserPoolId=pool, Username=first.email, GroupName=PUBLISHER)


def seed_bucket(environ: MutableMapping[str, str]) -> None:
    """Make the bucket of published pages, and say where the page function reads it."""
    s3 = client("s3")
    name = environ["PAGES_BUCKET"]
    with unless_there():
        s3.create_bucket(
            Bucket=name,
            CreateBucketConfiguration={"LocationConstraint": environ.get("AWS_REGION", "us-west-2")},
        )
    s3.put_bucket_policy(Bucket=name, Policy=open_to_readers(name))
    endpoint = environ.get("AWS_ENDPOINT_URL_S3") or environ.get("AWS_ENDPOINT_URL", "")
    environ["PAGES_URL"] = environ.get("PAGES_URL") or f"{endpoint}/{name}"


def _pool(cognito: Any, password_length: int) -> str:
    definition = pool_definition("porchlight", second_factor=False)
    rules = definition["Policies"]["PasswordPolicy"]
    # Somebody who tries the site out may choose a short password for it; a real pool takes none.
    rules["MinimumLength"] = min(rules["MinimumLength"], password_length)
    return str(cognito.create_user_pool(**definition)["UserPool"]["Id"])
