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
from chalicelib.directory.adapters.shipped_content import CONTENT
from chalicelib.directory.zips import read_zips
from chalicelib.pages.pack_zips import pack_zips
from chalicelib.pages.render.packing import pack
from chalicelib.publishing.render_calls import PAGE, Call, write_call
from chalicelib.wiring.render import package
from tools.build.functions import FUNCTIONS, RENDER, Function
from tools.build.functions import PAGE as PAGE_FUNCTION

ROOT = Path(__file__).resolve().parent.parent

# Other people's packages, with what they bring along.
_SDK = {"boto3", "botocore", "certifi", "dateutil", "jmespath", "s3transfer", "six", "urllib3"}
_SDK |= {
    "brotli",
    "_brotli",
}  # urllib3 loads it where it is there: under a millisecond
_PAGES = {"chalice", "_cffi_backend", "cryptography", "jinja2", "markupsafe"}
PACKAGES: dict[str, set[str]] = {
    "api_handler": set(),
    "reporter_api": _SDK | _PAGES,
    "code_api": _SDK | _PAGES,
    "hsds_api": set(),
    "access_api": _SDK | _PAGES | {"jwt"},
    "admin_api": _SDK | _PAGES | {"jwt"},
    "deliver": _SDK | {"chalice", "_cffi_backend", "cryptography", "markupsafe"},
    "note_delivery": _SDK | {"chalice"},
    "take_reply": _SDK | {"chalice", "_cffi_backend", "cryptography"},
    "run_job": _SDK | {"chalice", "jinja2", "markupsafe"},
    "render": {"brotli", "_brotli", "jinja2", "markupsafe"},
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
    "reporter_api": _BY_SDK | _LINE | _PLAIN | {"html"},
    "code_api": _BY_SDK | _LINE | _PLAIN | {"html"},
    "hsds_api": {"dataclasses", "typing"},
    "access_api": _BY_SDK | _LINE | _PLAIN | {"difflib", "html"},
    "admin_api": _BY_SDK | _LINE | _PLAIN | {"difflib", "html"},
    "deliver": _BY_SDK | _LINE | _PLAIN | {"html"},
    "note_delivery": _BY_SDK | _LINE | _PLAIN | {"html"},
    "take_reply": _BY_SDK | _LINE | _PLAIN | {"html"},
    "run_job": _BY_SDK | _LINE | _PLAIN | {"difflib", "html"},
    "render": _PLAIN | {"subprocess", "html"},
    "sweep": _BY_SDK | _LINE | _PLAIN | {"difflib", "html"},
}

