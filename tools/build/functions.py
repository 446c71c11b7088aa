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
    `paths` are the API's paths that this function answers, "/x/{proxy+}" for all below /x; the page function
    answers all others. `work` is what an alarm says has failed; `every` is a schedule's beat in seconds, 0
    without one; `warm` is the beat in minutes of a schedule that only keeps it started, `clock` that of one
    which starts what nobody asks for; `queue` is the name of the queue that it reads, `read_when` the
    template's condition under which it is read ("" is always). `reserved` is
    how many runs at a time are kept for it, and the most that it may have, where an operator wants that.
    `rooms` are the folders of chalicelib/ whose modules it may load, beside its wiring and the settings.
    `may_log` says whether its role may write its log.
    """

    name: str
    handler: str
    work: str
    rooms: tuple[str, ...]
    memory: int
    timeout: int
    environment: Mapping[str, str | Json] = field(default_factory=dict)
    paths: tuple[str, ...] = ()
    every: int = 0
    warm: int = 0
    clock: int = 0
    queue: str = ""
    read_when: str = ""
    reserved: int = 0
    may_log: bool = True

    def answers(self, path: str) -> bool:
        """Say whether a path of the API is this function's, unless one before it in the table answers it."""
        below = tuple(one.removesuffix("{proxy+}") for one in self.paths if one.endswith("/{proxy+}"))
        return path in self.paths or path.startswith(below)

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
_RENDER: Json = {"Ref": "Render"}
_TABLE: Json = {"Ref": "Reports"}
_PAGES: Json = {"Fn::Sub": "https://${Published.DomainName}"}
# Without a name, a parameter: the distribution's own name would be a cycle, since it leads to the functions.
_SITE: Json = {"Fn::If": ["HasDomain", {"Fn::Sub": "https://${DomainName}"}, {"Ref": "SiteAddress"}]}
_OPERATOR: dict[str, Json] = {
    "OPERATOR_NAME": {"Ref": "OperatorName"},
    "OPERATOR_CONTACT": {"Ref": "OperatorContact"},
    "KEEP_DAYS": {"Ref": "KeepDays"},
}
_SENDER: dict[str, Json] = {
    "SENDER_ADDRESS": {"Ref": "SenderAddress"},
    "OPERATOR_ADDRESS": {"Ref": "OperatorAddress"},
    "SES_CONFIGURATION_SET": {"Ref": "ReportMail"},
}
_REPLIES: dict[str, Json] = {"REPLY_DOMAIN": {"Ref": "ReplyDomain"}}

PAGE = Function(
    name="api_handler",
    handler="chalicelib.wiring.page.answer",  # not app.app: loading the framework costs more than a page
    work="Showing pages",
    rooms=("pages", "shared"),
    memory=256,
    timeout=10,
    environment={"PAGES_URL": _PAGES, **_OPERATOR},
)

REPORTER = Function(
    name="reporter_api",
    handler="app.reporter_api",
    work="Taking reports",
    rooms=("shared", "directory", "pages", "reporting"),
    memory=512,  # argon2id takes 32 MiB and, at this share of a processor, a quarter of a second
    timeout=25,  # calls end after 12 s, and the page comes within 15 (shared/patience.py)
    warm=4,  # an idle instance ends after five minutes at the earliest (bench/warm.py)
    environment={
        "PORCHLIGHT_FUNCTION": "reporter",
        "STAGE": _STAGE,
        "REPORTS_TABLE": _TABLE,
        "REPORTER_SECRET": {"Ref": "ReporterSecret"},
        "KEEP_DAYS": {"Ref": "KeepDays"},
        "PAGES_URL": _PAGES,
        **_REPLIES,
    },
    paths=("/{locale}/{place}/note",),
)

# Apart from the forms: whoever tries codes for the sake of it takes runs, limits and time from nobody else.
CODES = Function(
    name="code_api",
    handler="app.code_api",
    work="Looking up codes",
    rooms=("shared", "directory", "pages", "reporting", "replies"),
    memory=1024,  # twice the reporter's share of a processor: argon2id is nearly all that it does
    timeout=25,
    reserved=8,  # at an eighth of a second each, half as many again as the API lets through
    environment={
        "PORCHLIGHT_FUNCTION": "codes",
        "STAGE": _STAGE,
        "REPORTS_TABLE": _TABLE,
        "REPORTER_SECRET": {"Ref": "ReporterSecret"},
        "PAGES_URL": _PAGES,
        **_REPLIES,
    },
    paths=("/{locale}/code",),
)

