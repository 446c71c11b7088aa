"""Build the package: build/package/deployment.zip and build/package/template.json.

    python -m tools.build.package                  for AWS: Python 3.13 on arm64
    python -m tools.build.package --target local   for this interpreter on this machine, to run the zip here

The same commit gives the same bytes, whoever builds it and wherever. PYTHON= names the interpreter; where the
one that runs this is another, or lacks the tools, the build goes on in an environment under build/.
"""

from __future__ import annotations

import argparse
import fcntl
import hashlib
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from importlib import metadata
from pathlib import Path
from typing import Any

from tools.build import bytecode, library_parts, shared_objects

ROOT = Path(__file__).resolve().parents[2]
LAMBDA_PYTHON = "3.13"
LAMBDA_ARCHITECTURE = "arm64"
SUPPORTED = ("3.11", "3.12", "3.13")

# What builds, apart from what requirements.lock brings.
TOOLS = {"babel": "2.18.0", "chalice": "1.34.0"}

# Chalice's packager adds these two of its own files, which no lock names: they go into every function.
CHALICE_RUNTIME = {
    "chalice/__init__.py": "fa8812e3488d6f42d4452e0548fbb9ce3cf548c2761ae8cfffe95cac72bb6e13",
    "chalice/app.py": "b26ae4dd55d342a87fe2463f336e97d4d2193ad759ead305c10afa94afaf18e9",
}

_MACHINES = {"x86_64": "x86_64", "amd64": "x86_64", "aarch64": "arm64", "arm64": "arm64"}
_WHEEL_MACHINES = {"x86_64": "x86_64", "arm64": "aarch64"}
# Amazon Linux 2 ran Python 3.11, Amazon Linux 2023 runs what came later: what glibc a wheel may ask for.
_NEWEST_GLIBC = {"3.11": 26, "3.12": 34, "3.13": 34}
_NOT_STAGED = shutil.ignore_patterns("__pycache__", "*.pyc", "*.po", "*.pot", "built_pages", ".*", "*~")
_NOT_SHIPPED = (".pyc", ".pyi", ".po", ".pot", ".c", ".h")
SECURITY_HOLDS = timedelta(days=365)  # RFC 9116 wants less than a year or so
_EPOCH = (1980, 1, 1, 0, 0, 0)
_LAMBDA_ROOT = "/var/task"


class PackagingFailed(Exception):
    """The package cannot be built; the text says in one line what to do."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Build what the command line asks for."""
    parser = argparse.ArgumentParser(description="Build the package for AWS, or for this machine.")
    parser.add_argument("--target", choices=("aws", "local"), default="aws")
    parser.add_argument(
        "--out", type=Path, default=ROOT / "build" / "package", help="where to write the two files"
    )
    parser.add_argument(
        "--cache", type=Path, default=ROOT / "build", help="where environments and wheels are kept"
    )
    wanted = parser.parse_args(arguments)
    try:
        python = interpreter(wanted.target, os.environ.get("PYTHON", ""))
        if python != sys.executable or not has_tools():
            environment = build_environment(python, wanted.cache)
            return _go_on_in(environment, wanted)
        architecture = LAMBDA_ARCHITECTURE if wanted.target == "aws" else this_architecture()
        build(wanted.out.resolve(), architecture, wanted.cache.resolve())
    except PackagingFailed as error:
        print(f"porchlight: {error}", file=sys.stderr)
        return 1
    return 0


def build(out: Path, architecture: str, cache: Path) -> None:
    """Build for the interpreter that runs this."""
    version = python_version()
    with tempfile.TemporaryDirectory(prefix="porchlight-package-") as work:
        stage, raw = Path(work, "stage"), Path(work, "raw")
        wheels = fetch_wheels(version, architecture, cache)
        fill_stage(stage, architecture)
        merge = Path(work, "merge.json")
        merge.write_text(json.dumps(merge_template_of(stage)), encoding="utf-8")
        _chalice_package(stage, raw, merge, wheels)
        refuse_another_chalice(raw / "deployment.zip")
        refuse_another_sdk(raw / "deployment.zip")
        out.mkdir(parents=True, exist_ok=True)
        write_zip(raw / "deployment.zip", out / "deployment.zip", Path(work, "compiled"))
        template = json.loads((raw / "sam.json").read_text(encoding="utf-8"))
        (out / "template.json").write_text(
            json.dumps(template, indent=2, sort_keys=True) + "\n", encoding="utf-8"
        )
    for name in ("deployment.zip", "template.json"):
        digest = hashlib.sha256((out / name).read_bytes()).hexdigest()
        print(f"{digest}  {out / name} ({(out / name).stat().st_size:,} bytes)")


