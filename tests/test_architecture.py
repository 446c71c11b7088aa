"""The arrows between our modules, read from the code. To add one, change it here first."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
FILES = [ROOT / "app.py", *sorted((ROOT / "chalicelib").rglob("*.py"))]
MODULES = {
    ".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): file for file in FILES
}

# What each part may import of ours. Everybody may import the domain and the ports, which import nothing
# outward.
MAY_IMPORT = {
    "app": {"settings", "wiring", "web"},
    "wiring": {"settings", "wiring", "web", "adapters", "render", "usecases", "ports", "domain"},
    "web": {"web", "usecases", "render", "ports", "domain"},
    "usecases": {"usecases", "ports", "domain"},
    "adapters": {"adapters", "ports", "domain"},
    "render": {"render", "ports", "domain"},
    "ports": {"domain"},
    "domain": {"domain"},
    "settings": set(),
}
# The one part that knows each library.
LIBRARIES = {
    "boto3": {"adapters"},
    "botocore": {"adapters"},
    "cryptography": {"adapters"},
    "jwt": {"adapters"},
    "pysequoia": {"adapters"},
    "html5lib": {"render"},
    "jinja2": {"render"},
    "markupsafe": {"render"},
    "segno": {"render"},
    "tinycss2": {"domain"},  # reads a text and reaches nothing: the rules of a style sheet are rules
    "chalice": {"app", "wiring", "web"},
}
# How the outside gets in: the domain and the use cases are handed time, chance and settings.
OUTSIDE = {
    "asyncio", "http", "logging", "os", "pathlib", "random", "secrets", "shutil", "socket", "sqlite3", "ssl",
    "subprocess", "tempfile", "threading", "time", "urllib.request", "uuid",
}  # fmt: skip
# What the page function cannot afford at its start: docs/performance.md has the figures.
TOO_HEAVY_FOR_A_PAGE = {
    "boto3", "botocore", "cryptography", "dataclasses", "http.client", "jinja2", "markupsafe", "pathlib",
    "subprocess", "urllib.request",
}  # fmt: skip


class Import(tuple[str, str, bool]):
    """(module that imports, what it imports, whether the import is run when the module is loaded)."""

    __slots__ = ()


def imports(module: str, path: Path) -> Iterator[Import]:
    """Return every import of a module, those for type checkers alone left out."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    typing_only = {
        inner
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
        for inner in ast.walk(node)
    }
    late = {
        inner
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if node in typing_only:
            continue
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module} imports by a relative path"
            assert node.module is not None
            # `from package import name` may import a module of that name.
            inner_modules = [f"{node.module}.{alias.name}" for alias in node.names]
            names = [name for name in inner_modules if name in MODULES] or [node.module]
        for name in names:
            yield Import((module, name, node not in late))


ALL = [one for module, path in MODULES.items() for one in imports(module, path)]


def part(module: str) -> str:
    """Return which part of the application a module of ours belongs to."""
    names = module.removeprefix("chalicelib.").split(".")
    return "wiring" if names[0].startswith("wiring") else names[0]


def ours(module: str) -> bool:
    return module in MODULES


@pytest.mark.parametrize("module", [name for name in MODULES if name != "chalicelib"])
def test_imports_point_inward(module: str) -> None:
    allowed = MAY_IMPORT[part(module)]
    outward = {
        name for source, name, _ in ALL if source == module and ours(name) and part(name) not in allowed
    }
    assert not outward, f"{module} may not import {outward}"


def test_every_module_belongs_to_a_part() -> None:
    assert {part(name) for name in MODULES} - {"chalicelib"} == set(MAY_IMPORT)


def test_each_library_is_known_to_one_part_alone() -> None:
    strays = [
        (source, name)
        for source, name, _ in ALL
        if (top := name.partition(".")[0]) in LIBRARIES and part(source) not in LIBRARIES[top]
    ]
    assert not strays


def test_nothing_else_is_imported_but_python_and_ourselves() -> None:
    known = {*sys.stdlib_module_names, *LIBRARIES, "app", "chalicelib"}
    assert not [(source, name) for source, name, _ in ALL if name.partition(".")[0] not in known]


