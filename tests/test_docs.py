"""What README and its neighbours say is true."""

from __future__ import annotations

import ast
import re
import subprocess
from pathlib import Path

import pytest

from chalicelib.directory.adapters.shipped_content import shipped_content
from chalicelib.settings import Settings
from tests.pages.test_budget import FIRST_VIEW
from tools.aws import cost
from tools.local.run import Options

ROOT = Path(__file__).resolve().parents[1]
DOCUMENTS = ("README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md")


def text_of(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def rows_under(heading: str) -> list[list[str]]:
    """Return the cells of every table row under a heading of README, without the tables' heads."""
    section = text_of("README.md").split(f"\n## {heading}\n", 1)[1].split("\n## ", 1)[0]
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in section.splitlines()
        if line.startswith("|")
    ]
    return [row for row in rows if row[0] not in {"command", "variable", "---"}]


def targets() -> set[str]:
    """Return the Makefile's targets that it offers to people."""
    return set(re.findall(r"^([a-z][a-z-]*):.*##", text_of("Makefile"), re.MULTILINE))


def test_the_table_of_settings_is_the_list_of_settings() -> None:
    rows = rows_under("Settings")
    assert [row[0].strip("`").lower() for row in rows] == Settings.names()


def test_the_settings_have_the_defaults_that_the_table_says() -> None:
    said = {row[0].strip("`").lower(): row[1].strip("`") for row in rows_under("Settings")}
    assert said == {name: str(getattr(Settings, name)) for name in Settings.names()}


def test_the_table_of_commands_is_the_list_of_commands() -> None:
    commands = [row[0] for row in rows_under("Commands") if row[0].startswith("`make ")]
    assert {command.strip("`").removeprefix("make ") for command in commands} == targets()


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_command_that_a_document_names_exists(document: str) -> None:
    named = set(re.findall(r"\bmake ([a-z][a-z-]*)", " ".join(re.findall(r"`[^`\n]*`", text_of(document)))))
    assert named <= targets()


def test_help_lists_every_command() -> None:
    helped = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True)
    assert set(re.findall(r"^make ([a-z-]+) ", helped.stdout, re.MULTILINE)) == targets()


def test_make_run_has_the_defaults_that_the_readme_says() -> None:
    said = {row[0].strip("`"): row[1] for row in rows_under("Commands")}
    assert Options() == (int(said["PORT"]), int(said["MAILROOM_PORT"]), float(said["DELIVER_EVERY"]))
    assert f"http://127.0.0.1:{Options().port}/" in text_of("README.md")
    assert f"http://127.0.0.1:{Options().mailroom_port}/" in text_of("README.md")


@pytest.mark.parametrize(
    "document",
    [*DOCUMENTS, "docs/flow.md", "docs/threats.md", "docs/upgrading.md", "docs/peers.md", "LICENSES.md"],
)
def test_every_link_to_a_file_leads_to_one(document: str) -> None:
    for link in re.findall(r"\]\(([^)]+)\)", text_of(document)):
        if "://" not in link and not link.startswith("#"):
            assert ((ROOT / document).parent / link.partition("#")[0]).exists(), link


def test_the_first_screen_says_what_for_whom_where_a_report_goes_and_how_to_start() -> None:
    first_screen = text_of("README.md").split("\n## ", 1)[0]
    assert len(first_screen.splitlines()) <= 35
    assert "Where a report goes" in first_screen
    commands = first_screen.split("```")[1].strip().splitlines()
    assert commands[-1] == "make run"
    assert len(commands) == 2


def test_the_first_screen_shows_page_form_and_desk() -> None:
    first_screen = text_of("README.md").split("\n## ", 1)[0]
    pictures = re.findall(r'<img src="([^"]+)" width="\d+" alt="([^"]{20,})">', first_screen)
    assert len(pictures) == 3
    for (path, _), part in zip(pictures, ("page", "form", "admin"), strict=True):
        assert (ROOT / path).is_file()
        assert part in path


