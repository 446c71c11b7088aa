"""The content that ships with the code: JSON documents in chalicelib/content."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from chalicelib.directory.content import Content, read_content

_PACKAGE = Path(__file__).resolve().parents[2]
CONTENT = _PACKAGE / "content"
CATALOGS = _PACKAGE / "locale"
TEMPLATES = _PACKAGE.parent / "templates"


def shipped_content(folder: Path = CONTENT) -> Content:
    """Read places, contacts and site settings from `folder`. Raises ContentInvalid when one breaks a rule."""
    return read_content(
        _read(folder / "places.json"), _read(folder / "contacts.json"), _read(folder / "site.json")
    )


def _read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))
