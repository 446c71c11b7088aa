"""A release: one version, a dated section, a clean tree, a tag with the hashes of its package."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from chalicelib.shared.version import VERSION
from tools.build.release import FILES, SUMS, VERSION_FILE, NotReady, release

ROOT = Path(__file__).resolve().parents[2]
TODAY = date(2026, 11, 28)
CHANGES = """# Changes

## Unreleased

## 1.2.0 - 2026-11-28

- Visitor: a line.

## 1.1.0 - 2026-11-01

- Old.
"""


def git(folder: Path, *words: str) -> str:
    return subprocess.run(["git", *words], cwd=folder, capture_output=True, text=True, check=True).stdout


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository at the commit before its release, to be copied."""
    root = tmp_path_factory.mktemp("release") / "repository"
    (root / VERSION_FILE).parent.mkdir(parents=True)
    (root / VERSION_FILE).write_text('"""Version."""\n\nVERSION = "1.2.0"\n')
    (root / "CHANGELOG.md").write_text(CHANGES)
    git(root.parent, "init", "--quiet", str(root))
    git(root, "config", "user.name", "A maintainer")
    git(root, "config", "user.email", "a@town.example")
    commit(root)
    return root


@pytest.fixture
def scratch(repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository of the test's own."""
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    return Path(shutil.copytree(repository, tmp_path / "scratch"))


def commit(root: Path) -> None:
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message", "Change")


def builds(folder: Path) -> None:
    for name in FILES:
        (folder / name).write_bytes(name.encode())


def released(root: Path, build: Callable[[Path], None] = builds) -> list[str]:
    return release(root, root.parent / "out", TODAY, build)


def test_a_release_is_a_tag_and_a_package_with_its_hashes(scratch: Path) -> None:
    sums = released(scratch)
    folder = scratch.parent / "out" / "1.2.0"
    assert sums == [f"{hashlib.sha256(name.encode()).hexdigest()}  {name}" for name in FILES]
    assert (folder / SUMS).read_text().splitlines() == sums
    assert git(scratch, "cat-file", "-t", "v1.2.0").strip() == "tag"
    assert git(scratch, "rev-parse", "v1.2.0^{commit}") == git(scratch, "rev-parse", "HEAD")
    message = git(scratch, "tag", "--list", "--format=%(contents)", "v1.2.0")
    assert "- Visitor: a line." in message
    assert "Old." not in message
    assert all(line in message for line in sums)


def test_the_sums_are_read_by_the_usual_tool(scratch: Path) -> None:
    released(scratch)
    folder = scratch.parent / "out" / "1.2.0"
    done = subprocess.run(["sha256sum", "--check", SUMS], cwd=folder, capture_output=True, check=False)
    assert done.returncode == 0


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda root: (root / "more.txt").write_text(""), "not clean"),
        (lambda root: (root / "CHANGELOG.md").write_text(CHANGES + "x"), "not clean"),
        (lambda root: git(root, "tag", "v1.2.0"), "released already"),
        (lambda root: git(root, "tag", "v1.10.0"), "older than v1.10.0"),
        (lambda root: git(root, "config", "user.email", ""), "who tags"),
    ],
)
def test_what_git_holds_against_it_stops_a_release(
    scratch: Path, change: Callable[[Path], object], said: str
) -> None:
    change(scratch)
    before = git(scratch, "tag", "--list")
    with pytest.raises(NotReady, match=said):
        released(scratch)
    assert git(scratch, "tag", "--list") == before
    assert not (scratch.parent / "out").exists()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (CHANGES.replace("## 1.2.0 - 2026-11-28\n", ""), "no section"),
        (CHANGES.replace(" - 2026-11-28", ""), "must date"),
        (CHANGES.replace("2026-11-28", "2026-11-29"), "must date"),
        (CHANGES.replace("2026-11-28", "soon"), "must date"),
        (CHANGES.replace("- Visitor: a line.\n", ""), "says nothing"),
        (CHANGES.replace("## Unreleased\n", "## Unreleased\n\n- Admin: more.\n"), "under “Unreleased”"),
    ],
)
def test_a_section_that_is_not_ready_stops_a_release(scratch: Path, changes: str, said: str) -> None:
    (scratch / "CHANGELOG.md").write_text(changes)
    commit(scratch)
    with pytest.raises(NotReady, match=said):
        released(scratch)
    assert git(scratch, "tag", "--list") == ""


@pytest.mark.parametrize("version", ["1.2", "v1.2.0", "1.2.0-rc1", ""])
def test_a_version_is_three_numbers(scratch: Path, version: str) -> None:
    (scratch / VERSION_FILE).write_text(f'VERSION = "{version}"\n')
    with pytest.raises(NotReady, match=r"like 1\.2\.3"):
        released(scratch)


def test_a_package_that_cannot_be_built_leaves_no_tag(scratch: Path) -> None:
    def fails(_folder: Path) -> None:
        raise NotReady("The package could not be built.")

    with pytest.raises(NotReady):
        released(scratch, fails)
    assert git(scratch, "tag", "--list") == ""


def test_a_build_that_changes_the_tree_leaves_no_tag(scratch: Path) -> None:
    def litters(folder: Path) -> None:
        builds(folder)
        (scratch / "left.txt").write_text("")

    with pytest.raises(NotReady, match="no commit"):
        released(scratch, litters)
    assert git(scratch, "tag", "--list") == ""


def test_all_reasons_are_said_together(scratch: Path) -> None:
    (scratch / "CHANGELOG.md").write_text("# Changes\n")
    git(scratch, "tag", "v1.2.0")
    with pytest.raises(NotReady, match=r"(?s)no section.*not clean.*released already"):
        released(scratch)


def test_the_version_stands_in_one_place_and_the_guide_leads_to_it() -> None:
    assert f'VERSION = "{VERSION}"' in (ROOT / VERSION_FILE).read_text(encoding="utf-8")
    holders = [
        path
        for folder in ("chalicelib", "tools", "templates")
        for path in (ROOT / folder).rglob("*")
        if path.suffix in (".py", ".html") and f'"{VERSION}"' in path.read_text(encoding="utf-8")
    ]
    assert holders == [ROOT / VERSION_FILE]
    guide = (ROOT / "docs" / "upgrading.md").read_text(encoding="utf-8")
    to = re.findall(r"^## From \d+\.\d+ to (\d+\.\d+)$", guide, re.MULTILINE)
    assert to
    assert to[0] == VERSION.rpartition(".")[0]
