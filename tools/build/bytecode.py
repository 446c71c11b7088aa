"""Bytecode (.pyc) of a package, the same bytes in every build.

What Python writes for a name or a constant depends on whether the compiling process holds it already, and so
on what that process has loaded, and from where. So files are compiled in their order by a process that loads
nothing else.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

_COMPILE = """
import json, py_compile, sys
work, root, files = json.load(sys.stdin)
for name, cached in files:
    try:
        py_compile.compile(
            f"{work}/{name}",
            cfile=f"{work}/{cached}",
            dfile=f"{root}/{name}",
            doraise=True,
            invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
        )
    except py_compile.PyCompileError as error:
        sys.exit(f"{name} is not Python {sys.version_info[0]}.{sys.version_info[1]}: {error.exc_value}")
"""


class NotPython(Exception):
    """A file cannot be compiled; its text names the file and why."""


def compiled(names: Sequence[str], work: Path, root: str) -> dict[str, bytes]:
    """Return the bytecode of the modules `names` below `work`, by the names of the modules.

    It is what Python takes unasked (an unchecked hash): a zip's times tell no age, and the folder that Lambda
    unpacks to, `root`, is read-only. Raises NotPython.
    """
    files = [(name, beside(name)) for name in names]
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-B", "-c", _COMPILE],
        input=json.dumps([str(work), root, files]),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise NotPython(done.stderr.strip())
    return {name: (work / cached).read_bytes() for name, cached in files}


def beside(name: str) -> str:
    """Return where Python looks for the bytecode of a module whose source is there."""
    folder, _, file = name.rpartition("/")
    cached = f"__pycache__/{file.removesuffix('.py')}.{sys.implementation.cache_tag}.pyc"
    return f"{folder}/{cached}" if folder else cached
