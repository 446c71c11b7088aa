"""Hostile templates: none gets a file, the network, the environment, or more than its share."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from chalicelib.directory.errors import DocumentInvalid
from chalicelib.pages.adapters.document_folders import ReleaseFiles
from chalicelib.publishing.adapters.render_process import Limits, RenderProcess, RenderWorker
from chalicelib.publishing.errors import RenderStopped
from chalicelib.publishing.render.site_renderer import WorkerSiteRenderer
from tests.support.rendered import PATIENT, render_site, shipped_folders, shipped_root

pytestmark = pytest.mark.takes(20)

ERROR_PAGE = "template/public/error.html"
QUICK = Limits(processor=3, memory=320 * 1024 * 1024, patience=3.0, answer=1024 * 1024)

# The render worker with one more job: to render a source as if it were the error page's template.
ATTACKED = """
from chalicelib.publishing.render import render_worker

class Inside(render_worker.Inside):
    def attack(self, source):
        environment = self._site._templates._environment
        look_up = type(environment).get_template.__get__(environment)
        environment.get_template = (
            lambda name, *more: environment.from_string(source) if name == "error.html" else look_up(name,
            *more)
        )
        return {"html": self._site.error("en", 404)}

render_worker.Inside = Inside
work = render_worker.work
"""


@contextmanager
def started(module: str, folder: Path) -> Iterator[RenderWorker]:
    """Give a process that has started: a busy machine is slow at that, and no template is to blame."""
    with RenderProcess(module, QUICK._replace(patience=60.0))(folder) as worker:
        worker.ask({"do": "look"})
        worker._limits = QUICK
        yield worker


class Attacked:
    """One render process for many attacks, opened anew when one of them has ended it."""

    def __init__(self, work: Path) -> None:
        (work / "attacked_template.py").write_text(ATTACKED)
        self._root = shipped_root(work)
        self._opened = ExitStack()
        self._inmate: RenderWorker | None = None

    def render(self, attack: str) -> str:
        """Return what an attack shows. Raises DocumentInvalid with the reason, or RenderStopped."""
        if self._inmate is None:
            self._inmate = self._opened.enter_context(started("attacked_template", self._root))
        source = '{% extends "layout.html" %}{% block main %}<h1>[' + attack + "]</h1>{% endblock %}"
        try:
            answer = self._inmate.ask({"do": "attack", "source": source})
        except RenderStopped:
            self.end()
            raise
        if "fault" in answer:
            raise DocumentInvalid(str(answer["fault"]))
        return str(answer["html"]).partition("<h1>[")[2].partition("]</h1>")[0]

    def end(self) -> None:
        self._opened.close()
        self._inmate = None


@pytest.fixture(scope="module")
def attacked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Attacked]:
    work = tmp_path_factory.mktemp("attacked")
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(work))
        attacked = Attacked(work)
        yield attacked
        attacked.end()


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> ReleaseFiles:
    return ReleaseFiles(shipped_folders(tmp_path_factory.mktemp("shipped")))


@pytest.fixture(scope="module")
def renderer(files: ReleaseFiles) -> WorkerSiteRenderer:
    return WorkerSiteRenderer(
        lambda texts: files(texts).content.parent,
        lambda folder: started("chalicelib.publishing.render.render_worker", folder),
    )


def page_with(attack: str) -> dict[str, str]:
    """Return the error page's template with an attack in its main part."""
    return {ERROR_PAGE: '{% extends "layout.html" %}{% block main %}<h1>[' + attack + "]</h1>{% endblock %}"}


def test_what_is_harmless_is_rendered(attacked: Attacked) -> None:
    assert attacked.render("{{ status + 1 }} {{ hotline.name }}") == "405 National Human Trafficking Hotline"


