"""Caches that live as long as a function's process: each in wiring/ is listed here (decision 54)."""

from __future__ import annotations

import ast
from pathlib import Path

WIRING = Path(__file__).resolve().parents[2] / "chalicelib" / "wiring"
CACHES = {
    "deliver": {"_delivery_keys"},
    "live_edition": {"shipped_words"},
    "mails": {"_catalogs", "_contacts", "_directory", "_content", "_published_frames", "_shipped_frames"},
    "operator": {"marks"},
    "published": {"_directory", "_packed_zips", "_site"},
    "publishing": {"_package", "render_cache"},
    "render": {"package"},
    "texts": {"_files", "_newest_at", "texts_at"},
}


def is_cached(function: ast.FunctionDef) -> bool:
    return any("cache" in ast.unparse(decorator) for decorator in function.decorator_list)


def test_every_cache_of_a_process_is_on_the_list() -> None:
    cached: dict[str, set[str]] = {}
    for file in WIRING.glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef) and is_cached(node):
                cached.setdefault(file.stem, set()).add(node.name)
    assert cached == CACHES