@pytest.mark.parametrize("inner", ["domain", "usecases", "ports"])
def test_rules_get_time_chance_and_settings_handed_in(inner: str) -> None:
    reached = [
        (source, name)
        for source, name, _ in ALL
        if part(source) == inner and (name in OUTSIDE or name.partition(".")[0] in OUTSIDE)
    ]
    assert not reached
    for module in (name for name in MODULES if part(name) == inner):
        asked = {
            node.attr
            for node in ast.walk(ast.parse(MODULES[module].read_text(encoding="utf-8")))
            if isinstance(node, ast.Attribute) and ast.unparse(node) in CLOCKS
        }
        assert not asked, f"{module} looks at the clock"


CLOCKS = {"datetime.now", "datetime.utcnow", "datetime.today", "date.today"}


def test_the_environment_is_read_once() -> None:
    readers = {
        module
        for module, path in MODULES.items()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute) and ast.unparse(node) in ("os.environ", "os.getenv", "os.environb")
    }
    started_by_lambda = {"app", "chalicelib.wiring_page"}
    assert readers - started_by_lambda == {"chalicelib.wiring_reporter"}, (
        "they hand it to Settings.from_env, and nobody else looks but for what AWS's SDK would read by itself"
    )


def test_nothing_is_printed() -> None:
    printers = {
        module
        for module, path in MODULES.items()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and ast.unparse(node.func) in ("print", "breakpoint", "traceback.print_exc")
    }
    assert not printers


def test_no_function_is_longer_than_fifty_lines() -> None:
    """From its `def` to its last line: its docstring counts, and so does all that stands inside it."""
    long = {
        f"{module}.{node.name}: {lines}"
        for module, path in MODULES.items()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (lines := (node.end_lineno or 0) - node.lineno + 1) > LINES_OF_A_FUNCTION
    }
    assert not long, "make it a class with a method for each thing it does"


def test_no_file_is_longer_than_four_hundred_lines() -> None:
    long = {
        module
        for module, path in MODULES.items()
        if len(path.read_text(encoding="utf-8").splitlines()) > LINES_OF_A_FILE
    }
    assert long == STILL_TO_BE_CUT


LINES_OF_A_FUNCTION = 50
LINES_OF_A_FILE = 400
STILL_TO_BE_CUT = {"chalicelib.ports"}  # each room takes its own; then this is empty


def loaded_by(start: str, also: tuple[str, ...] = ()) -> set[str]:
    """Return all that loading some of our modules loads: ours followed, others named."""
    seen: set[str] = set()
    todo = [start, *also]
    while todo:
        module = todo.pop()
        if module in seen:
            continue
        seen.add(module)
        if ours(module):
            packages = [".".join(module.split(".")[:end]) for end in range(1, module.count(".") + 1)]
            todo += packages
            todo += [name for source, name, at_load in ALL if source == module and at_load]
    return seen


def test_the_page_function_loads_little() -> None:
    # app, and what wiring loads later when the function is "page".
    loaded = loaded_by("app", ("chalicelib.web.public", "chalicelib.adapters.shipped_pages"))
    heavy = {
        name
        for name in loaded
        if any(name == one or name.startswith(f"{one}.") for one in TOO_HEAVY_FOR_A_PAGE)
    }
    assert not heavy
    assert len([name for name in loaded if ours(name)]) <= 20, "each module costs its start some time"
    assert not {name for name in loaded if part(name) in ("render", "domain") and name.count(".") == 2} - {
        "chalicelib.domain.locales"
    }


def test_following_imports_finds_what_is_loaded() -> None:
    # So that the test above cannot pass by following nothing.
    assert {"jinja2", "chalicelib.domain.reports"} <= loaded_by("chalicelib.wiring_reporter")
    assert "boto3" in loaded_by("chalicelib.wiring_delivery")


def test_the_form_does_not_wait_for_the_sdk() -> None:
    loaded = {name.split(".")[0] for name in loaded_by("chalicelib.wiring_reporter")}
    assert not loaded & {"boto3", "botocore", "s3transfer", "urllib3"}