ESCAPES = [
    # from an object to its class, and from there to everything
    "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "{{ ''['__class__'] }}",
    "{{ ''|attr('__class__') }}",
    "{{ ''|attr('__cl' ~ 'ass__') }}",
    "{{ ''|attr('\\x5f\\x5fclass\\x5f\\x5f') }}",
    "{{ ''|attr(['__class__']|first) }}",
    "{{ [''] | map(attribute='__class__') | list }}",
    "{{ [''] | map('attr', '__class__') | list }}",
    "{{ ['']|groupby('__class__')|list }}",
    "{{ ['']|sort(attribute='__class__')|list }}",
    "{{ [hotline]|sum(attribute='__class__') }}",
    "{{ [hotline]|selectattr('__class__')|map(attribute='__class__')|list }}",
    "{{ [hotline]|max(attribute='__class__.__name__') }}",
    # Jinja's own functions, whose modules hold os and sys
    "{{ lipsum.__globals__['os'].popen('id').read() }}",
    "{{ cycler.__init__.__globals__.os.environ }}",
    "{{ joiner.__init__.__globals__ }}",
    "{{ namespace.__init__.__globals__ }}",
    "{{ range.__class__ }}",
    "{{ dict.__base__ }}",
    # what the page itself is given
    "{{ gettext.__globals__ }}",
    "{{ gettext.__func__.__code__ }}",
    "{{ _.__self__._translated }}",
    "{{ plain.__func__.__globals__ }}",
    "{{ bdi.__globals__ }}",
    "{{ bdi.__code__.co_consts }}",
    "{{ style.__html__.__self__.__class__ }}",
    "{{ hotline.__class__.__init__.__globals__ }}",
    "{{ hotline.__slots__ }}",
    "{{ hotline.__reduce_ex__(2) }}",
    "{{ self.__init__.__globals__ }}",
    "{{ self._TemplateReference__context.environment }}",
    "{{ self.main.__self__ }}",
    "{{ loop }}",
    "{% macro m() %}{{ caller.__globals__ }}{% endmacro %}{% call m() %}{% endcall %}",
    "{% macro m() %}x{% endmacro %}{{ m.__init__.__globals__ }}",
    "{% macro m() %}x{% endmacro %}{{ m._func.__globals__ }}",
    "{% for x in [1] %}{{ loop.__init__.__globals__ }}{% endfor %}",
    "{{ (gettext('x')).__class__ }}",
    "{{ ''.join.__self__.__class__ }}",
    # format strings look attributes up by themselves
    "{{ '{0.__class__.__mro__}'.format('') }}",
    "{{ '{0.__init__.__globals__}'.format(hotline) }}",
    "{{ '{x.__class__}'.format(x=1) }}",
    "{{ '{x.__class__}'.format_map({'x': 1}) }}",
    "{{ ('{0.__class__}'|safe).format('') }}",
    "{{ ['{0.__class__}'.format]|map('string')|list }}{{ ('{0.__class__}'.format)('') }}",
    "{% set f = '{0.__class__}'.format %}{{ f('') }}",
    "{{ ''.__format__.__self__ }}",
    "{{ ('{0.__class__}' | attr('format'))('') }}",
    "{{ bdi('{0.__class__}').format('') }}",
    # generators, coroutines, frames, tracebacks
    "{{ (x for x in [1]) }}",
    "{{ [1]|map('upper').gi_frame }}",
    "{{ ([1]|map('string')).gi_frame.f_globals }}",
    "{{ ([1]|map('string')).gi_code.co_names }}",
    # changing what others use
    "{{ languages.append(1) }}",
    "{{ {}.update({'a': 1}) }}",
    "{{ [].extend([1]) }}",
    "{% set hotline.name = 'x' %}",
    # other templates and files
    "{% include '../../../../etc/passwd' %}",
    "{% include '/etc/passwd' %}",
    "{% include 'file:///etc/passwd' %}",
    "{% include ['../../app.py', '/proc/self/environ'] %}",
    "{% import '/proc/self/environ' as x %}{{ x }}",
    "{% from '../../chalicelib/settings.py' import x %}",
    "{% import 'os' as os %}{{ os.listdir('/') }}",
    "{% extends '/etc/passwd' %}",
    "{{ open('/etc/passwd').read() }}",
    "{{ __import__('os').environ }}",
    "{{ eval('1+1') }}",
    "{% do 1 %}",
    "{% debug %}",
    "{{ self.environment }}",
    "{{ environment.loader }}",
    "{{ context.environment }}",
    "{{ debug() }}",
]


