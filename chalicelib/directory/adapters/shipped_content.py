"""The content that ships with the code: JSON documents in chalicelib/content."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from chalicelib.directory.content import Content, read_content

_PACKAGE = Path(__file__).resolve().parents[2]
CONTENT = _PACKAGE / "content"
CATALOGS = _PACKAGE / "locale"
TEMPLATES = _PACKAGE.parent / "templates"
_FIRST = ("places", "contacts", "site")
_NOTHING: Mapping[str, Sequence[Any]] = {}


def shipped_content(folder: Path = CONTENT) -> Content:
    """Read places, contacts and site settings from `folder`. Raises ContentInvalid when one breaks a rule."""
    places, contacts, site = (_read(folder / f"{name}.json") for name in _FIRST)
    return read_content(places, contacts, site)


def content_with_areas(folder: Path = CONTENT, published: Mapping[str, Sequence[Any]] = _NOTHING) -> Content:
    """Read services and ZIPs as well, which takes a while, for the pages of counties.

    A folder without them has no such pages. `published` are the services of some places, in place of those
    in the folder. Raises ContentInvalid when one breaks a rule.
    """
    services, zips = folder / "services.json", folder / "zips.json"
    places, contacts, site = (_read(folder / f"{name}.json") for name in _FIRST)
    offered = _read(services)["services"] if services.is_file() else []
    offered = [one for one in offered if one["serves"] not in published]
    offered += [one for some in published.values() for one in some]
    return read_content(places, contacts, site, offered, _read(zips) if zips.is_file() else None)


def _read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))