# Ours, where weight comes in: what touches the outside, and what renders.
_PUBLISHED = (
    "directory.adapters: published_texts shipped_content shipped_recipients pages.adapters:"
    " document_folders reporting.adapters: report_items shared: log_alarms request_time"
    " shared.net: public_files"
)
_FORMS = (
    f"{_PUBLISHED} pages.render: catalogs contexts english layout live_pages packing site templates"
    " reporting.adapters: dynamo_reports hpke_sealer receipt_vault reporter_secret"
    " reporting.render: contexts form_pages samples shared: system_clock shared.aws: dynamo_values"
    " faults sdk secrets"
)
_NOTICES = (
    f"{_PUBLISHED} directory.adapters: dynamo_recipients"
    " delivery.adapters: delivery_marks dynamo_place_notes log_outcomes metrics operator_mail"
    " reporting.adapters: dynamo_reports shared: system_clock shared.aws: dynamo_values faults sdk"
    " ses_mailer"
)
OURS: dict[str, str] = {
    "api_handler": ("pages.adapters: shipped_pages"),
    "reporter_api": _FORMS,
    "code_api": (
        f"{_FORMS} replies.adapters: code_key_vault dynamo_replies hpke_reply_opener hpke_reply_sealer"
    ),
    "hsds_api": "pages.adapters: published_hsds shared.net: public_files",
    "access_api": (
        "delivery.adapters: delivery_marks dynamo_cases dynamo_hand_overs mail_encryption"
        " desk.adapters: cognito_people"
        " dynamo_audit dynamo_delayed_changes dynamo_roles dynamo_sign_ins dynamo_standings pool_tokens"
        " desk.render: admin_pages desk_mails directory.adapters: dynamo_people_to_tell dynamo_recipients"
        " published_texts shipped_content written_places pages.adapters: document_folders shipped_pages"
        " pages.render: catalogs contexts english packing templates publishing.adapters: dynamo_documents"
        " fork_server kept_items lambda_renderer render_process s3_builds s3_files s3_offices s3_releases"
        " s3_unused_pages shipped_documents standby publishing.render: package_digest place_workers"
        " render_cache sentences"
        " site_renderer reporting.adapters: dynamo_reports report_items shared: log_alarms request_time"
        " system_clock shared.aws: dynamo_values faults sdk ses_mailer shared.net: public_files"
    ),
    "admin_api": (
        f"{_PUBLISHED} directory.adapters: dynamo_recipients written_places"
        " delivery.adapters: dynamo_cases dynamo_month_sums dynamo_wishes"
        " mail_encryption delivery.render: figure_pictures desk.adapters:"
        " cognito_people dynamo_audit dynamo_roles dynamo_sign_ins pool_tokens"
        " desk.render: admin_pages desk_mails pages.adapters: shipped_pages pages.render: catalogs contexts"
        " english layout live_pages packing site templates publishing.adapters: dynamo_documents"
        " kept_items dynamo_jobs fork_server lambda_renderer render_process s3_builds s3_files"
        " s3_offices s3_releases"
        " s3_unused_pages shipped_documents sqs_jobs standby publishing.render:"
        " package_digest place_workers render_cache sentences site_renderer reporting.adapters:"
        " dynamo_reports"
        " reporting.render: contexts"
        " form_pages"
        " samples replies.adapters: dynamo_mistyped dynamo_replies"
        " shared: system_clock shared.aws: dynamo_values faults sdk ses_mailer"
    ),
    "deliver": (
        f"{_NOTICES} delivery.adapters: copy_marks delivery_keys dynamo_cases dynamo_hand_overs"
        " dynamo_wishes hpke_opener reply_tokens"
        " mail_encryption delivery.render: mail_block mail_contexts mails place_mails reply_lines"
        " replies.adapters: dynamo_inbox_notes dynamo_replies dynamo_reply_addresses"
        " replies.render: inbox_mails"
        " directory.adapters: dynamo_people_to_tell written_places"
        " pages.render: catalogs english reporting.adapters: hpke_sealer shared.aws: secrets"
    ),
    "note_delivery": f"{_NOTICES} delivery.adapters: ses_events",
    "take_reply": (
        f"{_NOTICES} replies.adapters: dynamo_inbox_notes dynamo_mistyped dynamo_mistyped_raw dynamo_replies"
        " dynamo_reply_addresses hpke_reply_sealer s3_inbound reporting.adapters: delivery_key_item"
        " hpke_sealer"
    ).replace(" log_outcomes", ""),
    "run_job": (
        "desk.adapters: dynamo_audit directory.adapters: published_texts shipped_content"
        " pages.adapters: document_folders pages.render: packing publishing.adapters: dynamo_documents"
        " kept_items dynamo_jobs fork_server lambda_renderer render_process s3_builds s3_files"
        " s3_offices s3_releases"
        " s3_unused_pages shipped_documents sqs_jobs standby publishing.render: package_digest place_workers"
        " render_cache"
        " sentences"
        " site_renderer shared: log_alarms request_time system_clock shared.aws: dynamo_values faults sdk"
        " shared.net: public_files"
    ),
    "render": (
        "directory.adapters: shipped_content pages.adapters: document_folders pages.render: packing"
        " publishing.adapters: fork_server render_process publishing.render: package_digest"
        " place_workers render_cache"
        " sentences site_renderer shared: request_time"
    ),
    "sweep": (
        f"{_NOTICES} delivery.adapters: dynamo_cases dynamo_month_sums dynamo_wishes desk.render: desk_mails"
        " replies.adapters: dynamo_inbox_notes dynamo_replies"
    ),
}