@pytest.mark.parametrize("attack", ESCAPES)
def test_no_way_out_of_the_sandbox(attacked: Attacked, attack: str) -> None:
    try:
        found = attacked.render(attack)
    except DocumentInvalid as refused:
        found = str(refused)
    for treasure in ("<class '", "&lt;class", "environ(", "root:", "<module", "<built-in", " at 0x"):
        assert treasure not in found.lower(), found
    # What was rendered after all is no more than its own harmless text.
    assert len(found) < 400


ENDLESS = "{% for a in 'x' * 10**6 %}{% for b in 'x' * 10**6 %}{% endfor %}{% endfor %}"
BOMBS = [
    ENDLESS,
    "{{ 'a' * 10**9 }}",
    "{{ ('a' * 10**8) ~ ('b' * 10**8) ~ ('c' * 10**8) ~ ('d' * 10**8) }}",
    "{{ [0] * 10**9 }}",
    "{{ 9 ** (9 ** 9) }}",
    "{{ 2**(2**40) }}",
    "{% set n = 10**7 %}{{ (n ** n) | string }}",
    "{{ range(10**9) | list }}",
    "{{ 'x' | center(10**9) }}",
    "{{ '%999999999d' | format(1) }}",
    "{{ '%0999999999d' % 1 }}",
    "{{ '{:999999999}'.format(1) }}",
    "{{ 'a,' * 10**7 | replace('a', 'bbbbbbbbbbbbbbbbbbbbbbbb') }}",
    "{{ ('a' * 10**6) | replace('a', 'b' * 10**6) }}",
    "{{ 'a' | indent(10**9) }}",
    "{{ ('a\n' * 10**5) | indent(10**5) }}",
    "{{ 'aaaa' | batch(10**9, 'x') | list }}",
    "{% for a in 'x' * 10**5 %}{% for b in 'x' * 10**5 %}y{% endfor %}{% endfor %}",
    "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
    "{% macro m(n) %}{{ m(n + 1) }}{{ m(n + 1) }}{% endmacro %}{{ m(0) }}",
    "{% include 'error.html' %}",
    "{% for x in [1, [2, [3]]] recursive %}{{ loop([x]) }}{% endfor %}",
    "{% set s = 'a' %}" + "{% set s = s ~ s ~ s ~ s %}" * 40 + "{{ s }}",
    "{{ 'y' * (1024 * 1024 * 2) }}",
    "{{ " + "(" * 5000 + "1" + ")" * 5000 + " }}",
    "{{ " + "[" * 5000 + "]" * 5000 + " }}",
    "{% if 1 %}" * 3000,
    "{{ 1" + " + 1" * 20000 + " }}",
]


@pytest.mark.parametrize("attack", BOMBS, ids=[bomb[:50] for bomb in BOMBS])
def test_what_explodes_or_never_ends_is_stopped(attacked: Attacked, attack: str) -> None:
    started = time.monotonic()
    with pytest.raises((DocumentInvalid, RenderStopped)):
        attacked.render(attack)
    assert time.monotonic() - started < 20


@pytest.mark.parametrize("bomb", ["{{ 'a' * 10**9 }}", "{{ 9 ** (9 ** 9) }}", ENDLESS])
def test_a_whole_publish_names_what_explodes_and_renders_no_further(
    renderer: WorkerSiteRenderer, files: ReleaseFiles, bomb: str
) -> None:
    rendered = render_site(renderer, files({}).content.parent, page_with(bomb))
    assert not rendered.pages
    assert ERROR_PAGE in {problem.document for problem in rendered.problems}


def test_a_preview_of_what_explodes_says_so(renderer: WorkerSiteRenderer) -> None:
    with pytest.raises(DocumentInvalid, match="too much"):
        renderer.page(page_with("{{ 9 ** (9 ** 9) }}"), "en/error-404")