def test_what_is_different_is_said_in_five_lines_with_the_figures_that_are_printed() -> None:
    said = section("README.md", "What is different")
    lines = [line for line in said.splitlines() if line.startswith("- ")]
    assert len(lines) == 5
    assert f"{FIRST_VIEW['any'] / 1000:.2f} KB" in lines[0]
    assert f"{len(shipped_content().site.locales)} languages" in lines[0]
    filed = re.search(r"^    reports: int = (\d+)$", text_of("tools/chaos/run.py"), re.MULTILINE)
    assert filed is not None
    assert f"{int(filed[1]):,} reports" in lines[1]
    assert f"${sum(cost.costs(cost.LOADS[0]).values()):.2f}" in lines[3]
    for name, dollars, _ in cost.PEERS:
        assert re.search(rf"{name}\D*\${dollars:.2f}", lines[3]), name
    for line in lines:
        proofs = [name for name in in_ticks(line) if name.startswith(("tests/", "make ", "python "))]
        assert proofs, line
        assert all((ROOT / name).is_file() for name in proofs if name.startswith("tests/"))


def test_every_folder_that_the_readme_shows_is_there() -> None:
    tree = text_of("README.md").split("## Where things are", 1)[1].split("```")[1]
    for line in tree.strip().splitlines():
        assert (ROOT / line.split()[0]).exists(), line


def test_changes_that_are_not_released_have_their_place() -> None:
    unreleased = text_of("CHANGELOG.md").split("## Unreleased", 1)[1]
    entries = re.findall(r"^- (\w+):", unreleased, re.MULTILINE)
    assert entries
    assert set(entries) <= {"Visitor", "Reporter", "Agency", "Admin", "Operator", "Contributor"}


def test_the_licence_is_whole() -> None:
    licence = text_of("LICENSE")
    assert "Apache License" in licence
    assert "Version 2.0, January 2004" in licence
    assert "END OF TERMS AND CONDITIONS" in licence


def test_ci_runs_what_everybody_runs() -> None:
    assert text_of(".ci/run").rstrip().endswith("exec make test")


def test_each_decision_has_a_number_of_its_own() -> None:
    pages = sorted((ROOT / "docs" / "decisions").glob("*.md"))
    numbers = [int(page.name[:4]) for page in pages]
    assert sorted(set(numbers)) == numbers
    for page in pages:
        first = page.read_text(encoding="utf-8").split("\n")[0]
        assert first.startswith(f"# {int(page.name[:4])}. "), page.name


# Old paths and names, the ways through the code, the trade's words


def section(document: str, heading: str) -> str:
    """Return what stands in a document under a heading of the second level."""
    return text_of(document).split(f"\n## {heading}\n", 1)[1].split("\n## ", 1)[0]


def table(document: str, heading: str) -> list[list[str]]:
    """Return the cells of a section's table, without its head."""
    lines = [line for line in section(document, heading).splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines[2:]]


def in_ticks(text: str) -> list[str]:
    return re.findall(r"`([^`\n]+)`", text)


def defined(root: str) -> set[str]:
    """Return the names of all classes and functions at the top of modules below a folder."""
    files = (ROOT / root).rglob("*.py")
    found = (
        re.findall(r"^(?:class|def) (\w+)", file.read_text(encoding="utf-8"), re.MULTILINE) for file in files
    )
    return {name for names in found for name in names}


@pytest.mark.parametrize(("heading", "at_least"), [("Code", 110), ("Tests", 60)])
def test_every_new_path_of_moved_files_exists_and_no_old_one_does(heading: str, at_least: int) -> None:
    rows = table("docs/moved.md", heading)
    assert len(rows) >= at_least
    for old, new in rows:
        assert not (ROOT / old.strip("`")).exists(), old
        paths = [path for path in in_ticks(new) if "/" in path]
        assert paths, old
        for path in paths:
            assert (ROOT / path).is_file(), path


