"""What the files for GitHub promise beside their schema: CI runs what everybody runs, on what we support."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from tools.build.package import SUPPORTED

ROOT = Path(__file__).resolve().parents[1]
GITHUB = ROOT / ".github"
FORMS = sorted(path for path in (GITHUB / "ISSUE_TEMPLATE").glob("*.yml") if path.name != "config.yml")


def workflow() -> Any:
    return yaml.safe_load((GITHUB / "workflows" / "ci.yml").read_text(encoding="utf-8"))


def test_ci_runs_what_everybody_runs_on_each_python_that_we_support() -> None:
    job = workflow()["jobs"]["test"]
    assert tuple(job["strategy"]["matrix"]["python"]) == SUPPORTED
    assert "${{ matrix.python }}" in job["container"]["image"]
    assert job["steps"][-1] == {"run": ".ci/run"}
    assert job["strategy"]["fail-fast"] is False


def test_ci_may_read_and_nothing_else_and_trusts_no_moving_name() -> None:
    assert workflow()["permissions"] == {"contents": "read"}
    for job in workflow()["jobs"].values():
        assert "permissions" not in job
        assert 0 < job["timeout-minutes"] <= 90
        for step in job["steps"]:
            assert "uses" not in step or re.fullmatch(r"[\w/-]+@[0-9a-f]{40}", step["uses"])
    assert "secrets." not in (GITHUB / "workflows" / "ci.yml").read_text(encoding="utf-8")


def test_the_quick_checks_lint_every_file_for_github() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    checks = makefile.split("define CHECKS", 1)[1].split("endef", 1)[0]
    for part in ("workflows/*.yml", "ISSUE_TEMPLATE/[!c]*.yml", "ISSUE_TEMPLATE/config.yml"):
        assert f".github/{part}" in checks
    assert all(not path.name.startswith("c") for path in FORMS)


@pytest.mark.parametrize("form", FORMS, ids=lambda path: path.stem)
def test_a_form_warns_that_everybody_can_read_it_or_is_not_about_people(form: Path) -> None:
    text = form.read_text(encoding="utf-8")
    assert form.stem in ("number", "translation") or "Write nothing about a real person" in text
    labels = re.findall(r"^\s+label: (.+)$", text, re.MULTILINE)
    assert labels
    assert not [label for label in labels if "mail" in label.lower() or "phone" in label.lower()]


def test_every_place_with_a_licence_exists_and_each_catalog_names_it() -> None:
    text = (ROOT / "LICENSES.md").read_text(encoding="utf-8")
    rows = [line for line in text.splitlines() if line.startswith("| ")][2:]
    places = [place for row in rows for place in re.findall(r"`([\w./-]+)`", row.split(" | ")[1])]
    assert len(places) >= 6
    for place in places:
        assert (ROOT / place).exists(), place
    for catalog in (ROOT / "chalicelib" / "locale").rglob("*.po*"):
        assert "CC BY 4.0" in catalog.read_text(encoding="utf-8").split("msgid", 1)[0], catalog
    assert "LICENSES.md" in (ROOT / "README.md").read_text(encoding="utf-8")
