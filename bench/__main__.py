"""`python -m bench`: make what is measured, then measure it in an environment of its own.

QUICK=1 takes fewer rounds and leaves out the slowest counts. PYTHON= names the interpreter; without it, the
one that Lambda runs is taken, or else the one that runs this.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from tools.build.package import PackagingFailed, interpreter

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "build"


def main() -> int:
    """Prepare, and go on in the environment of the bench."""
    if shutil.which("valgrind") is None:
        print("porchlight: make bench counts instructions with valgrind: install valgrind", file=sys.stderr)
        return 1
    python = chosen_python()
    environment = environment_of(python)
    package = BUILD / "bench-package"
    building = [sys.executable, "-m", "tools.build.package", "--target", "local", "--out", str(package)]
    made = subprocess.run(
        building, cwd=ROOT, env={**os.environ, "PYTHON": python}, check=False, stdout=subprocess.DEVNULL
    )
    if made.returncode != 0:
        return made.returncode
    return subprocess.run([environment, "-m", "bench.run", str(package)], cwd=ROOT, check=False).returncode


def chosen_python() -> str:
    """Return the interpreter to measure with."""
    asked = os.environ.get("PYTHON", "")
    if asked:
        return shutil.which(asked) or asked
    try:
        found = interpreter("aws", "")
    except PackagingFailed:
        found = sys.executable
    return shutil.which(found) or found


def environment_of(python: str) -> str:
    """Return the Python of build/bench-venv, made anew when what it is made from changed."""
    folder, wanted = BUILD / "bench-venv", Path(__file__).with_name("requirements.txt")
    version = subprocess.run([python, "--version"], capture_output=True, text=True, check=True).stdout
    stamp, made_from = folder / "made-from", wanted.read_text(encoding="utf-8") + version
    executable = folder / "bin" / "python"
    if not stamp.is_file() or stamp.read_text(encoding="utf-8") != made_from:
        print("making build/bench-venv once", file=sys.stderr)
        shutil.rmtree(folder, ignore_errors=True)
        subprocess.run([python, "-m", "venv", str(folder)], check=True)
        pip = [str(executable), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, "-r", str(wanted)], check=True)
        stamp.write_text(made_from, encoding="utf-8")
    return str(executable)


if __name__ == "__main__":
    raise SystemExit(main())
