"""What `make quick` runs of the tests is read from what they may reach, and misses no rule."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.pure import TESTS, is_pure

RULE = "from chalicelib.reporting.report import read_report\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of tests whose conftest.py has one fixture that touches AWS's stand-in."""
    (tmp_path / "conftest.py").write_text(
        "import moto\nimport pytest\n@pytest.fixture\ndef cloud():\n    return moto\n"
    )
    return tmp_path


@pytest.mark.parametrize(
    ("text", "pure"),
    [
        (f"{RULE}def test_a_rule():\n    pass\n", True),
        ("def test_late():\n    import subprocess\n", False),
        ("import boto3\n", False),
        ("from botocore.config import Config\n", False),
        ("from http import server\n", False),
        ("from chalicelib.shared.aws.sdk import client\n", False),
        ("def test_by_a_fixture_of_all(busy_store):\n    pass\n", False),
        ("import pytest\n@pytest.fixture\ndef store():\n    pass\ndef test_own(store):\n    pass\n", True),
        ("from tests.support.dynalite import dynalite\n", False),
        ("def test_by_a_fixture(cloud):\n    pass\n", False),
        ("import pytest\n@pytest.mark.usefixtures('cloud')\ndef test_by_a_mark():\n    pass\n", False),
    ],
)
def test_a_file_is_pure_when_nothing_that_it_reaches_touches_anything(
    folder: Path, text: str, pure: bool
) -> None:
    file = folder / "test_something.py"
    file.write_text(text)
    assert is_pure(file, tests=folder) == pure


def test_most_of_the_files_are_pure_and_those_that_start_something_are_not() -> None:
    files = set(TESTS.rglob("test_*.py"))
    pure = {file for file in files if is_pure(file)}
    assert len(pure) > len(files) / 3
    starts = {file for file in files if "subprocess." in file.read_text(encoding="utf-8")}
    assert not pure & starts - {Path(__file__)}
