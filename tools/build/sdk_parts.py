"""What the package holds of AWS's SDK (boto3): its code, and of botocore's data the services that we call.

The whole is 28 MB, nearly all of it descriptions of services that no function calls. Nothing calls its
paginators and waiters either; they are described in files of their own.
"""

from __future__ import annotations

from collections.abc import Iterable

# As the SDK names them. A test compares this with the calls in chalicelib, and the package with this.
SERVICES = ("cognito-idp", "dynamodb", "s3", "secretsmanager", "sesv2")

_DATA = "botocore/data/"
_NEVER = ("boto3/data/", "boto3/examples/")  # of boto3's resources, which nothing uses
_OF_A_SERVICE = ("service-2", "endpoint-rule-set-1")


def is_shipped(name: str) -> bool:
    """Say whether a file of the zip is shipped, by its name in it. Files of others than the SDK all are."""
    if name.startswith(_NEVER):
        return False
    service, folder, rest = name.removeprefix(_DATA).partition("/")
    if not name.startswith(_DATA) or not folder:
        return True
    return service in SERVICES and rest.rpartition("/")[2].startswith(_OF_A_SERVICE)


def missing(names: Iterable[str]) -> list[str]:
    """Return the services of the list that these files do not describe, such as one that was renamed."""
    there = {
        name.split("/")[2] for name in names if name.startswith(_DATA) and name.endswith("/service-2.json.gz")
    }
    return sorted(set(SERVICES) - there)
