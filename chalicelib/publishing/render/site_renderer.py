"""Renderer of a whole site, in sandboxed child processes that can reach nothing (see render_worker.py)."""

from __future__ import annotations

import base64
import queue
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

from chalicelib.delivery import mail_frames
from chalicelib.directory.document_ids import JSON_DOCUMENTS, PUBLIC_TEMPLATE, path_of
from chalicelib.directory.errors import DocumentInvalid
from chalicelib.pages.choose_page import ABOUT, MORE
from chalicelib.pages.render.packing import unpack_brotli
from chalicelib.publishing import page_blocks
from chalicelib.publishing.documents import Problem
from chalicelib.publishing.errors import RenderStopped
from chalicelib.publishing.jobs import CHECKED, MADE, PACKED
from chalicelib.publishing.ports import MarkedPage, Progress, RenderedPage, RenderedSite
from chalicelib.publishing.render import sentences
from chalicelib.publishing.render.render_cache import RenderCache, digest_of, digest_of_folder
from chalicelib.shared.errors import PorchlightError

_ENOUGH = 60  # problems; who has more mends these first
_PHASES = {"check": CHECKED, "pack": PACKED}
_TOLD_EVERY = 0.25  # seconds: how far it is
_SAME_AGAIN = ("page", "marked")  # a mail is of a report that is drawn anew each time
_GRACE = 4.0  # seconds for more faults after the first: a fault may take long to come to, page after page


class Answering(Protocol):
    """A render process that answers jobs."""

    def ask(self, job: Mapping[str, Any]) -> dict[str, Any]: ...


StartProcess = Callable[[Path], AbstractContextManager[Answering]]


