"""An `aws` command for tests: it answers as it was told, and writes down every call with the files in it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

_PROGRAM = """#!{python} -IS
import sys
sys.path.insert(0, {root!r})
from tests.support.fake_aws import answer
code, out, err = answer({folder!r}, sys.argv[1:])
sys.stdout.write(out)
sys.stderr.write(err)
sys.exit(code)
"""


class FakeAws:
    """A folder for PATH. The first rule whose words all stand in a call answers it; rules added later win."""

    def __init__(self, folder: Path, account: str = "000000000000") -> None:
        self.folder = folder
        self._rules: list[dict[str, Any]] = []
        folder.mkdir()
        program = folder / "aws"
        root = str(Path(__file__).resolve().parents[2])
        program.write_text(_PROGRAM.format(python=sys.executable, root=root, folder=str(folder)))
        program.chmod(0o755)
        self.answers("sts get-caller-identity", {"Account": account})

    def answers(self, words: str, out: Any = None, *, times: int = 0) -> None:
        """Answer calls with these words; `times` 0 is always."""
        self._rule({"words": words.split(), "out": out, "left": times})

    def fails(self, words: str, code: str, message: str = "no", *, times: int = 0) -> None:
        """Fail as AWS does."""
        said = f"An error occurred ({code}) when calling an operation: {message}"
        self._rule({"words": words.split(), "err": said, "left": times})

    def _rule(self, rule: dict[str, Any]) -> None:
        self._rules.insert(0, rule)
        (self.folder / "rules.json").write_text(json.dumps(self._rules))

    def run(self, command: list[str], **_: Any) -> subprocess.CompletedProcess[str]:
        """Do what subprocess.run would do with this `aws` on PATH, without the time that a process takes."""
        code, out, err = answer(str(self.folder), command[1:])
        return subprocess.CompletedProcess(command, code, out, err)

    @property
    def calls(self) -> list[Mapping[str, Any]]:
        """Every call so far: its words, and the texts of the files that it was given."""
        log = self.folder / "log"
        return [json.loads(line) for line in log.read_text().splitlines()] if log.is_file() else []

    def names(self) -> list[str]:
        """Every call so far, by service and operation (and what is waited for)."""
        return [" ".join(call["words"][: 3 if call["words"][1] == "wait" else 2]) for call in self.calls]


def answer(folder: str, words: list[str]) -> tuple[int, str, str]:
    """Be `aws`, once: return its exit code, output and errors."""
    home = Path(folder)
    files = {}
    for word in words:
        path = word.removeprefix("file://")
        if path.startswith("/") and os.path.isfile(path):
            files[word] = Path(path).read_bytes().decode("latin-1")
    log = os.open(home / "log", os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(log, json.dumps({"words": words, "files": files}).encode() + b"\n")
    os.close(log)
    rules = json.loads((home / "rules.json").read_text())
    for rule in rules:
        if set(rule["words"]) <= set(words) and rule["left"] >= 0:
            if rule["left"]:
                rule["left"] = rule["left"] - 1 or -1
                (home / "rules.json").write_text(json.dumps(rules))
            if "err" in rule:
                return 254, "", rule["err"] + "\n"
            if isinstance(rule["out"], dict) and "in_file" in rule["out"]:
                Path(words[words.index("--key") + 2]).write_text(rule["out"]["in_file"])
                return 0, "{}", ""
            return 0, "" if rule["out"] is None else json.dumps(rule["out"]), ""
    return 0, "", ""
