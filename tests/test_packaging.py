"""The package: what is in it, that it is built alike twice, and that each function runs from it alone."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import re
import shutil
import subprocess
import sys
import zipfile
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from bench import events
from bench.reports import forms, secrets_of_the_bench
from bench.stub import Stub
from chalicelib.wiring.events import KEEP_WARM
from tests.support.packages import ROOT, Package, api_event, build, local_package, sources
from tools.build.functions import FUNCTIONS, PAGE, REPORTER
from tools.build.library_parts import SERVICES
from tools.build.package import SECURITY_HOLDS
from tools.build.runtime_api import Running, runtime_packages

pytestmark = pytest.mark.takes(10)

GZIP = {"Accept-Encoding": "gzip"}
HOTLINE = "888-373-7888"


@pytest.fixture(scope="module")
def package() -> Package:
    return local_package()


@pytest.fixture(scope="module")
def names(package: Package) -> list[str]:
    with zipfile.ZipFile(package.zip) as archive:
        return archive.namelist()


@pytest.fixture(scope="module")
def paths(package: Package) -> dict[str, Any]:
    found: dict[str, Any] = package.template["Resources"]["RestAPI"]["Properties"]["DefinitionBody"]["paths"]
    return found


@pytest.fixture(scope="module")
def without_sdk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return runtime_packages(["awslambdaric"], tmp_path_factory.mktemp("without-sdk"))


@pytest.fixture(scope="module")
def page_function(package: Package, without_sdk: Path):
    """The page function as Lambda starts it: an environment of nothing, and no SDK to fall back on."""
    with Running(package.unpacked, PAGE.handler, {}, without_sdk) as function:
        yield function


def html_of(answer: dict[str, Any]) -> str:
    body = base64.b64decode(answer["body"]) if answer["isBase64Encoded"] else answer["body"].encode()
    return (gzip.decompress(body) if answer["headers"].get("Content-Encoding") == "gzip" else body).decode(
        "utf-8"
    )


# What is in the zip


def test_templates_and_compiled_catalogs_are_in_the_zip_and_sources_of_catalogs_are_not(names):
    templates = [
        path.relative_to(ROOT).as_posix() for path in (ROOT / "templates").rglob("*.*") if path.is_file()
    ]
    assert templates
    assert set(templates) <= set(names)
    catalogs = [path.relative_to(ROOT).with_suffix(".mo") for path in (ROOT / "chalicelib").rglob("*.po")]
    assert catalogs
    assert {path.as_posix() for path in catalogs} <= set(names)
    assert not [name for name in names if name.endswith((".po", ".pot"))]


def test_every_page_of_every_place_and_language_was_rendered_into_the_zip(package, names):
    index = json.loads((package.unpacked / "chalicelib/built_pages/index.json").read_text(encoding="utf-8"))
    assert index["default_locale"] in index["locales"]
    assert index["default_place"] in index["places"]
    assert {"en", "es"} <= set(index["locales"])
    assert {"los-banos-ca", "merced-county-ca", "us"} <= set(index["places"])
    errors = [f"error-{status}" for status in (400, 403, 404, 405, 413, 415, 500, 503)]
    for locale in index["locales"]:
        for name in index["places"] + index["other_pages"] + errors:
            packed = (package.unpacked / f"chalicelib/built_pages/{locale}/{name}.b64").read_bytes()
            html = gzip.decompress(base64.b64decode(packed, validate=True)).decode("utf-8")
            assert f'<html lang="{locale}"' in html
            assert HOTLINE in html
    assert index["headers"]["Cache-Control"] == "no-store"
    assert index["other_pages"] == ["about", "more"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", index["expires"])


def test_every_source_of_ours_has_its_bytecode_beside_it_and_libraries_are_bytecode_alone(names):
    tag = sys.implementation.cache_tag
    sources = [name for name in names if name.endswith(".py")]
    assert {name.split("/")[0] for name in sources} == {"app.py", "chalicelib"}
    for source in sources:
        folder, _, file = source.rpartition("/")
        cached = f"__pycache__/{file[:-3]}.{tag}.pyc"
        assert (f"{folder}/{cached}" if folder else cached) in names
    compiled = [name for name in names if name.endswith(".pyc")]
    assert len([name for name in compiled if "__pycache__" in name]) == len(sources)
    assert {"jinja2/__init__.pyc", "six.pyc", "botocore/session.pyc"} <= set(compiled)


def test_nothing_that_only_builds_or_tests_is_in_the_zip(names):
    tops = {name.split("/")[0] for name in names}
    assert not tops & {
        "tests",
        "tools",
        "bench",
        "docs",
        ".chalice",
        "vendor",
        "pip",
        "click",
    }
    assert [name for name in names if name.startswith("chalice/")] == [
        "chalice/__init__.pyc",
        "chalice/app.pyc",
    ]
    ours = [name for name in names if name.startswith("chalicelib/")]
    assert not [name for name in ours if "test" in name or name.endswith(("~", ".orig"))]


def test_our_own_part_of_the_zip_stays_small(package, names):
    with zipfile.ZipFile(package.zip) as archive:
        ours = [
            one for one in archive.infolist() if one.filename.startswith(("app.py", "chalice", "templates/"))
        ]
    pages = [one for one in ours if one.filename.startswith("chalicelib/built_pages/")]
    rest = sum(one.compress_size for one in ours) - sum(one.compress_size for one in pages)
    # What a function pays for is what it loads (tests/test_what_functions_load.py); this only finds a slip.
    assert rest < 4_300_000
    assert package.zip.stat().st_size < 24_000_000  # eight of them are the pages of California's counties
    assert max(one.compress_size for one in pages if one.filename.endswith(".b64")) < 12_000


def test_the_zip_carries_no_time_and_no_owner(package):
    with zipfile.ZipFile(package.zip) as archive:
        entries = archive.infolist()
    assert {entry.date_time for entry in entries} == {(1980, 1, 1, 0, 0, 0)}
    assert [entry.filename for entry in entries] == sorted(entry.filename for entry in entries)
    assert {entry.external_attr >> 16 for entry in entries} <= {0o644, 0o755}


def copy_of_the_project(folder: Path) -> Path:
    for file in (*sources(), ROOT / "requirements.txt"):
        copy = folder / file.relative_to(ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(file, copy)
    return folder


def test_another_build_in_another_folder_gives_the_same_bytes(package, tmp_path, monkeypatch):
    # The copy has no commit to take its date from.
    index = json.loads((package.unpacked / "chalicelib/built_pages/index.json").read_text(encoding="utf-8"))
    made = datetime.fromisoformat(index["expires"]) - SECURITY_HOLDS
    monkeypatch.setenv("SOURCE_DATE_EPOCH", str(int(made.timestamp())))
    other = copy_of_the_project(tmp_path / "a" / "longer" / "way" / "to" / "the" / "project")
    build(other, tmp_path / "built")
    for name in ("deployment.zip", "template.json"):
        first, second = ((folder / name).read_bytes() for folder in (package.zip.parent, tmp_path / "built"))
        assert hashlib.sha256(first).hexdigest() == hashlib.sha256(second).hexdigest(), name


def test_a_function_that_nobody_gave_a_role_stops_the_build(tmp_path):
    other = copy_of_the_project(tmp_path / "project")
    with (other / "app.py").open("a", encoding="utf-8") as app:
        app.write('\n\n@app.schedule("rate(1 day)", name="unheard_of")\ndef unheard_of(event):\n    pass\n')
    with pytest.raises(AssertionError, match="has a function unheard_of: give it a row"):
        build(other, tmp_path / "built")
    assert not (tmp_path / "built" / "deployment.zip").exists()


# The page function, run from the package


@pytest.mark.parametrize(
    ("path", "language", "shown"),
    [
        ("/", "", "en"),
        ("/", "es-MX,es;q=0.9", "es"),
        ("/es/", "", "es"),
        ("/en/los-banos-ca/", "", "en"),
        ("/en/los-banos-ca", "es", "en"),
    ],
)
def test_a_page_is_served_from_what_shipped(page_function, paths, path, language, shown):
    answer = page_function.invoke(api_event(paths, path, headers={**GZIP, "Accept-Language": language}))
    assert answer["statusCode"] == 200
    assert answer["headers"]["Cache-Control"] == "no-store"
    html = html_of(answer)
    assert f'<html lang="{shown}"' in html
    assert HOTLINE in html


@pytest.mark.parametrize(
    "path", ["/xx/", "/en/no-such-place/", "/es/los-banos-ca/deeper/still/", "/favicon.ico"]
)
def test_an_unknown_path_gets_a_page_and_404(page_function, paths, path):
    answer = page_function.invoke(api_event(paths, path, headers=GZIP))
    assert answer["statusCode"] == 404
    assert answer["headers"]["Content-Type"] == "text/html; charset=utf-8"
    html = html_of(answer)
    assert f'<html lang="{"es" if path.startswith("/es/") else "en"}"' in html
    assert HOTLINE in html


def test_a_method_nobody_foresaw_gets_a_page_and_405(page_function, paths):
    answer = page_function.invoke(api_event(paths, "/es/", method="DELETE", headers=GZIP))
    assert answer["statusCode"] == 405
    assert '<html lang="es"' in html_of(answer)


def test_the_page_function_knows_neither_form_nor_code_page(page_function, paths):
    for path in ("/en/los-banos-ca/note/", "/en/code/"):
        answer = page_function.invoke(api_event(paths, path, headers=GZIP))
        # Not quite these addresses come here, too, and get the page that leads to each.
        assert answer["statusCode"] == 200
        assert html_of(answer).count("<form") == 1  # the search for a place, and none that takes a report
        assert '<form method="post" action="/en/places/#f"' in html_of(answer)
        assert f'href="{path}"' in html_of(answer)


def test_a_browser_without_gzip_gets_the_page_as_text(page_function, paths):
    answer = page_function.invoke(api_event(paths, "/en/", headers={"Accept-Encoding": "identity"}))
    assert "Content-Encoding" not in answer["headers"]
    assert not answer["isBase64Encoded"]
    assert HOTLINE in answer["body"]


def test_serving_pages_writes_nothing_to_the_code_directory_and_nothing_to_the_log(
    package, paths, tmp_path, without_sdk
):
    code = tmp_path / "code"
    shutil.copytree(package.unpacked, code)
    for path in (code, *code.rglob("*")):
        path.chmod(path.stat().st_mode & ~0o222)
    before = sorted((str(path), path.stat().st_mtime_ns) for path in code.rglob("*"))
    with Running(code, PAGE.handler, {}, without_sdk) as function:
        for path in ("/", "/es/", "/odd-phrase-in-a-path/"):
            function.invoke(api_event(paths, path, headers=GZIP))
        log = function.log()
    assert sorted((str(path), path.stat().st_mtime_ns) for path in code.rglob("*")) == before
    assert log == ""


# What the page function loads

_LOADED = """
import json, os, sys
os.environ.clear()
from chalicelib.wiring import page
page.answer(json.loads(sys.stdin.read()), None)
print(json.dumps(sorted(sys.modules)))
"""


def test_the_page_function_loads_no_template_engine_no_sdk_and_nothing_slow(package, paths, without_sdk):
    done = subprocess.run(
        [sys._base_executable, "-S", "-s", "-c", _LOADED],
        input=json.dumps(api_event(paths, "/en/", headers=GZIP)),
        cwd=package.unpacked,
        env={"PYTHONPATH": str(without_sdk)},
        capture_output=True,
        text=True,
        check=True,
    )
    loaded = set(json.loads(done.stdout))
    assert "chalicelib.pages.choose_page" in loaded
    slow = {
        "chalice",
        "boto3",
        "botocore",
        "cryptography",
        "dataclasses",
        "http.client",
        "jinja2",
        "urllib.request",
    }
    assert not slow & loaded


# The SDK that is tested is the one that runs


def test_of_the_sdk_the_zip_holds_what_is_called_and_no_other_service(names):
    data = [name.split("/") for name in names if name.startswith("botocore/data/")]
    described = {parts[2] for parts in data if len(parts) > 3}
    assert described == set(SERVICES)
    assert "botocore/cacert.pem" in names
    assert not [name for name in names if name.startswith(("boto3/data/", "boto3/examples/"))]


_REPORTS = """
import importlib.machinery, json, sys
def refuse(loader, data, path, **more):
    raise SystemExit(f"{path} had to be compiled")
