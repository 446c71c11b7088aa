"""The package under test: built once, unpacked, its template expanded as CloudFormation would expand it."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from tools.build import package

ROOT = Path(__file__).resolve().parent.parent.parent
BUILD = ROOT / "build"
_SOURCES = ("app.py", "chalicelib", "templates", "tools", ".chalice", "requirements.lock")
_IGNORED = ("__pycache__", ".mo", "chalicelib/built_pages")

# Expanded in a process of its own: the translator warns of what only its authors can mend.
_EXPAND = """
import json, sys
from samtranslator.translator.transform import transform
class NoManagedPolicies:
    def load(self):
        return {}
print(json.dumps(transform(json.load(sys.stdin), {}, NoManagedPolicies())))
"""


@dataclass(frozen=True)
class Package:
    """A package for this interpreter and machine: the zip, the same unpacked, and the template."""

    zip: Path
    unpacked: Path
    template: dict[str, Any]


def local_package() -> Package:
    """Return the package of what is on disk now. Several test processes may ask: the first builds it."""
    package, failed = _built()
    if package is None:
        raise AssertionError(failed)
    return package


@cache
def _built() -> tuple[Package | None, str]:
    """Return the package, or why there is none: kept too, since a failed build fails again."""
    folder = BUILD / f"test-package-{package.python_version()}"
    BUILD.mkdir(exist_ok=True)
    with (BUILD / f"{folder.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        stamp, built_from = folder / "built-from", _fingerprint()
        if not stamp.is_file() or stamp.read_text(encoding="utf-8") != built_from:
            shutil.rmtree(folder, ignore_errors=True)
            try:
                build(ROOT, folder)
            except AssertionError as error:
                return None, str(error)
            with zipfile.ZipFile(folder / "deployment.zip") as archive:
                archive.extractall(folder / "unpacked")
            stamp.write_text(built_from, encoding="utf-8")
    template = json.loads((folder / "template.json").read_text(encoding="utf-8"))
    return Package(folder / "deployment.zip", folder / "unpacked", template), ""


def build(root: Path, out: Path) -> None:
    """Build the project in `root` for this interpreter, as `make package TARGET=local` does."""
    environ = {name: value for name, value in os.environ.items() if name not in ("PYTHON", "PYTHONPATH")}
    command = [sys.executable, "-m", "tools.build.package", "--target", "local"]
    done = subprocess.run(
        [*command, "--out", str(out), "--cache", str(BUILD)],
        cwd=root,
        env=environ,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@cache
def expanded_template() -> dict[str, Any]:
    """Return the local package's template as SAM expands it, which is what CloudFormation would create."""
    template = json.loads(json.dumps(local_package().template))
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::Serverless::Function":
            resource["Properties"]["CodeUri"] = {"Bucket": "a-bucket", "Key": "deployment.zip"}
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", _EXPAND],
        input=json.dumps(template),
        env={**os.environ, "AWS_DEFAULT_REGION": "us-west-2"},
        capture_output=True,
        text=True,
        check=True,
    )
    expanded: dict[str, Any] = json.loads(done.stdout)
    return expanded


def sources(root: Path = ROOT) -> Iterator[Path]:
    """Return every file that a package is built from."""
    for source in _SOURCES:
        path = root / source
        files = sorted(path.rglob("*")) if path.is_dir() else [path]
        yield from (
            file for file in files if file.is_file() and not any(part in str(file) for part in _IGNORED)
        )


def _fingerprint() -> str:
    digest = hashlib.sha256()
    for file in sources():
        digest.update(str(file.relative_to(ROOT)).encode() + b"\0" + file.read_bytes() + b"\0")
    return digest.hexdigest()


def resource_of(paths: Mapping[str, Any], path: str) -> str | None:
    """Return the API's resource that takes a path: a fixed part before a variable, the greedy one last.

    A slash at the end does not count, and there is no going back from a branch once taken: what API Gateway's
    REST APIs do.
    """
    parts = [part for part in path.split("/") if part]
    taken: list[str] = []
    for index, part in enumerate(parts):
        under = {tuple(one.strip("/").split("/")) for one in paths if one != "/"}
        here = {one[index] for one in under if len(one) > index and list(one[:index]) == taken}
        variable = next((one for one in here if one.startswith("{") and not one.endswith("+}")), None)
        greedy = next((one for one in here if one.endswith("+}")), None)
        chosen = part if part in here else variable or greedy
        if chosen is None:
            return None
        taken.append(chosen)
        if chosen == greedy:
            break
    found = "/" + "/".join(taken)
    return found if found in paths else None


def api_event(
    paths: Mapping[str, Any],
    path: str,
    method: str = "GET",
    headers: Mapping[str, str] | None = None,
    body: str | None = None,
) -> dict[str, Any]:
    """Return what API Gateway hands a function for a request (a REST API's Lambda proxy integration)."""
    path, _, query = path.partition("?")
    asked = parse_qs(query, keep_blank_values=True)
    resource = resource_of(paths, path)
    assert resource is not None, f"API Gateway answers {path} by itself"
    sent = {"Host": "example.org", **(headers or {})}
    return {
        "resource": resource,
        "path": path,
        "httpMethod": method,
        "headers": sent,
        "multiValueHeaders": {name: [value] for name, value in sent.items()},
        "queryStringParameters": {name: values[-1] for name, values in asked.items()} or None,
        "multiValueQueryStringParameters": asked or None,
        "pathParameters": _path_parameters(resource, path),
        "stageVariables": None,
        "requestContext": {
            "resourcePath": resource,
            "httpMethod": method,
            "path": "/api" + path,
            "stage": "api",
            "requestId": "00000000-0000-0000-0000-000000000000",
            "identity": {"sourceIp": "192.0.2.1", "userAgent": "test"},
        },
        "body": body,
        "isBase64Encoded": False,
    }


def _path_parameters(resource: str, path: str) -> dict[str, str] | None:
    given = path.strip("/").split("/")
    found = {}
    for index, part in enumerate(resource.strip("/").split("/")):
        if part.endswith("+}"):
            found[part[1:-2]] = "/".join(given[index:])
        elif part.startswith("{"):
            found[part[1:-1]] = given[index]
    return found or None
