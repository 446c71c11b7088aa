"""Every route is on the list of public ones or guarded, and each function serves its own routes alone.

Each function is looked at as Lambda starts it: in a fresh interpreter, with its own environment.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from chalicelib.settings import FUNCTIONS, Settings
from tests.conftest import REGION

ROOT = Path(__file__).resolve().parent.parent
READ = {"GET", "HEAD"}
ANY = READ | {"POST", "PUT", "PATCH", "DELETE", "OPTIONS"}

PAGES = {
    "/": READ,
    "/{locale}": READ,
    # A place is looked for by POST to /{locale}/places.
    "/{locale}/{place}": ANY,
    # Whatever is no page is answered with a page that says so.
    "/{locale}/{place}/{proxy+}": ANY,
}
REPORTER = {
    "/{locale}/{place}/note": READ | {"POST"},
}
CODES = {"/{locale}/code": READ | {"POST"}}
# Services for machines: for reading, and every method is told so in JSON.
HSDS = dict.fromkeys(("/hsds", "/hsds/{proxy+}"), READ | {"OPTIONS", "POST", "PUT", "PATCH", "DELETE"})
HANDLERS = {"app", "reporter_api", "code_api", "hsds_api", "access_api", "admin_api", "deliver"}
HANDLERS |= {"note_delivery", "take_reply", "run_job", "render", "sweep"}

_PROGRAM = """
import json, app
routes = {
    path: {
        method: [entry.content_types, getattr(entry.view_function, "guard", None)]
        for method, entry in methods.items()
    }
    for path, methods in app.app.routes.items()
}
handlers = [name for name, value in vars(app).items() if callable(value)]
print(json.dumps({"routes": routes, "handlers": handlers}))
"""


@cache
def looked_at(function: str) -> Any:
    """Start a function and return what it registered. Pages are rendered on request: none are built here."""
    everything = {name.upper(): f"some-{name}" for name in Settings.names()}
    environment = {
        **everything,
        "DIGEST_EVERY": "",
        "KEEP_DAYS": "",
        "SENDER_ADDRESS": "desk@porchlight.example",
        "OPERATOR_ADDRESS": "operator@porchlight.example",
        "PORCHLIGHT_FUNCTION": function,
        "PORCHLIGHT_PAGES": "live",
        "STAGE": "dev",
        "PAGES_URL": "",
        "AWS_DEFAULT_REGION": REGION,
        "AWS_EC2_METADATA_DISABLED": "true",
        "PATH": os.environ["PATH"],
    }
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def routes(function: str) -> dict[str, set[str]]:
    """Return the methods of each path that a function serves."""
    return {path: set(methods) for path, methods in looked_at(function)["routes"].items()}


def test_the_page_function_serves_pages_alone() -> None:
    assert routes("page") == PAGES


def test_the_reporter_function_serves_the_form_alone() -> None:
    assert routes("reporter") == REPORTER


def test_the_code_page_has_a_function_that_serves_nothing_else() -> None:
    assert routes("codes") == CODES


def test_services_for_machines_have_a_function_that_serves_nothing_else() -> None:
    assert routes("hsds") == HSDS


@pytest.mark.parametrize(
    "function", sorted({*FUNCTIONS} - {"page", "reporter", "codes", "hsds", "access", "admin", "all"})
)
def test_a_function_that_is_not_asked_over_http_serves_no_route(function: str) -> None:
    assert routes(function) == {}


@pytest.mark.parametrize("function", FUNCTIONS)
def test_every_route_is_public_by_this_list_or_guarded(function: str) -> None:
    for path, methods in looked_at(function)["routes"].items():
        for method, (_, guard) in methods.items():
            public = method in {**PAGES, **REPORTER, **CODES, **HSDS}.get(path, set())
            assert public or guard, f"{method} {path} is neither on the list of public routes nor guarded"
            assert not (public and guard)
            assert public or path.startswith("/admin")


def test_no_route_lets_chalice_judge_content_types() -> None:
    # Chalice would answer in JSON, and turn away a page asked for with an odd header.
    for path, methods in looked_at("all")["routes"].items():
        for method, (content_types, _) in methods.items():
            assert content_types == [], f"{method} {path}"


def test_no_word_in_a_public_path_tells_what_this_site_is() -> None:
    for path in {**PAGES, **REPORTER, **CODES, **HSDS}:
        for word in ("report", "help", "traffick", "victim", "hotline", "safe", "escape"):
            assert word not in path


@pytest.mark.parametrize("function", FUNCTIONS)
def test_every_handler_is_there_whichever_function_this_is(function: str) -> None:
    # Lambda looks a handler up by its name; Chalice packages whatever it finds.
    assert set(looked_at(function)["handlers"]) >= HANDLERS


def test_a_reporter_that_lacks_its_settings_does_not_start() -> None:
    done = subprocess.run(
        [sys.executable, "-c", "import app"],
        cwd=ROOT,
        env={"PORCHLIGHT_FUNCTION": "reporter", "PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0
    assert "REPORTS_TABLE is not set; REPORTER_SECRET is not set" in done.stderr
