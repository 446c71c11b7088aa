"""What each Lambda function loads, listed: a cold start pays for every module, needed or not.

To add one, add it here, and say what it costs: docs/performance.md tells how that is measured.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from bench import events
from bench.delivery import put_due
from bench.reports import forms, secrets_of_the_bench
from bench.stub import Stub
from tools.functions import FUNCTIONS, Function

ROOT = Path(__file__).resolve().parent.parent

# Other people's packages, with what they bring along.
_SDK = {"boto3", "botocore", "certifi", "dateutil", "jmespath", "s3transfer", "six", "urllib3"}
_PAGES = {"chalice", "_cffi_backend", "cryptography", "jinja2", "markupsafe"}
PACKAGES: dict[str, set[str]] = {
    "api_handler": set(),
    "reporter_api": _PAGES,
    "code_api": _PAGES,
    "admin_api": _SDK | _PAGES | {"jwt", "segno"},
    "deliver": _SDK | {"chalice", "_cffi_backend", "cryptography", "markupsafe"},
    "note_delivery": _SDK | {"chalice"},
    "sweep": _SDK | {"chalice"},
}

# Python's own modules that take long, and who may load them. The SDK alone loads many.
_BY_SDK = {"concurrent", "csv", "multiprocessing", "subprocess", "uuid", "xml", "zipfile"}
_LINE = {"email", "http", "ssl"}
SLOW = _BY_SDK | _LINE | {"asyncio", "ctypes", "difflib", "dataclasses", "gettext", "html", "pathlib"}
SLOW |= {"sqlite3", "typing", "unittest", "xmlrpc"}
_PLAIN = {"dataclasses", "gettext", "pathlib", "typing"}
PYTHONS: dict[str, set[str]] = {
    "api_handler": set(),
    "reporter_api": _LINE | _PLAIN,
    "code_api": _LINE | _PLAIN,
    "admin_api": _BY_SDK | _LINE | _PLAIN | {"difflib", "html"},
    "deliver": _BY_SDK | _LINE | _PLAIN | {"html"},
    "note_delivery": _BY_SDK | _LINE | _PLAIN | {"html"},
    "sweep": _BY_SDK | _LINE | _PLAIN | {"difflib", "html"},
}

# Ours, where weight comes in: what touches the outside, and what renders.
_PUBLISHED = (
    "adapters: log_alarms plain_http published_texts document_folders shipped_content shipped_directory"
    " report_items request_time"
)
_FORMS = (
    f"{_PUBLISHED} aws_faults dynamo_reports dynamo_values hpke_sealer receipt_vault reporter_secret"
    " secrets_manager signed_calls system"
    " render: catalogs contexts english form_contexts form_pages layout live_pages packing pages samples site"
)
_NOTICES = (
    f"{_PUBLISHED} aws aws_faults delivery_marks dynamo_reports dynamo_values metrics operator_mail"
    " log_outcomes ses_events ses_mailer system"
)
OURS: dict[str, str] = {
    "api_handler": "adapters: shipped_pages",
    "reporter_api": _FORMS,
    "code_api": _FORMS,
    "admin_api": f"{_PUBLISHED} aws aws_faults cognito_people delivery_marks dynamo_audit dynamo_desk"
    " dynamo_documents dynamo_door dynamo_reports dynamo_standings dynamo_values mail_encryption pool_tokens"
    " render_jail s3_releases ses_mailer shipped_documents shipped_pages standby system"
    " render: admin_pages catalogs contexts desk_mails english form_contexts form_pages layout live_pages"
    " packing pages press samples sentences site",
    "deliver": f"{_NOTICES} copy_marks delivery_keys hpke_opener hpke_sealer mail_encryption secrets_manager"
    " render: catalogs english mail_block mail_contexts mails",
    "note_delivery": _NOTICES,
    "sweep": f"{_NOTICES} render: desk_mails",
}

# A fresh interpreter, as Lambda starts one: it gets the handler, then each event. Pages are made when the
# function is packed, so it is shown a folder with an index alone.
CHILD = """
import importlib, json, sys
asked = json.load(sys.stdin)
sys.path.insert(0, asked["root"])
before = set(sys.modules)
from chalicelib import wiring
wiring.HERE = asked["pages"]
module, _, name = asked["handler"].rpartition(".")
handler = getattr(importlib.import_module(module), name)

class Context:
    aws_request_id = "00000000-0000-0000-0000-000000000000"

    def get_remaining_time_in_millis(self):
        return 100_000

for event in asked["events"]:
    answer = handler(event, Context())
    if answer.get("statusCode", 200) not in (200, 203):
        raise SystemExit(f"answered {answer['statusCode']}")
