"""What the rendering process says: document, line and reason of all that fails, and no path."""

from __future__ import annotations

import encodings
import encodings.aliases
import json
import pkgutil
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from jinja2.filters import FILTERS
from jinja2.tests import TESTS

from chalicelib.directory.errors import DocumentInvalid
from chalicelib.publishing.adapters.render_process import Limits, RenderProcess, RenderWorker
from chalicelib.publishing.errors import RenderStopped
from chalicelib.publishing.render.site_renderer import WorkerSiteRenderer
from tests.publishing.test_render_process import (
    ENDLESS,
    ERROR_PAGE,
    Attacked,
    page_with,
)
from tests.support.rendered import shipped_folders, shipped_root, site_renderer

pytestmark = pytest.mark.takes(20)

PATIENT = Limits(processor=60, patience=30.0)
PATHS = re.compile(r"/(?:work|root|home|usr|tmp|var|opt|proc)\b|site-packages|\.py\b|\bErrno\b| at 0x")
LATE = re.compile(r"ImportError|OSError|No module|unknown encoding|Too many open files|took too much")


@pytest.fixture(scope="module")
def attacked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Attacked]:
    work = tmp_path_factory.mktemp("attacked")
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(work))
        patch.setattr("tests.publishing.test_render_process.QUICK", PATIENT)
        attacked = Attacked(work)
        yield attacked
        attacked.end()


def said(attacked: Attacked, source: str) -> str:
    """Return what comes of a source: its text, or what is told of it."""
    try:
        return attacked.render(source)
    except DocumentInvalid as told:
        return str(told)


VALUES = ("'<b>a&eacute; http://x.example y@z.example</b>'", "['b', 'a']", "{'a': 1}", "3.7", "hotline")
ARGUMENTS = {
    "attr": "('upper')",
    "batch": "(2)",
    "center": "(9)",
    "format": "('x')",
    "groupby": "('name')",
    "map": "('upper')",
    "rejectattr": "('x')",
    "replace": "('a', 'b')",
    "selectattr": "('x')",
    "slice": "(2)",
}
METHODS = {
    "str": ("'Añ &eacute; a'", str),
    "markup": ("('Añ &eacute; <i>a</i>' | safe)", type("Both", (str,), {"unescape": 0, "striptags": 0})),
    "bytes": ("'a'.encode()", bytes),
    "int": ("(4)", int),
    "float": ("(4.5)", float),
    "list": ("[1, 2]", list),
    "dict": ("{'a': 1}", dict),
    "tuple": ("(1, 2)", tuple),
}


@pytest.mark.parametrize("name", sorted(FILTERS))
def test_a_filter_works_or_is_told_without_a_word_of_loading(attacked: Attacked, name: str) -> None:
    for value in VALUES:
        found = said(attacked, f"{{{{ {value} | {name}{ARGUMENTS.get(name, '')} | string | truncate(9) }}}}")
        assert not LATE.search(found), found
        assert not PATHS.search(found), found


@pytest.mark.parametrize("name", sorted(TESTS))
def test_a_test_works_or_is_told_without_a_word_of_loading(attacked: Attacked, name: str) -> None:
    for value in VALUES:
        for argument in ("", "('x')", "(2)"):
            found = said(attacked, f"{{{{ {value} is {name}{argument} }}}}")
            assert not LATE.search(found), found
            assert not PATHS.search(found), found


@pytest.mark.parametrize("kind", METHODS)
def test_a_method_works_or_is_told_without_a_word_of_loading(attacked: Attacked, kind: str) -> None:
    value, of = METHODS[kind]
    for method in (one for one in dir(of) if not one.startswith("_")):
        for arguments in ("", "'a'", "'a', 'b'", "9", "['a']", "{'b': 'c'}", "2, 'big'"):
            found = said(attacked, f"{{{{ {value}.{method}({arguments}) | string | truncate(9) }}}}")
            assert not LATE.search(found), found
            assert not PATHS.search(found), found


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("{{ '<i>a&eacute;</i>' | striptags }}", "aé"),
        ("{{ ('&eacute;' | safe).unescape() }}", "é"),
        ("{{ ('<i>&eacute;</i>' | safe).striptags() }}", "é"),
        ("{{ 'http://x.example' | urlize | striptags }}", "http://x.example"),
        ("{{ {'b': 1} | tojson | striptags }}", "{&#34;b&#34;: 1}"),
        ("{{ [1, 'a'] | pprint }}", "[1, &#39;a&#39;]"),
        ("{{ ['x'] | random }}", "x"),
        ("{{ 'añ.example'.encode('idna').decode('ascii') }}", "xn--a-rga.example"),
        ("{{ 'ñ'.encode('utf-16-le').decode('utf-16') }}", "ñ"),
        ("{{ 'ñ'.encode('punycode').decode() }}", "ida"),
        ("{{ 'ñ'.encode('ascii', 'namereplace').decode() }}", r"\N{LATIN SMALL LETTER N WITH TILDE}"),
    ],
)
def test_what_loads_something_late_works(attacked: Attacked, source: str, shown: str) -> None:
    assert said(attacked, source) == shown


