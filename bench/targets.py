"""What is measured: the baselines, each packed as its makers pack it, and our package as it ships."""

from __future__ import annotations

import compileall
import py_compile
import shutil
import sys
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from importlib import metadata
from pathlib import Path

from jinja2 import Environment, FileSystemLoader

from tools.build.functions import PAGE

BASELINES = Path(__file__).resolve().parent / "baselines"
BARE, OBVIOUS, PORCHLIGHT = "bare handler", "Chalice + Jinja2", "Porchlight"
PUBLISHED = f"{PORCHLIGHT}, published"


@dataclass(frozen=True, slots=True)
class Target:
    """A page function: a folder as Lambda would unpack it, its handler and its environment."""

    name: str
    folder: Path
    handler: str
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Runtime:
    """What Lambda brings along: the runtime client and boto3, with bytecode."""

    site_packages: Path


def runtime(work: Path, packages: Iterable[str] = ("awslambdaric", "boto3")) -> Runtime:
    """Lay out the runtime's own packages."""
    folder = work / "runtime"
    _copy_packages(packages, folder)
    compileall.compile_dir(folder, quiet=2, invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH)
    return Runtime(folder)


@dataclass(frozen=True, slots=True)
class _Baseline:
    name: str
    module: str
    handler: str
    packages: tuple[str, ...] = ()
    chalice: bool = False
    also: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)


_BASELINES = (
    _Baseline(BARE, "bare", "handler"),
    _Baseline(OBVIOUS, "with_chalice", "app", ("jinja2",), chalice=True),
    _Baseline(
        f"{OBVIOUS} + boto3",
        "with_chalice_boto3",
        "app",
        ("jinja2",),
        chalice=True,
        also=("with_chalice",),
        environment={"REPORTS_TABLE": "reports"},
    ),
    _Baseline("Flask + apig-wsgi", "with_flask", "handler", ("flask", "apig-wsgi")),
    _Baseline("FastAPI + Mangum", "with_fastapi", "handler", ("fastapi", "mangum", "jinja2")),
    _Baseline("Powertools + Jinja2", "with_powertools", "handler", ("aws-lambda-powertools", "jinja2")),
)


_REPORT = _Baseline(
    f"{OBVIOUS} + boto3 + argon2id",
    "with_chalice_boto3_argon2",
    "app",
    ("jinja2", "cryptography"),
    chalice=True,
    also=("with_chalice",),
    environment={"REPORTS_TABLE": "reports"},
)


def baselines(work: Path, only: Iterable[str] = ()) -> list[Target]:
    """Lay out the baselines, without bytecode: neither pip nor `chalice package` puts any into a zip."""
    names = set(only)
    return [_laid_out(one, work) for one in _BASELINES if not names or one.name in names]


def report_baseline(work: Path) -> Target:
    """Lay out what a report is compared with: Chalice, one boto3 client and argon2id."""
    return _laid_out(_REPORT, work)


def with_bytecode(target: Target) -> Target:
    """Return a target as it would be if its makers shipped bytecode, as we do."""
    folder = target.folder.with_name(target.folder.name + "-pyc")
    shutil.copytree(target.folder, folder)
    compileall.compile_dir(folder, quiet=2, invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH)
    return Target(f"{target.name}, .pyc", folder, target.handler, target.environment)


def porchlight(package: Path, work: Path) -> Target:
    """Unpack our own package."""
    folder = work / "porchlight"
    with zipfile.ZipFile(package / "deployment.zip") as archive:
        archive.extractall(folder)
    return Target(PORCHLIGHT, folder, PAGE.handler)


def through_chalice(ours: Target) -> Target:
    """Return our page function as it would be with the framework around it."""
    return replace(ours, name=f"{PORCHLIGHT} in Chalice", handler="app.app")


def published(ours: Target, address: str) -> Target:
    """Return our page function where an admin has published pages."""
    return replace(ours, name=PUBLISHED, environment={"PAGES_URL": address})


def _laid_out(baseline: _Baseline, work: Path) -> Target:
    folder = work / baseline.module
    _copy_packages(baseline.packages, folder)
    for source in (baseline.module, "content", *baseline.also):
        shutil.copy(BASELINES / f"{source}.py", folder)
    shutil.copytree(BASELINES / "templates", folder / "templates")
    (folder / "page.html").write_text(_constant_page(), encoding="utf-8")
    if baseline.chalice:  # its packager ships the runtime part only
        (folder / "chalice").mkdir()
        for file in ("__init__.py", "app.py"):
            found = metadata.distribution("chalice").locate_file(f"chalice/{file}")
            shutil.copy(str(found), folder / "chalice")
    handler = f"{baseline.module}.{baseline.handler}"
    return Target(baseline.name, folder, handler, baseline.environment)


def _constant_page() -> str:
    sys.path.insert(0, str(BASELINES))
    try:
        from content import RESOURCES, WORDS  # type: ignore[import-not-found]
    finally:
        sys.path.remove(str(BASELINES))
    templates = Environment(loader=FileSystemLoader(BASELINES / "templates"), autoescape=True)
    page = templates.get_template("page.html")
    return page.render(language="es", words=WORDS["es"], resources=RESOURCES)


def _copy_packages(names: Iterable[str], folder: Path) -> None:
    """Copy packages of this environment, with all they need, as `pip install --target` would."""
    folder.mkdir(parents=True, exist_ok=True)
    wanted, seen = list(names), set()
    while wanted:
        name = wanted.pop()
        if name in seen:
            continue
        seen.add(name)
        try:
            package = metadata.distribution(name)
        except metadata.PackageNotFoundError:
            continue  # needed on other Pythons only
        for need in package.requires or ():
            if "extra ==" not in need:
                bare = need.split(";")[0]
                wanted.append("".join(_name_of(bare)))
        for file in package.files or ():
            source = Path(str(package.locate_file(file)))
            if file.parts[0] == ".." or source.suffix == ".pyc" or not source.is_file():
                continue
            (folder / file.parent).mkdir(parents=True, exist_ok=True)
            shutil.copy(source, folder / file)


def _name_of(requirement: str) -> Iterable[str]:
    for letter in requirement.strip():
        if not (letter.isalnum() or letter in "-_."):
            return
        yield letter