found = set(sys.modules) - before
print()
print(json.dumps({name: getattr(sys.modules[name], "__file__", None) or "" for name in found}))
"""

DELIVERED = {
    "eventType": "Delivery",
    "mail": {"messageId": "of-nobody", "tags": {}, "destination": []},
    "delivery": {"timestamp": "2026-11-25T00:00:00.000Z"},
}
_BEAT = json.loads(events.schedule())


def events_of(function: Function) -> list[Any]:
    """Return what makes a function do its work once: what it loads late counts as well."""
    form, code = "/{locale}/{place}/note", "/{locale}/code"
    record = {"messageId": "1", "body": json.dumps(DELIVERED), "eventSource": "aws:sqs"}
    work: dict[str, list[Any]] = {
        "reporter_api": [
            json.loads(events.opening(form, "/es/los-banos-ca/note/")),
            json.loads(next(forms())),
        ],
        "code_api": [json.loads(events.opening(code, "/es/code/"))],
        "deliver": [_BEAT],
        "note_delivery": [{"Records": [record]}],
        "sweep": [_BEAT],
    }
    return work.get(function.name, [])


@pytest.fixture(scope="module")
def stub() -> Iterator[Stub]:
    desk, secrets = secrets_of_the_bench()
    stub = Stub(secrets)
    put_due(stub, desk, 2, held=False)
    yield stub
    stub.close()


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("code")
    (folder / "built_pages").mkdir()
    index = {"locales": ["en"], "places": ["us"], "default_place": "us", "headers": {}}
    (folder / "built_pages" / "index.json").write_text(json.dumps(index))
    return str(folder)


def environment_of(function: Function, address: str) -> dict[str, str]:
    named = {
        "DESK_KEYS_SECRET": "desk",
        "KEEP_DAYS": "30",
        "OPERATOR_ADDRESS": "operator@example.org",
        "PAGES_URL": "",
        "REPORTER_SECRET": "reporter",
        "SENDER_ADDRESS": "desk@example.org",
        "STAGE": "dev",
    }
    told = {
        name: value if isinstance(value, str) else named.get(name, name.lower())
        for name, value in function.environment.items()
    }
    return told | {
        "PATH": os.environ["PATH"],
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-west-2",
        "AWS_REGION": "us-west-2",
        "AWS_ENDPOINT_URL": address,
    }


@pytest.fixture(scope="module")
def loaded(stub: Stub, pages: str) -> Any:
    @cache
    def by(name: str) -> dict[str, str]:
        function = next(one for one in FUNCTIONS if one.name == name)
        asked = {
            "root": str(ROOT),
            "handler": function.handler,
            "pages": pages,
            "events": events_of(function),
        }
        done = subprocess.run(
            [sys.executable, "-c", CHILD],
            input=json.dumps(asked),
            env=environment_of(function, stub.address),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-2000:]
        found: dict[str, str] = json.loads(done.stdout.splitlines()[-1])
        return found

    return by


def top(name: str) -> str:
    return name.partition(".")[0]


NAMES = [function.name for function in FUNCTIONS]


@pytest.mark.parametrize("name", NAMES)
def test_a_function_loads_the_packages_on_its_list_and_no_other(name: str, loaded: Any) -> None:
    found = {top(module) for module, file in loaded(name).items() if "site-packages" in file}
    assert not found - PACKAGES[name], f"{name} loads more of other people's packages than it may"


@pytest.mark.parametrize("name", NAMES)
def test_a_function_loads_no_slow_module_of_python_that_is_not_on_its_list(name: str, loaded: Any) -> None:
    found = {top(module) for module in loaded(name)} & SLOW
    assert not found - PYTHONS[name], f"{name} loads more of Python's slow modules than it may"


@pytest.mark.parametrize("name", NAMES)
def test_a_function_loads_what_it_needs_of_ours_and_nothing_else(name: str, loaded: Any) -> None:
    parts, part = set(), ""
    for word in OURS[name].split():
        part = word.removesuffix(":") if word.endswith(":") else part
        parts |= set() if word.endswith(":") else {f"chalicelib.{part}.{word}"}
    found = {one for one in loaded(name) if one.startswith(("chalicelib.adapters.", "chalicelib.render."))}
    assert found == parts


@pytest.mark.parametrize("name", NAMES)
def test_only_what_the_desk_renders_apart_checks_pages(name: str, loaded: Any) -> None:
    """Its checks run in a process of their own, which loads html5lib and what else reads pages."""
    assert not {"html5lib", "tinycss2", "polib"} & {top(module) for module in loaded(name)}