# The interpreter


def interpreter(target: str, asked: str, running: str | None = None) -> str:
    """Return the interpreter to build with: the one asked for, the one running, or the one Lambda needs."""
    running = running or python_version()
    if asked:
        version = _version_of(asked)
        if version is None:
            raise PackagingFailed(f"PYTHON={asked} does not run")
        if target == "aws" and version != LAMBDA_PYTHON:
            raise PackagingFailed(
                f"PYTHON={asked} is Python {version}: the package for AWS needs {LAMBDA_PYTHON} "
                "(TARGET=local takes any)"
            )
        if version not in SUPPORTED:
            raise PackagingFailed(f"PYTHON={asked} is Python {version}: use one of {', '.join(SUPPORTED)}")
        return sys.executable if version == running else asked
    if target == "local" or running == LAMBDA_PYTHON:
        return sys.executable
    # A name on the PATH may be a shim that does not run: each candidate is asked for its version.
    installed = sorted(Path.home().glob(f".pyenv/versions/{LAMBDA_PYTHON}*/bin/python"))
    for candidate in (f"python{LAMBDA_PYTHON}", *map(str, installed)):
        if _version_of(candidate) == LAMBDA_PYTHON:
            return candidate
    raise PackagingFailed(
        f"the package for AWS needs Python {LAMBDA_PYTHON}: install python{LAMBDA_PYTHON} and "
        f"python{LAMBDA_PYTHON}-venv, or name one with PYTHON=/path/to/python"
    )


def python_version() -> str:
    """Return this interpreter's version as Lambda names runtimes: "3.13"."""
    return "{}.{}".format(*sys.version_info[:2])


def this_architecture() -> str:
    """Return this machine's processor as Lambda names it."""
    machine = platform.machine().lower()
    if machine not in _MACHINES:
        raise PackagingFailed(f"Lambda has no {machine} processors: build on x86_64 or arm64, or for AWS")
    return _MACHINES[machine]


def has_tools() -> bool:
    """Say whether this interpreter has the tools and packages in the very versions the build is pinned to."""
    for name, version in {**TOOLS, **pinned()}.items():
        try:
            if metadata.version(name) != version:
                return False
        except metadata.PackageNotFoundError:
            return False
    return True


def pinned() -> dict[str, str]:
    """Return each package that requirements.lock pins, with its version."""
    lines = (ROOT / "requirements.lock").read_text(encoding="utf-8").splitlines()
    pins = (
        line.split("\\")[0].strip().split("==") for line in lines if "==" in line and not line.startswith("#")
    )
    return dict(pins)


