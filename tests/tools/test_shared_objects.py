"""Compiled libraries without symbols still load, are smaller, and other files stay as they are."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

from tools.build.shared_objects import NotLoadable, without_symbols


def library(name: str) -> bytes:
    found = importlib.util.find_spec(name)
    assert found is not None
    assert found.origin is not None
    return Path(found.origin).read_bytes()


def test_a_library_without_symbols_does_what_it_did(tmp_path: Path) -> None:
    whole = library("_brotli")
    left = without_symbols(whole)
    assert len(left) < len(whole) / 2
    assert without_symbols(left) == left
    (tmp_path / "_brotli.so").write_bytes(left)
    tried = (
        "import _brotli; packer = _brotli.Compressor(); packed = packer.process(b'x' * 9999);"
        "packed += packer.finish(); print(_brotli.__file__, _brotli.decompress(packed) == b'x' * 9999)"
    )
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(tmp_path)!r}); {tried}"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == [str(tmp_path / "_brotli.so"), "True"]


def test_what_is_no_library_stays_as_it_is() -> None:
    for content in (b"", b"import os\n", b"\x7fELF", b"\x7fELF\x01\x01" + b"\0" * 60):
        assert without_symbols(content) == content


def test_a_library_that_is_cut_off_stops_the_build() -> None:
    whole = without_symbols(library("_brotli"))
    for length in (len(whole) - 1, 4096, 70, 30):
        with pytest.raises(NotLoadable):
            without_symbols(whole[:length])