class WorkerSiteRenderer:
    """The SiteRenderer over child processes.

    `folder_of` gives the folder of a state of the documents: templates/, content/ and locale/. Pages are
    rendered in some processes and looked over in others: what a template may have broken does not judge its
    own page.
    """

    def __init__(
        self,
        folder_of: Callable[[Mapping[str, str]], Path],
        start_process: StartProcess,
        workers: int = 2,
        cache: RenderCache | None = None,
        progress: Progress = lambda phase, done, of: None,
    ) -> None:
        self._folder_of = folder_of
        self._start_process = start_process
        self._workers = workers
        self._cache = cache or RenderCache(0, 0, 0)
        self._progress = progress

    def site(self, texts: Mapping[str, str], *, brotli: bool = True) -> RenderedSite:
        """Render and check every page and every mail; pack what lies ready as brotli too if asked."""
        folder = self._folder_of(texts)
        digest = digest_of_folder(folder)
        site = self._cache.sites.get(digest)
        if site is None:
            site, whole = self._made(folder)
            if whole:
                self._cache.sites.keep(digest, site)
        return self._with_brotli(folder, site) if brotli else site

    def _made(self, folder: Path) -> tuple[RenderedSite, bool]:
        """Return the site of a folder, and whether nothing was stopped or missing while it was made."""
        from chalicelib.publishing.style.checks import STYLE, check_style

        problems = check_style((folder / path_of(STYLE)).read_text(encoding="utf-8"))
        with self._start_process(folder) as worker:
            look = worker.ask({"do": "look"})
            if "fault" in look:
                return RenderedSite([], {}, {}, [*problems, Problem(*look["fault"])]), False
            said, faults, whole = _said(worker, folder, look["templates"])
            problems += faults
            if not whole:
                return RenderedSite([], {}, {}, problems), False
            if any(problem.document != STYLE for problem in problems):
                return RenderedSite([], look["index"], {}, problems), False
            frames = self._frames(worker, problems)
        names = look["names"]
        rendered = self._spread(folder, [{"do": "page", "name": name} for name in names], MADE)
        problems += [self._fault(name, page) for name, page in rendered.items() if "html" not in page]
        sentences_said = self._sentences(folder, said)
        if len(rendered) < len(names) or any("html" not in page for page in rendered.values()):
            return RenderedSite([], look["index"], sentences_said, problems[:_ENOUGH]), False
        content = "".join((folder / path_of(name)).read_text(encoding="utf-8") for name in JSON_DOCUMENTS)
        checked = self._asked(folder, "check", {name: rendered[name]["html"] for name in names}, content)
        pages = []
        stopped = any("packed" not in answer for answer in checked.values())  # then others were not looked at
        for name in checked if stopped else names:
            answer = checked.get(name, {})
            if "packed" not in answer:
                problems.append(self._fault(name, answer))
                continue
            problems += [self._problem(folder, name, *finding) for finding in answer["findings"]]
            pages.append(RenderedPage(name, rendered[name]["html"], answer["packed"]))
        site = RenderedSite(pages, look["index"], sentences_said, problems, frames)
        return site, bool(frames) and len(pages) == len(names)

    def _with_brotli(self, folder: Path, site: RenderedSite) -> RenderedSite:
        """Return the site with its pages packed as brotli too."""
        packed = self._asked(folder, "pack", {page.name: page.html for page in site.pages})
        pages, problems = [], [*site.problems]
        stopped = any("brotli" not in answer for answer in packed.values())
        for page in site.pages:
            answer = packed.get(page.name, {})
            if stopped and page.name not in packed:
                continue
            if "brotli" not in answer or not _is_same(answer["brotli"], page.html):
                problems.append(self._fault(page.name, answer))
                continue
            pages.append(replace(page, brotli=answer["brotli"]))
        return replace(site, pages=pages, problems=problems)

    def _asked(
        self, folder: Path, do: str, pages: Mapping[str, str], content: str = ""
    ) -> dict[str, Mapping[str, Any]]:
        """Ask for something about each page, by name, unless the answer is known.

        `content` is all that an answer depends on beside the page itself.
        """
        digests = {name: digest_of(do, name, html, content) for name, html in pages.items()}
        known = {name: self._cache.answers.get(digest) for name, digest in digests.items()}
        jobs = [{"do": do, "name": name, "html": html} for name, html in pages.items() if not known[name]]
        new = self._spread(folder, jobs, _PHASES[do]) if jobs else {}
        for name, answer in new.items():
            if "fault" not in answer and "stopped" not in answer:
                self._cache.answers.keep(digests[name], answer)
        return {**{name: answer for name, answer in known.items() if answer}, **new}

    def page(self, texts: Mapping[str, str], name: str) -> RenderedPage:
        """Render one page. Raises DocumentInvalid with the reason when the texts do not allow it."""
        answer = self._one(texts, {"do": "page", "name": name})
        return RenderedPage(name, str(answer["html"]), "", dict(answer["headers"]))

    def marked(self, texts: Mapping[str, str], name: str) -> MarkedPage:
        """Render one page, and once more with marks. Raises DocumentInvalid."""
        answer = self._one(texts, {"do": "marked", "name": name})
        try:
            blocks = page_blocks.read(answer["blocks"])
        except ValueError as error:
            raise DocumentInvalid("this page cannot be read sentence by sentence") from error
        return MarkedPage(name, str(answer["html"]), str(answer["marked"]), blocks)

    def sentences(self, texts: Mapping[str, str]) -> dict[str, list[tuple[str, int]]]:
        """Return the sentences that these texts say. Raises DocumentInvalid when they cannot be read."""
        folder = self._folder_of(texts)
        digest = digest_of("sentences", digest_of_folder(folder))
        if known := self._cache.previews.get(digest):
            return dict(known)
        with self._start_process(folder) as worker:
            look = worker.ask({"do": "look"})
            if "fault" in look:
                raise DocumentInvalid(str(look["fault"][2]))
            said, faults, whole = _said(worker, folder, look["templates"])
        if not whole or faults:
            raise DocumentInvalid(faults[0].sentence)
        all_said = self._sentences(folder, said)
        self._cache.previews.keep(digest, all_said)
        return dict(all_said)

    def mail(self, texts: Mapping[str, str], name: str, recipient: str, sample: int = 0) -> bytes:
        """Write one mail with an invented report. Raises DocumentInvalid."""
        job = {"do": "mail", "name": name, "recipient": recipient, "sample": sample}
        return base64.b64decode(self._one(texts, job)["mail"])

    def _one(self, texts: Mapping[str, str], job: Mapping[str, Any]) -> dict[str, Any]:
        try:
            folder = self._folder_of(texts)
            digest = digest_of(job["do"], job["name"], digest_of_folder(folder))
            same = job["do"] in _SAME_AGAIN
            if same and (known := self._cache.previews.get(digest)):
                return known
            with self._start_process(folder) as worker:
                answer = worker.ask(job)
        except RenderStopped as error:
            stopped = _stopped("this page", _document_of(job), error)
            line = f", line {stopped.line}" if stopped.line else ""
            raise DocumentInvalid(f"{stopped.document}{line}: {stopped.sentence}") from error
        except PorchlightError as error:
            raise DocumentInvalid(str(error)) from error
        if "fault" in answer:
            document, line, sentence = answer["fault"]
            raise DocumentInvalid(f"{document}, line {line}: {sentence}" if document else str(sentence))
        if same:
            self._cache.previews.keep(digest, answer)
        return answer

    def _spread(
        self, folder: Path, jobs: Sequence[Mapping[str, Any]], phase: str
    ) -> dict[str, dict[str, Any]]:
        """Do the jobs in several processes, and return the answers by page.

        One that is stopped stops all; after a fault the others have a few seconds left. What `progress`
        raises ends them too, and is raised.
        """
        waiting: queue.SimpleQueue[Mapping[str, Any]] = queue.SimpleQueue()
        for job in jobs:
            waiting.put(job)
        done: dict[str, dict[str, Any]] = {}
        stop = threading.Event()
        faults: list[float] = []  # when they came up

        def work() -> None:
            with self._start_process(folder) as worker:
                while not stop.is_set():
                    try:
                        job = waiting.get_nowait()
                    except queue.Empty:
                        return
                    try:
                        done[job["name"]] = worker.ask(job)
                    except RenderStopped as error:
                        done[job["name"]] = {"stopped": error}
                        stop.set()
                    if "fault" in done[job["name"]]:
                        faults.append(time.monotonic())
                    if faults and (len(done) > _ENOUGH or time.monotonic() - faults[0] > _GRACE):
                        stop.set()

        workers = [threading.Thread(target=work) for _ in range(min(self._workers, len(jobs)))]
        for worker in workers:
            worker.start()
        try:
            for worker in workers:
                while worker.is_alive():
                    worker.join(_TOLD_EVERY)
                    self._progress(phase, len(done), len(jobs))
        finally:
            stop.set()
            for worker in workers:
                worker.join()
        return done

    def _frames(self, worker: Answering, problems: list[Problem]) -> dict[str, dict[str, str]]:
        """Return each mail's frame by language, and add to `problems` what is wrong with the others."""
        try:
            answer = worker.ask({"do": "frames"})
        except RenderStopped as error:
            problems.append(_stopped("the mails", next(iter(mail_frames.DOCUMENTS)), error))
            return {}
        problems += [Problem(*fault) for fault in answer["faults"]]
        return dict(answer["frames"])

    def _fault(self, name: str, answer: Mapping[str, Any]) -> Problem:
        if "fault" not in answer:
            return _stopped(f"the page {name}", _template_of(name), answer.get("stopped"), name)
        document, line, sentence = answer["fault"]
        return Problem(document or _template_of(name), line, sentence, page=name)

    def _problem(self, folder: Path, name: str, sentence: str, near: str, weight: str, home: str) -> Problem:
        own = PUBLIC_TEMPLATE + home if home else _template_of(name)
        document, line = self._place_of(folder, own, near)
        return Problem(document, line, sentence, weight, page=name)

    def _place_of(self, folder: Path, own: str, near: str) -> tuple[str, int]:
        """Find the document and line that a piece of a page comes from; its own template comes first."""
        candidates = [own, *(PUBLIC_TEMPLATE + part for part in ("layout.html", "parts.html"))]
        candidates += [document for document in JSON_DOCUMENTS if near.startswith(("http", "tel:", "sms:"))]
        for document in candidates if near else ():
            text = (folder / path_of(document)).read_text(encoding="utf-8")
            at = text.find(near.partition(":")[2] if near.startswith(("tel:", "sms:")) else near)
            if at >= 0:
                return document, text.count("\n", 0, at) + 1
        return own, 0

    def _sentences(
        self, folder: Path, of_templates: Mapping[str, Sequence[Sequence[Any]]]
    ) -> dict[str, list[tuple[str, int]]]:
        texts = {name: (folder / path_of(name)).read_text(encoding="utf-8") for name in JSON_DOCUMENTS}
        places_said: dict[str, list[tuple[str, int]]] = {}
        for document, said in of_templates.items():
            for line, sentence in said:
                places_said.setdefault(str(sentence), []).append((document, int(line)))
        for sentence, places in sentences.of_texts(texts).items():
            places_said.setdefault(sentence, []).extend(places)
        return places_said