# The directory for machines. What it answers is public, and it can reach nothing but that.
HSDS = Function(
    name="hsds_api",
    handler="chalicelib.wiring.hsds_function.answer",  # not app.hsds_api: it starts without the framework
    work="Answering for machines",
    rooms=("shared", "directory", "pages"),
    memory=512,  # twenty thousand services take 200 MB while a new edition is read beside the old one
    timeout=20,
    reserved=5,  # a program that reads everything at once must leave the readers something
    environment={"PORCHLIGHT_FUNCTION": "hsds", "STAGE": _STAGE, "PAGES_URL": _PAGES, "SITE_ADDRESS": _SITE},
    paths=("/hsds", "/hsds/{proxy+}"),
)

# Apart from the desk: who takes that over can still invite nobody, and change no role and no password.
ACCESS = Function(
    name="access_api",
    handler="app.access_api",
    work="Changing who may sign in",
    rooms=("shared", "directory", "pages", "desk", "reporting", "delivery", "publishing"),
    memory=1024,
    timeout=29,
    reserved=5,  # a flood at its door must leave the desk and the readers something
    clock=60,  # an invitation goes out within an hour after its day is over
    environment={
        "PORCHLIGHT_FUNCTION": "access",
        "STAGE": _STAGE,
        "ACCESS_TABLE": {"Ref": "Access"},
        "ACCESS_DOOR_TABLE": {"Ref": "AccessDoor"},
        "DOCUMENTS_TABLE": {"Ref": "Documents"},
        "DOOR_TABLE": {"Ref": "Door"},
        "AUDIT_TABLE": {"Ref": "Audit"},
        "PAGES_BUCKET": {"Ref": "Pages"},
        "USER_POOL_ID": {"Ref": "People"},
        "USER_POOL_CLIENT_ID": {"Ref": "DeskClient"},
        "SITE_ADDRESS": _SITE,
        **_SENDER,
    },
    paths=("/admin/access/{proxy+}",),
)

ADMIN = Function(
    name="admin_api",
    handler="app.admin_api",
    work="The desk",
    rooms=("shared", "directory", "pages", "desk", "reporting", "delivery", "publishing", "replies"),
    memory=3008,  # two processors, nearly: looking over every page of a draft takes what it can get
    timeout=29,  # the API waits no longer
    reserved=20,  # a flood at the door of the desk must leave the readers something
    environment={
        "PORCHLIGHT_FUNCTION": "admin",
        "STAGE": _STAGE,
        "REPORTS_TABLE": _TABLE,
        "WISHES_TABLE": {"Ref": "Wishes"},
        "ACCESS_TABLE": {"Ref": "Access"},
        "DOCUMENTS_TABLE": {"Ref": "Documents"},
        "JOBS_QUEUE": {"Ref": "Jobs"},
        "RENDER_FUNCTION": _RENDER,
        "DOOR_TABLE": {"Ref": "Door"},
        "AUDIT_TABLE": {"Ref": "Audit"},
        "PAGES_BUCKET": {"Ref": "Pages"},
        "PAGES_URL": _PAGES,
        "USER_POOL_ID": {"Ref": "People"},
        "USER_POOL_CLIENT_ID": {"Ref": "DeskClient"},
        "SITE_ADDRESS": _SITE,
        **_OPERATOR,
        **_SENDER,
    },
    paths=("/admin", "/admin/{proxy+}"),
)

DELIVER = Function(
    name="deliver",
    handler="app.deliver",
    work="Mailing reports",
    every=60,
    rooms=("shared", "directory", "pages", "reporting", "delivery", "replies"),
    memory=512,
    timeout=180,  # shorter than a claim's lease, so that no run outlives what it claimed
    reserved=4,  # a run each minute lasts three minutes at most: one more than can ever be at work
    environment={
        "PORCHLIGHT_FUNCTION": "deliver",
        "STAGE": _STAGE,
        "REPORTS_TABLE": _TABLE,
        "ACCESS_TABLE": {"Ref": "Access"},
        "WISHES_TABLE": {"Ref": "Wishes"},
        "DESK_KEYS_SECRET": {"Ref": "DeskKeysSecret"},
        "PAGES_URL": _PAGES,
        "SITE_ADDRESS": _SITE,
        **_SENDER,
        **_REPLIES,
    },
)