importlib.machinery.SourceFileLoader.source_to_code = refuse
sys.path.insert(0, ".")
from app import reporter_api
from chalicelib.shared.aws.sdk import client
class Context:
    aws_request_id = "00000000-0000-0000-0000-000000000000"
    def get_remaining_time_in_millis(self):
        return 20_000
events, services = json.load(sys.stdin)
answers, loaded = [], []
for event in events:
    before = set(sys.modules)
    answers.append(reporter_api(event, Context())["statusCode"])
    loaded.append(sorted(set(sys.modules) - before))
for service in services:
    client(service)
import boto3, botocore, urllib3
print(json.dumps([answers, loaded, [one.__file__ for one in (boto3, botocore, urllib3)]]))
"""


def test_a_report_is_stored_from_the_package_alone_and_nothing_is_compiled_or_loaded_late(package):
    """Without the SDK of AWS's runtime: the one in the zip is what the stores were tested with.

    The schedule's call comes first: after it, who opens the form waits for no module and for no secret.
    """
    _, secrets = secrets_of_the_bench()
    stub = Stub(secrets)
    form = "/{locale}/{place}/note"
    opening = json.loads(events.opening(form, "/es/los-banos-ca/note/"))
    asked = [KEEP_WARM, opening, json.loads(next(forms()))]
    told = {name: value for name, value in REPORTER.environment.items() if isinstance(value, str)}
    told |= {"STAGE": "dev", "REPORTS_TABLE": "reports", "REPORTER_SECRET": "reporter", "KEEP_DAYS": "30"}
    told |= {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_REGION": "us-west-2"}
    try:
        done = subprocess.run(
            [sys._base_executable, "-S", "-s", "-c", _REPORTS],
            input=json.dumps([asked, SERVICES]),
            cwd=package.unpacked,
            env={**told, "AWS_DEFAULT_REGION": "us-west-2", **stub.environment()},
            capture_output=True,
            text=True,
            check=False,
        )
        stored = list(stub.items)
    finally:
        stub.close()
    assert done.returncode == 0, done.stderr
    answers, loaded, files = json.loads(done.stdout.splitlines()[-1])
    assert answers == [203, 203, 200]
    assert len(stored) == 1
    assert stub.calls == {"GetSecretValue": 1, "PutItem": 1}
    assert loaded[1] == []
    assert all(Path(file).is_relative_to(package.unpacked) for file in files)


# Every function has what it needs in the zip


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda function: function.name)
def test_a_functions_handler_is_where_the_template_says(package, function):
    properties = package.template["Resources"][function.resource]["Properties"]
    assert properties["Handler"] == function.handler
    assert properties["MemorySize"] == function.memory
    assert properties["Timeout"] == function.timeout