# A fresh interpreter, as Lambda starts one: it gets the handler, then each event. Pages are made when the
# function is packed, so it is shown a folder with an index alone.
CHILD = """
import importlib, json, sys
asked = json.load(sys.stdin)
sys.path.insert(0, asked["root"])
before = set(sys.modules)
from chalicelib.wiring import http
http.HERE = asked["pages"]
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
CAME_IN = {"Records": [{"s3": {"bucket": {"name": "inbound_bucket"}, "object": {"key": "inbound/x"}}}]}
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
        "take_reply": [{"Records": [{**record, "body": json.dumps(CAME_IN)}]}],
        "run_job": [{"Records": [{**record, "body": "0" * 32}]}],
        "render": [json.loads(write_call(Call(PAGE, {}, package(), arguments={"name": "es/los-banos-ca"})))],
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
        return loads(function, pages, events_of(function), stub.address)

    return by


def loads(function: Function, pages: str, asked: list[Any], address: str) -> dict[str, str]:
    """Return each module that a function loads while it answers these events, and its file."""
    told = {"root": str(ROOT), "handler": function.handler, "pages": pages, "events": asked}
    done = subprocess.run(
        [sys.executable, "-c", CHILD],
        input=json.dumps(told),
        env=environment_of(function, address),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    found: dict[str, str] = json.loads(done.stdout.splitlines()[-1])
    return found


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
    found = {one for one in loaded(name) if is_weighty(one)}
    assert found == parts


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda one: one.name)
def test_a_function_loads_modules_of_its_rooms_and_no_other(function: Function, loaded: Any) -> None:
    found = {one.split(".")[1] for one in loaded(function.name) if one.startswith("chalicelib.")}
    settings = set() if function is RENDER else {"settings"}  # it is told nothing
    assert found == {*function.rooms, *settings, "wiring"}


def is_weighty(module: str) -> bool:
    """Say whether a module of ours touches the outside, or renders."""
    parts = module.split(".")
    tops = {
        "chalicelib.shared.system_clock",
        "chalicelib.shared.log_alarms",
        "chalicelib.shared.request_time",
    }
    is_file = len(parts) == 4  # and not the folder
    return module in tops or (is_file and parts[2] in ("adapters", "render", "aws", "net"))


# What the page function loads beside its own modules, once somebody looks for a place.
SEARCH = {
    *("chalicelib.pages.choices", "chalicelib.pages.errors", "chalicelib.pages.find_place"),
    *("chalicelib.pages.web.answer_search", "chalicelib.pages.web.read_place", "chalicelib.pages.zip_table"),
    *("chalicelib.shared.errors", "chalicelib.shared.place_names"),
    *("_bisect", "binascii", "bisect", "unicodedata", "zlib"),
}


def test_a_search_loads_what_is_on_its_list_and_a_page_none_of_it(tmp_path: Path) -> None:
    write_areas(tmp_path)
    page, county = events.page("/en/us/"), events.page("/en/places/ca/merced/")
    before = loads(PAGE_FUNCTION, str(tmp_path), [json.loads(page), json.loads(county)], "")
    search = json.loads(events.form("/{locale}/{place}", "/en/places/", "place=93635"))
    after = loads(PAGE_FUNCTION, str(tmp_path), [json.loads(page), search], "")
    assert not before.keys() & {one for one in SEARCH if one.startswith("chalicelib.")}
    assert after.keys() - before.keys() <= SEARCH
    assert "chalicelib.pages.find_place" in after


def write_areas(folder: Path) -> None:
    """Write pages as a package has them, with those of one county and the index of California's ZIPs."""
    names = ["us", "--", "ca--", "ca--merced", "--choose", "--unknown"]
    pages = folder / "built_pages"
    (pages / "en").mkdir(parents=True)
    index = {"locales": ["en"], "places": ["us"], "areas": names[1:], "default_place": "us", "headers": {}}
    (pages / "index.json").write_text(json.dumps(index))
    for name in names:
        (pages / "en" / f"{name}.b64").write_text(pack(f"<h1>{name}</h1>"))
    zips = json.loads((CONTENT / "zips.json").read_text(encoding="utf-8"))
    (pages / "zips").write_bytes(pack_zips(read_zips(zips)))


@pytest.mark.parametrize("name", NAMES)
def test_only_what_the_desk_renders_apart_checks_pages(name: str, loaded: Any) -> None:
    """Its checks run in a process of their own, which loads html5lib and what else reads pages."""
    assert not {"html5lib", "tinycss2", "polib"} & {top(module) for module in loaded(name)}
