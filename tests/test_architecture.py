"""The arrows between our modules, read from the code. To add one, change it here first."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.syntax import statements, tree_of

ROOT = Path(__file__).resolve().parent.parent
FILES = [ROOT / "app.py", *sorted((ROOT / "chalicelib").rglob("*.py"))]
MODULES = {
    ".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): file for file in FILES
}

# The rooms in their order: a room imports those of lower numbers, and never one beside it.
ROOMS = {
    "shared": 0, "directory": 1, "pages": 2, "desk": 3, "reporting": 3, "delivery": 4, "publishing": 5,
    "replies": 5, "settings": 5, "wiring": 6, "app": 7,
}  # fmt: skip
# Inside a room, and from a room into the layers of a lower one: rules are what lies at its top.
LAYERS = {
    "rules": {"rules"},
    "render": {"rules", "render"},
    "adapters": {"rules", "adapters"},
    "web": {"rules", "render", "web"},
}
ADAPTERS = {"shared.aws", "shared.net", "shared.system_clock", "shared.log_alarms", "shared.request_time"}
# The layers that know each library.
LIBRARIES = {
    "boto3": {"adapters"},
    "botocore": {"adapters"},
    "cryptography": {"adapters"},
    "jwt": {"adapters"},
    "pysequoia": {"adapters"},
    "brotli": {"render"},
    "html5lib": {"render"},
    "jinja2": {"render"},
    "markupsafe": {"render"},
    "segno": {"render"},
    "tinycss2": {"rules"},  # reads a text and reaches nothing: the rules of a style sheet are rules
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


def imports(module: str, path: Path, types_too: bool = False) -> Iterator[Import]:
    """Return every import of a module, without those for type checkers alone unless asked for them too."""
    tree = tree_of(path)
    typing_only = {
        inner
        for node in statements(tree)
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
        for inner in statements(node)
    }
    late = {
        inner
        for node in statements(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        for inner in statements(node)
    }
    for node in statements(tree):
        if node in typing_only and not types_too:
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


BY_MODULE = {module: [*imports(module, path)] for module, path in MODULES.items()}
ALL = [one for found in BY_MODULE.values() for one in found]
imports_of_types_too = [one for module, path in MODULES.items() for one in imports(module, path, True)]


def ours(module: str) -> bool:
    return module in MODULES


def below(module: str) -> str:
    return module.removeprefix("chalicelib.")


def room(module: str) -> str:
    """Return the room of a module of ours."""
    return below(module).split(".")[0]


def layer(module: str) -> str:
    """Return the layer of a module of ours; app, settings and wiring are one each."""
    name = below(module)
    if room(module) in ("app", "settings", "wiring"):
        return room(module)
    if any(name == one or name.startswith(f"{one}.") for one in ADAPTERS):
        return "adapters"
    inner = name.split(".")[1:-1] or name.split(".")[1:]
    return inner[0] if inner and inner[0] in LAYERS else "rules"


IN_ROOMS = [name for name in MODULES if name != "chalicelib"]


def test_every_module_stands_in_a_room() -> None:
    assert {room(name) for name in IN_ROOMS} <= set(ROOMS)


@pytest.mark.parametrize("module", IN_ROOMS)
def test_a_room_imports_only_rooms_below_it(module: str) -> None:
    up = {
        name
        for _, name, _ in BY_MODULE[module]
        if ours(name) and room(name) != room(module) and ROOMS[room(name)] >= ROOMS[room(module)]
    }
    assert not up, f"{module} may not import {up}"


@pytest.mark.parametrize("module", [name for name in IN_ROOMS if layer(name) in LAYERS])
def test_layers_point_inward(module: str) -> None:
    outward = {
        name for _, name, _ in BY_MODULE[module] if ours(name) and layer(name) not in LAYERS[layer(module)]
    }
    assert not outward, f"{module} may not import {outward}"


def test_no_files_import_each_other_in_a_circle() -> None:
    arrows = {
        module: {name for source, name, _ in imports_of_types_too if source == module and ours(name)}
        for module in MODULES
    }
    while arrows:
        free = {module for module, to in arrows.items() if not to & (arrows.keys() - {module})}
        assert free, f"there is a circle among {sorted(arrows)}"
        arrows = {module: to for module, to in arrows.items() if module not in free}


def test_no_package_imports_when_it_is_loaded() -> None:
    packages = [path for path in FILES if path.name == "__init__.py"]
    assert packages
    assert not [path for path in packages if ast.parse(path.read_text(encoding="utf-8")).body]


def test_no_service_is_made_when_a_module_is_loaded() -> None:
    """What lives as long as the process is made in wiring/; two functions start at once."""
    found = set()
    for module in IN_ROOMS:
        made_here = {name for _, name, at_load in BY_MODULE[module] if at_load and ours(name)}
        for node in tree_of(MODULES[module]).body:
            value = node.value if isinstance(node, ast.Assign | ast.AnnAssign) else None
            if isinstance(value, ast.Call) and _is_a_service(ast.unparse(value.func), module, made_here):
                found.add(module)
    # Of a request, not of a process: it is nothing until a request begins.
    started_by_lambda = {"app", "chalicelib.wiring.hsds_function", "chalicelib.wiring.page"}
    assert found == {*started_by_lambda, "chalicelib.shared.request_time"}


def _is_a_service(called: str, module: str, imported: set[str]) -> bool:
    """Say whether a call makes an instance of a class that is an adapter, or what the wiring makes."""
    for other in {module, *imported}:
        if layer(other) not in ("adapters", "web", "wiring", "render"):
            continue
        for node in tree_of(MODULES[other]).body:
            if isinstance(node, ast.ClassDef | ast.FunctionDef) and node.name == called.split(".")[-1]:
                return not _is_plain_data(node)
    return called == "Chalice"


def _is_plain_data(node: ast.AST) -> bool:
    if isinstance(node, ast.FunctionDef):
        return False
    assert isinstance(node, ast.ClassDef)
    decorated = any("dataclass" in ast.unparse(one) for one in node.decorator_list)
    return decorated or any(ast.unparse(base) == "NamedTuple" for base in node.bases)


def test_each_library_is_known_to_its_layers_alone() -> None:
    strays = [
        (source, name)
        for source, name, _ in ALL
        if (top := name.partition(".")[0]) in LIBRARIES and layer(source) not in LIBRARIES[top]
    ]
    assert not strays


def test_nothing_else_is_imported_but_python_and_ourselves() -> None:
    known = {*sys.stdlib_module_names, *LIBRARIES, "app", "chalicelib"}
    others = [(source, name) for source, name, _ in ALL if name.partition(".")[0] not in known]
    # Only under the `chalice` command, and only where there are tools: no package has them.
    assert others == [("app", "tools.local.chalice_commands")]


def test_tokens_are_signed_in_one_module() -> None:
    others = {
        "chalicelib.reporting.receipts": "derives codes",
        "chalicelib.delivery.adapters.copy_marks": "marks copies",
        "chalicelib.delivery.reply_addresses": "derives reply addresses",
        "chalicelib.publishing.recipient_changes": "compares a digest",
        "chalicelib.desk.adapters.dynamo_sign_ins": "compares a digest",
        "chalicelib.desk.delayed_changes": "compares a digest",
    }
    users = {source for source, name, _ in ALL if name == "hmac"}
    assert "chalicelib.shared.signed_tokens" in users
    assert users - others.keys() == {"chalicelib.shared.signed_tokens"}


RULES = [name for name in IN_ROOMS if layer(name) == "rules"]


@pytest.mark.parametrize("module", RULES)
def test_rules_get_time_chance_and_settings_handed_in(module: str) -> None:
    reached = {
        name for _, name, _ in BY_MODULE[module] if name in OUTSIDE or name.partition(".")[0] in OUTSIDE
    }
    assert not reached
    asked = {
        node.attr
        for node in ast.walk(tree_of(MODULES[module]))
        if isinstance(node, ast.Attribute) and ast.unparse(node) in CLOCKS
    }
    assert not asked, f"{module} looks at the clock"


CLOCKS = {"datetime.now", "datetime.utcnow", "datetime.today", "date.today"}


def test_the_environment_is_read_once() -> None:
    readers = {
        module
        for module, path in MODULES.items()
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Attribute) and ast.unparse(node) in ("os.environ", "os.getenv", "os.environb")
    }
    started_by_lambda = {"app", "chalicelib.wiring.hsds_function", "chalicelib.wiring.page"}
    assert readers == started_by_lambda, "they hand it to Settings.from_env; AWS's SDK reads its own part"


def test_nothing_is_printed() -> None:
    printers = {
        module
        for module, path in MODULES.items()
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Call)
        and ast.unparse(node.func) in ("print", "breakpoint", "traceback.print_exc")
    }
    assert not printers


def test_no_function_is_longer_than_fifty_lines() -> None:
    """From its `def` to its last line: its docstring counts, and so does all that stands inside it."""
    long = {
        f"{module}.{node.name}: {lines}"
        for module, path in MODULES.items()
        for node in ast.walk(tree_of(path))
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
    assert not long


LINES_OF_A_FUNCTION = 50
LINES_OF_A_FILE = 400


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
            todo += [name for _, name, at_load in BY_MODULE[module] if at_load]
    return seen


PAGE = ("chalicelib.pages.web.public", "chalicelib.pages.adapters.shipped_pages")


def test_the_page_function_loads_little() -> None:
    # app, and what wiring loads later when the function is "page".
    loaded = loaded_by("app", PAGE)
    heavy = {
        name
        for name in loaded
        if any(name == one or name.startswith(f"{one}.") for one in TOO_HEAVY_FOR_A_PAGE)
    }
    assert not heavy
    assert len([name for name in loaded if ours(name)]) <= 20, "each module costs its start some time"
    modules = {name for name in loaded if ours(name) and not MODULES[name].name.startswith("__init__")}
    assert {room(name) for name in modules} == {"app", "settings", "wiring", "pages", "shared"}
    assert {name for name in modules if room(name) == "shared"} <= {
        "chalicelib.shared.locales",
        "chalicelib.shared.error_place",
    }


def test_finding_a_place_loads_little_more() -> None:
    """The page function loads these when somebody types a place, so the same holds for them."""
    loaded = loaded_by(
        "chalicelib.pages.find_place", ("chalicelib.pages.zip_table", "chalicelib.pages.web.read_place")
    )
    assert "unicodedata" in loaded, "which is what following imports finds"
    slow = {*TOO_HEAVY_FOR_A_PAGE, "re", "typing", "json", "urllib.parse", "base64", "gzip"}
    assert not {name for name in loaded if name in slow}
    assert {room(name) for name in loaded if ours(name) and name != "chalicelib"} == {"pages", "shared"}


def test_the_function_that_seals_never_carries_what_opens() -> None:
    loaded = loaded_by("chalicelib.wiring.reporter")
    rooms = {room(name) for name in loaded if ours(name) and name != "chalicelib"}
    assert rooms == {"settings", "wiring", "shared", "directory", "pages", "reporting"}
    openers = {"chalicelib.delivery.adapters.hpke_opener", "chalicelib.delivery.adapters.delivery_keys"}
    assert openers <= set(MODULES)
    carriers = {source for source, name, _ in ALL if name in openers} - openers
    assert carriers == {"chalicelib.wiring.deliver"}


def test_following_imports_finds_what_is_loaded() -> None:
    # So that the tests above cannot pass by following nothing.
    assert {"jinja2", "chalicelib.reporting.report"} <= loaded_by("chalicelib.wiring.reporter")
    assert "boto3" in loaded_by("chalicelib.wiring.deliver")
