"""What the operator's documents say is so: names that exist, tests that exist, nothing left out."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from chalicelib.delivery.adapters.operator_mail import EXPLAINED
from chalicelib.shared.patience import CALLS_TAKE, PAGE_NEEDS
from tests.support.packages import expanded_template
from tools.aws.template.choices import parameters
from tools.build.functions import FUNCTIONS
from tools.build.package import pinned

ROOT = Path(__file__).resolve().parents[1]
DOCUMENTS = ("operate.md", "deploy-checklist.md", "dependencies.md", "threats.md")
_TEST = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)`")


def text_of(name: str) -> str:
    return (ROOT / "docs" / name).read_text(encoding="utf-8")


def rows_under(name: str, heading: str) -> list[list[str]]:
    section = text_of(name).split(f"\n## {heading}\n", 1)[1].split("\n## ", 1)[0]
    rows = [
        [cell.strip() for cell in line.strip("|").split(" | ")]
        for line in section.splitlines()
        if line.lstrip().startswith("|")
    ]
    return [row for row in rows[2:] if not row[0].startswith("---")]


# Threats


def test_every_test_that_holds_a_claim_exists() -> None:
    named = _TEST.findall(text_of("threats.md"))
    assert len(named) > 50
    for file, test in named:
        path = ROOT / file
        assert path.is_file(), file
        assert re.search(rf"^ *(async )?def {test}\(", path.read_text(encoding="utf-8"), re.MULTILINE), test


@pytest.mark.parametrize(
    "heading",
    [
        "Attacks on a reader",
        "Attacks on a writer",
        "Attacks on an inbox, and on the people named",
        "Attacks on a reply",
        "Attacks on the site's words",
    ],
)
def test_every_claim_points_at_its_test_or_says_that_nothing_holds_it(heading: str) -> None:
    rows = rows_under("threats.md", heading)
    assert len(rows) > 5
    for attack, stops, held in (row[:3] for row in rows):
        assert _TEST.search(held) or held.startswith("-"), attack
        if held.startswith("-"):
            honest = ("nothing here", "never kept", "agency's work")
            assert any(words in stops.lower() for words in honest), attack


# The guide


def test_every_alarm_of_the_template_is_in_the_guide_and_no_other() -> None:
    alarms = {
        name
        for name, one in expanded_template()["Resources"].items()
        if one["Type"] == "AWS::CloudWatch::Alarm"
    }
    section = text_of("operate.md").split("\n## Alarms\n", 1)[1].split("Those of our own", 1)[0]
    assert set(re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE)) == alarms


def test_every_alarm_of_our_own_is_in_the_guide() -> None:
    section = text_of("operate.md").split("Those of our own", 1)[1].split("\n### ", 1)[0]
    named = {
        name
        for row in re.findall(r"^\| (`.*?) \|", section, re.MULTILINE)
        for name in re.findall(r"`(\w+)`", row)
    }
    assert named == set(EXPLAINED) | {"alarm_not_mailed"}


def test_every_parameter_is_in_the_guide_with_its_default() -> None:
    section = text_of("operate.md").split("The parameters:", 1)[1].split("A variable such as", 1)[0]
    named = {
        name: default.strip("` -")
        for names, default in re.findall(r"^ *\| (`.*?) \| (.*?) \|", section, re.MULTILINE)
        for name, default in zip(re.findall(r"`(\w+)`", names), [*default.split(","), ""], strict=False)
    }
    known = parameters()["Parameters"]
    assert set(named) == set(known)
    for name, default in named.items():
        if name != "Stage":
            assert default == str(known[name].get("Default", "")), name


def test_every_output_that_a_document_names_exists() -> None:
    outputs = set(expanded_template()["Outputs"])
    for name in ("operate.md", "deploy-checklist.md"):
        said = re.findall(r"outputs? `(\w+)`", text_of(name))
        assert set(said) <= outputs
    assert {"FailedNotices", "ReportsTable"} <= outputs


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_command_and_file_that_a_document_names_exists(name: str) -> None:
    text = text_of(name)
    targets = set(re.findall(r"^([a-z][a-z-]*):.*##", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"\bmake ([a-z][a-z-]*)", " ".join(re.findall(r"`[^`\n]*`", text)))) <= targets
    for link in re.findall(r"\]\(([^)]+)\)", text):
        if "://" not in link:
            assert (ROOT / "docs" / link.partition("#")[0]).exists(), link
    for path in re.findall(r"`((?:docs|tools|tests|deploy)/[\w./-]+)`", text):
        assert (ROOT / path.partition("::")[0]).exists() or path == "deploy/prod.json", path


def test_every_line_of_the_checklist_has_a_box_a_test_and_what_to_expect() -> None:
    lines = [line for line in text_of("deploy-checklist.md").splitlines() if line.startswith("| [ ]")]
    assert len(lines) > 25
    for line in lines:
        cells = [cell.strip() for cell in line.strip("|").split(" | ")]
        assert len(cells) == 4, line
        assert all(cells), line


# Dependencies


def required(name: str) -> set[str]:
    lines = (ROOT / name).read_text(encoding="utf-8").split("# What these bring", 1)[0].splitlines()
    named = [line.partition("==")[0].strip().lower() for line in lines if "==" in line]
    return {re.sub(r"\[.*\]", "", one) for one in named}


def reasons(heading: str) -> dict[str, str]:
    return {row[0]: row[1] for row in rows_under("dependencies.md", heading)}


def test_everything_the_functions_carry_has_its_reason() -> None:
    carried = reasons("What the functions carry")
    assert set(carried) == required("requirements.txt")
    brought = reasons("What these bring")
    assert set(carried) | set(brought) == {name.lower() for name in pinned()}
    assert set(brought.values()) <= set(carried) | set(brought)


def test_everything_that_builds_and_tests_has_its_reason() -> None:
    built = reasons("What builds and tests")
    assert set(built) == required("requirements-dev.txt")
    assert all(built.values())


@pytest.mark.parametrize(
    ("heading", "columns"),
    [
        ("What the functions carry", 8),
        ("What these bring", 5),
        ("What builds and tests", 4),
        ("What we still write by hand", 4),
    ],
)
def test_every_dependency_has_all_its_figures(heading: str, columns: int) -> None:
    for row in rows_under("dependencies.md", heading):
        assert len(row) == columns, row
        assert all(row), row


def test_the_releases_in_the_guide_are_those_that_are_pinned() -> None:
    lines = (ROOT / "requirements-dev.txt").read_text(encoding="utf-8")
    pins = dict(re.findall(r"^([\w-]+)(?:\[\w+\])?==(\S+)", lines, re.MULTILINE))
    pins = {name.lower(): version for name, version in (pins | pinned()).items()}
    for heading, column in (
        ("What the functions carry", 3),
        ("What these bring", 2),
        ("What builds and tests", 2),
    ):
        for row in rows_under("dependencies.md", heading):
            assert row[column].split(",")[0] == pins[row[0]], row


# A server by hand: what listens on a socket, or reads HTTP, without werkzeug.
_SERVER = re.compile(r"http\.server|BaseHTTPRequestHandler|socketserver|start_server\(|\.accept\(\)")


def test_every_server_that_we_write_by_hand_has_its_reason() -> None:
    section = text_of("dependencies.md").split("\n## What we still write by hand\n", 1)[1]
    named = set(re.findall(r"`([\w/.-]+\.(?:py|json))`", section))
    assert all((ROOT / path).exists() for path in named), named
    files = [
        file for room in ("bench", "chalicelib", "tests", "tools") for file in (ROOT / room).rglob("*.py")
    ]
    served = {
        file.relative_to(ROOT).as_posix()
        for file in files
        if "node_modules" not in file.parts and _SERVER.search(file.read_text(encoding="utf-8"))
    }
    lists = {"tests/support/pure.py", "tests/test_operator_docs.py"}  # they name the modules
    assert served - lists <= named, served - lists - named


# Times


def test_the_times_in_the_guide_are_those_of_the_template_and_the_code() -> None:
    said = {name: int(seconds) for name, seconds, *_ in rows_under("operate.md", "Times")}
    resources = expanded_template()["Resources"]
    functions = {function.name: function for function in FUNCTIONS}
    for names in list(said):
        for name in re.findall(r"`(\w+)`", names):
            assert said[names] == resources[functions[name].resource]["Properties"]["Timeout"], name
    hides = resources["Replies"]["Properties"]["VisibilityTimeout"]
    assert said["the queue of replies hides what it handed out"] == hides == 6 * said["`take_reply`"]
    hidden = resources["Notices"]["Properties"]["VisibilityTimeout"]
    assert said["the queue of notices hides what it handed out"] == hidden
    assert hidden == 6 * said["`note_delivery`"]
    calls = said["calls of one request at the form and the code page, all together"]
    page = said["what the page after them is given"]
    assert (calls, page) == (CALLS_TAKE.total_seconds(), PAGE_NEEDS.total_seconds())
    assert calls + page <= 15 < said["`reporter_api`, `code_api`"]
    decision = next((ROOT / "docs" / "decisions").glob("0051-*")).read_text(encoding="utf-8")
    assert "decision 9" in decision, "what it says of these times is not so any more"