def build_environment(python: str, cache: Path) -> Path:
    """Return the Python of an environment made from `python` with the pinned tools; made once, then kept."""
    version = _version_of(python)
    folder = cache.resolve() / f"venv-{version}"
    made_from = json.dumps({"tools": TOOLS, "packages": pinned(), "python": version}, sort_keys=True)
    stamp, executable = folder / "made-from.json", folder / "bin" / "python"
    with _locked(cache / f"venv-{version}.lock"):
        if stamp.is_file() and stamp.read_text(encoding="utf-8") == made_from:
            return executable
        shutil.rmtree(folder, ignore_errors=True)
        print(f"making {folder} once, for Python {version}", file=sys.stderr)
        _run(
            [python, "-m", "venv", str(folder)],
            f"{python} cannot make environments: install python{version}-venv",
        )
        pip = [str(executable), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        _run(
            [*pip, "--require-hashes", "-r", str(ROOT / "requirements.lock")],
            "pip could not install requirements.lock",
        )
        tools = [f"{name}=={version}" for name, version in TOOLS.items()]
        _run([*pip, *tools], f"pip could not install {' '.join(tools)}")
        stamp.write_text(made_from, encoding="utf-8")
    return executable


def _go_on_in(python: Path, wanted: argparse.Namespace) -> int:
    command = [str(python), "-m", "tools.build.package", "--target", wanted.target]
    command += ["--out", str(wanted.out.resolve()), "--cache", str(wanted.cache.resolve())]
    environ = {name: value for name, value in os.environ.items() if name != "PYTHON"}
    return subprocess.run(command, cwd=ROOT, env=environ | {"PYTHON": str(python)}, check=False).returncode


def _version_of(python: str) -> str | None:
    ask = [python, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"]
    try:
        answer = subprocess.run(ask, capture_output=True, text=True, check=False)
    except OSError:
        return None
    return answer.stdout.strip() if answer.returncode == 0 else None


# What goes in


def fetch_wheels(version: str, architecture: str, cache: Path) -> Path:
    """Return a folder with the wheels of requirements.lock, for this machine and the target, checked by hash.

    Chalice then finds all it wants there: it asks no registry itself, and checks no hash.
    """
    lock = ROOT / "requirements.lock"
    digest = hashlib.sha256(lock.read_bytes()).hexdigest()[:12]
    folder = cache / f"wheels-{version}-{architecture}-{digest}"
    with _locked(cache / "wheels.lock"):
        if folder.is_dir():
            return folder
        with tempfile.TemporaryDirectory(prefix="wheels-", dir=cache) as fresh:
            pip = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"]
            pip += ["--no-deps", "--only-binary=:all:", "--require-hashes", "-r", str(lock), "--dest", fresh]
            machine = _WHEEL_MACHINES[architecture]
            target = [
                "--implementation",
                "cp",
                "--python-version",
                version,
                "--abi",
                f"cp{version.replace('.', '')}",
            ]
            for minor in range(_NEWEST_GLIBC[version], 16, -1):
                target += ["--platform", f"manylinux_2_{minor}_{machine}"]
            target += ["--platform", f"manylinux2014_{machine}"]
            _run(pip, "pip could not fetch the wheels of requirements.lock")
            _run(pip + target, f"pip could not fetch the wheels of requirements.lock for {architecture}")
            os.chmod(fresh, 0o755)  # noqa: S103 - mkdtemp's 0700 would be kept by the rename
            shutil.copytree(fresh, folder)
    return folder


def fill_stage(stage: Path, architecture: str) -> None:
    """Lay out a fresh project for Chalice to package: its own cache misses files that were renamed."""
    from tools.build import catalogs, functions

    shutil.copytree(ROOT / "chalicelib", stage / "chalicelib", ignore=_NOT_STAGED)
    shutil.copy(ROOT / "app.py", stage / "app.py")
    shutil.copy(ROOT / "requirements.lock", stage / "requirements.txt")
    shutil.copytree(ROOT / "templates", stage / "vendor" / "templates", ignore=_NOT_STAGED)
    (stage / "templates").symlink_to("vendor/templates")  # where the code looks for them, here and on Lambda
    (stage / ".chalice").mkdir()
    for policy in sorted((ROOT / ".chalice").glob("policy-*.json")):
        shutil.copy(policy, stage / ".chalice")
    config = json.loads((ROOT / ".chalice" / "config.json").read_text(encoding="utf-8"))
    config["stages"] = {"aws": functions.chalice_stage(architecture)}
    (stage / ".chalice" / "config.json").write_text(json.dumps(config), encoding="utf-8")
    catalogs.compile_catalogs(ROOT / "chalicelib" / "locale", stage / "chalicelib" / "locale")
    rendering = [sys.executable, "-P", str(ROOT / "tools" / "build" / "package_pages.py"), str(stage)]
    rendering.append(expires(ROOT))
    _run(rendering, "the pages could not be rendered", stage, _clean_environment(stage))


def expires(root: Path) -> str:
    """Return until when security.txt holds (ISO 8601): a year from the commit.

    Without git it is a year from SOURCE_DATE_EPOCH, or from now.
    """
    try:
        asked = ["git", "log", "-1", "--format=%ct"]
        made = subprocess.run(asked, cwd=root, capture_output=True, text=True, check=False).stdout.strip()
    except OSError:
        made = ""
    seconds = float(made or os.environ.get("SOURCE_DATE_EPOCH") or time.time())
    return f"{datetime.fromtimestamp(seconds, UTC) + SECURITY_HOLDS:%Y-%m-%dT%H:%M:%SZ}"


def merge_template_of(stage: Path) -> dict[str, Any]:
    """Return what to merge into Chalice's template for the staged project."""
    from tools.build import gateway_pages, package_template

    asked = [sys.executable, "-c", _WHAT_THE_APP_HAS]
    app = json.loads(_run(asked, "app.py could not be imported", stage, _clean_environment(stage)))
    _compare_with_the_table(app["functions"])
    index = json.loads((stage / "chalicelib" / "built_pages" / "index.json").read_text(encoding="utf-8"))
    site = package_template.Site(
        routes=app["routes"],
        headers=index["headers"],
        hotline=gateway_pages.hotline(stage / "chalicelib" / "content" / "contacts.json"),
    )
    try:
        return package_template.merge_template(site)
    except package_template.PathsClash as error:
        raise PackagingFailed(str(error)) from error


_WHAT_THE_APP_HAS = """
import json
from app import app
functions = [one.name for one in (*app.pure_lambda_functions, *app.event_sources)]
routes = {path: sorted(views) for path, views in app.routes.items()}
print(json.dumps({"routes": routes, "functions": functions}))
"""


def _compare_with_the_table(declared: Sequence[str]) -> None:
    from tools.build.functions import FUNCTIONS, PAGE

    listed = {function.name for function in FUNCTIONS} - {PAGE.name}
    for name in sorted(set(declared) - listed):
        raise PackagingFailed(
            f"app.py has a function {name}: give it a row in tools/build/functions.py and a policy"
        )
    for name in sorted(listed - set(declared)):
        raise PackagingFailed(f"tools/build/functions.py has a function {name}, and app.py has not")


def _chalice_package(stage: Path, out: Path, merge: Path, wheels: Path) -> None:
    command = [sys.executable, "-c", "import sys; from chalice.cli import main; sys.exit(main())"]
    command += [
        "--project-dir",
        str(stage),
        "package",
        "--stage",
        "aws",
        "--merge-template",
        str(merge),
        str(out),
    ]
    offline = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(wheels), "PIP_CONFIG_FILE": os.devnull}
    _run(command, "chalice package failed", stage, _clean_environment(stage) | offline)


def _clean_environment(stage: Path) -> dict[str, str]:
    """Return an environment in which nothing of whoever builds can reach the package."""
    kept = {name: os.environ[name] for name in ("HOME", "PATH", "TMPDIR") if name in os.environ}
    return kept | {
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_DEFAULT_REGION": "us-west-2",  # Chalice wants one; nothing in the template depends on it
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "LC_ALL": "C.UTF-8",
        "PORCHLIGHT_FUNCTION": "all",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONHASHSEED": "0",
        "PYTHONPATH": str(stage),
        "STAGE": "dev",
    }


# The zip


def write_zip(raw: Path, finished: Path, work: Path) -> None:
    """Write Chalice's zip anew: without what nobody reads, with bytecode, and the same bytes every time.

    Ours go in beside their sources, libraries without (decision 74).
    """
    with zipfile.ZipFile(raw) as source:
        shipped = (name for name in source.namelist() if library_parts.is_shipped(name))
        names = sorted(name for name in shipped if not name.endswith(("/", *_NOT_SHIPPED)))
        for name in names:
            source.extract(name, work)
    try:
        files = {name: library_parts.as_shipped(name, (work / name).read_bytes()) for name in names}
        compiled = bytecode.compiled([name for name in names if name.endswith(".py")], work, _LAMBDA_ROOT)
    except (bytecode.NotPython, shared_objects.NotLoadable) as error:
        raise PackagingFailed(str(error)) from error
    for module, content in compiled.items():
        if library_parts.is_ours(module):
            files[bytecode.beside(module)] = content
        else:  # Python takes it where the source would stand
            del files[module]
            files[f"{module}c"] = content
    with zipfile.ZipFile(finished, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as target:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 3  # Unix, so that the mode counts
            entry.external_attr = (0o755 if name.endswith(".so") else 0o644) << 16
            target.writestr(entry, files[name])


def refuse_another_chalice(raw: Path) -> None:
    """Raise PackagingFailed if Chalice's own part of a zip is not byte for byte what we looked at."""
    with zipfile.ZipFile(raw) as source:
        names = [one for one in source.namelist() if one.startswith("chalice/") and one.endswith(".py")]
        found = {name: hashlib.sha256(source.read(name)).hexdigest() for name in names}
    for name in sorted(found.keys() | CHALICE_RUNTIME.keys()):
        if found.get(name) != CHALICE_RUNTIME.get(name):
            raise PackagingFailed(f"{name} is not the one of Chalice {TOOLS['chalice']} that we know")


def refuse_another_sdk(raw: Path) -> None:
    """Raise PackagingFailed if the SDK in a zip lacks a service that functions call."""
    with zipfile.ZipFile(raw) as source:
        lacking = library_parts.missing(source.namelist())
    if lacking:
        raise PackagingFailed(f"the SDK has no {', '.join(lacking)}: look at tools/build/library_parts.py")


# Running things


def _run(
    command: Sequence[str], failed: str, cwd: Path | None = None, env: Mapping[str, str] | None = None
) -> str:
    try:
        done = subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, check=False)
    except OSError as error:
        raise PackagingFailed(f"{failed}: {error}") from error
    if done.returncode != 0:
        raise PackagingFailed(f"{failed}:\n{done.stdout}{done.stderr}".rstrip())
    return done.stdout


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


if __name__ == "__main__":
    raise SystemExit(main())
