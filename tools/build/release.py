"""`make release`: tag the version and build its package, once everything that a release needs is there.

    python -m tools.build.release [--out build/release]

Needs a clean working tree, a section of CHANGELOG.md with the version and a date that has come, and a version
that is newer than every tag. Writes the package with SHA256SUMS beside it, then makes an annotated tag with
the section and the hashes. Pushes nothing: that is for a person to do.
"""

from __future__ import annotations

import argparse
import hashlib
import re
import subprocess
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
VERSION_FILE = Path("chalicelib", "shared", "version.py")
FILES = ("deployment.zip", "template.json")
SUMS = "SHA256SUMS"

_VERSION = re.compile(r'^VERSION = "([^"]*)"$', re.MULTILINE)
_NUMBERS = re.compile(r"(\d+)\.(\d+)\.(\d+)")
_WHO = re.compile(r"\S.* <[^<>]+>")
_HEADING = re.compile(r"^## (.+)$", re.MULTILINE)

Build = Callable[[Path], None]


class NotReady(Exception):
    """Why there is no release, in whole sentences, a line each."""


def release(root: Path, out: Path, today: date, build: Build) -> list[str]:
    """Release the version of the repository at `root`: build into `out`/VERSION, then tag.

    `build` writes the package's two files to a folder. Returns the lines of SHA256SUMS. Raises NotReady with
    all reasons together, and then has changed nothing; without a package there is no tag.
    """
    version = _version(root)
    notes, reasons = _notes(root, version, today)
    reasons += _refusals_of_git(root, version)
    if reasons:
        raise NotReady("\n".join(reasons))
    commit = _git(root, "rev-parse", "HEAD")
    folder = out / version
    folder.mkdir(parents=True, exist_ok=True)
    build(folder)
    sums = [f"{_sha256(folder / name)}  {name}" for name in FILES]
    (folder / SUMS).write_text("\n".join(sums) + "\n", encoding="utf-8")
    if changed := _git(root, "status", "--porcelain"):
        raise NotReady(f"The build changed the working tree, so what was built is no commit:\n{changed}")
    message = "\n".join([f"Porchlight {version}", "", notes, "", *sums])
    # "verbatim": the lines of a section may begin with "#", which git takes for comments.
    _git(root, "tag", "--annotate", "--cleanup=verbatim", "--message", message, f"v{version}", commit)
    return sums


def _version(root: Path) -> str:
    match = _VERSION.search((root / VERSION_FILE).read_text(encoding="utf-8"))
    if match is None or not _NUMBERS.fullmatch(match[1]):
        raise NotReady(f"{VERSION_FILE} must say a version like 1.2.3.")
    return match[1]


def _notes(root: Path, version: str, today: date) -> tuple[str, list[str]]:
    """Return the version's section of CHANGELOG.md, and what is wrong with it."""
    text = (root / "CHANGELOG.md").read_text(encoding="utf-8")
    pieces = _HEADING.split(text)
    sections = dict(zip(pieces[1::2], (piece.strip() for piece in pieces[2::2]), strict=True))
    wanted = f"## {version} - {today}"
    title = next((one for one in sections if one.split(" ")[0] == version), None)
    if title is None:
        return "", [
            f"CHANGELOG.md has no section {wanted!r}: give “Unreleased” that name, put an empty one above it."
        ]
    reasons = []
    if not _has_come(title.removeprefix(version).strip(" -–"), today):
        reasons.append(f"CHANGELOG.md must date its section, like {wanted!r}, with no day that is to come.")
    if not sections[title]:
        reasons.append(f"CHANGELOG.md says nothing about {version}.")
    if sections.get("Unreleased"):
        reasons.append(f"CHANGELOG.md has lines under “Unreleased”: what is in {version} belongs there.")
    return sections[title], reasons


def _has_come(day: str, today: date) -> bool:
    try:
        return date.fromisoformat(day) <= today
    except ValueError:
        return False


def _refusals_of_git(root: Path, version: str) -> list[str]:
    reasons = []
    if changed := _git(root, "status", "--porcelain"):
        reasons.append(f"The working tree is not clean:\n{changed}")
    tags = _git(root, "tag", "--list", "v*").split()
    newest = max((numbers for tag in tags if (numbers := _numbers(tag))), default=(0, 0, 0))
    if f"v{version}" in tags:
        reasons.append(f"v{version} is released already: raise VERSION in {VERSION_FILE}.")
    elif _numbers(version) < newest:
        reasons.append(f"{version} is older than v{'.'.join(map(str, newest))}: raise VERSION.")
    if not _WHO.match(_git(root, "var", "GIT_COMMITTER_IDENT", may_fail=True)):
        reasons.append("git does not know who tags: set user.name and user.email.")
    return reasons


def _numbers(version: str) -> tuple[int, ...]:
    match = _NUMBERS.fullmatch(version.removeprefix("v"))
    return tuple(map(int, match.groups())) if match else ()


def _git(root: Path, *words: str, may_fail: bool = False) -> str:
    try:
        done = subprocess.run(["git", *words], cwd=root, capture_output=True, text=True, check=False)  # noqa: S607
    except OSError as error:
        raise NotReady(f"git does not run: {error}.") from error
    if done.returncode and not may_fail:
        raise NotReady(f"git {words[0]} failed: {done.stderr.strip()}")
    return "" if done.returncode else done.stdout.strip()


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def build_package(folder: Path) -> None:
    """Build the package for AWS into a folder. Raises NotReady."""
    from tools.build import package

    if package.main(["--out", str(folder)]):
        raise NotReady("The package could not be built.")


def main(arguments: Sequence[str] | None = None) -> int:
    """Release; return the exit code."""
    parser = argparse.ArgumentParser(description="Tag this version and build its package.")
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "release")
    wanted = parser.parse_args(arguments)
    try:
        sums = release(ROOT, wanted.out.resolve(), datetime.now(UTC).date(), build_package)
        version = _version(ROOT)
    except NotReady as reason:
        print(f"porchlight: there is no release.\n{reason}", file=sys.stderr)
        return 1
    print(f"Porchlight {version} is tagged, and lies in {wanted.out / version}:")
    print("\n".join(sums))
    print(f"Nothing was pushed. When CI has passed for this commit: git push origin v{version}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