def _said(
    worker: Answering, folder: Path, templates: Sequence[str]
) -> tuple[dict[str, Sequence[Sequence[Any]]], list[Problem], bool]:
    """Return what templates and mails say, by document with lines, what is wrong, and whether it is all."""
    said: dict[str, Sequence[Sequence[Any]]] = {}
    problems: list[Problem] = []
    for document in templates:
        try:
            read = worker.ask({"do": "read", "name": document})
        except RenderStopped as error:
            return said, [*problems, _stopped("sense of this", document, error)], False
        problems += [Problem(document, *fault) for fault in read["faults"]]
        said[document] = read["sentences"]
    said |= {
        document: sentences.of_frame((folder / path_of(document)).read_text(encoding="utf-8"))
        for document in mail_frames.DOCUMENTS
    }
    return said, problems, True


def _is_same(brotli: str, html: str) -> bool:
    """Say whether this is the brotli of a page, or nothing: a process that ran templates has packed it."""
    try:
        return not brotli or unpack_brotli(brotli) == html
    except ValueError:
        return False


def _stopped(what: str, document: str, error: RenderStopped | None, page: str = "") -> Problem:
    """Blame the line that the process was at, else the template that it was asked for."""
    sentence = f"Making {what} takes too much time or memory; perhaps something repeats without an end."
    told, line = (error.document, error.line) if error else ("", 0)
    return Problem(told or document or PUBLIC_TEMPLATE + "page.html", line, sentence, page=page)


def _document_of(job: Mapping[str, Any]) -> str:
    frames = {name: document for document, name in mail_frames.DOCUMENTS.items()}
    return frames.get(job["name"], "") if job["do"] == "mail" else _template_of(job["name"])


def _template_of(name: str) -> str:
    rest = name.partition("/")[2]
    kind = rest.rpartition("/")[2]
    files = {"note-mended": "note"}
    files |= {name: name for name in ("note", "receipt", "code", "answer", ABOUT, MORE)}
    return PUBLIC_TEMPLATE + files.get(kind, "error" if kind.startswith("error-") else "page") + ".html"
