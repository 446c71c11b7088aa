"""Fingerprint of the package as it lies on disk: two functions with the same one render the same."""

from __future__ import annotations

import hashlib
from pathlib import Path

_NOT_OURS = "__pycache__"  # Python writes there as it likes


def digest_of_package(*folders: Path) -> str:
    """Return the digest of all files below these folders, names and bytes: in hex, 64 letters."""
    whole = hashlib.sha256()
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            if path.is_file() and _NOT_OURS not in path.parts:
                content = path.read_bytes()
                head = f"{folder.name}/{path.relative_to(folder).as_posix()} {len(content)}\n"
                whole.update(head.encode("utf-8") + content)
    return whole.hexdigest()
