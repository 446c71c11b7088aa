"""The packaging tool's own promises, without building a whole package."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
import zipfile
from importlib import metadata
from pathlib import Path

import pytest

from chalicelib.delivery.adapters import dynamo_wishes
from chalicelib.desk.adapters import dynamo_audit, dynamo_sign_ins, dynamo_standings
from chalicelib.desk.adapters.cognito_people import client_definition, pool_definition
from chalicelib.desk.people import ROLES
from chalicelib.publishing.adapters import dynamo_documents
from chalicelib.reporting.adapters import dynamo_reports
from tools.aws.template import people, stores
from tools.build import (
    functions,
    gateway_pages,
    package,
    package_template,
)

SDK = ("boto3", "botocore", "jmespath", "python-dateutil", "s3transfer", "six", "urllib3")
NUMBER = gateway_pages.Hotline("+18005550100", "1-800-555-0100")


def a_python(folder: Path, version: str) -> str:
    """Write a program that answers as a Python of this version does."""
    program = folder / f"python-{version}"
    program.write_text(f"#!/bin/sh\necho {version}\n", encoding="utf-8")
    program.chmod(0o755)
    return str(program)


def test_a_local_package_is_built_by_the_interpreter_that_runs():
    assert package.interpreter("local", "") == sys.executable


def test_the_python_that_lambda_runs_builds_for_aws_where_it_runs_already():
    assert package.interpreter("aws", "", running="3.13") == sys.executable


def test_the_interpreter_asked_for_builds_a_local_package(tmp_path):
    other = next(version for version in package.SUPPORTED if version != package.python_version())
    asked = a_python(tmp_path, other)
    assert package.interpreter("local", asked) == asked


def test_a_package_for_aws_is_refused_when_another_python_is_asked_for(tmp_path):
    with pytest.raises(package.PackagingFailed, match=r"is Python 3\.12: the package for AWS needs 3\.13"):
        package.interpreter("aws", a_python(tmp_path, "3.12"))


def test_an_interpreter_that_does_not_run_is_named():
    with pytest.raises(package.PackagingFailed, match="PYTHON=/no/such/python does not run"):
        package.interpreter("aws", "/no/such/python")


def test_a_python_too_old_or_too_new_is_refused(tmp_path):
    with pytest.raises(package.PackagingFailed, match=r"is Python 3\.10: use one of 3\.11, 3\.12, 3\.13"):
        package.interpreter("local", a_python(tmp_path, "3.10"))


def test_without_the_python_that_lambda_runs_one_line_says_what_to_install(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    with pytest.raises(package.PackagingFailed) as failed:
        package.interpreter("aws", "", running="3.12")
    assert "install python3.13 and python3.13-venv" in str(failed.value)
    assert "\n" not in str(failed.value)


def test_a_shim_that_does_not_run_is_passed_over(monkeypatch, tmp_path):
    shim = tmp_path / "python3.13"
    shim.write_text("#!/bin/sh\nexit 127\n", encoding="utf-8")
    shim.chmod(0o755)
    installed = tmp_path / ".pyenv" / "versions" / "3.13.0" / "bin"
    installed.mkdir(parents=True)
    Path(a_python(tmp_path, "3.13")).rename(installed / "python")
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert package.interpreter("aws", "", running="3.12") == str(installed / "python")


def test_the_lock_pins_what_the_requirements_name_and_all_of_it_by_hash():
    pinned = package.pinned()
    wanted = (package.ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    named = [line.partition("#")[0].strip() for line in wanted]
    asked = dict(line.lower().split("==") for line in named if line)
    assert asked
    assert asked.items() <= pinned.items()
    lock = (package.ROOT / "requirements.lock").read_text(encoding="utf-8")
    for line in lock.replace("\\\n", "").splitlines():
        assert line.startswith("#") or "--hash=sha256:" in line


def test_the_functions_bring_the_sdk_that_is_tested_and_no_chalice():
    pinned = package.pinned()
    assert {name: metadata.version(name) for name in SDK} == {name: pinned[name] for name in SDK}
    assert "chalice" not in pinned


def test_a_zip_is_written_the_same_whatever_the_times_and_the_order(tmp_path):
    files = {
        "app.py": b"B = 1\n",
        "chalicelib/__init__.py": b"A = 1\n",
        "chalicelib/x.html": b"<p>",
        "chalicelib/old.pyc": b"stale",
        "six.py": b"C = 1\n",
    }
    zips = []
    for turn, names in enumerate((list(files), list(reversed(files)))):
        raw, finished = tmp_path / f"raw{turn}.zip", tmp_path / f"finished{turn}.zip"
        with zipfile.ZipFile(raw, "w") as archive:
            for name in names:
                archive.writestr(zipfile.ZipInfo(name, (2001 + turn, 2, 3, 4, 5, 6)), files[name])
        package.write_zip(raw, finished, tmp_path / ("a-longer-name" * turn) / "work")
        zips.append(finished.read_bytes())
    assert zips[0] == zips[1]
    with zipfile.ZipFile(tmp_path / "finished0.zip") as archive:
        names = archive.namelist()
    tag = sys.implementation.cache_tag
    assert names == [
        f"__pycache__/app.{tag}.pyc",
        "app.py",
        "chalicelib/__init__.py",
        f"chalicelib/__pycache__/__init__.{tag}.pyc",
        "chalicelib/x.html",
        "six.pyc",
    ]


@pytest.mark.parametrize(("module", "cached"), [("app", "__pycache__/app.{tag}.pyc"), ("six", "six.pyc")])
def test_bytecode_is_of_the_kind_that_python_takes_without_looking_at_the_source(tmp_path, module, cached):
    raw, finished = tmp_path / "raw.zip", tmp_path / "finished.zip"
    with zipfile.ZipFile(raw, "w") as archive:
        archive.writestr(f"{module}.py", "B = 1\n")
    package.write_zip(raw, finished, tmp_path / "work")
    with zipfile.ZipFile(finished) as archive:
        compiled = archive.read(cached.format(tag=sys.implementation.cache_tag))
        archive.extractall(tmp_path / "unpacked")
    asked = f"import {module}; print({module}.B)"
    told = subprocess.run(
        [sys.executable, "-c", asked], cwd=tmp_path / "unpacked", capture_output=True, text=True, check=True
    )
    assert told.stdout == "1\n"
    assert compiled[:4] == importlib.util.MAGIC_NUMBER
    assert int.from_bytes(compiled[4:8], "little") == 0b01  # by hash, and the hash unchecked


def test_a_file_that_does_not_compile_stops_the_build(tmp_path):
    with zipfile.ZipFile(tmp_path / "raw.zip", "w") as archive:
        archive.writestr("b.py", "def")
    with pytest.raises(package.PackagingFailed, match=r"b\.py is not Python .*: invalid syntax"):
        package.write_zip(tmp_path / "raw.zip", tmp_path / "finished.zip", tmp_path / "work")


@pytest.mark.parametrize(
    "paths",
    [
        ["/", "/{locale}", "/{proxy+}"],
        ["/{locale}/{place}", "/{locale}/{proxy+}"],
        ["/{locale}/code", "/{language}/{place}"],
    ],
)
def test_paths_that_api_gateway_would_refuse_are_refused_here(paths):
    with pytest.raises(package_template.PathsClash, match="API Gateway refuses both"):
        package_template.refuse_clashes(paths)


def test_a_greedy_path_may_stand_below_the_last_variable():
    package_template.refuse_clashes(["/", "/{locale}", "/{locale}/code", "/{locale}/{place}/{proxy+}"])


def test_a_path_in_the_table_that_the_app_lacks_stops_the_build():
    site = package_template.Site({"/": ["GET"]}, {}, NUMBER)
    with pytest.raises(package_template.PathsClash, match=r"no route for .*/\{locale\}/code"):
        package_template.api(site)


def test_the_edge_keeps_neither_the_form_nor_the_code_page_nor_the_desk():
    patterns = {one.name: package_template.patterns_of(one) for one in functions.FUNCTIONS if one.paths}
    assert patterns == {
        "reporter_api": ["/*/*/note", "/*/*/note/"],
        "code_api": ["/*/code", "/*/code/"],
        "hsds_api": ["/hsds", "/hsds/", "/hsds/*"],
        "access_api": ["/admin/access/*"],
        "admin_api": ["/admin", "/admin/", "/admin/*"],
    }


@pytest.mark.parametrize(
    ("name", "adapter"),
    [
        ("Reports", dynamo_reports),
        ("Documents", dynamo_documents),
        ("Door", dynamo_sign_ins),
        ("Audit", dynamo_audit),
        ("Access", dynamo_standings),
        ("Wishes", dynamo_wishes),
        ("AccessDoor", dynamo_sign_ins),
    ],
)
def test_a_table_in_the_template_is_the_table_its_adapter_expects(name, adapter):
    tables = stores.reports_table()["Resources"] | stores.desk_tables()["Resources"]
    expected = adapter.table_definition("any")
    del expected["TableName"]
    assert expected.items() <= tables[name]["Properties"].items()


def test_the_pool_in_the_template_is_the_pool_that_the_adapter_expects():
    made = people.pool()["Resources"]
    pool, client = made["People"]["Properties"], made["DeskClient"]["Properties"]
    expected = pool_definition("any", second_factor=True)
    rules = expected.pop("Policies")["PasswordPolicy"]
    del expected["PoolName"]
    assert expected.items() <= pool.items()
    assert rules.items() <= pool["Policies"]["PasswordPolicy"].items()
    assert client_definition("any") == {**client, "UserPoolId": "any"}
    groups = {one["Properties"]["GroupName"] for one in made.values() if one["Type"].endswith("Group")}
    assert groups == set(ROLES)


def test_each_function_is_told_only_settings_that_exist_and_all_it_needs():
    from chalicelib.settings import Settings

    known = {name.upper() for name in Settings.names()}
    for function in functions.FUNCTIONS:
        assert function.environment.keys() <= known
        told = {
            name: "1" if isinstance(value, dict) else value for name, value in function.environment.items()
        }
        Settings.from_env({**told, **({"STAGE": "prod"} if "STAGE" in told else {})})


@pytest.mark.parametrize("name", sorted(gateway_pages.ANSWERS))
def test_a_page_of_the_gateway_names_both_numbers_in_both_languages(name):
    html = gateway_pages.page(gateway_pages.ANSWERS[name][1], NUMBER)
    assert html.count('href="tel:911"') == 2
    assert html.count('href="tel:+18005550100"><bdi dir="ltr">1-800-555-0100</bdi>') == 2
    assert not set("$#") & set(html)
    assert "<script" not in html


def test_a_page_that_the_gateway_would_read_as_a_program_is_refused():
    with pytest.raises(ValueError, match="as a program"):
        gateway_pages.page(("costs $5", "cuesta $5"), NUMBER)


def test_the_hotline_comes_from_the_contacts_that_the_pages_show():
    number = gateway_pages.hotline(package.ROOT / "chalicelib" / "content" / "contacts.json")
    assert number.dial == "+1" + "".join(letter for letter in number.show if letter.isdigit())[-10:]


def test_contacts_without_the_hotline_stop_the_build(tmp_path):
    contacts = tmp_path / "contacts.json"
    contacts.write_text('{"contacts": []}', encoding="utf-8")
    with pytest.raises(ValueError, match="no number to call for nhth"):
        gateway_pages.hotline(contacts)


@pytest.mark.parametrize("change", ["same", "another", "missing", "more"])
def test_another_runtime_part_of_chalice_than_the_one_we_know_is_not_packaged(tmp_path: Path, change: str):
    folder = Path(str(importlib.util.find_spec("chalice").origin)).parent
    files = {f"chalice/{name}": (folder / name).read_bytes() for name in ("__init__.py", "app.py")}
    if change == "another":
        files["chalice/app.py"] += b"\n"
    elif change == "missing":
        del files["chalice/app.py"]
    elif change == "more":
        files["chalice/other.py"] = b""
    with zipfile.ZipFile(tmp_path / "raw.zip", "w") as archive:
        for name, content in {**files, "app.py": b"", "chalicelib/a.py": b""}.items():
            archive.writestr(name, content)
    if change == "same":
        package.refuse_another_chalice(tmp_path / "raw.zip")
    else:
        with pytest.raises(package.PackagingFailed, match=r"chalice/\w+\.py is not the one of Chalice"):
            package.refuse_another_chalice(tmp_path / "raw.zip")
