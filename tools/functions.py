"""The functions of the one app: what each is called, may spend, is told, and answers for.

Everything that packages, lints or starts a function reads this table. A new function is a row here, a handler
in app.py and a policy in .chalice; one that lacks its policy fails the build.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Function:
    """One Lambda function.

    `name` is the handler's name in app.py ("api_handler" is Chalice's own name for the app itself).
    `environment` maps variables to values of the template: a string, or an intrinsic function.
    `paths` are the API's paths that this function answers; the page function answers all others.
    `work` is what an alarm says has failed; `every` is a schedule's beat in seconds, 0 without one.
    """

    name: str
    handler: str
    work: str
    memory: int
    timeout: int
    environment: Mapping[str, str | Json] = field(default_factory=dict)
    paths: tuple[str, ...] = ()
    every: int = 0

    @property
    def policy(self) -> str:
        """Return the file in .chalice that says what this function may do."""
        return f"policy-{self.name}.json"

    @property
    def resource(self) -> str:
        """Return the name Chalice gives the function in the template."""
        return "APIHandler" if self.name == "api_handler" else _camel(self.name)

    @property
    def role(self) -> str:
        """Return the name Chalice gives the function's role in the template."""
        return self.named("Role")

    @property
    def log_group(self) -> str:
        """Return the name of the function's log group in the template."""
        return self.named("Logs")

    def named(self, what: str) -> str:
        """Return the name in the template of something that belongs to the function."""
        return _camel(self.name) + what


def _camel(name: str) -> str:
    return "".join(part.capitalize() for part in name.split("_"))


_STAGE: Json = {"Ref": "Stage"}
_TABLE: Json = {"Ref": "Reports"}

PAGE = Function(name="api_handler", handler="app.app", work="Showing pages", memory=256, timeout=10)

REPORTER = Function(
    name="reporter_api",
    handler="app.reporter_api",
    work="Taking reports",
    memory=512,  # argon2id takes 32 MiB and, at this share of a processor, a quarter of a second
    timeout=15,
    environment={
        "PORCHLIGHT_FUNCTION": "reporter",
        "STAGE": _STAGE,
        "REPORTS_TABLE": _TABLE,
        "REPORTER_SECRET": {"Ref": "ReporterSecret"},
    },
    paths=("/{locale}/code", "/{locale}/{place}/note"),
)

DELIVER = Function(
    name="deliver",
    handler="app.deliver",
    work="Mailing reports",
    every=60,
    memory=512,
    timeout=180,  # shorter than a claim's lease, so that no run outlives what it claimed
    environment={
        "PORCHLIGHT_FUNCTION": "deliver",
        "STAGE": _STAGE,
        "REPORTS_TABLE": _TABLE,
        "DESK_KEYS_SECRET": {"Ref": "DeskKeysSecret"},
        "SENDER_ADDRESS": {"Ref": "SenderAddress"},
        "SES_CONFIGURATION_SET": {"Ref": "ReportMail"},
    },
)

SWEEP = Function(
    name="sweep",
    handler="app.sweep",
    work="Deleting what is past its date",
    every=3600,
    memory=256,
    timeout=300,
    environment={
        "PORCHLIGHT_FUNCTION": "sweep",
        "STAGE": _STAGE,
        "REPORTS_TABLE": _TABLE,
    },
)

FUNCTIONS = (PAGE, REPORTER, DELIVER, SWEEP)


def chalice_stage(architecture: str) -> Json:
    """Return the stage that .chalice/config.json lacks: an entry for each function, no policy of its own."""
    return {
        "lambda_architecture": architecture,
        "lambda_functions": {
            function.name: {
                "autogen_policy": False,
                "iam_policy_file": function.policy,
                "lambda_memory_size": function.memory,
                "lambda_timeout": function.timeout,
            }
            for function in FUNCTIONS
        },
    }
