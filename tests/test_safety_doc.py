"""The table of safety rules names tests that exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
NAMED = sorted(
    set(
        re.findall(
            r"`(tests/[\w/]+\.py)::(test_\w+)`", (ROOT / "docs" / "safety.md").read_text(encoding="utf-8")
        )
    )
)


def test_there_are_rules_with_tests():
    assert len(NAMED) > 60


@pytest.mark.parametrize(("file", "name"), NAMED)
def test_a_test_that_is_named_exists(file, name):
    assert f"def {name}(" in (ROOT / file).read_text(encoding="utf-8")


def test_every_rule_says_what_holds_it():
    rows = [
        line.strip("|").split("|")
        for line in (ROOT / "docs" / "safety.md").read_text(encoding="utf-8").splitlines()
        if line.startswith("|") and not line.startswith("| ---")
    ]
    assert all(len(row) == 2 and row[1].strip() for row in rows)