def test_every_new_name_of_a_class_is_defined_and_no_old_one_is() -> None:
    rows = table("docs/moved.md", "Names of classes and functions")
    names = defined("chalicelib")
    assert len(rows) > 25
    for old, new, _ in rows:
        assert set(in_ticks(new)) <= names, new
        assert not set(in_ticks(old)) & names, old


def test_every_place_where_an_old_word_stays_exists() -> None:
    for _, where, _ in table("docs/moved.md", "Old words that stay, and why"):
        for path in in_ticks(where):
            assert (ROOT / path).exists(), path


def first_sentence(module: str) -> str:
    """Return the first sentence of a module's docstring, on one line."""
    docstring = ast.get_docstring(ast.parse(text_of(module))) or ""
    return re.split(r"(?<=[.!?])\s(?=[A-Z`])", " ".join(docstring.split()), maxsplit=1)[0]


def says(sentence: str, word: str) -> bool:
    """Say whether a sentence holds a word, or its plural, as a whole."""
    plurals = [f"{word}s", f"{word}es", f"{word.removesuffix('y')}ies"]
    return any(re.search(rf"(?<!\w){re.escape(form)}(?!\w)", sentence, re.I) for form in [word, *plurals])


_ROWS = [line for line in text_of("docs/words.md").splitlines() if "`chalicelib/" in line]
WORDS = [row.strip("|").split(" | ") for row in _ROWS]


def test_the_words_of_the_trade_are_forty_or_more_and_each_stands_there_once() -> None:
    words = [row[0].strip().lower() for row in WORDS]
    assert len(words) >= 40
    assert words == sorted(set(words))


@pytest.mark.parametrize(("word", "module"), [(row[0].strip(), row[1].strip(" `")) for row in WORDS])
def test_a_word_of_the_trade_stands_in_the_first_sentence_of_its_module(word: str, module: str) -> None:
    assert says(first_sentence(module), word), first_sentence(module)


def test_every_file_and_test_that_the_ways_through_the_code_name_exists() -> None:
    text = text_of("docs/flow.md")
    named = set(
        re.findall(r"(?<![\w./-])((?:[\w.-]+/)+[\w-]+\.(?:py|html|css|json|md|pot|po)|app\.py)", text)
    )
    assert len(named) > 100
    for path in named:
        assert (ROOT / path).is_file() or (ROOT / "chalicelib" / path).is_file(), path
    for file, test in re.findall(r"`(tests/[\w/]+\.py)::(test_\w+)`", text):
        assert f"\ndef {test}(" in text_of(file), test


def test_every_way_through_the_code_has_its_picture_with_a_file_in_each_room() -> None:
    text = text_of("docs/flow.md")
    pictures = re.findall(r"```mermaid\n(.*?)```", text, re.DOTALL)
    assert len(pictures) == 6
    for picture in pictures:
        for room, boxes in re.findall(r"subgraph (\w+)\n(.*?)\n  end", picture, re.DOTALL):
            assert set(re.findall(r'"(\w+)/', boxes)) == {room}, boxes


def test_fifteen_everyday_changes_name_what_to_open_and_what_tells_if_a_step_is_left_out() -> None:
    rows = table("docs/flow.md", "I want to ... and open ...")
    assert len(rows) >= 15
    for wish, files, tests in rows:
        assert in_ticks(files), wish
        assert any(name.startswith("tests/") for name in in_ticks(tests)), wish


def test_each_picture_of_the_docs_is_there_and_says_what_it_shows() -> None:
    wrong = []
    for page in (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))):
        text = page.read_text(encoding="utf-8")
        shown = re.findall(r'<img src="([^":]+)"[^>]*? alt="([^"]*)"', text)
        shown += [(path, words) for words, path in re.findall(r"!\[([^\]]*)\]\(([^):]+)\)", text)]
        assert len(shown) == text.count("<img ") + len(re.findall(r"!\[[^\]]*\]\([^):]+\)", text))
        wrong += [
            f"{page.name}: {path}" for path, words in shown if not (page.parent / path).is_file() or not words
        ]
    assert not wrong
