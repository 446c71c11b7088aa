"""The function that renders, with its processes: each call has its own, and leaves nothing behind."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import pytest

from chalicelib.directory.adapters.shipped_content import CATALOGS, CONTENT, TEMPLATES
from chalicelib.directory.errors import DocumentInvalid
from chalicelib.pages.adapters.document_folders import Folders
from chalicelib.publishing.render.package_digest import digest_of_package
from chalicelib.wiring import render
from tests.support.fake_lambda import FakeLambda, renderer_over
from tests.support.rendered import site_renderer

PAGE = "template/public/page.html"
NAME = "es/los-banos-ca"
BAD = {
    "too much memory": "{{ 'x' * 10 ** 10 }}",
    "a fault": "{{ 1 / 0 }}",
    "no template": "{% if %}",
    "reaching out": "{{ self.__init__.__globals__.__builtins__.open('/etc/passwd').read() }}",
    "changing what is shared": "{{ gettext.__globals__.update(x=1) }}",
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


@pytest.fixture
def client(folder: Path) -> FakeLambda:
    return FakeLambda(render.answer)


def renderer(client: FakeLambda) -> Any:
    return renderer_over(client, render.package())


def test_a_call_renders_what_the_same_renderer_renders_here(client: FakeLambda) -> None:
    here = site_renderer(Folders(TEMPLATES, CATALOGS, CONTENT)).page({}, NAME)
    assert renderer(client).page({}, NAME) == here
    assert "<html" in here.html


def test_one_draft_does_not_poison_the_next(client: FakeLambda, folder: Path) -> None:
    good = renderer(client).page({}, NAME)
    for why, text in BAD.items():
        with pytest.raises(DocumentInvalid):
            renderer(client).page({PAGE: text}, NAME)
        assert renderer(client).page({}, NAME) == good, why
    assert [*folder.iterdir()] == []


def test_each_call_has_a_folder_of_its_own_that_is_gone_after_it(folder: Path) -> None:
    with render.renderer_for(False) as one, render.renderer_for(True) as other:
        for renderer in (one, other):
            renderer.page({PAGE: "<p>a draft"}, NAME)
        first, second = folder.iterdir()
        assert len([*first.rglob("page.html")]) == len([*second.rglob("page.html")]) == 1
    assert [*folder.iterdir()] == []
    with pytest.raises(DocumentInvalid):
        stopped_on_its_way()
    assert [*folder.iterdir()] == []


def stopped_on_its_way() -> None:
    with render.renderer_for(False) as one:
        one.page({PAGE: BAD["a fault"]}, NAME)


def test_a_package_with_another_byte_or_name_has_another_fingerprint(tmp_path: Path) -> None:
    def digest(**files: str) -> str:
        root = tmp_path / "package"
        root.mkdir(exist_ok=True)
        for path in [*root.iterdir()]:
            path.unlink()
        for name, text in files.items():
            (root / name).write_text(text)
        return digest_of_package(root)

    states: list[dict[str, str]] = [{"a": "x"}, {"b": "x"}, {"a": "y"}, {"a": "x", "b": ""}, {"a": "xb"}, {}]
    assert len({digest(**state) for state in states}) == len(states)
    (tmp_path / "package" / "__pycache__").mkdir()
    (tmp_path / "package" / "__pycache__" / "a.pyc").write_bytes(b"as Python likes")
    assert digest_of_package(tmp_path / "package") == digest_of_package(tmp_path / "nothing" / "package")