ATTEMPTS = '''
import ctypes, json, os, resource, socket, subprocess, sys
from pathlib import Path
from typing import Any
from chalicelib.publishing.render import render_worker


class Inside(render_worker.Inside):
    """What a template could do if it had escaped from the sandbox: whatever Python can."""

    def __init__(self, folder):
        pass

    def look(self):
        found = {}
        for name, attempt in {
            "file": lambda: open("/etc/passwd").read(),
            "own file": lambda: open("/tmp/porchlight-escaped", "w").write("x"),
            "environment file": lambda: open("/proc/self/environ").read(),
            "socket": lambda: socket.socket(),
            "pair": lambda: socket.socketpair(),
            "pipe": lambda: os.pipe(),
            "more files": lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (9, 9)) or open("/etc/hosts"),
            "copied descriptor": lambda: os.dup(0),
            "listing": lambda: os.listdir("/"),
            "fork": lambda: os.fork() or os._exit(0),
            "program": lambda: subprocess.run(["/bin/true"], check=True),
        }.items():
            try:
                attempt()
                found[name] = "worked"
            except BaseException as error:
                found[name] = type(error).__name__
        found["environment"] = dict(os.environ)
        found["descriptors"] = [number for number in range(3, 256) if is_open(number)]
        found["secrets"] = sorted(name for name in sys.modules if name.startswith(("boto", "cryptography")))
        return found


def is_open(number):
    try:
        os.fstat(number)
    except OSError:
        return False
    return True


render_worker.Inside = Inside
render_worker.warm_up = lambda inside: None
work = render_worker.work
'''


def test_even_an_escaped_template_finds_no_file_no_network_and_no_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DESK_SECRET", "do not tell")
    (tmp_path / "escaped_template.py").write_text(ATTEMPTS)
    monkeypatch.syspath_prepend(str(tmp_path))
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        RenderProcess("escaped_template", PATIENT)(tmp_path) as worker,
    ):
        os.set_inheritable(server.fileno(), True)
        found = worker.ask({"do": "look"})
    assert "do not tell" not in str(found)
    assert not {name for name in found.pop("environment") if name != "LC_CTYPE"}
    assert found.pop("descriptors") == []
    assert found.pop("secrets") == []
    if os.geteuid() == 0:  # root may raise its own limits; no function of ours runs as root
        found.pop("more files")
        found.pop("fork")
    assert "worked" not in found.values(), found


def test_a_process_that_is_silent_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "silent_template.py").write_text("import time\ndef work(*asked): time.sleep(60)\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    with (
        pytest.raises(RenderStopped),
        RenderProcess("silent_template", QUICK._replace(patience=0.5))(tmp_path) as worker,
    ):
        worker.ask({"do": "look"})


@pytest.mark.parametrize("said", ["[]", "nonsense", '"x"', "x" * 2_000_000])
def test_an_answer_that_is_none_is_not_believed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: str
) -> None:
    (tmp_path / "lying_template.py").write_text(
        f"import sys\nsys.stdin.readline()\nprint({said!r}, flush=True)\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(RenderStopped), RenderProcess("lying_template", QUICK)(tmp_path) as worker:
        worker.ask({"do": "look"})


class FaultyAfterAWhile:
    """A render process in which each page fails only after a while, as it may when it fills its memory."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    @contextmanager
    def __call__(self, folder: Path) -> Iterator[FaultyAfterAWhile]:
        yield self

    def ask(self, job: Mapping[str, Any]) -> dict[str, Any]:
        if job["do"] == "look":
            return {"templates": [], "index": {}}
        if job["do"] == "frames":
            return {"frames": {}, "faults": []}
        if job["do"] == "take":
            return {}
        self.asked.append(job["name"])
        time.sleep(0.1)
        return {"fault": ["template/public/page.html", 4, "This does not fit."]}


def test_pages_that_each_take_long_to_fail_are_not_all_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chalicelib.publishing.render.place_workers._GRACE", 0.3)
    process, root = FaultyAfterAWhile(), shipped_root(tmp_path)
    rendered = render_site(WorkerSiteRenderer(lambda _: root, process), root, {})
    assert 1 <= len(process.asked) < 25
    assert "This does not fit." in {problem.sentence for problem in rendered.problems}