NOTE_DELIVERY = Function(
    name="note_delivery",
    handler="app.note_delivery",
    work="Noting what became of mails",
    queue="Notices",
    rooms=("shared", "directory", "pages", "reporting", "delivery"),
    memory=256,
    timeout=60,  # a sixth of the time for which the queue hides what it handed out
    environment={
        "PORCHLIGHT_FUNCTION": "note_delivery",
        "STAGE": _STAGE,
        "REPORTS_TABLE": _TABLE,
        "ACCESS_TABLE": {"Ref": "Access"},
        "PAGES_URL": _PAGES,
        **_SENDER,
    },
)

SWEEP = Function(
    name="sweep",
    handler="app.sweep",
    work="Deleting what is past its date",
    every=3600,
    reserved=1,
    rooms=("shared", "directory", "pages", "desk", "reporting", "delivery", "publishing", "replies"),
    memory=256,
    timeout=300,
    environment={
        "PORCHLIGHT_FUNCTION": "sweep",
        "STAGE": _STAGE,
        "REPORTS_TABLE": _TABLE,
        "ACCESS_TABLE": {"Ref": "Access"},
        "WISHES_TABLE": {"Ref": "Wishes"},
        "PAGES_URL": _PAGES,
        "SITE_ADDRESS": _SITE,
        **_SENDER,
        **_REPLIES,
    },
)

# It seals what officers write, and can open nothing.
TAKE_REPLY = Function(
    name="take_reply",
    handler="app.take_reply",
    work="Taking replies",
    queue="Replies",
    read_when="HasReplies",  # a queue that is read costs a quarter of a dollar a month
    rooms=("shared", "directory", "pages", "reporting", "delivery", "replies"),
    memory=512,
    timeout=60,  # a sixth of the time for which the queue hides what it handed out
    environment={
        "PORCHLIGHT_FUNCTION": "take_reply",
        "STAGE": _STAGE,
        "REPORTS_TABLE": _TABLE,
        "ACCESS_TABLE": {"Ref": "Access"},
        "PAGES_URL": _PAGES,
        "INBOUND_BUCKET": {"Ref": "Inbound"},
        "SENDER_ADDRESS": {"Ref": "SenderAddress"},  # it mails nobody: a reply may have been sent to it
        **_REPLIES,
    },
)

# What the desk waits for. It has nothing to do with reports, people or keys.
RUN_JOB = Function(
    name="run_job",
    handler="app.run_job",
    work="Checking and publishing",
    queue="Jobs",
    rooms=("shared", "directory", "pages", "desk", "delivery", "publishing"),
    memory=3008,
    timeout=300,  # a sixth of the time for which the queue hides what it handed out
    reserved=4,  # what is beyond them waits in the queue, and takes no runs from readers or from deliver
    environment={
        "PORCHLIGHT_FUNCTION": "run_job",
        "STAGE": _STAGE,
        "DOCUMENTS_TABLE": {"Ref": "Documents"},
        "AUDIT_TABLE": {"Ref": "Audit"},
        "JOBS_QUEUE": {"Ref": "Jobs"},
        "PAGES_BUCKET": {"Ref": "Pages"},
        "RENDER_FUNCTION": _RENDER,
        **_OPERATOR,
    },
)

# Where what editors wrote is run. Its role is denied everything, and so it has no environment: Lambda reads
# that with the function's own role (kms:Decrypt). What it has to say it says to who calls it.
RENDER = Function(
    name="render",
    handler="chalicelib.wiring.render.answer",  # not app.render: that reads settings
    work="Rendering pages",
    rooms=("shared", "directory", "pages", "desk", "delivery", "publishing"),
    memory=3008,  # two processors, nearly, for two processes
    timeout=120,  # shorter than its callers wait (wiring/publishing.py)
    reserved=2 * RUN_JOB.reserved,  # one for each job that is worked on, and as many for the desk
    may_log=False,
)

FUNCTIONS = (
    PAGE, REPORTER, CODES, HSDS, ACCESS, ADMIN, DELIVER, NOTE_DELIVERY, TAKE_REPLY, RUN_JOB, RENDER, SWEEP,
)  # fmt: skip
RESERVED = sum(function.reserved for function in FUNCTIONS)


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
