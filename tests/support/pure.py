"""Pure tests: those that touch no stand-in for AWS, no process, no browser, no socket: for `make quick`.

Which they are is read from their imports, those of what they import from this project included, and from the
fixtures they ask for. So a new test of a rule is among them wherever it lies.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from tests.support.syntax import statements, tree_of

ROOT = Path(__file__).resolve().parent.parent.parent
TESTS = ROOT / "tests"
SHARED = sorted((TESTS / "support").glob("*_fixtures.py"))
OURS = {"app", "bench", "chalicelib", "tests", "tools"}
# What starts, listens or connects.
TOUCHING = {
    "asyncio", "awslambdaric", "boto3", "botocore", "http.client", "http.server", "moto", "multiprocessing",
    "playwright", "socket", "socketserver", "ssl", "subprocess", "urllib.request", "websockets", "werkzeug",
}  # fmt: skip


def is_pure(file: Path, tests: Path = TESTS) -> bool:
    """Say whether nothing that this file of tests may reach touches anything outside its own process."""
    found: set[Path] = set()
    left = [file]
    while left:
        one = left.pop()
        if one in found:
            continue
        found.add(one)
        names = _imports(one)
        if any(
            name == touching or name.startswith(f"{touching}.") for name in names for touching in TOUCHING
        ):
            return False
        left += [there for name in names if (there := _file_of(name)) and there.name != "conftest.py"]
        left += _asked_of(one, tests) if tests in one.parents else []
    return True


def _asked_of(file: Path, tests: Path) -> Iterator[Path]:
    """Return the files with fixtures that a file of tests asks for, or names in a mark: all may use those of
    support/, and those of a conftest.py above. What a file defines itself it does not ask for.
    """
    asked = {
        argument.arg
        for node in statements(tree_of(file))
        if isinstance(node, ast.FunctionDef)
        for argument in (*node.args.args, *node.args.kwonlyargs)
    } | _named(file)
    asked -= _fixtures(file)
    yield from (one for one in SHARED if one != file and asked & _fixtures(one))
    for folder in file.parents:
        conftest = folder / "conftest.py"
        if conftest.is_file() and asked & _fixtures(conftest):
            yield conftest
        if folder == tests:
            return


def _named(file: Path) -> set[str]:
    """Return the fixtures that a file asks for by their names as texts."""
    asking = ("usefixtures", "getfixturevalue")
    if not any(word in file.read_text(encoding="utf-8") for word in asking):
        return set()
    return {
        named.value
        for call in ast.walk(tree_of(file))
        if isinstance(call, ast.Call) and ast.unparse(call.func).endswith(asking)
        for named in call.args
        if isinstance(named, ast.Constant)
    }


@cache
def _fixtures(conftest: Path) -> set[str]:
    return {
        node.name
        for node in tree_of(conftest).body
        if isinstance(node, ast.FunctionDef)
        and any("fixture" in ast.unparse(by) for by in node.decorator_list)
    }


@cache
def _imports(file: Path) -> set[str]:
    """Return the names of all modules that a file imports, also late; `from a import b` may mean `a.b`."""
    names: set[str] = set()
    for node in statements(tree_of(file)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return names


@cache
def _file_of(module: str) -> Path | None:
    if module.partition(".")[0] not in OURS:
        return None
    path = ROOT.joinpath(*module.split("."))
    return next((one for one in (path.with_suffix(".py"), path / "__init__.py") if one.is_file()), None)
