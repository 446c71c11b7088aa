"""The aws command line, as the deploy and the doctor call it: JSON in and out, and never a question."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Mapping
from typing import Any


class AwsFailed(Exception):
    """A call failed: the text says which and what aws said, `code` is AWS's name for the fault."""

    def __init__(self, text: str, code: str = "") -> None:
        super().__init__(text)
        self.code = code


class Aws:
    """Calls aws in one region. No secret is handed over as an argument: other programs could read it."""

    def __init__(
        self,
        region: str,
        environ: Mapping[str, str] | None = None,
        run: Callable[..., subprocess.CompletedProcess[str]] = subprocess.run,
    ) -> None:
        self._region = region
        self._run = run
        self._environ = dict(os.environ if environ is None else environ) | {
            "AWS_PAGER": "",
            "AWS_DEFAULT_OUTPUT": "json",
            "AWS_CLI_AUTO_PROMPT": "off",
        }

    def __call__(self, *arguments: str, told: str | None = None) -> Any:
        """Return what a call answers, read from JSON, or None for nothing. `told` goes to its input."""
        command = ["aws", *arguments, "--region", self._region, "--output", "json"]
        name = " ".join(arguments[:2])
        try:
            done = self._run(
                command, input=told, env=self._environ, capture_output=True, text=True, check=False
            )
        except OSError as error:
            raise AwsFailed(
                "there is no aws command: install the AWS CLI (docs.aws.amazon.com/cli)"
            ) from error
        if done.returncode != 0:
            said = " ".join(done.stderr.split())
            raise AwsFailed(f"aws {name} failed: {said or f'exit code {done.returncode}'}", _code(said))
        return json.loads(done.stdout) if done.stdout.strip() else None

    def unless(self, code: str, *arguments: str) -> Any:
        """Return what a call answers, or None when it fails with this code."""
        try:
            return self(*arguments)
        except AwsFailed as error:
            if error.code == code:
                return None
            raise

    def exists(self, *arguments: str) -> bool:
        """Say whether a thing is there, by a call of S3's that only looks."""
        try:
            self(*arguments)
        except AwsFailed as error:
            if error.code == "404":
                return False
            raise
        return True


def _code(said: str) -> str:
    """Return AWS's name for a fault from "An error occurred (Name) when calling ..."."""
    return said.partition("An error occurred (")[2].partition(")")[0]