def test_an_encoding_works_or_cannot_be_used_here(attacked: Attacked) -> None:
    names = {one.name for one in pkgutil.iter_modules(encodings.__path__)}
    names |= {*encodings.aliases.aliases.values(), "nonsense"}
    for name in sorted(names):
        for source in (f"'a'.encode('{name}')", f"'a'.encode().decode('{name}')"):
            found = said(attacked, f"{{{{ {source} | string | truncate(9) }}}}")
            assert not LATE.search(found), found
            assert not PATHS.search(found), found
    assert "cannot be used here" in said(attacked, "{{ 'a'.encode('big5') }}")


# What breaks the start


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return Path(shutil.copytree(shipped_root(tmp_path / "shipped"), tmp_path / "broken"))


def write(path: Path, content: str | bytes) -> None:
    path.unlink()
    path.write_bytes(content if isinstance(content, bytes) else content.encode())


def asked(root: Path) -> tuple[str, int, str]:
    """Return what the process says when it is asked for anything."""
    with RenderProcess("chalicelib.publishing.render.render_worker", PATIENT)(root) as worker:
        document, line, sentence = worker.ask({"do": "look"})["fault"]
        again = worker.ask({"do": "page", "name": "en/error-404"})["fault"]
    assert again == [document, line, sentence]
    assert not PATHS.search(sentence), sentence
    assert len(sentence) > 10
    return document, line, sentence


BROKEN = {
    "contacts": ("content/contacts.json", b'{\n"contacts": [,\n'),
    "places": ("content/places.json", b"\xff\xfe"),
    "site": ("content/site.json", b"[]"),
    "recipients": ("content/recipients.json", b'[\n{"id": "x"}\n]'),
    "template/public/page.css": ("templates/public/page.css", b"a{color:\xff}"),
    "template/public/error.html": ("templates/public/error.html", b"\xe9"),
    "template/mail/report/body.txt": ("templates/mail/report/body.txt", b"\xe9"),
}


@pytest.mark.parametrize("document", BROKEN)
def test_a_text_that_breaks_the_start_is_named(root: Path, document: str) -> None:
    file, content = BROKEN[document]
    write(root / file, content)
    assert asked(root)[0] == document


def test_the_line_that_breaks_the_start_is_named(root: Path) -> None:
    write(root / "content" / "contacts.json", '{\n"contacts": [,\n')
    assert asked(root)[:2] == ("contacts", 2)


@pytest.mark.parametrize("file", ["public/page.css", "public/page.js"])
def test_a_file_that_is_gone_is_named(root: Path, file: str) -> None:
    (root / "templates" / file).unlink()
    document, _, sentence = asked(root)
    assert document == f"template/{file}"
    assert sentence


def test_a_catalog_that_breaks_the_start_is_named(root: Path) -> None:
    [catalog] = (root / "locale" / "es").rglob("*.mo")
    write(catalog, b"no catalog at all")
    assert asked(root)[0] == "catalog/es"


def test_renderer_and_preview_say_what_broke_the_start(root: Path) -> None:
    write(root / "content" / "site.json", "[]")
    renderer = WorkerSiteRenderer(
        lambda _: root, RenderProcess("chalicelib.publishing.render.render_worker", PATIENT)
    )
    look = renderer.look({})
    assert not look.renders
    assert "site" in {problem.document for problem in look.problems}
    for ask in (
        lambda: renderer.page({}, "en/error-404"),
        lambda: renderer.mail({}, "report", "dot-trafficking"),
    ):
        with pytest.raises(DocumentInvalid, match=r"^site, line"):
            ask()


# What takes too long


def test_what_never_ends_is_named_with_its_line(tmp_path: Path) -> None:
    renderer = site_renderer(shipped_folders(tmp_path), Limits(patience=10.0))
    endless = {ERROR_PAGE: page_with("x")[ERROR_PAGE].replace("<h1>", f"\n\n{ENDLESS}<h1>")}
    with pytest.raises(DocumentInvalid, match=rf"^{ERROR_PAGE}, line 3: .*too much time"):
        renderer.page(endless, "en/error-404")
    # One step that never ends cannot be looked at: the page's own template is named.
    with pytest.raises(DocumentInvalid, match=rf"^{ERROR_PAGE}: .*too much time"):
        renderer.page(page_with("{{ 9 ** (9 ** 9) }}"), "en/error-404")


def test_a_process_that_ends_by_itself_blames_no_text(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "broken_template.py").write_text("raise SystemExit(3)\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    worker = RenderWorker("broken_template", tmp_path, PATIENT)
    with pytest.raises(RenderStopped, match="ended by itself"):
        worker.ask({"do": "look"})


def test_no_sentence_of_the_fault_holds_a_path(tmp_path: Path) -> None:
    from chalicelib.publishing.render.template_faults import told

    for error in (
        FileNotFoundError(2, "No such file or directory", "/var/task/templates/x.html"),
        ImportError("cannot import name 'x' from 'jinja2' (/opt/python/jinja2/__init__.py)"),
        ValueError(f"bad thing in {json.__file__} line 3"),
        ValueError("<object at 0x7f0737f80450>"),
    ):
        assert not PATHS.search(told(error)[1])
    assert "/en/los-banos-ca/" in told(ValueError("no page /en/los-banos-ca/"))[1]
