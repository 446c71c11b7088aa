"""What the package holds of libraries: what a function may load, and their licences.

A module of theirs goes in as bytecode alone: its source would be a twelfth of the zip, and nothing reads it
there. Of the SDK's data only the services that we call go in, without the words about them; the whole is
28 MB. Nothing calls its paginators and waiters either; they are described in files of their own.
"""

from __future__ import annotations

import fnmatch
import gzip
import json
from collections.abc import Iterable
from typing import Any

from tools.build.shared_objects import without_symbols

# As the SDK names them. A test compares this with the calls in chalicelib, and the package with this.
SERVICES = ("cognito-idp", "dynamodb", "lambda", "s3", "secretsmanager", "sesv2", "sqs")

_DATA = "botocore/data/"
_OF_A_SERVICE = ("service-2", "endpoint-rule-set-1")
_NEVER = (
    "boto3/data/*", "boto3/examples/*",  # of boto3's resources, which nothing uses
    "cffi/*", "pycparser/*",  # they compile C; cryptography loads _cffi_backend alone
    "dateutil/zoneinfo/*.tar.gz",  # a second set of time zones, beside tzdata
    "tzdata/zoneinfo/tzdata.zi", "tzdata/zoneinfo/*.tab",  # the same zones as text
    "urllib3/contrib/emscripten/*",  # a browser's way to the network
    "*.dist-info/RECORD", "*.dist-info/sboms/*",  # lists of files: requirements.lock pins the wheels by hash
)  # fmt: skip


def is_ours(name: str) -> bool:
    """Say whether a file of the zip is our own, by its name in it."""
    return name == "app.py" or name.startswith(("chalicelib/", "templates/"))


def is_shipped(name: str) -> bool:
    """Say whether a file of the zip is shipped, by its name in it. Files of our own all are."""
    if is_ours(name):
        return True
    if any(fnmatch.fnmatchcase(name, pattern) for pattern in _NEVER):
        return False
    service, folder, rest = name.removeprefix(_DATA).partition("/")
    if not name.startswith(_DATA) or not folder:
        return True
    return service in SERVICES and rest.rpartition("/")[2].startswith(_OF_A_SERVICE)


def as_shipped(name: str, content: bytes) -> bytes:
    """Return a file as it is shipped: the description of a service without what it says to people.

    That is six sevenths of it, and would be read at each start. Compiled libraries go without their symbols,
    which are an eighth of the zip. All else is returned as it is. Raises NotLoadable.
    """
    if name.endswith(".so"):
        return without_symbols(content)
    if not (name.startswith(_DATA) and name.endswith("/service-2.json.gz")):
        return content
    told = json.dumps(_untold(json.loads(gzip.decompress(content))), separators=(",", ":"))
    return gzip.compress(told.encode(), 9, mtime=0)


def _untold(value: Any) -> Any:
    if isinstance(value, dict):
        # A field of a request that is called so has a shape, and not a text. The SDK wants some to be there.
        return {name: "" if _is_told(name, one) else _untold(one) for name, one in value.items()}
    return [_untold(one) for one in value] if isinstance(value, list) else value


def _is_told(name: str, value: Any) -> bool:
    return name == "documentation" and isinstance(value, str)


def missing(names: Iterable[str]) -> list[str]:
    """Return the services of the list that these files do not describe, such as one that was renamed."""
    there = {
        name.split("/")[2] for name in names if name.startswith(_DATA) and name.endswith("/service-2.json.gz")
    }
    return sorted(set(SERVICES) - there)
